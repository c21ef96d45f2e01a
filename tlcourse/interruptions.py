"""Stopping a long computation between two steps, by a button or by Ctrl-C."""

import signal
import threading
from contextlib import contextmanager


def asked_to_stop(stop):
    """Whether a ``threading.Event`` is set, or a callable says so; None never does."""
    return stop is not None and bool(stop.is_set() if hasattr(stop, "is_set") else stop())


@contextmanager
def interrupt_sets_a_flag():
    """Within the block the first Ctrl-C (or Jupyter's interrupt) sets an event, the next raises.

    So a step is never left half done. In another thread than the main one, which gets no
    interrupts, the event is never set.

    Yields
    ------
    threading.Event
    """
    flag = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield flag
        return

    def handler(number, frame):
        signal.signal(signal.SIGINT, before)
        flag.set()

    before = signal.signal(signal.SIGINT, handler)
    try:
        yield flag
    finally:
        signal.signal(signal.SIGINT, before)

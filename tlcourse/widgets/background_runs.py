"""Runs of a policy with one seed after the other, in a thread, so that a kernel still listens."""

import threading
import time
from math import ceil
from typing import NamedTuple

BETWEEN_REPORTS = 0.2  # seconds


class Report(NamedTuple):
    """How far the runs are: share done from 0 to 1, in words, and whether they go on."""

    done: float
    words: str
    busy: bool


class BackgroundRuns:
    """Trains in a thread; everything it has to say comes by two calls from there."""

    def __init__(self, backbone, train, validation, options, keep, report, fine_tune):
        self._images = backbone, train, validation
        self._options, self._keep, self._report = dict(options), keep, report
        self._fine_tune, self._stop, self._thread = fine_tune, threading.Event(), None

    @property
    def are_under_way(self):
        """Whether the thread is alive."""
        return self._thread is not None and self._thread.is_alive()

    def start(self, policy, seeds):
        """Train a policy with some seeds."""
        if self.are_under_way:
            raise ValueError("Runs are under way: wait for them, or stop them first.")
        self._stop.clear()
        self._report(Report(0, "Begins.", True))
        self._thread = threading.Thread(target=self._all, args=(policy, list(seeds)), daemon=True)
        self._thread.start()

    def stop(self):
        """End the run under way before its next step, and begin no other; returns at once."""
        self._stop.set()

    def wait(self, timeout=None):
        """Return when all runs are over, or after some seconds."""
        if self._thread:
            self._thread.join(timeout)

    def _all(self, policy, seeds):
        started = time.monotonic()
        try:
            for place, seed in enumerate(seeds):
                if not self._stop.is_set():
                    self._one(policy, seed, place, len(seeds))
        except Exception as problem:  # an exception in a thread is shown nowhere
            self._report(Report(0, str(problem), False))
            return
        runs = "1 run" if len(seeds) == 1 else f"{len(seeds)} runs"
        words = f"Trained: {runs} in {time.monotonic() - started:.1f} s."
        stopped = "Stopped: what was learned so far counts."
        self._report(Report(1, stopped if self._stop.is_set() else words, False))

    def _one(self, policy, seed, place, n_seeds):
        words = f"Run {place + 1} of {n_seeds}"
        self._report(Report(place / n_seeds, f"{words}: getting ready.", True))
        run = self._fine_tune(
            *(self._images[0], policy, *self._images[1:]),
            seed=seed,
            stop=self._stop,
            watch=self._watcher(words, policy, place, n_seeds),
            progress=False,
            **self._options,
        )
        if run.curve and run.curve[-1].step:
            self._keep(run)

    def _watcher(self, words, policy, place, n_seeds):
        per_epoch = ceil(len(self._images[1]) / self._options["batch_size"])
        steps = self._options.get("steps") or self._options["epochs"] * per_epoch
        n_steps, told = steps * len(policy.stages), [0.0]

        def watch(point):
            if time.monotonic() - told[0] < BETWEEN_REPORTS:
                return
            told[0] = time.monotonic()
            done = (place + min(1, point.step / n_steps)) / n_seeds
            accuracy = f"{words}: validation accuracy {point.validation_accuracy:.0%}."
            self._report(Report(done, accuracy, True))

        return watch

"""Contenders timed in turn in one process, and a table of ratios against their targets."""

import argparse
import statistics
import sys
import time
from collections import namedtuple
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

Row = namedtuple("Row", "what measured target met reason", defaults=("",))


def arguments(description, rounds=5):
    """The command line that every benchmark takes; also its ``--help``."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--rounds", type=int, default=rounds, help=f"default: {rounds}")
    return parser


def timed(call):
    """Seconds of one call."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def alternating(contenders, rounds):
    """Seconds of each contender in each round, one after the other, after one call unmeasured."""
    for call in contenders.values():
        call()
    seconds = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, call in contenders.items():
            seconds[name].append(timed(call))
    return seconds


def speedup(seconds, ours, other):
    """How many times faster ``ours`` is: median over rounds, whose two halves lie side by side."""
    return statistics.median(
        theirs / mine for mine, theirs in zip(seconds[ours], seconds[other], strict=True)
    )


def at_least(what, ratio, target, reason=""):
    """A row for a ratio that should be high; ``reason`` is shown where it is not."""
    return Row(what, f"{ratio:.2f} x", f">= {target:g} x", ratio >= target, reason)


def at_most(what, value, target, unit, reason=""):
    """A row for a value that should be low; ``reason`` is shown where it is not."""
    return Row(what, f"{value:.3g} {unit}", f"<= {target:g} {unit}", value <= target, reason)


def show(title, rows, notes=()):
    """Print the table."""
    width = max(len(row.what) for row in rows)
    print(f"\n{title}")
    for row in rows:
        verdict = "met" if row.met else f"not met: {row.reason or 'see docs/benchmarks.md'}"
        print(f"  {row.what:{width}}  {row.measured:>9}  {row.target:>10}  {verdict}")
    for note in notes:
        print(f"  {note}")


def peak_memory():
    """Largest resident memory of this process so far, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():  # ru_maxrss would include the parent's, on Linux
        line = next(li for li in status.read_text("ascii").splitlines() if li.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    info = psutil.Process().memory_info()
    if hasattr(info, "peak_wset"):
        return info.peak_wset
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

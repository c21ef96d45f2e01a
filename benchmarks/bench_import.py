"""Seconds of ``import tlcourse`` in a fresh interpreter, and what it loads."""

import statistics
import subprocess
import sys

from side_by_side import Row, arguments, at_most, show

from tlcourse import paths

CODE = """
import sys, time
started = time.perf_counter()
import tlcourse
print(time.perf_counter() - started, *({"torch", "torchvision", "matplotlib"} & set(sys.modules)))
"""


def fresh_import():
    """Seconds, and the heavy packages that came along."""
    command = [sys.executable, "-c", CODE]
    printed = subprocess.run(command, cwd=paths.PROJECT, check=True, capture_output=True, text=True)
    seconds, *heavy = printed.stdout.split()
    return float(seconds), heavy


def main():
    rounds = arguments(__doc__).parse_args().rounds
    imports = [fresh_import() for _ in range(rounds)]
    heavy = imports[0][1]
    show(
        "import tlcourse",
        [
            at_most("seconds", statistics.median(seconds for seconds, _ in imports), 0.3, "s"),
            Row("torch, torchvision, matplotlib", ", ".join(heavy) or "none", "none", not heavy),
        ],
    )


if __name__ == "__main__":
    main()

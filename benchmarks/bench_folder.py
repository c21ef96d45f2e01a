"""CPU seconds and memory to open a folder of 100,000 small pictures in ten classes."""

import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
from PIL import Image
from side_by_side import arguments, at_most, show

from tlcourse.datasets import ImageFolder
from tlcourse.your_problem import open_problem

CLASSES, PER_CLASS, SIDE = 10, 10_000, 32


def write_pictures(root):
    """JPEGs of noise, so that none is another's copy."""
    rng = np.random.default_rng(0)
    for label in range(CLASSES):
        folder = Path(root, f"class {label}")
        folder.mkdir()
        for number in range(PER_CLASS):
            pixels = rng.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / f"{number}.jpg")


def cost_of(call):
    """CPU seconds, which other processes do not stretch, and the MB that stay."""
    before, started = psutil.Process().memory_info().rss, time.process_time()
    opened = call()
    seconds = time.process_time() - started
    return seconds, (psutil.Process().memory_info().rss - before) / 1e6, opened


def main():
    arguments(__doc__).parse_args()
    rows, notes = [], []
    with tempfile.TemporaryDirectory() as root:
        write_pictures(root)
        calls = {
            "open_problem, 10 a class": (lambda: open_problem(root, per_class=10), 5),
            "open_problem, 200 a class": (lambda: open_problem(root), 10),
            "ImageFolder, 10 a class": (lambda: ImageFolder(root, per_class=10), 5),
            "ImageFolder, which decodes all": (lambda: ImageFolder(root), 60),
        }
        for name, (call, target) in calls.items():
            seconds, megabytes, _ = cost_of(call)
            rows.append(at_most(name, seconds, target, "s"))
            notes.append(f"{name}: {megabytes:.0f} MB more.")
    show("A folder of 100,000 pictures of 32 x 32 pixels", rows, notes)


if __name__ == "__main__":
    main()

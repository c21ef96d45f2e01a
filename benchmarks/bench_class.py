"""Memory and CPU of running notebooks, and what a class on one server needs from that."""

import os
import threading
import time
from dataclasses import dataclass

import nbformat
import psutil
from nbclient import NotebookClient
from side_by_side import arguments

from tlcourse import paths
from tlcourse.tools.slides.verb import find_notebook

NOTEBOOKS = ("06", "08", "12")
STUDENTS, AT_ONCE = 30, 10  # a third of the class runs a cell at any moment


@dataclass
class Use:
    """What one kernel took: its own memory at the most and at the end in MB, CPU in seconds."""

    peak: float = 0.0
    kept: float = 0.0
    cpu: float = 0.0


def measure(number):
    """Run a notebook from top to bottom and watch its kernel."""
    notebook = nbformat.read(find_notebook(number), as_version=4)
    client = NotebookClient(notebook, timeout=600, resources={"metadata": {"path": paths.PROJECT}})
    use, done = Use(), threading.Event()
    with client.setup_kernel():
        kernel = psutil.Process(client.km.provisioner.pid)
        watcher = threading.Thread(target=watch, args=(kernel, use, done))
        watcher.start()
        for index, cell in enumerate(notebook.cells):
            client.execute_cell(cell, index)
        done.set()
        watcher.join()
    return use


def watch(kernel, use, done):
    while True:
        ended = done.is_set()
        use.kept = kernel.memory_full_info().uss / 1e6
        use.peak = max(use.peak, use.kept)
        times = kernel.cpu_times()
        use.cpu = times.user + times.system
        if ended:
            return
        time.sleep(0.1)


def main():
    arguments(__doc__).parse_args()
    os.environ.update(OMP_NUM_THREADS="1", TQDM_DISABLE="1")
    print("| notebook | memory at most, MB | kept at the end, MB | CPU, s |")
    print("|---|---|---|---|")
    uses = {number: measure(number) for number in NOTEBOOKS}
    for number, use in uses.items():
        print(f"| {number} | {use.peak:.0f} | {use.kept:.0f} | {use.cpu:.0f} |")
    most = max(uses.values(), key=lambda use: use.peak)
    needed = (AT_ONCE * most.peak + (STUDENTS - AT_ONCE) * most.kept) / 1000
    print(
        f"\n{STUDENTS} students with one such notebook open each, {AT_ONCE} of them running: "
        f"{needed:.0f} GB for the kernels."
    )


if __name__ == "__main__":
    main()

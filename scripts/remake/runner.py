"""One runner for all that takes long."""

import json
from dataclasses import asdict

import torch
from filelock import FileLock

from tlcourse import paths


def keep(file, what, command, run):
    """Add a run (a dataclass) to a file of runs, beside what made them; safe for many processes."""
    with FileLock(paths.cache_folder() / f"{file.stem}.lock"):
        runs = json.loads(file.read_text(encoding="utf-8"))["runs"] if file.exists() else []
        report = {"what": what, "command": command, "cpu_threads": torch.get_num_threads()}
        report["runs"] = [*runs, asdict(run)]
        with paths.written_whole(file) as temporary:
            temporary.write_text(json.dumps(report, indent=0) + "\n", encoding="utf-8")


def add_workers(parser):
    """Options that let several processes share a plan."""
    parser.add_argument("--worker", type=int, default=0, help="which of them this is, from 0 on")
    parser.add_argument("--workers", type=int, default=1, help="processes that share the runs")

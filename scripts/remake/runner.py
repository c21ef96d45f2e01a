"""One runner for all that takes long: it plans, runs, goes on after a kill, and writes whole.

    python -m scripts.remake NAME --data path/to/tiny-imagenet-200

takes the steps of the module NAME one by one and passes over those that are done, so that a command
that is started again goes on where it was. ``--plan`` only says which are done; with ``--worker 0
--workers 2`` and ``--worker 1 --workers 2`` two processes share a plan.
"""

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import torch
from filelock import FileLock

from tlcourse import paths
from tlcourse.datasets.photos import default_root
from tlcourse.networks.weights import WeightsError

COMMANDS = (
    "pretraining shipping class_means policy_grid real_fine_tuning from_scratch yosinski "
    "representation_quality real_sets real_tables normalization verdicts"
).split()


def bfloat16():
    """Autocast to bfloat16 where the CPU has it, twice as fast; elsewhere it is 12 times as slow.

    Without autocast's cache, which would keep weights from before an update.
    """
    has_it = torch.cpu.get_capabilities()
    has_it = has_it.get("amx_bf16") or has_it.get("avx512_bf16")
    return torch.autocast("cpu", torch.bfloat16, enabled=bool(has_it), cache_enabled=False)


class Step(NamedTuple):
    """What is to be made: its name, whether it is there, and what makes it and says a word."""

    name: str
    is_done: bool
    make: Callable[[], object]


@dataclass(frozen=True)
class Table:
    """A CSV file with a row a run; several processes may add to it."""

    file: Path

    def read(self):
        """The rows that are kept: a DataFrame, empty before the first."""
        return pd.read_csv(self.file) if self.file.exists() else pd.DataFrame()

    def add(self, row):
        """Keep one more row, a dict; the file appears only when whole."""
        with FileLock(paths.cache_folder() / f"{self.file.stem}.lock"):
            kept = self.file.read_text(encoding="utf-8") if self.file.exists() else ""
            line = pd.DataFrame([row]).to_csv(index=False, header=not kept, lineterminator="\n")
            paths.write_text(self.file, kept + line)

    def steps(self, keys, measure):
        """A step a key, a dict that is part of its row; ``measure(**key)`` gives the row."""
        keys, rows = list(keys), self.read()
        kept = rows[list(keys[0])].itertuples(index=False) if len(rows) else ()
        done = {tuple(map(str, row)) for row in kept}
        for key in keys:
            values = tuple(map(str, key.values()))
            yield Step(", ".join(values), values in done, partial(self._make, measure, key))

    def _make(self, measure, key):
        row = measure(**key)
        self.add(key | row)
        return ", ".join(f"{name} {value}" for name, value in row.items() if name != "predicted")


def main(arguments=None):
    """Take the steps of one command; what goes wrong is one sentence."""
    name, *rest = (sys.argv[1:] if arguments is None else arguments) or [""]
    if name not in COMMANDS:
        sys.exit(f"usage: python -m scripts.remake {{{','.join(COMMANDS)}}} [--help]")
    module = import_module(f"scripts.remake.{name}")
    options = _parser(module, name).parse_args(rest)
    try:
        for place, step in enumerate(module.steps(options)):
            if options.plan:
                print("done: " if step.is_done else "to do:", step.name)
            elif not step.is_done and place % options.workers == options.worker:
                print(f"{step.name}: {step.make()}", flush=True)
    except (FileNotFoundError, ValueError, FloatingPointError, WeightsError) as problem:
        sys.exit(str(problem))


def _parser(module, name):
    parser = argparse.ArgumentParser(
        prog=f"python -m scripts.remake {name}",
        description=module.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, default=default_root(), help="folder of Tiny ImageNet")
    parser.add_argument("--plan", action="store_true", help="say what is done, and do nothing")
    parser.add_argument("--worker", type=int, default=0, help="which of them this is, from 0 on")
    parser.add_argument("--workers", type=int, default=1, help="processes that share the steps")
    getattr(module, "add_arguments", lambda parser: None)(parser)
    return parser

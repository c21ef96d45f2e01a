"""What makes a representation good: the same targets, from sources that differ in one factor.

    python -m tlcourse.representation_quality --data path/to/tiny-imagenet-200

measures the sources on the six families of photographs and keeps the accuracies in
``data/measured/representation_quality.json``, since the photographs are not shipped.
"""

import argparse
import json
import sys
from pathlib import Path

from tlcourse import paths, weights
from tlcourse.backbones import WeightsError
from tlcourse.cells import make_cells
from tlcourse.datasets.photos import FAMILIES, default_root
from tlcourse.sources import SOURCES
from tlcourse.sweeps import run_sweep
from tlcourse.targets import PhotographTarget
from tlcourse.transfer import SEEDS

MEASURED = paths.SHIPPED / "measured" / "representation_quality.json"
EMBEDDINGS = ("fc7", "full network")
KEY = ["target", "embedding", "seed"]


def compared_sources():
    """Names of the sources that differ from another in one factor, and of those others."""
    changed = [source for source in SOURCES.values() if source.compared_with]
    return list(dict.fromkeys(name for s in changed for name in (s.compared_with, s.name)))


def quality_cells(targets, seeds=SEEDS, sources=None):
    """The cells that ``tlcourse.sweeps.run_sweep`` measures for this question.

    Parameters
    ----------
    targets : sequence of target
        As for ``make_cells``.
    seeds : sequence of int
    sources : sequence of str, optional
        By default ``compared_sources()``.
    """
    return make_cells(sources or compared_sources(), targets, EMBEDDINGS, seeds)


def factor_effects(results):
    """What each change of a source does, paired by target, embedding and seed.

    Parameters
    ----------
    results : DataFrame
        As from ``run_sweep``; sources that are not in it are left out.

    Returns
    -------
    DataFrame
        One row a source that differs from another in one factor, target and embedding: source,
        compared_with, change, target, embedding, reference and changed (mean accuracies, shares of
        1), difference and spread (mean and standard deviation over seeds of the paired
        differences, in points).
    """
    import pandas as pd

    present, effects = set(results["source"]), []
    for source in SOURCES.values():
        if {source.name, source.compared_with} <= present:
            effects.append(_effect(results, source))
    return pd.concat(effects, ignore_index=True)


def _effect(results, source):
    accuracy = {
        name: results[results["source"] == name].set_index(KEY)["accuracy"]
        for name in (source.compared_with, source.name)
    }
    reference, changed = accuracy.values()
    pairs = (changed - reference).mul(100).groupby(KEY[:2], sort=False)
    effect = pairs.agg(difference="mean", spread="std").reset_index()
    means = [
        values.groupby(KEY[:2], sort=False).mean().to_numpy() for values in (reference, changed)
    ]
    return effect.assign(
        source=source.name,
        compared_with=source.compared_with,
        change=source.change,
        reference=means[0],
        changed=means[1],
    )


def read_measured():
    """What this command measured on the maintainers' machine.

    Returns
    -------
    DataFrame
        One row a source, target, embedding and seed, with its accuracy (a share of 1).
    """
    import pandas as pd

    return pd.DataFrame(json.loads(MEASURED.read_text(encoding="utf-8"))["cells"])


def main(arguments=None):
    parser = argparse.ArgumentParser(
        prog="python -m tlcourse.representation_quality", description=__doc__
    )
    parser.add_argument("--data", type=Path, default=default_root(), help="folder of Tiny ImageNet")
    options = parser.parse_args(arguments)
    targets = [PhotographTarget(family, str(options.data)) for family in FAMILIES]
    try:
        results = run_sweep(quality_cells(targets))
    except (FileNotFoundError, ValueError, WeightsError) as problem:
        sys.exit(str(problem))
    cells = results[["source", *KEY, "accuracy"]].round({"accuracy": 4})
    report = {
        "what": "mean class accuracy of a linear SVM, C = 1, 20 training and 50 test photographs a "
        "class, five draws",
        "command": "python -m tlcourse.representation_quality --data tiny-imagenet-200",
        "weights_sha256": {name: weights.read_card(name)["sha256"] for name in compared_sources()},
        "cells": cells.to_dict("records"),
    }
    with paths.written_whole(MEASURED) as temporary:
        temporary.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(factor_effects(results).round(2).to_string())


if __name__ == "__main__":
    main()

"""Which factors of a source decide how good its representation is, as measured.

The lecture names volume and class variety of the source, similarity of source and target, capacity
and accuracy of the network. Each is changed alone, and the same targets are measured.
"""

import json

import pandas as pd

from tlcourse import paths
from tlcourse.networks import weights
from tlcourse.networks.sources import SOURCES
from tlcourse.tables.cells import make_cells

MEASURED = paths.SHIPPED / "measured" / "representation_quality.json"
EMBEDDINGS = ("fc7", "full network")
KEY = ["target", "embedding", "seed"]
NEARER, FARTHER = "nearer", "farther"


def compared_sources():
    """Names of the sources that differ from another in one factor, and of those others."""
    changed = [source for source in SOURCES.values() if source.compared_with]
    return list(dict.fromkeys(name for s in changed for name in (s.compared_with, s.name)))


def quality_cells(targets):
    """What ``run_sweep`` measures for this question, on ``targets`` as for ``make_cells``."""
    return make_cells(compared_sources(), targets, EMBEDDINGS)


def factor_effects(*tables):
    """What each change of a source does: ``_effects_of`` each that a table has both sources of.

    ``tables`` are of ``run_sweep``, of other targets each; ValueError if there is no effect."""
    effects = [
        _effects_of(table, source.compared_with, source.name, source.change)
        for table in tables
        for source in SOURCES.values()
        if {source.name, source.compared_with} <= set(table["source"])
    ]
    return pd.concat(effects, ignore_index=True)


def _effects_of(results, reference, changed, change):
    """One row a target and embedding, paired by seed: target, embedding, reference and changed
    (mean accuracies, 0 to 1), difference and spread (of the paired differences, in points),
    source, compared_with, change.
    """
    results = results[results["source"].isin((reference, changed))]
    wide = results.pivot_table(index=KEY, columns="source", values="accuracy", sort=False)
    points = 100 * (wide[changed] - wide[reference])
    grouped = wide.assign(points=points).groupby(KEY[:2], sort=False)
    effects = grouped.agg(
        reference=(reference, "mean"),
        changed=(changed, "mean"),
        difference=("points", "mean"),
        spread=("points", "std"),
    )
    return effects.reset_index().assign(source=changed, compared_with=reference, change=change)


def read_quality():
    """What was measured: a row a source, target, embedding and seed, accuracy from 0 to 1."""
    return pd.DataFrame(json.loads(MEASURED.read_text("utf-8"))["cells"])


def by_distance(results, similarities):
    """The results of each target's nearest and farthest source, called "nearer" and "farther".

    ``results`` of ``run_sweep``, ``similarities`` of ``similarity_table``. ValueError if a target
    has fewer than two sources with a distance.
    """
    pairs = similarities.sort_values("distance").groupby("target", sort=False)["source"]
    names = {}
    for target, sources in pairs:
        if len(sources) < 2:
            raise ValueError(f"{target} has one source with a distance: measure it from two.")
        names |= {(sources.iloc[0], target): NEARER, (sources.iloc[-1], target): FARTHER}
    keys = zip(results["source"], results["target"], strict=True)
    renamed = results.assign(source=[names.get(key) for key in keys]).dropna(subset=["source"])
    place = {target: number for number, target in enumerate(results["target"].unique())}
    return renamed.sort_values("target", key=lambda column: column.map(place), kind="stable")


def similarity_effects(results, similarities):
    """What the farther source does, as ``factor_effects``; arguments of ``by_distance``."""
    named = by_distance(results, similarities)
    return _effects_of(named, NEARER, FARTHER, "the less similar source")


def source_table(results):
    """What each source had, and what it is worth: classes, images, parameters, source accuracy
    (percent, on its own validation images), and mean accuracy over the targets in percent,
    a column an embedding.
    """
    about = {name: _about(name) for name in results["source"].unique()}
    means = results.groupby(["source", "embedding"], sort=False)["accuracy"].mean().mul(100)
    return pd.DataFrame(about).T.join(means.unstack()).rename_axis(columns=None)


def _about(name):
    card, classes = weights.read_card(name), len(SOURCES[name].class_names())
    return {
        "classes": classes,
        "images": classes * SOURCES[name].per_class,
        "parameters": card["parameters"],
        "source accuracy": 100 * card["measured"]["source_validation_accuracy"],
    }

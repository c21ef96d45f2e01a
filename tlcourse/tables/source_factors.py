"""Which factors of a source decide how good its representation is: a verdict for each, as measured.

The lecture names volume and class variety of the source, similarity of source and target, capacity
and accuracy of the network. Each is changed alone, and the same targets are measured.
"""

from itertools import combinations

import pandas as pd

from tlcourse.classifiers.intervals import p_of_signs
from tlcourse.networks import weights
from tlcourse.networks.sources import SOURCES
from tlcourse.tables.cells import make_cells
from tlcourse.tables.measured import FOLDER, read_part

MEASURED = FOLDER / "representation_quality.json"
EMBEDDINGS = ("fc7", "full network")
KEY = ["target", "embedding", "seed"]
NEARER, FARTHER = "nearer", "farther"
AS_SAID, OTHER_WAY, UNDECIDED = "as the slide says", "the other way", "not told from chance"
SIGNIFICANT = 0.05


def compared_sources():
    """Names of the sources that differ from another in one factor, and of those others."""
    changed = [source for source in SOURCES.values() if source.compared_with]
    return list(dict.fromkeys(name for s in changed for name in (s.compared_with, s.name)))


def quality_cells(targets):
    """What ``run_sweep`` measures for this question, on ``targets`` as for ``make_cells``."""
    return make_cells(compared_sources(), targets, EMBEDDINGS)


def factor_effects(results):
    """What each change of a source does, as ``factor_effects_of``."""
    return factor_effects_of(results)


def factor_effects_of(*tables):
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
    return pd.DataFrame(read_part(MEASURED, "cells"))


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
    """What the farther source does, as ``factor_effects_of``; arguments of ``by_distance``."""
    named = by_distance(results, similarities)
    return _effects_of(named, NEARER, FARTHER, "the less similar source")


def judge_factors(effects):
    """Whether each factor acts as the slide says, over targets; ``effects`` of the functions above.

    A row a change: change, source, compared_with, targets, as_said (targets whose accuracy moves as
    the slide says), difference (mean in points over targets and embeddings), p (how often random
    signs of the targets give a mean as far from 0), verdict (undecided where p is at least 0.05).

    Each source is one training run, and its luck is in every target alike: p says whether targets
    agree, not whether another run of the same source would.
    """
    keys = ["change", "source", "compared_with"]
    rows = []
    for (change, source, reference), group in effects.groupby(keys, sort=False):
        points = group.groupby("target", sort=False)["difference"].mean().to_numpy()
        said = expected_sign(source, reference) * points
        p = p_of_signs(points)
        decided = AS_SAID if said.mean() > 0 else OTHER_WAY
        rows.append(
            {
                "change": change,
                "source": source,
                "compared_with": reference,
                "targets": len(points),
                "as_said": int((said > 0).sum()),
                "difference": points.mean(),
                "p": p,
                "verdict": decided if p < SIGNIFICANT else UNDECIDED,
            }
        )
    return pd.DataFrame(rows)


def expected_sign(source, reference):
    """What the slide expects of a changed source: 1 for better, -1 for worse, by its size."""
    if source == FARTHER:
        return -1
    return 1 if _size(source) > _size(reference) else -1


def source_table(results):
    """What each source had, and what it is worth: classes, images, parameters, source accuracy
    (percent, on its own validation images), and mean accuracy over the targets in percent,
    a column an embedding.
    """
    about = {name: _about(name) for name in results["source"].unique()}
    means = results.groupby(["source", "embedding"], sort=False)["accuracy"].mean().mul(100)
    return pd.DataFrame(about).T.join(means.unstack()).rename_axis(columns=None)


def agreeing_pairs(table):
    """How many pairs of sources with the same classes are ranked alike on source and targets.

    ``table`` is of ``source_table``; gives (agreeing, pairs). Accuracies on other classes are those
    of another problem: no pair is made of them.
    """
    value = table.drop(columns=["classes", "images", "parameters", "source accuracy"]).mean(axis=1)
    classes = {name: tuple(SOURCES[name].class_names()) for name in table.index}
    pairs = [pair for pair in combinations(table.index, 2) if classes[pair[0]] == classes[pair[1]]]
    own = table["source accuracy"]
    agreeing = sum((own[a] - own[b]) * (value[a] - value[b]) > 0 for a, b in pairs)
    return int(agreeing), len(pairs)


def _about(name):
    card, classes = weights.read_card(name), len(SOURCES[name].class_names())
    return {
        "classes": classes,
        "images": classes * SOURCES[name].per_class,
        "parameters": card["parameters"],
        "source accuracy": 100 * card["measured"]["source_validation_accuracy"],
    }


def _size(name):
    source = SOURCES[name]
    return len(source.class_names()) * source.per_class * source.width

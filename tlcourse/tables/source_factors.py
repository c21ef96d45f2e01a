"""Which factors of a source decide how good its representation is: a verdict for each, as measured.

The lecture names volume and class variety of the source, similarity of source and target, capacity
and accuracy of the network. Each is changed alone, and the same targets are measured.
"""

import json
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import stats

from tlcourse import paths
from tlcourse.classifiers.score import SEEDS
from tlcourse.networks import weights
from tlcourse.networks.sources import SOURCES
from tlcourse.tables.cells import make_cells

MEASURED = paths.SHIPPED / "measured" / "representation_quality.json"

EMBEDDINGS = ("fc7", "full network")

KEY = ["target", "embedding", "seed"]


def compared_sources():
    """Names of the sources that differ from another in one factor, and of those others."""
    changed = [source for source in SOURCES.values() if source.compared_with]
    return list(dict.fromkeys(name for s in changed for name in (s.compared_with, s.name)))


def quality_cells(targets, seeds=SEEDS, sources=None):
    """The cells that ``tlcourse.tables.sweep.run_sweep`` measures for this question.

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
            effects.append(_effect_of(results, source))
    return pd.concat(effects, ignore_index=True)


def _effect_of(results, source):
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


def read_quality():
    """What this command measured on the maintainers' machine.

    Returns
    -------
    DataFrame
        One row a source, target, embedding and seed, with its accuracy (a share of 1).
    """
    import pandas as pd

    return pd.DataFrame(json.loads(MEASURED.read_text(encoding="utf-8"))["cells"])


NEARER, FARTHER = "nearer", "farther"

AS_SAID, OTHER_WAY, UNDECIDED = "as the slide says", "the other way", "not told from chance"

SIGNIFICANT = 0.05


def by_distance(results, similarities):
    """The results of each target's nearest and farthest source, under these two names.

    Parameters
    ----------
    results : DataFrame
        Of ``tlcourse.tables.sweep.run_sweep``, from two sources or more.
    similarities : DataFrame
        Of ``tlcourse.tables.similarity.similarity_table``.

    Returns
    -------
    DataFrame
        As ``results``, its sources called "nearer" and "farther".

    Raises
    ------
    ValueError
        If a target has fewer than two sources with a distance.
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
    """What the farther source does, in the columns of ``representation_quality.factor_effects``.

    Parameters
    ----------
    results, similarities : DataFrame
        As for ``by_distance``.

    Returns
    -------
    DataFrame
        One row a target and embedding: source ("farther"), compared_with ("nearer"), change,
        target, embedding, reference and changed (shares of 1), difference and spread (points).
    """
    named = by_distance(results, similarities)
    index = ["target", "embedding", "seed"]
    wide = named.pivot_table(index=index, columns="source", values="accuracy", sort=False)
    points = 100 * (wide[FARTHER] - wide[NEARER])
    grouped = wide.assign(points=points).groupby(index[:2], sort=False)
    return (
        grouped.agg(
            reference=(NEARER, "mean"),
            changed=(FARTHER, "mean"),
            difference=("points", "mean"),
            spread=("points", "std"),
        )
        .reset_index()
        .assign(source=FARTHER, compared_with=NEARER, change="the less similar source")
    )


def factor_effects_of(*tables):
    """``representation_quality.factor_effects`` of each table that has a pair of sources for it.

    Parameters
    ----------
    *tables : DataFrame
        Of ``run_sweep``, each of other targets.

    Returns
    -------
    DataFrame
    """
    changed = [source for source in SOURCES.values() if source.compared_with]
    return pd.concat(
        [
            factor_effects(table)
            for table in tables
            if any({s.name, s.compared_with} <= set(table["source"]) for s in changed)
        ],
        ignore_index=True,
    )


def judge_factors(effects):
    """Whether each factor acts as the slide says, over targets.

    Parameters
    ----------
    effects : DataFrame
        Of ``representation_quality.factor_effects`` or ``similarity_effects``, or several of them
        one below the other.

    Returns
    -------
    DataFrame
        One row a change: change, source, compared_with, targets, as_said (targets whose accuracy
        moves as the slide says), difference (mean in points over targets and embeddings), p (how
        often random signs of the targets give a mean as far from 0), verdict ("as the slide says",
        "the other way", "not told from chance": p at least 0.05).

    Notes
    -----
    Each source is one training run, and its luck is in every target alike: p says whether targets
    agree, not whether another run of the same source would.
    """
    keys = ["change", "source", "compared_with"]
    rows = []
    for (change, source, reference), group in effects.groupby(keys, sort=False):
        points = group.groupby("target", sort=False)["difference"].mean().to_numpy()
        said = expected_sign(source, reference) * points
        p = _p_of_signs(points)
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
    """What each source had, and what it is worth.

    Parameters
    ----------
    results : DataFrame
        Columns source, target, embedding, seed, accuracy.

    Returns
    -------
    DataFrame
        By source: classes, images, parameters, source accuracy (percent, on its own validation
        images), and, a column an embedding, mean accuracy over the targets in percent.
    """
    about = {name: _about(name) for name in results["source"].unique()}
    means = results.groupby(["source", "embedding"], sort=False)["accuracy"].mean().mul(100)
    return pd.DataFrame(about).T.join(means.unstack()).rename_axis(columns=None)


def agreeing_pairs(table):
    """How many pairs of sources with the same classes are ranked alike on source and targets.

    Parameters
    ----------
    table : DataFrame
        Of ``source_table``.

    Returns
    -------
    agreeing, pairs : int
        Accuracies on other classes are accuracies of another problem: no pair is made of them.
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


def _p_of_signs(points):
    """Share of all choices of signs whose mean is as far from 0; NaN for fewer than two."""
    if len(points) < 2:
        return np.nan
    test = stats.permutation_test(
        (points, np.zeros(len(points))),
        lambda x, y, axis: np.mean(x - y, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=np.inf,
    )
    return float(test.pvalue)

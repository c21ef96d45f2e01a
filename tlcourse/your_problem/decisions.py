"""Is deciding from measurements worth it? The decision against always doing the same.

A *case* is one target with so many images; an *option* is one thing that could be done about it.
The decision names an option of each case before its accuracy is known. What it costs is its
*regret*: the points that the best option has over it.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from tqdm import tqdm

from tlcourse import paths
from tlcourse.classifiers.score import (
    evaluate_features,
    of_rows,
    sample_per_class,
)
from tlcourse.classifiers.svm import mean_class_accuracy
from tlcourse.datasets import FAMILIES, PHOTO_SOURCES
from tlcourse.features.extraction import shipped_features
from tlcourse.tables.similarity import similarity_table
from tlcourse.your_problem.advice import decide
from tlcourse.your_problem.nearness import typical_distance
from tlcourse.your_problem.options import EMBEDDINGS

VOLUMES, DRAWS = (5, 20), range(3)  # training images a class, of 40
GRID_DRAWS = range(3)  # of the policies
SVM = "full network + SVM"
MIXED = "freeze, fine-tune, retrain"
REUSING = (MIXED, "fine-tune all", "retrain the top")
WITHOUT = ("all random", "raw pixels + SVM")
COMPARED = (MIXED, "fine-tune all", "reuse all")
AS_PROPOSED = ("fine-tune top 7", "fine-tune all")  # the rule's policy for much data, or nearest


@dataclass(frozen=True)
class Case:
    """What was measured of one case; ``target`` is what it is a case of."""

    name: str
    accuracies: dict[str, dict[int, float]]
    decided: str
    target: str = ""

    def mean(self, option):
        """Mean accuracy of an option over its draws."""
        return float(np.mean(list(self.accuracies[option].values())))

    @property
    def best(self):
        """The option of the highest mean."""
        return max(self.accuracies, key=self.mean)

    def regret(self, option=None):
        """Points that the best option has over one, by default over the decided one."""
        return 100 * (self.mean(self.best) - self.mean(option or self.decided))


def source_cases():
    """Six families of photographs, two sources, three embeddings: which source, which embedding?

    A list of Case; the decision is the full network of the source whose classes are nearer.
    """
    distances = similarity_table(PHOTO_SOURCES, FAMILIES)
    nearest = distances.loc[distances.groupby("target")["distance"].idxmin()]
    nearest = dict(zip(nearest["target"], nearest["source"], strict=True))
    pairs = [(family, n) for family in FAMILIES for n in VOLUMES]
    return [
        Case(f"{family}, {n} a class", _svm_options(family, n), f"{nearest[family]}, {SVM}", family)
        for family, n in tqdm(pairs, "families of photographs", delay=2)
    ]


def _svm_options(family, per_class):
    found = {}
    for source in PHOTO_SOURCES:
        train, test = shipped_features(source, family)
        for embedding in EMBEDDINGS:
            found[f"{source}, {embedding} + SVM"] = {
                draw: _svm_accuracy(train, test, embedding, per_class, draw) for draw in DRAWS
            }
    return found


def _svm_accuracy(train, test, embedding, per_class, draw):
    layers = tuple(train.layer_sizes) if embedding == "full network" else (embedding,)
    drawn = of_rows(train, sample_per_class(train.labels, per_class, draw))
    normalization = EMBEDDINGS[embedding]
    return evaluate_features(drawn, test, layers, draw, normalization=normalization).accuracy


def policy_cases():
    """The grid of notebook 08, an SVM beside its policies: a Case a target, source, volume.

    Those in which every policy of ``COMPARED`` was measured: the grid grows run by run.
    """
    grid = pd.read_csv(paths.SHIPPED / "measured" / "policy_grid.csv")
    grid = grid[grid["draw"].isin(GRID_DRAWS)]
    cells = grid.query("source != 'none'").groupby(["target", "source", "per_class"], sort=False)
    whole = [where for where, runs in cells if set(COMPARED) <= set(runs["policy"])]
    return [_policy_case(grid, *where) for where in whole]


def _policy_case(grid, target, source, per_class):
    """Five classes, as in the grid; of 48 images a class the SVM has the 40 that are shipped."""
    found = {}
    here = (grid["target"] == target) & (grid["per_class"] == per_class)
    for run in grid[here & grid["source"].isin([source, "none"])].itertuples():
        found.setdefault(run.policy, {})[run.draw] = run.test
    train, test = map(_five_classes, shipped_features(source, target))
    found[SVM] = {
        draw: _svm_accuracy(train, test, "full network", min(per_class, 40), draw)
        for draw in found[MIXED]
    }
    distance = similarity_table([source], [target])["distance"][0]
    method, _ = decide(per_class, distance > typical_distance())
    proposed = next(policy for policy in AS_PROPOSED if policy in found)
    decided = SVM if method == "full network" else proposed
    return Case(f"{target} from {source}, {per_class} a class", found, decided, target)


def _five_classes(features):
    """The features of five classes, spread over the family."""
    kept = range(len(features.classes))[:: len(features.classes) // 5][:5]
    some = of_rows(features, np.isin(features.labels, kept))
    labels, classes = np.searchsorted(kept, some.labels), [features.classes[row] for row in kept]
    return replace(some, labels=labels, classes=classes)


def investigated_case(investigation):
    """What ``investigate`` measured, as a case; raw pixels are an option too."""
    labels = investigation.problem.labels[investigation.split.test]
    found = {}
    for option in (row.option for row in investigation.comparison.rows):
        draws = [mean_class_accuracy(labels, predicted) for predicted in option.predictions]
        found[option.name] = dict(enumerate(draws))
    decided = investigation.proposed.option.name
    name = investigation.problem.name
    return Case(f"{name}, live", found, decided, name)


def regrets(cases):
    """What the decision loses against the best option, and what always doing the same loses.

    ``{"decided" first, then the options that all cases have, least mean first: points a case}``.
    """
    always = {
        option: [case.regret(option) for case in cases]
        for option in cases[0].accuracies
        if all(option in case.accuracies for case in cases)
    }
    decided = [case.regret() for case in cases]
    return {"decided": decided, **dict(sorted(always.items(), key=lambda item: sum(item[1])))}


def best_habit(cases):
    """The option that loses least when it is always taken: the habit that is hardest to beat."""
    return next(option for option in regrets(cases) if option != "decided")


def takeaways(photographs, policies, live):
    """The lecture's takeaways: {name: points gained over its rival, one a target}."""
    habit = best_habit(photographs)
    short = [case for case in policies if not case.name.endswith(" 48 a class")]
    with_rival = [case for case in policies + live if set(case.accuracies) & set(WITHOUT)]
    return {
        "use a pre-trained net": _gain(with_rival, _best_reused, _best_without),
        "analyse similarity": _gain(
            photographs, lambda case: case.mean(case.decided), _always(habit)
        ),
        "freeze, fine-tune, retrain": _gain(policies, _always(MIXED), _always("fine-tune all")),
        "extract features if data are short": _gain(short, _always(SVM), _best_policy),
    }


def _gain(cases, first, second):
    """Points of one option over another, one a target: its cases are averaged."""
    found = {}
    for case in cases:
        found.setdefault(case.target, []).append(100 * (first(case) - second(case)))
    return [float(np.mean(points)) for points in found.values()]


def _always(option):
    return lambda case: case.mean(option)


def _best_reused(case):
    return max(case.mean(option) for option in case.accuracies if option not in WITHOUT)


def _best_without(case):
    return max(case.mean(option) for option in case.accuracies if option in WITHOUT)


def _best_policy(case):
    """The best of the three policies that every cell has; it is chosen on the test images."""
    return max(case.mean(option) for option in REUSING)

"""Measure the tables of the real sets from what is shipped, into ``data/measured``.

Accuracies are mean class accuracies of the predictions on each set's card; their intervals resample
its test images. Distances and PACS across domains are of the shipped features. No photograph is
needed.
"""

from functools import lru_cache, partial
from itertools import product

import numpy as np
import pandas as pd

from scripts.remake.runner import Step
from tlcourse import paths
from tlcourse.classifiers.score import evaluate_features
from tlcourse.datasets.real_sets import REAL_SETS, SAMPLE
from tlcourse.domains.mmd import maximum_mean_discrepancy, median_bandwidth
from tlcourse.domains.similarity import prototype_similarity, proxy_a_distance
from tlcourse.features.extraction import shipped_card, shipped_features
from tlcourse.features.normalization import make_normalization
from tlcourse.features.samples import noise_control
from tlcourse.networks.backbones import load_backbone

TARGETS = [name for name in REAL_SETS if name != SAMPLE]
PACS = [name for name in TARGETS if name.startswith("PACS")]
LAST, TERNARY = "last layer", "all layers, ternary"
RESAMPLES, CONTROLS, IMAGES = 1999, 5, 240


def steps(options):
    """A step a table; none is ever done, as the features may be new ones."""
    prototypes = load_backbone("imagenet").network.get_classifier().weight.detach().numpy()
    distance = partial(measure_distance, prototypes=prototypes)
    yield Step("accuracies", False, partial(_keep, "accuracies", measure_accuracies, TARGETS))
    yield Step("pacs", False, partial(_keep, "pacs", measure_pacs, [LAST, TERNARY]))
    yield Step("distances", False, partial(_keep, "distances", distance, TARGETS))


def _keep(table, measure, keys):
    frame = pd.DataFrame([row for key in keys for row in measure(key)])
    with paths.write_whole(paths.SHIPPED / "measured" / f"real_{table}.csv") as temporary:
        frame.to_csv(temporary, index=False, float_format="%.5g", lineterminator="\n")
    return f"{len(frame)} rows"


def measure_accuracies(name):
    """The rows of one real set, a representation each, from the predictions on its card.

    accuracy, low, high: a share, its 95% interval, test images resampled. gain, gain_low,
    gain_high: the same of what it gains over the last layer, in points."""
    scores, rows = shipped_card(name)["scores"], []
    for representation, score in scores.items():
        official = "official " if representation.startswith("official") else ""
        features = f"{name} {LAST}" if official else name
        labels = shipped_features("imagenet", features, ("test",))[0].labels
        base = scores[official + LAST]
        right, base_right = (
            np.array(each["predicted"].split(), dtype=int) == labels for each in (score, base)
        )
        found = [*resampled(right, labels), *resampled(right.astype(int) - base_right, labels)]
        found[3:] = [100 * share for share in found[3:]]
        columns = ("accuracy", "low", "high", "gain", "gain_low", "gain_high")
        about = {"target": name, "representation": representation, "C": score["C"]}
        about["test_images"] = len(labels)
        rows.append(about | dict(zip(columns, found, strict=True)))
    return rows


def resampled(values, labels, seed=0):
    """Mean over classes of the class means of ``values``, one a test image, and its 95% interval.

    Test images are drawn again within each class. Gives (mean, low, high)."""
    rng, means = np.random.default_rng(seed), []
    for label in np.unique(labels):
        levels, counts = np.unique(values[labels == label], return_counts=True)
        draws = rng.multinomial(counts.sum(), counts / counts.sum(), RESAMPLES)
        means.append([counts @ levels, *(draws @ levels)] / counts.sum())
    overall = np.mean(means, axis=0)
    return float(overall[0]), *map(float, np.quantile(overall[1:], (0.025, 0.975)))


def measure_distance(name, prototypes):
    """How far one real set's training images lie from the sample of the source: a row, in a list.

    In the last layer: MMD (one bandwidth, of the source) and the proxy A-distance, L2 per image, of
    500 images and 240, each beside the highest of five noise controls, which are halves of the
    source. Then ``prototype_similarity`` with ``prototypes`` (source classes, features), beside the
    highest of five with their features permuted.
    """
    target = shipped_features("imagenet", name, ("train",))[0]
    raw, rng, row = target.select("head"), np.random.default_rng(0), {"target": name}
    X, middle, distances = _source()
    draw = rng.permutation(X)[: len(X) // 2], rng.permutation(_unit(raw))
    for kind, (distance, noise) in distances.items():
        row |= {kind: distance(*draw), f"{kind}_noise": noise}
    similarity = partial(prototype_similarity, raw - middle, target.labels)
    noise = [similarity(rng.permutation(prototypes, axis=1)) for _ in range(CONTROLS)]
    return [row | {"prototypes": similarity(prototypes), "prototypes_noise": max(noise)}]


@lru_cache(maxsize=1)
def _source():
    """The source's sample, L2 per image; its mean before that; distances and their noise."""
    raw = shipped_features("imagenet", SAMPLE, ("train",))[0].select("head")
    X = _unit(raw)
    bandwidth = median_bandwidth(X)
    distances = {
        "mmd": lambda X, Z: maximum_mean_discrepancy(X, Z[:IMAGES], bandwidth=bandwidth),
        "a_distance": lambda X, Z: proxy_a_distance(X, Z[:IMAGES]),
    }
    controlled = {
        kind: (distance, max(noise_control(distance, X, control="halves", repeats=CONTROLS)))
        for kind, distance in distances.items()
    }
    return X, raw.mean(axis=0), controlled


def _unit(X):
    return make_normalization("L2 per image").fit_transform(X)


def measure_pacs(representation):
    """PACS trained on each domain and tested on each, on shipped features: rows of accuracies.

    C is that chosen within the training domain."""
    rows = []
    for source, target in product(PACS, PACS):
        score = shipped_card(source)["scores"][representation]
        (train, _), (_, test) = (shipped_features("imagenet", each) for each in (source, target))
        layers = score["layers"] or train.layer_sizes
        result = evaluate_features(train, test, layers, 0, score["C"], score["normalization"])
        accuracy, low, high = resampled(result.predicted == test.labels, test.labels)
        about = {"trained_on": source, "tested_on": target, "representation": representation}
        rows.append(about | {"accuracy": accuracy, "low": low, "high": high})
    return rows

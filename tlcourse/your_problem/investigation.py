"""A problem taken through the takeaways: analysed on training pictures, then every option tried.

Test pictures are put aside first. Similarity, volume, C, and when to stop are taken from the
others; a rule names a source and a policy; then all options are scored on the same test pictures.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import torch
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.model_selection import train_test_split
from torch.nn import functional as F
from tqdm import tqdm

from tlcourse import paths
from tlcourse.classifiers.score import choose_C, evaluate_features, of_rows
from tlcourse.datasets.photos import FAMILIES, class_names
from tlcourse.features.extraction import Features, extract_features, shipped_features
from tlcourse.finetuning.policies import Policy, as_policy
from tlcourse.finetuning.training import fine_tune
from tlcourse.networks.backbones import load_backbone
from tlcourse.networks.batch_norm import with_batch_norm
from tlcourse.networks.images import PreparedImages
from tlcourse.networks.sources import SOURCES as BUNDLED
from tlcourse.networks.weights import read_card
from tlcourse.your_problem.pictures import Problem, thumbnail

SOURCES = ("imagenet", "photos", "natural", "manmade")
REUSE, MIXED, ALL = "reuse all", "freeze, fine-tune, retrain", "fine-tune all"
PIXELS, RANDOM = "raw pixels", "random weights"
FEWEST, TEST_SHARE, VALIDATION_SHARE = 10, 0.3, 0.2
PIXEL_SIDE, SIDE = 16, 128  # of raw pixels; of the pictures that a large network is tuned on
BATCH, RATE, EPOCHS, MOST_STEPS, STATISTICS = 20, 0.02, 8, 60, 64
LARGE = {  # the policies of a network that is no small VGG: 08 tunes its top stages
    MIXED: Policy({"*": "fine-tune", "bottom 75%": "freeze"}, name=MIXED),
    ALL: Policy({"*": "fine-tune"}, layer_decay=0.97, name=ALL),
}
RESAMPLES, INTERVAL = 2000, (2.5, 97.5)


def takeaways(is_near, per_class, few=12):
    """The lecture's takeaways as a rule: a policy, from similarity and volume."""
    if per_class < few:
        return "reuse all"  # feature extraction
    return "fine-tune all" if is_near else "freeze, fine-tune, retrain"


@dataclass(frozen=True)
class Proposal:
    """What a rule says, before anything is tried."""

    source: str
    policy: str
    is_near: bool
    per_class: float

    @property
    def option(self):
        """Its row in the table of options."""
        return f"{self.source}, {'all layers' if self.policy == REUSE else self.policy}"


@dataclass
class Investigation:
    """All that was found out about a problem; ``table`` has a row an option, the best first.

    ``train`` and ``test`` are rows of the problem, ``similarity`` is by source, ``predictions`` the
    classes said of the test pictures, by option; ``seconds`` are those of CPU, by step.
    """

    problem: Problem
    train: np.ndarray
    test: np.ndarray
    similarity: pd.Series
    rule: Callable
    proposal: Proposal
    table: pd.DataFrame
    predictions: dict[str, np.ndarray]
    seconds: dict[str, float] = field(default_factory=dict)
    seed: int = 0

    @property
    def recommended(self):
        """The proposed option; the best one where the proposal is surely worse."""
        surely_worse = self.table["behind, low"][self.proposal.option] > 0
        return self.table.index[0] if surely_worse else self.proposal.option

    @property
    def outcome(self):
        """What became of the proposal, in a sentence."""
        proposed, best = self.proposal.option, self.table.index[0]
        row = self.table.loc[proposed]
        if row["behind"] == 0:
            return f"The proposal, {proposed}, came out best: {row['accuracy']:.0f}%."
        words = "surely" if row["behind, low"] > 0 else "within what the test pictures can tell"
        behind = f"{row['behind']:.1f} points behind {best}"
        return f"The proposal, {proposed}, right in {row['accuracy']:.0f}%, is {behind}, {words}."


def split_rows(labels, share=TEST_SHARE, seed=0):
    """Rows to train on and rows put aside, (train, rest), every class in both.

    ValueError if a class has fewer than ten pictures."""
    counts = np.bincount(labels)
    if counts.min() < FEWEST * (1 - TEST_SHARE):
        raise ValueError(
            f"Class number {counts.argmin()} has {counts.min()} pictures, too few to train and to "
            f"test: give each class {FEWEST} or more, or take its folder out."
        )
    return map(
        np.sort,
        train_test_split(
            np.arange(len(labels)), test_size=share, stratify=labels, random_state=seed
        ),
    )


def source_rows(name):
    """Which of ImageNet's 1,000 classes a source learned from, as rows of its classifier.

    A family of photographs is such classes too; of any other network it is all of them."""
    names = read_card("imagenet")["classes"]
    if name not in (*BUNDLED, *FAMILIES):
        return list(range(len(names)))
    role, every = (BUNDLED[name].role, BUNDLED[name].every) if name in BUNDLED else (name, 1)
    return [names.index(each) for each in list(class_names(role).values())[::every]]


def measure_similarity(head, labels, sources=SOURCES):
    """How near each source is to some pictures: a Series, the nearest first.

    ``head`` (n, 1280) is ``imagenet``'s last layer. It is the cosine of a class's mean, and the
    nearest of the source's classes as ``imagenet``'s classifier knows them, mean over classes.
    """
    weights = load_backbone("imagenet").network.get_classifier().weight.detach().numpy()
    (sample,) = shipped_features("imagenet", "imagenet sample", ("train",))
    means = pd.DataFrame(head - sample.select("head").mean(axis=0)).groupby(labels).mean()
    cosine = cosine_similarity(means, weights - weights.mean(axis=0))
    found = {source: cosine[:, source_rows(source)].max(axis=1).mean() for source in sources}
    return pd.Series(found).sort_values(ascending=False, kind="stable")


def usual_similarity():
    """The median over the real sets of the course: what is above it counts as near."""
    return pd.read_csv(paths.SHIPPED / "measured" / "real_distances.csv")["prototypes"].median()


def propose(similarity, labels, rule=takeaways):
    """What a rule says of these similarities and training labels: a Proposal."""
    is_near = bool(similarity.iloc[0] > usual_similarity())
    per_class = float(np.median(np.bincount(labels)))
    return Proposal(similarity.index[0], rule(is_near, per_class), is_near, per_class)


def investigate(problem, rule=takeaways, sources=SOURCES, seed=0, progress=True):
    """Analyse, propose, try every option: an Investigation.

    ``rule(is_near, per_class)`` gives "reuse all" or a policy of ``tlcourse.finetuning``;
    ``sources`` are ``imagenet``, the bundled photographs' networks, and whichever network of
    ImageNet's classes was fetched ("vgg16"). ValueError as for ``split_rows``, and TypeError if the
    problem was not opened.
    """
    if not isinstance(problem, Problem):
        raise TypeError(f"{problem!r} was not opened: hand over open_problem({problem!r}) instead.")
    train, test = split_rows(problem.labels, seed=seed)
    known, predictions, chosen, seconds = {}, {}, {}, {}
    names = dict.fromkeys(("imagenet", *sources, RANDOM, PIXELS))
    with tqdm(names, "investigating", delay=2, disable=None if progress else True) as bar:
        for name in bar:
            started = time.process_time()
            known[name] = features_of(name, problem)
            for option, how in _ways(name, known[name], name in sources).items():
                predictions[option], chosen[option] = _solved(known[name], train, test, how, seed)
            seconds[name] = time.process_time() - started
    labels = problem.labels
    head = known["imagenet"].select("head")[train]
    similarity = measure_similarity(head, labels[train], sources)
    proposal = propose(similarity, labels[train], rule)
    if proposal.policy != REUSE:
        started, option = time.process_time(), proposal.option
        tuned = problem, train, test, proposal.source, proposal.policy, seed
        predictions[option], chosen[option] = fine_tuned(*tuned)
        seconds["fine-tuning"] = time.process_time() - started
    table = compare(predictions, labels[test], seed).join(pd.DataFrame(chosen).T)
    found = similarity, rule, proposal, table, predictions, seconds, seed
    return Investigation(problem, train, test, *found)


def features_of(name, problem, load=load_backbone, **how):
    """Of a source, random weights or raw pixels; ``how`` goes to ``extract_features``."""
    if name == PIXELS:
        small = [np.asarray(thumbnail(picture, PIXEL_SIDE)).ravel() for picture in problem.pictures]
        sizes = {"pixels": len(small[0])}
        return Features(np.array(small) / 255, problem.labels, problem.classes, sizes)
    backbone = load("imagenet", "random") if name == RANDOM else load(name)
    return extract_features(backbone, problem, precision="float32", **how)


def _ways(name, features, is_source):
    """The options with these features: {option: (layers, normalization)}."""
    layers = list(features.layer_sizes)
    if name in (PIXELS, RANDOM):
        return {name: (layers, "standardized" if name == PIXELS else "discretized")}
    ways = {"last layer": (layers[-1:], "L2 per image"), "all layers": (layers, "discretized")}
    return {f"{name}, {way}": how for way, how in ways.items() if is_source}


def _solved(features, train, test, how, seed):
    """A linear SVM, its C chosen within the training pictures: predictions, and what was chosen."""
    part, rest = of_rows(features, train), of_rows(features, test)
    C = choose_C(part, *how, seed)
    return evaluate_features(part, rest, how[0], seed, C, how[1]).predicted, {"C": C}


def fine_tuned(problem, train, test, source, policy, seed=0):
    """The source trained as a policy says, stopped by a fifth of the training pictures.

    Predictions for ``test``, and what was chosen. Large networks see 128 pixels.
    """
    backbone, labels = load_backbone(source), torch.as_tensor(problem.labels)
    inputs = torch.stack([_input(backbone, picture) for picture in problem.pictures])
    images = PreparedImages(inputs, labels, problem.classes)
    is_small = source in BUNDLED
    if is_small:
        some = train[np.linspace(0, len(train) - 1, min(len(train), STATISTICS)).astype(int)]
        backbone = with_batch_norm(backbone, images.subset(some))
    rows, stop = split_rows(problem.labels[train], VALIDATION_SHARE, seed)
    steps = min(MOST_STEPS, EPOCHS * -(-len(rows) // BATCH))
    run = fine_tune(
        *(backbone, as_policy(policy) if is_small else LARGE.get(policy, policy)),
        *(images.subset(train[rows]), images.subset(train[stop])),
        seed=seed,
        steps=steps,
        evaluate_every=max(1, steps // 4),
        learning_rate=RATE,
        batch_size=BATCH,
        progress=False,
    )
    return run.predict(images.subset(test)), {"updates": run.best.step}


def _input(backbone, picture):
    image = backbone.preprocess(picture)
    large = image.shape[-1] > SIDE
    return F.interpolate(image[None], SIDE, mode="area")[0] if large else image


def compare(predictions, labels, seed=0):
    """Options side by side, a row each, the best first: mean class accuracies in percent.

    Intervals hold 95% of resamples of the test pictures within classes; "behind" are points behind
    the best option, on the same pictures.
    """
    rng = np.random.default_rng(seed)
    weights = np.zeros((1 + RESAMPLES, len(labels)))
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        even = np.full(len(rows), 1 / len(rows))
        weights[:, rows] = np.vstack([even, rng.multinomial(len(rows), even, RESAMPLES) * even])
    right = np.stack([predicted == labels for predicted in predictions.values()])
    values = 100 * right @ weights.T / len(np.unique(labels))
    behind = values[values[:, 0].argmax()] - values
    columns = {}
    for name, each in (("accuracy", values), ("behind", behind)):
        low, high = np.percentile(each[:, 1:], INTERVAL, axis=1)
        columns |= {name: each[:, 0], f"{name}, low": low, f"{name}, high": high}
    table = pd.DataFrame(columns, index=pd.Index(predictions, name="option"))
    return table.sort_values("accuracy", ascending=False, kind="stable")

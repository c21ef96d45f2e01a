"""What can be done with a problem, and what each option gives on the test pictures."""

import time
import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tlcourse.classifiers.svm import LinearSVM
from tlcourse.features.extraction import extract_features
from tlcourse.features.normalization import make_normalization
from tlcourse.finetuning.training import fine_tune
from tlcourse.networks.backbones import load_backbone
from tlcourse.networks.batch_norm import with_batch_norm
from tlcourse.networks.images import prepare_images
from tlcourse.your_problem.look import thumbnail

EMBEDDINGS = {"fc6": "L2 per image", "fc7": "L2 per image", "full network": "discretized"}
PIXELS, SCRATCH = "raw pixels", "from scratch"
PIXEL_SIDE, PIXEL_C = 16, 1e-3
BATCH, RATE, RANDOM_RATE = 20, 0.02, 0.05
EPOCHS, MOST_STEPS, EVALUATIONS = 8, 60, 4
STATISTICS = 64  # pictures that batch normalisation takes its statistics from


@dataclass(frozen=True)
class Option:
    """One way to solve the problem, tried on every draw."""

    source: str
    method: str
    predictions: np.ndarray
    seconds: float

    @property
    def name(self):
        """For people, such as "natural, full network + SVM"."""
        suffix = " + SVM" if self.method in (*EMBEDDINGS, PIXELS) else ""
        return f"{self.source}, {self.method}{suffix}" if self.source else f"{self.method}{suffix}"

    def __repr__(self):
        return f"{self.name}: {len(self.predictions)} draws, {self.seconds:.1f} s each"


def svm_options(problem, split, sources):
    """Feature extraction and a linear SVM: an Option for fc6, fc7 and the full network a source."""
    found = []
    for source in sources:
        started = time.perf_counter()
        backbone = load_backbone(source)
        features = extract_features(backbone, problem.pictures, precision="float32")
        extraction = features.about["seconds"]
        waited = time.perf_counter() - started
        waited = max(waited, sum(extraction.values()))  # what the cache saved is counted as well
        for embedding, normalization in EMBEDDINGS.items():
            layers = list(features.layer_sizes) if embedding == "full network" else [embedding]
            sizes = {layer: features.layer_sizes[layer] for layer in layers}
            normalize = make_normalization(normalization, sizes)
            model = make_pipeline(normalize, LinearSVM(random_state=0))
            predicted, seconds = _over_draws(model, features.select(layers), problem.labels, split)
            found.append(Option(source, embedding, predicted, waited + seconds))
    return found


def pixel_option(problem, split):
    """The rival that reuses nothing: a linear SVM on 16 x 16 pixels."""
    thumbnails = [thumbnail(picture, PIXEL_SIDE) for picture, _ in problem.pictures]
    X = np.stack([np.asarray(each, dtype=np.float64).ravel() for each in thumbnails]) / 255
    model = make_pipeline(StandardScaler(), LinearSVM(C=PIXEL_C, random_state=0))
    return Option("", PIXELS, *_over_draws(model, X, problem.labels, split))


def _over_draws(model, X, labels, split):
    started = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # odd pictures: it counts as it is
        predicted = [
            model.fit(X[train], labels[train]).predict(X[split.test]) for train, _ in split.draws
        ]
    return np.array(predicted), (time.perf_counter() - started) / len(split.draws)


def fine_tuned_option(problem, split, source, policy, progress=True):
    """A network trained as a policy says; weights are chosen on the validation pictures."""
    return _trained(problem, split, source, policy, RATE, "fine-tuned", progress)


def scratch_option(problem, split, progress=True):
    """The same network begun from random weights, with as many steps."""
    return _trained(problem, split, "natural", "all random", RANDOM_RATE, SCRATCH, progress)


def _trained(problem, split, source, policy, rate, method, progress):
    backbone = load_backbone(source)
    images = prepare_images(backbone, problem.pictures, progress)
    test, predicted, began = images.subset(split.test), [], time.perf_counter()
    for draw, (train, validation) in enumerate(split.draws):
        drawn = images.subset(train)
        ready = with_batch_norm(backbone, images.subset(train[_spread(len(train))]))
        run = fine_tune(
            ready,
            policy,
            drawn,
            images.subset(validation),
            seed=split.seed + draw,
            learning_rate=rate,
            batch_size=BATCH,
            progress=progress,
            **_length(len(train)),
        )
        predicted.append(run.predict(test))
    seconds = (time.perf_counter() - began) / len(split.draws)
    return Option("" if method == SCRATCH else source, method, np.array(predicted), seconds)


def _length(n_train):
    steps = min(MOST_STEPS, EPOCHS * -(-n_train // BATCH))
    return {"steps": steps, "evaluate_every": max(1, steps // EVALUATIONS)}


def _spread(n):
    """Places of some pictures of every class, as rows are in the order of the files."""
    return np.unique(np.linspace(0, n - 1, min(n, STATISTICS)).astype(int))

"""The arithmetic of ``fne`` 1.6.5 beside ours: where they agree, and where they do not, and why.

    python benchmarks/compare_fne_embedding.py

in an environment that has ``fne`` (GPL-3, see benchmarks/requirements.txt). It is run as a user
would run it, on small networks that hand their input through; what its classifier is given is
compared with ours. Each line is a statement that is checked; the exit status counts the false.
"""

import sys
import warnings
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import tlcourse  # noqa: F401, I001  (before torchvision, whose import it may have to cure)
import torch
from fne.fne_torch import FullNetworkEmbedding as TheirEmbedding
from fne.fne_torch import L2Norm as TheirL2
from sklearn.base import ClassifierMixin
from sklearn.preprocessing import Normalizer

from tlcourse.features.embedding import full_network_embedding
from tlcourse.features.normalization import HIGH, LOW, L2ByLayer

N, D = 40, 12
RNG = np.random.default_rng(0)
TRAIN = RNG.gamma(0.5, 2, (N, D)).astype(np.float32)
TEST = RNG.gamma(0.5, 3, (10, D)).astype(np.float32)


class Recorder(ClassifierMixin):
    """A classifier that keeps what it is given."""

    def fit(self, X, y):
        self.train = np.array(X)
        return self

    def predict(self, X):
        self.test = np.array(X)
        return np.arange(len(X))


def hands_through(*between):
    """A linear layer whose output is its input, and one more after ``between``."""
    layers = [torch.nn.Linear(D, D, bias=False) for _ in range(2)]
    for layer in layers:
        torch.nn.init.eye_(layer.weight)
    return torch.nn.Sequential(torch.nn.Flatten(), layers[0], *between, layers[1])


def theirs(kind, network, train, test, layers=("1",), **options):
    """What ``fne`` hands to its classifier in training and in test, and what it predicts."""
    recorder = Recorder()
    model = kind(network, list(layers), recorder)
    model.fit(_loader(train), **options)
    predicted = model.predict(_loader(test), **options)
    return recorder.train, recorder.test, predicted


def _loader(rows):
    labels = torch.zeros(len(rows), dtype=torch.long)
    data = torch.utils.data.TensorDataset(torch.from_numpy(rows), labels)
    return torch.utils.data.DataLoader(data, batch_size=4)


def embedding_statements():
    train, test, _ = theirs(TheirEmbedding, hands_through(), TRAIN, TEST)
    bessel = np.sqrt(N / (N - 1))
    ours = full_network_embedding(LOW * bessel, HIGH * bessel).fit(TRAIN)
    same = (ours.transform(TRAIN) == train).all() and (ours.transform(TEST) == test).all()
    yield "agree", "mean of the training images, also in test; thresholds on z", same
    plain = full_network_embedding().fit(TRAIN)
    share = np.mean(np.vstack([plain.transform(TRAIN) != train, plain.transform(TEST) != test]))
    why = f"they divide by the deviation of n - 1 images, we of n: {share:.1%} of values here"
    yield "differ", why, 0 < share < 0.02

    constant = TRAIN.copy()
    constant[:, 0] = 7
    found = theirs(TheirEmbedding, hands_through(), constant, constant)[0][:, 0]
    ours = full_network_embedding().fit_transform(constant)[:, 0]
    why = "constant feature: they give 1 (0/0 is NaN, and NaN is 1), we give 0 and report it"
    yield "differ", why, (found == 1).all() and (ours == 0).all()

    broken = TRAIN.copy()
    broken[3, 0] = np.nan
    found = theirs(TheirEmbedding, hands_through(), broken, broken)[0][:, 0]
    why = "NaN in one image: their feature is 1 in every image, we refuse"
    yield "differ", why, (found == 1).all() and _refuses(broken)
    with warnings.catch_warnings(action="ignore"):  # torch's, of a deviation of one value
        alone = theirs(TheirEmbedding, hands_through(), TRAIN[:1], TRAIN[:1])[0]
    why = "one training image: they give 1 everywhere, we refuse"
    yield "differ", why, (alone == 1).all() and _refuses(TRAIN[:1])


def _refuses(X):
    try:
        full_network_embedding().fit(X)
    except ValueError:
        return True
    return False


def threshold_statements():
    """A feature of mean 0 and deviation 1, exactly: a test value is its own z."""
    at_low = _exactly_at(LOW)
    found = theirs(TheirEmbedding, hands_through(), *at_low)[1][0, 0]
    ours = full_network_embedding().fit(_exactly_at(LOW, ddof=0)[0])
    mine = ours.transform(_exactly_at(LOW, ddof=0)[1])[0, 0]
    why = f"exactly at {LOW}: they give -1, we 0, as the paper's < is strict"
    yield "differ", why, found == -1 and mine == 0


def _exactly_at(z, ddof=1):
    """Training rows of mean 0 and deviation 1, and test rows of which the first is ``z``."""
    n = 16 + ddof
    train, test = np.zeros((n, D), np.float32), np.zeros((4, D), np.float32)
    train[:8], train[8:16], test[0] = 1, -1, z
    return train, test


def l2_statements():
    one = theirs(TheirL2, hands_through(), TRAIN, TEST)[0]
    same = np.allclose(one, Normalizer().fit_transform(TRAIN), atol=1e-6)
    yield "agree", "L2 per image of one layer", same
    zeros = TRAIN.copy()
    zeros[2] = 0
    found = theirs(TheirL2, hands_through(), zeros, zeros)[0][2]
    yield "agree", "L2 of an image of zeros is zeros", (found == 0).all()
    two = theirs(TheirL2, hands_through(), TRAIN, TEST, layers=("1", "2"))[0]
    both = np.hstack([TRAIN, TRAIN])
    whole = np.allclose(two, Normalizer().fit_transform(both), atol=1e-6)
    by_layer = np.allclose(two, L2ByLayer({"fc6": D, "fc7": D}).fit_transform(both), atol=1e-6)
    why = "L2 of two layers: they normalise the concatenation, L2ByLayer each layer"
    yield "differ", why, whole and not by_layer


def extraction_statements():
    signed = TRAIN - 1
    for in_place in (False, True):
        network = hands_through(torch.nn.ReLU(in_place))
        before = (theirs(TheirL2, network, signed, signed)[0] < 0).any()
        how = "in place" if in_place else "not in place"
        yield "differ", f"ReLU {how}: they take layers before it, we after it", before
    network = hands_through(torch.nn.Dropout()).train()
    dropped = theirs(TheirL2, network, TRAIN, TRAIN, layers=("3",))[0]
    why = "a network left in training mode: their dropout is on, ours is off (eval mode)"
    yield "differ", why, (dropped[TRAIN > 0] == 0).any()


def crop_statements():
    network = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU())
    images = RNG.normal(size=(6, 3, 12, 12)).astype(np.float32)
    options = {"layers": ("0",), "with_crops": True, "crop_size": (10, 10)}
    train, _, predicted = theirs(TheirEmbedding, network, images, images, **options)
    yield "agree", "ten crops in training are ten rows an image, side by side", len(train) == 60
    why = "ten crops in test: they give ten predictions an image, and leave the vote to the user"
    yield "differ", why, np.shape(predicted) == (6, 10)


def main():
    torch.manual_seed(0)
    parts = (embedding_statements, threshold_statements, l2_statements)
    n_false = 0
    for part in (*parts, extraction_statements, crop_statements):
        for relation, why, holds in part():
            n_false += not holds
            print(f"{'holds' if holds else 'FALSE':6} {relation:7} {why}")
    return n_false


if __name__ == "__main__":
    sys.exit(main())

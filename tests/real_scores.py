"""The scores of the real sets, from their shipped features."""

from tlcourse.classifiers.score import evaluate_features
from tlcourse.features.extraction import shipped_card, shipped_features


def evaluate_real(name, representation):
    """Score a real set by its protocol and chosen C."""
    score = shipped_card(name)["scores"][representation]
    train, test = shipped_features("imagenet", score["features"])
    layers = score["layers"] or train.layer_sizes
    return evaluate_features(train, test, layers, 0, score["C"], score["normalization"])

"""Normalizations on trial: C to scale, and the traps of normalization up to the accuracy."""

from dataclasses import replace

import numpy as np
import pytest

from tlcourse.classifiers import normalization_trials, score
from tlcourse.classifiers.score import evaluate_transfer, sample_per_class
from tlcourse.classifiers.svm import LinearSVM, mean_class_accuracy
from tlcourse.features.extraction import shipped_features
from tlcourse.features.normalization import Standardizer

TWO = ("conv1_1", "fc7")


@pytest.fixture(scope="module")
def insects():
    return shipped_features("natural", "insects")


def by_hand(train, test, C, seed=0):
    """Accuracy of an SVM trained on rows that are already normalised."""
    machine = LinearSVM(C, random_state=seed).fit(*train)
    return mean_class_accuracy(test[1], machine.predict(test[0]))


def drawn(insects, layers, seed=0):
    train, test = insects
    rows = sample_per_class(train.labels, 20, seed)
    return train.select(layers)[rows], train.labels[rows], test.select(layers), test.labels


# Traps, from the features to the accuracy


def test_test_images_are_standardized_by_the_drawn_training_images(insects, monkeypatch):
    """The test images are nearly all of one class, so their own statistics would show."""
    X, y, X_test, y_test = drawn(insects, TWO)
    mostly = np.flatnonzero((y_test == 0) | (np.arange(len(y_test)) % 50 == 0))
    test = insects[1]
    one_class = replace(test, matrix=test.matrix[mostly], labels=test.labels[mostly])
    monkeypatch.setattr(score, "shipped_features", lambda *names: (insects[0], one_class))
    options = {"C": 0.0123, "normalization": "standardized"}  # a C of its own: results are kept
    found = evaluate_transfer("natural", "insects", TWO, **options).per_class[test.classes[0]]

    mean, deviation = X.mean(axis=0), X.std(axis=0)
    assert (deviation > 0).all()
    machine = LinearSVM(0.0123, random_state=0).fit((X - mean) / deviation, y)
    images, ladybugs = X_test[mostly], y_test[mostly] == 0
    right = np.mean(machine.predict((images - mean) / deviation)[ladybugs] == 0)
    wrong = np.mean(machine.predict(Standardizer().fit_transform(images))[ladybugs] == 0)
    assert found == pytest.approx(right, abs=0.03)
    assert wrong < right - 0.1


def test_l2_by_layer_knows_the_columns_of_the_chosen_layers(insects, monkeypatch):
    """A strong layer drowns the others in the concatenation, and cannot layer by layer."""
    expected = {
        layers: evaluate_transfer("natural", "insects", layers, normalization="L2 by layer")
        for layers in (TWO, ("conv1_1",))
    }
    strong = [replace(part, matrix=part.matrix * ([1000] * 16 + [1] * 2032)) for part in insects]
    monkeypatch.setattr(score, "shipped_features", lambda *names: strong)
    score._evaluate.cache_clear()
    for order in (TWO, TWO[::-1]):
        found = evaluate_transfer("natural", "insects", order, normalization="L2 by layer")
        assert found.accuracy == pytest.approx(expected[TWO].accuracy, abs=0.005)
    drowned = evaluate_transfer("natural", "insects", TWO, normalization="L2 per image")
    assert drowned.accuracy == pytest.approx(expected["conv1_1",].accuracy, abs=0.005)
    assert drowned.accuracy < expected[TWO].accuracy - 0.05
    score._evaluate.cache_clear()


def test_wrong_test_statistics_cost_what_the_notebook_says():
    found = normalization_trials.accuracies_by_test_statistics("natural", "insects", TWO, seeds=[0])
    right, everything, folders, alone = (draws[0] for draws in found.values())
    expected = normalization_trials.accuracies(
        "natural", "insects", TWO, "standardized", "to scale", seeds=[0]
    )
    assert right == pytest.approx(expected[0], abs=0.01)
    assert abs(everything - right) < 0.05
    assert folders < right - 0.1
    assert alone == pytest.approx(0.1)


def test_few_images_with_constant_features_still_train():
    found = evaluate_transfer(
        "natural", "insects", "fc7", per_class=2, C=1e-3, normalization="standardized"
    )
    assert 0.1 < found.accuracy < 1


# C to scale


def test_scaled_C_is_one_over_the_mean_squared_length(insects):
    X = insects[0].select(TWO)
    for name, squared_length in (
        ("none", np.mean(np.linalg.norm(X, axis=1) ** 2)),
        ("L2 per image", 1),
        ("L2 by layer", 2),
        ("standardized", X.shape[1]),
    ):
        found = normalization_trials.scaled_C("natural", "insects", TWO, name, factor=3)
        assert found == pytest.approx(3 / squared_length, rel=0.006)


def test_with_C_to_scale_a_factor_on_all_features_changes_nothing():
    kept = normalization_trials.predictions_kept("natural", "insects", TWO, np.full(528, 37.0))
    assert kept == 1
    assert (
        normalization_trials.predictions_kept("natural", "insects", TWO, np.geomspace(1, 1e3, 528))
        < 0.9
    )


def test_a_rotation_changes_no_decision():
    rotation = np.linalg.qr(np.random.default_rng(0).normal(size=(16, 16)))[0]
    assert normalization_trials.predictions_kept("natural", "insects", "conv1_1", rotation) > 0.99


def test_accuracies_are_those_of_evaluate_transfer():
    found = normalization_trials.accuracies(
        "natural", "insects", "fc7", "L2 per image", C=0.3, seeds=(4, 2)
    )
    expected = [evaluate_transfer("natural", "insects", "fc7", C=0.3, seed=s) for s in (4, 2)]
    assert found == [result.accuracy for result in expected]


def test_compare_and_its_rows():
    sources = {"insects": "natural", "clothes": "manmade"}
    names = ["none", "L2 by layer"]
    found = normalization_trials.compare(sources, {"two": TWO, "fc7": "fc7"}, names, seeds=(0, 1))
    assert len(found) == 8 and {values.shape for values in found.values()} == {(2, 2)}
    one = normalization_trials.accuracies("manmade", "clothes", TWO, "L2 by layer", seeds=(0, 1))
    assert found["two", "L2 by layer", 1.0][1].tolist() == one
    rows = normalization_trials.mean_over_targets(found)
    assert list(rows) == ["two", "fc7"] and list(rows["two"]) == names
    assert list(rows["fc7"]["none"]) == ["C = 1", "C to scale"]
    assert rows["two"]["L2 by layer"]["C = 1"][0] == found["two", "L2 by layer", 1.0][:, 0].mean()


def test_over_C():
    sources = {"insects": "natural"}
    found = normalization_trials.accuracies_over_C(
        sources, TWO, ["L2 by layer"], [0.1, 10], seeds=(0,)
    )
    assert [factor for _, factor in found["L2 by layer"]] == [0.1, 10]
    (C, factor), draws = next(iter(found["L2 by layer"].items()))
    assert pytest.approx(factor / 2) == C
    assert draws == normalization_trials.accuracies(
        "natural", "insects", TWO, "L2 by layer", C, (0,)
    )


def test_own_statistics_are_those_of_the_target():
    own = normalization_trials.accuracies_with_statistics_of(
        "insects", "natural", "insects", TWO, (0,)
    )
    other = normalization_trials.accuracies_with_statistics_of(
        "clothes", "natural", "insects", TWO, (0,)
    )
    assert own != other and 0.1 < other[0] < 1


# Normalised features


def test_normalized_features_are_restricted_and_keep_their_names(insects):
    found = normalization_trials.normalized_features(
        "natural", "insects", ("fc7", "conv1_1"), "L2 by layer"
    )
    assert list(found.layer_sizes) == ["conv1_1", "fc7"]
    np.testing.assert_allclose(np.linalg.norm(found.select("fc7"), axis=1), 1, rtol=1e-5)
    raw = normalization_trials.normalized_features("natural", "insects", "fc7", "none")
    np.testing.assert_array_equal(raw.matrix, insects[0].select("fc7"))


def test_the_shipped_features_stay_as_they_are(insects):
    before = insects[0].matrix.copy()
    for name in ("none", "L2 by layer", "standardized", "discretized"):
        normalization_trials.normalized_features("natural", "insects", TWO, name)
    assert (insects[0].matrix == before).all()


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        (("natural", "insects", ("fc7", "fc9"), "none"), "no features of layer 'fc9'"),
        (("natural", "insects", (), "none"), "Choose at least one layer"),
        (("natural", "insects", "fc7", "L3"), "no normalization 'L3'"),
        (("natural", "mammals", "fc7", "none"), "No features of 'mammals'"),
        (("moon", "insects", "fc7", "none"), "moon"),
    ],
)
def test_unknown_names(setting, sentence):
    with pytest.raises((ValueError, OSError), match=sentence):
        normalization_trials.normalized_features(*setting)

"""The network cut in two, and what is reused of it, against independent computations."""

from itertools import permutations

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from tlcourse import plots
from tlcourse.classifiers import reuse
from tlcourse.datasets.animal_pictures import SCENERIES, TASKS, AnimalPictures, raw_pixels
from tlcourse.datasets.drawn import Factors
from tlcourse.datasets.drawn.animals import LABEL_SPACES
from tlcourse.networks.backbones import load_backbone


@pytest.fixture(scope="module")
def pictures():
    return AnimalPictures(per_breed=4)


@pytest.fixture(scope="module")
def backbone():
    return load_backbone("natural")


class TestAnimalPictures:
    def test_every_breed_before_every_background(self, pictures):
        pairs = zip(pictures.labels["breed"], pictures.labels["background"], strict=True)
        assert len(set(pairs)) == len(pictures) == len(pictures.classes) * len(SCENERIES)

    def test_labels_agree_with_the_family(self, pictures):
        for breed, species in zip(
            pictures.labels["breed"], pictures.labels["species"], strict=True
        ):
            name = pictures.label_names["species"][species]
            assert LABEL_SPACES["species"][pictures.label_names["breed"][breed]] == name
        assert pictures.targets == pictures.labels["breed"].tolist()
        assert pictures[5] == (pictures.images[5], pictures.targets[5])

    def test_domains_share_the_animals_and_not_the_pixels(self, pictures):
        dark = AnimalPictures(Factors(exposure=0.4, noise=0.0), per_breed=4)
        assert dark.labels["breed"].tolist() == pictures.labels["breed"].tolist()
        light, darker = raw_pixels(pictures.images[:20]), raw_pixels(dark.images[:20])
        assert (darker.mean(axis=1) < light.mean(axis=1)).all()

    def test_another_seed_gives_other_pictures(self, pictures):
        other = AnimalPictures(per_breed=4, seed=1)
        assert not np.array_equal(pictures.images[0], other.images[0])

    @pytest.mark.parametrize("per_breed", [0, 3, -4])
    def test_refusals(self, per_breed):
        with pytest.raises(ValueError, match=f"per_breed is {per_breed}: give a multiple of 4"):
            AnimalPictures(per_breed=per_breed)

    def test_raw_pixels_are_block_means(self, pictures):
        image = pictures.images[0]
        blocks = np.asarray(image, dtype=float).reshape(32, 2, 32, 2, 3).mean(axis=(1, 3))
        assert raw_pixels([image])[0] == pytest.approx(blocks.ravel() / 255, abs=1.01 / 255)


class TestCut:
    @pytest.mark.parametrize("layer", ["conv1_1", "conv5_2", "fc6", "fc7", "fc8"])
    def test_both_parts_together_are_the_network(self, backbone, layer):
        representation, classifier = reuse.cut_network(backbone, layer)
        images = torch.randn(3, 3, 64, 64, generator=torch.Generator().manual_seed(0))
        with torch.inference_mode():
            within = representation(images)
            assert torch.allclose(classifier(within), backbone.network(images), atol=1e-4)
        assert (within >= 0).all() or layer == "fc8"

    def test_what_follows_fc7_is_one_linear_layer(self, backbone):
        classifier = reuse.cut_network(backbone, "fc7")[1]
        at = torch.randn(3, backbone.layer_sizes["fc7"])
        with torch.inference_mode():
            zero, one, two, both = (classifier(x) for x in (0 * at, at, 2 * at, at + 2 * at))
        assert torch.allclose(both + zero, one + two, atol=1e-4)

    def test_refusals(self, backbone):
        with pytest.raises(ValueError, match="no layer called 'fc9'"):
            reuse.cut_network(backbone, "fc9")
        with pytest.raises(ValueError, match="not one sequence of layers"):
            reuse.cut_network(load_backbone("resnet18", "random"), "layer1")


class TestSeparability:
    def test_separable_noise_and_groups(self):
        rng = np.random.default_rng(0)
        y = np.repeat([0, 1], 60)
        noise = rng.normal(size=(120, 5))
        assert min(reuse.linear_separability(noise + 5 * y[:, None], y)) > 0.97
        assert abs(np.mean(reuse.linear_separability(noise, y, seeds=range(8))) - 0.5) < 0.1
        groups = np.tile(np.arange(4), 30)
        found = reuse.linear_separability(noise + 5 * y[:, None], y, 10, [0, 1], groups)
        assert len(found) == 2 and min(found) > 0.97

    def test_agrees_with_another_linear_classifier(self):
        rng = np.random.default_rng(1)
        X, y = rng.normal(size=(300, 3)), np.repeat([0, 1, 2], 100)
        X[np.arange(300), y] += 2
        mine = np.mean(reuse.linear_separability(X, y, 40))
        other = LogisticRegression().fit(X[::2], y[::2]).score(X[1::2], y[1::2])
        assert mine == pytest.approx(other, abs=0.06)

    def test_refusals(self):
        with pytest.raises(ValueError, match="one label an image"):
            reuse.linear_separability(np.ones((4, 2)), [0, 1])
        with pytest.raises(ValueError, match="leave none to test"):
            reuse.linear_separability(np.eye(4), [0, 1, 0, 1], train_per_class=2)


class TestMatchedAccuracy:
    @pytest.mark.parametrize("seed", range(4))
    def test_is_the_best_of_all_assignments(self, seed):
        rng = np.random.default_rng(seed)
        labels, outputs = np.arange(60) % 5, rng.integers(0, 3, 60)
        shares = [[np.mean(outputs[labels == y] == o) for o in range(3)] for y in range(5)]
        by_hand = max(
            sum(shares[label][output] for output, label in enumerate(chosen)) / 5
            for chosen in permutations(range(5), 3)
        )
        assert reuse.matched_accuracy(outputs, labels) == pytest.approx(by_hand)

    def test_renamed_labels_and_too_few_outputs(self):
        labels = np.repeat(range(8), 4)
        assert reuse.matched_accuracy((labels + 3) % 8, labels) == 1
        assert reuse.matched_accuracy(labels // 2, labels) == pytest.approx(4 / 8)
        assert reuse.matched_accuracy(np.zeros(32, int), labels) == pytest.approx(1 / 8)


@pytest.fixture(scope="module")
def labels():
    breed = np.tile(np.arange(8), 30)
    return {"species": breed // 2, "breed": breed, "background": np.repeat([0, 1, 2], 80)}


@pytest.fixture(scope="module")
def table(labels):
    """A representation that knows the breed; in the other domain its axes are mirrored."""
    rng = np.random.default_rng(0)
    knows = 3 * np.eye(8)[labels["breed"]] + rng.normal(0, 0.3, (240, 8))
    nothing = rng.normal(size=(240, 8))
    representations = {
        "knows": {"home": knows, "away": knows[:, ::-1]},
        "nothing": {"home": nothing, "away": nothing},
    }
    return reuse.tasks_by_domains(representations, labels, range(2), per_class=8)


class TestTasksByDomains:
    def test_it_is_complete(self, table):
        names = (reuse.AS_IT_IS, "knows", "nothing")
        assert list(table) == [(t, d, n) for t in TASKS for d in ("home", "away") for n in names]
        assert all(len(values) == 2 for values in table.values())

    def test_classifier_is_bound_to_task_and_domain(self, table):
        assert min(table["species", "home", reuse.AS_IT_IS]) > 0.95
        assert max(table["species", "away", reuse.AS_IT_IS]) < 0.3
        assert max(table["breed", "home", reuse.AS_IT_IS]) <= 4 / 8 + 1e-9

    def test_representation_serves_what_it_knows(self, table):
        for domain in ("home", "away"):
            assert min(table["breed", domain, "knows"]) > 0.95
            assert max(table["background", domain, "knows"]) < 0.6

    def test_refusals(self, labels):
        X = np.random.default_rng(0).normal(size=(240, 2))
        with pytest.raises(ValueError, match="no task 'colour': name one of species"):
            reuse.reuse_representation(X, labels, "colour")
        with pytest.raises(ValueError, match="ask for fewer"):
            reuse.reuse_representation(X, labels, "breed", per_class=13)


def test_figures_show_every_line_and_cell():
    line = {"conv1_1": [0.2, 0.3], "fc7": [0.8, 0.9]}
    ax = plots.plot_by_layer({"own task": line, "another": line})
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["conv1_1", "fc7"]
    cells = {(t, d, "fc7"): [0.0, 0.5, 1.0] for t in "ab" for d in ("home", "away")}
    figure = plots.plot_accuracy_table(cells, chance={"a": 0.25, "b": 0.5})
    assert [ax.get_title() for ax in figure.axes] == ["home", "away", "", ""]
    assert "50" in [text.get_text() for text in figure.axes[3].texts]

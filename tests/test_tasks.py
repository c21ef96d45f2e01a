"""Label spaces, functions learned for them, and the ways to reuse one."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.metrics import balanced_accuracy_score

from tlcourse.domains import tasks
from tlcourse.domains.tasks import label_of, learn
from tlcourse.networks.backbones import load_backbone


@pytest.fixture(scope="module")
def backbone():
    return load_backbone("natural")


@pytest.fixture(scope="module")
def source(backbone):
    return tasks.draw_sample(backbone, tasks.SOURCE_BREEDS, 6, seed=1)


@pytest.fixture(scope="module")
def target(backbone):
    return tasks.draw_sample(backbone, tasks.LIONS_AND_WOLVES, 3, seed=2)


@pytest.fixture(scope="module")
def f_S(backbone, source):
    return learn(source, "species", backbone)


def weights_of(network):
    return torch.cat([value.flatten() for value in network.state_dict().values()]).clone()


class TestLabelSpaces:
    @pytest.mark.parametrize(
        ("name", "space", "label"),
        [
            ("tabby cat", "breed", "tabby cat"),
            ("tabby cat", "species", "cat"),
            ("lioness", "species", "lion"),
            ("lioness", "kind", "feline"),
            ("poodle", "kind", "canine"),
            ("wolf", "kind", "canine"),
            ("cat", "species", "cat"),
        ],
    )
    def test_names(self, name, space, label):
        assert label_of(name, space) == label

    def test_refusals(self):
        with pytest.raises(ValueError, match="no label space 'diet' of animals: name one of breed"):
            label_of("cat", "diet")
        with pytest.raises(ValueError, match="'dodo' has no name in the label space 'kind'"):
            label_of("dodo", "kind")
        with pytest.raises(ValueError, match="'cat' has no name in the label space 'breed'"):
            label_of("cat", "breed")

    def test_the_three_targets_share_no_breed_but_the_source(self):
        sets = [
            set(breeds)
            for breeds in (tasks.SOURCE_BREEDS, tasks.OTHER_BREEDS, tasks.LIONS_AND_WOLVES)
        ]
        assert sum(map(len, sets)) == len(set.union(*sets)) == 19
        kinds = [{label_of(breed, "kind") for breed in breeds} for breeds in sets]
        assert kinds == [{"feline", "canine"}] * 3


class TestSample:
    def test_few_are_balanced_and_differ(self, target):
        few = target.few(5, seed=3)
        assert np.unique(few.labels("kind"), return_counts=True)[1].tolist() == [5, 5]
        assert len(np.unique(few.activations.numpy(), axis=0)) == len(few) == 10
        assert (few.breeds != target.few(5, seed=4).breeds).any()

    def test_pictures_breeds_and_activations_stay_together(self, target, backbone):
        few = target.few(2, seed=0)
        for row, picture in enumerate(few.pictures):
            at = next(i for i, other in enumerate(target.pictures) if other is picture)
            assert few.breeds[row] == target.breeds[at]
            assert torch.equal(few.activations[row], target.activations[at])

    @pytest.mark.parametrize("wrong", [0, -1, 13])
    def test_too_few_and_too_many(self, target, wrong):
        with pytest.raises(ValueError, match=f"12 pictures of canine, and {wrong} were asked for"):
            target.few(wrong)

    def test_drawing_refuses_what_there_is_not(self, backbone):
        with pytest.raises(ValueError, match="animals has no class 'dodo'"):
            tasks.draw_sample(backbone, ["dodo"], 1)
        with pytest.raises(ValueError, match="n_per_class is 0"):
            tasks.draw_sample(backbone, tasks.SOURCE_BREEDS, 0)


class TestCut:
    def test_both_parts_together_are_the_network(self, backbone, source):
        below, above = tasks.cut(backbone)
        images = torch.stack([backbone.preprocess(picture) for picture in source.pictures[:3]])
        with torch.inference_mode():
            whole = backbone.network(images)
            torch.testing.assert_close(above(below(images)), whole)
            torch.testing.assert_close(above(source.activations[:3]), whole)

    def test_a_network_without_fc6(self, backbone):
        start = replace(backbone, network=backbone.network[:3])
        with pytest.raises(ValueError, match="natural has no layer 'fc6': it has conv1_1"):
            tasks.cut(start)


class TestLearning:
    def test_the_start_stays_as_it_was(self, backbone, source, f_S):
        before = weights_of(backbone.network), weights_of(f_S.network)
        learn(source.few(3), "species", backbone, epochs=1)
        learn(source.few(3), "species", f_S, epochs=1)
        assert torch.equal(before[0], weights_of(backbone.network))
        assert torch.equal(before[1], weights_of(f_S.network))
        assert not backbone.network.training and not f_S.network.training

    def test_a_seed_decides_everything_and_no_global_one_is_touched(self, backbone, source):
        state = torch.random.get_rng_state()
        one, same, other = (
            weights_of(learn(source, "species", backbone, seed, epochs=1).network)
            for seed in (0, 0, 1)
        )
        assert torch.equal(one, same) and not torch.equal(one, other)
        assert torch.equal(state, torch.random.get_rng_state())

    def test_it_learns_its_task_and_not_one_with_shuffled_labels(self, backbone, source, f_S):
        new = tasks.draw_sample(backbone, tasks.SOURCE_BREEDS, 4, seed=9)
        assert f_S.accuracy(new, "species") > 0.7
        shuffled = np.random.default_rng(0).permutation(source.breeds)
        mixed = tasks.Animals(source.pictures, shuffled, source.activations)
        nothing = [
            learn(mixed, "species", backbone, seed).accuracy(new, "species") for seed in (0, 1)
        ]
        assert np.mean(nothing) < 0.7

    def test_fine_tuning_goes_on_where_f_stands(self, f_S, target):
        read = f_S.read_as("kind")
        untouched = learn(target, "kind", read, epochs=0)
        assert torch.equal(weights_of(untouched.network), weights_of(f_S.network))
        tuned = learn(target, "kind", read)
        assert tuned.names == read.names
        assert tuned.accuracy(target, "kind") > read.accuracy(target, "kind")

    def test_another_label_space_gets_a_new_last_layer(self, f_S, target):
        other = learn(target, "breed", f_S, epochs=0)
        assert set(other.names) == set(tasks.LIONS_AND_WOLVES)
        assert other.network[-1].out_features == len(tasks.LIONS_AND_WOLVES)
        assert torch.equal(weights_of(other.network[:-1]), weights_of(f_S.network[:-1]))


class TestPredictiveFunction:
    def test_never_right_under_a_label_space_that_it_does_not_share(self, f_S, target):
        assert set(f_S.predict(target)) <= {"cat", "dog"}
        assert f_S.accuracy(target, "species") == 0

    def test_read_in_another_label_space_it_says_the_same(self, f_S, target):
        read = f_S.read_as("kind")
        kind_of = {"cat": "feline", "dog": "canine"}
        assert [kind_of[said] for said in f_S.predict(target)] == read.predict(target).tolist()
        expected = balanced_accuracy_score(target.labels("kind"), read.predict(target))
        assert read.accuracy(target, "kind") == pytest.approx(expected)

    def test_its_last_layer_on_its_representation_is_its_score(self, f_S, target):
        weight, bias = (p.detach().numpy() for p in f_S.network[-1].parameters())
        scores = f_S.represent(target) @ weight.T + bias
        assert (np.array(f_S.names)[scores.argmax(1)] == f_S.predict(target)).all()
        assert f_S.represent(target).min() >= 0

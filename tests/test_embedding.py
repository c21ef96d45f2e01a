"""The full-network embedding, by its definition; and that notebook 10 sees no test image early."""

from dataclasses import replace

import numpy as np
from parsed import NOTEBOOKS, code_of
from sklearn.model_selection import GridSearchCV

from tlcourse.features.embedding import full_network_embedding
from tlcourse.features.extraction import shipped_features

RNG = np.random.default_rng(0)
TRAIN = RNG.gamma(0.5, 2, (30, 8)) * np.logspace(-2, 2, 8)
TEST = RNG.gamma(0.5, 3, (10, 8)) * np.logspace(-2, 2, 8)


def test_the_definition_and_the_training_images_statistics():
    z = (TEST - TRAIN.mean(axis=0)) / TRAIN.std(axis=0)
    by_hand = np.where(z > 0.15, 1, np.where(z < -0.25, -1, 0))
    found = full_network_embedding().fit(TRAIN).transform(TEST)
    assert found.dtype == np.int8
    assert (found == by_hand).all()
    own = (TEST - TEST.mean(axis=0)) / TEST.std(axis=0)
    assert (found != np.where(own > 0.15, 1, np.where(own < -0.25, -1, 0))).any()


def test_scale_and_shift_of_a_feature_do_not_matter():
    found = full_network_embedding().fit(TRAIN).transform(TEST)
    scale, shift = np.logspace(3, -3, 8), np.arange(8)
    other = full_network_embedding().fit(TRAIN * scale + shift).transform(TEST * scale + shift)
    assert (found == other).all()


WHERE = ("def embed(", "def largest_gaps", "GridSearchCV", "unit =", "limit =")


def chosen(poisoned):
    """What notebook 10 chooses on an eighth of the images; poisoned: with other test images."""

    def some_features(backbone, name, splits=("train", "test")):
        parts, rng = [], np.random.default_rng(0)
        for part, split in zip(shipped_features(backbone, name, splits), splits, strict=True):
            X, y = part.matrix[::8], part.labels[::8]
            if poisoned and split == "test":
                X, y = rng.random(X.shape, dtype=np.float32), rng.permutation(y)
            parts.append(replace(part, matrix=X, labels=y))
        return tuple(parts)

    searches = []

    class Kept(GridSearchCV):
        def fit(self, X, y):
            searches.append(super().fit(X, y))
            return self

    (notebook,) = (file for file in NOTEBOOKS if file.name.startswith("10"))
    found = {}
    for source in code_of(notebook).values():
        if source.startswith("import "):
            exec(source, found)
            found |= {"shipped_features": some_features, "GridSearchCV": Kept}
        elif any(word in source for word in WHERE):
            exec(source, found)
    Cs = [search.best_params_["linearsvm__C"] for search in searches]
    return {name: found[name] for name in ("mean", "deviation", "low", "unit", "limit")}, Cs


def test_other_test_images_change_nothing_that_notebook_10_chooses():
    (clean, Cs), (poisoned, poisoned_Cs) = chosen(False), chosen(True)
    assert Cs == poisoned_Cs and len(Cs) == 12
    for name, value in clean.items():
        np.testing.assert_array_equal(poisoned[name], value, err_msg=name)

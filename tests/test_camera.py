"""The camera's Python side: pictures in, predictions out, a folder on request, nothing stored."""

import json

import ipywidgets
import numpy as np
import pytest
from sklearn.preprocessing import Normalizer
from sklearn.svm import LinearSVC

from tlcourse.datasets.drawn import DrawnImages
from tlcourse.features.embedding import full_network_embedding
from tlcourse.features.extraction import extract_features
from tlcourse.widgets import CameraClassifier, camera
from tlcourse.your_problem import open_problem

pytestmark = pytest.mark.usefixtures("own_cache", "one_thread")
NEW = [picture for picture, _ in DrawnImages("animals", camera.DRAWN, 3, seed=7, side=224)]


@pytest.fixture
def drawn():
    """Trained on drawn pictures, with the source that is quickest."""
    ipywidgets.Widget.close_all()  # those of other tests
    made = CameraClassifier()
    made.source.value = "natural"
    made.draw()
    made.train()
    return made


def test_every_source_and_both_sets_of_layers_say_what_they_say_by_hand(drawn, natural):
    items = [*zip(drawn.pictures, drawn.labels, strict=True), *((picture, 0) for picture in NEW)]
    X = extract_features(natural, items, precision="float32", cache=False, progress=False)
    ways = (["fc7"], Normalizer()), (natural.default_layers, full_network_embedding())
    for layers, (used, scale) in zip(("last layer", "all layers"), ways, strict=True):
        drawn.layers.value = layers  # trains again
        known, new = np.split(X.select(used).astype(float), [24])
        machine = LinearSVC(dual=True, random_state=0).fit(scale.fit_transform(known), drawn.names)
        said = [drawn.predict(picture)["natural"]["name"] for picture in NEW]
        assert said == machine.predict(scale.transform(new)).tolist()
    drawn.source.value = "all four"
    answers = drawn.predict(drawn.pictures[5])
    assert list(answers) == ["imagenet", "natural", "random weights", "raw pixels"]
    for answer in answers.values():
        assert answer["nearest"] == 5 and answer["name"] == drawn.names[5] == "pug"
        assert list(answer["shares"]) == ["pug", "tabby cat"]
        assert sum(answer["shares"].values()) == pytest.approx(1)


def test_the_same_pictures_under_other_names_are_another_task(drawn):
    drawn.rename(["cat", "dog", "none yet"])
    assert set(drawn.predict(NEW[0])["natural"]["shares"]) == {"cat", "dog"}
    drawn.labels = np.arange(24) // 8
    drawn.rename(["a", " b ", "a"])
    assert set(drawn.predict(NEW[0])["natural"]["shares"]) == {"a", "b"}
    drawn.rename(["a", "b"])  # without the third class and its pictures
    assert drawn.labels.tolist() == [0] * 8 + [1] * 8 and len(drawn.pictures) == 16
    with pytest.raises(ValueError, match="Two to 6 classes are taught here, not 1"):
        drawn.rename(["a"])


def test_kept_pictures_are_a_problem_and_deleted_ones_are_gone(drawn):
    drawn.rename(["../a: b?", "con"])
    assert (problem := open_problem(drawn.keep())).counts == {"1 ___a_ b_": 12, "2 con": 12}
    assert np.abs(np.asarray(problem.pictures[0], int) - drawn.pictures[0]).mean() < 8
    drawn.pictures[5] = None  # fails half way: nothing of it stays
    with pytest.raises(AttributeError):
        drawn.keep()
    assert list(drawn.folder.parent.iterdir()) == [drawn.folder]
    drawn.delete()
    assert drawn.pictures == [] and len(drawn.labels) == 0
    words = "There is no picture to keep", "Record pictures of two classes", "Nothing is trained"
    for ask, why in zip((drawn.keep, drawn.train, drawn.predict), words, strict=True):
        with pytest.raises(ValueError, match=why):
            ask()


def test_no_picture_is_in_the_state_or_in_what_is_stored(drawn, monkeypatch):
    sent = []
    monkeypatch.setattr(drawn._page, "send", lambda *message: sent.append(message))
    frames = [memoryview(NEW[0]._repr_jpeg_())]
    drawn._do("7", "predict", frames=frames)
    ((state, pictures),) = sent
    assert state["number"] == "7" and state["answers"]["natural"]["name"] and len(pictures) == 2
    drawn._do("8", "add", 9, frames=frames)
    assert "Not taken: 2 classes and 600 pictures" in sent[-1][0]["words"]
    stored = json.dumps(ipywidgets.Widget.get_manager_state()) + str(drawn._repr_mimebundle_())
    assert "last layer" in stored and "/9j/" not in stored

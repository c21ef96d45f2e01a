"""Teach it live: pictures of a few classes from a camera, features, a linear SVM, predictions.

Pictures are in the memory of the kernel and of the page. None is in a trait, in an output or in a
file, unless ``keep`` is asked for.
"""

import io
import re
import tempfile
import time
from functools import lru_cache
from pathlib import Path
from threading import RLock

import ipywidgets
import numpy as np
import torch
from PIL import Image
from scipy.special import softmax
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.pipeline import make_pipeline

from tlcourse import paths
from tlcourse.classifiers.svm import LinearSVM
from tlcourse.datasets.drawn import DrawnImages
from tlcourse.datasets.folder import as_rgb
from tlcourse.features.extraction import TorchPass
from tlcourse.features.normalization import make_normalization
from tlcourse.networks.backbones import load_backbone
from tlcourse.widgets.base import Control, Widget, control_row, css, esm
from tlcourse.widgets.choice import Choice
from tlcourse.widgets.device_toggle import DeviceToggle
from tlcourse.your_problem.investigation import PIXEL_SIDE, PIXELS, RANDOM
from tlcourse.your_problem.pictures import thumbnail

SOURCES, LAST_LAYER = ("imagenet", "natural", RANDOM, PIXELS), "last layer"
DRAWN, DRAWN_PER_CLASS = ("tabby cat", "pug"), 12
MOST_CLASSES, MOST_PICTURES, SHOWN, SIDE = 6, 600, 4, 112  # SHOWN a class on the page, in pixels
ONE_AT_A_TIME = RLock()  # JupyterLab has the page's messages read in another thread than cells
SHARPNESS = 3  # of the softmax: the scores of an SVM are about -1 and 1
STORED = """<p class="tlc-camera-stored" style="font-size:24px">Here a network is taught by a
camera: two things, some twenty pictures of each, and a linear SVM on reused features tells them
apart. No picture is stored.</p>"""


class _Page(Control):
    """The camera, the classes and the bars, in the browser."""

    _esm, _css = esm("camera"), css("camera")


class CameraClassifier(Widget, ipywidgets.VBox):
    """Classes that one names and shows to the camera; a linear SVM on reused features tells them.

    Parameters
    ----------
    classes : sequence of str
        Names at first, two to six. Classes of one name are trained as one.

    Attributes
    ----------
    pictures : list of PIL images, RGB
        Of 224 x 224 pixels where they come from the page.
    labels : ndarray of int, shape (pictures,)
        Index into ``classes``. Set it, and train: the same pictures are another task.
    classes : list of str
    folder : Path or None
        Where the pictures were kept last.
    source, layers, device : Choice
        What is trained follows them.
    words : str
        What was done last, or why it was not.

    Raises ValueError if there are fewer than two classes, or more than six.
    """

    def __init__(self, classes=("class 1", "class 2")):
        self.source = Choice("Source", [*SOURCES, "all four"], pull_down=True)
        self.layers = Choice("Layers", [LAST_LAYER, "all layers"])
        self.device, self._page, self.folder = DeviceToggle(), _Page(), None
        self.delete()
        self.rename(classes)
        choices = self.source, self.layers, self.device
        for choice in choices:
            choice.observe(lambda _: self._do("rename", self.classes), "value")
        self._page.on_msg(self._asked)
        super().__init__([control_row(choices), self._page])

    @property
    def names(self):
        """The name of each picture's class, an array of str."""
        return np.array(self.classes)[self.labels]

    def rename(self, classes):
        """Name two to six classes anew; what was trained is trained again: another task.

        Pictures of classes beyond the last are deleted. ValueError for another number of names.
        """
        if not 2 <= len(classes) <= MOST_CLASSES:
            raise ValueError(f"Two to {MOST_CLASSES} classes are taught here, not {len(classes)}.")
        self.classes, trained = [str(name).strip() or "no name" for name in classes], self._trained
        if len(rows := np.flatnonzero(self.labels < len(classes))) < len(self.labels):
            self.pictures, self.labels = [self.pictures[r] for r in rows], self.labels[rows]
            self._known = {}
        self._trained, self.words = {}, f"{len(rows)} pictures; {self._about}."
        if trained:
            self.train()

    def add(self, label, picture):
        """Take a picture (PIL, or the bytes of an image file) of the class with that number.

        ValueError if there is no such class, the bytes are no picture, or there are 600 already.
        """
        if label not in range(len(self.classes)) or len(self.pictures) >= MOST_PICTURES:
            rule = f"there are {len(self.classes)} classes, and {MOST_PICTURES} pictures at most"
            raise ValueError(f"Class {label} takes no picture: {rule}.")
        self.pictures.append(_opened(picture))
        self.labels = np.append(self.labels, label)
        for source in self._sources:
            self._matrix(source)

    def draw(self):
        """Drawn pictures of two classes, for want of a camera; ValueError if there are pictures."""
        if self.pictures:
            raise ValueError("Delete the pictures first: drawn ones would be mixed with them.")
        self.classes, self._n_drawn = list(DRAWN), 1
        for picture, label in _drawn(DRAWN_PER_CLASS, seed=0):
            self.add(label, picture)
        self.words = f"{len(self.labels)} pictures were drawn: press Train."

    def train(self):
        """Fit an SVM a source on the pictures so far; ValueError if all have one name."""
        if (n := len(set(self.names))) < 2:
            raise ValueError("Record pictures of two classes with two names, then press Train.")
        matrices = {source: self._matrix(source) for source in self._sources}
        started, trained = time.perf_counter(), {}
        for source, X in matrices.items():
            last = self.layers.value == LAST_LAYER
            how = "standardized" if source == PIXELS else "L2 per image" if last else "discretized"
            model = make_pipeline(make_normalization(how), LinearSVM(random_state=0))
            trained[source] = model.fit(X, self.names), model[:-1].transform(X)
        took, self._trained = 1000 * (time.perf_counter() - started), trained
        self.words = f"{took:.0f} ms for {len(self.labels)} pictures, {n} classes; {self._about}."
        self.tell()

    def predict(self, picture=None):
        """What each source says of a picture (PIL, or bytes), or of the next drawn one.

        Returns {source: {"name": class, "shares": {class: share}, "nearest": row of the nearest
        training picture, by cosine}}; shares are a softmax of the SVM's scores, and no
        probabilities. ValueError if nothing is trained.
        """
        if not self._trained:
            raise ValueError("Nothing is trained: record pictures of two classes, and press Train.")
        if picture is None:
            self._n_drawn += 1
            picture = _drawn(MOST_PICTURES, seed=1)[self._n_drawn % MOST_PICTURES][0]
        self._seen, answers = _opened(picture), {}
        for source, (model, rows) in self._trained.items():
            x = self._selected([self._features(source, self._seen)])
            scores = model.decision_function(x).ravel()
            shares = softmax(
                SHARPNESS * (scores if len(scores) > 1 else np.append(-scores, scores))
            )
            shares = dict(zip(model.classes_.tolist(), shares.tolist(), strict=True))
            nearest = int(cosine_similarity(model[:-1].transform(x), rows).argmax())
            name = max(shares, key=shares.get)
            answers[source] = {"name": name, "shares": shares, "nearest": nearest}
        return answers

    def keep(self):
        """Write the pictures as JPEGs, a sub-folder a class, into a folder of the cache: its Path.

        ValueError if there are none, CannotWrite if it cannot be written.
        """
        if not self.pictures:
            raise ValueError("There is no picture to keep: record some first.")
        root = paths.writable_folder(paths.cache_folder() / "camera")
        folder, known = root / time.strftime("%Y-%m-%d %H.%M.%S"), list(dict.fromkeys(self.classes))
        with paths.writing(root), tempfile.TemporaryDirectory(dir=root) as temporary:
            for row, (picture, name) in enumerate(zip(self.pictures, self.names, strict=True)):
                safe = f"{known.index(name) + 1} " + re.sub(r"[^\w -]", "_", name)[:60]
                place = Path(temporary, folder.name, safe.strip(), f"{row:04d}.jpg")
                place.parent.mkdir(parents=True, exist_ok=True)
                picture.save(place, quality=95)
            Path(temporary, folder.name).rename(folder)
        self.folder, self.words = folder, f"Kept in {folder}"
        return folder

    def delete(self):
        """Forget all pictures; what was kept stays where it is."""
        self.pictures, self.labels, self._n_drawn = [], np.zeros(0, int), 0
        self._known, self._trained, self.words = {}, {}, "All pictures are deleted."

    @property
    def _sources(self):
        return (self.source.value,) if self.source.value in SOURCES else SOURCES

    @property
    def _about(self):
        return f"{self.source.value}, {self.layers.value}, on {self.device.value}"

    def _features(self, source, picture):
        """Of one picture, an array a layer."""
        if source == PIXELS:
            return [np.asarray(thumbnail(picture, PIXEL_SIDE)).ravel() / 255]
        prepare, run = _forward_pass(source, self.device.value)
        with ONE_AT_A_TIME:
            return [means[0].numpy() for means in run(prepare(picture)[None]).values()]

    def _selected(self, features):
        """Of each picture, the features of the chosen layers: a row."""
        first = -1 if self.layers.value == LAST_LAYER else 0
        return np.stack([np.hstack(layers[first:]) for layers in features])

    def _matrix(self, source):
        """Of all pictures, of which only new ones have to pass the network."""
        with ONE_AT_A_TIME:
            known = self._known.setdefault(source, [])
            known += (self._features(source, picture) for picture in self.pictures[len(known) :])
        return self._selected(known)

    def _asked(self, _page, asked, frames):
        self._do(asked["do"], *asked["given"], *map(bytes, frames), number=asked["number"])

    def _do(self, do, *given, number=None):
        """What was asked on the page; an exception would be shown nowhere else."""
        answers, self.words = None, ""
        try:
            with ONE_AT_A_TIME:
                answers = getattr(self, do)(*given)
        except Exception as problem:
            self.words = str(problem)
        self.tell(number, answers if do == "predict" else None)

    def tell(self, number=None, answers=None):
        """Have the page show what is here: words, classes, and as JPEGs the last pictures of each.

        With answers it shows these, and as JPEGs the nearest pictures and the one that was seen.
        """
        rows = [answer["nearest"] for answer in (answers or {}).values()]
        for label in range(len(self.classes)) if not answers else ():
            rows += np.flatnonzero(self.labels == label)[-SHOWN:].tolist()
        shown = [self.pictures[row] for row in rows] + ([self._seen] if answers else [])
        state = {"number": number, "words": self.words, "classes": self.classes, "answers": answers}
        state |= {"trained": bool(self._trained), "drawn": self._n_drawn > 0}
        state |= {"labels": self.labels.tolist(), "rows": rows}
        self._page.send(state, [_jpeg(picture) for picture in shown])

    def to_html(self):
        """What a page without a kernel shows."""
        return STORED


@lru_cache(maxsize=4)
def _forward_pass(source, device):
    """How a source prepares a picture, and its pass, which gives {layer: means}."""
    backbone = load_backbone("imagenet", "random") if source == RANDOM else load_backbone(source)
    network = backbone.network.to(device, memory_format=torch.channels_last)
    return backbone.preprocess, TorchPass(backbone, network, backbone.default_layers, device)


def _drawn(per_class, seed):
    return DrawnImages("animals", DRAWN, per_class, seed, side=224)


def _opened(picture):
    """A picture (PIL, RGB), also of the bytes of an image file."""
    try:
        return as_rgb(Image.open(io.BytesIO(picture)) if isinstance(picture, bytes) else picture)
    except (OSError, SyntaxError):
        raise ValueError("This gives no picture: take a JPEG or a PNG.") from None


def _jpeg(picture):
    content = io.BytesIO()
    thumbnail(picture, SIDE).save(content, "JPEG")
    return content.getvalue()

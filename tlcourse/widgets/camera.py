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
from PIL import Image
from scipy.special import softmax
from sklearn.metrics.pairwise import cosine_similarity

from tlcourse import paths
from tlcourse.classifiers.svm import LinearSVM
from tlcourse.datasets.drawn import DrawnImages
from tlcourse.features.normalization import make_normalization
from tlcourse.networks.backbones import load_backbone
from tlcourse.widgets.base import Control, Widget, control_row, css, esm
from tlcourse.widgets.choice import Choice
from tlcourse.widgets.device_toggle import DeviceToggle
from tlcourse.your_problem.investigation import PIXELS, RANDOM, features_of
from tlcourse.your_problem.pictures import Problem, thumbnail

ALL_FOUR = ("imagenet", "natural", RANDOM, PIXELS)
SOURCES = {**{source: (source,) for source in ALL_FOUR}, "all four": ALL_FOUR}
LAYERS = {"last layer": (-1, "L2 per image"), "all layers": (0, "discretized")}  # from, and how
DRAWN, DRAWN_PER_CLASS = ("tabby cat", "pug"), 12
MOST_CLASSES, MOST_PICTURES, SHOWN, SIDE, SEEN = 6, 600, 4, 112, 224  # SHOWN a class, of SIDE
ONE_AT_A_TIME = RLock()  # JupyterLab has the page's messages read in another thread than cells
STORED = """<p class="tlc-camera-stored" style="font-size:24px">Here a network is taught by a
camera: two things, some twenty pictures of each, and a linear SVM on reused features tells them
apart. No picture is stored.</p>"""
_load = lru_cache(maxsize=4)(load_backbone)


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
        self.source, self.folder = Choice("Source", SOURCES, pull_down=True), None
        self.layers, self.device, self._page = Choice("Layers", LAYERS), DeviceToggle(), _Page()
        self.delete()
        self.rename(classes)
        for choice in (choices := (self.source, self.layers, self.device)):
            choice.observe(lambda _: self._do(None, "rename", self.classes), "value")
        self._page.on_msg(lambda _, sent, frames: self._do(*sent["asked"], frames=frames))
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
        self.classes = [str(name).strip() or "no name" for name in classes]
        if not (kept := self.labels < len(classes)).all():
            self.pictures = [self.pictures[row] for row in np.flatnonzero(kept)]
            self.labels, self._known = self.labels[kept], {}
        self.words, trained, self._trained = f"{len(self.labels)} pictures.", self._trained, {}
        if trained:
            self.train()

    def add(self, label, picture):
        """Take a picture (PIL) of the class with that number.

        ValueError if there is no such class, or there are 600 pictures already.
        """
        if (n := len(self.classes)) <= label or len(self.pictures) >= MOST_PICTURES:
            raise ValueError(f"Not taken: {n} classes and {MOST_PICTURES} pictures are the most.")
        self.pictures.append(picture.convert("RGB"))
        self.labels = np.append(self.labels, label)
        for source in SOURCES[self.source.value]:
            self._matrix(source)

    def draw(self):
        """Drawn pictures of two classes, for want of a camera; ValueError if there are pictures."""
        if self.pictures:
            raise ValueError("Delete the pictures first: drawn ones would be mixed with them.")
        self.classes, self._n_drawn = list(DRAWN), 1
        for picture, label in DrawnImages("animals", DRAWN, DRAWN_PER_CLASS, 0, SEEN):
            self.add(label, picture)
        self.words = f"{len(self.labels)} pictures were drawn: press Train."

    def train(self):
        """Fit an SVM a source on the pictures so far; ValueError if all have one name."""
        if (n := len(set(self.names))) < 2:
            raise ValueError("Record pictures of two classes with two names, then press Train.")
        matrices = {source: self._matrix(source) for source in SOURCES[self.source.value]}
        started, trained = time.perf_counter(), {}
        for source, X in matrices.items():
            how = "standardized" if source == PIXELS else LAYERS[self.layers.value][1]
            rows = (scale := make_normalization(how)).fit_transform(X)
            trained[source] = scale, LinearSVM(random_state=0).fit(rows, self.names), rows
        took, self._trained = 1000 * (time.perf_counter() - started), trained
        self.words = (
            f"{took:.0f} ms for {len(self.labels)} pictures, {n} classes, on {self.device.value}."
        )
        self.tell()

    def predict(self, picture=None):
        """What each source says of a picture (PIL), or of the next drawn one.

        Returns {source: {"name": class, "shares": {class: share}, "nearest": row of the nearest
        training picture, by cosine}}; shares are a softmax of the SVM's scores, and no
        probabilities. ValueError if nothing is trained.
        """
        if not self._trained:
            raise ValueError("Nothing is trained: record pictures of two classes, and press Train.")
        if picture is None:
            self._n_drawn += 1
            picture = DrawnImages("animals", DRAWN, 1, self._n_drawn, SEEN)[self._n_drawn % 2][0]
        self._seen, answers = picture.convert("RGB"), {}
        for source, (scale, machine, rows) in self._trained.items():
            x = scale.transform(self._matrix(source, [self._seen]))
            both = [-1, 1] if len(machine.classes_) == 2 else 1  # there is one score for two
            scores = 3 * machine.decision_function(x).ravel() * both  # they are about -1 and 1
            shares = dict(zip(machine.classes_.tolist(), softmax(scores).tolist(), strict=True))
            name, nearest = max(shares, key=shares.get), int(cosine_similarity(x, rows).argmax())
            answers[source] = {"name": name, "shares": shares, "nearest": nearest}
        return answers

    def keep(self):
        """Write the pictures as JPEGs, a sub-folder a class, into a folder of the cache: its Path.

        ValueError if there are none, CannotWrite if it cannot be written.
        """
        if not self.pictures:
            raise ValueError("There is no picture to keep: record some first.")
        root = paths.writable_folder(paths.cache_folder() / "camera")
        folder = root / time.strftime("%Y-%m-%d %H.%M.%S")
        with paths.writing(root), tempfile.TemporaryDirectory(dir=root) as temporary:
            for row, (picture, name) in enumerate(zip(self.pictures, self.names, strict=True)):
                safe = f"{self.classes.index(name) + 1} " + re.sub(r"[^\w -]", "_", name)[:60]
                place = Path(temporary, folder.name, safe.strip(), f"{row:04d}.jpg")
                place.parent.mkdir(parents=True, exist_ok=True)
                picture.save(place, quality=95)
            Path(temporary, folder.name).rename(folder)  # whole, or not there
        self.folder, self.words = folder, f"Kept in {folder}"
        return folder

    def delete(self):
        """Forget all pictures; what was kept stays where it is."""
        self.pictures, self.labels, self._n_drawn = [], np.zeros(0, int), 0
        self._known, self._trained, self.words = {}, {}, "All pictures are deleted."

    def _matrix(self, source, pictures=None):
        """Features of the chosen layers, of all pictures (only new ones pass) or of others."""
        known = self._known.setdefault(source, []) if pictures is None else []
        how = {"device": self.device.value, "cache": False, "progress": False}
        with ONE_AT_A_TIME:
            for picture in (pictures or self.pictures)[len(known) :]:
                item = Problem("", [picture], [0], [""], [], None)
                known.append(features_of(source, item, _load, **how))
        layers = list(known[0].layer_sizes)[LAYERS[self.layers.value][0] :]
        return np.vstack([features.select(layers) for features in known])

    def _do(self, number, do, *given, frames=()):
        """What was asked on the page; an exception would be shown nowhere else."""
        answers, self.words = None, ""
        try:
            with ONE_AT_A_TIME:
                answers = getattr(self, do)(*given, *map(Image.open, map(io.BytesIO, frames)))
        except Exception as problem:
            self.words = str(problem)
        self.tell(number, answers if do == "predict" else None)

    def tell(self, number=None, answers=None):
        """Have the page show what is here: words, classes, and as JPEGs the last pictures of each.

        With answers it shows these, and as JPEGs the nearest pictures and the one that was seen.
        """
        rows = [n for n, own in enumerate(self.labels) if (self.labels[n:] == own).sum() <= SHOWN]
        rows = [answer["nearest"] for answer in answers.values()] if answers else rows
        shown = [self.pictures[row] for row in rows] + ([self._seen] if answers else [])
        state = {"number": number, "words": self.words, "answers": answers, "rows": rows}
        state |= {"classes": self.classes, "labels": self.labels.tolist()}
        state |= {"trained": len(self._trained), "drawn": self._n_drawn}
        self._page.send(state, [thumbnail(picture, SIDE)._repr_jpeg_() for picture in shown])

    def to_html(self):
        """What a page without a kernel shows."""
        return STORED

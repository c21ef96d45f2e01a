"""The settings of transfer learning by what stays the same: the domain, the task, both, neither.

Names and definitions are those of Pan and Yang, "A Survey on Transfer Learning", IEEE TKDE 22
(2010); the examples are drawn.
"""

from dataclasses import dataclass

from tlcourse.datasets.drawn import Domain, DrawnImages, Factors


@dataclass(frozen=True)
class Side:
    """Source or target: pictures of a domain, and the labels that the task gives to each class."""

    what: str
    domain: Domain
    classes: tuple
    task: str
    labels: tuple

    @property
    def label_space(self):
        """Y, in braces."""
        return "{" + ", ".join(dict.fromkeys(self.labels)) + "}"

    def examples(self, side=96):
        """One picture (PIL) and its label for each of the classes, as a list of pairs."""
        images = DrawnImages(self.domain, list(self.classes), 1, side=side)
        return [(picture, self.labels[index]) for picture, index in images]


@dataclass(frozen=True)
class TransferSetting:
    """One cell of the table of same and different domains and tasks."""

    same_domain: bool
    same_task: bool
    name: str
    meaning: str
    needs: str
    course: str
    source: Side
    target: Side

    @property
    def place(self):
        """Row and column in words, such as ``"same domain, different task"``."""
        return place(self.same_domain, self.same_task)


def place(same_domain, same_task):
    """``"same domain, different task"`` and the like."""
    words = {True: "same", False: "different"}
    return f"{words[same_domain]} domain, {words[same_task]} task"


_CLEAR = {"blur": (0.0, 0.3), "noise": (0.0, 0.02), "occlusion": (0.0, 0.15)}

_DAY = Domain("birds", Factors(exposure=(1.0, 1.3), **_CLEAR))

_NIGHT = Domain("birds", Factors(exposure=(0.35, 0.55), **_CLEAR))

_ANIMALS = Domain("animals", Factors(exposure=(0.9, 1.2), **_CLEAR))

_WOOD = Domain("wood", Factors(exposure=(0.9, 1.2), **_CLEAR))

_BIRDS = ("gull", "puffin", "robin", "toucan", "gull", "puffin")

_BREEDS = ("tabby cat", "labrador", "grey wolf", "maned lion", "pug", "siamese cat")

_KNOTS = ("sound knot", "decayed knot", "leaf knot", "sound knot", "decayed knot", "leaf knot")

_KINDS = ("feline", "canine", "canine", "feline", "canine", "feline")

_CATS_AND_DOGS = ("tabby cat", "labrador", "ginger cat", "beagle", "persian cat", "pug")

_BIRDS_BY_DAY = Side("birds by day", _DAY, _BIRDS, "which bird is it?", _BIRDS)

_ALL = (
    TransferSetting(
        True,
        True,
        "Ordinary machine learning",
        "Nothing has to be transferred: f_S is f_T. Training and test pictures are two samples "
        "of one domain.",
        "Labels in the source. The target is the test set.",
        "Notebook 03, the data set that is split at random.",
        _BIRDS_BY_DAY,
        Side("other birds by day", _DAY, _BIRDS[::-1], "which bird is it?", _BIRDS[::-1]),
    ),
    TransferSetting(
        True,
        False,
        "Inductive transfer learning",
        "The tasks differ (Definition 2 of the survey). Here the pictures stay, the question "
        "changes.",
        "Some labels in the target. With labels in the source as well it is close to multi-task "
        "learning; with none there it is self-taught learning.",
        "Notebook 05, another task in the same domain.",
        Side("animals", _ANIMALS, _BREEDS, "which kind is it?", _KINDS),
        Side("the same animals", _ANIMALS, _BREEDS, "which breed is it?", _BREEDS),
    ),
    TransferSetting(
        False,
        True,
        "Transductive transfer learning",
        "The domains differ, the task is the same (Definition 3). With the same X and another "
        "P(X) it is called domain adaptation, or covariate shift.",
        "Labels in the source, none in the target; but pictures of the target are there while f "
        "is learned.",
        "Notebook 03, the realistic scenario; and here, from cats and dogs to lions and wolves "
        "under {feline, canine}.",
        _BIRDS_BY_DAY,
        Side("birds by night", _NIGHT, _BIRDS[::-1], "which bird is it?", _BIRDS[::-1]),
    ),
    TransferSetting(
        False,
        False,
        "Inductive or unsupervised transfer learning",
        "Both differ. Definition 2 asks only that the tasks differ: with labels in the target "
        "this is inductive too. With labels on neither side it is unsupervised (Definition 4).",
        "Inductive: some labels in the target. Unsupervised: no labels at all; the target task "
        "is then clustering or the like.",
        "Nearly every notebook: 06 goes from photographs of animals to handwritten digits.",
        Side(
            "cats and dogs",
            _ANIMALS,
            _CATS_AND_DOGS,
            "which species is it?",
            ("cat", "dog", "cat", "dog", "cat", "dog"),
        ),
        Side("pieces of wood", _WOOD, _KNOTS, "which knot is it?", _KNOTS),
    ),
)

SETTINGS = {setting.place: setting for setting in _ALL}

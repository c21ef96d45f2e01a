"""Animals: heads of cats, dogs, lions and wolves, one drawing for all of them.

What tells them apart is where the parameters lie: a feline has a short muzzle, round cheeks, large
eyes with slit pupils; a canine has a long muzzle, a large nose and small eyes. Breeds differ in
ears, coat, markings, mane and ruff.
"""

from tlcourse.datasets.drawn.heads import draw
from tlcourse.datasets.drawn.regions import read_classes

__all__ = ["CLASSES", "FILLS", "LABEL_SPACES", "draw"]
FILLS = False

CLASSES = read_classes(__file__)
SPECIES = {
    "cat": [name for name in CLASSES if name.endswith(" cat")],
    "lion": [name for name in CLASSES if "lion" in name],
    "wolf": [name for name in CLASSES if name.endswith(" wolf")],
}


def _species(name):
    return next((species for species, names in SPECIES.items() if name in names), "dog")


LABEL_SPACES = {
    "species": {name: _species(name) for name in CLASSES},
    "kind": {name: "feline" if _species(name) in ("cat", "lion") else "canine" for name in CLASSES},
}

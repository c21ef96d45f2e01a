"""Drawn animals with several labels each: one domain, several tasks.

The species, the breed and the kind of background are three tasks on the very same pictures; other
factors make another domain of the very same animals.
"""

from dataclasses import replace

import numpy as np
from PIL import Image
from torch.utils.data import Dataset

from tlcourse.datasets.drawn import Domain, DrawnImages, Factors
from tlcourse.datasets.drawn.animals import LABEL_SPACES

TASKS = ("species", "breed", "background")
SOURCE_TASK = TASKS[0]
SCENERIES = ("leaves", "stripes", "gradient", "horizon")


class AnimalPictures(Dataset):
    """Drawn animals, kept in memory, with one label for each of ``TASKS``.

    Every breed is drawn before each of ``SCENERIES``, equally often; picture i shows the same
    animal in every domain (``factors``). ``images`` are PIL; ``labels`` is {task: labels (n,)}, and
    ``label_names`` {task: their names}; ``targets`` and ``classes`` are the breeds. Raises
    ValueError if ``per_breed`` is not a multiple of four.
    """

    def __init__(self, factors=None, per_breed=24, seed=0):
        each, rest = divmod(per_breed, len(SCENERIES))
        if rest or each < 1:
            raise ValueError(f"per_breed is {per_breed!r}: give a multiple of {len(SCENERIES)}.")
        domains = [
            Domain("animals", replace(factors or Factors(), background=kind)) for kind in SCENERIES
        ]
        parts = [
            DrawnImages(domain, n_per_class=each, seed=len(SCENERIES) * seed + number)
            for number, domain in enumerate(domains)
        ]
        self.images = [image for part in parts for image, _ in part]
        self.targets = [label for part in parts for label in part.targets]
        self.classes = parts[0].classes
        species = [LABEL_SPACES["species"][breed] for breed in self.classes]
        names = list(dict.fromkeys(species))
        breeds = np.array(self.targets)
        self.labels = {
            "species": np.array([names.index(name) for name in species])[breeds],
            "breed": breeds,
            "background": np.repeat(range(len(parts)), len(parts[0])),
        }
        spaces = (names, self.classes, list(SCENERIES))
        self.label_names = dict(zip(TASKS, spaces, strict=True))

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        """The picture (PIL, RGB) and its breed."""
        return self.images[index], self.targets[index]


def raw_pixels(images, side=32):
    """PIL images averaged to side x side, a row each: float32 (images, 3 * side ** 2), 0 to 1."""
    small = [image.convert("RGB").resize((side, side), Image.Resampling.BOX) for image in images]
    return np.stack([np.asarray(image, dtype=np.float32).ravel() / 255 for image in small])

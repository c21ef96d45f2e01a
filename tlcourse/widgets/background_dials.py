"""The dials of notebook 03: how far background and label go together, in training and test."""

from html import escape

import numpy as np
from PIL import Image

from tlcourse.plots.pictures import picture_html
from tlcourse.widgets.base import Explorer, framed, large
from tlcourse.widgets.choice import Choice
from tlcourse.widgets.dial import Dial

SHOWN = 8
TILE = "display:block;width:104px;height:104px"


class BackgroundDials(Explorer):
    """How many test animals are right, and which of a few, for two correlations.

    Parameters
    ----------
    pair : CounterfactualPair
        The n test animals.
    right : dict of (str, float) to ndarray of bool, shape (2, n)
        For what the classifier sees, and the correlation in training: whether it is right before
        each animal's own colour and before the other.
    """

    def __init__(self, pair, right):
        self._pair, self._right = pair, right
        seen, trained = (list(dict.fromkeys(map(str, each))) for each in zip(*right, strict=True))
        self.seen = Choice("The classifier sees", seen)
        self.in_training = Choice("Correlation in training", trained, trained[-1])
        ends = ("cats on magenta", "cats on green")
        self.in_test = Dial("Correlation in test", 1.0, -1, 1, 0.1, ends)
        super().__init__([self.seen, self.in_training], self.in_test)

    def _answer(self):
        chosen = self.seen.value, self.in_training.value
        key = next(k for k in self._right if (k[0], str(k[1])) == chosen)
        right, share = self._right[key], (1 + self.in_test.value) / 2
        accuracy = 100 * (np.array([share, 1 - share]) @ right.mean(axis=1))
        head = large(f"{accuracy:.0f}%", "of the test pictures are right; guessing is 50%")
        turns = np.arange(SHOWN) // 2 % (SHOWN // 2)  # a cat and a dog change sides at a time
        version = (turns >= round(share * SHOWN / 2)).astype(int)
        tiles = "".join(
            f'<figure style="margin:0;text-align:center">{self._tile(one, each)}<figcaption>'
            f"{'✓ right' if right[one, each] else '✗ wrong'}</figcaption></figure>"
            for each, one in enumerate(version.tolist())
        )
        return framed(f'{head}<div style="display:flex;flex-wrap:wrap;gap:8px">{tiles}</div>')

    def _tile(self, version, animal):
        pictures = (self._pair.own, self._pair.other)[version]
        words = escape(f"animal {animal + 1}, {('its own colour', 'the other colour')[version]}")
        return picture_html(Image.fromarray(pictures[animal]), words, TILE)

"""The green background on two dials: how far it goes with the label, in training and in test."""

from html import escape

import numpy as np
from PIL import Image

from tlcourse.domains.spurious_correlation import background_reliance, training_draw
from tlcourse.networks.occlusion import memoize, occlusion_maps, spotlight
from tlcourse.plots.pictures import picture_html
from tlcourse.widgets.base import Explorer, framed, large
from tlcourse.widgets.choice import Choice
from tlcourse.widgets.dial import Dial

SHOWN = 6
TILE = "display:block;width:88px;height:88px"
ENDS = ("cats on magenta", "cats on green")


class BackgroundDials(Explorer):
    """Two dials and a representation; the accuracy, pictures and where the decision comes from.

    Parameters
    ----------
    train, test : CounterfactualPair
    representations : mapping of str to callable
        From ``represent_by``; those that ``train`` and ``test`` were represented by.
    correlations : pair of float
        Of background and label, in training and in test, at first.
    draws : int
        Draws of the training pictures.

    Attributes
    ----------
    representation : Choice
    in_training, in_test : Dial
    accuracy : ndarray of shape (draws,) or None
        For the present settings; None where they failed.
    """

    def __init__(self, train, test, representations, correlations=(1.0, 1.0), draws=3):
        self._train, self._test, self._draws = train, test, draws
        self._represent = {name: memoize(each) for name, each in representations.items()}
        self._reliance, self._spotlights = {}, {}
        self.representation = Choice("The classifier sees", list(representations))
        label = "Background and label in {}: correlation"
        self.in_training = Dial(label.format("training"), correlations[0], -1, 1, 0.1, ENDS)
        self.in_test = Dial(label.format("test"), correlations[1], -1, 1, 0.1, ENDS)
        super().__init__(self.representation, [self.in_training, self.in_test])

    def _answer(self):
        name, trained = self.representation.value, round(self.in_training.value, 2)
        tested = round(self.in_test.value, 2)
        reliance = self._measured(name, trained)
        self.accuracy = reliance.accuracy(tested)
        parts = (
            _accuracy_html(reliance, self.accuracy),
            self._strips(reliance.classifiers[0], name, trained, tested),
            self._spotlight(reliance.classifiers[0], name, trained),
        )
        return framed("".join(parts))

    def _failed(self):
        self.accuracy = None

    def _measured(self, name, trained):
        key = name, trained
        if key not in self._reliance:
            self._reliance[key] = background_reliance(
                self._train, self._test, trained, name, self._draws
            )
        return self._reliance[key]

    def _strips(self, classifier, name, trained, tested):
        shown = training_draw(self._train, trained, 0).rows(slice(SHOWN))
        new = self._test.rows(slice(SHOWN)).with_correlation(tested)
        right = classifier.predict(new.X[name]) == new.labels
        marks = ["✓ right" if each else "✗ wrong" for each in right]
        return _strip("Training", shown.pictures) + _strip("Test", new.pictures, marks)

    def _spotlight(self, classifier, name, trained):
        key = name, trained
        if key not in self._spotlights:
            pair = self._test.rows(slice(1))
            pictures = np.concatenate([pair.agreeing.pictures, pair.conflicting.pictures])
            evidence = occlusion_maps(classifier, self._represent[name], pictures)
            lit = map(spotlight, pictures, evidence)
            beside = [tile for two in zip(pictures, lit, strict=True) for tile in two]
            captions = [word for c in ("own", "other") for word in (f"{c} colour", "bright")]
            self._spotlights[key] = _strip("Bright where it looks", beside, captions)
        return self._spotlights[key]


def _accuracy_html(reliance, accuracy):
    low, high = 100 * accuracy.min(), 100 * accuracy.max()
    bars = "".join(
        _bar(words, float(100 * values.mean()))
        for words, values in (
            ("before their own colour", reliance.agreeing),
            ("before the other colour", reliance.conflicting),
        )
    )
    words = f"({low:.0f} to {high:.0f} over {len(accuracy)} draws; guessing is 50%)"
    head = large(f"{100 * accuracy.mean():.0f}%", f"of the test pictures are right {words}")
    return head + bars


def _bar(words, percent):
    return (
        '<div style="display:grid;grid-template-columns:18em minmax(6em,22em) 3em;gap:8px;'
        f'align-items:center"><span>Animals {escape(words)}</span>'
        '<span style="background:var(--jp-layout-color3,#ddd);height:18px;position:relative">'
        f'<span style="display:block;height:100%;background:#0072B2;width:{percent:.0f}%"></span>'
        '<span style="position:absolute;top:-2px;bottom:-2px;width:3px;left:50%;'
        'background:var(--jp-content-font-color1,#111)"></span></span>'
        f'<span style="text-align:right">{percent:.0f}%</span></div>'
    )


def _strip(title, pictures, captions=None):
    tiles = "".join(
        '<figure style="margin:0;text-align:center;font-size:16px">'
        f"{picture_html(Image.fromarray(picture), '', TILE)}"
        f"<figcaption>{caption}</figcaption></figure>"
        for picture, caption in zip(pictures, captions or [""] * len(pictures), strict=True)
    )
    return (
        '<div style="display:grid;grid-template-columns:9em 1fr;align-items:center;margin-top:8px">'
        f'<span style="font-weight:600">{escape(title)}</span>'
        f'<div style="display:flex;flex-wrap:wrap;gap:6px">{tiles}</div></div>'
    )

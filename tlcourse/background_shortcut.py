"""What a network latched on to: trained where the background gives the label away.

Cats before green and dogs before magenta teach two things at once. Afterwards the same animals are
shown before the other colour, and only what was learned of the animals is of use.
"""

from dataclasses import dataclass

import numpy as np
import torch

from tlcourse.distribution_shift import STUDIO, draw_pair
from tlcourse.learning_from_scratch import train_from
from tlcourse.occlusion import evidence_of_parts, occlusion_maps, spotlight


@dataclass(frozen=True)
class LatchedOn:
    """One network after training with a background that goes with the label.

    Attributes
    ----------
    agreeing, conflicting : float
        Accuracy on test animals before the colour of their class, and before the other one.
    evidence : ndarray of float, shape (2,)
        Margin lost without the background, and without the animal.
    classifier : MarginOf
    """

    agreeing: float
    conflicting: float
    evidence: np.ndarray
    classifier: object

    @property
    def background_share(self):
        """Share of the lost margins that the background holds, from 0 to 1."""
        background, animal = np.clip(self.evidence, 0, None)
        return float(background / (background + animal)) if background + animal else 0.0


class MarginOf:
    """A trained run of two classes as ``tlcourse.occlusion`` takes one.

    Parameters
    ----------
    run : Run
    """

    def __init__(self, run):
        self.network = run.network

    @torch.no_grad()
    def decision_function(self, inputs):
        """Score of class 1 less that of class 0: ndarray of shape (n,)."""
        scores = torch.cat([self.network(batch) for batch in inputs.split(100)])
        return (scores[:, 1] - scores[:, 0]).numpy()


def as_inputs(pictures):
    """Pictures, uint8 (n, side, side, 3), as the course's networks take them."""
    from tlcourse.pretraining import as_input

    pixels = torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2)
    return as_input(pixels).contiguous(memory_format=torch.channels_last)


def draw_shortcut(n_train=40, n_test=80, seed=0):
    """Training animals before their own colour, and test animals before both.

    Returns
    -------
    train : Sample
    test : CounterfactualPair

    Raises
    ------
    ValueError
        If a number of pictures is not even.
    """
    train = draw_pair(n_train, {}, STUDIO, seed=2 * seed).agreeing
    return train, draw_pair(n_test, {}, STUDIO, seed=2 * seed + 1)


def latch_on(start, source, train, test, seed=0, n_explained=8, **settings):
    """Train where background and label agree; ask what the decision rests on.

    Parameters
    ----------
    start, source
        As for ``tlcourse.learning_from_scratch.train_from``.
    train : Sample
    test : CounterfactualPair
    seed : int
    n_explained : int
        Test pictures whose background, and whose animal, is painted grey.
    **settings
        Of the training.

    Returns
    -------
    LatchedOn
    """
    sets = [(as_inputs(each.pictures), each.labels) for each in (train, test.agreeing)]
    _, run = train_from(start, source, *sets, seed=seed, progress=False, **settings)
    right = [
        run.accuracy((as_inputs(part.pictures), part.labels))
        for part in (test.agreeing, test.conflicting)
    ]
    few, classifier = test.rows(slice(n_explained)), MarginOf(run)
    evidence = evidence_of_parts(
        classifier, as_inputs, few.agreeing.pictures, few.background_masks()
    )
    return LatchedOn(*right, evidence.mean(0), classifier)


def lit_where_it_looks(latched, pictures):
    """Pictures that are bright where a grey square costs the network most: occlusion maps."""
    evidence = occlusion_maps(latched.classifier, as_inputs, pictures)
    return list(map(spotlight, pictures, evidence))

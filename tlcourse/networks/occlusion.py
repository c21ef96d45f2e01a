"""Where a classifier looks: what it loses when a part of the picture is painted grey.

The perturbations are Captum's; the pictures go through the same representation and the same
classifier as everywhere else.
"""

from functools import lru_cache

import numpy as np
import torch

GREY = 128

LARGEST_BATCH = 512


def occlusion_maps(classifier, represent, pictures, window=16, stride=8):
    """How much evidence for the classifier's own decision each place of each picture holds.

    Captum's ``Occlusion``: a grey square is moved over the picture, and the margin that is lost
    under it is averaged over all squares that cover a pixel.

    Parameters
    ----------
    classifier : estimator with ``decision_function``
        Of two classes.
    represent : callable
        Pictures -> matrix (n, d) that the classifier takes.
    pictures : ndarray of uint8, shape (n, side, side, 3)
    window, stride : int
        Side of the square and step, in pixels.

    Returns
    -------
    ndarray of float, shape (n, side, side)
        In units of the margin. Positive: covering this place weakens the decision. Negative:
        covering it strengthens the decision.

    Raises
    ------
    ValueError
        If the square is larger than the picture, or the step leaves pixels uncovered.

    Notes
    -----
    Trap: what is everywhere, such as a colour, is still seen beside any small square, and the map
    misses it. ``evidence_of_parts`` does not.

    References
    ----------
    Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014. Kokhlikyan
    et al., "Captum: A unified and generic model interpretability library for PyTorch", arXiv
    2009.07896 (2020).
    """
    from captum.attr import Occlusion

    side = min(pictures.shape[1:3])
    if not 1 <= stride <= window <= side:
        raise ValueError(
            f"window is {window}, stride {stride}, on pictures of {side} pixels: give a stride of "
            "at most the window and a window of at most the picture."
        )
    shape, steps = (3, window, window), (3, stride, stride)
    return _evidence_lost(
        Occlusion, classifier, represent, pictures, sliding_window_shapes=shape, strides=steps
    )


def evidence_of_parts(classifier, represent, pictures, masks):
    """How much evidence for its own decision a classifier loses with a whole part of a picture.

    Captum's ``FeatureAblation`` of two parts, each painted grey as a whole.

    Parameters
    ----------
    classifier, represent, pictures
        As for ``occlusion_maps``.
    masks : ndarray of bool, shape (n, side, side)
        One part; the other is the rest.

    Returns
    -------
    ndarray of float, shape (n, 2)
        Margin lost without the part, and without the rest.
    """
    from captum.attr import FeatureAblation

    lost = _evidence_lost(
        FeatureAblation,
        classifier,
        represent,
        pictures,
        feature_mask=torch.from_numpy(masks.astype(np.int64))[:, None],
    )
    return np.array(
        [
            [float(values[part].mean()) if part.any() else 0.0 for part in (mask, ~mask)]
            for values, mask in zip(lost, masks, strict=True)
        ]
    )


def evidence_of_background(classifiers, represent, pair, n=10):
    """``evidence_of_parts`` on animals before their own colour, averaged over n of them.

    Parameters
    ----------
    classifiers : list of estimators with ``decision_function``
    represent : callable
    pair : CounterfactualPair
        Its two pictures of an animal tell where there is background.
    n : int

    Returns
    -------
    dict of str to list of float
        Margin lost ``"without the background"`` and ``"without the animal"``, a value a classifier.
    """
    few = pair.rows(slice(n))
    means = [
        evidence_of_parts(each, represent, few.agreeing.pictures, few.background_masks()).mean(0)
        for each in classifiers
    ]
    words = "without the background", "without the animal"
    return dict(zip(words, np.transpose(means).tolist(), strict=True))


def remembered(represent, maxsize=64):
    """The same representation, which keeps its latest answers.

    Covered versions of pictures do not depend on the classifier: with this several classifiers
    share them.
    """

    @lru_cache(maxsize)
    def of_bytes(data, shape):
        return represent(np.frombuffer(data, np.uint8).reshape(shape).copy(), cache=False)

    return lambda pictures: of_bytes(pictures.tobytes(), pictures.shape)


def spotlight(picture, evidence, dark=0.15):
    """The picture, bright where the evidence is and dark elsewhere.

    Parameters
    ----------
    picture : ndarray of uint8, shape (side, side, 3)
    evidence : ndarray of float, shape (side, side)
        From ``occlusion_maps``; what is negative counts as nothing.
    dark : float, 0 to 1
        Brightness where there is no evidence.

    Returns
    -------
    ndarray of uint8, shape (side, side, 3)
    """
    light = np.clip(evidence, 0, None)
    light = light / light.max() if light.max() > 0 else light
    return (picture * (dark + (1 - dark) * light)[:, :, None]).astype(np.uint8)


def _evidence_lost(method, classifier, represent, pictures, **options):
    """Margin lost under the perturbations of one of Captum's methods, shape (n, side, side)."""

    def margin(batch):
        as_pictures = batch.permute(0, 2, 3, 1).numpy().astype(np.uint8)
        return torch.from_numpy(classifier.decision_function(represent(as_pictures)))

    images = torch.tensor(pictures).permute(0, 3, 1, 2).float()
    at_once = max(1, LARGEST_BATCH // len(pictures))
    lost = method(margin).attribute(
        images, baselines=GREY, perturbations_per_eval=at_once, **options
    )
    sign = torch.sign(margin(images)).view(-1, 1, 1)
    return (sign * lost[:, 0]).numpy()

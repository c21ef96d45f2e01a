"""Where a classifier looks: what it loses when a part of the picture is painted grey."""

from functools import lru_cache

import numpy as np
import torch

GREY = 128
LARGEST_BATCH = 512


def occlusion_maps(classifier, represent, pictures, window=16, stride=8):
    """Evidence, in units of the margin, for the classifier's own decision: (n, side, side).

    Captum's ``Occlusion`` (Zeiler and Fergus, ECCV 2014; arXiv 2009.07896): what is lost under a
    grey square, averaged over the squares that cover a pixel of the pictures, uint8 (n, side, side,
    3). Positive: covering this place weakens the decision. Raises ValueError where squares do not
    cover the picture. Trap: a colour that is everywhere is missed; take ``evidence_of_parts``.
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
    """Margin lost (n, 2): the part in the masks, bool (n, side, side), grey, or the rest."""
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
    """``evidence_of_parts`` on n animals before their own colour, of a ``CounterfactualPair``.

    Returns the mean margin lost ``"without the background"`` and ``"without the animal"``, each a
    list of a value a classifier.
    """
    few = pair.rows(slice(n))
    means = [
        evidence_of_parts(each, represent, few.agreeing.pictures, few.background_masks()).mean(0)
        for each in classifiers
    ]
    words = "without the background", "without the animal"
    return dict(zip(words, np.transpose(means).tolist(), strict=True))


def memoize(represent, maxsize=64):
    """The same representation, which keeps its latest answers: several classifiers share them."""

    @lru_cache(maxsize)
    def of_bytes(data, shape):
        return represent(np.frombuffer(data, np.uint8).reshape(shape).copy(), cache=False)

    return lambda pictures: of_bytes(pictures.tobytes(), pictures.shape)


def spotlight(picture, evidence, dark=0.15):
    """The picture, uint8 (side, side, 3), bright where the evidence is and dark elsewhere."""
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

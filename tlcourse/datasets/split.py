"""Training and test images of one data set, so many of each class."""

import numpy as np


def stratified_split(targets, train_per_class, seed):
    """Draw as many training images from each class, as in few-shot protocols; the others test.

    Returns train and test, sorted indices into ``targets``. Raises ValueError if a class would have
    no training or no test image.
    """
    if train_per_class < 1:
        raise ValueError(f"train_per_class is {train_per_class}: ask for 1 image a class or more.")
    targets = np.asarray(targets)
    labels, counts = np.unique(targets, return_counts=True)
    for label, count in zip(labels, counts, strict=True):
        if count <= train_per_class:
            raise ValueError(
                f"Class {label} has {count} images: {train_per_class} to train on leave none to "
                "test, lower train_per_class or add images."
            )
    order = np.random.default_rng(seed).permutation(len(targets))
    train = [order[targets[order] == label][:train_per_class] for label in labels]
    train = np.sort(np.concatenate(train))
    return train, np.setdiff1d(np.arange(len(targets)), train)

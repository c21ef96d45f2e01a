"""Training and test images of one data set, so many of each class."""

import numpy as np


def stratified_split(targets, train_per_class, seed):
    """Draw the same number of training images from each class; the others are for testing.

    scikit-learn's splitters keep the proportions of the classes; here, as in few-shot protocols,
    each class gives ``train_per_class`` images however many it has.

    Parameters
    ----------
    targets : sequence of int, length n
        The label of each image.
    train_per_class : int
    seed : int
        The same seed gives the same split.

    Returns
    -------
    train, test : ndarray of int
        Indices into ``targets``, sorted, disjoint, n together.

    Raises
    ------
    ValueError
        If a class would have no training or no test image.
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

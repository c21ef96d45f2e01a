"""The full-network embedding: features of all layers -> -1, 0, 1, as a pipeline of scikit-learn.

A ``Standardizer``, then a ``Discretizer``, both of the training images: (images, features) in and
out, int8. A feature that is constant over the training images is 0 in every image. Garcia-Gasulla
et al., "An Out-of-the-box Full-network Embedding for Convolutional Neural Networks", arXiv
1705.07706.
"""

from sklearn.pipeline import make_pipeline

from tlcourse.features.normalization import HIGH, LOW, Discretizer, Standardizer


def full_network_embedding(low=LOW, high=HIGH):
    """The embedding with these thresholds, not yet fitted."""
    return make_pipeline(Standardizer(), Discretizer(low, high))

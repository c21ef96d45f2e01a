"""The full-network embedding, as one transformer of scikit-learn over features."""

from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from tlcourse.features.normalization import HIGH, LOW, Discretizer, Standardizer, finite_matrix


class FullNetworkEmbedding(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Features of the whole network -> -1, 0, 1, in the context of the training images.

    A ``Standardizer`` and then a ``Discretizer`` with these thresholds and magnitude, as one
    transformer, with ``standardizer_`` and ``discretizer_``. A feature that is constant over the
    training images (``constant_features_``) is 0 in every image. ``fit`` raises ValueError if there
    is one image only, a value is NaN or infinite, or the thresholds are crossed. Garcia-Gasulla et
    al., "An Out-of-the-box Full-network Embedding for Convolutional Neural Networks", arXiv
    1705.07706.
    """

    def __init__(self, low=LOW, high=HIGH, magnitude="one"):
        self.low = low
        self.high = high
        self.magnitude = magnitude

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        discretizer = Discretizer(magnitude=self.magnitude)
        tags.transformer_tags = discretizer.__sklearn_tags__().transformer_tags
        return tags

    def fit(self, X, y=None):
        """Learn means and standard deviations from the training images' features."""
        self.fit_transform(X)
        return self

    def fit_transform(self, X, y=None):
        """Fit, and embed the training images: shape (images, features) in and out."""
        X = finite_matrix(self, X, reset=True, ensure_min_samples=2)
        self.standardizer_ = Standardizer()
        self.discretizer_ = Discretizer(self.low, self.high, self.magnitude)
        embedded = self.discretizer_.fit_transform(self.standardizer_.fit_transform(X))
        self.constant_features_ = self.standardizer_.constant_features_
        return embedded

    def transform(self, X):
        """Shape (images, features) in and out."""
        check_is_fitted(self)
        X = finite_matrix(self, X, reset=False)
        return self.discretizer_.transform(self.standardizer_.transform(X))

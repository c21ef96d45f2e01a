"""Normalization of features, as scikit-learn transformers that combine in any order.

L2 per image is scikit-learn's ``Normalizer``; what it lacks is here.
"""

from collections.abc import Mapping

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, Normalizer, StandardScaler
from sklearn.utils.validation import check_is_fitted, validate_data

LOW, HIGH = -0.25, 0.15


def finite_matrix(estimator, X, reset, **options):
    """``X`` as floats of 32 or 64 bits, checked against what ``estimator`` was fitted on."""
    floats = (np.float64, np.float32)
    X = validate_data(estimator, X, dtype=floats, reset=reset, ensure_all_finite=False, **options)
    wrong = np.argwhere(~np.isfinite(X)) if not np.isfinite(X.sum(dtype=np.float64)) else []
    if len(wrong):
        row, column = wrong[0]
        raise ValueError(
            f"X has NaN or infinite values ({len(wrong)}, the first in row {row}, column {column})"
            ": leave those images out, or extract their features again."
        )
    return X


class _FeatureTransformer(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Features in and as many out, dense, finite, in the precision that they came in."""

    _preserved = ("float64", "float32")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = list(self._preserved)
        return tags


class L2ByLayer(_FeatureTransformer):
    """Divide the features of each layer, image by image, by their Euclidean norm.

    The lecture's "default solution: L2-norm (by layer)". Every layer has the same norm in every
    image, but features have not one scale; a layer that is silent in an image (all zeros) stays
    silent. ``layer_sizes`` is {layer: number of columns}, in the order of the columns; None is L2
    per image. ``fit`` raises ValueError if they do not add up to the columns.
    """

    def __init__(self, layer_sizes=None):
        self.layer_sizes = layer_sizes

    def fit(self, X, y=None):
        X = finite_matrix(self, X, reset=True)
        self.sizes_ = _checked_sizes(self.layer_sizes, X.shape[1])
        self.starts_ = np.cumsum([0, *self.sizes_[:-1]])
        return self

    def transform(self, X):
        """Shape (images, features) in and out."""
        check_is_fitted(self)
        X = finite_matrix(self, X, reset=False)
        squares = np.square(X, dtype=np.float64)
        norms = np.sqrt(np.add.reduceat(squares, self.starts_, axis=1)).astype(X.dtype)
        norms[norms == 0] = 1
        return X / np.repeat(norms, self.sizes_, axis=1)


def _checked_sizes(layer_sizes, n_columns):
    if layer_sizes is None:
        return np.array([n_columns])
    if not isinstance(layer_sizes, Mapping) or not all(n >= 1 for n in layer_sizes.values()):
        raise ValueError(
            f"layer_sizes is {layer_sizes!r}: pass a mapping of each layer to its number of "
            "columns, as in Features.layer_sizes."
        )
    sizes = np.array(list(layer_sizes.values()), dtype=int)
    if sizes.sum() != n_columns:
        raise ValueError(
            f"The layers have {sizes.sum()} columns together and X has {n_columns}: pass the "
            "layer_sizes of these features."
        )
    return sizes


class Standardizer(_FeatureTransformer):
    """Zero mean and standard deviation one, feature by feature, over the training images.

    scikit-learn's ``StandardScaler`` (which divides by n, not n - 1), except that a feature that is
    constant over the training images becomes 0 in every image: left alone it would be 0/0, or an
    arbitrary value in other images. ``mean_`` and ``scale_`` (1 where constant) are (features,),
    ``constant_features_`` are columns. ``fit`` raises ValueError with fewer than two images.
    """

    def fit(self, X, y=None):
        X = finite_matrix(self, X, reset=True, ensure_min_samples=2)
        self.scaler_ = StandardScaler().fit(X)
        self.mean_, self.scale_ = self.scaler_.mean_, self.scaler_.scale_
        self.constant_features_ = np.flatnonzero(self.scale_ != np.sqrt(self.scaler_.var_))
        return self

    def transform(self, X):
        """Shape (images, features) in and out; test images by the training images' statistics."""
        check_is_fitted(self)
        standardized = self.scaler_.transform(finite_matrix(self, X, reset=False))
        standardized[:, self.constant_features_] = 0
        return standardized


class Discretizer(_FeatureTransformer):
    """1 above one threshold, -1 below another, and 0 between them, both included: int8.

    ``low`` and ``high`` are the paper's by default, for standardised features. ``fit`` raises
    ValueError if ``low`` is not below ``high``. Garcia-Gasulla et al., arXiv 1705.07706.
    """

    _preserved = ()

    def __init__(self, low=LOW, high=HIGH):
        self.low = low
        self.high = high

    def fit(self, X, y=None):
        finite_matrix(self, X, reset=True)
        if not self.low < self.high:
            raise ValueError(f"low is {self.low} and high is {self.high}: low must be below high.")
        return self

    def transform(self, X):
        """Shape (images, features) in and out."""
        check_is_fitted(self)
        X = finite_matrix(self, X, reset=False)
        return (X > self.high).view(np.int8) - (X < self.low).view(np.int8)


NORMALIZATIONS = {
    "none": lambda layer_sizes: FunctionTransformer(),
    "L2 per image": lambda layer_sizes: Normalizer(),
    "L2 by layer": lambda layer_sizes: L2ByLayer(layer_sizes),
    "standardized": lambda layer_sizes: Standardizer(),
    "discretized": lambda layer_sizes: make_pipeline(Standardizer(), Discretizer()),
}


def make_normalization(name, layer_sizes=None):
    """A new transformer by its name in ``NORMALIZATIONS``; "L2 by layer" takes the layer sizes."""
    if name not in NORMALIZATIONS:
        raise ValueError(
            f"There is no normalization {name!r}: choose from {', '.join(NORMALIZATIONS)}."
        )
    return NORMALIZATIONS[name](layer_sizes)

"""Normalization of features, as scikit-learn transformers."""

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data


class L2ByLayer(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Divide the features of each layer, image by image, by their Euclidean norm.

    The lecture's "default solution: L2-norm (by layer)". It gives every layer the same norm in
    every image; it does not give every feature the same scale. A layer that is silent in an
    image (all zeros) stays silent.

    Parameters
    ----------
    layer_sizes : mapping of str to int, optional
        Number of columns of each layer, in the order of the columns; all columns are one layer
        where it is None, which is L2 per image.

    Raises
    ------
    ValueError
        From ``fit``, if the sizes do not add up to the number of columns.
    """

    def __init__(self, layer_sizes=None):
        self.layer_sizes = layer_sizes

    def fit(self, X, y=None):
        X = validate_data(self, X, dtype="numeric")
        sizes = list(self.layer_sizes.values()) if self.layer_sizes else [X.shape[1]]
        if sum(sizes) != X.shape[1]:
            raise ValueError(
                f"The layers have {sum(sizes)} columns together and X has {X.shape[1]}: pass the "
                "layer_sizes of these features."
            )
        self.starts_ = np.cumsum([0, *sizes[:-1]])
        self.sizes_ = np.array(sizes)
        return self

    def transform(self, X):
        """Shape (images, features) in and out."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=(np.float64, np.float32), reset=False)
        norms = np.sqrt(np.add.reduceat(X * X, self.starts_, axis=1))
        norms[norms == 0] = 1
        return X / np.repeat(norms, self.sizes_, axis=1)

"""The full-network embedding, as an estimator over features and as one over images."""

import numpy as np
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    OneToOneFeatureMixin,
    TransformerMixin,
    clone,
)
from sklearn.utils.validation import check_is_fitted

from tlcourse.classifiers.svm import LinearSVM, mean_class_accuracy
from tlcourse.features.extraction import extract_features
from tlcourse.features.normalization import HIGH, LOW, Discretizer, Standardizer, finite_matrix
from tlcourse.features.ten_crops import extract_ten_crops, predict_by_vote
from tlcourse.networks.backbones import load_backbone


class FullNetworkEmbedding(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Features of the whole network -> -1, 0, 1, in the context of the training images.

    A ``Standardizer`` and then a ``Discretizer``, as one transformer. A feature that is constant
    over the training images is 0 in every image.

    Parameters
    ----------
    low, high : float
        Thresholds on the standardised features; the defaults are the paper's.
    magnitude : {"one", "mean", "own"}
        As for ``Discretizer``: int8 -1, 0, 1; or the ablation.

    Attributes
    ----------
    standardizer_ : Standardizer
    discretizer_ : Discretizer
    constant_features_ : ndarray of int
        Which columns were constant in the training images.

    Raises
    ------
    ValueError
        From ``fit``, if there is one image only, a value is NaN or infinite, or the thresholds
        are crossed.

    References
    ----------
    Garcia-Gasulla et al., "An Out-of-the-box Full-network Embedding for Convolutional Neural
    Networks", arXiv 1705.07706.
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


class FullNetworkClassifier(ClassifierMixin, BaseEstimator):
    """Images in, classes out: extraction, the full-network embedding and a linear SVM.

    Its "X" is a data set of images, so that scikit-learn's estimator checks, which pass
    matrices, do not apply; its conventions on parameters and cloning do.

    Parameters
    ----------
    backbone : Backbone or str
        A name is loaded by ``load_backbone`` when fitting.
    layers : list of str, optional
        By default ``backbone.default_layers``.
    embedding : transformer, optional
        By default ``FullNetworkEmbedding()``.
    classifier : classifier with a ``decision_function``, optional
        By default ``LinearSVM(random_state=0)``, with the paper's C = 1.
    ten_crops : bool
        Ten crops of every image: all are trained on, and in test they vote.
    device, progress, cache
        As for ``extract_features``.

    Attributes
    ----------
    classes_ : ndarray of int
        The labels trained on.
    class_names_ : list of str
        The training data set's ``classes``, which labels index.
    embedding_, classifier_ : estimators
        Fitted.
    layer_sizes_ : dict of int

    References
    ----------
    Garcia-Gasulla et al., arXiv 1705.07706.
    """

    def __init__(
        self,
        backbone,
        layers=None,
        embedding=None,
        classifier=None,
        ten_crops=False,
        device="auto",
        progress=True,
        cache=True,
    ):
        self.backbone = backbone
        self.layers = layers
        self.embedding = embedding
        self.classifier = classifier
        self.ten_crops = ten_crops
        self.device = device
        self.progress = progress
        self.cache = cache

    def fit(self, dataset, y=None):
        """Train on a data set of (PIL image, label); every crop has its image's label."""
        given = self.backbone
        self.backbone_ = load_backbone(given) if isinstance(given, str) else given
        features, _ = self._extract(dataset)
        self.embedding_ = clone(self.embedding or FullNetworkEmbedding())
        self.classifier_ = clone(self.classifier or LinearSVM(random_state=0))
        self.classifier_.fit(self.embedding_.fit_transform(features.matrix), features.labels)
        self.classes_ = self.classifier_.classes_
        self.class_names_, self.layer_sizes_ = features.classes, features.layer_sizes
        return self

    def transform(self, dataset):
        """The embedding: one row an image, or ten in a row with ``ten_crops``."""
        check_is_fitted(self)
        return self.embedding_.transform(self._extract(dataset)[0].matrix)

    def predict(self, dataset):
        """One label an image."""
        check_is_fitted(self)
        return self._predict(*self._extract(dataset))

    def score(self, dataset, y=None):
        """Mean per-class accuracy, the paper's score.

        Raises
        ------
        ValueError
            If the data set has other classes than the one trained on.
        """
        check_is_fitted(self)
        features, groups = self._extract(dataset)
        if features.classes != self.class_names_:
            raise ValueError(
                f"The classes to score on ({', '.join(features.classes)}) are not those trained "
                f"on ({', '.join(self.class_names_)}): labels would mean different things."
            )
        labels = features.labels[np.unique(groups, return_index=True)[1]]
        return mean_class_accuracy(labels, self._predict(features, groups))

    def get_feature_names_out(self, input_features=None):
        """Layer and column of each feature, as the slides write them: "fc7 n1779"."""
        check_is_fitted(self)
        sizes = self.layer_sizes_.items()
        return np.array([f"{layer} n{i}" for layer, size in sizes for i in range(size)], object)

    def _extract(self, dataset):
        """Features, and the number of its image for each row."""
        options = {"device": self.device, "progress": self.progress, "cache": self.cache}
        extract = extract_ten_crops if self.ten_crops else _extract_images
        return extract(self.backbone_, dataset, self.layers, **options)

    def _predict(self, features, groups):
        return predict_by_vote(self.classifier_, self.embedding_.transform(features.matrix), groups)


def _extract_images(backbone, dataset, layers, **options):
    features = extract_features(backbone, dataset, layers, **options)
    return features, np.arange(len(features.labels))

"""The linear SVM in a given feature space, and the score it is judged by."""

import numpy as np
from scipy.linalg import solve_triangular
from scipy.linalg.lapack import dpstrf
from sklearn.metrics import recall_score
from sklearn.svm import LinearSVC
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

NEGLIGIBLE, LOST = 1e-12, 1e-9  # of the longest row's square; of a row's own


class LinearSVM(LinearSVC):
    """The linear SVM of the full-network embedding: one-vs-rest, squared hinge, C = 1.

    It is scikit-learn's ``LinearSVC``, with its parameters and attributes, and fast when features
    outnumber images. An L2-regularised linear machine sees its training rows only through their
    inner products, so the rows are first rotated to the space they span, which has no more
    dimensions than there are images; the machine is trained there and its weights are rotated
    back. Coordinate descent in the dual takes the same steps on both sides: weights and
    predictions are those of ``LinearSVC(dual=True)`` with the same ``random_state``, whatever
    ``tol`` is. With at least as many images as features, or where rotating would lose rows, this
    is ``LinearSVC`` itself.

    References
    ----------
    Garcia-Gasulla et al., "An Out-of-the-box Full-network Embedding for Convolutional Neural
    Networks", arXiv 1705.07706. Hastie and Tibshirani, "Efficient quadratic regularization for
    expression arrays", Biostatistics 5 (2004), for the rotation. Hsieh et al., "A Dual
    Coordinate Descent Method for Large-scale Linear SVM", ICML 2008, for the solver.
    """

    def __init__(self, C=1.0, *, tol=1e-4, class_weight=None, random_state=None, max_iter=1000):
        self.C = C
        self.tol = tol
        self.class_weight = class_weight
        self.random_state = random_state
        self.max_iter = max_iter

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = False
        return tags

    def fit(self, X, y, sample_weight=None):
        """Train one machine a class on X (images, features) and y (images,).

        ``sample_weight`` has a factor on ``C`` for each image.

        Raises
        ------
        ValueError
            If there is only one class, a value is missing or infinite, or lengths differ.
        """
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        if len(classes := np.unique(y)) == 1:
            raise ValueError(
                f"All {len(y)} images are of one class ({classes[0]}): give the SVM images of two "
                "classes at least."
            )
        is_wide = X.shape[0] < X.shape[1] and X.any()
        rotated = rotated_to_span(X) if is_wide else None
        rows, rotate_back = rotated or (X, np.asarray)
        machine = LinearSVC(dual=True if is_wide else "auto", **self.get_params())
        machine.fit(rows, y, sample_weight)
        self.coef_ = rotate_back(machine.coef_)
        self.intercept_ = machine.intercept_
        self.classes_ = machine.classes_
        self.n_iter_ = machine.n_iter_
        return self


def rotated_to_span(X):
    """Coordinates of the rows of ``X`` in an orthonormal basis of the space they span.

    None where they lose a row: where one is so much longer that rounding it hides the others.
    """
    gram = X @ X.T
    factor, pivots, rank, _ = dpstrf(gram, lower=1, tol=NEGLIGIBLE * gram.diagonal().max())
    triangle = np.tril(factor)[:, :rank]
    order = pivots - 1
    coordinates = np.empty((len(X), rank))
    coordinates[order] = triangle
    squares = gram.diagonal()
    if (np.abs((coordinates**2).sum(axis=1) - squares) > LOST * squares).any():
        return None

    def rotate_back(vectors):
        combination = solve_triangular(triangle[:rank], vectors.T, trans="T", lower=True)
        return combination.T @ X[order[:rank]]

    return coordinates, rotate_back


def mean_class_accuracy(y_true, y_pred):
    """Mean over classes of the share of a class's images that are predicted right: 0 to 1.

    The embedding paper's score: every class in ``y_true`` counts the same, however many images it
    has. ValueError if there is no image, or the lengths differ."""
    if not len(y_true):
        raise ValueError("There is no image to score: y_true is empty.")
    return float(recall_score(y_true, y_pred, labels=np.unique(y_true), average="macro"))

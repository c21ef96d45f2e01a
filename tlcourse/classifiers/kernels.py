"""The kernel trick: an implicit map to a space of more dimensions, and the explicit one."""

import numpy as np
from sklearn.kernel_approximation import Nystroem, RBFSampler
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from tlcourse.classifiers.decision_boundaries import plane
from tlcourse.classifiers.plane import sample
from tlcourse.classifiers.svm import mean_class_accuracy
from tlcourse.datasets.split import stratified_split

KERNELS = {
    "linear": {"kernel": "linear"},
    "quadratic": {"kernel": "poly", "degree": 2, "gamma": 1.0, "coef0": 1.0},
    "cubic": {"kernel": "poly", "degree": 3, "gamma": 1.0, "coef0": 1.0},
    "RBF": {"kernel": "rbf", "gamma": 0.5},
}

EXPLICIT_MAPS = {"random Fourier features": RBFSampler, "Nystroem": Nystroem}

N_NEW = 1000

A_FEW = {
    "linear": [{"C": 1e-3}, {"C": 1e-1}],
    "RBF": [{"C": 10.0, "gamma": 0.3}, {"C": 10.0, "gamma": 1.0}, {"C": 1.0, "gamma": 1.0}],
}


def kernel_svm(kernel, C=1.0, **options):
    """An SVM with one of ``KERNELS``, not trained; options such as ``gamma`` replace its own.

    Raises
    ------
    ValueError
        If there is no such kernel.
    """
    if kernel not in KERNELS:
        raise ValueError(f"There is no kernel {kernel!r}: name one of {', '.join(KERNELS)}.")
    return SVC(C=C, **{**KERNELS[kernel], **options})


def kernel_accuracies(data_sets, kernels, n=200, seeds=range(5), C=1.0):
    """Share of 1,000 new points that each kernel's SVM gets right.

    Parameters
    ----------
    data_sets, kernels : sequences of str
    n : int
        Points to train on.
    seeds : iterable of int
        One draw of the points each.
    C : float

    Returns
    -------
    dict
        ``{(data set, kernel): [accuracy of each draw]}``.
    """
    found = {(data_set, kernel): [] for data_set in data_sets for kernel in kernels}
    for data_set, kernel in found:
        for seed in seeds:
            X, y, X_new, y_new = sample(data_set, n, N_NEW, seed)
            machine = kernel_svm(kernel, C).fit(X, y)
            found[data_set, kernel].append(float(machine.score(X_new, y_new)))
    return found


def quadratic_map(X, gamma=1.0, coef0=1.0):
    """The space behind the quadratic kernel, written out.

    Parameters
    ----------
    X : array-like of shape (n, 2)
    gamma, coef0 : float
        Of the kernel ``(gamma x . z + coef0) ** 2``; not negative.

    Returns
    -------
    ndarray of shape (n, 6)
        x1^2, x2^2, sqrt(2) x1 x2, sqrt(2) x1, sqrt(2) x2 and 1, scaled by gamma and coef0: the
        inner product of two rows is the kernel's value.

    Raises
    ------
    ValueError
        If the points are not in the plane, or gamma or coef0 is negative.
    """
    if gamma < 0 or coef0 < 0:
        raise ValueError(f"gamma is {gamma} and coef0 {coef0}: neither may be below 0.")
    x1, x2 = plane(X).T
    linear = np.sqrt(2 * gamma * coef0)
    squares = [gamma * x1**2, gamma * x2**2, np.sqrt(2) * gamma * x1 * x2]
    return np.column_stack([*squares, linear * x1, linear * x2, np.full(len(x1), float(coef0))])


def explicit_gap(X, y, X_new, C=1.0):
    """Largest difference between the quadratic kernel's scores and those on the explicit map.

    Parameters
    ----------
    X, y : points in the plane to train on, and their classes
    X_new : array-like of shape (m, 2)
        Where both machines are asked.
    C : float

    Returns
    -------
    float
        In the unit of the scores, whose margin is at -1 and 1.
    """
    implicit = kernel_svm("quadratic", C, tol=1e-8).fit(X, y)
    explicit = kernel_svm("linear", C, tol=1e-8).fit(quadratic_map(X), y)
    differences = implicit.decision_function(X_new) - explicit.decision_function(
        quadratic_map(X_new)
    )
    return float(np.abs(differences).max())


def approximation_gaps(X, y, X_new, sizes, method="Nystroem", C=1.0, seed=0):
    """How far a linear SVM on an explicit map of growing size is from the RBF kernel's SVM.

    Parameters
    ----------
    X, y : points to train on, and their classes
    X_new : array-like of shape (m, features)
        Where the machines are asked.
    sizes : iterable of int
        Features of the map; Nystroem takes at most one a training point.
    method : str
        One of ``EXPLICIT_MAPS``.
    C : float
    seed : int

    Returns
    -------
    dict of int to float
        Size -> root mean square difference of the scores, whose margin is at -1 and 1.

    Raises
    ------
    ValueError
        If there is no such map.

    References
    ----------
    Rahimi and Recht, "Random features for large-scale kernel machines", NIPS 2007. Williams and
    Seeger, "Using the Nystroem method to speed up kernel machines", NIPS 2000.
    """
    if method not in EXPLICIT_MAPS:
        names = ", ".join(EXPLICIT_MAPS)
        raise ValueError(f"There is no explicit map {method!r}: name one of {names}.")
    wanted = kernel_svm("RBF", C).fit(X, y).decision_function(X_new)
    gamma, gaps = KERNELS["RBF"]["gamma"], {}
    for size in sizes:
        mapped = EXPLICIT_MAPS[method](gamma=gamma, n_components=size, random_state=seed)
        machine = make_pipeline(mapped, kernel_svm("linear", C)).fit(X, y)
        gaps[size] = float(np.sqrt(np.mean((machine.decision_function(X_new) - wanted) ** 2)))
    return gaps


def best_of_a_few(X, labels, kernel, train_per_class=12, seeds=range(3), groups=None):
    """A kernel on images at the best of a few C and gamma, chosen on the test images.

    Choosing there flatters the kernel; gamma is divided by the number of features, which are
    standardised.

    Parameters
    ----------
    X : array-like of shape (images, features)
    labels : array-like of shape (images,)
    kernel : {"linear", "RBF"}
    train_per_class : int
        Images of each label (or of each group) that train; all others test.
    seeds : iterable of int
        One draw of the training images each.
    groups : array-like of int, optional

    Returns
    -------
    list of float
        Mean class accuracy, one a seed.

    Raises
    ------
    ValueError
        If the kernel is another one.
    """
    if kernel not in A_FEW:
        raise ValueError(f"kernel is {kernel!r}: name one of {', '.join(A_FEW)}.")
    X, y = np.asarray(X, dtype=float), np.asarray(labels)
    best = []
    for seed in seeds:
        train, test = stratified_split(y if groups is None else groups, train_per_class, seed)
        scaler = StandardScaler().fit(X[train])
        rows, new = scaler.transform(X[train]), scaler.transform(X[test])
        machines = (_on_images(kernel, options, X.shape[1]) for options in A_FEW[kernel])
        predicted = [machine.fit(rows, y[train]).predict(new) for machine in machines]
        best.append(max(mean_class_accuracy(y[test], guess) for guess in predicted))
    return best


def _on_images(kernel, options, n_features):
    scaled = {"gamma": options["gamma"] / n_features} if "gamma" in options else {}
    return kernel_svm(kernel, **{**options, **scaled})

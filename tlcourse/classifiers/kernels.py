"""The kernel trick: an implicit map to a space of more dimensions, and the explicit one."""

import numpy as np
from sklearn.kernel_approximation import Nystroem, RBFSampler
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from tlcourse.classifiers.decision_boundaries import plane
from tlcourse.classifiers.plane import sample
from tlcourse.classifiers.reuse import best_of_draws

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

    ValueError if there is no such kernel.
    """
    if kernel not in KERNELS:
        raise ValueError(f"There is no kernel {kernel!r}: name one of {', '.join(KERNELS)}.")
    return SVC(C=C, **{**KERNELS[kernel], **options})


def kernel_accuracies(data_sets, kernels, n=200, seeds=range(5)):
    """Share of 1,000 new points that each kernel's SVM gets right, by draws of ``n`` points.

    Returns
    -------
    dict
        ``{(data set, kernel): [accuracy of each seed]}``.
    """
    found = {(data_set, kernel): [] for data_set in data_sets for kernel in kernels}
    for data_set, kernel in found:
        for seed in seeds:
            X, y, X_new, y_new = sample(data_set, n, N_NEW, seed)
            machine = kernel_svm(kernel).fit(X, y)
            found[data_set, kernel].append(float(machine.score(X_new, y_new)))
    return found


def quadratic_map(X, gamma=1.0, coef0=1.0):
    """The space behind the quadratic kernel ``(gamma x . z + coef0) ** 2``, written out.

    x1^2, x2^2, sqrt(2) x1 x2, sqrt(2) x1, sqrt(2) x2 and 1, scaled by gamma and coef0: shape
    (n, 6) from (n, 2). The inner product of two rows is the kernel's value. ValueError if the
    points are not in the plane, or gamma or coef0 is negative.
    """
    if gamma < 0 or coef0 < 0:
        raise ValueError(f"gamma is {gamma} and coef0 {coef0}: neither may be below 0.")
    x1, x2 = plane(X).T
    linear = np.sqrt(2 * gamma * coef0)
    squares = [gamma * x1**2, gamma * x2**2, np.sqrt(2) * gamma * x1 * x2]
    return np.column_stack([*squares, linear * x1, linear * x2, np.full(len(x1), float(coef0))])


def explicit_gap(X, y, X_new):
    """Largest difference between the quadratic kernel's scores and those on the explicit map.

    Trained on points X, y of the plane and asked at ``X_new``; the margin is at -1 and 1.
    """
    implicit = kernel_svm("quadratic", tol=1e-8).fit(X, y).decision_function(X_new)
    explicit = kernel_svm("linear", tol=1e-8).fit(quadratic_map(X), y)
    return float(np.abs(implicit - explicit.decision_function(quadratic_map(X_new))).max())


def approximation_gaps(X, y, X_new, sizes, method="Nystroem", seed=0):
    """How far a linear SVM on an explicit map of growing size is from the RBF kernel's SVM.

    Trained on X, y and asked at ``X_new``: {features of the map: root mean square difference of the
    scores}, whose margin is at -1 and 1. ``method`` is one of ``EXPLICIT_MAPS``, else ValueError;
    Nystroem takes at most one feature a training point.

    Rahimi and Recht, "Random features for large-scale kernel machines", NIPS 2007. Williams and
    Seeger, "Using the Nystroem method to speed up kernel machines", NIPS 2000.
    """
    if method not in EXPLICIT_MAPS:
        raise ValueError(
            f"There is no explicit map {method!r}: name one of {', '.join(EXPLICIT_MAPS)}."
        )
    wanted = kernel_svm("RBF").fit(X, y).decision_function(X_new)
    gamma, gaps = KERNELS["RBF"]["gamma"], {}
    for size in sizes:
        mapped = EXPLICIT_MAPS[method](gamma=gamma, n_components=size, random_state=seed)
        machine = make_pipeline(mapped, kernel_svm("linear")).fit(X, y)
        gaps[size] = float(np.sqrt(np.mean((machine.decision_function(X_new) - wanted) ** 2)))
    return gaps


def best_of_a_few(X, labels, kernel, train_per_class=12, seeds=range(3), groups=None):
    """The "linear" or "RBF" kernel at the best of a few C and gamma, as ``best_of_draws``.

    They are chosen on the test images, which flatters the kernel; gamma is divided by the number of
    features, which are standardised. ValueError if the kernel is another one.
    """
    if kernel not in A_FEW:
        raise ValueError(f"kernel is {kernel!r}: name one of {', '.join(A_FEW)}.")
    machines = []
    for options in A_FEW[kernel]:
        scaled = {"gamma": options["gamma"] / np.shape(X)[1]} if "gamma" in options else {}
        machine = kernel_svm(kernel, **{**options, **scaled})
        machines.append(make_pipeline(StandardScaler(), machine))
    return best_of_draws(machines, X, labels, train_per_class, seeds, groups)

"""The kernel trick: SVMs with a few kernels, and the best of a few settings."""

import numpy as np
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from tlcourse.classifiers.reuse import best_of_draws

KERNELS = {
    "linear": {"kernel": "linear"},
    "quadratic": {"kernel": "poly", "degree": 2, "gamma": 1.0, "coef0": 1.0},
    "cubic": {"kernel": "poly", "degree": 3, "gamma": 1.0, "coef0": 1.0},
    "RBF": {"kernel": "rbf", "gamma": 0.5},
}
N_NEW = 1000  # points that the explorer asks
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

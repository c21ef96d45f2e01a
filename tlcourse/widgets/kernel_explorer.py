"""A kernel, a data set, and the boundary that the kernel's SVM draws."""

from functools import lru_cache

from tlcourse.classifiers.kernels import KERNELS, N_NEW, kernel_svm
from tlcourse.classifiers.plane import DATA_SETS, sample
from tlcourse.widgets.base import Explorer, large, readout_html
from tlcourse.widgets.choice import Choice
from tlcourse.widgets.plane_drawing import draw_points, draw_regions, grid, static_plane

N_POINTS = 120
SPACES = {
    "linear": "the plane itself: 2 features",
    "quadratic": "squares and the product beside x1 and x2: 5 features and a constant",
    "cubic": "all products up to the third degree: 9 features and a constant",
    "RBF": "a space of infinitely many features",
}


class KernelExplorer(Explorer):
    """Data set and kernel to choose; boundary, margin, support vectors and accuracy below.

    Attributes
    ----------
    data_set, kernel : Choice
    accuracy : float
        Share of 1,000 new points that are right, from 0 to 1.
    """

    def __init__(self, data_set="circles", kernel="linear"):
        self.data_set = Choice("Data set", DATA_SETS, data_set)
        self.kernel = Choice("Kernel", KERNELS, kernel)
        super().__init__([self.data_set, self.kernel])

    def _answer(self):
        self.accuracy, html = _answer(self.data_set.value, self.kernel.value)
        return html

    def to_html(self):
        """What a page without a kernel shows."""
        chosen = f"<p>Data set: {self.data_set.value}. Kernel: {self.kernel.value}.</p>"
        return chosen + self._readout.value


@lru_cache(64)
def _answer(data_set, kernel):
    """Accuracy on new points, and the readout as HTML."""
    X, y, X_new, y_new = sample(data_set, N_POINTS, N_NEW)
    machine = kernel_svm(kernel).fit(X, y)
    accuracy, support = float(machine.score(X_new, y_new)), machine.support_.tolist()
    regions = draw_regions(machine.decision_function(grid()))
    words = (
        f"{len(support)} of {N_POINTS} points are support vectors (thick edges). "
        f"The kernel's space: {SPACES[kernel]}."
    )
    alt = f"The boundary of a {kernel} SVM on {data_set}. {words}"
    picture = static_plane(alt, regions, draw_points(X, y, support, size=0.6))
    head = large(f"{100 * accuracy:.1f}%", f"of {N_NEW:,} new points are right")
    return accuracy, readout_html(words, head, picture)

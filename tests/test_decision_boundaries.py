"""Margins against geometry and a general optimizer; kernels that overcome the line."""

import numpy as np
import pytest
from scipy.optimize import minimize

from tlcourse import plots
from tlcourse.classifiers import decision_boundaries, kernels
from tlcourse.classifiers.plane import DATA_SETS, sample

HARD = 1e6  # a C at which no point of separable classes is given up
TWO_PAIRS = np.array([[0.0, 0.0], [0.0, 1.0], [2.0, 0.0], [2.0, 1.0]]), np.array([0, 0, 1, 1])


class TestPoints:
    @pytest.mark.parametrize("data_set", DATA_SETS)
    @pytest.mark.parametrize(("n", "n_new"), [(4, 0), (13, 4), (40, 1000)])
    def test_two_classes_in_halves_and_the_same_for_a_seed(self, data_set, n, n_new):
        X, y, X_new, y_new = sample(data_set, n, n_new, seed=3)
        assert X.shape == (n, 2) and X_new.shape == (n_new, 2) and len(y_new) == n_new
        assert abs(2 * y.sum() - n) <= 1
        assert np.array_equal(X, sample(data_set, n, n_new, seed=3)[0])
        assert not np.array_equal(X, sample(data_set, n, n_new, seed=4)[0])

    def test_new_points_are_of_the_same_clouds(self):
        for seed in range(5):
            X, y, X_new, y_new = sample("two clouds", 100, 300, seed)
            boundary = decision_boundaries.linear_boundary(X, y, HARD)
            assert ((boundary.decision(X_new) > 0) == y_new).mean() > 0.97

    def test_refusals(self):
        with pytest.raises(ValueError, match="no data set 'spiral': name one of two clouds"):
            sample("spiral", 10)
        for n, n_new in ((0, 0), (3, 5), (10, -1)):
            with pytest.raises(ValueError, match="train on at least 4"):
                sample("moons", n, n_new)


class TestLinearBoundary:
    def test_two_pairs_by_hand(self):
        boundary = decision_boundaries.linear_boundary(*TWO_PAIRS, C=HARD)
        assert boundary.normal == pytest.approx([1, 0], abs=1e-4)
        assert boundary.offset == pytest.approx(-1, abs=1e-4)
        assert boundary.margin == pytest.approx(1, abs=1e-4)
        assert boundary.angle % 360 == pytest.approx(0, abs=0.01) and boundary.inside == 0

    def test_objective_is_the_least_that_a_general_optimizer_finds(self):
        X, y, *_ = sample("chessboard", 24, seed=1)
        signs, C = 2 * y - 1, 0.7

        def primal(w):
            return w[:2] @ w[:2] / 2 + C * np.maximum(0, 1 - signs * (X @ w[:2] + w[2])).sum()

        boundary = decision_boundaries.linear_boundary(X, y, C)
        mine = primal([*boundary.normal, boundary.offset] @ np.eye(3))
        rng = np.random.default_rng(0)
        options = {"method": "Nelder-Mead", "options": {"maxiter": 4000, "xatol": 1e-8}}
        best = min(minimize(primal, rng.normal(size=3), **options).fun for _ in range(5))
        assert mine == pytest.approx(best, rel=1e-3)

    def test_only_support_vectors_hold_it(self):
        X, y, *_ = sample("two clouds", 30, seed=2)
        boundary = decision_boundaries.linear_boundary(X, y, HARD)
        alone = decision_boundaries.linear_boundary(X[boundary.support], y[boundary.support], HARD)
        assert alone.normal == pytest.approx(boundary.normal, rel=1e-3)
        assert 2 <= len(boundary.support) < 10

    def test_points_inside_the_margin_are_counted(self):
        X, y = (np.array(part) for part in ([[-2.0, 0], [-1, 0], [1, 0], [2, 0]], [0, 1, 0, 1]))
        boundary = decision_boundaries.linear_boundary(X, y, C=0.1)
        by_hand = np.where(y, 1, -1) * boundary.decision(X) < 1 - 1e-3
        assert boundary.inside == by_hand.sum() >= 2

    def test_refusals(self):
        X, y = TWO_PAIRS
        with pytest.raises(ValueError, match="C is 0"):
            decision_boundaries.linear_boundary(X, y, 0)
        with pytest.raises(ValueError, match="1 class"):
            decision_boundaries.linear_boundary(X, [0, 0, 0, 0])
        with pytest.raises(ValueError, match="3 classes: a boundary here is between two"):
            decision_boundaries.linear_boundary(X, [0, 1, 2, 0])


class TestKernels:
    def test_a_kernel_overcomes_the_line_and_must_suit(self):
        def right(data_set, kernel):
            X, y, X_new, y_new = sample(data_set, 120, 1000)
            return kernels.kernel_svm(kernel).fit(X, y).score(X_new, y_new)

        assert right("circles", "linear") < 0.7 < 0.95 < right("circles", "quadratic")
        assert right("moons", "quadratic") < 0.92 < 0.95 < right("moons", "RBF")

    def test_best_of_a_few_is_no_worse_than_any_of_them(self):
        X, y, *_ = sample("circles", 80)
        linear, curved = (
            kernels.best_of_a_few(X, y, kernel, train_per_class=30, seeds=range(2))
            for kernel in ("linear", "RBF")
        )
        assert len(linear) == 2 and max(linear) < 0.75 < min(curved)

    def test_refusals(self):
        with pytest.raises(ValueError, match="no kernel 'sigmoid': name one of linear"):
            kernels.kernel_svm("sigmoid")
        with pytest.raises(ValueError, match="kernel is 'cubic': name one of linear, RBF"):
            kernels.best_of_a_few([[0.0]], [0], "cubic")


class TestFigures:
    def test_margins_show_every_draw_and_every_svm(self):
        boundary = decision_boundaries.linear_boundary(*TWO_PAIRS, C=HARD)
        angles = np.array([0, 90, 180, 270])
        ax = plots.plot_margins(angles, 3 * [np.array([1, -0.5, -1, -0.5])], 3 * [boundary])
        peaks = [line.get_xydata()[0] for line in ax.lines if line.get_marker() == "D"]
        assert len(peaks) == 3 and all(abs(at) < 2 for at, _ in peaks)

    def test_spaces_and_sizes(self):
        X, y = TWO_PAIRS
        spaces = {("x1", "x2"): X, ("x2", "x1"): X[:, ::-1]}
        figure = plots.plot_spaces(spaces, y, decision_boundaries.linear_boundary)
        assert [ax.get_xlabel() for ax in figure.axes] == ["x1", "x2"]
        ax = plots.plot_map_sizes({"Nystroem": [{2: 0.5, 10: 0.1}] * 2})
        assert [text.get_text() for text in ax.get_legend().get_texts()] == ["Nystroem"]

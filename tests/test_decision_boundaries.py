"""Margins against geometry and brute force; kernels against their maps written out."""

from math import comb

import numpy as np
import pytest
from scipy.optimize import minimize

from tlcourse import plots
from tlcourse.classifiers import decision_boundaries, kernels
from tlcourse.classifiers.plane import DATA_SETS, sample

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
            boundary = decision_boundaries.linear_boundary(X, y, decision_boundaries.HARD)
            assert ((boundary.decision(X_new) > 0) == y_new).mean() > 0.97

    def test_refusals(self):
        with pytest.raises(ValueError, match="no data set 'spiral': name one of two clouds"):
            sample("spiral", 10)
        for n, n_new in ((0, 0), (3, 5), (10, -1)):
            with pytest.raises(ValueError, match="train on at least 4"):
                sample("moons", n, n_new)


class TestLinearBoundary:
    def test_two_pairs_by_hand(self):
        boundary = decision_boundaries.linear_boundary(*TWO_PAIRS, C=decision_boundaries.HARD)
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
        boundary = decision_boundaries.linear_boundary(X, y, decision_boundaries.HARD)
        alone = decision_boundaries.linear_boundary(
            X[boundary.support], y[boundary.support], decision_boundaries.HARD
        )
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
        with pytest.raises(ValueError, match="3 features: this is for points in the plane"):
            decision_boundaries.polar(np.ones((2, 3)))


class TestBruteForce:
    def test_margins_of_two_pairs_by_hand(self):
        angles, margins, offsets = decision_boundaries.margins_by_direction(
            *TWO_PAIRS, n_directions=4
        )
        assert angles.tolist() == [0, 90, 180, 270]
        assert margins == pytest.approx([1, -0.5, -1, -0.5])
        assert offsets[0] == pytest.approx(-1)

    @pytest.mark.parametrize("seed", range(5))
    def test_no_direction_has_a_wider_margin_than_the_svm(self, seed):
        draw = decision_boundaries.against_brute_force(seed=seed)
        assert draw.margins.max() <= draw.boundary.margin * (1 + 1e-4)
        assert draw.margins.max() > 0.98 * draw.boundary.margin
        best = draw.angles[draw.margins.argmax()]
        assert abs((best - draw.boundary.angle + 180) % 360 - 180) < 2
        assert 0.5 < draw.others_right.mean() <= 1 and 0.5 < draw.new_points_right <= 1

    def test_stretching_turns_the_boundary_and_no_stretching_does_not(self):
        turned = [
            decision_boundaries.turned_by_stretching(factor=10, seed=seed) for seed in range(10)
        ]
        assert max(turned) > 2 and min(turned) >= 0
        assert decision_boundaries.turned_by_stretching(factor=1, seed=7) == pytest.approx(
            0, abs=0.01
        )

    def test_circles_need_other_coordinates(self):
        for seed in range(3):
            shares = decision_boundaries.circles_in_two_spaces(seed=seed)
            assert shares["x1, x2"] < 0.7 < 0.95 < shares["distance, angle"]

    def test_polar_by_hand(self):
        found = decision_boundaries.polar([[3.0, 4.0], [0.0, -2.0]])
        assert found == pytest.approx(np.array([[5, np.arctan2(4, 3)], [2, -np.pi / 2]]))


class TestKernels:
    @pytest.mark.parametrize(("gamma", "coef0"), [(1, 1), (0.5, 2), (2, 0)])
    def test_inner_products_of_the_map_are_the_kernel(self, gamma, coef0):
        rng = np.random.default_rng(0)
        X, Z = rng.normal(size=(7, 2)), rng.normal(size=(5, 2))
        mapped = [kernels.quadratic_map(points, gamma, coef0) for points in (X, Z)]
        assert mapped[0].shape == (7, comb(2 + 2, 2))
        assert mapped[0] @ mapped[1].T == pytest.approx((gamma * X @ Z.T + coef0) ** 2)

    @pytest.mark.parametrize("data_set", DATA_SETS)
    def test_explicit_and_implicit_scores_agree(self, data_set):
        X, y, X_new, _ = sample(data_set, 60, 100)
        assert kernels.explicit_gap(X, y, X_new) < 1e-5

    def test_a_kernel_overcomes_the_line_and_must_suit(self):
        tried = kernels.kernel_accuracies(("circles", "moons"), kernels.KERNELS, n=120, seeds=[0])
        assert tried["circles", "linear"][0] < 0.7 < 0.95 < tried["circles", "quadratic"][0]
        assert tried["moons", "quadratic"][0] < 0.92 < 0.95 < tried["moons", "RBF"][0]

    @pytest.mark.parametrize("method", kernels.EXPLICIT_MAPS)
    def test_larger_maps_come_closer_to_rbf(self, method):
        X, y, X_new, _ = sample("circles", 100, 200)
        gaps = kernels.approximation_gaps(X, y, X_new, (3, 100), method)
        assert gaps[100] < gaps[3] / 3

    def test_nystroem_on_all_points_is_the_kernel(self):
        X, y, X_new, _ = sample("moons", 60, 100)
        assert kernels.approximation_gaps(X, y, X_new, [60])[60] < 1e-3

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
        with pytest.raises(ValueError, match="no explicit map 'PCA'"):
            kernels.approximation_gaps([[0.0, 0]], [0], [[0.0, 0]], [2], "PCA")
        with pytest.raises(ValueError, match="neither may be below 0"):
            kernels.quadratic_map([[1.0, 2]], gamma=-1)
        with pytest.raises(ValueError, match="kernel is 'cubic': name one of linear, RBF"):
            kernels.best_of_a_few([[0.0]], [0], "cubic")


class TestFigures:
    def test_margins_show_every_draw_and_every_svm(self):
        draws = [decision_boundaries.against_brute_force(seed=seed) for seed in range(3)]
        curves = [draw.margins for draw in draws]
        ax = plots.plot_margins(draws[0].angles, curves, [draw.boundary for draw in draws])
        peaks = [line.get_xydata()[0] for line in ax.lines if line.get_marker() == "D"]
        assert len(peaks) == 3 and all(abs(at) < 2 for at, _ in peaks)

    def test_spaces_and_sizes(self):
        X, y, X_new, _ = sample("circles", 40, 50)
        spaces = {("x1", "x2"): X, ("distance", "angle"): decision_boundaries.polar(X)}
        figure = plots.plot_spaces(spaces, y, decision_boundaries.linear_boundary)
        assert [ax.get_xlabel() for ax in figure.axes] == ["x1", "distance"]
        gaps = {"Nystroem": [kernels.approximation_gaps(X, y, X_new, (2, 10), seed=0)] * 2}
        ax = plots.plot_map_sizes(gaps)
        assert [text.get_text() for text in ax.get_legend().get_texts()] == ["Nystroem"]

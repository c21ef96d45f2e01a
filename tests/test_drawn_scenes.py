"""What is drawn: every class at its ends, geometry, light and noise, against other computations."""

import numpy as np
import pytest

from tlcourse.datasets.drawn import FAMILIES, STYLES, Appearance, Domain, Factors
from tlcourse.datasets.drawn.canvas import Canvas
from tlcourse.datasets.drawn.domains import family_module, sample_region
from tlcourse.datasets.drawn.shapes import RADIUS, superformula
from tlcourse.datasets.drawn.surface import noise, plane, relief
from tlcourse.datasets.drawn.textures import nearest, stripe, swing

STILL = Factors(
    palette=0.0, exposure=1.0, occlusion=0.0, blur=0.0, noise=0.0, rotation=0.0, shift=0.0, size=1.0
)
each_family = pytest.mark.parametrize("family", FAMILIES)
each_scene = pytest.mark.parametrize("family", ("textures", "shapes"))


def pixels(family, name, index=0, side=64, factors=STILL):
    return np.asarray(Domain(family, factors).draw(name, index=index, side=side), dtype=float)


@each_scene
def test_every_class_is_drawn_in_every_style_each_time_another(family):
    for number, name in enumerate(Domain(family).classes):
        factors = Factors(style=STYLES[number % len(STYLES)])
        first, second = (pixels(family, name, index, 32, factors) for index in (0, 1))
        assert first.std() > 4 and np.abs(first - second).mean() > 4


@each_scene
def test_every_class_is_drawn_at_both_ends_of_its_region(family):
    module = family_module(family)
    for region in module.CLASSES.values():
        assert region.keys() == next(iter(module.CLASSES.values())).keys()
        for end in (0, 1):
            at_end = {
                key: (value[-end], value[-end])
                if isinstance(value, tuple) and isinstance(value[0], int | float)
                else value
                for key, value in region.items()
            }
            canvas, rng = Canvas(16), np.random.default_rng(0)
            module.draw(canvas, sample_region(at_end, rng), canvas.look, rng)
            assert np.asarray(canvas.finish()).std() > 0


@each_family
def test_a_picture_is_the_same_thing_at_any_size(family):
    """Details under a pixel apart, a picture of 128 pixels shrinks to that of 64."""
    name = Domain(family).classes[0]
    small, large = pixels(family, name, side=64), pixels(family, name, side=128)
    halved = large.reshape(64, 2, 64, 2, 3).mean(axis=(1, 3))
    assert np.corrcoef(small.ravel(), halved.ravel())[0, 1] > 0.9


def test_the_superformula_gives_circle_square_and_hexagon():
    circle = superformula(4, 2, 2)
    assert np.sqrt((circle**2).sum(axis=1)) == pytest.approx(RADIUS, abs=1e-9)
    square = superformula(4, 400, 400)
    assert np.abs(square).max(axis=1) == pytest.approx(RADIUS / np.sqrt(2), rel=0.02)
    hexagon = np.sqrt((superformula(6, 900, 400) ** 2).sum(axis=1))
    assert hexagon.min() / hexagon.max() == pytest.approx(np.cos(np.pi / 6), rel=0.02)


@pytest.mark.parametrize("m", [3, 8])
def test_the_superformula_has_m_fold_symmetry(m):
    centred = superformula(m, -0.7, 1.0)
    radii = np.sqrt(((centred - centred.mean(axis=0)) ** 2).sum(axis=1))
    assert radii == pytest.approx(np.roll(radii, len(radii) // m), abs=1e-9)


def test_nearest_points_of_a_lattice_are_those_of_a_full_search():
    rng = np.random.default_rng(2)
    u, v = rng.uniform(0, 5, (2, 12, 12))
    first, second, _ = nearest(u, v, {"jitter": 0.0, "stagger": 0.5, "stretch": 1.15}, rng)
    row, column = (each[..., None, None] for each in np.mgrid[-3:9, -3:9])
    found = []
    for shift in (0.5, -0.5):  # which rows are shifted is the lattice's own affair
        across = 1.15 * (column + 0.5 + shift * (row % 2 - 0.5) - u)
        far = np.sort(np.hypot(across, row + 0.5 - v).reshape(144, -1), axis=0)[:2]
        found.append(np.allclose(far, [first.ravel(), second.ravel()]))
    assert any(found)


def test_bands_cover_their_share():
    t = np.linspace(0, 10, 100_001)[:-1]
    assert stripe(t, 0.3).mean() == pytest.approx(0.3, abs=0.01)
    for corner in (0.0, 1.0):
        assert swing(t, corner).mean() == pytest.approx(0, abs=1e-3)
        assert np.abs(swing(t, corner)).max() == pytest.approx(1, abs=1e-3)


def test_a_slope_towards_the_light_is_bright():
    height = np.tile(np.linspace(0, 1, 32), (32, 1))
    assert relief(height, light=-90).mean() > 1.3
    assert relief(height, light=90).mean() < 0.7
    assert relief(np.zeros((8, 8)), light=0) == pytest.approx(1)


def test_smooth_noise_is_centred_and_smooth():
    field = np.concatenate([noise((96, 96), 8, np.random.default_rng(seed)) for seed in range(20)])
    assert abs(field.mean()) < 0.1 and 0.7 < field.std() < 1.4
    assert np.abs(np.diff(field[:96], axis=1)).max() < 1


def test_the_plane_follows_the_pose():
    canvas = Canvas(32)
    x, y = plane(canvas, Appearance())
    assert x[0, -1] - x[0, 0] == pytest.approx(1, abs=0.05)
    assert plane(canvas, Appearance(rotation=90.0))[0] == pytest.approx(y, abs=1e-12)
    assert plane(canvas, Appearance(size=0.5))[0] == pytest.approx(2 * x)
    assert plane(canvas, Appearance(flip=True))[0] == pytest.approx(-x)

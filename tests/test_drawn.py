"""Drawn domains: the same everywhere, lazy, and told apart by form, not by mean colour."""

import hashlib
import pickle

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier
from torch.utils.data import DataLoader

from scripts.contact_sheets import contact_sheet
from tlcourse.datasets.drawn import (
    FAMILIES,
    Domain,
    DrawnImages,
    Factors,
    domains,
)
from tlcourse.datasets.drawn.factors import LIMITS, SINGLE, STYLES

OURS = ("animals", "birds", "flowers")
HASHES = {
    "animals": ["421ae21346f60fa8", "2e115951a36fcc49", "d8a1f386bab290fd"],
    "birds": ["cb7d338338ab9fb0", "fce36a33abed9f3c", "56bbf37ccc1ab5e6"],
    "flowers": ["d281b638931bb1d0", "0f5ee24b442cc244", "a416f76f844683b1"],
    "shaded": "c454ea8c506a77ec",
    "flat": "2c934cfcb51d5c75",
    "sketch": "4916da5021371858",
}
each_family = pytest.mark.parametrize("family", OURS)


def digest(image):
    return hashlib.sha256(np.asarray(image).tobytes()).hexdigest()[:16]


def mean_colours(images):
    return images.pixels().mean(axis=(1, 2))


def accuracy_of_mean_colour(domain):
    train = DrawnImages(domain, n_per_class=12, seed=0, side=32)
    test = DrawnImages(domain, n_per_class=8, seed=1, side=32)
    nearest = KNeighborsClassifier(5).fit(mean_colours(train), train.targets)
    return nearest.score(mean_colours(test), test.targets)


class TestDeterminism:
    @each_family
    def test_hash_is_the_same_on_every_machine(self, family):
        images = DrawnImages(family, seed=2026)
        assert [digest(images[index][0]) for index in (0, 7, 23)] == HASHES[family]

    @pytest.mark.parametrize("style", STYLES)
    def test_hash_of_each_style(self, style):
        domain = Domain("animals", Factors(style=style, blur=1.5, noise=0.1, occlusion=0.4))
        assert digest(domain.draw("lioness", seed=3, index=5)) == HASHES[style]

    def test_order_does_not_matter(self):
        forwards, backwards = DrawnImages("birds"), DrawnImages("birds")
        first = [digest(forwards[index][0]) for index in range(6)]
        assert first == [digest(backwards[index][0]) for index in reversed(range(6))][::-1]

    def test_first_pictures_stay_when_more_are_asked_for(self):
        few, many = DrawnImages("flowers", n_per_class=1), DrawnImages("flowers", n_per_class=9)
        assert [digest(few[i][0]) for i in range(5)] == [digest(many[i][0]) for i in range(5)]
        assert few.targets == many.targets[: len(few)]

    def test_seeds_differ(self):
        assert digest(DrawnImages("birds", seed=0)[0][0]) != digest(
            DrawnImages("birds", seed=1)[0][0]
        )


class TestDataset:
    @each_family
    def test_length_classes_and_balance(self, family):
        images = DrawnImages(family, n_per_class=3)
        assert len(images.classes) >= 10
        assert np.bincount(images.targets).tolist() == [3] * len(images.classes)

    def test_a_million_pictures_cost_nothing_until_drawn(self):
        images = DrawnImages("animals", classes=["labrador"], n_per_class=1_000_000)
        picture, label = images[999_999]
        assert (picture.mode, picture.size, label) == ("RGB", (64, 64), 0)
        with pytest.raises(IndexError):
            images[1_000_000]

    def test_a_loader_reads_it(self):
        images = DrawnImages("birds", n_per_class=1)
        loader = DataLoader(pickle.loads(pickle.dumps(images)), 4, collate_fn=list)
        assert [label for batch in loader for _, label in batch] == images.targets

    def test_a_larger_picture_is_the_same_picture(self):
        calm = Domain("flowers", Factors(noise=0, blur=0))
        small, large = calm.draw("daisy", side=64), calm.draw("daisy", side=256)
        apart = np.abs(np.asarray(small, float) - np.asarray(large.reduce(4), float))
        assert apart.mean() < 6

    def test_species_and_kinds_of_animals(self):
        images = DrawnImages("animals", ["feline", "canine"], labels="kind", n_per_class=2)
        assert images.classes == ["feline", "canine"]
        assert DrawnImages("animals", labels="species").classes == ["cat", "dog", "lion", "wolf"]

    def test_the_pelicans_and_the_gull_of_the_slide(self):
        assert {"brown pelican", "white pelican", "gull"} <= set(Domain("birds").classes)


class TestFactors:
    def test_two_domains_draw_the_same_thing_under_their_own_looks(self):
        calm = {"noise": 0, "blur": 0, "occlusion": 0, "shift": 0, "size": 1}
        plain, stripes = (
            Domain("animals", Factors(background=kind, hue=0.6, **calm)).draw("beagle", 4, 4)
            for kind in ("plain", "stripes")
        )
        same = (np.asarray(plain) == np.asarray(stripes)).all(axis=2)
        assert same[26:38, 26:38].all() and same.mean() < 0.8

    def test_turning_one_dial_leaves_the_other_factors(self):
        looks = [
            Factors(blur=blur).sample(np.random.default_rng(0)).__dict__ for blur in (0, (1, 3))
        ]
        assert {name for name in looks[0] if looks[0][name] != looks[1][name]} == {"blur"}

    def test_two_domains_share_x_and_differ_in_p_of_x(self):
        day, night = (Domain("birds", Factors(exposure=e)) for e in ((1.0, 1.3), (0.3, 0.6)))
        pixels = [DrawnImages(domain, n_per_class=2).pixels() for domain in (day, night)]
        assert pixels[0].shape == pixels[1].shape and pixels[0].dtype == pixels[1].dtype
        assert pixels[0].mean() > 1.5 * pixels[1].mean()

    @each_family
    def test_mean_colour_tells_little(self, family):
        assert accuracy_of_mean_colour(Domain(family)) < 0.25

    @each_family
    def test_a_tied_background_tells_the_label(self, family):
        factors = Factors(tie=1, occlusion=0, exposure=1)
        assert accuracy_of_mean_colour(Domain(family, factors)) > 0.45

    def test_the_first_class_is_tied_to_green(self):
        calm = Factors(tie=1, background="plain", size=0.3, occlusion=0)
        corners = [Domain("birds", calm).draw("gull", index=i).getpixel((1, 1)) for i in range(6)]
        assert all(green > max(red, blue) for red, green, blue in corners)

    @pytest.mark.parametrize("end", (0, 1))
    def test_every_dial_at_its_ends_draws(self, end):
        dials = {name: limits[end] for name, limits in LIMITS.items()}
        image = Domain("animals", Factors(**dials)).draw("maned lion")
        assert np.asarray(image).std() > 1


class TestErrors:
    @pytest.mark.parametrize("name", LIMITS)
    def test_a_dial_outside_its_range_is_named_with_its_range(self, name):
        low, high = LIMITS[name]
        for value in (high + 1, low - 1, "much", (low, high, high)):
            with pytest.raises(ValueError, match=rf"^{name} is .* between {low:g} and {high:g}\.$"):
                Factors(**{name: value})

    @pytest.mark.parametrize("name", sorted(set(LIMITS) - set(SINGLE)))
    def test_a_pair_the_wrong_way_round(self, name):
        with pytest.raises(ValueError, match=rf"^{name} is "):
            Factors(**{name: LIMITS[name][::-1]})

    @pytest.mark.parametrize("name", ("background", "style"))
    def test_unknown_kind(self, name):
        for value in ("fog", ("plain", "fog"), ()):
            with pytest.raises(ValueError, match=rf"^{name} is .*: name one or more of "):
                Factors(**{name: value})

    def test_unknown_factor(self):
        with pytest.raises(TypeError, match="weather"):
            Factors(weather="rain")

    def test_unknown_family(self):
        with pytest.raises(ValueError, match="'fish' is not a drawn family: name one of animals,"):
            DrawnImages("fish")

    def test_unknown_class(self):
        with pytest.raises(
            ValueError, match="birds has no class 'dodo': name one or more of brown"
        ):
            DrawnImages("birds", classes=["gull", "dodo"])
        with pytest.raises(ValueError, match="birds has no class 'dodo'"):
            Domain("birds").draw("dodo")

    def test_unknown_label_space(self):
        with pytest.raises(ValueError, match="no label space 'diet': name one of class, species"):
            DrawnImages("animals", labels="diet")

    @pytest.mark.parametrize("wrong", (0, -3, 2.5))
    @pytest.mark.parametrize("what", ("n_per_class", "side"))
    def test_a_sample_size_of_zero(self, what, wrong):
        with pytest.raises(
            ValueError, match=rf"^{what} is {wrong}: give a whole number of at least"
        ):
            DrawnImages("birds", **{what: wrong})


def test_contact_sheet_has_a_row_a_class():
    sheet = contact_sheet("birds", side=24, columns=3)
    assert sheet.size == (48 + 3 * 24, 24 * len(Domain("birds").classes))


def test_regions_are_sampled_inside():
    region = {"range": (1, 2), "colour": (9, 8, 7), "choice": ("a", "b"), "constant": "c"}
    points = [domains.sample_region(region, np.random.default_rng(i)) for i in range(40)]
    assert all(1 <= point["range"] <= 2 for point in points)
    assert {point["choice"] for point in points} == {"a", "b"}
    assert {point["colour"] for point in points} == {(9, 8, 7)}


def test_families_are_those_of_the_design():
    expected = {"animals", "birds", "flowers", "textures", "shapes"}
    assert set(FAMILIES) == expected

"""Drawn domains: the same everywhere, lazy, and told apart by form, not by mean colour."""

import hashlib
import pickle

import numpy as np
import pytest
from sklearn.neighbors import NearestCentroid
from torch.utils.data import DataLoader

from scripts.contact_sheets import contact_sheet
from tlcourse.datasets.drawn import FAMILIES, Domain, DrawnImages, Factors
from tlcourse.datasets.drawn.domains import family_module
from tlcourse.datasets.drawn.factors import LIMITS, SINGLE

HASHES = {
    "animals": ["421ae21346f60fa8", "2e115951a36fcc49", "d8a1f386bab290fd"],
    "birds": ["cb7d338338ab9fb0", "fce36a33abed9f3c", "56bbf37ccc1ab5e6"],
    "flowers": ["d281b638931bb1d0", "0f5ee24b442cc244", "a416f76f844683b1"],
}
STYLES = {"shaded": "c454ea8c506a77ec", "flat": "2c934cfcb51d5c75", "sketch": "4916da5021371858"}
CALM = {"noise": 0, "blur": 0, "occlusion": 0, "shift": 0, "size": 1}
SEEN = (0, 8), (1, 4)  # seed, pictures a class
each_family = pytest.mark.parametrize("family", FAMILIES)


def digest(image):
    return hashlib.sha256(np.asarray(image).tobytes()).hexdigest()[:16]


def digests(images, indices):
    return [digest(images[index][0]) for index in indices]


class TestDeterminism:
    @pytest.mark.parametrize("family", HASHES)
    def test_hash_is_the_same_on_every_machine(self, family):
        assert digests(DrawnImages(family, seed=2026), (0, 7, 23)) == HASHES[family]

    @pytest.mark.parametrize("style", STYLES)
    def test_hash_of_each_style(self, style):
        domain = Domain("animals", Factors(style=style, blur=1.5, noise=0.1, occlusion=0.4))
        assert digest(domain.draw("lioness", seed=3, index=5)) == STYLES[style]

    def test_a_picture_depends_on_seed_and_index_alone(self):
        few, many = DrawnImages("birds", n_per_class=1), DrawnImages("birds", n_per_class=9)
        assert few.targets == many.targets[: len(few)]
        first = digests(few, range(4))
        assert digests(many, (3, 2, 1, 0)) == first[::-1]
        other = DrawnImages("birds", seed=1)
        assert len({*first, digest(other[0][0])}) == 5


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
        images = DrawnImages("birds", classes=["gull", "brown pelican"], n_per_class=2, side=16)
        loader = DataLoader(pickle.loads(pickle.dumps(images)), 3, collate_fn=list)
        assert [label for batch in loader for _, label in batch] == images.targets

    def test_species_and_kinds_of_animals_and_the_slides_birds(self):
        images = DrawnImages("animals", ["feline", "canine"], labels="kind", n_per_class=2)
        assert images.classes == ["feline", "canine"]
        assert DrawnImages("animals", labels="species").classes == ["cat", "dog", "lion", "wolf"]
        assert {"brown pelican", "white pelican", "gull"} <= set(Domain("birds").classes)


class TestFactors:
    def test_two_domains_draw_the_same_thing_under_their_own_looks(self):
        plain, stripes = (
            Domain("animals", Factors(background=kind, hue=0.6, **CALM)).draw("beagle", 4, 4)
            for kind in ("plain", "stripes")
        )
        same = (np.asarray(plain) == np.asarray(stripes)).all(axis=2)
        assert same[26:38, 26:38].all() and same.mean() < 0.8

    def test_turning_one_dial_leaves_the_other_factors(self):
        looks = [vars(Factors(blur=b).sample(np.random.default_rng(0))) for b in (0, (1, 3))]
        assert {name for name in looks[0] if looks[0][name] != looks[1][name]} == {"blur"}

    @each_family
    def test_mean_colour_tells_little_unless_the_background_is_tied(self, family):
        accuracies = []
        for factors in (Factors(), Factors(tie=1, occlusion=0, exposure=1)):
            domain = Domain(family, factors)
            train, test = (DrawnImages(domain, n_per_class=n, seed=s, side=16) for s, n in SEEN)
            colours = [images.pixels().mean(axis=(1, 2)) for images in (train, test)]
            nearest = NearestCentroid().fit(colours[0], train.targets)
            accuracies.append(nearest.score(colours[1], test.targets))
        assert accuracies[0] < 0.25
        assert accuracies[1] > 0.3 or family_module(family).FILLS

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
        wrong = [high + 1, low - 1, "much", (low, high, high)]
        wrong += [] if name in SINGLE else [(high, low)]
        for value in wrong:
            with pytest.raises(ValueError, match=rf"^{name} is .* between {low:g} and {high:g}\.$"):
                Factors(**{name: value})

    @pytest.mark.parametrize("name", ("background", "style"))
    def test_unknown_kind(self, name):
        for value in ("fog", ("plain", "fog"), ()):
            with pytest.raises(ValueError, match=rf"^{name} is .*: name one or more of "):
                Factors(**{name: value})

    @pytest.mark.parametrize(
        ("make", "said"),
        [
            (lambda: DrawnImages("fish"), "'fish' is not a drawn family: name one of animals,"),
            (lambda: DrawnImages("birds", ["gull", "dodo"]), "no class 'dodo': name one or more"),
            (lambda: Domain("birds").draw("dodo"), "birds has no class 'dodo'"),
            (lambda: DrawnImages("animals", labels="diet"), "no label space 'diet': name one of"),
            *(
                (lambda what=what, n=n: DrawnImages("birds", **{what: n}), f"^{what} is {n}: give")
                for what in ("n_per_class", "side")
                for n in (0, -3, 2.5)
            ),
        ],
    )
    def test_what_is_not_there_is_named(self, make, said):
        with pytest.raises(ValueError, match=said):
            make()


def test_contact_sheet_has_a_row_a_class():
    sheet = contact_sheet("birds", side=24, columns=1)
    assert sheet.size == (48 + 24, 24 * len(Domain("birds").classes))

"""A unit of a network: what excites it, and how far and where a picture of your own does."""

from functools import lru_cache
from html import escape

from PIL import Image

from tlcourse.datasets.photos import FAMILIES, TinyImageNet, default_root
from tlcourse.networks.backbones import load_backbone
from tlcourse.networks.occlusion import spotlight
from tlcourse.networks.units import PicturePool, excitation, maximised_picture
from tlcourse.plots.pictures import picture_html
from tlcourse.widgets.base import Explorer, chosen_html, control_row, readout_html
from tlcourse.widgets.choice import Choice
from tlcourse.widgets.dial import Dial
from tlcourse.widgets.picture_upload import PictureUpload

SHOWN_SOURCES = ("natural", "manmade", "drawn")
DRAWN, PHOTOGRAPHS = "drawn pictures", "photographs"
N_STRONGEST, PHOTOS_PER_CLASS = 6, 4
LARGE, SMALL = 180, 120  # sides of the tiles, in pixels
TILE = "display:block;width:{0}px;height:{0}px;image-rendering:pixelated"


class UnitExplorer(Explorer):
    """Source, layer and unit on controls, a button for a picture; what excites the unit below.

    Parameters
    ----------
    pool : PicturePool
        Drawn pictures to look through. Photographs are offered where Tiny ImageNet is on disk.
    source, layer : str
    unit : int
    picture : PIL image, optional
        In place of the student's own until one is chosen.
    seed : int
        Of the noise that the maximised picture starts from.

    Attributes
    ----------
    source, layer, pictures : Choice
    unit : Dial
        A new one for every layer, as layers have different numbers of units.
    upload : PictureUpload
    excitation : Excitation or None
        Of the present picture, None where there is none or it failed.
    """

    def __init__(self, pool, source="natural", layer="conv4_2", unit=0, picture=None, seed=0):
        self._pools, self._loaded, self._seed = {DRAWN: pool}, lru_cache(load_backbone), seed
        self.source = Choice("Source: the network was trained on", SHOWN_SOURCES, source)
        self.layer = Choice("Layer", self._backbone().default_layers, layer)
        self.pictures = Choice("Pictures to look through", (DRAWN, PHOTOGRAPHS), None, _missing())
        self.upload = PictureUpload("Your own picture", picture)
        self.unit = self._unit_dial(unit)
        self.layer.observe(self._new_layer, "value")
        self.upload.observe(self._update, "picture")
        self._below = control_row((self.unit, self.upload))
        super().__init__([self.source, self.pictures])
        choices, readout = self.children
        self.children = choices, self.layer, self._below, readout

    def _unit_dial(self, unit):
        last = self._backbone().layer_sizes[self.layer.value] - 1
        dial = Dial(f"Unit of {self.layer.value}", min(unit, last), 0, last, 1)
        dial.observe(self._update, "value")
        return dial

    def _new_layer(self, _change):
        old, self.unit = self.unit, self._unit_dial(int(self.unit.value))
        self._below.children = (self.unit, self.upload)
        old.layout.close()
        old.close()
        self._update()

    def _backbone(self):
        return self._loaded(self.source.value)

    def _pool(self):
        name = self.pictures.value
        if name not in self._pools:
            self._pools[name] = photographs()
        return self._pools[name]

    def _failed(self):
        self.excitation = None

    def _answer(self):
        self.excitation, layer, unit = None, self.layer.value, int(self.unit.value)
        backbone, pool = self._backbone(), self._pool()
        made = Image.fromarray(maximised_picture(backbone, layer, unit, self._seed))
        strongest = pool.strongest(backbone, layer, unit, N_STRONGEST)
        tiles = [(made, "made to excite it", "the picture made by gradient ascent")]
        words = f"Unit {unit} of {layer}, network trained on {self.source.value}."
        if self.upload.picture is not None:
            self.excitation = excitation(backbone, self.upload.picture, layer, unit)
            below = pool.share_below(backbone, layer, unit, self.excitation.strength)
            tiles += _own_tiles(self.excitation)
            words += _in_words(self.excitation.strength, below, self.pictures.value)
        rows = _row("", tiles, LARGE)
        rows += _row(f"What it sees of the strongest of {len(pool)}:", _tiles(strongest), SMALL)
        return readout_html(words, body=rows)

    def to_html(self):
        """What a page without a kernel shows."""
        controls = (self.source, self.pictures, self.layer, self.unit)
        return chosen_html(controls) + self._readout.value


def photographs():
    """Photographs of the target families, as a PicturePool."""
    sets = (TinyImageNet(family, "val", per_class=PHOTOS_PER_CLASS) for family in FAMILIES)
    return PicturePool(item for each in sets for item in each)


def _missing():
    if (default_root() / "val").is_dir():
        return {}
    return {PHOTOGRAPHS: "Tiny ImageNet is not on this machine, and is not ours to give."}


def _in_words(strength, below, pool):
    if strength == 0:
        return " Your picture does not excite it at all."
    return (
        f" Your picture excites it with {strength:.2f}; {int(100 * below)}% of the {pool} excite "
        "it less."
    )


def _tiles(sightings):
    return [
        (each.patch, f"{each.strength:.2f}", f"number {place}, activation {each.strength:.2f}")
        for place, each in enumerate(sightings, start=1)
    ]


def _own_tiles(found):
    seen, lit = (Image.fromarray(each) for each in (found.seen, spotlight(found.seen, found.where)))
    return [
        (seen, "your picture, as it is seen", "your picture as the network sees it"),
        (lit, "bright where it excites", "your picture, bright where it excites the unit"),
    ]


def _row(title, tiles, side):
    figures = "".join(
        '<figure style="margin:0;text-align:center;font-size:16px">'
        f"{picture_html(picture, alt, TILE.format(side))}"
        f"<figcaption>{escape(caption)}</figcaption></figure>"
        for picture, caption, alt in tiles
    )
    return (
        f'<div style="margin-top:8px;font-weight:600">{escape(title)}</div>'
        f'<div style="display:flex;flex-wrap:wrap;gap:12px">{figures}</div>'
    )

"""What is known of each of the nine data sets: size, protocol, host, checksum, terms, traps.

Sizes and protocols are those of Garcia-Gasulla et al., arXiv 1705.07706, and of each data set's
own page. Where torchvision has a loader, folder, address and checksum are torchvision's, so that a
copy that torchvision downloaded is found as well.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from tlcourse.downloads import RemoteFile


@dataclass(frozen=True)
class HostedFile(RemoteFile):
    """One file of a data set: of an archive ``top`` is taken, and ``inner`` in it unpacked."""

    top: str = ""
    inner: str = ""


@dataclass(frozen=True)
class Card:
    """One of the nine data sets, with the images and classes that its protocol uses.

    ``train`` and ``test`` are those of the first fold; ``warning`` is what makes results on it
    doubtful; ``file_list`` is a source that names, one a line, further files beside it.
    """

    name: str
    title: str
    folder: str
    images: int
    classes: int
    train: int
    test: int
    folds: int
    protocol: str
    page: str
    terms: str
    sources: tuple[HostedFile, ...]
    warning: str = ""
    file_list: str = ""

    @property
    def size(self):
        """Megabytes to download, about."""
        return sum(source.size for source in self.sources)


def _cards():
    known = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    for name, card in known.items():
        sources = tuple(HostedFile(**source) for source in card.pop("sources"))
        yield name, Card(name, **card, sources=sources)


CARDS = dict(_cards())


def card_of(name):
    """The card of one of the nine; a ValueError names them."""
    if name not in CARDS:
        raise ValueError(f"There is no benchmark {name!r}: choose from {', '.join(CARDS)}.")
    return CARDS[name]

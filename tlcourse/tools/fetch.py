"""The verb ``fetch``: weights, Places365's networks and data sets by name, terms first."""

import sys

from tlcourse.archives import ArchiveError
from tlcourse.datasets import benchmarks
from tlcourse.datasets.benchmarks.fetching import megabytes
from tlcourse.downloads import DownloadError
from tlcourse.networks import places365
from tlcourse.networks.backbones import fetch_weights
from tlcourse.networks.weights import WeightsError


class NotAgreed(RuntimeError):
    """The terms were not agreed to."""


def fetch(arguments):
    """Bring everything that is named; returns the exit status.

    Parameters
    ----------
    arguments : list of str
        Names, and ``--yes`` to agree to the terms of all of them beforehand.
    """
    agreed = "--yes" in arguments
    names = [word for word in arguments if word != "--yes"]
    if not names:
        print(f"tlcourse: name what to fetch.\n{what_there_is()}", file=sys.stderr)
        return 2
    try:
        for name in names:
            fetch_one(name, agreed)
    except (ValueError, WeightsError, DownloadError, ArchiveError, NotAgreed) as problem:
        print(f"tlcourse: {problem}", file=sys.stderr)
        return 1
    return 0


def what_there_is():
    """The names that ``fetch`` knows, with sizes, as text."""
    sizes = [f"{card.name} ({megabytes(card.size)})" for card in benchmarks.CARDS.values()]
    networks = [f"{name}_places365 ({megabytes(size)})" for name, size in places365.SIZES.items()]
    return (
        f"  data sets  {', '.join(sizes)}\n"
        f"  Places365  {', '.join(networks)}\n"
        "  ImageNet   any network of torchvision: vgg16, alexnet, resnet50, ...\n"
        "  timm       any network of timm: timm:convnext_tiny, timm:vit_base_patch16_224, ..."
    )


def fetch_one(name, agreed=False):
    """Bring one thing, once its terms were shown and agreed to, and print where it is."""
    if name in benchmarks.BENCHMARKS:
        _fetch_data_set(name, agreed)
    elif name in places365.NAMES:
        if not places365.file_of(name).exists():
            agree(places365.terms_of(name), agreed)
        print(f"{name}: {places365.fetch_places365(name)}", flush=True)
    else:
        print(f"{name}: {_weights(name)}", flush=True)


def _weights(name):
    try:
        return fetch_weights(name)
    except ValueError as problem:
        raise ValueError(f"{problem} Also to be fetched:\n{what_there_is()}") from problem


def _fetch_data_set(name, agreed):
    if benchmarks.state_of(name).word == "absent":
        agree(benchmarks.terms_of(name), agreed)
    folder = benchmarks.fetch_benchmark(name)
    benchmark = benchmarks.read_benchmark(name)
    print(f"{name}: {folder}, {len(benchmark.images):,} images", flush=True)
    for note in benchmark.notes:
        print(f"  {note}", flush=True)


def agree(terms, agreed):
    """Show the terms, and ask unless they were agreed to beforehand."""
    print(terms, flush=True)
    if agreed:
        return
    if not sys.stdin.isatty():
        raise NotAgreed(
            "nothing was fetched: add --yes to agree to these terms without a terminal."
        )
    if input("Fetch it on these terms? [y/N] ").strip().lower() not in ("y", "yes"):
        raise NotAgreed("nothing was fetched.")

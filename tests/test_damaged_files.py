"""Entries of the feature cache with any byte altered: they are as they were, or are not used."""

import numpy as np
import pytest

from tlcourse.features import cache

pytestmark = pytest.mark.filterwarnings("ignore")


def damaged(content):
    """Copies of some bytes, each with one of them altered, or, of every third, cut off there."""
    for place, byte in enumerate(content):
        yield content[:place] + bytes([byte ^ 1 << (0, 4, 7)[place % 3]]) + content[place + 1 :]
        if place % 3 == 0:
            yield content[:place]


@pytest.fixture(params=[0, 1, 2], ids=["float16", "8 bits", "8 bits below 0"])
def entry(request, tmp_path):
    file = tmp_path / "entry.npz"
    matrix = np.random.default_rng(0).gamma(0.3, 2, (4, 5)).astype(np.float32)
    matrix -= request.param == 2
    labels, about = np.arange(4) % 2, {"backbone": "natural"}
    cache.write_file(file, matrix, labels, ["a", "b"], {"x": 2, "y": 3}, about, request.param > 0)
    return file


def test_any_byte_altered(entry):
    whole, content = cache.read_file(entry), entry.read_bytes()
    for altered in damaged(content):
        entry.write_bytes(altered)
        read = cache.read_file(entry)
        assert read is None or all(np.array_equal(read[key], whole[key]) for key in read | whole)


def test_a_foreign_entry_or_one_that_lost_an_array_is_not_used(entry):
    with np.load(entry) as whole:
        arrays = dict(whole)
    np.savez(entry, **{**arrays, "about": np.array('{"format": 0}')})
    assert cache.read_file(entry) is None
    for lost in arrays:
        np.savez(entry, **{name: array for name, array in arrays.items() if name != lost})
        assert cache.read_file(entry) is None

"""Files of the cache with any one byte altered: they are as they were, or are not used.

What a fuzz of half an hour found first stands by name; see each test.
"""

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from tlcourse.features import cache
from tlcourse.networks import weights
from tlcourse.networks.weights import WeightsError

pytestmark = pytest.mark.filterwarnings("ignore")


def damaged(content, until=None):
    """Copies of some bytes, each with one of them altered, or, of every third, cut off there."""
    for place in range(len(content) if until is None else until):
        altered = content[place] ^ 1 << (0, 4, 7)[place % 3]
        yield content[:place] + bytes([altered]) + content[place + 1 :]
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


def same(one, other):
    return one.keys() == other.keys() and all(np.array_equal(one[k], other[k]) for k in one)


def test_entry_of_features(entry):
    whole, content = cache.read_file(entry), entry.read_bytes()
    for altered in damaged(content):
        entry.write_bytes(altered)
        read = cache.read_file(entry)
        assert read is None or same(read, whole)


def test_a_foreign_entry_or_one_that_lost_an_array_is_not_used(entry):
    with np.load(entry) as whole:
        arrays = dict(whole)
    foreign = {**arrays, "about": np.array('{"format": 0}')}
    np.savez(entry, **foreign)
    assert cache.read_file(entry) is None
    for lost in arrays:
        np.savez(entry, **{name: array for name, array in arrays.items() if name != lost})
        assert cache.read_file(entry) is None


def test_the_checksum_is_read_where_the_directory_gives_a_larger_size(entry):
    content = entry.read_bytes()
    for name in (b"values.npy", b"labels.npy", b"about.npy"):
        size = content.rindex(name) - 46 + 20  # of a member, packed and unpacked, in the directory
        altered = bytearray(content)
        altered[size : size + 8] = b"\0\0\1\0" * 2
        altered[content.index(name) + 60] ^= 1
        entry.write_bytes(bytes(altered))
        assert cache.read_file(entry) is None


def test_header_of_safetensors(tmp_path):
    def small_network():
        return nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2), nn.BatchNorm1d(2))

    expected, file = small_network().state_dict(), tmp_path / "own.safetensors"
    save_file(expected, file)
    content = file.read_bytes()
    for altered in damaged(content, until=8 + int.from_bytes(content[:8], "little")):
        file.write_bytes(altered)
        try:
            read = weights.load_into(small_network(), weights.read_file(file), file).state_dict()
        except WeightsError:
            continue
        assert all(torch.equal(read[key], expected[key]) for key in expected)

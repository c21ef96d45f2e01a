"""Folders that cannot be written: a sentence where it matters, a warning where nothing is lost.

And entries of the feature cache with any byte altered: as they were, or not used.
"""

import re

import numpy as np
import pytest

from tlcourse import paths
from tlcourse.datasets.benchmarks.readable import left_out
from tlcourse.features import cache
from tlcourse.paths import CannotWrite
from tlcourse.tables.cells import make_cells
from tlcourse.tables.sweep import run_sweep


@pytest.fixture
def taken(tmp_path):
    file = tmp_path / "taken"
    file.write_text("mine", encoding="utf-8")
    return file


class TestCannotWrite:
    def test_a_folder_below_a_file_and_the_variable_that_names_it(self, taken, monkeypatch):
        with pytest.raises(CannotWrite) as refused, paths.write_whole(taken / "a" / "b.json"):
            pass
        said = f"{taken / 'a'} cannot be written (Not a directory): name another folder."
        assert str(refused.value) == said
        assert isinstance(refused.value, OSError) and isinstance(refused.value, ValueError)
        for variable in ("TLCOURSE_CACHE", "TLCOURSE_DATA"):
            monkeypatch.setenv(variable, str(taken))
            with pytest.raises(CannotWrite, match=f"set {variable} to a folder that can be writt"):
                paths.writable_folder(taken / "inside")

    @pytest.mark.parametrize("problem", [PermissionError(13, "not allowed"), KeyError("a")])
    def test_of_a_write_that_fails_nothing_stays(self, tmp_path, problem):
        becomes = CannotWrite if isinstance(problem, OSError) else KeyError
        with pytest.raises(becomes), paths.write_whole(tmp_path / "a.json") as part:
            part.touch()
            raise problem
        assert not list(tmp_path.iterdir())

    def test_a_tilde_is_the_home(self, tmp_path, monkeypatch):
        for variable in ("HOME", "USERPROFILE"):
            monkeypatch.setenv(variable, str(tmp_path))
        monkeypatch.setenv("TLCOURSE_CACHE", "~/cache")
        monkeypatch.setenv("TLCOURSE_DATA", "~/data")
        assert paths.cache_folder() == tmp_path / "cache"
        assert paths.data_folder() == tmp_path / "data"
        assert paths.writable_folder("~/new") == tmp_path / "new"
        paths.write_text("~/b.txt", "b")
        assert {"new", "b.txt"} <= {each.name for each in tmp_path.iterdir()}


def test_with_a_cache_that_is_a_file_lessons_go_on_and_say_so(taken, monkeypatch):
    monkeypatch.setenv("TLCOURSE_CACHE", str(taken))
    with pytest.warns(UserWarning, match="cannot be written .Not a directory.: set TLCOURSE_CACHE"):
        assert list(left_out([taken], "mine")) == [taken]
    cells = make_cells("natural", "insects", "fc7", seeds=(0,), C=1)
    with pytest.warns(UserWarning, match=re.escape(f"{taken / 'sweeps'} cannot be written")):
        assert len(run_sweep(cells)) == 1


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


@pytest.mark.filterwarnings("ignore")
def test_any_byte_of_an_entry_altered(entry):
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

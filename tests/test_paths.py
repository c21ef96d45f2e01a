"""Folders that cannot be written: a sentence where it matters, a warning where nothing is lost."""

import re

import pytest

from tlcourse import paths
from tlcourse.datasets.benchmarks.readable import left_out
from tlcourse.paths import CannotWrite
from tlcourse.tables.cells import make_cells
from tlcourse.tables.sweep import SweepStore, run_sweep


@pytest.fixture
def taken(tmp_path):
    file = tmp_path / "taken"
    file.write_text("mine", encoding="utf-8")
    return file


class TestCannotWrite:
    def test_a_folder_below_a_file(self, taken):
        with pytest.raises(CannotWrite) as refused, paths.write_whole(taken / "a" / "b.json"):
            pass
        said = f"{taken / 'a'} cannot be written (Not a directory): name another folder."
        assert str(refused.value) == said
        assert isinstance(refused.value, OSError) and isinstance(refused.value, ValueError)

    @pytest.mark.parametrize("variable", ["TLCOURSE_CACHE", "TLCOURSE_DATA"])
    def test_the_variable_that_names_the_folder_is_named(self, taken, monkeypatch, variable):
        monkeypatch.setenv(variable, str(taken))
        with pytest.raises(CannotWrite, match=f"set {variable} to a folder that can be written"):
            paths.writable_folder(taken / "inside")

    @pytest.mark.parametrize(
        ("problem", "becomes", "said"),
        [
            (PermissionError(13, "Permission denied"), CannotWrite, "Permission denied.: name"),
            (KeyError("a"), KeyError, "a"),
        ],
    )
    def test_of_a_write_that_fails_nothing_stays(self, tmp_path, problem, becomes, said):
        with pytest.raises(becomes, match=said), paths.write_whole(tmp_path / "a.json") as part:
            part.touch()
            raise problem
        assert not list(tmp_path.iterdir())

    def test_a_full_disk_that_takes_an_empty_file_is_seen(self, tmp_path, monkeypatch):
        def full(*arguments):
            raise OSError(28, "No space left on device")

        folder = paths.writable_folder(tmp_path / "new" / "one")
        assert folder.is_dir() and not list(folder.iterdir())
        monkeypatch.setattr(type(tmp_path), "write_bytes", full)
        with pytest.raises(CannotWrite, match="No space left on device"):
            paths.writable_folder(folder)
        assert not list(folder.iterdir())

    def test_a_tilde_is_the_home(self, tmp_path, monkeypatch):
        for variable in ("HOME", "USERPROFILE"):
            monkeypatch.setenv(variable, str(tmp_path))
        monkeypatch.setenv("TLCOURSE_CACHE", "~/cache")
        monkeypatch.setenv("TLCOURSE_DATA", "~/data")
        assert paths.cache_folder() == tmp_path / "cache"
        assert paths.data_folder() == tmp_path / "data"
        assert SweepStore("~/store").folder == tmp_path / "store"
        paths.write_text("~/b.txt", "b")
        assert {"store", "b.txt"} <= {each.name for each in tmp_path.iterdir()}


def test_a_store_that_becomes_unwritable_later_is_a_warning(tmp_path):
    store = SweepStore(tmp_path / "store")
    (tmp_path / "store").rmdir()
    (tmp_path / "store").touch()
    with pytest.warns(UserWarning, match="Not kept for the next time: .*store cannot be"):
        store.write("key", {"a": 1})


def test_with_a_cache_that_is_a_file_lessons_go_on_and_say_so(taken, monkeypatch):
    monkeypatch.setenv("TLCOURSE_CACHE", str(taken))
    with pytest.warns(UserWarning, match="cannot be written .Not a directory.: set TLCOURSE_CACHE"):
        assert list(left_out([taken], "mine")) == [taken]
    cells = make_cells("natural", "insects", "fc7", seeds=(0,), C=1)
    with pytest.warns(UserWarning, match=re.escape(f"{taken / 'sweeps'} is not a folder")):
        assert len(run_sweep(cells)) == 1

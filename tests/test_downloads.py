"""Downloads that go on where they broke off, and archives that stay inside their folder."""

import gzip
import hashlib
import tarfile
import zipfile

import pytest
from benchmark_archives import tar

from tlcourse import downloads
from tlcourse.archives import ArchiveError, staging, unpack
from tlcourse.downloads import DownloadError, RemoteFile, download

CONTENT = bytes(range(256)) * 4
MD5 = hashlib.md5(CONTENT).hexdigest()
RECORD = f"{hashlib.sha256(CONTENT).hexdigest()}  data.bin\n"
PAGE = "https://official.example/page"


@pytest.fixture
def server(server, monkeypatch):
    monkeypatch.setattr(downloads, "CHUNK", 50)
    server.files["data.bin"] = CONTENT
    return server


@pytest.fixture
def fetch(server, tmp_path):
    """Downloads the file, into the folder of the test unless another is named."""

    def fetch(folder=tmp_path, md5="", **options):
        remote = RemoteFile(server.url("data.bin"), 0.001, md5)
        return download(remote, folder, PAGE, **{"pause": 0, **options})

    return fetch


def names(folder):
    return sorted(file.name for file in folder.iterdir())


class TestDownload:
    @pytest.mark.parametrize(
        ("marks", "breaks", "statuses", "asked"),
        [
            (True, [100, 300], [], ["", "bytes=100-", "bytes=400-"]),
            (False, [500], [], ["", ""]),  # a host that tells no versions apart
            (True, [], [503, 429], ["", "", ""]),  # one that is busy
            (True, [100] * 8, [], ["", *(f"bytes={n}00-" for n in range(1, 9))]),  # gains count
        ],
    )
    def test_a_broken_one_goes_on_from_its_end(self, server, fetch, marks, breaks, statuses, asked):
        server.marks, server.breaks, server.statuses = marks, breaks, statuses
        assert fetch(tries=3 if statuses else 1).read_bytes() == CONTENT
        assert [each for _, each in server.asked] == asked

    @pytest.mark.parametrize("changed", [False, True])
    def test_what_an_earlier_run_left_is_used_if_same(self, server, fetch, tmp_path, changed):
        server.breaks = [500]
        with pytest.raises(DownloadError, match="run the same command again and it goes on"):
            fetch(tries=0)
        assert (tmp_path / "data.bin.part").read_bytes() == CONTENT[:500]
        server.files["data.bin"] = CONTENT[::-1] if changed else CONTENT
        assert fetch().read_bytes() == server.files["data.bin"]
        assert server.asked[-1][1] == "bytes=500-"

    def test_killed_after_the_last_byte(self, fetch, tmp_path):
        (tmp_path / "data.bin.part").write_bytes(CONTENT)
        (tmp_path / "data.bin.part.version").write_text(f'"{MD5}"')
        assert fetch(md5=MD5).read_bytes() == CONTENT
        assert names(tmp_path) == ["data.bin"]

    @pytest.mark.parametrize(("status", "said"), [(404, "404 .*may have moved"), (0, "a web page")])
    def test_a_moved_address_says_what_to_put_where(self, server, fetch, tmp_path, status, said):
        server.statuses, server.content_type = [status], "text/html; charset=utf-8"
        with pytest.raises(DownloadError, match=said) as seen:
            fetch()
        assert f"from {PAGE} by hand, put it into {tmp_path}" in str(seen.value)
        assert len(server.asked) == 1 and names(tmp_path) == []

    def test_a_folder_that_cannot_be_made(self, fetch, tmp_path):
        (tmp_path / "taken").write_text("a file")
        with pytest.raises(DownloadError, match="cannot be written .*TLCOURSE_DATA"):
            fetch(tmp_path / "taken" / "inner")


class TestChecksums:
    def test_an_altered_download_is_not_kept(self, fetch, tmp_path):
        with pytest.raises(DownloadError, match=r"published checksum.*truncated or altered"):
            fetch(md5=hashlib.md5(b"other").hexdigest())
        assert names(tmp_path) == []

    def test_a_file_put_there_by_hand_is_taken_if_it_is_the_one(self, server, fetch, tmp_path):
        (tmp_path / "data.bin").write_bytes(CONTENT)
        assert fetch(md5=MD5).exists()
        (tmp_path / "data.bin").write_bytes(CONTENT[:-1])
        with pytest.raises(DownloadError, match="delete it, then fetch again"):
            fetch(md5=MD5)
        assert names(tmp_path) == ["data.bin"] and server.asked == []

    @pytest.mark.parametrize("left", [b"", b"\n", b" "])  # by a run that was killed
    def test_without_a_published_checksum_changes_are_seen(self, server, fetch, tmp_path, left):
        (tmp_path / "data.bin.sha256").write_bytes(left)
        file = fetch()
        assert (tmp_path / "data.bin.sha256").read_text() == RECORD
        file.unlink()
        server.files["data.bin"] = CONTENT[::-1]
        with pytest.raises(DownloadError, match="delete data.bin.sha256 too if .* renewed"):
            fetch()
        assert names(tmp_path) == ["data.bin.sha256"]
        server.files["data.bin"] = CONTENT
        (tmp_path / "data.bin.sha256").write_text(RECORD[:9])  # cut short: no longer a proof
        with pytest.raises(DownloadError, match="truncated or altered"):
            fetch()


def make(folder, suffix, *members):
    """An archive of (name or TarInfo or ZipInfo, content), of the kind that the suffix names."""
    file = folder / f"archive{suffix}"
    if suffix == ".zip":
        with zipfile.ZipFile(file, "w") as archive:
            for member in members:
                archive.writestr(*member)
    else:
        file.write_bytes(tar(dict(members), "w:gz" if suffix == ".tgz" else "w"))
    return file


def special(info, **about):
    for name, value in about.items():
        setattr(info, name, value)
    return info


def tar_link(kind, target="../../outside"):
    return special(tarfile.TarInfo("evil"), type=kind, linkname=target)


def assert_refused(archive, words):
    """Nothing of it stays."""
    folder = archive.parent
    with pytest.raises(ArchiveError, match=words), staging(folder / "inner" / "out") as out:
        unpack(archive, out)
    assert {file.name for file in folder.rglob("*")} == {archive.name, "inner"}


EVIL = ["../evil", "a/../../evil", "/evil", "C:evil", "a\\b"]
FORMATS = ".tar", ".tgz", ".zip"
each_format = pytest.mark.parametrize("suffix", FORMATS)


class TestUnpack:
    @each_format
    def test_files_and_folders_or_what_lies_below_one(self, tmp_path, suffix):
        members = (("top/a/b.txt", b"one"), ("topping/c.txt", b"two"), ("d.txt", b"three"))
        archive = make(tmp_path, suffix, *members)
        unpack(archive, tmp_path / "out")
        assert all((tmp_path / "out" / name).read_bytes() == content for name, content in members)
        unpack(archive, tmp_path / "top", top="top")
        assert names(tmp_path / "top") == ["a"]
        assert (tmp_path / "top/a/b.txt").read_bytes() == b"one"

    @pytest.mark.parametrize(
        ("suffix", "member", "said"),
        [
            *((form, name, "would lie outside its folder") for form in FORMATS for name in EVIL),
            (".tar", tar_link(tarfile.LNKTYPE), "'evil' is a link"),
            (".tar", tar_link(tarfile.FIFOTYPE), "'evil' is a device or a pipe"),
            (".tgz", tar_link(tarfile.SYMTYPE, "good"), "'evil' is a link"),
            (".zip", special(zipfile.ZipInfo("evil"), external_attr=0o120777 << 16), "is a link"),
        ],
    )
    def test_nothing_leads_outside_or_is_a_link_or_device(self, tmp_path, suffix, member, said):
        content = b"../outside" if suffix == ".zip" else b""
        assert_refused(make(tmp_path, suffix, ("good", b"first"), (member, content)), said)

    @each_format
    @pytest.mark.parametrize(
        "content", [None, b"", b"<html>gone</html>", gzip.compress(b"no tar", mtime=0)]
    )
    def test_truncated_or_no_archive(self, tmp_path, suffix, content):
        archive = make(tmp_path, suffix, *((f"{n}.bin", CONTENT * 3) for n in range(4)))
        whole = archive.read_bytes()
        archive.write_bytes(whole[: len(whole) // 2] if content is None else content)
        assert_refused(archive, "truncated, altered or no archive.*fetch again")

    def test_what_was_left_is_cleared_first(self, tmp_path):
        (tmp_path / "out" / "old").mkdir(parents=True)
        with staging(tmp_path / "out") as out:
            assert names(out) == []
        assert not out.exists()

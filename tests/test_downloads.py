"""Downloads that go on where they broke off, and archives that stay inside their folder."""

import gzip
import hashlib
import io
import tarfile
import zipfile

import pytest
from file_server import file_server

from tlcourse import downloads
from tlcourse.archives import ArchiveError, staging, unpack
from tlcourse.downloads import DownloadError, RemoteFile, download

CONTENT = bytes(range(256)) * 4
PAGE = "https://official.example/page"


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(downloads, "CHUNK", 50)
    with file_server() as served:
        served.files["data.bin"] = CONTENT
        yield served


def remote(server, md5=""):
    return RemoteFile(server.url("data.bin"), 0.001, md5)


def md5(content):
    return hashlib.md5(content).hexdigest()


def names(folder):
    return sorted(file.name for file in folder.iterdir())


class TestDownload:
    def test_whole_and_nothing_beside_it(self, server, tmp_path):
        file = download(remote(server, md5(CONTENT)), tmp_path / "new", PAGE)
        assert file.read_bytes() == CONTENT
        assert names(file.parent) == ["data.bin"]

    def test_a_broken_download_goes_on_from_its_end(self, server, tmp_path):
        server.breaks = [100, 300]
        file = download(remote(server), tmp_path, PAGE, pause=0)
        assert file.read_bytes() == CONTENT
        assert [asked for _, asked in server.asked] == ["", "bytes=100-", "bytes=400-"]

    def test_what_an_earlier_run_left_is_used(self, server, tmp_path):
        server.breaks = [500]
        with pytest.raises(DownloadError, match="run the same command again and it goes on"):
            download(remote(server), tmp_path, PAGE, tries=0)
        assert (tmp_path / "data.bin.part").read_bytes() == CONTENT[:500]
        assert download(remote(server), tmp_path, PAGE).read_bytes() == CONTENT
        assert server.asked[-1][1] == "bytes=500-"

    def test_a_file_that_changed_meanwhile_is_not_patched_together(self, server, tmp_path):
        server.breaks = [500]
        with pytest.raises(DownloadError):
            download(remote(server), tmp_path, PAGE, tries=0)
        server.files["data.bin"] = CONTENT[::-1]
        assert download(remote(server), tmp_path, PAGE).read_bytes() == CONTENT[::-1]

    def test_a_host_that_marks_no_versions_is_asked_for_all_of_it(self, server, tmp_path):
        server.marks, server.breaks = False, [500]
        assert download(remote(server), tmp_path, PAGE, pause=0).read_bytes() == CONTENT
        assert [asked for _, asked in server.asked] == ["", ""]

    def test_killed_after_the_last_byte(self, server, tmp_path):
        (tmp_path / "data.bin.part").write_bytes(CONTENT)
        (tmp_path / "data.bin.part.version").write_text(f'"{md5(CONTENT)}"')
        assert download(remote(server), tmp_path, PAGE).read_bytes() == CONTENT
        assert names(tmp_path) == ["data.bin", "data.bin.sha256"]

    def test_only_failures_without_progress_count(self, server, tmp_path):
        server.breaks = [100] * 8
        assert download(remote(server), tmp_path, PAGE, tries=1, pause=0).read_bytes() == CONTENT

    def test_a_busy_host_is_asked_again(self, server, tmp_path):
        server.statuses = [503, 429]
        assert download(remote(server), tmp_path, PAGE, pause=0).read_bytes() == CONTENT

    def test_no_host(self, server, tmp_path):
        nobody = RemoteFile("http://127.0.0.1:9/data.bin", 1)
        with pytest.raises(DownloadError, match=r"127\.0\.0\.1:9/data\.bin \(.*refused.*by hand"):
            download(nobody, tmp_path, PAGE, tries=2, pause=0)
        assert names(tmp_path) == []

    @pytest.mark.parametrize("status", [404, 403])
    def test_a_moved_address_says_what_to_put_where(self, server, tmp_path, status):
        server.statuses = [status]
        with pytest.raises(DownloadError, match=f"{status} .*may have moved") as seen:
            download(remote(server), tmp_path, PAGE)
        assert f"from {PAGE} by hand, put it into {tmp_path}" in str(seen.value)
        assert len(server.asked) == 1 and names(tmp_path) == []

    def test_a_web_page_is_not_the_file(self, server, tmp_path):
        server.content_type = "text/html; charset=utf-8"
        with pytest.raises(DownloadError, match="a web page came instead of the file"):
            download(remote(server), tmp_path, PAGE)
        assert names(tmp_path) == []

    def test_a_folder_that_cannot_be_made(self, server, tmp_path):
        (tmp_path / "taken").write_text("a file")
        with pytest.raises(DownloadError, match="cannot be written .*TLCOURSE_DATA"):
            download(remote(server), tmp_path / "taken" / "inner", PAGE)


class TestChecksums:
    def test_an_altered_download_is_not_kept(self, server, tmp_path):
        with pytest.raises(DownloadError, match=r"published checksum.*truncated or altered"):
            download(remote(server, md5(b"other")), tmp_path, PAGE)
        assert not list(tmp_path.glob("data.bin*"))

    def test_a_file_put_there_by_hand_is_taken(self, server, tmp_path):
        (tmp_path / "data.bin").write_bytes(CONTENT)
        assert download(remote(server, md5(CONTENT)), tmp_path, PAGE).exists()
        assert server.asked == []

    def test_a_wrong_file_put_there_by_hand_is_refused_and_left(self, server, tmp_path):
        (tmp_path / "data.bin").write_bytes(CONTENT[:-1])
        with pytest.raises(DownloadError, match="delete it, then fetch again"):
            download(remote(server, md5(CONTENT)), tmp_path, PAGE)
        assert names(tmp_path) == ["data.bin"]

    @pytest.mark.parametrize("record", [b"", b"\n", b" "])
    def test_an_empty_record_is_written_again(self, server, tmp_path, record):
        (tmp_path / "data.bin").write_bytes(CONTENT)
        (tmp_path / "data.bin.sha256").write_bytes(record)
        download(remote(server), tmp_path, PAGE)
        written = (tmp_path / "data.bin.sha256").read_text()
        assert written == f"{hashlib.sha256(CONTENT).hexdigest()}  data.bin\n"

    def test_a_record_appears_only_when_whole(self, server, tmp_path, monkeypatch):
        def full(self, *arguments, **options):
            self.touch()
            raise OSError(28, "No space left on device")

        (tmp_path / "data.bin").write_bytes(CONTENT)
        monkeypatch.setattr(type(tmp_path), "write_text", full)
        with pytest.raises(DownloadError, match="No space left on device.*make room"):
            download(remote(server), tmp_path, PAGE)
        assert names(tmp_path) == ["data.bin"]

    def test_without_a_published_checksum_later_changes_are_seen(self, server, tmp_path):
        file = download(remote(server), tmp_path, PAGE)
        record = (tmp_path / "data.bin.sha256").read_text()
        assert record == f"{hashlib.sha256(CONTENT).hexdigest()}  data.bin\n"
        file.unlink()
        server.files["data.bin"] = CONTENT[::-1]
        with pytest.raises(DownloadError, match="delete data.bin.sha256 too if .* renewed"):
            download(remote(server), tmp_path, PAGE)
        assert names(tmp_path) == ["data.bin.sha256"]


def tar_of(file, *members):
    """A tar archive of (TarInfo or name, content); compressed by the file's suffix."""
    with tarfile.open(file, "w:gz" if file.suffix == ".tgz" else "w") as archive:
        for member, content in members:
            info = member if isinstance(member, tarfile.TarInfo) else tarfile.TarInfo(member)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return file


def zip_of(file, *members):
    with zipfile.ZipFile(file, "w") as archive:
        for member, content in members:
            archive.writestr(member, content)
    return file


def special(kind, name="evil", target="../../outside"):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def make(folder, suffix, *members):
    return (zip_of if suffix == ".zip" else tar_of)(folder / f"archive{suffix}", *members)


each_format = pytest.mark.parametrize("suffix", [".tar", ".tgz", ".zip"])


class TestUnpack:
    @each_format
    def test_files_and_folders(self, tmp_path, suffix):
        archive = make(tmp_path, suffix, ("a/b.txt", b"one"), ("a/c/d.txt", b"two"))
        unpack(archive, tmp_path / "out")
        assert (tmp_path / "out/a/b.txt").read_bytes() == b"one"
        assert (tmp_path / "out/a/c/d.txt").read_bytes() == b"two"

    @each_format
    def test_only_what_lies_below_a_folder(self, tmp_path, suffix):
        members = (("top/b.txt", b"one"), ("topping/c.txt", b"two"), ("d.txt", b"three"))
        unpack(make(tmp_path, suffix, *members), tmp_path / "out", top="top")
        assert names(tmp_path / "out") == ["b.txt"]

    @each_format
    @pytest.mark.parametrize(
        "name", ["../evil", "a/../../evil", "/evil", "C:/evil", "C:evil", "..\\evil", "a\\b"]
    )
    def test_names_that_lead_outside(self, tmp_path, suffix, name):
        archive = make(tmp_path, suffix, ("good", b"first"), (name, b"evil"))
        with pytest.raises(ArchiveError, match="would lie outside its folder"):
            with staging(tmp_path / "inner" / "out") as out:
                unpack(archive, out)
        assert {file.name for file in tmp_path.rglob("*")} == {archive.name, "inner"}

    @pytest.mark.parametrize("suffix", [".tar", ".tgz"])
    @pytest.mark.parametrize(
        ("kind", "words"),
        [
            (tarfile.SYMTYPE, "'evil' is a link"),
            (tarfile.LNKTYPE, "'evil' is a link"),
            (tarfile.CHRTYPE, "'evil' is a device or a pipe"),
            (tarfile.BLKTYPE, "'evil' is a device or a pipe"),
            (tarfile.FIFOTYPE, "'evil' is a device or a pipe"),
        ],
    )
    def test_neither_links_nor_devices(self, tmp_path, suffix, kind, words):
        archive = make(tmp_path, suffix, ("good", b"first"), (special(kind), b""))
        with pytest.raises(ArchiveError, match=words), staging(tmp_path / "out") as out:
            unpack(archive, out)
        assert names(tmp_path) == [archive.name]

    def test_a_link_that_stays_inside_is_refused_too(self, tmp_path):
        link = special(tarfile.SYMTYPE, "a/link", "good")
        archive = make(tmp_path, ".tar", ("a/good", b"first"), (link, b""))
        with pytest.raises(ArchiveError, match="'a/link' is a link"):
            unpack(archive, tmp_path / "out")

    def test_no_links_in_zip(self, tmp_path):
        link = zipfile.ZipInfo("evil")
        link.external_attr = 0o120777 << 16
        with pytest.raises(ArchiveError, match="'evil' is a link"):
            unpack(make(tmp_path, ".zip", (link, b"../outside")), tmp_path / "out")

    @each_format
    def test_truncated(self, tmp_path, suffix):
        archive = make(tmp_path, suffix, *((f"{n}.bin", CONTENT * 3) for n in range(4)))
        whole = archive.read_bytes()
        archive.write_bytes(whole[: len(whole) // 2])
        with pytest.raises(ArchiveError, match=r"truncated, altered or no archive.*fetch again"):
            with staging(tmp_path / "out") as out:
                unpack(archive, out)
        assert names(tmp_path) == [archive.name]

    @each_format
    @pytest.mark.parametrize(
        "content", [b"", b"<html>gone</html>", gzip.compress(b"no tar", mtime=0)]
    )
    def test_no_archive(self, tmp_path, suffix, content):
        archive = tmp_path / f"archive{suffix}"
        archive.write_bytes(content)
        with pytest.raises(ArchiveError, match="no archive"):
            unpack(archive, tmp_path / "out")

    def test_what_was_left_is_cleared_first(self, tmp_path):
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "old").touch()
        with staging(tmp_path / "out") as out:
            assert names(out) == []
        assert not out.exists()

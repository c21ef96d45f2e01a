"""Your own folder of images: what is taken, what is left out, and what is said about it."""

import os
import re
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torchvision.datasets import ImageFolder as Theirs

from tlcourse.datasets import ImageFolder, UnreadableImage


def save_colour(path, colour="red"):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 6), colour).save(path)
    return path


@pytest.fixture
def root(tmp_path):
    """Two classes of three good images."""
    for name, colour in (("cats", "red"), ("dogs", "blue")):
        for number in range(3):
            save_colour(tmp_path / "mine" / name / f"{number}.png", colour)
    return tmp_path / "mine"


@pytest.fixture
def closed(monkeypatch):
    """Takes the right to open a folder; from the administrator too, who has it anyway."""
    folders, scandir = set(), os.scandir

    def scan(folder):
        if Path(folder) in folders:
            raise PermissionError(13, "Permission denied", str(folder))
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", scan)
    return folders.add


def zero_bytes(path):
    path.write_bytes(b"")


def words(path):
    path.write_text("Not a picture at all.", encoding="utf-8")


def half_an_image(path):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def damaged_png(path):
    content = save_colour(path).read_bytes()
    start = content.index(b"IDAT") + 4
    path.write_bytes(content[:start] + b"\xff" * 8 + content[start + 8 :])


SYSTEM_FOLDERS = [
    *("@eaDir", "#recycle", "@Recycle", ".@__thumb", "lost+found", ".ipynb_checkpoints"),
    *("__MACOSX", ".Trashes", "$RECYCLE.BIN", "System Volume Information", ".dropbox.cache"),
]
BAD_FILES = {
    "a.jpg": (zero_bytes, "empty, zero bytes"),
    "a.png": (words, "not an image, or only the beginning of one"),
    "a.jpeg": (half_an_image, "truncated: the end of the file is missing, copy it again"),
    "b.png": (half_an_image, "truncated: the end of the file is missing, copy it again"),
    "c.png": (damaged_png, "cannot be decoded (broken data stream when reading image file)"),
    "notes.txt": (words, ".txt is not an image format that Pillow reads"),
    "photo.heic": (words, ".heic is not an image format that Pillow reads"),
    "README": (words, "no extension"),
    ".0.png": (save_colour, "hidden"),
}


class TestLeftOut:
    @pytest.mark.parametrize("name", BAD_FILES)
    def test_is_named_with_its_reason_in_one_warning(self, root, name):
        write, reason = BAD_FILES[name]
        write(root / "cats" / name)
        with pytest.warns(UserWarning) as seen:
            folder = ImageFolder(root)
        assert folder.left_out == [(root / "cats" / name, reason)]
        assert len(folder) == 6 and root / "cats" / name not in folder.files
        (said,) = seen
        assert f"{root} that were left out (1): cats/{name} ({reason})." in str(said.message)
        assert said.filename == __file__

    def test_under_a_name_that_is_no_text(self, root):
        try:
            open(os.fsencode(root / "cats") + b"/\xe9.jpg", "wb").close()
        except (OSError, UnicodeError):
            pytest.skip("this file system takes names that are text only")
        with pytest.warns(UserWarning, match=r"cats/\\udce9\.jpg \(empty") as seen:
            folder = ImageFolder(root)
        str(seen[0].message).encode()
        str(UnreadableImage(*folder.left_out[0])).encode()

    def test_ten_are_named_and_the_rest_counted(self, root):
        for number in range(12):
            zero_bytes(root / "dogs" / f"{number:02}.jpg")
        with pytest.warns(UserWarning, match=r"\(12\): .*dogs/09\.jpg .*and 2 more") as seen:
            folder = ImageFolder(root)
        assert len(seen) == 1 and "10.jpg" not in str(seen[0].message)
        assert len(folder.left_out) == 12

    def test_image_outside_the_classes(self, root):
        save_colour(root / "stray.png")
        with pytest.warns(UserWarning, match=r"stray.png \(not in the sub-folder of a class\)"):
            assert len(ImageFolder(root)) == 6

    @pytest.mark.parametrize("name", [".DS_Store", "Thumbs.db", "desktop.ini", "._0.png"])
    def test_what_systems_leave_behind_is_passed_over(self, root, name, capsys):
        (root / "__MACOSX").mkdir()
        for file in (root / name, root / "cats" / name, root / "__MACOSX" / "a"):
            words(file)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            folder = ImageFolder(str(root))
        assert (folder.classes, len(folder), folder.left_out) == (["cats", "dogs"], 6, [])
        assert capsys.readouterr() == ("", "")  # nothing is printed when it is quick

    @pytest.mark.parametrize("name", SYSTEM_FOLDERS)
    def test_pictures_of_systems_are_not_read_but_named(self, root, name):
        places = [root / place / name for place in ("", "cats", "cats/a/b")]
        for place in places:
            save_colour(place / "0.png" / "SYNOFILE_THUMB_M.jpg", "lime")
        with pytest.warns(UserWarning, match=re.escape(f"cats/a/b/{name}")):
            folder = ImageFolder(root)
        assert (folder.classes, len(folder)) == (["cats", "dogs"], 6)
        assert {file for file, _ in folder.left_out} == set(places)

    def test_folder_that_cannot_be_opened_is_named(self, root, closed):
        inner = [root / "cats" / "portraits", root / "dogs" / "a" / "b"]
        for folder in inner:
            save_colour(folder / "0.png")
            closed(folder)
        with pytest.warns(UserWarning, match=r"cats/portraits \(cannot be opened \(Perm"):
            folder = ImageFolder(root)
        assert len(folder) == 6 and [file for file, _ in folder.left_out] == inner
        closed(root / "dogs")
        with pytest.raises(ValueError, match=r"'dogs' .* 0 readable .*Left out: dogs \(cannot be"):
            ImageFolder(root)
        closed(root)
        with pytest.raises(ValueError, match=r"cannot be opened \(Perm.*its path and rights"):
            ImageFolder(root)

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes among files on this system")
    def test_pipe_is_not_waited_for(self, root):
        os.mkfifo(root / "cats" / "pipe.png")
        with pytest.warns(UserWarning, match=r"pipe.png \(not a regular file\)"):
            assert len(ImageFolder(root)) == 6

    def test_file_damaged_after_the_check_is_named(self, root):
        folder = ImageFolder(root)
        zero_bytes(folder.files[4])
        with pytest.raises(UnreadableImage, match=r"1\.png: empty, zero bytes"):
            folder[4]


class TestImageFolder:
    def test_order_and_labels_are_those_of_torchvision(self, root):
        for name in ("Zebras/z.png", "cats/b/0.png", "cats/C/0.png", "cats/10.png", "cats/Z.PNG"):
            save_colour(root / name, "lime")
        ours, theirs = ImageFolder(root), Theirs(str(root))
        assert ours.classes == theirs.classes == ["Zebras", "cats", "dogs"]
        assert [str(file) for file in ours.files] == [file for file, _ in theirs.samples]
        assert ours.targets == theirs.targets
        for (picture, label), (their_picture, their_label) in zip(ours, theirs, strict=True):
            assert label == their_label and picture.tobytes() == their_picture.tobytes()

    def test_per_class_counts_readable_images(self, root):
        zero_bytes(root / "cats" / "0.png")
        with pytest.warns(UserWarning, match="cats/0.png"):
            folder = ImageFolder(root, per_class=2)
        assert [file.name for file in folder.files] == ["1.png", "2.png", "0.png", "1.png"]
        assert folder.targets == [0, 0, 1, 1]

    def test_linked_folders_end(self, root):
        try:
            os.symlink(root / "cats", root / "cats" / "again", target_is_directory=True)
        except OSError:
            pytest.skip("this system does not let us make links")
        assert len(ImageFolder(root)) == 6


class TestErrors:
    @pytest.mark.parametrize("name", ["nowhere", "x" * 300, "a\0b"])
    def test_no_such_folder(self, tmp_path, name):
        with pytest.raises((ValueError, FileNotFoundError), match=r": check its path"):
            ImageFolder(tmp_path / name)

    @pytest.mark.parametrize(
        ("pictures", "said"),
        [
            ([], "is empty: make one sub-folder a class"),
            (["0.png"], "no sub-folders: make one sub-folder a class"),
            (["cats/0.png"], "one class only, 'cats': .* second class"),
        ],
    )
    def test_no_two_classes(self, tmp_path, pictures, said):
        for name in pictures:
            save_colour(tmp_path / "mine" / name)
        (tmp_path / "mine").mkdir(exist_ok=True)
        with pytest.raises(ValueError, match=said):
            ImageFolder(tmp_path / "mine")

    def test_fewer_images_than_asked(self, root):
        save_colour(root / "cats" / "3.png")
        zero_bytes(root / "dogs" / "3.png")
        said = r"'dogs' .* 3 readable .* per_class=4.*lower per_class.*dogs/3.png \(empty, zero"
        with pytest.raises(ValueError, match=said):
            ImageFolder(root, per_class=4)
        for per_class in (0, -1):
            with pytest.raises(ValueError, match=r"ask for 1 image a class or more"):
                ImageFolder(root, per_class=per_class)

    def test_class_without_readable_images(self, root):
        (root / "birds").mkdir()
        with pytest.raises(ValueError, match=r"'birds' .* has 0 readable images and needs one"):
            ImageFolder(root)
        zero_bytes(root / "birds" / "a.jpg")
        with pytest.raises(ValueError, match=r"Left out: birds/a\.jpg \(empty, zero bytes\)"):
            ImageFolder(root)

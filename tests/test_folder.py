"""Your own folder of images: what is taken, what is left out, and what is said about it."""

import os
import tempfile
import warnings
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from test_read_image import save_colour
from torchvision.datasets import ImageFolder as Theirs

from tlcourse.datasets import ImageFolder, UnreadableImage
from tlcourse.your_problem import open_problem


@pytest.fixture
def root(tmp_path):
    """Two classes of three good images."""
    for name, colour in (("cats", "red"), ("dogs", "blue")):
        for number in range(3):
            save_colour(tmp_path / "mine" / name / f"{number}.png", colour)
    return tmp_path / "mine"


def half_an_image(path):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def damaged_png(path):
    head, mark, body = save_colour(path).read_bytes().partition(b"IDAT")
    path.write_bytes(head + mark + b"\xff" * 8 + body[8:])


BAD_FILES = {
    "a.jpg": (b"", "empty, zero bytes"),
    "a.png": (b"Not a picture at all.", "not an image, or only the beginning of one"),
    "a.jpeg": (half_an_image, "truncated: the end of the file is missing, copy it again"),
    "b.png": (half_an_image, "truncated: the end of the file is missing, copy it again"),
    "c.png": (damaged_png, "cannot be decoded (broken data stream when reading image file)"),
    "photo.heic": (b"?", ".heic is not an image format that Pillow reads"),
    "README": (b"?", "no extension"),
    ".0.png": (save_colour, "hidden"),
}


class TestLeftOut:
    @pytest.mark.parametrize("name", BAD_FILES)
    def test_is_named_with_its_reason_in_one_warning(self, root, name):
        content, reason = BAD_FILES[name]
        write = content if callable(content) else lambda file: file.write_bytes(content)
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

    def test_ten_are_named_and_the_rest_counted_also_beside_the_classes(self, root):
        save_colour(root / "stray.png")
        for number in range(11):
            (root / "dogs" / f"{number:02}.jpg").touch()
        said = r"\(12\): stray.png \(not in the sub-folder of a class\).*dogs/08\.jpg .*and 2 more"
        with pytest.warns(UserWarning, match=said) as seen:
            folder = ImageFolder(root)
        assert len(seen) == 1 and "09.jpg" not in str(seen[0].message)
        assert len(folder.left_out) == 12 and len(folder) == 6

    def test_what_systems_leave_behind_is_passed_over(self, root, capsys):
        (root / "__MACOSX").mkdir()
        (root / "__MACOSX" / "a").touch()
        for name in (".DS_Store", "Thumbs.db", "desktop.ini", "._0.png"):
            for folder in (root, root / "cats"):
                (folder / name).write_text("Not a picture at all.")
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            folder = ImageFolder(str(root))
        assert (folder.classes, len(folder), folder.left_out) == (["cats", "dogs"], 6, [])
        assert capsys.readouterr() == ("", "")  # nothing is printed when it is quick

    def test_pictures_of_systems_are_not_read_but_named(self, root):
        names = ["@eaDir", "#recycle", "$RECYCLE.BIN", ".Trashes", "System Volume Information"]
        places = {root / place / name for place in ("", "cats", "cats/a/b") for name in names}
        for place in places:
            save_colour(place / "0.png" / "SYNOFILE_THUMB_M.jpg", "lime")
        with pytest.warns(UserWarning, match="@eaDir .made by the system"):
            folder = ImageFolder(root)
        assert (folder.classes, len(folder)) == (["cats", "dogs"], 6)
        assert {file for file, _ in folder.left_out} == places

    def test_folder_that_cannot_be_opened_is_named(self, root, monkeypatch):
        """Also if the administrator runs this test, who may open any."""
        closed, scandir = [root / "cats" / "portraits", root / "dogs" / "a" / "b"], os.scandir

        def scan(folder):
            if Path(folder) in closed:
                raise PermissionError(13, "Permission denied", str(folder))
            return scandir(folder)

        monkeypatch.setattr(os, "scandir", scan)
        for folder in closed:
            save_colour(folder / "0.png")
        with pytest.warns(UserWarning, match=r"cats/portraits \(cannot be opened \(Perm"):
            folder = ImageFolder(root)
        assert len(folder) == 6 and [file for file, _ in folder.left_out] == closed
        closed.append(root / "dogs")
        with pytest.raises(ValueError, match=r"'dogs' .* 0 readable .*Left out: dogs \(cannot be"):
            ImageFolder(root)
        closed.append(root)
        with pytest.raises(ValueError, match=r"cannot be opened \(Perm.*its path and rights"):
            ImageFolder(root)

    def test_file_damaged_after_the_check_is_named(self, root):
        folder = ImageFolder(root)
        folder.files[4].write_bytes(b"")
        with pytest.raises(UnreadableImage, match=r"1\.png: empty, zero bytes"):
            folder[4]


TWO = "cats/0.png", "cats/1.png"


class TestImageFolder:
    def test_order_and_labels_are_those_of_torchvision(self, root):
        for name in ("Zebras/z.png", "cats/b/0.png", "cats/C/0.png", "cats/10.png", "cats/Z.PNG"):
            save_colour(root / name, "lime")
        ours, theirs = ImageFolder(root), Theirs(str(root))
        assert ours.classes == theirs.classes == ["Zebras", "cats", "dogs"]
        assert [str(file) for file in ours.files] == [file for file, _ in theirs.samples]
        for (picture, label), (their_picture, their_label) in zip(ours, theirs, strict=True):
            assert label == their_label and picture.tobytes() == their_picture.tobytes()

    def test_per_class_counts_readable_images(self, root):
        (root / "cats" / "0.png").write_bytes(b"")
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

    @pytest.mark.parametrize(
        ("pictures", "name", "per_class", "said"),
        [
            ([], "nowhere", None, ": check its path"),
            ([], "x" * 300, None, ": check its path"),
            ([], "a\0b", None, ": check its path"),
            ([], ".", None, "is empty: make one sub-folder a class"),
            (["0.png"], ".", None, "no sub-folders: make one sub-folder a class"),
            (["cats/0.png"], ".", None, "one class only, 'cats': .* second class"),
            (["cats/0.png", "dogs/a"], ".", None, r"'dogs' .* 0 readable .*needs one.*/a \(no ext"),
            (
                ["cats/0.png", "dogs/bad.png"],
                ".",
                None,
                r"'dogs' .* 0 .*dogs/bad.png \(empty, zero",
            ),
            (["cats/0.png", "dogs/0.png"], ".", 2, "'cats' .* 1 readable .* lower per_class"),
            ([*TWO, "dogs/0.png", "dogs/bad.png"], ".", 2, r"'dogs' .* 1 .*per_class=2.*\(empty"),
            (["cats/0.png", "dogs/0.png"], ".", 0, "ask for 1 image a class or more"),
        ],
    )
    def test_no_two_classes_of_enough_images(self, tmp_path, pictures, name, per_class, said):
        for picture in pictures:
            save_colour(tmp_path / picture, format="PNG")
            if picture.endswith("bad.png"):
                (tmp_path / picture).write_bytes(b"")
        with pytest.raises((ValueError, FileNotFoundError), match=said):
            ImageFolder(tmp_path / name, per_class)


names = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters='/\\:*?"<>|'),
    min_size=1,
    max_size=12,
).filter(lambda name: name.strip(". ") == name)
folders = st.one_of(names, st.sampled_from(["@eaDir", "__MACOSX", ".hidden", "train", "Test"]))
damages = st.sampled_from([None] * 6 + ["empty", "words", "half", "closed", "pipe"])
pictures = st.tuples(st.lists(folders, max_size=2), names, damages)
trees = st.dictionaries(folders, st.lists(pictures, max_size=4), min_size=2, max_size=4)


def write_damaged(file, number, damage):
    content = save_colour(file, (number, 90, 0)).read_bytes()
    damaged = {"empty": b"", "words": b"no picture", "half": content[: len(content) // 2]}
    file.write_bytes(damaged.get(damage, content))
    if damage == "closed":
        file.chmod(0)
    elif damage == "pipe" and hasattr(os, "mkfifo"):
        file.unlink()
        os.mkfifo(file)


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[*HealthCheck])
@given(tree=trees)
def test_in_folders_as_nobody_would_make_them_no_picture_is_lost(tree):
    with tempfile.TemporaryDirectory() as place, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        files, folder = {}, None
        for name, inside in tree.items():
            for places, stem, damage in [((), "sound", None), *inside]:
                file = Path(place, name, *places, f"{stem}.png")
                with suppress(OSError):  # a name that cannot be written
                    if not file.exists():
                        write_damaged(file, len(files), damage)
                        files[file] = damage
        for read in (open_problem, ImageFolder):
            try:
                folder = read(place)
            except (ValueError, FileNotFoundError) as refused:
                folder, said = None, str(refused)
                assert said.endswith(".") and "\n" not in said and "Errno" not in said
        if folder:
            why = dict(folder.left_out)
            named = {file for file in files if why.keys() & {file, *file.parents}}
            assert files.keys() == named | set(folder.files) and not named & set(folder.files)
            assert not [file for file in why if files.get(file, "elsewhere") is None]  # sound ones
            for file, label in zip(folder.files, folder.targets, strict=True):
                assert folder.classes[label] == file.relative_to(place).parts[0]

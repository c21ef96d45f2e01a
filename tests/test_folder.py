"""Your own images: what a file of any kind becomes, what of a folder is taken, and what is said."""

import os
import pickle
import struct
import tempfile
import warnings
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps
from PIL.PngImagePlugin import PngInfo
from torchvision.datasets import ImageFolder as Theirs

from tlcourse.datasets import ImageFolder, UnreadableImage, read_image
from tlcourse.your_problem import open_problem


def save_colour(path, colour="red", size=(8, 6), mode="RGB", **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, colour).save(path, **options)
    return path


def pixels(path):
    picture = read_image(path)
    assert picture.mode == "RGB"
    return np.asarray(picture).astype(int)


class TestColours:
    @pytest.mark.parametrize(
        ("name", "mode", "colour", "wanted"),
        [
            ("x.tif", "CMYK", (255, 0, 0, 0), [0, 255, 255]),
            ("x.jpg", "CMYK", (255, 0, 0, 0), [0, 255, 255]),
            ("x.png", "L", 255, [255, 255, 255]),
            ("x.png", "1", 255, [255, 255, 255]),
            *((f"x.{form}", "RGB", (7, 8, 9), [7, 8, 9]) for form in ("png", "bmp", "tif", "ppm")),
            ("x.png", "RGBA", (0, 0, 200, 0), [255, 255, 255]),  # alpha is put on white
            ("x.png", "RGBA", (0, 0, 200, 255), [0, 0, 200]),
            ("x.png", "LA", (0, 51), [204, 204, 204]),
        ],
    )
    def test_of_a_mode(self, tmp_path, name, mode, colour, wanted):
        for size in ((8, 8), (1, 1)):
            file = save_colour(tmp_path / name, colour, size, mode)
            assert np.abs(pixels(file) - wanted).max() <= (2 if mode == "CMYK" else 0)

    @pytest.mark.parametrize(("name", "mode"), [("x.png", "RGB"), ("x.png", "P"), ("x.gif", "P")])
    def test_a_transparent_colour_is_put_on_white(self, tmp_path, name, mode):
        colours = np.array([[[51, 0, 51], [204, 102, 0]]], dtype=np.uint8)
        image = Image.fromarray(colours).convert(mode)
        image.save(tmp_path / name, transparency=image.getpixel((0, 0)))
        assert pixels(tmp_path / name).tolist() == [[[255, 255, 255], [204, 102, 0]]]


RAMP = np.arange(256).reshape(16, 16)


class TestGreyOfMoreThan8Bits:
    @pytest.fixture
    def grey(self, tmp_path):
        def grey(values, name="x.tif", **options):
            Image.fromarray(values).save(tmp_path / name, **options)
            return pixels(tmp_path / name)[..., 0]

        return grey

    @pytest.mark.parametrize("white", [255, 4095, 65535])
    def test_fewer_bits_than_the_file_has(self, grey, white):
        """8 and 12 bits in 16, and 16 in 32: the picture is as bright as in 8 bits."""
        values = np.rint(RAMP * (white / 255))
        for name, kind in (("x.png", np.uint16), ("x.tif", np.uint16), ("32.tif", np.int32)):
            np.testing.assert_array_equal(grey(values.astype(kind), name), RAMP)

    @pytest.mark.parametrize(
        "low, high, kind",
        [(-32000, 32000, "i4"), (0, 65536, "i4"), (70_000, 90_000, "i4"), (-1, 1, "f4")]
        + [(-19_999, 10_001, "f4")],  # -9999 among them, no outlier
    )
    def test_other_numbers_are_stretched(self, grey, low, high, kind):
        values = np.linspace(low, high, 256).reshape(16, 16)
        values = values.round() if kind == "i4" else values
        np.testing.assert_allclose(grey(values.astype(kind)), RAMP, atol=1)

    @pytest.mark.parametrize("mark", [np.nan, np.inf, -np.inf, -9999, np.finfo(np.float32).min])
    def test_no_data_is_black_and_moves_nothing_else(self, grey, mark):
        values = (RAMP / 255 + 100).astype(np.float32)
        values[3, 4] = mark
        np.testing.assert_array_equal(grey(values), np.where(RAMP == 16 * 3 + 4, 0, RAMP))

    @pytest.mark.parametrize("orientation", [1, 6])
    def test_no_data_that_the_file_names(self, grey, orientation):
        values = (16 * RAMP).astype(np.int32)
        values[3, 4] = 60_000
        found = grey(values, tiffinfo={42113: "60000", 274: orientation})
        expected = np.rint(16 * RAMP * (255 / 4095))
        expected[3, 4] = 0
        np.testing.assert_array_equal(found if orientation == 1 else np.rot90(found), expected)

    @pytest.mark.parametrize("value", [np.nan, 0, 7.5])
    def test_one_value_everywhere_is_black(self, grey, value):
        assert not grey(np.full((4, 4), value, np.float32)).any()

    def test_what_comes_out_flat_is_said_and_a_picture_of_few_levels_is_not(self, grey, recwarn):
        mask = np.where(RAMP < 2, 65535, 0).astype(np.uint16)
        np.testing.assert_array_equal(grey(mask, "x.png"), mask // 257)
        assert not recwarn
        with pytest.warns(UserWarning, match="256 levels or more, nearly all fall onto 2 of 256"):
            grey((RAMP + 30_000).astype(np.uint16), "x.png")
        outlier = RAMP / 255
        outlier[0, 0] = 1e6
        with pytest.warns(UserWarning, match="nearly all fall onto 1 of 256: stretch such"):
            grey(outlier.astype(np.float32))


ORIENTATION = 0x0112


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(
    ("form", "kind"),
    [("png", "u1"), ("webp", "u1"), *(("tif", k) for k in ("u1", "u2", "i4", "f4"))],
)
def test_orientation_is_applied(tmp_path, form, kind, orientation):
    values, exif = np.arange(1400).reshape(2, 700) % 199, Image.Exif()
    exif[ORIENTATION] = orientation
    image = Image.fromarray(values.astype(kind))
    image.save(tmp_path / f"turned.{form}", exif=exif, lossless=True)
    image.save(tmp_path / f"plain.{form}", lossless=True)
    turned, plain = (read_image(tmp_path / f"{name}.{form}") for name in ("turned", "plain"))
    plain.getexif()[ORIENTATION] = orientation
    np.testing.assert_array_equal(turned, ImageOps.exif_transpose(plain))


# orientation 6, a text for a unit, and an inner directory beyond the end: Pillow writes none such
ODD_EXIF = b"Exif\0\0II*\0" + struct.pack(
    "<IH HHIHH HHI4s HHII I",
    *(8, 3, ORIENTATION, 3, 1, 6, 0, 0x0128, 2, 1, b"cm", 0x8769, 4, 1, 65_535, 0),
)


@pytest.mark.parametrize("name", ["x.jpg", "x.png", "x.webp"])
@pytest.mark.parametrize("end", [None, 40])
def test_odd_metadata_costs_no_picture(tmp_path, name, end):
    values, text = np.zeros((32, 48, 3), dtype=np.uint8), PngInfo()
    values[:, :24] = 200
    text.add_text("workflow", "x" * 3_000_000, zip=True)
    Image.fromarray(values).save(tmp_path / name, exif=ODD_EXIF[:end], pnginfo=text)
    upright = np.rot90(values, k=-1).astype(int)
    assert np.abs(pixels(tmp_path / name) - upright).max() < 20


class TestSizes:
    @pytest.mark.parametrize("size", [(600, 800, 3), (10, 20_000, 3)])
    def test_ordinary_jpeg_is_decoded_whole(self, tmp_path, size):
        noise = np.random.default_rng(0).integers(0, 256, size, dtype=np.uint8)
        Image.fromarray(noise).save(tmp_path / "x.jpg")
        whole = np.asarray(Image.open(tmp_path / "x.jpg"))
        np.testing.assert_array_equal(pixels(tmp_path / "x.jpg"), whole)

    @pytest.mark.parametrize(
        ("size", "smaller"),  # Pillow warns of the first and takes the second for an attack
        [((12_000, 8_000), (3_000, 2_000)), ((20_000, 9_200), (2_500, 1_150))],
    )
    def test_large_jpeg_is_decoded_smaller(self, tmp_path, size, smaller):
        image = Image.new("L", size, 90)
        image.paste(200, (size[0] // 2, 0, *size))
        image.save(tmp_path / "x.jpg")
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            picture = read_image(tmp_path / "x.jpg")
        assert picture.size == smaller
        grey = np.asarray(picture)[575, [600, 1900]]
        np.testing.assert_allclose(grey, [[90] * 3, [200] * 3], atol=3)

    @pytest.mark.parametrize(
        ("name", "before", "size"),  # of a file's head
        [
            ("x.jpg", b"\xff\xc0\0\x11\x08", struct.pack(">HH", 32_000, 32_000)),
            ("x.bmp", b"(\0\0\0", struct.pack("<ii", 20_000, 20_000)),
            ("x.bmp", b"(\0\0\0", struct.pack("<ii", 10_000, 9_500)),
        ],
    )
    def test_too_many_pixels(self, tmp_path, name, before, size):
        head, _, rest = save_colour(tmp_path / name).read_bytes().partition(before)
        (tmp_path / name).write_bytes(head + before + size + rest[len(size) :])
        with pytest.raises(UnreadableImage, match=rf"{name}: too large, over 90 .*JPEG, 500"):
            read_image(tmp_path / name)


def test_errors_are_named_and_travel_between_processes(tmp_path):
    with pytest.raises(UnreadableImage, match=r"x.png: cannot be opened \(No such file") as seen:
        read_image(tmp_path / "x.png")
    error = pickle.loads(pickle.dumps(seen.value))
    assert str(error) == str(seen.value) and error.reason.startswith("cannot be opened")


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
            (["cats/0.png", "dogs/bad.png"], ".", None, r"'dogs' .* 0 .*/bad.png \(empty, zero"),
            (["cats/0.png", "dogs/0.png"], ".", 2, "'cats' .* 1 readable .* lower per_class"),
            (["c/0.png", "c/1.png", "d/0.png", "d/bad.png"], ".", 2, r"'d' .* 1 .*=2.*\(empty"),
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

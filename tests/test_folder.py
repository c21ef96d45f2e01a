"""Your own folder of images: what is converted, what is left out, and what is said about it."""

import os
import pickle
import struct
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image

from tlcourse.datasets import ImageFolder, UnreadableImage, read_image, stratified_split


def save_colour(path, colour="red", size=(8, 6), **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path, **options)
    return path


def save_png(path, size, bits, colour_type, rows):
    """A PNG written by hand: Pillow writes neither 16-bit RGB nor more pixels than fit."""

    def chunk(kind, body):
        check = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", check)

    packer = zlib.compressobj()
    body = b"".join(packer.compress(b"\0" + row) for row in rows) + packer.flush()
    header = struct.pack(">IIBBBBB", *size, bits, colour_type, 0, 0, 0)
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunks)
    return path


def pixels(path):
    picture = read_image(path)
    assert picture.mode == "RGB"
    return np.asarray(picture).astype(int)


@pytest.fixture
def root(tmp_path):
    """Two classes of three good images."""
    for name, colour in (("cats", "red"), ("dogs", "blue")):
        for number in range(3):
            save_colour(tmp_path / "mine" / name / f"{number}.png", colour)
    return tmp_path / "mine"


class TestReadImage:
    @pytest.mark.parametrize("name", ["x.tif", "x.jpg"])
    def test_cmyk(self, tmp_path, name):
        Image.new("CMYK", (8, 8), (255, 0, 0, 0)).save(tmp_path / name)
        assert np.abs(pixels(tmp_path / name) - [0, 255, 255]).max() <= 2

    @pytest.mark.parametrize("name", ["x.png", "x.tif"])
    def test_16_bit_grey_is_scaled_not_clipped(self, tmp_path, name):
        values = np.array([[0, 300, 25700, 32768, 65535]], dtype=np.uint16)
        Image.fromarray(values).save(tmp_path / name)
        np.testing.assert_array_equal(pixels(tmp_path / name)[0, :, 1], [0, 1, 100, 128, 255])

    def test_16_bit_rgb(self, tmp_path):
        row = np.array([65535, 32768, 0, 0, 300, 65535], dtype=">u2").tobytes()
        file = save_png(tmp_path / "x.png", (2, 1), 16, 2, [row])
        assert pixels(file).tolist() == [[[255, 128, 0], [0, 1, 255]]]

    def test_32_bit_float_is_stretched(self, tmp_path):
        Image.fromarray(np.array([[-1.0, 0.0, 1.0]], dtype=np.float32)).save(tmp_path / "x.tif")
        assert pixels(tmp_path / "x.tif")[0, :, 0].tolist() == [0, 128, 255]

    @pytest.mark.parametrize("name", ["x.png", "x.gif"])
    def test_transparent_palette_is_put_on_white(self, tmp_path, name):
        image = Image.new("P", (2, 1))
        image.putpalette([200, 0, 0, 0, 100, 0])
        image.putdata([0, 1])
        image.save(tmp_path / name, transparency=0)
        assert pixels(tmp_path / name).tolist() == [[[255, 255, 255], [0, 100, 0]]]

    def test_alpha_is_put_on_white(self, tmp_path):
        Image.new("RGBA", (1, 1), (0, 0, 200, 0)).save(tmp_path / "clear.png")
        Image.new("RGBA", (1, 1), (0, 0, 200, 255)).save(tmp_path / "solid.png")
        Image.new("LA", (1, 1), (0, 51)).save(tmp_path / "grey.png")
        assert pixels(tmp_path / "clear.png").tolist() == [[[255, 255, 255]]]
        assert pixels(tmp_path / "solid.png").tolist() == [[[0, 0, 200]]]
        assert pixels(tmp_path / "grey.png").tolist() == [[[204, 204, 204]]]

    def test_transparent_colour_of_an_rgb_png(self, tmp_path):
        image = Image.new("RGB", (2, 1), (1, 2, 3))
        image.putpixel((1, 0), (9, 8, 7))
        image.save(tmp_path / "x.png", transparency=(1, 2, 3))
        assert pixels(tmp_path / "x.png").tolist() == [[[255, 255, 255], [9, 8, 7]]]

    @pytest.mark.parametrize("name", ["x.gif", "x.png", "x.webp", "x.tif"])
    def test_first_frame_of_an_animation(self, tmp_path, name):
        frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "blue", "lime")]
        options = {"lossless": True} if name == "x.webp" else {}
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:], **options)
        assert Image.open(tmp_path / name).n_frames == 3
        assert (pixels(tmp_path / name) == [255, 0, 0]).all()

    @pytest.mark.parametrize("mode", ["L", "1"])
    def test_grey_and_black_and_white(self, tmp_path, mode):
        Image.new(mode, (3, 2), 255).save(tmp_path / "x.png")
        assert (pixels(tmp_path / "x.png") == 255).all()

    def test_one_pixel_is_kept(self, tmp_path):
        assert pixels(save_colour(tmp_path / "x.png", (7, 8, 9), (1, 1))).tolist() == [[[7, 8, 9]]]

    @pytest.mark.parametrize(("orientation", "quarter_turns"), [(1, 0), (3, 2), (6, -1), (8, 1)])
    def test_exif_orientation_is_applied(self, tmp_path, orientation, quarter_turns):
        values = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
        exif = Image.Exif()
        exif[0x0112] = orientation
        Image.fromarray(values).save(tmp_path / "x.png", exif=exif)
        upright = np.rot90(values, k=quarter_turns)
        np.testing.assert_array_equal(pixels(tmp_path / "x.png"), upright)

    @pytest.mark.parametrize("name", ["x.jpg", "x.png"])
    def test_20000_pixels_wide_is_kept(self, tmp_path, name):
        assert read_image(save_colour(tmp_path / name, size=(20_000, 100))).size == (20_000, 100)

    def test_large_jpeg_is_decoded_smaller(self, tmp_path):
        Image.new("L", (12_000, 8_000), 90).save(tmp_path / "x.jpg")
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            picture = read_image(tmp_path / "x.jpg")
        assert picture.size == (3_000, 2_000)
        assert np.abs(np.asarray(picture.resize((9, 9))).astype(int) - 90).max() <= 1

    def test_ordinary_jpeg_is_decoded_whole(self, tmp_path):
        noise = np.random.default_rng(0).integers(0, 256, (600, 800, 3), dtype=np.uint8)
        Image.fromarray(noise).save(tmp_path / "x.jpg")
        whole = np.asarray(Image.open(tmp_path / "x.jpg"))
        np.testing.assert_array_equal(pixels(tmp_path / "x.jpg"), whole)

    @pytest.mark.parametrize("size", [(20_000, 20_000), (10_000, 9_500)])
    def test_too_many_pixels(self, tmp_path, size):
        rows = (bytes(size[0] // 8) for _ in range(size[1]))
        file = save_png(tmp_path / "x.png", size, 1, 0, rows)
        with pytest.raises(UnreadableImage, match=r"x.png: too large, over 90 million pixels"):
            read_image(file)

    def test_missing_file(self, tmp_path):
        with pytest.raises(UnreadableImage, match=r"x.png: cannot be opened \(No such file"):
            read_image(tmp_path / "x.png")

    def test_error_travels_between_processes(self):
        error = pickle.loads(pickle.dumps(UnreadableImage("a.png", "empty, zero bytes")))
        assert str(error) == "a.png: empty, zero bytes."
        assert error.reason == "empty, zero bytes"


def zero_bytes(path):
    path.write_bytes(b"")


def words(path):
    path.write_text("Not a picture at all.", encoding="utf-8")


def half_an_image(path):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def damaged_png(path):
    save_colour(path)
    content = path.read_bytes()
    start = content.index(b"IDAT") + 4
    path.write_bytes(content[:start] + b"\xff" * 8 + content[start + 8 :])


BAD_FILES = [
    ("a.jpg", zero_bytes, "empty, zero bytes"),
    ("a.png", words, "not an image, or only the beginning of one"),
    ("a.jpeg", half_an_image, "truncated: the end of the file is missing, copy it again"),
    ("b.png", half_an_image, "truncated: the end of the file is missing, copy it again"),
    ("c.png", damaged_png, "cannot be decoded (broken data stream when reading image file)"),
    ("notes.txt", words, ".txt is not an image format that Pillow reads"),
    ("labels.csv", words, ".csv is not an image format that Pillow reads"),
    ("photo.heic", words, ".heic is not an image format that Pillow reads"),
    ("README", words, "no extension"),
]


class TestLeftOut:
    @pytest.mark.parametrize(("name", "write", "reason"), BAD_FILES)
    def test_is_named_with_its_reason(self, root, name, write, reason):
        write(root / "cats" / name)
        with pytest.warns(UserWarning) as seen:
            folder = ImageFolder(root)
        assert folder.left_out == [(root / "cats" / name, reason)]
        assert len(folder) == 6
        assert root / "cats" / name not in folder.files
        assert len(seen) == 1
        assert f"{root} that were left out (1): cats/{name} ({reason})." in str(seen[0].message)
        assert seen[0].filename == __file__

    def test_all_of_them_in_one_warning(self, root):
        for name in (f"{number:02}.jpg" for number in range(12)):
            zero_bytes(root / "dogs" / name)
        with pytest.warns(
            UserWarning, match=r"left out \(12\): .*dogs/09\.jpg .*and 2 more"
        ) as seen:
            folder = ImageFolder(root)
        assert len(seen) == 1
        assert "10.jpg" not in str(seen[0].message)
        assert len(folder.left_out) == 12

    def test_image_outside_the_classes(self, root):
        save_colour(root / "stray.png")
        with pytest.warns(UserWarning, match=r"stray.png \(not in the sub-folder of a class\)"):
            assert len(ImageFolder(root)) == 6

    @pytest.mark.parametrize("name", [".DS_Store", "Thumbs.db", "desktop.ini", "._0.png"])
    def test_what_systems_leave_behind_is_passed_over(self, root, name):
        for place in (root, root / "cats"):
            words(place / name)
        save_colour(root / "__MACOSX" / "cats" / "0.png")
        save_colour(root / "cats" / ".ipynb_checkpoints" / "0.png")
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            folder = ImageFolder(root)
        assert (folder.classes, len(folder), folder.left_out) == (["cats", "dogs"], 6, [])

    def test_file_damaged_after_the_check_is_named(self, root):
        folder = ImageFolder(root)
        zero_bytes(folder.files[4])
        with pytest.raises(UnreadableImage, match=r"1\.png: empty, zero bytes"):
            folder[4]


class TestImageFolder:
    def test_order_and_labels_are_those_of_torchvision(self, root):
        from torchvision.datasets import ImageFolder as Theirs

        for name in ("Zebras/z.png", "cats/b/0.png", "cats/C/0.png", "cats/10.png", "cats/Z.PNG"):
            save_colour(root / name, "lime")
        ours, theirs = ImageFolder(root), Theirs(str(root))
        assert ours.classes == theirs.classes == ["Zebras", "cats", "dogs"]
        assert [str(file) for file in ours.files] == [file for file, _ in theirs.samples]
        assert ours.targets == theirs.targets
        for (picture, label), (their_picture, their_label) in zip(ours, theirs, strict=True):
            assert label == their_label
            assert picture.tobytes() == their_picture.tobytes()

    def test_per_class_counts_readable_images(self, root):
        zero_bytes(root / "cats" / "0.png")
        with pytest.warns(UserWarning, match="cats/0.png"):
            folder = ImageFolder(root, per_class=2)
        assert [file.name for file in folder.files] == ["1.png", "2.png", "0.png", "1.png"]
        assert folder.targets == [0, 0, 1, 1]

    def test_nothing_is_printed_when_it_is_quick(self, root, capsys):
        ImageFolder(str(root))
        assert capsys.readouterr() == ("", "")

    def test_linked_folders_end(self, root):
        try:
            os.symlink(root / "cats", root / "cats" / "again", target_is_directory=True)
        except OSError:
            pytest.skip("this system does not let us make links")
        assert len(ImageFolder(root)) == 6


class TestErrors:
    def test_no_such_folder(self, tmp_path):
        with pytest.raises(FileNotFoundError, match=r"no folder .*nowhere: check its path"):
            ImageFolder(tmp_path / "nowhere")

    def test_empty_folder(self, tmp_path):
        with pytest.raises(ValueError, match=r"is empty: make one sub-folder a class"):
            ImageFolder(tmp_path)

    def test_images_without_class_folders(self, tmp_path):
        save_colour(tmp_path / "0.png")
        with pytest.raises(ValueError, match=r"no sub-folders: make one sub-folder a class"):
            ImageFolder(tmp_path)

    def test_one_class_only(self, tmp_path):
        save_colour(tmp_path / "cats" / "0.png")
        with pytest.raises(ValueError, match=r"one class only, 'cats': .* second class"):
            ImageFolder(tmp_path)

    def test_fewer_images_than_asked(self, root):
        save_colour(root / "cats" / "3.png")
        zero_bytes(root / "dogs" / "3.png")
        with pytest.raises(
            ValueError, match=r"'dogs' .* 3 readable images and per_class=4"
        ) as seen:
            ImageFolder(root, per_class=4)
        assert "lower per_class" in str(seen.value)
        assert "dogs/3.png (empty, zero bytes)" in str(seen.value)

    @pytest.mark.parametrize("per_class", [0, -1])
    def test_nonsense_per_class(self, root, per_class):
        with pytest.raises(ValueError, match=r"ask for 1 image a class or more"):
            ImageFolder(root, per_class=per_class)

    def test_class_without_readable_images(self, root):
        (root / "birds").mkdir()
        with pytest.raises(ValueError, match=r"'birds' .* has 0 readable images and needs one"):
            ImageFolder(root)
        zero_bytes(root / "birds" / "a.jpg")
        with pytest.raises(ValueError, match=r"Left out: birds/a\.jpg \(empty, zero bytes\)"):
            ImageFolder(root)


class TestStratifiedSplit:
    TARGETS = [2, 0, 0, 1, 2, 1, 0, 2, 2, 0, 1, 2, 2]

    def test_so_many_of_each_class_and_all_others(self):
        train, test = stratified_split(self.TARGETS, 2, seed=0)
        targets = np.array(self.TARGETS)
        assert np.bincount(targets[train]).tolist() == [2, 2, 2]
        assert sorted([*train, *test]) == list(range(len(targets)))

    def test_seed(self):
        splits = [stratified_split(self.TARGETS, 2, seed)[0].tolist() for seed in (0, 0, 1, 2, 3)]
        assert splits[0] == splits[1]
        assert len({tuple(split) for split in splits}) > 2

    def test_every_image_is_drawn_sometimes(self):
        drawn = [stratified_split(self.TARGETS, 1, seed)[0] for seed in range(100)]
        assert set(np.concatenate(drawn)) == set(range(len(self.TARGETS)))

    @pytest.mark.parametrize(("train_per_class", "label", "count"), [(3, 1, 3), (4, 0, 4)])
    def test_class_too_small(self, train_per_class, label, count):
        message = f"Class {label} has {count} images: .* lower train_per_class"
        with pytest.raises(ValueError, match=message):
            stratified_split(self.TARGETS, train_per_class, seed=0)

    def test_nothing_to_train_on(self):
        with pytest.raises(ValueError, match=r"ask for 1 image a class or more"):
            stratified_split(self.TARGETS, 0, seed=0)

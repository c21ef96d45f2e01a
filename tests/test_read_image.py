"""One image file of any kind: what is converted, and what is said of those that cannot be."""

import pickle
import struct
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image, ImageOps
from PIL.PngImagePlugin import PngInfo

from tlcourse.datasets import UnreadableImage, read_image


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
        [(-32000, 32000, "i4"), (0, 65536, "i4"), (70_000, 90_000, "i4"), (-1, 1, "f4")],
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

    def test_a_usual_mark_that_is_no_outlier_is_a_number(self, grey):
        values = np.linspace(-20_000, 10_000, 256).reshape(16, 16).astype(np.float32)
        values[5, 5] = -9999
        np.testing.assert_allclose(grey(values), RAMP, atol=1)

    @pytest.mark.parametrize("value", [np.nan, 0, 7.5])
    def test_one_value_everywhere_is_black(self, grey, value):
        assert not grey(np.full((4, 4), value, np.float32)).any()

    def test_a_picture_that_comes_out_flat_is_said_and_one_of_few_levels_is_not(
        self, grey, recwarn
    ):
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


def test_read_by_many_threads_leaves_the_filters_of_warnings_alone(tmp_path):
    files = [save_colour(tmp_path / "x.png")] * 400
    with warnings.catch_warnings():
        for _ in range(20):
            warnings.simplefilter("default", ResourceWarning)
            before = list(warnings.filters)
            with ThreadPoolExecutor(4) as pool:
                list(pool.map(read_image, files))
            assert warnings.filters == before


def test_errors_are_named_and_travel_between_processes(tmp_path):
    with pytest.raises(UnreadableImage, match=r"x.png: cannot be opened \(No such file") as seen:
        read_image(tmp_path / "x.png")
    error = pickle.loads(pickle.dumps(seen.value))
    assert str(error) == str(seen.value) and error.reason.startswith("cannot be opened")

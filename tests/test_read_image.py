"""One image file of any kind: what is converted, and what is said of those that cannot be."""

import pickle
import struct
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image, ImageOps, PngImagePlugin

from tlcourse.datasets import UnreadableImage, read_image


def save_colour(path, colour="red", size=(8, 6), mode="RGB", **options):
    Image.new(mode, size, colour).save(path, **options)
    return path


def save_png(path, size, bits, colour_type, rows):
    """A PNG written by hand: Pillow writes neither 16-bit RGB nor more pixels than fit."""

    def chunk(kind, body):
        check = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", check)

    body = zlib.compress(b"".join(b"\0" + row for row in rows))
    header = struct.pack(">IIBBBBB", *size, bits, colour_type, 0, 0, 0)
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunks)
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
            ("x.png", "RGB", (7, 8, 9), [7, 8, 9]),
            ("x.png", "RGBA", (0, 0, 200, 0), [255, 255, 255]),  # alpha is put on white
            ("x.png", "RGBA", (0, 0, 200, 255), [0, 0, 200]),
            ("x.png", "LA", (0, 51), [204, 204, 204]),
        ],
    )
    def test_of_a_mode(self, tmp_path, name, mode, colour, wanted):
        for size in ((8, 8), (1, 1)):
            file = save_colour(tmp_path / name, colour, size, mode)
            assert np.abs(pixels(file) - wanted).max() <= (2 if mode == "CMYK" else 0)

    @pytest.mark.parametrize("name", ["x.png", "x.gif"])
    def test_transparent_palette_is_put_on_white(self, tmp_path, name):
        image = Image.new("P", (2, 1))
        image.putpalette([200, 0, 0, 0, 100, 0])
        image.putdata([0, 1])
        image.save(tmp_path / name, transparency=0)
        assert pixels(tmp_path / name).tolist() == [[[255, 255, 255], [0, 100, 0]]]

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

    def test_16_bit_rgb(self, tmp_path):
        row = np.array([65535, 32768, 0, 0, 300, 65535], dtype=">u2").tobytes()
        file = save_png(tmp_path / "x.png", (2, 1), 16, 2, [row])
        assert pixels(file).tolist() == [[[255, 128, 0], [0, 1, 255]]]


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
        values = np.linspace(-10_000, 10_000, 256).reshape(16, 16).astype(np.float32)
        values[0, 1] = -9999
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
TURNS = {1: 0, 3: 2, 6: -1, 8: 1}  # quarters
MIRRORED = {2: 1, 4: 3, 5: 6, 7: 8}  # then turned as these


class TestOrientation:
    @pytest.mark.parametrize("orientation", range(1, 9))
    @pytest.mark.parametrize("name", ["x.png", "x.tif", "x.webp"])
    def test_is_applied(self, tmp_path, name, orientation):
        values = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
        options, exif = {"lossless": True} if name == "x.webp" else {}, Image.Exif()
        exif[ORIENTATION] = orientation
        Image.fromarray(values).save(tmp_path / name, exif=exif, **options)
        upright = np.rot90(values, k=TURNS[MIRRORED.get(orientation, orientation)])
        upright = upright[:, ::-1] if orientation in MIRRORED else upright
        np.testing.assert_array_equal(pixels(tmp_path / name), upright)

    @pytest.mark.parametrize("kind", [np.int32, np.float32, np.uint16, np.uint8])
    @pytest.mark.parametrize("orientation", [4, 6])
    def test_long_grey_tiffs_are_turned(self, tmp_path, kind, orientation):
        image, exif = Image.fromarray(np.arange(700, dtype=kind)[None] % 200), Image.Exif()
        exif[ORIENTATION] = orientation
        image.save(tmp_path / "turned.tif", exif=exif)
        image.save(tmp_path / "plain.tif")
        plain, turned = (read_image(tmp_path / f"{name}.tif") for name in ("plain", "turned"))
        plain.getexif()[ORIENTATION] = orientation
        np.testing.assert_array_equal(turned, ImageOps.exif_transpose(plain))


def exif_of(*entries, beyond=b""):
    """EXIF written by hand, as Pillow writes none that is odd: (tag, kind, four bytes) each."""
    body = b"".join(struct.pack("<HHI", tag, kind, 1) + value for tag, kind, value in entries)
    head = b"Exif\0\0II*\0" + struct.pack("<IH", 8, len(entries))
    return head + body + bytes(4) + beyond


SIX = (ORIENTATION, 3, struct.pack("<HH", 6, 0))
ODD_EXIF = {
    "negative rational": exif_of(SIX, (0x011A, 10, b"&\0\0\0"), beyond=struct.pack("<ii", -1, 1)),
    "rational over zero": exif_of(SIX, (0x011A, 5, b"&\0\0\0"), beyond=bytes(8)),
    "text for a unit": exif_of(SIX, (0x0128, 2, b"cm\0\0")),
    "offset beyond the end": exif_of(SIX, (0x010F, 5, b"\xff\xff\0\0")),
    "inner directory beyond the end": exif_of(SIX, (0x8769, 4, b"\xff\xff\0\0")),
    "cut off": exif_of(SIX, (0x011A, 5, b"\0\0\0\0"))[:40],
    "unknown kind": exif_of(SIX, (0x9286, 99, bytes(4))),
}


class TestMetadataThatCostsNoPicture:
    @pytest.mark.parametrize("name", ["x.jpg", "x.png", "x.webp"])
    @pytest.mark.parametrize("odd", ODD_EXIF)
    def test_odd(self, tmp_path, name, odd):
        values = np.zeros((32, 48, 3), dtype=np.uint8)
        values[:, :24] = 200
        Image.fromarray(values).save(tmp_path / name, exif=ODD_EXIF[odd])
        upright = np.rot90(values, k=-1).astype(int)
        assert np.abs(pixels(tmp_path / name) - upright).max() < 20

    def test_no_exif_and_long_texts(self, tmp_path):
        for wrong in (b"", b"Exif\0\0", b"Exif\0\0not a header", b"\xff" * 99):
            file = save_colour(tmp_path / "x.jpg", (200, 0, 0), exif=wrong)
            assert np.abs(pixels(file) - [200, 0, 0]).max() < 4
        text = PngImagePlugin.PngInfo()
        text.add_text("workflow", "x" * 3_000_000, zip=True)
        file = save_colour(tmp_path / "x.png", (200, 0, 0), pnginfo=text)
        assert (pixels(file) == [200, 0, 0]).all()


class TestSizes:
    @pytest.mark.parametrize("name", ["x.jpg", "x.png"])
    def test_20000_pixels_wide_is_kept(self, tmp_path, name):
        assert read_image(save_colour(tmp_path / name, size=(20_000, 10))).size == (20_000, 10)

    def test_ordinary_jpeg_is_decoded_whole(self, tmp_path):
        noise = np.random.default_rng(0).integers(0, 256, (600, 800, 3), dtype=np.uint8)
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

    def test_too_many_pixels(self, tmp_path):
        content = save_colour(tmp_path / "x.jpg").read_bytes()
        head = content.index(b"\xff\xc0") + 5  # height and width of the frame
        large = content[:head] + struct.pack(">HH", 32_000, 32_000) + content[head + 4 :]
        (tmp_path / "x.jpg").write_bytes(large)
        with pytest.raises(UnreadableImage, match=r"too large, .*\(of a JPEG, 500\)"):
            read_image(tmp_path / "x.jpg")
        for size in ((20_000, 20_000), (10_000, 9_500)):
            file = save_png(tmp_path / "x.png", size, 1, 0, [])
            with pytest.raises(UnreadableImage, match=r"x.png: too large, over 90 million pixels"):
                read_image(file)


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

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


def save_colour(path, colour="red", size=(8, 6), **options):
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


@pytest.mark.parametrize("name", ["x.tif", "x.jpg"])
def test_cmyk(tmp_path, name):
    Image.new("CMYK", (8, 8), (255, 0, 0, 0)).save(tmp_path / name)
    assert np.abs(pixels(tmp_path / name) - [0, 255, 255]).max() <= 2


@pytest.mark.parametrize("name", ["x.png", "x.tif"])
def test_16_bit_grey_is_scaled_not_clipped(tmp_path, name):
    values = np.array([[0, 300, 25700, 32768, 65535]], dtype=np.uint16)
    Image.fromarray(values).save(tmp_path / name)
    np.testing.assert_array_equal(pixels(tmp_path / name)[0, :, 1], [0, 1, 100, 128, 255])


def test_16_bit_rgb(tmp_path):
    row = np.array([65535, 32768, 0, 0, 300, 65535], dtype=">u2").tobytes()
    file = save_png(tmp_path / "x.png", (2, 1), 16, 2, [row])
    assert pixels(file).tolist() == [[[255, 128, 0], [0, 1, 255]]]


def grey_of(path, values, **options):
    Image.fromarray(values).save(path, **options)
    return pixels(path)[..., 0]


RAMP = np.arange(256).reshape(16, 16)


@pytest.mark.parametrize("name", ["x.png", "x.tif"])
@pytest.mark.parametrize("white", [255, 4095, 65535])
def test_fewer_bits_than_the_file_has(tmp_path, name, white):
    """8 and 12 bits in 16, and 16 in 32: the picture is as bright as in 8 bits."""
    values = np.rint(RAMP * (white / 255))
    np.testing.assert_array_equal(grey_of(tmp_path / name, values.astype(np.uint16)), RAMP)
    np.testing.assert_array_equal(grey_of(tmp_path / "32.tif", values.astype(np.int32)), RAMP)


@pytest.mark.parametrize("low, high", [(-32000, 32000), (0, 65536), (70_000, 90_000)])
def test_other_whole_numbers_are_stretched(tmp_path, low, high):
    values = np.linspace(low, high, 256).reshape(16, 16).round().astype(np.int32)
    np.testing.assert_allclose(grey_of(tmp_path / "x.tif", values), RAMP, atol=1)


@pytest.mark.parametrize("mark", [np.nan, np.inf, -np.inf, -9999, np.finfo(np.float32).min])
def test_no_data_is_black_and_moves_nothing_else(tmp_path, mark):
    values = (RAMP / 255 + 100).astype(np.float32)
    values[3, 4] = mark
    expected = RAMP.copy()
    expected[3, 4] = 0
    np.testing.assert_array_equal(grey_of(tmp_path / "x.tif", values), expected)


@pytest.mark.parametrize("orientation", [1, 6])
def test_no_data_that_the_file_names(tmp_path, orientation):
    values = (16 * RAMP).astype(np.int32)
    values[3, 4] = 60_000
    tags = {42113: "60000", 274: orientation}
    grey = grey_of(tmp_path / "x.tif", values, tiffinfo=tags)
    expected = np.rint(16 * RAMP * (255 / 4095))
    expected[3, 4] = 0
    np.testing.assert_array_equal(grey, expected if orientation == 1 else np.rot90(expected, -1))


def test_a_usual_mark_that_is_no_outlier_is_a_number(tmp_path):
    values = np.linspace(-10_000, 10_000, 256).reshape(16, 16).astype(np.float32)
    values[0, 1] = -9999
    np.testing.assert_allclose(grey_of(tmp_path / "x.tif", values), RAMP, atol=1)


@pytest.mark.parametrize("value", [np.nan, 0, 7.5])
def test_one_value_everywhere_is_black(tmp_path, value):
    assert not grey_of(tmp_path / "x.tif", np.full((4, 4), value, np.float32)).any()


def test_a_picture_that_comes_out_flat_is_said(tmp_path):
    narrow = (RAMP + 30_000).astype(np.uint16)
    with pytest.warns(UserWarning, match="256 levels or more, nearly all fall onto 2 of 256"):
        grey_of(tmp_path / "x.png", narrow)
    outlier = RAMP / 255
    outlier[0, 0] = 1e6
    with pytest.warns(UserWarning, match="nearly all fall onto 1 of 256: stretch such pictures"):
        grey_of(tmp_path / "x.tif", outlier.astype(np.float32))


def test_a_picture_of_few_levels_is_not_called_flat(tmp_path, recwarn):
    mask = np.where(RAMP < 2, 65535, 0).astype(np.uint16)
    np.testing.assert_array_equal(grey_of(tmp_path / "x.png", mask), mask // 257)
    assert not recwarn


def test_32_bit_float_is_stretched(tmp_path):
    Image.fromarray(np.array([[-1.0, 0.0, 1.0]], dtype=np.float32)).save(tmp_path / "x.tif")
    assert pixels(tmp_path / "x.tif")[0, :, 0].tolist() == [0, 128, 255]


@pytest.mark.parametrize("name", ["x.png", "x.gif"])
def test_transparent_palette_is_put_on_white(tmp_path, name):
    image = Image.new("P", (2, 1))
    image.putpalette([200, 0, 0, 0, 100, 0])
    image.putdata([0, 1])
    image.save(tmp_path / name, transparency=0)
    assert pixels(tmp_path / name).tolist() == [[[255, 255, 255], [0, 100, 0]]]


def test_alpha_is_put_on_white(tmp_path):
    Image.new("RGBA", (1, 1), (0, 0, 200, 0)).save(tmp_path / "clear.png")
    Image.new("RGBA", (1, 1), (0, 0, 200, 255)).save(tmp_path / "solid.png")
    Image.new("LA", (1, 1), (0, 51)).save(tmp_path / "grey.png")
    assert pixels(tmp_path / "clear.png").tolist() == [[[255, 255, 255]]]
    assert pixels(tmp_path / "solid.png").tolist() == [[[0, 0, 200]]]
    assert pixels(tmp_path / "grey.png").tolist() == [[[204, 204, 204]]]


def test_transparent_colour_of_an_rgb_png(tmp_path):
    image = Image.new("RGB", (2, 1), (1, 2, 3))
    image.putpixel((1, 0), (9, 8, 7))
    image.save(tmp_path / "x.png", transparency=(1, 2, 3))
    assert pixels(tmp_path / "x.png").tolist() == [[[255, 255, 255], [9, 8, 7]]]


@pytest.mark.parametrize("name", ["x.gif", "x.png", "x.webp", "x.tif"])
def test_first_frame_of_an_animation(tmp_path, name):
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "blue", "lime")]
    options = {"lossless": True} if name == "x.webp" else {}
    frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:], **options)
    assert Image.open(tmp_path / name).n_frames == 3
    assert (pixels(tmp_path / name) == [255, 0, 0]).all()


@pytest.mark.parametrize("mode", ["L", "1"])
def test_grey_and_black_and_white(tmp_path, mode):
    Image.new(mode, (3, 2), 255).save(tmp_path / "x.png")
    assert (pixels(tmp_path / "x.png") == 255).all()


def test_one_pixel_is_kept(tmp_path):
    assert pixels(save_colour(tmp_path / "x.png", (7, 8, 9), (1, 1))).tolist() == [[[7, 8, 9]]]


@pytest.mark.parametrize(("orientation", "quarter_turns"), [(1, 0), (3, 2), (6, -1), (8, 1)])
@pytest.mark.parametrize("name", ["x.png", "x.tif", "x.webp"])
def test_exif_orientation_is_applied(tmp_path, name, orientation, quarter_turns):
    values = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    options = {"lossless": True} if name == "x.webp" else {}
    for mirrored in (False, True):
        exif = Image.Exif()
        exif[0x0112] = {1: 2, 3: 4, 6: 5, 8: 7}[orientation] if mirrored else orientation
        Image.fromarray(values).save(tmp_path / name, exif=exif, **options)
        upright = np.rot90(values, k=quarter_turns)
        upright = upright[:, ::-1] if mirrored else upright
        np.testing.assert_array_equal(pixels(tmp_path / name), upright)


def exif_of(*entries, beyond=b""):
    """EXIF written by hand, as Pillow writes none that is odd: (tag, kind, four bytes) each."""
    body = b"".join(struct.pack("<HHI", tag, kind, 1) + value for tag, kind, value in entries)
    head = b"Exif\0\0II*\0" + struct.pack("<IH", 8, len(entries))
    return head + body + bytes(4) + beyond


SIX = (0x0112, 3, struct.pack("<HH", 6, 0))
ODD_EXIF = {
    "negative rational": exif_of(SIX, (0x011A, 10, b"&\0\0\0"), beyond=struct.pack("<ii", -1, 1)),
    "rational over zero": exif_of(SIX, (0x011A, 5, b"&\0\0\0"), beyond=bytes(8)),
    "text for a unit": exif_of(SIX, (0x0128, 2, b"cm\0\0")),
    "offset beyond the end": exif_of(SIX, (0x010F, 5, b"\xff\xff\0\0")),
    "inner directory beyond the end": exif_of(SIX, (0x8769, 4, b"\xff\xff\0\0")),
    "cut off": exif_of(SIX, (0x011A, 5, b"\0\0\0\0"))[:40],
    "unknown kind": exif_of(SIX, (0x9286, 99, bytes(4))),
}


@pytest.mark.parametrize("name", ["x.jpg", "x.png", "x.webp"])
@pytest.mark.parametrize("odd", ODD_EXIF)
def test_odd_metadata_costs_no_picture(tmp_path, name, odd):
    values = np.zeros((32, 48, 3), dtype=np.uint8)
    values[:, :24] = 200
    Image.fromarray(values).save(tmp_path / name, exif=ODD_EXIF[odd])
    upright = np.rot90(values, k=-1).astype(int)
    assert np.abs(pixels(tmp_path / name) - upright).max() < 20


def test_metadata_that_is_no_exif_costs_no_picture(tmp_path):
    for wrong in (b"", b"Exif\0\0", b"Exif\0\0not a header", b"\xff" * 99):
        save_colour(tmp_path / "x.jpg", (200, 0, 0), exif=wrong)
        assert np.abs(pixels(tmp_path / "x.jpg") - [200, 0, 0]).max() < 4


def test_long_texts_cost_no_picture(tmp_path):
    text = PngImagePlugin.PngInfo()
    text.add_text("workflow", "x" * 3_000_000, zip=True)
    file = save_colour(tmp_path / "x.png", (200, 0, 0), pnginfo=text)
    assert (pixels(file) == [200, 0, 0]).all()


@pytest.mark.parametrize("name", ["x.jpg", "x.png"])
def test_20000_pixels_wide_is_kept(tmp_path, name):
    assert read_image(save_colour(tmp_path / name, size=(20_000, 100))).size == (20_000, 100)


def test_large_jpeg_is_decoded_smaller(tmp_path):
    Image.new("L", (12_000, 8_000), 90).save(tmp_path / "x.jpg")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        picture = read_image(tmp_path / "x.jpg")
    assert picture.size == (3_000, 2_000)
    assert np.abs(np.asarray(picture.resize((9, 9))).astype(int) - 90).max() <= 1


def test_200_megapixels_of_a_jpeg_are_decoded_smaller(tmp_path):
    image = Image.new("RGB", (20_000, 10_000), (200, 10, 10))
    image.paste((10, 200, 10), (10_000, 0, 20_000, 10_000))
    image.save(tmp_path / "x.jpg")
    picture = read_image(tmp_path / "x.jpg")
    assert picture.size == (2_500, 1_250)
    expected = [(200, 10, 10), (10, 200, 10)]
    np.testing.assert_allclose([picture.getpixel((x, 600)) for x in (600, 1900)], expected, atol=3)


def test_jpeg_of_a_thousand_megapixels(tmp_path):
    content = save_colour(tmp_path / "x.jpg").read_bytes()
    head = content.index(b"\xff\xc0") + 5  # height and width of the frame
    large = content[:head] + struct.pack(">HH", 32_000, 32_000) + content[head + 4 :]
    (tmp_path / "x.jpg").write_bytes(large)
    with pytest.raises(UnreadableImage, match=r"too large, .*\(of a JPEG, 500\)"):
        read_image(tmp_path / "x.jpg")


def test_read_by_many_threads_leaves_the_filters_of_warnings_alone(tmp_path):
    files = [save_colour(tmp_path / "x.png")] * 400
    with warnings.catch_warnings():
        for _ in range(20):
            warnings.simplefilter("default", ResourceWarning)
            before = list(warnings.filters)
            with ThreadPoolExecutor(4) as pool:
                list(pool.map(read_image, files))
            assert warnings.filters == before


def test_ordinary_jpeg_is_decoded_whole(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (600, 800, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "x.jpg")
    whole = np.asarray(Image.open(tmp_path / "x.jpg"))
    np.testing.assert_array_equal(pixels(tmp_path / "x.jpg"), whole)


@pytest.mark.parametrize("size", [(20_000, 20_000), (10_000, 9_500)])
def test_too_many_pixels(tmp_path, size):
    rows = (bytes(size[0] // 8) for _ in range(size[1]))
    file = save_png(tmp_path / "x.png", size, 1, 0, rows)
    with pytest.raises(UnreadableImage, match=r"x.png: too large, over 90 million pixels"):
        read_image(file)


def test_missing_file(tmp_path):
    with pytest.raises(UnreadableImage, match=r"x.png: cannot be opened \(No such file"):
        read_image(tmp_path / "x.png")


def test_error_travels_between_processes():
    error = pickle.loads(pickle.dumps(UnreadableImage("a.png", "empty, zero bytes")))
    assert str(error) == "a.png: empty, zero bytes."
    assert error.reason == "empty, zero bytes"


@pytest.mark.parametrize("kind", [np.int32, np.float32, np.uint16, np.uint8])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_long_grey_tiffs_are_turned(tmp_path, kind, orientation):
    pixels = np.arange(700, dtype=kind)[None] % 200
    image, exif = Image.fromarray(pixels), Image.Exif()
    exif[0x0112] = orientation
    image.save(tmp_path / "turned.tif", exif=exif)
    image.save(tmp_path / "plain.tif")
    plain, turned = (read_image(tmp_path / f"{name}.tif") for name in ("plain", "turned"))
    plain.getexif()[0x0112] = orientation
    expected = np.asarray(ImageOps.exif_transpose(plain))
    np.testing.assert_array_equal(np.asarray(turned), expected)

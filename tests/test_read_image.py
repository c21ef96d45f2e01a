"""One image file of any kind: what is converted, and what is said of those that cannot be."""

import pickle
import struct
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

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
def test_exif_orientation_is_applied(tmp_path, orientation, quarter_turns):
    values = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(values).save(tmp_path / "x.png", exif=exif)
    upright = np.rot90(values, k=quarter_turns)
    np.testing.assert_array_equal(pixels(tmp_path / "x.png"), upright)


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

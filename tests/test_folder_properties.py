"""Folders as nobody would make them: generated names, nesting, modes, sizes, metadata, damage."""

import io
import os
import tempfile
import warnings
from contextlib import suppress
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from tlcourse.datasets import ImageFolder
from tlcourse.your_problem import open_problem

# Modes that Pillow itself turns into RGB as the eye expects, and the formats that hold them.
MODES = {"1": "png", "L": "jpg", "P": "gif", "RGB": "jpg bmp webp tif ppm", "CMYK": "tif jpg"}
OTHER_MODES = {"RGBA": "png", "LA": "png", "PA": "png", "I;16": "png tif", "I": "tif", "F": "tif"}
KINDS = [(mode, form) for mode, forms in (MODES | OTHER_MODES).items() for form in forms.split()]
LITTER = ["@eaDir", "__MACOSX", ".hidden", "#recycle", "$RECYCLE.BIN", "lost+found"]
METADATA = [b"", b"Exif\0\0", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff", b"x" * 9]
ORIENTATION = 0x0112
TURNED = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_270, 2: Image.Transpose(0)}

names = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters='/\\:*?"<>|'),
    min_size=1,
    max_size=12,
).filter(lambda name: name.strip(". ") == name)
folders = st.one_of(names, st.sampled_from([*LITTER, "train", "Test"]))
pictures = st.fixed_dictionaries(
    {
        "place": st.lists(folders, max_size=2),
        "name": names,
        "kind": st.sampled_from(KINDS),
        "size": st.one_of(st.tuples(st.integers(1, 40), st.integers(1, 40)), st.just((700, 1))),
        "orientation": st.sampled_from([None, 1, 2, 3, 6, 9, 65_535]),
        "metadata": st.sampled_from(METADATA),
        "damage": st.sampled_from([None] * 6 + ["empty", "words", "half", "closed", "pipe"]),
        "seed": st.integers(0, 2**32 - 1),
    }
)
trees = st.dictionaries(folders, st.lists(pictures, max_size=4), min_size=2, max_size=4)


def picture_of(mode, size, seed):
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 4), dtype=np.uint8)
    kinds = {"I;16": np.uint16, "I": np.int32, "F": np.float32}
    if mode in kinds:
        return Image.fromarray(pixels[..., 0].astype(kinds[mode]) * (257 if mode == "I;16" else 1))
    if mode in ("LA", "PA"):
        return Image.fromarray(pixels, "RGBA").convert("LA").convert(mode)
    return Image.fromarray(pixels if mode == "RGBA" else pixels[..., :3]).convert(mode)


def write(file, told):
    """The picture in its file, with its metadata and its damage."""
    mode, form = told["kind"]
    exif, options = Image.Exif(), {}
    if told["orientation"]:
        exif[ORIENTATION] = told["orientation"]
    if form in ("jpg", "png", "webp", "tif"):
        options = {"exif": exif.tobytes()}
    if told["metadata"] and form in ("jpg", "webp"):
        options = {"exif": told["metadata"]}
    file.parent.mkdir(parents=True, exist_ok=True)
    picture_of(mode, told["size"], told["seed"]).save(file, **options)
    content, damage = file.read_bytes(), told["damage"]
    damaged = {"empty": b"", "words": b"no picture", "half": content[: len(content) // 2]}
    file.write_bytes(damaged.get(damage, content))
    if damage == "closed":
        file.chmod(0)
    elif damage == "pipe" and hasattr(os, "mkfifo"):
        file.unlink()
        os.mkfifo(file)


def decodes(file):
    try:
        with Image.open(file) as image:
            image.load()
    except Exception:  # whatever Pillow makes of damage
        return False
    return True


def plainly(file):
    """The picture as plain RGB by Pillow alone; None where there is more than one meaning.

    From memory: Pillow garbles some files that it maps as it turns them.
    """
    with Image.open(io.BytesIO(file.read_bytes())) as image:
        if image.mode not in MODES or image.has_transparency_data:
            return None
        image.load()  # of a TIFF, this turns it and forgets the orientation
        turn = None
        with suppress(Exception):  # metadata that cannot be read turns nothing
            turn = TURNED.get(image.getexif().get(ORIENTATION))
        plain = image.convert("RGB")
    return plain if turn is None else plain.transpose(turn)


def build(root, tree, sound):
    """Writes the tree; the files of pictures, whatever became of them."""
    files = set()
    for number, (name, inside) in enumerate(tree.items()):
        (root / name).mkdir(parents=True, exist_ok=True)
        if sound:
            files.add(root / name / "sound.png")
            picture_of("RGB", (9, 9), number).save(root / name / "sound.png")
        for told in inside:
            file = Path(root, name, *told["place"], f"{told['name']}.{told['kind'][1]}")
            if any(parent.is_file() for parent in file.parents) or file.exists():
                continue
            try:
                write(file, told)
                files.add(file)
            except (OSError, ValueError):  # a name or a picture that cannot be written
                file.unlink(missing_ok=True)
    return {file for file in files if not file.name.startswith("._")}


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(tree=trees, sound=st.sampled_from([True, True, True, False]))
def test_no_picture_is_lost_and_none_is_read_otherwise(tree, sound):
    with tempfile.TemporaryDirectory() as place, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        root = Path(place, "mine")
        files = build(root, tree, sound)
        refusals = []
        for read in (open_problem, ImageFolder):
            try:
                folder = read(root)
            except (ValueError, FileNotFoundError) as refused:
                refusals.append(read)
                said = str(refused)
                assert said.endswith(".") and "\n" not in said and "Errno" not in said
        if ImageFolder not in refusals:
            check(folder, root, files)


def check(folder, root, files):
    left_out = {path for path, _ in folder.left_out}
    named = {file for file in files if left_out & {file, *file.parents}}
    assert files == named | set(folder.files) and not named & set(folder.files)
    assert not [path for path, why in folder.left_out if "dec" in why and decodes(path)]
    for (picture, label), file in zip(folder, folder.files, strict=True):
        assert decodes(file) and folder.classes[label] == file.relative_to(root).parts[0]
        plain = plainly(file)
        assert plain is None or np.array_equal(picture, plain)

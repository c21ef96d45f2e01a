"""Folders as nobody would make them: generated names, nesting, modes, sizes, metadata, damage."""

import os
import shutil
import tempfile
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from tlcourse.datasets import ImageFolder
from tlcourse.features.extraction import extract_features
from tlcourse.networks.backbones import load_backbone
from tlcourse.your_problem import open_problem

# Modes that Pillow itself turns into RGB as the eye expects, and the formats that hold them.
MODES = {"1": "png", "L": "jpg", "P": "gif", "RGB": "jpg bmp webp tif ppm", "CMYK": "tif jpg"}
OTHER_MODES = {"RGBA": "png", "LA": "png", "PA": "png", "I;16": "png tif", "I": "tif", "F": "tif"}
KINDS = [
    (mode, form)
    for modes in (MODES, OTHER_MODES)
    for mode, forms in modes.items()
    for form in forms.split()
]
LITTER = ["@eaDir", "__MACOSX", ".hidden", "#recycle", "$RECYCLE.BIN", "lost+found"]
METADATA = [b"", b"Exif\0\0", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff", b"x" * 9]
TURNED = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_270, 2: Image.Transpose(0)}

names = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters='/\\:*?"<>|'),
    min_size=1,
    max_size=12,
).filter(lambda name: name.strip(". ") == name)
folders = st.one_of(names, st.sampled_from(LITTER), st.sampled_from(["train", "Test"]))
sizes = st.one_of(st.tuples(st.integers(1, 40), st.integers(1, 40)), st.just((700, 1)))
pictures = st.fixed_dictionaries(
    {
        "place": st.lists(folders, max_size=2),
        "name": names,
        "kind": st.sampled_from(KINDS),
        "size": sizes,
        "orientation": st.sampled_from([None, 1, 2, 3, 6, 9, 65_535]),
        "metadata": st.sampled_from(METADATA),
        "damage": st.sampled_from([None] * 6 + ["empty", "words", "half", "closed", "pipe"]),
        "seed": st.integers(0, 2**32 - 1),
    }
)
trees = st.dictionaries(folders, st.lists(pictures, max_size=4), min_size=2, max_size=4)


def picture_of(mode, size, seed):
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (size[1], size[0], 4), dtype=np.uint8)
    grey = pixels[..., 0]
    if mode == "I;16":
        return Image.fromarray(grey.astype(np.uint16) * 257)
    if mode in ("I", "F"):
        return Image.fromarray(grey.astype({"I": np.int32, "F": np.float32}[mode]))
    if mode in ("LA", "PA"):
        return Image.fromarray(pixels, "RGBA").convert("LA").convert(mode)
    return Image.fromarray(pixels if mode == "RGBA" else pixels[..., :3]).convert(mode)


def write(file, told):
    """The picture in its file, with its metadata and its damage."""
    mode, form = told["kind"]
    options = {}
    if form in ("jpg", "png", "webp", "tif"):
        exif = Image.Exif()
        if told["orientation"]:
            exif[0x0112] = told["orientation"]
        options = {"exif": exif.tobytes()}
    if told["metadata"] and form in ("jpg", "webp"):
        options = {"exif": told["metadata"]}
    file.parent.mkdir(parents=True, exist_ok=True)
    picture_of(mode, told["size"], told["seed"]).save(file, **options)
    damage(file, told["damage"])


def damage(file, how):
    content = file.read_bytes()
    if how == "empty":
        file.write_bytes(b"")
    elif how == "words":
        file.write_text("no picture")
    elif how == "half":
        file.write_bytes(content[: len(content) // 2])
    elif how == "closed":
        file.chmod(0)
    elif how == "pipe" and hasattr(os, "mkfifo"):
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
    """The picture as plain RGB by Pillow alone; None where there is more than one meaning."""
    with Image.open(file) as image:
        if image.mode not in MODES or image.has_transparency_data:
            return None
        image.load()  # of a TIFF, this turns it and forgets the orientation
        try:
            turn = TURNED.get(image.getexif().get(0x0112))
        except Exception:  # metadata that cannot be read turns nothing
            turn = None
        plain = image.convert("RGB")
    return plain if turn is None else plain.transpose(turn)


def build(root, tree, sound):
    """Writes the tree; the files of pictures, whatever became of them."""
    files = set()
    for number, (name, inside) in enumerate(tree.items()):
        (root / name).mkdir(exist_ok=True)
        if sound:
            files.add(root / name / "sound.png")
            picture_of("RGB", (9, 9), number).save(root / name / "sound.png")
        for told in inside:
            file = Path(root, name, *told["place"], f"{told['name']}.{told['kind'][1]}")
            if any(parent.is_file() for parent in file.parents) or file.exists():
                continue
            try:
                write(file, told)
            except (OSError, ValueError):  # a name or a picture that cannot be written
                file.unlink(missing_ok=True)
            else:
                files.add(file)
    return files


@pytest.fixture(scope="module")
def natural():
    return load_backbone("natural")


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(tree=trees, sound=st.sampled_from([True, True, True, False]))
def test_no_picture_is_lost_and_none_is_read_otherwise(natural, tree, sound):
    root = Path(tempfile.mkdtemp())
    try:
        check(natural, root / "mine", root / "plain", tree, sound)
    finally:
        shutil.rmtree(root)


def check(natural, root, plain, tree, sound):
    root.mkdir()
    files = {file for file in build(root, tree, sound) if not file.name.startswith("._")}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            open_problem(root)
        except ValueError as refused:
            assert_sentence(refused)
        try:
            folder = ImageFolder(root)
        except ValueError as refused:
            return assert_sentence(refused)
    left_out = {path for path, _ in folder.left_out}
    named = {file for file in files if left_out & {file, *file.parents}}
    assert files == named | set(folder.files) and not named & set(folder.files)
    assert all(decodes(file) for file in folder.files)
    assert not [path for path, why in folder.left_out if "dec" in why and decodes(path)]

    rows, targets = [], []
    for row, (file, label) in enumerate(zip(folder.files, folder.targets, strict=True)):
        assert folder.classes[label] == file.relative_to(root).parts[0]
        copy = plainly(file)
        if copy is not None:
            rows.append(row)
            targets.append(label)
            (plain / str(label)).mkdir(parents=True, exist_ok=True)
            copy.save(plain / str(label) / f"{row:03}.png")
    if len(set(targets)) > 1:
        copies = ImageFolder(plain)
        order = [int(file.stem) for file in copies.files]
        assert sorted(order) == rows
        ours, theirs = (
            extract_features(natural, each, ["conv1_1", "fc7"], precision="float32", cache=False)
            for each in (folder, copies)
        )
        np.testing.assert_allclose(ours.matrix[order], theirs.matrix, rtol=2e-3, atol=2e-3)


def assert_sentence(refused):
    assert type(refused) in (ValueError, FileNotFoundError)
    assert str(refused).endswith(".") and "\n" not in str(refused) and "Errno" not in str(refused)

"""Items of a data set: what is plain is converted, of the rest one sentence says what to give."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import Subset, TensorDataset

from tlcourse.datasets.items import class_names, read_item
from tlcourse.networks.images import prepare_images

RGB = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
PICTURE, GREY = Image.fromarray(RGB), Image.fromarray(RGB).convert("L")
TENSOR = torch.from_numpy(RGB).permute(2, 0, 1)


@pytest.mark.parametrize(
    ("image", "wanted"),
    [
        *((each, each) for each in (PICTURE, GREY, PICTURE.convert("CMYK"), PICTURE.quantize(16))),
        (PICTURE.convert("RGBA"), PICTURE),
        (RGB, PICTURE),
        (np.asarray(GREY), GREY),
        (np.asarray(GREY)[..., None], GREY),
        (np.dstack([RGB, np.full((20, 30), 255, np.uint8)]), PICTURE),
        (np.asarray(GREY) > 99, GREY.point(lambda value: 255 * (value > 99))),
        (TENSOR, PICTURE),
        ((TENSOR / 255).double().requires_grad_(), PICTURE),
        (torch.from_numpy(np.array(GREY))[None], GREY),
    ],
)
def test_a_picture_of_any_usual_form_is_rgb(image, wanted):
    found = read_item([(image, 1)], 0)[0]
    assert (found.mode, found.size) == ("RGB", wanted.size)
    assert np.array_equal(found, wanted.convert("RGB"))


LABELS = np.int8(1), True, 1.0, torch.tensor(1), np.array([[1]]), [1]
ITEMS = [PICTURE, 1], (PICTURE, 1, "more"), {"image": PICTURE, "label": 1}, {"label": 1, "img": RGB}


@pytest.mark.parametrize("item", [*((PICTURE, label) for label in LABELS), *ITEMS])
def test_items_and_labels_of_any_usual_form(item):
    image, label = read_item([item], 0)
    assert np.array_equal(image, PICTURE) and label == 1 and type(label) is int


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (PICTURE, "is one Image: give an image and its label"),
        ({"pixels": 1, "y": 2}, "has pixels, y: give 'image' and 'label'"),
        (("a.png", 0), "for an image: give a PIL image"),
        ((TENSOR / 100 - 1, 0), "not normalised yet"),
        ((TENSOR.float(), 0), "floats from 0 to 1"),
        ((RGB.astype(int), 0), "has a int64 of shape"),
        ((np.zeros((2, 5, 5, 3), np.uint8), 0), r"\(2, 5, 5, 3\)"),
        ((RGB[:0], 0), "without pixels"),
        ((PICTURE, None), "has the label None: give one whole number"),
        ((PICTURE, 0.5), "has the label 0.5"),
        ((PICTURE, np.eye(3)[0]), r"has the label of shape \(3,\): give one whole number"),
        ((PICTURE, -1), "has the label -1: labels go from 0"),
        ((PICTURE, 10**12), "labels go from 0 to 999999"),
    ],
)
def test_what_is_not_plain_is_said_in_one_sentence(item, message):
    with pytest.raises(ValueError, match=f"Item 2 of the data set .*{message}.*\\.$"):
        read_item([(PICTURE, 0), (PICTURE, 1), item], 2)


def test_classes_bound_the_labels_and_a_wrappers_own_win():
    class Named(list):
        classes = ["one", "two"]

    part = Subset(Named([(PICTURE, 2)]), [0])
    with pytest.raises(ValueError, match="Item 0 .* label 2: labels go from 0 to 1"):
        read_item(part, 0)
    assert class_names(part, None) == ["one", "two"]
    part.classes = np.arange(3)
    assert class_names(part, None) == ["0", "1", "2"]


def test_tensors_are_prepared_as_their_pictures(natural):
    tensors = TensorDataset(torch.stack([TENSOR, TENSOR.flip(2)]), torch.tensor([[1], [0]]))
    pictures = [(PICTURE, 1), (PICTURE.transpose(Image.Transpose.FLIP_LEFT_RIGHT), 0)]
    found, wanted = (prepare_images(natural, images) for images in (tensors, pictures))
    assert torch.equal(found.inputs, wanted.inputs)
    assert found.labels.tolist() == [1, 0]
    with pytest.raises(ValueError, match="A label is -1"):
        prepare_images(natural, (found.inputs, torch.tensor([0, -1])))

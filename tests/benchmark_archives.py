"""The nine data sets in small: the layout of each published archive, with real image files.

Two classes, one red and one blue, so that any network tells them apart; ``caltech101`` has four, as
its background and its two kinds of faces matter.
"""

import io
import json
import tarfile
import zipfile

import numpy as np
from PIL import Image
from scipy.io import savemat

RED, BLUE, GREEN = (200, 30, 30), (30, 30, 200), (30, 160, 30)


def picture(colour, seed=0, suffix="jpg", mode="RGB"):
    """An image file's bytes: one colour with noise, 12 x 10 pixels."""
    noise = np.random.default_rng(seed).integers(-25, 25, (10, 12, 3))
    image = Image.fromarray((np.array(colour) + noise).clip(0, 255).astype(np.uint8)).convert(mode)
    content = io.BytesIO()
    image.save(content, {"jpg": "JPEG", "ppm": "PPM", "png": "PNG"}[suffix])
    return content.getvalue()


def lines(*rows):
    return ("\n".join(rows) + "\n").encode()


def mat(**values):
    content = io.BytesIO()
    savemat(content, values)
    return content.getvalue()


def cells(texts):
    """Texts as MATLAB keeps them in a column of cells."""
    column = np.empty((len(texts), 1), dtype=object)
    column[:, 0] = texts
    return column


def pictures(form, colours, counts, suffix="jpg"):
    """``{path: bytes}``: for each class, images of its colour named by ``form``."""
    return {
        form.format(name, number): picture(colour, number, suffix)
        for (name, colour), count in zip(colours.items(), counts, strict=True)
        for number in range(1, count + 1)
    }


def tar(files, compressed=False):
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz" if compressed else "w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return content.getvalue()


def zipped(files):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()


def mit67():
    images = pictures("Images/{}/{}.jpg", {"kitchen": RED, "wine_cellar": BLUE}, (5, 4))
    listed = [name.removeprefix("Images/") for name in images][:-1]  # most are in neither list
    test = [name for name in listed if name.endswith("3.jpg")]
    return {
        "indoorCVPR_09.tar": tar(images),
        "TrainImages.txt": lines(*(name for name in listed if name not in test)),
        "TestImages.txt": "\r\n".join(test).encode(),
    }


def cub200():
    form = "CUB_200_2011/images/{}/{}.jpg"
    images = pictures(form, {"001.Red_Bird": RED, "002.Blue_Bird": BLUE}, (4, 4))
    names = [name.removeprefix("CUB_200_2011/images/") for name in images]
    numbered = list(enumerate(names, 1))
    lists = {
        "classes.txt": lines("1 001.Red_Bird", "2 002.Blue_Bird"),
        "images.txt": lines(*(f"{number} {name}" for number, name in numbered)),
        "image_class_labels.txt": lines(*(f"{n} {1 + ('Blue' in name)}" for n, name in numbered)),
        "train_test_split.txt": lines(*(f"{n} {int('4.jpg' not in name)}" for n, name in numbered)),
    }
    files = images | {f"CUB_200_2011/{name}": content for name, content in lists.items()}
    return {"CUB_200_2011.tgz": tar(files | {"attributes.txt": b"1 has_bill\n"}, compressed=True)}


def flowers102():
    images = {f"jpg/image_{n:05d}.jpg": picture(BLUE if n > 4 else RED, n) for n in range(1, 9)}
    return {
        "102flowers.tgz": tar(images, compressed=True),
        "imagelabels.mat": mat(labels=[[1] * 4 + [2] * 4]),
        "setid.mat": mat(trnid=[[1, 5]], valid=[[2, 6]], tstid=[[3, 4, 7, 8]]),
    }


def cats_dogs():
    images = pictures("images/{}_{}.jpg", {"Abyssinian": RED, "pug_dog": BLUE}, (4, 4))
    rows = {
        name.removeprefix("images/").removesuffix(".jpg"): 1 + ("pug" in name) for name in images
    }
    described = {name: f"{name} {label} {label} 1" for name, label in rows.items()}
    lists = {
        "trainval.txt": lines(*(row for name, row in described.items() if name[-1] != "4")),
        "test.txt": lines(*(row for name, row in described.items() if name[-1] == "4")),
    }
    annotations = {f"annotations/{name}": content for name, content in lists.items()}
    return {
        "images.tar.gz": tar(images, compressed=True),
        "annotations.tar.gz": tar(annotations, compressed=True),
    }


def sdogs():
    classes = {"n02085620-Chihuahua": RED, "n02086240-Shih-Tzu_dog": BLUE}
    images = pictures("Images/{0}/{0}_{1}.jpg", classes, (4, 4))
    names = [name.removeprefix("Images/") for name in images]
    parts = {
        "train": [name for name in names if "_4" not in name],
        "test": [name for name in names if "_4" in name],
    }
    lists = {
        f"{part}_list.mat": mat(
            file_list=cells(files), labels=[[1 + ("Shih" in name)] for name in files]
        )
        for part, files in parts.items()
    }
    return {"images.tar": tar(images), "lists.tar": tar(lists)}


def caltech101():
    classes = {"BACKGROUND_Google": GREEN, "Faces": RED, "Faces_easy": BLUE, "ant": GREEN}
    images = pictures("101_ObjectCategories/{}/image_{:04d}.jpg", classes, (3, 85, 32, 31))
    images["101_ObjectCategories/ant/image_0001.jpg"] = picture(GREEN, mode="L")
    inner = tar(images, compressed=True)
    files = {"caltech-101/101_ObjectCategories.tar.gz": inner, "__MACOSX/._caltech-101": b"x"}
    return {"caltech-101.zip": zipped(files | {"caltech-101/Annotations.tar": tar({"a": b"b"})})}


def food101():
    kinds = {"red_soup": RED, "blue_cheese": BLUE}
    images = pictures("food-101/images/{}/{}.jpg", kinds, (12, 12))
    numbers = {"train": (11, 12), "test": range(1, 11)}
    parts = {
        part: {kind: [f"{kind}/{number}" for number in numbers[part]] for kind in kinds}
        for part in numbers
    }
    meta = {
        f"food-101/meta/{part}.json": json.dumps(content).encode()
        for part, content in parts.items()
    }
    return {"food-101.tar.gz": tar(images | meta, compressed=True)}


def textures():
    images = pictures("dtd/images/{0}/{0}_{1}.jpg", {"banded": RED, "dotted": BLUE}, (3, 3))
    names = [name.removeprefix("dtd/images/") for name in images]
    lists = {
        f"dtd/labels/{part}{number}.txt": lines(
            *(name for name in names if (int(name[-5]) + number) % 3 == place)
        )
        for number in range(1, 11)
        for place, part in enumerate(("train", "val", "test"))
    }
    return {"dtd-r1.0.1.tar.gz": tar(images | lists, compressed=True)}


def wood():
    files = {f"knot{n:04d}.ppm": picture(BLUE if n > 6 else RED, n, "ppm") for n in range(1, 12)}
    rows = [f"{name} {'sound_knot' if name > 'knot0006.z' else 'dry_knot'} 3 7" for name in files]
    return {"names.txt": lines(*rows)} | files


ARCHIVES = {
    "mit67": mit67,
    "cub200": cub200,
    "flowers102": flowers102,
    "cats-dogs": cats_dogs,
    "sdogs": sdogs,
    "caltech101": caltech101,
    "food101": food101,
    "textures": textures,
    "wood": wood,
}

# images, classes, training and test images of the first fold, folds
COUNTS = {
    "mit67": (8, 2, 6, 2, 1),
    "cub200": (8, 2, 6, 2, 1),
    "flowers102": (8, 2, 4, 4, 1),
    "cats-dogs": (8, 2, 6, 2, 1),
    "sdogs": (8, 2, 6, 2, 1),
    "caltech101": (148, 3, 90, 53, 5),
    "food101": (20, 2, 16, 4, 5),
    "textures": (6, 2, 4, 2, 10),
    "wood": (11, 2, 8, 3, 5),
}

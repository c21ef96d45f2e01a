"""The nine data sets in small: the layout of each published archive, with real image files.

The first class is red and the second blue, so that any network tells them apart; ``caltech101`` has
two more, as its background and its two kinds of faces matter.
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


def pictures(form, *names, counts=(4, 4), colours=(RED, BLUE)):
    """``{path: bytes}``: of two classes, images named by ``form``."""
    return {
        form.format(name, number): picture(colour, number)
        for name, colour, count in zip(names, colours, counts, strict=True)
        for number in range(1, count + 1)
    }


def without(folder, images):
    return [name.removeprefix(folder) for name in images]


def lines(rows):
    return ("\n".join(rows) + "\n").encode()


def mat(**values):
    content = io.BytesIO()
    savemat(content, values)
    return content.getvalue()


def tar(files, mode="w:gz"):
    """Of files by name, or by ``TarInfo``."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode=mode) as archive:
        for name, data in files.items():
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return content.getvalue()


def mit67():
    images = pictures("Images/{}/{}.jpg", "kitchen", "wine_cellar", counts=(5, 4))
    listed = without("Images/", images)[:-1]  # most are in neither list
    test = [name for name in listed if name.endswith("3.jpg")]
    return {
        "indoorCVPR_09.tar": tar(images),
        "TrainImages.txt": lines(name for name in listed if name not in test),
        "TestImages.txt": "\r\n".join(test).encode(),
    }


def cub200():
    images = pictures("CUB_200_2011/images/{}/{}.jpg", "001.Red_Bird", "002.Blue_Bird")
    numbered = list(enumerate(without("CUB_200_2011/images/", images), 1))
    lists = {
        "classes": ["1 001.Red_Bird", "2 002.Blue_Bird"],
        "images": [f"{number} {name}" for number, name in numbered],
        "image_class_labels": [f"{n} {1 + ('Blue' in name)}" for n, name in numbered],
        "train_test_split": [f"{n} {int('4.jpg' not in name)}" for n, name in numbered],
    }
    files = {f"CUB_200_2011/{name}.txt": lines(rows) for name, rows in lists.items()}
    return {"CUB_200_2011.tgz": tar(images | files | {"attributes.txt": b"1 has_bill\n"})}


def flowers102():
    images = {f"jpg/image_{n:05d}.jpg": picture(BLUE if n > 4 else RED, n) for n in range(1, 9)}
    return {
        "102flowers.tgz": tar(images),
        "imagelabels.mat": mat(labels=[[1] * 4 + [2] * 4]),
        "setid.mat": mat(trnid=[[1, 5]], valid=[[2, 6]], tstid=[[3, 4, 7, 8]]),
    }


def cats_dogs():
    images = pictures("images/{}_{}.jpg", "Abyssinian", "pug_dog")
    rows = [name.removesuffix(".jpg") for name in without("images/", images)]
    rows = [f"{name} {1 + ('pug' in name)} 1 1" for name in rows]
    parts = {"trainval": [row for row in rows if "_4 " not in row]}
    parts["test"] = [row for row in rows if "_4 " in row]
    annotations = {f"annotations/{part}.txt": lines(rows) for part, rows in parts.items()}
    return {"images.tar.gz": tar(images), "annotations.tar.gz": tar(annotations)}


def sdogs():
    images = pictures("Images/{0}/{0}_{1}.jpg", "n02085620-Chihuahua", "n02086240-Shih-Tzu_dog")
    lists = {}
    for part in ("train", "test"):
        names = [n for n in without("Images/", images) if ("_4" in n) == (part == "test")]
        column = np.empty((len(names), 1), dtype=object)  # as MATLAB keeps texts in cells
        column[:, 0] = names
        labels = [[1 + ("Shih" in name)] for name in names]
        lists[f"{part}_list.mat"] = mat(file_list=column, labels=labels)
    return {"images.tar": tar(images), "lists.tar": tar(lists)}


def caltech101():
    form = "101_ObjectCategories/{}/image_{:04d}.jpg"
    images = pictures(form, "Faces", "Faces_easy", counts=(85, 32))
    images |= pictures(form, "ant", "BACKGROUND_Google", counts=(31, 3), colours=[GREEN] * 2)
    images[form.format("ant", 1)] = picture(GREEN, mode="L")
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("caltech-101/101_ObjectCategories.tar.gz", tar(images))
        archive.writestr("caltech-101/Annotations.tar", tar({"a": b"b"}))
        archive.writestr("__MACOSX/._caltech-101", b"x")
    return {"caltech-101.zip": content.getvalue()}


def food101():
    kinds = "beet_soup", "blue_cheese"
    files = pictures("food-101/images/{}/{}.jpg", *kinds, counts=(12, 12))
    for part, numbers in (("train", (11, 12)), ("test", range(1, 11))):
        listed = {kind: [f"{kind}/{n}" for n in numbers] for kind in kinds}
        files[f"food-101/meta/{part}.json"] = json.dumps(listed).encode()
    return {"food-101.tar.gz": tar(files)}


def textures():
    images = pictures("dtd/images/{0}/{0}_{1}.jpg", "banded", "dotted", counts=(3, 3))
    names = without("dtd/images/", images)
    lists = {
        f"dtd/labels/{part}{number}.txt": lines(
            name for name in names if (int(name[-5]) + number) % 3 == place
        )
        for number in range(1, 11)
        for place, part in enumerate(("train", "val", "test"))
    }
    return {"dtd-r1.0.1.tar.gz": tar(images | lists)}


def wood():
    files = {f"knot{n:04d}.ppm": picture(BLUE if n > 6 else RED, n, "ppm") for n in range(1, 12)}
    kinds = {name: "sound_knot" if name > "knot0006.z" else "dry_knot" for name in files}
    return {"names.txt": lines(f"{name} {kind} 3 7" for name, kind in kinds.items())} | files


BUILDERS = (mit67, cub200, flowers102, cats_dogs, sdogs, caltech101, food101, textures, wood)
ARCHIVES = {build.__name__.replace("_", "-"): build for build in BUILDERS}

# images, classes, training and test images of the first fold, folds
COUNTS = {name: (8, 2, 6, 2, 1) for name in ("mit67", "cub200", "cats-dogs", "sdogs")}
COUNTS |= {"flowers102": (8, 2, 4, 4, 1), "caltech101": (148, 3, 90, 53, 5)}
COUNTS |= {"food101": (20, 2, 16, 4, 5), "textures": (6, 2, 4, 2, 10), "wood": (11, 2, 8, 3, 5)}

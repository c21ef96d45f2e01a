"""What is known of each of the nine data sets: size, protocol, host, checksum, terms, traps.

Sizes and protocols are those of Garcia-Gasulla et al., arXiv 1705.07706, and of each data set's
own page. Where torchvision has a loader, folder, address and checksum are torchvision's, so that a
copy that torchvision downloaded is found as well.
"""

from dataclasses import dataclass

from tlcourse.downloads import RemoteFile


@dataclass(frozen=True)
class Source(RemoteFile):
    """One file of a data set: of an archive ``top`` is taken, and ``inner`` in it unpacked."""

    top: str = ""
    inner: str = ""


@dataclass(frozen=True)
class Card:
    """One of the nine data sets, with the images and classes that its protocol uses.

    ``train`` and ``test`` are those of the first fold; ``warning`` is what makes results on it
    doubtful; ``file_list`` is a source that names, one a line, further files beside it.
    """

    name: str
    title: str
    folder: str
    images: int
    classes: int
    train: int
    test: int
    folds: int
    protocol: str
    page: str
    terms: str
    sources: tuple[Source, ...]
    warning: str = ""
    file_list: str = ""

    @property
    def size(self):
        """Megabytes to download, about."""
        return sum(source.size for source in self.sources)


_OXFORD = "https://www.robots.ox.ac.uk/~vgg/data"
_FLOWERS = f"{_OXFORD}/flowers/102"
_STANFORD = "http://vision.stanford.edu/aditya86/ImageNetDogs"
_CALTECH = "https://data.caltech.edu/records"
_OULU = "http://www.ee.oulu.fi/research/imag/knots/KNOTS"


def _numbers(*values):
    """Images, classes, training and test images of the first fold, and folds of a protocol."""
    return dict(zip(("images", "classes", "train", "test", "folds"), values, strict=True))


_CARDS = (
    Card(
        name="mit67",
        title="MIT Indoor Scene Recognition (Quattoni and Torralba 2009)",
        folder="mit67",
        **_numbers(6700, 67, 5360, 1340, 1),
        protocol="the official lists TrainImages.txt and TestImages.txt",
        page="https://web.mit.edu/torralba/www/indoor.html",
        terms="for research purposes only",
        sources=(
            Source("http://groups.csail.mit.edu/vision/LabelMe/NewImages/indoorCVPR_09.tar", 2600),
            Source("https://web.mit.edu/torralba/www/TrainImages.txt", 0.2),
            Source("https://web.mit.edu/torralba/www/TestImages.txt", 0.1),
        ),
    ),
    Card(
        name="cub200",
        title="Caltech-UCSD Birds-200-2011 (Wah et al. 2011)",
        folder="cub200",
        **_numbers(11788, 200, 5994, 5794, 1),
        protocol="the official train_test_split.txt",
        page="https://data.caltech.edu/records/65de6-vp158",
        terms="photographs of Flickr, for non-commercial research and education",
        sources=(
            Source(
                f"{_CALTECH}/65de6-vp158/files/CUB_200_2011.tgz",
                1151,
                "97eceeb196236b17998738112f37df78",
            ),
        ),
        warning="some of its images are in ImageNet too: a network pre-trained on ImageNet may "
        "have seen test images",
    ),
    Card(
        name="flowers102",
        title="Oxford 102 Flowers (Nilsback and Zisserman 2008)",
        folder="flowers-102",
        **_numbers(8189, 102, 2040, 6149, 1),
        protocol="official training and validation images to train on, official test images",
        page=f"{_FLOWERS}/",
        terms="no licence is known to us: for research, ask its authors beyond it",
        sources=(
            Source(f"{_FLOWERS}/102flowers.tgz", 345, "52808999861908f626f3c1f4e79d11fa"),
            Source(f"{_FLOWERS}/imagelabels.mat", 0.01, "e0620be6f572b9609742df49c70aed4d"),
            Source(f"{_FLOWERS}/setid.mat", 0.02, "a5357ecc9cb78c4bef273ce3793fc85c"),
        ),
    ),
    Card(
        name="cats-dogs",
        title="Oxford-IIIT Pet (Parkhi et al. 2012)",
        folder="oxford-iiit-pet",
        **_numbers(7349, 37, 3680, 3669, 1),
        protocol="the official lists trainval.txt and test.txt",
        page=f"{_OXFORD}/pets/",
        terms="CC BY-SA 4.0; the copyright of the images stays with their owners",
        sources=(
            Source(f"{_OXFORD}/pets/data/images.tar.gz", 792, "5c4f3ee8e5d25df40f4fd59a7f44e54c"),
            Source(
                f"{_OXFORD}/pets/data/annotations.tar.gz", 19, "95a8c909bbe2e81eed6a22bccdf3f68f"
            ),
        ),
    ),
    Card(
        name="sdogs",
        title="Stanford Dogs (Khosla et al. 2011)",
        folder="sdogs",
        **_numbers(20580, 120, 12000, 8580, 1),
        protocol="the official lists train_list.mat and test_list.mat",
        page=f"{_STANFORD}/main.html",
        terms="images of ImageNet, under ImageNet's terms: non-commercial research and education",
        sources=(
            Source(f"{_STANFORD}/images.tar", 794, "1bb1f2a596ae7057f99d7d75860002ef"),
            Source(f"{_STANFORD}/lists.tar", 0.5, "edbb9f16854ec66506b5f09b583e0656"),
        ),
        warning="it is part of ImageNet: a network pre-trained on ImageNet has seen its images, "
        "test images among them, so that what looks like similarity is contamination",
    ),
    Card(
        name="caltech101",
        title="Caltech 101 (Fei-Fei et al. 2004)",
        folder="caltech101",
        **_numbers(8677, 101, 3030, 2945, 5),
        protocol="30 training and at most 50 test images a class, five repeats by seed; without "
        "the background class; Faces and Faces_easy are two classes",
        page="https://data.caltech.edu/records/mzrjq-6wc02",
        terms="CC BY 4.0",
        sources=(
            Source(
                f"{_CALTECH}/mzrjq-6wc02/files/caltech-101.zip",
                137,
                "3138e1922a9193bfa496528edbbc45d0",
                top="caltech-101",
                inner="101_ObjectCategories.tar.gz",
            ),
        ),
    ),
    Card(
        name="food101",
        title="Food-101 (Bossard et al. 2014)",
        folder="food-101",
        **_numbers(25250, 101, 20200, 5050, 5),
        protocol="stratified 5-fold over the official test images only; the official training "
        "images, whose labels were not cleaned, are not used",
        page="https://data.vision.ee.ethz.ch/cvl/datasets_extra/food-101/",
        terms="images of Foodspotting, whose owners are to be asked beyond scientific fair use",
        sources=(
            Source(
                "http://data.vision.ee.ethz.ch/cvl/food-101.tar.gz",
                4996,
                "85eeb15f3717b99a5da872d97d918f87",
                top="food-101",
            ),
        ),
    ),
    Card(
        name="textures",
        title="Describable Textures, DTD r1.0.1 (Cimpoi et al. 2014)",
        folder="dtd",
        **_numbers(5640, 47, 3760, 1880, 10),
        protocol="the ten official partitions, all reported; training and validation images to "
        "train on",
        page=f"{_OXFORD}/dtd/",
        terms="for research purposes",
        sources=(
            Source(
                f"{_OXFORD}/dtd/download/dtd-r1.0.1.tar.gz", 625, "fff73e5086ae6bdbea199a49dfb8a4c1"
            ),
        ),
    ),
    Card(
        name="wood",
        title="Knots of the University of Oulu (Silven et al. 2003)",
        folder="wood",
        **_numbers(438, 7, 350, 88, 5),
        protocol="stratified 5-fold, as there is no official split; the classes are imbalanced",
        page="http://www.ee.oulu.fi/~olli/Projects/Lumber.Grading.html",
        terms="no licence is known to us: ask the University of Oulu beyond private study",
        sources=(Source(f"{_OULU}/names.txt", 20),),
        file_list="names.txt",
    ),
)

CARDS = {card.name: card for card in _CARDS}


def card_of(name):
    """The card of one of the nine; a ValueError names them."""
    if name not in CARDS:
        raise ValueError(f"There is no benchmark {name!r}: choose from {', '.join(CARDS)}.")
    return CARDS[name]

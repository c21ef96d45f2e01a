"""What is known of each of the nine data sets: size, protocol, host, checksum, terms, traps.

Sizes and protocols are those of Garcia-Gasulla et al., arXiv 1705.07706, and of each data set's
own page. Where torchvision has a loader, folder, address and checksum are torchvision's, so that a
copy that torchvision downloaded is found as well.
"""

from dataclasses import dataclass

from tlcourse.downloads import RemoteFile


@dataclass(frozen=True)
class Source(RemoteFile):
    """One file of a data set: an archive's folder ``top`` is taken, its archive ``inner`` unpacked.
    """

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
_STANFORD = "http://vision.stanford.edu/aditya86/ImageNetDogs"
_CALTECH = "https://data.caltech.edu/records"
_OULU = "http://www.ee.oulu.fi/research/imag/knots/KNOTS"

_CARDS = (
    Card(
        name="mit67",
        title="MIT Indoor Scene Recognition (Quattoni and Torralba 2009)",
        folder="mit67",
        images=6700,
        classes=67,
        train=5360,
        test=1340,
        folds=1,
        protocol="the official lists TrainImages.txt and TestImages.txt",
        page="https://web.mit.edu/torralba/www/indoor.html",
        terms="for research purposes only",
        sources=(
            Source(
                "http://groups.csail.mit.edu/vision/LabelMe/NewImages/indoorCVPR_09.tar", size=2600
            ),
            Source("https://web.mit.edu/torralba/www/TrainImages.txt", size=0.2),
            Source("https://web.mit.edu/torralba/www/TestImages.txt", size=0.1),
        ),
    ),
    Card(
        name="cub200",
        title="Caltech-UCSD Birds-200-2011 (Wah et al. 2011)",
        folder="cub200",
        images=11788,
        classes=200,
        train=5994,
        test=5794,
        folds=1,
        protocol="the official train_test_split.txt",
        page="https://data.caltech.edu/records/65de6-vp158",
        terms="photographs of Flickr, for non-commercial research and education",
        sources=(
            Source(
                f"{_CALTECH}/65de6-vp158/files/CUB_200_2011.tgz",
                size=1151,
                md5="97eceeb196236b17998738112f37df78",
            ),
        ),
        warning="some of its images are in ImageNet too: a network pre-trained on ImageNet may "
        "have seen test images",
    ),
    Card(
        name="flowers102",
        title="Oxford 102 Flowers (Nilsback and Zisserman 2008)",
        folder="flowers-102",
        images=8189,
        classes=102,
        train=2040,
        test=6149,
        folds=1,
        protocol="official training and validation images to train on, official test images",
        page=f"{_OXFORD}/flowers/102/",
        terms="no licence is known to us: for research, ask its authors beyond it",
        sources=(
            Source(
                f"{_OXFORD}/flowers/102/102flowers.tgz",
                size=345,
                md5="52808999861908f626f3c1f4e79d11fa",
            ),
            Source(
                f"{_OXFORD}/flowers/102/imagelabels.mat",
                size=0.01,
                md5="e0620be6f572b9609742df49c70aed4d",
            ),
            Source(
                f"{_OXFORD}/flowers/102/setid.mat",
                size=0.02,
                md5="a5357ecc9cb78c4bef273ce3793fc85c",
            ),
        ),
    ),
    Card(
        name="cats-dogs",
        title="Oxford-IIIT Pet (Parkhi et al. 2012)",
        folder="oxford-iiit-pet",
        images=7349,
        classes=37,
        train=3680,
        test=3669,
        folds=1,
        protocol="the official lists trainval.txt and test.txt",
        page=f"{_OXFORD}/pets/",
        terms="CC BY-SA 4.0; the copyright of the images stays with their owners",
        sources=(
            Source(
                f"{_OXFORD}/pets/data/images.tar.gz",
                size=792,
                md5="5c4f3ee8e5d25df40f4fd59a7f44e54c",
            ),
            Source(
                f"{_OXFORD}/pets/data/annotations.tar.gz",
                size=19,
                md5="95a8c909bbe2e81eed6a22bccdf3f68f",
            ),
        ),
    ),
    Card(
        name="sdogs",
        title="Stanford Dogs (Khosla et al. 2011)",
        folder="sdogs",
        images=20580,
        classes=120,
        train=12000,
        test=8580,
        folds=1,
        protocol="the official lists train_list.mat and test_list.mat",
        page=f"{_STANFORD}/main.html",
        terms="images of ImageNet, under ImageNet's terms: non-commercial research and education",
        sources=(
            Source(f"{_STANFORD}/images.tar", size=794, md5="1bb1f2a596ae7057f99d7d75860002ef"),
            Source(f"{_STANFORD}/lists.tar", size=0.5, md5="edbb9f16854ec66506b5f09b583e0656"),
        ),
        warning="it is part of ImageNet: a network pre-trained on ImageNet has seen its images, "
        "test images among them, so that what looks like similarity is contamination",
    ),
    Card(
        name="caltech101",
        title="Caltech 101 (Fei-Fei et al. 2004)",
        folder="caltech101",
        images=8677,
        classes=101,
        train=3030,
        test=2945,
        folds=5,
        protocol="30 training and at most 50 test images a class, five repeats by seed; without "
        "the background class; Faces and Faces_easy are two classes",
        page="https://data.caltech.edu/records/mzrjq-6wc02",
        terms="CC BY 4.0",
        sources=(
            Source(
                f"{_CALTECH}/mzrjq-6wc02/files/caltech-101.zip",
                size=137,
                md5="3138e1922a9193bfa496528edbbc45d0",
                top="caltech-101",
                inner="101_ObjectCategories.tar.gz",
            ),
        ),
    ),
    Card(
        name="food101",
        title="Food-101 (Bossard et al. 2014)",
        folder="food-101",
        images=25250,
        classes=101,
        train=20200,
        test=5050,
        folds=5,
        protocol="stratified 5-fold over the official test images only; the official training "
        "images, whose labels were not cleaned, are not used",
        page="https://data.vision.ee.ethz.ch/cvl/datasets_extra/food-101/",
        terms="images of Foodspotting, whose owners are to be asked beyond scientific fair use",
        sources=(
            Source(
                "http://data.vision.ee.ethz.ch/cvl/food-101.tar.gz",
                size=4996,
                md5="85eeb15f3717b99a5da872d97d918f87",
                top="food-101",
            ),
        ),
    ),
    Card(
        name="textures",
        title="Describable Textures, DTD r1.0.1 (Cimpoi et al. 2014)",
        folder="dtd",
        images=5640,
        classes=47,
        train=3760,
        test=1880,
        folds=10,
        protocol="the ten official partitions, all reported; training and validation images to "
        "train on",
        page=f"{_OXFORD}/dtd/",
        terms="for research purposes",
        sources=(
            Source(
                f"{_OXFORD}/dtd/download/dtd-r1.0.1.tar.gz",
                size=625,
                md5="fff73e5086ae6bdbea199a49dfb8a4c1",
            ),
        ),
    ),
    Card(
        name="wood",
        title="Knots of the University of Oulu (Silven et al. 2003)",
        folder="wood",
        images=438,
        classes=7,
        train=350,
        test=88,
        folds=5,
        protocol="stratified 5-fold, as there is no official split; the classes are imbalanced",
        page="http://www.ee.oulu.fi/~olli/Projects/Lumber.Grading.html",
        terms="no licence is known to us: ask the University of Oulu beyond private study",
        sources=(Source(f"{_OULU}/names.txt", size=20),),
        file_list="names.txt",
    ),
)

CARDS = {card.name: card for card in _CARDS}


def card_of(name):
    """The card of one of the nine; a ValueError names them."""
    if name not in CARDS:
        raise ValueError(f"There is no benchmark {name!r}: choose from {', '.join(CARDS)}.")
    return CARDS[name]

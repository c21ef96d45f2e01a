"""Domains and tasks: the images, their labels, and where each comes from."""

from tlcourse.datasets.benchmarks import BENCHMARKS, Benchmark, load_benchmark
from tlcourse.datasets.folder import ImageFolder, UnreadableImage, read_image
from tlcourse.datasets.photos import FAMILIES, PHOTO_SOURCES, TinyImageNet
from tlcourse.datasets.split import stratified_split

"""The other way: the same small VGG trained from scratch on the target's few images.

    python -m tlcourse.scratch --data path/to/tiny-imagenet-200

trains it on 20 photographs a class of four target families and keeps the measured accuracies in
``data/measured/scratch.json``, since the photographs are not shipped.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import torch
from tqdm import tqdm

from tlcourse import paths
from tlcourse.classifiers import mean_class_accuracy
from tlcourse.datasets.photos import TinyImageNet, default_root
from tlcourse.pretraining import (
    as_input,
    as_tensors,
    augmented_batches,
    n_epochs,
    sgd,
    train_epoch,
)
from tlcourse.shipping import TRAIN_PER_CLASS
from tlcourse.small_vgg import small_vgg
from tlcourse.transfer import PER_CLASS, sample_per_class

RECIPE = {
    "cycles": [{"epochs": 40, "peak_learning_rate": 0.05, "augmentation": 0.4}],
    "batch_size": 20,
    "weight_decay": 5e-4,
}
TARGETS = ("cats and dogs", "insects", "vehicles", "clothes")
SEEDS = (0, 1, 2)
MEASURED = paths.SHIPPED / "measured" / "scratch.json"


def train_from_scratch(images, labels, seed=0, recipe=RECIPE, progress=True):
    """A small VGG that has seen nothing but these images.

    Parameters
    ----------
    images : uint8 tensor (n, 3, 64, 64)
    labels : int tensor (n,)
    seed : int
        Decides initial weights, order of the images and augmentation.

    Returns
    -------
    nn.Sequential
        In eval mode.
    """
    torch.manual_seed(seed)
    network = small_vgg(int(labels.max()) + 1, batch_norm=True)
    network = network.to(memory_format=torch.channels_last)
    recipe = {**recipe, "seed": seed}
    optimizer, schedule = sgd(network, recipe, len(labels) // recipe["batch_size"])
    for epoch in tqdm(range(n_epochs(recipe)), "from scratch", delay=2, disable=not progress):
        epoch_batches = augmented_batches(images, labels, recipe, epoch)
        train_epoch(network, epoch_batches, optimizer, schedule)
    return network.eval()


@torch.no_grad()
def predict(network, images):
    """The class of each image: int tensor (n,)."""
    return torch.cat([network(as_input(batch)).argmax(1) for batch in images.split(500)])


def measure_family(family, root, seed, recipe=RECIPE):
    """Accuracy and seconds, on the training images that ``evaluate_transfer`` draws too."""
    images, labels = as_tensors(TinyImageNet(family, "train", root, TRAIN_PER_CLASS))
    rows = sample_per_class(labels.numpy(), PER_CLASS, seed)
    started = time.perf_counter()
    network = train_from_scratch(images[rows], labels[rows], seed, recipe)
    seconds = time.perf_counter() - started
    test_images, test_labels = as_tensors(TinyImageNet(family, "val", root))
    accuracy = mean_class_accuracy(test_labels.numpy(), predict(network, test_images).numpy())
    return {"seed": seed, "accuracy": round(accuracy, 4), "seconds": round(seconds, 1)}


def read_measured():
    """What this command measured on the maintainers' machine.

    Returns
    -------
    dict
        Family -> list of {"seed", "accuracy" in [0, 1], "seconds"}.
    """
    return json.loads(MEASURED.read_text(encoding="utf-8"))["families"]


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tlcourse.scratch", description=__doc__)
    parser.add_argument("--data", type=Path, default=default_root(), help="folder of Tiny ImageNet")
    options = parser.parse_args(arguments)
    families = {family: [] for family in TARGETS}
    try:
        for seed in SEEDS:
            for family, runs in families.items():
                runs.append(measure_family(family, options.data, seed))
                print(family, runs[-1], flush=True)
    except (FileNotFoundError, ValueError) as problem:
        sys.exit(str(problem))
    report = {
        "what": "mean class accuracy of the small VGG trained from scratch, "
        f"{PER_CLASS} training images a class, 50 test images a class",
        "recipe": RECIPE,
        "cpu_threads": torch.get_num_threads(),
        "command": "python -m tlcourse.scratch --data tiny-imagenet-200",
        "families": families,
    }
    with paths.written_whole(MEASURED) as temporary:
        temporary.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

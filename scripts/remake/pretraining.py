"""Pre-train the course's own backbones, on photographs or on drawn pictures.

The small VGG learns the *natural* classes of Tiny ImageNet, say, or the drawn hybrids. The state is
saved after every epoch, and a run that is started again goes on from there. At the end comes
``natural.safetensors`` (float16, batch normalisation folded) with ``natural.json``, its model card.
``--precision bfloat16`` is 1.8 times as fast on two cores that compute in it.
"""

import hashlib
import json
import math
import time
from datetime import date
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch.nn import functional as F
from tqdm import tqdm

from scripts.remake.runner import Step
from tlcourse import paths
from tlcourse.devices import check_device
from tlcourse.networks.small_vgg import MEAN, STD, as_input, fold_batch_norm, small_vgg
from tlcourse.networks.sources import SOURCES, _place_in_cycle, learning_rate, n_epochs

PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def add_arguments(parser):
    """What else the command understands."""
    parser.add_argument("source", choices=SOURCES, help="what to learn from")
    parser.add_argument("--out", type=Path, default=paths.SHIPPED_WEIGHTS, help="where to write")
    parser.add_argument("--epochs", type=int, help="one cycle of so many, for a trial")
    parser.add_argument("--device", default="cpu", help="cpu, cuda or mps")
    parser.add_argument("--precision", choices=PRECISIONS, help="of the layers' arithmetic")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")


def steps(options):
    """One step, the source; it goes on after the last finished epoch."""
    recipe = SOURCES[options.source].recipe
    if options.epochs is not None:
        recipe = {**recipe, "cycles": [{**recipe["cycles"][0], "epochs": options.epochs}]}
    if options.precision:
        recipe = {**recipe, "precision": options.precision}

    def make():
        network, measured = pretrain(
            options.source, options.data, options.out, recipe, options.device, not options.quiet
        )
        write_backbone(options.source, network, measured, recipe, options.out)
        return f"{measured['source_validation_accuracy']:.1%}"

    yield Step(options.source, False, make)


def pretrain(name, root, folder, recipe=None, device="cpu", progress=True):
    """Train on one source; resume from the last finished epoch if there is one in ``folder``."""
    source = SOURCES[name]
    recipe = recipe or source.recipe
    if (fewest := min(cycle["epochs"] for cycle in recipe["cycles"])) < 1:
        raise ValueError(f"{fewest} epochs train nothing: take 1 or more.")
    device = check_device(device)
    torch.manual_seed(recipe["seed"])
    images, labels = as_tensors(source.images("train", root), progress)
    validation = as_tensors(source.images("val", root), progress)
    network = small_vgg(int(labels.max()) + 1, batch_norm=True, width=source.width)
    network = network.to(device, memory_format=torch.channels_last)
    steps = len(labels) // recipe["batch_size"]
    precision = PRECISIONS[recipe.get("precision", "float32")]
    optimizer, schedule = sgd(network, recipe, steps)
    checkpoint = Path(folder) / f"{name}.checkpoint.pt"
    first_epoch, seconds = _resume(checkpoint, recipe, network, optimizer, schedule)

    for epoch in range(first_epoch, n_epochs(recipe)):
        started = time.perf_counter()
        batches = augmented_batches(images, labels, recipe, epoch)
        batches = tqdm(batches, f"epoch {epoch + 1}", steps, leave=False, disable=not progress)
        loss = train_epoch(network, batches, optimizer, schedule, device, precision)
        if not math.isfinite(loss):
            raise FloatingPointError(f"Loss not finite in epoch {epoch + 1}: lower the rate.")
        seconds += time.perf_counter() - started
        _save(checkpoint, recipe, epoch + 1, seconds, network, optimizer, schedule)
        accuracy = measure_accuracy(network, *validation, device)
        print(
            f"{name}: epoch {epoch + 1} of {n_epochs(recipe)}, loss {loss:.3f}, "
            f"validation {accuracy:.1%}, {seconds:.0f} s",
            flush=True,
        )
    accuracy = measure_accuracy(network, *validation, device)
    return network, {"source_validation_accuracy": accuracy, "training_seconds": round(seconds)}


def augment(images, generator, strength=1.0):
    """Each image of a batch (n, 3, h, w) cropped, rotated, flipped and recoloured on its own.

    torchvision's transforms draw one set of parameters a batch; one image at a time they cost a
    quarter of the training time on two cores. Here one resampling does all of the geometry.
    """
    n = len(images)

    def uniform(low, high):
        return torch.empty(n).uniform_(low, high, generator=generator)

    side = uniform(1 - 0.65 * strength, 1).sqrt()
    aspect = uniform(-0.25 * strength, 0.25 * strength).exp()
    width, height = (side * aspect).clamp(max=1), (side / aspect).clamp(max=1)
    flip = uniform(-1, 1).sign()
    angle = uniform(-15 * strength, 15 * strength).deg2rad()
    shift_x, shift_y = uniform(-1, 1) * (1 - width), uniform(-1, 1) * (1 - height)
    rows = (
        torch.stack([flip * width * angle.cos(), -height * angle.sin(), shift_x], dim=1),
        torch.stack([flip * width * angle.sin(), height * angle.cos(), shift_y], dim=1),
    )
    grid = F.affine_grid(torch.stack(rows, dim=1), images.shape, align_corners=False)
    images = F.grid_sample(images, grid, padding_mode="reflection", align_corners=False)

    grey = images.mean(dim=1, keepdim=True)
    factor = 1 - 0.4 * strength, 1 + 0.4 * strength
    saturation = uniform(*factor) * (uniform(0, 1) > 0.1 * strength)
    images = grey + saturation.view(n, 1, 1, 1) * (images - grey)
    level = images.mean(dim=(1, 2, 3), keepdim=True)
    contrast = uniform(*factor).view(n, 1, 1, 1)
    brightness = uniform(-0.4 * strength, 0.4 * strength).view(n, 1, 1, 1)
    images = level + contrast * (images - level) + brightness
    return images.contiguous(memory_format=torch.channels_last)


@torch.no_grad()
def measure_accuracy(network, images, labels, device="cpu"):
    """Share of images whose highest score is their label's, in eval mode."""
    network.eval()
    batches = (as_input(batch).to(device) for batch in images.split(500))
    predictions = torch.cat([network(batch).argmax(1).cpu() for batch in batches])
    return (predictions == labels).float().mean().item()


def write_backbone(name, network, measured, recipe, folder):
    """Write the weights (float16, folded) and the model card; each appears only when whole."""
    folder, source = Path(folder), SOURCES[name]
    folded = fold_batch_norm(network.cpu())
    tensors = {key: tensor.half().contiguous() for key, tensor in folded.state_dict().items()}
    with paths.write_whole(folder / f"{name}.safetensors") as temporary:
        save_file(tensors, temporary)
        digest = hashlib.sha256(temporary.read_bytes()).hexdigest()
    card = {
        "name": name,
        "architecture": "small_vgg",
        "width": source.width,
        **source.describe(),
        "classes": source.class_names(),
        "preprocessing": {"side": 64, "mean": MEAN, "std": STD},
        "recipe": recipe,
        "measured": measured,
        "parameters": sum(tensor.numel() for tensor in tensors.values()),
        "date": date.today().isoformat(),
        "sha256": digest,
    }
    paths.write_text(folder / f"{name}.json", json.dumps(card, indent=2) + "\n")
    return card


def as_tensors(dataset, progress=True):
    """All images, uint8 (n, 3, 64, 64), and their labels, (n,)."""
    pixels = torch.from_numpy(dataset.pixels(progress)).permute(0, 3, 1, 2).contiguous()
    return pixels, torch.tensor(dataset.targets)


def augmented_batches(images, labels, recipe, epoch):
    """One epoch's batches, augmented; seed and epoch decide everything random in it."""
    seed = 1000 * recipe["seed"] + epoch
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    strength = _place_in_cycle(recipe, epoch)[0]["augmentation"]
    for rows in torch.randperm(len(labels), generator=generator).split(recipe["batch_size"]):
        if len(rows) == recipe["batch_size"]:
            yield augment(as_input(images[rows]), generator, strength), labels[rows]


def train_epoch(network, batches, optimizer, schedule, device="cpu", precision=torch.float32):
    """One pass over the batches; returns the mean loss. Weights and loss stay in float32."""
    network.train()
    losses, reduced = [], precision != torch.float32
    for pictures, labels in batches:
        with torch.autocast(torch.device(device).type, precision, enabled=reduced):
            scores = network(pictures.to(device))
        loss = F.cross_entropy(scores.float(), labels.to(device))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    return sum(losses) / len(losses)


def sgd(network, recipe, steps_per_epoch):
    """The optimizer of the recipe, and its schedule, to be stepped after every batch."""
    matrices = [p for p in network.parameters() if p.ndim > 1]
    vectors = [p for p in network.parameters() if p.ndim == 1]
    groups = [
        {"params": matrices, "weight_decay": recipe["weight_decay"]},
        {"params": vectors, "weight_decay": 0.0},
    ]
    optimizer = torch.optim.SGD(groups, lr=1.0, momentum=0.9, nesterov=True)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: learning_rate(recipe, step / steps_per_epoch)
    )
    return optimizer, schedule


def _save(checkpoint, recipe, epoch, seconds, network, optimizer, schedule):
    state = {
        "recipe": recipe,
        "epoch": epoch,
        "seconds": seconds,
        "network": network.state_dict(),
        "optimizer": optimizer.state_dict(),
        "steps": schedule.last_epoch,
    }
    with paths.write_whole(checkpoint) as temporary:
        torch.save(state, temporary)


def _resume(checkpoint, recipe, network, optimizer, schedule):
    if not checkpoint.exists():
        return 0, 0.0
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    if state["recipe"] != recipe:
        raise ValueError(f"{checkpoint} has another recipe: delete it or name another --out.")
    network.load_state_dict(state["network"])
    optimizer.load_state_dict(state["optimizer"])
    schedule.load_state_dict({**schedule.state_dict(), "last_epoch": state["steps"]})
    print(f"Going on after epoch {state['epoch']}.", flush=True)
    return state["epoch"], state["seconds"]

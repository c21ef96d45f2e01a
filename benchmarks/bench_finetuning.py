"""Training the top of a frozen network against the same classifier on cached features, by hand."""

import copy
import statistics
import time

import torch
from side_by_side import arguments, at_least, at_most, show
from torch.nn import functional as F

from tlcourse.finetuning.policies import apply_policy
from tlcourse.finetuning.training import fine_tune
from tlcourse.networks import sources
from tlcourse.networks.backbones import load_backbone
from tlcourse.networks.images import PreparedImages, prepare_images

N_TRAIN, N_VALIDATION, N_CLASSES, BATCH = 1000, 500, 10, 32
PAIRS = {
    "on cached features": ("ours, kept", "by hand, cached"),
    "features computed by each": ("ours", "by hand"),
}
RATE, DECAY = 0.01, 5e-4
POLICIES = {"reuse all": ("fc8", 30), "retrain the top": ("fc6, fc7, fc8", 3)}  # epochs


def noise(n, seed):
    """Images of noise: what is timed does not depend on what they show."""
    generator = torch.Generator().manual_seed(seed)
    pixels = torch.randint(0, 256, (n, 3, 64, 64), generator=generator, dtype=torch.uint8)
    return pixels, torch.arange(n) % N_CLASSES


def ours(backbone, policy, train, validation, epochs):
    return fine_tune(
        *(backbone, policy, train, validation),
        **{"epochs": epochs, "batch_size": BATCH, "learning_rate": RATE, "weight_decay": DECAY},
        device="cpu",
        progress=False,
    )


def as_new(images):
    """The same images, of which no frozen output is kept yet."""
    return PreparedImages(images.inputs, images.labels, images.classes)


@torch.no_grad()
def extract(bottom, images):
    batches = images.inputs.split(100)
    return torch.cat(
        [bottom(batch.contiguous(memory_format=torch.channels_last)) for batch in batches]
    )


def by_hand(network, top, features, validation_features, train, validation, epochs):
    """What one would write: SGD, a cosine, an evaluation an epoch, the best weights kept."""
    weights = [p for p in top.parameters() if p.requires_grad and p.ndim > 1]
    biases = [p for p in top.parameters() if p.requires_grad and p.ndim == 1]
    groups = [{"params": weights, "weight_decay": DECAY}, {"params": biases}]
    optimizer = torch.optim.SGD(groups, lr=RATE, momentum=0.9, nesterov=True)
    steps = epochs * -(-len(features) // BATCH)
    cycle = {"cycles": [{"epochs": steps, "peak_learning_rate": 1.0}]}
    shape = lambda step: sources.learning_rate(cycle, step)  # noqa: E731
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, shape)
    best = -1.0
    for _ in range(epochs):
        network.train()
        for rows in torch.randperm(len(features)).split(BATCH):
            loss = F.cross_entropy(top(features[rows]), train.labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        network.eval()
        with torch.no_grad():
            predicted = torch.cat([top(part) for part in validation_features.split(250)]).argmax(1)
        accuracy = (predicted == validation.labels).float().mean().item()
        if accuracy > best:
            best, kept = accuracy, copy.deepcopy(top.state_dict())
    return kept


def contenders(backbone, policy, train, validation, epochs):
    """Calls that train the same layers on the same images, in the same number of steps."""
    network = apply_policy(backbone, policy, N_CLASSES).to(memory_format=torch.channels_last)
    bottom, top = network.split()
    features, validation_features = extract(bottom, train), extract(bottom, validation)

    def plain():
        found = extract(bottom, train), extract(bottom, validation)
        by_hand(network, top, *found, train, validation, epochs)

    return {
        "ours": lambda: ours(backbone, policy, as_new(train), as_new(validation), epochs),
        "by hand": plain,
        "ours, kept": lambda: ours(backbone, policy, train, validation, epochs),
        "by hand, cached": lambda: by_hand(
            network, top, features, validation_features, train, validation, epochs
        ),
    }


def cpu_seconds(call):
    """Of this process: training takes one thread, and other processes do not count."""
    started = time.process_time()
    call()
    return time.process_time() - started


def in_turn(calls, rounds):
    """CPU seconds of each contender in each round, after one call unmeasured."""
    for call in calls.values():
        call()
    turns = [{name: cpu_seconds(call) for name, call in calls.items()} for _ in range(rounds)]
    return {name: [turn[name] for turn in turns] for name in calls}


def ratio(seconds, ours, other):
    """How many times as long ours takes: median over rounds of neighbours in time."""
    return statistics.median(a / b for a, b in zip(seconds[ours], seconds[other], strict=True))


def passed_every_time(backbone, train, validation):
    """How much longer an epoch takes where frozen layers are passed again for every batch."""
    network = apply_policy(backbone, "reuse all", N_CLASSES).to(memory_format=torch.channels_last)
    again = cpu_seconds(
        lambda: by_hand(network, network, train.inputs, validation.inputs, train, validation, 2)
    )
    return again / cpu_seconds(
        lambda: ours(backbone, "reuse all", as_new(train), as_new(validation), 2)
    )


def main():
    rounds = arguments(__doc__, rounds=3).parse_args().rounds
    torch.set_num_threads(1)
    backbone = load_backbone("natural")
    train = prepare_images(backbone, noise(N_TRAIN, 0))
    validation = prepare_images(backbone, noise(N_VALIDATION, 1))
    rows, notes = [], []
    for policy, (layers, epochs) in POLICIES.items():
        calls = contenders(backbone, policy, train, validation, epochs)
        seconds = in_turn(calls, rounds)
        for what, pair in PAIRS.items():
            name = f"{layers}, {epochs} epochs, {what}: ours / by hand"
            rows.append(at_most(name, ratio(seconds, *pair), 1.3, "x"))
        times = ", ".join(f"{name} {statistics.median(t):.2f} s" for name, t in seconds.items())
        notes.append(f"{layers}: {times}.")
    every_time = passed_every_time(backbone, train, validation)
    rows.append(at_least("fc8, 2 epochs: frozen layers every time / once", every_time, 1))
    title = f"Training the top, {N_TRAIN} images of 64 x 64, batches of {BATCH}, CPU time"
    show(title, rows, notes)


if __name__ == "__main__":
    main()

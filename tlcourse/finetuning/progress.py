"""Settings of a training run, the points of its learning curve, and where it is."""

import math
from dataclasses import dataclass, field
from numbers import Real
from typing import NamedTuple

LEARNING_RATE = 0.005  # by default: twice that sends some seeds of "fine-tune all" to chance


@dataclass(frozen=True)
class Settings:
    """How a run is trained.

    seed : of new weights, the order of the images, and dropout.
    epochs : passes over the training images in each stage; ``steps``: updates instead.
    learning_rate : at its peak, of a layer with the factor 1. Fine-tuning all layers of the bundled
        backbones, which have no batch normalisation, went well by SGD at 0.003 to 0.006 and fell to
        chance for one seed of two at 0.01 (drawn animals, 20 a class, 8 epochs). A frozen bottom
        stands higher rates.
    weight_decay : on weights, not on biases and normalisations.
    batch_size : at most; an epoch is cut into batches of nearly the same size.
    schedule : "cosine", a warm-up over the first tenth and half a cosine to 0, or "constant".
    patience : stop a stage after so many evaluations without a better validation accuracy.
    evaluate_every : steps between evaluations; by default an epoch.
    device : as for ``tlcourse.devices.check_device``.
    """

    seed: int
    epochs: int
    steps: int | None
    learning_rate: float
    weight_decay: float
    batch_size: int
    schedule: str
    patience: int | None
    evaluate_every: int | None
    device: str

    def __post_init__(self):
        for name in ("epochs", "steps", "batch_size", "patience", "evaluate_every"):
            value = getattr(self, name)
            may_be_none = name not in ("epochs", "batch_size")
            if not (may_be_none and value is None) and not _is_whole(value):
                raise ValueError(f"{name} is {value!r}: take a whole number, 1 or more.")
        rate, decay = self.learning_rate, self.weight_decay
        if not (isinstance(rate, Real) and 0 < rate < math.inf):
            raise ValueError(f"learning_rate is {rate!r}: take a number above 0.")
        if not (isinstance(decay, Real) and 0 <= decay < math.inf):
            raise ValueError(f"weight_decay is {decay!r}: take 0 or more.")
        if self.schedule not in ("cosine", "constant"):
            raise ValueError(f"schedule is {self.schedule!r}: take 'cosine' or 'constant'.")

    def steps_for(self, n_images):
        """Updates in each stage."""
        return self.steps or self.epochs * batches_per_epoch(n_images, self.batch_size)


def batches_per_epoch(n_images, batch_size):
    """Of at most ``batch_size`` images, or one more where a batch of one would be left."""
    most = n_images if batch_size == 1 else max(1, n_images // 2)
    return min(math.ceil(n_images / batch_size), most)


def _is_whole(value):
    return isinstance(value, Real) and value >= 1 and value % 1 == 0


class CurvePoint(NamedTuple):
    """One evaluation on the way."""

    stage: int
    step: int
    images: int
    seconds: float
    cpu_seconds: float
    train_loss: float | None
    validation_loss: float
    validation_accuracy: float


@dataclass
class Progress:
    """Where a run is."""

    images_digest: str
    stage: int = 0
    stage_began: int | None = None
    step: int = 0
    images: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    losses: list = field(default_factory=list)
    points: list = field(default_factory=list)
    waited: int = 0
    best_point: CurvePoint | None = None
    best: dict = field(default_factory=dict, repr=False)


def is_better(point, than):
    """A higher validation accuracy, or the same with a lower validation loss."""
    if than is None:
        return True
    mine, theirs = ((each.validation_accuracy, -each.validation_loss) for each in (point, than))
    return mine > theirs

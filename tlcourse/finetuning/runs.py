"""Training runs: a trained network with its learning curve, in memory and on disk."""

import math
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from tlcourse import paths
from tlcourse.classifiers.svm import mean_class_accuracy
from tlcourse.finetuning.audits import audit
from tlcourse.finetuning.policies import Policy, apply_policy, next_stage
from tlcourse.finetuning.progress import CurvePoint, Progress, Settings, is_better
from tlcourse.networks.images import PASS, prepare_images, to_device
from tlcourse.networks.weights import WeightsError, sha256

PARTS = ("best", "current", "optimizer")


@dataclass(eq=False)
class Run:
    """A trained network and how it came to be."""

    backbone: object
    policy: Policy
    settings: Settings
    classes: list[str]
    network: torch.nn.Module
    progress: Progress
    ended: str = ""
    last: CurvePoint | None = None

    @property
    def curve(self):
        """The learning curve: a list of CurvePoint, ready for a ``pandas.DataFrame``."""
        return [*self.progress.points, *([self.last] if self.last else [])]

    @property
    def best(self):
        """The point of the curve whose weights ``network`` has."""
        return self.last if self.last_is_best else self.progress.best_point

    @property
    def last_is_best(self):
        """Whether the weights at which the run was stopped are better than all before."""
        return self.last is not None and is_better(self.last, self.progress.best_point)

    @property
    def can_resume(self):
        """Whether it was stopped before its end."""
        return bool(self.progress.current)

    def column(self, name):
        """One column of the learning curve: ndarray of float, ``nan`` where there is no value."""
        values = [getattr(point, name) for point in self.curve]
        return np.array([math.nan if value is None else value for value in values], dtype=float)

    @torch.no_grad()
    def predict(self, images):
        """The class of each image: ndarray of int, shape (n,); images as for training."""
        prepared = prepare_images(self.backbone, images)
        device = next(self.network.parameters()).device
        batches = prepared.inputs.split(PASS)
        scores = [self.network(to_device(batch, device)).cpu() for batch in batches]
        return torch.cat(scores).argmax(1).numpy()

    def accuracy(self, images):
        """Mean class accuracy, from 0 to 1: on test images, which chose nothing."""
        prepared = prepare_images(self.backbone, images)
        return mean_class_accuracy(prepared.labels.numpy(), self.predict(prepared))

    def audit(self):
        """What the policy meant for the backbone, as a table."""
        rate, augment = self.settings.learning_rate, self.settings.augment
        return audit(self.backbone, self.policy, len(self.classes), rate, augment)

    def __repr__(self):
        if not self.curve:
            return f"Run({self.backbone.name}, {self.policy}: not begun)"
        best, last = self.best, self.curve[-1]
        return (
            f"Run({self.backbone.name}, {self.policy}, seed {self.settings.seed}: validation "
            f"accuracy {best.validation_accuracy:.1%} at step {best.step} of {last.step}, "
            f"{last.seconds:.1f} s, {last.flops / 1e9:,.0f} GFLOP; {self.ended})"
        )

    def save(self, folder):
        """Write the run into a folder."""
        folder, tensors = paths.writable_folder(folder), {}
        for part in PARTS:
            for key, tensor in getattr(self.progress, part).items():
                tensors[f"{part}/{key}"] = tensor.detach().cpu().clone().contiguous()
        temporary = folder / ".weights.part"
        save_file(tensors, temporary)
        weights = folder / f"weights-{sha256(temporary)[:16]}.safetensors"
        temporary.replace(weights)
        paths.write_json(folder / "run.json", self._as_json(weights.name))
        for old in folder.glob("weights-*.safetensors"):
            if old != weights:
                old.unlink()
        return folder / "run.json"

    def _as_json(self, weights):
        progress = {key: value for key, value in vars(self.progress).items() if key not in PARTS}
        return {
            "weights": weights,
            "backbone": self.backbone.name,
            "backbone_fingerprint": self.backbone.fingerprint,
            "policy": self.policy.to_dict(),
            "settings": asdict(self.settings),
            "classes": list(self.classes),
            "ended": self.ended,
            "last": self.last,
            "progress": progress,
        }


def load_run(folder, backbone):
    """A run that ``Run.save`` wrote."""
    folder = Path(folder).expanduser()
    file = folder / "run.json"
    if not file.exists():
        raise FileNotFoundError(f"There is no run in {folder}: save one there by run.save().")
    try:
        saved = paths.read_sealed(file)
    except ValueError as problem:
        raise WeightsError(f"{file} cannot be read ({problem}): train the run again.") from problem
    if saved["backbone_fingerprint"] != backbone.fingerprint:
        raise WeightsError(
            f"The run in {folder} began from other weights of {saved['backbone']} than these: "
            "load it with the backbone it was trained from."
        )
    progress = Progress(**saved["progress"], **_read_tensors(folder / saved["weights"]))
    progress.points = [CurvePoint(*point) for point in progress.points]
    progress.best_point = CurvePoint(*progress.best_point)
    policy, settings = Policy.from_dict(saved["policy"]), Settings(**saved["settings"])
    network = apply_policy(backbone, policy, len(saved["classes"]), settings.seed)
    for stage in policy.stages[1 : progress.stage + 1]:
        next_stage(network, stage)
    last = saved["last"] and CurvePoint(*saved["last"])
    run = Run(backbone, policy, settings, saved["classes"], network, progress, saved["ended"], last)
    network.load_changed_state(progress.current if run.last_is_best else progress.best)
    network.eval()
    return run


def _read_tensors(file):
    if not file.exists() or sha256(file)[:16] != file.stem.removeprefix("weights-"):
        raise WeightsError(f"{file} is missing or altered: train the run again.")
    parts = {part: {} for part in PARTS}
    for key, tensor in load_file(file).items():
        part, _, name = key.partition("/")
        parts[part][name] = tensor
    return parts

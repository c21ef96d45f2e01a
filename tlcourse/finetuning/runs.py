"""Training runs: a trained network with its learning curve."""

from dataclasses import dataclass

import torch

from tlcourse.classifiers.svm import mean_class_accuracy
from tlcourse.finetuning.audits import audit
from tlcourse.finetuning.policies import Policy
from tlcourse.finetuning.progress import Progress, Settings
from tlcourse.networks.images import PASS, prepare_images, to_device


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
    stopped: bool = False

    @property
    def curve(self):
        """The learning curve: a list of CurvePoint, ready for a ``pandas.DataFrame``."""
        return self.progress.points

    @property
    def best(self):
        """The point of the curve whose weights ``network`` has."""
        return self.progress.best_point

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
        return audit(self.backbone, self.policy, len(self.classes), self.settings.learning_rate)

    def __repr__(self):
        if not self.curve:
            return f"Run({self.backbone.name}, {self.policy}: not begun)"
        best, last = self.best, self.curve[-1]
        return (
            f"Run({self.backbone.name}, {self.policy}, seed {self.settings.seed}: validation "
            f"accuracy {best.validation_accuracy:.1%} at step {best.step} of {last.step}, "
            f"{last.seconds:.1f} s; {self.ended})"
        )

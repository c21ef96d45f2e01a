"""What a run of a policy gave, and which policies are the same."""

import json
from dataclasses import asdict, dataclass
from itertools import groupby

from tlcourse.policies import PRESETS

CURVE = ("images", "seconds", "validation_accuracy")


@dataclass(frozen=True)
class Result:
    """What one run of a policy gave.

    Attributes
    ----------
    stages : tuple of dict
        Of each stage of the policy: layer -> [choice, factor on the learning rate].
    seed : int
    accuracy : float
        Mean class accuracy, from 0 to 1.
    trained_parameters : int
        Of the stage that trains most.
    seconds : float
        Of training.
    curve : tuple
        The learning curve: points of (images, seconds, validation accuracy).
    stopped : bool
        Whether somebody stopped it before its end.
    """

    stages: tuple
    seed: int
    accuracy: float
    trained_parameters: int
    seconds: float
    curve: tuple
    stopped: bool = False

    @property
    def policy_key(self):
        """The same for policies that do the same."""
        return json.dumps(self.stages)

    @classmethod
    def from_json(cls, saved):
        """A result from what JSON gave back of ``dataclasses.asdict``."""
        curve = tuple(map(tuple, saved["curve"]))
        return cls(**{**saved, "stages": tuple(saved["stages"]), "curve": curve})


def stages_of(policy, layers):
    """What a policy does: of each stage, layer -> [choice, factor on the learning rate]."""
    stages = []
    for number, stage in enumerate(policy.stages):
        choices, factors = stage.choices_for(layers, not number), stage.factors_for(layers)
        stages.append({name: [choices[name], factors[name]] for name in choices})
    return tuple(stages)


def preset_name(policy, layers):
    """The name of the preset that does the same as a policy on these layers; None if none does."""
    return preset_keys(layers).get(json.dumps(stages_of(policy, layers)))


def setting_of(run, test=None):
    """What must be the same for two runs to be compared.

    Parameters
    ----------
    run : tlcourse.training_runs.Run
    test : PreparedImages, optional

    Returns
    -------
    dict of str
    """
    settings = asdict(run.settings)
    for name in ("seed", "device", "cache"):
        del settings[name]
    return {
        "backbone": f"{run.backbone.name}, {run.backbone.fingerprint}",
        "training_images": run.progress.images_digest,
        "measure": "validation accuracy" if test is None else f"test accuracy, {test.digest()}",
        **{name: str(value) for name, value in settings.items()},
    }


def result_of(run, test=None):
    """A run as a ``Result``; parameters as for ``setting_of``."""
    audits = [run.audit()]
    while audits[-1].then:
        audits.append(audits[-1].then)
    return Result(
        stages=stages_of(run.policy, [layer.name for layer in run.network.layers]),
        seed=run.settings.seed,
        accuracy=run.best.validation_accuracy if test is None else run.accuracy(test),
        trained_parameters=max(each.trained_parameters for each in audits),
        seconds=run.curve[-1].seconds,
        curve=tuple(tuple(getattr(point, name) for name in CURVE) for point in run.curve),
        stopped=run.can_resume,
    )


def preset_keys(layers):
    """What each preset does on these layers -> its name; a preset that does not fit is left out."""
    known = {}
    for name, policy in PRESETS.items():
        try:
            known.setdefault(json.dumps(stages_of(policy, layers)), name)
        except ValueError:
            continue
    return known


def describe_stage(stage):
    """A stage of ``stages_of`` in words, layers in a row taken together."""
    parts = []
    for choice, layers in groupby(stage, key=lambda layer: stage[layer][0]):
        names = list(layers)
        parts.append(f"{choice} {names[0]}" + (f" to {names[-1]}" if len(names) > 1 else ""))
    factors = [factor for _, factor in stage.values()]
    if min(factors) < max(factors):
        parts.append(f"learning rate × {min(factors):.2g} to {max(factors):.2g}")
    elif factors[0] != 1:
        parts.append(f"learning rate × {factors[0]:.2g}")
    return ", ".join(parts)

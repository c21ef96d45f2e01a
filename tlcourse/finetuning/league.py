"""The league: what a run of a policy gave, which policies do the same, and which is ahead."""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import groupby

from tlcourse.finetuning.policies import PRESETS
from tlcourse.networks.images import prepare_images

CURVE = ("images", "seconds", "validation_accuracy")


def grouped(pairs):
    """Pairs of key and value as ``{key: its values}``, both in their order."""
    found = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found


@dataclass(frozen=True)
class Result:
    """What one run of a policy gave."""

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


def setting_of(run, test):
    """What must be the same for two runs to be compared; without ``test`` on validation images."""
    settings = asdict(run.settings)
    for name in ("seed", "device"):
        del settings[name]
    return {
        "backbone": f"{run.backbone.name}, {run.backbone.fingerprint}",
        "training_images": run.progress.images_digest,
        "measure": "validation accuracy" if test is None else f"test accuracy, {test.digest()}",
        **{name: str(value) for name, value in settings.items()},
    }


def result_of(run, test):
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
        stopped=run.stopped,
    )


def preset_keys(layers):
    """What each preset does on these layers -> its name; a preset that does not fit is left out."""
    known = {}
    for name, policy in PRESETS.items():
        with suppress(ValueError):
            known.setdefault(json.dumps(stages_of(policy, layers)), name)
    return known


def describe_stage(stage):
    """A stage of ``stages_of`` in words, layers in a row taken together."""
    parts = []
    for choice, layers in groupby(stage, key=lambda layer: stage[layer][0]):
        names = list(layers)
        parts.append(f"{choice} {names[0]}" + (f" to {names[-1]}" if len(names) > 1 else ""))
    factors = [factor for _, factor in stage.values()]
    low, high = min(factors), max(factors)
    if (low, high) != (1, 1):
        parts.append(f"learning rate × {low:.2g}" + (f" to {high:.2g}" if low < high else ""))
    return ", ".join(parts)


@dataclass(frozen=True)
class Standing:
    """A policy's place in the league: the results of its seeds together."""

    name: str
    is_own: bool
    results: tuple[Result, ...]

    @property
    def accuracies(self):
        """Accuracy of each seed."""
        return [result.accuracy for result in self.results]

    @property
    def mean(self):
        """Mean accuracy over the seeds."""
        return sum(self.accuracies) / len(self.results)

    @property
    def spread(self):
        """Lowest and highest accuracy over the seeds."""
        return min(self.accuracies), max(self.accuracies)

    @property
    def seconds(self):
        """Mean over the seeds."""
        return sum(result.seconds for result in self.results) / len(self.results)

    @property
    def trained_parameters(self):
        """Of the stage that trains most."""
        return self.results[0].trained_parameters

    @property
    def choices(self):
        """Layer -> choice, in the first stage."""
        return {layer: choice for layer, (choice, _) in self.results[0].stages[0].items()}

    def describe(self):
        """The policy in words, layers in a row taken together."""
        return "; then ".join(map(describe_stage, self.results[0].stages))


class League:
    """Runs of different policies on the same target, from the same backbone, trained alike.

    ``setting`` (dict) is what all ``results`` have in common; empty before the first one.
    """

    def __init__(self):
        self.clear()

    def clear(self):
        """Forget all runs."""
        self.setting, self.results = {}, []

    def add(self, run, test=None):
        """Put a run into the league; one of the same policy and seed takes the older one's place.

        ``test`` images give the accuracy; by default the validation accuracy counts, which is a
        little too high, as the best weights were chosen by it. A run that was stopped does not
        take the place of one that was not.

        Raises
        ------
        ValueError
            If the run began from another backbone, saw other images or was trained otherwise.
        """
        test = None if test is None else prepare_images(run.backbone, test)
        setting, result = setting_of(run, test), result_of(run, test)
        other = [name for name, kept in self.setting.items() if kept != setting.get(name)]
        if other:
            raise ValueError(
                f"This run has another {other[0].replace('_', ' ')} ({setting.get(other[0])}) than "
                f"those of the league ({self.setting[other[0]]}): begin a new league."
            )
        self.setting, key = setting, (result.policy_key, result.seed)
        same = [old for old in self.results if (old.policy_key, old.seed) == key]
        if not (same and result.stopped and not same[0].stopped):
            self.results = [old for old in self.results if old not in same] + [result]

    def standings(self):
        """Standings: the best mean accuracy first, of equals that which trains less."""
        by_policy = grouped((result.policy_key, result) for result in self.results)
        presets = preset_keys(list(self.results[0].stages[0])) if self.results else {}
        own = [key for key in by_policy if key not in presets]
        standings = [
            Standing(
                presets.get(key) or f"my policy {own.index(key) + 1}", key in own, tuple(results)
            )
            for key, results in by_policy.items()
        ]
        return sorted(standings, key=lambda each: (-each.mean, each.trained_parameters))

    def best(self, own):
        """The first of the standings, of one's own or of the presets alone; None if none is."""
        return next((each for each in self.standings() if each.is_own == own), None)

    def verdict(self):
        """One's own best policy against the best preset, in a sentence or two."""
        own, preset = self.best(own=True), self.best(own=False)
        if not self.results:
            return "No run yet: paint a policy and train it."
        if not (own and preset):
            missing = "Train a preset too" if own else "Paint a policy of your own and train it"
            return f"Best so far: {_named(own or preset)}. {missing}, to compare."
        first, second = (own, preset) if own.mean >= preset.mean else (preset, own)
        points = 100 * (first.mean - second.mean)
        if round(points, 1) == 0:
            return f"{_named(own)} and {_named(preset)} are equal."
        luck = "." if first.spread[0] > second.spread[1] else ", and their seeds overlap."
        if 1 in (len(own.results), len(preset.results)):
            luck = ": with one seed this may be luck."
        return f"{_named(first)} is {points:.1f} points ahead of {_named(second)}{luck}"

    def __len__(self):
        return len(self.results)


def _named(standing):
    return f"{standing.name} ({100 * standing.mean:.1f}%)"

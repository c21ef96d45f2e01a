"""The league: what a run of a policy gave, which policies do the same, and which is ahead."""

import json
from contextlib import suppress
from dataclasses import asdict
from itertools import groupby

import pandas as pd

from tlcourse.finetuning.policies import PRESETS
from tlcourse.networks.images import prepare_images


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
    """A run as a row (dict) of ``League.results``; parameters as for ``setting_of``."""
    audits = [run.audit()]
    while audits[-1].then:
        audits.append(audits[-1].then)
    return {
        "policy": json.dumps(stages_of(run.policy, [layer.name for layer in run.network.layers])),
        "seed": run.settings.seed,
        "accuracy": run.best.validation_accuracy if test is None else run.accuracy(test),
        "trained_parameters": max(each.trained_parameters for each in audits),
        "seconds": run.curve[-1].seconds,
        "curve": [(point.images, point.validation_accuracy) for point in run.curve],
        "stopped": run.stopped,
    }


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


def describe(stages):
    """A policy's stages in words, layers in a row taken together."""
    return "; then ".join(map(describe_stage, stages))


COLUMNS = ["policy", "seed", "accuracy", "trained_parameters", "seconds", "curve", "stopped"]


class League:
    """Runs of different policies on the same target, from the same backbone, trained alike.

    ``results`` is a DataFrame with a row a run; ``policy`` are the ``stages_of`` it as JSON.
    ``setting`` (dict) is what all of them have in common; empty before the first one.
    """

    def __init__(self):
        self.clear()

    def clear(self):
        """Forget all runs."""
        self.setting, self.results = {}, pd.DataFrame(columns=COLUMNS)

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
        self.setting, old = setting, self.results.to_dict("records")
        same = [r for r in old if (r["policy"], r["seed"]) == (result["policy"], result["seed"])]
        if not (same and result["stopped"] and not same[0]["stopped"]):
            kept = [row for row in old if row not in same]
            self.results = pd.DataFrame([*kept, result], columns=COLUMNS)

    def standings(self):
        """A row a policy: the best mean accuracy first, of equals that which trains less.

        Returns
        -------
        DataFrame
            name, is_own (no preset), policy, and of its seeds: mean, low, high (accuracies),
            seeds (how many), seconds (mean), trained_parameters, stopped (any), curves.
        """
        found = self.results.groupby("policy", sort=False).agg(
            mean=("accuracy", "mean"),
            low=("accuracy", "min"),
            high=("accuracy", "max"),
            seeds=("seed", "size"),
            seconds=("seconds", "mean"),
            trained_parameters=("trained_parameters", "first"),
            stopped=("stopped", "any"),
            curves=("curve", list),
        )
        presets = preset_keys(list(json.loads(found.index[0])[0])) if len(found) else {}
        own = [policy for policy in found.index if policy not in presets]
        names = {policy: f"my policy {place}" for place, policy in enumerate(own, 1)} | presets
        found = found.assign(name=found.index.map(names), is_own=found.index.isin(own))
        order = {"by": ["mean", "trained_parameters"], "ascending": [False, True]}
        return found.sort_values(**order, kind="stable").reset_index()

    def best(self, own):
        """The first of the standings, of one's own or of the presets alone; None if none is."""
        found = self.standings().query("is_own == @own")
        return found.iloc[0] if len(found) else None

    def verdict(self):
        """One's own best policy against the best preset, in a sentence or two."""
        own, preset = self.best(own=True), self.best(own=False)
        if own is None and preset is None:
            return "No run yet: paint a policy and train it."
        if own is None or preset is None:
            best, missing = own, "Train a preset too"
            if own is None:
                best, missing = preset, "Paint a policy of your own and train it"
            return f"Best so far: {_named(best)}. {missing}, to compare."
        first, second = (own, preset) if own["mean"] >= preset["mean"] else (preset, own)
        points = 100 * (first["mean"] - second["mean"])
        if round(points, 1) == 0:
            return f"{_named(own)} and {_named(preset)} are equal."
        luck = "." if first["low"] > second["high"] else ", and their seeds overlap."
        if 1 in (own["seeds"], preset["seeds"]):
            luck = ": with one seed this may be luck."
        return f"{_named(first)} is {points:.1f} points ahead of {_named(second)}{luck}"

    def __len__(self):
        return len(self.results)


def _named(standing):
    return f"{standing['name']} ({100 * standing['mean']:.1f}%)"

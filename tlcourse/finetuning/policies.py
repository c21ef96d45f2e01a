"""Policies: freeze, fine-tune or random, layer by layer, and their application to a network."""

import math
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field, replace
from types import MappingProxyType

from tlcourse.finetuning.network import TargetNetwork
from tlcourse.networks.layers import as_backbone, build_anew, layers_of, resolve

CHOICES = ("freeze", "fine-tune", "random")


@dataclass(frozen=True)
class Policy:
    """A choice for every layer of any network; policies that differ in their name only are equal.

    Parameters
    ----------
    choices : mapping of str to str
        Selector -> "freeze", "fine-tune" or "random"; of two that select a layer the later one
        wins. A selector is a layer (``"conv3_2"``), a block (``"conv3"``, ``"fc"``,
        ``"layer1.0"``), a depth (``"bottom 4"``, ``"top 3"``, ``"bottom 50%"``) or ``"*"``.
        A depth counts all layers, the head too.
    rates : mapping of str to float
        Selector -> factor on the learning rate; 1 where nothing is said.
    layer_decay : float
        Factor on the learning rate from each layer to the one below it: discriminative rates
        (Howard and Ruder 2018) where it is below 1.
    then : Policy, optional
        A second stage that goes on from the first one's weights, head included.

    Raises
    ------
    ValueError
        If a choice is unknown, a factor is not above 0, or the second stage says "random".

    Notes
    -----
    The head (fc8) decides between the source's classes. It is always replaced by a new one for
    the target's classes, and random; only a second stage has a choice for it.
    """

    choices: Mapping[str, str]
    _: KW_ONLY
    rates: Mapping[str, float] = ()
    layer_decay: float = 1.0
    then: "Policy | None" = None
    name: str = field(default="", compare=False)

    def __post_init__(self):
        for rules in ("choices", "rates"):
            object.__setattr__(self, rules, tuple(dict(getattr(self, rules)).items()))
        for selector, choice in self.choices:
            if choice not in CHOICES:
                raise ValueError(
                    f"{selector!r} is to be {choice!r}: choose from {', '.join(CHOICES)}."
                )
        for selector, factor in (*self.rates, ("layer_decay", self.layer_decay)):
            if not (factor > 0 and math.isfinite(factor)):
                raise ValueError(f"The rate of {selector!r} is {factor}: take a number above 0.")
        if self.then and "random" in dict(self.then.choices).values():
            raise ValueError(
                "The second stage goes on from the first: it can freeze or fine-tune, and 'random' "
                "would throw away what was learned."
            )

    def __str__(self):
        text = self.name or ", ".join(f"{choice} {selector}" for selector, choice in self.choices)
        return f"{text}, then {self.then}" if self.then and not self.name else text

    @property
    def stages(self):
        """This policy and those that follow it, as a list."""
        return [self, *(self.then.stages if self.then else [])]

    def painted(self, selector, choice):
        """The same policy with one more choice, which wins over the earlier ones."""
        rules = {key: value for key, value in self.choices if key != selector}
        return replace(self, choices={**rules, selector: choice}, name="")

    def choices_for(self, layers, head_is_new=True):
        """Layer -> choice; ``layers`` are names in the order of the network, or what has them.

        ``head_is_new`` is False in the second stage.

        Raises
        ------
        ValueError
            If a selector selects nothing, a layer is left without a choice, the head is to be
            reused, or nothing is trained.
        """
        names = _names(layers)
        found = resolve(self.choices, names)
        if head_is_new:
            if dict(self.choices).get(names[-1], "random") != "random":
                raise ValueError(
                    f"{names[-1]} decides between the source's classes and is always replaced: "
                    "it can only be random."
                )
            found[names[-1]] = "random"
        left = [name for name in names if name not in found]
        if left:
            raise ValueError(f"Nothing is said of {left[0]}: begin with a choice for '*'.")
        if set(found.values()) == {"freeze"}:
            raise ValueError("Everything is frozen and nothing is trained: fine-tune a layer.")
        return {name: found[name] for name in names}

    def factors_for(self, layers):
        """Layer -> factor on the learning rate; ``layers`` as in ``choices_for``."""
        names = _names(layers)
        found = resolve(self.rates, names)
        return {
            name: found.get(name, 1.0) * self.layer_decay**depth
            for name, depth in zip(names, range(len(names) - 1, -1, -1), strict=True)
        }


_GENTLY = Policy({"*": "fine-tune"}, rates={"*": 0.1})
_THREE_WAYS = {"*": "fine-tune", "bottom 50%": "freeze", "top 3": "random"}
_PRESETS = (
    Policy({"*": "freeze"}, name="reuse all"),
    Policy({"*": "freeze", "top 3": "random"}, name="retrain the top"),
    Policy(_THREE_WAYS, name="freeze, fine-tune, retrain"),
    Policy({"*": "fine-tune"}, name="fine-tune all"),
    Policy({"*": "fine-tune"}, layer_decay=0.8, name="discriminative rates"),
    Policy({"*": "freeze"}, then=_GENTLY, name="probe, then fine-tune"),
    Policy({"*": "random"}, name="all random"),
)
PRESETS = MappingProxyType({policy.name: policy for policy in _PRESETS})


def as_policy(policy):
    """A policy as it is, or the preset of that name; ValueError if there is none."""
    if isinstance(policy, Policy):
        return policy
    if policy not in PRESETS:
        raise ValueError(f"There is no policy {policy!r}: take a Policy or {', '.join(PRESETS)}.")
    return PRESETS[policy]


def apply_policy(backbone, policy, n_classes, seed=0):
    """A new network for the target, with everything settled; the backbone is not changed."""
    policy = as_policy(policy)
    check_classes(n_classes)
    network = build_anew(backbone, n_classes, seed)
    layers = layers_of(network)
    choices = policy.choices_for(layers)
    source = backbone.network.state_dict()
    reused = [layer for layer in layers if choices[layer.name] != "random"]
    tensors = {key: source[key] for layer in reused for key in layer.tensors}
    network.load_state_dict(tensors, strict=False)
    return TargetNetwork(network, layers, choices, policy.factors_for(layers))


def next_stage(network, policy):
    """Go on with the second stage of a policy: other choices, the same weights."""
    layers = network.layers
    return network.decide(policy.choices_for(layers, False), policy.factors_for(layers))


def check_classes(n_classes):
    """Raise ValueError if there are fewer than two."""
    if n_classes < 2:
        raise ValueError(f"There must be 2 classes or more to tell apart, not {n_classes}.")


def _names(layers):
    if isinstance(layers, str) or hasattr(layers, "network"):
        layers = layers_of(as_backbone(layers).network)
    return [getattr(layer, "name", layer) for layer in layers]

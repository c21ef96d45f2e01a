"""An audit: what a policy means for each layer of a network, as a table."""

from dataclasses import dataclass
from itertools import takewhile

from tlcourse.finetuning.network import top_begins_at
from tlcourse.finetuning.policies import as_policy, check_classes
from tlcourse.finetuning.progress import LEARNING_RATE
from tlcourse.networks.layers import as_backbone, layers_of, without_weights


@dataclass(frozen=True)
class AuditRow:
    """One layer: what is done with it."""

    layer: str
    choice: str
    starts_from: str
    parameters: int
    trained: bool
    learning_rate: float | None


@dataclass(frozen=True)
class Audit:
    """What a policy means for a network, a row a layer."""

    rows: tuple[AuditRow, ...]
    notes: tuple[str, ...] = ()
    then: "Audit | None" = None

    @property
    def parameters(self):
        """Parameters in all."""
        return sum(row.parameters for row in self.rows)

    @property
    def trained_parameters(self):
        """Parameters that training changes."""
        return sum(row.parameters for row in self.rows if row.trained)

    @property
    def totals(self):
        """One sentence with both."""
        trained, share = self.trained_parameters, self.trained_parameters / self.parameters
        layers = sum(row.trained for row in self.rows)
        return (
            f"{trained:,} of {self.parameters:,} parameters are trained ({share:.1%}), "
            f"in {layers} of {len(self.rows)} layers."
        )


def audit(backbone, policy, n_classes, learning_rate=LEARNING_RATE):
    """What a policy means for a network, as an Audit.

    No weight is loaded: a name such as "vgg19" is enough. ``learning_rate`` is that of a layer with
    the factor 1. ValueError if the policy does not fit, or there are fewer than two classes.
    """
    policy, backbone = as_policy(policy), as_backbone(backbone)
    check_classes(n_classes)
    network = without_weights(backbone, n_classes)
    return _audit(backbone, network, policy, learning_rate, True)


def _audit(backbone, network, policy, learning_rate, is_first):
    layers = layers_of(network)
    choices, factors = policy.choices_for(layers, is_first), policy.factors_for(layers)
    begin = top_begins_at(network, layers, choices)
    rows = tuple(
        _row(layer, choices[layer.name], factors[layer.name] * learning_rate, backbone, is_first)
        for layer in layers
    )
    then = policy.then and _audit(backbone, network, policy.then, learning_rate, False)
    return Audit(rows, tuple(_notes(layers, choices, begin)), then)


def _row(layer, choice, rate, backbone, is_first):
    trained, starts_from = choice != "freeze", "the first stage"
    if is_first and choice == "random":
        starts_from = f"new, as {backbone.name} is initialised"
    elif is_first:
        starts_from = f"{backbone.name} ({backbone.weights})"
    rate = rate if trained else None
    return AuditRow(layer.name, choice, starts_from, layer.parameters, trained, rate)


def _notes(layers, choices, begin):
    frozen = [layer.name for layer in layers if choices[layer.name] == "freeze"]
    if not frozen:
        return
    names = [layer.name for layer in layers]
    prefix = list(takewhile(lambda name: choices[name] == "freeze", names))
    first_trained = names[len(prefix)]
    span = f"{prefix[0]} to {prefix[-1]}" if len(prefix) > 1 else "".join(prefix)
    if begin is None and prefix:
        yield (
            "Frozen layers are computed in every pass: this network is not one sequence of layers."
        )
    elif prefix:
        yield f"{span}: frozen, computed once for each image and kept."
    above = [name for name in frozen if name not in prefix]
    if above:
        yield (
            f"{', '.join(above)}: frozen above {first_trained}, which is trained, so computed in "
            "every pass, and gradients go through."
        )

"""An audit: what a policy means for each layer of a network, as a table."""

from dataclasses import dataclass
from html import escape
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

    def cells(self):
        """The row's texts."""
        rate = "-" if self.learning_rate is None else f"{self.learning_rate:.2g}"
        trained = "yes" if self.trained else "no"
        return (self.layer, self.choice, self.starts_from, f"{self.parameters:,}", trained, rate)


@dataclass(frozen=True)
class Audit:
    """What a policy means for a network; prints as a table."""

    title: str
    rows: tuple[AuditRow, ...]
    notes: tuple[str, ...] = ()
    then: "Audit | None" = None

    HEAD = ("layer", "choice", "starts from", "parameters", "trained", "learning rate")

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

    def __str__(self):
        table = [self.HEAD, *(row.cells() for row in self.rows)]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        align = [str.ljust, str.ljust, str.ljust, str.rjust, str.ljust, str.rjust]
        lines = [
            "  ".join(put(cell, width) for put, cell, width in zip(align, row, widths, strict=True))
            for row in table
        ]
        text = "\n".join([self.title, *map(str.rstrip, lines), self.totals, *self.notes])
        return f"{text}\n\n{self.then}" if self.then else text

    def __repr__(self):
        return str(self)

    def _repr_html_(self):
        head = "".join(f'<th scope="col" style="text-align:left">{cell}</th>' for cell in self.HEAD)
        rows = "".join(_html_row(row) for row in self.rows)
        notes = "".join(f"<div>{escape(note)}</div>" for note in (self.totals, *self.notes))
        table = (
            f'<table style="font-size:16px"><caption style="text-align:left;font-weight:700">'
            f"{escape(self.title)}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody>"
            f'</table><div style="font-size:16px;line-height:1.45">{notes}</div>'
        )
        return table + (self.then._repr_html_() if self.then else "")


def audit(backbone, policy, n_classes, learning_rate=LEARNING_RATE, augment=0.0):
    """What a policy means for a network, as an Audit, which prints as a table.

    No weight is loaded or changed: a name such as "vgg19" is enough. ``learning_rate`` is that of
    a layer with the factor 1, ``augment`` 0 (off) to 1. ValueError if the policy does not fit the
    network, or there are fewer than two classes.
    """
    policy, backbone = as_policy(policy), as_backbone(backbone)
    check_classes(n_classes)
    network = without_weights(backbone, n_classes)
    title = f"{backbone.name}, {n_classes} classes: {policy}"
    return _audit(backbone, network, policy, title, learning_rate, augment, True)


def _audit(backbone, network, policy, title, learning_rate, augment, is_first):
    layers = layers_of(network)
    choices, factors = policy.choices_for(layers, is_first), policy.factors_for(layers)
    begin = top_begins_at(network, layers, choices)
    rows = tuple(
        _row(layer, choices[layer.name], factors[layer.name] * learning_rate, backbone, is_first)
        for layer in layers
    )
    then = policy.then and _audit(
        backbone, network, policy.then, "Second stage", learning_rate, augment, False
    )
    return Audit(title, rows, tuple(_notes(network, layers, choices, begin, augment)), then)


def _row(layer, choice, rate, backbone, is_first):
    trained, starts_from = choice != "freeze", "the first stage"
    if is_first and choice == "random":
        starts_from = f"new, as {backbone.name} is initialised"
    elif is_first:
        starts_from = f"{backbone.name} ({backbone.weights})"
    rate = rate if trained else None
    return AuditRow(layer.name, choice, starts_from, layer.parameters, trained, rate)


def _notes(network, layers, choices, begin, augment):
    frozen = [layer.name for layer in layers if choices[layer.name] == "freeze"]
    if not frozen:
        return
    names = [layer.name for layer in layers]
    prefix = list(takewhile(lambda name: choices[name] == "freeze", names))
    first_trained = names[len(prefix)]
    span = f"{prefix[0]} to {prefix[-1]}" if len(prefix) > 1 else "".join(prefix)
    if begin is None and prefix:
        last = [name for name, _ in network.named_children()][-1]
        yield (
            f"Frozen layers are computed in every pass: this network is not one sequence of "
            f"layers, and its frozen part is kept only where all but {last} is frozen."
        )
    elif prefix and augment:
        yield (
            f"{span}: frozen, and computed in every pass, as augmentation makes another image "
            "each time. Without augmentation they are computed once."
        )
    elif prefix:
        yield f"{span}: frozen, computed once for each image and kept."
    above = [name for name in frozen if name not in prefix]
    if above:
        yield (
            f"{', '.join(above)}: frozen above {first_trained}, which is trained, so computed in "
            "every pass, and gradients go through."
        )


def _html_row(row):
    first, *others = map(escape, row.cells())
    sides = ("left", "left", "right", "left", "right")
    cells = "".join(
        f'<td style="text-align:{side}">{cell}</td>'
        for side, cell in zip(sides, others, strict=True)
    )
    weight = 700 if row.trained else 400
    head = f'<th scope="row" style="text-align:left;font-weight:{weight}">{first}</th>'
    return f"<tr>{head}{cells}</tr>"

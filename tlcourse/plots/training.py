"""Figures of training: accuracy while it goes on, what it costs, and what policies come to.

Learning curves, layers copied as in Yosinski et al.
2014, policies by cell, and the trade-off of notebook 08.
"""

from tlcourse.plots.style import (
    OKABE_ITO,
    PALETTE,
    SERIES,
    finish,
    keys_of,
    name_rows,
    new_axes,
    new_panels,
)

_COPIED = {
    "BnB": ("blue", "o", "-"),
    "BnB+": ("sky blue", "s", "--"),
    "AnB": ("vermillion", "^", "-"),
    "AnB+": ("orange", "D", "--"),
    "random": ("black", "v", ":"),
}


def plot_learning_curves(
    curves, ax=None, xlabel="training images seen", chance=None, measured_on="validation"
):
    """Accuracy against what was spent: mean over the seeds, and a band from lowest to highest.

    curves : ``{line: [(x, accuracy) of each seed]}``; x does not fall, accuracies are from 0 to 1;
    ValueError unless there are one to seven lines, each with a curve. A mean is drawn as far as
    all of its seeds went; where one ended before, the others go on as thin lines. chance :
    accuracy of guessing; measured_on : "validation" or "test", for the label.
    """
    if not 0 < len(curves) <= len(SERIES) or not all(curves.values()):
        raise ValueError(
            f"There are {len(curves)} lines: give 1 to {len(SERIES)}, each with a curve or more."
        )
    ax = ax or new_axes()
    for (name, seeds), (colour, marker, dashes) in zip(curves.items(), SERIES, strict=False):
        at, mean, low, high = mean_curve(seeds)
        ax.fill_between(at, 100 * low, 100 * high, color=colour, alpha=0.2, linewidth=0)
        style = {"color": colour, "linestyle": dashes}
        marks = {"marker": marker, "markevery": max(1, len(at) // 8)}
        ax.plot(at, 100 * mean, label=name, **style, **marks)
        for x, y in seeds:
            rest = [(a, 100 * b) for a, b in zip(x, y, strict=True) if a >= at[-1]]
            if len(rest) > 1:
                ax.plot(*zip(*rest, strict=True), linewidth=1, **style)
    if chance is not None:
        ax.axhline(100 * chance, color=PALETTE["chance"], linestyle="dotted", label="guessing")
    return finish(ax, "y", 3, xlabel=xlabel, ylabel=f"{measured_on} accuracy (%)", xmargin=0.02)


def mean_curve(seeds):
    """Where, mean, lowest and highest of several curves, as far as all of them go."""
    import numpy as np

    end = min(max(x) for x, _ in seeds)
    at = np.unique(np.concatenate([np.asarray(x, dtype=float) for x, _ in seeds]))
    at = at[at <= end]
    # A stage of training begins where the one before ended: of two points at one x the later.
    points = [dict(zip(map(float, x), map(float, y), strict=True)) for x, y in seeds]
    values = np.array([np.interp(at, list(each), list(each.values())) for each in points])
    return at, values.mean(0), values.min(0), values.max(0)


def plot_copied_layers(curves, ax=None, base=None):
    """Accuracy against the number of copied layers, as in Yosinski et al. 2014.

    curves : ``{"BnB", "BnB+", "AnB", "AnB+" or "random": {layers copied: accuracies over seeds}}``;
    ValueError for another name. base : accuracy where nothing is copied.
    """
    unknown = [name for name in curves if name not in _COPIED]
    if unknown:
        raise ValueError(f"There is no curve {unknown[0]!r}: give {', '.join(_COPIED)}.")
    ax = ax or new_axes()
    for name, points in curves.items():
        colour, marker, line = _COPIED[name]
        draws = [[100 * value for value in values] for values in points.values()]
        low, high = (list(map(end, draws)) for end in (min, max))
        ax.vlines(list(points), low, high, OKABE_ITO[colour])
        means = [sum(values) / len(values) for values in draws]
        ax.plot(list(points), means, line, marker=marker, color=OKABE_ITO[colour], label=name)
    if base is not None:
        ax.axhline(100 * base, color=PALETTE["chance"], linestyle="dotted", label="nothing copied")
    return finish(ax, "y", 3, xlabel="layers copied from the bottom", ylabel="accuracy (%)")


def plot_policy_cells(cells, tied):
    """A panel for each similarity and number of images: every run, and which policies lead.

    cells : ``{(similarity, images): {policy: {seed: accuracy}}}``, as from
    ``tlcourse.finetuning.grid.grid_cells``; tied : ``{(similarity, images): policies that nothing
    is surely better than, the best first}``. Returns a Figure.
    """
    rows, columns = keys_of(cells)
    policies = list(dict.fromkeys(policy for cell in cells.values() for policy in cell))
    height = 1.2 + 0.5 * len(rows) * len(policies) + 0.6 * len(rows)
    shared = {"sharex": True, "sharey": True}
    figure, axes = new_panels(len(columns), len(rows), width=14, height=height, **shared)
    for line, similarity in zip(axes, rows, strict=True):
        for ax, n in zip(line, columns, strict=True):
            _draw_cell(ax, cells[similarity, n], tied[similarity, n], policies)
            ax.set_title(f"{similarity} source, {n} a class", fontsize=16)
    figure.supxlabel("accuracy (%): a full mark leads or ties with the leader")
    return figure


def _draw_cell(ax, cell, tied, policies):
    for y, policy in enumerate(policies):
        values = [100 * value for value in cell[policy].values()]
        colour = OKABE_ITO["blue" if policy in tied else "black"]
        mean, marker = sum(values) / len(values), "*" if policy == tied[0] else "o"
        ax.plot(values, [y] * len(values), "|", color=colour, markersize=12)
        face = colour if policy in tied else "white"
        ax.plot(mean, y, marker, color=colour, markerfacecolor=face, markersize=13)
    name_rows(ax, policies)
    finish(ax, "x")


def plot_trade_off(measured):
    """Parameters to learn, time of an epoch, and two kinds of error, side by side.

    measured : ``{choice: {"parameters", "seconds an epoch", "bias", "variance"}}``; the last two
    in [0, 1]. Returns a Figure.
    """
    height = 1.8 + 0.75 * len(measured)
    figure, [[*axes, errors]] = new_panels(3, width=14, height=height, sharey=True)
    for ax, (what, form) in zip(
        axes, (("parameters", ",.0f"), ("seconds an epoch", ".2g")), strict=True
    ):
        values = [choice[what] for choice in measured.values()]
        ax.barh(range(len(values)), values, height=0.6, color=OKABE_ITO["blue"])
        for y, value in enumerate(values):
            ax.text(value, y, f" {value:{form}}", va="center", fontsize=14)
        ax.set(title=what, xlim=(0, 1.5 * max(values)), xticks=[])
    for shift, what, words, colour, hatch in (
        (-0.2, "bias", "bias: most draws are wrong", "vermillion", ""),
        (0.2, "variance", "variance: a draw differs from most", "sky blue", "//"),
    ):
        values = [100 * choice[what] for choice in measured.values()]
        places = [y + shift for y in range(len(values))]
        errors.barh(places, values, 0.38, color=OKABE_ITO[colour], hatch=hatch, label=words)
        for y, value in zip(places, values, strict=True):
            errors.text(value, y, f" {value:.0f}", va="center", fontsize=14)
    errors.set(title="share of images, of answers (%)", xmargin=0.15)
    errors.legend(loc="upper left", bbox_to_anchor=(0, -0.12))
    name_rows(axes[0], measured)
    return figure

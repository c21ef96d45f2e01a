"""Figures of fine-tuning: copied layers, policies over a grid, and the three-way trade-off."""

from tlcourse.plots.style import OKABE_ITO, PALETTE, new_axes

_COPIED = {
    "BnB": ("blue", "o", "-"),
    "BnB+": ("sky blue", "s", "--"),
    "AnB": ("vermillion", "^", "-"),
    "AnB+": ("orange", "D", "--"),
    "random": ("black", "v", ":"),
}


def plot_copied_layers(curves, ax=None, base=None):
    """Accuracy against the number of copied layers, as in Yosinski et al. 2014.

    Parameters
    ----------
    curves : mapping of str to mapping of int to sequence of float
        "BnB", "BnB+", "AnB", "AnB+", "random" -> {layers copied: accuracies over seeds}.
    ax : matplotlib Axes, optional
    base : float, optional
        Accuracy where nothing is copied.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If there is another curve.
    """
    unknown = [name for name in curves if name not in _COPIED]
    if unknown:
        raise ValueError(f"There is no curve {unknown[0]!r}: give {', '.join(_COPIED)}.")
    ax = ax or new_axes()
    for name, points in curves.items():
        colour, marker, line = _COPIED[name]
        draws = {n: [100 * value for value in values] for n, values in points.items()}
        means = [sum(values) / len(values) for values in draws.values()]
        ax.vlines(list(draws), *zip(*map(_ends, draws.values()), strict=True), OKABE_ITO[colour])
        ax.plot(list(draws), means, line, marker=marker, color=OKABE_ITO[colour], label=name)
    if base is not None:
        ax.axhline(100 * base, color=PALETTE["chance"], linestyle="dotted", label="nothing copied")
    ax.set(xlabel="layers copied from the bottom", ylabel="accuracy (%)")
    ax.grid(axis="y", color="0.88")
    ax.legend(ncols=3, loc="lower left", bbox_to_anchor=(0, 1))
    return ax


def plot_policy_cells(cells, tied):
    """A panel for each similarity and number of images: every run, and which policies lead.

    Parameters
    ----------
    cells : mapping of (str, int) to mapping of str to mapping
        As from ``tlcourse.policy_comparison.grid_cells``.
    tied : mapping of (str, int) to list of str
        The policies of each cell that nothing is surely better than; the best first.

    Returns
    -------
    matplotlib Figure
    """
    import matplotlib.pyplot as plt

    rows, columns = (list(dict.fromkeys(key[axis] for key in cells)) for axis in (0, 1))
    policies = list(dict.fromkeys(policy for cell in cells.values() for policy in cell))
    size = (14, 1.2 + 0.5 * len(rows) * len(policies) + 0.6 * len(rows))
    figure, axes = plt.subplots(
        len(rows), len(columns), figsize=size, sharex=True, sharey=True, layout="constrained"
    )
    axes = axes.reshape(len(rows), len(columns))
    for line, similarity in zip(axes, rows, strict=True):
        for ax, n in zip(line, columns, strict=True):
            _draw_cell(ax, cells[similarity, n], tied[similarity, n], policies)
            ax.set_title(f"{similarity} source, {n} a class", fontsize=16)
    axes[0, 0].set_ylim(len(policies) - 0.5, -0.5)
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
    ax.set_yticks(range(len(policies)), policies)
    ax.grid(axis="x", color="0.88")


def plot_trade_off(measured):
    """Parameters to learn, time of an epoch, and two kinds of error, side by side.

    Parameters
    ----------
    measured : mapping of str to mapping of str to float
        Choice -> "parameters", "seconds an epoch", "bias", "variance"; the last two in [0, 1].

    Returns
    -------
    matplotlib Figure
    """
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(
        1, 3, figsize=(14, 1.8 + 0.75 * len(measured)), sharey=True, layout="constrained"
    )
    for ax, what in zip(axes, ("parameters", "seconds an epoch"), strict=False):
        values = [choice[what] for choice in measured.values()]
        ax.barh(range(len(values)), values, height=0.6, color=OKABE_ITO["blue"])
        for y, value in enumerate(values):
            text = f" {value:,.0f}" if what == "parameters" else f" {value:.2g}"
            ax.text(value, y, text, va="center", fontsize=14)
        ax.set(title=what, xlim=(0, 1.5 * max(values)), xticks=[])
    for shift, what, words, colour, hatch in (
        (-0.2, "bias", "bias: most draws are wrong", "vermillion", ""),
        (0.2, "variance", "variance: a draw differs from most", "sky blue", "//"),
    ):
        values = [100 * choice[what] for choice in measured.values()]
        places = [y + shift for y in range(len(values))]
        axes[2].barh(places, values, 0.38, color=OKABE_ITO[colour], hatch=hatch, label=words)
        for y, value in zip(places, values, strict=True):
            axes[2].text(value, y, f" {value:.0f}", va="center", fontsize=14)
    axes[2].set_title("share of images, of answers (%)")
    axes[2].legend(loc="upper left", bbox_to_anchor=(0, -0.12))
    axes[2].margins(x=0.15)
    axes[0].set_yticks(range(len(measured)), measured)
    axes[0].set_ylim(len(measured) - 0.5, -0.5)
    return figure


def _ends(values):
    return min(values), max(values)

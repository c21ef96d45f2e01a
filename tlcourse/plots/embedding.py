"""Figures of the full-network embedding: shares of -1, 0, 1, differences, marks of a class."""

from tlcourse.plots.style import OKABE_ITO, new_axes

SIGNS = {
    -1: (OKABE_ITO["vermillion"], "//", "−1, absence"),
    0: ("#D9D9D9", "", "0, uncharacteristic"),
    1: (OKABE_ITO["sky blue"], "..", "1, presence"),
}
_SERIES = (("vermillion", "s"), ("blue", "o"), ("bluish green", "^"))


def plot_shares(rows, ax=None):
    """What share of values is -1, 0 and 1, a bar a row.

    Parameters
    ----------
    rows : mapping of str to mapping of int to float
        Name, such as a layer's -> {-1: share, 0: share, 1: share}.
    ax : matplotlib Axes, optional

    Returns
    -------
    Axes
    """
    ax = ax or new_axes(height=1.6 + 0.38 * len(rows))
    for row, shares in enumerate(rows.values()):
        start = 0.0
        for value, (colour, hatch, label) in SIGNS.items():
            width = 100 * shares[value]
            style = {"color": colour, "hatch": hatch, "edgecolor": "white", "linewidth": 0}
            ax.barh(row, width, 0.8, start, label=None if row else label, **style)
            if width > 3:
                box = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
                middle = start + width / 2
                ax.text(middle, row, f"{width:.0f}", ha="center", va="center", size=13, bbox=box)
            start += width
    ax.set_yticks(range(len(rows)), rows)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.set(xlim=(0, 100), xlabel="share of the values (%)")
    ax.legend(ncols=3, loc="lower left", bbox_to_anchor=(0, 1))
    return ax


def plot_differences(differences, ylabel, ax=None):
    """Paired differences in points: a mark a pair, the mean as a bar, zero as a line.

    Parameters
    ----------
    differences : mapping of (str, str) to sequence of float
        ``{(target, series): differences}``; three series at most.
    ylabel : str
    ax : matplotlib Axes, optional

    Returns
    -------
    Axes
    """
    ax = ax or new_axes()
    targets = list(dict.fromkeys(target for target, _ in differences))
    series = list(dict.fromkeys(name for _, name in differences))
    for number, (name, (colour, marker)) in enumerate(zip(series, _SERIES, strict=False)):
        for index, target in enumerate(targets):
            values = differences[target, name]
            x = index + 0.36 * (number - (len(series) - 1) / 2)
            style = {"color": OKABE_ITO[colour], "label": None if index else name}
            ax.plot([x] * len(values), values, marker, alpha=0.55, ls="", **style)
            mean = sum(values) / len(values)
            ax.hlines(mean, x - 0.14, x + 0.14, OKABE_ITO[colour], linewidth=5)
            ax.annotate(
                f"{mean:+.1f}",
                (x, max(values)),
                (0, 9),
                textcoords="offset points",
                ha="center",
                size=14,
            )
    ax.axhline(0, color="black", linewidth=1.4)
    ax.set_xticks(range(len(targets)), targets)
    ax.set_ylabel(ylabel)
    ax.margins(y=0.12)
    ax.grid(axis="y", color="0.9")
    ax.legend(ncols=len(series), loc="lower left", bbox_to_anchor=(0, 1))
    return ax


def plot_steps(targets, ax=None):
    """Accuracy after each step: a thin line a target, the mean of all in bold.

    Parameters
    ----------
    targets : mapping of str to mapping of str to sequence of float
        ``{target: {step: accuracies over draws}}``, in [0, 1], the same steps for all.
    ax : matplotlib Axes, optional

    Returns
    -------
    Axes
    """
    ax = ax or new_axes()
    steps = list(next(iter(targets.values())))
    lines = [[100 * sum(line[s]) / len(line[s]) for s in steps] for line in targets.values()]
    for line in lines:
        ax.plot(line, color="0.6", linewidth=1.4, marker=".")
    gap = 0.055 * (max(map(max, lines)) - min(map(min, lines)))
    heights = _spread([line[-1] for line in lines], gap)
    for name, line, height in zip(targets, lines, heights, strict=True):
        end, place = (len(steps) - 1, line[-1]), (len(steps) - 0.85, height)
        ax.annotate(name, end, place, va="center", size=13, arrowprops={"arrowstyle": "-"})
    mean = [sum(column) / len(lines) for column in zip(*lines, strict=True)]
    ax.plot(mean, color=OKABE_ITO["blue"], marker="o", linewidth=4, label="mean of the targets")
    for x, value in enumerate(mean):
        ax.annotate(f"{value:.1f}", (x, value), (0, 10), textcoords="offset points", ha="center")
    ax.set_xticks(range(len(steps)), [_in_two_lines(step) for step in steps])
    ax.set_xlim(-0.3, len(steps) - 0.05)
    ax.set_ylabel("accuracy (%)")
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1))
    return ax


def _in_two_lines(name):
    return name if name.startswith("{") else name.replace(" ", "\n", 1)


def _spread(values, gap):
    """The values, moved up where they are closer than ``gap``, so that labels do not overlap."""
    placed, floor = {}, float("-inf")
    for index in sorted(range(len(values)), key=values.__getitem__):
        placed[index] = floor = max(values[index], floor + gap)
    return [placed[index] for index in range(len(values))]


def plot_threshold_grid(accuracies, ax=None, marked=None):
    """Accuracy at each pair of thresholds.

    Parameters
    ----------
    accuracies : mapping of (float, float) to float
        ``{(low, high): accuracy in [0, 1]}``, every low with every high.
    ax : matplotlib Axes, optional
    marked : pair of float, optional
        Thresholds to put a frame around.

    Returns
    -------
    Axes
    """
    lows = sorted({low for low, _ in accuracies})
    highs = sorted({high for _, high in accuracies})
    ax = ax or new_axes(height=1.4 + 0.75 * len(lows))
    table = [[100 * accuracies[low, high] for high in highs] for low in lows]
    top = max(map(max, table))
    ax.imshow(table, cmap="Blues", aspect="auto", vmin=top - 8, vmax=top + 4)
    for row, low in enumerate(lows):
        for column, high in enumerate(highs):
            framed = marked == (low, high)
            frame = {"edgecolor": "black" if framed else "none", "facecolor": "white", "pad": 4}
            ax.text(column, row, f"{table[row][column]:.1f}", ha="center", va="center", bbox=frame)
    ax.set_xticks(range(len(highs)), [f"{high:g}" for high in highs])
    ax.set_yticks(range(len(lows)), [f"{low:g}" for low in lows])
    ax.set(xlabel="high: above it is 1", ylabel="low: below it is −1")
    return ax


def plot_marks(counts, by_luck, ax=None):
    """How many features mark each class by absence (left) and by presence (right).

    Parameters
    ----------
    counts : mapping of str to pair of int
        Class -> (presence, absence).
    by_luck : pair of float
        What permuted labels give: (presence, absence).
    ax : matplotlib Axes, optional

    Returns
    -------
    Axes
    """
    ax = ax or new_axes(height=1.8 + 0.38 * len(counts))
    for row, pair in enumerate(counts.values()):
        for sign, number, luck in zip((1, -1), pair, by_luck, strict=True):
            colour, hatch, label = SIGNS[sign]
            style = {"color": colour, "hatch": hatch, "edgecolor": "white", "linewidth": 0}
            ax.barh(row, sign * number, 0.78, label=None if row else label[3:].strip(), **style)
            side = "left" if sign > 0 else "right"
            ax.text(sign * number, row, f" {number} ", ha=side, va="center", size=14)
            words = None if row or sign < 0 else "by luck (permuted labels)"
            ax.plot([sign * luck] * 2, [row - 0.39, row + 0.39], "k", linewidth=3, label=words)
    ax.axvline(0, color="black", linewidth=1.4)
    ax.set_yticks(range(len(counts)), counts)
    ax.set_ylim(len(counts) - 0.5, -0.5)
    ax.margins(x=0.1)
    ax.xaxis.set_major_formatter(lambda x, _: f"{abs(x):.0f}")
    ax.set_xlabel("number of features that mark the class")
    ax.legend(ncols=3, loc="lower left", bbox_to_anchor=(0, 1), handlelength=1.4, columnspacing=1)
    return ax


def plot_class_means(means, marks, classes, features, ax=None):
    """Mean standardised value of some features in each class, with the marks written in.

    Parameters
    ----------
    means : ndarray of shape (classes, features)
    marks : ndarray of the same shape
        1 is written +, -1 is written −.
    classes, features : sequence of str
    ax : matplotlib Axes, optional

    Returns
    -------
    Axes
    """
    ax = ax or new_axes(height=2.2 + 0.4 * len(classes))
    image = ax.imshow(means, cmap="RdBu", aspect="auto", vmin=-2.5, vmax=2.5)
    for (row, column), value in _cells(means):
        sign = {1: "+", 0: "", -1: "−"}[int(marks[row][column])]
        colour = "white" if abs(value) > 1.4 else "black"
        ax.text(column, row, sign, ha="center", va="center", size=20, color=colour, weight="bold")
    ax.set_xticks(range(len(features)), [name.replace(" ", "\n", 1) for name in features])
    ax.set_yticks(range(len(classes)), classes)
    ax.figure.colorbar(image, ax=ax, pad=0.02, label="mean standardised value")
    return ax


def _cells(table):
    return [
        ((row, column), float(value))
        for row, values in enumerate(table)
        for column, value in enumerate(values)
    ]


def plot_gaps(gaps, published=(), ax=None):
    """Distribution functions of the three groups of pairs, and the thresholds between them.

    Parameters
    ----------
    gaps : tlcourse.features.characteristic.Gaps
    published : sequence of float
        Thresholds to show beside.
    ax : matplotlib Axes, optional

    Returns
    -------
    Axes
    """
    ax = ax or new_axes()
    groups = {
        "absence": (gaps.absence, "vermillion", "--"),
        "uncharacteristic": (gaps.uncharacteristic, "black", ":"),
        "presence": (gaps.presence, "blue", "-"),
    }
    for name, (curve, colour, line) in groups.items():
        ax.plot(gaps.grid, 100 * curve, line, color=OKABE_ITO[colour], label=name)
    for number, threshold in enumerate((gaps.low, gaps.high)):
        label = None if number else "largest gap"
        ax.axvline(threshold, color=OKABE_ITO["bluish green"], label=label)
        ax.annotate(
            f"{threshold:.2f}",
            (threshold, 50),
            (-8, 0) if number == 0 else (8, 0),
            textcoords="offset points",
            ha=("right", "left")[number],
        )
    for number, threshold in enumerate(published):
        label = None if number else "published thresholds"
        ax.axvline(threshold, color="0.5", linewidth=1.6, linestyle="-.", label=label)
    ax.set(xlim=(-1.2, 1.2), xlabel="mean standardised value of a feature in a class")
    ax.set_ylabel("pairs up to that value (%)")
    ax.legend(loc="upper left", fontsize=13)
    return ax

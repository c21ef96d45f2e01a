"""Figures of the full-network embedding: shares of -1, 0, 1, differences, marks of a class."""

from tlcourse.plots.style import OKABE_ITO, finish, keys_of, name_rows, new_axes, write_beside

_SIGNS = {  # how the bars of a value look, and its name
    -1: ({"color": OKABE_ITO["vermillion"], "hatch": "//"}, "−1, absence"),
    0: ({"color": "#D9D9D9"}, "0, uncharacteristic"),
    1: ({"color": OKABE_ITO["sky blue"], "hatch": ".."}, "1, presence"),
}
_BARS = {"edgecolor": "white", "linewidth": 0}
_SERIES = (("vermillion", "s"), ("blue", "o"), ("bluish green", "^"))


def plot_shares(rows, ax=None):
    """What share of values is -1, 0 and 1, a bar a row: ``{row: {-1: share, 0: ..., 1: ...}}``."""
    ax = ax or new_axes(height=1.6 + 0.38 * len(rows))
    for row, shares in enumerate(rows.values()):
        start = 0.0
        for value, (look, label) in _SIGNS.items():
            width = 100 * shares[value]
            ax.barh(row, width, 0.8, start, label=None if row else label, **look, **_BARS)
            if width > 3:
                box = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
                place = (start + width / 2, row)
                ax.text(*place, f"{width:.0f}", ha="center", va="center", size=13, bbox=box)
            start += width
    name_rows(ax, rows)
    return finish(ax, legend=3, xlim=(0, 100), xlabel="share of the values (%)")


def plot_differences(differences, ylabel, ax=None):
    """Paired differences in points: a mark a pair, the mean as a bar, zero as a line.

    differences : ``{(target, series): differences}``; three series at most.
    """
    ax = ax or new_axes()
    targets, series = keys_of(differences)
    for number, (name, (colour, marker)) in enumerate(zip(series, _SERIES, strict=False)):
        for index, target in enumerate(targets):
            values = differences[target, name]
            x, mean = index + 0.36 * (number - (len(series) - 1) / 2), sum(values) / len(values)
            style = {"color": OKABE_ITO[colour], "label": None if index else name}
            ax.plot([x] * len(values), values, marker, alpha=0.55, ls="", **style)
            ax.hlines(mean, x - 0.14, x + 0.14, OKABE_ITO[colour], linewidth=5)
            write_beside(ax, f"{mean:+.1f}", (x, max(values)), (0, 9), size=14)
    ax.axhline(0, color="black", linewidth=1.4)
    ax.set_xticks(range(len(targets)), targets)
    return finish(ax, "y", len(series), shade="0.9", ylabel=ylabel, ymargin=0.12)


def plot_steps(targets, ax=None):
    """Accuracy after each step: a thin line a target, the mean of all in bold.

    targets : ``{target: {step: accuracies over draws}}``, in [0, 1], the same steps for all.
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
        write_beside(ax, f"{value:.1f}", (x, value), (0, 10))
    names = [step if step.startswith("{") else step.replace(" ", "\n", 1) for step in steps]
    ax.set_xticks(range(len(steps)), names)
    return finish(ax, legend=1, xlim=(-0.3, len(steps) - 0.05), ylabel="accuracy (%)")


def _spread(values, gap):
    """The values, moved up where they are closer than ``gap``, so that labels do not overlap."""
    placed, floor = {}, float("-inf")
    for index in sorted(range(len(values)), key=values.__getitem__):
        placed[index] = floor = max(values[index], floor + gap)
    return [placed[index] for index in range(len(values))]


def plot_threshold_grid(accuracies, ax=None, marked=None):
    """Accuracy in [0, 1] at each ``(low, high)``, every low with every high; one pair framed."""
    lows, highs = map(sorted, keys_of(accuracies))
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
    return finish(ax, xlabel="high: above it is 1", ylabel="low: below it is −1")


def plot_marks(counts, by_luck, ax=None):
    """How many features mark each class by absence (left) and by presence (right).

    counts : ``{class: (presence, absence)}``; by_luck : what permuted labels give, likewise.
    """
    ax = ax or new_axes(height=1.8 + 0.38 * len(counts))
    for row, pair in enumerate(counts.values()):
        for sign, number, luck in zip((1, -1), pair, by_luck, strict=True):
            look, label = _SIGNS[sign]
            label = None if row else label[3:].strip()
            ax.barh(row, sign * number, 0.78, label=label, **look, **_BARS)
            side = "left" if sign > 0 else "right"
            ax.text(sign * number, row, f" {number} ", ha=side, va="center", size=14)
            words = None if row or sign < 0 else "by luck (permuted labels)"
            ax.plot([sign * luck] * 2, [row - 0.39, row + 0.39], "k", linewidth=3, label=words)
    ax.axvline(0, color="black", linewidth=1.4)
    name_rows(ax, counts)
    ax.xaxis.set_major_formatter(lambda x, _: f"{abs(x):.0f}")
    ax.legend(ncols=3, loc="lower left", bbox_to_anchor=(0, 1), handlelength=1.4, columnspacing=1)
    return finish(ax, xmargin=0.1, xlabel="number of features that mark the class")


def plot_class_means(means, marks, classes, features, ax=None):
    """Mean standardised value of some features in each class, with + and − where ``marks`` is ±1.

    means, marks : shape (classes, features); classes, features : their names.
    """
    import numpy as np

    ax = ax or new_axes(height=2.2 + 0.4 * len(classes))
    image = ax.imshow(means, cmap="RdBu", aspect="auto", vmin=-2.5, vmax=2.5)
    for (row, column), value in np.ndenumerate(means):
        sign = {1: "+", 0: "", -1: "−"}[int(marks[row][column])]
        colour = "white" if abs(value) > 1.4 else "black"
        ax.text(column, row, sign, ha="center", va="center", size=20, color=colour, weight="bold")
    ax.set_xticks(range(len(features)), [name.replace(" ", "\n", 1) for name in features])
    ax.set_yticks(range(len(classes)), classes)
    ax.figure.colorbar(image, ax=ax, pad=0.02, label="mean standardised value")
    return ax


def plot_gaps(gaps, published=(), ax=None):
    """Distribution functions of the three groups of pairs, and the thresholds between them.

    gaps : tlcourse.features.characteristic.Gaps; published : thresholds to show beside.
    """
    ax = ax or new_axes()
    looks = {"absence": ("vermillion", "--"), "uncharacteristic": ("black", ":")}
    for name, (colour, line) in {**looks, "presence": ("blue", "-")}.items():
        ax.plot(gaps.grid, 100 * getattr(gaps, name), line, color=OKABE_ITO[colour], label=name)
    for threshold, aside, label in ((gaps.low, -8, "largest gap"), (gaps.high, 8, None)):
        ax.axvline(threshold, color=OKABE_ITO["bluish green"], label=label)
        write_beside(ax, f"{threshold:.2f}", (threshold, 50), (aside, 0), va="baseline")
    for number, threshold in enumerate(published):
        label = None if number else "published thresholds"
        ax.axvline(threshold, color="0.5", linewidth=1.6, linestyle="-.", label=label)
    ax.legend(loc="upper left", fontsize=13)
    xlabel = "mean standardised value of a feature in a class"
    return finish(ax, xlim=(-1.2, 1.2), xlabel=xlabel, ylabel="pairs up to that value (%)")

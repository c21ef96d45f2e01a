"""Ranges of cost, as bars."""

from tlcourse.plots.style import OKABE_ITO, finish, name_rows, new_axes, write_beside

_BARS = (("blue", ""), ("orange", "//"), ("bluish green", ".."))


def plot_ranges(ranges, xlabel, words, mark=None, ax=None):
    """A bar a row, from the lowest to the highest value that the assumptions allow.

    ranges : ``{label: (low, high)}``, above 0; labels that share their first word share a colour,
    three at most; words : value -> text at the end of a bar; mark : ``{label: value}``, marked by
    a diamond.
    """
    ax = ax or new_axes(height=1.5 + 0.75 * len(ranges))
    lowest = min(low for low, _ in ranges.values())
    highest = max(high for _, high in ranges.values())
    room = (highest / lowest) ** 0.2
    ax.set(xscale="log", xlim=(lowest / room, highest * room), xlabel=xlabel)
    first_words = dict.fromkeys(label.split()[0] for label in ranges)
    looks = dict(zip(first_words, _BARS, strict=False))
    for row, (label, (low, high)) in enumerate(ranges.items()):
        colour, hatch = looks[label.split()[0]]
        look = {"color": OKABE_ITO[colour], "hatch": hatch, "edgecolor": "white"}
        ax.barh(row, high - low, left=low, height=0.5, **look)
        write_beside(ax, words(low), (low, row), (-8, 0))
        write_beside(ax, words(high), (high, row), (8, 0))
    for label, value in (mark or {}).items():
        row = list(ranges).index(label)
        ax.plot(value, row, "D", color="black", markeredgecolor="white", markersize=13)
    name_rows(ax, ranges)
    return finish(ax, "x")

"""Figures of growing up: size and depth by network, error against size, ranges of cost."""

from tlcourse.plots.style import OKABE_ITO, finish, name_rows, new_axes, new_panels, write_beside

_BARS = (("blue", ""), ("orange", "//"), ("bluish green", ".."))


def plot_growth(networks, quantities, words):
    """A row of markers a network, a column a quantity, on logarithmic axes.

    networks : ``{name: {"year": 2012, "trained on": "ImageNet", quantity: value or None}}``; an
    empty square where the data set is another; quantities : ``{key: title of its column}``;
    words : value -> the text beside its marker. Returns a Figure.
    """
    import matplotlib.pyplot as plt

    width, height = 1.15 * plt.rcParams["figure.figsize"][0], 1.6 + 0.62 * len(networks)
    figure, [axes] = new_panels(len(quantities), width=width, height=height, sharey=True)
    for ax, (key, title) in zip(axes, quantities.items(), strict=True):
        known = [row[key] for row in networks.values() if row.get(key) is not None]
        ends = min(known) / 2, max(known) * (max(known) / min(known)) ** 0.75 * 2
        ax.set(xscale="log", xlim=ends, title=title, xlabel="log scale")
        for place, row in enumerate(networks.values()):
            if row.get(key) is not None:
                ax.axhline(place, color="0.88", linewidth=2, zorder=0)
                ax.plot(row[key], place, **_marker(row["trained on"]))
                write_beside(ax, words(row[key]), (row[key], place), (12, 0))
        ax.spines["bottom"].set_visible(False)
        ax.tick_params(axis="x", which="both", bottom=False, labelbottom=False)
        ax.tick_params(axis="y", length=0)
    name_rows(axes[0], {f"{name}, {row['year']}": row for name, row in networks.items()})
    figure.legend(handles=_handles(networks), loc="outside lower center", ncols=3)
    return figure


def _marker(data_set):
    colour, marker, fill = "vermillion", "s", "none"
    if data_set == "ImageNet":
        colour, marker, fill = "blue", "o", "full"
    look = {"color": OKABE_ITO[colour], "marker": marker, "fillstyle": fill}
    return {**look, "markersize": 12, "mew": 3, "linestyle": "none"}


def _handles(networks):
    """The two markers, in the order of the rows, with the data sets that each stands for."""
    from matplotlib.lines import Line2D

    groups = {}
    for data_set in dict.fromkeys(row["trained on"] for row in networks.values()):
        groups.setdefault(data_set == "ImageNet", []).append(data_set)
    return [Line2D([], [], label=" or ".join(g), **_marker(g[0])) for g in groups.values()]


def plot_error_by_size(errors, sizes):
    """Error against size, a labelled point a network, both on logarithmic axes.

    errors : ``{network: percent}``; sizes : ``{name of a size: {network: size}}``, a panel each.
    Returns a Figure.
    """
    import matplotlib.pyplot as plt

    width = 1.3 * plt.rcParams["figure.figsize"][0]
    figure, [axes] = new_panels(len(sizes), width=width, sharey=True)
    for ax, (what, of_network) in zip(axes, sizes.items(), strict=True):
        ax.set(xscale="log", yscale="log", xlabel=what)
        for name, size in of_network.items():
            ax.plot(size, errors[name], "o", color=OKABE_ITO["blue"], markersize=12)
            write_beside(ax, name, (size, errors[name]), (12, 0))
        low, high = min(of_network.values()), max(of_network.values())
        finish(ax, "both", xlim=(low / 1.5, high * (high / low) ** 0.6))
    low, high = 0.85 * min(errors.values()), 1.2 * max(errors.values())
    ticks = [tick for tick in (2, 3, 4, 5, 7, 10, 15, 20, 30) if tick < high]
    axes[0].set_yticks(ticks, ticks)
    axes[0].set_yticks([], minor=True)
    axes[0].set(ylim=(low, high), ylabel="top-5 error (%)")
    return figure


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

"""Figures of growing up: size and depth by network, error against size, ranges of cost."""

from tlcourse.plots.style import OKABE_ITO, new_axes

_IMAGENET, _OTHER = ("blue", "o", "full"), ("vermillion", "s", "none")
_BARS = (("blue", ""), ("orange", "//"), ("bluish green", ".."))


def plot_growth(networks, quantities, texts=None):
    """A row of markers a network, a column a quantity, on logarithmic axes.

    Parameters
    ----------
    networks : mapping of str to dict
        In the order of the rows: ``{name: {"year": 2012, "trained on": "ImageNet", quantity:
        value or None}}``. A network of another data set than ImageNet is an empty square.
    quantities : mapping of str to str
        Key of a quantity -> title of its column.
    texts : callable, optional
        Value -> the words beside its marker.

    Returns
    -------
    matplotlib Figure
    """
    import matplotlib.pyplot as plt

    size = (plt.rcParams["figure.figsize"][0] * 1.15, 1.6 + 0.62 * len(networks))
    figure, axes = plt.subplots(
        1, len(quantities), figsize=size, sharey=True, squeeze=False, layout="constrained"
    )
    for ax, (key, title) in zip(axes[0], quantities.items(), strict=True):
        _draw_column(ax, [row.get(key) for row in networks.values()], networks, texts)
        ax.set_title(title)
    names = [f"{name}, {row['year']}" for name, row in networks.items()]
    axes[0][0].set_yticks(range(len(networks)), names)
    axes[0][0].set_ylim(len(networks) - 0.5, -0.5)
    figure.legend(handles=_handles(networks), loc="outside lower center", ncols=3)
    return figure


def plot_error_by_size(errors, sizes):
    """Error against size, a labelled point a network, both on logarithmic axes.

    Parameters
    ----------
    errors : mapping of str to float
        By network: percent.
    sizes : mapping of str to mapping of str to float
        ``{name of a size: {network: size}}``: a panel each, side by side.

    Returns
    -------
    matplotlib Figure
    """
    import matplotlib.pyplot as plt

    width, height = plt.rcParams["figure.figsize"]
    figure, axes = plt.subplots(
        1,
        len(sizes),
        figsize=(1.3 * width, height),
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    for ax, (what, of_network) in zip(axes[0], sizes.items(), strict=True):
        ax.set(xscale="log", yscale="log", xlabel=what)
        _draw_named_points(ax, of_network, errors)
    ticks = [tick for tick in (2, 3, 4, 5, 7, 10, 15, 20, 30) if tick < 1.2 * max(errors.values())]
    axes[0][0].set_yticks(ticks, ticks)
    axes[0][0].set_yticks([], minor=True)
    axes[0][0].set_ylim(0.85 * min(errors.values()), 1.2 * max(errors.values()))
    axes[0][0].set_ylabel("top-5 error (%)")
    return figure


def plot_ranges(ranges, xlabel, words, mark=None, ax=None):
    """A bar a row, from the lowest to the highest value that the assumptions allow.

    Parameters
    ----------
    ranges : mapping of str to pair of float
        Label -> (low, high), above 0. Labels that share their first word share a colour; three
        first words at most.
    xlabel : str
    words : callable
        Value -> text at the end of a bar.
    mark : mapping of str to float, optional
        A value of some rows, marked by a diamond.
    ax : matplotlib Axes, optional

    Returns
    -------
    Axes
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
        for value, side, offset in ((low, "right", -8), (high, "left", 8)):
            place = {"textcoords": "offset points", "ha": side, "va": "center"}
            ax.annotate(words(value), (value, row), (offset, 0), **place)
    for label, value in (mark or {}).items():
        row = list(ranges).index(label)
        ax.plot(value, row, "D", color="black", markeredgecolor="white", markersize=13)
    ax.set_yticks(range(len(ranges)), ranges)
    ax.set_ylim(len(ranges) - 0.5, -0.5)
    ax.grid(axis="x", color="0.88")
    return ax


def _draw_named_points(ax, sizes, errors):
    for name, size in sizes.items():
        ax.plot(size, errors[name], "o", color=OKABE_ITO["blue"], markersize=12)
        ax.annotate(name, (size, errors[name]), (12, 0), textcoords="offset points", va="center")
    low, high = min(sizes.values()), max(sizes.values())
    ax.set_xlim(low / 1.5, high * (high / low) ** 0.6)
    ax.grid(color="0.88")


def _draw_column(ax, values, networks, texts):
    known = [value for value in values if value is not None]
    ax.set_xscale("log")
    ax.set_xlim(min(known) / 2, max(known) * (max(known) / min(known)) ** 0.75 * 2)
    for row, (value, name) in enumerate(zip(values, networks, strict=True)):
        if value is None:
            continue
        colour, marker, fill = _look(networks[name])
        ax.axhline(row, color="0.88", linewidth=2, zorder=0)
        ax.plot(value, row, marker, color=OKABE_ITO[colour], fillstyle=fill, markersize=12, mew=3)
        words = texts(value) if texts else f"{value:g}"
        ax.annotate(words, (value, row), (12, 0), textcoords="offset points", va="center")
    ax.spines["bottom"].set_visible(False)
    ax.set_xlabel("log scale")
    ax.tick_params(axis="x", which="both", bottom=False, labelbottom=False)
    ax.tick_params(axis="y", length=0)


def _look(network):
    return _IMAGENET if network["trained on"] == "ImageNet" else _OTHER


def _handles(networks):
    from matplotlib.lines import Line2D

    looks = {_look(row): [] for row in networks.values()}
    for row in networks.values():
        looks[_look(row)].append(row["trained on"])
    return [
        Line2D(
            [],
            [],
            color=OKABE_ITO[colour],
            marker=marker,
            fillstyle=fill,
            mew=3,
            ls="",
            markersize=12,
            label=" or ".join(dict.fromkeys(names)),
        )
        for (colour, marker, fill), names in looks.items()
    ]

"""Figures of normalization: correlated layers, counts, strengths, one neuron, accuracy over C."""

from math import log10

from tlcourse.plots.generalization import plot_curves, plot_in_panels
from tlcourse.plots.style import OKABE_ITO, PALETTE, new_axes

CORRELATION_STEPS = (0, 0.05, 0.1, 0.15, 0.2, 0.3, 1)
_SOURCES = (("natural", "o"), ("manmade", "s"))
_TARGETS = (("blue", "", "-"), ("vermillion", "//", "--"))


def plot_layer_correlations(panels, layers):
    """Mean absolute correlation between layers, as a map in six colours.

    Parameters
    ----------
    panels : mapping of str to ndarray of shape (layers, layers)
        Title -> values from 0 to 1.
    layers : sequence of str

    Returns
    -------
    matplotlib Figure
    """
    import matplotlib.pyplot as plt
    from matplotlib.colors import BoundaryNorm

    size = (14, 7.2)
    figure, axes = plt.subplots(1, len(panels), figsize=size, sharey=True, layout="constrained")
    norm = BoundaryNorm(CORRELATION_STEPS, 256)
    places = range(len(layers))
    for ax, (title, values) in zip(axes, panels.items(), strict=True):
        image = ax.imshow(values, cmap="cividis_r", norm=norm)
        ax.set_title(title)
        ax.set_xticks(places, layers, rotation=90)
        ax.set_yticks(places, layers)
        for edge in _edges_between_blocks(layers):
            ax.axhline(edge, color="white", linewidth=3)
            ax.axvline(edge, color="white", linewidth=3)
        ax.spines[:].set_visible(False)
        ax.tick_params(length=0)
    bar = figure.colorbar(image, ax=axes, shrink=0.8, spacing="uniform", ticks=CORRELATION_STEPS)
    bar.ax.set_yticklabels([f"{step:g}" for step in CORRELATION_STEPS])
    bar.set_label("mean |r| of two features")
    return figure


def _edges_between_blocks(layers):
    kinds = [layer.split("_")[0] for layer in layers]
    return [place - 0.5 for place in range(1, len(kinds)) if kinds[place] != kinds[place - 1]]


def plot_convolution_shares(shares, ax=None):
    """Part of the activations that are those of convolutions, a bar for each way to count.

    Parameters
    ----------
    shares : mapping of str to mapping of str to float
        ``{network: {way to count: share}}``, shares from 0 to 1; two ways.
    ax : matplotlib Axes, optional

    Returns
    -------
    Axes
    """
    ways = list(dict.fromkeys(way for row in shares.values() for way in row))
    ax = ax or new_axes(height=1.4 + 1.1 * len(shares))
    for number, (way, hatch) in enumerate(zip(ways, ("", "//"), strict=False)):
        places = [row + 0.4 * (number - 0.5) for row in range(len(shares))]
        values = [100 * row[way] for row in shares.values()]
        colour = OKABE_ITO[("sky blue", "orange")[number]]
        style = {"color": colour, "hatch": hatch, "edgecolor": "black", "linewidth": 1}
        ax.barh(places, values, 0.38, label=way, **style)
        for place, value in zip(places, values, strict=True):
            ax.annotate(f"{value:.1f}%", (value, place), (6, 0), **_BESIDE)
    ax.set_yticks(range(len(shares)), shares)
    ax.set_ylim(len(shares) - 0.4, -0.6)
    ax.set_xlim(0, 114)
    ax.set_xticks(range(0, 101, 20))
    ax.set_xlabel("share of convolutions in the activations (%)")
    ax.legend(ncols=2, loc="lower left", bbox_to_anchor=(0, 1))
    return ax


_BESIDE = {"textcoords": "offset points", "va": "center"}


def plot_strengths(values, ylabel, ax=None):
    """How strong the features of each layer are: median, quarter to quarter, 5% to 95%.

    Parameters
    ----------
    values : mapping of str to mapping of str to array-like of float
        ``{source: {layer: one value a feature}}``, above 0; two sources at most.
    ylabel : str
    ax : matplotlib Axes, optional

    Returns
    -------
    Axes
    """
    import numpy as np
    from matplotlib.ticker import LogLocator, NullLocator

    ax = ax or new_axes()
    for number, ((source, layers), (colour, marker)) in enumerate(
        zip(values.items(), _SOURCES, strict=False)
    ):
        x = np.arange(len(layers)) + 0.32 * (number - (len(values) - 1) / 2)
        levels = [np.quantile(layer, (0.05, 0.25, 0.5, 0.75, 0.95)) for layer in layers.values()]
        low, quarter, median, three, high = np.transpose(levels)
        colour = PALETTE[colour]
        ax.vlines(x, low, high, colour, linewidth=2)
        ax.vlines(x, quarter, three, colour, linewidth=9, alpha=0.5)
        ax.plot(x, median, marker, color=colour, markeredgecolor="white", label=source)
    ax.set_xticks(range(len(layers)), layers, rotation=35, ha="right", rotation_mode="anchor")
    ax.set_yscale("log")
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_locator(NullLocator())
    ax.set_ylabel(ylabel)
    ax.grid(axis="y", color="0.88")
    ax.legend(ncols=2, loc="lower left", bbox_to_anchor=(0, 1))
    return ax


def plot_neuron(panels, value):
    """One neuron on two targets, before and after.

    Parameters
    ----------
    panels : mapping of str to mapping of str to array-like of float
        ``{title: {target: one value an image}}``; two targets.
    value : mapping of str to mapping of str to float
        For each title and target a value to mark: the same activation in all panels.

    Returns
    -------
    matplotlib Figure
    """
    import matplotlib.pyplot as plt
    import numpy as np

    size = (14, 5)
    figure, axes = plt.subplots(1, len(panels), figsize=size, squeeze=False, layout="constrained")
    for ax, (title, targets) in zip(axes[0], panels.items(), strict=True):
        everything = np.concatenate(list(targets.values()))
        bins = np.linspace(everything.min(), np.quantile(everything, 0.995), 31)
        for (target, values), (colour, hatch, dashes) in zip(
            targets.items(), _TARGETS, strict=True
        ):
            style = {"color": OKABE_ITO[colour], "weights": np.full(len(values), 1 / len(values))}
            filled = {**style, "histtype": "stepfilled", "alpha": 0.3, "hatch": hatch}
            ax.hist(np.minimum(values, bins[-1]), bins, label=target, **filled)
            ax.hist(np.minimum(values, bins[-1]), bins, histtype="step", linewidth=2, **style)
            ax.axvline(value[title][target], color=style["color"], linestyle=dashes)
        ax.set_title(title)
        ax.set_xlabel("value of the neuron")
        ax.set_yscale("log")
    axes[0][0].set_ylabel("share of the images")
    axes[0][0].legend()
    return figure


def plot_accuracy_over_C(measured):
    """Accuracy over C, and over C times the mean squared length of a row.

    Parameters
    ----------
    measured : mapping of str to mapping of (float, float) to sequence of float
        ``{normalization: {(C, C to scale): accuracies over draws}}``, from 0 to 1; four
        normalizations at most.

    Returns
    -------
    matplotlib Figure
    """
    titles = ("by C", "by C times the rows' squared length")
    panels = {
        title: {
            name: {log10(key[number]): draws for key, draws in points.items()}
            for name, points in measured.items()
        }
        for number, title in enumerate(titles)
    }
    figure = plot_in_panels(plot_curves, panels, "", share_x=False)
    for ax in figure.axes:
        low, high = (round(edge) for edge in ax.get_xlim())
        ticks = range(low, high + 1, 1 if high - low < 6 else 2)
        ax.set_xticks(ticks, [f"$10^{{{tick}}}$" for tick in ticks])
    figure.axes[0].axvline(0, color="0.4", linestyle="dotted", label="C = 1")
    figure.axes[0].set_xlabel("C (dotted: 1, as in the paper)")
    figure.axes[1].axvline(0, color="0.4", linestyle="dotted")
    figure.axes[1].set_xlabel("C x mean squared length (dotted: C to scale)")
    return figure

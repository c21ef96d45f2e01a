"""Figures of normalization: correlated layers, counts, strengths, one neuron, accuracy over C."""

from math import log10

from tlcourse.plots.generalization import plot_curves, plot_in_panels
from tlcourse.plots.style import OKABE_ITO, PALETTE, TILTED, finish, name_rows, new_axes, new_panels

_CORRELATION_STEPS = (0, 0.05, 0.1, 0.15, 0.2, 0.3, 1)
_SOURCES = (("natural", "o"), ("manmade", "s"))
_TARGETS = (("blue", "", "-"), ("vermillion", "//", "--"))


def plot_layer_correlations(panels, layers):
    """Mean absolute correlation between layers, as a map in six colours.

    panels : ``{title: ndarray of shape (layers, layers)}``, from 0 to 1. Returns a Figure.
    """
    from matplotlib.colors import BoundaryNorm

    figure, [axes] = new_panels(len(panels), width=14, height=7.2, sharey=True)
    norm, places = BoundaryNorm(_CORRELATION_STEPS, 256), range(len(layers))
    kinds = [layer.split("_")[0] for layer in layers]
    for ax, (title, values) in zip(axes, panels.items(), strict=True):
        image = ax.imshow(values, cmap="cividis_r", norm=norm)
        ax.set_title(title)
        ax.set_xticks(places, layers, rotation=90)
        ax.set_yticks(places, layers)
        for place in places[1:]:
            if kinds[place] != kinds[place - 1]:  # white lines between blocks of layers
                ax.axhline(place - 0.5, color="white", linewidth=3)
                ax.axvline(place - 0.5, color="white", linewidth=3)
        ax.spines[:].set_visible(False)
        ax.tick_params(length=0)
    scale = {"shrink": 0.8, "spacing": "uniform", "ticks": _CORRELATION_STEPS, "format": "{x:g}"}
    figure.colorbar(image, ax=axes, label="mean |r| of two features", **scale)
    return figure


def plot_convolution_shares(shares, ax=None):
    """Part of the activations that are those of convolutions, a bar for each way to count.

    shares : ``{network: {way to count: share}}``, shares from 0 to 1; two ways.
    """
    ways = list(next(iter(shares.values())))
    ax = ax or new_axes(height=1.4 + 1.1 * len(shares))
    looks = ((-0.2, "sky blue", ""), (0.2, "orange", "//"))
    for way, (shift, colour, hatch) in zip(ways, looks, strict=True):
        places = [row + shift for row in range(len(shares))]
        style = {"color": OKABE_ITO[colour], "hatch": hatch, "edgecolor": "black", "linewidth": 1}
        values = [100 * row[way] for row in shares.values()]
        bars = ax.barh(places, values, 0.38, label=way, **style)
        ax.bar_label(bars, fmt="{:.1f}%", padding=6)
    name_rows(ax, shares, below=0.4, above=0.6)
    ax.set(xlim=(0, 114), xticks=range(0, 101, 20))
    return finish(ax, legend=2, xlabel="share of convolutions in the activations (%)")


def plot_strengths(values, ylabel, ax=None):
    """How strong the features of each layer are: median, quarter to quarter, 5% to 95%.

    values : ``{source: {layer: one value a feature}}``, above 0; two sources at most.
    """
    import numpy as np
    from matplotlib.ticker import LogLocator, NullLocator

    ax = ax or new_axes()
    for number, (source, (name, marker)) in enumerate(zip(values, _SOURCES, strict=False)):
        layers, colour = values[source], PALETTE[name]
        x = np.arange(len(layers)) + 0.32 * (number - (len(values) - 1) / 2)
        levels = [np.quantile(layer, (0.05, 0.25, 0.5, 0.75, 0.95)) for layer in layers.values()]
        low, quarter, median, three, high = np.transpose(levels)
        ax.vlines(x, low, high, colour, linewidth=2)
        ax.vlines(x, quarter, three, colour, linewidth=9, alpha=0.5)
        ax.plot(x, median, marker, color=colour, markeredgecolor="white", label=source)
    ax.set_xticks(range(len(layers)), layers, **TILTED)
    ax.set_yscale("log")
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_locator(NullLocator())
    return finish(ax, "y", 2, ylabel=ylabel)


def plot_neuron(panels, value):
    """One neuron on two targets, before and after: histograms, and a value to mark on each.

    panels : ``{title: {target: one value an image}}``, two targets; value : ``{title: {target:
    the same activation in all panels}}``. Returns a Figure.
    """
    import numpy as np

    figure, [axes] = new_panels(len(panels), width=14, height=5)
    for ax, (title, targets) in zip(axes, panels.items(), strict=True):
        everything = np.concatenate(list(targets.values()))
        bins = np.linspace(everything.min(), np.quantile(everything, 0.995), 31)
        for target, (colour, hatch, dashes) in zip(targets, _TARGETS, strict=True):
            values = np.minimum(targets[target], bins[-1])
            style = {"color": OKABE_ITO[colour], "weights": np.full(len(values), 1 / len(values))}
            filled = {**style, "histtype": "stepfilled", "alpha": 0.3, "hatch": hatch}
            ax.hist(values, bins, label=target, **filled)
            ax.hist(values, bins, histtype="step", linewidth=2, **style)
            ax.axvline(value[title][target], color=style["color"], linestyle=dashes)
        ax.set(title=title, xlabel="value of the neuron", yscale="log")
    axes[0].set_ylabel("share of the images")
    axes[0].legend()
    return figure


def plot_accuracy_over_C(measured):
    """Accuracy over C, and over C times the mean squared length of a row, side by side.

    measured : ``{normalization: {(C, C to scale): accuracies over draws}}``, from 0 to 1. Returns
    a Figure.
    """
    panels = {
        title: {
            name: {log10(key[number]): draws for key, draws in points.items()}
            for name, points in measured.items()
        }
        for number, title in enumerate(("by C", "by C times the rows' squared length"))
    }
    figure = plot_in_panels(plot_curves, panels, "", share_x=False)
    labels = "C (dotted: 1, as in the paper)", "C x mean squared length (dotted: C to scale)"
    for ax, label in zip(figure.axes, labels, strict=True):
        low, high = (round(edge) for edge in ax.get_xlim())
        ticks = range(low, high + 1, 1 if high - low < 6 else 2)
        ax.set_xticks(ticks, [f"$10^{{{tick}}}$" for tick in ticks])
        ax.axvline(0, color="0.4", linestyle="dotted")
        ax.set_xlabel(label)
    return figure

"""The values of each layer's features as a histogram, one layer under the other, on one scale."""

from html import escape

import numpy as np

from tlcourse.plots.pictures import image_html

WIDTH, ROW, TEXT = 960, 33, 18
NAME, BAR, PLOT = 100, 280, 540
N_BINS = 112
LIMITS = (0.001, 0.999)


def draw_histograms(values, shares):
    """The drawing as SVG."""
    edges = _common_bins(values)
    height = ROW * (len(values) + 1) + 34
    rows = [
        _row(number, layer, np.histogram(layer_values, edges)[0], shares[layer])
        for number, (layer, layer_values) in enumerate(values.items(), start=1)
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="{TEXT}">'
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>'
        f'<text x="{NAME}" y="20">values of the features (one scale for all layers)</text>'
        f'<text x="{WIDTH - BAR}" y="20">part of the variance</text>'
        f"{''.join(rows)}{_axis(edges, height)}</svg>"
    )


def static_histograms(alt, values, shares):
    """The same as an ``<img>`` with alternative text, for pages with a kernel and without."""
    style = f"width:{WIDTH}px;max-width:100%;height:auto"
    return image_html(draw_histograms(values, shares), "svg+xml", alt, style)


def _common_bins(values):
    ends = [np.quantile(layer, LIMITS) for layer in values.values()]
    low, high = min(low for low, _ in ends), max(high for _, high in ends)
    room = 0.02 * (high - low) or 0.5
    return np.linspace(low - room, high + room, N_BINS + 1)


def _row(number, layer, counts, share):
    base = ROW * (number + 1) - 4
    heights = np.sqrt(counts / max(counts.sum(), 1))
    heights *= (ROW - 8) / (heights.max() or 1)
    step = PLOT / N_BINS
    steps = "".join(
        f"V{base - height:.1f}H{NAME + step * (place + 1):.1f}"
        for place, height in enumerate(heights)
    )
    bar = (BAR - 80) * share
    return (
        f'<text x="{NAME - 10}" y="{base - 4}" text-anchor="end">{escape(layer)}</text>'
        f'<path d="M{NAME},{base}{steps}V{base}z" fill="#56b4e9" stroke="#0072b2"/>'
        f'<rect x="{WIDTH - BAR}" y="{base - 22}" width="{bar:.1f}" height="20" fill="#e69f00" '
        'stroke="#000"/>'
        f'<text x="{WIDTH - BAR + bar + 8:.1f}" y="{base - 5}">{100 * share:.0f}%</text>'
    )


def _axis(edges, height):
    from matplotlib.ticker import MaxNLocator

    low, high = edges[0], edges[-1]
    parts = []
    for tick in MaxNLocator(5).tick_values(low, high)[1:-1] + 0.0:
        x = NAME + PLOT * (tick - low) / (high - low)
        line = "#000" if tick == 0 else "#bbb"
        parts.append(
            f'<path d="M{x:.1f},{ROW - 6}V{height - 28}" stroke="{line}" stroke-dasharray="3 4"/>'
            f'<text x="{x:.1f}" y="{height - 8}" text-anchor="middle">{tick:g}</text>'
        )
    return "".join(parts)

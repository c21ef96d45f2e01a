"""A network drawn as in the lecture: blocks of layers, the max-pools between them, fc6, fc7."""

from html import escape
from math import log2

from tlcourse.plots.pictures import image_html
from tlcourse.widgets.base import css

NAME_SIZE = 20  # px, legible from the last row
TOP, BOTTOM = 30, 36
TALLEST, SHORTEST = 220, 140
GAP, POOL_GAP, SLANT = 12, 46, 9


def blocks_of(layers):
    """Layers grouped into blocks: ``conv3_1`` and ``conv3_2`` are the block ``conv3``."""
    blocks = {}
    for name in layers:
        blocks.setdefault(name.rsplit("_", 1)[0], []).append(name)
    return blocks


def pooled_blocks(blocks):
    """Names of the blocks that a max-pool follows, in VGG-like networks and in AlexNet."""
    conv = tuple(name for name in blocks if name in {f"conv{number}" for number in range(1, 6)})
    if len(conv) < 5:
        return ()
    is_alexnet = all(len(blocks[name]) == 1 for name in conv)
    return ("conv1", "conv2", "conv5") if is_alexnet else conv


def draw_network(layer_sizes, selected=(), title="Layers"):
    """The drawing as SVG; height falls with depth, width grows with the number of features."""
    blocks = blocks_of(layer_sizes)
    pools = pooled_blocks(blocks)
    tallest = max(TALLEST, *map(_room_for_name, layer_sizes))
    parts, x = [], 6
    for depth, (block, layers) in enumerate(blocks.items()):
        height = _height(depth, len(blocks), layers, tallest)
        top = TOP + (tallest - height) // 2
        for layer in layers:
            width = _width(layer_sizes[layer])
            box = (x, top, width, height)
            parts.append(_layer(layer, layer_sizes[layer], box, TOP + tallest, layer in selected))
            x += width + GAP
        if block in pools:
            parts.append(_max_pool(x + SLANT - 4, top, height))
            x += POOL_GAP - GAP
        x += GAP
    total = TOP + tallest + BOTTOM
    size = f'width="{x}" height="{total}" viewBox="0 0 {x} {total}"'
    return (
        f'<svg class="tlc-network" xmlns="http://www.w3.org/2000/svg" {size} role="group" '
        f'aria-label="{escape(title)}">{"".join(parts)}</svg>'
    )


def static_picture(layer_sizes, selected, title="Layers"):
    """The same drawing as an ``<img>`` with alternative text, for pages without a kernel."""
    svg = draw_network(layer_sizes, selected, title)
    style = f"<style>svg{{background:white}}{css()}</style>"
    svg = svg.replace('role="group"', "").replace("</svg>", f"{style}</svg>")
    names = ", ".join(layer for layer in layer_sizes if layer in selected)
    alt = f"{title}: the network's {len(layer_sizes)} layers in a row; selected: {names or 'none'}."
    return image_html(svg, "svg+xml", alt, "max-width:100%;height:auto")


def _room_for_name(name):
    return 60 + round(0.64 * NAME_SIZE * len(name))


def _height(depth, n_blocks, layers, tallest):
    fall = (tallest - SHORTEST) * min(1, depth / max(1, min(n_blocks - 1, 4)))
    return round(max(tallest - fall, *map(_room_for_name, layers), SHORTEST))


def _width(size):
    return round(min(78, max(34, 34 + 7.5 * (log2(max(1, size)) - 6))))


def _layer(name, size, box, floor, is_selected):
    words = f"{name}, {size:,} features, {'selected' if is_selected else 'not selected'}"
    short = f"{size:,}" if size < 10_000 else f"{size / 1000:.0f}k"
    x, top, width, height = box
    right, bottom, label = x + width, top + height, escape(name)
    middle = x + width / 2
    roof = f"{x},{top} {x + SLANT},{top - SLANT} {right + SLANT},{top - SLANT} {right},{top}"
    side = (
        f"{right},{top} {right + SLANT},{top - SLANT} {right + SLANT},{bottom - SLANT} "
        f"{right},{bottom}"
    )
    return (
        f'<g class="tlc-layer" data-layer="{label}" data-size="{size}" role="checkbox" '
        f'tabindex="-1" aria-checked="{str(is_selected).lower()}" '
        f'aria-label="{escape(words)}">'
        f'<polygon class="tlc-face" points="{roof}"/><polygon class="tlc-face" points="{side}"/>'
        f'<rect class="tlc-front" x="{x}" y="{top}" width="{width}" height="{height}"/>'
        f'<path class="tlc-check" d="M{middle - 9},{top + 19} l6,7 l12,-15"/>'
        f'<text class="tlc-name" transform="translate({middle + 7},{bottom - 12}) rotate(-90)">'
        f"{label}</text>"
        f'<text class="tlc-size" x="{middle}" y="{floor + 26}">{short}</text></g>'
    )


def _max_pool(x, top, height):
    width = 22
    points = (
        f"{x},{top + 14} {x + width},{top + 30} "
        f"{x + width},{top + height - 30} {x},{top + height - 14}"
    )
    middle = f"translate({x + width / 2 + 5},{top + height / 2}) rotate(-90)"
    return (
        f'<g class="tlc-pool" aria-hidden="true"><polygon points="{points}"/>'
        f'<text transform="{middle}">max-pool</text></g>'
    )

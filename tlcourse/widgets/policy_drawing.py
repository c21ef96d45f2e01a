"""A network drawn as in the lecture, each layer painted freeze, fine-tune or random."""

from dataclasses import dataclass
from html import escape
from itertools import groupby
from math import log2

from tlcourse.plots.pictures import image_html
from tlcourse.plots.style import OKABE_ITO
from tlcourse.widgets.base import sheet

TOP, TALLEST, SHORTEST = 10, 158, 114
MARGIN, GAP, BLOCK_GAP, POOL_WIDTH, SLANT = 14, 10, 14, 20, 6
SMALLEST = 0.75  # a drawing shrinks to fit, and scrolls where that is not enough
HEAD_GAP = 18  # on both sides of the head, for its label
NAME_SIZE, LEGIBLE = 16, 9  # px; what is longer than its place shrinks, to 9 at most


@dataclass(frozen=True)
class Paint:
    """How a choice looks: colour and marks and a letter, so that no eye needs the colour."""

    letter: str
    colour: str
    words: str  # of the lecture


PAINTS = {
    "freeze": Paint("F", OKABE_ITO["sky blue"], "it's good as it is"),
    "fine-tune": Paint("T", OKABE_ITO["orange"], "it's a good starting point"),
    "random": Paint("R", OKABE_ITO["reddish purple"], "it's pretty much useless"),
}
DRAWING_CSS = sheet("policy_drawing") + "".join(
    f'.tlc-paint[data-choice="{choice}"] .tlc-front, .tlc-paint[data-choice="{choice}"] .tlc-face '
    f"{{ fill: {paint.colour}; }}\n"
    f'.tlc-paint[data-choice="{choice}"] .tlc-marks-{choice} {{ visibility: visible; }}\n'
    for choice, paint in PAINTS.items()
)


def draw_policy(shapes, choices, title):
    """The drawing as SVG: height is the size of a layer's output, width its number of features."""
    parts, x, floor = [], MARGIN, TOP + TALLEST
    for is_head, members in _blocks(shapes):
        x += HEAD_GAP * is_head
        begin = x
        for shape in members:
            box = _box(shape, shapes, x)
            parts.append(_layer(shape, choices[shape.name], box, is_head))
            x += box[2] + GAP
            if shape.is_pooled:
                end = x - GAP
                parts.append(_max_pool(x + 2, *box[1::2]))
                x += POOL_WIDTH + GAP
        end = end if shape.is_pooled else x - GAP
        parts.append(_block(members, begin, end, floor, is_head))
        x += BLOCK_GAP
    x += HEAD_GAP - BLOCK_GAP
    size = f'width="{x}" height="{floor + 68}" viewBox="0 0 {x} {floor + 68}"'
    size += f' style="min-width:{round(SMALLEST * x)}px"'
    return (
        f'<svg class="tlc-painted" xmlns="http://www.w3.org/2000/svg" {size} '
        f'role="toolbar" aria-label="{escape(title)}">{"".join(parts)}</svg>'
    )


def static_drawing(shapes, choices, title, words):
    """The drawing as an ``<img>``, for pages without a kernel; ``words`` say what it shows."""
    style = f"<style>svg{{background:white}}{DRAWING_CSS}</style>"
    svg = draw_policy(shapes, choices, title).replace('role="toolbar"', "")
    svg = svg.replace("</svg>", f"{style}</svg>")
    return image_html(svg, "svg+xml", f"{title}: {words}", "max-width:100%")


def swatch(choice, alt=""):
    """A small square with the colour, the marks and the letter of a choice, as an ``<img>``."""
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="30" height="24" viewBox="0 0 30 24">'
        f"<style>{DRAWING_CSS}</style><g class='tlc-paint' data-choice='{choice}'>"
        f'<rect class="tlc-front" x="1" y="1" width="28" height="22"/>{_marks(1, 1, 28, 22)}'
        '<text class="tlc-in" x="15" y="18" text-anchor="middle" font-weight="700" '
        f'font-size="16" font-family="sans-serif">{PAINTS[choice].letter}</text></g></svg>'
    )
    return image_html(
        svg, "svg+xml", alt, "vertical-align:middle;margin:0;width:30px;max-width:none"
    )


def _blocks(shapes):
    """Whether it is the head, and its layers, of each block."""
    blocks = groupby(shapes[:-1], key=lambda shape: shape.block)
    return [*((False, list(members)) for _, members in blocks), (True, shapes[-1:])]


def _box(shape, shapes, x):
    """x, top, width, height: small outputs are low, in equal steps for each halving."""
    sides = [log2(max(1, other.size[0])) for other in shapes if other.size] or [0]
    least, most = min(sides), max(sides)
    side = log2(max(1, shape.size[0])) if shape.size else least
    share = (side - least) / ((most - least) or 1)
    height = round(SHORTEST + (TALLEST - SHORTEST) * share)
    return x, TOP + TALLEST - height, round(26 + 1.7 * log2(max(2, shape.depth))), height


def _layer(shape, choice, box, is_head):
    x, top, width, height = box
    right, bottom, middle = x + width, top + height, x + width / 2
    roof = f"{x},{top} {x + SLANT},{top - SLANT} {right + SLANT},{top - SLANT} {right},{top}"
    side = f"{right},{top} {right + SLANT},{top - SLANT} {right + SLANT},{bottom - SLANT} "
    name = shape.name.removeprefix(f"{shape.block}.")
    font = _fitting(name, height - 42)
    return (
        f'<g class="tlc-paint{" tlc-head" if is_head else ""}" data-layer="{escape(shape.name)}" '
        f'data-block="{escape(shape.block)}" data-choice="{choice}" role="button" tabindex="-1" '
        f'data-words="{escape(shape.describe())}" '
        f'aria-label="{escape(shape.describe())}: {choice}">'
        f'<polygon class="tlc-face" points="{roof}"/>'
        f'<polygon class="tlc-face" points="{side}{right},{bottom}"/>'
        f'<rect class="tlc-front" x="{x}" y="{top}" width="{width}" height="{height}"/>'
        f"{_marks(x, top, width, height)}"
        f'<circle class="tlc-badge" cx="{middle}" cy="{top + 16}" r="11"/>'
        f'<text class="tlc-in tlc-letter" x="{middle}" y="{top + 21.5}" text-anchor="middle" '
        f'font-size="15" font-weight="700">{PAINTS[choice].letter}</text>'
        f'<text class="tlc-in" transform="translate({middle + 5.5},{bottom - 8}) rotate(-90)" '
        f'font-size="{font}" font-weight="600">{escape(name)}</text>'
        f'<text x="{middle}" y="{TOP + TALLEST + 19}" text-anchor="middle" font-size="15">'
        f"{shape.depth}</text></g>"
    )


def _marks(x, top, width, height):
    """Diagonal lines and dots within a rectangle; the choice says which of them is seen."""
    x, top, width, height = x + 2, top + 2, width - 4, height - 4
    lines = "".join(
        f"M{x + max(0, c - height)},{top + min(c, height)}"
        f"L{x + min(c, width)},{top + max(0, c - width)}"
        for c in range(9, width + height, 12)
    )
    dots = "".join(
        f"M{a},{b}h.01"
        for row, b in enumerate(range(top + 5, top + height - 2, 9))
        for a in range(x + 4 + 5 * (row % 2), x + width - 2, 10)
    )
    return (
        f'<path class="tlc-marks tlc-marks-fine-tune" d="{lines}"/>'
        f'<path class="tlc-marks tlc-marks-random" d="{dots}"/>'
    )


def _max_pool(x, top, height):
    right, bottom, middle = x + POOL_WIDTH, top + height, x + POOL_WIDTH / 2
    points = f"{x},{top + 8} {right},{top + 22} {right},{bottom - 14} {x},{bottom}"
    return (
        f'<g aria-hidden="true"><polygon points="{points}" fill="none" '
        'stroke="var(--jp-content-font-color2,#555)" stroke-width="1.5"/>'
        f'<text transform="translate({middle + 4.5},{top + height / 2 + 34}) rotate(-90)" '
        'font-size="14">max-pool</text></g>'
    )


def _block(members, x, end, floor, is_head):
    block = members[0].name if is_head else members[0].block
    middle, line = (x + end) / 2, floor + 28
    room = end - x + (2 * HEAD_GAP if is_head else BLOCK_GAP)
    name = "new head" if is_head else _short(block, room)
    sizes = list(dict.fromkeys(f"{s.size[0]} × {s.size[1]}" for s in members if s.size))
    below = sizes[-1] if sizes else ""
    return (
        f'<g class="tlc-block" data-block="{escape(block)}" '
        f'role="button" tabindex="-1" aria-label="{escape(f"Paint {name}")}">'
        f'<rect x="{x}" y="{line - 6}" width="{end - x}" height="46" fill="transparent"/>'
        f'<path d="M{x},{line - 5}v5H{end}v-5"/>'
        f'<text x="{middle}" y="{line + 18}" text-anchor="middle" font-weight="700" '
        f'font-size="{_fitting(name, room)}">{escape(name)}</text>'
        f'<text x="{middle}" y="{line + 35}" text-anchor="middle" font-size="14">{below}</text></g>'
    )


def _short(block, room):
    return block if 0.6 * LEGIBLE * len(block) <= room else block.rpartition(".")[2]


def _fitting(text, room):
    """Font size in px at which a text fits."""
    return round(max(LEGIBLE, min(NAME_SIZE, room / (0.6 * len(text)))), 1)

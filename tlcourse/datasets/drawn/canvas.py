"""A canvas for parametric drawings: shaded forms in unit coordinates, on a Pillow image.

Points are (x, y) with x to the right and y down, and [0, 1] x [0, 1] is the picture; colours are
(r, g, b) in 0..255. Positions are rounded to whole pixels of the supersampled image and shading is
looked up in quantised tables, so that a drawing is the same on every machine.
"""

from contextlib import contextmanager
from functools import lru_cache

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from tlcourse.datasets.drawn.factors import Appearance, mix

PAPER, INK = (244, 240, 230), (48, 44, 46)
LIGHT, SHADOW = (255, 250, 235), (22, 18, 34)
TABLE = 64  # side of the tables of shading
DIRECTIONS = 32  # a light's angle is rounded to one of these
CURVE_STEPS = 6  # straight pieces between two points of a smooth curve


class Canvas:
    """An RGB picture under construction."""

    def __init__(self, side, supersample=2, look=None):
        self.side, self.supersample = side, supersample
        self.look = look or Appearance()
        self.pixels = side * supersample
        self.image = Image.new("RGB", (self.pixels, self.pixels), PAPER)
        self._draw = ImageDraw.Draw(self.image)
        self._affine = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
        self._table = _lit_ball(round(self.look.light * DIRECTIONS / 360) % DIRECTIONS)

    @contextmanager
    def posed(self, shift=(0.0, 0.0), rotation=0.0, scale=1.0, flip=False):
        """Within it, all is drawn scaled, turned and then shifted about the centre (0.5, 0.5)."""
        sx, sy = scale if isinstance(scale, tuple | list) else (scale, scale)
        cos, sin = np.cos(np.radians(rotation)), np.sin(np.radians(rotation))
        sx = -sx if flip else sx
        a, b, d, e = cos * sx, -sin * sy, sin * sx, cos * sy
        c = 0.5 + shift[0] - 0.5 * (a + b)
        f = 0.5 + shift[1] - 0.5 * (d + e)
        outer = self._affine
        self._affine = _compose(outer, (a, b, c, d, e, f))
        try:
            yield self
        finally:
            self._affine = outer

    @contextmanager
    def clipped(self, points):
        """Within it, only the inside of the polygon is drawn on."""
        before = self.image.copy()
        mask = Image.new("L", self.image.size)
        ImageDraw.Draw(mask).polygon(self._place(points), fill=255)
        try:
            yield self
        finally:
            before.paste(self.image, (0, 0), mask)
            self.image.paste(before)

    def polygon(self, points, fill, shade=0.0, outline=True):
        """A polygon; ``shade`` (0 to 1) rounds it by light and shadow."""
        corners = self._place(points)
        if self.look.style == "sketch":
            self._sketch(corners, fill, outline)
        elif self.look.style == "flat" or shade == 0:
            self._draw.polygon(corners, fill=self.look.tint(fill))
        else:
            self._shaded(corners, self.look.tint(fill), shade)

    def blob(self, points, fill, shade=0.5, outline=True):
        """A form bounded by the smooth closed curve through the points."""
        self.polygon(smooth(points), fill, shade, outline)

    def ellipse(self, centre, radii, angle=0.0, fill=INK, shade=0.0, outline=True):
        """An ellipse; ``radii`` is a pair or one number, ``angle`` is in degrees, clockwise."""
        self.polygon(ellipse_points(centre, radii, angle), fill, shade, outline)

    def curve(self, points, width, fill, taper=False):
        """A smooth line through the points; ``taper`` narrows it to its end."""
        points = smooth(points, closed=False)
        if taper:
            self.polygon(tapered(points, width), fill, outline=False)
            return
        thick = max(1, round(width * self._scale() * self.pixels))
        ink = self._line_colour(fill)
        corners = self._place(points)
        self._draw.line(corners, ink, thick, joint="curve")

    def strokes(self, starts, ends, width, fill):
        """Many short straight lines, such as hairs; ``starts`` and ``ends`` are (n, 2) arrays."""
        thick = max(1, round(width * self._scale() * self.pixels))
        ink = self._line_colour(fill)
        for start, end in zip(self._place(starts), self._place(ends), strict=True):
            self._draw.line((start, end), ink, thick)

    def glow(self, centre, radii, fill, strength=1.0):
        """A spot of colour with soft edges, upright in any pose; ``strength`` is 0 to 1."""
        if self.look.style != "shaded":
            return
        rx, ry = radii if isinstance(radii, tuple | list) else (radii, radii)
        ((x, y),) = self._place([centre])
        w, h = (max(2, round(2 * r * self._scale() * self.pixels)) for r in (rx, ry))
        w, h = min(w, 3 * self.pixels), min(h, 3 * self.pixels)
        mask = _stretched(_soft_disc(round(strength * 255)), (w, h))
        self.image.paste(self.look.tint(fill), (x - w // 2, y - h // 2), mask)

    def shade(self, points, strength=0.5):
        """Light and shadow over a region that is drawn already, as if it were rounded."""
        if self.look.style != "shaded":
            return
        mask, box = self._mask(self._place(points))
        table = _stretched(self._table, mask.size)
        shadow = _scaled(ImageChops.multiply(mask, ImageChops.invert(table)), 0.75 * strength)
        light = _scaled(ImageChops.multiply(mask, table), 0.35 * strength)
        self.image.paste(SHADOW, box, shadow)
        self.image.paste(LIGHT, box, light)

    def finish(self):
        """The picture, averaged down to ``side`` x ``side`` pixels (PIL, RGB)."""
        return self.image.reduce(self.supersample)

    def blur(self, radius):
        """Blur all that is drawn so far; ``radius`` is a fraction of the side."""
        if radius * self.pixels >= 0.3:
            self.image.paste(self.image.filter(ImageFilter.BoxBlur(radius * self.pixels)))

    def _shaded(self, corners, fill, shade):
        mask, box = self._mask(corners)
        table = _stretched(self._table, mask.size)
        self.image.paste(mix(fill, SHADOW, 0.55 * shade), box, mask)
        lit = mix(mix(fill, (255, 255, 255), 0.10 * shade), LIGHT, 0.5 * shade)
        self.image.paste(lit, box, ImageChops.multiply(mask, table))

    def _sketch(self, corners, fill, outline):
        self._draw.polygon(corners, fill=mix(self.look.tint(fill), PAPER, 0.62))
        if outline:
            thick = max(1, round(0.012 * self.pixels))
            self._draw.line(corners + corners[:1], INK, thick, joint="curve")

    def _line_colour(self, fill):
        fill = self.look.tint(fill)
        return mix(fill, INK, 0.5) if self.look.style == "sketch" else fill

    def _mask(self, corners):
        xs, ys = zip(*corners, strict=True)
        left, top = max(min(xs), -self.pixels), max(min(ys), -self.pixels)
        right, bottom = min(max(xs), 2 * self.pixels), min(max(ys), 2 * self.pixels)
        mask = Image.new("L", (max(1, right - left + 1), max(1, bottom - top + 1)))
        ImageDraw.Draw(mask).polygon([(x - left, y - top) for x, y in corners], fill=255)
        return mask, (left, top)

    def _place(self, points):
        points = np.asarray(points, dtype=float)
        a, b, c, d, e, f = self._affine
        x, y = points[:, 0], points[:, 1]
        right, down = (a * x + b * y + c) * self.pixels, (d * x + e * y + f) * self.pixels
        whole = (np.rint(axis).astype(int).tolist() for axis in (right, down))
        return list(zip(*whole, strict=True))

    def _scale(self):
        a, b, _, d, e, _ = self._affine
        return float(np.sqrt(abs(a * e - b * d)))


def smooth(points, closed=True):
    """Points on the Catmull-Rom curve through the given points, (n, 2)."""
    p = np.asarray(points, dtype=float)
    padded = np.concatenate([p[-1:], p, p[:2]] if closed else [p[:1], p, p[-1:]])
    windows = [padded[i : len(padded) - 3 + i, None, :] for i in range(4)]
    a, b, c, d = (w * part for w, part in zip(_curve_weights(), windows, strict=True))
    curve = (a + b + c + d).reshape(-1, 2)
    return curve if closed else np.concatenate([curve, p[-1:]])


def ellipse_points(centre, radii, angle=0.0, n=28):
    """Points of an ellipse, (n, 2); ``angle`` is in degrees, clockwise."""
    rx, ry = radii if isinstance(radii, tuple | list) else (radii, radii)
    circle = _circle(n)
    x, y = rx * circle[0], ry * circle[1]
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    return np.stack([centre[0] + cos * x - sin * y, centre[1] + sin * x + cos * y], axis=1)


def tapered(points, width):
    """The outline of a line along the points that narrows from its width to nearly nothing."""
    along = np.gradient(points, axis=0)
    length = np.sqrt((along**2).sum(1, keepdims=True)) + 1e-9
    normal = np.stack([-along[:, 1], along[:, 0]], axis=1) / length
    half = width / 2 * np.linspace(1, 0.05, len(points))[:, None]
    return np.concatenate([points + normal * half, (points - normal * half)[::-1]])


def _compose(outer, inner):
    a, b, c, d, e, f = outer
    g, h, i, j, k, m = inner
    left = (a * g + b * j, a * h + b * k, a * i + b * m + c)
    return (*left, d * g + e * j, d * h + e * k, d * i + e * m + f)


def _scaled(mask, factor):
    return mask.point([round(value * factor) for value in range(256)])


@lru_cache
def _curve_weights():
    t = np.arange(CURVE_STEPS) / CURVE_STEPS
    before, beyond = -0.5 * t + t**2 - 0.5 * t**3, -0.5 * t**2 + 0.5 * t**3
    start, after = 1 - 2.5 * t**2 + 1.5 * t**3, 0.5 * t + 2 * t**2 - 1.5 * t**3
    return [weight[None, :, None] for weight in (before, start, after, beyond)]


@lru_cache
def _circle(n):
    turn = np.arange(n) * (2 * np.pi / n)
    return np.cos(turn), np.sin(turn)


def _stretched(table, size):
    """The table at a size; up to twice its own, the supersampling hides its steps."""
    return table.resize(size, Image.NEAREST if max(size) <= 2 * TABLE else Image.BILINEAR)


@lru_cache
def _grid():
    axis = (np.arange(TABLE) + 0.5) / TABLE * 2 - 1
    return np.meshgrid(axis, axis)


@lru_cache
def _lit_ball(direction):
    x, y = _grid()
    angle = 2 * np.pi * direction / DIRECTIONS
    depth = np.sqrt(np.clip(1 - 0.72 * (x**2 + y**2), 0, 1))
    lit = 0.32 + 0.36 * depth + 0.42 * (np.sin(angle) * x - np.cos(angle) * y)
    return Image.fromarray(np.rint(np.clip(lit, 0, 1) * 64).astype(np.uint8) * 3 + 32)


@lru_cache
def _soft_disc(strength):
    x, y = _grid()
    height = np.clip(1 - (x**2 + y**2), 0, 1)
    return Image.fromarray(np.rint(height**2 * strength).astype(np.uint8))

"""Grey pictures of more than 8 bits as 8 bits, by a rule that is the same for every picture.

Whole numbers from 0 on: white is the largest value of 8, 12 or 16 bits, whichever holds all of the
picture first, as 12 bits are often kept in 16. Other numbers (negative, beyond 16 bits, fractions):
from the smallest, black, to the largest, white. What stands for no data is black: values that are
not finite, that the file names (GDAL's tag), or that are usual for it and far from all others.
"""

import warnings
from contextlib import suppress

import numpy as np
from PIL import Image

WHITES = 2**8 - 1, 2**12 - 1, 2**16 - 1
GDAL_NODATA = 42113
USUAL_NODATA = -9999, -99999, -32768, *map(float, (np.finfo("f4").min, np.finfo("f4").max))
FEW_LEVELS = 16


def as_8_bits(image):
    """A PIL image of mode I, I;16 or F as one of mode L; a warning if it comes out nearly flat."""
    values = np.asarray(image, dtype=np.float64)
    there = _with_data(image, values)
    low, high = (values[there].min(), values[there].max()) if there.any() else (0, 0)
    if image.mode != "F" and 0 <= low and high <= WHITES[-1]:
        low, high = 0, next(white for white in WHITES if high <= white)
    grey = np.rint((np.where(there, values, low) - low) * (255 / (high - low or 1)))
    _warn_if_flat(values, grey, there)
    return Image.fromarray(grey.astype(np.uint8))


def _with_data(image, values):
    there = np.isfinite(values)
    with suppress(LookupError, ValueError, TypeError, AttributeError):
        there &= values != float(image.tag_v2[GDAL_NODATA].rstrip("\0 "))
    for value in USUAL_NODATA:
        others = values[there & (values != value)]
        if 0 < others.size < np.count_nonzero(there):
            low, high = others.min(), others.max()
            if max(low - value, value - high) > high - low:
                there &= values != value
    return there


def _warn_if_flat(values, grey, there, sample=10_000):
    """Where nearly all of what is told apart in the file falls onto a few of the 256 levels."""
    rows = np.flatnonzero(there)
    rows = rows[:: 1 + len(rows) // sample]
    levels, kept = (np.unique(each.ravel()[rows]) for each in (values, grey))
    low, high = np.percentile(grey.ravel()[rows], (1, 99)) if len(rows) else (0, 0)
    if high - low < FEW_LEVELS < len(levels) / 2 and len(kept) < len(levels):
        warnings.warn(
            f"Of a grey picture of more than 8 bits, {len(levels)} levels or more, nearly all fall "
            f"onto {high - low + 1:.0f} of 256: stretch such pictures, all by the same factor, and "
            "save them again.",
            stacklevel=2,
        )

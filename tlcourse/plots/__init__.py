"""Figures of the course: functions ``(data, ax=None) -> Axes``, in one style and palette.

Each draws on the Axes that it is given, or on new ones, and returns them; those of several panels
take none and return a matplotlib Figure. Shares and accuracies are from 0 to 1 and are drawn in
percent; "over draws" or "over seeds" is a sequence of float, one value each.
"""

from tlcourse.plots.generalization import plot_curves, plot_dumbbells
from tlcourse.plots.pictures import PictureRows
from tlcourse.plots.style import (
    COURSE,
    OKABE_ITO,
    PALETTE,
    TILTED,
    Picture,
    alt_text,
    as_duration,
    colour_of,
    new_axes,
    use_course_style,
)
from tlcourse.plots.training import plot_learning_curves

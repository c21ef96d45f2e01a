"""Figures of the course: functions ``(data, ax=None) -> Axes``, in one style and palette."""

from tlcourse.plots.measured import (
    chance_of,
    plot_accuracies,
    plot_clock,
    plot_histogram,
    plot_images_and_features,
)
from tlcourse.plots.style import (
    MARKERS,
    OKABE_ITO,
    PALETTE,
    STYLE,
    Picture,
    alt_text,
    as_duration,
    colour_of,
    new_axes,
    use_course_style,
)

__all__ = [
    "MARKERS",
    "OKABE_ITO",
    "PALETTE",
    "STYLE",
    "Picture",
    "alt_text",
    "as_duration",
    "chance_of",
    "colour_of",
    "new_axes",
    "plot_accuracies",
    "plot_clock",
    "plot_histogram",
    "plot_images_and_features",
    "use_course_style",
]

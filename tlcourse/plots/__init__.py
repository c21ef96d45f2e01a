"""Figures of the course: functions ``(data, ax=None) -> Axes``, in one style and palette."""

from tlcourse.plots.decision_boundaries import (
    plot_boundary,
    plot_map_sizes,
    plot_margins,
    plot_spaces,
)
from tlcourse.plots.decisions import plot_nearness, plot_regrets
from tlcourse.plots.domains import (
    plot_content_vectors,
    plot_density,
    plot_distances,
    plot_pictures,
    plot_tensor,
)
from tlcourse.plots.embedding import (
    plot_class_means,
    plot_differences,
    plot_gaps,
    plot_marks,
    plot_shares,
    plot_steps,
    plot_threshold_grid,
)
from tlcourse.plots.fine_tuning import plot_copied_layers, plot_policy_cells, plot_trade_off
from tlcourse.plots.from_scratch import plot_cost_to_reach, plot_images_needed, plot_settings
from tlcourse.plots.generalization import (
    CHANCE,
    plot_by_distance,
    plot_curves,
    plot_dumbbells,
    plot_in_panels,
)
from tlcourse.plots.growing_up import plot_error_by_size, plot_growth, plot_ranges
from tlcourse.plots.knowledge import (
    plot_filters,
    plot_gains,
    plot_probes,
    plot_receptive_fields,
)
from tlcourse.plots.learning_curves import plot_learning_curves
from tlcourse.plots.measured import (
    chance_of,
    plot_accuracies,
    plot_clock,
    plot_histogram,
    plot_images_and_features,
)
from tlcourse.plots.normalization import (
    plot_accuracy_over_C,
    plot_convolution_shares,
    plot_layer_correlations,
    plot_neuron,
    plot_strengths,
)
from tlcourse.plots.pictures import PictureRows
from tlcourse.plots.quality import plot_factors
from tlcourse.plots.reuse import plot_accuracy_table, plot_by_layer
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
from tlcourse.plots.tables import plot_gain_by_distance, plot_table
from tlcourse.plots.tasks import (
    plot_called,
    plot_confusion,
    plot_in_two_label_spaces,
    plot_reuse,
)

__all__ = [
    "CHANCE",
    "MARKERS",
    "OKABE_ITO",
    "PALETTE",
    "STYLE",
    "Picture",
    "PictureRows",
    "alt_text",
    "as_duration",
    "chance_of",
    "colour_of",
    "new_axes",
    "plot_accuracies",
    "plot_accuracy_over_C",
    "plot_accuracy_table",
    "plot_boundary",
    "plot_by_distance",
    "plot_by_layer",
    "plot_called",
    "plot_class_means",
    "plot_clock",
    "plot_confusion",
    "plot_content_vectors",
    "plot_convolution_shares",
    "plot_copied_layers",
    "plot_cost_to_reach",
    "plot_curves",
    "plot_density",
    "plot_differences",
    "plot_distances",
    "plot_dumbbells",
    "plot_error_by_size",
    "plot_factors",
    "plot_filters",
    "plot_gain_by_distance",
    "plot_gains",
    "plot_gaps",
    "plot_growth",
    "plot_histogram",
    "plot_images_and_features",
    "plot_images_needed",
    "plot_in_panels",
    "plot_in_two_label_spaces",
    "plot_layer_correlations",
    "plot_map_sizes",
    "plot_learning_curves",
    "plot_margins",
    "plot_marks",
    "plot_nearness",
    "plot_neuron",
    "plot_pictures",
    "plot_policy_cells",
    "plot_probes",
    "plot_ranges",
    "plot_receptive_fields",
    "plot_regrets",
    "plot_reuse",
    "plot_settings",
    "plot_shares",
    "plot_spaces",
    "plot_steps",
    "plot_strengths",
    "plot_table",
    "plot_tensor",
    "plot_threshold_grid",
    "plot_trade_off",
    "use_course_style",
]

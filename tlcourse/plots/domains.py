"""Rows of pictures as a figure."""

from tlcourse.plots.style import new_axes


def plot_pictures(rows, ax=None):
    """One row of pictures for each name, as long as the shortest; PIL images of one size."""
    import numpy as np

    ax = ax or new_axes(height=1.4 * len(rows))
    shortest = min(len(pictures) for pictures in rows.values())
    strips = [np.hstack([np.asarray(p) for p in row[:shortest]]) for row in rows.values()]
    side = strips[0].shape[0]
    gap = np.full((side // 12, *strips[0].shape[1:]), 255, dtype=np.uint8)
    ax.imshow(np.vstack([part for strip in strips for part in (strip, gap)][:-1]))
    ax.set_xticks([])
    ax.set_yticks([(side + len(gap)) * (row + 0.45) for row in range(len(rows))], rows)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return ax

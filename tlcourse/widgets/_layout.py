"""How controls lie beside each other."""

import ipywidgets


def control_row(controls):
    """Controls in a row, which breaks where the page is narrow."""
    box = ipywidgets.Box(list(controls))
    box.layout.flex_flow, box.layout.grid_gap = "row wrap", "0 40px"
    return box

"""Figures of a decision: how near the sources are, and what each habit costs."""

from tlcourse.plots.style import OKABE_ITO, new_axes


def plot_nearness(nearness, ax=None):
    """Distance of each source with its interval, noise and the usual distance as lines.

    Parameters
    ----------
    nearness : Nearness
    ax : matplotlib Axes, optional

    Returns
    -------
    Axes
    """
    ax = ax or new_axes(height=1.6 + 0.6 * len(nearness.distances))
    for row, (source, distance) in enumerate(nearness.distances.items()):
        low, high = nearness.intervals[source]
        ax.barh(row, distance, height=0.6, color=OKABE_ITO["sky blue"])
        ax.hlines(row, low, high, "black", linewidth=4)
        box = {"facecolor": "white", "edgecolor": "none", "pad": 2}
        text = {"xytext": (8, 0), "textcoords": "offset points", "va": "center", "bbox": box}
        ax.annotate(f"{distance:.2f}", (high, row), zorder=3, **text)
    ax.axvline(
        nearness.control, color="black", linestyle="dotted", label="two halves of the target"
    )
    usual = {"color": OKABE_ITO["vermillion"], "linestyle": "dashed"}
    ax.axvline(nearness.typical, **usual, label="half of notebook 11's pairs are nearer")
    ax.set_yticks(range(len(nearness.distances)), nearness.distances)
    ax.invert_yaxis()
    ax.margins(x=0.12)
    ax.set_xlabel("distance of class means: shorter is nearer")
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    return ax


def plot_regrets(regrets, ax=None, title=""):
    """What the decision loses against the best option, and what always doing the same loses.

    Parameters
    ----------
    regrets : mapping of str to sequence of float
        "decided" or an option -> points behind the best, one a case.
    ax : matplotlib Axes, optional
    title : str

    Returns
    -------
    Axes
    """
    ax = ax or new_axes(height=1.6 + 0.5 * len(regrets))
    for row, (name, points) in enumerate(regrets.items()):
        decided = name == "decided"
        colour = OKABE_ITO["orange"] if decided else OKABE_ITO["blue"]
        mean = sum(points) / len(points)
        ax.barh(row, mean, height=0.6, color=colour, hatch="//" if decided else None, alpha=0.6)
        ax.plot(points, [row] * len(points), "o", color="black", markersize=5, alpha=0.6)
        most = max(points)
        ax.annotate(f"{mean:.1f}", (most, row), (10, 0), textcoords="offset points", va="center")
    names = ["as decided" if name == "decided" else f"always {name}" for name in regrets]
    ax.set_yticks(range(len(regrets)), names)
    ax.invert_yaxis()
    ax.margins(x=0.1)
    ax.set_xlabel("points behind the best option: a dot a case, a bar their mean")
    ax.set_title(title)
    return ax

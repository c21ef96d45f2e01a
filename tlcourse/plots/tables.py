"""Figures of notebook 12: nearness, and what deciding from measurements loses."""

from tlcourse.plots.style import OKABE_ITO, finish, new_axes, write_beside


def plot_nearness(nearness, ax=None):
    """Distance of each source with its interval, noise and the usual distance as lines."""
    ax = ax or new_axes(height=1.6 + 0.6 * len(nearness.distances))
    box = {"facecolor": "white", "edgecolor": "none", "pad": 2}
    for row, (source, distance) in enumerate(nearness.distances.items()):
        low, high = nearness.intervals[source]
        ax.barh(row, distance, height=0.6, color=OKABE_ITO["sky blue"])
        ax.hlines(row, low, high, "black", linewidth=4)
        write_beside(ax, f"{distance:.2f}", (high, row), (8, 0), bbox=box, zorder=3)
    noise = {"color": "black", "linestyle": "dotted"}
    ax.axvline(nearness.control, **noise, label="two halves of the target")
    usual = {"color": OKABE_ITO["vermillion"], "linestyle": "dashed"}
    ax.axvline(nearness.typical, **usual, label="half of notebook 11's pairs are nearer")
    ax.set_yticks(range(len(nearness.distances)), nearness.distances)
    ax.invert_yaxis()
    xlabel = "distance of class means: shorter is nearer"
    return finish(ax, legend=2, xlabel=xlabel, xmargin=0.12)


def plot_regrets(regrets, ax=None):
    """What the decision loses against the best option, and what always doing the same loses.

    regrets : ``{"decided" or an option: points behind the best, one a case}``.
    """
    ax = ax or new_axes(height=1.6 + 0.5 * len(regrets))
    for row, (name, points) in enumerate(regrets.items()):
        colour, hatch = ("orange", "//") if name == "decided" else ("blue", None)
        mean = sum(points) / len(points)
        ax.barh(row, mean, height=0.6, color=OKABE_ITO[colour], hatch=hatch, alpha=0.6)
        ax.plot(points, [row] * len(points), "o", color="black", markersize=5, alpha=0.6)
        write_beside(ax, f"{mean:.1f}", (max(points), row), (10, 0))
    names = ["as decided" if name == "decided" else f"always {name}" for name in regrets]
    ax.set_yticks(range(len(regrets)), names)
    ax.invert_yaxis()
    xlabel = "points behind the best option: a dot a case, a bar their mean"
    return finish(ax, xlabel=xlabel, xmargin=0.1)

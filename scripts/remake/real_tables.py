"""Measure the tables of the real sets from what is shipped: into ``data/measured``, docs/tables.md.

The predictions on the sets' cards give accuracies and gains; distances and PACS across domains are
computed from the shipped features. No photograph is needed.
"""

from functools import partial

import pandas as pd

from scripts.remake.runner import Step
from tlcourse import paths
from tlcourse.course.claims import effect_of
from tlcourse.datasets.real_sets import REAL_SETS, SAMPLE
from tlcourse.features.extraction import shipped_card
from tlcourse.networks.backbones import load_backbone
from tlcourse.tables.gain_by_similarity import similarity_effect
from tlcourse.tables.real_sets import (
    LAST,
    TERNARY,
    measure_accuracies,
    measure_distance,
    measure_pacs,
    read_real,
    real_file,
)

PAGE = paths.PROJECT / "docs" / "tables.md"
MARKS = "<!-- real sets: made by 'python -m scripts.remake real_tables' -->", "<!-- until here -->"
TARGETS = [name for name in REAL_SETS if name != SAMPLE]


def steps(options):
    """A step a table, and the page; none is ever done, as the features may be new ones."""
    yield Step("accuracies", False, partial(_keep, "accuracies", measure_accuracies, TARGETS))
    yield Step("pacs", False, partial(_keep, "pacs", measure_pacs, [LAST, TERNARY]))
    yield Step("distances", False, partial(_keep, "distances", _distances, TARGETS))
    yield Step(PAGE.name, False, write_page)


def _distances(name):
    prototypes = load_backbone("imagenet").network.get_classifier().weight.detach().numpy()
    return [measure_distance(name, prototypes)]


def _keep(table, measure, keys):
    frame = pd.DataFrame([row for key in keys for row in measure(key)])
    with paths.write_whole(real_file(table)) as temporary:
        frame.to_csv(temporary, index=False, float_format="%.5g", lineterminator="\n")
    return f"{len(frame)} rows"


def write_page():
    """Put the tables between the marks of docs/tables.md."""
    before, rest = PAGE.read_text("utf-8").split(MARKS[0])
    text = "\n\n".join([MARKS[0], *_sections(), MARKS[1]])
    with paths.write_whole(PAGE) as temporary:
        temporary.write_text(before + text + rest.split(MARKS[1])[1], "utf-8")
    return f"{len(text)} characters"


def _sections():
    accuracies, distances, pacs = map(read_real, ("accuracies", "distances", "pacs"))
    yield "### Accuracies\nMean class accuracy in percent (95% over test images)."
    yield _pivoted(accuracies, "target", "representation")
    yield "### Gain of all layers, ternary, over the last layer, and distance to the source"
    gains = accuracies[accuracies["representation"] == TERNARY].merge(distances, on="target")
    yield _markdown(pd.DataFrame(map(_gain, gains.to_dict("records"))))
    mean = effect_of(gains["gain"])
    effect = similarity_effect(gains.assign(distance=gains["mmd"]))
    yield (
        f"Mean gain over {len(gains)} targets {mean.value:+.1f} points (95% over targets from "
        f"{mean.low:+.1f} to {mean.high:+.1f}). Rank correlation of gain and MMD over targets "
        f"{effect.spearman:+.2f} (from {effect.low:+.2f} to {effect.high:+.2f}, p = "
        f"{effect.spearman_p:.2g})."
    )
    for representation, rows in pacs.groupby("representation", sort=False):
        yield f"### PACS, trained on rows, tested on columns: {representation}"
        yield _pivoted(rows, "trained_on", "tested_on")


def _gain(row):
    kinds = {"MMD": "mmd", "A-distance": "a_distance", "prototypes": "prototypes"}
    return {
        "target": row["target"],
        "gain, points": _with_interval(row["gain"], row["gain_low"], row["gain_high"], "+"),
        **{f"{k} (noise)": f"{row[n]:.3f} ({row[f'{n}_noise']:.3f})" for k, n in kinds.items()},
        "ImageNet's classes": shipped_card(row["target"])["overlap"],
    }


def _with_interval(value, low, high, sign=""):
    return f"{value:{sign}.1f} ({low:{sign}.1f} to {high:{sign}.1f})"


def _pivoted(rows, index, columns):
    percent = (100 * rows[["accuracy", "low", "high"]]).itertuples(index=False)
    rows = rows.assign(shown=[_with_interval(*row) for row in percent])
    options = {"values": "shown", "aggfunc": "first", "sort": False}
    table = rows.pivot_table(index=index, columns=columns, **options)
    return _markdown(table.fillna("-").reset_index())


def _markdown(frame):
    rows = [[*frame.columns], ["---"] * frame.shape[1], *frame.to_numpy().tolist()]
    return "\n".join(f"| {' | '.join(map(str, row))} |" for row in rows)

"""Cells of a table as HTML: a bar an embedding, its spread, and what it has over fc7."""

from html import escape

from tlcourse.tables.tables import differences, summarize

BASELINE = "fc7"
TRACK = "background:var(--jp-layout-color3,#ddd);height:22px;position:relative"
COLUMNS = "grid-template-columns:14em minmax(6em,1fr) 7em 10em;gap:5px 14px"


def rows_html(results, distances, embeddings):
    """What was measured on one target, source by source."""
    summary = summarize(results)
    shown = summary[summary["embedding"].isin(embeddings)]
    blocks = [
        _source_html(source, rows, distances.get(source), results)
        for source, rows in shown.groupby("source", sort=False)
    ]
    return _head(results), "".join(blocks) + _note(distances)


def _head(results):
    first = results.iloc[0]
    draws = results["seed"].nunique()
    counts = [
        f"{int(first[column]):,} {name} images"
        for column, name in (("train_images", "training"), ("test_images", "test"))
        if column in results
    ]
    words = ", ".join([*counts, f"{draws} draw{'s' if draws > 1 else ''}"])
    return (
        f'<div style="font-size:24px;font-weight:700">{escape(first["target"])} '
        f'<span style="font-size:18px;font-weight:400">{words}</span></div>'
    )


def _source_html(source, rows, distance, results):
    where = "" if distance is None else f": distance {distance.distance:.2f}"
    bars = "".join(_bar(row, _gain(results, source, row.embedding)) for row in rows.itertuples())
    return (
        f'<div style="font-weight:700;margin-top:8px">from {escape(source)}{where}</div>'
        f'<div style="display:grid;{COLUMNS};align-items:center">{bars}</div>'
    )


def _gain(results, source, embedding):
    """Mean and spread of the points over fc7, paired by draw; None for fc7 itself."""
    if embedding == BASELINE:
        return None
    of_source = results[results["source"] == source]
    row = differences(of_source, embedding, BASELINE).iloc[0]
    return row["mean"], row["spread"]


def _bar(row, gain):
    over = "" if gain is None else f"{_with_spread(*gain, '+.1f')} over {BASELINE}"
    whisker = (
        f"position:absolute;top:8px;height:6px;left:{row.lowest:.1f}%;min-width:2px;"
        f"width:{row.highest - row.lowest:.1f}%;background:#E69F00"
    )
    return (
        f"<span>{escape(row.embedding)}</span>"
        f'<span style="{TRACK}" aria-hidden="true"><span style="display:block;height:100%;'
        f'background:#0072B2;width:{row.mean:.1f}%"></span><span style="{whisker}"></span></span>'
        f"<b>{_with_spread(row.mean, row.spread, '.1f')}%</b><span>{over}</span>"
    )


def _with_spread(mean, spread, form):
    text = format(mean, form).replace("-", "\N{MINUS SIGN}")
    return text if spread != spread else f"{text} ± {spread:.1f}"


def _note(distances):
    spaces = {each.space for each in distances.values() if each is not None}
    distance = f" Distances are those of class means in {spaces.pop()}." if spaces else ""
    return (
        "<div>Mean class accuracy ± standard deviation of the draws; the thin bar goes from the "
        f"lowest to the highest draw.{escape(distance)}</div>"
    )

"""The map of the course: its notebooks, and the claims that each measures."""

from html import escape

from tlcourse.course.claims import CLAIMS, recorded

START = "00_start_here"


class CourseMap:
    """A table of the notebooks; those that are there are links.

    A claim whose verdict was recorded on this machine carries its mark.
    """

    def notebooks(self):
        """Claims of each notebook, as {notebook: list of claim ids}, in the order of the course."""
        rows = {START: []}
        for claim in CLAIMS.values():
            rows.setdefault(claim.notebook, []).append(claim.id)
        return dict(sorted(rows.items()))

    def __repr__(self):
        return f"Course of {len(self.notebooks())} notebooks and {len(CLAIMS)} claims"

    def _repr_html_(self):
        rows = "".join(_row(name, claims) for name, claims in self.notebooks().items())
        return (
            '<table style="font-size:16px;border-collapse:collapse"><caption hidden>Map of the '
            "course</caption><thead><tr>"
            '<th scope="col" style="text-align:left">Notebook</th>'
            '<th scope="col" style="text-align:left">Claims of the lecture that it measures</th>'
            f"</tr></thead><tbody>{rows}</tbody></table>"
        )


def _row(name, claims):
    title = f'<a href="{name}.ipynb">{escape(name[:2])} {escape(name[3:].replace("_", " "))}</a>'
    items = "<br>".join(_claim(claim) for claim in claims) or "the machine and the map"
    cell = '<td style="text-align:left;vertical-align:top;padding:6px 12px">'
    return f"<tr>{cell}{title}</td>{cell}{items}</td></tr>"


def _claim(claim_id):
    verdict = recorded(claim_id)
    said = f" <b>({escape(verdict.verdict)})</b>" if verdict else ""
    return f"{escape(CLAIMS[claim_id].sentence)}{said}"

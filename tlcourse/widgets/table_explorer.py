"""A row of the lecture's table for any source and target: measured before, or now."""

from functools import lru_cache

import ipywidgets

from tlcourse.widgets.base import Explorer, readout_html
from tlcourse.widgets.choice import Choice, offered_choice
from tlcourse.widgets.table_page import rows_html
from tlcourse.widgets.toggles import Toggles

N_DRAWS = ("1", "3", "5", "10")
MEASURE = "Measure what is missing"


class TableExplorer(Explorer):
    """Sources, target, embeddings and draws on toggles; accuracy, spread and distance below.

    Photographs answer at once, from their shipped features. Drawings and the nine data sets go
    through the network when the button is pressed; what is not on this machine is grey.

    Parameters
    ----------
    results : DataFrame, optional
        Cells measured before, of ``tlcourse.tables.sweep.run_sweep``.
    target : str
        At first: a family of photographs.
    measure : callable, optional
        ``cells -> DataFrame``; by default ``run_sweep`` with its store, silent.
    distance : callable, optional
        ``(source, target name) -> SourceSimilarity or None``; by default
        ``tlcourse.tables.similarity.source_similarity`` where both sides are at hand.

    Attributes
    ----------
    kind : Choice
        Photographs, drawings, or the nine data sets.
    sources : dict of Toggles
    targets : dict of Choice
        Both by kind.
    embeddings : Toggles
    seeds : Choice
        How many draws of the training images.
    button : ipywidgets.Button
    rows : DataFrame or None
        What is shown: one row a source, embedding and draw; None where nothing is measured.
    """

    def __init__(self, results=None, target="insects", measure=None, distance=None):
        from tlcourse.datasets.photos import PHOTO_SOURCES
        from tlcourse.tables.cells import EMBEDDINGS, PAPER
        from tlcourse.tables.targets import (
            DATA_SETS,
            DRAWINGS,
            LARGE_SOURCES,
            PHOTOS,
            offered_sources,
            offered_targets,
        )

        self._measure, self._distance = measure or _measured, distance or _distance
        self._results = {} if results is None else _by_cell(results)
        self.rows = None
        live, offered, sources = (*PHOTO_SOURCES, "drawn"), offered_targets(), offered_sources()
        kinds = (PHOTOS, DRAWINGS, DATA_SETS)
        self.kind = Choice("Target: what kind", kinds)
        self.targets = {kind: offered_choice("Target", offered[kind]) for kind in kinds}
        self.targets[PHOTOS].value = target
        large = {name: sources[name] for name in LARGE_SOURCES if sources[name]}
        self.sources = {
            PHOTOS: Toggles("Sources", PHOTO_SOURCES, PHOTO_SOURCES),
            DRAWINGS: Toggles("Sources", live, PHOTO_SOURCES),
            DATA_SETS: Toggles("Sources", (*live, *LARGE_SOURCES), ["vgg16"], large),
        }
        self.embeddings = Toggles("Embeddings", EMBEDDINGS, PAPER)
        self.seeds = Choice("Draws of the training images", N_DRAWS, "5")
        self.button = ipywidgets.Button(description=MEASURE, style={"font_size": "18px"})
        self.button.layout.width, self.button.layout.height = "auto", "40px"
        self._bar = ipywidgets.IntProgress(description="sources", layout={"display": "none"})
        self.button.on_click(self._on_click)
        top = [self.kind, *self.targets.values(), *self.sources.values()]
        super().__init__(top, self.embeddings, self.seeds)
        *controls, readout = self.children
        self.children = *controls, ipywidgets.HBox([self.button, self._bar]), readout

    @property
    def target(self):
        """The target that is chosen, by the name that ``as_target`` knows."""
        return self.targets[self.kind.value].value

    def _cells(self, source):
        """What the present settings ask of a source; fc7 always, to compare with."""
        from tlcourse.tables.cells import make_cells

        embeddings = [
            name for name in self.embeddings.options if name in {*self.embeddings.value, "fc7"}
        ]
        return make_cells(source, self.target, embeddings, range(int(self.seeds.value)))

    def _answer(self):
        from tlcourse.tables.targets import PHOTOS

        kind = self.kind.value
        for controls in (self.targets, self.sources):
            for name, control in controls.items():
                control.layout.display = None if name == kind else "none"
        if not self.target:
            self.rows, self.button.layout.display = None, "none"
            return readout_html(f"None of {kind} is on this machine yet.")
        sources = self.sources[kind].value
        at_once = [name for name in sources if kind == PHOTOS or self._was_here(name)]
        self._fill(at_once)
        return self._shown([name for name in sources if name not in at_once])

    def _failed(self):
        self.rows = None

    def _on_click(self, _button):
        sources = self.sources[self.kind.value].value
        self.button.disabled = True
        self._bar.max, self._bar.value, self._bar.layout.display = len(sources), 0, None
        try:
            for number, source in enumerate(sources, start=1):
                self._fill([source], f"{source}: images through the network, then the SVMs ...")
                self._distance(source, self.target)
                self._bar.value = number
            self._readout.value = self._shown([])
        except Exception as problem:  # an exception in a callback is shown nowhere
            self._say(f"This could not be shown. {problem}")
        finally:
            self.button.disabled, self._bar.layout.display = False, "none"

    def _was_here(self, source):
        return any(key[:2] == (source, self.target) for key in self._results)

    def _fill(self, sources, words="Measuring ..."):
        """Measure what the present settings ask for and nobody has measured yet."""
        cells = [cell for source in sources for cell in self._cells(source)]
        missing = [cell for cell in cells if _key(cell) not in self._results]
        if missing:
            self._say(words)
            self._results |= _by_cell(self._measure(missing))

    def _shown(self, absent):
        import pandas as pd

        sources = [name for name in self.sources[self.kind.value].value if name not in absent]
        keys = [_key(cell) for source in sources for cell in self._cells(source)]
        self.rows = pd.DataFrame([self._results[key] for key in keys]) if keys else None
        self.button.layout.display = None if absent else "none"
        sentence = self._what_is_missing(absent) if absent else ""
        if self.rows is None:
            return readout_html(sentence)
        distances = {source: self._distance(source, self.target) for source in sources}
        head, body = rows_html(self.rows, distances, self.embeddings.value)
        return readout_html(sentence, head, body)

    def _what_is_missing(self, absent):
        """What the button does."""
        from tlcourse.tables.targets import DATA_SETS, as_target

        names = " and ".join(absent)
        if self.kind.value == DATA_SETS:
            return (
                f"Not measured yet from {names}. Press the button: the images go through the "
                "network, minutes on a GPU, hours on a CPU."
            )
        target = as_target(self.target)
        each = target.pool_per_class + target.test_per_class
        return (
            f"Not measured yet from {names}. Press the button: it draws {each} pictures of each "
            "class and runs them through the network, about ten seconds a source."
        )

    def _say(self, sentence):
        self.rows, self._readout.value = None, readout_html(sentence)

    def to_html(self):
        """What a page without a kernel shows."""
        kind = self.kind.value
        words = f"Target: {self.target}. Sources: {', '.join(self.sources[kind].value)}."
        return f"<p>{words}</p>{self._readout.value}"


def _key(cell):
    return cell.source, cell.target.name, cell.embedding.name, cell.seed


def _by_cell(results):
    """``{(source, target, embedding, seed): row}`` of results with C = 1."""
    keys = ["source", "target", "embedding", "seed"]
    rows = results.to_dict("records")
    return {tuple(row[key] for key in keys): row for row in rows if row.get("C", 1) == 1}


def _measured(cells):
    from tlcourse.tables.sweep import run_sweep

    return run_sweep(cells, progress=False)


@lru_cache(maxsize=64)
def _distance(source, target):
    """None where the pictures of one of the two would take long to describe."""
    from tlcourse.datasets.benchmarks import BENCHMARKS
    from tlcourse.networks.sources import SOURCES
    from tlcourse.tables.similarity import source_similarity

    known = source in SOURCES and SOURCES[source].role != "drawn" and target not in BENCHMARKS
    return source_similarity(source, target) if known else None

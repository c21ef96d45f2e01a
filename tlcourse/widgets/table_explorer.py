"""A row of the lecture's table for any source and target: measured before, or now."""

from functools import lru_cache
from pathlib import Path

import ipywidgets

from tlcourse.widgets.base import Explorer, readout_html
from tlcourse.widgets.choice import Choice
from tlcourse.widgets.table_page import rows_html
from tlcourse.widgets.toggles import Toggles

PHOTOS, DRAWINGS, DATA_SETS = "photographs", "drawings", "the nine data sets"
PHOTO_SOURCES = ("natural", "manmade")
LIVE_SOURCES = (*PHOTO_SOURCES, "drawn")
LARGE_SOURCES = ("vgg16", "alexnet", "alexnet places365")
N_DRAWS = ("1", "3", "5", "10")
MEASURE = "Measure what is missing"


class TableExplorer(Explorer):
    """Sources, target, embeddings and draws on toggles; accuracy, spread and distance below.

    Photographs answer at once, from their shipped features. Drawings and the nine data sets go
    through the network when the button is pressed.

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
        from tlcourse.datasets.benchmarks import BENCHMARKS
        from tlcourse.datasets.drawn import FAMILIES as DRAWN_FAMILIES
        from tlcourse.datasets.photos import FAMILIES
        from tlcourse.tables.cells import EMBEDDINGS, PAPER

        self._measure, self._distance = measure or _measured, distance or _distance
        self._results = {} if results is None else _by_cell(results)
        self.rows = None
        self.kind = Choice("Target: what kind", (PHOTOS, DRAWINGS, DATA_SETS))
        self.targets = {
            PHOTOS: Choice("Target: photographs", FAMILIES, target),
            DRAWINGS: Choice("Target: drawings", DRAWN_FAMILIES),
            DATA_SETS: Choice("Target: data set", BENCHMARKS),
        }
        self.sources = {
            PHOTOS: Toggles("Sources", PHOTO_SOURCES, PHOTO_SOURCES),
            DRAWINGS: Toggles("Sources", LIVE_SOURCES, PHOTO_SOURCES),
            DATA_SETS: Toggles("Sources", (*LIVE_SOURCES, *LARGE_SOURCES), ["vgg16"]),
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
        from tlcourse.tables.targets import DRAWN

        name = self.targets[self.kind.value].value
        return DRAWN + name if self.kind.value == DRAWINGS else name

    def _cells(self, source):
        """What the present settings ask of a source; fc7 always, to compare with."""
        from tlcourse.tables.cells import make_cells

        embeddings = [
            name for name in self.embeddings.options if name in {*self.embeddings.value, "fc7"}
        ]
        return make_cells(source, self.target, embeddings, range(int(self.seeds.value)))

    def _answer(self):
        kind = self.kind.value
        for controls in (self.targets, self.sources):
            for name, control in controls.items():
                control.layout.display = None if name == kind else "none"
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
        to_fetch = _to_fetch(self.target, absent) if self.kind.value == DATA_SETS else []
        self.button.layout.display = None if absent and not to_fetch else "none"
        sentence = self._what_is_missing(absent, to_fetch) if absent else ""
        if self.rows is None:
            return readout_html(sentence)
        distances = {source: self._distance(source, self.target) for source in sources}
        head, body = rows_html(self.rows, distances, self.embeddings.value)
        return readout_html(sentence, head, body)

    def _what_is_missing(self, absent, to_fetch):
        """What the button does, or what has to be fetched before there is one."""
        names = " and ".join(absent)
        if to_fetch:
            commands = " and ".join(f"'python3 start.py fetch {name}'" for name in to_fetch)
            return f"{self.target} from {names} is not here yet: run {commands}."
        if self.kind.value == DATA_SETS:
            return (
                f"Not measured yet from {names}. Press the button: the images go through the "
                "network, minutes on a GPU, hours on a CPU."
            )
        from tlcourse.tables.targets import as_target

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


def _to_fetch(target, sources):
    """What a data set and its sources lack here, by the names that ``fetch`` knows."""
    from tlcourse.datasets.benchmarks import state_of

    data = [] if state_of(target).word == "complete" else [target]
    return data + [name.replace(" ", "_") for name in sources if not _weights_are_here(name)]


def _weights_are_here(source):
    from torch.hub import get_dir
    from torchvision.models import get_model_weights

    from tlcourse.networks.places365 import file_of

    if source not in LARGE_SOURCES:
        return True
    if source.endswith("places365"):
        return file_of(source.replace(" ", "_")).exists()
    address = get_model_weights(source).DEFAULT.url
    return (Path(get_dir()) / "checkpoints" / address.rsplit("/", 1)[1]).exists()


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

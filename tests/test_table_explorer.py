"""Notebook 11: its widgets with every control at both ends, its figure."""

import re

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import traitlets

from tlcourse import plots, widgets
from tlcourse.datasets.benchmarks import BENCHMARKS, card_of
from tlcourse.networks.sources import SOURCES
from tlcourse.tables import source_factors
from tlcourse.tables.cells import EMBEDDINGS, make_cells
from tlcourse.tables.similarity import SourceSimilarity
from tlcourse.tables.sweep import run_sweep
from tlcourse.tables.targets import DATA_SETS, DRAWINGS, PHOTOS

FAILED = "could not be shown"


def text_of(html):
    return re.sub("<[^>]*>", "", html)


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("TLCOURSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TLCOURSE_DATA", str(tmp_path / "data"))
    yield
    plt.close("all")


class Engine:
    """Accuracies that can be told apart, and a list of the cells that were asked for."""

    def __init__(self):
        self.asked, self.problem = [], None

    def measure(self, cells):
        if self.problem:
            raise self.problem
        self.asked.append([(cell.source, cell.target.name) for cell in cells])
        embeddings = list(EMBEDDINGS)
        rows = [
            {
                "source": cell.source,
                "target": cell.target.name,
                "embedding": cell.embedding.name,
                "seed": cell.seed,
                "accuracy": 0.3 + 0.05 * embeddings.index(cell.embedding.name) + 0.01 * cell.seed,
                "train_images": 200,
                "test_images": 500,
            }
            for cell in cells
        ]
        return pd.DataFrame(rows)

    def distance(self, source, target):
        return SourceSimilarity(2.5, 0.78, "fc7 of a network")


@pytest.fixture
def engine():
    return Engine()


@pytest.fixture
def explorer(engine):
    return widgets.TableExplorer(measure=engine.measure, distance=engine.distance)


class TestTableExplorer:
    def test_each_control_at_both_ends(self, explorer):
        for kind in (PHOTOS, DRAWINGS):
            explorer.kind.value = kind
            explorer.button.click()
            target = explorer.targets[kind]
            for end in (target.options[-1], target.options[0]):
                target.value = end
                explorer.button.click()
                assert FAILED not in explorer._readout.value and explorer.rows is not None
            toggles = (explorer.sources[kind], explorer.embeddings)
            for control in toggles:
                for value in (control.options[-1:], control.options, control.options[:1]):
                    control.value = value
                    explorer.button.click()
                    assert FAILED not in explorer._readout.value
            for end in (explorer.seeds.options[0], explorer.seeds.options[-1]):
                explorer.seeds.value = end
                assert explorer.rows["seed"].nunique() == int(end)

    def test_numbers_are_those_of_the_cells(self, explorer):
        explorer.sources[PHOTOS].value = ["manmade"]
        page = text_of(explorer._readout.value)
        assert page.startswith("insects 200 training images, 500 test images, 5 draws")
        assert "from manmade: distance 2.50" in page and "from natural" not in page
        assert "fc737.0 ± 1.6%" in page and "full network67.0 ± 1.6%+30.0 ± 0.0 over fc7" in page

    def test_nothing_is_measured_twice(self, explorer, engine):
        measured = len(engine.asked)
        explorer.sources[PHOTOS].value = ["natural"]
        explorer.seeds.value = "3"
        explorer.embeddings.value = ["full network"]
        assert len(engine.asked) == measured
        assert "full network" in explorer._readout.value and ">fc7<" not in explorer._readout.value
        explorer.seeds.value = "10"
        assert len(engine.asked[-1]) == 10  # five more draws of the full network and of fc7

    def test_results_that_were_measured_before_are_used(self, engine):
        before = engine.measure(make_cells(["natural", "manmade"], "food"))
        engine.asked.clear()
        widgets.TableExplorer(before, "food", engine.measure, engine.distance)
        assert engine.asked == []

    def test_drawings_wait_for_the_button(self, explorer, engine):
        measured = len(engine.asked)
        explorer.kind.value = DRAWINGS
        assert len(engine.asked) == measured and explorer.rows is None
        assert "Press the button: it draws 50 pictures of each class" in explorer._readout.value
        assert explorer.button.layout.display is None
        explorer.button.click()
        assert engine.asked[-1][0] == ("manmade", "drawn animals")
        assert explorer.button.layout.display == "none" and not explorer.button.disabled
        explorer.sources[DRAWINGS].value = explorer.sources[DRAWINGS].options
        assert "Not measured yet from drawn" in explorer._readout.value
        assert set(explorer.rows["source"]) == {"natural", "manmade"}

    def test_what_is_not_there_is_grey_and_says_what_to_fetch(self, engine, monkeypatch, tmp_path):
        monkeypatch.setattr("torch.hub.get_dir", lambda: str(tmp_path))
        explorer = widgets.TableExplorer(measure=engine.measure, distance=engine.distance)
        explorer.kind.value = DATA_SETS
        reasons = explorer.targets[DATA_SETS]._reasons | explorer.sources[DATA_SETS]._reasons
        for name in (*BENCHMARKS, "vgg16", "alexnet", "alexnet places365"):
            fetched = name.replace(" ", "_")
            assert reasons.pop(name) == f"run 'python3 start.py fetch {fetched}'."
        assert reasons == {}
        with pytest.raises(traitlets.TraitError, match="vgg16 cannot be chosen. run 'python3"):
            explorer.sources[DATA_SETS].value = ["natural", "vgg16"]
        assert explorer.button.layout.display == "none" and explorer.rows is None
        assert "None of the nine data sets is on this machine" in explorer._readout.value

    def test_data_sets_can_be_measured_once_they_are_there(self, engine, tmp_path, monkeypatch):
        monkeypatch.setattr("torch.hub.get_dir", lambda: str(tmp_path))
        for name in ("mit67", "wood"):
            (tmp_path / "data" / card_of(name).folder).mkdir(parents=True)
        weights = tmp_path / "checkpoints" / "vgg16-397923af.pth"
        weights.parent.mkdir()
        weights.touch()
        explorer = widgets.TableExplorer(measure=engine.measure, distance=engine.distance)
        explorer.kind.value = DATA_SETS
        assert explorer.sources[DATA_SETS].value == ["vgg16"]
        for name in ("wood", "mit67"):
            explorer.targets[DATA_SETS].value = name
            assert "Press the button" in explorer._readout.value
            explorer.button.click()
            assert engine.asked[-1][0] == ("vgg16", name) and explorer.rows is not None

    def test_a_failure_is_a_sentence_and_the_next_setting_works(self, explorer, engine):
        engine.problem = ValueError("The features of <food> hold NaN.")
        explorer.targets[PHOTOS].value = "food"
        assert explorer.rows is None
        assert f"{FAILED}. The features of &lt;food&gt;" in explorer._readout.value
        explorer.kind.value = DRAWINGS
        explorer.button.click()
        assert f"{FAILED}." in explorer._readout.value and not explorer.button.disabled
        engine.problem = None
        explorer.button.click()
        assert explorer.rows is not None and FAILED not in explorer._readout.value

    def test_only_controls_of_the_kind_are_shown(self, explorer):
        for kind in (DATA_SETS, DRAWINGS, PHOTOS):
            explorer.kind.value = kind
            for controls in (explorer.targets, explorer.sources):
                shown = [name for name, each in controls.items() if each.layout.display is None]
                assert shown == [kind]

    def test_the_numbers_are_those_of_the_sweep(self, tmp_path):
        explorer = widgets.TableExplorer()
        explorer.sources[PHOTOS].value = ["natural"]
        explorer.seeds.value = "3"
        results = run_sweep(make_cells("natural", "insects", "fc7", range(3)), store=False)
        shown = explorer.rows[explorer.rows["embedding"] == "fc7"]["accuracy"]
        assert list(shown) == list(results["accuracy"])
        mean = 100 * results["accuracy"].mean()
        assert f"fc7{mean:.1f} ± " in text_of(explorer._readout.value)
        assert "from natural: distance" in text_of(explorer._readout.value)

    def test_it_is_read_without_a_kernel(self, explorer):
        bundle = explorer._repr_mimebundle_()
        assert bundle["text/plain"] == "TableExplorer()"
        assert "Target: insects. Sources: natural, manmade." in bundle["text/html"]
        assert "full network" in bundle["text/html"]

    def test_unknown_target(self, engine):
        with pytest.raises(traitlets.TraitError, match="'cars' is not one of cats and dogs"):
            widgets.TableExplorer(target="cars", measure=engine.measure)


class TestToggles:
    def test_values_come_in_the_order_of_the_options(self):
        toggles = widgets.Toggles("Letters", ["a", "b", "c"])
        assert toggles.value == ["a"]
        toggles.value = ["c", "a"]
        assert toggles.value == ["a", "c"]

    def test_none_and_unknown_are_refused(self):
        toggles = widgets.Toggles("Letters", ["a", "b"])
        with pytest.raises(traitlets.TraitError, match="Letters: none is chosen"):
            toggles.value = []
        with pytest.raises(traitlets.TraitError, match="Letters: 'x' is not one of a, b"):
            toggles.value = ["x"]
        with pytest.raises(ValueError, match="Letters: there is no option"):
            widgets.Toggles("Letters", [])
        assert toggles.value == ["a"]

    def test_it_is_read_without_a_kernel(self):
        bundle, _ = widgets.Toggles("Letters", ["<a>", "b"], ["b"])._repr_mimebundle_()
        assert bundle["text/html"].endswith("<p>Letters: &lt;a&gt;, <b>b</b></p>")


class TestPublishedTables:
    def test_every_table_in_every_order(self):
        tables = widgets.PublishedTables()
        for name in reversed(tables.table.options):
            tables.table.value = name
            shown = next(each for each in tables.sort_by.values() if each.layout.display is None)
            for row in (*shown.options, shown.options[0]):
                shown.value = row
                assert (
                    FAILED not in tables._readout.value
                    and "printed on the slide" in tables._readout.value
                )

    def test_data_sets_are_sorted_and_numbers_marked(self):
        tables = widgets.PublishedTables("low similarity")
        tables.sort_by["low"].value = "difference"
        page = tables._readout.value
        names = re.findall(r"<th[^>]*>([a-z]+[\w-]*\d*)</th>", page)[:7]
        assert names[0] == "cats-dogs" and names[-1] == "mit67"
        assert "74.0<sup>s</sup>" in page and "35.5<sup>d</sup>" in page
        assert "10.6 is the mean of the seven differences" in page

    def test_a_failure_is_a_sentence(self):
        def show(which, row):
            raise ValueError("There is no row.")

        assert (
            "This could not be shown. There is no row."
            in widgets.PublishedTables(show=show)._readout.value
        )

    def test_it_is_read_without_a_kernel(self):
        bundle = widgets.PublishedTables()._repr_mimebundle_()
        assert bundle["text/plain"] == "PublishedTables()"
        assert "<sup>s</sup>" in bundle["text/html"]


# Factors


def table_of(accuracies):
    """Rows of results from ``{(source, target): accuracies over seeds}``, both embeddings alike."""
    rows = [
        {"source": source, "target": target, "embedding": name, "seed": seed, "accuracy": value}
        for (source, target), values in accuracies.items()
        for name in ("fc7", "full network")
        for seed, value in enumerate(values)
    ]
    return pd.DataFrame(rows)


@pytest.fixture
def swapped():
    results = table_of(
        {
            ("natural", "insects"): [0.5, 0.6],
            ("manmade", "insects"): [0.4, 0.4],
            ("natural", "clothes"): [0.2, 0.3],
            ("manmade", "clothes"): [0.3, 0.5],
        }
    )
    pairs = [("natural", "insects", 2), ("manmade", "insects", 3)]
    pairs += [("natural", "clothes", 5), ("manmade", "clothes", 4)]
    return results, pd.DataFrame(pairs, columns=["source", "target", "distance"])


def test_near_and_far_follow_the_distance(swapped):
    named = source_factors.by_distance(*swapped)
    near = named[(named["source"] == "nearer") & (named["embedding"] == "fc7")]
    assert dict(zip(near["target"], near["accuracy"], strict=False)) == {
        "insects": 0.6,
        "clothes": 0.5,
    }
    assert list(named["target"].unique()) == ["insects", "clothes"]


def test_one_source_has_no_farther_one(swapped):
    results, distances = swapped
    with pytest.raises(ValueError, match="insects has one source with a distance"):
        source_factors.by_distance(results, distances[:1])


def test_similarity_effects_are_paired_by_seed(swapped):
    effects = source_factors.similarity_effects(*swapped)
    insects = effects[(effects["target"] == "insects") & (effects["embedding"] == "fc7")].iloc[0]
    assert insects["difference"] == pytest.approx(-15)
    assert insects["spread"] == pytest.approx(np.std([-10, -20], ddof=1))
    assert (insects["reference"], insects["changed"]) == pytest.approx((0.55, 0.4))


def some_effects(differences, source="half_images"):
    rows = [
        {
            "change": "half",
            "source": source,
            "compared_with": "half_width",
            "target": f"target {number}",
            "embedding": "fc7",
            "difference": value,
            "spread": 1.0,
        }
        for number, value in enumerate(differences)
    ]
    return pd.DataFrame(rows)


def test_tables_without_a_pair_are_left_out():
    pair = table_of({("half_width", "food"): [0.5, 0.5], ("half_images", "food"): [0.4, 0.3]})
    alone = table_of({("natural", "food"): [0.5, 0.5]})
    effects = source_factors.factor_effects(alone, pair)
    assert list(effects["difference"]) == pytest.approx([-15, -15])


def test_source_table():
    results = table_of({("natural", "food"): [0.5], ("manmade", "food"): [0.4]})
    table = source_factors.source_table(results)
    assert table.loc["natural", ["fc7", "full network"]].tolist() == [50, 50]
    assert table.loc["manmade", "classes"] == len(SOURCES["manmade"].class_names())


def test_the_figure_has_a_row_a_change_and_its_words():
    effects = pd.concat([some_effects([-1.0, 3.0]), some_effects([2.0]).assign(change="other")])
    ax = plots.plot_factors(effects, {"half": "yes", "other": "no"})
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["half:\nyes", "other:\nno"]
    drawn = sorted(x for line in ax.lines for x in line.get_xdata() if len(line.get_xdata()) < 3)
    assert {-1.0, 3.0, 2.0} <= set(drawn)

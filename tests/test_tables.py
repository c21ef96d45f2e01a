"""The measured table, its differences, similarity beside it, and what they are written as."""

import io
import re

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from scripts.remake import class_means, runner
from scripts.remake.class_means import write_class_means
from tlcourse import plots
from tlcourse.datasets import FAMILIES, PHOTO_SOURCES
from tlcourse.features import extraction
from tlcourse.networks.backbones import load_backbone
from tlcourse.tables import similarity as source_similarity
from tlcourse.tables.cells import PAPER, make_cells
from tlcourse.tables.gain_by_similarity import gain_against_similarity, similarity_effect
from tlcourse.tables.similarity import ClassMeans, read_class_means, similarity_table
from tlcourse.tables.sweep import run_sweep
from tlcourse.tables.tables import (
    as_latex,
    caption,
    differences,
    measured_table,
    plot_table,
    summarize,
    write_table,
)
from tlcourse.tables.targets import DrawnTarget


@pytest.fixture(scope="module")
def results():
    """Small, and real: two sources, three families, two seeds."""
    cells = make_cells(PHOTO_SOURCES, ["insects", "cats and dogs", "clothes"], PAPER, seeds=(0, 1))
    return run_sweep(cells, store=False, progress=False)


@pytest.fixture
def made_up():
    """Accuracies that are easy to reckon with."""
    rows = [
        (source, target, embedding, seed, base + gain * (embedding == "full network") + 0.01 * seed)
        for source, base in (("natural", 0.3), ("manmade", 0.2))
        for target, gain in (("insects", 0.05), ("food", 0.1))
        for embedding in ("fc7", "full network")
        for seed in (0, 1, 2)
    ]
    table = pd.DataFrame(rows, columns=["source", "target", "embedding", "seed", "accuracy"])
    return table.assign(C=1.0, date="2026-11-25")


def values(results, source, target, embedding):
    chosen = (results[["source", "target", "embedding"]] == [source, target, embedding]).all(axis=1)
    return 100 * results[chosen].sort_values("seed")["accuracy"].to_numpy()


class TestTable:
    def test_mean_and_spread_of_each_entry(self, results):
        for row in summarize(results).itertuples():
            expected = values(results, row.source, row.target, row.embedding)
            assert row.mean == pytest.approx(np.mean(expected))
            assert row.spread == pytest.approx(np.std(expected, ddof=1))
            assert (row.lowest, row.highest) == (expected.min(), expected.max())
            assert row.seeds == 2

    def test_differences_are_paired_by_seed_whatever_the_order_of_rows(self, results):
        shuffled = results.sample(frac=1, random_state=0)
        for row in differences(shuffled).itertuples():
            full, fc7 = (
                values(results, row.source, row.target, e) for e in ("full network", "fc7")
            )
            assert row.mean == pytest.approx(np.mean(full - fc7))
            assert row.spread == pytest.approx(np.std(full - fc7, ddof=1))

    def test_the_lectures_shape(self, results):
        table = measured_table(results, "natural")
        assert list(table.index) == [*PAPER, "full network − fc7"]
        assert list(table.columns) == ["insects", "cats and dogs", "clothes"]
        fc7 = values(results, "natural", "insects", "fc7")
        assert table.at["fc7", "insects"] == f"{np.mean(fc7):.1f} ± {np.std(fc7, ddof=1):.1f}"
        assert re.fullmatch(r"[+-]\d+\.\d ± \d+\.\d", table.at["full network − fc7", "clothes"])
        both = measured_table(results)
        assert both.loc["natural"].equals(table) and len(both) == 2 * len(table)

    def test_made_up_numbers(self, made_up):
        table = measured_table(made_up, "manmade")
        assert table.at["fc7", "food"] == "21.0 ± 1.0"
        assert table.at["full network − fc7", "food"] == "+10.0 ± 0.0"

    def test_one_seed_has_no_spread(self, made_up):
        table = measured_table(made_up[made_up["seed"] == 0], "natural")
        assert table.at["fc7", "insects"] == "30.0"

    def test_a_cell_that_was_not_measured_is_a_dash(self, made_up):
        absent = (made_up["target"] == "food") & (made_up["source"] == "natural")
        part = measured_table(made_up[~absent])
        assert part.loc[("manmade", "fc7"), "food"] == "21.0 ± 1.0"
        assert "food" not in measured_table(made_up[~absent], "natural")

    @pytest.mark.parametrize(
        ("call", "sentence"),
        [
            (lambda r: measured_table(r, "vgg16"), "no results of source 'vgg16': choose from nat"),
            (lambda r: differences(r, "fc9"), "no results of embedding 'fc9': choose from 'fc7'"),
            (lambda r: differences(r.drop(index=0)), "not both measured on insects from natural"),
            (lambda r: summarize(r[:0]), "no row: take those of run_sweep"),
            (lambda r: summarize(r.drop(columns="seed")), "no column 'seed'"),
            (lambda r: similarity_effect(gain_against_similarity(r)[:3]), "at least four"),
        ],
    )
    def test_bad_input_is_one_sentence(self, made_up, call, sentence):
        with pytest.raises(ValueError, match=sentence):
            call(made_up)


class TestFiles:
    def test_csv_comes_back(self, results, tmp_path):
        table = measured_table(results)
        file = write_table(table, tmp_path / "table.csv", caption(results))
        back = pd.read_csv(file, comment="#", index_col=[0, 1], encoding="utf-8")
        assert back.equals(table) and list(back.columns) == list(table.columns)
        assert file.read_text(encoding="utf-8").startswith("# Mean per-class accuracy")

    def test_latex_is_escaped_and_captioned(self, made_up, tmp_path):
        renamed = made_up.replace("full network", "full_network, {-v, 0, v}")
        text = as_latex(measured_table(renamed, "natural"), caption(made_up) + " 100%")
        assert r"full\_network, \{-v, 0, v\}" in text and r"31.0 $\pm$ 1.0" in text
        assert "seeds 0, 1, 2; source natural, manmade" in text and r"100\%" in text
        assert text.count(r"\begin{tabular}") == text.count(r"\end{tabular}") == 1
        rows = [line for line in text.splitlines() if line.endswith(r"\\")]
        assert {line.count("&") for line in rows} == {2}
        file = write_table(measured_table(made_up), tmp_path / "t.tex")
        assert r"\multirow" not in file.read_text() and r"$-$ fc7" in file.read_text()

    def test_the_caption_names_sources_seeds_and_days(self, made_up):
        made_up.loc[0, "date"] = "2026-11-24"
        text = caption(made_up)
        for words in ("seeds 0, 1, 2", "natural, manmade", "2026-11-24 to 2026-11-25", "C = 1"):
            assert words in text

    def test_another_ending_writes_nothing(self, made_up, tmp_path):
        with pytest.raises(ValueError, match="table.xlsx ends in '.xlsx'"):
            write_table(measured_table(made_up), tmp_path / "table.xlsx")
        assert not list(tmp_path.iterdir())


class TestSimilarity:
    def test_the_distance_is_the_cheapest_transport_of_class_means(self):
        """As many classes on both sides, all of one size: an assignment."""
        means = read_class_means()
        table = similarity_table(["half_classes"], ["scenes"])
        source, target = means.of("natural", 2)[0], means.of("scenes")[0]
        costs = cdist(np.repeat(source, len(target), 0), np.repeat(target, len(source), 0))
        cheapest = costs[linear_sum_assignment(costs)].mean()
        assert table["distance"][0] == pytest.approx(cheapest, rel=1e-6)
        assert table["similarity"][0] == pytest.approx(np.exp(-0.1 * cheapest))

    def test_a_source_is_nearer_to_itself_than_to_any_target(self, monkeypatch):
        monkeypatch.setattr(source_similarity, "_target_domain", source_similarity.source_domain)
        assert similarity_table(["natural"], [DrawnTarget("textures")] * 0).empty
        distance = source_similarity.source_similarity("natural", "natural").distance
        assert distance == pytest.approx(0, abs=1e-9)
        assert source_similarity.source_similarity("natural", "manmade").distance > 1

    def test_what_is_farther_is_less_similar(self):
        table = similarity_table(PHOTO_SOURCES, FAMILIES[:3])
        assert list(table["similarity"].argsort()) == list((-table["distance"]).argsort())
        assert table.attrs["space"].startswith("fc7 of ")

    def test_a_drawn_target_is_described_in_the_same_space(self):
        target = DrawnTarget("shapes", per_class=2, pool_per_class=3, test_per_class=2)
        found = source_similarity.source_similarity("natural", target)
        photos = similarity_table(["natural"], FAMILIES)["distance"]
        assert found.distance > photos.min() and 0 < found.similarity < 1

    def test_counts_weigh_classes(self):
        means, counts = np.array([[0.0], [1.0]]), np.array([50, 25])
        rows, labels = source_similarity._weighted(means, counts)
        assert rows.ravel().tolist() == [0, 0, 1] and labels.tolist() == [0, 0, 1]

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            (("vgg16", "food"), "What 'vgg16' learned from is not here"),
            (("natural", "mammals"), "no target 'mammals'"),
        ],
    )
    def test_bad_input_is_one_sentence(self, arguments, sentence):
        with pytest.raises(ValueError, match=sentence):
            source_similarity.source_similarity(*arguments)


class TestClassMeans:
    def test_the_shipped_file_has_every_class_once(self):
        means = read_class_means()
        assert len(set(means.wnids)) == len(means.wnids) == len(means.means) == 200
        assert set(means.counts) == {50} and np.isfinite(means.means).all()
        assert source_similarity.FILE.stat().st_size < 250_000
        backbone = load_backbone(means.about["backbone"])
        assert means.means.shape[1] == backbone.layer_sizes[means.about["layer"]]

    @pytest.mark.parametrize("harm", ["absent", "truncated", "of something else", "stale"])
    def test_a_harmed_file_is_not_used(self, tmp_path, harm):
        file, means = tmp_path / "means.npz", read_class_means()
        if harm == "stale":
            about = {**means.about, "weights_sha256": "0"}
            write_class_means(ClassMeans(means.wnids, means.means, means.counts, about), file)
        elif harm == "truncated":
            file.write_bytes(source_similarity.FILE.read_bytes()[:-500])
        elif harm == "of something else":
            np.savez(file.open("wb"), values=np.zeros(3))
        reason = "made by other weights" if harm == "stale" else "missing or truncated"
        with pytest.raises(RuntimeError, match=f"means.npz .*{reason}.*git checkout"):
            read_class_means(file)

    def test_written_and_read(self, tmp_path):
        means = read_class_means()
        write_class_means(means, tmp_path / "again.npz")
        again = read_class_means(tmp_path / "again.npz")
        np.testing.assert_array_equal(again.means, means.means)
        assert again.wnids == means.wnids and again.about.items() >= means.about.items()

    def test_without_the_photographs_the_command_says_so(self, tmp_path, monkeypatch):
        monkeypatch.setattr(class_means, "BACKBONE", "natural")
        monkeypatch.setattr(class_means, "FILE", tmp_path / "means.npz")
        with pytest.raises(SystemExit, match="Tiny ImageNet was not found"):
            runner.main(["class_means", "--data", str(tmp_path)])
        assert not list(tmp_path.iterdir())

    def test_measured_from_photographs(self, monkeypatch):
        """Each class's mean, by hand, over pictures made for the purpose."""
        backbone, images = load_backbone("natural"), made_photographs()
        monkeypatch.setattr(class_means, "TinyImageNet", lambda role, split, root: images)
        monkeypatch.setattr(class_means, "ROLES", ("insects",))
        found = class_means.measure_class_means(backbone, progress=False)
        features = extraction.extract_features(
            backbone, images, ["fc7"], precision="float32", cache=False
        )
        assert found.counts.tolist() == [3, 2]
        np.testing.assert_allclose(found.means[0], features.matrix[:3].mean(axis=0), rtol=1e-5)
        np.testing.assert_allclose(found.means[1], features.matrix[3:].mean(axis=0), rtol=1e-5)


def made_photographs():
    from PIL import Image

    class Photographs(list):
        classes = ["red", "blue"]

    colours = [(200, 30 * n, 30) for n in range(3)] + [(30, 40 * n, 200) for n in range(2)]
    labels = [0, 0, 0, 1, 1]
    pairs = zip(colours, labels, strict=True)
    return Photographs((Image.new("RGB", (64, 64), colour), label) for colour, label in pairs)


class TestGain:
    def gains(self, slope, noise=0.0, seed=0):
        """Six targets from two sources each: gain grows by ``slope`` a unit of distance."""
        rng = np.random.default_rng(seed)
        near, extra = rng.uniform(2, 4, 6), rng.uniform(0.5, 1.5, 6)
        distance = np.concatenate([near, near + extra])
        gain = 5 + slope * distance + noise * rng.normal(size=12)
        names = [f"target {n}" for n in range(6)]
        return pd.DataFrame(
            {
                "source": ["natural"] * 6 + ["manmade"] * 6,
                "target": names * 2,
                "gain": gain,
                "spread": 1.0,
                "distance": distance,
            }
        )

    def test_gain_beside_similarity(self, results):
        gains = gain_against_similarity(results)
        assert len(gains) == 6
        similarity = similarity_table(PHOTO_SOURCES, results["target"].unique())
        expected = similarity.set_index(["source", "target"])["distance"]
        for row in gains.itertuples():
            assert row.distance == expected[row.source, row.target]
            full, fc7 = (
                values(results, row.source, row.target, e) for e in ("full network", "fc7")
            )
            assert row.gain == pytest.approx(np.mean(full - fc7))

    def test_a_source_whose_pictures_are_unknown_has_no_distance(self, made_up):
        gains = gain_against_similarity(made_up.replace("manmade", "vgg16"))
        assert gains.set_index("source")["distance"].isna().groupby(level=0).all().to_dict() == {
            "natural": False,
            "vgg16": True,
        }

    def test_a_gain_that_grows_is_found(self):
        effect = similarity_effect(self.gains(slope=3))
        assert effect.spearman == pytest.approx(1)
        assert effect.spearman_p < 0.01 and effect.low > 0.9
        assert (effect.targets, effect.larger_from_far) == (6, 6)
        assert effect.extra.low > 0
        assert "6 of 6 gain more from the farther source" in str(effect)

    def test_a_gain_that_falls_and_one_that_is_noise(self):
        assert similarity_effect(self.gains(slope=-3)).larger_from_far == 0
        noise = [similarity_effect(self.gains(0, noise=1, seed=seed)) for seed in range(5)]
        assert np.median([effect.spearman_p for effect in noise]) > 0.1
        assert all(effect.low < effect.spearman < effect.high for effect in noise)

    def test_correlations_are_scipys_and_repeat(self):
        gains = self.gains(1, noise=1)
        one, two = similarity_effect(gains), similarity_effect(gains)
        assert one == two
        assert one.spearman == pytest.approx(stats.spearmanr(gains["gain"], gains["distance"])[0])

    def test_one_source_says_nothing_within_targets(self):
        effect = similarity_effect(self.gains(1)[:6])
        assert effect.targets == 0 and effect.extra is None and "Within" not in str(effect)


class TestFigures:
    def texts(self, ax):
        return [text.get_text() for text in ax.texts]

    def test_the_table_has_means_spreads_and_signs(self, made_up):
        texts = self.texts(plot_table(made_up, "natural"))
        assert "31.0 ± 1.0" in texts and "+5.0" in texts and "+10.0" in texts
        assert texts.count("baseline") == 2
        against = self.texts(plot_table(made_up, "natural", baseline="full network"))
        assert "−5.0" in against and "+5.0" not in against

    def test_every_pair_is_a_point_with_bars_and_every_target_has_its_name(self, results):
        gains = gain_against_similarity(results)
        ax = plots.plot_gain_by_distance(gains)
        assert sorted(self.texts(ax)) == sorted(results["target"].unique())
        assert [len(bars.lines[0].get_xdata()) for bars in ax.containers] == [3, 3]
        assert gains.attrs["space"] in ax.get_xlabel()
        ax.figure.savefig(io.BytesIO())

    def test_pairs_without_a_distance_are_left_out(self, made_up):
        gains = gain_against_similarity(made_up.replace("manmade", "vgg16"))
        assert len(plots.plot_gain_by_distance(gains).containers) == 1

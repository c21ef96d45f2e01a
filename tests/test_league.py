"""The league of policies: ranking, spread, what is the same policy, and the file."""

import re
import sys
from concurrent.futures import ThreadPoolExecutor
from subprocess import PIPE, Popen
from types import SimpleNamespace

import matplotlib
import pytest

from tlcourse import paths
from tlcourse.finetuning.audits import audit
from tlcourse.finetuning.league import League, league_file, preset_name, stages_of
from tlcourse.finetuning.policies import PRESETS, Policy, as_policy
from tlcourse.finetuning.progress import CurvePoint, Settings
from tlcourse.plots import plot_learning_curves
from tlcourse.plots.training import mean_curve
from tlcourse.widgets import league_html

LAYERS = ["conv1_1", "conv1_2", "conv2_1", "conv2_2", "fc6", "fc7", "fc8"]
OWN = Policy({"*": "freeze", "conv2": "random"})
SETTINGS = Settings(0, 2, None, 0.01, 0.0, 8, "sgd", "cosine", 0.0, None, None, "cpu", True)
NAMES = [row.layer for row in audit("natural", "reuse all", 4).rows]


def a_run(policy="reuse all", seed=0, accuracy=0.5, images="A", stopped=False, **settings):
    """What the league reads of a run, made up."""
    points = [
        CurvePoint(0, step, 8 * step, 0.5 * step, 0.5 * step, step, None, 1.0, accuracy * step / 2)
        for step in range(3)
    ]
    return SimpleNamespace(
        policy=as_policy(policy),
        settings=Settings(**{**vars(SETTINGS), "seed": seed, **settings}),
        backbone=SimpleNamespace(name="natural", fingerprint="f"),
        progress=SimpleNamespace(images_digest=images),
        network=SimpleNamespace(layers=[SimpleNamespace(name=name) for name in NAMES]),
        curve=points,
        best=points[-1],
        stopped=stopped,
        audit=lambda: audit("natural", policy, 4),
    )


def a_league(*runs, file=None):
    league = League(file)
    for run in runs:
        league.add(run)
    return league


def seeds_in(league):
    return [result.seed for result in league.results]


class TestSamePolicy:
    @pytest.mark.parametrize("name", PRESETS)
    def test_a_preset_written_otherwise_is_the_preset_and_one_layer_more_is_none(self, name):
        policy = PRESETS[name]
        written = policy.choices_for(LAYERS)
        other = Policy(written, layer_decay=policy.layer_decay, then=policy.then)
        assert preset_name(other, LAYERS) == name
        choice = "freeze" if name == "all random" else "random"
        assert preset_name(policy.painted("conv1_2", choice), LAYERS) is None

    def test_rates_and_stages_count(self):
        assert preset_name(Policy({"*": "fine-tune"}, layer_decay=0.7), LAYERS) is None
        assert preset_name(Policy({"*": "freeze"}, then=Policy({"*": "fine-tune"})), LAYERS) is None
        # a preset that does not fit is no obstacle
        assert preset_name(Policy({"*": "freeze"}), ["a", "head"]) == "reuse all"
        policy = PRESETS["probe, then fine-tune"]
        first, second = stages_of(policy, LAYERS)
        assert {name: choice for name, (choice, _) in first.items()} == policy.choices_for(LAYERS)
        assert {factor for _, factor in second.values()} == {0.1}


class TestRanking:
    def test_mean_and_spread_over_seeds(self):
        values = (0.5, 0.8, 0.6)
        league = a_league(*(a_run(seed=seed, accuracy=v) for seed, v in enumerate(values)))
        (only,) = league.standings()
        assert only.accuracies == pytest.approx(values) and only.mean == pytest.approx(1.9 / 3)
        assert only.spread == pytest.approx((0.5, 0.8)) and only.seconds == 1.0
        assert "<b>63.3%</b><br>50 to 80</td><td>3</td>" in plain(league_html(league))

    def test_best_mean_is_first_and_of_equals_the_smaller(self):
        league = a_league(
            a_run("fine-tune all", accuracy=0.7),
            a_run("reuse all", accuracy=0.7),
            a_run(OWN.painted("fc7", "fine-tune"), accuracy=0.1),
            a_run(OWN, accuracy=0.9),
        )
        names = [each.name for each in league.standings()]
        assert names == ["my policy 2", "reuse all", "fine-tune all", "my policy 1"]
        assert league.best(own=True).name == "my policy 2"
        assert league.best(own=False).name == "reuse all"

    @pytest.mark.parametrize(
        ("policy", "words"),
        [
            (OWN, "freeze conv1_1 to conv1_2, random conv2_1 to conv2_2, freeze conv3_1 to fc7"),
            ("probe, then fine-tune", "; then fine-tune conv1_1 to fc8, learning rate × 0.1"),
        ],
    )
    def test_parameters_are_the_audits_and_words_the_policys(self, policy, words):
        (each,) = a_league(a_run(policy)).standings()
        audits = audit("natural", policy, 4)
        assert each.trained_parameters == (audits.then or audits).trained_parameters
        assert words in each.describe()


class TestAdd:
    @pytest.mark.parametrize(
        ("first_stopped", "second_stopped", "counts"),
        [(False, False, 0.6), (False, True, 0.4), (True, False, 0.6)],
    )
    def test_same_policy_and_seed_takes_the_place_but_a_stopped_run_of_no_whole_one(
        self, first_stopped, second_stopped, counts
    ):
        first = a_run(accuracy=0.4, stopped=first_stopped)
        league = a_league(first, a_run(accuracy=0.6, stopped=second_stopped))
        assert [result.accuracy for result in league.results] == pytest.approx([counts])

    @pytest.mark.parametrize("other", [{"images": "B"}, {"learning_rate": 0.1}, {"epochs": 3}])
    def test_another_setting_is_refused_but_seed_and_device_are_none(self, other):
        league = a_league(a_run(), a_run(seed=1, device="cuda", cache=False))
        (word,) = (name.replace("_", " ") for name in other)
        with pytest.raises(ValueError, match=f"another .*{word} .* begin a new league"):
            league.add(a_run("all random", **other))
        assert len(league) == 2


def test_each_verdict_has_a_sentence():
    assert "No run yet" in League().verdict()
    assert "Paint a policy of your own" in a_league(a_run()).verdict()
    assert "Train a preset too" in a_league(a_run(OWN)).verdict()
    both = a_league(a_run(accuracy=0.5), a_run(OWN, accuracy=0.6)).verdict()
    assert both.startswith("my policy 1 (60.0%) is 10.0 points ahead of reuse all (50.0%)")
    assert "may be luck" in both
    assert "are equal" in a_league(a_run(), a_run(OWN)).verdict()
    preset = [a_run(seed=seed, accuracy=0.5 + 0.1 * seed) for seed in range(2)]
    near, far = (
        [a_run(OWN, seed=seed, accuracy=least + 0.1 * seed) for seed in range(2)]
        for least in (0.55, 0.8)
    )
    assert "overlap" in a_league(*preset, *near).verdict()
    assert "overlap" not in a_league(*preset, *far).verdict()


class TestFile:
    def test_saved_and_read_again(self, tmp_path):
        file = tmp_path / "deep" / "league.json"
        league = a_league(a_run(), a_run(OWN, seed=2, accuracy=0.9, stopped=True), file=file)
        again = League(file)
        assert again.results == league.results and again.setting == league.setting
        assert str(again) == str(league)
        there = {path.name for path in file.parent.iterdir()}
        assert there - {".league.json.lock"} == {"league.json"}  # Windows has none between uses
        again.clear()
        assert len(League(file)) == 0

    @pytest.mark.parametrize("text", ["", "[]", '{"results": [{}]}', '{"setting": 3}'])
    def test_what_is_no_league_is_moved_aside(self, tmp_path, text):
        file = tmp_path / "league.json"
        file.write_text(text, encoding="utf-8")
        with pytest.warns(UserWarning, match="moved aside to league.json.unreadable-1"):
            assert len(League(file)) == 0
        assert (tmp_path / "league.json.unreadable-1").read_text("utf-8") == text
        league = a_league(a_run(), file=file)
        half = file.read_bytes()[:100]
        file.write_bytes(half)
        with pytest.warns(UserWarning, match="moved aside to league.json.unreadable-2"):
            league.add(a_run(seed=1))
        assert (tmp_path / "league.json.unreadable-2").read_bytes() == half
        assert seeds_in(League(file)) == [1]

    def test_two_notebooks_keep_each_others_runs(self, tmp_path):
        file = tmp_path / "league.json"
        one, two = a_league(a_run(seed=0), file=file), League(file)
        one.add(a_run(seed=1))
        two.add(a_run(seed=2))
        assert seeds_in(two) == seeds_in(League(file)) == [0, 1, 2]
        one.clear()
        two.add(a_run(seed=3))
        assert seeds_in(League(file)) == [3]
        with pytest.raises(ValueError, match="another epochs"):
            one.add(a_run(seed=4, epochs=3))
        assert seeds_in(League(file)) == [3]

    def test_many_at_once(self, tmp_path):
        leagues = [League(tmp_path / "league.json") for _ in range(8)]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda each: each[1].add(a_run(seed=each[0])), enumerate(leagues)))
        assert sorted(seeds_in(League(tmp_path / "league.json"))) == list(range(8))

    def test_a_process_that_holds_the_file_is_waited_for(self, tmp_path, monkeypatch):
        monkeypatch.setattr(paths, "LOCK_SECONDS", 0.1)
        league = League(tmp_path / "league.json")
        hold = "import sys, filelock as f\nwith f.FileLock(sys.argv[1]): input(print())"
        lock = str(tmp_path / ".league.json.lock")
        with Popen([sys.executable, "-c", hold, lock], stdin=PIPE, stdout=PIPE) as other:
            other.stdout.readline()
            with pytest.warns(UserWarning, match="another process holds .*league.json.lock"):
                league.add(a_run(seed=0))
            other.communicate(b"\n")
        league.add(a_run(seed=1))
        assert seeds_in(League(tmp_path / "league.json")) == [0, 1]

    def test_in_memory_writes_nothing(self, own_cache):
        a_league(a_run())
        assert list(own_cache.iterdir()) == []
        assert league_file("a", 1) != league_file("a", 2)
        assert league_file("a", 1).is_relative_to(own_cache)


def plain(html):
    """HTML without attributes."""
    return re.sub(r"<(\w+)[^>]*>", r"<\1>", html)


def test_rows_of_the_table_are_in_order_with_marks():
    league = a_league(a_run(accuracy=0.5), a_run(OWN, accuracy=0.75, stopped=True))
    html = league_html(league)
    assert html.index("my policy 1") < html.index("reuse all")
    assert html.count("★<br>best") == 1 and html.count('data-best="true"') == 1
    assert "<b>75.0%</b>" in html and "<td>1<br>stopped" in plain(html)
    assert "</span></span> yours" in html and "</span></span> preset" in html
    assert "From the bottom: freeze 2, random 2, freeze 8, random 1 layers" in html
    assert "Validation accuracy from 0% to 75%" in html
    assert "<table" not in league_html(League()) and "No run yet" in league_html(League())


class TestCurves:
    def test_mean_ends_where_the_first_seed_ends(self):
        x, mean, low, high = mean_curve([([0, 2, 4], [0, 0.2, 0.4]), ([0, 1, 2], [0.2, 0.2, 0.2])])
        assert x.tolist() == [0, 1, 2] and mean == pytest.approx([0.1, 0.15, 0.2])
        assert low == pytest.approx([0, 0.1, 0.2]) and high == pytest.approx([0.2, 0.2, 0.2])
        # a second stage begins where the first ended
        x, mean, *_ = mean_curve([([0, 1, 1, 2], [0, 0.5, 0.4, 0.8])])
        assert x.tolist() == [0, 1, 2] and mean == pytest.approx([0, 0.4, 0.8])

    def test_figure(self):
        curves = {"a": [([0, 2, 4], [0, 0.2, 0.4]), ([0, 2], [0.2, 0.4])], "b": [([0, 1], [0, 1])]}
        ax = plot_learning_curves(curves, chance=0.25)
        assert ax.get_legend_handles_labels()[1] == ["a", "b", "guessing"]
        mean, rest, *_ = ax.lines
        assert mean.get_ydata() == pytest.approx([10, 30])
        assert rest.get_xdata() == pytest.approx([2, 4]) and rest.get_ydata()[-1] == 40
        assert len(ax.collections) == 2
        matplotlib.pyplot.close(ax.figure)

    @pytest.mark.parametrize("curves", [{}, {"a": []}, {str(i): [([0], [0])] for i in range(8)}])
    def test_bad_curves(self, curves):
        with pytest.raises(ValueError, match="give 1 to 7"):
            plot_learning_curves(curves)

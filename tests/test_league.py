"""The league of policies: ranking, spread, and what is the same policy."""

import json
import re
from types import SimpleNamespace

import matplotlib
import pytest

from tlcourse.finetuning.audits import audit
from tlcourse.finetuning.league import League, describe, preset_name, stages_of
from tlcourse.finetuning.policies import PRESETS, Policy, as_policy
from tlcourse.finetuning.progress import CurvePoint, Settings
from tlcourse.plots import plot_learning_curves
from tlcourse.plots.training import mean_curve
from tlcourse.widgets import league_html

LAYERS = [row.layer for row in audit("natural", "reuse all", 4).rows]
OWN = Policy({"*": "freeze", "conv2": "random"})
SETTINGS = Settings(0, 2, None, 0.01, 0.0, 8, "cosine", None, None, "cpu")


def a_run(policy="reuse all", seed=0, accuracy=0.5, images="A", stopped=False, **settings):
    """What the league reads of a run, made up."""
    points = [
        CurvePoint(0, step, 8 * step, 0.5 * step, 0.5 * step, None, 1.0, accuracy * step / 2)
        for step in range(3)
    ]
    return SimpleNamespace(
        policy=as_policy(policy),
        settings=Settings(**{**vars(SETTINGS), "seed": seed, **settings}),
        backbone=SimpleNamespace(name="natural", fingerprint="f"),
        progress=SimpleNamespace(images_digest=images),
        network=SimpleNamespace(layers=[SimpleNamespace(name=name) for name in LAYERS]),
        curve=points,
        best=points[-1],
        stopped=stopped,
        audit=lambda: audit("natural", policy, 4),
    )


def a_league(*runs):
    league = League()
    for run in runs:
        league.add(run)
    return league


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
        (only,) = league.standings().itertuples()
        assert (only.mean, only.low, only.high) == pytest.approx((1.9 / 3, 0.5, 0.8))
        assert only.seconds == 1.0 and list(league.results["accuracy"]) == pytest.approx(values)
        assert "<b>63.3%</b><br>50 to 80</td><td>3</td>" in plain(league_html(league))

    def test_best_mean_is_first_and_of_equals_the_smaller(self):
        league = a_league(
            a_run("fine-tune all", accuracy=0.7),
            a_run("reuse all", accuracy=0.7),
            a_run(OWN.painted("fc7", "fine-tune"), accuracy=0.1),
            a_run(OWN, accuracy=0.9),
        )
        names = list(league.standings()["name"])
        assert names == ["my policy 2", "reuse all", "fine-tune all", "my policy 1"]
        assert league.best(own=True)["name"] == "my policy 2"
        assert league.best(own=False)["name"] == "reuse all"

    @pytest.mark.parametrize(
        ("policy", "words"),
        [
            (OWN, "freeze conv1_1 to conv1_2, random conv2_1 to conv2_2, freeze conv3_1 to fc7"),
            ("probe, then fine-tune", "; then fine-tune conv1_1 to fc8, learning rate × 0.1"),
        ],
    )
    def test_parameters_are_the_audits_and_words_the_policys(self, policy, words):
        (each,) = a_league(a_run(policy)).standings().itertuples()
        audits = audit("natural", policy, 4)
        assert each.trained_parameters == (audits.then or audits).trained_parameters
        assert words in describe(json.loads(each.policy))


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
        assert list(league.results["accuracy"]) == pytest.approx([counts])

    @pytest.mark.parametrize("other", [{"images": "B"}, {"learning_rate": 0.1}, {"epochs": 3}])
    def test_another_setting_is_refused_but_seed_and_device_are_none(self, other):
        league = a_league(a_run(), a_run(seed=1, device="cuda"))
        (word,) = (name.replace("_", " ") for name in other)
        with pytest.raises(ValueError, match=f"another .*{word} .* begin a new league"):
            league.add(a_run("all random", **other))
        assert len(league) == 2
        league.clear()
        league.add(a_run("all random", **other))
        assert len(league) == 1


def test_each_verdict_has_a_sentence():
    assert "No run yet" in League().verdict()
    assert "Paint a policy of your own" in a_league(a_run()).verdict()
    assert "Train a preset too" in a_league(a_run(OWN)).verdict()
    both = a_league(a_run(accuracy=0.5), a_run(OWN, accuracy=0.6)).verdict()
    assert both.startswith("my policy 1 (60.0%) is 10.0 points ahead of reuse all (50.0%)")
    assert "may be luck" in both
    assert "are equal" in a_league(a_run(), a_run(OWN)).verdict()
    for least, overlap in ((0.55, True), (0.8, False)):
        both = [("reuse all", 0.5), (OWN, least)]
        runs = [a_run(policy, seed, low + seed / 10) for policy, low in both for seed in (0, 1)]
        assert ("overlap" in a_league(*runs).verdict()) is overlap


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


def test_learning_curves():
    """The mean ends where the first seed ends; a second stage begins where the first ended."""
    x, mean, low, high = mean_curve([([0, 2, 4], [0, 0.2, 0.4]), ([0, 1, 2], [0.2, 0.2, 0.2])])
    assert x.tolist() == [0, 1, 2] and mean == pytest.approx([0.1, 0.15, 0.2])
    assert low == pytest.approx([0, 0.1, 0.2]) and high == pytest.approx([0.2, 0.2, 0.2])
    x, mean, *_ = mean_curve([([0, 1, 1, 2], [0, 0.5, 0.4, 0.8])])
    assert x.tolist() == [0, 1, 2] and mean == pytest.approx([0, 0.4, 0.8])
    curves = {"a": [([0, 2, 4], [0, 0.2, 0.4]), ([0, 2], [0.2, 0.4])], "b": [([0, 1], [0, 1])]}
    ax = plot_learning_curves(curves, chance=0.25)
    assert ax.get_legend_handles_labels()[1] == ["a", "b", "guessing"]
    mean, rest, *_ = ax.lines
    assert mean.get_ydata() == pytest.approx([10, 30])
    assert rest.get_xdata() == pytest.approx([2, 4]) and rest.get_ydata()[-1] == 40
    assert len(ax.collections) == 2
    matplotlib.pyplot.close(ax.figure)
    for wrong in ({}, {"a": []}, {str(i): [([0], [0])] for i in range(8)}):
        with pytest.raises(ValueError, match="give 1 to 7"):
            plot_learning_curves(wrong)

"""A folder of your own, from the files to the page to keep."""

import re
import shutil
from dataclasses import replace
from html import unescape
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from tlcourse.browsers import find_browser
from tlcourse.classifiers.svm import mean_class_accuracy
from tlcourse.datasets.drawn import DrawnImages
from tlcourse.finetuning.policies import Policy
from tlcourse.networks.batch_norm import with_batch_norm
from tlcourse.your_problem import (
    COMPARED_SOURCES,
    POLICIES,
    CannotReport,
    Comparison,
    Investigation,
    Look,
    Option,
    Rule,
    advise,
    confusions,
    contact_sheet,
    decide,
    decisions,
    investigate,
    measure_nearness,
    open_problem,
    options,
    pixel_option,
    report,
    report_html,
    split_problem,
    svm_options,
    write_report,
)
from tlcourse.your_problem.options import PIXELS, SCRATCH

CLASSES = ["daisy", "poppy", "rose"]


@pytest.fixture(scope="module", autouse=True)
def own_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TLCOURSE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def flowers(tmp_path_factory):
    """Twelve drawn flowers a class, written to a folder."""
    root = tmp_path_factory.mktemp("flowers & co")
    drawn = DrawnImages("flowers", CLASSES, 12)
    for index in range(len(drawn)):
        picture, label = drawn[index]
        (root / CLASSES[label]).mkdir(exist_ok=True)
        picture.save(root / CLASSES[label] / f"{index:02}.png")
    return root


@pytest.fixture
def folder(flowers, tmp_path):
    return shutil.copytree(flowers, tmp_path / "mine")


@pytest.fixture
def opened(monkeypatch):
    """The files that Pillow is asked to open."""
    files, really_open = [], Image.open

    def note(file, *arguments, **options):
        files.append(file)
        return really_open(file, *arguments, **options)

    monkeypatch.setattr(Image, "open", note)
    return files


def save_noise(path, *seed):
    """A picture that is no other's copy."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(list("/".join(seed).encode()))
    Image.fromarray(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)).save(path)


@pytest.fixture(scope="module")
def problem(flowers):
    return open_problem(flowers)


@pytest.fixture(scope="module")
def found(problem):
    split = split_problem(problem, draws=2)
    nearness = measure_nearness(problem, ("natural", "manmade"), repeats=4)
    options = [*svm_options(problem, split, ("natural", "manmade")), pixel_option(problem, split)]
    comparison = Comparison(options, problem.labels[split.test])
    return Investigation(problem, split, nearness, advise(nearness, split), comparison)


class TestOpening:
    def test_folder_is_what_was_drawn(self, problem):
        drawn = DrawnImages("flowers", CLASSES, 12)
        assert problem.counts == dict.fromkeys(CLASSES, 12)
        assert problem.files[0] == "daisy/00.png" and problem.notes == []
        assert np.array_equal(problem.pictures[0][0], drawn[0][0])

    def test_without_a_folder_a_family_is_drawn(self):
        problem = open_problem(family="birds", classes=None, per_class=2)
        assert set(problem.counts.values()) == {2} and "drawings" in problem.notes[0]

    def test_missing_empty_flat_and_single_class_folders_are_refused(self, tmp_path):
        with pytest.raises(FileNotFoundError, match="no folder .*nowhere"):
            open_problem(tmp_path / "nowhere")
        with pytest.raises(ValueError, match="is empty"):
            open_problem(tmp_path)
        Image.new("RGB", (9, 9)).save(tmp_path / "a.png")
        with pytest.raises(ValueError, match="files but no sub-folders"):
            open_problem(tmp_path)
        (tmp_path / "one").mkdir()
        with pytest.raises(ValueError, match="one class only, 'one'"):
            open_problem(tmp_path)

    def test_splits_are_not_taken_for_classes(self, folder, tmp_path):
        for name in ("train", "val"):
            shutil.copytree(folder, tmp_path / "split" / name)
        with pytest.raises(ValueError, match="are train, val: these are splits, not classes"):
            open_problem(tmp_path / "split")

    @pytest.mark.parametrize(
        "names",
        [
            *(["train", "test"], ["Train", "Validation", "TEST"], ["training_set", "test_set"]),
            *(["train2017", "val2017"], ["trainA", "testB"], ["fold 1", "fold 2"], ["dev", "eval"]),
            *(["Train-Images", "Hold-out"], ["01_trn", "02_tst"], ["trainval", "Test data"]),
        ],
    )
    @pytest.mark.parametrize("beside", [None, "__MACOSX", "#recycle", "new folder", "notes"])
    def test_usual_names_of_splits_whatever_is_beside_them(self, tmp_path, names, beside):
        for name in names:
            save_noise(tmp_path / name / "cat" / "0.png", name)
        if beside:
            (tmp_path / beside).mkdir()
        if beside == "notes":
            (tmp_path / beside / "read me.txt").write_text("by hand")
        if beside == "#recycle":
            save_noise(tmp_path / beside / "old.png", beside)
        named = ", ".join(sorted(names))
        with pytest.raises(ValueError, match=f"are {named}: these are splits, not classes"):
            open_problem(tmp_path)

    @pytest.mark.parametrize(
        "names", [["seg_train", "seg_test", "seg_pred"], ["monday", "tuesday", "faces"]]
    )
    def test_same_sub_folders_are_a_sign_of_splits(self, tmp_path, names):
        for name in names[:2]:
            for inner in ("cat", "dog"):
                save_noise(tmp_path / name / inner / "0.png", name, inner)
        save_noise(tmp_path / names[2] / "0.png", names[2])
        with pytest.raises(ValueError, match=r"sub-folders cat, dog: .* give one split, .*if not"):
            open_problem(tmp_path)

    @pytest.mark.parametrize(
        ("names", "inner"),
        [
            (["bus", "train"], [""]),
            (["freight train", "passenger train"], [""]),
            (["testudo", "valencia"], [""]),
            (["cat", "dog"], ["young"]),
            (["cat", "dog"], ["2023", "2024", "100CANON"]),
        ],
    )
    def test_classes_are_not_taken_for_splits(self, tmp_path, names, inner):
        for name in names:
            for each in inner:
                save_noise(tmp_path / name / each / "0.png", name, each)
        assert open_problem(tmp_path).classes == names

    def test_class_without_readable_image_is_refused_by_name(self, folder):
        (folder / "weeds").mkdir()
        (folder / "weeds" / "a.jpg").write_bytes(b"no image")
        with pytest.raises(ValueError, match="'weeds' .* 0 readable images"):
            open_problem(folder)

    def test_bad_files_and_copies_are_left_out_by_name(self, folder):
        (folder / "rose" / "bad.jpg").write_bytes(b"no image")
        shutil.copy(folder / "daisy" / "00.png", folder / "poppy" / "00.png")
        problem = open_problem(folder)
        left_out = dict(problem.left_out)
        assert "not an image" in left_out["rose/bad.jpg"]
        assert left_out["poppy/00.png"] == "same as daisy/00.png, in another class"
        assert problem.counts == dict.fromkeys(CLASSES, 12)
        assert "Left out, 2: rose/bad.jpg" in repr(Look(problem))

    def test_thumbnails_are_not_read(self, folder):
        for file in sorted(folder.glob("*/*.png")):
            small = file.parent / "@eaDir" / file.name / "SYNOFILE_THUMB_M.jpg"
            small.parent.mkdir(parents=True)
            Image.open(file).resize((48, 48)).save(small)
        problem = open_problem(folder)
        assert problem.counts == dict.fromkeys(CLASSES, 12)
        assert [name for name, _ in problem.left_out] == [f"{name}/@eaDir" for name in CLASSES]

    def test_same_pixels_in_another_file_are_a_copy(self, folder):
        picture = Image.open(folder / "daisy" / "00.png")
        exif = Image.Exif()
        exif[0x010E] = "another description"
        picture.save(folder / "daisy" / "aa.png", exif=exif, dpi=(300, 300))
        exif[0x0112] = 6
        lying = picture.transpose(Image.Transpose.ROTATE_90)
        lying.save(folder / "rose" / "lying.png", exif=exif)
        picture.save(folder / "poppy" / "00.bmp")
        picture.resize((65, 64)).save(folder / "poppy" / "other.png")
        problem = open_problem(folder)
        assert dict(problem.left_out) == {
            "daisy/aa.png": "same as daisy/00.png",
            "poppy/00.bmp": "same as daisy/00.png, in another class",
            "rose/lying.png": "same as daisy/00.png, in another class",
        }
        assert problem.counts == {"daisy": 12, "poppy": 13, "rose": 12}

    def test_class_of_copies_alone_is_refused(self, folder):
        shutil.rmtree(folder / "rose")
        shutil.copytree(folder / "daisy", folder / "rose")
        with pytest.raises(ValueError, match="Every image of class 'rose' is also in another"):
            open_problem(folder)

    def test_each_picture_that_is_used_is_opened_once_and_no_other(self, folder, opened):
        problem = open_problem(folder, per_class=5)
        assert len(opened) == 15
        assert {Path(file).relative_to(folder).as_posix() for file in opened} == set(problem.files)
        assert problem.files == sorted(problem.files)
        opened.clear()
        assert len(open_problem(folder).files) == len(opened) == len(set(opened)) == 36

    def test_bad_ones_and_copies_of_a_sample_are_replaced(self, folder):
        good, bad = np.split(sorted(folder.glob("daisy/*.png")), [4])
        for file in bad:
            file.write_bytes(b"no image")
        first, *_ = sorted(folder.glob("rose/*.png"))
        for number in range(9):
            shutil.copy(first, folder / "rose" / f"{number}.png")
        problem = open_problem(folder, per_class=4)
        assert set(problem.counts.values()) == {4}
        assert problem.files[:4] == [f"daisy/{file.name}" for file in good]

    def test_large_class_is_sampled_in_a_sentence(self, folder):
        problem = open_problem(folder, per_class=5, seed=3)
        assert set(problem.counts.values()) == {5}
        assert "daisy (12), poppy (12), rose (12) a sample of 5 images" in problem.notes[0]
        assert problem.files == open_problem(folder, per_class=5, seed=3).files

    @pytest.mark.parametrize(("orientation", "size"), [(1, (4032, 3024)), (6, (3024, 4032))])
    def test_sizes_are_those_of_the_files(self, folder, orientation, size):
        exif = Image.Exif()
        exif[0x0112] = orientation
        Image.new("RGB", (4032, 3024)).save(folder / "daisy" / "0.jpg", exif=exif)
        problem = open_problem(folder)
        assert tuple(problem.sizes[problem.files.index("daisy/0.jpg")]) == size

    def test_uneven_small_and_deep_images_are_noted(self, folder):
        for file in sorted((folder / "rose").iterdir())[2:]:
            file.unlink()
        (folder / "daisy" / "more").mkdir()
        Image.new("RGB", (20, 300)).save(folder / "daisy" / "more" / "thin.png")
        notes = " ".join(open_problem(folder).notes)
        assert "13 images of daisy, 2 of rose" in notes
        assert "under 48 pixels, where little is to be seen: 1 images" in notes
        assert "folders inside daisy count as images of that class" in notes

    def test_large_pictures_are_kept_small(self, folder):
        Image.new("RGB", (1000, 600)).save(folder / "rose" / "large.png")
        problem = open_problem(folder)
        place = problem.files.index("rose/large.png")
        assert problem.pictures[place][0].size == (213, 128)
        assert problem.sizes[place].tolist() == [1000, 600]

    def test_too_many_classes_and_classes_of_a_folder_are_refused(self, flowers, tmp_path, opened):
        for number in range(61):
            (tmp_path / f"c{number}").mkdir()
            Image.new("RGB", (4, 4), (number, 0, 0)).save(tmp_path / f"c{number}" / "a.png")
        with pytest.raises(ValueError, match="61 classes and this page is for 60"):
            open_problem(tmp_path)
        assert opened == []
        for nothing in (0, -1):
            with pytest.raises(ValueError, match=f"per_class is {nothing}: ask for 1"):
                open_problem(per_class=nothing)
        with pytest.raises(ValueError, match="classes are for a drawn family"):
            open_problem(flowers, classes=["daisy"])


class TestSplitting:
    def test_parts_are_disjoint_and_hold_every_class(self, problem):
        split = split_problem(problem, draws=3, seed=1)
        for train, validation in split.draws:
            rows = np.concatenate([split.test, train, validation])
            assert sorted(rows) == list(range(len(problem.pictures)))
            for part in (split.test, train, validation):
                assert set(problem.labels[part]) == {0, 1, 2}
        assert not np.array_equal(split.draws[0][0], split.draws[1][0])
        assert np.array_equal(split.test, split_problem(problem, 2, seed=1).test)

    def test_few_pictures_are_named(self, folder):
        for file in sorted((folder / "rose").iterdir())[3:]:
            file.unlink()
        with pytest.raises(ValueError, match=r"Too few pictures .*: rose \(3\)"):
            split_problem(open_problem(folder))
        with pytest.raises(ValueError, match="draws is 1"):
            split_problem(open_problem(folder), draws=1)

    @pytest.mark.parametrize("first_call", [split_problem, investigate])
    def test_a_folder_that_was_not_opened(self, first_call):
        message = r"'my photos' was not opened: hand over open_problem\('my photos'\) instead"
        with pytest.raises(TypeError, match=message):
            first_call("my photos")


class TestRule:
    @pytest.mark.parametrize(
        ("per_class", "is_far", "method", "case"),
        [
            (1, False, "full network", "few"),
            (15.5, True, "full network", "few"),
            (16, False, "full network", "some"),
            (39, True, "full network", "some"),
            (40, True, "full network", "enough, far"),
            (40, False, "fine-tuned", "enough, near"),
        ],
    )
    def test_rule_at_its_edges(self, per_class, is_far, method, case):
        assert decide(per_class, is_far) == (method, case)

    def test_no_picture_is_refused(self):
        with pytest.raises(ValueError, match="must be 1 or more"):
            decide(0, False)

    def test_policies_freeze_less_with_more_data(self):
        frozen = [
            sum(choice == "freeze" for choice in policy.choices_for("natural").values())
            for policy in POLICIES.values()
        ]
        assert frozen == sorted(frozen, reverse=True) and len(set(frozen)) == 3
        assert all(isinstance(policy, Policy) for policy in POLICIES.values())

    def test_rule_shows_as_a_table_of_its_cases(self):
        assert Rule()._repr_html_().count("<tr>") == 1 + len(POLICIES)


class TestNearness:
    def test_nearest_first_within_its_interval(self, found):
        near = found.nearness
        distances = list(near.distances.values())
        assert distances == sorted(distances)
        for source, (low, high) in near.intervals.items():
            assert low - 0.2 < near.distances[source] < high + 0.2
        assert 0 < near.control < distances[0]
        assert near.ties[0] == near.nearest

    def test_unknown_source_is_refused(self, problem):
        with pytest.raises(ValueError, match="'mars'"):
            measure_nearness(problem, ("mars",), repeats=2)
        with pytest.raises(ValueError, match="no source to measure: name one or more"):
            measure_nearness(problem, ())


class TestComparison:
    LABELS = np.array([0, 0, 0, 0, 1, 1])

    def options(self):
        right = np.stack([self.LABELS, self.LABELS])
        half = right.copy()
        half[:, 4] = 0
        return [Option("natural", "fc7", half, 1.0), Option("", "raw pixels", right, 0.5)]

    def test_accuracy_is_the_mean_over_classes(self):
        comparison = Comparison(self.options(), self.LABELS)
        half = comparison.row("fc7")
        assert comparison.best.option.method == "raw pixels" and comparison.best.accuracy == 100
        wanted = mean_class_accuracy(self.LABELS, half.option.predictions[0])
        assert half.accuracy == pytest.approx(100 * wanted) and wanted == 0.75
        assert half.low < 75 < half.high and comparison.chance == 50

    def test_one_wrong_picture_of_two_is_noise_and_all_wrong_is_not(self):
        assert Comparison(self.options(), self.LABELS).row("fc7").within_noise
        right, wrong = np.stack([self.LABELS] * 3), np.stack([1 - self.LABELS] * 3)
        options = [Option("natural", "fc7", wrong, 1.0), Option("", "raw pixels", right, 1.0)]
        surely = Comparison(options, self.LABELS)
        assert not surely.row("fc7").within_noise and len(surely.ties) == 1

    def test_other_shapes_nothing_and_unknown_are_refused(self):
        first, second = self.options()
        with pytest.raises(ValueError, match="nothing to compare"):
            Comparison([], self.LABELS)
        with pytest.raises(ValueError, match="other draws or test pictures"):
            Comparison([first, Option("", "x", second.predictions[:1], 1.0)], self.LABELS)
        with pytest.raises(ValueError, match="No option is called 'fc9'"):
            Comparison([first], self.LABELS).row("fc9")

    def test_largest_confusion_comes_first_with_its_pictures(self, problem, found):
        split = found.split
        said = np.stack([problem.labels[split.test]] * 2)
        daisies = np.flatnonzero(problem.labels[split.test] == 0)
        said[:, daisies[0]] = 2
        first, *others = confusions(problem, split, Option("", "x", said, 1.0))
        assert (first.truth, first.taken_for, others) == ("daisy", "rose", [])
        assert first.share == pytest.approx(1 / len(daisies))
        assert first.rows == [split.test[daisies[0]]]


class TestReport:
    def test_page_is_whole_and_asks_for_nothing(self, found):
        page = report_html(found)
        assert page.startswith("<!DOCTYPE html>") and page.count("<h1>") == 1
        assert page.count("<h2>") == 5 and "http" not in page
        assert all(alt.strip() for alt in re.findall(r'<img alt="([^"]*)"', page))
        assert page.count("<img ") == len(re.findall(r'<img alt="', page)) >= 3
        assert "flowers &amp; co" in page and "flowers & co" not in page
        assert found.recommended.option.name in page and "seed=0" in page

    @pytest.mark.parametrize(
        ("sources", "seed", "from_scratch"),
        [(("natural", "manmade"), 0, True), (("drawn",), 7, False), (COMPARED_SOURCES, 3, True)],
    )
    def test_remaking_asks_for_what_was_investigated(self, problem, sources, seed, from_scratch):
        split = split_problem(problem, draws=2, seed=seed)
        near = measure_nearness(problem, sources, repeats=2, seed=seed)
        advice, right = advise(near, split), np.stack([problem.labels[split.test]] * 2)
        named = [(advice.source, advice.method), ("", PIXELS), ("", SCRATCH)]
        tried = [Option(*name, right, 1.0) for name in named[: 3 if from_scratch else 2]]
        comparison = Comparison(tried, problem.labels[split.test])
        page = report_html(Investigation(problem, split, near, advice, comparison))
        call = unescape(re.search("<code>from .* import [*]; (.*)</code>", page)[1])
        asked = {}

        def investigate(problem, sources=COMPARED_SOURCES, draws=3, seed=0, from_scratch=False):
            asked.update(sources=set(sources), draws=draws, seed=seed, from_scratch=from_scratch)

        names = {"open_problem": lambda *_, **__: problem, "write_report": lambda *_: None}
        exec(call, {**names, "investigate": investigate})
        assert asked == {
            "sources": set(sources),
            "draws": 2,
            "seed": seed,
            "from_scratch": from_scratch,
        }

    @pytest.mark.parametrize(("seed", "given"), [(0, [0, 1]), (7, [7, 8])])
    def test_training_takes_the_seed_of_the_page(self, problem, monkeypatch, seed, given):
        taken = []

        def fine_tune(*_, seed, **__):
            taken.append(seed)
            return SimpleNamespace(predict=lambda test: np.zeros(len(test.labels)))

        monkeypatch.setattr(options, "fine_tune", fine_tune)
        split = split_problem(problem, draws=2, seed=seed)
        options.fine_tuned_option(problem, split, "natural", "reuse all", False)
        assert taken == given

    def test_long_class_name_breaks_at_its_underscores_and_stays_escaped(self):
        assert report._breakable("golden_<b>_x") == "golden_<wbr>&lt;b&gt;_<wbr>x"

    def test_report_is_written_whole(self, found, tmp_path):
        written = write_report(found, tmp_path / "new", name="a/b", pdf=False)
        assert [file.name for file in (tmp_path / "new").iterdir()] == ["report-a-b.html"]
        assert written.pdf is None and written.why_no_pdf

    def test_the_report_of_another_project_is_left(self, found, tmp_path):
        other = replace(found, problem=replace(found.problem, place="/elsewhere/flowers"))
        files = [write_report(each, tmp_path, pdf=False).html for each in (found, other) * 2]
        assert files[0] == files[2] and files[1] == files[3] and files[0] != files[1]
        assert files[1].stem == f"{files[0].stem}-2"
        assert "/elsewhere" not in files[1].read_text("utf-8")
        (tmp_path / "report-mine.html").write_text("mine", "utf-8")
        assert write_report(found, tmp_path, "mine", pdf=False).html.stem == "report-mine-2"
        assert (tmp_path / "report-mine.html").read_text("utf-8") == "mine"

    @pytest.mark.parametrize("letter", ["x", "\u00e9", "\u732b"])
    def test_name_that_no_file_can_have_is_cut(self, found, tmp_path, letter):
        written = write_report(found, tmp_path, name=letter * 255, pdf=False)
        assert written.html.exists() and written.html.name.startswith(f"report-{letter * 60}")

    def test_folder_that_cannot_be_written_is_a_sentence(self, found, tmp_path):
        (tmp_path / "file").write_text("")
        with pytest.raises(CannotReport, match="cannot be written .*name another folder"):
            write_report(found, tmp_path / "file" / "inside")

    def test_without_a_browser_the_page_says_that_it_prints(self, found, tmp_path, monkeypatch):
        monkeypatch.setattr(report, "find_browser", lambda: None)
        written = write_report(found, tmp_path)
        assert written.html.exists() and "HTML page prints" in written.why_no_pdf

    @pytest.mark.skipif(find_browser() is None, reason="no browser on this machine")
    def test_browser_prints_one_page(self, found, tmp_path):
        pdf = write_report(found, tmp_path).pdf
        assert pdf.read_bytes().startswith(b"%PDF") and not list(tmp_path.glob(".*"))
        assert len(re.findall(rb"/Type\s*/Page\b", pdf.read_bytes())) == 1

    def test_contact_sheet_has_a_row_a_class(self, problem):
        assert list(contact_sheet(problem, shown=3).rows) == CLASSES


class TestDecisions:
    CASES = [
        decisions.Case("a, 5", {"x": {0: 0.5, 1: 0.6}, "y": {0: 0.4, 1: 0.4}}, "x"),
        decisions.Case("b, 5", {"x": {0: 0.5, 1: 0.5}, "y": {0: 0.8, 1: 0.7}}, "x"),
    ]

    def test_regret_is_in_points_behind_the_best(self):
        found = decisions.regrets(self.CASES)
        assert list(found) == ["decided", "y", "x"]
        assert found["decided"] == found["x"] == pytest.approx([0, 25])
        assert found["y"] == pytest.approx([15, 0])
        assert decisions.best_habit(self.CASES) == "y"

    def test_investigation_becomes_a_case(self, found):
        case = decisions.investigated_case(found)
        assert case.decided == found.proposed.option.name
        assert 100 * case.mean(case.decided) == pytest.approx(found.proposed.accuracy)


def test_batch_norm_goes_into_a_network_of_any_number_of_classes(problem):
    from tlcourse.networks.backbones import load_backbone

    photos = load_backbone("photos")
    ready = with_batch_norm(photos, problem.pictures.subset(range(0, 36, 4)))
    assert ready.network.fc8.out_features == len(photos.network.fc8.bias) == 123

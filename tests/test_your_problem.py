"""A folder of your own, from the files to the page to keep."""

import inspect
import re
import shutil
from dataclasses import replace
from html import unescape
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tlcourse.browsers import find_browser
from tlcourse.classifiers.svm import mean_class_accuracy
from tlcourse.datasets.drawn import DrawnImages
from tlcourse.your_problem import (
    CannotReport,
    Investigation,
    Proposal,
    compare,
    fine_tuned,
    investigate,
    measure_similarity,
    open_problem,
    propose,
    report,
    report_html,
    source_rows,
    split_rows,
    takeaways,
    usual_similarity,
    write_report,
)
from tlcourse.your_problem.investigation import ALL, MIXED, REUSE

CLASSES = ["daisy", "poppy", "rose"]


@pytest.fixture(scope="module")
def flowers(tmp_path_factory):
    """Twelve drawn flowers a class, written to a folder."""
    root = tmp_path_factory.mktemp("flowers & co")
    for index, (picture, label) in enumerate(DrawnImages("flowers", CLASSES, 12)):
        (root / CLASSES[label]).mkdir(exist_ok=True)
        picture.save(root / CLASSES[label] / f"{index:02}.png")
    return root


@pytest.fixture
def folder(flowers, tmp_path):
    return shutil.copytree(flowers, tmp_path / "mine")


@pytest.fixture
def opened(monkeypatch):
    """Notes the files that Pillow is asked to open."""
    monkeypatch.setattr(Image, "open", Mock(wraps=Image.open))
    return Image.open


def save_noise(path):
    """A picture that is no other's copy."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(list(str(path).encode()))
    Image.fromarray(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)).save(path)


def lay_out(root, folders):
    """A picture in each; returns the folders at the top."""
    for name in folders.split("|"):
        save_noise(root / name / "0.png")
    return sorted({name.split("/")[0] for name in folders.split("|")})


SPLITS = ["test|train", "TEST|Train|Validation", "test_set|training_set", "train2017|val2017"]
SPLITS += ["testB|trainA", "fold 1|fold 2", "dev|eval", "Hold-out|Train-Images"]
SPLITS += ["01_trn|02_tst", "Test data|trainval", "seg_pred|seg_A/a|seg_A/b|seg_B/a|seg_B/b"]
CLASSES_ALL_THE_SAME = ["bus|train", "freight train/new|passenger train/new", "testudo|valencia"]
CLASSES_ALL_THE_SAME += ["bus/2023|bus/2024|bus/100CANON|train/2023|train/2024|train/100CANON"]


@pytest.fixture(scope="module")
def problem(flowers):
    return open_problem(flowers)


@pytest.fixture(scope="module")
def found(problem):
    """An investigation as it might come out: the proposal takes some poppies for daisies."""
    train, test = split_rows(problem.labels)
    right = problem.labels[test]
    said, poor = right.copy(), (right + 1) % 3
    said[np.flatnonzero(right == 1)[:2]] = 0
    predictions = {"imagenet, last layer": right, "imagenet, all layers": said}
    predictions |= {"random weights": poor, "raw pixels": poor}
    similarity = pd.Series({"imagenet": 0.3, "natural": 0.1})
    table, proposal = compare(predictions, right), Proposal("imagenet", REUSE, True, 8.0)
    table["C"] = 1.0
    steps = similarity, takeaways, proposal, table, predictions, {"imagenet": 2.0}
    return Investigation(problem, train, test, *steps)


class TestOpening:
    def test_folder_is_what_was_drawn(self, problem):
        assert problem.counts == dict.fromkeys(CLASSES, 12)
        assert problem.file_names[0] == "daisy/00.png" and problem.notes == []
        assert np.array_equal(problem.pictures[0], DrawnImages("flowers", CLASSES, 12)[0][0])
        assert list(problem.sheet(shown=3).rows) == CLASSES

    def test_what_is_asked_for_must_make_sense(self, flowers):
        with pytest.raises(ValueError, match="per_class is 0: ask for 1"):
            open_problem(per_class=0)
        with pytest.raises(ValueError, match="classes are for a drawn family"):
            open_problem(flowers, classes=["daisy"])

    @pytest.mark.parametrize("folders", SPLITS)
    def test_splits_are_seen_whatever_is_beside_them(self, tmp_path, folders):
        named = ", ".join(lay_out(tmp_path, folders))
        for beside in ("__MACOSX", "new folder", "notes"):
            (tmp_path / beside).mkdir()
        (tmp_path / "notes" / "read me.txt").write_text("by hand")
        save_noise(tmp_path / "#recycle" / "old.png")
        why = ", and several .* sub-folders a, b: .* give one" if "/" in folders else ": these are"
        with pytest.raises(ValueError, match=f"are {named}{why} split"):
            open_problem(tmp_path)

    @pytest.mark.parametrize("folders", CLASSES_ALL_THE_SAME)
    def test_classes_are_not_taken_for_splits(self, tmp_path, folders):
        assert lay_out(tmp_path, folders) == open_problem(tmp_path).classes

    def test_classes_that_leave_nothing_are_refused_by_name(self, folder):
        (folder / "weeds").mkdir()
        (folder / "weeds" / "a.jpg").write_bytes(b"no image")
        with pytest.raises(ValueError, match="'weeds' .* 0 readable images"):
            open_problem(folder)
        shutil.rmtree(folder / "weeds")
        shutil.rmtree(folder / "rose")
        shutil.copytree(folder / "daisy", folder / "rose")
        with pytest.raises(ValueError, match="Every image of class 'rose' is also in another"):
            open_problem(folder)

    def test_bad_files_copies_and_thumbnails_are_left_out_by_name(self, folder):
        (folder / "rose" / "bad.jpg").write_bytes(b"no image")
        picture, exif = Image.open(folder / "daisy" / "00.png"), Image.Exif()
        exif[0x010E] = "another description"
        picture.save(folder / "daisy" / "aa.png", exif=exif, dpi=(300, 300))
        exif[0x0112] = 6
        lying = picture.transpose(Image.Transpose.ROTATE_90)
        lying.save(folder / "rose" / "lying.png", exif=exif)
        picture.save(folder / "poppy" / "00.bmp")
        picture.resize((65, 64)).save(folder / "poppy" / "other.png")
        small = folder / "poppy" / "@eaDir" / "12.png" / "SYNOFILE_THUMB_M.jpg"
        small.parent.mkdir(parents=True)
        picture.resize((48, 48)).save(small)
        problem = open_problem(folder)
        left_out = dict(problem.left_out)
        assert "not an image" in left_out.pop("rose/bad.jpg")
        assert left_out.pop("poppy/@eaDir")
        assert left_out == {
            "daisy/aa.png": "same as daisy/00.png",
            "poppy/00.bmp": "same as daisy/00.png, in another class",
            "rose/lying.png": "same as daisy/00.png, in another class",
        }
        assert problem.counts == {"daisy": 12, "poppy": 13, "rose": 12}
        assert "Left out, 5: " in repr(problem) and "rose/bad.jpg" in repr(problem)

    def test_a_large_class_is_sampled_and_no_other_file_opened(self, folder, opened, monkeypatch):
        problem = open_problem(folder, per_class=5, seed=3)
        read = {Path(call.args[0]).relative_to(folder).as_posix() for call in opened.mock_calls}
        assert opened.call_count == 15 and read == set(problem.file_names)
        assert set(problem.counts.values()) == {5}
        assert problem.file_names == sorted(problem.file_names)
        assert "daisy (12), poppy (12), rose (12) a sample of 5 images" in problem.notes[0]
        assert problem.file_names == open_problem(folder, per_class=5, seed=3).file_names
        opened.reset_mock()
        assert len(open_problem(folder).file_names) == opened.call_count == 36
        monkeypatch.setattr("tlcourse.your_problem.pictures.MOST", 12)  # of all classes
        assert set(open_problem(folder).counts.values()) == {4}

    def test_bad_ones_and_copies_of_a_sample_are_replaced(self, folder):
        good, bad = np.split(sorted(folder.glob("daisy/*.png")), [4])
        for file in bad:
            file.write_bytes(b"no image")
        first, *_ = sorted(folder.glob("rose/*.png"))
        for number in range(9):
            shutil.copy(first, folder / "rose" / f"{number}.png")
        problem = open_problem(folder, per_class=4)
        assert set(problem.counts.values()) == {4}
        assert problem.file_names[:4] == [f"daisy/{file.name}" for file in good]

    def test_sizes_are_those_of_the_upright_files_and_pictures_kept_small(self, folder):
        exif = Image.Exif()
        exif[0x0112] = 6
        Image.new("RGB", (1000, 600)).save(folder / "daisy" / "0.jpg", exif=exif)
        problem = open_problem(folder)
        place = problem.file_names.index("daisy/0.jpg")
        assert tuple(problem.sizes[place]) == (600, 1000)
        assert problem.pictures[place].size == (256, 427)

    def test_uneven_small_and_deep_images_are_noted(self, folder):
        for file in sorted((folder / "rose").iterdir())[2:]:
            file.unlink()
        (folder / "daisy" / "more").mkdir()
        Image.new("RGB", (20, 300)).save(folder / "daisy" / "more" / "thin.png")
        notes = " ".join(open_problem(folder).notes)
        assert "13 images of daisy, 2 of rose" in notes
        assert "under 48 pixels, where little is to be seen: 1 images" in notes
        assert "folders inside daisy count as images of that class" in notes

    def test_too_many_classes_are_refused_before_a_file_is_opened(self, tmp_path, opened):
        for number in range(61):
            save_noise(tmp_path / f"c{number}" / "a.png")
        with pytest.raises(ValueError, match="61 classes and this page is for 60"):
            open_problem(tmp_path)
        assert opened.call_count == 0


class TestChoosing:
    def test_parts_are_disjoint_and_hold_every_class(self, problem):
        train, test = split_rows(problem.labels, seed=1)
        assert sorted([*train, *test]) == list(range(36))
        assert all(set(problem.labels[part]) == {0, 1, 2} for part in (train, test))
        assert np.array_equal(test, list(split_rows(problem.labels, seed=1))[1])

    def test_few_pictures_and_what_was_not_opened_are_refused(self):
        with pytest.raises(ValueError, match="number 1 has 3 pictures, too few"):
            split_rows(np.repeat([0, 1], [20, 3]))
        with pytest.raises(TypeError, match=r"'my photos' was not opened: hand over open_problem"):
            investigate("my photos")

    @pytest.mark.parametrize(
        ("is_near", "per_class", "policy"),
        [(True, 11.5, REUSE), (False, 1, REUSE), (True, 12, ALL), (False, 12, MIXED)],
    )
    def test_rule_at_its_edges(self, is_near, per_class, policy):
        assert takeaways(is_near, per_class) == policy
        similarity = pd.Series({"imagenet": usual_similarity() + (0.1 if is_near else -0.1)})
        said = propose(similarity, np.repeat([0, 1, 2], [2, 12, 30]))
        assert said == Proposal("imagenet", ALL if is_near else MIXED, is_near, 12)

    def test_sources_are_classes_of_imagenet(self):
        rows = {name: set(source_rows(name)) for name in ("natural", "photos", "vgg16", "insects")}
        assert [len(rows[name]) for name in ("natural", "photos", "vgg16")] == [41, 123, 1000]
        assert rows["natural"] < rows["photos"] and not rows["insects"] & rows["photos"]

    def test_nearest_comes_first_and_the_larger_source_is_never_farther(self):
        head = np.random.default_rng(0).random((20, 1280), dtype=np.float32)
        found = measure_similarity(head, np.arange(20) % 2, ("natural", "imagenet"))
        assert found.index[0] == "imagenet" and found["imagenet"] >= found["natural"]
        with pytest.raises(ValueError, match="drawn"):
            measure_similarity(head, np.arange(20) % 2, ("drawn",))

    def test_a_small_network_of_any_number_of_classes_is_tuned(self, problem):
        train, test = split_rows(problem.labels)
        predicted, chosen = fine_tuned(problem, train, test, "photos", MIXED)
        assert predicted.shape == test.shape and chosen["updates"] > 0


class TestComparing:
    LABELS = np.array([0, 0, 0, 0, 1, 1])

    def test_accuracy_is_the_mean_over_classes(self):
        half = np.array([0, 0, 0, 0, 0, 1])
        table = compare({"half": half, "right": self.LABELS}, self.LABELS)
        assert list(table.index) == ["right", "half"] and table["accuracy"]["right"] == 100
        assert table["accuracy"]["half"] == 100 * mean_class_accuracy(self.LABELS, half) == 75
        assert table["accuracy, low"]["half"] < 75 < table["accuracy, high"]["half"]
        assert table["behind, low"]["half"] == 0 and table["behind"]["half"] == 25

    def test_all_wrong_is_no_noise(self, found):
        table = compare({"wrong": 1 - self.LABELS, "right": self.LABELS}, self.LABELS)
        assert table["behind, low"]["wrong"] == 100
        assert found.recommended == "imagenet, all layers" and "within" in found.outcome
        table = found.table.rename(index={"random weights": "random weights, "})
        surely = replace(found, proposal=Proposal("random weights", "", False, 8.0), table=table)
        assert surely.recommended == "imagenet, last layer" and "surely" in surely.outcome


class TestReport:
    def test_page_is_whole_and_asks_for_nothing(self, found):
        page = report_html(found)
        assert page.startswith("<!DOCTYPE html>") and page.count("<h1>") == 1
        assert page.count("<h2>") == 5 and "http" not in page
        assert all(alt.strip() for alt in re.findall(r'<img alt="([^"]*)"', page))
        assert page.count("<img ") == len(re.findall(r'<img alt="', page)) == 4
        assert "flowers &amp; co" in page and "flowers & co" not in page
        assert "imagenet, all layers (proposed)" in page and "Cheaper" not in page
        assert unescape(page).count(inspect.getsource(takeaways)) == 1
        share = 2 / (found.problem.labels[found.test] == 1).sum()
        assert list(report.mistakes(found)) == [f"Of poppy, {share:.0%} are taken for daisy."]

    def test_fine_tuning_names_what_does_as_well_and_is_cheaper(self, found):
        table = found.table.rename(index={"imagenet, all layers": f"imagenet, {MIXED}"})
        table.loc[f"imagenet, {MIXED}", "C"] = np.nan
        said = {f"imagenet, {MIXED}": found.predictions["imagenet, all layers"]}
        tuned = replace(found.proposal, policy=MIXED)
        page = report_html(replace(found, table=table, proposal=tuned, predictions=said))
        assert "Cheaper: imagenet, last layer with a linear SVM" in page
        assert "Fine-tune the network imagenet: freeze its lower layers" in page

    def test_remaking_asks_for_what_was_investigated(self, found):
        similarity = pd.Series({"vgg16": 0.2, "natural": 0.1})
        call = report._call(replace(found, similarity=similarity, seed=7))
        asked = {}
        names = {"open_problem": lambda *_, **__: found.problem, "write_report": lambda *_: None}
        names |= {"takeaways": takeaways, "investigate": lambda _, **how: asked.update(how)}
        exec(call.partition("; ")[2], names)
        assert asked == {"rule": takeaways, "sources": ("vgg16", "natural"), "seed": 7}

    def test_it_is_written_whole_under_a_name_that_a_file_can_have(self, found, tmp_path):
        written = write_report(found, tmp_path / "new", name="a/b", pdf=False)
        assert [file.name for file in (tmp_path / "new").iterdir()] == ["report-a-b.html"]
        assert written.pdf is None and written.why_no_pdf
        for letter in ("x", "\u732b"):  # long in letters, long in bytes
            written = write_report(found, tmp_path, name=letter * 255, pdf=False)
            assert written.html.exists() and written.html.name.startswith(f"report-{letter * 60}")

    def test_the_report_of_another_project_is_left(self, found, tmp_path):
        other = replace(found, problem=replace(found.problem, place="/elsewhere/flowers"))
        files = [write_report(each, tmp_path, pdf=False).html for each in (found, other) * 2]
        assert files[0] == files[2] and files[1] == files[3] and files[0] != files[1]
        assert files[1].stem == f"{files[0].stem}-2"
        assert "/elsewhere" not in files[1].read_text("utf-8")
        (tmp_path / "report-mine.html").write_text("mine", "utf-8")
        assert write_report(found, tmp_path, "mine", pdf=False).html.stem == "report-mine-2"
        assert (tmp_path / "report-mine.html").read_text("utf-8") == "mine"

    def test_what_cannot_be_written_or_printed_is_said(self, found, tmp_path, monkeypatch):
        (tmp_path / "file").write_text("")
        with pytest.raises(CannotReport, match="cannot be written"):
            write_report(found, tmp_path / "file" / "inside")
        monkeypatch.setattr(report, "find_browser", lambda: None)
        written = write_report(found, tmp_path)
        assert written.html.exists() and "HTML page prints" in written.why_no_pdf

    @pytest.mark.skipif(find_browser() is None, reason="no browser on this machine")
    def test_browser_prints_one_page(self, found, tmp_path):
        pdf = write_report(found, tmp_path).pdf
        assert pdf.read_bytes().startswith(b"%PDF") and not list(tmp_path.glob(".*"))
        assert len(re.findall(rb"/Type\s*/Page\b", pdf.read_bytes())) == 1

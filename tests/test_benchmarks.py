"""The nine data sets: from the archive to a score, each by its protocol, and the warnings."""

import hashlib
import warnings
from dataclasses import replace

import numpy as np
import pytest
from benchmark_archives import ARCHIVES, COUNTS
from filelock import FileLock
from torchvision import datasets as theirs

from tlcourse import cli
from tlcourse.archives import ArchiveError
from tlcourse.datasets import BENCHMARKS, load_benchmark, stratified_split
from tlcourse.datasets.benchmarks import catalogue, fetch_benchmark, readable, state_of
from tlcourse.datasets.benchmarks.protocols import repeated_draws, stratified_folds
from tlcourse.downloads import DownloadError
from tlcourse.tools import check

each_benchmark = pytest.mark.parametrize("name", BENCHMARKS)


@pytest.fixture(scope="module")
def archives():
    return {name: build() for name, build in ARCHIVES.items()}


@pytest.fixture
def host(server, archives, monkeypatch, tmp_path):
    """The small archives on a host of this machine, and the catalogue that points there."""
    monkeypatch.setenv("TLCOURSE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TLCOURSE_CACHE", str(tmp_path / "cache"))
    for files in archives.values():
        server.files |= files
    md5 = {file: hashlib.md5(content).hexdigest() for file, content in server.files.items()}
    known = theirs.Flowers102._file_dict.items()
    flowers = {part: (file, md5[file]) for part, (file, _) in known}
    monkeypatch.setattr(theirs.Flowers102, "_file_dict", flowers)
    monkeypatch.setattr(theirs.Flowers102, "classes", theirs.Flowers102.classes[:2])
    server.data = tmp_path / "data"
    for name, card in catalogue.CARDS.items():
        sources = tuple(
            replace(each, url=server.url(each.name), size=0.001, md5=each.md5 and md5[each.name])
            for each in card.sources
        )
        numbers = zip(("images", "classes", "train", "test", "folds"), COUNTS[name], strict=True)
        monkeypatch.setitem(catalogue.CARDS, name, replace(card, sources=sources, **dict(numbers)))
    return server


def fetched(name):
    """A fetched benchmark, read without a warning of anything but contamination."""
    fetch_benchmark(name)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        benchmark = load_benchmark(name)
    warned = [str(warning.message) for warning in seen]
    assert warned == ([f"{name}: {benchmark.card.warning}."] if benchmark.card.warning else [])
    assert all(warning.filename == __file__ for warning in seen)
    return benchmark


def said_of(name):
    """A benchmark, and all that it is warned of."""
    with pytest.warns(UserWarning) as seen:
        benchmark = load_benchmark(name)
    return benchmark, " ".join(str(warning.message) for warning in seen)


# the classes, and the last digits of the images of official lists that test
OFFICIAL = {
    "mit67": (["kitchen", "wine cellar"], "3"),
    "cub200": (["Red Bird", "Blue Bird"], "4"),
    "flowers102": (["pink primrose", "hard-leaved pocket orchid"], "3478"),
    "cats-dogs": (["Abyssinian", "Pug Dog"], "4"),
    "sdogs": (["Chihuahua", "Shih-Tzu dog"], "4"),
    "caltech101": (["Faces", "Faces easy", "ant"], ""),  # and no background
    "food101": (["beet soup", "blue cheese"], ""),
    "textures": (["banded", "dotted"], ""),
    "wood": (["dry knot", "sound knot"], ""),
}


class TestFromTheArchiveToAScore:
    @each_benchmark
    def test_folds_are_the_published_ones_and_images_are_labelled_by_colour(self, host, name):
        benchmark = fetched(name)
        classes, digits = OFFICIAL[name]
        images, n_classes, train, test, folds = COUNTS[name]
        assert state_of(name).word == "complete" and benchmark.classes == classes
        assert (len(benchmark.images), len(benchmark.classes)) == (images, n_classes)
        assert (len(benchmark.train()), len(benchmark.test())) == (train, test)
        assert not digits or {file.stem[-1] for file in benchmark.test().files} == set(digits)
        assert len(benchmark.folds) == folds
        tests = [set(benchmark.test(number).files) for number in range(folds)]
        for number, tested in enumerate(tests):
            train, test = benchmark.train(number), benchmark.test(number)
            assert not set(train.files) & tested
            assert set(train.targets) == set(test.targets) == set(range(n_classes))
        if name in ("food101", "textures", "wood"):
            assert not set.intersection(*tests) and set.union(*tests) == {*benchmark.images.files}
        for image, label in benchmark.images:
            colour = np.asarray(image).reshape(-1, 3).mean(axis=0)
            assert image.mode == "RGB"
            assert classes[label] == "ant" or (colour[0] > colour[2]) == (label == 0)
        asked = len(host.asked)
        fetch_benchmark(name)
        assert len(host.asked) == asked

    def test_caltech101_is_in_the_order_of_torchvision_whatever_systems_leave(self, host):
        folder = fetch_benchmark("caltech101")
        loader = theirs.Caltech101(folder.parent)
        clean = load_benchmark("caltech101")
        numbers = [int(file.stem.removeprefix("image_")) for file in clean.images.files]
        assert (clean.images.targets, numbers) == (loader.y, loader.index)
        classes = folder / "101_ObjectCategories"
        for file in (".DS_Store", "ant/Thumbs.db", "ant/._image_0001.jpg"):
            (classes / file).write_bytes(b"x")
        (classes / "ant" / "@eaDir").mkdir()
        (classes / "__MACOSX").mkdir()
        littered = fetched("caltech101")
        assert littered.images.files == clean.images.files
        assert littered.images.targets == clean.images.targets


class TestProtocols:
    def test_each_image_tests_once_in_five_folds(self):
        targets = np.repeat([0, 1, 2], [40, 5, 7])
        tests = [fold.test for fold in stratified_folds(targets)]
        assert sorted(np.concatenate(tests)) == list(range(len(targets)))
        counts = [np.bincount(targets[test]).tolist() for test in tests]
        assert all(each in ([8, 1, 1], [8, 1, 2]) for each in counts)

    def test_five_draws_of_30_and_at_most_50(self):
        targets = np.repeat([0, 1, 2], [31, 80, 200])
        draws = repeated_draws(targets)
        assert len({tuple(draw.train) for draw in draws}) == len(draws) == 5
        for draw, again in zip(draws, repeated_draws(targets), strict=True):
            assert np.bincount(targets[draw.train]).tolist() == [30, 30, 30]
            assert np.bincount(targets[draw.test]).tolist() == [1, 50, 50]
            assert not set(draw.train) & set(draw.test)
            np.testing.assert_array_equal(draw.test, again.test)
        drawn = np.unique(np.concatenate([draw.test for draw in draws]))
        assert (targets[drawn] == 2).sum() > 100  # not the first 50 of a large class each time

    def test_so_many_of_each_class_and_all_others_by_seed(self):
        targets = np.array([2, 0, 0, 1, 2, 1, 0, 2, 2, 0, 1, 2, 2])
        splits = [stratified_split(targets, 2, seed) for seed in (0, 0, *range(1, 50))]
        for train, test in splits:
            assert np.bincount(targets[train]).tolist() == [2, 2, 2]
            assert sorted([*train, *test]) == list(range(len(targets)))
        trains = [train.tolist() for train, _ in splits]
        assert trains[0] == trains[1] and len(set(map(tuple, trains))) > 2
        assert set(np.concatenate(trains)) == set(range(len(targets)))  # every image sometimes

    @pytest.mark.parametrize(
        ("divide", "count", "said"),
        [
            (stratified_folds, 4, "class 1 has 4 images and 5 are"),
            (repeated_draws, 30, "class 1 has 30 images and 31 are"),
            (lambda targets: stratified_split(targets, 3, 0), 3, "Class 1 has 3 images: .* lower"),
            (lambda targets: stratified_split(targets, 0, 0), 3, "ask for 1 image"),
        ],
    )
    def test_a_class_too_small(self, divide, count, said):
        with pytest.raises(ValueError, match=said):
            divide(np.repeat([0, 1], [90, count]))


class TestWarnings:
    def test_a_test_list_that_contains_training_images(self, host):
        folder = fetch_benchmark("mit67")
        with (folder / "TestImages.txt").open("a") as tests:
            tests.write("\nkitchen/1.jpg\nkitchen/2.jpg\n")
        benchmark, said = said_of("mit67")
        assert "mit67: 2 of the test images are training images too" in said
        assert "4 test images where 2 are expected" in said
        assert len(benchmark.images) == 8

    def test_wrong_counts_are_named(self, host):
        folder = fetch_benchmark("cub200") / "CUB_200_2011"
        (folder / "images/001.Red_Bird/1.jpg").unlink()
        benchmark, said = said_of("cub200")
        assert "found 7 images where 8 are expected, 5 training images where 6" in said
        assert "images left out (1): 001.Red_Bird/1.jpg (not there)" in said
        assert state_of("cub200").word == "incomplete"
        assert len(benchmark.train()) == 5

    def test_bad_images_are_named_and_in_no_fold(self, host, monkeypatch):
        folder = fetch_benchmark("food101") / "images"
        load_benchmark("food101")  # what has changed since is looked at again
        (folder / "beet_soup/2.jpg").write_bytes(b"")
        (folder / "beet_soup/3.jpg").write_text("not a picture")
        benchmark, said = said_of("food101")
        assert "left out (2): beet_soup/2.jpg (empty, zero bytes), beet_soup/3.jpg (not" in said
        tests = sorted(row for fold in benchmark.folds for row in fold.test)
        assert tests == list(range(18)) == list(range(len(benchmark.images)))
        monkeypatch.setattr(readable, "read_image", None)  # the answer is remembered
        assert said_of("food101")[0].left_out == benchmark.left_out

    def test_a_class_without_test_images(self, host):
        (fetch_benchmark("textures") / "dtd/images/banded/banded_1.jpg").write_bytes(b"")
        with pytest.raises(ValueError, match=r"'banded' has no .* image in .*banded_1.jpg \(empty"):
            load_benchmark("textures")


class TestErrors:
    @each_benchmark
    def test_absent_or_half_a_data_set(self, host, name):
        with pytest.raises(FileNotFoundError, match=f"run 'python3 start.py fetch {name}'"):
            load_benchmark(name)
        assert not host.data.exists()
        (host.data / catalogue.CARDS[name].folder).mkdir(parents=True)
        with pytest.raises(ValueError, match=r"^[^\n]*damaged or incomplete [^\n]*fetch[^\n]*$"):
            load_benchmark(name)
        assert state_of(name).word == "incomplete"
        with pytest.raises(DownloadError, match="move it away or delete it, then fetch again"):
            fetch_benchmark(name)

    def test_unknown_name_or_fold(self, host):
        with pytest.raises(ValueError, match="no benchmark 'mit76': choose from mit67, cub200"):
            load_benchmark("mit76")
        benchmark = fetched("mit67")
        for fold in (-1, 1, "first"):
            with pytest.raises(ValueError, match="mit67 has no fold .* it has 1, counted from 0"):
                benchmark.train(fold)


class TestFetch:
    def test_a_moved_archive_is_put_there_by_hand(self, host, archives):
        del host.files["indoorCVPR_09.tar"]
        with pytest.raises(DownloadError, match=r"indoorCVPR_09.tar.*404.*put it into") as seen:
            fetch_benchmark("mit67")
        place = host.data / "downloads" / "mit67"
        assert str(place) in str(seen.value) and catalogue.CARDS["mit67"].page in str(seen.value)
        (place / "indoorCVPR_09.tar").write_bytes(archives["mit67"]["indoorCVPR_09.tar"])
        assert len(fetched("mit67").images) == 8

    @pytest.mark.parametrize(
        ("name", "files", "said"),
        [
            ("cub200", {"CUB_200_2011.tgz": b"altered"}, "truncated or altered"),
            ("mit67", {"indoorCVPR_09.tar": b"altered"}, "no archive"),
            ("mit67", {"TrainImages.txt": b"", "TestImages.txt": b""}, "fewer than two classes"),
            ("wood", {"names.txt": b"../evil.ppm dry_knot\n"}, "is no file beside it"),
            ("wood", {"names.txt": b"a\\b.ppm dry_knot\n"}, "is no file beside it"),
        ],
    )
    def test_what_is_not_the_data_set_appears_nowhere(self, host, name, files, said):
        host.files |= files
        with pytest.raises((DownloadError, ArchiveError), match=said):
            fetch_benchmark(name)
        assert [file.name for file in host.data.iterdir()] == ["downloads"]
        assert said != "no archive" or not [*host.data.rglob("indoor*.sha256")]  # nor trusted

    def test_two_at_a_time(self, host):
        lock = host.data / "downloads" / "wood" / ".lock"
        lock.parent.mkdir(parents=True)
        with FileLock(lock), pytest.raises(DownloadError, match="Another process is fetching wood"):
            fetch_benchmark("wood")

    def test_a_full_disk(self, host, monkeypatch):
        card = catalogue.CARDS["wood"]
        big = tuple(replace(source, size=1e12) for source in card.sources)
        monkeypatch.setitem(catalogue.CARDS, "wood", replace(card, sources=big))
        with pytest.raises(DownloadError, match="are free in .*make room"):
            fetch_benchmark("wood")
        assert not host.asked


class TestVerb:
    def test_terms_are_shown_and_agreed_to_first(self, host, capsys):
        assert cli.main(["fetch", "sdogs"]) == 1
        printed = capsys.readouterr()
        for words in ("Stanford Dogs", "under ImageNet's terms", "main.html", "beware"):
            assert words in printed.out
        assert "add --yes" in printed.err and not host.asked
        assert cli.main(["fetch", "--yes", "sdogs", "wood"]) == 0
        printed = capsys.readouterr().out
        assert "sdogs, 8 images" in printed and "sdogs: it is part of ImageNet" in printed
        assert "none published: not checked" in printed
        assert cli.main(["fetch", "sdogs"]) == 0

    @pytest.mark.parametrize(("answer", "status"), [("y", 0), ("no", 1), ("", 1)])
    def test_asked_on_a_terminal(self, host, monkeypatch, answer, status):
        monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
        monkeypatch.setattr("builtins.input", lambda question: answer)
        assert cli.main(["fetch", "textures"]) == status
        assert bool(host.asked) == (status == 0)

    def test_a_failure_is_one_sentence(self, host, capsys, monkeypatch, tmp_path):
        host.files.clear()
        (tmp_path / "taken").touch()
        for where, said in (("data", "could not be downloaded"), ("taken/a", "set TLCOURSE_DATA")):
            monkeypatch.setenv("TLCOURSE_DATA", str(tmp_path / where))
            assert cli.main(["fetch", "--yes", "food101"]) == 1
            (sentence,) = capsys.readouterr().err.strip().splitlines()
            assert sentence.startswith("tlcourse: ") and said in sentence

    def test_without_names_it_lists_them(self, capsys):
        assert cli.main(["fetch"]) == 2
        listed = capsys.readouterr().err
        assert all(name in listed for name in (*BENCHMARKS, "alexnet_places365", "vgg16"))

    def test_check_says_what_is_there(self, host):
        fetch_benchmark("wood")
        (fetch_benchmark("mit67") / "Images/kitchen/1.jpg").unlink()
        found = {finding.what: finding for finding in check.benchmark_findings()}
        assert found["data set wood"].found.endswith("wood, 11 images")
        assert not found["data set wood"].remedy
        assert "7 images where 8 are expected" in found["data set mit67"].remedy
        assert "fetch mit67" in found["data set mit67"].remedy
        assert "cub200" in found["data sets"].found and "wood" not in found["data sets"].found
        assert not any(finding.essential for finding in found.values())


def test_the_catalogue_agrees_with_torchvision_and_with_itself():
    cards = catalogue.CARDS.values()
    known = {(source.url, source.md5) for card in cards for source in card.sources}
    prefix = theirs.Flowers102._download_url_prefix
    expected = {(prefix + file, md5) for file, md5 in theirs.Flowers102._file_dict.values()}
    expected |= set(theirs.OxfordIIITPet._RESOURCES)
    expected |= {(loader._URL, loader._MD5) for loader in (theirs.DTD, theirs.Food101)}
    assert expected <= known
    assert {card.name for card in cards if "ImageNet" in card.warning} == {"cub200", "sdogs"}
    for card in cards:
        unused = card.images - card.train - card.test
        assert unused > 0 if card.name == "caltech101" else unused == 0

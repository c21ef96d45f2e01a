"""The nine data sets: from the archive to a score, each by its protocol, and the warnings."""

import hashlib
import os
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from benchmark_archives import ARCHIVES, COUNTS, picture
from file_server import file_server
from filelock import FileLock
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer
from torchvision import datasets as theirs

from tlcourse import cli, downloads
from tlcourse.archives import ArchiveError
from tlcourse.classifiers.svm import LinearSVM
from tlcourse.datasets import BENCHMARKS, load_benchmark
from tlcourse.datasets.benchmarks import catalogue, fetch_benchmark, readable, state_of
from tlcourse.datasets.benchmarks.protocols import repeated_draws, stratified_folds
from tlcourse.downloads import DownloadError
from tlcourse.features.extraction import extract_features
from tlcourse.networks.backbones import load_backbone
from tlcourse.tools import check

each_benchmark = pytest.mark.parametrize("name", BENCHMARKS)


@pytest.fixture(scope="module")
def archives():
    return {name: build() for name, build in ARCHIVES.items()}


@pytest.fixture
def host(archives, monkeypatch, tmp_path):
    """The small archives on a host of this machine, and the catalogue that points there."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("TLCOURSE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TLCOURSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(theirs.Flowers102, "_file_dict", _checksums(archives["flowers102"]))
    monkeypatch.setattr(theirs.Flowers102, "classes", theirs.Flowers102.classes[:2])
    with file_server() as server:
        server.data = tmp_path / "data"
        for name, files in archives.items():
            server.files |= files
            monkeypatch.setitem(catalogue.CARDS, name, _small(catalogue.CARDS[name], server, files))
        yield server


def _small(card, server, files):
    sources = tuple(
        replace(source, url=server.url(source.name), size=0.001, md5=md5 and md5_of(files, source))
        for source in card.sources
        for md5 in [source.md5]
    )
    images, classes, train, test, folds = COUNTS[card.name]
    numbers = {"images": images, "classes": classes, "train": train, "test": test, "folds": folds}
    return replace(card, sources=sources, **numbers)


def md5_of(files, source):
    return hashlib.md5(files[source.name]).hexdigest()


def _checksums(files):
    of = {"image": "102flowers.tgz", "label": "imagelabels.mat", "setid": "setid.mat"}
    return {key: (file, hashlib.md5(files[file]).hexdigest()) for key, file in of.items()}


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


def names_of(images):
    return {f"{file.parent.name}/{file.name}" for file in images.files}


class TestFromTheArchiveToAScore:
    @each_benchmark
    def test_every_fold_is_measured(self, host, name):
        benchmark = fetched(name)
        assert state_of(name).word == "complete"
        features = extract_features(
            load_backbone("natural"), benchmark.images, precision="float32", cache=False
        )
        assert features.classes == benchmark.classes
        for fold in benchmark.folds[:2]:
            machine = make_pipeline(Normalizer(), LinearSVM())
            machine.fit(features.matrix[fold.train], features.labels[fold.train])
            right = machine.predict(features.matrix[fold.test]) == features.labels[fold.test]
            assert right.mean() > 0.9

    @each_benchmark
    def test_folds_are_disjoint_and_hold_every_class(self, host, name):
        benchmark = fetched(name)
        images, classes, train, test, folds = COUNTS[name]
        assert (len(benchmark.images), len(benchmark.classes)) == (images, classes)
        assert len(benchmark.folds) == folds
        assert (len(benchmark.train()), len(benchmark.test())) == (train, test)
        for number in range(folds):
            train, test = benchmark.train(number), benchmark.test(number)
            assert not set(train.files) & set(test.files)
            assert set(train.targets) == set(test.targets) == set(range(classes))

    @each_benchmark
    def test_images_are_rgb_and_labelled_by_colour(self, host, name):
        benchmark = fetched(name)
        for image, label in benchmark.test():
            red, _, blue = np.asarray(image).reshape(-1, 3).mean(axis=0)
            assert image.mode == "RGB"
            if benchmark.classes[label] != "ant":
                assert (red > blue) == (benchmark.classes[label] in RED_CLASSES)

    def test_a_second_fetch_asks_for_nothing(self, host):
        folder = fetch_benchmark("textures")
        asked = len(host.asked)
        assert fetch_benchmark("textures") == folder and len(host.asked) == asked


RED_CLASSES = {
    *("kitchen", "Red Bird", "pink primrose", "Abyssinian", "Chihuahua", "Faces", "red soup"),
    *("banded", "dry knot"),
}


class TestOfficialLists:
    def test_mit67_takes_only_what_is_listed(self, host):
        benchmark = fetched("mit67")
        assert names_of(benchmark.test()) == {"kitchen/3.jpg", "wine_cellar/3.jpg"}
        assert "wine_cellar/4.jpg" not in names_of(benchmark.images)
        assert benchmark.classes == ["kitchen", "wine cellar"]

    def test_cub200(self, host):
        assert names_of(fetched("cub200").test()) == {"001.Red_Bird/4.jpg", "002.Blue_Bird/4.jpg"}

    def test_sdogs(self, host):
        benchmark = fetched("sdogs")
        assert {file.stem[-2:] for file in benchmark.test().files} == {"_4"}
        assert benchmark.classes == ["Chihuahua", "Shih-Tzu dog"]

    def test_flowers102_trains_on_training_and_validation_images(self, host):
        numbers = sorted(int(file.stem[-1]) for file in fetched("flowers102").train().files)
        assert numbers == [1, 2, 5, 6]

    def test_food101_uses_the_official_test_part_only(self, host):
        benchmark = fetched("food101")
        assert {file.stem for file in benchmark.images.files} == {
            str(number) for number in range(1, 11)
        }

    def test_textures_partitions_differ(self, host):
        benchmark = fetched("textures")
        tests = [names_of(benchmark.test(number)) for number in range(3)]
        assert not set.intersection(*tests) and set.union(*tests) == names_of(benchmark.images)

    def test_caltech101_has_two_kinds_of_faces_and_no_background(self, host):
        assert fetched("caltech101").classes == ["Faces", "Faces easy", "ant"]

    def test_what_systems_leave_among_the_classes_of_caltech101(self, host):
        folder = fetch_benchmark("caltech101") / "101_ObjectCategories"
        clean = load_benchmark("caltech101")
        (folder / ".DS_Store").write_bytes(b"x")
        (folder / "ant" / "Thumbs.db").write_bytes(b"x")
        (folder / "ant" / "._image_0001.jpg").write_bytes(b"x")
        (folder / "ant" / "@eaDir").mkdir()
        (folder / "__MACOSX").mkdir()
        littered = fetched("caltech101")
        assert littered.images.files == clean.images.files
        assert littered.images.targets == clean.images.targets
        for found, expected in zip(littered.folds, clean.folds, strict=True):
            assert np.array_equal(found.train, expected.train)

    def test_caltech101_is_in_the_order_of_torchvision(self, host):
        loader = theirs.Caltech101(fetch_benchmark("caltech101").parent)
        images = load_benchmark("caltech101").images
        numbers = [int(file.stem.removeprefix("image_")) for file in images.files]
        assert (images.targets, numbers) == (loader.y, loader.index)

    def test_a_grey_image_of_caltech101_becomes_rgb(self, host):
        benchmark = fetched("caltech101")
        (grey,) = [
            n for n, file in enumerate(benchmark.images.files) if "ant/image_0001" in str(file)
        ]
        assert benchmark.images[grey][0].mode == "RGB"

    @pytest.mark.parametrize("form", ["{kind}/{n}.png", "{kind}_{n:02d}.ppm"])
    def test_wood_without_names_is_read_by_folder_or_file_name(self, host, form):
        for kind, colour in (("dry_knot", (200, 30, 30)), ("sound_knot", (30, 30, 200))):
            for n in range(5):
                file = host.data / "wood" / form.format(kind=kind, n=n)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(picture(colour, n, file.suffix[1:]))
        thumbnail = host.data / "wood" / "@eaDir" / "n.png"
        thumbnail.parent.mkdir()
        thumbnail.write_bytes(picture((200, 30, 30), 0, "png"))
        with pytest.warns(UserWarning, match="10 images where 11 are expected"):
            benchmark = load_benchmark("wood")
        assert benchmark.classes == ["dry knot", "sound knot"]


class TestProtocols:
    def test_each_image_tests_once_in_five_folds(self):
        targets = np.repeat([0, 1, 2], [40, 5, 7])
        folds = stratified_folds(targets)
        np.testing.assert_array_equal(
            np.sort(np.concatenate([fold.test for fold in folds])), np.arange(len(targets))
        )
        for fold in folds:
            counts = np.bincount(targets[fold.test])
            assert counts[0] == 8 and counts[1] == 1 and counts[2] in (1, 2)

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

    @pytest.mark.parametrize(("divide", "counts"), [(stratified_folds, 4), (repeated_draws, 30)])
    def test_a_class_too_small(self, divide, counts):
        with pytest.raises(ValueError, match=f"class 1 has {counts} images and {counts + 1} are"):
            divide(np.repeat([0, 1], [90, counts]))


class TestWarnings:
    def test_contamination(self, host):
        fetch_benchmark("sdogs")
        with pytest.warns(UserWarning, match="sdogs: it is part of ImageNet"):
            load_benchmark("sdogs")
        fetch_benchmark("cub200")
        with pytest.warns(UserWarning, match="cub200: some of its images are in ImageNet too"):
            load_benchmark("cub200")

    def test_a_test_list_that_contains_training_images(self, host):
        folder = fetch_benchmark("mit67")
        with (folder / "TestImages.txt").open("a") as tests:
            tests.write("\nkitchen/1.jpg\nkitchen/2.jpg\n")
        with pytest.warns(UserWarning) as seen:
            benchmark = load_benchmark("mit67")
        said = " ".join(str(warning.message) for warning in seen)
        assert "mit67: 2 of the test images are training images too" in said
        assert "4 test images where 2 are expected" in said
        assert len(benchmark.images) == 8

    def test_wrong_counts_are_named(self, host):
        folder = fetch_benchmark("cub200") / "CUB_200_2011"
        (folder / "images/001.Red_Bird/1.jpg").unlink()
        with pytest.warns(UserWarning) as seen:
            benchmark = load_benchmark("cub200")
        said = " ".join(str(warning.message) for warning in seen)
        assert "found 7 images where 8 are expected, 5 training images where 6" in said
        assert "images left out (1): 001.Red_Bird/1.jpg (not there)" in said
        assert state_of("cub200").word == "incomplete"
        assert len(benchmark.train()) == 5

    def test_bad_images_are_named_and_in_no_fold(self, host, monkeypatch):
        folder = fetch_benchmark("food101") / "images"
        (folder / "red_soup/2.jpg").write_bytes(b"")
        (folder / "red_soup/3.jpg").write_text("not a picture")
        with pytest.warns(UserWarning) as seen:
            benchmark = load_benchmark("food101")
        said = " ".join(str(warning.message) for warning in seen)
        assert "left out (2): red_soup/2.jpg (empty, zero bytes), red_soup/3.jpg (not an" in said
        assert len(benchmark.images) == 18
        tests = sorted(row for fold in benchmark.folds for row in fold.test)
        assert tests == list(range(18))
        assert {file.name for file, _ in benchmark.left_out} == {"2.jpg", "3.jpg"}
        monkeypatch.setattr(readable, "read_image", None)  # the answer is remembered
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert load_benchmark("food101").left_out == benchmark.left_out

    def test_a_changed_image_is_looked_at_again(self, host):
        image = fetch_benchmark("textures") / "dtd/images/banded/banded_1.jpg"
        load_benchmark("textures")
        image.write_bytes(b"")
        with pytest.raises(ValueError, match=r"'banded' has no .* image in .*banded_1.jpg \(empty"):
            load_benchmark("textures")


class TestErrors:
    @each_benchmark
    def test_absent(self, host, name):
        with pytest.raises(FileNotFoundError, match=f"run 'python3 start.py fetch {name}'"):
            load_benchmark(name)
        assert not host.data.exists()

    def test_unknown(self):
        with pytest.raises(ValueError, match="no benchmark 'mit76': choose from mit67, cub200"):
            load_benchmark("mit76")

    @pytest.mark.parametrize("fold", [-1, 1, "first"])
    def test_no_such_fold(self, host, fold):
        with pytest.raises(ValueError, match="mit67 has no fold .* it has 1, counted from 0"):
            fetched("mit67").train(fold)

    @each_benchmark
    def test_half_a_data_set(self, host, name):
        card = catalogue.CARDS[name]
        (host.data / card.folder).mkdir(parents=True)
        with pytest.raises(ValueError, match=r"damaged or incomplete .*fetch") as seen:
            load_benchmark(name)
        assert "\n" not in str(seen.value)
        assert state_of(name).word == "incomplete"
        with pytest.raises(DownloadError, match="move it away or delete it, then fetch again"):
            fetch_benchmark(name)


class TestFetch:
    def test_what_is_no_archive_leaves_nothing(self, host, archives):
        host.files["indoorCVPR_09.tar"] = archives["caltech101"]["caltech-101.zip"]
        with pytest.raises(ArchiveError, match="no archive"):
            fetch_benchmark("mit67")
        assert [file.name for file in host.data.iterdir()] == ["downloads"]
        kept = {file.name for file in (host.data / "downloads/mit67").iterdir()}
        lists = {"TrainImages.txt", "TestImages.txt"}
        records = {f"{name}.sha256" for name in lists}
        assert kept == {".lock", "indoorCVPR_09.tar", *lists, *records}

    def test_an_altered_archive_is_not_unpacked(self, host):
        host.files["CUB_200_2011.tgz"] = host.files["CUB_200_2011.tgz"][:-1]
        with pytest.raises(DownloadError, match="truncated or altered"):
            fetch_benchmark("cub200")
        assert not (host.data / "cub200").exists()

    def test_a_moved_archive_is_put_there_by_hand(self, host, archives):
        del host.files["indoorCVPR_09.tar"]
        with pytest.raises(DownloadError, match=r"indoorCVPR_09.tar.*404.*put it into") as seen:
            fetch_benchmark("mit67")
        place = host.data / "downloads" / "mit67"
        assert str(place) in str(seen.value) and catalogue.CARDS["mit67"].page in str(seen.value)
        (place / "indoorCVPR_09.tar").write_bytes(archives["mit67"]["indoorCVPR_09.tar"])
        assert len(fetched("mit67").images) == 8

    def test_an_archive_without_the_lists_appears_nowhere(self, host):
        host.files["TrainImages.txt"] = b""
        host.files["TestImages.txt"] = b""
        with pytest.raises(DownloadError, match="is not mit67 .*fewer than two classes"):
            fetch_benchmark("mit67")
        assert not (host.data / "mit67").exists()

    @pytest.mark.parametrize("name", ["../evil.ppm", "/evil.ppm", ".hidden", "a\\b.ppm"])
    def test_a_list_of_files_names_only_its_neighbours(self, host, name):
        host.files["names.txt"] += f"{name} dry_knot\n".encode()
        with pytest.raises(DownloadError, match="which is no file beside it"):
            fetch_benchmark("wood")
        assert not (host.data / "wood").exists()

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

    def test_agreed(self, host, capsys):
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

    def test_a_failure_is_one_sentence(self, host, capsys, monkeypatch):
        host.files.clear()
        assert cli.main(["fetch", "--yes", "food101"]) == 1
        (sentence,) = capsys.readouterr().err.strip().splitlines()
        assert sentence.startswith("tlcourse: food-101.tar.gz could not be downloaded")

    @pytest.mark.parametrize("where", ["taken", "taken/inside"])
    def test_a_folder_that_cannot_be_written(self, host, capsys, monkeypatch, tmp_path, where):
        (tmp_path / "taken").touch()
        monkeypatch.setenv("TLCOURSE_DATA", str(tmp_path / where))
        assert cli.main(["fetch", "--yes", "mit67"]) == 1
        (sentence,) = capsys.readouterr().err.strip().splitlines()
        assert sentence.startswith(f"tlcourse: {tmp_path / where} cannot be written (")
        assert sentence.endswith("set TLCOURSE_DATA to a folder that can be written.")
        assert not host.asked

    def test_without_names_it_lists_them(self, capsys):
        assert cli.main(["fetch"]) == 2
        listed = capsys.readouterr().err
        assert all(name in listed for name in (*BENCHMARKS, "alexnet_places365", "vgg16"))

    def test_check_says_what_is_there(self, host):
        fetch_benchmark("wood")
        (host.data / fetch_benchmark("mit67") / "Images/kitchen/1.jpg").unlink()
        found = {finding.what: finding for finding in check.benchmark_findings()}
        assert found["data set wood"].found.endswith("wood, 11 images")
        assert not found["data set wood"].remedy
        assert "7 images where 8 are expected" in found["data set mit67"].remedy
        assert "fetch mit67" in found["data set mit67"].remedy
        assert "cub200" in found["data sets"].found and "wood" not in found["data sets"].found
        assert not any(finding.essential for finding in found.values())


def test_addresses_and_checksums_are_those_of_torchvision():
    cards = catalogue.CARDS.values()
    known = {(source.url, source.md5) for card in cards for source in card.sources}
    prefix = theirs.Flowers102._download_url_prefix
    expected = {(prefix + file, md5) for file, md5 in theirs.Flowers102._file_dict.values()}
    expected |= set(theirs.OxfordIIITPet._RESOURCES)
    expected |= {(loader._URL, loader._MD5) for loader in (theirs.DTD, theirs.Food101)}
    assert expected <= known


def test_files_under_a_name_that_is_no_text_have_a_fingerprint(tmp_path):
    file = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xe9.png"))
    try:
        file.touch()
    except (OSError, UnicodeError):
        pytest.skip("this file system takes names that are text only")
    assert readable.left_out([file], "mine") == {file: "empty, zero bytes"}
    assert readable.left_out([file], "mine") == {file: "empty, zero bytes"}


def test_numbers_of_the_catalogue_agree_with_each_other():
    for card in catalogue.CARDS.values():
        assert card.train + card.test <= card.images
        if card.name != "caltech101":
            assert card.train + card.test == card.images
    assert downloads.RemoteFile("http://a/b/c.tgz", 1).name == "c.tgz"

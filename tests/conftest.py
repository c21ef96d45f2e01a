"""For every test: a cache of its own, no window, no network, and browsers that CI insists on.

For the tests with a browser, one of it and one server a worker.
"""

import os
import shutil
import socket
import tempfile

import browser as lab
import pytest
from file_server import file_server

from tlcourse import browsers, paths

_LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")


def pytest_configure(config):
    """Keep the user's cache out of the tests; the user's data sets stay readable."""
    os.environ.setdefault("MPLBACKEND", "Agg")
    os.environ["TLCOURSE_DATA"] = str(paths.data_folder())
    config.tlcourse_cache = os.environ["TLCOURSE_CACHE"] = tempfile.mkdtemp(prefix="tlcourse-")


def pytest_unconfigure(config):
    shutil.rmtree(config.tlcourse_cache, ignore_errors=True)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    for item in items:
        if "chromium" in getattr(item, "fixturenames", ()):  # a cell of a notebook has none
            assert item.path.name.startswith("test_browser"), f"It is not found in {item.path}."
            item.add_marker("browser")


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """A test that reaches beyond this machine fails: downloads never hide in the suite."""
    connect = socket.socket.connect

    def connect_here_only(self, address):
        if isinstance(address, tuple) and not str(address[0]).startswith(_LOOPBACK):
            raise OSError(f"Tests have no network, and this one asked for {address[0]}.")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect_here_only)


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    """A cache that no other test has written to."""
    monkeypatch.setenv("TLCOURSE_CACHE", str(tmp_path))
    return tmp_path


@pytest.fixture(scope="module")
def one_thread():
    """Small batches on a busy machine: threads would wait for each other."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def server(monkeypatch):
    """Files on a host of this machine."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with file_server() as served:
        yield served


@pytest.fixture(scope="module")
def natural():
    """A bundled backbone."""
    from tlcourse.networks.backbones import load_backbone

    return load_backbone("natural")


@pytest.fixture(scope="session")
def film(tmp_path_factory):
    """What the camera of the browser shows once it is on, round and round: a file in Y4M."""
    return tmp_path_factory.mktemp("camera") / "film.y4m"


@pytest.fixture(scope="session")
def chromium(film):
    """The browser of this worker."""
    executable = lab.find_browser()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        options = [*browsers.browser_options(), "--use-fake-device-for-media-stream"]
        options.append(f"--use-file-for-fake-video-capture={film}")
        started = playwright.chromium.launch(executable_path=executable, args=options)
        yield started
        started.close()


@pytest.fixture
def offline(chromium):
    """A page without a network, and a list of what goes wrong on it."""
    with chromium.new_context(offline=True) as context:
        page, problems = context.new_page(), []
        page.set_default_timeout(lab.SLOW)
        lab.listen(page, problems, ("file:", "data:", "blob:", "about:"))
        yield page, problems


@pytest.fixture(scope="session")
def in_lab(chromium, tmp_path_factory):
    """JupyterLab on copies of the notebooks."""
    with lab.jupyter(chromium, tmp_path_factory.mktemp("lab")) as jupyter:
        yield jupyter


@pytest.fixture(scope="session")
def in_slides(chromium, tmp_path_factory):
    """The verb's server on copies of the notebooks."""
    with lab.jupyter(chromium, tmp_path_factory.mktemp("slides"), lab.SLIDES) as jupyter:
        yield jupyter


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """With TLCOURSE_REQUIRE_BROWSER=1 a browser test that would be skipped fails."""
    report = yield
    required = os.environ.get("TLCOURSE_REQUIRE_BROWSER") == "1"
    if required and report.skipped and item.get_closest_marker("browser"):
        report.outcome = "failed"
        report.longrepr = f"Skipped, and TLCOURSE_REQUIRE_BROWSER=1 forbids it: {report.longrepr}"
    return report

"""For every test: a cache of its own, no window, no network, and browsers that CI insists on."""

import os
import shutil
import socket
import tempfile

import pytest

from tlcourse import paths

_LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")


def pytest_configure(config):
    """Keep the user's cache out of the tests; the user's data sets stay readable."""
    os.environ.setdefault("MPLBACKEND", "Agg")
    os.environ["TLCOURSE_DATA"] = str(paths.data_folder())
    config.tlcourse_cache = os.environ["TLCOURSE_CACHE"] = tempfile.mkdtemp(prefix="tlcourse-")


def pytest_unconfigure(config):
    shutil.rmtree(config.tlcourse_cache, ignore_errors=True)


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """A test that reaches beyond this machine fails: downloads never hide in the suite."""
    connect = socket.socket.connect

    def connect_here_only(self, address):
        if isinstance(address, tuple) and not str(address[0]).startswith(_LOOPBACK):
            raise OSError(f"Tests have no network, and this one asked for {address[0]}.")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect_here_only)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """With TLCOURSE_REQUIRE_BROWSER=1 a browser test that would be skipped fails."""
    report = yield
    required = os.environ.get("TLCOURSE_REQUIRE_BROWSER") == "1"
    if required and report.skipped and item.get_closest_marker("browser"):
        report.outcome = "failed"
        report.longrepr = f"Skipped, and TLCOURSE_REQUIRE_BROWSER=1 forbids it: {report.longrepr}"
    return report

"""JupyterLab for this machine only: the verb ``lab``, and what other servers share with it."""

import os
import socket
import sys
from pathlib import Path

from tlcourse.paths import PROJECT, CannotWrite, writable_folder

FIRST_NOTEBOOK = "notebooks/00_start_here.ipynb"
SETTINGS = Path(__file__).with_name("lab")
EXTENSIONS = SETTINGS / "labextensions"


class BadPort(ValueError):
    """The port asked for is not a port, or is taken."""


class NoRoom(OSError):
    """Jupyter's own files cannot be written, as in a home that is full."""


def lab(arguments):
    """JupyterLab at the first notebook, for this machine only, with a token."""
    port = port_asked_for(arguments)
    if port is not None:
        check_port(port)
    check_home()
    first = f"--LabApp.default_url=/lab/tree/{FIRST_NOTEBOOK}"
    settings = f"--LabApp.app_settings_dir={SETTINGS}"  # nothing is asked of the network
    stored = f"--LabApp.extra_labextensions_path={EXTENSIONS}"  # a widget without its kernel
    run_jupyterlab([*server_defaults(arguments), first, settings, stored, *arguments])
    return 0


def server_defaults(arguments):
    """Options of a Jupyter server of the course, less those that ``arguments`` give themselves."""
    defaults = ["--ip=127.0.0.1", f"--ServerApp.root_dir={PROJECT}"]
    if asks_for(arguments, "--port"):
        defaults.append("--ServerApp.port_retries=0")
    if getattr(os, "geteuid", lambda: 1)() == 0:
        defaults.append("--allow-root")
    given = {_option_name(word) for word in arguments}
    return [option for option in defaults if _option_name(option) not in given]


def _option_name(word):
    return word.partition("=")[0].lstrip("-").removeprefix("ServerApp.")


def run_jupyterlab(arguments):
    """JupyterLab in this process, until it is stopped."""
    spare_a_second()
    from jupyterlab.labapp import main as jupyterlab

    jupyterlab(argv=arguments)


def spare_a_second():
    """Let jsonschema go without a grammar for IRIs, a format that Jupyter's schemas do not use."""
    sys.modules.setdefault("rfc3987_syntax", None)


def asks_for(arguments, option):
    return any(word == option or word.startswith(f"{option}=") for word in arguments)


def port_asked_for(arguments):
    """The number after ``--port``; None if there is no such option."""
    for place, word in enumerate(arguments):
        if word == "--port":
            return _port_number("".join(arguments[place + 1 : place + 2]))
        if word.startswith("--port="):
            return _port_number(word.partition("=")[2])
    return None


def _port_number(text):
    if not (text.isdecimal() and 0 < int(text) < 65536):
        raise BadPort(f"{text!r} is not a port: --port takes a number from 1 to 65535.")
    return int(text)


def check_home():
    """Raise NoRoom if a folder that Jupyter cannot do without cannot be written."""
    from jupyter_core import paths as jupyter

    folders = (jupyter.jupyter_config_dir, jupyter.jupyter_data_dir, jupyter.jupyter_runtime_dir)
    for folder in folders:
        try:
            writable_folder(folder())
        except CannotWrite as problem:
            raise NoRoom(
                f"Jupyter keeps files in {folder()}, which cannot be written ({problem.strerror}): "
                "make room there, or set HOME to a folder that can be written."
            ) from None


def check_port(port):
    """Raise BadPort if ``port`` cannot be listened on."""
    with socket.socket() as probe:
        if os.name == "posix":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise BadPort(f"port {port} is for administrators: take one above 1023.") from None
        except OSError:
            raise BadPort(
                f"port {port} is in use: close what uses it, name another, or leave --port out and "
                "a free one is found."
            ) from None

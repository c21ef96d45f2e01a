"""The verbs of the course: ``tlcourse lab``, ``slides``, ``test``, ``check``, ``fetch``, ``bench``.

Nothing but the standard library is imported here at the top: ``start.py`` reads the verbs before
anything is installed.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
FIRST_NOTEBOOK = "notebooks/00_start_here.ipynb"
SETTINGS = Path(__file__).parent / "templates" / "lab"
IN_PARALLEL = ("-n", "2", "--durations", "5")
NBVAL = (
    *("-p", "solutions", "--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout", "300"),
    *(*IN_PARALLEL, "--dist", "loadscope", "--no-loadscope-reorder"),
)


class UnknownVerb(ValueError):
    """The first word of the command is no verb of the course."""


class BadPort(ValueError):
    """The port asked for is not a port, or is taken."""


def main(arguments=None):
    """Run one verb; returns the exit status."""
    if hasattr(sys.stdout, "reconfigure"):  # a code page may lack a letter of a folder's name
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        verb, rest = split_verb(sys.argv[1:] if arguments is None else list(arguments))
        if verb == "help":
            print(help_text())
            return 0
        if verb != "slides":  # it may name a folder, meant from where it was typed
            os.chdir(PROJECT)
        return VERBS[verb][0](rest)
    except (UnknownVerb, BadPort) as problem:
        print(f"tlcourse: {problem}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def split_verb(arguments):
    """The verb (``lab`` if none is named) and what follows it.

    Raises
    ------
    UnknownVerb
        With the verbs that there are.
    """
    if arguments and arguments[0] in ("help", "-h", "--help"):
        return "help", arguments[1:]
    if not arguments or arguments[0].startswith("-"):
        return "lab", arguments
    verb, *rest = arguments
    if verb not in VERBS:
        raise UnknownVerb(f"there is no verb {verb!r}: the verbs are {', '.join(VERBS)}.")
    return verb, rest


def help_text():
    lines = ["usage: start.py [VERB] [ARGUMENTS]", ""]
    lines += [f"  {verb:<8}{meaning}" for verb, (_, meaning) in VERBS.items()]
    return "\n".join(lines)


def lab(arguments):
    """JupyterLab at the first notebook, for this machine only, with a token."""
    port = port_asked_for(arguments)
    if port is not None:
        check_port(port)
    first = f"--LabApp.default_url=/lab/tree/{FIRST_NOTEBOOK}"
    settings = f"--LabApp.app_settings_dir={SETTINGS}"  # nothing is asked of the network
    run_jupyterlab([*server_defaults(arguments), first, settings, *arguments])
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


def slides(arguments):
    """A notebook live as slides, or decks that need no network."""
    from tlcourse import slides as module

    return module.slides(arguments)


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


def test(arguments):
    """All tests, or, with arguments, pytest with these arguments."""
    started = time.perf_counter()
    status = run_pytest(arguments) if arguments else max(test_everything())
    print(f"All of it took {time.perf_counter() - started:.0f} s.", flush=True)
    return status


def test_everything():
    """Exit statuses of the unit tests, the notebooks, and the tests that drive a browser."""
    one_thread = {"OMP_NUM_THREADS": "1", **os.environ}
    units = ["tests", "-m", "not browser", "--dist", "worksteal"]
    yield run_pytest([*units, *IN_PARALLEL], one_thread)
    yield test_notebooks(one_thread)
    browser = sorted(map(str, Path("tests").glob("test_browser*.py")))
    yield run_pytest([*browser, "-rP", "--dist", "loadfile", *IN_PARALLEL], one_thread)


def test_notebooks(environment):
    """Run every notebook by nbval; those that fail are kept, executed, under ``build/``."""
    if not any(Path("notebooks").glob("*.ipynb")):
        return 0
    build = Path("build")
    build.mkdir(exist_ok=True)
    report = build / "notebooks.xml"
    xml = ["--junitxml", str(report), "-o", "junit_family=xunit1"]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as cache:
        environment = {**environment, "TLCOURSE_CACHE": cache, "TLCOURSE_DATA": user_data()}
        environment["PYTHONPATH"] = os.pathsep.join(
            filter(None, (str(PROJECT / "tests"), os.environ.get("PYTHONPATH")))
        )
        status = run_pytest([*NBVAL, *xml, "notebooks"], environment)
        if status:
            for notebook in failed_notebooks(report):
                keep_executed(notebook, build, environment)
    return status


def user_data():
    from tlcourse.paths import data_folder

    return str(data_folder())


def run_pytest(arguments, environment=None):
    return subprocess.call([sys.executable, "-m", "pytest", *arguments], env=environment)


def failed_notebooks(report):
    """The notebooks with a failing cell in a JUnit report, in order, each once."""
    if not report.exists():
        return []
    cases = ElementTree.parse(report).iter("testcase")
    bad = [case for case in cases if {"failure", "error"} & {child.tag for child in case}]
    files = [case.get("file") or "" for case in bad]
    return list(dict.fromkeys(file for file in files if file.endswith(".ipynb")))


def keep_executed(notebook, folder, environment=None):
    """Execute ``notebook`` to its end, errors and all, into ``folder``."""
    print(f"Keeping {notebook} as executed in {folder}.", flush=True)
    command = [sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute"]
    options = ["--allow-errors", "--log-level", "WARN", "--output-dir", str(folder)]
    subprocess.call([*command, *options, notebook], env=environment)


def check(arguments):
    """What this machine has, and what to do about what is missing."""
    from tlcourse.check import report

    return report()


def fetch(arguments):
    """Bring weights and data sets before class; their terms are shown first."""
    from tlcourse import fetching

    return fetching.fetch(arguments)


def bench(arguments):
    """Every benchmark in turn, each in a process of its own."""
    benchmarks = sorted(Path("benchmarks").glob("bench_*.py"))
    failed = [
        file.name
        for file in benchmarks
        if subprocess.call([sys.executable, str(file), *arguments]) != 0
    ]
    if failed:
        print(f"tlcourse: failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


VERBS = {
    "lab": (lab, "JupyterLab at the first notebook (the default); Jupyter's options may follow"),
    "test": (test, "all tests; pytest's arguments may follow"),
    "check": (check, "what this machine has, and what to do about what is missing"),
    "fetch": (
        fetch,
        "weights and data sets by name, before class: fetch vgg16 mit67; alone, it lists",
    ),
    "bench": (bench, "the benchmarks"),
    "slides": (
        slides,
        "a notebook live as slides: slides 06; decks to carry away: slides [06] --export DIR",
    ),
}

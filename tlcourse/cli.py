"""The verbs of the course: ``tlcourse lab``, ``tlcourse slides``, and those in ``VERBS``.

Nothing but the standard library is imported here at the top: ``start.py`` reads the verbs before
anything is installed.
"""

import os
import subprocess
import sys
from pathlib import Path

from tlcourse.paths import PROJECT
from tlcourse.tools.jupyter import BadPort, NoRoom


class UnknownVerb(ValueError):
    """The first word of the command is no verb of the course."""


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
    except (UnknownVerb, BadPort, NoRoom) as problem:
        print(f"tlcourse: {problem}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def split_verb(arguments):
    """The verb (``lab`` if none is named) and what follows it."""
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
    from tlcourse.tools import jupyter

    return jupyter.lab(arguments)


def test(arguments):
    """All tests, or, with arguments, pytest with these arguments."""
    from tlcourse.tools import suite

    return suite.test(arguments)


def slides(arguments):
    """A notebook live as slides, or decks that need no network."""
    from tlcourse.tools.slides import verb

    return verb.slides(arguments)


def warm_up(arguments):
    """Run notebooks before a class, so that caches are full; forget a rehearsal's predictions."""
    from tlcourse.tools.warm_up import warm_up as run_them

    return run_them(arguments)


def check(arguments):
    """What this machine has, and what to do about what is missing."""
    from tlcourse.tools.check import report

    return report()


def fetch(arguments):
    """Bring weights and data sets before class; their terms are shown first."""
    from tlcourse.tools import fetch as module

    return module.fetch(arguments)


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
    "warm-up": (
        warm_up,
        "runs notebooks before a class: warm-up two-hours, warm-up 06 08; alone, all; --clear "
        "forgets your predictions",
    ),
}

"""``start.py slides``: a notebook live as slides, or decks to carry away."""

import os
import sys
from importlib.metadata import version
from pathlib import Path

from tlcourse import paths
from tlcourse.tools import jupyter

USAGE = (
    "slides NN shows notebook NN live; slides [NN ...] --export DIR writes decks that need no "
    "network, of all notebooks if none is named"
)


LAST_IPYWIDGETS = (8, 1, 2)  # the last that jupyterlab-rise 0.43.1 shows


class BadSlides(ValueError):
    """What follows ``slides`` is not understood; the message is one sentence."""


def slides(arguments):
    """Show or export; returns the exit status.

    Parameters
    ----------
    arguments : list of str
        What follows ``slides``: numbers of notebooks, ``--export DIR``; when notebooks are shown,
        options of JupyterLab.
    """
    try:
        numbers, folder, rest = split_arguments(arguments)
        notebooks = [find_notebook(number) for number in numbers]
        if folder is None:
            return show(notebooks, rest)
        if rest:
            raise BadSlides(f"{rest[0]} is no option of --export: {USAGE}.")
        return export(notebooks or all_notebooks(), folder)
    except BadSlides as problem:
        print(f"tlcourse: {problem}", file=sys.stderr)
        return 2


def split_arguments(arguments):
    """Numbers of notebooks, the folder to export to (None: show), and JupyterLab's options."""
    words, folder = [], None
    for word in arguments:
        words += word.split("=", 1) if word.startswith("--export=") else [word]
    if "--export" in words:
        place = words.index("--export")
        folder = "".join(words[place + 1 : place + 2])
        del words[place : place + 2]
    if folder is not None and (not folder or folder.startswith("-")):
        raise BadSlides(f"--export needs a folder: {USAGE}.")
    first = next((i for i, word in enumerate(words) if word.startswith("-")), len(words))
    return words[:first], folder, words[first:]


def all_notebooks():
    """The notebooks of the course, in order."""
    return sorted((paths.PROJECT / "notebooks").glob("[0-9][0-9]_*.ipynb"))


def find_notebook(name):
    """The notebook with a number (``"6"``, ``"06"``) or a name (``"06_feature_extraction"``)."""
    stem = Path(name).name.removesuffix(".ipynb")
    for notebook in all_notebooks():
        if stem in (notebook.stem, notebook.stem[:2], notebook.stem[:2].removeprefix("0")):
            return notebook
    numbers = ", ".join(notebook.stem[:2] for notebook in all_notebooks())
    raise BadSlides(f"there is no notebook {name!r}: there are {numbers}.")


def show(notebooks, options):
    """Serve one notebook as slides until it is stopped, and open it in the browser."""
    if len(notebooks) != 1:
        raise BadSlides(f"one notebook is shown at a time: {USAGE}.")
    found = version("ipywidgets")
    if tuple(map(int, found.split(".")[:3])) > LAST_IPYWIDGETS:
        raise BadSlides(
            f"live slides show no widget with ipywidgets {found}: start them by start.py, which "
            "brings 8.1.2, or export decks, slides NN --export DIR."
        )
    port = jupyter.port_asked_for(options)
    if port is not None:
        jupyter.check_port(port)
    jupyter.check_home()
    # A progress bar is of no use on a slide: the page says which cell is running.
    os.environ.setdefault("TQDM_DISABLE", "1")
    jupyter.spare_a_second()
    from tlcourse.tools.slides.server import SlidesApp

    SlidesApp.launch_instance(argv=server_options(notebooks[0], options))
    return 0


def server_options(notebook, options=()):
    """Options of the server that shows ``notebook``, on this machine only, with a token."""
    page = notebook.relative_to(paths.PROJECT).as_posix()
    return [*jupyter.server_defaults(options), f"--SlidesApp.default_url=/slides/{page}", *options]


def export(notebooks, folder):
    """Write decks and their PDFs, and say so."""
    from tlcourse.tools.slides.export import CannotExport, export_decks
    from tlcourse.tools.slides.reveal import NoReveal

    try:
        for file in export_decks(notebooks, folder):
            print(file, flush=True)
    except (CannotExport, NoReveal) as problem:
        print(f"tlcourse: {problem}", file=sys.stderr)
        return 1
    return 0

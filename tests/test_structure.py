"""The house: rooms of few modules, imports that go downwards, and no code that only tests call."""

import ast
from collections import Counter, defaultdict
from functools import cache
from graphlib import TopologicalSorter
from itertools import chain
from textwrap import dedent

import pytest

from scripts.code_lines import code_lines, count_lines
from tlcourse.paths import PROJECT

# From the bottom to the top: a module imports from its own room and from those before it.
ROOMS = (
    "course",
    "plots",
    "datasets",
    "networks",
    "features",
    "classifiers",
    "domains",
    "finetuning",
    "tables",
    "your_problem",
    "widgets",
    "tools",
)
ENTRANCE = ("cli", "__main__")  # they call the tools; nothing imports them
LARGE = ("tlcourse/datasets/drawn", "tlcourse/widgets")
CALLED_BY_A_LIBRARY = {
    "tlcourse._torchvision_pair": {"cure_on_first_import"},  # the package's __init__ calls it
    "tlcourse.tools.slides.server": {"_jupyter_server_extension_points"},  # Jupyter calls it
}
BY_NAME = {  # such a module is found by its name
    "tlcourse.datasets.drawn.": {"CLASSES", "FILLS", "SOURCE_CLASSES", "draw"},
    "tlcourse.course.exercises.": {"EXERCISES"},
    "scripts.remake.": {"steps", "add_arguments"},
}


def dotted(file):
    return ".".join(file.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {
    dotted(file): file
    for folder in ("tlcourse", "scripts")
    for file in sorted((PROJECT / folder).rglob("*.py"))
}
CALLERS = [
    *MODULES.values(),
    PROJECT / "start.py",
    *sorted((PROJECT / "notebooks").rglob("*.py")),
    *sorted((PROJECT / "benchmarks").glob("*.py")),
]


@cache
def tree_of(file):
    return ast.parse(file.read_text(encoding="utf-8"))


def imports_of(file):
    """(module, name or None, alias) of everything that a file imports of the project."""
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.ImportFrom) and node.module:
            for each in node.names:
                whole = f"{node.module}.{each.name}"
                alias = each.asname or each.name
                if whole in MODULES and alias not in passed_on(node.module):
                    yield whole, None, alias
                elif node.module in MODULES:
                    yield node.module, each.name, alias


@cache
def passed_on(package):
    """Names that a package's ``__init__`` imports: they win over its modules."""
    nodes = ast.walk(tree_of(MODULES[package]))
    imported = (node.names for node in nodes if isinstance(node, ast.ImportFrom))
    return {each.asname or each.name for each in chain.from_iterable(imported)}


def imported_modules(module):
    return {name for name, _, _ in imports_of(MODULES[module])} - {module}


def room_of(module):
    parts = module.split(".")
    if parts[0] == "scripts":
        return parts[0]
    return parts[1] if len(parts) > 2 or module in (f"tlcourse.{room}" for room in ROOMS) else ""


def floor_of(module):
    """0 for the modules at the bottom, then the rooms in their order, then the entrance."""
    name = module.rpartition(".")[2]
    if module.startswith("scripts."):
        return len(ROOMS) + 2
    if name in ENTRANCE:
        return len(ROOMS) + 1
    return ROOMS.index(room_of(module)) + 1 if room_of(module) else 0


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_downwards(module):
    above = {
        other
        for other in imported_modules(module)
        if floor_of(other) >= floor_of(module) and room_of(other) != room_of(module)
    }
    assert above == set()


def test_no_import_goes_round_and_rooms_are_those_of_the_design():
    graph = {module: imported_modules(module) for module in MODULES}
    assert set(TopologicalSorter(graph).static_order()) >= set(MODULES)
    rooms = {room_of(module) for module in MODULES if module.startswith("tlcourse.")} - {""}
    assert rooms == set(ROOMS)
    folders = [file.parent.relative_to(PROJECT).as_posix() for file in MODULES.values()]
    sizes = Counter(folder for folder in folders if folder.startswith("tlcourse"))
    assert {folder: n for folder, n in sizes.items() if n > 12 and folder not in LARGE} == {}


def test_the_house_is_small():
    lines, code = count_lines(PROJECT)
    assert lines["tlcourse"] <= 23_500
    assert code["tlcourse"] + code["scripts"] <= 16_600


def names_in(tree):
    """Every name, attribute and text (as in getattr, and in a list of traits) of a file."""
    spoken = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            spoken.add(node.id)
        elif isinstance(node, ast.Attribute):
            spoken.add(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            spoken.add(node.value)
    return spoken


def called_from_outside():
    """{module: names of it that other modules, notebooks or benchmarks use}."""
    used = defaultdict(set)
    for file in CALLERS:
        aliases = {}
        for module, name, alias in imports_of(file):
            if name is None:
                aliases[alias] = module
            elif file.name != "__init__.py":
                used[module].add(name)
        for node in ast.walk(tree_of(file)):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                used[aliases.get(node.value.id, "")].add(node.attr)
    for module, file in MODULES.items():  # a room passes on what its __init__ imports
        if file.name == "__init__.py":
            for origin, name, alias in imports_of(file):
                if alias in used[module]:
                    used[origin].add(name)
    return used


def calls_within(tree):
    """Top-level names that the file's own code uses, outside their own definition."""
    found = set()
    for node in tree.body:
        spoken = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
        found |= spoken - {getattr(node, "name", "")} - set(defined_by(node))
    return found


def defined_by(node):
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else []
    names = chain.from_iterable(ast.walk(target) for target in targets)
    return [each.id for each in names if isinstance(each, ast.Name)]


def test_nothing_is_there_for_the_tests_alone():
    outside, idle = called_from_outside(), {}
    for module, file in MODULES.items():
        tree = tree_of(file)
        defined = {name for node in tree.body for name in defined_by(node)}
        unused = (
            defined
            - calls_within(tree)
            - outside[module]
            - CALLED_BY_A_LIBRARY.get(module, set())
            - {"main"}
        )
        for place, found_by_name in BY_NAME.items():
            unused -= found_by_name if module.startswith(place) else set()
        if unused := {name for name in unused if not name.startswith("__")}:
            idle[module] = sorted(unused)
    assert idle == {}


def test_no_method_is_there_for_the_tests_alone():
    spoken = set().union(*(names_in(tree_of(file)) for file in CALLERS))
    pages = "".join(file.read_text("utf-8") for file in (PROJECT / "tlcourse").rglob("*.js"))
    idle = []
    for module, file in MODULES.items():
        for owner in (node for node in tree_of(file).body if isinstance(node, ast.ClassDef)):
            methods = [node for node in owner.body if isinstance(node, ast.FunctionDef)]
            idle += [
                f"{module}.{owner.name}.{method.name}"
                for method in methods
                if not called_by_a_framework(method)
                and method.name not in spoken
                and method.name not in pages
            ]
    assert idle == []


def called_by_a_framework(method):
    """Dunders, traitlets' validators and observers, and what a base class of a library calls."""
    hooks = {"inline_math", "block_math", "get_extension_package", "find_spec"}
    decorators = " ".join(map(ast.dump, method.decorator_list))
    is_hook = method.name.startswith(("__", "_repr_")) or method.name in hooks
    return is_hook or "validate" in decorators or "observe" in decorators


@pytest.mark.parametrize("module", MODULES)
def test_no_docstring_is_longer_than_the_code_it_explains(module):
    longer, lines = {}, MODULES[module].read_text(encoding="utf-8").splitlines(keepends=True)
    for node in ast.walk(tree_of(MODULES[module])):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
            told = node.body[0].end_lineno - node.body[0].lineno + 1
            code = code_lines(dedent("".join(lines[node.lineno - 1 : node.end_lineno])))
            if told > max(1, code):
                longer[node.name] = f"{told} lines on {code} of code"
    assert longer == {}

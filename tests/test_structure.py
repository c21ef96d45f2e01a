"""The house: rooms of few modules, imports that go downwards, and no code that only tests call."""

import ast
from collections import Counter
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
BY_NAME = {  # what finds such a module calls it
    "tlcourse.tools.slides.server": {"_jupyter_server_extension_points"},
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
    assert lines["tlcourse"] <= 18_000
    assert code["tlcourse"] + code["scripts"] <= 12_500


def spoken_in(tree):
    """How often a tree speaks of each name: as a name, an attribute, an import or a text."""
    nodes = list(ast.walk(tree))
    spoken = [node.id for node in nodes if isinstance(node, ast.Name)]
    spoken += [node.attr for node in nodes if isinstance(node, ast.Attribute)]
    spoken += [node.name for node in nodes if isinstance(node, ast.alias)]
    texts = (node.value for node in nodes if isinstance(node, ast.Constant))
    return Counter(spoken + [text for text in texts if isinstance(text, str)])


def defined_in(node):
    """(name, the part of the tree that defines it) of a module's, or a class's, definitions."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name, node
    if isinstance(node, ast.Assign):
        yield from ((each.id, node) for each in node.targets if isinstance(each, ast.Name))
    if isinstance(node, ast.ClassDef):
        methods = [each for each in node.body if isinstance(each, ast.FunctionDef)]
        # an overridden method may be spoken of in itself alone, after super()
        yield from ((each.name, ast.Pass()) for each in methods if not is_a_hook(each))


def is_a_hook(method):
    """Whether traitlets or a library's base class calls it: its decorators say so, or its name."""
    hooks = {"inline_math", "block_math", "get_extension_package", "find_spec"}
    decorators = " ".join(map(ast.dump, method.decorator_list))
    return method.name in hooks or "validate" in decorators or "observe" in decorators


def test_nothing_is_there_for_the_tests_alone():
    spoken = sum((spoken_in(tree_of(file)) for file in CALLERS), Counter())
    pages = "".join(file.read_text("utf-8") for file in (PROJECT / "tlcourse").rglob("*.js"))
    idle = []
    for module, file in MODULES.items():
        by_name = {n for at, names in BY_NAME.items() if module.startswith(at) for n in names}
        for node in tree_of(file).body:
            for name, definition in defined_in(node):
                elsewhere = spoken[name] - spoken_in(definition)[name]
                is_called = elsewhere > 0 or name in by_name or name in pages
                if not is_called and not name.startswith(("__", "_repr_")):
                    idle.append(f"{module}.{name}")
    assert idle == []


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

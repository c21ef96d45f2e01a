"""The house: rooms of few modules, imports that go downwards, and no code that only tests call."""

import ast
from collections import Counter
from functools import cache
from graphlib import TopologicalSorter

from scripts.code_lines import count_lines
from tlcourse.paths import PROJECT

# From the bottom to the top: a module imports from its own room and from those before it.
ROOMS = (
    "course plots datasets networks features classifiers domains finetuning tables your_problem "
    "widgets tools"
).split()
ENTRANCE = ("tlcourse.cli", "tlcourse.__main__")  # they call the tools; nothing imports them
FLOORS = ["", *ROOMS, "entrance", "scripts"]
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


def imported_modules(module):
    """What a module imports of the project."""
    found = set()
    for node in ast.walk(tree_of(MODULES[module])):
        for each in node.names if isinstance(node, ast.ImportFrom) else ():
            whole = f"{node.module}.{each.name}"
            found.add(whole if whole in MODULES else node.module)
    return found & MODULES.keys() - {module}


def room_of(module):
    """Its folder in the package; "" for the modules at the bottom, which lie in none."""
    top, room, *_ = f"{module}..".split(".")
    if module in ENTRANCE or top == "scripts":
        return "scripts" if top == "scripts" else "entrance"
    return room if (PROJECT / top / room).is_dir() else ""


def test_imports_go_downwards():
    floor = {module: FLOORS.index(room_of(module)) for module in MODULES}
    pairs = [(module, other) for module in MODULES for other in imported_modules(module)]
    assert [(module, other) for module, other in pairs if floor[other] > floor[module]] == []


def test_no_import_goes_round_and_rooms_are_those_of_the_design():
    graph = {module: imported_modules(module) for module in MODULES}
    assert set(TopologicalSorter(graph).static_order()) >= set(MODULES)
    assert {room_of(module) for module in MODULES} == set(FLOORS)
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

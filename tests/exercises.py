"""The exercises of a notebook, and the statements before them that they rest on.

A whole notebook takes tens of seconds. An exercise rests on a few of its statements: those that
give its names their values, those that these rest on, and so on. Only they are run.
"""

import ast
import re
import symtable
from dataclasses import dataclass
from functools import cached_property

import nbformat

SOLUTION = re.compile(r"<details><summary>Solution</summary>.*?```python\n(.*?)```", re.DOTALL)
DOTS = "answer = ..."


@dataclass(frozen=True)
class Exercise:
    """A cell that checks an answer, and the solution below it.

    Attributes
    ----------
    place : int
        Number of the cell in its notebook.
    source : str
        The cell, with the dots.
    solution : str or None
        The code under "Solution"; its last line is an expression, the answer.
    """

    place: int
    source: str
    solution: str | None

    @cached_property
    def solved(self):
        """The cell with the solution in place of the dots."""
        *before, last = ast.parse(self.solution).body
        answer = ast.Assign([ast.Name("answer", ast.Store())], last.value)
        lines = [ast.unparse(ast.fix_missing_locations(each)) for each in (*before, answer)]
        return self.source.replace(DOTS, "\n".join(lines), 1)


def exercises_of(notebook):
    """Exercises of a notebook file, in order."""
    cells = nbformat.read(notebook, as_version=4).cells
    found = []
    for place, cell in enumerate(cells):
        if cell.cell_type == "code" and "check_answer(" in cell.source:
            below = cells[place + 1].source if place + 1 < len(cells) else ""
            match = SOLUTION.search(below)
            found.append(Exercise(place, cell.source, match and match[1]))
    return found


def program_of(notebook):
    """Statements of a notebook that its solved exercises rest on, one list a cell, in order."""
    solved = {each.place: each.solved for each in exercises_of(notebook)}
    cells = nbformat.read(notebook, as_version=4).cells
    statements = [
        (place, statement, place in solved)
        for place, cell in enumerate(cells)
        if cell.cell_type == "code"
        for statement in ast.parse(solved.get(place, cell.source)).body
    ]
    called = {s.name: read_by(s) for _, s, _ in statements if isinstance(s, ast.FunctionDef)}
    imports = [s for _, s, _ in statements if isinstance(s, ast.Import | ast.ImportFrom)]
    imported = set().union(*map(set_by, imports))
    needed, kept = set(), []
    for place, statement, is_exercise in reversed(statements):
        changed = set_anywhere(statement) | called_on(statement) - imported
        if not (is_exercise or changed & needed):
            continue
        kept.append((place, statement))
        needed -= set_by(statement)
        needed |= with_called(read_by(statement), called)
    program = {}
    for place, statement in reversed(kept):
        program.setdefault(place, []).append(statement)
    return program


def read_by(statement):
    """Names of the notebook that a statement reads, inside its functions too, less their own."""
    top = symtable.symtable(ast.unparse(statement), "statement", "exec")
    read = {symbol.get_name() for symbol in top.get_symbols() if symbol.is_referenced()}
    return read.union(*map(globals_of, top.get_children()))


def globals_of(scope):
    """Names that a function, a lambda or a comprehension reads from the notebook."""
    own = {symbol.get_name() for symbol in scope.get_symbols() if symbol.is_global()}
    return own.union(*map(globals_of, scope.get_children()))


def set_by(statement):
    """Names that have a value of this statement alone, whatever they were before."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return {statement.name}
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return {(each.asname or each.name).split(".")[0] for each in statement.names}
    if not isinstance(statement, ast.Assign):
        return set()
    targets = [node for target in statement.targets for node in ast.walk(target)]
    return {n.id for n in targets if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def set_anywhere(statement):
    """Names that a statement sets, in a loop or a condition too, or some part of which it sets."""
    top = symtable.symtable(ast.unparse(statement), "statement", "exec")
    whole = {symbol.get_name() for symbol in top.get_symbols() if symbol.is_assigned()}
    parts = [
        node for node in ast.walk(statement) if isinstance(node, ast.Subscript | ast.Attribute)
    ]
    changed = {root_of(node) for node in parts if isinstance(node.ctx, ast.Store)}
    return whole | set_by(statement) | changed - {None}


def called_on(statement):
    """Names with a method called, which may change them; not where the result is what counts."""
    if isinstance(statement, ast.Assign | ast.FunctionDef | ast.ClassDef):
        return set()
    calls = [node.func for node in ast.walk(statement) if isinstance(node, ast.Call)]
    return {root_of(each) for each in calls if isinstance(each, ast.Attribute)} - {None}


def root_of(node):
    """The name at the start of ``name.a[b].c()``; None if there is none."""
    while isinstance(node, ast.Subscript | ast.Attribute | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None


def with_called(names, called):
    """The names, and what the notebook's own functions among them read."""
    found, open_ = set(), set(names)
    while open_:
        name = open_.pop()
        if name not in found:
            found.add(name)
            open_ |= called.get(name, set())
    return found

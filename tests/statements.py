"""The statements of a notebook that some of its cells rest on.

A whole notebook takes tens of seconds. A widget rests on a few of its statements: those that give
its names their values, those that these rest on, and so on. Only they are run.
"""

import ast
import re

IMPORTS = ast.Import | ast.ImportFrom


def needed_by(wanted, sources):
    """Statements that the cells at the places ``wanted`` rest on, theirs too: place -> statements.

    ``sources`` has the code of each cell, by its place.
    """
    statements = [(place, each) for place in sources for each in ast.parse(sources[place]).body]
    functions = {s.name: names_in(s) for _, s in statements if isinstance(s, ast.FunctionDef)}
    imported = set().union(*(set_by(s) for _, s in statements if isinstance(s, IMPORTS)))
    needed, program = set(), {}
    for place, statement in reversed(statements):
        if place in wanted or needed & (set_by(statement) | changed_by(statement) - imported):
            program[place] = [statement, *program.get(place, [])]
            if isinstance(statement, ast.Assign | ast.FunctionDef):  # whatever it was before
                needed -= set_by(statement)
            read = names_in(statement)
            needed |= read.union(*(functions.get(name, ()) for name in read))
    return dict(sorted(program.items()))


def names_in(statement, use=ast.Load):
    return {n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, use)}


def set_by(statement):
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return {statement.name}
    if isinstance(statement, IMPORTS):
        return {(each.asname or each.name).split(".")[0] for each in statement.names}
    return names_in(statement, ast.Store)


def changed_by(statement):
    """Names of which a part is set, or a method is called for its own sake: it may change them."""
    nodes = [] if isinstance(statement, ast.FunctionDef) else list(ast.walk(statement))
    alone = [n.value for n in nodes if isinstance(n, ast.Expr)]
    found = [call.func for call in alone if isinstance(call, ast.Call)]
    found += [n for n in nodes if isinstance(getattr(n, "ctx", None), ast.Store)]
    parts = [ast.unparse(n) for n in found if isinstance(n, ast.Attribute | ast.Subscript)]
    return {re.match(r"\w*", part)[0] for part in parts}

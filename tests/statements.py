"""The statements of a notebook that some of its cells rest on.

A whole notebook takes tens of seconds. An exercise or a widget rests on a few of its statements:
those that give its names their values, those that these rest on, and so on. Only they are run.
"""

import ast
import symtable


def needed_by(wanted, sources):
    """Statements that the cells at the places ``wanted`` rest on, theirs too: place -> statements.

    Parameters
    ----------
    wanted : collection of int
    sources : dict of int to str
        Place of a code cell -> its source.
    """
    statements = [
        (place, statement)
        for place in sorted(sources)
        for statement in ast.parse(sources[place]).body
    ]
    called = {s.name: read_by(s) for _, s in statements if isinstance(s, ast.FunctionDef)}
    imports = [s for _, s in statements if isinstance(s, ast.Import | ast.ImportFrom)]
    imported = set().union(*map(set_by, imports))
    needed, program = set(), {}
    for place, statement in reversed(statements):
        changed = set_anywhere(statement) | called_on(statement) - imported
        if not (place in wanted or changed & needed):
            continue
        program[place] = [statement, *program.get(place, [])]
        needed -= set_by(statement)
        needed |= with_called(read_by(statement), called)
    return dict(sorted(program.items()))


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
    """Names with a method called for its own sake, not for its result: it may change them."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return set()
    alone = [node for node in ast.walk(statement) if isinstance(node, ast.Expr)]
    calls = [n.func for each in alone for n in ast.walk(each) if isinstance(n, ast.Call)]
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

"""How large the house is: ``python scripts/code_lines.py`` prints its lines, room by room."""

import ast
from collections import Counter
from pathlib import Path

FOLDERS = ("tlcourse", "scripts")


def count_lines(project):
    """All lines, and lines of code (not blank, comment or docstring), by folder and by room."""
    lines, code = Counter(), Counter()
    for folder in FOLDERS:
        for file in sorted((project / folder).rglob("*.py")):
            inside = file.relative_to(project).parent.as_posix()
            text = file.read_text(encoding="utf-8")
            for place in {folder, inside}:
                lines[place] += len(text.splitlines())
                code[place] += code_lines(text)
    return lines, code


def code_lines(text):
    """Lines of a module that are neither blank nor a comment nor part of a docstring."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    told = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None:
            told |= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    return sum(
        bool(line.strip()) and not line.lstrip().startswith("#") and number not in told
        for number, line in enumerate(text.splitlines(), 1)
    )


if __name__ == "__main__":
    lines, code = count_lines(Path(__file__).resolve().parent.parent)
    for place in sorted(lines):
        print(f"{place:36}{lines[place]:8,} lines {code[place]:8,} of code")
    print(f"code of both: {sum(code[folder] for folder in FOLDERS):,}")

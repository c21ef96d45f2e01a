"""The code is on stage: what the rewritten notebooks show, counted. ``-s`` prints the counts."""

import ast
import re
from functools import cache

import numpy as np
import pandas as pd
import pytest
import torch
from bs4 import BeautifulSoup
from parsed import NOTEBOOKS, cells_of
from sklearn.pipeline import Pipeline
from sklearn.svm import LinearSVC

from tlcourse.course import claims

ON_STAGE = {  # notebook: what its code calls, or sets, in the open
    "00": {"softmax", "topk"},
    "01": {"backward", "zero_grad", "step", "Sequential", "read_csv", "groupby"},
    "05": {"backward", "step", "clamp", "Sequential", "LinearSVC", "SVC", "GridSearchCV"},
    "02": {"register_forward_hook", "numel", "Conv2d", "Linear", "groupby", "symbolic_trace"},
    "04": {"permute", "TfidfVectorizer", "gaussian_kde", "PCA", "softmax", "backward", "step"},
    "03": {"where", "exp", "pairwise_distances", "mmd_squared", "GridSearchCV", "binomtest"},
    "06": {"register_forward_hook", "mean", "hstack", "LinearSVC", "extract_features"},
    "11": {"groupby", "pivot", "score", "run_sweep", "GridSearchCV", "corr", "linregress", "leep"},
    "07": {"requires_grad_", "Adam", "zero_grad", "backward", "step", "RidgeClassifierCV"},
    "08": {"requires_grad", "eval", "params", "backward", "step", "state_dict", "running_mean"},
    "12": {"cosine_similarity", "groupby", "cross_val_score", "GridSearchCV", "backward", "rule"},
    "10": {"mean", "std", "astype", 0.15, 0.25, "LinearSVC", "GridSearchCV", "groupby"},
    "09": {"norm", "hstack", "std", "discretised", "GridSearchCV", "corrcoef"},
}
LIBRARIES = {"torch", "torchvision", "numpy", "pandas", "sklearn", "scipy"}
OBJECTS = (torch.nn.Module(), torch.ones(1), torch.optim.SGD, np.ones(1), pd.DataFrame(), pd.Series)
METHODS = set().union(*map(dir, (*OBJECTS, Pipeline, LinearSVC)))
METHODS -= set().union(*map(dir, ("", [], {}, {1}, 1.0, print))) | {"name", "names", "plot", "hist"}
FORM = {"predict", "measured", "check_code", "quiz"}

each_on_stage = pytest.mark.parametrize(
    "notebook",
    [each for each in NOTEBOOKS if each.name[:2] in ON_STAGE],
    ids=lambda file: file.stem,
)


@cache
def code_of(notebook):
    """Code cells of a notebook, as (number, source)."""
    cells = enumerate(cells_of(notebook))
    return [(n, cell.source) for n, cell in cells if cell.cell_type == "code"]


def lines_of(source, node):
    """Numbers of the lines of a statement that are code; of a compound one, those of its head."""
    end = node.body[0].lineno - 1 if getattr(node, "body", None) else node.end_lineno
    first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", []))])
    code = source.splitlines()
    return {
        number
        for number in range(first, max(end, node.lineno) + 1)
        if code[number - 1].strip() and not code[number - 1].lstrip().startswith("#")
    }


def heads_of(node):
    """The expressions of a statement, without the statements inside it."""
    for _, value in ast.iter_fields(node):
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, ast.AST) and not isinstance(each, ast.stmt):
                yield from ast.walk(each)


def kind_of(node, imported):
    """ "form", "library", "package", "import" or "" of one statement."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return "import"
    heads = list(heads_of(node))
    called = {ast.unparse(each.func) for each in heads if isinstance(each, ast.Call)}
    if any(name.rpartition(".")[2] in FORM or name == "claims.open" for name in called):
        scored = any(name.endswith(".predict") for name in called)
        if not scored or any(name.startswith("claim") for name in called):
            return "form"
    names = {each.id for each in heads if isinstance(each, ast.Name)}
    roots = {imported.get(name) for name in names}
    package = {name.partition(".")[0] for name in called}
    if any(imported.get(name) in ("tlcourse", "matplotlib") for name in package):
        return "package"
    attributes = {each.attr for each in heads if isinstance(each, ast.Attribute)}
    return "library" if roots & LIBRARIES or attributes & METHODS else ""


def counts(notebook):
    """Lines of code by kind, "all" of them too."""
    imported, found = {}, dict.fromkeys(("all", "library", "form", "package", "import", ""), 0)
    for _, source in code_of(notebook):
        source = re.sub(r"^%", "#", source, flags=re.M)
        nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.stmt)]
        for node in nodes:
            if isinstance(node, ast.Import | ast.ImportFrom):
                for each in node.names:
                    module = getattr(node, "module", None) or each.name
                    imported[each.asname or each.name] = module.partition(".")[0]
        seen = set()
        for node in nodes:
            is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            lines = set() if is_text else lines_of(source, node) - seen
            seen |= lines
            found["all"] += len(lines)
            found[kind_of(node, imported)] += len(lines)
    return found


def n_claims(notebook):
    return sum(claim.notebook == notebook.stem for claim in claims.CLAIMS.values())


@each_on_stage
def test_a_notebook_is_not_too_long(notebook):
    n = len(cells_of(notebook))
    print(f"{notebook.stem}: {n} cells, {n_claims(notebook)} claims")
    assert n <= 25 + 6 * n_claims(notebook)
    longest = {number: len(source.splitlines()) for number, source in code_of(notebook)}
    assert {number: n for number, n in longest.items() if n > 20} == {}


@each_on_stage
def test_a_third_of_the_code_can_be_taken_home(notebook):
    found = counts(notebook)
    print(f"{notebook.stem}: {found}")
    assert found["library"] >= found["all"] / 3
    assert found["form"] <= 0.15 * found["all"]


@each_on_stage
def test_what_the_lecture_is_about_is_called_in_the_open(notebook):
    said = set()
    for _, source in code_of(notebook):
        for node in ast.walk(ast.parse(re.sub(r"^%", "#", source, flags=re.M))):
            said |= {getattr(node, name, None) for name in ("id", "attr")}
            if isinstance(node, ast.Constant) and isinstance(node.value, str | float):
                said.add(node.value)
    assert ON_STAGE[notebook.name[:2]] - said == set()


UNIT = re.compile(
    r"([-+]?\d[\d,]*(?:\.\d+)?)(?:\s?%|\s+(?:points?|times|images?|photographs?|pictures?|updates?|"
    r"seconds?|minutes?|hours?|[MGTP]?FLOPs?|[KMG]?B|parameters?|a class)\b)"
)


def numbers_in(text):
    return [float(each.replace(",", "")) for each in re.findall(r"\d[\d,]*(?:\.\d+)?", text)]


def printed_by(notebook):
    """All numbers in the text outputs of a notebook."""
    for cell in cells_of(notebook):
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            yield from numbers_in("".join(output.get("text", "")) + data.get("text/plain", ""))
            yield from numbers_in(BeautifulSoup(data.get("text/html", ""), "html.parser").text)


@each_on_stage
def test_a_number_of_a_reading_was_printed_or_is_published(notebook):
    printed = np.array(list(printed_by(notebook)))
    nowhere = []
    for cell in cells_of(notebook):
        if cell.cell_type == "markdown" and "**Reading.**" in cell.source:
            text = cell.source[cell.source.index("**Reading.**") :].replace("\n", " ")
            for sentence in re.split(r"(?<=[.:;])\s", text):
                for said in UNIT.findall(sentence) if "published" not in sentence.lower() else ():
                    number = float(said.replace(",", "").lstrip("+-"))
                    decimals = len(said.partition(".")[2])
                    rounded = np.abs(printed - number) <= 0.5 * 10.0**-decimals + 1e-9
                    percent = np.abs(100 * printed - number) <= 0.5 * 10.0**-decimals + 1e-9
                    if not (rounded.any() or percent.any()):
                        nowhere.append(f"{said}: {sentence}")
    assert nowhere == []

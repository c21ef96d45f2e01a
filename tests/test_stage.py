"""The code is on stage: what the rewritten notebooks show, counted. ``-s`` prints the counts."""

import ast
import re
from collections import Counter
from functools import cache

import numpy as np
import pandas as pd
import torch
from bs4 import BeautifulSoup
from parsed import cells_of, code_of, each_notebook, outputs_of
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


@cache
def trees_of(notebook):
    """Source and tree of each code cell; magics are comments."""
    sources = (re.sub("^%", "#", source, flags=re.M) for source in code_of(notebook).values())
    return [(source, ast.parse(source)) for source in sources]


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
    imported, found = {}, Counter()
    for source, tree in trees_of(notebook):
        nodes = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
        for node in nodes:
            for each in node.names if isinstance(node, ast.Import | ast.ImportFrom) else ():
                module = getattr(node, "module", None) or each.name
                imported[each.asname or each.name] = module.partition(".")[0]
        kinds = {}  # of each line; a statement in a compound one is walked to later
        for node in nodes:
            is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            kind = "text" if is_text else kind_of(node, imported)
            kinds |= dict.fromkeys(range(node.lineno, node.end_lineno + 1), kind)
        code = {n for n, line in enumerate(source.splitlines(), 1) if re.match(r"\s*[^\s#]", line)}
        found.update(kind for line, kind in kinds.items() if line in code and kind != "text")
    return {"all": found.total(), **found}


@each_notebook
def test_a_notebook_is_not_too_long(notebook):
    n = len(cells_of(notebook))
    n_claims = sum(claim.notebook == notebook.stem for claim in claims.CLAIMS.values())
    print(f"{notebook.stem}: {n} cells, {n_claims} claims")
    assert n <= 25 + 6 * n_claims
    assert max(len(source.splitlines()) for source, _ in trees_of(notebook)) <= 20


@each_notebook
def test_a_third_of_the_code_can_be_taken_home(notebook):
    found = counts(notebook)
    print(f"{notebook.stem}: {found}")
    assert found["library"] >= found["all"] / 3
    assert found["form"] <= 0.15 * found["all"]


@each_notebook
def test_what_the_lecture_is_about_is_called_in_the_open(notebook):
    said = set()
    for _, tree in trees_of(notebook):
        for node in ast.walk(tree):
            said |= {getattr(node, name, None) for name in ("id", "attr")}
            if isinstance(node, ast.Constant) and isinstance(node.value, str | float):
                said.add(node.value)
    assert ON_STAGE[notebook.name[:2]] - said == set()


NUMBER = r"\d[\d,]*(?:\.\d+)?"
UNIT = re.compile(
    rf"[-+]?({NUMBER})(?:\s?%|\s+(?:points?|times|images?|photographs?|pictures?|updates?|"
    r"seconds?|minutes?|hours?|[MGTP]?FLOPs?|[KMG]?B|parameters?|a class)\b)"
)


def printed_by(notebook):
    """All numbers in the text outputs of a notebook, as they are and as percentages."""
    found = []
    for output in outputs_of(notebook):
        data = output.get("data", {})
        html = BeautifulSoup(data.get("text/html", ""), "html.parser").text
        for text in ("".join(output.get("text", "")), data.get("text/plain", ""), html):
            found += [float(number.replace(",", "")) for number in re.findall(NUMBER, text)]
    return np.outer([1, 100], found).ravel()


@each_notebook
def test_a_number_of_a_reading_was_printed_or_is_published(notebook):
    printed, nowhere = printed_by(notebook), []
    for cell in cells_of(notebook):
        text = cell.source.replace("\n", " ") if cell.cell_type == "markdown" else ""
        for sentence in re.split(r"(?<=[.:;])\s", text.partition("**Reading.**")[2]):
            for said in UNIT.findall(sentence) if "published" not in sentence.lower() else ():
                half = 0.5 * 10.0 ** -len(said.partition(".")[2]) + 1e-9
                if not (np.abs(printed - float(said.replace(",", ""))) <= half).any():
                    nowhere.append(f"{said}: {sentence}")
    assert nowhere == []

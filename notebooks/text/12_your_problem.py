# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"notes": "The course in one page of paper: let students bring a folder. Ask who has one, and of how many images a class. Plan forty minutes, the last fifteen for the table of claims.", "slide_type": "slide"}
# # 12 Your problem
#
# *[Lecture](../docs/bibliography.md#lecture): "Key takeaways".*
#
# **You will learn**
#
# - to take a folder of images through the takeaways: similarity, data, the gradient of
#   representations, baseline, policy;
# - to write the takeaways as a rule, and to test a rule on targets that it was not made from;
# - what the whole lecture came to, claim by claim, on this machine.
#
# **You need**: [06 feature extraction](06_feature_extraction.ipynb) and [08
# fine-tuning](08_fine_tuning.ipynb). **Time**: 40 minutes for you, a minute for the machine.

# %% slideshow={"slide_type": "skip"}
import copy

import numpy as np
import pandas as pd
import torch
from sklearn import linear_model, metrics, model_selection, pipeline, preprocessing, svm
from torch import nn

from tlcourse import paths, plots
from tlcourse.classifiers.score import sample_per_class
from tlcourse.course.register import register, slide_corrections
from tlcourse.datasets.real_sets import SAMPLE
from tlcourse.features.extraction import extract_features, shipped_features
from tlcourse.features.normalization import make_normalization
from tlcourse.networks.backbones import load_backbone
from tlcourse.widgets import CameraClassifier, ClaimsTable, check_code, claims, quiz
from tlcourse.your_problem import investigate, open_problem, source_rows, write_report

plots.use_course_style()
MEASURED = paths.SHIPPED / "measured"

# %% [markdown] slideshow={"notes": "Ask two students for something small in each hand. Recipes for the lecture's traps are in the instructor's guide: another background, the lamp off, the same pictures under other names.", "slide_type": "slide"}
# ## Teach it live
#
# Show two things to the camera, some twenty pictures of each, and press *Train*. The network
# **imagenet** has not been trained on them. This is **[feature
# extraction](../docs/glossary.md#feature-extraction)**: its last layer gives 1,280 features of each
# picture, and a linear SVM is fitted to them in milliseconds.
#
# Then change the source: `natural`, random weights, raw pixels. Turn a thing, take it to another place,
# or give two classes one name. What did the SVM learn? The pictures stay on this machine. Without a
# camera, files or drawn pictures do.

# %% slideshow={"notes": "Camera on, hold Record at each class, Train. Without a camera press Drawn pictures. Ask before each change of the source which bars will move.", "slide_type": "subslide"} tags=["no-code"]
camera = CameraClassifier()
camera

# %% slideshow={"notes": "There is nothing else in the widget: features, lengths to 1, a linear SVM. Let them say what each line does.", "slide_type": "subslide"}
imagenet = load_backbone("imagenet")
if not camera.pictures:
    camera.draw()  # nothing was recorded: drawn pictures
items = list(zip(camera.pictures, camera.labels, strict=True))
recorded = extract_features(imagenet, items, precision="float32", cache=False)
X = preprocessing.Normalizer().fit_transform(recorded.select("head"))  # every length is 1
machine = svm.LinearSVC(dual=True, random_state=0)
right = model_selection.cross_val_score(machine, X, camera.names, cv=4)
print(f"{len(X)} pictures, {100 * right.mean():.0f}% right in four folds")
machine.fit(X, camera.names)

camera.source.value, camera.layers.value = "imagenet", "last layer"
camera.train()
assert camera.predict(camera.pictures[0])["imagenet"]["name"] == machine.predict(X[:1])

# %% [markdown] slideshow={"notes": "Change the constant live if somebody has a folder on the machine. Names of the sub-folders become the classes; nothing leaves the machine.", "slide_type": "slide"}
# ## Your folder, and three things to analyse
#
# One sub-folder a class, images inside, ten a class at least. Put its path in place of `camera.folder`
# and run all. Without one, six drawn animals stand in. Then, before anything is tried:
#
# - **data**: how many pictures a class are there to learn from?
# - **similarity**: how near is what the [source](../docs/glossary.md#source) learned to your classes?
# - **the gradient of representations**, *from data to task*: what do low and high layers of the
#   source say about your pictures?

# %% slideshow={"notes": "Let them guess two labels aloud. Is it the background that differs? Test pictures are put aside first: whatever looks at them can learn from them.", "slide_type": "subslide"} tags=["no-code"]
FOLDER = camera.folder  # of the camera, if kept; or "C:/pictures/mushrooms", "~/pictures/mushrooms"
DRAWN = ["tabby cat", "siamese cat", "beagle", "pug", "lioness", "grey wolf"]

if FOLDER:
    problem = open_problem(FOLDER)
else:
    problem = open_problem(family="animals", classes=DRAWN, per_class=20)
print(problem)
y = problem.labels
split = {"test_size": 0.3, "stratify": y, "random_state": 0}
train, test = map(np.sort, model_selection.train_test_split(np.arange(len(y)), **split))
per_class = np.median(np.bincount(y[train]))
print(f"{len(train)} pictures train, {per_class:g} a class in the median; {len(test)} test")
problem.sheet()

# %% slideshow={"notes": "The cosine of each class's mean and the nearest class of the source. No class of a source is nearer than chance: look at the last line. imagenet holds the others' classes, so that it is never the farther one.", "slide_type": "subslide"}
features = extract_features(imagenet, problem, precision="float32")
(sample,) = shipped_features("imagenet", SAMPLE, ("train",))  # one picture of each source class
W = imagenet.network.get_classifier().weight.detach().numpy()  # one row a class of ImageNet
W = W - W.mean(axis=0)


def similarity(head, labels, sources):
    """Cosine of each class's mean and the source's nearest class, mean over classes."""
    means = pd.DataFrame(head - sample.select("head").mean(axis=0)).groupby(labels).mean()
    cosine = metrics.pairwise.cosine_similarity(means, W)  # (your classes, 1000)
    return {name: cosine[:, source_rows(name)].max(axis=1).mean() for name in sources}


SOURCES = ["imagenet", "photos", "natural", "manmade"]
head = features.select("head")
print(pd.Series(similarity(head[train], y[train], SOURCES)).round(3).to_string())
shuffled = np.random.default_rng(0).permutation(head[train], axis=1)
print(f"by chance {similarity(shuffled, y[train], SOURCES)['imagenet']:.3f}")

# %% slideshow={"notes": "Two questions to each layer, answered by cross-validation on training pictures: how bright is the picture, and which class is it? Ask which curve should fall.", "slide_type": "subslide"}
brightness = np.array([np.asarray(each.convert("L")).mean() for each in problem.pictures])
alphas = np.logspace(0, 6, 7)
asked = {
    "data: brightness (R², %)": (linear_model.RidgeCV(alphas), brightness[train], "r2"),
    "task: class (right, %)": (linear_model.RidgeClassifierCV(alphas), y[train], "accuracy"),
}
folds = model_selection.StratifiedKFold(5, shuffle=True, random_state=0).split(train, y[train])
folds = list(folds)
known = pd.DataFrame(index=list(features.layer_sizes), columns=list(asked), dtype=float)
for layer in known.index:
    X = features.select(layer)[train]
    for question, (machine, answer, score) in asked.items():
        probe = pipeline.make_pipeline(preprocessing.StandardScaler(), machine)
        scores = model_selection.cross_val_score(probe, X, answer, cv=folds, scoring=score)
        known.loc[layer, question] = 100 * scores.mean()
ax = known.plot(style=["s--", "o-"], figsize=(12, 4.8), ylim=(-15, 105), xlabel="layer of imagenet")
at = [0, 3, 6, 9, 12, 15, 17]
ax.set_xticks(at, known.index[at])
print(known.iloc[[0, len(known) // 2, -1]].round(0).to_string())
plots.alt_text(ax, "By layer: brightness is read well early and not from the head, the class late.")

# %% [markdown] slideshow={"notes": "Stress the order: the rule is fixed, then the options are tried. Choosing after seeing the accuracies flatters whatever is chosen.", "slide_type": "slide"}
# ## The takeaways as a rule, then tried
#
# A source at or below the line *by chance* has nothing near to your classes. Low layers know how bright
# a picture is and little of your classes, the last layer the reverse: **from data to task**. So the
# bottom serves any picture, and the top is to be replaced. The slide: *fine-tune if possible: freeze
# from the bottom, fine-tune the middle, retrain from scratch at the top. Feature extraction: best
# approach if data volume is short.* And two slides before: fine-tune more with similarity, begin more
# anew with dissimilarity. As code, that is two questions.
#
# **Near** is here: more similar than half of the twelve real sets of the course. **Few** is a guess until
# the claim below tests it. Both are yours to change, and so is the rule. It decides **before** any
# accuracy is seen. Then **feature extraction** is tried, from all layers in {-1, 0, 1} ([10 the
# embedding](10_full_network_embedding.ipynb)) with a linear SVM; raw pixels, which reuse nothing; and
# **fine-tuning**: a frozen bottom, computed once, and a top that is tuned under a new head.


# %% slideshow={"notes": "Read it aloud, and ask who would decide otherwise, and on what grounds. Change it and run on: everything below follows.", "slide_type": "subslide"}
def rule(is_near, per_class, few=12):
    """The lecture's takeaways: what to do with a source, from similarity and volume."""
    if per_class < few:
        return "reuse all"  # feature extraction
    return "fine-tune all" if is_near else "freeze, fine-tune, retrain"


real = pd.read_csv(MEASURED / "real_distances.csv").set_index("target")["prototypes"]
nearest = pd.Series(similarity(head[train], y[train], SOURCES)).idxmax()
is_near = similarity(head[train], y[train], [nearest])[nearest] > real.median()
print(f"half of the real sets are more similar than {real.median():.2f}")
print(f"{nearest} is {'near' if is_near else 'far'}, {per_class:g} a class: ", end="")
print(rule(is_near, per_class))

# %% slideshow={"notes": "Ask where test pictures could have leaked in: mean, deviation and C are of the training pictures. The last line is the interval that a table without it hides.", "slide_type": "subslide"}
def embedded(X):
    deviation = X[train].std(axis=0)
    z = (X - X[train].mean(axis=0)) / np.where(deviation, deviation, 1)  # training statistics
    return (z > 0.15).astype(float) - (z < -0.25)


small = np.array([np.asarray(each.resize((16, 16))).ravel() for each in problem.pictures])
small = preprocessing.StandardScaler().fit(small[train]).transform(small)
machine = svm.LinearSVC(dual=True, random_state=0)
folds = model_selection.StratifiedKFold(3, shuffle=True, random_state=0)
answers = {}
for name, X in {"all layers": embedded(features.matrix), "raw pixels": small}.items():
    Cs = np.array([0.01, 0.1, 1, 10]) / np.square(X[train]).sum(axis=1).mean()
    search = model_selection.GridSearchCV(machine, {"C": Cs}, cv=folds)
    answers[name] = search.fit(X[train], y[train]).predict(X[test])
right = pd.DataFrame(answers) == np.c_[y[test]]
print((100 * right.mean()).round(1).to_string())
ahead = 100 * right["all layers"] - 100 * right["raw pixels"]
draws = [ahead.sample(frac=1, replace=True, random_state=seed).mean() for seed in range(1000)]
print("points over raw pixels, 95% interval:", np.percentile(draws, [2.5, 97.5]).round(1))

# %% slideshow={"notes": "The frozen bottom is computed once for each picture; the loop sees only the top. Six epochs, no stopping rule: the package's version stops by a fifth of the training pictures.", "slide_type": "subslide"}
torch.manual_seed(0)
layers = imagenet.network.as_sequential().eval()
trunk, top = layers[:8], copy.deepcopy(layers[8:])  # the top: the last stage of blocks, the head
top[-1] = nn.Linear(top[-1].in_features, len(problem.classes))
inputs = torch.stack([imagenet.preprocess(picture) for picture in problem.pictures])
with torch.no_grad():
    known = trunk(nn.functional.interpolate(inputs, size=128, mode="area"))
optimizer = torch.optim.SGD(top.parameters(), lr=0.02, momentum=0.9)
labels = torch.as_tensor(y)
for _ in range(6):
    for rows in torch.as_tensor(train)[torch.randperm(len(train))].split(20):
        loss = nn.functional.cross_entropy(top.train()(known[rows]), labels[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
with torch.no_grad():
    tuned = top.eval()(known[test]).argmax(1).numpy()
print(f"top stages fine-tuned: right on {100 * (tuned == y[test]).mean():.1f}%")

# %% slideshow={"notes": "One call for all of it, with your rule, and a page to keep: HTML, and PDF where there is a browser. Below, the same call on a real folder.", "slide_type": "subslide"} tags=["no-code"]
found = investigate(problem, rule)  # add "vgg16" to its sources once it was fetched
assert (found.predictions["imagenet, all layers"] == answers["all layers"]).mean() > 0.9
written = write_report(found, paths.cache_folder() / "reports", pdf=False)  # or a folder of yours
print(written.html.name, f"{written.html.stat().st_size / 1000:.0f} kB")
print(found.outcome)
columns = ["accuracy", "accuracy, low", "accuracy, high", "behind", "behind, low", "behind, high"]
short = ["%", "low", "high", "behind", "low", "high"]
print(found.table[columns].head(3).round(1).to_string(header=short))

# investigate(open_problem("PACS/cartoon", per_class=57)), 399 pictures: its table, kept
folder = pd.read_csv(MEASURED / "your_problem.csv").set_index("option")
print("\nPACS cartoon, a folder of 399 pictures:")
print(folder[columns].iloc[[0, 1, 2, -3, -2]].round(1).to_string(header=short))
print(f"minutes of CPU in all: {folder['cpu_seconds_in_all'].iloc[0] / 60:.1f}")

# %% [markdown] slideshow={"notes": "The question under all takeaways: is measuring worth the effort? A habit costs nothing. Let them name theirs.", "slide_type": "slide"}
# ## Claim: decide
#
# > If possible, always use a pre-trained net. Consider the gradient of representations. Always analyze
# > source/target similarity and data availability. Fine tune if possible: freeze from the bottom, fine
# > tune the middle, retrain from scratch at the top. Feature extraction: must-do baseline, best approach
# > if data volume is short.
#
# **Why one would say so.** It is the lecture in one slide. Each sentence has a rival: training from
# scratch, raw pixels, a habit that analyses nothing, fine-tuning everything. No rival and no number of
# the rule may be chosen on the target that tests it: all are **chosen on the other targets**.

# %% slideshow={"notes": "Collect hands. A frequent guess: the rule beats every habit.", "slide_type": "subslide"} tags=["predict"]
claim = claims.open("decide")
options = ["a pre-trained net", "the nearer source", "the policy by the rule", "none of them"]
claim.predict("Which takeaway gains most over its rival, in points, mean over targets?", options)

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "The families are classes of ImageNet: their similarity is that of the classifier's own rows, without a picture. That of the real sets is as above, on training pictures. Ask which rows of the table the nearer source loses.", "slide_type": "subslide"} tags=["no-code"]
PAIR = ["natural", "manmade"]
runs = pd.read_csv(MEASURED / "from_scratch.csv")
runs = runs.query("per_class == 40 and target != 'flowers102'").copy()
runs["start"] += runs["source"].map(" {}".format, na_action="ignore").fillna("")
runs = 100 * runs.pivot_table("test_accuracy", "target", "start")  # draws averaged
sets = pd.read_csv(MEASURED / "real_accuracies.csv")
sets = 100 * sets.pivot(index="target", columns="representation", values="accuracy")
frozen = runs[[f"frozen, all layers {source}" for source in PAIR]].set_axis(PAIR, axis=1)
accuracy = pd.concat({"family": frozen, "real set": sets[PAIR]})
near = pd.DataFrame(index=accuracy.index, columns=PAIR, dtype=float)
for kind, target in near.index:
    if kind == "family":
        own = W[source_rows(target)]
        cosine = [metrics.pairwise.cosine_similarity(own, W[source_rows(s)]) for s in PAIR]
        near.loc[kind, target] = [each.max(axis=1).mean() for each in cosine]
    else:
        (part,) = shipped_features("imagenet", target, ("train",))
        near.loc[(kind, target)] = similarity(part.select("head"), part.labels, PAIR)
decided = pd.Series({key: accuracy.loc[key, near.loc[key].idxmax()] for key in near.index})
print(accuracy.assign(nearer=near.idxmax(axis=1)).round(1).to_string())

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Leave one out: the habit of a target is what was best on the others. Ask what would happen if it were picked on all.", "slide_type": "subslide"}
kinds, names = (accuracy.index.get_level_values(level) for level in (0, 1))
unit = kinds + ": " + names.str.replace(r"(flowers|PACS).*", r"\1", regex=True)  # one target each
by_unit = accuracy.groupby(unit).mean()
habit = {u: by_unit.loc[u, by_unit.drop(u).mean().idxmax()] for u in by_unit.index}
lead = sets["all layers, ternary"] - sets[["raw pixels", "random weights"]].max(axis=1)
gains = {
    "pre-trained, over from scratch": decided["family"] - runs["from scratch"],
    "pre-trained, over pixels and random weights": lead.groupby(unit[kinds == "real set"]).mean(),
    "nearer source, over the best habit": decided.groupby(unit).mean() - pd.Series(habit),
}
MIXED, ALL = "freeze, fine-tune, retrain", "fine-tune all"
grid = pd.read_csv(MEASURED / "policy_grid.csv").query("source != 'none'")
grid = 100 * grid.groupby(["target", "source", "per_class", "policy"])["test"].mean().unstack()
grid = grid[["reuse all", MIXED, ALL]].dropna()  # the cells with all three
means = grid.groupby("target").mean()
print(means.round(1).to_string())

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "The one number of the rule, few, is chosen for each family on the other families. So is the habit that it has to beat.", "slide_type": "subslide"} tags=["no-code"]
usual = near.loc["family"].stack().median()


def ruled(cells, few):
    """Accuracy of what the rule says for each cell of the grid, mean of each target."""
    said = [rule(near.loc[("family", t), s] > usual, n, few) for t, s, n in cells.index]
    values = [cells.loc[cell, policy] for cell, policy in zip(cells.index, said, strict=True)]
    return pd.Series(values, cells.index).groupby("target").mean()


table = pd.DataFrame(index=means.index, columns=["few", "by rule", "habit"], dtype=float)
for family in means.index:
    others = grid.drop(family, level="target")
    scores = {few: ruled(others, few).mean() for few in (0, 8, 24, 99)}
    few = max(scores, key=scores.get)
    own = means.loc[family, means.drop(family).mean().idxmax()]
    table.loc[family] = few, ruled(grid.loc[[family]], few)[family], own
print(table.round(1).to_string())
gains["policy by the rule, over the best habit"] = table["by rule"] - table["habit"]
gains["freeze, fine-tune, retrain, over fine-tune all"] = means[MIXED] - means[ALL]

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Four images a class, the five classes of the grid, its test photographs. In the figure ask of each band whether it lies on one side of zero. Raw pixels and random weights are left out: 43 points would squeeze the rest.", "slide_type": "subslide"} tags=["no-code"]
short = grid.xs(4, level="per_class").copy()
ternary = pipeline.make_pipeline(make_normalization("discretized"), machine)
Cs = {"linearsvc__C": np.array([0.01, 0.1, 1, 10]) / 2500}  # features that are not 0
search = model_selection.GridSearchCV(ternary, Cs, cv=3)
for family, source in short.index:
    parts = []
    for part in shipped_features(source, family):
        kept = range(0, len(part.classes), len(part.classes) // 5)[:5]
        rows = np.isin(part.labels, kept)
        parts += [part.matrix[rows], part.labels[rows]]
    X, labels, X_test, labels_test = parts
    draws = [sample_per_class(labels, 4, draw) for draw in range(3)]
    scores = [search.fit(X[r], labels[r]).score(X_test, labels_test) for r in draws]
    short.loc[(family, source), "all layers, SVM"] = 100 * np.mean(scores)
short = short.groupby("target").mean()
rival = {f: short.loc[f, short.drop(f)[[MIXED, ALL]].mean().idxmax()] for f in short.index}
gains["features for few images, over the best policy"] = short["all layers, SVM"] - pd.Series(rival)
rows = {name: {"mean": list(each)} for name, each in gains.items() if "pixels" not in name}
ax = plots.plot_dumbbells(rows, "points over the rival; band: all its targets", None, 1, 1)
plots.alt_text(ax, "Five takeaways: only pre-trained over from scratch is clearly above zero.")

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Six takeaways, six intervals. Ask of each whether its rival is a fair one. Then: which of them needs more targets?", "slide_type": "subslide"} tags=["claim:decide"]
ahead = {name: points.mean() for name, points in gains.items()}
best = max(ahead, key=ahead.get)
claim.measured(
    gains,
    on="Six families of photographs at 64 pixels; twelve real sets, PACS and flowers one each.",
    limits="Grid and from scratch: one small network, few draws, sources natural and manmade.",
    option=options[0] if best.startswith("pre") else options[1 + best.startswith("policy")],
)

# %% [markdown] slideshow={"notes": "Separate what is sure from what is not. The rule as the slide has it loses to a habit: ask what else a rule could look at.", "slide_type": "subslide"}
# **Reading.** A pre-trained net is worth 7.9 points over training from scratch, and 43.1 points over
# raw pixels and random weights; the slide's freeze, fine-tune, retrain is 2.6 points *below* fine-tuning
# all layers at rates that fall with depth, and the intervals of the other three hold zero. On these
# families the lowest layers, too, had something to learn, so that one habit serves them all and a rule
# has little left to decide; the nearer source gains most where the habit has the farther one. The grid
# is one small network at 64 pixels with few draws a cell, and sources are two: to see what the nearer
# one gains, 1.7 points, would take some 24 targets.
#
# **On the folder of cartoons** above the rule said *freeze, fine-tune, retrain*: right in 83.5%, and 4.1
# points behind the last layer with an SVM, which trains no network. 120 test pictures cannot tell the
# two apart; raw pixels have 52.6%, random weights 51.1%. It takes 1.5 minutes of CPU. The set is one of
# the twelve that say what is near, and the training pictures are one draw.

# %% [markdown] slideshow={"notes": "Leave this on the screen for the discussion. Start with what does not hold here, and with other than the maintainers'.", "slide_type": "slide"}
# ## The whole lecture
#
# Every claim, with the verdict of *this* machine, that of the maintainers' run, and where the
# slide is wrong. Choose what to show; open a row for its evidence. *Not measured yet* has not been run
# on this machine: open its notebook, and run all of it. Another verdict than the maintainers' is worth a
# look: by how much do the figures differ?

# %% slideshow={"notes": "Filter by verdict. Let each student pick a claim whose verdict surprises, and open its evidence.", "slide_type": "-"} tags=["no-code"]
entries = register()
print(len(entries), "claims,", sum(entry.stored is not None for entry in entries), "with evidence")
print(len(slide_corrections()), "corrections to the slides")
ClaimsTable()

# %% [markdown] slideshow={"notes": "Five minutes. The usual slip is to forget the lengths: then the class with the strongest features decides.", "slide_type": "slide"}
# ## Exercises
#
# **1.** How near is a source? Of each class the cosine with the nearest prototype, then the mean over
# classes.


# %% slideshow={"slide_type": "-"}
def nearness(means, prototypes):
    """Arrays (classes, d) and (prototypes, d) -> mean over classes of the largest cosine."""
    ...  # TODO


check_code("12: nearness", nearness)

# %% [markdown] slideshow={"notes": "The second is the science of this notebook in two lines: a rival must not see its target.", "slide_type": "subslide"}
# <details><summary>Solution</summary>
#
# ```python
# def nearness(means, prototypes):
#     return metrics.pairwise.cosine_similarity(means, prototypes).max(axis=1).mean()
# ```
#
# </details>
#
# **2.** What does a habit give that has not seen its target? For each target, take the option that
# is best in the mean of the *other* targets, and look up its accuracy on this one.


# %% slideshow={"slide_type": "-"}
def habits(accuracy):
    """A DataFrame, a row a target and a column an option -> an array, a value a target."""
    ...  # TODO


check_code("12: habit", habits)

# %% [markdown] slideshow={"notes": "The first is the one to discuss: most reports would take the higher number.", "slide_type": "slide"}
# <details><summary>Solution</summary>
#
# ```python
# def habits(accuracy):
#     best = [accuracy.drop(target).mean().idxmax() for target in accuracy.index]
#     return np.array([accuracy.loc[t, name] for t, name in zip(accuracy.index, best)])
# ```
#
# </details>
#
# ## Quiz
#
# Three questions about deciding. Choose, check, and read why.

# %% slideshow={"slide_type": "-"}
quiz("12")

# %% [markdown] slideshow={"notes": "End on the first point. Ask everybody for one habit they will drop.", "slide_type": "slide"}
# ## Remember
#
# - Decide before you look: similarity and data first, accuracies after.
# - Feature extraction is the baseline: it takes seconds, and on a folder of cartoons it was level.
# - An accuracy without an interval, and without raw pixels beside it, says little.
#
# **Next**: your own data. The [map](00_start_here.ipynb) shows all notebooks.

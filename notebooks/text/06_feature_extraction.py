# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"notes": "The lecture's main tool. If the class sees one notebook only, it is this one.", "slide_type": "slide"}
# # 06 Feature extraction
#
# *[Lecture](../docs/bibliography.md#lecture): "Reuse all" and "Factors of deep representation
# quality".*
#
# **You will learn**
#
# - how to [read any layer](../docs/glossary.md#layer) of a [pre-trained
#   network](../docs/glossary.md#pre-training) with a hook, and to make a matrix of it;
# - three mistakes on the way that raise no error;
# - what a linear SVM makes of the last layer, on [near and far targets](../docs/glossary.md#near);
# - how many minutes of CPU it takes.
#
# **You need**: [00 start here](00_start_here.ipynb). **Time**: 45 minutes for you, about 40 seconds
# for the machine.

# %% slideshow={"slide_type": "skip"}
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer
from sklearn.svm import LinearSVC
from torch.utils.data import DataLoader

from tlcourse import paths, plots
from tlcourse.datasets.drawn import DrawnImages
from tlcourse.datasets.real_sets import REAL_SETS
from tlcourse.features.extraction import extract_features, shipped_card, shipped_features
from tlcourse.networks.backbones import load_backbone
from tlcourse.widgets import FeatureExtractionExplorer, check_code, claims, quiz

plots.use_course_style()
MEASURED = paths.SHIPPED / "measured"

# %% [markdown] slideshow={"notes": "Describe and decide are two jobs of one network. Ask which one is of use to somebody with other classes.", "slide_type": "slide"}
# ## The idea
#
# A network that was trained on a large [source](../docs/glossary.md#source) does two things. Its lower
# layers **describe** an image. Its last layer **decides** between the classes of the source. Your
# [target](../docs/glossary.md#target) has other classes, so the decision is of no use to you. The
# description may be.
#
# **[Feature extraction](../docs/glossary.md#feature-extraction)**: run the network once over your
# images, keep what a layer puts out, and train a linear classifier on that. Nothing in the network is
# trained. The classifier is a linear SVM; its setting [C](../docs/glossary.md#c) says how much a wrong
# training image counts.

# %% [markdown] slideshow={"notes": "Ask how one could look at what a layer puts out without changing the network.", "slide_type": "slide"}
# ## Reading a layer is a hook
#
# `natural` is a [small VGG](../docs/glossary.md#backbone), trained on photographs of 41 kinds of
# animals and plants. Its images here are flowers that code draws. A **hook** is a function that PyTorch
# calls each time a module has computed its output. This one keeps a copy. `conv3_2` gives 96 maps of
# 16 x 16 places. A classifier needs a row of numbers, and should not care where the flower is: so
# each map becomes its **mean over space**.

# %% slideshow={"notes": "Ask what the inner function is for: each hook has to remember its own name. The copy matters; the second trap shows why.", "slide_type": "subslide"}
# NBVAL_CHECK_OUTPUT
backbone = load_backbone("natural")
network = backbone.network.eval()
kinds = ["daisy", "sunflower", "poppy", "dahlia", "tulip", "lotus"]
pictures, others = (list(DrawnImages("flowers", kinds, 12, seed)) for seed in (0, 1))
kept = {}


def keep_as(name):
    def hook(module, inputs, output):
        kept[name] = output.clone()

    return hook


for name, module in {"conv3_2": network.relu3_2, "fc7": network.relu7}.items():
    module.register_forward_hook(keep_as(name))
with torch.inference_mode():
    network(torch.stack([backbone.preprocess(picture) for picture, _ in pictures[:8]]))
print({name: tuple(output.shape) for name, output in kept.items()})

# %% slideshow={"notes": "Each map becomes one number, its mean over space. Ask for the width of the matrix on the next slide: 96 channels and 512 units.", "slide_type": "subslide"}
maps = kept["conv3_2"][6]
means = maps.mean(dim=(1, 2))
figure, axes = plt.subplots(1, 6, figsize=(13, 2.9), layout="constrained")
axes[0].imshow(pictures[6][0])
axes[0].set_title("picture")
for ax, channel in zip(axes[1:], means.topk(5).indices.tolist(), strict=True):
    ax.imshow(maps[channel], cmap="Greys")
    ax.set_title(f"map {channel}:\nmean {means[channel]:.2f}")
for ax in axes:
    ax.axis("off")
plots.alt_text(figure, "A drawn daisy, and the five maps of conv3_2 with the largest means.")

# %% slideshow={"notes": "Read it aloud: the mean over space, the layers side by side, batch below batch. These lines are what feature extraction is.", "slide_type": "subslide"}
# NBVAL_CHECK_OUTPUT
train = [(backbone.preprocess(picture), label) for picture, label in pictures]
test = [(backbone.preprocess(picture), label) for picture, label in others]


@torch.inference_mode()
def features_of(loader):
    rows, labels = [], []
    for images, batch_labels in loader:
        network(images)
        rows.append(np.hstack([kept["conv3_2"].mean(dim=(2, 3)), kept["fc7"]]))
        labels.append(batch_labels)
    return np.vstack(rows), np.hstack(labels)


X, y = features_of(DataLoader(train, batch_size=32))
X_test, y_test = features_of(DataLoader(test, batch_size=32))
print(X.shape, X_test.shape)

# %% slideshow={"notes": "The assertion is the point: the course's one call does what they have just read. It adds a cache, progress, and the fastest safe way to compute.", "slide_type": "subslide"}
# NBVAL_CHECK_OUTPUT
svm = make_pipeline(Normalizer(), LinearSVC(C=1, random_state=0)).fit(X, y)
print("better than guessing:", svm.score(X_test, y_test) > 1 / len(kinds))

layers = ["conv3_2", "fc7"]
features = extract_features(backbone, pictures, layers, "cpu", precision="float32")
assert np.allclose(features.matrix, X, rtol=1e-3, atol=1e-3)
print(features)

# %% [markdown] slideshow={"notes": "None of the three raises an error, and all three are in public code. Ask which of them somebody has met.", "slide_type": "slide"}
# ## Three traps
#
# `extract_features` gives the same numbers, for any layers, and keeps them on disk. Whoever writes it
# by hand can go wrong in three ways without being told:
#
# - **[Train mode](../docs/glossary.md#eval-mode)**: dropout is random, and
#   [batch normalisation](../docs/glossary.md#batch-normalisation) describes an image by its neighbours.
# - **[Before the ReLU](../docs/glossary.md#activation)** or after it? The ReLU works in place, and
#   overwrites what a hook has kept.
# - **The order of images**: a loader that shuffles gives rows in another order than your labels.

# %% slideshow={"notes": "The second network has batch norms: in train mode the same picture gets other scores in other company, and the statistics move for good.", "slide_type": "subslide"}
# Trap 1: train mode
images = torch.stack([image for image, _ in train[:8]])
lite = load_backbone("imagenet").network
large = torch.nn.functional.interpolate(images, 224)
before = lite.bn1.running_mean.clone()
for mode in (True, False):
    network.train(mode)
    lite.train(mode)
    with torch.no_grad():
        one, two = network(images), network(images)
        alone, in_company = lite(large[:2])[0], lite(large[[0, 5, 6, 7]])[0]
    print("train mode" if mode else "eval mode")
    print(f"  dropout: two passes differ by up to {(one - two).abs().max():.3f}")
    changed = (alone - in_company).abs().max()
    print(f"  batch norm: other neighbours change it by {changed:.3f}")
moved = (lite.bn1.running_mean - before).abs().max()
print(f"and the running mean of the first batch norm has moved by up to {moved:.2f}")

# %% slideshow={"notes": "Ask for the lowest value of a convolution's output: surely below zero. Without the copy it is 0, because the ReLU wrote over it.", "slide_type": "subslide"}
# Trap 2: before the ReLU, or after it?
reference = {}


def keep_without_a_copy(module, inputs, output):
    reference["conv3_2"] = output


handles = [
    network.conv3_2.register_forward_hook(keep_without_a_copy),
    network.conv3_2.register_forward_hook(keep_as("before")),
]
with torch.inference_mode():
    network(images)
for handle in handles:
    handle.remove()
print(f"output of the convolution, copied: lowest {kept['before'].min():.2f}")
print(f"the same output without a copy: lowest {reference['conv3_2'].min():.2f}")

# %% slideshow={"notes": "The features are right and the labels are right; only their order is not. An accuracy near guessing is the only sign.", "slide_type": "subslide"}
# Trap 3: the order of images
listed = np.array([label for _, label in train])
shuffled = DataLoader(train, 32, shuffle=True, generator=torch.Generator().manual_seed(0))
X_shuffled, y_shuffled = features_of(shuffled)
orders = {"as they are listed": listed, "of the same batches": y_shuffled}
for name, labels in orders.items():
    score = svm.fit(X_shuffled, labels).score(X_test, y_test)
    print(f"labels {name}: {score:.0%} right, guessing {1 / len(kinds):.0%}")

# %% [markdown] slideshow={"notes": "Try insects from natural, then from manmade; then imagenet and a real set. Switch off all but the first layer and ask for a guess first.", "slide_type": "slide"}
# ## Choose source, target and layers
#
# Twenty training photographs a class, a linear SVM. Click on layers, or move with the arrow keys and
# press <kbd>Space</kbd>. Try `insects` from `natural`, then from `manmade`; then `imagenet` and a
# real set. Is there a target for which early layers alone do well?

# %% slideshow={"slide_type": "-"}
explorer = FeatureExtractionExplorer()
explorer

# %% slideshow={"notes": "The lecture's tables compare these descriptions. Have them change the variable and run again: with vgg16 the passes take a minute on a CPU, and the cell is the same.", "slide_type": "subslide"}
# The lecture's three descriptions, of any VGG: also "manmade", and, once
# "python3 start.py fetch vgg16" has brought it, "vgg16".
BACKBONE = "natural"
vgg = load_backbone(BACKBONE)
F, F_test = (extract_features(vgg, each) for each in (pictures, others))
for layers in (["fc6"], ["fc7"], ["fc6", "fc7"], vgg.default_layers):
    svm = make_pipeline(Normalizer(), LinearSVC(C=1, random_state=0))
    svm.fit(F.select(layers), F.labels)
    score = svm.score(F_test.select(layers), F_test.labels)
    name = "all layers" if len(layers) > 2 else " and ".join(layers)
    print(f"{name:12} {F.select(layers).shape[1]:6,} features: {score:.0%} right")

# %% [markdown] slideshow={"notes": "Ask for the rival before you show it: what is fc7 to be compared with? The same network from scratch, on the same photographs, for as long as it learns.", "slide_type": "slide"}
# ## Claim: reuse all
#
# > DNN last layer features + SVM: for a very similar task and the same domain.
#
# 40 photographs of a class are few to teach a network to see. If somebody taught it on similar
# pictures, its last layer before the decision should describe yours well; the less similar the source,
# the less so. The rival is the same network **trained from scratch** on as many photographs until it
# learns no more ([notebook 01](01_dont_be_a_hero.ipynb)). And if the slide is right, the *last* layer
# is enough: all layers together should give no more. The **near** source is the one of the target's own
# kind, read off the names: `natural` for cats and dogs, insects and food, `manmade` for scenes, vehicles
# and clothes; the other is **far**. *Ternary* below: each feature cut to -1, 0 or 1 ([notebook
# 10](10_full_network_embedding.ipynb)).

# %% slideshow={"notes": "Commit. \"Only from the near source\" is the usual choice.", "slide_type": "subslide"} tags=["predict"]
options = ["from scratch", "fc7, only from the near source", "fc7, from both sources"]
claim = claims.open("reuse-all")
claim.predict("40 photographs a class: who is better in the mean of six targets?", options)

# %% slideshow={"notes": "The near source of cats, dogs, insects and dishes is natural, that of the others manmade. C is chosen within the training images, by three folds. The runs from scratch are hours, so they were measured beforehand.", "slide_type": "subslide"}
near_source = dict.fromkeys(["cats and dogs", "insects", "food"], "natural")
near_source |= dict.fromkeys(["scenes", "vehicles", "clothes"], "manmade")
machine = make_pipeline(Normalizer(), LinearSVC(dual=True, tol=1e-2, random_state=0))
search = GridSearchCV(machine, {"linearsvc__C": [0.1, 1, 10]}, cv=3)

reused = pd.DataFrame(index=list(near_source), columns=["far source", "near source"])
for target in near_source:
    for source in ("natural", "manmade"):
        train, test = shipped_features(source, target)
        search.fit(train.select("fc7"), train.labels)
        start = "near source" if source == near_source[target] else "far source"
        accuracy = search.score(test.select("fc7"), test.labels)
        reused.loc[target, start] = 100.0 * accuracy

runs = pd.read_csv(MEASURED / "from_scratch.csv").query("target in @near_source")
runs["test_accuracy"] *= 100
rival = runs.query("start == 'from scratch' and per_class == 40")
rival = rival.groupby("target")["test_accuracy"].mean().rename("from scratch")
starts = pd.concat([rival, reused.astype(float)], axis=1).loc[list(near_source)].dropna()

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Left, look at the order of the three marks within a target. Right, at how little lies between one layer and all of them.", "slide_type": "subslide"}
real = pd.read_csv(MEASURED / "real_accuracies.csv")
real = 100 * real.pivot(index="target", columns="representation", values="accuracy")
is_near = [target for target in real.index if "near" in REAL_SETS[target].overlap]
layers = real.loc[is_near, ["last layer", "all layers, ternary"]]
print(starts.mean().round(1).to_string(), layers.mean().round(1).to_string(), sep="\n")

marks = {"D": "C3", "s": "C1", "o": "C2"}, {"^": "C4", "P": "C0"}
figure, axes = plt.subplots(1, 2, figsize=(13, 5), layout="constrained")
for ax, values, looks in zip(axes, (starts, layers), marks, strict=True):
    ax.hlines(values.index, values.min(axis=1), values.max(axis=1), "0.8", linewidth=6)
    for name, (marker, colour) in zip(values, looks.items(), strict=True):
        ax.plot(values[name], values.index, marker, color=colour, ms=12, label=name)
    ax.invert_yaxis()
    ax.set_xlabel("test accuracy (%)")
    ax.legend(ncols=3, loc="lower left", bbox_to_anchor=(-0.3, 1), columnspacing=1)
plots.alt_text(figure, "Accuracy of six targets by start, and of five real ones by layers.")

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Three conditions, three intervals. Ask which of them the slide speaks about.", "slide_type": "subslide"} tags=["claim:reuse-all"]
ahead = starts.sub(starts["from scratch"], axis=0)
gains = {
    "near source, against training from scratch": ahead["near source"],
    "far source, against training from scratch": ahead["far source"],
    "near source, against all layers": layers["last layer"] - layers.iloc[:, 1],
}
won = (ahead.mean() > 0).sum()
on = "Six targets, 40 images a class; five real targets whose like ImageNet has."
limits = "Near and far are read off the names; the rival has 50 more images to stop by."
claim.measured(gains, on, limits, option=options[won])

# %% [markdown] slideshow={"notes": "The slide is modest about the source and generous about the layer. Ask when the rival wins.", "slide_type": "subslide"}
# **Reading.** With 40 images a class the last layer of the near source is level with a rival that was
# trained until it learned no more, -0.8 points with an interval across zero; that of the far source is
# 4.8 points behind, undecided too. A last layer has dropped what does not tell the source's classes
# apart, and a target may need that: on five real targets it stays 1.2 points behind all layers
# together. This is one volume and one small network, and the slide does not say what is *enough*: the
# rival took minutes for each target, the SVM a second.

# %% [markdown] slideshow={"notes": "Ask what \"all of this\" was in the claim: volume, variety, similarity, capacity. Fix what close means before any number is seen.", "slide_type": "slide"}
# ## Claim: ten minutes of CPU
#
# > If you have all of this, feature extraction plus a classifier will get you close to
# > state-of-the-art in 10 minutes of CPU.
#
# "All of this" is a source of great volume and variety, similar to the target, and a large and accurate
# network. `imagenet` has it; flowers102 and caltech101 are two of the lecture's data sets, scored by
# their official protocols. Let **close** mean nine tenths of the state of the art that the lecture
# prints. The slide does not say whether the ten minutes hold the forward passes, so we time both.

# %% slideshow={"notes": "Bets on the duration, in minutes of one core. Have them written down before the clock runs.", "slide_type": "subslide"} tags=["predict"]
lengths = ["under 1 minute", "1 to 5 minutes", "5 to 20 minutes", "over 20 minutes"]
clock = claims.open("ten-minutes-of-cpu")
clock.predict("flowers102, 8,189 photographs, from the file to the score: how much CPU?", lengths)

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "One photograph, read and passed again and again: the time does not depend on what it shows. Multiplied by the number of images it is the whole set.", "slide_type": "subslide"}
import time
from importlib import resources

from PIL import Image

imagenet = load_backbone("imagenet")
file = resources.files("sklearn.datasets") / "images" / "flower.jpg"
repeats = 64
clocks = [time.process_time()]
images = torch.stack([imagenet.preprocess(Image.open(file)) for _ in range(repeats)])
clocks.append(time.process_time())
with torch.inference_mode():
    for batch in images.split(32):
        imagenet.network(batch)
clocks.append(time.process_time())
read, passed = np.diff(clocks) / repeats
print(f"ms of CPU: {1000 * read:.0f} to read a photograph, {1000 * passed:.0f} for a pass")

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "C was chosen within the training images, by the same kind of search as above, and is on the card. The classifier is trained live, on all training images.", "slide_type": "subslide"}
published = {"flowers102": 97.0, "caltech101": 93.4}  # state of the art, by the lecture
stages, accuracies = {}, {}
for name in published:
    train, test = shipped_features("imagenet", f"{name} last layer")
    C = shipped_card(name)["scores"]["official last layer"]["C"]
    started = time.process_time()
    svm = make_pipeline(Normalizer(), LinearSVC(C=C, random_state=0))
    right = svm.fit(train.matrix, train.labels).predict(test.matrix) == test.labels
    images = len(train.labels) + len(test.labels)
    seconds = [images * read, images * passed, time.process_time() - started]
    stages[name] = pd.Series(seconds, ["read", "forward passes", "SVM"]) / 60
    by_class = pd.Series(right).groupby(test.labels).agg(["mean", "size"])
    variances = by_class["mean"] * (1 - by_class["mean"]) / by_class["size"]  # binomial
    error = np.sqrt(variances.sum()) / len(by_class)
    accuracies[name] = 100 * (by_class["mean"].mean() + 1.96 * error * np.array([0, -1, 1]))
minutes = pd.DataFrame(stages).T
print(minutes.assign(total=minutes.sum(axis=1)).round(2).to_string())

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Left, where the minutes go: the SVM is the thin end. Right, the accuracy between nine tenths of the published one and all of it.", "slide_type": "subslide"}
figure, (left, right) = plt.subplots(1, 2, figsize=(13, 4.6), layout="constrained")
minutes.plot.barh(stacked=True, ax=left, color=["0.7", "#0072B2", "#D55E00"])
left.axvline(10, color="black", linestyle="dashed")
left.legend(ncols=3, loc="lower left", bbox_to_anchor=(-0.25, 1))
left.set(xlabel="minutes of CPU; dashed: ten")
for row, name in enumerate(accuracies):
    mean, low, high = accuracies[name]
    right.barh(row, published[name], color="0.9", height=0.5)
    right.plot([0.9 * published[name]] * 2, [row - 0.3, row + 0.3], "k--")
    error = [[mean - low], [high - mean]]
    right.errorbar(mean, row, xerr=error, fmt="o", color="#0072B2", capsize=7)
right.set(
    xlim=(80, 100),
    xticks=range(80, 101, 5),
    yticks=[],
    xlabel="accuracy (%); grey: published; dashed: 9/10",
)
plots.alt_text(figure, "Minutes of CPU by stage, and accuracies beside the published ones.")

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "The card judges the accuracy; the minutes stand beside it. Ask whether the claim needs the passes to count.", "slide_type": "subslide"} tags=["claim:ten-minutes-of-cpu"]
margins = {}
for name, values in accuracies.items():
    margins[name] = claims.Effect(*(values - 0.9 * published[name]))
totals = minutes.sum(axis=1)
beside = {f"{name}: minutes in all": total for name, total in totals.items()}
beside["the SVM alone, minutes at most"] = minutes["SVM"].max()
option = lengths[np.searchsorted([1, 5, 20], totals["flowers102"])]
on = "Last layer of EfficientNet-Lite0, a linear SVM, official training and test images."
limits = "Passes are timed on one photograph and multiplied. The verdict is on accuracy alone."
clock.measured(margins, on, limits, option=option, beside=beside)

# %% [markdown] slideshow={"notes": "The ten minutes are about one pass over the images on one core. They are paid once; every further classifier takes seconds.", "slide_type": "subslide"}
# **Reading.** The SVM alone takes 0.09 minutes at most; with reading and one pass over all 8,189
# images flowers102 takes 10.34 minutes of CPU here, 9.33 of them in the passes, and lies 4.6 points
# above nine tenths of the state of the art. The network has all that the claim asks for, and
# describes once; the SVM only has to decide. The slide's own network was VGG16 with ten crops of each
# image, 81,890 passes for flowers102 ([published](../docs/bibliography.md#garcia-gasulla-2018)): with
# those only the classifier fits into ten minutes. Nine tenths is our reading of *close*.

# %% [markdown] slideshow={"notes": "A channel is one column. Who flattens has not averaged. Three minutes.", "slide_type": "slide"}
# ## Exercises
#
# **1.** Average a layer's output over space, so that each image has one number a channel.


# %% slideshow={"slide_type": "-"}
def pooled(activation):
    """A tensor (images, channels, height, width) -> (images, channels)."""
    ...  # TODO


check_code("06: pooled", pooled)

# %% [markdown] slideshow={"slide_type": "-"}
# <details><summary>Solution</summary>
#
# ```python
# def pooled(activation):
#     return activation.mean(dim=(2, 3))
# ```
#
# </details>

# %% [markdown] slideshow={"notes": "Ten minutes. The two usual slips are a hook that is left behind, and one that keeps no copy; the check has words for both.", "slide_type": "subslide"}
# **2.** Read several modules in one pass: register a hook on each, run the network once, remove the
# hooks. `dict(network.named_modules())` finds a module by its name.


# %% slideshow={"slide_type": "-"}
def read_layers(network, images, names):
    """What the modules of these names put out, as {name: tensor}, as it was put out."""
    ...  # TODO


check_code("06: read layers", read_layers)

# %% [markdown] slideshow={"slide_type": "-"}
# <details><summary>Solution</summary>
#
# ```python
# def read_layers(network, images, names):
#     found, modules = {}, dict(network.named_modules())
#
#     def keep_as(name):
#         def hook(module, inputs, output):
#             found[name] = output.clone()
#
#         return hook
#
#     handles = [modules[name].register_forward_hook(keep_as(name)) for name in names]
#     network(images)
#     for handle in handles:
#         handle.remove()
#     return found
# ```
#
# </details>

# %% [markdown] slideshow={"notes": "Hands before each check. In question 3, ask what their own machine would take.", "slide_type": "slide"}
# ## Quiz
#
# Three questions about what was measured. Choose, check, and read why.

# %% slideshow={"slide_type": "-"}
quiz("06")

# %% [markdown] slideshow={"notes": "Ask everybody to say what their features are: which layer, averaged or not, normalised how. That is the sentence for the report.", "slide_type": "slide"}
# ## Remember
#
# - The backbone describes, a linear SVM decides. Nothing in the network is trained.
# - Say what your features are: which layer, after the ReLU or before, averaged or not, eval mode.
# - Feature extraction is the baseline that every other method has to beat.
#
# **Next**: which layers to use ([07](07_knowledge_inside.ipynb)), what is gained when layers are
# fine-tuned instead ([08](08_fine_tuning.ipynb)), and how to normalise them
# ([09](09_normalization.ipynb)). The [map](00_start_here.ipynb) shows which notebooks are there.

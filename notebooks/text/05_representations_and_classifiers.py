# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"notes": "The question of the notebook: what of a network belongs to the task, what to the domain? Announce the 2 x 2 at the end.", "slide_type": "slide"}
# # 05 Representations and classifiers
#
# *[Lecture](../docs/bibliography.md#lecture): "Representation Learning & Classifiers".*
#
# **You will learn**
#
# - what a linear SVM chooses, and what it cannot choose;
# - what a kernel adds, and what it does not;
# - where in a network [the representation ends](../docs/glossary.md#representation) and the
#   classifier begins;
# - which of the two can be reused for another task, and which in another domain.
#
# **You need**: [04 domains and tasks](04_domains_and_tasks.ipynb). **Time**: 45 minutes for you,
# about 30 seconds for the machine.

# %% slideshow={"slide_type": "skip"}
from itertools import product
from math import comb

import numpy as np
import torch
from sklearn.kernel_approximation import Nystroem, RBFSampler
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from tlcourse import plots
from tlcourse.classifiers.decision_boundaries import linear_boundary
from tlcourse.classifiers.kernels import KERNELS, best_of_a_few, kernel_svm
from tlcourse.classifiers.plane import sample
from tlcourse.classifiers.reuse import (
    AS_IT_IS,
    cut_network,
    linear_separability,
    new_classifier,
    tasks_by_domains,
)
from tlcourse.datasets import HandwrittenDigits
from tlcourse.datasets.animal_pictures import AnimalPictures, raw_pixels
from tlcourse.datasets.drawn import Factors, HybridImages
from tlcourse.datasets.split import stratified_split
from tlcourse.features.extraction import extract_features
from tlcourse.networks.backbones import load_backbone
from tlcourse.widgets import (
    KernelExplorer,
    NetworkCut,
    SVMPlayground,
    check_answer,
    claims,
    quiz,
)

SOURCE = "drawn"
plots.use_course_style()

# %% [markdown] slideshow={"notes": "Let a student drag. Move a point far from the boundary: nothing happens. Ask why, then move a support vector.", "slide_type": "slide"}
# ## A linear SVM to touch
#
# Drag the points. The full line is the boundary, the dashed lines are its
# [margin](../docs/glossary.md#margin), and the points with a thick edge are the **[support
# vectors](../docs/glossary.md#support-vector)**: they alone hold the boundary.
#
# Try: move a point that is no support vector. Carry one point deep into the other class, then lower
# C, [the price of a point inside](../docs/glossary.md#c) the margin.

# %% slideshow={"slide_type": "-"}
playground = SVMPlayground()
playground

# %% [markdown] slideshow={"notes": "Ask what \"best\" means here. Widest margin, not fewest errors to come.", "slide_type": "slide"}
# ## Claim: the best boundary in a given space
#
# > SVM find the best boundary separating the data instances into different classes in a **given**
# > feature space.
#
# **Motivation.** "Best" means one thing only: of all boundaries that separate the classes, the one
# that stays farthest from both. There are endlessly many, and the SVM tries none of them: it solves
# an optimisation problem that has one best answer. "Given" is the other half: the machine takes the
# features as they come.

# %% slideshow={"notes": "Commit quickly. It is about trust in an optimiser.", "slide_type": "subslide"} tags=["predict"]
claim = claims.open("svm-given-space")
claim.predict(
    "12 points in two clouds. An SVM against 3,600 directions tried one by one: which margin is "
    "wider?",
    [
        "that of the best of the 3,600",
        "the same, or the SVM's by a hair",
        "now this one, now that one",
    ],
)

# %% [markdown] slideshow={"notes": "One curve a draw, one peak, and the SVM's mark on it. 3,600 tries against one optimisation.", "slide_type": "subslide"}
# **Experiment.** Ten draws of two clouds. The brute force turns a line by tenths of a degree, puts
# it in the middle of the gap, and measures its distance from the nearest points.

# %% jupyter={"outputs_hidden": true} slideshow={"slide_type": "-"}
angles = np.arange(3600) / 10
normals = np.stack([np.cos(np.radians(angles)), np.sin(np.radians(angles))])
svms, margins, svm_right, others_right = [], [], [], []
for seed in range(10):
    X, y, X_new, y_new = sample("two clouds", 12, 1000, seed)
    svms.append(linear_boundary(X, y, C=1e6))
    along = X @ normals  # how far each point lies in each direction
    nearest, farthest = along[y == 1].min(axis=0), along[y == 0].max(axis=0)
    margins.append((nearest - farthest) / 2)
    says = X_new @ normals > (nearest + farthest) / 2
    others_right.append((says == y_new[:, None]).mean(axis=0)[margins[-1] > 0])
    svm_right.append(np.mean((svms[-1].decision(X_new) > 0) == y_new))
ax = plots.plot_margins(angles, margins, svms)
plots.alt_text(
    ax,
    "The margin of a line against its direction, ten draws: each curve has one peak, and the SVM's "
    "margin lies on the peak.",
)

# %% [markdown] slideshow={"notes": "Better than the average line, not better than the luckiest. Ask why the luckiest cannot be chosen.", "slide_type": "subslide"}
# Is the widest margin also the best for points to come? Each separating line of the brute force
# says of 1,000 new points what they are.

# %% jupyter={"outputs_hidden": true} slideshow={"slide_type": "-"}
svm_right = np.array(svm_right)
average_right = np.array([right.mean() for right in others_right])
best_right = np.array([right.max() for right in others_right])
print(f"new points right, mean of 10 draws: SVM {100 * svm_right.mean():.1f}%,")
print(f"the average separating line {100 * average_right.mean():.1f}%,")
print(f"the best of them (chosen by looking at the new points) {100 * best_right.mean():.1f}%;")
print("the SVM beats the average line in", (svm_right > average_right).sum(), "of 10 draws")

# %% [markdown] slideshow={"notes": "Same points, other coordinates. Ask for the straight line on the left before you point at the right.", "slide_type": "subslide"}
# ### And in another space?
#
# The same machine, the same things, other features. A disc inside a ring: given as x1 and x2, or as
# distance from the centre and angle.

# %% slideshow={"slide_type": "-"}
def polar(X):
    return np.column_stack([np.hypot(X[:, 0], X[:, 1]), np.arctan2(X[:, 1], X[:, 0])])


X, y, *_ = sample("circles", 120)
figure = plots.plot_spaces(
    {("x1", "x2"): X, ("distance", "angle"): polar(X)},
    y,
    linear_boundary,
)
plots.alt_text(
    figure,
    "Left: a disc inside a ring in the plane, which a straight line cannot separate. Right: the "
    "same points by distance and angle: an upright line separates them.",
)

# %% [markdown] slideshow={"notes": "Ask what makes two of these pictures close in pixels: mostly the background.", "slide_type": "subslide"}
# Now pictures: 19 breeds of cats, dogs, lions and wolves, drawn before four kinds of background.
# Which species is it? The features are the raw pixels, or `fc7` of a network.

# %% slideshow={"slide_type": "-"}
backbone = load_backbone(SOURCE)
untrained = load_backbone(SOURCE, "random")
animals = AnimalPictures(per_breed=20)
features = extract_features(backbone, animals)
random_features = extract_features(untrained, animals)
pixels = raw_pixels(animals.images)
fc7_size = backbone.layer_sizes["fc7"]
print(f"{len(animals)} pictures; {pixels.shape[1]} pixel values or {fc7_size} features of fc7")

# %% slideshow={"slide_type": "-"}
species, breed = animals.labels["species"], animals.labels["breed"]
ax = plots.plot_pictures(
    {
        name: [animals.images[row] for row in np.flatnonzero(species == label)[::7][:9]]
        for label, name in enumerate(animals.label_names["species"])
    },
    plots.new_axes(height=3.4),
)
plots.alt_text(ax, "Drawn heads of cats, dogs, lions and wolves before different backgrounds.")

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Same machine, other space: near guessing becomes nearly perfect. Read the rows in pairs.", "slide_type": "subslide"}
in_plane, in_polar = [], []
for seed in range(5):
    X, y, X_new, y_new = sample("circles", 200, 1000, seed)
    in_plane.append(SVC(kernel="linear").fit(X, y).score(X_new, y_new))
    in_polar.append(SVC(kernel="linear").fit(polar(X), y).score(polar(X_new), y_new))
on_pixels = linear_separability(pixels, species, seeds=range(5), groups=breed)
on_fc7 = linear_separability(features.select("fc7"), species, seeds=range(5), groups=breed)
spaces = {
    ("", "disc and ring", "x1, x2 | pixels"): in_plane,
    ("", "disc and ring", "polar | fc7"): in_polar,
    ("", "four species", "x1, x2 | pixels"): on_pixels,
    ("", "four species", "polar | fc7"): on_fc7,
}
figure = plots.plot_accuracy_table(spaces)
plots.alt_text(
    figure,
    "Accuracy of a linear SVM. Disc and ring: near guessing in x1 and x2, nearly perfect in "
    "distance and angle. Species: clearly better on fc7 than on pixels.",
)

# %% jupyter={"outputs_hidden": true} slideshow={"slide_type": "skip"}
turned = []
for seed in range(10):
    X, y, *_ = sample("two clouds", 12, seed=seed)
    stretch = np.array([1, 10])
    normals = linear_boundary(X, y, C=1e6).normal, linear_boundary(X * stretch, y, C=1e6).normal
    old, new = (each / np.linalg.norm(each) for each in (normals[0], normals[1] * stretch))
    turned.append(np.degrees(np.arccos(min(1, abs(old @ new)))))
print(f"x2 in a unit 10 times smaller: the boundary turns by {np.mean(turned):.1f} degrees")

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "No verdict: the SVM is defined by the widest margin, so no direction can beat it. The accuracies are what its sentence leaves open.", "slide_type": "subslide"} tags=["claim:svm-given-space"]
svm_margins, brute_margins = np.array([svm.margin for svm in svms]), np.max(margins, axis=1)
widest = int((svm_margins > 0.999 * brute_margins).sum())
claim.measured(
    {
        "draws where no direction has a wider margin, of 10": widest,
        "margin of the SVM": svm_margins.mean(),
        "of the best direction": brute_margins.mean(),
        "disc and ring, x1 and x2 (%)": 100 * np.mean(in_plane),
        "disc and ring, distance and angle (%)": 100 * np.mean(in_polar),
        "species, pixels (%)": 100 * np.mean(on_pixels),
        "species, fc7 (%)": 100 * np.mean(on_fc7),
        "degrees that the boundary turns when x2 is in a unit 10 times smaller": np.mean(turned),
    },
    on="The SVM's margin against 3,600 directions on ten draws of two clouds; the same machine on "
    "the same points and pictures in another space.",
    limits="The widest margin is what the SVM is defined by. Whether it is best for points to "
    "come is another question, and so is whether the space is a good one.",
    option="the same, or the SVM's by a hair"
    if widest == len(svms)
    else "now this one, now that one"
    if widest
    else "that of the best of the 3,600",
)

# %% [markdown] slideshow={"notes": "\"Given\" is the word to remember. Even a change of unit turns the boundary.", "slide_type": "subslide"}
# **Reading.** No direction beats the SVM's margin, in any draw. On new points it is better than the
# average line that separates the twelve, in nearly every draw, but it is not the best of those
# lines: "best" is the widest margin, not the fewest errors to come.
#
# And all of it holds in the *given* space. In other coordinates the same machine goes from guessing
# to nearly perfect. Even a change of unit, millimetres for centimetres, turns the boundary: the
# margin is measured in the unit of the axes. What the SVM cannot do is change the space.

# %% [markdown] slideshow={"notes": "Let the room choose kernel and data. Quadratic on moons is the one that fails.", "slide_type": "slide"}
# ## Kernels to try
#
# A linear SVM needs inner products only. A **[kernel](../docs/glossary.md#kernel)** is the inner
# product of a richer space. So put it in: the machine is linear over there, and bent over here.
#
# Try: which kernel fails on the moons? Which data set does the quadratic kernel suit?

# %% slideshow={"slide_type": "-"}
explorer = KernelExplorer()
explorer

# %% [markdown] slideshow={"notes": "Two questions: does it separate, and is it really linear elsewhere? Both are tested.", "slide_type": "slide"}
# ## Claim: the kernel trick
#
# > SVMs using the kernel trick can overcome the linear limitation through an implicit mapping to a
# > higher dimensional feature space.
#
# **Motivation.** There are two parts to check. Does a kernel separate what no line separates? And
# is it really a linear machine in another space, one that could be written out?

# %% slideshow={"notes": "Commit. Many expect the kernel to beat fc7.", "slide_type": "subslide"} tags=["predict"]
claim = claims.open("kernel-trick")
claim.predict(
    "And the species of the drawn animals, on raw pixels: what does the best kernel of a few do to "
    "the linear SVM?",
    [
        "it lifts it above a linear SVM on fc7",
        "it lifts it by more than 5 points, but not to fc7",
        "it changes it by less than 5 points",
        "it makes it worse by more than 5 points",
    ],
)

# %% [markdown] slideshow={"notes": "RBF is nearly perfect on all three, quadratic on two. Linear is near guessing where the classes surround each other.", "slide_type": "subslide"}
# **Experiment.** Three data sets that no line separates, five draws of 200 points, 1,000 new points
# each.

# %% jupyter={"outputs_hidden": true} slideshow={"slide_type": "-"}
curved = ("circles", "moons", "chessboard")
tried = {}
for data_set, kernel, seed in product(curved, ("linear", "quadratic", "RBF"), range(5)):
    X, y, X_new, y_new = sample(data_set, 200, 1000, seed)
    right = kernel_svm(kernel).fit(X, y).score(X_new, y_new)
    tried.setdefault((data_set, kernel), []).append(right)
figure = plots.plot_accuracy_table(
    {("", data_set, kernel): values for (data_set, kernel), values in tried.items()}
)
plots.alt_text(
    figure,
    "Accuracy of the linear, quadratic and RBF kernel. RBF is nearly perfect on circles, moons and "
    "chessboard; quadratic on circles and chessboard but not on the moons; linear on none.",
)

# %% [markdown] slideshow={"notes": "Write (x z + 1)^2 out for two features with the room: six terms. The scores agree to four digits.", "slide_type": "subslide"}
# ### The implicit map, written out
#
# The quadratic kernel $(x \cdot z + 1)^2$ is the inner product of six features:
# $x_1^2,\; x_2^2,\; \sqrt2\, x_1 x_2,\; \sqrt2\, x_1,\; \sqrt2\, x_2,\; 1$. A linear SVM on these
# must give the same scores.

# %% slideshow={"slide_type": "-"}
# NBVAL_CHECK_OUTPUT
def quadratic_map(X):
    x1, x2 = X.T
    linear = np.sqrt(2) * np.stack([x1 * x2, x1, x2])
    return np.column_stack([x1**2, x2**2, *linear, np.ones(len(X))])


gaps = []
for data_set in curved:
    X, y, X_new, _ = sample(data_set, 200, 1000)
    implicit = SVC(kernel="poly", degree=2, gamma=1, coef0=1, tol=1e-8).fit(X, y)
    explicit = SVC(kernel="linear", tol=1e-8).fit(quadratic_map(X), y)
    scores = implicit.decision_function(X_new), explicit.decision_function(quadratic_map(X_new))
    gaps.append(np.abs(np.subtract(*scores)).max())
print(quadratic_map(X).shape)
print("the same scores to 0.0001 on all three:", max(gaps) < 1e-4)

# %% [markdown] slideshow={"notes": "Infinitely many dimensions, approached by 200 features. Nystroem takes its features from the data, hence faster.", "slide_type": "subslide"}
# The RBF kernel's space has infinitely many dimensions. It can be *approached*: by **[random Fourier
# features](../docs/bibliography.md#rahimi-2007)**, or by the
# **[Nystroem](../docs/bibliography.md#williams-2000)** map, which takes its features from the
# training points.

# %% jupyter={"outputs_hidden": true} slideshow={"slide_type": "-"}
sizes = (2, 5, 10, 20, 50, 100, 200)
maps = {"random Fourier features": RBFSampler, "Nystroem": Nystroem}
gamma = KERNELS["RBF"]["gamma"]
approached = {method: [{} for _ in range(5)] for method in maps}
for (method, of_data), seed in product(maps.items(), range(5)):
    X, y, X_new, _ = sample("circles", 200, 1000, seed)
    wanted = kernel_svm("RBF").fit(X, y).decision_function(X_new)
    for size in sizes:
        explicit = of_data(gamma=gamma, n_components=size, random_state=seed)
        machine = make_pipeline(explicit, kernel_svm("linear")).fit(X, y)
        difference = machine.decision_function(X_new) - wanted
        approached[method][seed][size] = np.sqrt(np.mean(difference**2))
ax = plots.plot_map_sizes(approached)
plots.alt_text(
    ax,
    "Difference between an explicit map's scores and the RBF kernel's, against the number of "
    "features: both fall; Nystroem falls to almost nothing, random Fourier features slowly.",
)

# %% [markdown] slideshow={"notes": "Ask for a bet on the two rows before running. Digits go the other way.", "slide_type": "subslide"}
# ### Is a kernel enough?
#
# Raw pixels with a linear SVM, raw pixels with the RBF kernel at its best of a few settings, and a
# linear SVM on `fc7`. The same on handwritten digits.

# %% jupyter={"outputs_hidden": true} slideshow={"slide_type": "-"}
digits = HandwrittenDigits()
some = [digits[index] for index in range(500)]
digit_labels = np.array([label for _, label in some])
sets = {
    "four species": (pixels, features.select("fc7"), species, {"groups": breed}),
    "digits": (
        raw_pixels([image for image, _ in some], side=8),
        extract_features(backbone, some, ["fc7"]).matrix,
        digit_labels,
        {"train_per_class": 20},
    ),
}
enough = {}
for name, (raw, fc7, labels, options) in sets.items():
    tries = {
        "pixels, linear": (raw, "linear"),
        "pixels, RBF kernel": (raw, "RBF"),
        "fc7, linear": (fc7, "linear"),
    }
    for what, (X, kernel) in tries.items():
        enough["", name, what] = best_of_a_few(X, labels, kernel, **options)
figure = plots.plot_accuracy_table(enough)
plots.alt_text(
    figure,
    "Species: the RBF kernel on pixels is no better than a linear SVM on them, fc7 is far better. "
    "Digits: both machines on pixels are far better than fc7.",
)

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "No verdict: the map is an identity, and the data sets were made to need it. Compare the kernel's gain on pixels with the hands of the prediction.", "slide_type": "subslide"} tags=["claim:kernel-trick"]
mean = {key[1:]: 100 * np.mean(values) for key, values in enough.items()}
gain_of = {key: value - mean[key[0], "pixels, linear"] for key, value in mean.items()}
kernel_gain = gain_of["four species", "pixels, RBF kernel"]
fc7_gain = gain_of["four species", "fc7, linear"]
gains = {
    f"RBF over linear on {data_set}, points": 100
    * np.mean(np.subtract(tried[data_set, "RBF"], tried[data_set, "linear"]))
    for data_set in curved
}
claim.measured(
    gains
    | {
        "largest difference between kernel and explicit map": max(gaps),
        "RBF over linear on pixels of animals, points": kernel_gain,
        "fc7 over pixels on animals, points": fc7_gain,
        "RBF over linear on pixels of digits, points": gain_of["digits", "pixels, RBF kernel"],
        "fc7 over pixels on digits, points": gain_of["digits", "fc7, linear"],
    },
    on="RBF against linear on three data sets that no line separates, five draws; the quadratic "
    "kernel against its map written out; kernels on pixels against fc7, three draws.",
    limits="The map is an identity, and the three data sets were made to need it. On pixels the "
    "settings were chosen on the test images, which flatters the kernel most.",
    option="it lifts it above a linear SVM on fc7"
    if kernel_gain > max(5, fc7_gain)
    else "it lifts it by more than 5 points, but not to fc7"
    if kernel_gain > 5
    else "it makes it worse by more than 5 points"
    if kernel_gain < -5
    else "it changes it by less than 5 points",
)

# %% [markdown] slideshow={"notes": "A kernel bends the boundary in the same description. It does not learn another description: that is the network's part.", "slide_type": "subslide"}
# **Reading.** The trick works as the slide says: what no line separates in the plane, a linear
# machine separates in the kernel's space, and the map can be written out or approached. The kernel
# must suit the data: the quadratic one does nothing for the moons.
#
# But a kernel compares two images **pixel by pixel**. For digits, all centred and of one size, that
# is a fair comparison: there raw pixels beat `fc7`, with or without a kernel. For heads that turn,
# move and change their background it is not, and no curvature helps. A kernel bends the boundary
# in a richer space *of the same description*. It does not learn another description from data.
# That is what the network does, for the data that it learnt from.

# %% [markdown] slideshow={"notes": "Ask where the representation ends. \"Before fc8\" is one answer of many.", "slide_type": "slide"}
# ## Claim: a deep network is both
#
# > A deep neural network is a representation and a classifier.
#
# **Motivation.** The slide shows the network cut before its last layer: all below describes, the last
# layer decides. But why there? Every layer is the input of all that follow. Cut anywhere, [train a
# linear SVM on what comes out](../docs/glossary.md#linear-probe), and see where a straight boundary
# begins to do.

# %% [markdown] slideshow={"notes": "fc8 is a matrix and a bias: recomputed by hand, the same scores. Nothing mysterious about the last layer.", "slide_type": "subslide"}
# First the fact in the claim. `fc8` is one matrix and one bias: recompute its scores from `fc7`.

# %% slideshow={"slide_type": "-"}
# NBVAL_CHECK_OUTPUT
representation, classifier = cut_network(backbone, "fc7")
images = torch.stack([backbone.preprocess(image) for image in animals.images[::4]])
with torch.inference_mode():
    scores = backbone.network(images)
    fc7 = representation(images)
W, b = backbone.network.fc8.weight.detach(), backbone.network.fc8.bias.detach()
by_hand = fc7 @ W.T + b
print("layers after the cut:", [name for name, _ in list(backbone.network.named_children())[-2:]])
print("the same scores:", bool(torch.allclose(by_hand, scores, atol=1e-3)))
print("the same predictions:", bool((by_hand.argmax(1) == scores.argmax(1)).all()))

# %% [markdown] slideshow={"notes": "Click from left to right and let the room say when the classes begin to separate. The plane shows two directions only.", "slide_type": "subslide"}
# ### Cut it where you like
#
# Click on a layer, or use the arrow keys. All up to it is representation. The picture shows the
# images in the plane of their two strongest directions there.

# %% slideshow={"slide_type": "-"}
cut = NetworkCut(
    features,
    species,
    animals.label_names["species"],
    lambda X, labels: linear_separability(X, labels, groups=breed),
)
cut

# %% slideshow={"notes": "Commit. The background is the interesting half.", "slide_type": "subslide"} tags=["predict"]
claim = claims.open("dnn-is-both")
claim.predict(
    "A linear SVM on every layer. Towards fc7, what happens to the network's own task, and to "
    "telling the background?",
    [
        "both rise to the end",
        "its own task rises to the end, the background rises and then falls",
        "both rise and then fall",
        "its own task rises and then falls, the background rises to the end",
    ],
)

# %% [markdown] slideshow={"notes": "Follow the background's line: it rises, then falls. Then the dotted control: depth alone does not do it.", "slide_type": "subslide"}
# **Experiment.** The source's own task is to tell 30 hybrids, drawn with all factors varied: here
# are pictures of them that it has not seen. The animals are new to it. Three draws of the training
# images each; the same network with random weights as a control.

# %% jupyter={"outputs_hidden": true} slideshow={"slide_type": "-"}
hybrids = HybridImages("val", per_class=12)
own = extract_features(backbone, hybrids)
hybrid_labels = np.array(hybrids.targets)


def by_layer(features, labels, **options):
    return {
        layer: linear_separability(features.select(layer), labels, **options)
        for layer in backbone.default_layers
    }


lines = {
    "source's own task: 30 hybrids": by_layer(own, hybrid_labels, train_per_class=6),
    "species of the animals": by_layer(features, species, groups=breed),
    "background of the animals": by_layer(features, animals.labels["background"], groups=breed),
    "species, random weights": by_layer(random_features, species, groups=breed),
}
ax = plots.plot_by_layer(lines)
plots.alt_text(
    ax,
    "Accuracy of a linear SVM after each layer. The source's own task rises steeply to the last "
    "layers; the species rise and level off; the background is best in the middle and falls "
    "towards fc7; with random weights far less is gained.",
)

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "No verdict: whatever is cut in two has two parts. 94% of its own task after fc7, a third of the backgrounds: a loss or an achievement?", "slide_type": "subslide"} tags=["claim:dnn-is-both"]
means = {
    name: {layer: 100 * np.mean(values) for layer, values in line.items()}
    for name, line in lines.items()
}
own_task, species_line, background_line, _ = means.values()
best_layer = max(background_line, key=background_line.get)
falls = [max(line.values()) - line["fc7"] > 3 for line in (own_task, background_line)]
claim.measured(
    {
        "own task, conv1_1 (%)": own_task["conv1_1"],
        "own task, fc7 (%)": own_task["fc7"],
        "species, best layer (%)": max(species_line.values()),
        "species, fc7 (%)": species_line["fc7"],
        "background, best layer (%)": background_line[best_layer],
        "background, fc7 (%)": background_line["fc7"],
    },
    on="A network cut after each layer, fc8 recomputed as a linear classifier on fc7; a linear SVM "
    "on each layer for the source's own task, for the species and for the background of animals, "
    "three draws.",
    limits="That a network cut anywhere is a representation and a classifier is true by "
    "construction; how good each layer is for a task was measured on one network.",
    option={
        (False, False): "both rise to the end",
        (False, True): "its own task rises to the end, the background rises and then falls",
        (True, True): "both rise and then fall",
        (True, False): "its own task rises and then falls, the background rises to the end",
    }[tuple(falls)],
)

# %% [markdown] slideshow={"notes": "A representation is made for a task. Ask what their own backbone has thrown away.", "slide_type": "subslide"}
# **Reading.** `fc8` is a linear classifier, and what it is given has been made for it: on the
# source's own task a straight boundary gets better with almost every layer, from near guessing to
# nearly perfect. With random weights, depth alone gains far less.
#
# The same layers **lose** the background. To tell hybrids whatever is behind them, the background
# must go, and it goes: after `fc7` a linear machine is not far above guessing. The species, which
# nobody taught the network, level off before the end. A representation is not good or bad as such:
# it is made for a task. Where to cut depends on yours: notebook 07 takes this up.

# %% [markdown] slideshow={"notes": "Draw the 2 x 2: same or other task, same or other domain. Fill it in as you go.", "slide_type": "slide"}
# ## Claim: what belongs to the task, what to the domain
#
# > Classifiers are **task**-specific. We can rarely reuse them for a different task, as they are
# > bounded to the label space. Representations are **domain**-specific. We can often reuse them for
# > a different task if we remain in the same feature space!
#
# **Motivation.** Two ways to change the problem: other labels on the same pictures, or the same
# labels on other pictures. Two ways to reuse: take the classifier as it is, or train a new one, on
# a few pictures, in the old representation.

# %% [markdown] slideshow={"notes": "Blur changes P(X), not the labels. Other labels change Y, not the pictures.", "slide_type": "subslide"}
# The other domain is **out of focus**: blurred pictures of the very same animals. The network never
# saw pictures this blurred. The other tasks are the **breed** and the **background** of the very
# same pictures.

# %% slideshow={"slide_type": "-"}
blurred = AnimalPictures(Factors(blur=(2.0, 3.0)), per_breed=20)
ax = plots.plot_pictures(
    {"in focus": animals.images[::43], "out of focus": blurred.images[::43]},
    plots.new_axes(height=2),
)
plots.alt_text(ax, "Nine animals in focus, and below them the same nine, blurred.")

# %% slideshow={"notes": "Commit. The third option and the second differ in the background only.", "slide_type": "subslide"} tags=["predict"]
claim = claims.open("classifier-task-representation-domain")
claim.predict(
    "A classifier of species on fc7, trained in focus. Which other tasks are served, in focus?",
    [
        "the classifier serves both, by matching its outputs to the new labels",
        "the classifier neither, fc7 with a new classifier both",
        "the classifier neither, fc7 with a new classifier the breed only",
        "neither serves any",
    ],
)

# %% [markdown] slideshow={"notes": "Explain \"as it is, in the way that flatters it\": each output is matched to the best label.", "slide_type": "subslide"}
# **Experiment.** The classifier of species learnt from 228 pictures in focus. "As it is" on another
# task: each output is matched with one label in the way that flatters it most. A new classifier
# gets ten pictures a label. `fc7` serves a task if it beats both controls: the raw pixels, and a
# network with random weights. Five draws.

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Read down a column: what serves species and breed does not serve the background. Dotted is guessing.", "slide_type": "subslide"}
domains = sharp, soft = "in focus (the source)", "out of focus"
representations = {
    "new on fc7": {
        sharp: features.select("fc7"),
        soft: extract_features(backbone, blurred, ["fc7"]).matrix,
    },
    "new on random net": {
        sharp: random_features.select("fc7"),
        soft: extract_features(untrained, blurred, ["fc7"]).matrix,
    },
    "new on pixels": {sharp: pixels, soft: raw_pixels(blurred.images)},
}
table = tasks_by_domains(representations, animals.labels)
figure = plots.plot_accuracy_table(
    table, chance={task: 1 / len(names) for task, names in animals.label_names.items()}
)
plots.alt_text(
    figure,
    "Three tasks by two domains. The classifier as it is does well only on species in focus. A new "
    "classifier on fc7 does well on species and breed, less so out of focus, and not on the "
    "background.",
)

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Four rows, one a half of a sentence. Point at the negative one: for the backgrounds raw pixels are better than fc7.", "slide_type": "subslide"} tags=["claim:classifier-task-representation-domain"]
points = {key: 100 * np.array(values) for key, values in table.items()}  # a value a draw
new, *controls = representations
others = ("breed", "background")


def lead(task, domain):
    return points[task, domain, new] - np.max([points[task, domain, c] for c in controls], axis=0)


def lost(task):
    best_new = np.max([points[task, sharp, name] for name in representations], axis=0)
    return best_new - points[task, sharp, AS_IT_IS]


at_home, away = (np.mean([lead(t, d) for t in ("species", "breed")], axis=0) for d in domains)
by_fc7 = tuple(task for task in others if lead(task, sharp).mean() > 1)
option = {
    (): "neither serves any",
    ("breed",): "the classifier neither, fc7 with a new classifier the breed only",
    others: "the classifier neither, fc7 with a new classifier both",
}.get(by_fc7)
if all(lost(task).mean() < 5 for task in others):
    option = "the classifier serves both, by matching its outputs to the new labels"
claim.measured(
    {
        "classifier on another task": np.mean([lost(task) for task in others], axis=0),
        "fc7 for breeds": lead("breed", sharp),
        "fc7 for backgrounds": lead("background", sharp),
        "fc7 in another domain": at_home - away,
    },
    on="A species classifier on fc7 as it is against new classifiers on ten pictures a label, for "
    "breeds and backgrounds of the same drawn animals, in focus and out of it.",
    limits="Five splits of one pool of 380 drawn pictures, which overlap: over fresh pictures or "
    "other networks the intervals would be wider.",
    option=option,
    beside={
        f"{name}: {task}, {domain} (%)": points[task, domain, name].mean()
        for task, domain in (("species", soft), ("breed", sharp), ("background", sharp))
        for name in (AS_IT_IS, new)
    },
)

# %% [markdown] slideshow={"notes": "The slide holds in direction, with two exceptions. Ask for the second one: exercise 4.", "slide_type": "subslide"}
# **Reading.** *The classifier* is bound to its labels: four outputs can be right on four of
# nineteen breeds at most, however they are matched. And it is bound to its domain as well: out of
# focus, though trained on 228 pictures, it is far worse than a new one trained on 40 blurred ones.
#
# *The representation* serves the breeds, which nobody taught the network. It does not serve
# the background: `fc7` has thrown it away, and raw pixels say more. So "we can often reuse them for
# a different task" holds for tasks that need what the source's task needed.
#
# *Out of focus* its lead over the controls shrinks: that is what domain-specific means. The slide is
# right in its direction, and both its sentences have an exception: the background here, and the one
# that exercise 4 asks for.

# %% [markdown] slideshow={"notes": "Use the slider, then say why a lower C buys a wider margin.", "slide_type": "slide"}
# ## Exercises
#
# **1.** In the playground, lower C step by step. Does the margin get `"wider"` or `"narrower"`?

# %% slideshow={"slide_type": "-"}
answer = ...
X, y, *_ = sample("two clouds", 16, seed=4)
wide, narrow = (linear_boundary(X, y, C).margin for C in (0.1, 100))
check_answer(
    answer,
    "wider" if wide > narrow else "narrower",
    "A point inside the margin costs less, so the machine buys a wider margin with more of them.",
    {"narrower": "Look at the dashed lines at both ends of the slider."},
)

# %% [markdown] slideshow={"slide_type": "-"}
# <details><summary>Solution</summary>
#
# ```python
# X, y, *_ = sample("two clouds", 16, seed=4)
# margins = [linear_boundary(X, y, C).margin for C in (100, 1, 0.1)]
# "wider" if margins[0] < margins[-1] else "narrower"
# ```
#
# Wider. With C at its lowest nearly all points lie inside the margin.
#
# </details>

# %% [markdown] slideshow={"notes": "Count for two features first: six. Then the formula.", "slide_type": "subslide"}
# **2.** The quadratic kernel on two features has a space of 6. How many features has its space for
# the 3,072 pixel values of a 32 x 32 picture in colour, the constant included?

# %% slideshow={"slide_type": "-"}
answer = ...
check_answer(
    answer,
    comb(3072 + 2, 2),
    "Over four million, for one inner product of 3,072 numbers: hence the trick.",
    {3072**2: "x1 x2 and x2 x1 are one feature.", 6144: "The products of two pixels count too."},
)

# %% [markdown] slideshow={"slide_type": "-"}
# <details><summary>Solution</summary>
#
# ```python
# n = 3072
# n + n * (n - 1) // 2 + n + 1  # squares, products, the features themselves, the constant
# ```
#
# 4,723,201. For n = 2 it is 2 + 1 + 2 + 1 = 6.
#
# </details>

# %% [markdown] slideshow={"notes": "Read it off the figure: the peak of the background's line.", "slide_type": "subslide"}
# **3.** `fc7` has lost the background. After which layer would you cut to tell it?

# %% slideshow={"slide_type": "-"}
answer = ...
check_answer(
    answer,
    best_layer,
    "In the middle: the parts of a background are described, and not yet thrown away.",
    {"fc7": "Look at its line again.", "conv1_1": "Colours and edges are too little."},
)

# %% [markdown] slideshow={"slide_type": "-"}
# <details><summary>Solution</summary>
#
# ```python
# max(background_line, key=background_line.get)
# ```
#
# </details>

# %% [markdown] slideshow={"notes": "A coarser label space needs a dictionary only. This is the exception to \"rarely reused\".", "slide_type": "subslide"}
# **4.** Is there a task that the classifier of species serves as it is, although its labels are
# others? Think of `"kind"`: feline or canine. What share of the pictures does it get right, in
# percent, if cat and lion count as feline, dog and wolf as canine?

# %% slideshow={"slide_type": "-"}
train, test = stratified_split(breed, 12, seed=0)
X = features.select("fc7")
says = new_classifier().fit(X[train], species[train]).predict(X[test])
names = np.array(animals.label_names["species"])
feline = np.isin(names, ["cat", "lion"])

answer = ...
right = 100 * np.mean(feline[says] == feline[species[test]])
check_answer(
    answer,
    right,
    "A coarser label space needs no new classifier, only a dictionary. That is the exception.",
    tolerance=3,
)

# %% [markdown] slideshow={"slide_type": "-"}
# <details><summary>Solution</summary>
#
# ```python
# np.mean(feline[says] == feline[species[test]]) * 100
# ```
#
# More than of the species themselves: a cat taken for a lion is still a feline.
#
# </details>

# %% [markdown] slideshow={"notes": "Question 2: let somebody defend \"too few features\", and look at the sizes.", "slide_type": "slide"}
# ## Quiz
#
# Three questions about what was measured. Choose, check, and read why.

# %% slideshow={"slide_type": "-"}
quiz("05")

# %% [markdown] slideshow={"notes": "Ask: new labels on the same pictures, what do you keep? New pictures, same labels?", "slide_type": "slide"}
# ## Remember
#
# - A linear SVM finds the widest margin in the space that it is given. A kernel gives it a richer
#   space of the same description. A network learns another description.
# - Every layer is a representation for the layers above it, made for the source's task: what that
#   task does not need is lost on the way.
# - The classifier goes with the task, the representation with the domain. Measure both before you
#   reuse either.
#
# **Next**: [06 feature extraction](06_feature_extraction.ipynb) reuses the representation of
# photographs; [07 knowledge inside](07_knowledge_inside.ipynb) looks into the layers.

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
# - what a linear SVM minimises, and which points hold its boundary;
# - what a [kernel](../docs/glossary.md#kernel) adds, and what it does not;
# - to cut a network in two: a [representation](../docs/glossary.md#representation) and a classifier;
# - which of the two can be reused for another task, and which in another domain.
#
# **You need**: [04 domains and tasks](04_domains_and_tasks.ipynb). **Time**: 45 minutes for you,
# about 40 seconds for the machine.

# %% slideshow={"slide_type": "skip"}
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from sklearn.datasets import load_digits, make_circles, make_moons
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer, StandardScaler
from sklearn.svm import SVC, LinearSVC
from torch import nn

from tlcourse import paths, plots
from tlcourse.datasets.drawn import Domain, DrawnImages, Factors, HybridImages
from tlcourse.features.extraction import extract_features, shipped_features
from tlcourse.networks.backbones import load_backbone
from tlcourse.widgets import SVMPlayground, check_code, claims, quiz

plots.use_course_style()

# %% [markdown] slideshow={"notes": "Write the two terms on the board. Ask what happens if C is 0: nothing costs anything, w is 0.", "slide_type": "slide"}
# ## A linear SVM is a minimum
#
# A straight boundary gives every point $x$ a **score**, $w \cdot x + b$; its sign says the class, $y = -1$
# or $y = 1$. A point on its own side with a score of 1 or more costs nothing. Every other costs what
# it lacks: the **[hinge loss](../docs/glossary.md#hinge-loss)**. The **support vector machine**
# ([Cortes and Vapnik 1995](../docs/bibliography.md#cortes-1995)) is the $w$ and $b$ for which this is least:
#
# $$\frac{1}{2}\,(w \cdot w + b^2) + C \sum_i \max(0,\; 1 - y_i\,(w \cdot x_i + b))$$
#
# Scores of -1 and 1 lie $1 / |w|$ from the boundary. That distance is the
# [margin](../docs/glossary.md#margin): a short $w$ is a wide margin.
# **[C](../docs/glossary.md#c)** is the price of a point inside it.

# %% slideshow={"notes": "Line by line: the hinge is one clamp. With the step 1/t, w is the mean of what the points inside the margin pulled, so far.", "slide_type": "subslide"}
# NBVAL_CHECK_OUTPUT
C, rng, y = 0.1, np.random.default_rng(0), np.repeat([-1, 1], 20)
X = np.outer(y, [1.2, 0.6]) + rng.normal(size=(40, 2))
points, sides = torch.tensor(X), torch.tensor(y)

w = torch.zeros(2, dtype=torch.float64, requires_grad=True)
b = torch.zeros((), dtype=torch.float64, requires_grad=True)
descent, losses = torch.optim.SGD([w, b]), []
for step in range(1, 2001):
    hinge = (1 - sides * (points @ w + b)).clamp(min=0)
    loss = (w @ w + b**2) / 2 + C * hinge.sum()
    descent.zero_grad()
    loss.backward()
    descent.param_groups[0]["lr"] = 1 / step
    descent.step()
    losses.append(loss.item())
svm = LinearSVC(C=C, loss="hinge", tol=1e-8, max_iter=10**6, random_state=0).fit(X, y)
found = np.array([*w.tolist(), b.item()])
gap = np.abs(found - [*svm.coef_[0], *svm.intercept_]).max()
print("the same weights as LinearSVC to 0.001:", gap < 0.001)


# %% slideshow={"notes": "Left, the loss comes down to what LinearSVC finds. Right, count the thick edges: on the margin or inside it.", "slide_type": "subslide"} tags=["no-code"]
def draw(ax, X, y, score, held=()):  # two classes, the boundary (0), the margin (-1 and 1)
    ax.plot(*X[y < 0].T, "o", *X[y > 0].T, "s")
    ax.plot(*X[list(held)].T, "o", ms=15, mfc="none", mec="black")
    low, high = X.min(axis=0), X.max(axis=0)
    along = np.linspace(1.05 * low - 0.05 * high, 1.05 * high - 0.05 * low, 150).T
    grid = np.stack(np.meshgrid(*along), axis=-1)
    scores = score(grid.reshape(-1, 2)).reshape(150, 150)
    ax.contour(*along, scores, [-1, 0, 1], colors="black", linestyles=["--", "-", "--"])


score = X @ found[:2] + found[2]
held = np.flatnonzero(y * score < 1.01)
figure, (left, right) = plt.subplots(1, 2, figsize=(13, 4.8), layout="constrained")
left.semilogx(losses)
left.axhline(losses[-1], color="black", linestyle="dashed")
left.set(xlabel="step of gradient descent", ylabel="loss", ylim=(0, 2 * losses[-1]))
draw(right, X, y, lambda at: at @ found[:2] + found[2], held)
right.set(xlabel="x1", ylabel="x2", title=f"{len(held)} of 40 points with a loss, or at 1")
text = "The loss falls to its least value within some ten steps; 15 of 40 points, ringed, lie on "
plots.alt_text(figure, text + "the margin, inside it, or on the wrong side.")

# %% [markdown] slideshow={"notes": "Let a student remove a point with a thin edge: nothing moves. Ask why before one with a thick edge goes.", "slide_type": "slide"}
# ## Remove one point, and another
#
# A point with a score beyond 1 has no loss and no gradient: whether it is there makes no difference.
# The others hold the boundary. They are the **[support vectors](../docs/glossary.md#support-vector)**, with
# a thick edge. Try: remove a point with a thin edge, then one with a thick edge. Carry one deep into the
# other class, then lower C.

# %% slideshow={"slide_type": "-"}
playground = SVMPlayground()
playground

# %% [markdown] slideshow={"notes": "Ask what \"best\" means here, and what \"given\" means. The second word is the one to remember.", "slide_type": "slide"}
# ## Claim: the best boundary in a given space
#
# > SVM find the best boundary separating the data instances into different classes in a **given**
# > feature space.
#
# **Why one would say so.** *Best* is the formula above: there is one minimum, so nothing beats the SVM
# at what it minimises. That needs no experiment. *Given* is the other half: the machine takes the
# features as they come. So keep the machine and change the space.

# %% slideshow={"notes": "Commit. Digits and sketches make people careful: there pixels should do.", "slide_type": "subslide"} tags=["predict"]
claim = claims.open("svm-given-space")
counts = ["on 6 or fewer", "on 7 to 9", "on 10 or 11", "on all 12"]
question = (
    "A linear SVM, 12 real targets: on how many is a network's last layer better than pixels?"
)
claim.predict(question, counts)

# %% slideshow={"notes": "Three small changes of space: other coordinates, another unit, another description. The SVM is the same line of code.", "slide_type": "subslide"}
disc, ring = make_circles(200, factor=0.5, noise=0.1, random_state=0)
polar = np.column_stack([np.hypot(*disc.T), np.arctan2(*disc.T)])
machine, coordinates = LinearSVC(C=1, random_state=0), {}
for name, space in {"x1 and x2": disc, "distance and angle": polar}.items():
    coordinates[name] = 100 * cross_val_score(machine, space, ring, cv=5).mean()
    print(f"disc and ring, by {name}: {coordinates[name]:.1f}% right")

unit = np.array([1, 10])  # x2 in a unit that is ten times smaller
turned = LinearSVC(C=C, loss="hinge", max_iter=10**6, random_state=0).fit(X * unit, y)
before, after = svm.coef_[0], turned.coef_[0] * unit
cosine = before @ after / np.sqrt((before @ before) * (after @ after))
angle = np.degrees(np.arccos(cosine))
print(f"another unit for x2: the two clouds' boundary turns by {angle:.1f} degrees")

accuracies = pd.read_csv(paths.SHIPPED / "measured" / "real_accuracies.csv")
real = 100 * accuracies.pivot(index="target", columns="representation", values="accuracy")
spaces = real[["raw pixels", "random weights", "last layer"]].sort_values("last layer")
print(spaces.mean().round(1).to_dict())

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Left and middle: the same points. Right: the same photographs. Ask what random weights are there for: depth alone is not enough.", "slide_type": "subslide"} tags=["no-code"]
figure, axes = plt.subplots(1, 3, figsize=(13, 5), width_ratios=[1, 1, 1.3], layout="constrained")
for ax, name, space in zip(axes, coordinates, (disc, polar), strict=False):
    draw(ax, space, 2 * ring - 1, machine.fit(space, ring).decision_function)
    ax.set_title(name)
for (name, values), look in zip(spaces.items(), ("s", "^", "o"), strict=True):
    axes[2].plot(values, values.index, look, ms=11, label=name)
axes[2].set(xlabel="test accuracy (%)", xlim=(0, 102))
axes[2].legend(loc="lower left", bbox_to_anchor=(-0.4, 1), ncols=3, columnspacing=0.8)
text = "No line parts a disc from its ring, but one does by distance and angle; on all twelve "
text += "targets the last layer is ahead of raw pixels and of random weights."
plots.alt_text(figure, text)

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "No verdict: the SVM is defined as the minimum. The numbers are what its sentence leaves open.", "slide_type": "subslide"} tags=["claim:svm-given-space"]
better = int((spaces["last layer"] > spaces["raw pixels"]).sum())
numbers = {f"disc and ring, {name} (%)": share for name, share in coordinates.items()}
numbers |= {f"12 real targets, {name} (%)": spaces[name].mean() for name in spaces}
numbers["targets where the last layer is better than raw pixels"] = better
numbers["degrees that another unit turns a boundary by"] = angle
numbers["difference of weights, gradient descent and LinearSVC"] = gap
option = counts[np.searchsorted([6, 9, 11], better)]
on = "One linear SVM in other coordinates, another unit, another description of the same images."
limits = "Best is what the formula says: not fewest errors to come, and not in another space."
claim.measured(numbers, on, limits, option=option)

# %% [markdown] slideshow={"notes": "\"Given\" is the word to remember. Even a change of unit turns the boundary.", "slide_type": "subslide"}
# **Reading.** On raw pixels the linear SVM is right on 41.8% of the images of twelve real targets, on the last
# layer of a network on 90.3%, each with a C of its own. The machine is the same: it can only cut what its
# space lays apart, and a mere change of unit turns its boundary. *Best* does not mean fewest errors to come:
# it is the least of two terms that we chose.

# %% [markdown] slideshow={"notes": "Write (x z + 1)^2 out for two features with the room: six terms. Then ask for 3,072 features: over four million.", "slide_type": "slide"}
# ## A kernel, and its explicit map
#
# Gradient descent adds up the points that pull: so $w = \sum_i a_i x_i$, and a score needs nothing but the
# **inner products** $x_i \cdot x$. A **[kernel](../docs/glossary.md#kernel)** $k(x, z)$ is the inner product
# of two points in a richer space, $\varphi(x) \cdot \varphi(z)$. Put it in the place of $x \cdot z$, and the
# SVM is linear over there, and bent over here. For two features, $(x \cdot z + 1)^2$ belongs to the six
# features
#
# $$\varphi(x) = (x_1^2,\; x_2^2,\; \sqrt{2}\, x_1 x_2,\; \sqrt{2}\, x_1,\; \sqrt{2}\, x_2,\; 1)$$

# %% slideshow={"notes": "Two assertions: the inner products are the same, and so are the machines. Then left a circle, right over two of the six features a line: nothing was bent there.", "slide_type": "subslide"}
# NBVAL_CHECK_OUTPUT
def explicit(X):
    x1, x2 = X.T
    mixed = np.sqrt(2) * np.stack([x1 * x2, x1, x2])
    return np.column_stack([x1**2, x2**2, *mixed, np.ones(len(X))])


quadratic = {"kernel": "poly", "degree": 2, "gamma": 1, "coef0": 1}
implicit = SVC(**quadratic, tol=1e-8).fit(disc, ring)
written_out = SVC(kernel="linear", tol=1e-8).fit(explicit(disc), ring)
scores = implicit.decision_function(disc), written_out.decision_function(explicit(disc))
assert np.allclose((disc @ disc.T + 1) ** 2, explicit(disc) @ explicit(disc).T)
assert np.allclose(*scores, atol=1e-4)
figure, axes = plt.subplots(1, 2, figsize=(13, 4.6), layout="constrained")
draw(axes[0], disc, 2 * ring - 1, implicit.decision_function)
draw(axes[1], disc**2, 2 * ring - 1, SVC(kernel="linear").fit(disc**2, ring).decision_function)
axes[0].set(xlabel="x1", ylabel="x2", title="the plane: the kernel's boundary")
axes[1].set(xlabel="x1 squared", ylabel="x2 squared", title="two of the six features: a line")
plots.alt_text(figure, "A bent boundary in the plane is a straight one over the squares.")

# %% [markdown] slideshow={"notes": "Two questions: does it separate what no line does, and is that enough for pictures?", "slide_type": "slide"}
# ## Claim: the kernel trick
#
# > SVMs using the kernel trick can overcome the linear limitation through an implicit mapping to a
# > higher dimensional feature space.
#
# **Why one would say so.** The map was just written out, so the second half is an identity. The first half:
# the **RBF** kernel, $\exp(-\gamma\, |x - z|^2)$, has a space of infinitely many features, and separates any
# points that differ. Is a kernel then all that pictures need? Here are four kinds of animals, drawn in any
# pose before four kinds of background.

# %% slideshow={"notes": "Ask what makes two of these pictures close in pixels: mostly the background.", "slide_type": "subslide"} tags=["no-code"]
sceneries = ["leaves", "stripes", "gradient", "horizon"]
animals, scenery = [], np.repeat(range(4), 4 * 20)
for number, background in enumerate(sceneries):
    place = Domain("animals", Factors(background=background))
    animals += list(DrawnImages(place, n_per_class=20, seed=number, labels="species"))
species = np.array([label for _, label in animals])
kinds = ["cat", "dog", "lion", "wolf"]
rows = {
    kind: [animals[row][0] for row in np.flatnonzero(species == number)[::9]]
    for number, kind in enumerate(kinds)
}
plots.PictureRows(rows, "drawn heads of four kinds of animals before different backgrounds")

# %% slideshow={"notes": "Commit. Many expect the kernel to beat fc7.", "slide_type": "subslide"} tags=["predict"]
claim = claims.open("kernel-trick")
options = [
    "it lifts it above a linear SVM on fc7",
    "it goes at least half of the way to fc7",
    "it goes less than half of the way, or back",
]
question = "Cat, dog, lion or wolf, on raw pixels: what does the RBF kernel do to the linear SVM?"
claim.predict(question, options)

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "The first number over each picture is what the kernel gets right, the second what a line does. Have them change gamma to 100 and to 0.01.", "slide_type": "subslide"}
corners = np.random.default_rng(0).uniform(-2, 2, (400, 2))
curved = {
    "disc and ring": make_circles(400, factor=0.5, noise=0.1, random_state=0),
    "moons": make_moons(400, noise=0.15, random_state=0),
    "chessboard": (corners, (corners.prod(axis=1) > 0).astype(int)),
}
kernels = {"quadratic": SVC(**quadratic), "RBF": SVC(kernel="rbf", gamma=2)}
line, gains = SVC(kernel="linear"), {}
figure, axes = plt.subplots(2, 3, figsize=(13, 7), layout="constrained")
for column, (shape, (places, kind)) in zip(axes.T, curved.items(), strict=True):
    straight = 100 * cross_val_score(line, places, kind, cv=5).mean()
    for ax, (name, bent) in zip(column, kernels.items(), strict=True):
        share = 100 * cross_val_score(bent, places, kind, cv=5).mean()
        gains[f"{name} over linear, {shape}: points"] = share - straight
        draw(ax, places, 2 * kind - 1, bent.fit(places, kind).decision_function)
        ax.set_title(f"{name}: {share:.0f}%, line: {straight:.0f}%")
text = "Both kernels bend round a disc and cut a chessboard; of two moons the RBF kernel follows "
plots.alt_text(figure, text + "the curve, and the quadratic one is as good as a line.")

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Settings are chosen within the training half, for every row anew. The pixels are averaged two by two; fc7 is of a network that has seen drawings.", "slide_type": "subslide"}
source = load_backbone("drawn")
images = np.stack([np.asarray(picture) for picture, _ in animals])  # (320, 64, 64, 3)
pixels = images.reshape(-1, 32, 2, 32, 2, 3).mean(axis=(2, 4)).reshape(len(images), -1)
fc7 = extract_features(source, animals, ["fc7"], "cpu", precision="float32").matrix
digits = load_digits()
described = {
    "digits, pixels": (digits.data[:400], digits.target[:400]),
    "animals, pixels": (pixels, species),
    "animals, fc7": (fc7, species),
}
parts = shipped_features("imagenet", "PACS cartoon")  # training and test images
last = np.vstack([part.select("head") for part in parts])
described["PACS cartoon, last layer"] = last, np.hstack([part.labels for part in parts])

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Ask for a bet on the digits before you run it: all centred and of one size, so pixel by pixel is a fair comparison there.", "slide_type": "subslide"}
linear = {"svc__kernel": ["linear"], "svc__C": [0.001, 0.01, 0.1]}
right = {}
for name, (features, labels) in described.items():
    order = np.random.default_rng(0).permutation(len(labels))
    train, test = np.array_split(order, 2)
    widths = np.array([0.01, 0.1, 1]) / features.shape[1]
    rbf = {"svc__kernel": ["rbf"], "svc__C": [1, 10, 100], "svc__gamma": widths}
    for machine, grid in {"linear": linear, "RBF": rbf}.items():
        search = GridSearchCV(make_pipeline(StandardScaler(), SVC()), grid, cv=3)
        search.fit(features[train], labels[train])
        right[name, machine] = 100 * search.score(features[test], labels[test])
right = pd.Series(right).unstack()[["linear", "RBF"]].loc[list(described)]
print(right.assign(gain=right["RBF"] - right["linear"]).round(1).to_string())

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "No verdict: the map is an identity, and the three shapes were made to need it. Compare the gain on pixels with the hands of the prediction.", "slide_type": "subslide"} tags=["claim:kernel-trick"]
gain = right["RBF"] - right["linear"]
bent, learned = gain["animals, pixels"], right["linear"].diff()["animals, fc7"]
numbers = {f"RBF over linear, {name}: points": value for name, value in gain.items()}
numbers["fc7 over pixels, animals, both linear: points"] = learned
option = options[2 - np.searchsorted([0.5, 1], bent / learned)]
on = "Three shapes in the plane; digits and drawn animals as pixels; learned descriptions."
limits = "One split of each set; C and gamma by three folds within its training half."
claim.measured(gains | numbers, on, limits, option=option)

# %% [markdown] slideshow={"notes": "A kernel bends the boundary in the same description. It does not learn another description: that is the network's part.", "slide_type": "subslide"}
# **Reading.** What no line separates in the plane a kernel separates, if it suits the shape: the quadratic one
# gains 51.0 points on the disc and 0.0 points on the moons. On the pixels of animals the RBF kernel gains
# 0.0 points, `fc7` 23.8 points: a kernel still compares two images pixel by pixel, and a head that turns and
# moves needs another description. On digits, all centred, and on learned features a line is as good already.
# One split of some hundred images tells no difference of a few points.

# %% [markdown] slideshow={"notes": "The slide draws one cut, before fc8. Ask where else one could cut, and what would be different.", "slide_type": "slide"}
# ## Claim: a deep network is both
#
# > A deep neural network is a representation and a classifier.
#
# **Why one would say so.** A network without branches is a list of modules. Any place between two of them
# cuts it: what lies before makes a **[representation](../docs/glossary.md#representation)**, what lies behind
# is a classifier of it. The lecture cuts before the last layer, which is one row of weights a class, as an SVM
# is. That is true by construction, and so an illustration. But every layer is a representation for those that
# follow: a [linear probe](../docs/glossary.md#linear-probe) asks how well a straight boundary does there.
#
# The network `drawn` was trained to tell 30 hybrids (drawn mixtures of two classes) on any background.
# The animals are new to it. Its `fc7` is read behind its ReLU, `relu7`.

# %% slideshow={"notes": "Commit. The background is the interesting half.", "slide_type": "subslide"} tags=["predict"]
claim = claims.open("dnn-is-both")
options = [
    "both rise to the end",
    "its own task rises to the end, the background rises and then falls",
    "both rise and then fall",
    "its own task rises and then falls, the background rises to the end",
]
question = "A linear SVM on every piece. Towards fc7: the network's own task, and the background?"
claim.predict(question, options)

# %% slideshow={"notes": "Change CUT with the room. The assertion says that a cut takes nothing away. Then the last layer by hand.", "slide_type": "subslide"}
# NBVAL_CHECK_OUTPUT
CUT = "relu3_2"
network = source.network.eval()
names = [name for name, _ in network.named_children()]
end = names.index(CUT) + 1
representation, classifier = nn.Sequential(*network[:end]), nn.Sequential(*network[end:])
print(names[end - 1], "|", *names[end : end + 4], "...")

batch = torch.stack([source.preprocess(picture) for picture, _ in animals[::8]])
with torch.inference_mode():
    scores = network(batch)
    within = representation(batch)
    assert torch.allclose(classifier(within), scores, atol=1e-4)
    print("between the two parts:", tuple(within.shape))

    *below, last = network
    W, b = last.weight, last.bias
    assert torch.allclose(nn.Sequential(*below)(batch) @ W.T + b, scores, atol=1e-4)
    print("the last layer:", tuple(W.shape))

# %% slideshow={"notes": "The real network on real photographs: the representation was computed beforehand, the classifier is this one line.", "slide_type": "subslide"}
# The real network: a photograph of each of ImageNet's 1,000 classes, as all but the last layer
# describe it. The network may have been trained on these very images.
(sample,) = shipped_features("imagenet", "imagenet sample", ("train",))
head = load_backbone("imagenet").network.get_classifier()
with torch.inference_mode():
    scores = torch.as_tensor(sample.select("head")) @ head.weight.T + head.bias
own = (scores.argmax(dim=1).numpy() == sample.labels).mean()
print(f"W x + b, W {tuple(head.weight.shape)}: right on {own:.1%} of 1,000 photographs")

# %% slideshow={"notes": "Each piece takes what the last one put out. Mean over space, as everywhere; the assertion compares with the course's one call.", "slide_type": "subslide"}
cuts = ["relu1_2", "relu2_2", "relu3_2", "relu4_2", "relu5_2", "relu7"]


@torch.inference_mode()
def by_pieces(backbone, pictures):
    """What comes out of each piece of the network, as {cut: matrix (images, features)}."""
    x, found, start = torch.stack([backbone.preprocess(each) for each, _ in pictures]), {}, 0
    for cut in cuts:
        end = names.index(cut) + 1
        piece = nn.Sequential(*backbone.network[start:end]).eval()
        x, start = piece(x), end
        found[cut] = (x.mean(dim=(2, 3)) if x.ndim == 4 else x).numpy()
    return found


hybrids = list(HybridImages("val", per_class=8))
of_animals, of_hybrids = by_pieces(source, animals), by_pieces(source, hybrids)
untrained = by_pieces(load_backbone("drawn", "random"), animals)
assert np.allclose(of_animals["relu7"], fc7, rtol=1e-2, atol=1e-2)

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "One probe for every piece, and C for each within the training half. Ask why one C for all would be unfair: the features have different scales.", "slide_type": "subslide"}
machine = make_pipeline(StandardScaler(), LinearSVC(dual=True, tol=1e-2, random_state=0))
probe = GridSearchCV(machine, {"linearsvc__C": [1e-4, 1e-3, 1e-2]}, cv=3)


asked = {
    "own task, hybrids": (of_hybrids, np.array([label for _, label in hybrids])),
    "species of animals": (of_animals, species),
    "background of animals": (of_animals, scenery),
    "species, random weights": (untrained, species),
}
curves = {}
for name, (pieces, labels) in asked.items():
    half = np.arange(len(labels)) // len(set(labels)) % 2 == 0  # every second round of classes
    for cut, matrix in pieces.items():
        probe.fit(matrix[half], labels[half])
        curves[name, cut] = 100 * probe.score(matrix[~half], labels[~half])
curves = pd.Series(curves).unstack()[cuts].loc[list(asked)]
print(curves.round(0).to_string())

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Left, follow the background: it rises, then falls. Right, real pictures under the ImageNet network, features shipped: photographs rise to the end.", "slide_type": "subslide"} tags=["no-code"]
layers, deep = ["stem", "block4", "block8", "block12", "head"], {}
for target in ("PACS photo", "PACS sketch", "steel"):
    train, test = shipped_features("imagenet", target)
    for layer in layers:
        probe.fit(train.select(layer), train.labels)
        deep[target, layer] = 100 * probe.score(test.select(layer), test.labels)
deep = pd.Series(deep).unstack()[layers]
print(deep.round(0).to_string())
figure, axes = plt.subplots(1, 2, figsize=(13, 5.4), sharey=True, layout="constrained")
for ax, lines, title in zip(axes, (curves, deep), ("drawn", "imagenet"), strict=True):
    for (name, line), look in zip(lines.iterrows(), ("o-", "s--", "^-.", "D:"), strict=False):
        ax.plot(line.index, line, look, label=name)
    ax.set_xticks(range(len(line)), line.index, **plots.TILTED)
    ax.set(xlabel=f"network: {title}")
    ax.legend(loc="lower left", bbox_to_anchor=(-0.1, 1), ncols=2, columnspacing=1)
axes[0].set(ylabel="linear SVM (% right)", ylim=(0, 102))
text = "Left, the own task rises to the last piece, the background rises to relu3_2 and falls; "
text += "right, photographs rise to the last layer, steel is level from block4 on."
plots.alt_text(figure, text)

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "No verdict: whatever is cut in two has two parts. Nearly all of its own task after fc7, a third of the backgrounds: a loss or an achievement?", "slide_type": "subslide"} tags=["claim:dnn-is-both"]
own_task, _, background, _ = (curves.loc[name] for name in asked)
falls = [line.max() - line["relu7"] > 3 for line in (own_task, background)]
option = options[[(False, False), (False, True), (True, True), (True, False)].index(tuple(falls))]
numbers = {"ImageNet's own 1,000 photographs, W x + b on the last layer (%)": 100 * own}
for name, line in curves.iterrows():
    numbers |= {f"{name}, best piece (%)": line.max(), f"{name}, relu7 (%)": line["relu7"]}
for target, line in deep.iterrows():
    numbers |= {f"{target}, stem (%)": line["stem"], f"{target}, last layer (%)": line["head"]}
on = "A network cut after six layers, and real pictures by five layers of imagenet; C by folds."
limits = "One network of each kind; one split into halves of the drawn pictures."
claim.measured(numbers, on, limits, option=option)

# %% [markdown] slideshow={"notes": "A representation is made for a task. Ask what their own backbone has thrown away.", "slide_type": "subslide"}
# **Reading.** Piece by piece the network's own task rises from 8% to 93%, far above what random weights give;
# the background reaches 78% in the middle and falls to 39%. To tell hybrids on any background it must go, and
# it goes: a representation is not good or bad as such, it is made for a task. Real photographs rise to the
# last layer of the network that was made for them, steel has all it needs in block 4. One network of each
# kind was asked; where to cut for a target of your own is the matter of [07](07_knowledge_inside.ipynb).

# %% [markdown] slideshow={"notes": "Draw the 2 x 2: same or other task, same or other domain. Fill it in as you go.", "slide_type": "slide"}
# ## Claim: what belongs to the task, what to the domain
#
# > Classifiers are **task**-specific. We can rarely reuse them for a different task, as they are
# > bounded to the label space. Representations are **domain**-specific. We can often reuse them for
# > a different task if we remain in the same feature space!
#
# **Why one would say so.** A classifier has one row of weights a class, and knows no other classes. A
# representation knows no classes, but saw one kind of picture. So change the problem in two ways: other
# labels, or other pictures. The old classifier gets all the help there is: a dictionary, made on the training
# images, says what each of its outputs means among the new labels.

# %% slideshow={"notes": "Commit. Nobody suspects the classifier that knows the very seven classes.", "slide_type": "subslide"} tags=["predict"]
claim = claims.open("classifier-task-representation-domain")
options = [
    "the old classifier of the seven things, from photographs",
    "ImageNet's own classifier, with a dictionary",
    "a new linear SVM on raw pixels",
    "a new linear SVM on ImageNet's last layer",
]
claim.predict("Seven kinds of things, as sketches: what is right least often?", options)

# %% slideshow={"notes": "The dictionary is a table of old class by new class, read backwards. Both old classifiers stand on the same representation.", "slide_type": "subslide"}
photographs = ["caltech101", "flowers102", "flowers17", "food", "scenes15", "PACS photo"]
drawings = ["PACS art", "PACS cartoon", "PACS sketch"]
tasks = [*photographs, *drawings, "satellite", "steel", "digits"]


def with_dictionary(P, y, P_test):
    """Old classes' probabilities, each dealt out to the new classes that it went with."""
    together = np.eye(y.max() + 1)[y].T @ P  # (new classes, old classes), training images
    return (P_test @ (together / together.sum(axis=0)).T).argmax(axis=1)


machine = make_pipeline(Normalizer(), LinearSVC(random_state=0))
search = GridSearchCV(machine, {"linearsvc__C": [0.01, 0.1, 1, 10]}, cv=3)
photo, _ = shipped_features("imagenet", "PACS photo")
seven_things = search.fit(photo.select("head"), photo.labels)  # from photographs alone

# %% slideshow={"notes": "Four columns, twelve targets. The control is the better of raw pixels and of the same network with random weights.", "slide_type": "subslide"}
shares = pd.DataFrame(index=tasks, columns=["seven things", "ImageNet"], dtype=float)
for target in tasks:
    train, test = shipped_features("imagenet", target)
    X, X_test = train.select("head"), test.select("head")
    with torch.inference_mode():
        P, P_test = (head(torch.as_tensor(each)).softmax(dim=1).numpy() for each in (X, X_test))
    predicted = with_dictionary(P, train.labels, P_test)
    shares.loc[target, "ImageNet"] = balanced_accuracy_score(test.labels, predicted)
    if target.startswith("PACS"):
        shares.loc[target, "seven things"] = seven_things.score(X_test, test.labels)
reuse = 100 * shares
reuse["new"] = real["last layer"]
reuse["control"] = real[["raw pixels", "random weights"]].max(axis=1)
groups = {"PACS photo": "same task, photographs"} | dict.fromkeys(drawings, "same task, drawings")
groups |= dict.fromkeys(photographs[:-1], "another task, photographs")
groups = pd.Series(groups).reindex(tasks).fillna("another task, other pictures")
print(reuse.groupby(groups).mean().round(1).to_string())

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Top to bottom: photographs, the same seven things as drawings, other pictures. Where is a cross left of the grey mark?", "slide_type": "subslide"} tags=["no-code"]
looks = {
    "seven things": ("X", "#D55E00", "old: seven things, from photographs"),
    "ImageNet": ("P", "#E69F00", "old: ImageNet's own, with a dictionary"),
    "new": ("o", "#0072B2", "new, on the last layer"),
    "control": ("|", "0.4", "new, on pixels or random weights"),
}
figure, ax = plt.subplots(figsize=(13, 6), layout="constrained")
for column, (marker, colour, label) in looks.items():
    ax.plot(reuse[column], range(12), marker, color=colour, ms=13, mew=3, label=label)
ax.set_yticks(range(12), tasks)
ax.hlines([5.5, 8.5], 0, 100, "0.7")
ax.invert_yaxis()
ax.set(xlabel="mean class accuracy (%)", xlim=(0, 101))
ax.legend(ncols=2, loc="lower left", bbox_to_anchor=(-0.1, 1), columnspacing=1)
text = "A new classifier on the last layer is ahead on every target but level on PACS photo; "
text += "the old one of the seven things is below the control on cartoons and sketches."
plots.alt_text(figure, text)

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Five rows: two about another task, three about another domain. Ask which of them the slide speaks about, and what paintings have that sketches have not.", "slide_type": "subslide"} tags=["claim:classifier-task-representation-domain"]
alike = reuse.loc[photographs].groupby(lambda name: name.rstrip("0127")).mean()
effects = {
    "classifier, another task": alike["new"] - alike["ImageNet"],
    "representation, another task": alike["new"] - alike["control"],
}
controls = accuracies.query("representation in ['raw pixels', 'random weights']")
best = controls.sort_values("accuracy").groupby("target").last()
lead, error = -best["gain"], (best["gain_high"] - best["gain_low"]) / 3.92
for target, name in zip(drawings, ("paintings", "cartoons", "sketches"), strict=True):
    less = lead["PACS photo"] - lead[target]
    half = 1.96 * np.hypot(error["PACS photo"], error[target])
    effects[f"representation, {name}"] = claims.Effect(less, less - half, less + half)
sketch = reuse.loc["PACS sketch", ["seven things", "ImageNet", "control", "new"]]
option = options[sketch.argmin()]
beside = {f"sketches, {name} (%)": share for name, share in sketch.items()}
on = "The last layer of ImageNet's network: five kinds of photographs; PACS's seven things, drawn."
limits = "One network. Half of caltech101's classes and four of PACS's are in ImageNet."
claim.measured(effects, on, limits, option=option, beside=beside)

# %% [markdown] slideshow={"notes": "The slide holds in direction. What it leaves out: the classifier is bound to its domain as well, more than the representation.", "slide_type": "subslide"}
# **Reading.** On another task a new classifier beats the old one by 18.9 points, undecided: by least on
# caltech101, half of whose classes ImageNet has, by most on flowers. The representation leads its controls
# by 54.8 points there; in cartoons and sketches of the same seven things its lead is 27.1 and 32.1 points
# smaller, in paintings not: to this network they are nearly photographs. What the slide leaves out: a
# classifier is bound to its domain as well. That of the seven things falls from 96.1% to 26.1% on sketches,
# below raw pixels, where a new one on the same last layer has 84.6%. It would take more tasks with
# classes that the source lacks to decide about classifiers, and more than one network.

# %% [markdown] slideshow={"notes": "Ten minutes. Have them say first what should change when a point is taken out, and by how much.", "slide_type": "slide"}
# ## Exercises
#
# **1.** Find the support vectors without asking scikit-learn for them: leave out each point in turn, and
# keep the rows without which the boundary moves. `SVC(kernel="linear", C=C).fit(X, y)` has `coef_` and
# `intercept_`.


# %% slideshow={"slide_type": "-"}
def support_vectors(X, y, C):
    """Points (n, 2), classes -1 and 1 -> the rows that hold the boundary."""
    ...  # TODO


check_code("05: support vectors", support_vectors)

# %% [markdown] slideshow={"notes": "Five minutes. The usual slip is one module too few.", "slide_type": "subslide"}
# <details><summary>Solution</summary>
#
# ```python
# def support_vectors(X, y, C):
#     def boundary(rows):
#         machine = SVC(kernel="linear", C=C, tol=1e-6).fit(X[rows], y[rows])
#         return np.append(machine.coef_, machine.intercept_)
#
#     whole, rows = boundary(np.arange(len(X))), range(len(X))
#     without = [boundary(np.delete(rows, row)) for row in rows]
#     return [row for row in rows if np.abs(without[row] - whole).max() > 0.01]
# ```
#
# </details>
#
# **2.** Cut a network behind a module that is named.


# %% slideshow={"slide_type": "-"}
def cut(network, layer):
    """An nn.Sequential and the name of a module -> representation, up to it; classifier."""
    ...  # TODO


check_code("05: cut", cut)

# %% [markdown] slideshow={"notes": "The exception to \"rarely reused\": a coarser label space needs a dictionary only.", "slide_type": "subslide"}
# <details><summary>Solution</summary>
#
# ```python
# def cut(network, layer):
#     end = [name for name, _ in network.named_children()].index(layer) + 1
#     return nn.Sequential(*network[:end]), nn.Sequential(*network[end:])
# ```
#
# </details>
#
# **3.** Make a dictionary: each output of an old classifier means the label that it went with most often.
# Every output occurs among the training images.


# %% slideshow={"slide_type": "-"}
def translate(outputs, labels, new_outputs):
    """Outputs and labels of training images, outputs for new ones -> labels of these."""
    ...  # TODO


check_code("05: translate", translate)

# %% [markdown] slideshow={"slide_type": "-"}
# <details><summary>Solution</summary>
#
# ```python
# def translate(outputs, labels, new_outputs):
#     return pd.crosstab(outputs, labels).idxmax(axis=1)[new_outputs].to_numpy()
# ```
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
# - A linear SVM finds the widest margin, at a price, in the space that it is given. A kernel gives it a
#   richer space of the same description. A network learns another description.
# - Every layer is a representation for the layers above it, made for the source's task: what that
#   task does not need is lost on the way.
# - A classifier goes with its labels and with its pictures; a representation can be kept for other
#   labels, and has to be measured on other pictures. A new classifier takes a second.
#
# **Next**: [06 feature extraction](06_feature_extraction.ipynb) reuses the representation of
# photographs; [07 knowledge inside](07_knowledge_inside.ipynb) looks into the layers.

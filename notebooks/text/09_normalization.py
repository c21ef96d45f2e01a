# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"notes": "Dry on paper, costly in practice: this is where most home-made pipelines lose their points. For half an hour: the 3 x 4 matrix, the leak, why C = 1 is not neutral, the last two claims.", "slide_type": "slide"}
# # 09 Normalization
#
# *[Lecture](../docs/bibliography.md#lecture): "Feature extraction normalization" and "Advanced
# feature normalization".*
#
# **You will learn**
#
# - the four normalisations of the lecture, in one line of NumPy each;
# - how statistics of test images leak in, without an error message;
# - how many features each layer has, how strong they are, and what of it a linear SVM minds;
# - why no two normalisations may be compared at one C.
#
# **You need**: [06 feature extraction](06_feature_extraction.ipynb). **Time**: 45 minutes for you,
# about 30 seconds for the machine.

# %% slideshow={"slide_type": "skip"}
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer

from tlcourse import paths, plots
from tlcourse.classifiers import score
from tlcourse.classifiers.svm import LinearSVM
from tlcourse.features import normalization
from tlcourse.features.extraction import shipped_features
from tlcourse.networks.backbones import load_backbone
from tlcourse.widgets import NormalizationExplorer, check_code, claims, quiz

plots.use_course_style()
warnings.filterwarnings("ignore", message="Liblinear failed")  # at a C far too large for the scale

# %% [markdown] slideshow={"notes": "Rows are images, columns are features. Ask which of the four lines need more than one image.", "slide_type": "slide"}
# ## Four normalisations, one line each
#
# Three images, two layers of two features each. A classifier compares the four numbers of an image as
# if they had one unit. A **normalisation** gives them one.
#
# - *Horizontally*, along a row: **L2** divides an image by its own Euclidean norm, over the whole row
#   (**per image**) or over each layer's part of it ([**by layer**](../docs/glossary.md#l2-by-layer)).
# - *Vertically*, along a column: to [**standardise**](../docs/glossary.md#standardise) is to take a
#   feature's mean away and divide by its deviation; to [**discretise**](../docs/glossary.md#discretise)
#   is to keep of that only -1, 0 or 1.

# %% slideshow={"notes": "Four lines, four names. Have somebody work out the first row of each on paper before it is run.", "slide_type": "subslide"} tags=["no-code"]
# NBVAL_CHECK_OUTPUT
X = np.array([[4, 3, 0.6, 0.8], [0, 5, 0.3, 0.4], [8, 6, 0, 0.1]])
parts = [X[:, :2], X[:, 2:]]  # the columns of layer 1, those of layer 2

per_image = X / np.linalg.norm(X, axis=1, keepdims=True)
by_layer = np.hstack([part / np.linalg.norm(part, axis=1, keepdims=True) for part in parts])
standardised = (X - X.mean(axis=0)) / X.std(axis=0)
discretised = 1 * (standardised > 0.15) - (standardised < -0.25)

ways = {"none": X, "L2 per image": per_image, "L2 by layer": by_layer}
ways |= {"standardised": standardised, "discretised": discretised}
for name, Z in ways.items():
    print(f"{name}\n{np.array2string(Z, precision=2, suppress_small=True)}")

# %% slideshow={"notes": "Horizontally, then vertically. Layer 2 has nearly no length after L2 per image: that is the slip of the third trap.", "slide_type": "subslide"}
# NBVAL_CHECK_OUTPUT
looks = {}
for name, Z in ways.items():
    lengths = {f"length of row {n}": np.linalg.norm(row) for n, row in enumerate(Z, start=1)}
    lengths |= {"layer 2 alone, row 1": np.linalg.norm(Z[0, 2:])}
    columns = {f"deviation of column {n}": std for n, std in enumerate(Z.std(axis=0), start=1)}
    looks[name] = lengths | columns
table = pd.DataFrame(looks).round(2)
sizes = {"layer 1": 2, "layer 2": 2}
course = {"L2 per image": Normalizer(), "L2 by layer": normalization.L2ByLayer(sizes)}
course |= {"standardised": normalization.Standardizer()}
course["discretised"] = make_pipeline(normalization.Standardizer(), normalization.Discretizer())
same = [np.allclose(each.fit_transform(X), ways[name]) for name, each in course.items()]
print("the course's transformers give the same:", all(same))
table

# %% [markdown] slideshow={"notes": "Ask for the accuracy if each test image is standardised by itself, before running. It is guessing: every image becomes 0.", "slide_type": "slide"}
# ## The leak: statistics of the test set
#
# The mean and the deviation belong to what is learned: they come from the **training** images, and the
# test images are given the same. To standardise the test images by their own looks symmetrical and
# raises no error. Then the score is no longer that of images which nobody has seen. Worse, it depends
# on their company: folder by folder, what is subtracted is the class itself, and one by one every
# image becomes 0. Here are photographs of ten kinds of insects, all layers of `natural`.

# %% slideshow={"notes": "Four ways to treat the test images of one and the same SVM. The second leaks and is hardly seen; the third subtracts the class; the fourth is guessing.", "slide_type": "subslide"}
train, test = shipped_features("natural", "insects")
mean, deviation = train.matrix.mean(axis=0), train.matrix.std(axis=0)
svm = LinearSVM(C=0.0005, random_state=0).fit((train.matrix - mean) / deviation, train.labels)


def by_its_own(rows):
    return (rows - rows.mean(axis=0)) / np.maximum(rows.std(axis=0), 1e-6)


folders = [np.flatnonzero(test.labels == label) for label in np.unique(test.labels)]
back = np.argsort(np.concatenate(folders))  # to the order of the test images
test_rows = {
    "by the training images": (test.matrix - mean) / deviation,
    "by all test images": by_its_own(test.matrix),
    "folder by folder": np.vstack([by_its_own(test.matrix[rows]) for rows in folders])[back],
    "one by one": np.vstack([by_its_own(row[None]) for row in test.matrix]),
}
for name, rows in test_rows.items():
    print(f"test images standardised {name}: {svm.score(rows, test.labels):.0%} right")

# %% [markdown] slideshow={"notes": "Two very different networks. Say why C and PACS are treated as they are: both are about not fooling oneself.", "slide_type": "slide"}
# ## What is measured on
#
# - **Real targets**: twelve public sets under `imagenet`, [EfficientNet-Lite0](../docs/glossary.md#backbone)
#   trained on ImageNet; 18 layers, 3,120 features. The outputs of its blocks are linear: they may be
#   negative. PACS has four domains of the same seven classes, so the four are **one** target.
# - **Photo families**: six of Tiny ImageNet under two small VGGs, `natural` and `manmade`; 12 layers
#   after the ReLU, 2,048 features. The two networks are averaged.
#
# The effect is one number a target, and its interval is over targets. The lecture says *full network*
# for all layers **standardised and discretised** ([notebook 10](10_full_network_embedding.ipynb)). Here
# layers that are merely put side by side are called **all layers**, with the name of the normalisation.

# %% slideshow={"slide_type": "skip"}
# NBVAL_CHECK_OUTPUT
# 'python -m scripts.remake normalization' made this table: a row a network, target and setting.
runs = pd.read_csv(paths.SHIPPED / "measured" / "normalization.csv")
pairs = dict.fromkeys(zip(runs["backbone"], runs["target"], strict=True))
REAL, PHOTOS = "real targets", "photo families"
trains = {pair: shipped_features(*pair, ("train",))[0] for pair in pairs}


def by_target(values):
    """{(network, target): value} as one a target: {kind: Series}."""
    values = pd.Series(values)
    network, target = (values.index.get_level_values(level) for level in (0, 1))
    kind = np.where(network == "imagenet", REAL, PHOTOS)
    means = values.groupby([kind, target.str.replace("PACS .*", "PACS", regex=True)]).mean()
    return {kind: means[kind] for kind in (REAL, PHOTOS)}


widths = by_target({pair: train.matrix.shape[1] for pair, train in trains.items()})
print({f"{len(each)} {kind}": f"{each.iloc[0]:.0f} features" for kind, each in widths.items()})

# %% [markdown] slideshow={"notes": "Write i.i.d. out. Ask of what learning theory assumes it: of the images. Keep that for the reading.", "slide_type": "slide"}
# ## Claim: features are not i.i.d.
#
# > When doing feature extraction for a regular classifier (e.g., SVM) each feature is assumed to be
# > i.i.d. (not even close!)
#
# *Independent*: knowing one feature would tell nothing about another. *Identically distributed*: all
# would have one distribution, and so one scale. But features of one network see the same image, and
# each layer is computed from the one before.

# %% slideshow={"notes": "Hands. The second option is usual: correlation is taken for a fault that a classifier must suffer from.", "slide_type": "subslide"} tags=["predict"]
claim = claims.open("features-not-iid")
options = [
    "features are nearly independent",
    "correlated, and the SVM decides otherwise without it",
]
options += ["correlated, and the SVM decides the same without it"]
claim.predict("Rotate the feature space until no two features are correlated:", options)


# %% jupyter={"outputs_hidden": true} slideshow={"notes": "The control for independence shuffles each feature over the images; that for one distribution deals all values anew.", "slide_type": "subslide"}
def across_layers(matrix, layer):  # mean |r| of two features of different layers
    return np.abs(np.corrcoef(matrix, rowvar=False))[layer[:, None] != layer].mean()


def spread(matrix):  # of scales: the 95th over the 5th percentile of the deviations
    deviation = matrix.std(axis=0)
    return np.divide(*np.quantile(deviation[deviation > 0], [0.95, 0.05]))


found = {}
for seed, (pair, train) in enumerate(trains.items()):
    rng, sizes = np.random.default_rng(seed), train.layer_sizes
    some = rng.choice(np.flatnonzero(train.matrix.std(axis=0) > 0), 500, replace=False)
    matrix = train.matrix[:, some].astype(float)  # 500 features do
    layer = np.repeat(np.arange(len(sizes)), list(sizes.values()))[some]
    r, chance = (across_layers(m, layer) for m in (matrix, rng.permuted(matrix, axis=0)))
    dealt = rng.permutation(matrix.ravel()).reshape(matrix.shape)
    found[pair] = {"r": r, "by chance": chance, "spread": spread(matrix), "dealt": spread(dealt)}
iid = pd.DataFrame(found).T
iid.groupby(iid.index.get_level_values(0), sort=False).mean().round(2)

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Ask for a guess before running: how many decisions survive the rotation? Then the scales.", "slide_type": "subslide"}
kept = {"rotated: no correlations": [], "rescaled: other scales": []}
for seed, family in enumerate(runs.query("backbone == 'natural'")["target"].unique()):
    train, test = shipped_features("natural", family)
    A, B = (part.select("fc7").astype(float) for part in (train, test))
    axes = np.linalg.eigh(np.cov(A, rowvar=False))[1]  # A @ axes has correlations of 0
    scales = np.diag(np.random.default_rng(seed).lognormal(size=A.shape[1]))
    decided = {}
    for name, change in {
        "as it is": np.eye(A.shape[1]),
        **dict(zip(kept, (axes, scales), strict=True)),
    }.items():
        C = 1 / np.square(A @ change).sum(axis=1).mean()
        svm = LinearSVM(C, random_state=0).fit(A @ change, train.labels)
        decided[name] = svm.predict(B @ change)
    for name in kept:
        kept[name].append(np.mean(decided[name] == decided["as it is"]))
for name, shares in kept.items():
    print(f"{name:25} {min(shares):.1%} to {max(shares):.1%} of the decisions stay")

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Correlated, on unequal scales, and the SVM does not mind the first. Ask which half of the sentence that is.", "slide_type": "subslide"} tags=["claim:features-not-iid"]
dependent = by_target(iid["r"] / iid["by chance"])
unequal = by_target(iid["spread"] / iid["dealt"])
effects = {f"not independent, {kind}": each for kind, each in dependent.items()}
effects |= {f"not identically distributed, {kind}": each for kind, each in unequal.items()}
correlated = min(each.mean() for each in dependent.values()) > 2
same = min(kept["rotated: no correlations"]) > 0.99
on = "500 features of each target, against the same features shuffled over the images, and the "
on += "same values dealt anew."
limits = (
    "What a classifier assumes is no measurement: that a rotation changes nothing is a formula."
)
beside = {"decisions kept, rotated (%)": 100 * np.mean(kept["rotated: no correlations"])}
beside["decisions kept, rescaled (%)"] = 100 * np.mean(kept["rescaled: other scales"])
claim.measured(effects, on, limits, option=options[1 + same if correlated else 0], beside=beside)

# %% [markdown] slideshow={"notes": "The sentence to keep: a linear SVM sees products of images. Usual misunderstanding: decorrelating features would help it.", "slide_type": "subslide"}
# **Reading.** Correlations between layers are 3.3 times those of shuffled features under `imagenet` and
# 3.7 times in the small VGGs, and scales differ 27 and 4.8 times as much as those of values dealt anew:
# "not even close" is right on both counts. All features of an image see the same light, contrast and
# things, and each layer is computed from the one before. "Is assumed" is another matter: learning
# theory assumes i.i.d. of the **samples**, and a linear SVM sees only products of images, so that it
# decides 100.0% as before once a rotation has taken all correlations away; what changes a quarter of
# its decisions is another scale.

# %% [markdown] slideshow={"notes": "Three statements in one claim. Ask which one can be checked by counting on the board.", "slide_type": "slide"}
# ## Claim: beware of size
#
# > FC layers have lots of activations. Conv layers' activations are spatially dependent.
# > VGG16: convs 14 layers and 33% of the activations, FCs 2 layers and 66%.
#
# Side by side every feature counts, so a layer with many features may outweigh the others; and
# neighbouring places of a map may say the same twice.

# %% slideshow={"notes": "Many say 33%, as they have just read it. The question says: before anything is averaged.", "slide_type": "subslide"} tags=["predict"]
claim = claims.open("layer-sizes")
parts_of_all = {"about 33%": 33, "about 66%": 66, "about 90%": 90, "over 99%": 99.5}
question = "Of all activations of VGG16, before averaging over space: which part is convolutions'?"
claim.predict(question, list(parts_of_all))


# %% jupyter={"outputs_hidden": true} slideshow={"notes": "No weights, only shapes: on the device meta nothing is computed. VGG16: 13 convolutions, 4,224 and 8,192. The slide prints 14: count them together.", "slide_type": "subslide"}
# NBVAL_CHECK_OUTPUT
def counted(name):
    with torch.device("meta"):
        backbone, shapes = load_backbone(name, weights="random"), []
        image = torch.zeros(1, 3, backbone.side, backbone.side)
    for layer in backbone.default_layers:
        module = backbone.network.get_submodule(backbone.layers[layer])
        module.register_forward_hook(lambda m, i, out: shapes.append(out.shape[1:]))
    backbone.network(image)
    convolutions = [shape for shape in shapes if len(shape) == 3]
    conv, every = (sum(shape[0] for shape in each) for each in (convolutions, shapes))
    before = sum(map(np.prod, convolutions)) / sum(map(np.prod, shapes))
    return len(convolutions), conv, every, 100 * conv / every, 100 * before


networks = {"VGG16": "vgg16", "VGG19": "vgg19", "AlexNet": "alexnet", "ours": "natural"}
columns = ["convolutional layers", "their features", "all features", "share (%)", "before (%)"]
sizes_of = pd.DataFrame({label: counted(networks[label]) for label in networks}, columns).T
sizes_of.round(1)

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Ask how far a neighbour should still say the same. With places shuffled nothing is left.", "slide_type": "subslide"} tags=["no-code"]
from tlcourse.datasets.drawn import DrawnImages

natural, maps = load_backbone("natural"), {}
pictures = [image for image, _ in DrawnImages("animals", n_per_class=4, seed=0)][:16]
for layer in ("conv1_2", "conv3_2"):
    module = natural.network.get_submodule(natural.layers[layer])
    module.register_forward_hook(lambda m, i, out, layer=layer: maps.update({layer: out.clone()}))
with torch.inference_mode():
    natural.network(torch.stack([natural.preprocess(picture) for picture in pictures]))
places = torch.randperm(maps["conv3_2"][0, 0].numel(), generator=torch.Generator().manual_seed(0))
shuffled = maps["conv3_2"].flatten(2)[..., places].view_as(maps["conv3_2"])
neighbours = {}
for layer, values in {**maps, "conv3_2, places shuffled": shuffled}.items():
    values = values - values.mean(dim=(2, 3), keepdim=True)
    for steps in (1, 2, 4, 8):
        left, right = values[..., :-steps], values[..., steps:]
        scale = left.square().sum((0, 2, 3)) * right.square().sum((0, 2, 3))
        r = (left * right).sum((0, 2, 3))[scale > 0] / scale[scale > 0].sqrt()
        neighbours[layer, steps] = float(r.mean())
pd.Series(neighbours).unstack().round(2).add_prefix("places to the right: ")

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Over 99% before averaging, 34% after. Those who chose 33% answered another question, correctly.", "slide_type": "subslide"} tags=["claim:layer-sizes"]
vgg16 = sizes_of.loc["VGG16"]
numbers = {"convolutional layers": vgg16["convolutional layers"], "features": vgg16["all features"]}
numbers |= {"convolutions (%)": vgg16["share (%)"]}
numbers |= {"convolutions before averaging (%)": vgg16["before (%)"]}
numbers |= {"correlation of neighbours": neighbours["conv3_2", 1]}
numbers |= {"places shuffled": neighbours["conv3_2, places shuffled", 1]}
on = "Layers of VGG16 counted from its code; neighbours in conv3_2 of ours, 16 drawn animals."
before = vgg16["before (%)"]
option = min(parts_of_all, key=lambda name: abs(parts_of_all[name] - before))
claim.measured(numbers, on, option=option)

# %% [markdown] slideshow={"notes": "The slide's drawing is VGG19, its numbers are VGG16's. Averaging over space is what turns 99.9% into 34%.", "slide_type": "subslide"}
# **Reading.** VGG16 has 12,416 features after averaging over space, 34.0% of them convolutions', as the
# slide says and [the paper](../docs/bibliography.md#garcia-gasulla-2018) too; before averaging
# convolutions have 99.9% of all activations. Neighbouring places partly say the same (a correlation of
# 0.50 in `conv3_2`, none once places are shuffled), so one mean a channel loses less than it seems, and
# keeps convolutions from outnumbering the rest. The slide prints 14 convolutional layers where VGG16 has
# 13, and its drawing with `conv3_4`, `conv4_4` and `conv5_4` is VGG19, which has 16.

# %% [markdown] slideshow={"notes": "Ask why nothing in training keeps two layers at one scale: the next weights absorb any factor.", "slide_type": "slide"}
# ## Claim: beware of scale
#
# > Different layers activate with different strength.
#
# Nothing in training asks two layers for numbers of one size: the next layer's weights make up for any
# factor. *Strength* may mean two things: how large the numbers are, or how much they differ between
# images. The second is what tells images apart.

# %% slideshow={"notes": "Hands. Most guess 10 to 100 or more.", "slide_type": "subslide"} tags=["predict"]
claim = claims.open("layer-scales")
ends = {"less than 2": 2, "2 to 10": 10, "10 to 100": 100, "over 100": np.inf}
question = (
    "The median feature's deviation over images: by which factor do layers of imagenet differ?"
)
claim.predict(question, list(ends))

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "The control deals the same features to the layers at random: what is left there is chance.", "slide_type": "subslide"}
strength = {
    "mean |activation|": lambda x: np.abs(x).mean(axis=0),
    "deviation": lambda x: x.std(axis=0),
}
medians, factors = {}, {}
for seed, (pair, train) in enumerate(trains.items()):
    layer = np.repeat(list(train.layer_sizes), list(train.layer_sizes.values()))
    for name, measure in strength.items():
        values = pd.Series(measure(train.matrix.astype(float)))
        dealt = values.sample(frac=1, random_state=seed, ignore_index=True)
        by_layers, by_chance = (
            each.groupby(layer, sort=False).median() for each in (values, dealt)
        )
        medians[name, *pair] = by_layers
        factor, chance = by_layers.max() / by_layers.min(), by_chance.max() / by_chance.min()
        factors[name, *pair] = {"between layers": factor, "dealt at random": chance}
factors = pd.DataFrame(factors).T
factors.groupby(level=[0, 1], sort=False).median().round(1)

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Logarithmic axis. In imagenet the head is the weakest by far; in the VGGs fc6 and fc7 differ most between images.", "slide_type": "subslide"}
figure, axes = plt.subplots(1, 2, figsize=(14, 5.4), layout="constrained", sharey=True)
for ax, network in zip(axes, ("imagenet", "natural"), strict=True):
    for name, look in zip(strength, (("#0072B2", "o"), ("#D55E00", "s")), strict=True):
        lines = pd.DataFrame({key: m for key, m in medians.items() if key[:2] == (name, network)})
        middle = lines.median(axis=1)
        gaps = [middle - lines.min(axis=1), lines.max(axis=1) - middle]
        style = {"color": look[0], "marker": look[1], "capsize": 4}
        ax.errorbar(range(len(middle)), middle, yerr=gaps, label=name, **style)
    ax.set_xticks(range(len(middle)), middle.index, **plots.style.TILTED)
    ax.set_yscale("log")
    ax.set_title(network)
axes[0].set_ylabel("median feature of the layer")
axes[0].legend()
plots.alt_text(
    figure,
    "Median strength of each layer in two networks, on a logarithmic axis. In imagenet the "
    "stem and the head vary least; in natural fc6 and fc7 vary most, and the first layers have the "
    "largest means.",
)

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Two networks, two meanings of strength, four intervals.", "slide_type": "subslide"} tags=["claim:layer-scales"]
times = factors["between layers"] / factors["dealt at random"]
effects = {}
for name, words in zip(strength, ("mean activation", "deviation"), strict=True):
    effects |= {f"{words}, {kind}": each for kind, each in by_target(times[name]).items()}
middle = factors["between layers"].groupby(level=[0, 1]).median()["deviation"]
factor, VGGs = middle["imagenet"], middle[["natural", "manmade"]].mean()
beside = {"factor of deviations, imagenet": factor, "small VGGs": VGGs}
on = "Median feature of the strongest layer over that of the weakest; against the same features "
on += "dealt to the layers at random."
limits = "Both networks were trained with batch normalisation; VGG16 was not, and may differ more."
option = next(name for name, end in ends.items() if factor < end)
claim.measured(effects, on, limits, option=option, beside=beside)

# %% [markdown] slideshow={"notes": "Strength has two meanings, and they rank layers differently. Deviation is what the SVM hears.", "slide_type": "subslide"}
# **Reading.** Layers differ, 7.7 times as much in their deviations under `imagenet` as if the same
# features had been dealt to them at random, and 3.3 times in the small VGGs. The next layer's weights
# make up for any factor, so nothing in training holds two layers at one scale; in `natural` the first
# layers have the larger numbers, and `fc6` and `fc7` the larger differences between images. Both
# networks were trained with batch normalisation, which holds layers near one scale: VGG16 was not, and
# may differ more.

# %% [markdown] slideshow={"notes": "Go through the normalisations on PACS sketch, then on insects from natural. Ask before each what becomes of the bars on the right.", "slide_type": "slide"}
# ## Try them
#
# Left, what a normalisation makes of the values of each layer. Right, each layer's part of the
# variance between images, which is what a linear SVM goes by. The layer with the largest part is called
# the *loudest*.

# %% slideshow={"slide_type": "-"}
explorer = NormalizationExplorer()
explorer

# %% [markdown] slideshow={"notes": "A standardised row of 3,120 features has a squared length of 3,120, an L2 row 1. Ask what C = 1 then compares.", "slide_type": "slide"}
# ## Why no two normalisations share a C
#
# [C](../docs/glossary.md#c) weighs training errors against the length of the SVM's weights. A
# standardised row of 3,120 features has a squared length of 3,120, after L2 per image it is 1: with the
# same C the first trains as if errors cost 3,120 times as much. So C is chosen for each normalisation,
# by [cross-validation](../docs/glossary.md#cross-validation) **within the training images**, and the
# normalisation is part of what is cross-validated.

# %% slideshow={"notes": "The normaliser is inside the pipeline: in each fold its statistics come from the other folds. The accuracies are of training images only.", "slide_type": "subslide"}
folds = StratifiedKFold(3, shuffle=True, random_state=0)
train, test = shipped_features("imagenet", "PACS sketch")
normalisers = {"none": "passthrough", "L2 per image": Normalizer()}
normalisers |= {
    "L2 by layer": normalization.L2ByLayer(train.layer_sizes),
    "standardized": normalization.Standardizer(),
}
Cs, curves = np.logspace(-5, 2, 8), {}
for name, normaliser in normalisers.items():
    machine = make_pipeline(normaliser, LinearSVM(random_state=0, max_iter=200, tol=0.01))
    search = GridSearchCV(machine, {"linearsvm__C": Cs}, cv=folds, refit=False)
    search.fit(train.matrix, train.labels)
    curves[name] = 100 * search.cv_results_["mean_test_score"]
curves = pd.DataFrame(curves, index=pd.Index(Cs, name="C"))
print(pd.DataFrame({"at C = 1": curves.loc[1], "at the best C": curves.max()}).round(1).to_string())

# %% slideshow={"notes": "Look along the dotted line first, as a paper does that sets C = 1, then at the heights of the curves.", "slide_type": "subslide"}
ax = plots.style.new_axes()
for name, (colour, marker, dashes) in zip(curves, plots.style.SERIES, strict=False):
    ax.plot(curves.index, curves[name], linestyle=dashes, marker=marker, color=colour, label=name)
ax.axvline(1, color="0.4", linestyle="dotted")
look = {"xscale": "log", "xlabel": "C (dotted: 1)", "ylabel": "accuracy in other folds (%)"}
plots.style.finish(ax, "y", 4, **look)
plots.alt_text(
    ax,
    "Cross-validated accuracy over C: none and standardized are best from C = 0.0001 or 0.001 on, "
    "L2 by layer near 1, and L2 per image near 10, where all four are about level.",
)

# %% slideshow={"notes": "The table is what the next two claims read. Its first row is made again here, and is the same.", "slide_type": "subslide"} tags=["no-code"]
# The table has C by choose_C, on the training images, and the accuracy on the test images.
runs = runs.set_index(["layers", "normalization", "backbone", "target"]).sort_index()
row = runs.loc["all layers", "L2 by layer", "imagenet", "PACS sketch"]
C = score.choose_C(train, train.layer_sizes, "L2 by layer")
again = make_pipeline(normalization.L2ByLayer(train.layer_sizes), LinearSVM(C, random_state=0))
right = again.fit(train.matrix, train.labels).score(test.matrix, test.labels)
print(f"made again: C = {C:.3g}, {right:.1%}; in the table: {row['C']:.3g}, {row['accuracy']:.1%}")


def points(name, over, layers="all layers", C="accuracy"):
    """What one normalisation gains over another, {kind: points, one a target}."""
    return by_target(100 * (runs.loc[layers, name][C] - runs.loc[layers, over][C]))


gains = {}
for name in ("L2 per image", "L2 by layer", "standardized"):
    for C, words in (("accuracy", "C of its own"), ("at_C_1", "C = 1")):
        gains[name, words] = pd.DataFrame(points(name, "none", C=C)).mean()
pd.DataFrame(gains).T.round(1).add_prefix("points over none, ")

# %% [markdown] slideshow={"notes": "Ask which of these numbers a paper that sets C = 1 would print.", "slide_type": "subslide"}
# **Reading.** At C = 1, L2 by layer gains 4.8 points over no normalisation on the photo families, L2 per
# image 3.4, and standardising loses 1.1; with a C of its own they gain 2.8, -0.2 and 2.5 points. A raw
# row, a standardised one and one of length 1 want different C, so the same C compares strengths of
# regularisation. From here on every C is chosen within the training images, from four values.

# %% [markdown] slideshow={"notes": "Ask which scale is meant: of images, of layers or of features. The slide does not say.", "slide_type": "slide"}
# ## Claim: the default solution
#
# > Default solution: L2-norm (by layer). Does not fix scale (careful if mixing layers!)
#
# L2 takes out how strongly an image activates a layer as a whole. It divides all features of a layer
# by one number, so what differs within the layer goes on to differ.

# %% slideshow={"notes": "With C chosen for both. Ask for hands on each network.", "slide_type": "subslide"} tags=["predict"]
claim = claims.open("l2-by-layer")
options = ["it gains on both", "it gains under imagenet only", "it gains under the small VGGs only"]
options += ["it gains on neither"]
claim.predict("All layers, L2 by layer against no normalisation, each with its own C:", options)

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "All features, between layers, within a layer. L2 by layer mends the second and leaves the third; over the whole row it leaves one layer in charge.", "slide_type": "subslide"} tags=["no-code"]
scales = {}
for pair in (("imagenet", "PACS photo"), ("natural", "insects")):
    of_layers = trains[pair].layer_sizes
    for name in normalisers:
        Z = (
            normalization.make_normalization(name, of_layers)
            .fit_transform(trains[pair].matrix)
            .astype(float)
        )
        parts = [Z[:, trains[pair].columns(layer)] for layer in of_layers]
        inside = [np.median(part.std(axis=0)) for part in parts]
        variances = np.array([part.var(axis=0).sum() for part in parts])
        scales[(*pair, name)] = {
            "factor of scales: all features": spread(Z),
            "between layers": max(inside) / min(inside),
            "within a layer": np.median([spread(part) for part in parts]),
            "loudest layer's part of the variance (%)": 100 * variances.max() / variances.sum(),
        }
pd.DataFrame(scales).T.round(1)


# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Right of the line, it gains. Targets disagree: ask what an average of them says about yours.", "slide_type": "subslide"}
def draw(rivals, words):
    """{name: {kind: points}} as marks, a row a target, a panel a kind."""
    figure, axes = plt.subplots(1, 2, figsize=(14, 5.2), layout="constrained", sharex=True)
    for ax, kind in zip(axes, (REAL, PHOTOS), strict=True):
        for (name, values), look in zip(rivals.items(), plots.style.SERIES, strict=False):
            ax.plot(values[kind], values[kind].index, look[1], color=look[0], ms=12, label=name)
        ax.axvline(0, color="0.4", linestyle="dotted")
        ax.grid(axis="y", color="0.9")
        ax.set(title=kind, xlabel=words)
        ax.invert_yaxis()
    figure.legend(*ax.get_legend_handles_labels(), ncols=2, loc="outside upper left")
    return figure


over_none = {name: points(name, "none") for name in ("L2 by layer", "L2 per image")}
plots.alt_text(
    draw(over_none, "points over no normalisation"),
    "Points over no normalisation of L2 by layer and L2 per image. Nine real targets: within a "
    "point of zero but one. Six photo families: L2 by layer gains on all of them.",
)

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Each interval is over targets. Beside it, what one layer alone gains.", "slide_type": "subslide"} tags=["claim:l2-by-layer"]
effects = over_none["L2 by layer"]
alone = points("L2 by layer", "none", "last layer")
whole = points("L2 by layer", "L2 per image")
beside = {f"over L2 per image, {kind} (points)": each.mean() for kind, each in whole.items()}
beside |= {f"last layer alone, {kind} (points)": each.mean() for kind, each in alone.items()}
wins = [effects[kind].mean() > 0 for kind in (REAL, PHOTOS)]
option = options[2 * (not wins[0]) + (not wins[1])]
on = "L2 by layer against no normalisation, all layers, each with a C from the training images."
limits = "Two kinds of networks, both trained with batch normalisation; C from four values."
claim.measured(effects, on, limits, option=option, beside=beside)

# %% [markdown] slideshow={"notes": "Usual mistake in code: normalize() over the concatenated row. That is L2 per image, and does neither.", "slide_type": "subslide"}
# **Reading.** With a C of its own L2 by layer gains 2.8 points over no normalisation in the small VGGs; under
# `imagenet` it is 0.5 points behind, and undecided. It gives every layer the same length, and that helps
# where one layer has most of the variance: on insects the loudest of `natural` has 59% of the variance before and 20% after,
# while on PACS photo no layer of `imagenet` has more than 23%. L2 per image leaves the loudest as loud, and
# gains nothing (-0.1 and -0.2 points); so "careful if mixing layers" is a warning against L2 over all of
# them, and not against L2 by layer. That scales stay unequal *within* a layer follows from the formula,
# and both networks were trained with batch normalisation.

# %% [markdown] slideshow={"notes": "Vertical instead of horizontal. Ask what the mean and the deviation need: a training set of the target.", "slide_type": "slide"}
# ## Claim: standardise
#
# > Feature standardization (vertically instead of horizontally): compute mean and std dev. on the
# > target training set, normalise feature-wise. Features are adapted to target domain. Best for
# > multi-layer feature extraction.
#
# Divide every feature by *its own* deviation, and all have one scale, in every layer. And *strong* then
# means: stronger than usual **for this target**. If that is what helps, the statistics of other
# targets should do worse.

# %% slideshow={"notes": "Hands. The first is what the slide says.", "slide_type": "subslide"} tags=["predict"]
claim = claims.open("standardise")
options = ["best on both", "best under imagenet only", "best under the small VGGs only"]
options += ["best on neither"]
claim.predict("All layers, standardised, against L2 by layer, each with its own C:", options)

# %% slideshow={"notes": "The same activation, two targets: far above the mean of one, about the mean of the other. Ask what the number alone would have told.", "slide_type": "subslide"}
two = {name: trains["imagenet", f"PACS {name}"].select("head") for name in ("photo", "sketch")}
a, b = two.values()
varied = np.minimum(a.std(axis=0), b.std(axis=0)) > 0.15
unit = np.argmax(varied * (a.mean(axis=0) - b.mean(axis=0)))
same = np.mean([rows[:, unit].mean() for rows in two.values()])  # one activation, marked in both
figure, axes = plt.subplots(1, 2, figsize=(14, 4.6), layout="constrained")
for name, colour, hatch in (("photo", "#0072B2", "/"), ("sketch", "#D55E00", "")):
    raw = two[name][:, unit]
    z, mark = (raw - raw.mean()) / raw.std(), (same - raw.mean()) / raw.std()
    for ax, values, line in ((axes[0], raw, same), (axes[1], z, mark)):
        ax.hist(values, 25, color=colour, alpha=0.4, hatch=hatch, label=f"PACS {name}")
        ax.axvline(line, color=colour, linestyle="--" if name == "sketch" else "-")
    print(f"activation {same:.2f} is {mark:+.1f} deviations on {name}")
axes[0].set(title="before", xlabel=f"unit {unit} of the head", ylabel="training images")
axes[1].set(title="after, each by its own target", xlabel="deviations from the mean")
axes[0].legend()
words = "One activation lies below the mean of PACS photo, and above that of PACS sketch."
plots.alt_text(figure, words)

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Blue: against L2 by layer. Orange: against the same formula with other targets' statistics.", "slide_type": "subslide"}
best = points("standardized", "L2 by layer")
adapted = points("standardized", "others' statistics")
deviation = trains["imagenet", "PACS sketch"].matrix.std(axis=0)
faint = np.sum(deviation < np.median(deviation) / 10)
print(
    f"deviation under a tenth of the median, on PACS sketch: {faint} of {len(deviation):,} features"
)
rivals = {"over L2 by layer": best, "over the statistics of all other targets": adapted}
plots.alt_text(
    draw(rivals, "points gained by standardising"),
    "Points gained by standardising over L2 by layer, and over the statistics of all other "
    "targets. Targets disagree, from 4 points lost on digits to 5 gained on food.",
)

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Four intervals. Ask how many targets it would take to see a difference of half a point.", "slide_type": "subslide"} tags=["claim:standardise"]
effects = {f"best: over L2 by layer, {kind}": each for kind, each in best.items()}
effects |= {f"adapted: over others' statistics, {kind}": each for kind, each in adapted.items()}
over_none = points("standardized", "none")
beside = {
    f"over no normalisation, {kind} (points)": each.mean() for kind, each in over_none.items()
}
needed = {kind: (1.96 * each.std()) ** 2 for kind, each in best.items()}
beside |= {f"targets to see one point, {kind}": np.ceil(n) for kind, n in needed.items()}
wins = [best[kind].mean() > 0 for kind in (REAL, PHOTOS)]
option = options[2 * (not wins[0]) + (not wins[1])]
on = "Standardised by the target's own training images, all layers, C chosen for each."
limits = "VGG16 has 12,416 features, and was trained without batch normalisation."
claim.measured(effects, on, limits, option=option, beside=beside)

# %% [markdown] slideshow={"notes": "Equal layers or equal features: that is the whole difference.", "slide_type": "subslide"}
# **Reading.** Standardising is level with L2 by layer, -0.3 points on both kinds of targets and undecided:
# to see one point would take 29 targets like the real ones. One gives each *feature* the same weight, the
# other each *layer*, and both repair the scale between layers. The features do adapt, as the unit shows; the
# accuracy does not ask for it: under `imagenet` the statistics of all *other* targets are better, by 1.4
# points with an interval that just misses zero, perhaps because 337 of 3,120 features hardly vary on a target like
# PACS sketch, and to divide by that makes much of little. VGG16, with large fully connected layers and
# without batch normalisation, may differ.

# %% [markdown] slideshow={"notes": "Ten minutes for both. Whose mean? The check has words for three wrong answers to that. A constant feature is what most forget.", "slide_type": "slide"}
# ## Exercises
#
# **1.** Standardise training and test images, without the leak and without a NaN.


# %% slideshow={"slide_type": "-"}
def standardise(train, test):
    """Two matrices (images, features) -> both, standardised."""
    ...  # TODO


check_code("09: standardise", standardise)

# %% [markdown] slideshow={"slide_type": "-"}
# <details><summary>Solution</summary>
#
# ```python
# def standardise(train, test):
#     mean, deviation = train.mean(axis=0), train.std(axis=0)
#     deviation[deviation == 0] = 1
#     return (train - mean) / deviation, (test - mean) / deviation
# ```
#
# </details>

# %% [markdown] slideshow={"notes": "cross_val_score is enough. The usual slip is the accuracy on the images that were trained on.", "slide_type": "subslide"}
# **2.** Choose C on the training images, by three folds: `cross_val_score(..., cv=3)` of
# `LinearSVC(C=C, random_state=0)`; of equals, the first.


# %% slideshow={"slide_type": "-"}
def chosen_C(X, y, Cs):
    """Training images (images, features), their classes, and the values to try -> one of them."""
    ...  # TODO


check_code("09: chosen C", chosen_C)

# %% [markdown] slideshow={"slide_type": "-"}
# <details><summary>Solution</summary>
#
# ```python
# from sklearn.model_selection import cross_val_score
# from sklearn.svm import LinearSVC
#
#
# def chosen_C(X, y, Cs):
#     machines = [LinearSVC(C=C, random_state=0) for C in Cs]
#     return Cs[np.argmax([cross_val_score(each, X, y, cv=3).mean() for each in machines])]
# ```
#
# </details>

# %% [markdown] slideshow={"notes": "Alone, then hands at question 2: whoever answers that C is the same for both has to read the slide on C again.", "slide_type": "slide"}
# ## Quiz
#
# Three questions about what was measured. Choose, check, and read why.

# %% slideshow={"slide_type": "-"}
quiz("09")

# %% [markdown] slideshow={"notes": "Three nouns to take home: scale, C, training images. Next is what remains when only the sign is kept.", "slide_type": "slide"}
# ## Remember
#
# - A linear SVM does not mind correlated features. It minds their **scale**, and so does C: choose
#   C again for every normalisation.
# - L2 by layer gives each *layer* one norm, standardising gives each *feature* one scale. L2 over the
#   whole row does neither.
# - Statistics come from the **training** images of the target, and from nowhere else.
#
# **Next**: standardise, then keep only -1, 0 and 1 ([10](10_full_network_embedding.ipynb)), and
# what all of it gains on near and far targets ([11](11_similarity_tables.ipynb)). The
# [map](00_start_here.ipynb) shows which notebooks are there.

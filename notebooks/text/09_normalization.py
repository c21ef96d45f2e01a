# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"notes": "Dry on paper, costly in practice: this is where most home-made pipelines lose their points. For half an hour: first claim, explorer, C, traps.", "slide_type": "slide"}
# # 09 Normalization
#
# *[Lecture](../docs/bibliography.md#lecture): "Feature extraction normalization" and "Advanced
# feature normalization".*
#
# **You will learn**
#
# - what a linear SVM assumes of features, and what it does not;
# - how many features each layer has, and how strong they are;
# - what L2 per image, L2 by layer and standardization repair, and when the choice matters;
# - four ways to normalise wrongly without an error message.
#
# **You need**: [06 feature extraction](06_feature_extraction.ipynb). **Time**: 45 minutes for you,
# about 30 seconds for the machine.

# %% slideshow={"slide_type": "skip"}
from itertools import product

import numpy as np
import torch
from sklearn.pipeline import make_pipeline
from tqdm import tqdm

from tlcourse import plots
from tlcourse.classifiers.normalization_trials import (
    TO_SCALE,
    accuracies_by_test_statistics,
    accuracies_over_C,
    accuracies_with_statistics_of,
    compare,
    mean_over_targets,
    mean_squared_length,
    normalized_features,
    predictions_kept,
    scaled_C,
)
from tlcourse.classifiers.score import layer_sets, sample_per_class
from tlcourse.classifiers.svm import LinearSVM, mean_class_accuracy
from tlcourse.datasets.drawn import DrawnImages
from tlcourse.features.extraction import Features, shipped_features
from tlcourse.features.normalization import L2ByLayer, Standardizer
from tlcourse.features.statistics import (
    by_layer,
    correlation_between_layers,
    deviation_by_layer,
    effective_number,
    independent_copy,
    mean_by_layer,
    share_of_norm,
    share_of_variance,
    spread_of_scale,
)
from tlcourse.networks.backbones import load_backbone
from tlcourse.widgets import NormalizationExplorer, check_answer, claims, quiz

plots.use_course_style()

# %% [markdown] slideshow={"notes": "Rows are images, columns are units of all layers. Ask which layer will speak loudest if nothing is done.", "slide_type": "slide"}
# ## Twelve layers in one matrix
#
# Put the layers of a network side by side, and every image is one row. A layer of 16 colours stands
# beside a layer of 512 concepts. Their numbers were never meant to be compared.
#
# A classifier compares them all the same. **Normalization** decides what it hears.

# %% [markdown] slideshow={"slide_type": "-"}
# Six targets below, each from its near source: the photographs of notebook 06, 40 training and 50
# test images a class, all layers of the course's small VGG.

# %% slideshow={"slide_type": "-"}
# NBVAL_CHECK_OUTPUT
near_source = {
    "cats and dogs": "natural",
    "insects": "natural",
    "food": "natural",
    "scenes": "manmade",
    "vehicles": "manmade",
    "clothes": "manmade",
}
every = layer_sets("natural")["full network"]
insects = normalized_features("natural", "insects", every, "none")
insects

# %% [markdown] slideshow={"notes": "Write i.i.d. out. Ask of what learning theory assumes it: of the images. Keep that for the reading.", "slide_type": "slide"}
# ## Claim: features are not i.i.d.
#
# > When doing feature extraction for a regular classifier (e.g., SVM) each feature is assumed to be
# > i.i.d. (not even close!)
#
# **Motivation.** *Independent*: knowing one feature would tell nothing about another. *Identically
# distributed*: all would have one distribution, and so one scale. Features of one network see the
# same image, and each layer is computed from the one before.

# %% slideshow={"notes": "Hands. The second option is usual: correlation is taken for a fault that a classifier must suffer from.", "slide_type": "subslide"} tags=["predict"]
claim = claims.open("features-not-iid")
claim.predict(
    "Are features correlated? And if the feature space is rotated so that they no longer are, "
    "does the SVM decide differently?",
    [
        "features are nearly independent",
        "features are correlated, and the SVM decides otherwise once they are not",
        "features are correlated, and the SVM does not mind",
    ],
)

# %% [markdown] slideshow={"notes": "Left measured, right shuffled. Point at the corner of the first layers, then at fc6 and fc7. The right map is what chance looks like.", "slide_type": "subslide"}
# **Experiment.** The absolute correlation of every pair of features, averaged within each layer and
# between each two layers. The control: the same values, each feature shuffled over the images on
# its own. What is left there is chance. Six targets, and another shuffle for each.

# %% jupyter={"outputs_hidden": true} slideshow={"slide_type": "-"}
blocks, chance, effective = {}, {}, {}
for seed, (target, source) in enumerate(tqdm(near_source.items(), delay=2)):
    features = normalized_features(source, target, every, "none")
    shuffled = independent_copy(features, seed)
    blocks[target] = correlation_between_layers(features)
    chance[target] = correlation_between_layers(shuffled)
    effective[target] = effective_number(features.matrix), effective_number(shuffled.matrix)

panels = {"insects": blocks["insects"], "insects, features shuffled": chance["insects"]}
figure = plots.plot_layer_correlations(panels, every)
plots.alt_text(
    figure,
    "Two maps of the layers by the layers. Measured: correlations are strongest among the first "
    "layers, fall with the distance between two layers, and are weakest in fc6 and fc7. "
    "Shuffled: all are below 0.05.",
)

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "2,048 columns, the variance of a few dozen. Ask why the shuffled ones do not reach 2,048: only 400 images.", "slide_type": "subslide"}
def within_and_across(between_layers):
    """Mean over pairs of one layer, and over pairs of two layers, of a map (layers, layers)."""
    same = np.eye(len(between_layers), dtype=bool)
    return between_layers[same].mean(), between_layers[~same].mean()


within, across = np.transpose([within_and_across(values) for values in blocks.values()])
by_chance = np.array([np.mean(within_and_across(values)) for values in chance.values()])
independent, shuffled_ones = np.transpose(list(effective.values()))
print(f"mean |r| within a layer  {within.min():.2f} to {within.max():.2f}")
print(f"mean |r| across layers   {across.min():.2f} to {across.max():.2f}")
print(f"by chance                {by_chance.min():.2f} to {by_chance.max():.2f}")
print(f"{len(insects.matrix.T)} features spread their variance like {independent.mean():.0f}")
print(f"independent ones; shuffled, like {shuffled_ones.mean():.0f} with so few images")

# %% [markdown] slideshow={"notes": "Ask for a guess before running: how many decisions survive the rotation? All. Then the scales: about a quarter to a third change.", "slide_type": "subslide"}
# So they are far from independent. Does the SVM assume that they are?
#
# Rotate the space of `fc7` until **no two features are correlated**, and train again. For
# comparison keep the axes and give each feature **another scale**, drawn at random.

# %% jupyter={"outputs_hidden": true} slideshow={"slide_type": "-"}
kept = {"rotated: no correlations": [], "rescaled: other scales": []}
for seed, (target, source) in enumerate(near_source.items()):
    fc7 = normalized_features(source, target, "fc7", "none").matrix
    scales = np.random.default_rng(seed).lognormal(size=fc7.shape[1])
    axes = np.linalg.eigh(np.cov(fc7, rowvar=False))[1]  # fc7 @ axes has correlations of 0
    for name, change in zip(kept, (axes, scales), strict=True):
        kept[name].append(predictions_kept(source, target, "fc7", change, seed))

for name, shares in kept.items():
    low, high = 100 * min(shares), 100 * max(shares)
    print(f"{name:25} {low:5.1f}% to {high:5.1f}% of the decisions stay")

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Correlated, on unequal scales, and the SVM does not mind the first. Ask which half of the sentence that is.", "slide_type": "subslide"} tags=["claim:features-not-iid"]
across_by_chance = np.array([within_and_across(values)[1] for values in chance.values()])
spreads, alike = [], []
for seed, (target, source) in enumerate(near_source.items()):
    matrix = normalized_features(source, target, every, "none").matrix
    spreads.append(spread_of_scale(matrix))
    pooled = np.random.default_rng(seed).permutation(matrix.ravel()).reshape(matrix.shape)
    alike.append(spread_of_scale(pooled))

same_decisions = min(kept["rotated: no correlations"])
if (across / across_by_chance).mean() < 2:
    option = "features are nearly independent"
elif same_decisions < 0.99:
    option = "features are correlated, and the SVM decides otherwise once they are not"
else:
    option = "features are correlated, and the SVM does not mind"

claim.measured(
    {
        "not independent": across / across_by_chance,
        "not identically distributed": np.divide(spreads, alike),
    },
    on="2,048 features of six targets, each from its near source, against the same features "
    "shuffled over the images, and the same values shuffled over all features.",
    limits="Whether a classifier assumes i.i.d. features is no measurement: a linear SVM decides "
    "the same after any rotation, by its formula.",
    option=option,
    beside={
        "mean |r| within layers": within.mean(),
        "across layers": across.mean(),
        "by chance": by_chance.mean(),
        "effective number of features": independent.mean(),
        "shuffled": shuffled_ones.mean(),
        "factor between scales of features": np.mean(spreads),
        "decisions kept without correlations (%)": 100 * same_decisions,
        "with other scales (%)": 100 * np.mean(kept["rescaled: other scales"]),
    },
)

# %% [markdown] slideshow={"notes": "The sentence to keep: a linear SVM sees products of images. Usual misunderstanding: decorrelating features would help it.", "slide_type": "subslide"}
# **Reading.** "Not even close" is right, on both counts. Features of different layers are correlated
# more than four times as strongly as shuffled ones, most of all among early layers; 2,048 of them
# spread their variance like a few dozen independent ones. Nor are they identically distributed: their
# scales differ by a factor of five or more, and hardly at all if the same values are dealt anew.
#
# "Is assumed" is not. Learning theory assumes i.i.d. of the **samples**, the images. An
# L2-regularised linear SVM sees features only through products of images, which no rotation
# changes: without any correlation it decides the same. (Naive Bayes does assume independent
# features, given the class.)
#
# What does change its decisions is **scale**. The margin is a distance, and
# [C](../docs/glossary.md#c) weighs errors against it. A feature with larger numbers counts more.
# That is what normalization is about.

# %% [markdown] slideshow={"notes": "Three statements in one claim. Ask which one can be checked by counting on the board.", "slide_type": "slide"}
# ## Claim: beware of size
#
# > FC layers have lots of activations. Conv layers' activations are spatially dependent.
# > VGG16: convs 14 layers and 33% of the activations, FCs 2 layers and 66%.
#
# **Motivation.** In a concatenation each feature has a voice. A layer with many features may
# shout down the others, and neighbouring places of a map may say the same twice.

# %% slideshow={"notes": "Many say 33%, as they have just read it. The question says: before anything is averaged.", "slide_type": "subslide"} tags=["predict"]
claim = claims.open("layer-sizes")
claim.predict(
    "Of all activations of VGG16 for one image, before anything is averaged: which part belongs to "
    "convolutions?",
    ["about 33%", "about 66%", "about 90%", "over 99%"],
)

# %% [markdown] slideshow={"notes": "No weights, only shapes: point out that it costs nothing. Two marks a row, before and after averaging.", "slide_type": "subslide"}
# **Experiment.** Build the networks, send the *shape* of an image through them, and count. No
# weights are needed.

# %% jupyter={"outputs_hidden": true} slideshow={"slide_type": "-"}
def outputs_of(backbone, images, layers):
    """What comes out of each layer in one forward pass, by a hook on each: {layer: tensor}."""
    outputs, hooks, modules = {}, [], dict(backbone.network.named_modules())
    for layer in layers:

        def keep(module, inputs, output, layer=layer):
            outputs[layer] = output.clone()

        hooks.append(modules[backbone.layers[layer]].register_forward_hook(keep))
    with torch.inference_mode():
        backbone.network(images)
    for hook in hooks:
        hook.remove()
    return outputs


def shapes_of(name):
    """{layer: (channels, height, width), or (features,)}; on "meta" nothing is computed."""
    with torch.device("meta"):
        backbone = load_backbone(name, weights="random")
        image = torch.zeros(1, 3, backbone.side, backbone.side)
    outputs = outputs_of(backbone, image, backbone.default_layers)
    return {layer: tuple(output.shape[1:]) for layer, output in outputs.items()}

# %% jupyter={"outputs_hidden": true} slideshow={"slide_type": "-"}
networks = {"VGG16": "vgg16", "VGG19": "vgg19", "AlexNet": "alexnet", "ours": "natural"}
shapes = {label: shapes_of(name) for label, name in networks.items()}


def count(shapes, pooled):
    """Activations of convolutions, and of all layers, for one image; pooled: one a channel."""
    n = {layer: shape[0] if pooled else int(np.prod(shape)) for layer, shape in shapes.items()}
    return sum(n[layer] for layer in n if len(shapes[layer]) == 3), sum(n.values())


ways = {"before averaging over space": False, "after: one a channel": True}
counts = {
    label: {way: count(of_layer, pooled) for way, pooled in ways.items()}
    for label, of_layer in shapes.items()
}
shares = {
    label: {way: convolutions / every for way, (convolutions, every) in by_way.items()}
    for label, by_way in counts.items()
}
ax = plots.plot_convolution_shares(shares)
plots.alt_text(
    ax,
    "Share of convolutions in the activations of four networks. Before averaging over space it "
    "is over 98% in all; after it, 34% in VGG16, 40% in VGG19, 12% in AlexNet and 50% in ours.",
)

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "VGG16: 13 convolutions, 4,224 and 8,192. The slide prints 14: count them together.", "slide_type": "subslide"}
# NBVAL_CHECK_OUTPUT
for label, by_way in counts.items():
    conv, total = by_way["after: one a channel"]
    before = 100 * shares[label]["before averaging over space"]
    n_convolutions = sum(len(shape) == 3 for shape in shapes[label].values())
    print(
        f"{label:8} {n_convolutions:2} convolutional layers: {conv:5,} + {total - conv:5,} "
        f"= {total:6,} features, {100 * conv / total:.1f}% + {100 - 100 * conv / total:.1f}% "
        f"({before:.1f}% before)"
    )

# %% [markdown] slideshow={"notes": "Ask how far a neighbour should still say the same. Point at the shuffled line at zero, then at conv1_2.", "slide_type": "subslide"}
# **Spatially dependent?** How far does an activation go with that of the same channel some places
# to the right? 48 drawn animals in three draws, through `natural`; the mean of each map is taken
# away first. The control shuffles the places.

# %% jupyter={"outputs_hidden": true} slideshow={"slide_type": "-"}
def correlation_at(maps, steps):
    """Correlation of a channel with itself, steps places to the right, mean over channels."""
    centred = maps - maps.mean(axis=(2, 3), keepdims=True)
    left, right = centred[..., :-steps], centred[..., steps:]
    products = (left * right).sum(axis=(0, 2, 3))
    energy = np.sqrt((left**2).sum(axis=(0, 2, 3)) * (right**2).sum(axis=(0, 2, 3)))
    return np.mean(products[energy > 0] / energy[energy > 0])


natural = load_backbone("natural")
neighbours = {}
for seed in range(3):
    pictures = [image for image, _ in DrawnImages("animals", n_per_class=4, seed=seed)][:16]
    images = torch.stack([natural.preprocess(picture) for picture in pictures])
    outputs = outputs_of(natural, images, ["conv1_2", "conv3_2"])
    maps = {layer: output.numpy() for layer, output in outputs.items()}
    flat = maps["conv3_2"].reshape(*maps["conv3_2"].shape[:2], -1)
    shuffled_places = np.random.default_rng(seed).permuted(flat, axis=2)
    maps["conv3_2, places shuffled"] = shuffled_places.reshape(maps["conv3_2"].shape)
    for layer, steps in product(maps, (1, 2, 4, 8)):
        found = correlation_at(maps[layer], steps)
        neighbours.setdefault(layer, {}).setdefault(steps, []).append(found)

ax = plots.plot_curves(neighbours, "places to the right", "correlation", scale=1)
plots.alt_text(
    ax,
    "Correlation of a channel's activation with its own, 1, 2, 4 and 8 places away: high between "
    "neighbours and falling with distance, longest in conv1_2; zero when places are shuffled.",
)

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Over 99% before averaging, 34% after. Those who chose 33% answered another question, correctly.", "slide_type": "subslide"} tags=["claim:layer-sizes"]
vgg16 = shares["VGG16"]["after: one a channel"]
_, all_features = counts["VGG16"]["after: one a channel"]
unpooled = 100 * shares["VGG16"]["before averaging over space"]
numbers = {"about 33%": 33, "about 66%": 66, "about 90%": 90, "over 99%": 99.5}
claim.measured(
    {
        "convolutional layers": sum(len(shape) == 3 for shape in shapes["VGG16"].values()),
        "features": all_features,
        "convolutions (%)": 100 * vgg16,
        "fully connected (%)": 100 - 100 * vgg16,
        "convolutions before averaging (%)": unpooled,
        "correlation of neighbours": np.mean(neighbours["conv3_2"][1]),
        "places shuffled": np.mean(neighbours["conv3_2, places shuffled"][1]),
    },
    on="Layers and activations of VGG16 counted from its code, before and after averaging over "
    "space; correlation of neighbouring places in conv3_2 of ours, three draws of drawn animals.",
    option=min(numbers, key=lambda name: abs(numbers[name] - unpooled)),
)

# %% [markdown] slideshow={"notes": "The slide's drawing is VGG19, its numbers are VGG16's. Averaging over space is what turns 99.9% into 34%.", "slide_type": "subslide"}
# **Reading.** 34% and 66% of 12,416, as in [the paper](../docs/bibliography.md#garcia-gasulla-2018)
# (4,224 + 8,192). But:
#
# - The slide prints **14** convolutional layers. VGG16 has **13**; the drawing with `conv3_4`,
#   `conv4_4` and `conv5_4` is VGG19, which has 16.
# - "FCs have lots of activations" is true only *after* averaging over space. Before it,
#   convolutions have 99.9%.
# - That averaging is the answer to spatial dependence: neighbours partly repeat each other, so one
#   number a channel loses less than it seems, and keeps convolutions from drowning the rest.

# %% [markdown] slideshow={"notes": "Ask why nothing in training keeps two layers at one scale: the next weights absorb any factor.", "slide_type": "slide"}
# ## Claim: beware of scale
#
# > Different layers activate with different strength.
#
# **Motivation.** Nothing in training asks two layers for numbers of one size: the next layer's
# weights make up for any factor.

# %% slideshow={"notes": "Hands. Most guess 10 to 100 or more; batch normalisation kept ours close.", "slide_type": "subslide"} tags=["predict"]
claim = claims.open("layer-scales")
claim.predict(
    "The mean activation of a layer's median feature: by which factor do the strongest and the "
    "weakest layer differ?",
    ["less than 2", "2 to 10", "10 to 100", "over 100"],
)

# %% [markdown] slideshow={"notes": "Logarithmic axis: one grid line is a factor of ten. Medians fall towards fc7; inside fc7 the spread is larger than between layers.", "slide_type": "subslide"}
# **Experiment.** Mean activation of every feature over the training images of `insects`, from both
# sources. The factor is measured on all six targets; the control deals the same features to
# the layers at random.

# %% jupyter={"outputs_hidden": true} slideshow={"slide_type": "-"}
def factor_between_layers(values):
    """Median of the strongest layer over that of the weakest; values of {layer: one a feature}."""
    medians = [np.median(layer) for layer in values.values()]
    return max(medians) / min(medians)


means, deviations, factors, dealt = {}, {}, [], []
for source in ("natural", "manmade"):
    for seed, target in enumerate(near_source):
        features = normalized_features(source, target, every, "none")
        mean, deviation = mean_by_layer(features), deviation_by_layer(features)
        factors.append([factor_between_layers(values) for values in (mean, deviation)])
        order = np.random.default_rng(seed).permutation(len(features.matrix.T))
        at_random = (
            by_layer(np.concatenate(list(values.values()))[order], features.layer_sizes)
            for values in (mean, deviation)
        )
        dealt.append([factor_between_layers(values) for values in at_random])
        if target == "insects":
            means[source], deviations[source] = mean, deviation

ax = plots.plot_strengths(means, "mean activation")
plots.alt_text(
    ax,
    "Mean activation of the features of each layer, from both sources, on a logarithmic axis. The "
    "medians are highest in conv1_2 and lowest in fc7; within fc7 features differ more than layers "
    "do.",
)

# %% [markdown] slideshow={"notes": "Ask which layers lead now. fc6 and fc7: silent mostly, and very different from image to image.", "slide_type": "subslide"}
# The mean is not what tells images apart. The **deviation over images** is, and it tells another
# story.

# %% jupyter={"outputs_hidden": true} slideshow={"slide_type": "-"}
ax = plots.plot_strengths(deviations, "standard deviation")
plots.alt_text(
    ax,
    "Standard deviation of the features of each layer over the images, from both sources. fc6 and "
    "fc7 vary most, conv2_2 and conv3_2 least.",
)

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "A factor of about four, against less than two when features are dealt to layers at random.", "slide_type": "subslide"} tags=["claim:layer-scales"]
found, by_chance_alone = (np.reshape(each, (2, 6, 2)) for each in (factors, dealt))
times = np.exp(np.log(found / by_chance_alone).mean(axis=0))  # (targets, mean or deviation)
voice = share_of_variance(insects)
of_means, of_deviations = np.median(found, axis=(0, 1))
ends = {"less than 2": 2, "2 to 10": 10, "10 to 100": 100, "over 100": np.inf}
claim.measured(
    {"mean activation": times[:, 0], "deviation over images": times[:, 1]},
    on="Median feature of the strongest layer over that of the weakest, six targets, the mean of "
    "two sources; against the same features dealt to the layers at random.",
    limits="Our networks were trained with batch normalisation, which holds layers near one scale.",
    option=next(name for name, end in ends.items() if of_means < end),
    beside={
        "factor of mean activations": of_means,
        "at random": np.median(by_chance_alone[..., 0]),
        "factor of deviations": of_deviations,
        "deviations at random": np.median(by_chance_alone[..., 1]),
        "fc6 and fc7: part of the variance (%)": 100 * (voice["fc6"] + voice["fc7"]),
    },
)

# %% [markdown] slideshow={"notes": "Strength has two meanings, and they rank layers differently. Deviation is what the SVM hears.", "slide_type": "subslide"}
# **Reading.** Layers differ by a factor of about four, three times what the same features give when
# they are dealt to layers at random. *Which* is strongest depends on what you call strength: the first layers have the larger numbers, `fc6` and `fc7` the larger differences
# between images. They are half of our features and hold four fifths of the variance. Left alone,
# the SVM listens mostly to them.
#
# Our networks were trained with batch normalisation, now folded into their weights, which holds
# layers near one scale. VGG16 was trained without: expect larger factors. With its weights fetched
# (`python3 start.py fetch vgg16`) this shows them:
#
# ```python
# drawn = DrawnImages("animals", n_per_class=8)
# vgg16_features = extract_features(load_backbone("vgg16"), drawn)
# factor_between_layers(mean_by_layer(vgg16_features))
# ```

# %% [markdown] slideshow={"notes": "Horizontal: an image looks at itself. Vertical: a feature looks at all training images. Ask which of them need a training set.", "slide_type": "slide"}
# ## Five ways
#
# | name | what is divided, by what | direction |
# |---|---|---|
# | none | nothing | |
# | L2 per image | each row, by its Euclidean norm | horizontal |
# | [L2 by layer](../docs/glossary.md#l2-by-layer) | the part of a row that is one layer, by its norm | horizontal |
# | [standardized](../docs/glossary.md#standardise) | each column, less its mean, by its deviation over the *training* images | vertical |
# | [discretized](../docs/glossary.md#discretise) | standardized, then -1, 0 or 1 (notebook 10) | vertical |

# %% [markdown] slideshow={"notes": "Go through the five at C = 1, then switch to C to scale. Ask before the switch which one will move most: standardized.", "slide_type": "subslide"}
# ### Try them
#
# Go through the normalizations on the full network. Then `C` "to scale": 1 over the mean squared
# length of a row, so that multiplying all features by a number changes nothing.

# %% slideshow={"slide_type": "-"}
explorer = NormalizationExplorer()
explorer

# %% [markdown] slideshow={"notes": "Ask which scale is meant: of images, of layers or of features. The slide does not say.", "slide_type": "slide"}
# ## Claim: the default solution
#
# > Default solution: L2-norm (by layer). Does not fix scale (careful if mixing layers!)
#
# **Motivation.** L2 takes out how strongly an image activates a layer as a whole. It divides all
# features of a layer by the same number, so what differs within the layer goes on to differ.

# %% slideshow={"notes": "Two questions in one. Ask for hands on the second half alone: are scales equal after it?", "slide_type": "subslide"} tags=["predict"]
claim = claims.open("l2-by-layer")
claim.predict(
    "Full network, C = 1: L2 by layer against no normalization. And are the scales of features "
    "equal after it?",
    [
        "it does not help, and scales are not equal",
        "it helps, though scales are not equal",
        "it helps, and scales are equal",
        "it does not help, though scales are equal",
    ],
)

# %% [markdown] slideshow={"notes": "Left C = 1, right C to scale. On fc7 the gain melts on the right; on the full network it stays.", "slide_type": "subslide"}
# **Experiment.** One layer and all layers, six targets, three draws of 20 training images a class,
# with the paper's C = 1 and with C to scale.

# %% jupyter={"outputs_hidden": true} slideshow={"slide_type": "-"}
sets = {"fc7": ("fc7",), "full network": every}
compared = compare(near_source, sets, ["none", "L2 per image"])
compared |= compare(near_source, {"full network": every}, ["L2 by layer"])
compared |= {("fc7", "L2 by layer", C): compared["fc7", "L2 per image", C] for C in (1.0, TO_SCALE)}

figure = plots.plot_in_panels(
    plots.plot_dumbbells,
    mean_over_targets(compared),
    "accuracy (%), mean of six targets",
    digits=1,
)
plots.alt_text(
    figure,
    "Accuracy of no normalization, L2 per image and L2 by layer, with C = 1 and with C to scale. "
    "On fc7 C to scale makes up for the lack of a normalization; on the full network L2 by layer "
    "is best with both.",
)

# %% [markdown] slideshow={"slide_type": "skip"}
# A bar is the spread of three draws. Where one mark shows, both are the same: after L2 per image C
# to scale is 1. On one layer L2 by layer *is* L2 per image, so it was not measured twice.

# %% [markdown] slideshow={"notes": "Read one row at a time: all, between layers, within a layer. L2 by layer mends the second and leaves the third.", "slide_type": "subslide"}
# **What became of the scales?** The factor between large and small deviations (95th over 5th
# percentile of all features), between the medians of layers, and within a layer.

# %% jupyter={"outputs_hidden": true} slideshow={"slide_type": "-"}
scales = {}
for normalization in ("none", "L2 per image", "L2 by layer", "standardized"):
    rows = []
    for target, source in near_source.items():
        features = normalized_features(source, target, every, normalization)
        one_layer = [spread_of_scale(features.select(layer)) for layer in every]
        between = factor_between_layers(deviation_by_layer(features))
        rows.append((spread_of_scale(features.matrix), between, np.mean(one_layer)))
    scales[normalization] = np.mean(rows, axis=0)
    print(
        "{:13} all features {:.1f}, between layers {:.1f}, within a layer {:.1f}".format(
            normalization, *scales[normalization]
        )
    )

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Helps with both C, and scales differ by a factor of nearly three. Compare with the hands.", "slide_type": "subslide"} tags=["claim:l2-by-layer"]
def gains(layers, normalization, C, over="none"):
    """Points over another normalization, one a target, the draws averaged."""
    difference = compared[layers, normalization, C] - compared[layers, over, C]
    return 100 * difference.mean(axis=1)


many = {C: gains("full network", "L2 by layer", C) for C in (1.0, TO_SCALE)}
left = scales["L2 by layer"][0]
helps, equal = many[1.0].mean() > 0, left < 1.5
claim.measured(
    {"C = 1": many[1.0], "C to scale": many[TO_SCALE]},
    on="L2 by layer against no normalization, all layers, six targets from their near source, "
    "three draws of 20 images a class.",
    limits="Six targets, all photographs, and one kind of network.",
    option=f"it {'helps' if helps else 'does not help'}, "
    f"{'and' if helps == equal else 'though'} scales are {'' if equal else 'not '}equal",
    beside={
        "over L2 per image, C to scale (points)": gains(
            "full network", "L2 by layer", TO_SCALE, over="L2 per image"
        ).mean(),
        "fc7 alone, C = 1 (points)": gains("fc7", "L2 by layer", 1.0).mean(),
        "fc7 alone, C to scale (points)": gains("fc7", "L2 by layer", TO_SCALE).mean(),
        "factor between scales of features, none": scales["none"][0],
        "L2 per image": scales["L2 per image"][0],
        "L2 by layer": left,
    },
)

# %% [markdown] slideshow={"notes": "Usual mistake in code: normalize() over the concatenated row. That is L2 per image, and does neither.", "slide_type": "subslide"}
# **Reading.** L2 by layer gains four points over no normalization at C = 1, and two with C to scale.
# That scales stay unequal needs no measurement: features of a layer are divided by the same number.
# Be exact about which scale is fixed:
#
# - **L2 by layer** gives every *layer* the same norm. Between layers scales come closer; *within* a
#   layer features differ as much as before.
# - **L2 per image**, over the whole concatenation, does neither.
# - On **one** layer, what L2 seems to gain with C = 1 is mostly the choice of C: with C to scale,
#   none and L2 are level.
# - On **many** layers L2 by layer gains with both C. So "careful if mixing layers" is a warning
#   against L2 over all of them, and here not one against L2 by layer.

# %% [markdown] slideshow={"notes": "Vertical instead of horizontal. Ask what the mean and the deviation need: a training set of the target.", "slide_type": "slide"}
# ## Claim: standardise
#
# > Feature standardization (vertically instead of horizontally): compute mean and std dev. on the
# > target training set, normalise feature-wise. Features are adapted to target domain. Best for
# > multi-layer feature extraction.
#
# **Motivation.** Divide every feature by *its own* deviation and all have one scale, in every
# layer. And "strong" then means: stronger than usual *for this target*.

# %% [markdown] slideshow={"notes": "The same activation, two targets: below average for one, far above for the other. Ask what the number alone would have told.", "slide_type": "subslide"}
# ### One neuron, two targets
#
# The neuron of `fc7` that differs most between insects and vehicles. The upright lines mark the
# same activation, the mean over both targets.

# %% slideshow={"slide_type": "-"}
domains = {
    target: normalized_features("natural", target, "fc7", "none")
    for target in ("insects", "vehicles")
}
(a, b) = (features.matrix for features in domains.values())
neuron = int(np.argmax((a.mean(axis=0) - b.mean(axis=0)) / (a.std(axis=0) + b.std(axis=0))))
raw = {target: features.matrix[:, neuron] for target, features in domains.items()}
marked = float(np.mean([values.mean() for values in raw.values()]))
own = {target: Standardizer().fit(values[:, None]) for target, values in raw.items()}
after = {target: own[target].transform(values[:, None])[:, 0] for target, values in raw.items()}
marks = {target: float(own[target].transform([[marked]])[0, 0]) for target in raw}
figure = plots.plot_neuron(
    {"before": raw, "after, each by its own target": after},
    {"before": dict.fromkeys(raw, marked), "after, each by its own target": marks},
)
plots.alt_text(
    figure,
    "Before: the neuron is often active on insects, mostly silent on vehicles. After: both have "
    "mean 0 and deviation 1, and one activation is below average for insects and far above it "
    "for vehicles.",
)

# %% slideshow={"slide_type": "-"}
# NBVAL_CHECK_OUTPUT
print("weaker than usual for insects:", marks["insects"] < 0)
print("stronger than usual for vehicles:", marks["vehicles"] > 1)

# %% slideshow={"notes": "Most choose the first, as the slide says best. Note who says that C matters.", "slide_type": "subslide"} tags=["predict"]
claim = claims.open("standardise")
claim.predict(
    "Standardized features of the full network, against no normalization and L2 by layer:",
    [
        "best, with C = 1 and with C to scale",
        "best with C to scale only",
        "better than no normalization, but not than L2 by layer",
        "not even better than no normalization",
    ],
)

# %% [markdown] slideshow={"notes": "Look at standardized in the left panel, then in the right one. Same features, same draws, another C.", "slide_type": "subslide"}
# **Experiment.** As before: one layer and all layers, six targets, three draws, two choices of C.

# %% jupyter={"outputs_hidden": true} slideshow={"slide_type": "-"}
compared |= compare(near_source, sets, ["standardized", "discretized"])

figure = plots.plot_in_panels(
    plots.plot_dumbbells,
    mean_over_targets(compared),
    "accuracy (%), mean of six targets",
    height=6.0,
    digits=1,
)
plots.alt_text(
    figure,
    "Accuracy of five normalizations, on fc7 and on the full network, with C = 1 and with C to "
    "scale. With C = 1 standardized features fall behind; with C to scale they beat no "
    "normalization on the full network and stay below L2 by layer.",
)

# %% [markdown] slideshow={"notes": "Ask how much wrong statistics should cost if adapting is what counts. About a point: the ranges overlap.", "slide_type": "subslide"}
# **Adapted to the target?** Then the statistics of *another* target should cost accuracy. Here
# each target is standardized by its own training images, and by those of the next in the list.

# %% jupyter={"outputs_hidden": true} slideshow={"slide_type": "-"}
targets, adapted = list(near_source), {}
for target, following in zip(targets, targets[1:] + targets[:1], strict=True):
    adapted[target] = {
        name: accuracies_with_statistics_of(other, near_source[target], target, every)
        for name, other in (("its own statistics", target), ("another target's", following))
    }

ax = plots.plot_dumbbells(adapted, "accuracy (%), full network, C to scale")
plots.alt_text(
    ax,
    "Accuracy on six targets, standardised by their own statistics and by those of another "
    "target: within the spread of the draws on most.",
)

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Better than none on average, not better than L2 by layer. All intervals have zero in them: ask how many targets it would take.", "slide_type": "subslide"} tags=["claim:standardise"]
over_none = {C: gains("full network", "standardized", C) for C in (1.0, TO_SCALE)}
over_l2 = {C: gains("full network", "standardized", C, over="L2 by layer") for C in over_none}
if over_none[TO_SCALE].mean() <= 0:
    option = "not even better than no normalization"
elif over_l2[TO_SCALE].mean() <= 0:
    option = "better than no normalization, but not than L2 by layer"
elif over_l2[1.0].mean() <= 0:
    option = "best with C to scale only"
else:
    option = "best, with C = 1 and with C to scale"

claim.measured(
    {
        "best: over L2 by layer": over_l2[TO_SCALE],
        "adapted: over another target's statistics": [
            100 * np.subtract(*rows.values()).mean() for rows in adapted.values()
        ],
    },
    on="Standardized features of the full network, C to scale, six targets from their near "
    "source, three draws of 20 images a class.",
    limits="All six targets are photographs; with 12,416 features, or without batch "
    "normalisation in training, it may differ.",
    option=option,
    beside={
        "over none, C to scale (points)": over_none[TO_SCALE].mean(),
        "over none, C = 1 (points)": over_none[1.0].mean(),
        "against L2 by layer, C = 1 (points)": over_l2[1.0].mean(),
        "fc7 alone: over none, C to scale (points)": gains("fc7", "standardized", TO_SCALE).mean(),
    },
)

# %% [markdown] slideshow={"notes": "One voice a layer or one voice a feature: that is the whole difference. Exercise 4 has both.", "slide_type": "subslide"}
# **Reading.** Six targets do not settle it. On average standardising all layers gains over no
# normalization and stays a point behind L2 by layer, but targets disagree, and the intervals have
# zero in them: some 20 targets would be needed to see a difference of that size. Both repair the
# scale between layers. L2 by layer gives each *layer* an equal voice, so that `fc6` and `fc7` are 2
# of 12; standardising gives each *feature* one, so that they are half. Exercise 4 has both.
#
# The neuron shows that the *features* adapt to the target. The *accuracy* notices little: with the
# statistics of another target it is less than a point lower on average, which is not told from
# none. All six targets are photographs; a target that is none may differ.
#
# Ours has 2,048 features and was trained with batch normalisation. VGG16 has 12,416 and was not.

# %% [markdown] slideshow={"notes": "Left: the best C of L2 by layer is over a hundred times that of standardized. Right: divided by the length of a row they fall on one place. Ask what a paper at C = 1 compared.", "slide_type": "slide"}
# ## Why C = 1 is not neutral
#
# A standardized row of 2,048 features is 45 long; after L2 per image its length is 1. With C = 1
# the first trains as if errors cost 2,048 times as much. Each normalization at many C, on two
# targets:

# %% slideshow={"slide_type": "-"}
two = {target: near_source[target] for target in ("insects", "vehicles")}
tried = ["none", "L2 by layer", "standardized", "discretized"]
over_C = accuracies_over_C(two, every, tried, [0.01, 0.1, 1, 10, 100])
figure = plots.plot_accuracy_over_C(over_C)
plots.alt_text(
    figure,
    "Left: accuracy over C. The best C of L2 by layer is over a hundred times that of standardized "
    "and discretized. "
    "Right: over C times the squared length of a row they all have it near 1.",
)

# %% [markdown] slideshow={"notes": "The most useful sentence of the notebook: never compare two normalizations at one C. Choose it on training images.", "slide_type": "subslide"}
# **Reading.** Most of what looked like a difference between normalizations was a difference of C.
# Aligned on the right, they all do best near 1, and little more than the spread of the draws remains
# between them. Discretized features suffer least from a large C.
#
# So: never compare two normalizations at one C. Choose C for each, on the training images.

# %% [markdown] slideshow={"notes": "Ask for the accuracy if each test image is standardised by itself, before running. It is guessing: every image becomes 0.", "slide_type": "slide"}
# ## Four traps
#
# None of these stops with an error. All of them are in public code.
#
# **1. Standardise the test images by their own statistics.** It looks symmetrical. Three draws on
# insects:

# %% slideshow={"slide_type": "-"}
wrong_ways = accuracies_by_test_statistics("natural", "insects", every)
for name, draws in wrong_ways.items():
    print(f"{name:24} {100 * min(draws):.0f} to {100 * max(draws):.0f}%")

# %% [markdown] slideshow={"notes": "Two images a class make some columns constant. A NaN stops nothing; the SVM complains later, or not at all.", "slide_type": "subslide"}
# With all test images at hand it goes nearly unnoticed. Let them come folder by folder, and the
# class itself is subtracted. Let them come one by one, and every image is 0: that is guessing.
#
# **2. A feature that is constant on the training images.** And **3. a row of zeros.** Two training
# images a class are enough to meet the first.

# %% slideshow={"slide_type": "-"}
# NBVAL_CHECK_OUTPUT
few = insects.matrix[sample_per_class(insects.labels, 2, seed=0)]
with np.errstate(invalid="ignore"):
    naive = (few - few.mean(axis=0)) / few.std(axis=0)
    silent = np.zeros((1, few.shape[1]))
    naive_row = silent / np.linalg.norm(silent)
ours = Standardizer().fit(few)
print("columns that are NaN:", np.isnan(naive).any(axis=0).sum())
print("columns that Standardizer reports:", len(ours.constant_features_))
print("finite on all images:", bool(np.isfinite(ours.transform(insects.matrix)).all()))
print("a row of zeros becomes NaN:", bool(np.isnan(naive_row).all()))
print("L2ByLayer leaves it zero:", not L2ByLayer(insects.layer_sizes).fit_transform(silent).any())

# %% [markdown] slideshow={"notes": "Two lines of output: after L2 per image fc6 alone has nearly half. By layer each has a twelfth.", "slide_type": "subslide"}
# **4. L2 over the whole concatenation, where "by layer" is meant.** Part of an image's squared norm
# that each layer has:

# %% slideshow={"slide_type": "-"}
# NBVAL_CHECK_OUTPUT
for normalization in ("L2 per image", "L2 by layer"):
    parts = share_of_norm(normalized_features("natural", "insects", every, normalization))
    shown = ", ".join(f"{layer} {100 * parts[layer]:.0f}%" for layer in ("conv2_2", "fc6", "fc7"))
    print(f"{normalization}: {shown}")

# %% [markdown] slideshow={"notes": "Ask: horizontal or vertical? The answer 200 is horizontal.", "slide_type": "slide"}
# ## Exercises
#
# **1.** VGG16's 12,416 features of 200 training images are standardised. How many means have to be
# kept for the test images?

# %% slideshow={"slide_type": "-"}
answer = ...
check_answer(
    answer,
    all_features,
    "One for each feature: vertically. L2 keeps nothing at all, it looks at one image at a time.",
    {200: "That would be horizontal: one for each image.", 15: "One for each feature, not layer."},
)

# %% [markdown] slideshow={"slide_type": "-"}
# <details><summary>Solution</summary>
#
# ```python
# 4224 + 8192
# ```
#
# 12,416, and as many standard deviations: `Standardizer` keeps both.
#
# </details>

# %% [markdown] slideshow={"notes": "Let them guess before running. Usual misunderstanding: that only class differences correlate features.", "slide_type": "subslide"}
# **2.** Are features correlated only because images of a class are alike? Subtract from each insect
# the mean of its class. Is the mean |r| across layers then closer to what it was (`"before"`) or to
# that of chance (`"chance"`)?

# %% slideshow={"slide_type": "-"}
answer = ...
class_means = np.stack([insects.matrix[insects.labels == c].mean(axis=0) for c in range(10)])
within_class = Features(
    insects.matrix - class_means[insects.labels],
    insects.labels,
    insects.classes,
    insects.layer_sizes,
)
rest = within_and_across(correlation_between_layers(within_class))[1]
before, random = (within_and_across(found["insects"])[1] for found in (blocks, chance))
check_answer(
    answer,
    "before" if abs(rest - before) < abs(rest - random) else "chance",
    f"{before:.3f} before, {rest:.3f} within classes, {random:.3f} by chance.",
)

# %% [markdown] slideshow={"slide_type": "-"}
# <details><summary>Solution</summary>
#
# ```python
# "before"
# ```
#
# Most of the correlation is between images of one class: light, contrast, background
# and pose move many features at once.
#
# </details>

# %% [markdown] slideshow={"notes": "Length of a row first, then one over its square. The answer 2048 is the right idea upside down.", "slide_type": "subslide"}
# **3.** Which C gives standardized features of our full network (2,048 columns) the strength that
# C = 1 has after L2 per image? A row after L2 per image has squared length 1.

# %% slideshow={"slide_type": "-"}
answer = ...
check_answer(
    answer,
    scaled_C("natural", "insects", every, "standardized"),
    "Each standardized column has variance 1, so a row has squared length 2,048 on average.",
    {1: "Then errors cost 2,048 times as much as after L2.", 2048: "The other way round."},
    tolerance=5e-6,
)

# %% [markdown] slideshow={"slide_type": "-"}
# <details><summary>Solution</summary>
#
# ```python
# 1 / 2048
# ```
#
# About 0.00049.
#
# </details>

# %% [markdown] slideshow={"notes": "Two things to fill in: the second pipeline and the answer. What comes last is what the SVM sees.", "slide_type": "subslide"}
# **4.** Have both: features of one scale *and* layers of one norm. On `food`, with C to scale, which
# order does better: `"standardise first"` or `"L2 by layer first"`? Complete the second pipeline.

# %% slideshow={"slide_type": "-"}
train, test = shipped_features("natural", "food")
orders = {
    "standardise first": make_pipeline(Standardizer(), L2ByLayer(train.layer_sizes)),
    "L2 by layer first": ...,
}


def tried_on_food(pipeline):
    found = []
    for seed in range(3):
        rows = sample_per_class(train.labels, 20, seed)
        X = pipeline.fit_transform(train.matrix[rows])
        svm = LinearSVM(1 / mean_squared_length(X), random_state=seed).fit(X, train.labels[rows])
        found.append(mean_class_accuracy(test.labels, svm.predict(pipeline.transform(test.matrix))))
    return np.mean(found)


answer = ...
tried_orders = {name: tried_on_food(order) for name, order in orders.items() if order is not ...}
check_answer(
    answer,
    max(tried_orders, key=tried_orders.get) if len(tried_orders) == 2 else "not tried",
    "What comes last is what the SVM sees: after standardising, L2 by layer gives every layer one "
    "voice and leaves features of a layer on one scale.",
    {None: "Is the second pipeline complete? Then look at tried_orders."},
)

# %% [markdown] slideshow={"slide_type": "-"}
# <details><summary>Solution</summary>
#
# ```python
# orders["L2 by layer first"] = make_pipeline(L2ByLayer(train.layer_sizes), Standardizer())
# max(orders, key=lambda name: tried_on_food(orders[name]))
# ```
#
# Standardise first. The other order ends with each *feature* at one scale again, so that `fc6` and
# `fc7` are half of what the SVM sees, as if L2 had not been there.
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
#   C again after every normalization.
# - L2 by layer gives each *layer* one norm, standardising gives each *feature* one scale. Mixed
#   layers need one of them; a single layer hardly does.
# - Statistics come from the **training** images of the target, and from nowhere else.
#
# **Next**: standardise, then keep only -1, 0 and 1 ([10](10_full_network_embedding.ipynb)), and
# what all of it gains on near and far targets ([11](11_similarity_tables.ipynb)). The
# [map](00_start_here.ipynb) shows which notebooks are there.

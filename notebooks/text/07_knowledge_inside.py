# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"notes": "The slide of the lecture shows pictures; this notebook measures them. Fifteen minutes live: filters, explorer, the two claims.", "slide_type": "slide"}
# # 07 Knowledge inside
#
# *[Lecture](../docs/bibliography.md#lecture): "Knowledge inside DNN" and "Which layers to use?".*
#
# **You will learn**
#
# - how to see what a single unit of a network responds to;
# - which properties of a picture can be read at which depth, and how to check that;
# - when the last layers are enough, and when to take more of them.
#
# **You need**: [06 feature extraction](06_feature_extraction.ipynb). **Time**: 45 minutes for you,
# about 40 seconds for the machine.

# %% slideshow={"slide_type": "skip"}
import numpy as np
from scipy import stats
from tqdm import tqdm

from tlcourse import plots
from tlcourse.classifiers import probes as layer_probes
from tlcourse.classifiers.score import evaluate_features, evaluate_transfer, of_rows
from tlcourse.datasets.drawn import Domain, HybridImages
from tlcourse.datasets.labelled_pictures import animals_with_dials, textures_with_dials
from tlcourse.datasets.split import stratified_split
from tlcourse.features.extraction import extract_features
from tlcourse.features.representations import Pictures
from tlcourse.networks.backbones import load_backbone
from tlcourse.networks.units import (
    PicturePool,
    excitation,
    first_layer_filters,
    flat_share,
    map_picture,
    portrait,
    receptive_fields,
)
from tlcourse.widgets import UnitExplorer, check_answer, claims, quiz

plots.use_course_style()

# %% [markdown] slideshow={"notes": "Ask before running what a filter of the first layer can look like: 27 weights, nine pixels in three colours. Point at flat patches and at patches split in two.", "slide_type": "slide"}
# ## The first layer can be looked at
#
# A unit of `conv1_1` is a filter of 3 x 3 weights on red, green and blue. That is a small picture:
# the very thing that the unit answers to. Grey stands for a weight of zero.

# %% slideshow={"slide_type": "-"}
networks = {name: load_backbone(name) for name in ("natural", "manmade", "drawn")}
filters = {name: first_layer_filters(network) for name, network in networks.items()}
flat = {name: flat_share(weights) for name, weights in filters.items()}
ax = plots.plot_filters(filters, flat)
plots.alt_text(
    ax,
    "The 16 filters of conv1_1 of three networks. Some are a patch of one colour, such as blue or "
    "red; the others are dark on one side and bright on the other: edges, many of them coloured.",
)

# %% [markdown] slideshow={"slide_type": "skip"}
# "colour" stands below a filter more than half of which is the same at all nine places, "edge"
# below any other. The shares are computed from the weights.

# %% [markdown] slideshow={"notes": "Same kinds of filter from animals, from tools and from drawings. Ask what that says about reusing conv1 for X-rays. Bright in a map means active, not important.", "slide_type": "subslide"}
# **Three networks, three sources, one kind of filter**: colours and edges. Here is what they make
# of a picture: bright where the unit is active.

# %% slideshow={"slide_type": "-"}
natural = networks["natural"]
cat = Domain("animals").draw("tabby cat", seed=3)
units = {
    "colour": np.flatnonzero(flat["natural"] > 0.5)[:4],
    "edge": np.flatnonzero(flat["natural"] < 0.1)[:4],
}
plots.PictureRows(
    {
        f"{kind} {', '.join(map(str, some))}": [
            cat,
            *(map_picture(excitation(natural, cat, "conv1_1", unit).where) for unit in some),
        ]
        for kind, some in units.items()
    },
    "A drawn cat, and the maps of four units: those of the colour filters light up whole areas, "
    "those of the edge filters the outlines.",
)

# %% [markdown] slideshow={"notes": "Let the room work out conv1_2: 5 pixels. Then ask where a unit first sees the whole picture. Usual mistake: adding filters without doubling the step after a pool.", "slide_type": "slide"}
# ## What a unit can see at all
#
# A unit of `conv1_1` sees 3 x 3 pixels. The next layer looks at 3 x 3 of those, a max-pool doubles
# the step, and so on: the **[receptive field](../docs/glossary.md#receptive-field)** grows. It is
# arithmetic, no network needs to run.

# %% slideshow={"slide_type": "-"}
fields = receptive_fields(natural)
ax = plots.plot_receptive_fields(
    {layer: fields[layer] for layer in natural.default_layers}, natural.side
)
plots.alt_text(
    ax,
    "Pixels seen by one place of each layer: 3 in conv1_1, then 5, 10, 14, 24, 32, 52, and the "
    "whole picture of 64 from conv4_2 on.",
)

# %% [markdown] slideshow={"slide_type": "-"}
# Below `conv4_2` no unit can know what the picture as a whole shows. From there on it could.
# Whether it does is another question.

# %% [markdown] slideshow={"notes": "Ask why deeper filters cannot be drawn: they weigh channels, not colours. In activation maximisation the pixels are trained and the weights stay.", "slide_type": "slide"}
# ## What excites a unit
#
# Deeper filters look at units, not at colours: their weights say nothing to the eye. Two things do.
#
# - **[The strongest pictures](../docs/bibliography.md#zeiler-2014)**: go through a pool, keep those
#   where the unit was most active, and cut out what it sees.
# - **[Activation maximisation](../docs/glossary.md#activation-maximisation)** ([Erhan et al.
#   2009](../docs/bibliography.md#erhan-2009)): start from noise, and change the *pixels*, step by
#   step, in the direction that excites the unit.

# %% slideshow={"notes": "Cover the labels and ask which row is deepest. Two starts give two pictures: the unit answers to more than one thing. Nobody picked nice units.", "slide_type": "subslide"}
hybrids = HybridImages("val", per_class=9)
hybrid_pictures = [hybrids[i][0] for i in tqdm(range(len(hybrids)), "drawing", delay=2)]
pool = PicturePool(hybrid_pictures[:246])
drawn = networks["drawn"]
portraits = {}
for layer in ("conv1_2", "conv2_2", "conv3_2", "conv4_2", "fc7"):
    (unit,) = pool.lively_units(drawn, layer, n=1, seed=0)
    portraits[f"{layer}, unit {unit}"] = portrait(pool, drawn, layer, unit, seeds=(0, 1))
plots.PictureRows(
    portraits,
    "Two pictures made to excite the unit, from two starts; then what the unit sees of the six "
    "pictures that excite it most.",
)

# %% [markdown] slideshow={"slide_type": "skip"}
# The network is `drawn`. Left: two pictures made for the unit, from two starts (seeds). Right: what
# the unit sees of its six strongest among 246 drawn pictures. The units were drawn at random from
# those that respond to more than one picture in twenty: choosing nice ones would be cheating.

# %% [markdown] slideshow={"slide_type": "-"}
# Down: a colour or an edge, then a pattern, then a part, then something that is hard to name. That
# is the slide's picture, and it is **an impression**. The claim below measures it.

# %% [markdown] slideshow={"notes": "Have a photograph ready on this machine. Ask what will change between conv1_1 and fc7 before you switch.", "slide_type": "slide"}
# ## Units to explore, and your own picture
#
# Choose a source, a layer and a unit. Then put a picture of your own in, with the button: a drawn
# cat stands there until you do. It stays on this machine.
#
# Try: the same picture at `conv1_1` and at `fc7`. A unit of `natural` that likes your picture more
# than all others do.

# %% slideshow={"notes": "Go up layer by layer with one unit number and say aloud what you believe it detects. Then change the unit: most are hard to name.", "slide_type": "subslide"}
explorer = UnitExplorer(pool, source="natural", layer="conv4_2", unit=3, picture=cat)
explorer

# %% [markdown] slideshow={"notes": "Point, patch, whole: ask the room to sort hue, stripes and species into them. Without such a definition the claim cannot fail.", "slide_type": "slide"}
# ## Claim: from simple to complex
#
# > Knowledge inside DNN: simple features &rarr; complex features.
#
# **Motivation.** Each layer combines what the one below found. So edges could become patterns,
# patterns parts, and parts things. But "simple" and "complex" are words. We need them in pixels.
#
# **Simple** shall be what one *point* of the picture tells: brightness, hue. In between is what
# takes a *patch*: sharpness, orientation, texture, the kind of background. **Complex** is what
# takes *the whole* thing: the species of an animal, its breed.

# %% slideshow={"notes": "Take a show of hands. \"Both are read better and better\" is the usual choice: deeper is taken for better at everything.", "slide_type": "subslide"} tags=["predict"]
claim = claims.open("simple-to-complex")
claim.predict(
    "A linear classifier on each layer, from conv1_1 to fc7. What happens to the hue of the "
    "background and to the species of the animal?",
    [
        "both are read better and better",
        "the hue gets lost, the species comes up",
        "the hue stays as it is, the species comes up",
        "both are read equally well from every layer",
    ],
)

# %% [markdown] slideshow={"notes": "One row a property: look where each is brightest (boxed). Point at noise, which must stay at guessing, before anybody believes the other rows.", "slide_type": "subslide"}
# **Experiment.** Drawn pictures have every property on a dial, so that one picture carries many
# labels, each dealt without regard to the others. A linear SVM (a
# *[probe](../docs/glossary.md#linear-probe)*, [Alain and Bengio
# 2016](../docs/bibliography.md#alain-2016)) on every layer reads every property, three draws of the
# training pictures each.
#
# Two controls: a label that the picture knows nothing of ("noise"), and the same network with
# **random weights**, whose layers are as wide and see as far.

# %% jupyter={"outputs_hidden": true} slideshow={"slide_type": "-"}
animals, textures = animals_with_dials(209), textures_with_dials(120)
probes = {
    name: layer_probes.probe_network(network, (animals, textures))
    for name, network in {
        "natural": natural,
        "drawn": drawn,
        "random weights": load_backbone("natural", "random"),
    }.items()
}
ax = plots.plot_probes(probes["natural"], layer_probes.LEVELS)
plots.alt_text(
    ax,
    "Accuracy of a probe on every layer of natural. Brightness and hue are best in the first three "
    "blocks and fall towards fc7; orientation is best from conv2 on, background and texture "
    "in the middle; sharpness, breed and species are best in conv5_1; "
    "noise is at guessing everywhere.",
)

# %% [markdown] slideshow={"notes": "Point, patch, whole: in this order in both trained networks. Ask what the same figure shows for random weights before pointing at it.", "slide_type": "subslide"}
# In one number a property: the **depth** where it is read, the centre of gravity of its row.

# %% jupyter={"outputs_hidden": true} slideshow={"slide_type": "-"}
def depth_of(line):
    """Centre of gravity of a row (layers, draws), counted from its lowest value: (draws,)."""
    above = line - line.min(axis=0)
    return np.arange(1, len(line) + 1) @ above / above.sum(axis=0)


accuracy = {  # of each network and property: (layers, draws)
    net: {name: np.array(list(line.values())) for name, line in lines.items()}
    for net, lines in probes.items()
}
depths = {
    net: {
        level: list(np.mean([depth_of(lines[name]) for name in names], axis=0))
        for level, names in layer_probes.LEVELS.items()
    }
    for net, lines in accuracy.items()
}
ax = plots.plot_dumbbells(depths, "depth, in layers (1 is conv1_1, 12 is fc7)", scale=1, digits=1)
plots.alt_text(
    ax,
    "Depth at which properties of a point, a patch and the whole are read: in this order in both "
    "trained networks; with random weights the point comes first too.",
)

# %% [markdown] slideshow={"notes": "Ask who expected an order without training. What training adds is the difference: above zero for the whole, below it for a point.", "slide_type": "subslide"}
# **Random weights** give a part of that order: their deeper layers see further as well, and there
# are more features to read from. So the order is no proof of *knowledge*. What did training add?

# %% jupyter={"outputs_hidden": true} slideshow={"slide_type": "-"}
added = {  # points that training adds to each property, by layer and draw
    net: {
        name: 100 * (accuracy[net][name] - accuracy["random weights"][name])
        for name in accuracy[net]
    }
    for net in ("natural", "drawn")
}
every = drawn.default_layers
by_level = {
    net: {
        level: dict(zip(every, np.mean([gains[name] for name in names], axis=0), strict=True))
        for level, names in layer_probes.LEVELS.items()
    }
    for net, gains in added.items()
}
figure = plots.plot_gains(by_level, "points above random weights")
plots.alt_text(
    figure,
    "Accuracy above the same network with random weights. The whole: near zero in conv1, far above "
    "from conv4 on. A patch: above from conv2 on. A point: falls below random towards fc7, and in "
    "the drawn network from the start.",
)

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Read the two pairs of figures: hue falls, species comes up. Compare with the hands.", "slide_type": "subslide"} tags=["claim:simple-to-complex"]
steps = {name: step for step, names in enumerate(layer_probes.LEVELS.values()) for name in names}


def gained_in_depth(name):
    """Points that training adds to one property, deeper half of the layers over the other half."""
    gain = np.mean([added[net][name] for net in added], axis=(0, 2))
    half = len(gain) // 2
    return gain[half:].mean() - gain[:half].mean()


def slope_of(values):
    """Slope of values, one a property, over the steps from a point to the whole, as an Effect."""
    fit = stats.linregress(list(steps.values()), values)
    half = stats.t.ppf(0.975, len(values) - 2) * fit.stderr
    return claims.Effect(fit.slope, fit.slope - half, fit.slope + half)


ends = {
    name: {
        layer: 100 * accuracy["natural"][name][place].mean()
        for place, layer in ((0, "conv1_1"), (-1, "fc7"))
    }
    for name in ("hue", "species")
}
rises = {name: line["fc7"] - line["conv1_1"] for name, line in ends.items()}
change = {name: "up" if by > 5 else "down" if by < -5 else "level" for name, by in rises.items()}
layers_deeper = {
    net: slope_of([depth_of(accuracy[net][name]).mean() for name in steps]).value
    for net in accuracy
}
claim.measured(
    slope_of([gained_in_depth(name) for name in steps]),
    on="Probes of eight properties on every layer of two networks, natural and drawn, against "
    "random weights; the mean of both networks and of three draws of the training pictures.",
    limits="A probe sees averages over the picture, and only what is linear in them; eight "
    "properties were graded by hand, and two networks were trained once each.",
    option={
        ("up", "up"): "both are read better and better",
        ("down", "up"): "the hue gets lost, the species comes up",
        ("level", "up"): "the hue stays as it is, the species comes up",
        ("level", "level"): "both are read equally well from every layer",
    }.get((change["hue"], change["species"])),
    beside={
        **{f"{name} from {layer} (%)": ends[name][layer] for name in ends for layer in ends[name]},
        **{f"{net}: layers deeper a step": by for net, by in layers_deeper.items()},
    },
)

# %% [markdown] slideshow={"notes": "The slide is right and the order alone is weak evidence. Usual misunderstanding: lost for a linear probe is not lost for every reader.", "slide_type": "subslide"}
# **Reading.** Measured, the slide is right: for each step from a point to the whole, training adds
# some 14 points more to the deeper half of the layers than to the other half. Colour is read early and gets lost; orientation comes
# with the second block, texture and the kind of background in the middle; species and breed come up
# late, and are best in conv5_1, as is sharpness. Training is what brings them up: random weights read
# the whole hardly better at the end than at the beginning. It is also what *loses* the simple: random
# weights keep the brightness to the end, `natural` does not. Hue is another matter: random weights
# lose more of it than `natural`, and `drawn` more still.
#
# What the picture on the slide does not say:
#
# - The order alone proves little: depth and width give a part of it without any training.
# - What gets lost depends on the source. `drawn` learned its classes before any background: it
#   drops hue from the first block on. To `natural` colour means something, and it keeps it longer.
# - A probe sees averages over the picture, and only what is linear in them.

# %% [markdown] slideshow={"notes": "Stress the word very. Ask for an example of two tasks that are very similar and still not the same.", "slide_type": "slide"}
# ## Claim: which layers to use
#
# > If source and target task are **very** similar use the "classifier" layers. If source and target
# > task are **not** very similar broaden the scope.
#
# **Motivation.** The last layers have dropped what the source did not need. If the target needs the
# same things, that is noise gone. If it needs others, they are gone, and lower layers still have
# them.

# %% slideshow={"notes": "Most choose the first option, which is what the slide says. Write the counts down; the middle case decides.", "slide_type": "subslide"} tags=["predict"]
claim = claims.open("which-layers")
claim.predict(
    "Four images a class. A linear SVM on fc6 and fc7, or on all layers. With all of them the "
    "accuracy ...",
    [
        "falls on the source's own task and on near targets, and rises on far ones",
        "falls on the source's own task, and rises on near and on far targets",
        "rises everywhere",
        "falls everywhere",
    ],
)

# %% [markdown] slideshow={"notes": "Two panels: photographs, drawn classes. Ask which line should lie below zero if the slide is right. Only the own task does.", "slide_type": "subslide"}
# **Experiment.** Sets of layers, each of which holds the one before. [Every layer has norm
# 1](../docs/glossary.md#l2-by-layer) in every image (notebook 09 says why), the SVM is the same,
# and sets are compared on the same draws. The targets, from similar to not:
#
# - **own task**: new pictures of the 41 classes that `drawn` was trained on. More similar there is
#   not;
# - **near**: photographs of classes that were not in the source, but of its kind (notebook 06);
# - **far**: the same photographs, from the other source. And the same 41 drawn classes, from
#   `natural`.

# %% slideshow={"slide_type": "-"}
near = {
    "cats and dogs": "natural",
    "insects": "natural",
    "vehicles": "manmade",
    "clothes": "manmade",
}
other = {"natural": "manmade", "manmade": "natural"}
far = {target: other[source] for target, source in near.items()}
blocks = [layer.partition("_")[0] for layer in every]
sets = {"fc7": every[-1:], "fc6, fc7": every[-2:]}
sets |= {
    f"from {block}": every[blocks.index(block) :] for block in ("conv5", "conv4", "conv3", "conv2")
}
sets["all layers"] = every
own_task = Pictures(np.stack([np.asarray(each) for each in hybrid_pictures]), hybrids.targets)

# %% jupyter={"outputs_hidden": true} slideshow={"slide_type": "-"}
FOUR = {"normalization": "L2 by layer"}
own_features = {name: extract_features(networks[name], own_task) for name in ("drawn", "natural")}


def on_photographs(sources, layers, seeds=range(5)):
    """Accuracies from 0 to 1: (targets, draws)."""
    draws = ({"per_class": 4, "seed": seed, **FOUR} for seed in seeds)
    return np.array(
        [
            [
                evaluate_transfer(source, target, layers, **options).accuracy
                for target, source in sources.items()
            ]
            for options in draws
        ]
    ).T


def on_own_classes(name, layers, seeds=range(6)):
    """The same on the 41 classes that drawn was trained on: (classes, draws)."""
    features, found = own_features[name], []
    for seed in seeds:
        parts = stratified_split(features.labels, 4, seed)
        train, test = (of_rows(features, rows) for rows in parts)
        found.append(list(evaluate_features(train, test, layers, seed, **FOUR).per_class.values()))
    return np.transpose(found)


photographs = {
    "near source": {name: on_photographs(near, layers) for name, layers in sets.items()},
    "far source": {name: on_photographs(far, layers) for name, layers in sets.items()},
}
drawings = {
    "own task (drawn)": {name: on_own_classes("drawn", layers) for name, layers in sets.items()},
    "far source (natural)": {
        name: on_own_classes("natural", layers) for name, layers in sets.items()
    },
}
panels = {"photographs, mean of four targets": photographs, "41 drawn classes": drawings}

# %% jupyter={"outputs_hidden": true} slideshow={"slide_type": "-"}
gained = {
    title: {
        name: {
            layers: 100 * (found - by_set["fc6, fc7"]).mean(axis=0)
            for layers, found in by_set.items()
        }
        for name, by_set in lines.items()
    }
    for title, lines in panels.items()
}
figure = plots.plot_gains(gained, "points above fc6 and fc7")
plots.alt_text(
    figure,
    "What broader sets of layers gain over fc6 and fc7. Photographs: both sources gain, near and "
    "far about as much. Drawn classes: the source's own task loses as layers are added; the far "
    "source gains.",
)

# %% [markdown] slideshow={"notes": "Ask for the best single layer before running. Around conv5, not fc7: the last layer is already about the source's classes.", "slide_type": "subslide"}
# And **one** layer alone? The last of each block, and `fc6` and `fc7`, on the photographs.

# %% jupyter={"outputs_hidden": true} slideshow={"slide_type": "-"}
single = [layer for layer in drawn.default_layers if not layer.endswith("_1")]
alone = {
    name: {layer: on_photographs(to, layer, range(3)).mean(axis=0) for layer in single}
    for name, to in (("near source", near), ("far source", far))
}
ax = plots.plot_by_layer(alone)
plots.alt_text(
    ax,
    "Accuracy of single layers on photographs: rises slowly from conv1, is highest around conv5, "
    "and falls towards fc7, from the near source and from the far one.",
)

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Three figures: own task down, near up, far up. Near behaves like far, against the slide if near is very similar.", "slide_type": "subslide"} tags=["claim:which-layers"]
def gained_by_all(by_set):
    """Points that all layers gain over fc6 and fc7, one a target or class, draws averaged."""
    return 100 * (by_set["all layers"] - by_set["fc6, fc7"]).mean(axis=1)


on_own = gained_by_all(drawings["own task (drawn)"])
on_near, on_far = (gained_by_all(photographs[name]) for name in ("near source", "far source"))
claim.measured(
    {"own classes": -on_own, "near targets": -on_near, "far targets": on_far},
    on="All layers against fc6 and fc7, four images a class: 41 drawn classes, those of the source "
    "(six draws, the unit is the class), and four families of photographs from the near and from "
    "the far source (five draws, the unit is the family).",
    limits="Linear classifiers on few images and features averaged over space; a near target has "
    "classes of the source's kind, none of the source.",
    option={
        (-1, -1, 1): "falls on the source's own task and on near targets, and rises on far ones",
        (-1, 1, 1): "falls on the source's own task, and rises on near and on far targets",
        (1, 1, 1): "rises everywhere",
        (-1, -1, -1): "falls everywhere",
    }.get(tuple(np.sign([points.mean() for points in (on_own, on_near, on_far)]))),
    beside={
        "own classes: points gained by all layers": on_own.mean(),
        "near targets: points gained": on_near.mean(),
        "far targets: points gained": on_far.mean(),
        "the drawn classes from natural: points gained": gained_by_all(
            drawings["far source (natural)"]
        ).mean(),
    },
)

# %% [markdown] slideshow={"notes": "What to keep: for a new task, broaden. In the published table fc7 wins only on cats-dogs and sdogs, and sdogs is a part of ImageNet.", "slide_type": "subslide"}
# **Reading.** The first half of the rule holds in one place only: on the very classes of the
# source. There the layers that are added are noise. The same pictures gain from more layers when
# the source is far, so it is the similarity that matters, and not the pictures.
#
# But **near** is not near enough. On new photographs of the source's kind, all layers beat the last
# two by about as much as from the far source. "Very similar" must be read as "the same classes",
# and then there is little to transfer. For a new task: broaden the scope. Down to `conv4` it pays;
# further does no harm.
#
# Published figures agree. In the lecture's table of *high* similarity, `fc7` beats the full network
# on two of nine data sets: cats-dogs and sdogs, the two most like ImageNet; sdogs is a part of it.
# With Places as the source, the full network wins cats-dogs by 17.5 points.

# %% [markdown] slideshow={"slide_type": "skip"}
# What this does not say: these are linear classifiers on few images, and features averaged over
# space. `fc6` and `fc7` see *where* things are, the convolutions' averages do not; part of what
# lower layers lack is that. With fine-tuning (notebook 08) the question is another one.

# %% [markdown] slideshow={"notes": "Do it on the board: two places more, two pixels apart. The answer 12 forgets the pool, the answer 30 forgets that fields overlap.", "slide_type": "slide"}
# ## Exercises
#
# **1.** How many pixels wide is what a unit of `conv2_2` sees? Work it out from `conv2_1`, which
# sees 10: its places are 2 pixels apart, and the filter is 3 x 3.

# %% slideshow={"slide_type": "-"}
answer = ...
check_answer(
    answer,
    fields["conv2_2"].side,
    "A filter of 3 places reaches 2 steps further than one place: 10 + 2 x 2.",
    {
        12: "Its places are 2 pixels apart: two more places are four more pixels.",
        30: "Neighbours overlap: 3 places of 10 pixels each, 2 pixels apart.",
    },
)

# %% [markdown] slideshow={"slide_type": "-"}
# <details><summary>Solution</summary>
#
# ```python
# fields["conv2_1"].side + (3 - 1) * fields["conv2_1"].step
# ```
#
# </details>

# %% [markdown] slideshow={"notes": "A background is a patch. Ask first in which block they would look, and why fc7 is a bad place in drawn.", "slide_type": "subslide"}
# **2.** You want to sort pictures by the *kind of background* (leaves, stripes, ...). From which
# single layer of `drawn` is it read best? `probes["drawn"]["background"]` has the accuracies.

# %% slideshow={"slide_type": "-"}
answer = ...
line = {layer: np.mean(values) for layer, values in probes["drawn"]["background"].items()}
check_answer(
    answer,
    max(line, key=line.get),
    "In the middle: far enough for a pattern, not yet so far that backgrounds are dropped.",
    {
        "fc7": "By then the network, trained to name things before any background, has dropped it.",
        "conv1_1": "A colour or an edge is no pattern yet.",
    },
)

# %% [markdown] slideshow={"slide_type": "-"}
# <details><summary>Solution</summary>
#
# ```python
# line = {layer: np.mean(values) for layer, values in probes["drawn"]["background"].items()}
# max(line, key=line.get)
# ```
#
# </details>

# %% [markdown] slideshow={"notes": "Short loop over near. The point: a mean over four targets can hide one that goes the other way.", "slide_type": "subslide"}
# **3.** A mean can hide a target. On how many of the four *near* targets do all layers beat `fc6` and
# `fc7`, in the mean of three draws? `accuracy_on(target, layers)` measures one target.

# %% slideshow={"slide_type": "-"}
def accuracy_on(target, layers):
    return on_photographs({target: near[target]}, layers, range(3)).mean()


last, every = sets["fc6, fc7"], sets["all layers"]

# %% slideshow={"slide_type": "-"}
answer = ...
check_answer(
    answer,
    sum(accuracy_on(target, every) > accuracy_on(target, last) for target in near),
    "Target by target, then, and not only in the mean.",
)

# %% [markdown] slideshow={"slide_type": "-"}
# <details><summary>Solution</summary>
#
# ```python
# sum(accuracy_on(target, every) > accuracy_on(target, last) for target in near)
# ```
#
# </details>

# %% [markdown] slideshow={"notes": "Alone first, two minutes, then ask for hands at question 3: it is the one that the slide gets wrong.", "slide_type": "slide"}
# ## Quiz
#
# Three questions about what was measured. Choose, check, and read why.

# %% slideshow={"slide_type": "-"}
quiz("07")

# %% [markdown] slideshow={"notes": "Close with the third point: for a new task take more layers. Notebook 08 asks the same of training.", "slide_type": "slide"}
# ## Remember
#
# - A unit is known by its filter, by its strongest pictures, and by a picture made for it. These
#   are impressions: probe to measure, and print random weights beside them.
# - With depth, colour gets lost and things come up. What is lost is what the source did not need.
# - The last layers alone serve the source's own classes. For a new task, take more of them.
#
# **Next**: which of these layers to freeze, and which to train again ([08](08_fine_tuning.ipynb)).
# The [map](00_start_here.ipynb) shows which notebooks are there.

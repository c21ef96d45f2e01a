# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"notes": "The slide of the lecture shows pictures; this notebook makes them, and then measures. Fifteen minutes live: filters, gradient ascent, the two claims.", "slide_type": "slide"}
# # 07 Knowledge inside
#
# *[Lecture](../docs/bibliography.md#lecture): "Knowledge inside DNN" and "Which layers to use?".*
#
# **You will learn**
#
# - to see what a unit of a network responds to: its filter, its strongest pictures, and a picture
#   that gradient ascent makes for it;
# - to ask any layer what can be read from it, with a [probe](../docs/glossary.md#linear-probe);
# - when the last layer is enough, and when to take more of them.
#
# **You need**: [06 feature extraction](06_feature_extraction.ipynb). **Time**: 45 minutes for you,
# about 50 seconds for the machine.

# %% slideshow={"slide_type": "skip"}
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from sklearn.linear_model import RidgeClassifierCV
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn
from tqdm import tqdm

from tlcourse import paths, plots
from tlcourse.datasets.drawn import Domain, Factors, HybridImages
from tlcourse.features.extraction import extract_features, shipped_features
from tlcourse.networks.backbones import load_backbone
from tlcourse.networks.units import PicturePool, maximised_picture, normalization_of
from tlcourse.widgets import UnitExplorer, check_code, claims, quiz

plots.use_course_style()

# %% [markdown] slideshow={"notes": "Ask before running what a filter of the first layer can look like: 27 weights, nine pixels in three colours. Point at flat patches and at patches split in two.", "slide_type": "slide"}
# ## The first layer can be looked at
#
# A [unit](../docs/glossary.md#feature) of `conv1_1` is a filter of 3 x 3 weights on red, green and
# blue. That is a small picture: the very thing that the unit answers to. Grey stands for a weight of
# zero. Of each of three networks, here are the four filters that are most alike at all nine places,
# and the four that are least so.

# %% slideshow={"notes": "Same kinds of filter from animals, from tools and from drawings. Ask what that says about reusing conv1 for X-rays.", "slide_type": "subslide"}
networks = {name: load_backbone(name) for name in ("natural", "manmade", "drawn")}
figure, axes = plt.subplots(3, 8, figsize=(13, 5.6), layout="constrained")
flattest = {}
for row, (name, backbone) in zip(axes, networks.items(), strict=True):
    filters = backbone.network.conv1_1.weight.detach()  # (16 units, 3 colours, 3, 3)
    flat = 9 * filters.mean(dim=(2, 3)).pow(2).sum(1) / filters.pow(2).sum(dim=(1, 2, 3))
    order = flat.argsort(descending=True)
    flattest[name] = order
    for ax, unit in zip(row, [*order[:4], *order[-4:]], strict=True):
        weights = filters[unit] / filters[unit].abs().max()
        ax.imshow((1 + weights.permute(1, 2, 0)) / 2)
        ax.set(xticks=[], yticks=[], title=f"unit {unit}")
    row[0].set_ylabel(name)
text = "Filters of conv1_1 of three networks: left plain colours, right dark on one side: edges."
plots.alt_text(figure, text)

# %% slideshow={"notes": "Dark in a map means active, not important. A colour filter marks areas, an edge filter marks outlines.", "slide_type": "subslide"}
natural = networks["natural"]
cat = Domain("animals").draw("tabby cat", seed=3)
with torch.inference_mode():
    maps = natural.network.conv1_1(natural.preprocess(cat)[None])[0].relu()
figure, axes = plt.subplots(1, 5, figsize=(13, 3.2), layout="constrained")
axes[0].imshow(cat)
axes[0].set_title("picture")
units = flattest["natural"][[0, 1, -2, -1]].tolist()
for ax, unit, kind in zip(axes[1:], units, ["colour", "colour", "edge", "edge"], strict=True):
    ax.imshow(maps[unit], cmap="Greys", vmax=maps[unit].quantile(0.98))
    ax.set_title(f"{kind}: unit {unit}")
for ax in axes:
    ax.axis("off")
plots.alt_text(
    figure, "A drawn cat, and four maps: colour filters mark areas, edge filters outlines."
)

# %% [markdown] slideshow={"notes": "Let the room work out conv1_2: 5 pixels. Then ask where a unit first sees the whole picture. Usual mistake: adding filters without doubling the step after a pool.", "slide_type": "slide"}
# ## What a unit can see at all
#
# A unit of `conv1_1` sees 3 x 3 pixels. The next layer looks at 3 x 3 of those, a max-pool doubles
# the step, and so on: the **[receptive field](../docs/glossary.md#receptive-field)** grows. It is
# arithmetic, no network needs to run.

# %% slideshow={"notes": "From conv4_2 on a unit could know what the whole picture shows. Whether it does is another question.", "slide_type": "subslide"}
# NBVAL_CHECK_OUTPUT
sees, step, fields = 1, 1, {}
for name, module in natural.network.named_children():
    if isinstance(module, nn.Conv2d):
        sees += (module.kernel_size[0] - 1) * step
        fields[name] = min(sees, natural.side)
    if isinstance(module, nn.MaxPool2d):
        sees += (module.kernel_size - 1) * step
        step *= module.stride
print(pd.Series(fields, name="pixels seen, of 64").to_frame().T.to_string())

# %% [markdown] slideshow={"notes": "Ask why deeper filters cannot be drawn: they weigh channels, not colours. In activation maximisation the pixels are trained and the weights stay.", "slide_type": "slide"}
# ## What excites a unit
#
# Deeper filters look at units, not at colours: their weights say nothing to the eye. Two things do.
#
# - **[The strongest pictures](../docs/bibliography.md#zeiler-2014)**: go through many pictures, keep
#   those where the unit was most active, and cut out what it sees.
# - **[Activation maximisation](../docs/glossary.md#activation-maximisation)** ([Erhan et al.
#   2009](../docs/bibliography.md#erhan-2009)): start from noise, and change the *pixels*, step by
#   step, in the direction that excites the unit. It is training, with the weights and the input in
#   exchanged roles.


# %% slideshow={"notes": "Ask what is trained here. Then ask what waves are for: their slow ones move faster, so that the picture is smooth. The weights never change.", "slide_type": "subslide"}
def ascend(picture_of, numbers, backbone, layer, unit, steps=40):
    """Gradient ascent on the numbers that a picture is made of; the weights stay as they are."""
    net = backbone.network.eval().requires_grad_(False)
    bottom = net[: list(dict(net.named_children())).index(layer) + 1]
    ascent = torch.optim.Adam([numbers.requires_grad_()], lr=0.5, maximize=True)
    for _ in range(steps):
        top, left = torch.randint(17, (2,)).tolist()  # shifted a little before each step
        seen = picture_of(numbers)[:, top : top + 64, left : left + 64]
        excitement = bottom(normalization_of(backbone)(seen)[None])[0, unit].mean()
        ascent.zero_grad()
        excitement.backward()
        ascent.step()
    return picture_of(numbers).detach()[:, 8:-8, 8:-8].permute(1, 2, 0).numpy()


def of_waves(numbers, side=80):
    """A picture as a sum of waves; dividing by the frequency makes the slow ones move faster."""
    frequency = torch.hypot(torch.fft.fftfreq(side)[:, None], torch.fft.rfftfreq(side))
    waves = torch.view_as_complex(numbers / frequency.clamp(min=1 / side)[..., None])
    return torch.sigmoid(torch.fft.irfft2(waves, s=(side, side)))


# %% slideshow={"notes": "Left noise, which excites the unit more than most pictures do. Right the same ascent on waves. Both are true; only one is for the eye.", "slide_type": "subslide"}
from PIL import Image

made = {}
for name, picture_of, shape in (
    ("pixels", torch.sigmoid, (3, 80, 80)),
    ("waves", of_waves, (3, 80, 41, 2)),
):
    for layer, unit in (("conv3_2", 4), ("fc7", 434)):
        with torch.random.fork_rng():
            torch.manual_seed(0)
            numbers = 0.05 * torch.randn(shape)
            made[f"{name}: {layer}, {unit}"] = ascend(picture_of, numbers, natural, layer, unit)
theirs = maximised_picture(natural, "fc7", 434)
print("the package's is the same:", np.allclose(255 * made["waves: fc7, 434"], theirs, atol=2))
tiles = [Image.fromarray(np.uint8(255 * each)).resize((256, 256), 0) for each in made.values()]
plots.PictureRows({"pixels, then waves": tiles}, "conv3_2 and fc7: noise; then patterns and a part")

# %% slideshow={"notes": "Cover the labels and ask which row is deepest. Nobody picked nice units: they were drawn among those that respond to one picture in twenty. Two pictures made from two starts, then its strongest.", "slide_type": "subslide"} tags=["no-code"]
hybrids = HybridImages("val", per_class=9)
every = range(0, len(hybrids), 3)
pool = PicturePool([hybrids[i][0] for i in tqdm(every, "drawing", delay=2)])
drawn, portraits = networks["drawn"], {}
for layer in ("conv1_2", "conv2_2", "conv4_1", "fc7"):
    (unit,) = pool.lively_units(drawn, layer, n=1, seed=0)
    tiles = [Image.fromarray(maximised_picture(drawn, layer, unit, seed)) for seed in (0, 1)]
    tiles += [each.patch for each in pool.strongest(drawn, layer, unit)]
    portraits[f"{layer}, unit {unit}"] = [tile.resize((128, 128), 0) for tile in tiles]
plots.PictureRows(
    portraits, "two made for the unit, then what it sees of its six strongest pictures"
)

# %% [markdown] slideshow={"notes": "Have a photograph ready on this machine. Ask what will change between conv1_1 and fc7 before you switch.", "slide_type": "slide"}
# ## Units to explore, and your own picture
#
# From a colour or an edge to a pattern, to a part, to something that is hard to name: that is the
# slide's picture, and it is **an impression**. Look for yourself. Choose a source, a layer and a
# unit, and put a picture of your own in, with the button; it stays on this machine. Where a fully
# connected unit looks is found by [occlusion](../docs/glossary.md#occlusion): what it loses under a
# grey square.

# %% slideshow={"notes": "Go up layer by layer with one unit number and say aloud what you believe it detects. Then change the unit: most are hard to name.", "slide_type": "subslide"}
explorer = UnitExplorer(pool, source="natural", layer="conv4_2", unit=3, picture=cat)
explorer

# %% [markdown] slideshow={"notes": "Ask the room to sort hue, brightness, style and kind by how much of a picture one has to see. Without such a definition the claim cannot fail.", "slide_type": "slide"}
# ## Claim: from simple to complex
#
# > Knowledge inside DNN: simple features &rarr; complex features.
#
# Each layer combines what the one below found. But "simple" and "complex" are words; we need them in
# pixels. **Simple** shall be what a point or a patch of the picture tells: brightness, hue, the style
# of a painting. **Complex** is what takes the whole: the kind of thing. A
# [probe](../docs/bibliography.md#alain-2016) is a linear classifier on one layer: what it gets right
# can be read there. Network and probe are asked about pictures that the network was not trained for.

# %% slideshow={"notes": "Take a show of hands. \"Both are read better and better\" is the usual choice: deeper is taken for better at everything.", "slide_type": "subslide"} tags=["predict"]
claim = claims.open("simple-to-complex")
options = [
    "both are read better and better",
    "the hue gets lost, the kind comes up",
    "the hue stays as it is, the kind comes up",
    "both are read equally well from every layer",
]
claim.predict("From conv1_2 to fc7: the hue of the background, and the kind of the thing?", options)


# %% slideshow={"notes": "Every picture carries three labels, dealt independently. The penalty of each probe is chosen by leaving training images out: one number for all layers would favour some of them.", "slide_type": "subslide"}
from tlcourse.datasets.drawn.animals import LABEL_SPACES


def dealt(family, kinds, n=72):
    """Drawn pictures whose kind, hue and brightness know nothing of each other; their labels."""
    rng = np.random.default_rng(0)
    sizes = {"kind": len(kinds), "hue": 4, "brightness": 3}
    labels = {name: rng.permutation(np.arange(n) % size) for name, size in sizes.items()}
    pictures = []
    for i in range(n):
        light = (0.6, 0.9, 1.2)[labels["brightness"][i]]
        look = Domain(family, Factors(hue=labels["hue"][i] / 4, exposure=light))
        pictures.append((look.draw(kinds[labels["kind"][i]], index=i), 0))
    return pictures, labels


probe = make_pipeline(StandardScaler(), RidgeClassifierCV(np.logspace(0, 6, 7)))
species = pd.Series(LABEL_SPACES["species"])  # seven tasks: kinds of four animals, three families
tasks = {f"{name}s": ("animals", list(its.index)) for name, its in species.groupby(species)}
tasks |= {family: (family, Domain(family).classes[:8]) for family in ("birds", "flowers", "shapes")}

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Two loops over networks and layers, one line of scikit-learn inside. The random network is as wide and sees as far: it is what depth gives without training.", "slide_type": "subslide"}
asked = {name: networks[name] for name in ("natural", "manmade")}
asked["random"] = load_backbone("natural", "random")
layers = list(natural.default_layers)
every_second = layers[1::2]
rows = []
for task, (family, kinds) in tqdm(tasks.items(), "probes", delay=2):
    pictures, labels = dealt(family, kinds)
    for name, backbone in asked.items():
        features = extract_features(backbone, pictures, every_second, device="cpu")
        for layer in every_second:
            for what, y in labels.items():
                right = cross_val_score(probe, features.select(layer), y, cv=2).mean()
                rows.append((task, name, layer, what, 100 * right))
read = pd.DataFrame(rows, columns=["task", "network", "layer", "what", "accuracy"])
read["weights"] = np.where(read["network"] == "random", "random", "trained")
read["deep"] = read["layer"].isin(every_second[3:])
curves = read.pivot_table("accuracy", "layer", ["weights", "what"]).loc[every_second]
print(curves.loc[["conv1_2", "conv4_2", "fc7"]].round(0).to_string())

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "The real network, real pictures: seven kinds of thing in four styles. One probe tells the style within a kind, the other the kind within a style.", "slide_type": "subslide"}
from sklearn.metrics import recall_score

styles = ["PACS photo", "PACS art", "PACS cartoon", "PACS sketch"]
halves = list(zip(*(shipped_features("imagenet", style) for style in styles), strict=True))
kind, kind_test = (np.concatenate([part.labels for part in parts]) for parts in halves)
style, style_test = (np.repeat(range(4), [len(p.labels) for p in parts]) for parts in halves)
things, blocks = halves[0][0].classes, list(halves[0][0].layer_sizes)
told = {"style": pd.DataFrame(0.0, blocks, things), "kind": pd.DataFrame(0.0, blocks, things)}
for layer in blocks:
    X, X_test = (np.vstack([part.select(layer) for part in parts]) for parts in halves)
    for number, thing in enumerate(things):
        its, its_test = kind == number, kind_test == number
        right = probe.fit(X[its], style[its]).score(X_test[its_test], style_test[its_test])
        told["style"].loc[layer, thing] = 100 * right
    for number in range(4):
        its, its_test = style == number, style_test == number
        found = probe.fit(X[its], kind[its]).predict(X_test[its_test])
        told["kind"].loc[layer] += 25 * recall_score(kind_test[its_test], found, average=None)
means = pd.DataFrame({what: table.mean(axis=1) for what, table in told.items()})
print(means.iloc[[0, 8, -1]].round(0).to_string())

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Left: full lines are trained, dashed are random weights. Hue falls in both; what training brings up is the kind. Right: style is there from the beginning.", "slide_type": "subslide"}
figure, (left, right) = plt.subplots(1, 2, figsize=(14, 5.6), layout="constrained")
colours = ["C2", "C1", "C0"]
for weights, line in (("trained", "-"), ("random", "--")):
    named = curves[weights].add_suffix(f", {weights}")
    named.plot(ax=left, style=[f"{marker}{line}" for marker in "^so"], color=colours)
means.plot(ax=right, style=["D-", "o-"], color=["C3", "C0"], rot=60, xticks=range(18))
left.legend(ncols=2, loc="lower left", bbox_to_anchor=(0, 1), fontsize=14)
left.set(ylabel="right (%)", ylim=(0, 102), xlabel="small networks, seven drawn tasks")
right.set(xticklabels=blocks, ylim=(0, 102), xlabel="imagenet, PACS")
text = "Left: hue and brightness fall with depth in trained networks, the kind rises; with random"
plots.alt_text(
    figure, text + " weights the kind stays low. Right: style is high early, kind rises."
)

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Two conditions: with the random control on drawings, without it on real pictures. Compare with the hands.", "slide_type": "subslide"} tags=["claim:simple-to-complex"]
by_half = read.pivot_table("accuracy", ["task", "what", "weights"], "deep")
rise = (by_half[True] - by_half[False]).unstack("weights")
added = (rise["trained"] - rise["random"]).unstack("what")
rise_real = {what: table[9:].mean() - table[:9].mean() for what, table in told.items()}
effects = {
    "drawn tasks above random weights": added["kind"] - added[["hue", "brightness"]].mean(axis=1),
    "PACS under imagenet": rise_real["kind"] - rise_real["style"],
}
ends = curves["trained"].loc["fc7"] - curves["trained"].loc["conv1_2"]
changes = tuple(np.sign((ends[["hue", "kind"]] / 5).astype(int)))
beside = added.mean().add_prefix("training adds to its rise: ").to_dict()
beside |= pd.DataFrame(rise_real).mean().add_prefix("imagenet, rise: ").to_dict()
option = dict(zip([(1, 1), (-1, 1), (0, 1), (0, 0)], options, strict=True)).get(changes)
on = "Probes on seven drawn tasks, against random weights, and seven kinds of PACS in four styles."
limits = "Simple and complex were sorted by hand; under imagenet there is no random control."
claim.measured(effects, on, limits, option=option, beside=beside)

# %% [markdown] slideshow={"notes": "The slide is right, and the order alone is weak evidence: point at the dashed lines. Lost for a linear probe is not lost for every reader.", "slide_type": "subslide"}
# **Reading.** From the shallow half of the layers to the deep one, training adds 25.5 points more to
# reading the kind of a thing than to reading hue and brightness; under `imagenet` the kind of real
# pictures rises by 28.2 points, and their style, which the first blocks read already, by 9.5 points.
# With random weights the kind hardly rises and the brightness is kept to the end, while hue gets lost
# with and without training: an order of layers alone does not show what was learned. Simple and complex
# were sorted by hand, style has little room to rise, and what a linear probe cannot read may still be
# there.

# %% [markdown] slideshow={"notes": "Stress the word very. Ask for an example of two tasks that are very similar and still not the same.", "slide_type": "slide"}
# ## Claim: which layers to use
#
# > If source and target task are **very** similar use the "classifier" layers. If source and target
# > task are **not** very similar broaden the scope.
#
# The last layers have dropped what the source did not need. If the target needs the same things, that
# is noise gone. If it needs others, they are gone, and lower layers still have them. "Classifier
# layers" are the last before the decision: `head` of `imagenet`, fc6 and fc7 of a small VGG.
# [Near and far](../docs/glossary.md#near) is read off what the source shares with the target, before
# anything is scored.

# %% slideshow={"notes": "Most choose the first option, which is what the slide says. The middle case decides.", "slide_type": "subslide"} tags=["predict"]
claim = claims.open("which-layers")
options = [
    "lose on near targets and gain on far ones",
    "change nothing on near targets and gain on far ones",
    "gain on near targets and on far ones",
    "lose on both",
]
claim.predict("All layers, against the last one, under the ImageNet network: they ...", options)


# %% jupyter={"outputs_hidden": true} slideshow={"notes": "One function scores any set of layers. Whatever is chosen, the penalty and the scale, is chosen from the training images; the test images come last.", "slide_type": "subslide"}
def accuracy_on(source, target, layers):
    """Mean class accuracy (%) of a probe on these layers side by side, on the test images."""
    train, test = shipped_features(source, target)
    probe.fit(train.select(layers), train.labels)  # scale and penalty: training images alone
    return 100 * balanced_accuracy_score(test.labels, probe.predict(test.select(layers)))


families = pd.Series(
    "manmade", ["cats and dogs", "insects", "food", "scenes", "vehicles", "clothes"]
)
families[:3] = "natural"  # the near source of each
other = families.map({"natural": "manmade", "manmade": "natural"})
starts = {"near source": families, "far source": other}
five = ["caltech101", "PACS photo", "satellite", "digits", "PACS sketch"]
by_layer = pd.DataFrame({t: {la: accuracy_on("imagenet", t, la) for la in blocks} for t in five})
small = {}
for start, its in starts.items():
    small[start] = [np.mean([accuracy_on(s, t, la) for t, s in its.items()]) for la in layers]
small = pd.DataFrame(small, layers)
print(by_layer.round(1).agg(["idxmax", "max"]).to_string())

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Left, look for the layer at which each target is best: the last or nearly the last for near ones, up to three blocks before it for far ones. Right, six families from either source: neither is best at fc7.", "slide_type": "subslide"}
figure, (left, right) = plt.subplots(1, 2, figsize=(14, 5.6), layout="constrained")
styles = ["C0o-", "C0s-", "C1D--", "C1^--", "C1v--"]
by_layer.plot(
    ax=left, style=styles, rot=60, xticks=range(18), xlabel="imagenet", ylabel="right (%)"
)
small.plot(ax=right, style=["C0o-", "C1D--"], rot=60, xticks=range(12))
right.set(xticklabels=layers, xlabel="small VGGs, mean of six families")
text = (
    "By layer. Near targets of imagenet are best at the end, far ones one to three blocks before;"
)
plots.alt_text(figure, text + " six families from small networks are best about conv5, from both.")

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Twelve real targets and six families twice. PACS's paintings, cartoons and sketches share their classes: they count once.", "slide_type": "subslide"} tags=["no-code"]
from tlcourse.datasets.real_sets import REAL_SETS

every_real = [name for name in REAL_SETS if REAL_SETS[name].overlap != "it is the source"]
gain = {
    t: accuracy_on("imagenet", t, blocks) - accuracy_on("imagenet", t, "head") for t in every_real
}
gain = pd.Series(gain, name="points")
is_near = gain.index.map(lambda name: "near" in REAL_SETS[name].overlap)
near, far = gain[is_near], gain[~is_near]
family_of = {name: "PACS but photo" for name in far.index if name.startswith("PACS")}
far = far.rename(family_of).groupby(level=0).mean()
small_gain = {}
for start, its in starts.items():
    gains = {t: accuracy_on(s, t, layers) - accuracy_on(s, t, layers[-2:]) for t, s in its.items()}
    small_gain[start] = pd.Series(gains)
small_gain = pd.DataFrame(small_gain)
print(near.round(1).to_string(), far.round(1).to_string(), sep="\n")
print(small_gain.round(1).to_string())

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "One mark a target: circles near, diamonds far. Ask which should lie left of zero if the slide is right, and how many do.", "slide_type": "subslide"}
groups = {
    "imagenet, near": near,
    "imagenet, far": far,
    "small VGG, near": small_gain["near source"],
    "small VGG, far": small_gain["far source"],
}
points = pd.concat(groups, names=["group"]).rename("points").reset_index()
figure, ax = plt.subplots(figsize=(12, 4.8), layout="constrained")
for group, values in points.groupby("group", sort=False)["points"]:
    look = {"marker": "o", "color": "C0"} if "near" in group else {"marker": "D", "color": "C1"}
    ax.scatter(values, [group] * len(values), s=200, alpha=0.6, **look)
    ax.plot(values.mean(), group, "|", color="black", ms=36, mew=4)
ax.axvline(0, color="0.3")
ax.set(xlabel="points gained by all layers over the last (black: mean)")
ax.set(ylim=(3.5, -0.5))
plots.alt_text(
    ax, "Gains of all layers, a mark a target: imagenet near about zero, the rest above."
)

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Four conditions. Ask which of them the slide had in mind: only the first two have a network that the lecture would use.", "slide_type": "subslide"} tags=["claim:which-layers"]
svm = pd.read_csv(paths.SHIPPED / "measured" / "real_accuracies.csv")
svm = svm.query("representation == 'all layers, ternary'")
svm = svm.set_index("target")["gain"]
svm_far = svm.drop(near.index).rename(family_of).groupby(level=0).mean()
beside = {"near, all layers gain": near.mean(), "far, all layers gain": far.mean()}
beside |= {"by an SVM on {-1, 0, 1}, near": svm[near.index].mean(), "far": svm_far.mean()}
option = options[3] if far.mean() < 0 else options[np.digitize(near.mean(), [-1, 1])]
effects = {name: -points if "near" in name else points for name, points in groups.items()}
on = (
    "All layers against the last (imagenet: ten targets) or fc6 and fc7 (small VGGs: six families)."
)
limits = "Five targets a condition under imagenet; near is read off shared classes."
claim.measured(effects, on, limits, option=option, beside=beside)

# %% [markdown] slideshow={"notes": "What to keep: for a new task, broaden, or ask the training images. In the published table fc7 wins only on cats-dogs and sdogs, and sdogs is a part of ImageNet.", "slide_type": "subslide"}
# **Reading.** Under `imagenet` all layers gain 2.5 points over the last on far targets, and on near
# ones 1.0 points with an interval across zero; with the small networks they gain 6.0 points on near
# targets, so that the first half of the rule does not hold there. A last layer has dropped what its
# source did not need: it loses little where the source has the very classes (caltech101, PACS photo),
# and of single layers the best far away is block15 (satellite, PACS sketch) or block14 (digits).
# Targets are few and near is read off names; by an SVM on {-1, 0, 1} the gains near and far are alike,
# 1.2 points and 1.0 points, and in the lecture's own table of high similarity (published) fc7 wins on
# two of nine sets, the two most like ImageNet.

# %% [markdown] slideshow={"notes": "Five minutes. Usual slips: covering the image for good, and covering with black where the network's grey is meant.", "slide_type": "slide"}
# ## Exercises
#
# **1.** An occlusion map: cover each tile of an image with grey in turn, and note what a score loses.


# %% slideshow={"slide_type": "-"}
def occlusion_map(score, image, tile):
    """What the score loses, a tensor (height / tile, width / tile).

    ``score`` takes an image, a tensor (3, height, width), and gives a number; grey is 0.5.
    """
    ...  # TODO


check_code("07: occlusion map", occlusion_map)

# %% [markdown] slideshow={"notes": "Ten minutes. Training accuracy always chooses the widest layer. Ask what the test images may be used for: the score, once.", "slide_type": "subslide"}
# <details><summary>Solution</summary>
#
# ```python
# def occlusion_map(score, image, tile):
#     rows, columns = image.shape[1] // tile, image.shape[2] // tile
#     lost = torch.zeros(rows, columns)
#     for i in range(rows):
#         for j in range(columns):
#             covered = image.clone()
#             covered[:, i * tile : (i + 1) * tile, j * tile : (j + 1) * tile] = 0.5
#             lost[i, j] = score(image) - score(covered)
#     return lost
# ```
#
# </details>
#
# **2.** Choose a layer without the test images: that from which a classifier reads best in three-fold
# cross-validation. `cross_val_score(machine, X, y, cv=3)` gives three accuracies.


# %% slideshow={"slide_type": "-"}
def best_layer(layers, y, machine):
    """Of {name: features of the training images}, the name that cross-validation likes best."""
    ...  # TODO


check_code("07: best layer", best_layer)

# %% [markdown] slideshow={"slide_type": "-"}
# <details><summary>Solution</summary>
#
# ```python
# def best_layer(layers, y, machine):
#     def accuracy(name):
#         return cross_val_score(machine, layers[name], y, cv=3).mean()
#
#     return max(layers, key=accuracy)
# ```
#
# </details>

# %% [markdown] slideshow={"notes": "Alone first, two minutes, then ask for hands at question 3.", "slide_type": "slide"}
# ## Quiz
#
# Three questions about what was measured. Choose, check, and read why.

# %% slideshow={"slide_type": "-"}
quiz("07")

# %% [markdown] slideshow={"notes": "Close with the third point: for a new task take more layers. Notebook 08 asks the same of training.", "slide_type": "slide"}
# ## Remember
#
# - A unit is known by its filter, by its strongest pictures, and by a picture made for it. These
#   are impressions: probe to measure, with random weights beside.
# - With depth hue and brightness get lost and kinds come up. The kinds are what training brings.
# - For a target that is not the source's own, take more than the last layer, or ask the training
#   images by cross-validation.
#
# **Next**: which of these layers to freeze, and which to train again ([08](08_fine_tuning.ipynb)).
# The [map](00_start_here.ipynb) shows which notebooks are there.

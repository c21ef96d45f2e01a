# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"notes": "Ask what one gets and what one pays when a network is trained on ImageNet. Write the answers up; the notebook counts them.", "slide_type": "slide"}
# # 02 The ImageNet way
#
# *[Lecture](../docs/bibliography.md#lecture): "Putting things in perspective: the ImageNet
# ¿success?".*
#
# **You will learn**
#
# - to count the parameters and [multiply-adds](../docs/glossary.md#multiply-add) of any network with a
#   hook, without a single weight;
# - how networks grew from [LeNet-5](../docs/bibliography.md#lecun-1998) to Inception-V3, and in what
#   they did not;
# - what a [pre-trained network](../docs/glossary.md#pre-training) costs, and which of the numbers are
#   guesses;
# - how many times less a transfer run takes.
#
# **You need**: [00 start here](00_start_here.ipynb). **Time**: 40 minutes for you, about 20 seconds
# for the machine.

# %% slideshow={"slide_type": "skip"}
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from PIL import Image
from sklearn.svm import LinearSVC
from torch import fx, nn

from tlcourse import paths, plots
from tlcourse.course.price import ASSUMPTIONS, GROUPS, SCENARIOS, training_price
from tlcourse.features.extraction import shipped_features
from tlcourse.networks.backbones import load_backbone
from tlcourse.widgets import CostCalculator, check_code, claims, quiz

from torchvision import models  # isort: skip

plots.use_course_style()
published = pd.read_csv(paths.PROJECT / "tlcourse/tables/published_growth.csv")  # with sources

# %% [markdown] slideshow={"notes": "Six names and years. Ask in what they grew, and keep the answers for the prediction.", "slide_type": "slide"}
# ## Growing up
#
# The slide has six networks: LeNet-5 (1998), [AlexNet](../docs/bibliography.md#krizhevsky-2012)
# (2012), [VGG19](../docs/bibliography.md#simonyan-2014) and
# [GoogLeNet](../docs/bibliography.md#szegedy-2014) (2014), ResNet-56 and Inception-V3 (2015).
#
# What a paper says of a network can be checked: build the network, and count. LeNet-5 reads a digit
# of 32 x 32 grey pixels. It takes turns: a **convolution** looks for small patterns, **subsampling**
# halves the side of its maps. Two fully connected layers decide.

# %% slideshow={"notes": "The whole of 1998 in one cell. The list SEEN saved computing: no map of C3 looks at all maps but the last. The ten codes were drawn by hand and are not trained.", "slide_type": "subslide"}
SEEN = [[(first + step) % 6 for step in range(n)] for n in (3, 4) for first in range(6)]
SEEN += [[0, 1, 3, 4], [1, 2, 4, 5], [0, 2, 3, 5], [0, 1, 2, 3, 4, 5]]


class C3(nn.ModuleList):  # sixteen maps; each sees some of the six maps below it
    def forward(self, x):
        return torch.cat([conv(x[:, seen]) for conv, seen in zip(self, SEEN, strict=True)], 1)


def subsampling(maps):  # the mean of 2 x 2 places, times a weight, plus a bias, map by map
    return [nn.AvgPool2d(2), nn.Conv2d(maps, maps, 1, groups=maps), nn.Tanh()]


layers = [nn.Conv2d(1, 6, 5), nn.Tanh(), *subsampling(6)]
layers += [C3(nn.Conv2d(len(seen), 1, 5) for seen in SEEN), nn.Tanh(), *subsampling(16)]
layers += [nn.Conv2d(16, 120, 5), nn.Tanh(), nn.Flatten(), nn.Linear(120, 84), nn.Tanh()]
codes = nn.Linear(84, 10, bias=False).requires_grad_(False)  # a fixed picture of each digit
lenet5 = nn.Sequential(*layers, codes)

# %% [markdown] slideshow={"notes": "Work one layer out at the board: 3 maps in, 64 out, 3 x 3, 224 x 224 places. Parameters do not know the size of the image; multiply-adds do.", "slide_type": "slide"}
# ## Counting with a hook
#
# - **Parameters**: numbers that are trained.
# - **Multiply-adds** of a convolution or a fully connected layer: each number that it puts out is a sum
#   of products, one for each weight that leads to it. So for one image
#
# $$\text{multiply-adds} = \text{numbers put out} \times \text{weights of one of them}$$
#
# - **Depth**: such layers on the longest way from input to output.
#
# A **hook** is a function that PyTorch calls each time a module has computed its output: there is the
# size of the output. On the *meta device* a tensor has a shape and no memory, so VGG19, half a
# gigabyte of weights, is passed in milliseconds.

# %% slideshow={"notes": "Read the line with products aloud: it is the formula, for both kinds of layers. The assertion is a number that LeCun printed in 1998.", "slide_type": "subslide"}
def count(network, channels, side):
    """A row a module: its kind, its own parameters, its multiply-adds for one image."""
    rows = []

    def hook(module, inputs, output):
        own = [each for each in module.parameters(recurse=False) if each.requires_grad]
        is_sum = isinstance(module, nn.Conv2d | nn.Linear)
        products = output.numel() * module.weight[0].numel() if is_sum else 0
        kind = type(module).__name__
        rows.append((kind, sum(each.numel() for each in own), products))

    handles = [module.register_forward_hook(hook) for module in network.modules()]
    network.to("meta").eval()(torch.zeros(1, channels, side, side, device="meta"))
    for handle in handles:
        handle.remove()
    return pd.DataFrame(rows, columns=["kind", "parameters", "multiply-adds"])


assert count(lenet5, 1, 32)["parameters"].sum() == 60_000  # published: LeCun et al. 1998

# %% slideshow={"notes": "Ask before running where the 144 million sit. Nearly all parameters are in three layers, and nearly all of the work is in the others.", "slide_type": "subslide"}
# NBVAL_CHECK_OUTPUT
def depth_of(network):
    """Convolutions and fully connected layers on the longest way."""
    depth = {}
    for node in fx.symbolic_trace(network).graph.nodes:
        module = network.get_submodule(node.target) if node.op == "call_module" else None
        before = max((depth[each] for each in node.all_input_nodes), default=0)
        depth[node] = before + isinstance(module, nn.Conv2d | nn.Linear)
    return max(depth.values())


with torch.device("meta"):
    vgg19 = models.vgg19()
counted, theirs = count(vgg19, 3, 224), models.VGG19_Weights.IMAGENET1K_V1.meta
assert counted["parameters"].sum() == theirs["num_params"]
assert round(counted["multiply-adds"].sum() / 1e9, 3) == theirs["_ops"]
print(counted.groupby("kind").sum().query("parameters > 0").to_string())
print(f"all: {counted['parameters'].sum():,} parameters, depth {depth_of(vgg19)}")

# %% [markdown] slideshow={"notes": "Ask who has used ResNet-56 on ImageNet. Nobody has: it is the network for CIFAR-10. The slide is wrong here, kindly.", "slide_type": "slide"}
# ## ResNet-56 is no network of ImageNet
#
# The paper ([He et al. 2015](../docs/bibliography.md#he-2015)) builds two families. Those for
# **ImageNet** take 224 x 224 pixels and have 18, 34, 50, 101 or 152 layers. Those for **CIFAR-10**
# take 32 x 32 pixels and have 6n + 2: ResNet-56 is one of these. For ImageNet in 2015, read
# ResNet-152.
#
# So the slide mixes three data sets: digits, 32 x 32 pictures of ten classes, photographs of 1,000
# classes. Their errors cannot be put on one axis.
#
# torchvision has neither ResNet-56 nor the AlexNet of 2012, which had **two towers**, one on each
# graphics card; torchvision's is the single tower of 2014. We build both from their papers.

# %% slideshow={"notes": "A block is two convolutions and a way past them; torchvision's own block is used. Where the maps double, the way past has no weights.", "slide_type": "subslide"}
# NBVAL_CHECK_OUTPUT
class Shortcut(nn.Module):  # half the side, twice the maps, no parameters
    def forward(self, x):
        return nn.functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, x.shape[1] // 2, x.shape[1] // 2))


def resnet_for_cifar(depth):
    layers = [nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
    for maps in (16, 32, 64):
        for block in range((depth - 2) // 6):
            halved = maps > 16 and block == 0
            way = (maps // 2, maps, 2, Shortcut()) if halved else (maps, maps)
            layers.append(models.resnet.BasicBlock(*way))
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


for depth in (20, 56, 110):
    network = resnet_for_cifar(depth)
    n_parameters = count(network, 3, 32)["parameters"].sum()
    print(f"ResNet-{depth}: depth {depth_of(network)}, {n_parameters:,} parameters")

# %% slideshow={"notes": "groups=2 is the two towers: a map sees the maps of its own card only. One tower has more connections and fewer maps, and ends up as large.", "slide_type": "subslide"}
# NBVAL_CHECK_OUTPUT
def alexnet_2012():
    layers = [nn.Conv2d(3, 96, 11, stride=4, padding=2), nn.ReLU(), nn.LocalResponseNorm(5)]
    layers += [nn.MaxPool2d(3, 2), nn.Conv2d(96, 256, 5, padding=2, groups=2), nn.ReLU()]
    layers += [nn.LocalResponseNorm(5), nn.MaxPool2d(3, 2)]
    layers += [nn.Conv2d(256, 384, 3, padding=1), nn.ReLU()]
    layers += [nn.Conv2d(384, 384, 3, padding=1, groups=2), nn.ReLU()]
    layers += [nn.Conv2d(384, 256, 3, padding=1, groups=2), nn.ReLU(), nn.MaxPool2d(3, 2)]
    layers += [nn.Flatten(), nn.Dropout(), nn.Linear(256 * 6 * 6, 4096), nn.ReLU()]
    layers += [nn.Dropout(), nn.Linear(4096, 4096), nn.ReLU(), nn.Linear(4096, 1000)]
    return nn.Sequential(*layers)


with torch.device("meta"):
    towers = {"two towers, 2012": alexnet_2012(), "one tower, 2014": models.alexnet()}
for name, network in towers.items():
    sums = count(network, 3, 224).sum(numeric_only=True)
    print(f"AlexNet, {name}: " + ", ".join(f"{n:,} {what}" for what, n in sums.items()))

# %% [markdown] slideshow={"notes": "Ask \"bigger in what?\" before you show the options.", "slide_type": "slide"}
# ## Claim: networks grew
#
# > Growing up: 1998 LeNet-5, 2012 AlexNet, 2014 VGG19, GoogLeNet, 2015 ResNet-56, Inception-V3
#
# A list by year under "growing up" says: later is bigger, and bigger is better. But bigger in what?
# We build all of them and compare every pair of different years, once with the slide's list and once
# with networks of ImageNet only. Nothing is drawn at random, so there are no seeds and no interval:
# this is an illustration.

# %% slideshow={"notes": "Hands for each option. Most choose depth and parameters.", "slide_type": "subslide"} tags=["predict"]
growth = claims.open("imagenet-growth")
question = "Take any two of them from different years. What is always greater in the later one?"
everything, nothing = "depth, parameters, multiply-adds", "none of the three"
options = [everything, "depth, parameters", "depth, multiply-adds", "depth", nothing]
growth.predict(question, options)

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Point at what was counted, above, and what the papers say, below. Inception's authors count 42 layers, the longest way has 48. The published errors are averages of up to seven networks.", "slide_type": "subslide"} tags=["no-code"]
BARE = {"init_weights": False, "aux_logits": False}  # without the heads that training drops
with torch.device("meta"):
    designs = {
        "LeNet-5": (1998, "MNIST", lenet5, (1, 32)),
        "AlexNet": (2012, "ImageNet", alexnet_2012(), (3, 224)),
        "VGG19": (2014, "ImageNet", vgg19, (3, 224)),
        "GoogLeNet": (2014, "ImageNet", models.googlenet(**BARE), (3, 224)),
        "ResNet-56": (2015, "CIFAR-10", resnet_for_cifar(56), (3, 32)),
        "Inception-V3": (2015, "ImageNet", models.inception_v3(**BARE), (3, 299)),
        "ResNet-152": (2015, "ImageNet", models.resnet152(), (3, 224)),
    }
networks = pd.DataFrame([each[:2] for each in designs.values()], list(designs), ["year", "of"])
columns = ["depth", "parameters (M)", "multiply-adds (M)", "fully connected (%)"]
for name, (_, _, network, shape) in designs.items():
    by_kind = count(network, *shape).groupby("kind").sum()
    connected = 100 * by_kind["parameters"]["Linear"] / by_kind["parameters"].sum()
    networks.loc[name, columns] = [depth_of(network), *by_kind.sum() / 1e6, connected]
published = published.pivot(index="network", columns="quantity", values="value")
papers = published[[*columns[:3], "top-5 error", "error"]].add_suffix(", paper")
networks.join(papers).round(2).fillna("").T

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "The grey line joins the largest of each year: it rises in the first panel only. Point at 2014: two networks of one year, 22 times apart in parameters. Heights are logarithmic.", "slide_type": "subslide"} tags=["no-code"]
looks = {"ImageNet": ("o", "#0072B2"), "CIFAR-10": ("^", "#000000"), "MNIST": ("s", "#D55E00")}
up = {"VGG19": -9, "GoogLeNet": 9, "ResNet-56": 9, "Inception-V3": -9}  # so that no two names meet
figure, axes = plt.subplots(1, 3, figsize=(15, 5.6), layout="constrained")
for ax, quantity in zip(axes, columns[:3], strict=True):
    ax.plot(networks.groupby("year")[quantity].max(), "0.75", zorder=0, label="largest of a year")
    for name, row in networks.iterrows():
        marker, colour = looks[row["of"]]
        ax.plot(row["year"], row[quantity], marker, color=colour, markersize=12)
        aside = -11 if row["year"] in (2012, 2014) else 11
        offset, place = (aside, up.get(name, 0)), (row["year"], row[quantity])
        look = {"va": "center", "fontsize": 15, "bbox": {"fc": "white", "ec": "none", "pad": 0}}
        plots.style.write_beside(ax, name, place, offset, **look)
    ax.set(yscale="log", xlim=(1996, 2024), xticks=[2000, 2005, 2010, 2015], title=quantity)
    ax.yaxis.set_major_formatter("{x:,g}")
for of, (marker, colour) in looks.items():
    axes[0].plot([], [], marker, color=colour, markersize=12, label=of)
axes[0].set_yticks([10, 20, 50, 100, 150])
axes[0].legend(loc="upper left")
text = "Depth rises from 7 to 152 along the years; the others are highest at VGG19 in 2014, and "
plots.alt_text(figure, text + "GoogLeNet of that year has 22 times fewer parameters.")

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "No verdict: counts follow from the architectures. Ask which of the three the slide's \"growing up\" is true of.", "slide_type": "subslide"} tags=["claim:imagenet-growth"]
lists = {"slide": networks.drop("ResNet-152"), "ImageNet": networks.query("of == 'ImageNet'")}
grew = pd.DataFrame(index=["depth", "parameters", "multiply-adds"], columns=list(lists))
for which, table in lists.items():
    pairs = table.merge(table, how="cross", suffixes=("", " later")).query("year < `year later`")
    for name, column in zip(grew.index, columns, strict=False):
        grew.loc[name, which] = 100 * (pairs[column] < pairs[f"{column} later"]).mean()
shares = grew.stack().items()
shown = {f"{name} grew (% of pairs, {which})": share for (name, which), share in shares}
fewer = networks.loc["VGG19", columns[1]] / networks.loc["GoogLeNet", columns[1]]
shown["parameters of VGG19 / GoogLeNet (times)"] = fewer
for model in ("alexnet", "vgg19", "googlenet", "resnet152"):
    right = models.get_model_weights(model).IMAGENET1K_V1.meta["_metrics"]["ImageNet-1K"]
    shown[f"{model}, one network, one crop: top-5 error (%)"] = 100 - right["acc@5"]
option = ", ".join(grew.index[(grew == 100).all(axis=1)]) or nothing
on = "Networks built and counted, every pair of different years; errors as torchvision has them."
limits = "The list is the slide's, not a sample. torchvision's AlexNet is the one tower of 2014."
growth.measured(shown, on, limits, option=option)

# %% [markdown] slideshow={"notes": "Up, not big. Where the parameters went matters for reuse: a ResNet has no fc6 and no fc7.", "slide_type": "subslide"}
# **Reading.** Depth is greater in the later network in 100% of the pairs of both lists, parameters
# only in 53.8% and 37.5%: GoogLeNet has 22 times fewer than VGG19 of the same year. AlexNet and VGG19
# read every place of their last maps into 4,096 units, so that 96% and 86% of their parameters are in
# fully connected layers; those after them average over the places first, and are left with 3 to 15%.
# The error fell as well, and training changed too, so size alone did not do it. The published errors
# are averages of up to seven networks: with one network and one crop VGG19 is ahead of GoogLeNet.
#
# Remember it when you choose layers to reuse: a ResNet has no fc6 and no fc7.

# %% [markdown] slideshow={"notes": "Write the list up and have the room put the items in order before anybody moves a slider. Ask for their own number of images a class.", "slide_type": "slide"}
# ## What we pay
#
# > - Data labeling, transfer & storage; e.g., 1,000 images per class
# > - Training cost: money (hardware, energy, salaries), environmental cost (CO2 emissions), human
# >   effort (highly skilled professionals, architecture design, hyper-parameter fine tuning)
#
# The slide gives one number: 1,000 images a class. ILSVRC has 1,281, all of ImageNet 650. The
# calculator below has 23 such factors, each with its source; 13 of them are assumptions, and are
# called so. A price is made of them by products and sums: people answer "is this a dog?" several
# times an image; data are **moved** and **kept**; cards draw power, and so do the computer around
# them and the building; highly skilled people are paid by the month.

# %% slideshow={"notes": "The one price model of this notebook: the calculator and the ranges below use the same lines. Ask where the power of the computer around a card comes in.", "slide_type": "subslide"}
def price(a):
    """Dollars by what they are paid for, kWh and kg of CO2; ``a`` has a row a case."""
    images = a["classes"] * a["images_per_class"]
    hours = images * a["answers_per_image"] * a["seconds_per_answer"] / 3600
    gigabytes = images * a["kilobytes_per_image"] / 1e6
    moving, keeping = a["transfers"] * a["transfer_price"], a["months"] * a["storage_price"]
    watts = (a["watts"] + a["host_watts"]) * a["overhead"]  # card, computer, building
    kwh = a["processors"] * a["hours"] * a["runs"] * watts / 1000
    paid = {"Labels": hours * a["wage"], "Transfer and storage": gigabytes * (moving + keeping)}
    paid |= {"Training": a["processors"] * a["card_price"], "Energy": kwh * a["electricity_price"]}
    paid["People"] = (a["design_months"] + a["tuning_months"]) * a["salary"]
    return pd.DataFrame(paid | {"kWh": kwh, "kg of CO2": kwh * a["grid_intensity"]})


usual = {name: factor.default for name, factor in ASSUMPTIONS.items()}
cases = pd.DataFrame([usual | changed for changed in SCENARIOS.values()], list(SCENARIOS))
bills = price(cases).assign(dollars=lambda bill: bill[list(GROUPS)].sum(axis=1))
assert np.allclose(bills["dollars"], [training_price(**each).total for each in SCENARIOS.values()])
bills.round().astype(int)

# %% slideshow={"notes": "Move one slider at a time, and ask for the new total before you let go. Try 1,000 images a class, a radiologist's two minutes a label, the grids of France and of India.", "slide_type": "subslide"}
calculator = CostCalculator()
calculator

# %% [markdown] slideshow={"notes": "Ask for the number of choices before you run the next cell. Then ask who made them, and how often they tried.", "slide_type": "subslide"}
# ### Human effort, in its parts
#
# Most of the dollars go to people: those who label, those who design, those who try. Electricity is
# under 1% of either bill; its CO2 is counted in kg, as nobody was billed for it. Moving and keeping
# the data is cheap, but takes days on the line.
#
# How much is there to design and to try? Count the numbers that somebody had to choose: those of
# AlexNet's **architecture** are in its code, and those of its **training**, the hyper-parameters, in
# its paper ([Krizhevsky et al. 2012](../docs/bibliography.md#krizhevsky-2012), sections 4 and 5).

# %% slideshow={"notes": "Each number was tried at other values first, which no paper counts. A layer and C is what feature extraction leaves open, in notebook 06.", "slide_type": "subslide"}
# NBVAL_CHECK_OUTPUT
choices = {
    "Conv2d": ["out_channels", "kernel_size", "stride", "padding", "groups"],
    "MaxPool2d": ["kernel_size", "stride"],
    "LocalResponseNorm": ["size", "alpha", "beta", "k"],
    "Linear": ["out_features"],
    "Dropout": ["p"],
}
training = {"images a batch": 128, "momentum": 0.9, "decay": 0.0005, "rate": 0.01}
training |= {"rate divided by": 10, "how often": 3, "passes": 90}
training |= {"deviation of first weights": 0.01, "first biases": 1}
training |= {"side before crops": 256, "strength of colour changes": 0.1}  # all published
kinds = pd.Series([type(module).__name__ for module in towers["two towers, 2012"]])
chosen = kinds.map(choices).dropna().map(len)
print(chosen.groupby(kinds).sum().to_string())
print(f"AlexNet: {chosen.sum()} choices of architecture, {len(training)} of training")
print("feature extraction and a linear SVM: 2 choices, a layer and C")

# %% [markdown] slideshow={"notes": "Ask for the number of target problems in the room. Then for each whether its owner would want to start from nothing, if that were free.", "slide_type": "slide"}
# ## Claim: we solved ImageNet, and paid
#
# > What we get: we solved ImageNet. What we pay: labels, transfer and storage, money, CO2, human
# > effort.
#
# "We cannot do that for every single problem out there. The cost is too high. But more importantly: we
# do not *want* to do that", says the next slide. Then reuse must be cheaper by a lot, in all that is
# paid. By how much? The transfer run is that of [notebook 06](06_feature_extraction.ipynb): 900
# photographs once through a network, then a linear SVM, timed here.
#
# Published are AlexNet's cards, days and rated watts; the small VGG's seconds are on its model card.
# **Assumed**: a core draws 5 to 50 W, another machine takes half to twice the time, a card draws half
# of its rated power to all of it, and the building adds 0 to 58%.

# %% slideshow={"notes": "Powers of ten only. Write the four options on the board and count hands.", "slide_type": "subslide"} tags=["predict"]
cost = claims.open("imagenet-cost")
question = "How many times the energy of such a transfer run did the training of AlexNet take?"
powers = ["under 100 times", "100 to 10,000 times", "10,000 to 10 million times"]
powers.append("over 10 million times")
cost.predict(question, powers)

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "One photograph, read and passed again and again: the time does not depend on what it shows, nor on the weights. So an untrained AlexNet will do.", "slide_type": "subslide"}
import time
from importlib import resources

file = resources.files("sklearn.datasets") / "images" / "flower.jpg"
train, test = shipped_features("natural", "insects")
photographs = len(train.labels) + len(test.labels)
started = time.process_time()
LinearSVC(C=0.01, random_state=0).fit(train.select("fc7"), train.labels).predict(test.select("fc7"))
svm = time.process_time() - started
runs = {}
backbones = {"small VGG": load_backbone("natural"), "AlexNet": load_backbone("alexnet", "random")}
for name, backbone in backbones.items():
    started = time.process_time()
    images = torch.stack([backbone.preprocess(Image.open(file)) for _ in range(32)])
    with torch.inference_mode():
        backbone.network(images)
    runs[name] = svm + photographs * (time.process_time() - started) / len(images)
print(f"CPU seconds, {photographs} photographs:", {name: round(s, 1) for name, s in runs.items()})

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "The same price model, at the lowest and the highest of what is assumed. Have them find the assumption that they would attack first.", "slide_type": "subslide"}
def energy(low, high):
    """Wh by the price model, where every assumption leans to one side, then to the other."""
    rows = [usual | {"runs": 1} | each for each in (low | {"overhead": 1}, high)]
    return 1000 * price(pd.DataFrame(rows))["kWh"].to_numpy()


core, spent = {"processors": 1, "host_watts": 0}, {}
for name, seconds in runs.items():
    hours = seconds / 3600
    ends = ({"hours": hours / 2, "watts": 5}, {"hours": 2 * hours, "watts": 50})
    spent[f"transfer, {name}"] = energy(core | ends[0], core | ends[1])
card = pd.read_json(paths.SHIPPED_WEIGHTS / "natural.json", typ="series")
hours = card["measured"]["training_seconds"] / 3600
two = core | {"hours": hours, "watts": 50, "processors": 2}
spent["pre-training, small VGG"] = energy(core | {"hours": hours, "watts": 5}, two)
spent["pre-training, AlexNet"] = energy({"hours": 120, "watts": 122}, {"hours": 144, "watts": 244})
print(pd.DataFrame(spent, ["Wh, lowest", "Wh, highest"]).T.round(4).to_string())

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Point at the lengths of the bars: they are ranges, not errors of measurement. The diamond needs no watts: it is multiply-adds, counted. It falls inside the range.", "slide_type": "subslide"} tags=["no-code"]
yours = np.array([len(train.labels), photographs])  # the training images alone, or all
theirs = np.array([1_281_167, 14_197_122])  # ILSVRC, ImageNet
ratios = {  # the lowest over the highest, the highest over the lowest
    "answers of people": theirs * [1, usual["answers_per_image"]] / (yours * [1, 3])[::-1],
    "bytes moved and kept": theirs / yours[::-1],
}
for name in runs:
    ratios[f"energy, {name}"] = spent[f"pre-training, {name}"] / spent[f"transfer, {name}"][::-1]
counted = 90 * 1.2e6 * 3 / photographs  # passes x images x 3 forward passes a step: published
figure, ax = plt.subplots(figsize=(13, 4.6), layout="constrained")
for row, (name, (low, high)) in enumerate(ratios.items()):
    look = ("#0072B2", "//") if "energy" in name else ("#E69F00", "")
    ax.barh(row, high - low, left=low, height=0.5, color=look[0], hatch=look[1], edgecolor="white")
    for end, aside in ((low, -8), (high, 8)):
        plots.style.write_beside(ax, f"{float(f'{end:.2g}'):,.0f}", (end, row), (aside, 0))
ax.plot(counted, 3, "D", color="black", mec="white", ms=14, label="by multiply-adds, counted")
ax.set(xscale="log", xlim=(1, 1e9), xlabel="pre-training / transfer run (times)")
ax.legend(loc="center right")
plots.style.name_rows(ax, list(ratios))
plots.alt_text(figure, "Ranges: pre-training took tens to millions of times a transfer run.")

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "No verdict: a range between assumptions is no interval of a measurement. Ask which assumption they would attack first.", "slide_type": "subslide"} tags=["claim:imagenet-cost"]
low, high = ratios["energy, AlexNet"]
shown = {"energy, AlexNet: times, at least": low, "energy, AlexNet: times, at most": high}
shown["multiply-adds, AlexNet: times"] = counted
shown["answers of people: times, at least"] = ratios["answers of people"].min()
dearer = sum(each.min() > 1 for each in ratios.values())
shown["kinds of cost that are dearer at every assumption, of 4"] = dearer
shown["top-5 error that was bought (%, published)"] = published.loc["ResNet-152", "top-5 error"]
option = powers[np.searchsorted([1e2, 1e4, 1e7], np.sqrt(low * high))]
on = "Pre-training as published; a transfer run of 900 photographs, timed here: at what is assumed."
limits = "A range of assumptions, not an interval; one run each, without the search before it."
cost.measured(shown, on, limits, option=option)

# %% [markdown] slideshow={"notes": "The usual slip is to forget that the transfer run is cheap because somebody paid. Once, for everybody.", "slide_type": "subslide"}
# **Reading.** Where every assumption leans the other way, AlexNet took tens of thousands of times the
# energy; by multiply-adds, which need no watts, 360,000 times. The range is wide because nobody wrote
# down the watts. The transfer run is cheap *because* pre-training was paid, once, for everybody; a tuned
# transfer costs more than this run, and so did the search for AlexNet.
#
# And "solved"? A [top-5 error](../docs/glossary.md#top-5-error) of 3.57% is below the 5.1% of one
# trained person (published: [Russakovsky et al. 2015](../docs/bibliography.md#russakovsky-2015)), on
# these 1,000 classes, with five guesses. Even if it were free, one would not *want* to do it again
# for each problem: few have as many images of a class, from few a network learns spurious patterns
# ([notebook 01](01_dont_be_a_hero.ipynb)), and the design would start anew. Reuse asks for less data,
# less cost and less effort.

# %% [markdown] slideshow={"notes": "Most forget the bias first, the places next. The check has words for both.", "slide_type": "slide"}
# ## Exercises
#
# **1.** A convolution has `maps` kernels of `side` x `side` weights over `maps_in` maps, and a bias
# for each kernel. It puts out `places` x `places` places. Count its parameters and multiply-adds.


# %% slideshow={"slide_type": "-"}
def convolution(maps_in, maps, side, places):
    """(parameters, multiply-adds for one image), two whole numbers."""
    ...  # TODO


check_code("02: convolution", convolution)

# %% [markdown] slideshow={"slide_type": "-"}
# <details><summary>Solution</summary>
#
# ```python
# def convolution(maps_in, maps, side, places):
#     weights = maps_in * side**2
#     return maps * (weights + 1), maps * places**2 * weights
# ```
#
# </details>

# %% [markdown] slideshow={"notes": "Let them draw both costs against the number of problems first: two straight lines that cross.", "slide_type": "subslide"}
# **2.** Pre-training costs `pretraining`, once; then each problem takes a run of `transfer`. The
# other way is to train each problem from `scratch`, which costs more than a transfer run. From how
# many problems on is it cheaper to pre-train?


# %% slideshow={"slide_type": "-"}
def it_pays(pretraining, transfer, scratch):
    """The smallest whole number of problems for which pre-training costs less. All are integers."""
    ...  # TODO


check_code("02: it pays", it_pays)

# %% [markdown] slideshow={"slide_type": "-"}
# <details><summary>Solution</summary>
#
# ```python
# def it_pays(pretraining, transfer, scratch):
#     return pretraining // (scratch - transfer) + 1
# ```
#
# </details>

# %% [markdown] slideshow={"notes": "Question 1 goes quickly. Take time for the third: what is left of the bill when computing is free.", "slide_type": "slide"}
# ## Quiz
#
# Three questions about what was measured. Choose, check, and read why.

# %% slideshow={"slide_type": "-"}
quiz("02")

# %% [markdown] slideshow={"notes": "Ask for one number they heard before about the cost of training, and what it assumed.", "slide_type": "slide"}
# ## Remember
#
# - Networks grew deeper. They did not grow in parameters: averaging over space did away with most.
# - Give a cost as a range, with the source of each factor; more than half of them are assumptions.
# - Pre-training AlexNet took many thousands of times what reusing it takes, and it is already paid.
#
# **Next**: [03 generalization](03_generalization.ipynb): why a network that solved its training
# source may fail on yours. The [map](00_start_here.ipynb) shows which notebooks are there.

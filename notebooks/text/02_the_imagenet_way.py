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
# - how networks grew from [LeNet-5](../docs/bibliography.md#lecun-1998) to Inception-V3, and in what
#   they did not;
# - how to count depth, parameters and multiply-adds without a single weight;
# - what a [pre-trained network](../docs/glossary.md#pre-training) costs, and which of the numbers are
#   guesses;
# - how many times less a transfer run takes.
#
# **You need**: [00 start here](00_start_here.ipynb). **Time**: 35 minutes for you, about 20 seconds
# for the machine.

# %% slideshow={"slide_type": "skip"}
import math
from itertools import combinations

import pandas as pd
from scipy.stats import kendalltau

from tlcourse import plots
from tlcourse.course.price import ASSUMPTIONS, SCENARIOS, training_price
from tlcourse.datasets import HandwrittenDigits
from tlcourse.finetuning import cost
from tlcourse.networks import zoo
from tlcourse.networks.backbones import load_backbone
from tlcourse.networks.zoo import (
    COUNTED,
    NETWORKS,
    OF_IMAGENET,
    ON_THE_SLIDE,
    cifar_resnet,
    count,
    short,
)
from tlcourse.widgets import CostCalculator, check_answer, claims, quiz

plots.use_course_style()
pd.set_option("display.max_colwidth", None)

# %% [markdown] slideshow={"notes": "Six names and years. Ask in what they grew; keep the answers for the prediction.", "slide_type": "slide"}
# ## Growing up
#
# - 1998 LeNet-5
# - 2012 [AlexNet](../docs/bibliography.md#krizhevsky-2012)
# - 2014 [VGG19](../docs/bibliography.md#simonyan-2014),
#   [GoogLeNet](../docs/bibliography.md#szegedy-2014)
# - 2015 ResNet-56, Inception-V3
#
# Six networks, six papers. Which of their numbers can be checked? All that follow from the
# architecture: build it, and count.

# %% [markdown] slideshow={"notes": "The meta device is worth a minute: shapes without memory. Define depth before you count: longest way, layers with weights.", "slide_type": "subslide"}
# ### Counting without weights
#
# On the *meta device* a layer has a shape and no memory. So VGG19, half a gigabyte of weights, is
# built and counted in milliseconds.
#
# - **Depth**: convolutions and fully connected layers on the longest way from input to output.
# - **Parameters**: numbers that are trained.
# - **[Multiply-adds](../docs/glossary.md#multiply-add)**: a multiplication and its addition, for one
#   image.

# %% slideshow={"slide_type": "-"}
# NBVAL_CHECK_OUTPUT
print(zoo.count_network("VGG19"))

# %% [markdown] slideshow={"notes": "A count is only worth something if somebody else counted too. Let them find the row that differs.", "slide_type": "subslide"}
# Is the count right? torchvision keeps its own in the metadata of its weights.

# %% slideshow={"slide_type": "-"}
# NBVAL_CHECK_OUTPUT
for name, design in NETWORKS.items():
    if design.torchvision:
        counted, theirs = zoo.count_network(name), zoo.torchvision_metadata(name)
        print(
            f"{name}: {counted.parameters:,} parameters (torchvision {theirs['parameters']:,}), "
            f"{counted.multiply_adds / 1e9:.3f} G multiply-adds "
            f"({theirs['multiply_adds'] / 1e9:.3f} G)"
        )

# %% [markdown] slideshow={"notes": "Two AlexNets exist. Ask which one their framework gives them: torchvision's is the one tower of 2014.", "slide_type": "subslide"}
# One number differs: torchvision counts Inception-V3's auxiliary head, which is there in training
# only.
#
# And one network differs. torchvision's AlexNet is the **one tower** of 2014. The AlexNet of 2012
# had two towers, one on each graphics card. The course builds both.

# %% slideshow={"slide_type": "-"}
# NBVAL_CHECK_OUTPUT
for name in ("AlexNet", "AlexNet, one tower"):
    counted = zoo.count_network(name)
    print(f"{name}: {counted.parameters:,} parameters, {counted.multiply_adds:,} multiply-adds")

# %% [markdown] slideshow={"notes": "Point at the columns counted and published side by side. Differences are definitions, mostly of depth.", "slide_type": "subslide"}
# ### Counted, beside the papers

# %% slideshow={"slide_type": "-"}
zoo.beside_the_papers([*ON_THE_SLIDE, "ResNet-50", "ResNet-152"])

# %% [markdown] slideshow={"slide_type": "skip"}
# LeNet-5 is counted as its paper has it, down to the trained subsampling and the maps of C3 that
# see only some maps of S2: 60,000 to the digit. Inception-V3 has 48 layers on its longest way; its
# authors count 42. Every published number, with its source:

# %% slideshow={"slide_type": "skip"}
papers = pd.DataFrame(zoo.published()).set_index("network")
papers["value"] = papers["value"].astype(float).map(short)
papers

# %% [markdown] slideshow={"notes": "Ask who has used ResNet-56 on ImageNet. Nobody has: it is the network for CIFAR-10. The slide is wrong here, kindly.", "slide_type": "subslide"}
# ### ResNet-56 is no network of ImageNet
#
# The paper ([He et al. 2015](../docs/bibliography.md#he-2015)) builds two families. Those for
# **ImageNet** take 224 x 224 pixels and have 18, 34, 50, 101 or 152 layers. Those for **CIFAR-10**
# take 32 x 32 pixels and have 6n + 2: 20, 32, 44, 56 or 110. ResNet-56 is in the table of the second
# family only.

# %% slideshow={"slide_type": "-"}
# NBVAL_CHECK_OUTPUT
resnets = [name for name in zoo.models.list_models(module=zoo.models) if "resnet" in name]
print("torchvision's, for ImageNet:", [name for name in resnets if name.startswith("resnet")])
for name in ("ResNet-56", "ResNet-50", "ResNet-152"):
    counted, shape = zoo.count_network(name), NETWORKS[name].input_shape
    print(
        f"{name}: {NETWORKS[name].trained_on}, {shape[-1]} x {shape[-1]} pixels, "
        f"{short(counted.parameters)} parameters, {short(counted.multiply_adds)} multiply-adds"
    )

# %% [markdown] slideshow={"notes": "Ask whether 0.95% is better than 3.5%. The question has no answer: three data sets.", "slide_type": "subslide"}
# So the slide mixes three data sets: LeNet-5 read digits, ResNet-56 sorted 32 x 32 pictures into
# ten classes, the others sorted photographs into 1,000. Their errors (0.95%, 6.97%, 3.5%) cannot be
# put on one axis. For ImageNet in 2015, read ResNet-152.

# %% [markdown] slideshow={"notes": "Ask \"bigger in what?\" before you show the options.", "slide_type": "slide"}
# ## Claim: networks grew
#
# > Growing up: 1998 LeNet-5, 2012 AlexNet, 2014 VGG19, GoogLeNet, 2015 ResNet-56, Inception-V3
#
# **Motivation.** A list by year under "growing up" says: later is bigger, and bigger is better. But
# bigger in what?

# %% slideshow={"notes": "Hands for each option. Most choose depth and parameters.", "slide_type": "subslide"} tags=["predict"]
claim = claims.open("imagenet-growth")
claim.predict(
    "Take any two of the slide's networks from different years. What is always greater in the "
    "later one?",
    [
        "depth, parameters and multiply-adds",
        "depth and parameters",
        "depth and multiply-adds",
        "depth alone",
        "none of the three",
    ],
)

# %% [markdown] slideshow={"notes": "Point at 2014: two networks of one year, 22 times apart in parameters. Axes are logarithmic.", "slide_type": "subslide"}
# **Experiment.** Build all of them, count, and compare every pair of different years: once with
# the slide's list, once with networks of ImageNet only. Circles were trained on ImageNet, squares on
# MNIST or CIFAR-10. Nothing here is drawn at random, so there are no seeds.

# %% jupyter={"outputs_hidden": true} slideshow={"slide_type": "-"}
shown = dict.fromkeys([*ON_THE_SLIDE[:5], "ResNet-50", "ResNet-152", "Inception-V3"])
rows = {name: zoo.describe(name) for name in shown}
years = {name: row["year"] for name, row in rows.items()}


def pairs_that_grow(values):
    pairs = [sorted(pair, key=years.get) for pair in combinations(values, 2)]
    pairs = [(before, after) for before, after in pairs if years[before] < years[after]]
    return sum(values[after] > values[before] for before, after in pairs), len(pairs)


grown = {
    quantity: {
        which: pairs_that_grow({name: rows[name][quantity] for name in names})
        for which, names in (("slide", ON_THE_SLIDE), ("ImageNet", OF_IMAGENET))
    }
    for quantity in COUNTED
}
titles = ("Depth", "Parameters", "Multiply-adds", "Top-5 error (%)")
columns = dict(zip((*COUNTED, "top-5 error"), titles, strict=True))

figure, [axes] = plots.style.new_panels(4, width=15, height=6.6, sharey=True)
for ax, (key, title) in zip(axes, columns.items(), strict=True):
    known = {place: row for place, row in enumerate(rows.values()) if row[key]}
    for place, row in known.items():
        look = ("o", "#0072B2") if row["trained on"] == "ImageNet" else ("s", "#D55E00")
        ax.plot(row[key], place, look[0], color=look[1], markersize=12)
        plots.style.write_beside(ax, short(row[key]), (row[key], place), (12, 0))
    ax.set(xscale="log", title=title, xlabel="log scale")
    ax.set_xlim(right=ax.get_xlim()[1] ** 2 / ax.get_xlim()[0])  # room for the numbers
    ax.tick_params(axis="x", which="both", bottom=False, labelbottom=False)
plots.style.name_rows(axes[0], [f"{name}, {years[name]}" for name in rows])
plots.alt_text(
    figure,
    "Depth, parameters and multiply-adds of eight networks from 1998 to 2015, and their published "
    "error on ImageNet. Depth rises from 5 to 152. Parameters peak at VGG19 with 144 million; "
    "GoogLeNet of the same year has 6.6 million. The error falls from 15.3 to 3.5.",
)

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Pairs of different years: explain with LeNet-5 and AlexNet. Only depth grew in every pair.", "slide_type": "subslide"}
# NBVAL_CHECK_OUTPUT
for quantity, counts in grown.items():
    words = [f"{more} of {pairs} pairs ({which})" for which, (more, pairs) in counts.items()]
    print(f"{quantity.replace('_', '-')}: greater in the later network in {', '.join(words)}")
contest = {name: rows[name]["top-5 error"] for name in OF_IMAGENET if rows[name]["top-5 error"]}
fell, of = pairs_that_grow({name: -error for name, error in contest.items()})
print(f"published top-5 error: smaller in the later network in {fell} of {of} pairs (ImageNet)")

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "No verdict: counts follow from the architectures. Ask which of the three the slide's \"growing up\" is true of.", "slide_type": "subslide"} tags=["claim:imagenet-growth"]
always = [q for q, counts in grown.items() if all(more == of for more, of in counts.values())]
options = {
    ("depth", "parameters", "multiply_adds"): "depth, parameters and multiply-adds",
    ("depth", "parameters"): "depth and parameters",
    ("depth", "multiply_adds"): "depth and multiply-adds",
    ("depth",): "depth alone",
}
claim.measured(
    {
        f"{quantity.replace('_', '-')} grew (% of pairs, {which})": 100 * more / pairs
        for quantity, counts in grown.items()
        for which, (more, pairs) in counts.items()
    },
    on="Networks built and counted; every pair of different years, on the slide's list and on "
    "networks of ImageNet only.",
    limits="Counts follow from the architectures: there is nothing to estimate. The list is the "
    "slide's, not a sample of the networks of those years.",
    option=options.get(tuple(always), "none of the three"),
)

# %% [markdown] slideshow={"notes": "Up, not big. The published errors are averages of several networks entered in a contest: ask what that does to a comparison.", "slide_type": "subslide"}
# **Reading.** **Depth** grew, without an exception. **Parameters did not**: GoogLeNet has nine
# times fewer than AlexNet as counted (its paper says twelve), and 22 times fewer than VGG19 of the
# same year. Multiply-adds have their peak at VGG19. The published error fell from year to year all
# the same.
#
# So networks grew *up* more than they grew big. Note what the errors are: averages of up to seven
# networks, entered in a contest. They flatter every network, and not each by as much.

# %% [markdown] slideshow={"notes": "Ask first: where do 144 million parameters of VGG19 sit? Then run.", "slide_type": "slide"}
# ## Where are the parameters?
#
# How can a deeper network have fewer? Look at the fully connected layers.

# %% slideshow={"slide_type": "-"}
# NBVAL_CHECK_OUTPUT
for name in OF_IMAGENET:
    counted = zoo.count_network(name)
    share = 100 * counted.fully_connected / counted.parameters
    print(
        f"{name}: {share:.0f}% of {short(counted.parameters)} parameters in fully connected layers"
    )

# %% [markdown] slideshow={"notes": "Averaging over places did away with most parameters. A consequence for reuse: a ResNet has no fc6 and no fc7.", "slide_type": "subslide"}
# AlexNet and VGG19 read every place of their last maps into 4,096 units. GoogLeNet and those after
# it *average over the places* first, and have one fully connected layer: the decision.
#
# Remember it when you choose layers to reuse: a ResNet has no fc6 and no fc7.

# %% [markdown] slideshow={"notes": "One network, one crop, one data set: now errors may be compared. Point at parameters: no trend.", "slide_type": "slide"}
# ## Did size lower the error?
#
# Compare like with like: **one** network, **one** crop, the validation images, as torchvision
# measured them.

# %% slideshow={"slide_type": "-"}
compared = ("AlexNet, one tower", *OF_IMAGENET[1:])
errors = {name: zoo.torchvision_metadata(name)["top-5 error"] for name in compared}
sizes = {
    key.replace("_", "-"): {name: getattr(zoo.count_network(name), key) for name in compared}
    for key in COUNTED
}
figure, [axes] = plots.style.new_panels(3, width=16, sharey=True)
for ax, (what, size_of) in zip(axes, sizes.items(), strict=True):
    ax.loglog(list(size_of.values()), list(errors.values()), "o", markersize=12)
    for name, size in size_of.items():
        plots.style.write_beside(ax, name, (size, errors[name]), (12, 0))
    low, high = min(size_of.values()), max(size_of.values())
    plots.style.finish(ax, "both", xlabel=what, xlim=(low / 1.5, high * (high / low) ** 0.6))
axes[0].set_yticks([4, 6, 10, 20], [4, 6, 10, 20])
axes[0].set_yticks([], minor=True)
axes[0].set(ylim=(5.5, 24), ylabel="top-5 error (%)")
plots.alt_text(
    figure,
    "Top-5 error of six networks against depth, parameters and multiply-adds: it falls with depth "
    "and with multiply-adds; against parameters there is no trend.",
)

# %% slideshow={"notes": "Six points, and training changed as well. Ask what else became better between 2012 and 2015.", "slide_type": "subslide"}
# NBVAL_CHECK_OUTPUT
for key, of_network in sizes.items():
    tau = kendalltau(list(of_network.values()), list(errors.values())).statistic
    print(f"rank correlation of error and {key}: {tau:+.2f}")

# %% [markdown] slideshow={"slide_type": "-"}
# **Reading.** Deeper goes with better, and more parameters go with nothing. These are six networks,
# and their training changed as well: batch normalisation, augmentation, schedules. A rank
# correlation over six points is an impression, not a law.

# %% [markdown] slideshow={"notes": "Let the room propose one assumption to change and predict the bill. Labels by a radiologist is the one that surprises.", "slide_type": "slide"}
# ## What we pay
#
# The slide lists labels, transfer and storage, hardware, energy, salaries, CO2 and human effort. It
# gives no numbers. Here they are, each on a slider with its source.
#
# Try: what dominates the bill? What if a label takes a radiologist two minutes? A grid as clean as
# France's, as dirty as India's?

# %% slideshow={"notes": "Move one slider at a time, and ask for the new total before you let go. Which of the five groups never matters?", "slide_type": "subslide"}
calculator = CostCalculator()
calculator

# %% [markdown] slideshow={"notes": "Read the columns, not the rows: which line dominates in each?", "slide_type": "subslide"}
# The three starting points side by side. "2014" pays for the 1.28 million images of ILSVRC, "2012"
# for all 14 million of ImageNet.

# %% slideshow={"slide_type": "-"}
pd.DataFrame({name: training_price(**changed).in_words for name, changed in SCENARIOS.items()})

# %% [markdown] slideshow={"notes": "Electricity is a footnote in dollars and not in CO2. About half of the numbers are assumptions; each has its source.", "slide_type": "subslide"}
# People are the bill: those who label, and those who try. Electricity is a footnote in dollars.
# That says nothing about its CO2, which nobody was billed for.
#
# About half of the numbers are assumptions. The next experiment does without the loosest of them,
# money and runs that failed, and gives **ranges**.

# %% [markdown] slideshow={"notes": "Ask for the number of target problems in the room. The slide says that we cannot do that for each of them.", "slide_type": "slide"}
# ## Claim: we solved ImageNet, and paid
#
# > What we get: we solved ImageNet. What we pay: labels, transfer and storage, money, CO2, human
# > effort.
#
# **Motivation.** "We cannot do that for every single problem out there", says the next slide. Then
# reuse must be cheaper by a lot. By how much?

# %% slideshow={"notes": "Powers of ten only. Write the four options on the board and count hands.", "slide_type": "subslide"} tags=["predict"]
claim = claims.open("imagenet-cost")
claim.predict(
    "AlexNet was trained on two cards for five to six days. How many times more energy is that "
    "than a transfer run that reuses it (700 photographs through AlexNet, then a linear SVM)?",
    [
        "under 100 times",
        "100 to 10,000 times",
        "10,000 to 10 million times",
        "over 10 million times",
    ],
)

# %% [markdown] slideshow={"notes": "Point at the lengths of the bars: they are ranges, not errors of measurement. The axis is logarithmic.", "slide_type": "subslide"}
# **Experiment.** The transfer run is that of notebook 06: features of 200 training and 500 test
# photographs of insects, and a linear SVM. Its CPU seconds are **measured here**, with the course's
# small VGG and with AlexNet (random weights: the time is the same). Hours and cards of pre-training
# are **published**; the small VGG's are on its model card.
#
# **Assumed**: a busy core draws 5 to 50 W, another machine takes half to twice the time; a card
# draws half of its rated power to all of it, and the computer around it 100 W, as on the slider
# above; the building adds 0 to 58%; the small VGG was trained on one to two cores.

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "The scale is logarithmic: ask how many times longer the lowest bar is, and let them count the powers of ten.", "slide_type": "subslide"}
digits = HandwrittenDigits()  # the time does not depend on what the images show
small, alexnet = load_backbone("natural"), load_backbone("alexnet", "random")
small_run = cost.cpu_seconds_of_transfer(small, digits)
alexnet_run = cost.cpu_seconds_of_transfer(alexnet, digits, n_passes=32)

transfer = {
    "small VGG": cost.transfer_energy(sum(small_run.values())),
    "AlexNet": cost.transfer_energy(sum(alexnet_run.values())),
}
pretraining = {
    "small VGG": cost.bundled_pretraining_energy("natural"),
    "AlexNet": cost.pretraining_energy("AlexNet"),
    "VGG19": cost.pretraining_energy("VGG19"),
}
bars = {f"transfer, {name}": energy for name, energy in transfer.items()}
bars |= {f"pre-training, {name}": energy for name, energy in pretraining.items()}
ax = plots.plot_ranges(bars, "energy of one run (Wh)", cost.as_energy)
plots.alt_text(
    ax,
    "Energy of one run, as ranges on a logarithmic axis: transfer runs take a fraction of a "
    "watt-hour, pre-training of the small VGG some to hundreds, of AlexNet tens of kilowatt-hours "
    "and more, of VGG19 hundreds.",
)

# %% [markdown] slideshow={"notes": "The diamond is counted, not assumed: multiply-adds need no watts. It falls inside the range.", "slide_type": "subslide"}
# And what else was paid: labels and bytes. An image of the transfer run counts with one to three
# answers; the 200 of the training set alone, or all 700.

# %% jupyter={"outputs_hidden": true} slideshow={"slide_type": "-"}
n_train, n_test = cost.n_transfer_images()
yours = cost.Range(n_train, n_train + n_test)
ilsvrc, imagenet = SCENARIOS["ILSVRC and VGG19, 2014"]["images"], ASSUMPTIONS["images"].default
images = cost.Range(ilsvrc, imagenet)
ratios = {
    "answers of people": images * (1, ASSUMPTIONS["answers_per_image"].default) / (yours * (1, 3)),
    "bytes of images": images / yours,
    "energy, small VGG": pretraining["small VGG"] / transfer["small VGG"],
    "energy, AlexNet": pretraining["AlexNet"] / transfer["AlexNet"],
}
# 90 passes over 1.2 million images, a step worth three forward passes: its size cancels out
counted_ratio = zoo.published_number("AlexNet", "passes") * 1.2e6 * 3 / (n_train + n_test)
marked = {"energy, AlexNet": counted_ratio}
ax = plots.plot_ranges(ratios, "pre-training / transfer run", short, marked)
plots.alt_text(
    ax,
    "How many times more pre-training took than a transfer run: tens to millions of times, in "
    "answers of people, bytes and energy. A diamond in the range of AlexNet's energy: the ratio of "
    "multiply-adds.",
)

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "No verdict: a range between assumptions is no interval of a measurement. Ask which assumption they would attack first.", "slide_type": "subslide"} tags=["claim:imagenet-cost"]
ratio = ratios["energy, AlexNet"]
powers = {
    "under 100 times": 100,
    "100 to 10,000 times": 1e4,
    "10,000 to 10 million times": 1e7,
    "over 10 million times": math.inf,
}
dearer = [what for what, each in ratios.items() if each.low > 1]
claim.measured(
    {
        "energy, AlexNet: times, at least": ratio.low,
        "energy, AlexNet: times, at most": ratio.high,
        "multiply-adds, AlexNet: times": counted_ratio,
        "answers of people: times, at least": ratios["answers of people"].low,
        "kinds of cost that are dearer at every assumption, of 4": len(dearer),
        "top-5 error that was bought (%, published)": rows["ResNet-152"]["top-5 error"],
    },
    on="Pre-training as published against a transfer run measured here (700 photographs, a linear "
    "SVM): the lowest and the highest ratio that the assumptions allow.",
    limits="The range is that of the assumptions, not the 95% interval of a measurement; one "
    "training run only, without the search before it.",
    option=next(option for option, under in powers.items() if ratio.middle < under),
)

# %% [markdown] slideshow={"notes": "The usual slip is to forget that the transfer run is cheap because somebody paid. Once, for everybody.", "slide_type": "subslide"}
# **Reading.** For AlexNet thousands of times at the very least, where every assumption leans the
# other way, and rather hundreds of thousands. The range is wide, and should be: nobody wrote down the
# watts. The multiply-adds need no watts, and fall inside it. A training step is taken for three
# forward passes; that is the one assumption left. The small VGG was trained in two hours without a
# graphics card: reusing it is cheaper by less.
#
# What this does not say:
#
# - The transfer run is cheap *because* pre-training was paid. It was paid once, for everybody.
# - One training run is not what a network costs. The search before it is in no paper.
# - A tuned transfer, with many settings tried, or fine-tuning, costs more than this run.
# - "Solved": a [top-5 error](../docs/glossary.md#top-5-error) of 3.57% is below the 5.1% of one
#   trained person (published: [Russakovsky et al. 2015](../docs/bibliography.md#russakovsky-2015)),
#   on these 1,000 classes, with five guesses.

# %% [markdown] slideshow={"notes": "Most forget the biases first, the places next. The hints answer both.", "slide_type": "slide"}
# ## Exercises
#
# **1.** AlexNet's first fully connected layer reads 256 maps of 6 x 6 places into 4,096 units. How
# many parameters does it have, biases included?

# %% slideshow={"slide_type": "-"}
answer = ...
check_answer(
    answer,
    256 * 6 * 6 * 4096 + 4096,
    "More than half of the network's 61 million, in one layer.",
    {256 * 6 * 6 * 4096: "Nearly: each unit has a bias.", 256 * 4096 + 4096: "And the places?"},
)

# %% [markdown] slideshow={"slide_type": "-"}
# <details><summary>Solution</summary>
#
# ```python
# 256 * 6 * 6 * 4096 + 4096
# ```
#
# 37,752,832.
#
# </details>

# %% [markdown] slideshow={"notes": "Let them guess from the layers: twice as deep, twice the parameters.", "slide_type": "subslide"}
# **2.** How many parameters has the ResNet for CIFAR-10 with 110 layers? Build it with
# `cifar_resnet(110)` and count it with `count`.

# %% slideshow={"slide_type": "-"}
answer = ...
check_answer(
    answer,
    count(cifar_resnet(110), (1, 3, 32, 32)).parameters,
    "Twice the layers, twice the parameters: the paper says 1.7 M.",
    {zoo.count_network("ResNet-56").parameters: "That is the one with 56."},
)

# %% [markdown] slideshow={"slide_type": "-"}
# <details><summary>Solution</summary>
#
# ```python
# count(cifar_resnet(110), (1, 3, 32, 32)).parameters
# ```
#
# 1,727,962.
#
# </details>

# %% [markdown] slideshow={"notes": "The size of the network cancels out. Whoever starts to look it up has not seen that yet.", "slide_type": "subslide"}
# **3.** For the multiply-adds that trained AlexNet (90 passes over 1.2 million images, a step being
# worth three forward passes): how many images could go through it for feature extraction?

# %% slideshow={"slide_type": "-"}
answer = ...
check_answer(
    answer,
    90 * 1_200_000 * 3,
    "The size of the network cancels out. That is 460,000 transfer runs of 700 images.",
    {90 * 1_200_000: "A training step also goes backward.", 1_200_000: "It made 90 passes."},
)

# %% [markdown] slideshow={"slide_type": "-"}
# <details><summary>Solution</summary>
#
# ```python
# 90 * 1_200_000 * 3
# ```
#
# 324 million.
#
# </details>

# %% [markdown] slideshow={"notes": "Ask for a guess first. What halves labels and disks at once?", "slide_type": "subslide"}
# **4.** Which *one* assumption, halved, lowers the bill of "ImageNet and AlexNet, 2012" most?
# Answer with its name in `ASSUMPTIONS`.

# %% slideshow={"slide_type": "-"}
answer = ...
halved = {
    name: training_price(**{name: max(a.low, a.default / 2)}).total
    for name, a in ASSUMPTIONS.items()
}
check_answer(
    answer,
    min(halved, key=halved.get),
    "Half the images need half the answers and half the disks.",
    {
        "wage": "Close: what else shrinks with fewer images?",
        "seconds_per_answer": "Close: what else shrinks with fewer images?",
        "answers_per_image": "Close: what else shrinks with fewer images?",
        "hours": "Electricity is a footnote of the bill.",
    },
)

# %% [markdown] slideshow={"slide_type": "-"}
# <details><summary>Solution</summary>
#
# ```python
# halved = {
#     name: training_price(**{name: max(a.low, a.default / 2)}).total
#     for name, a in ASSUMPTIONS.items()
# }
# min(halved, key=halved.get)
# ```
#
# `images`.
#
# </details>

# %% [markdown] slideshow={"notes": "Question 1 goes quickly. Take time for the third: what is counted, what is assumed.", "slide_type": "slide"}
# ## Quiz
#
# Three questions about what was measured. Choose, check, and read why.

# %% slideshow={"slide_type": "-"}
quiz("02")

# %% [markdown] slideshow={"notes": "Ask for one number they heard before about the cost of training, and what it assumed.", "slide_type": "slide"}
# ## Remember
#
# - Networks grew deeper. They did not grow in parameters: averaging over space did away with most.
# - A cost without its assumptions is a rumour. Give a range, and the source of each factor.
# - Pre-training AlexNet took many thousands of times what reusing it takes, and it is already paid.
#
# **Next**: [03 generalization](03_generalization.ipynb): why a network that solved its training
# source may fail on yours. The [map](00_start_here.ipynb) shows which notebooks are there.

# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"notes": "The longest claims of the course are here. For an hour: the three choices, retrain some, the painter, the trade-off; leave Yosinski for reading.", "slide_type": "slide"}
# # 08 Fine-tuning
#
# *[Lecture](../docs/bibliography.md#lecture): "Retrain", "The choices in fine tuning", "Trade-off
# of fine tuning".*
#
# **You will learn**
#
# - to say of every layer: freeze, fine-tune or random, and what each choice means in PyTorch;
# - how many layers to retrain, and how that depends on your data and on the source;
# - what each choice costs: parameters, time, bias and variance.
#
# **You need**: [06 feature extraction](06_feature_extraction.ipynb). **Time**: 50 minutes for you,
# about a minute for the machine.

# %% slideshow={"slide_type": "skip"}
import numpy as np
import torch

from tlcourse import plots
from tlcourse.classifiers import intervals
from tlcourse.classifiers.score import sample_per_class
from tlcourse.course import claims
from tlcourse.datasets.drawn import DrawnImages
from tlcourse.finetuning import grid as compare
from tlcourse.finetuning.audits import audit
from tlcourse.finetuning.grid import policy_of, read_grid, train_run
from tlcourse.networks.backbones import load_backbone
from tlcourse.networks.batch_norm import statistics_after, tiny_network, with_batch_norm
from tlcourse.networks.images import prepare_images
from tlcourse.tables import published as paper
from tlcourse.tables.measured import CURVES, measured_curve
from tlcourse.tables.similarity import similarity_table
from tlcourse.widgets import PolicyPainter, Prediction, check_answer, quiz

plots.use_course_style()

# %% [markdown] slideshow={"notes": "Read one row of the audit aloud: choice, start, number of parameters, rate. Ask which row is always new, and why: the head.", "slide_type": "slide"}
# ## Three choices for every layer
#
# - **[Freeze](../docs/glossary.md#freeze)**: keep the source's weights as they are. *"It's good as
#   it is."*
# - **[Fine-tune](../docs/glossary.md#fine-tune)**: begin with the source's weights and train on.
#   *"It's a good starting point."*
# - **[Random](../docs/glossary.md#random)**: throw the weights away and begin anew. *"It's pretty
#   much useless."*
#
# A **[policy](../docs/glossary.md#policy)** makes one of these choices for each layer. The last
# layer decides between the source's classes, so it is always new. An
# **[audit](../docs/glossary.md#audit)** says what a policy means, before anything is trained.

# %% slideshow={"slide_type": "-"}
audit("natural", "freeze, fine-tune, retrain", n_classes=4, learning_rate=0.02)

# %% [markdown] slideshow={"notes": "Ask who freezes with requires_grad alone: nearly all. The first False is the trap, the second line is the cure.", "slide_type": "subslide"}
# ### A trap: frozen by half
#
# `requires_grad = False` keeps the gradient away from the weights. It does not keep a [batch
# normalisation](../docs/glossary.md#batch-normalisation) from moving: in train mode its running
# statistics follow the batch.

# %% slideshow={"slide_type": "-"}
# NBVAL_CHECK_OUTPUT
bright = torch.full((8, 3, 6, 6), 3.0)
before = tiny_network()[1].running_mean.tolist()
half = statistics_after(tiny_network(), bright, frozen_in_eval_mode=False)
whole = statistics_after(tiny_network(), bright, frozen_in_eval_mode=True)
print("requires_grad = False alone: statistics stay", half == before)
print("and in eval mode:            statistics stay", whole == before)

# %% [markdown] slideshow={"slide_type": "skip"}
# The course's policies freeze in eval mode, and keep frozen weights out of the optimizer. So should
# yours.

# %% [markdown] slideshow={"notes": "Ask whether natural is near to drawn animals: same things, other domain. Batch normalisation is put back so that random layers get a fair chance.", "slide_type": "slide"}
# ## The target of this notebook
#
# Four drawn animals, few pictures of each. The source is `natural`: photographs of other animals.
# The same kind of thing, in another domain.
#
# The network gets its batch normalisation back (`with_batch_norm`), in eval mode the same function.
# Without it random layers do not learn here at all, and the comparison would not be fair.

# %% slideshow={"slide_type": "-"}
natural = load_backbone("natural")
animals = ["cat", "dog", "lion", "wolf"]
pool = prepare_images(natural, DrawnImages("animals", animals, 32, seed=0, labels="species"))
test = prepare_images(natural, DrawnImages("animals", animals, 25, seed=1, labels="species"))
source = with_batch_norm(natural, pool.subset(range(64)))


def draw(per_class, seed):
    return pool.subset(sample_per_class(pool.labels.numpy(), per_class, seed))


rows = sample_per_class(pool.labels.numpy(), 12, seed=0).reshape(-1, 12)
to_train, to_validate = (pool.subset(part.ravel()) for part in (rows[:, :8], rows[:, 8:]))


def accuracy(policy, per_class, seed, steps, backbone=source):
    run = train_run(backbone, policy, draw(per_class, seed), test, seed, steps)
    return run.curve[-1].validation_accuracy


# %% [markdown] slideshow={"notes": "Ask what the slide leaves open: how many layers, how many images. Both are dials in the experiment.", "slide_type": "slide"}
# ## Claim: retrain some
#
# > Train one or several NN layers + pre-trained layers: fine tuning. Sort of similar task and same
# > domain. Data volume.
#
# **Motivation.** A new last layer on frozen features is feature extraction. Retraining the layers
# below it lets them adapt. More layers are more parameters, and these need data.

# %% slideshow={"notes": "Hands. The third option is the usual one; the first comes close. The difference is what happens with four images.", "slide_type": "subslide"}
prediction = Prediction(
    "retrain-some",
    "Retraining several layers instead of the last one only, with few and with more images:",
    [
        "it helps, by more with more images",
        "it helps, by as much with few images",
        "it helps only with more images",
        "it does not help",
    ],
)
prediction

# %% [markdown] slideshow={"notes": "Left is n = 1, feature extraction. Follow one line from the left and ask where it stops rising. Photographs were measured beforehand, drawings run now.", "slide_type": "subslide"}
# **Experiment.** The top *n* layers are fine-tuned, those below are frozen; n = 1 is the new last
# layer alone. Live on drawn animals, and **measured beforehand** on photographs of five insects
# (`python -m scripts.remake policy_grid`), as the photographs are not shipped. Two seeds each.

# %% slideshow={"slide_type": "-"} tags=["claim:retrain-some"]
depths = {1: "reuse all", 3: "fine-tune top 3", 5: "fine-tune top 5", 7: "fine-tune top 7"}
live = {
    n: {
        depth: [accuracy(policy, n, seed, steps) for seed in (0, 1)]
        for depth, policy in depths.items()
    }
    for n, steps in ((4, 12), (16, 20))
}
stored = compare.depth_curves(read_grid())
figure = plots.plot_in_panels(
    plots.plot_curves,
    {
        title: {f"{n} a class": curve for n, curve in curves.items()}
        for title, curves in (
            ("photographs of insects (beforehand)", stored),
            ("drawn animals (live)", live),
        )
    },
    xlabel="layers retrained, from the top",
    share_x=False,
)
plots.alt_text(
    figure,
    "Accuracy against the number of retrained layers, on drawn animals and on photographs of "
    "insects, a line for each number of training images a class.",
)

# %% slideshow={"notes": "Two numbers: with the fewest and with the most images. Ask what a gain of one point means with two seeds.", "slide_type": "subslide"}
def gained(curve):
    """Points of 3 to 9 retrained layers over none but the last, one a seed."""
    some = [curve[depth] for depth in curve if 1 < depth < 10]
    return 100 * (np.mean(some, axis=0) - np.array(curve[1]))


gain = {
    volume: intervals.paired_difference(
        np.concatenate([gained(curves[pick(curves)]) for curves in (live, stored)])
    )
    for volume, pick in (("fewest", min), ("most", max))
}
few, many = gain["fewest"], gain["most"]
if many.mean > 1 and many.mean > few.mean + 1:
    some_help = "by more with more images" if few.mean > 1 else "only with more images"
    verdict, option = "holds", f"it helps, {some_help}".replace("helps, only", "helps only")
elif many.mean > 1:
    verdict, option = "depends", "it helps, by as much with few images"
else:
    verdict, option = "does not hold here", "it does not help"
prediction.compare(
    f"Retraining 3 to 9 layers gains {few.mean:+.1f} points with the fewest images and "
    f"{many.mean:+.1f} with the most.",
    option,
)

# %% slideshow={"slide_type": "-"}
claims.record(
    "retrain-some",
    verdict,
    "Mean over 3 to 9 fine-tuned layers against a new last layer alone, drawn animals and "
    "photographs of insects, two seeds each.",
    {
        "points gained, fewest images": few.mean,
        "points gained, most images": many.mean,
        "least of a target and seed, most images": min(many.pairs),
    },
)

# %% slideshow={"slide_type": "skip"}
# NBVAL_CHECK_OUTPUT
print(claims.recorded("retrain-some"))

# %% [markdown] slideshow={"notes": "The middle wins: seven of thirteen with 48 a class. Usual misunderstanding: more retrained layers are always better with enough data.", "slide_type": "subslide"}
# **Reading.** With most images, retraining several layers beats a new last layer alone, on drawings
# and on photographs. With four photographs a class there is next to nothing to gain. So the slide is
# right, and its "data volume" too. More is not always better: with 48 photographs a class, seven
# retrained layers of thirteen beat both ends, in both draws.
#
# What this does not say: at one volume every run took the same few steps, with one learning rate for
# all depths; tuning both for each depth could move the curves. And more images took more steps (16,
# 24 and 32 on photographs): volume and length of training change together.

# %% [markdown] slideshow={"notes": "Write on the board: A or B, copied n, plus for fine-tuned. Ask what BnB is for before saying it: the control for the cut.", "slide_type": "slide"}
# ## How transferable is each layer? Yosinski et al. 2014
#
# [They](../docs/bibliography.md#yosinski-2014) cut ImageNet in two halves, A and B. A network for B
# gets its bottom *n* layers copied, and the others random:
#
# - **AnB**: copied from the network for A, frozen. **AnB+**: fine-tuned.
# - **BnB**: copied from the network for B itself, frozen. **BnB+**: fine-tuned.
#
# BnB is the control: what it loses, the *cut* loses. What AnB loses beyond that is specific to A.

# %% slideshow={"notes": "Point at the dip of BnB in the middle: nothing was transferred, and still it loses. Then at AnB+, above the base everywhere.", "slide_type": "subslide"}
published = {
    name: {n: [value] for n, value in paper.published_curve(name).items()}
    for name in ("BnB", "BnB+", "AnB", "AnB+")
}
base = paper.published_curve("base")[0]
ax = plots.plot_copied_layers(published, base=base)
plots.alt_text(
    ax,
    "Published accuracy against the layers copied: AnB falls with n, BnB falls in the middle and "
    "recovers, BnB+ stays level, and AnB+ lies above the base network everywhere.",
)

# %% [markdown] slideshow={"slide_type": "skip"}
# Published, AlexNet on halves of ImageNet. The plots of the paper average the **ten best**
# evaluations of each run, which is optimistic; and of many fine-tuned networks the logs are missing,
# so that some points are one network.

# %% slideshow={"notes": "Ask why averaging the ten best evaluations flatters. Here by little, but the reader has to be told.", "slide_type": "subslide"}
# NBVAL_CHECK_OUTPUT
optimism = paper.optimism()
print(f"ten best above ten last evaluations: {np.mean(optimism):.2f} points on average")
far_fall, near_fall = (
    paper.published_curve(name)[1] - paper.published_curve(name)[7]
    for name in ("natman_transfer_AB", "AnB")
)
print(
    f"from n = 1 to 7: natural against man-made halves {100 * far_fall:.0f} points, "
    f"random halves {100 * near_fall:.0f}"
)

# %% [markdown] slideshow={"notes": "Ask where it should differ from the paper, with 120 photographs. No dip, and more copied is better: what is not copied cannot be learned.", "slide_type": "subslide"}
# ### In miniature
#
# B is six natural classes, 20 photographs each. **B**nB copies from `natural`, which was trained on
# these classes among others; **A**nB from `manmade`, a far source. `random` freezes layers that
# learned nothing. Measured beforehand (`python -m scripts.remake yosinski`), two seeds; the last evaluation
# counts, none is chosen.
#
# What differs from the paper: B's network saw its classes with 25 times more images than the
# retrained top gets. So what is copied from B carries more than the sample could teach.

# %% slideshow={"slide_type": "-"}
miniature = {name: measured_curve(name) for name in CURVES}
nothing = np.mean(measured_curve("base")[0])
ax = plots.plot_copied_layers(miniature, base=nothing)
plots.alt_text(
    ax,
    "In miniature: accuracy against the layers copied for BnB, BnB+, AnB, AnB+ and frozen random "
    "layers.",
)

# %% [markdown] slideshow={"slide_type": "skip"}
# **Reading.** As published, low layers are general: with four or six layers copied it hardly matters
# from whom. From eight on, B's own layers beat A's by far: they are specific. As published,
# fine-tuning what was copied helps when nearly all of it was copied, from A too.
#
# Not as published: of B's own layers more copied is better all the way, and the middle has no dip;
# A's bring nothing after six. With 120 photographs what is *not* copied cannot be learned: nothing
# copied stays near guessing. The paper's networks had half of ImageNet for that. Frozen random layers
# are of little use in both.

# %% [markdown] slideshow={"notes": "Three sentences of the slide, three choices a layer. Ask the room to paint the thirteen layers of the drawing by hand first.", "slide_type": "slide"}
# ## Claim: freeze, fine-tune or random
#
# > Reuse and freeze: its good as it is. Reuse and fine tune: it's a good starting point. Train from
# > scratch: it's pretty much useless.
#
# **Motivation.** Low layers see edges and colours: good for any picture. High layers know the
# source's classes: useless for yours. So: freeze the bottom, fine-tune the middle, retrain the top.

# %% slideshow={"notes": "Hands. \"The mixed policy is best\" wins as a rule. Ask those who say \"they tie\" what spread they expect.", "slide_type": "subslide"}
paint_prediction = Prediction(
    "freeze-finetune-random",
    "Freeze the bottom, fine-tune the middle, begin the top anew, against one choice for all:",
    [
        "the mixed policy is best",
        "reuse all is best",
        "fine-tune all is best",
        "all random is best",
        "they tie",
    ],
)
paint_prediction

# %% [markdown] slideshow={"notes": "Paint what the room proposes and train it: some seconds. Arrow keys move, F, T and R paint. Then paint its opposite.", "slide_type": "subslide"}
# **Paint a policy.** Choose a brush and click on layers, or move with the arrow keys and press
# <kbd>F</kbd>, <kbd>T</kbd> or <kbd>R</kbd>. Train it, and see it land in the league.

# %% slideshow={"slide_type": "-"}
painter = PolicyPainter(source, (to_train, to_validate, test), epochs=8, learning_rate=0.02)
painter

# %% [markdown] slideshow={"notes": "A bar is the spread of three draws. Ask which policies you can tell apart: only all random, surely.", "slide_type": "subslide"}
# **Experiment.** Six policies on the drawn animals, 8 pictures a class, three draws. Each gets as
# many steps; all random has its own, higher learning rate.

# %% slideshow={"slide_type": "-"} tags=["claim:freeze-finetune-random"]
league = [
    "reuse all",
    "fine-tune top 3",
    "retrain the top",
    "freeze, fine-tune, retrain",
    "fine-tune all",
    "all random",
]
runs = {
    policy: {
        seed: train_run(source, policy, draw(8, seed), test, seed, steps=12) for seed in range(3)
    }
    for policy in league
}
scores = {
    policy: {seed: run.curve[-1].validation_accuracy for seed, run in by_seed.items()}
    for policy, by_seed in runs.items()
}
ax = plots.plot_dumbbells(
    {policy: {"drawn animals": list(values.values())} for policy, values in scores.items()},
    "accuracy (%)",
)
plots.alt_text(ax, "Accuracy of six policies on drawn animals, with the spread over three draws.")

# %% slideshow={"notes": "Leading and tying are computed, not seen. Two names mean a tie; compare with the hands.", "slide_type": "subslide"}
mixed, uniform = "freeze, fine-tune, retrain", ("reuse all", "fine-tune all", "all random")
against = {name: intervals.difference(scores[mixed], scores[name]) for name in uniform}
useless = intervals.difference(scores["retrain the top"], scores["fine-tune top 3"])
leaders = compare.tied_with_best({name: scores[name] for name in (mixed, *uniform)})
if mixed not in leaders or useless.is_below_zero:
    verdict = "does not hold here"
else:
    verdict = "holds" if leaders == [mixed] else "depends"
names = {mixed: "the mixed policy"}
option = "they tie" if leaders[1:] else f"{names.get(leaders[0], leaders[0])} is best"
paint_prediction.compare(
    "Leads or ties with the leader: "
    + ", ".join(f"{name} ({100 * np.mean(list(scores[name].values())):.0f}%)" for name in leaders)
    + ".",
    option,
)

# %% slideshow={"slide_type": "-"}
claims.record(
    "freeze-finetune-random",
    verdict,
    "Frozen bottom, fine-tuned middle and random top against one choice for all layers; top three "
    "layers begun anew against fine-tuned; three draws, 8 images a class.",
    {
        **{f"mixed less {name}, points": 100 * each.mean for name, each in against.items()},
        "top anew less top fine-tuned, points": 100 * useless.mean,
    },
)

# %% slideshow={"slide_type": "skip"}
# NBVAL_CHECK_OUTPUT
print(claims.recorded("freeze-finetune-random"))

# %% [markdown] slideshow={"notes": "Two policies are level, and random stays at guessing. Usual misunderstanding: \"useless\" layers were still a good start in Yosinski.", "slide_type": "subslide"}
# **Reading.** The mixed policy and fine-tuning all layers are level. Both lie above reusing all, on
# average; three draws leave some of that to luck. All random stays near guessing: a dozen steps and
# 32 pictures teach a network nothing from the start. It would want many more of both.
#
# Beginning the top three layers anew did no harm here, against fine-tuning them. "Pretty much
# useless" is too strong all the same: in Yosinski 2014 copying nearly all layers and fine-tuning
# them beat everything (published). "It's a good starting point" and "useless" are hard to tell apart
# when the new layers are few and small.

# %% [markdown] slideshow={"notes": "Two sentences, four effects: data and similarity, for fine-tuning and for random. Have the room say the four before going on.", "slide_type": "slide"}
# ## Claim: the policy follows similarity and data
#
# > Fine tune: increase with source-target similarity and data volume. Random: increase with
# > source-target dissimilarity and data volume.
#
# **Motivation.** With more images more can be learned. What a similar source left is worth
# polishing; what a dissimilar one left may be in the way.

# %% slideshow={"notes": "Hands. Ask those who chose the first for a reason why similarity should help fine-tuning.", "slide_type": "subslide"}
grid_prediction = Prediction(
    "policy-follows-similarity-and-data",
    "What do fine-tuning and random layers gain by?",
    [
        "both by data, fine-tuning by similarity, random by dissimilarity",
        "by data only",
        "by some of it",
        "by none of it",
    ],
)
grid_prediction

# %% [markdown] slideshow={"notes": "Near is measured: insects nearer to natural, vehicles to manmade. Higher is more similar.", "slide_type": "subslide"}
# **Experiment.** Insects and vehicles, photographs, from `natural` and from `manmade`: five policies,
# three volumes, two draws. **Measured beforehand** by `python -m scripts.remake policy_grid`. Is "near"
# near? The distance between class means says so.

# %% slideshow={"slide_type": "-"}
similarity = similarity_table(["natural", "manmade"], ["insects", "vehicles"])
similarity.pivot(index="target", columns="source", values="similarity").round(2)

# %% slideshow={"notes": "Six cells, full marks are tied with the best. Ask in which cell the best policy changes. In none, really.", "slide_type": "subslide"} tags=["claim:policy-follows-similarity-and-data"]
cells = compare.grid_cells(read_grid())
tied = {where: compare.tied_with_best(cell) for where, cell in cells.items()}
figure = plots.plot_policy_cells(cells, tied)
plots.alt_text(
    figure,
    "Accuracy of five policies from a near and a far source with 4, 16 and 48 images a class; the "
    "leaders of each cell and those that tie with them have full marks.",
)

# %% [markdown] slideshow={"notes": "The claim is about the change of a gain, not the gain. Undecided is an answer: the interval holds zero.", "slide_type": "subslide"}
# What do fine-tuning all layers, and beginning the top three anew, gain over reusing all? The claim
# is about the **change** of these gains with data and with similarity. "Yes" and "no" are said only
# where the 95% interval over targets, draws and cells leaves zero out.

# %% slideshow={"slide_type": "-"}
tuning = compare.gains(cells, "fine-tune all", "reuse all")
anew = compare.gains(cells, "retrain the top", "reuse all")
effects = {
    "fine-tuning gains by data": compare.change_with_volume(tuning),
    "fine-tuning gains by similarity": compare.change_with_similarity(tuning),
    "random gains by data": compare.change_with_volume(anew),
    "random gains by dissimilarity": intervals.paired_difference(
        [-points for points in compare.change_with_similarity(anew).pairs]
    ),
}
mixed_gain = compare.gains(cells, "freeze, fine-tune, retrain", "reuse all")
beside = {"(the mixed policy gains by data)": compare.change_with_volume(mixed_gain)}
for name, effect in {**effects, **beside}.items():
    print(f"{name}: {effect.words} ({effect.mean:+.0f}, {effect.low:+.0f} to {effect.high:+.0f})")

# %% slideshow={"slide_type": "-"}
words = [effect.words for effect in effects.values()]
by_data = [words[0], words[2]] == ["yes", "yes"]
if words.count("yes") == 4:
    verdict = "holds"
    option = "both by data, fine-tuning by similarity, random by dissimilarity"
elif "yes" in words or "no" not in words:
    verdict = "depends"
    option = "by data only" if by_data else "by some of it"
else:
    verdict, option = "does not hold here", "by none of it"
grid_prediction.compare(
    "; ".join(f"{name}: {effect.words}" for name, effect in effects.items()) + ".", option
)

# %% slideshow={"slide_type": "-"}
claims.record(
    "policy-follows-similarity-and-data",
    verdict,
    "Fine-tune all, and a random top, against reuse all; near and far source, 4 to 48 images a "
    "class, two targets, two draws: the change of the gain in points.",
    {name: effect.mean for name, effect in effects.items()},
)

# %% slideshow={"slide_type": "skip"}
# NBVAL_CHECK_OUTPUT
print(claims.recorded("policy-follows-similarity-and-data"))

# %% [markdown] slideshow={"notes": "Fine-tuning gains more from the far source: against the slide. Ask why. There was more left to repair.", "slide_type": "subslide"}
# **Reading.** In each of the six cells the three policies that reuse *and* retrain tie. Reusing all
# is surely behind the best of them everywhere, and all random far behind. The best policy hardly
# moves over this grid.
#
# The gains do move. The mixed policy gains more with more images, as the slide says; for fine-tuning
# all layers the same is likely and not sure. Similarity works against the slide: fine-tuning gains
# **more from the far source** than from the near one. It makes sense: what a near source left is good
# as it is, and what a far one left needs work. Whether new top layers follow data and dissimilarity
# stays undecided.
#
# All runs of a cell have the same few steps, too few to begin from nothing; cells of more images have
# more (16, 24, 32), so what grows with data may grow with steps. `python -m scripts.remake scratch` trains
# longer, and stays below reuse too with 20 images a class (notebook 06). Two targets and two draws
# are few, and the interval takes them for independent.

# %% [markdown] slideshow={"notes": "It runs now, on two draws: ask first which order they expect, then how much they trust it. It decides nothing.", "slide_type": "subslide"}
# ### One cell of the grid, live
#
# The same code on drawn animals, 4 pictures a class, near (`drawn`, other drawn things) and far
# (`natural`, photographs).

# %% slideshow={"slide_type": "-"}
near = with_batch_norm(load_backbone("drawn"), pool.subset(range(64)))
one_cell = {
    policy: {
        name: [accuracy(policy, 4, seed, 12, backbone) for seed in (0, 1)]
        for name, backbone in (("near source", near), ("far source", source))
    }
    for policy in ("reuse all", "retrain the top", "freeze, fine-tune, retrain")
}
ax = plots.plot_dumbbells(one_cell, "accuracy (%)")
plots.alt_text(ax, "Three policies on drawn animals from a near and a far source, two draws.")

# %% [markdown] slideshow={"slide_type": "skip"}
# One cell and two draws decide nothing. Look at the bands, add draws, and see which order stays.

# %% [markdown] slideshow={"notes": "Ask for the words: variance is disagreement between draws, bias is what most draws get wrong. Then ask which one freezing should add.", "slide_type": "slide"}
# ## Claim: the trade-off of fine-tuning
#
# > Freeze: removes parameters to learn, adds noise. Fine-tune: allows to focus learning, adds bias.
# > Random: again, from the top (cost, cost, cost); tailor made for the target.
#
# **Motivation.** Statistics has two words for being wrong.
# **[Variance](../docs/glossary.md#bias-variance)**: another draw of the training images gives
# another answer. **Bias**: even the answer of most draws is wrong. Restricting what can be learned
# usually *lowers variance and adds bias*, so freezing should add bias. The slide says freezing adds
# noise and fine-tuning bias. We measure both.

# %% slideshow={"notes": "Students of statistics choose the second, the others the slide. Let one of each argue.", "slide_type": "subslide"}
trade_prediction = Prediction(
    "fine-tuning-trade-off",
    "Which choice has the most bias, and which the most variance?",
    [
        "freeze most variance, fine-tune most bias (the slide)",
        "freeze most bias, random most variance",
        "random most of both",
        "something else",
    ],
)
trade_prediction

# %% [markdown] slideshow={"notes": "Three panels, three choices: parameters and time first, where the slide is right. Then bias and variance, and how close freeze and fine-tune are.", "slide_type": "subslide"}
# **Experiment.** Bias and variance on photographs of insects, 16 a class, five draws each,
# **measured beforehand**. Parameters from the audit. The time of an epoch from the runs above, live.

# %% slideshow={"slide_type": "-"} tags=["claim:fine-tuning-trade-off"]
choices = {"freeze": "reuse all", "fine-tune": "fine-tune all", "random": "all random"}
grid = read_grid()


def seconds_an_epoch(policy):
    points = [run.curve[-1] for run in runs[policy].values()]
    return np.mean([point.cpu_seconds / point.images for point in points]) * len(draw(8, 0))


draws = {choice: compare.draws_of(grid, policy) for choice, policy in choices.items()}
measured = {}
for choice, policy in choices.items():
    bias, variance = compare.bias_and_variance(*draws[choice])
    measured[choice] = {
        "parameters": audit(source, policy_of(policy), 4).trained_parameters,
        "seconds an epoch": seconds_an_epoch(policy),
        "bias": bias,
        "variance": variance,
    }
plots.alt_text(
    plots.plot_trade_off(measured),
    "Parameters to learn, seconds an epoch, bias and variance of freeze, fine-tune and random.",
)

# %% slideshow={"notes": "Undecided twice: with five draws of one target neither word of the slide shows. Random has the most of both.", "slide_type": "subslide"}
most_bias = max(measured, key=lambda choice: measured[choice]["bias"])
most_variance = max(measured, key=lambda choice: measured[choice]["variance"])
fewest = min(measured, key=lambda choice: measured[choice]["parameters"])
cheapest = min(measured, key=lambda choice: measured[choice]["seconds an epoch"])
wrong, varying = {}, {}
for choice, (predictions, labels) in draws.items():
    main = compare.main_prediction(predictions)
    wrong[choice] = (main != labels).astype(float)
    varying[choice] = (predictions != main).mean(axis=1)
noise = intervals.paired_difference(varying["freeze"] - varying["fine-tune"])
bias = intervals.paired_difference(wrong["fine-tune"] - wrong["freeze"])
print("freezing adds variance:", noise.words, "- fine-tuning adds bias:", bias.words)
said = [fewest == cheapest == "freeze", noise.is_above_zero, bias.is_above_zero]
verdict = "holds" if all(said) else "depends" if any(said) else "does not hold here"
option = {
    ("fine-tune", "freeze"): "freeze most variance, fine-tune most bias (the slide)",
    ("freeze", "random"): "freeze most bias, random most variance",
    ("random", "random"): "random most of both",
}.get((most_bias, most_variance), "something else")
trade_prediction.compare(
    f"Most bias: {most_bias}. Most variance: {most_variance}. Fewest parameters: {fewest}.", option
)

# %% slideshow={"slide_type": "-"}
claims.record(
    "fine-tuning-trade-off",
    verdict,
    "Bias and variance over five draws of 16 photographs a class of five insects; parameters by "
    "audit; seconds live.",
    {
        f"{choice}: {what}": 100 * values[what] if what in ("bias", "variance") else values[what]
        for choice, values in measured.items()
        for what in values
    },
)

# %% slideshow={"slide_type": "skip"}
# NBVAL_CHECK_OUTPUT
print(claims.recorded("fine-tuning-trade-off"))

# %% [markdown] slideshow={"notes": "What holds: freezing is cheap. What does not show: that it adds noise. Usual misunderstanding: no difference shown is not shown equal.", "slide_type": "subslide"}
# **Reading.** Freezing has a thousandth of the parameters and the cheapest epoch, as its bottom is
# computed once. That part of the slide holds. Its two words do not show: freezing and fine-tuning are
# not shown to differ, in variance or in bias. The means lean the other way: what most draws agree on
# is wrong a little more often with frozen layers, as statistics would have it, but five draws of one
# target do not settle it.
#
# Random has the most of both, in the same number of steps: tailor made, but there is hardly any
# cloth. The source is a bias too, and a good one.

# %% [markdown] slideshow={"notes": "Ask when minus 7 matters: when the deployed pictures come from another source. Notebook 03 has that case.", "slide_type": "subslide"}
# ### Published, beside it
#
# - **[Kumar et al. 2022](../docs/bibliography.md#kumar-2022)**, ten shifts of distribution:
#   fine-tuning against a linear probe +2% on the distribution it was trained on, **-7%** off it.
#   Probe, then fine-tune, against fine-tuning: +1% and +10%.
# - **[Kornblith et al. 2019](../docs/bibliography.md#kornblith-2019)**: accuracy on ImageNet
#   predicts accuracy after transfer, r = 0.99 with fixed features, 0.96 fine-tuned.
# - **Yosinski et al. 2014**: nearly all layers copied *and fine-tuned* beat every other network.
#   "Pretty much useless" layers were still the best start.

# %% [markdown] slideshow={"notes": "Weights and biases: 512 x 4 + 4. Those who answer 2048 forgot the biases.", "slide_type": "slide"}
# ## Exercises
#
# **1.** How many parameters does "reuse all" train of `natural` with 4 classes?

# %% slideshow={"slide_type": "-"}
answer = ...
check_answer(
    answer,
    audit("natural", "reuse all", 4).trained_parameters,
    "A weight for each of the 512 features and each class, and a bias for each class.",
    {2048: "Each class has a bias, too."},
)

# %% [markdown] slideshow={"slide_type": "-"}
# <details><summary>Solution</summary>
#
# ```python
# audit("natural", "reuse all", 4).trained_parameters
# ```
#
# 512 x 4 weights and 4 biases: 2052.
#
# </details>

# %% [markdown] slideshow={"notes": "Look back at the published curves, line BnB. The answer 7 is read off AnB.", "slide_type": "subslide"}
# **2.** In the published curves, at which number of copied layers does the control BnB lose most?

# %% slideshow={"slide_type": "-"}
answer = ...
control = paper.published_curve("BnB")
check_answer(
    answer,
    min(control, key=control.get),
    "Neighbouring layers were learned together. Cut in the middle, and the new top does not find "
    "its way back, although nothing was transferred.",
    {7: "That is where AnB loses most. BnB has recovered there."},
)

# %% [markdown] slideshow={"slide_type": "-"}
# <details><summary>Solution</summary>
#
# ```python
# control = paper.published_curve("BnB")
# min(control, key=control.get)
# ```
#
# </details>

# %% [markdown] slideshow={"notes": "Ask for a definition before a number. Always the same six: all bias, no variance.", "slide_type": "subslide"}
# **3.** A policy is right on 6 of 10 images in each of five draws, always the same 6. What is its
# variance, from 0 to 1?

# %% slideshow={"slide_type": "-"}
answer = ...
same = np.tile([0] * 6 + [1] * 4, (5, 1))
check_answer(
    answer,
    compare.bias_and_variance(same, np.zeros(10, int))[1],
    "All draws say the same, so nothing varies. All of its error is bias.",
    {0.4: "That is the bias: the main prediction is wrong on 4 of 10."},
)

# %% [markdown] slideshow={"slide_type": "-"}
# <details><summary>Solution</summary>
#
# ```python
# same = np.tile([0] * 6 + [1] * 4, (5, 1))
# compare.bias_and_variance(same, np.zeros(10, int))[1]
# ```
#
# Bias 0.4, variance 0.
#
# </details>

# %% [markdown] slideshow={"notes": "Two minutes alone. Question 1 is the one that breaks real code: ask who has frozen with requires_grad alone.", "slide_type": "slide"}
# ## Quiz
#
# Three questions about what was measured. Choose, check, and read why.

# %% slideshow={"slide_type": "-"}
quiz("08")

# %% [markdown] slideshow={"notes": "Let the room complete the first sentence: frozen means three things. Then on to 09, or to 12 with a problem of one's own.", "slide_type": "slide"}
# ## Remember
#
# - Frozen means: no gradient, not in the optimizer, and in eval mode.
# - Feature extraction is the baseline; retrain more as you have more data, and measure with seeds.
# - Bias and variance are both measurable. Do it before you name one.
#
# **Next**: how to normalise features ([09](09_normalization.ipynb)). The [map](00_start_here.ipynb)
# shows all notebooks.

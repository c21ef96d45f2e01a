# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"notes": "Ask who has trained a network from nothing, and on how many images. The question of the notebook is what reuse saves, in numbers.", "slide_type": "slide"}
# # 01 Don't be a hero
#
# *[Lecture](../docs/bibliography.md#lecture): "Learning from scratch", "Why transfer learning" and
# "The ImageNet way is no way".*
#
# **You will learn**
#
# - what a network learns from a hundred pictures when it starts from nothing;
# - to put a number on what reuse saves: updates, images, operations, trials;
# - what a network that starts from nothing latches on to;
# - how to keep such a comparison fair.
#
# **You need**: [00 start here](00_start_here.ipynb). **Time**: 50 minutes for you, about 40 seconds
# for the machine.

# %% slideshow={"slide_type": "skip"}
import numpy as np
from PIL import Image
from tqdm import tqdm

from tlcourse import plots
from tlcourse.course import claims
from tlcourse.features.extraction import extract_features
from tlcourse.finetuning.starts import (
    FINE_TUNED,
    FROZEN,
    FULL_NETWORK,
    SCRATCH,
    accuracy_by_volume,
    accuracy_of_settings,
    draw_shortcut,
    drawn_flowers,
    five_insects,
    flowers_of_the_grid,
    latch_on,
    lit_where_it_looks,
    train_from,
)
from tlcourse.networks.backbones import load_backbone
from tlcourse.networks.images import prepare_images
from tlcourse.tables.measured import (
    AS_LONG,
    LONG_TRIAL,
    SEEDS,
    accuracy_of_grid,
    accuracy_of_trials,
    of_start,
    read_measured,
)
from tlcourse.tables.savings import (
    cost_to_reach,
    images_needed,
    pretraining_flops,
    spread_of,
    times_cheaper,
    times_fewer_images,
)
from tlcourse.widgets import CostToReach, Prediction, check_answer, quiz

plots.use_course_style()

# %% [markdown] slideshow={"notes": "Karpathy's sentence is advice about effort. Ask what one would have to learn from 100 photographs besides what a bee looks like.", "slide_type": "slide"}
# ## The hero
#
# "Don't be a hero", says Andrej Karpathy to whoever wants to train a new network for a new problem.
#
# You have 100 photographs of insects: 20 of each of five kinds. A hero takes an empty network and
# teaches it everything: what an edge is, what a wing is, what a bee is. With 100 photographs.
#
# You can also take a network that has seen other things, and teach it the last of the three.

# %% [markdown] slideshow={"notes": "Point at the two last columns: fine-tuned and frozen begin alike and differ in what is trained. Students take \"reused\" for \"frozen\".", "slide_type": "subslide"}
# ### Three starts, one network
#
# The small VGG of the course, three times:
#
# | start | what is trained | begins with |
# |---|---|---|
# | **from scratch** | everything | random weights |
# | **[reused, fine-tuned](../docs/glossary.md#fine-tune)** | everything | weights of a source |
# | **[reused, frozen](../docs/glossary.md#freeze)** | the last layer only | weights of a source |
#
# [The source](../docs/glossary.md#source) is 41 kinds of natural things, photographs. None of the
# five insects was among them.

# %% [markdown] slideshow={"notes": "Ask the room how they would cheat in favour of reuse, then read how the rival is protected. Choosing on the test images would be wrong: 250 others were used.", "slide_type": "subslide"}
# ### What is fair?
#
# A comparison is easily won against a weak rival. So the one from scratch gets
#
# - [batch normalisation](../docs/glossary.md#batch-normalisation), which the reused network no longer
#   has;
# - the best of six settings: optimizer, learning rate, augmentation. Each reused start has six, too.
#   They are chosen on photographs that are neither trained on nor tested on;
# - two budgets: **the same** as reuse; and three times that, with settings chosen for it, to learn
#   **as long as it takes**.

# %% [markdown] slideshow={"notes": "Ask for the names of the five flowers. Eight pictures of each: what can be learned from that?", "slide_type": "slide"}
# ### First, live and small
#
# Drawn flowers of five kinds, eight of each, [five passes](../docs/glossary.md#epoch) over them.
# [Three seeds](../docs/glossary.md#seed). Reuse is frozen here: only the last layer learns.

# %% slideshow={"slide_type": "-"}
natural = load_backbone("natural")
flowers, others = (prepare_images(natural, drawn_flowers(n, seed)) for n, seed in ((8, 2), (8, 3)))
plots.PictureRows(
    {"five drawn flowers": [drawn_flowers(1, seed=2)[i][0] for i in range(5)]},
    "a daisy, a sunflower, a poppy, a pansy and a daffodil, drawn",
)

# %% slideshow={"notes": "Ask before running where the scratch curve will be after 200 images. Point at guessing, 20%.", "slide_type": "subslide"}
live = {start: [] for start in (FROZEN, SCRATCH)}
for seed in tqdm(SEEDS, "three seeds", delay=2):
    for start, runs in live.items():
        settings = {"seed": seed, "epochs": 5, "batch_size": 10, "evaluate_every": 10}
        run, _ = train_from(start, natural, flowers, others, progress=False, **settings)
        runs.append(run.curve_over("images"))

ax = plots.plot_learning_curves(live, chance=1 / 5, measured_on="test")
plots.alt_text(
    ax,
    "Accuracy against images seen, on drawn flowers: reused and frozen rises at once, from "
    "scratch has hardly begun.",
)

# %% [markdown] slideshow={"notes": "Ask what they would need to see before they say \"scratch fails\". More time is the answer that the next slides give.", "slide_type": "subslide"}
# From scratch has hardly begun. Is that all it can do, or did it have too little time? Photographs,
# more passes and three times the budget need minutes. They were **measured beforehand**, on one
# core of the maintainers' machine; `python -m scripts.remake from_scratch` makes them again
# where the photographs are.

# %% [markdown] slideshow={"notes": "Read the claim, then ask for a counter-argument: when would starting from nothing be the better idea?", "slide_type": "slide"}
# ## Claim: learning from scratch is hard
#
# > Trying to learn from scratch is difficult and arduous: you have to learn many fundamental things
# > before getting to learn complex aspects of your task.
#
# **Motivation.** An empty network sees pixels. Before it can tell a bee from a mantis it needs
# edges, colours and parts, and nobody labels those for it: five words for 100 photographs is all it
# is told.

# %% slideshow={"notes": "Commit first. Most rooms choose level with three times the budget.", "slide_type": "subslide"}
prediction = Prediction(
    "scratch-is-hard",
    "Five insects, 20 photographs of each. Against the reused network, fine-tuned, one from "
    "scratch is:",
    [
        "ahead",
        "level at the same budget",
        "behind at the same budget, level with three times the budget",
        "behind, even with three times the budget",
    ],
)
prediction

# %% [markdown] slideshow={"notes": "Point at the ends of the curves only; picking the best moment of a curve is the commonest way to fool oneself.", "slide_type": "subslide"}
# **Experiment.** The same network, the same 100 photographs (another 100 for each seed), tested on
# 250 others. Every curve is read at its end: nothing is picked from it.

# %% slideshow={"slide_type": "-"} tags=["claim:scratch-is-hard"]
LONG = "from scratch, as long as it takes"
measured = read_measured("curves") + read_measured("long")
runs = {start: of_start(measured, start) for start in (FROZEN, FINE_TUNED, SCRATCH)}
runs[LONG] = of_start(measured, SCRATCH, AS_LONG)
ax = plots.plot_learning_curves(
    {name: [run.curve_over("images") for run in seeds] for name, seeds in runs.items()},
    chance=1 / 5,
    measured_on="test",
)
plots.alt_text(
    ax,
    "Accuracy against images seen, on photographs of five insects: both reused starts rise at "
    "once and stay ahead; from scratch rises slowly, and three times the budget lifts it a little.",
)

# %% slideshow={"notes": "Compare with the hands of the prediction. Three times the budget bought about one point.", "slide_type": "subslide"}
end = {name: 100 * np.mean([run.accuracy for run in seeds]) for name, seeds in runs.items()}
behind = end[FINE_TUNED] - end[SCRATCH]
behind_later = end[FINE_TUNED] - end[LONG]
CLOSE = 3
if behind < -CLOSE:
    verdict, option = "does not hold here", "ahead"
elif behind < CLOSE:
    verdict, option = "does not hold here", "level at the same budget"
elif behind_later < CLOSE:
    verdict, option = "depends", "behind at the same budget, level with three times the budget"
else:
    verdict, option = "holds", "behind, even with three times the budget"

prediction.compare(
    f"from scratch ends {behind:.0f} points behind at the same budget and {behind_later:.0f} "
    "behind with three times the budget.",
    option,
)

# %% slideshow={"slide_type": "-"}
claims.record(
    "scratch-is-hard",
    verdict,
    "The small VGG on photographs of five insects, 20 training images a class, 250 test images, "
    "three seeds; guessing is right in 20%.",
    {f"{name} (%)": value for name, value in end.items()},
)

# %% slideshow={"slide_type": "skip"}
# NBVAL_CHECK_OUTPUT
print(claims.recorded("scratch-is-hard"))


# %% [markdown] slideshow={"notes": "Slow and stuck are different diagnoses. Ask how one tells them apart: by giving time.", "slide_type": "subslide"}
# **Reading.** From scratch ends far behind, 43% against 67%, and three times the budget changes next
# to nothing: it is not slow, it is stuck. The curves differ in all three places: reuse **starts**
# with the first updates, rises **more steeply**, and **ends** higher.
#
# What speaks against the slide: it is not hopeless. Of 100 photographs from nothing, 43% is twice
# guessing. And how hard it is depends on who tries. Look at the next slide but one.

# %% [markdown] slideshow={"notes": "All of these numbers are published, by others. Point at the last row: counting objects is far from ImageNet, and the gain shrinks.", "slide_type": "subslide"}
# ### Is it only our small network?
#
# No. Published, with the networks and data of others:
#
# | target | network | from scratch | reused | source of the number |
# |---|---|---|---|---|
# | Flowers | ResNet-152 | 58.2 | 90.2 | [Ge and Yu 2017](../docs/bibliography.md#ge-2017) |
# | Stanford Dogs | ResNet-152 | 53.8 | 80.4 | Ge and Yu 2017 |
# | Pets, 1,000 images | ResNet-50 | 12.1 | 89.9 | [VTAB-1k](../docs/bibliography.md#zhai-2019) |
# | Flowers, 1,000 images | ResNet-50 | 40.2 | 88.6 | VTAB-1k |
# | 19 tasks, 1,000 images | ResNet-50 | 43.1 | 66.4 | VTAB-1k |
# | of them the structured ones | ResNet-50 | 43.6 | 52.1 | VTAB-1k |
#
# Mind the last row. To count objects or to tell a distance is far from ImageNet, and there reuse
# gains a quarter of what it gains elsewhere. And Stanford Dogs are **in** ImageNet.

# %% [markdown] slideshow={"notes": "Point at adamw: between two rates it more than doubles, and two draws differ by up to ten points. Tuning matters for reuse too.", "slide_type": "subslide"}
# ### How all of them were tuned
#
# Measured beforehand as well, on 250 photographs that were held out of the training folder: more than
# one would have beside 100, and the same for each start. Two draws each; three times the budget, one.
# Look at what one wrong choice does.

# %% slideshow={"slide_type": "-"}
def print_trials(title, trials):
    for (optimizer, rate, augment), accuracies in trials.items():
        values = ", ".join(f"{value:.0%}" for value in accuracies)
        print(f"{title}, {optimizer}, rate {rate:g}, augmentation {augment:g}: {values}")


for start in (SCRATCH, FINE_TUNED):
    print_trials(start, accuracy_of_trials(start))
print_trials(LONG, accuracy_of_trials(SCRATCH, LONG_TRIAL))

# %% [markdown] slideshow={"notes": "Ask what \"closer to the goal\" could be measured in: updates, seconds, images, money. Here it is updates.", "slide_type": "slide"}
# ## Claim: you can learn faster
#
# > You can learn faster: "If I know that much, I'm that much closer to my goal."
#
# **Motivation.** If the features are there, only the last step is missing. How many updates of the
# weights does it take to reach what a network from scratch reaches in the end?

# %% slideshow={"slide_type": "-"}
faster_prediction = Prediction(
    "learn-faster",
    "To the accuracy that from scratch reaches, fine-tuning needs:",
    ["no fewer updates", "up to 3 times fewer", "3 to 10 times fewer", "over 10 times fewer"],
)
faster_prediction

# %% [markdown] slideshow={"notes": "Point at the line of the goal, then at where each curve crosses it. The axis is logarithmic: equal steps are equal ratios.", "slide_type": "subslide"}
# **Experiment.** The goal is the accuracy that **every** seed from scratch reached at some moment.
# The rival is the run at the same budget. Each start's updates until the goal is reached for the
# first time, on straight lines between the measured points.

# %% slideshow={"slide_type": "-"} tags=["claim:learn-faster"]
goal = min(max(run.curve["accuracy"]) for run in runs[SCRATCH])


def curves_over(what, name):
    return [run.curve_over(what) for run in runs[name]]


fewer_updates = {
    start: times_cheaper(curves_over("step", start), curves_over("step", SCRATCH), goal)
    for start in (FROZEN, FINE_TUNED)
}
print(f"goal: {goal:.0%}")
for start, ratio in fewer_updates.items():
    print(f"{start}: {ratio} fewer updates")

ax = plots.plot_learning_curves(
    {name: curves_over("step", name) for name in runs},
    xlabel="updates",
    chance=1 / 5,
    measured_on="test",
)
ax.axhline(100 * goal, color="0.25", linewidth=1.5)
ax.set_xscale("symlog", linthresh=10)
ax.set_xticks([0, 5, 10, 20, 50, 150], [0, 5, 10, 20, 50, 150])
plots.alt_text(
    ax,
    "Accuracy against updates on a logarithmic axis, a line at the goal: both reused starts cross "
    "it far to the left of those from scratch.",
)

# %% slideshow={"notes": "Ask what happens to the ratio if the goal is raised above what scratch ever reaches. It becomes infinite, and says nothing.", "slide_type": "subslide"}
updates = fewer_updates[FINE_TUNED].value
steps = ((1.2, "no fewer updates"), (3, "up to 3 times fewer"), (10, "3 to 10 times fewer"))
option = next((words for limit, words in steps if updates < limit), "over 10 times fewer")
verdict = "does not hold here" if updates < 1.2 else "depends" if updates < 2 else "holds"
faster_prediction.compare(f"fine-tuned: {fewer_updates[FINE_TUNED]} fewer updates.", option)

# %% slideshow={"slide_type": "-"}
claims.record(
    "learn-faster",
    verdict,
    "Updates until the accuracy that every seed from scratch reached at the same budget; mean of "
    "three seeds.",
    {"goal (%)": 100 * goal}
    | {f"{start}: times fewer updates": ratio.value for start, ratio in fewer_updates.items()},
)

# %% slideshow={"slide_type": "skip"}
# NBVAL_CHECK_OUTPUT
print(claims.recorded("learn-faster"))

# %% [markdown] slideshow={"notes": "Quick and far are two things: frozen is first at the goal and ends lower. Do not quote 6.2: the seeds vary by half as much again.", "slide_type": "subslide"}
# **Reading.** Six times fewer updates when all is fine-tuned, nine times fewer when all but the last
# layer is frozen. Between the seeds the ratio varies by half as much again, so do not quote its
# digits.
#
# "Closer to my goal" is right, but look at which reuse is quick and which goes far. Frozen is
# quickest and soon stops. Fine-tuned is a little later and ends twelve points higher. The ratio also
# depends on the goal: for an accuracy that scratch never reaches it is infinite.

# %% [markdown] slideshow={"notes": "Show the three rows of pictures and ask what a lazy student would learn from the first. Somebody will say: green.", "slide_type": "slide"}
# ## Claim: you can learn better
#
# > You can learn better: there is a limited amount of things you can learn from data before getting
# > trapped in spurious patterns.
#
# **Motivation.** A hundred pictures agree by chance on many things that do not matter. Worse, they
# may agree by habit: all cats on the lawn. A network that knows only these pictures has no reason
# to look elsewhere.

# %% slideshow={"slide_type": "-"}
train, test = draw_shortcut(40, 40)


def images(pictures):
    return [Image.fromarray(picture) for picture in pictures[:8]]


plots.PictureRows(
    {
        "training: each before its own colour": images(train.pictures),
        "test: before its own colour": images(test.agreeing.pictures),
        "the same before the other": images(test.conflicting.pictures),
    },
    "cats before green and dogs before magenta; in the last row exchanged",
)

# %% slideshow={"notes": "Commit. The interesting disagreement is between the third and the fourth option.", "slide_type": "subslide"}
better_prediction = Prediction(
    "learn-better",
    "Trained with every cat on green. Tested with every cat on magenta (guessing: 50%):",
    [
        "from scratch is right in most, as is every reused network",
        "all are wrong in most: every one learned the background",
        "from scratch is wrong in most, a network that was reused is right in most",
        "from scratch is wrong in most; of reuse it depends on the source and on what is trained",
    ],
)
better_prediction

# %% [markdown] slideshow={"notes": "This trains live for some seconds: ask meanwhile what \"worse than guessing\" would mean for two classes.", "slide_type": "subslide"}
# **Experiment**, live. Forty training pictures, 40 test animals before both colours. From scratch,
# and three ways to reuse: `natural` (photographs) frozen and fine-tuned, and `drawn` frozen, whose
# source had mixtures of such heads before every colour. Three seeds each.

# %% slideshow={"slide_type": "-"} tags=["claim:learn-better"]
drawn = load_backbone("drawn")
QUICK = {"epochs": 7, "batch_size": 8, "learning_rate": 0.02, "evaluate_every": 35}
TUNED, LAST = (
    {"epochs": 3, "learning_rate": 0.01, "evaluate_every": 6},
    {"epochs": 30, "evaluate_every": 60},
)
ways = {
    "from scratch": (SCRATCH, None, QUICK, 3),
    "natural, fine-tuned": (FINE_TUNED, natural, TUNED, 3),
    "natural, frozen": (FROZEN, natural, LAST, 3),
    "drawn, frozen": (FROZEN, drawn, LAST, 3),
}
latched = {
    name: [latch_on(start, source, train, test, seed, **settings) for seed in range(n_seeds)]
    for name, (start, source, settings, n_seeds) in tqdm(ways.items(), "training", delay=2)
}
rows = {
    name: {
        "before its own colour": [one.agreeing for one in ones],
        "before the other colour": [one.conflicting for one in ones],
    }
    for name, ones in latched.items()
}
ax = plots.plot_dumbbells(rows, "accuracy (%)")
ax.axvline(50, color="#6E6E6E", linestyle="dotted")
plots.alt_text(
    ax,
    "Accuracy before the own and before the other colour. From scratch: nearly all right, then "
    "nearly none. Drawn, frozen: much the same before both. Natural lies between.",
)

# %% slideshow={"notes": "Below 50% is not bad luck, it is a rule learned the wrong way round. Read the four numbers from worst to best.", "slide_type": "subslide"}
other = {name: 100 * np.mean([one.conflicting for one in ones]) for name, ones in latched.items()}
rescued = [name for name in ways if name != "from scratch" and other[name] > 50]
if other["from scratch"] > 50:
    verdict = "does not hold here"
    option = "from scratch is right in most, as is every reused network"
elif not rescued:
    verdict = "does not hold here"
    option = "all are wrong in most: every one learned the background"
elif len(rescued) == len(ways) - 1:
    verdict = "holds"
    option = "from scratch is wrong in most, a network that was reused is right in most"
else:
    verdict = "depends"
    option = (
        "from scratch is wrong in most; of reuse it depends on the source and on what is trained"
    )
better_prediction.compare(
    "before the other colour: " + ", ".join(f"{name} {v:.0f}%" for name, v in other.items()),
    option,
)

# %% slideshow={"slide_type": "-"}
claims.record(
    "learn-better",
    verdict,
    "Cats on green and dogs on magenta in training, exchanged in test; and the final accuracy on "
    "photographs of five insects, three seeds.",
    {f"{name}: right before the other colour (%)": value for name, value in other.items()}
    | {"insects: points gained by fine-tuning": behind_later},
)

# %% slideshow={"slide_type": "skip"}
# NBVAL_CHECK_OUTPUT
print(claims.recorded("learn-better"))

# %% [markdown] slideshow={"notes": "Point at a row of the scratch network: in most pictures bright beside the animal. Occlusion shows where a decision comes from, not why.", "slide_type": "subslide"}
# ### What did it latch on to?
#
# Bright is where a grey square costs the network most.

# %% slideshow={"slide_type": "-"}
shown = test.agreeing.pictures[:5]
lit = {"the picture": list(shown)}
for name in ("from scratch", "drawn, frozen"):
    lit[name] = lit_where_it_looks(latched[name][0], shown)
plots.PictureRows(
    {name: images(pictures) for name, pictures in lit.items()},
    "five animals; bright where a grey square costs the network from scratch, and the reused one, "
    "most",
)

# %% slideshow={"slide_type": "-"}
for name, ones in latched.items():
    share = np.mean([one.background_share for one in ones])
    print(f"{name}: {share:.0%} of what is lost is lost with the background")

# %% [markdown] slideshow={"notes": "The usual conclusion, \"transfer cures shortcuts\", is wrong: fine-tuned natural falls below guessing too, on average. Ask what the frozen drawn network knew.", "slide_type": "subslide"}
# **Reading.** From scratch does what the slide says. Two patterns separate the training pictures, the
# colour is the easier one, and the network takes it: before the other colour it is wrong in most,
# worse than guessing. The [occlusion map](../docs/glossary.md#occlusion) is bright beside the animal
# in most pictures, and nearly all of what is lost is lost with the background.
#
# Reuse is no cure by itself. `drawn`, whose source had every colour in every class, is not misled at
# all. `natural` frozen is misled in part. `natural` **fine-tuned** ends below guessing on average,
# and very different from seed to seed: fine-tuning lets the data in, with its spurious pattern. So
# what saves you is what the source knew **and** that you left it alone. [Notebook
# 03](03_generalization.ipynb) turns the same dial slowly.

# %% [markdown] slideshow={"notes": "Ask how many photographs they would have to label for 80 a class and five classes. Then commit.", "slide_type": "slide"}
# ## Claim: transfer needs less data
#
# > Transfer learning reduces the requirements on data (implicit reuse of data).
#
# **Motivation.** Whoever reuses a network reuses its pictures too. How many labels does that save?

# %% slideshow={"slide_type": "-"}
data_prediction = Prediction(
    "tl-needs-less-data",
    "For the accuracy that from scratch has with 80 photographs a class, reuse needs:",
    ["as many", "2 to 5 times fewer", "5 to 20 times fewer", "over 20 times fewer"],
)
data_prediction

# %% [markdown] slideshow={"notes": "Read the figure sideways: choose an accuracy, then compare where the curves reach it. Students read it upwards and see gains in points.", "slide_type": "subslide"}
# **Experiment.** From scratch with 20, 80 and 320 photographs a class, measured beforehand, with more
# updates the more there are, and settings chosen with 80. Reuse, live: a [linear SVM on
# `fc7`](../docs/glossary.md#feature-extraction) and on the full network (all layers), 1 to 40 a
# class, five draws, on the shipped features of the same photographs. Fine-tuned with 20, as above.

# %% slideshow={"slide_type": "-"} tags=["claim:tl-needs-less-data"]
insects, insects_test = five_insects()
by_volume = {
    "reused, fc7": accuracy_by_volume(insects, insects_test),
    "reused, full network": accuracy_by_volume(insects, insects_test, FULL_NETWORK),
    "reused, fine-tuned": {20: [run.accuracy for run in runs[FINE_TUNED]]},
    "from scratch": {20: [run.accuracy for run in runs[LONG]]},
}
for run in read_measured("volumes"):
    by_volume["from scratch"].setdefault(run.per_class, []).append(run.accuracy)

scratch = by_volume["from scratch"]
fewer_images = {
    n: times_fewer_images(by_volume["reused, full network"], scratch, n, len(insects_test.labels))
    for n in scratch
}
arrows = {}
for n, ratio in fewer_images.items():
    level = np.mean(scratch[n])
    few = images_needed(by_volume["reused, full network"], level)
    if few < n:
        arrows[level, few, n] = f"{'at least ' if ratio.is_bound else ''}{n / few:.0f} times fewer"
ax = plots.plot_images_needed(by_volume, arrows)
plots.alt_text(
    ax,
    "Accuracy against training images a class, logarithmic: reuse lies far to the left of from "
    "scratch; arrows show how many times fewer images give the same accuracy.",
)

# %% slideshow={"notes": "Point at the interval behind each ratio. \"At least\" and wide intervals are honest; one number would not be.", "slide_type": "subslide"}
ratio = fewer_images[80]
steps = ((1.5, "as many"), (5, "2 to 5 times fewer"), (20, "5 to 20 times fewer"))
option = next((words for limit, words in steps if ratio.value < limit), "over 20 times fewer")
verdict = "holds" if ratio.low > 1.5 else "depends" if ratio.value > 1.5 else "does not hold here"
for n, each in fewer_images.items():
    print(f"what from scratch has with {n} a class: {each} fewer")
data_prediction.compare(f"{ratio} fewer than 80 a class.", option)

# %% slideshow={"slide_type": "-"}
claims.record(
    "tl-needs-less-data",
    verdict,
    "Images a class at which the full network and a linear SVM have the accuracy of training from "
    "scratch; 90% interval from draws and test images.",
    {f"scratch with {n}: times fewer": each.value for n, each in fewer_images.items()}
    | {"scratch with 80: low": ratio.low, "scratch with 80: high": ratio.high},
)

# %% slideshow={"slide_type": "skip"}
# NBVAL_CHECK_OUTPUT
print(claims.recorded("tl-needs-less-data"))

# %% [markdown] slideshow={"notes": "Ask which reuse: fc7 alone saves three or four times, all layers seven to nine. And the curves close in as data grows.", "slide_type": "subslide"}
# **Reading.** With all layers, reuse needs seven to nine times fewer photographs for what from
# scratch has. The intervals are wide, four to twenty with 20 photographs a class: an accuracy on 250
# test images is uncertain by three points, and the curves are flat.
#
# Two things the slide does not say. **Which** reuse matters: `fc7` alone saves three or four times
# only, and with 40 photographs it is not yet where from scratch is with 320. All layers with 40 are
# just there; that is why the last interval begins at 0. And the curves **close in**: from 20 to 320
# photographs from scratch gains 23 points, in four passes over the 320. With thousands it would catch
# up.

# %% [markdown] slideshow={"notes": "Ask whether fewer updates must be cheaper. One update of a frozen network and one of a whole network cost very different amounts.", "slide_type": "slide"}
# ## Claim: transfer costs less
#
# > Transfer learning reduces the cost (faster convergence).
#
# **Motivation.** Fewer updates is not yet a lower cost: an update may be dear or cheap. A frozen
# network is passed once for each image. After that an update costs one small layer.

# %% slideshow={"slide_type": "-"}
cost_prediction = Prediction(
    "tl-costs-less",
    "To the accuracy that from scratch reaches, the cheaper way to reuse takes, in floating-point "
    "operations:",
    ["more", "up to 10 times fewer", "10 to 100 times fewer", "over 100 times fewer"],
)
cost_prediction

# %% [markdown] slideshow={"notes": "Point at the flat line of frozen: one pass for each image, then almost nothing.", "slide_type": "subslide"}
# **Experiment.** Operations are counted: those of convolutions and matrix products, forward and
# backward, and the one pass through what is frozen. CPU seconds are measured, evaluations left out.
# What somebody paid for the source comes after.

# %% slideshow={"slide_type": "-"} tags=["claim:tl-costs-less"]
goals = np.linspace(0.25, goal, 6)
spent = {
    name: {
        level: [cost_to_reach(curve, level) / 1e9 for curve in curves_over("flops", name)]
        for level in goals
    }
    for name in (FROZEN, FINE_TUNED, SCRATCH)
}
ax = plots.plot_cost_to_reach(spent, "training (GFLOP)")
plots.alt_text(
    ax,
    "Operations until an accuracy is reached, logarithmic: from scratch most at every accuracy, "
    "fine-tuned several times less, frozen the same whatever the accuracy, and least in the end.",
)

# %% slideshow={"notes": "Two kinds of saving: frozen makes each update cheap, fine-tuning needs fewer of them. The CPU seconds agree with the counted operations.", "slide_type": "subslide"}
cheaper = {
    (start, what): times_cheaper(curves_over(what, start), curves_over(what, SCRATCH), goal)
    for start in (FROZEN, FINE_TUNED)
    for what in ("flops", "cpu_seconds")
}
operations = cheaper[FROZEN, "flops"].value
steps = ((1, "more"), (10, "up to 10 times fewer"), (100, "10 to 100 times fewer"))
option = next((words for limit, words in steps if operations < limit), "over 100 times fewer")
every = [ratio.value for ratio in cheaper.values()]
verdict = "holds" if min(every) > 1.5 else "depends" if max(every) > 1.5 else "does not hold here"
for (start, what), each in cheaper.items():
    print(f"{start}: {each} fewer {what.replace('_', ' ')}")
cost_prediction.compare(f"frozen: {cheaper[FROZEN, 'flops']} fewer operations.", option)

# %% slideshow={"slide_type": "-"}
claims.record(
    "tl-costs-less",
    verdict,
    "Training operations and CPU seconds until the accuracy that every seed from scratch reached; "
    "the pass through what is frozen is counted, pre-training is not.",
    {f"{start}: times fewer {what}": each.value for (start, what), each in cheaper.items()},
)

# %% slideshow={"slide_type": "skip"}
# NBVAL_CHECK_OUTPUT
print(claims.recorded("tl-costs-less"))

# %% [markdown] slideshow={"notes": "Ask who paid. A thousand targets of this size are needed before the source has paid for itself.", "slide_type": "subslide"}
# ### And who paid for the source?
#
# Somebody did. It is paid once, and shared by all who reuse it.

# %% slideshow={"slide_type": "-"}
paid = pretraining_flops("natural")
saved = np.mean([cost_to_reach(curve, goal) for curve in curves_over("flops", SCRATCH)])
saved -= np.mean([cost_to_reach(curve, goal) for curve in curves_over("flops", FROZEN)])
print(
    f"pre-training: {paid / 1e15:.1f} PFLOP (derived); saved by one reuse: {saved / 1e12:.1f} TFLOP"
)
print(f"paid back after {paid / saved:,.0f} targets of this size")

# %% [markdown] slideshow={"notes": "The usual slip is to count the source as free. It is free for you, because it is shared.", "slide_type": "subslide"}
# **Reading.** Frozen is dearer than one thinks at the beginning, and then free: its line is flat,
# as the one pass through the network is nearly all it costs. Fine-tuned pays for each update as
# much as from scratch, and saves only by needing fewer. So 25 times and 6 times are savings of
# different kinds.
#
# The pre-training is not in these numbers. One reuse on so small a target saves a thousandth of it:
# for **you** alone the source does not pay, until about a thousand targets share it. ImageNet's
# networks have far more users than that, and the targets are larger. [Notebook
# 02](02_the_imagenet_way.ipynb) counts.

# %% [markdown] slideshow={"notes": "Move the accuracy up slowly and stop where the first seed from scratch drops out. Let somebody else choose what is spent.", "slide_type": "slide"}
# ### Your own goal
#
# Move the accuracy, and choose what is spent. Where do seeds from scratch stop getting there?

# %% slideshow={"slide_type": "-"}
CostToReach(runs, accuracy=round(goal, 2))

# %% [markdown] slideshow={"notes": "Ask for the last hyper-parameter that cost them a day. Effort is the claim that is least often measured.", "slide_type": "slide"}
# ## Claim: transfer needs less effort
#
# > Transfer learning reduces the effort (initial design and parametrization).
#
# **Motivation.** A network from scratch wants decisions: how wide, which learning rate, how much
# augmentation. A wrong one costs the result, and each trial is a training run. A linear SVM on
# features has decisions too: which layers, which normalization, which C.

# %% slideshow={"slide_type": "-"}
effort_prediction = Prediction(
    "tl-needs-less-effort",
    "Settings taken at random. Against the best of its grid, a typical one loses:",
    [
        "more with reuse and an SVM than from scratch",
        "about as much either way",
        "more from scratch than with reuse and an SVM",
    ],
)
effort_prediction

# %% [markdown] slideshow={"notes": "Point at the cloud of scratch: each dot is one setting. Ask which dot they would have hit on the first try.", "slide_type": "subslide"}
# **Experiment.** Drawn flowers, 20 a class, 200 test pictures. From scratch, measured beforehand:
# two widths, four learning rates from 0.002 to 0.25, augmentation or none, 16 passes each, the mean
# of three draws. Reuse, live: `fc7` or all layers, four normalizations, C from 0.01 to 100, one draw;
# from the near source `drawn` and from the far one, `natural`.

# %% slideshow={"slide_type": "-"} tags=["claim:tl-needs-less-effort"]
pictures, test_pictures = flowers_of_the_grid()
grids, svm = {"from scratch": [np.mean(seeds) for seeds in accuracy_of_grid().values()]}, {}
for source in tqdm((drawn, natural), "features and SVMs", delay=2):
    sets = (extract_features(source, each, device="cpu") for each in (pictures, test_pictures))
    svm[source.name] = accuracy_of_settings(*sets)
    grids[f"{source.name} features and an SVM"] = list(svm[source.name].values())

ax = plots.plot_settings(grids, chance=1 / 5)
plots.alt_text(
    ax,
    "Accuracy of every setting: widely scattered from scratch, close together for a linear SVM on "
    "reused features.",
)

# %% slideshow={"notes": "The typical setting is the median of the grid. Compare what it loses, not what the best reaches.", "slide_type": "subslide"}
spreads = {name: spread_of(values) for name, values in grids.items()}
lost = {name: 100 * spread.lost_by_one_guess for name, spread in spreads.items()}
from_zero = lost.pop("from scratch")
if from_zero < min(lost.values()) - 1:
    verdict, option = "does not hold here", "more with reuse and an SVM than from scratch"
elif from_zero > max(lost.values()) + 1:
    verdict, option = "holds", "more from scratch than with reuse and an SVM"
else:
    verdict, option = "depends", "about as much either way"
for name, spread in spreads.items():
    print(
        f"{name}: best {spread.best:.0%}, middle half {spread.lower_quartile:.0%} to "
        f"{spread.upper_quartile:.0%}, worst {spread.worst:.0%}"
    )
effort_prediction.compare(
    f"a typical setting loses {from_zero:.0f} points from scratch, "
    + ", ".join(f"{value:.0f} with {name}" for name, value in lost.items()),
    option,
)

# %% slideshow={"slide_type": "-"}
claims.record(
    "tl-needs-less-effort",
    verdict,
    "Points that the median setting of a grid loses against the best, and the width of the middle "
    "half; 16 settings from scratch, each the mean of three draws, 40 of an SVM on each source's "
    "features.",
    {f"{name}: points lost": 100 * spread.lost_by_one_guess for name, spread in spreads.items()}
    | {f"{name}: middle half": 100 * each.interquartile_range for name, each in spreads.items()},
)

# %% slideshow={"slide_type": "skip"}
# NBVAL_CHECK_OUTPUT
print(claims.recorded("tl-needs-less-effort"))

# %% [markdown] slideshow={"notes": "Mind the other end: the best scratch network is no bad one, and it had few passes. Here reuse saves both, effort and accuracy.", "slide_type": "subslide"}
# **Reading.** A setting taken at random loses about 20 points from scratch, and three to eight with
# an SVM on features. The worst from scratch is near guessing; the worst SVM is still better than the
# best network from scratch in so few passes. That the source is near or far matters less than that
# there is one.
#
# But mind the other end: the **best** network from scratch, of half the width, is no bad one on
# simple drawings, and with more passes it comes closer. In these it is 18 points behind the best SVM:
# reuse saves accuracy here as well as effort. Each trial from scratch took three or four seconds of
# CPU, each SVM a fraction of one. And a grid is somebody's choice: a wider one makes any spread
# wider.

# %% [markdown] slideshow={"notes": "Say that the curve is read backwards: from accuracy to images. That is where most get stuck.", "slide_type": "slide"}
# ## Exercises
#
# **1.** With how many photographs a class does `fc7` alone have the accuracy that from scratch has
# with 80? Use `images_needed`. Within one photograph will do.

# %% slideshow={"slide_type": "-"}
answer = ...
check_answer(
    answer,
    images_needed(by_volume["reused, fc7"], np.mean(scratch[80])),
    "The curve is read from left to right: first the accuracy, then the number of images.",
    {80: "That is what from scratch needs."},
    tolerance=1,
)

# %% [markdown] slideshow={"slide_type": "-"}
# <details><summary>Solution</summary>
#
# ```python
# images_needed(by_volume["reused, fc7"], np.mean(scratch[80]))
# ```
#
# More than the full network needs. Try `scratch[320]` too: `inf` says that 40 are not enough.
#
# </details>

# %% [markdown] slideshow={"notes": "Let pairs argue for one minute, then ask for a reason, not for the option.", "slide_type": "subslide"}
# **2.** A colleague reports "transfer is 100 times cheaper", and trained from scratch for three
# passes. Which of these would make the comparison fair: `"the same number of passes for both"`,
# `"as many passes as it takes"`, `"both"`?

# %% slideshow={"slide_type": "-"}
answer = ...
check_answer(
    answer,
    "both",
    "At the same budget you see who is ahead. As long as it takes shows whether the other is slow, "
    "or stuck.",
    {
        "the same number of passes for both": "Then one cannot tell slow from stuck.",
        "as many passes as it takes": "Then one does not see what the same budget buys.",
    },
)

# %% [markdown] slideshow={"slide_type": "-"}
# <details><summary>Solution</summary>
#
# ```python
# "both"
# ```
#
# And tune the rival's learning rate, and say on which images.
#
# </details>

# %% [markdown] slideshow={"notes": "The answer is a key of a dictionary. It leads to notebook 09: what C does depends on the scale of the features.", "slide_type": "subslide"}
# **3.** Which normalization is that of the worst SVM on features of `natural`? `svm["natural"]`
# maps (layers, normalization, C) to the accuracy.

# %% slideshow={"slide_type": "-"}
answer = ...
check_answer(
    answer,
    min(svm["natural"], key=svm["natural"].get)[1],
    "What a C does depends on how long the rows are: notebook 09.",
)

# %% [markdown] slideshow={"slide_type": "-"}
# <details><summary>Solution</summary>
#
# ```python
# min(svm["natural"], key=svm["natural"].get)[1]
# ```
#
# </details>

# %% [markdown] slideshow={"notes": "Question 2 is the one to discuss in the room: ask what would have to be in the training pictures to unlearn the background.", "slide_type": "slide"}
# ## Quiz
#
# Three questions about what was measured. Choose, check, and read why.

# %% slideshow={"slide_type": "-"}
quiz("01")

# %% [markdown] slideshow={"notes": "Ask everybody for one saving with its number and its rival. A number without its rival does not count.", "slide_type": "slide"}
# ## Remember
#
# - A few pictures teach a network to decide, not to see. Reuse brings the seeing.
# - What is saved has numbers: updates, operations, images, trials. Each depends on the rival, so
#   tell what the rival was given.
# - Whoever starts from nothing takes the first pattern that pays, a background for example.
#
# **Next**: [02 the ImageNet way](02_the_imagenet_way.ipynb): what the source costs, and who can
# pay. The [map](00_start_here.ipynb) shows which notebooks are there.

# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"notes": "For an hour: the ways to freeze, the loop, the painter, retrain some, the trade-off. Leave Yosinski and the real network for reading.", "slide_type": "slide"}
# # 08 Fine-tuning
#
# *[Lecture](../docs/bibliography.md#lecture): "Retrain", "The choices in fine tuning", "Trade-off
# of fine tuning".*
#
# **You will learn**
#
# - to freeze a layer so that it stays frozen, and to train on the others: the loop in PyTorch;
# - to say of every layer freeze, fine-tune or random, and what that does with little and more data;
# - to measure what each choice costs: updates, seconds, bias and variance.
#
# **You need**: [06 feature extraction](06_feature_extraction.ipynb). **Time**: 50 minutes for you,
# half a minute for the machine.

# %% slideshow={"slide_type": "skip"}
import copy

import numpy as np
import pandas as pd
import torch
from sklearn.linear_model import LogisticRegression
from torch import nn

from tlcourse import paths, plots
from tlcourse.datasets import folder
from tlcourse.datasets.drawn import DrawnImages
from tlcourse.finetuning import policies, training
from tlcourse.networks.backbones import load_backbone
from tlcourse.networks.batch_norm import with_batch_norm
from tlcourse.networks.images import prepare_images
from tlcourse.networks.small_vgg import small_vgg
from tlcourse.tables import published, similarity
from tlcourse.widgets import DeviceToggle, PolicyPainter, check_code, claims, quiz

plots.use_course_style()

# %% [markdown] slideshow={"notes": "Read the three choices aloud and ask for the PyTorch call of each. Most say requires_grad and stop there; the next table is for them.", "slide_type": "slide"}
# ## Three choices for every layer
#
# - **[Freeze](../docs/glossary.md#freeze)**: keep the source's weights. *"It's good as it is."*
# - **[Fine-tune](../docs/glossary.md#fine-tune)**: start from them and train on. *"It's a good
#   starting point."*
# - **[Random](../docs/glossary.md#random)**: throw them away, begin anew. *"It's pretty much
#   useless."*
#
# A **[policy](../docs/glossary.md#policy)** is one choice a layer. Fine-tuning and random are one
# loop and two learning rates. Freezing has three ways, and each forgets something: let one update
# happen, and look at what moved of a convolution with its [batch
# normalisation](../docs/glossary.md#batch-normalisation).


# %% slideshow={"notes": "Cover the table below and let them fill it in. Weight decay is the one nobody expects.", "slide_type": "subslide"}
def moved(freeze, left_out=False):
    """What one update moves of a bottom that should be frozen."""
    torch.manual_seed(0)
    bottom = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    head = nn.Sequential(nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))
    weight, mean = bottom[0].weight.detach().clone(), bottom[1].running_mean.clone()
    freeze(bottom)
    trained = head if left_out else nn.Sequential(bottom, head)
    optimizer = torch.optim.SGD(trained.parameters(), lr=0.1, weight_decay=0.1)
    scores = head(bottom(torch.rand(8, 3, 6, 6)))
    nn.functional.cross_entropy(scores, torch.arange(8) % 2).backward()
    optimizer.step()
    return {
        "weights moved": not torch.equal(weight, bottom[0].weight),
        "running mean moved": not torch.equal(mean, bottom[1].running_mean),
        "gradient was computed": bottom[0].weight.grad is not None,
    }


# %% slideshow={"notes": "Only the last row is frozen. The second moves by weight decay alone: a gradient of zero is not the same as none.", "slide_type": "subslide"}
# NBVAL_CHECK_OUTPUT
def no_gradient(bottom):
    for parameter in bottom.parameters():
        parameter.requires_grad = False


def zero_gradient(bottom):
    for parameter in bottom.parameters():
        parameter.register_hook(torch.zeros_like)


ways = {
    "requires_grad = False": moved(no_gradient),
    "a gradient of zero": moved(zero_gradient),
    "not in the optimizer": moved(nn.Module.train, left_out=True),
    "eval()": moved(nn.Module.eval),
    "requires_grad = False and eval()": moved(lambda bottom: no_gradient(bottom.eval())),
}
pd.DataFrame(ways).T

# %% [markdown] slideshow={"notes": "Ask who has frozen a network by requires_grad alone: nearly all. Nothing is trained here, and still the answers change.", "slide_type": "slide"}
# ## The trap: frozen by half
#
# `requires_grad = False` stops gradients. A batch normalisation in train mode still moves: its
# running mean and variance follow each batch, without any gradient. Below a frozen network sees
# pictures that are too bright, and nobody calls an optimizer.

# %% slideshow={"notes": "Nothing was trained. Ask what changed the answers.", "slide_type": "subslide"}
animals = ["cat", "dog", "lion", "wolf"]
natural = load_backbone("natural")
train, validation, test = (
    prepare_images(natural, DrawnImages("animals", animals, n, seed=seed, labels="species"))
    for seed, n in enumerate((8, 6, 25))
)
source = with_batch_norm(natural, train)  # the same function, with its batch normalisation back
network = copy.deepcopy(source.network).requires_grad_(False)
with torch.no_grad():
    mean, answers = network.bn1_1.running_mean.clone(), network.eval()(test.inputs).argmax(1)
    network.train()
    for _ in range(5):
        network(train.inputs + 1)  # too bright
    changed = (network.eval()(test.inputs).argmax(1) != answers).float().mean()
print("running mean, before:", np.round(mean[:4].tolist(), 2))
print("running mean, after: ", np.round(network.bn1_1.running_mean[:4].tolist(), 2))
print(f"answers to the test pictures that changed: {changed:.0%}")

# %% slideshow={"notes": "One word: eval. And it has to be said again after every network.train() of a parent.", "slide_type": "subslide"}
network = copy.deepcopy(source.network).requires_grad_(False)
network.eval()  # the cure; train() of a parent module undoes it
with torch.no_grad():
    network(train.inputs + 1)
print("running mean, after: ", np.round(network.bn1_1.running_mean[:4].tolist(), 2))


@torch.no_grad()
def re_estimate(network, inputs):
    """For batch norms that train, before they are used: statistics of all training pictures."""
    network.eval()
    for module in network.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.reset_running_stats()
            module.train().momentum = None  # a mean, no memory of earlier weights
    network(inputs)
    return network.eval()


# %% [markdown] slideshow={"notes": "Have the room name the line for each choice: freeze, fine-tune, random. The rates are ten times apart.", "slide_type": "slide"}
# ## Freeze, fine-tune, random: the code
#
# The small VGG on four drawn animals, 8 pictures each; the source is `natural`, photographs. The
# bottom six layers are frozen, the four above fine-tuned, the top three begin anew. What is new
# learns ten times faster: **discriminative rates**, by parameter groups.

# %% slideshow={"notes": "Two groups, two rates. Ask what would happen with one high rate: the reused layers would forget.", "slide_type": "subslide"}
NEW = ("fc6", "bn6", "fc7", "bn7", "fc8")


def begin(seed=0):
    """The frozen bottom, the top that is trained, and its optimizer."""
    torch.manual_seed(seed)
    net = small_vgg(len(animals), batch_norm=True)  # random, all of it ...
    weights = source.network.state_dict().items()
    reused = {key: value for key, value in weights if key.split(".")[0] not in NEW}
    net.load_state_dict(reused, strict=False)  # ... but what is reused
    cut = list(dict(net.named_children())).index("conv4_1")
    bottom, top = net[:cut], net[cut:]
    for parameter in bottom.parameters():
        parameter.requires_grad = False  # freeze: no gradient ...
    bottom.eval()  # ... and no moving statistics
    named = [(name.split(".")[0] in NEW, each) for name, each in top.named_parameters()]
    groups = [{"params": [each for is_new, each in named if not is_new], "lr": 0.005}]
    groups += [{"params": [each for is_new, each in named if is_new], "lr": 0.05}]
    return bottom, top, torch.optim.SGD(groups, momentum=0.9, nesterov=True)


# %% slideshow={"notes": "Five lines are the whole of training. Ask why the bottom is not in the loop: it is computed once.", "slide_type": "subslide"}
def fit(top, optimizer, inputs, labels, epochs):
    top.train()
    for epoch in epochs:
        order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(epoch))
        for half, rows in enumerate(order.tensor_split(2)):
            torch.manual_seed(2 * epoch + half)  # dropout: by the update's number alone
            loss = nn.functional.cross_entropy(top(inputs[rows]), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


bottom, top, optimizer = begin()
with torch.no_grad():  # the frozen bottom, once for each picture
    known, known_test = bottom(train.inputs), bottom(test.inputs)
fit(top, optimizer, known, train.labels, range(8))
for words, net in (("as training left them", top.eval()), ("re-estimated", None)):
    scores = (net or re_estimate(top, known))(known_test).argmax(1)
    print(f"batch norms {words}: right on {(scores == test.labels).float().mean():.0%}")

# %% slideshow={"notes": "The optimizer's momentum is half of the state. Delete its line and run: the last line turns False.", "slide_type": "subslide"}
# NBVAL_CHECK_OUTPUT
_, stopped, its_optimizer = begin()
fit(stopped, its_optimizer, known, train.labels, range(3))
file = paths.writable_folder(paths.cache_folder()) / "training.pt"
torch.save([stopped.state_dict(), its_optimizer.state_dict(), 3], file)

_, resumed, its_optimizer = begin(seed=1)  # another process: other random weights
weights, momentum, epochs_done = torch.load(file, weights_only=True)
resumed.load_state_dict(weights)
its_optimizer.load_state_dict(momentum)
fit(resumed, its_optimizer, known, train.labels, range(epochs_done, 8))
equal = all(map(torch.equal, resumed.parameters(), top.parameters()))
print("resumed equals uninterrupted:", equal)
rates = {"conv4": 0.1, "conv5": 0.1}
policy = policies.Policy({"*": "fine-tune", "bottom 6": "freeze", "top 3": "random"}, rates=rates)
how = {"learning_rate": 0.05, "weight_decay": 0, "schedule": "constant", "batch_size": 16}
how |= {"evaluate_every": 16, "device": "cpu", "progress": False}
ours = training.fine_tune(source, policy, train, validation, epochs=8, **how).network.network
same = [ours.get_parameter(name).allclose(p, atol=1e-3) for name, p in top.named_parameters()]
print("the course's fine_tune gives the same weights:", all(same))

# %% [markdown] slideshow={"notes": "Ask what a random head sends down in its first updates: noise. A probe first sends little. Off the training distribution the difference is largest.", "slide_type": "slide"}
# ## Linear probe, then fine-tune
#
# A random head sends large and random gradients down, and the reused layers are changed before the
# head says anything sensible. [Kumar et al. 2022](../docs/bibliography.md#kumar-2022) train the head
# first, as a linear probe on frozen features, and then all. Published, mean over ten shifts: against
# the probe alone fine-tuning gains +2% on the distribution it was trained on and loses **7%** off
# it; the probe, then fine-tuning, gains +1% and +10% over fine-tuning.

# %% slideshow={"notes": "Ten updates each, the same rate. One draw of drawn pictures: it shows the code, and decides nothing.", "slide_type": "subslide"}
with torch.no_grad():
    body = source.network.eval()[:-1]
    X, X_test = body(train.inputs), body(test.inputs)
probe = LogisticRegression(max_iter=5000).fit(X, train.labels)
print(f"the probe alone: right on {probe.score(X_test, test.labels):.0%}")
for head in ("random head", "probe"):
    torch.manual_seed(0)
    net = copy.deepcopy(body).append(nn.Linear(512, len(animals)))
    if head == "probe":
        net[-1].load_state_dict(
            {"weight": torch.tensor(probe.coef_), "bias": torch.tensor(probe.intercept_)}
        )
    optimizer = torch.optim.SGD(net.parameters(), lr=0.005, momentum=0.9)
    fit(net, optimizer, train.inputs, train.labels, range(5))
    with torch.no_grad():
        right = (
            (re_estimate(net, train.inputs)(test.inputs).argmax(1) == test.labels).float().mean()
        )
    print(f"{head}, then all: right on {right:.0%}")

# %% [markdown] slideshow={"notes": "Ask what the slide leaves open: how many layers, how many images. Both are dials in the experiment.", "slide_type": "slide"}
# ## Claim: retrain some
#
# > Train one or several NN layers + pre-trained layers: fine tuning. Sort of similar task and same
# > domain. Data volume.
#
# **Why one would say so.** A new last layer on frozen features is feature extraction. Retraining
# the layers below lets them adapt. More layers are more parameters, and these need data. The source is
# the [nearer](../docs/glossary.md#near) of `natural` and `manmade` for each target ([01](01_dont_be_a_hero.ipynb)).

# %% slideshow={"notes": "Hands. The third option is the usual one. The difference is what happens with four images.", "slide_type": "subslide"} tags=["predict"]
claim = claims.open("retrain-some")
options = [
    "it helps, by more with more images",
    "it helps, by as much with few images",
    "it helps only with more images",
    "it does not help",
]
claim.predict(
    "Retraining several layers instead of the last one only, with few and with more images:",
    options,
)

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Left is n = 1, feature extraction. Follow one line from the left and ask where it stops rising. Each line has the families measured at that number of images, so compare within a line, not between lines.", "slide_type": "subslide"}
# Measured by 'python -m scripts.remake policy_grid': a row a run, on six families of photographs.
grid = pd.read_csv(paths.SHIPPED / "measured" / "policy_grid.csv")
closeness = similarity.similarity_table(["natural", "manmade"], grid["target"].unique())
closeness = closeness.pivot(index="target", columns="source", values="similarity")
is_near = grid["source"] == grid["target"].map(closeness.idxmax(axis=1))
grid["similarity"] = np.where(grid["source"] == "none", "none", np.where(is_near, "near", "far"))
keys = ["similarity", "per_class", "target", "policy"]
scores = 100 * grid.groupby(keys)["test"].mean().unstack()  # draws averaged

layers = {f"fine-tune top {n}": n for n in (3, 5, 7, 9)}
layers = {"reuse all": 1, **layers, "fine-tune all": 13}
depth = scores.loc["near", list(layers)].dropna().rename(columns=layers)
ax = plots.new_axes()
for (n, line), marker in zip(depth.groupby("per_class"), "osD", strict=True):
    ax.plot(line.columns, line.mean(), marker=marker, label=f"{n} a class, {len(line)} families")
look = {"xlabel": "layers retrained, from the top", "ylabel": "accuracy (%)"}
plots.style.finish(ax, "y", 3, xticks=depth.columns, **look)
plots.alt_text(ax, "Accuracy against the layers retrained: flat with 4 images, rising with 48.")

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "One number: the gain with 48 a class, with its interval over six families. Then the two beside it.", "slide_type": "subslide"} tags=["claim:retrain-some"]
gain = depth[[3, 5, 7, 9]].mean(axis=1) - depth[1]
means = gain.groupby("per_class").mean()
few, many = means[4], means[48]
options = claim.prediction.options
claim.measured(
    gain[48],
    on="3, 5, 7 and 9 layers fine-tuned (their mean) against a solved head alone; "
    f"{len(gain[48])} families of photographs, the nearer source, 48 a class.",
    limits="One network of 13 layers, 64 pixels; one rate for all depths.",
    option=options[0] if few > 1 and many > few + 1 else options[3 if many < 1 else 1 + (few < 1)],
    beside={f"points with {n} a class": points for n, points in means.items()},
)

# %% [markdown] slideshow={"notes": "Ask where the curve of 48 a class stops rising. Usual misunderstanding: more retrained layers are always better with enough data.", "slide_type": "subslide"}
# **Reading.** With 48 photographs a class, retraining three to nine of thirteen layers gains 5.3 points
# over a solved head; with four a class, on three families, it gains nothing. A new head cannot change
# what the layers below it look at; retraining some of them can, where there are images to say how. One
# rate served all depths, and the network is small.

# %% [markdown] slideshow={"notes": "Three sentences of the slide, three choices a layer. Ask the room to paint the thirteen layers of the drawing by hand first.", "slide_type": "slide"}
# ## Claim: freeze, fine-tune or random
#
# > Reuse and freeze: its good as it is. Reuse and fine tune: it's a good starting point. Train from
# > scratch: it's pretty much useless.
#
# **Why one would say so.** Low layers see edges and colours: good for any picture. High layers know
# the source's classes: useless for yours. So: freeze the bottom, fine-tune the middle, retrain the
# top.
#
# **Paint a policy** below: choose a brush and click on layers, or move with the arrow keys and press
# <kbd>F</kbd>, <kbd>T</kbd> or <kbd>R</kbd>. Its [audit](../docs/glossary.md#audit) says what each
# layer starts from, and at what rate it learns. It is trained by the loop above, on the drawn
# animals, where you say.

# %% slideshow={"notes": "Hands. \"The mixed policy is best\" wins as a rule. Ask those who say \"they tie\" what spread they expect.", "slide_type": "subslide"} tags=["predict"]
claim = claims.open("freeze-finetune-random")
options = [
    "the mixed policy is best",
    "reuse all is best",
    "fine-tune all is best",
    "all random is best",
    "they tie",
]
claim.predict(
    "Freeze the bottom, fine-tune the middle, begin the top anew, against one choice for all:",
    options,
)

# %% slideshow={"notes": "Paint what the room proposes and train it: some seconds. Then paint its opposite.", "slide_type": "subslide"} tags=["no-code"]
device = DeviceToggle()


def fine_tune_there(*images_and_policy, **options):
    return training.fine_tune(*images_and_policy, device=device.value, **options)


display(device)
PolicyPainter(
    source,
    (train, validation, test),
    epochs=8,
    learning_rate=0.02,
    fine_tune=fine_tune_there,
)

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "A mark is a family. Ask which policies you can tell apart: compare the same family along the rows.", "slide_type": "subslide"}
mixed = "freeze, fine-tune, retrain"
at_48 = scores.loc["near", 48].drop(columns="all random")
at_48["all random"] = scores.loc[("none", 48), "all random"]  # of three families
order = ["reuse all", "fine-tune top 3", "retrain the top", mixed, "fine-tune all", "all random"]
ax = plots.new_axes()
for row, policy in enumerate(order):
    ax.plot(at_48[policy], [row] * len(at_48), "|", color="0.3", markersize=16)
    ax.plot(at_48[policy].mean(), row, "o", color=plots.style.colour_of("near"), markersize=14)
plots.style.name_rows(ax, order)
plots.style.finish(ax, "x", xlabel="accuracy (%): a mark a family, a dot their mean; 48 a class")
print(at_48[order].agg(["mean", "count"]).T.round(1).to_string())
plots.alt_text(
    ax, "Accuracy of six policies with 48 images a class: a mark a family, and their mean."
)

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Three effects, one a rival. The last line beside them is the slide's useless: the top begun anew against the top fine-tuned.", "slide_type": "subslide"} tags=["claim:freeze-finetune-random"]
rivals = at_48[["reuse all", "fine-tune all", "all random"]]
best = at_48[[mixed, *rivals]].dropna().mean().idxmax()
top = (at_48["retrain the top"] - at_48["fine-tune top 3"]).mean()
claim.measured(
    {f"against {rival}": (at_48[mixed] - at_48[rival]).dropna() for rival in rivals},
    on="Bottom frozen, middle fine-tuned, top three random, against one choice for all layers; "
    f"{len(at_48)} families of photographs, the nearer source, 48 a class.",
    limits="All random: three families, no augmentation. One network, one way to divide it.",
    option="the mixed policy is best" if best == mixed else f"{best} is best",
    beside={"top three begun anew, less fine-tuned: points": top},
)

# %% [markdown] slideshow={"notes": "Usual misunderstanding: useless layers were still a good start in Yosinski, with more layers and more images.", "slide_type": "subslide"}
# **Reading.** The mixed policy lies 4.3 points below fine-tuning all layers, and 3.2 points above a
# solved head with an interval across zero; on the three families where all random was measured it is
# 18.7 points above that, and three are few. Frozen low layers cannot adapt to the target, and with 48
# photographs a class there is enough to adapt them; beginning the top three anew costs nothing here
# against fine-tuning them, since few layers can be learned again. At the scale of Yosinski et al. 2014
# copying nearly all layers and fine-tuning them beat everything (published).

# %% [markdown] slideshow={"notes": "Two sentences, four effects: data and similarity, for fine-tuning and for random. Have the room say the four before going on.", "slide_type": "slide"}
# ## Claim: the policy follows similarity and data
#
# > Fine tune: increase with source-target similarity and data volume. Random: increase with
# > source-target dissimilarity and data volume.
#
# **Why one would say so.** With more images more can be learned. What a similar source left is
# worth polishing; what a dissimilar one left may be in the way. *Near* and *far* are the nearer and the
# farther of `natural` and `manmade`.

# %% slideshow={"notes": "Hands. Ask those who chose the first for a reason why similarity should help fine-tuning.", "slide_type": "subslide"} tags=["predict"]
claim = claims.open("policy-follows-similarity-and-data")
options = [
    "with data; fine-tuning's with similarity, random's with dissimilarity",
    "with data only",
    "with similarity or dissimilarity only",
    "with none of them",
]
claim.predict("What is gained over reusing all layers grows ...", options)

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Two panels, four slopes. The claim is about the change of a gain, not about the gain.", "slide_type": "subslide"}
kept = scores.drop("none")  # the nearer and the farther source
tuning = kept["fine-tune all"] - kept["reuse all"]
anew = kept["retrain the top"] - kept["reuse all"]
figure, [axes] = plots.style.new_panels(2, width=14, sharey=True)
for ax, points, name in zip(
    axes, (tuning, anew), ("fine-tune all", "top three random"), strict=True
):
    for source_is, style in (("near", "o-"), ("far", "s--")):
        line = points[source_is].groupby("per_class").mean()
        ax.plot(line.index, line, style, color=plots.style.colour_of(source_is), label=source_is)
    ax.axhline(0, color="0.6", linewidth=1)
    plots.style.finish(ax, "y", 2, xscale="log", xlabel=f"{name}: images a class")
    ax.set_xticks([4, 12, 48], ["4", "12", "48"], minor=False)
    ax.minorticks_off()
axes[0].set_ylabel("points over reuse all")
three = ["reuse all", "retrain the top", "fine-tune all"]  # near, all six families
print(kept.loc["near"].groupby("per_class")[three].mean().loc[[4, 48]].round(1).to_string())
plots.alt_text(
    figure, "What fine-tuning all, and a random top, gain over reusing all, by images a class."
)


# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Four intervals over six families. An interval that holds zero is an answer: undecided.", "slide_type": "subslide"} tags=["claim:policy-follows-similarity-and-data"]
def by_data(gain):
    change = gain.xs(48, level="per_class") - gain.xs(4, level="per_class")
    return change.dropna().groupby("target").mean()


def by_similarity(gain):
    return (gain["near"] - gain["far"]).dropna().groupby("target").mean()


effects = {
    "fine-tuning gains with data": by_data(tuning),
    "fine-tuning gains with similarity": by_similarity(tuning),
    "random gains with data": by_data(anew),
    "random gains with dissimilarity": -by_similarity(anew),
}
tuned, near, random, far = (effect.mean() > 1 for effect in effects.values())
option = claim.prediction.options[3 - 2 * (tuned and random) - (near or far)]
on = f"Gains over reusing all, 4 to 48 a class, two sources, {len(by_data(tuning))} families."
limits = "Both sources are photographs of 41 classes: far is not very far."
claim.measured(effects, on=on, limits=limits, option=option)

# %% [markdown] slideshow={"notes": "If fine-tuning gains more from the far source, ask why: there is more left to repair.", "slide_type": "subslide"}
# **Reading.** With data the slide is right: from 4 to 48 images a class fine-tuning gains 5.1 points
# more over reusing all, and a random top 3.2 points. With more images there is more to say about the
# layers below the head, while a solved head has taken most of what few images say. In the table
# fine-tuning all is the best of three with 4 and with 48. For similarity both intervals hold zero: the
# two sources are photographs, and from the far one fine-tuning was measured with 48 images only.

# %% [markdown] slideshow={"notes": "Ask for the words: variance is disagreement between draws, bias is what most draws get wrong. Then ask which one freezing should add.", "slide_type": "slide"}
# ## Claim: the trade-off of fine-tuning
#
# > Freeze: removes parameters to learn, adds noise. Fine-tune: allows to focus learning, adds bias.
# > Random: again, from the top (cost, cost, cost); tailor made for the target.
#
# **Why one would say so.** Statistics has two words for being wrong.
# **[Variance](../docs/glossary.md#bias-variance)**: another draw of the training images gives
# another answer. **Bias**: even the answer of most draws is wrong ([Domingos
# 2000](../docs/bibliography.md#domingos-2000)). Restricting what can be learned usually *lowers
# variance and adds bias*, so freezing should add bias. The slide says the reverse. We measure both,
# every choice trained to its plateau.

# %% slideshow={"notes": "Students of statistics choose the second, the others the slide. Let one of each argue.", "slide_type": "subslide"} tags=["predict"]
claim = claims.open("fine-tuning-trade-off")
options = [
    "freeze most variance, fine-tune most bias (the slide)",
    "freeze most bias, random most variance",
    "random most of both",
    "something else",
]
claim.predict("Which choice has the most bias, and which the most variance?", options)

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "The table first: freezing takes the fewest seconds. Random takes no more than fine-tuning, since it stops early with 12 photographs a class; it was measured on insects only.", "slide_type": "subslide"}
runs = grid.dropna(subset="predicted")  # 12 a class; a letter is the answer to a test photograph
runs = runs.groupby(["target", "draw"]).filter(lambda draw: len(draw) > 1)  # draws to compare
truth = np.repeat(list("abcde"), 50)


def wrong_in_two_ways(predicted):
    answers = np.array([list(letters) for letters in predicted])  # (draws, images)
    main = pd.DataFrame(answers).mode().iloc[0].to_numpy()  # what most draws say
    return pd.Series({"bias": (main != truth).mean(), "variance": (answers != main).mean()})


errors = 100 * runs.groupby(["target", "policy"])["predicted"].apply(wrong_in_two_ways).unstack()
table = errors.groupby("policy").mean()
table["families"] = errors.groupby("policy").size()
table[["updates", "CPU seconds"]] = runs.groupby("policy")[["updates", "cpu_seconds"]].mean()
parameters = {"fine-tune all": sum(p.numel() for p in source.network[:-1].parameters())}
table["parameters"] = pd.Series(parameters).reindex(table.index, fill_value=0)
table["parameters"] += 5 * 512 + 5  # the head's
table.loc["all random", "parameters"] = table.loc["fine-tune all", "parameters"]
print(table.round(1).to_string())

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Two effects: does freezing add variance, does fine-tuning add bias? Random has the most of both, at its plateau too.", "slide_type": "subslide"} tags=["claim:fine-tuning-trade-off"]
variance, bias = (errors[kind].unstack("policy") for kind in ("variance", "bias"))
slide = ("fine-tune all", "reuse all")
said = {slide: 0, ("reuse all", "all random"): 1, ("all random", "all random"): 2}
most = table["bias"].idxmax(), table["variance"].idxmax()
seconds = table["CPU seconds"]
claim.measured(
    {
        "freezing adds variance": variance["reuse all"] - variance["fine-tune all"],
        "fine-tuning adds bias": bias["fine-tune all"] - bias["reuse all"],
    },
    on=f"Reuse all against fine-tune all, {runs['draw'].nunique()} draws of 12 photographs a class "
    f"of {len(bias)} families, the nearer source; each trained to its plateau.",
    limits="0-1 loss; five classes; draws of one pool of 100 photographs a class.",
    option=claim.prediction.options[said.get(most, 3)],
    beside={
        "random's seconds over fine-tuning's": seconds["all random"] / seconds["fine-tune all"]
    },
)

# %% [markdown] slideshow={"notes": "What holds: freezing is cheap. Usual misunderstanding: no difference shown is not shown equal.", "slide_type": "subslide"}
# **Reading.** Fine-tuning adds no bias here: it has 4.7 points less of it than frozen layers, as
# statistics would have it, and the slide has it the other way round. In variance the difference is too
# small to be seen. Random, on the one family where it was measured, has the most of both, since a
# source restricts what is learned, and to something good; its training costs no more than fine-tuning,
# as it stops early. Two or three draws are few, and the random network has no augmentation.

# %% [markdown] slideshow={"notes": "Write on the board: A or B, copied n, plus for fine-tuned. Ask what BnB is for before saying it: the control for the cut.", "slide_type": "slide"}
# ## How transferable is each layer? Yosinski et al. 2014
#
# [They](../docs/bibliography.md#yosinski-2014) cut ImageNet in two halves, A and B. A network for B
# gets its bottom *n* layers copied and frozen, the others random: **AnB** from the network for A,
# **BnB** from that for B itself, the control for the cut; **+** fine-tunes what was copied.
#
# Left, published: AlexNet. Right, in miniature (`python -m scripts.remake yosinski`): B is six
# natural classes, 20 photographs each; BnB copies from `natural`, AnB from `manmade`; `random`
# freezes layers that learned nothing. Trained to the plateau; statistics of training images only.

# %% slideshow={"notes": "Left: point at the dip of BnB in the middle, where nothing was transferred, and at AnB+, above the base everywhere. Right: ask what is missing, with 120 photographs.", "slide_type": "subslide"}
small = pd.read_csv(paths.SHIPPED / "measured" / "yosinski.csv")
small = small.groupby(["curve", "layer"])["test"].mean()
looks = {"BnB": "o-", "BnB+": "s--", "AnB": "^-", "AnB+": "D--", "random": "v:"}
figure, [[left, right]] = plots.style.new_panels(2, width=14)
for curve, look in looks.items():
    if curve != "random":
        points = pd.Series(published.published_curve(curve))
        left.plot(points.index, 100 * points, look, label=curve)
    right.plot(small[curve].index, 100 * small[curve], look, label=curve)
for ax, base in ((left, published.published_curve("base")[0]), (right, small["base"].iloc[0])):
    ax.axhline(100 * base, color="0.5", linestyle="dotted", label="nothing copied")
plots.style.finish(left, "y", 3, xlabel="layers copied (published)", ylabel="accuracy (%)")
plots.style.finish(right, "y", 3, xlabel="layers copied (in miniature)")
print(f"nothing copied: {100 * small['base'].iloc[0]:.1f}%")
print((100 * small.unstack("layer").drop("base")).round(1).to_string())
words = "Accuracy against the layers copied, published and in miniature, for BnB, BnB+, AnB, AnB+."
plots.alt_text(figure, words)

# %% [markdown] slideshow={"slide_type": "skip"}
# **Reading.** As published, low layers are general: with four layers copied it hardly matters from
# whom, and from eight on B's own layers beat A's. Not as published: of B's own layers more copied is
# better all the way, without the dip in the middle, since 120 photographs cannot teach what is not
# copied; the paper's networks had half of ImageNet. Frozen random layers (right) are below copied ones,
# and still above training everything from nothing: with 120 photographs it helps to learn less.

# %% [markdown] slideshow={"notes": "The same question at the lecture's own scale, without a verdict: two targets are no sample of targets.", "slide_type": "slide"}
# ## The real network beside it
#
# EfficientNet-Lite0 of ImageNet at 128 pixels, on ten classes of flowers102 and the seven of PACS
# sketch, five photographs a class: a new head on frozen layers, trained to its plateau. The command
# `python -m scripts.remake real_fine_tuning` goes on with the top block, all layers, and a probe first
# and then all; these take hours of CPU, and rows appear below as they are measured. Two targets carry
# no verdict. Published beside it:
# [Kornblith et al. 2019](../docs/bibliography.md#kornblith-2019), accuracy on ImageNet predicts
# accuracy after transfer, r = 0.99 with fixed features and 0.96 fine-tuned.

# %% slideshow={"notes": "Compare the two targets: flowers are near ImageNet, sketches are not. Ask what the next row would be, and what it would cost.", "slide_type": "subslide"}
real = pd.read_csv(paths.SHIPPED / "measured" / "real_fine_tuning.csv")
real["policy"] = pd.Categorical(real["policy"], ["head", "top block", "all", "probe, then all"])
what = {"index": "policy", "columns": ["target", "per_class"], "observed": True}
print((100 * real.pivot_table(values="test", **what)).round(1).to_string())
print("\nCPU seconds of training to the plateau:")
print(real.pivot_table(values="cpu_seconds", **what).round(0).to_string())

# %% slideshow={"notes": "Optional, and live: name a folder of your own. Ask first how many images a second two cores can train on.", "slide_type": "subslide"}
FOLDER = None  # or "path/to/folder", a sub-folder of images a class
drawn = DrawnImages("animals", animals, 12, seed=3, labels="species")
imagenet = load_backbone("imagenet")
mine = prepare_images(imagenet, folder.ImageFolder(FOLDER, per_class=12) if FOLDER else drawn)
inputs = nn.functional.interpolate(mine.inputs, size=128, mode="area")
is_test = torch.arange(len(mine)) % 12 >= 8  # 8 a class to train on, 4 to test
layers = imagenet.network.as_sequential()
trunk, top = layers[:8], copy.deepcopy(layers[8:])  # the top: the last stage of blocks, the head
top[-1] = nn.Linear(top[-1].in_features, len(mine.classes))
with torch.no_grad():
    known = trunk.eval()(inputs)
optimizer = torch.optim.SGD(top.parameters(), lr=0.02, momentum=0.9)
fit(top, optimizer, known[~is_test], mine.labels[~is_test], range(6))
right = (top.eval()(known[is_test]).argmax(1) == mine.labels[is_test]).float().mean()
print(f"{len(mine)} pictures of {len(mine.classes)} classes, right on {right:.0%} of the test ones")

# %% [markdown] slideshow={"notes": "Two minutes. Those who write module.requires_grad = False set an attribute that nothing reads.", "slide_type": "slide"}
# ## Exercises
#
# **1.** Freeze a module so that training cannot move anything of it.


# %% slideshow={"slide_type": "-"}
def freeze(module):
    """Freeze an nn.Module, with all that is inside it, and return it."""
    ...  # TODO


check_code("08: freeze", freeze)

# %% [markdown] slideshow={"notes": "Ask which layer gets the highest rate, and why: the one that knows least about the target.", "slide_type": "subslide"}
# <details><summary>Solution</summary>
#
# ```python
# def freeze(module):
#     for parameter in module.parameters():
#         parameter.requires_grad = False
#     return module.eval()
# ```
#
# </details>
#
# **2.** Parameter groups with a rate for each layer: the top one gets `rate`, each below it `decay`
# times the rate of the one above. Frozen parameters are in no group.


# %% slideshow={"slide_type": "-"}
def layerwise(layers, rate, decay):
    """Modules from the bottom up -> groups {"params": list, "lr": float}, from the bottom up too.

    A layer whose parameters are all frozen has no group, but counts.
    """
    ...  # TODO


check_code("08: layerwise", layerwise)

# %% [markdown] slideshow={"slide_type": "-"}
# <details><summary>Solution</summary>
#
# ```python
# def layerwise(layers, rate, decay):
#     groups = []
#     for depth, layer in enumerate(reversed(layers)):
#         trained = [each for each in layer.parameters() if each.requires_grad]
#         groups.insert(0, {"params": trained, "lr": rate * decay**depth})
#     return [group for group in groups if group["params"]]
# ```
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
# - Feature extraction is the baseline; retrain more as you have more data, and measure it.
# - Bias and variance are both measurable. Do it before you name one.
#
# **Next**: how to normalise features ([09](09_normalization.ipynb)). The [map](00_start_here.ipynb)
# shows all notebooks.

# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"notes": "Say what is unusual: nothing is to be believed because the lecture says it. Ask who has trained a network before, and who has reused one.", "slide_type": "slide"}
# # 00 Start here
#
# **Deep transfer learning, argued with.** [A lecture](../docs/bibliography.md#lecture) makes claims.
# Here each claim is an experiment that you run, change and judge.
#
# **You will learn**
#
# - how a notebook of this course works: predict, run, read;
# - what a network that was trained on ImageNet makes of one photograph, in eight lines of PyTorch;
# - what this machine can do for you, and where everything is.
#
# **You need**: some Python, and the idea of a classifier. **Time**: 15 minutes for you, about
# 10 seconds for the machine.
#
# Run a cell with <kbd>Shift</kbd>+<kbd>Enter</kbd>, or all with *Run > Run All Cells*. Nothing here
# needs the internet.

# %% slideshow={"slide_type": "skip"}
import pandas as pd
import torch
from PIL import Image
from sklearn.datasets import load_sample_image
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer
from sklearn.svm import LinearSVC

from tlcourse import plots
from tlcourse.course.map import CourseMap
from tlcourse.features.extraction import shipped_features
from tlcourse.networks.backbones import load_backbone
from tlcourse.networks.weights import read_card
from tlcourse.widgets import DeviceToggle, PictureUpload, check_code, claims, quiz

plots.use_course_style()

# %% [markdown] slideshow={"notes": "Go through the list once, slowly: the rest of the course has this form. The next slides do all of it on a photograph.", "slide_type": "slide"}
# ## Predict, run, read
#
# [Every claim](../docs/glossary.md#claim) of the lecture goes through the same steps.
#
# - **The claim**, in the slide's words, and why one would say so.
# - **Predict**: you commit to an answer. It is kept, and nothing waits for it.
# - **Run**: code that you can read and change measures it. Results appear when you run the cell.
# - **The card**: your prediction, the effect that was measured with its 95% interval, and a
#   [verdict](../docs/glossary.md#verdict) by one rule for all claims.
# - **Read**: what was found, why, and what it does not say.
#
# At the end of a notebook are **exercises**, functions that you write and that are checked on inputs
# that you do not see, and a **quiz**. In a terminal, `python3 start.py slides 00` shows a notebook as
# slides, and `python3 start.py check` says what this machine has.

# %% [markdown] slideshow={"notes": "Let everybody run this now: whoever sees no device toggle has no kernel. A missing GPU is no problem in this course.", "slide_type": "slide"}
# ## This machine
#
# A network runs on a *device*: the processor (`cpu`), an NVIDIA card (`cuda`) or an Apple chip
# (`mps`). Every cell of the course runs on `cpu`. What is missing here says why.

# %% slideshow={"slide_type": "-"}
device = DeviceToggle()
device

# %% [markdown] slideshow={"notes": "Ask for a photograph from somebody's telephone. The picture stays on this machine; without one, scikit-learn's sample photograph of a dahlia is there.", "slide_type": "slide"}
# ## One photograph
#
# A **[backbone](../docs/glossary.md#backbone)** is a network that was trained before, on a
# **[source](../docs/glossary.md#source)**. `imagenet` is EfficientNet-Lite0, trained on ImageNet: 1.28
# million photographs of 1,000 classes. Three of them are flowers: daisy, yellow lady's slipper and
# cardoon. Show it a photograph of yours; until you choose one, it sees a dahlia, close up, from
# scikit-learn's samples.

# %% slideshow={"slide_type": "-"}
sample = Image.fromarray(load_sample_image("flower.jpg"))
upload = PictureUpload("Your photograph", sample, height=220)
upload

# %% slideshow={"notes": "Have everybody commit before anybody runs on, and count hands for each option. Do not comment.", "slide_type": "subslide"} tags=["predict"]
answers = ["another flower, surely", "another flower, unsurely", "no flower", "no answer"]
dahlia = "Three of its classes are flowers, none is a dahlia. What does it answer to one?"
claim = claims.open("warm-up")
claim.predict(dahlia, answers)

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Read it aloud, line by line. The scores are 1,000 numbers of any sign; softmax makes shares of them, topk finds the five largest.", "slide_type": "subslide"}
imagenet = load_backbone("imagenet")
names = read_card("imagenet")["classes"]
network = imagenet.network.to(device.value or "cpu").eval()
image = imagenet.preprocess(upload.picture)[None].to(device.value or "cpu")
with torch.inference_mode():
    scores = network(image).squeeze(0)
top = scores.softmax(dim=0).cpu().topk(5)
print(*[f"{100 * p:4.1f}%  {names[i]}" for p, i in zip(*top, strict=True)], sep="\n")

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Ask what bee and ant have to do with it: neither is in the picture. Photographs of them were taken on flowers.", "slide_type": "subslide"}
shares = pd.Series(100 * top.values.numpy(), [names[i] for i in top.indices])
ax = shares[::-1].plot.barh(figsize=(11, 4.5), xlim=(0, 100), xlabel="probability (%)")
ax.bar_label(ax.containers[0], fmt="%.1f%%", padding=6)
plots.alt_text(ax, "Bars of the top five classes: daisy first, then bee and others.")

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "The card of a claim looks like this, with a verdict. Compare the answer with the hands.", "slide_type": "subslide"} tags=["no-code"]
first, sure = shares.index[0], shares.iloc[0]
is_flower = first in ("daisy", "yellow lady's slipper", "cardoon")
option = answers[0 if sure > 50 else 1] if is_flower else answers[2]
shown = {f"{first} (%)": sure, "the other four (%)": shares.iloc[1:].sum()}
claim.measured(shown, "One photograph.", "Another flower may differ.", option)

# %% [markdown] slideshow={"notes": "The usual slip is to call this an error of the network. It was never taught the word; ask what else it could have said.", "slide_type": "subslide"}
# **Reading.** The network says *daisy*, with a probability of 32%, the nearest of the names that it
# knows. It has to answer with one of its 1,000 classes, so the last layer is of no use to somebody
# who has other classes. *Bee* and *ant* are not in the picture either: probably they were on flowers in
# the photographs that taught them. One photograph shows this; it does not say how often it is so.

# %% [markdown] slideshow={"notes": "Ask for a guess of the accuracy before you run it; guessing gives 3%. This is the whole of the lecture in five lines.", "slide_type": "slide"}
# ## Reuse it
#
# Take the last layer away. What remains **describes** a photograph, by 1,280
# [features](../docs/glossary.md#feature). A new [linear classifier](../docs/glossary.md#linear-probe)
# on top learns 30 kinds of flowers from 20 photographs of each; the network itself learns nothing.
# The course may not pass these photographs on, so it brings their features, under the name of their
# layer, `head`. What will the new classifier call the photograph above? (A question mark in the answer
# belongs to the data set's own name of that class.)

# %% slideshow={"slide_type": "-"}
train, test = shipped_features("imagenet", "flowers102")
X, X_test = train.select("head"), test.select("head")
print(f"{len(X)} photographs of {len(train.classes)} kinds of flowers, {X.shape[1]} features each")
svm = make_pipeline(Normalizer(), LinearSVC(C=1, random_state=0)).fit(X, train.labels)
predicted = svm.predict(X_test)
right = pd.Series(predicted == test.labels)
print(f"{right.mean():.0%} of {len(right)} others right; guessing: {1 / len(train.classes):.0%}")

by_class = right.groupby(test.labels).mean()
hardest = by_class.nsmallest(3)
print("hardest:", ", ".join(test.classes[label] for label in hardest.index))
with torch.inference_mode():
    description = network.forward_features(image).mean(dim=(2, 3)).cpu()
print("the photograph above:", train.classes[svm.predict(description.numpy())[0]])

# %% [markdown] slideshow={"notes": "Leave three minutes for each. The check says in words what is wrong; the solution is one click away and meant to be used.", "slide_type": "slide"}
# ## Exercises
#
# Write the function in place of `...`, and run the cell. The check tries it on inputs that you do not
# see. The solution is one click away.
#
# **1.** Scores are numbers of any sign. Write the softmax that makes probabilities of them, with
# `exp` and `sum`:
# $p_k = e^{s_k} / \sum_j e^{s_j}$.


# %% slideshow={"slide_type": "-"}
def softmax(scores):
    """A tensor of scores (images, classes) -> probabilities of the same shape."""
    ...  # TODO


check_code("00: softmax", softmax)

# %% [markdown] slideshow={"slide_type": "-"}
# <details><summary>Solution</summary>
#
# ```python
# def softmax(scores):
#     strengths = scores.exp()
#     return strengths / strengths.sum(dim=1, keepdim=True)
# ```
#
# </details>

# %% [markdown] slideshow={"notes": "Ask what a classifier gets that always answers the largest class: by this score no more than guessing.", "slide_type": "subslide"}
# **2.** The lecture's tables give the [mean class accuracy](../docs/glossary.md#mean-class-accuracy):
# the share of right answers among the images of each class, averaged over the classes. Try
# yours on `predicted` and `test.labels`.


# %% slideshow={"slide_type": "-"}
def mean_class_accuracy(predicted, labels):
    """Two arrays of class numbers, of shape (images,) -> a share, from 0 to 1."""
    ...  # TODO


check_code("00: mean class accuracy", mean_class_accuracy)

# %% [markdown] slideshow={"slide_type": "-"}
# <details><summary>Solution</summary>
#
# ```python
# def mean_class_accuracy(predicted, labels):
#     right = pd.Series(predicted == labels)
#     return right.groupby(labels).mean().mean()
# ```
#
# </details>

# %% [markdown] slideshow={"notes": "Promise notebook 04 for domains and tasks. Whoever is short of time goes from here to 06.", "slide_type": "slide"}
# ## The map
#
# Thirteen notebooks, and the claims that each measures. What you have measured carries its verdict.
# All words are in the [glossary](../docs/glossary.md), all papers in the
# [bibliography](../docs/bibliography.md).

# %% slideshow={"slide_type": "skip"}
CourseMap()

# %% [markdown] slideshow={"notes": "Hands for each option before somebody clicks. Check a wrong one on purpose: its reply is worth reading.", "slide_type": "slide"}
# ## Quiz
#
# Three questions about what was measured. Choose, check, and read why.

# %% slideshow={"slide_type": "-"}
quiz("00")

# %% [markdown] slideshow={"notes": "Next in a short class is 06; in a full one go on with 01.", "slide_type": "slide"}
# ## Remember
#
# - Predict before you run: then you see what you did not expect.
# - A trained network describes and decides. The decision is about its own classes; the description
#   can be reused.
# - "Does not hold here, and this is why" is a good outcome.
#
# **Next**: [01 don't be a hero](01_dont_be_a_hero.ipynb), or, if time is short, at once [06 feature
# extraction](06_feature_extraction.ipynb), the lecture's main tool.

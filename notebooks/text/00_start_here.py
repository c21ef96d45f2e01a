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
# **Deep transfer learning, argued with.** A lecture makes claims. Here each claim is an
# experiment that you run, change and judge.
#
# **You will learn**
#
# - what this machine can do for you;
# - how a notebook of this course works: predict, run, read;
# - where everything is.
#
# **You need**: some Python, and the idea of a classifier. **Time**: 15 minutes for you, about
# 10 seconds for the machine.

# %% [markdown] slideshow={"slide_type": "skip"}
# Run a cell with <kbd>Shift</kbd>+<kbd>Enter</kbd>. Run them all with *Run > Run All Cells*.
# Nothing here needs the network.

# %% slideshow={"slide_type": "skip"}
from tlcourse import plots
from tlcourse.classifiers.score import evaluate_transfer
from tlcourse.course.map import CourseMap
from tlcourse.datasets import FAMILIES, HandwrittenDigits
from tlcourse.devices import devices
from tlcourse.features.extraction import extract_features, shipped_features
from tlcourse.networks.backbones import load_backbone
from tlcourse.widgets import DeviceToggle, Prediction, check_answer, quiz

plots.use_course_style()

# %% [markdown] slideshow={"notes": "Let everybody run this now: whoever sees no device toggle has no kernel. A missing GPU is no problem in this course.", "slide_type": "slide"}
# ## This machine
#
# A network runs on a *device*: the processor (`cpu`), an NVIDIA card (`cuda`) or an Apple chip
# (`mps`). Every cell of the course runs on `cpu`. What is missing here says why.

# %% slideshow={"slide_type": "-"}
device = DeviceToggle()
device

# %% [markdown] slideshow={"slide_type": "skip"}
# In a terminal, `python3 start.py check` says more: versions, disk, weights, data, and what to do
# about what is missing.

# %% slideshow={"slide_type": "skip"}
# NBVAL_CHECK_OUTPUT
[found.name for found in devices()]

# %% [markdown] slideshow={"notes": "Point at the names conv1_1 to fc7 in the output: the lecture's names. Ask which of the two networks has seen an insect: natural has seen spiders, a scorpion and a centipede, but no insect.", "slide_type": "slide"}
# ## A network that has seen photographs
#
# A **[backbone](../docs/glossary.md#backbone)** is a network that was trained before, on a
# **[source](../docs/glossary.md#source)**. Two come with the course:
#
# - `natural` learned 41 classes of animals and plants;
# - `manmade` learned 41 classes of things.
#
# Both are small VGGs. Their layers have the lecture's names.

# %% slideshow={"slide_type": "-"}
# NBVAL_CHECK_OUTPUT
natural = load_backbone("natural")
natural.layer_sizes

# %% [markdown] slideshow={"notes": "Say that the commitment is kept on disk and that nothing waits for it. It is there to make the surprise visible, not to be marked.", "slide_type": "slide"}
# ## What a notebook does
#
# [Every claim](../docs/glossary.md#claim) goes through four steps.
#
# 1. **Motivation**: why somebody would say so.
# 2. **Prediction**: you commit to an answer. It is kept, and shown beside the result.
# 3. **Experiment**: a short cell measures it, on this machine, now.
# 4. **Reading**: what the figure says, and what it does not.
#
# Here is the form, on a small question.

# %% [markdown] slideshow={"notes": "Ask the room what a ReLU does to -3 and to 3. That is all one needs for the prediction.", "slide_type": "slide"}
# ### Motivation
#
# Layer `fc7` describes an image by 512 numbers, taken [after the
# ReLU](../docs/glossary.md#activation). A ReLU turns every negative number into zero.

# %% [markdown] slideshow={"notes": "Have everybody commit before anybody runs on, and count hands for each option. Do not comment.", "slide_type": "subslide"}
# ### Prediction
#
# Choose one, and commit. You may also run on without.

# %% slideshow={"slide_type": "-"}
prediction = Prediction(
    "warm-up",
    "How many of the 512 numbers of fc7 are exactly zero, for a typical photograph of an insect?",
    ["fewer than 50", "50 to 400", "more than 400"],
)
prediction

# %% [markdown] slideshow={"notes": "Point at the comparison: prediction left, measurement right. Photographs cannot be passed on, their features can.", "slide_type": "subslide"}
# ### Experiment
#
# The photographs are not ours to give. Their *[features](../docs/glossary.md#feature)* are: 500 test
# images of ten insects, described by every layer, come with the course.

# %% slideshow={"slide_type": "-"}
train, test = shipped_features("natural", "insects")
zeros = (test.select("fc7") == 0).sum(axis=1)
median = int(sorted(zeros)[len(zeros) // 2])
measured = "fewer than 50" if median < 50 else "50 to 400" if median <= 400 else "more than 400"
prediction.compare(f"A typical image has {median} zeros of 512.", measured)

# %% slideshow={"notes": "Ask for the leftmost bar: is there an image with few zeros? A histogram over 500 images, not over units: students mix the two up.", "slide_type": "subslide"}
ax = plots.plot_histogram(zeros, "zeros among the 512 numbers of fc7", "photographs of insects")
plots.alt_text(ax, "Histogram: most photographs have between half and three quarters zeros in fc7.")

# %% [markdown] slideshow={"notes": "The usual slip is \"zero is no information\". Ask what it tells of an insect that a unit for fur is silent.", "slide_type": "subslide"}
# ### Reading
#
# About three of five numbers are zero: `fc7` is *sparse*. Which ones are zero differs from image to
# image, and that is what tells images apart. The figure does not say that zeros are worthless: "this
# unit is silent here" is information as well. Notebook 10 keeps little else.

# %% [markdown] slideshow={"notes": "Ask for a guess of the accuracy before you run it; guessing gives 10%. Point at the milliseconds: nothing of the network is trained.", "slide_type": "slide"}
# ## The main thing, once
#
# A **[target](../docs/glossary.md#target)** is the task that you care about. Ten insects, 20 training
# photographs of each: no network can learn to see from so little. A [linear
# classifier](../docs/glossary.md#linear-probe) on the numbers of `fc7` can still use what the
# backbone learned from other animals.

# %% slideshow={"slide_type": "-"}
result = evaluate_transfer("natural", "insects", "fc7")
seconds = plots.as_duration(result.seconds)
print(f"{result.accuracy:.0%} right, where guessing gives 10%; trained and tested in {seconds}")

# %% [markdown] slideshow={"notes": "The first run computes, the second reads from the cache: run it twice and let them see the difference.", "slide_type": "subslide"}
# You can run the network yourself, on images that are here: handwritten digits from scikit-learn.

# %% slideshow={"slide_type": "-"}
digits = HandwrittenDigits()
extract_features(natural, digits, ["fc6", "fc7"], device=device.value or "auto")

# %% [markdown] slideshow={"notes": "Leave three minutes. The check says in words what is wrong; the solution is one click away and meant to be used.", "slide_type": "slide"}
# ## Exercises
#
# Put your answer in place of the dots and run the cell. The solution is one click away.
#
# **1.** How many target families come with the course? Look at `FAMILIES`.

# %% slideshow={"slide_type": "-"}
answer = ...
check_answer(answer, len(FAMILIES), f"They are {', '.join(FAMILIES)}.")

# %% [markdown] slideshow={"slide_type": "-"}
# <details><summary>Solution</summary>
#
# ```python
# len(FAMILIES)
# ```
#
# Six: cats and dogs, insects, food, scenes, vehicles, clothes.
#
# </details>

# %% [markdown] slideshow={"notes": "Ask for a bet first: which source knows more about vehicles? Look at the sizes of the two numbers, not only at the order.", "slide_type": "subslide"}
# **2.** Which source describes `vehicles` better with `fc7`, `"natural"` or `"manmade"`? Copy the
# cell of *The main thing, once*, and change it.

# %% slideshow={"slide_type": "-"}
answer = ...
better = max(
    ("natural", "manmade"), key=lambda source: evaluate_transfer(source, "vehicles", "fc7").accuracy
)
check_answer(answer, better, "The source that has seen things knows more about things.")

# %% [markdown] slideshow={"slide_type": "-"}
# <details><summary>Solution</summary>
#
# ```python
# sources = ("natural", "manmade")
# found = {name: evaluate_transfer(name, "vehicles", "fc7").accuracy for name in sources}
# max(found, key=found.get)
# ```
#
# </details>

# %% [markdown] slideshow={"notes": "Do not read the table aloud. Ask for the difference between a domain and a task, and promise notebook 04 for it.", "slide_type": "slide"}
# ## Words
#
# | word | means |
# |---|---|
# | domain | a feature space and a distribution of the inputs |
# | task | a label space and a function from inputs to labels |
# | source, target | where a network learned; where you want to use it |
# | backbone | the network that is reused |
# | layer, feature | a stage of the network; one number that it puts out |
# | feature extraction | the backbone describes, a new classifier decides |
# | freeze, fine-tune, random | keep a layer, go on training it, start it afresh |
# | linear probe | a linear classifier on the features of a layer |
#
# All words are in the [glossary](../docs/glossary.md), all papers in the
# [bibliography](../docs/bibliography.md).

# %% [markdown] slideshow={"slide_type": "skip"}
# ## The map

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
# - Predict before you run. A surprise that you did not expect teaches nothing.
# - What is printed was measured here, now. Your digits may differ a little from the stored ones.
# - "Does not hold here, and this is why" is a good outcome.
#
# **Next**: [01 don't be a hero](01_dont_be_a_hero.ipynb), or, if time is short, at once [06 feature
# extraction](06_feature_extraction.ipynb), the lecture's main tool.

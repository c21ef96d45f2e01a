# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"notes": "Formal words for things they have seen in 03. Ask for the difference between a domain and a task before you begin; write the answers up.", "slide_type": "slide"}
# # 04 Domains and tasks
#
# *[Lecture](../docs/bibliography.md#lecture): "Tasks and Domains" and "Formalizing transfer
# learning".*
#
# **You will learn**
#
# - [what a domain is](../docs/glossary.md#domain), D = {X, P(X)}, and how to see both halves of it;
# - [what a task is](../docs/glossary.md#task), T = {Y, f}, and when cats and dogs are lions and
#   wolves;
# - what of f_S can be reused for f_T, measured on three targets;
# - the names of the four settings of transfer learning.
#
# **You need**: [00 start here](00_start_here.ipynb). **Time**: 50 minutes for you, about 25 seconds
# for the machine.

# %% slideshow={"slide_type": "skip"}
import numpy as np
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, TfidfVectorizer
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer
from tqdm import tqdm

from tlcourse import plots
from tlcourse.classifiers.svm import LinearSVM
from tlcourse.datasets.drawn import Domain, Factors
from tlcourse.domains import tasks
from tlcourse.domains.spaces import APPEARANCE, compare_domains, draw_pictures, feature_vectors
from tlcourse.features.extraction import shipped_features
from tlcourse.networks.backbones import load_backbone
from tlcourse.widgets import (
    ContactSheets,
    DomainExplorer,
    TransferSettings,
    check_answer,
    claims,
    quiz,
)

plots.use_course_style()
BACKBONE = "natural"
SEEDS = range(3)

# %% [markdown] slideshow={"notes": "Ask the question of the slide: cover the words and let them name the classes. What they use is not what the code varies.", "slide_type": "slide"}
# ## Pictures that can be dialled
#
# To change P(X) by hand, one needs pictures that obey. These are [drawn by code from a
# seed](../docs/glossary.md#drawn-domain). A **family** is one drawing; a **class** is a region of its
# parameters; everything else (light, background, blur, ...) is a **factor** with a dial.
#
# Could you name the classes without the words beside them?

# %% slideshow={"slide_type": "-"}
ContactSheets()

# %% [markdown] slideshow={"notes": "Point at one pixel and its three numbers. Ask how many numbers the whole picture has.", "slide_type": "slide"}
# ## A feature space X
#
# To a computer a picture is a box of numbers: rows, columns, and three channels. Here is the eye of
# a cat.

# %% slideshow={"slide_type": "-"}
cat = Domain("animals", Factors(background="leaves", noise=0, size=1)).draw("ginger cat", seed=4)
figure = plots.plot_tensor(cat, corner=(23, 33))
plots.alt_text(
    figure,
    "A drawn ginger cat of 64 x 64 pixels, a square marked on it, and the red, green and blue "
    "values of the 36 pixels in the square, each a whole number from 0 to 255.",
)

# %% slideshow={"notes": "12,288: a point in a space of so many dimensions. Each picture is one point, not 12,288 points.", "slide_type": "subslide"}
# NBVAL_CHECK_OUTPUT
x = feature_vectors([cat], "pixels")
print(f"one point of X: {x.shape[1]:,} numbers, each from 0 to 255")

# %% [markdown] slideshow={"notes": "Ask which words get no column. The usual surprise: \"third\" and \"first\" are stop words here.", "slide_type": "subslide"}
# ### A sentence is a point of another X
#
# The slide's own sentence, beside others. A **content vector** has one column for each word of the
# vocabulary. Words without content (*the*, *of*, *our*) are stop words and get no column. The
# number is the word's tf-idf: higher for words that few sentences have.

# %% slideshow={"slide_type": "-"}
sentences = [
    "The Elgar Concert Hall at the University of Birmingham for our third conference",
    "Our first conference was at the University of Barcelona",
    "Elgar wrote a cello concerto, and this hall is for concerts",
    "A lion and a wolf met at the zoo of Birmingham",
]
vectorizer = TfidfVectorizer(stop_words="english")
content = vectorizer.fit_transform(sentences).toarray()
ax = plots.plot_content_vectors(content, vectorizer.get_feature_names_out(), sentences)
plots.alt_text(ax, "Four sentences as rows, one column a word; most of the numbers are zero.")

# %% slideshow={"notes": "The nearest sentence shares conference and university. Ask whether that is what they would call near.", "slide_type": "subslide"}
# NBVAL_CHECK_OUTPUT
near = cosine_similarity(content)[0]
print("nearest to the slide's sentence:", sentences[1 + int(np.argmax(near[1:]))])
words = {word for sentence in sentences for word in sentence.lower().replace(",", "").split()}
print("stop words:", *sorted(words & ENGLISH_STOP_WORDS))

# %% [markdown] slideshow={"notes": "Choosing X is choosing what can be seen. Ask for something that their own features cannot see.", "slide_type": "subslide"}
# Choosing X is choosing what can be seen. *third* is a stop word for scikit-learn: in this X the
# third conference and the fourth are one point. *concert* and *concerts* are two columns that have
# nothing to do with each other.

# %% [markdown] slideshow={"notes": "Run it: it is meant to refuse. Equal numbers of columns would not make it sensible either.", "slide_type": "subslide"}
# ### Two X cannot be compared
#
# Which is nearer to a cat, a dog or the Elgar Concert Hall? The question has no answer: a distance
# between domains needs one X.

# %% slideshow={"slide_type": "-"}
# NBVAL_CHECK_OUTPUT
birds = draw_pictures("birds", 4)
try:
    compare_domains(feature_vectors(birds, "pixels"), content)
except ValueError as refusal:
    print(refusal)

# %% [markdown] slideshow={"slide_type": "skip"}
# The check sees the number of columns only. Two feature spaces with equally many columns would pass
# it, and the distance would mean nothing. That they are *the same* columns is for you to know.

# %% [markdown] slideshow={"notes": "Ask: the same birds by night, one domain or two? Let two students disagree.", "slide_type": "slide"}
# ## Claim: a domain is X and P(X)
#
# > D = {X, P(X)}: a feature space and a marginal probability distribution.
#
# **Motivation.** The same birds, photographed by day and by night: X is the same, some points of it
# have become rare. The same birds once more, in focus and out of focus. Are these two domains, or
# one?
#
# We look in two feature spaces. One has two numbers a picture: its **brightness** and its
# **colourfulness**. The other is `fc7` of a network that has seen photographs.

# %% slideshow={"notes": "Commit. Remind them of the two spaces: two numbers, and fc7.", "slide_type": "subslide"} tags=["predict"]
claim = claims.open("domain")
claim.predict(
    "Birds in focus and birds out of focus, in the same light. Are they two domains?",
    [
        "two domains, in either X",
        "two domains in fc7, one in brightness and colourfulness",
        "one domain in fc7, two in brightness and colourfulness",
        "one domain, in either X",
    ],
)

# %% [markdown] slideshow={"notes": "Let the room say what differs from row to row. The second row is there to see what chance looks like.", "slide_type": "subslide"}
# **Experiment.** Four samples of birds: by day; by day again (other birds); by night; out of focus.
# Here is what they look like.

# %% slideshow={"slide_type": "-"}
day = {"exposure": (0.9, 1.25), "blur": 0}
factors = {
    "day": Factors(**day),
    "day again": Factors(**day),
    "night": Factors(**day | {"exposure": (0.35, 0.7)}),
    "out of focus": Factors(**day | {"blur": (1, 2)}),
}
drawn = {
    (name, seed): draw_pictures(Domain("birds", factors[name]), 40, seed=10 * seed + number)
    for seed in tqdm(SEEDS, "drawing", delay=2)
    for number, name in enumerate(factors)
}
plots.PictureRows(
    {name: drawn[name, 0][:8] for name in factors},
    "eight drawn birds; those by night are dark, those out of focus blurred",
)

# %% [markdown] slideshow={"notes": "Day and out of focus lie on each other: in this X they are one cloud. That is the answer of the eye, for two dimensions.", "slide_type": "subslide"}
# [P(X) is a density](../docs/glossary.md#marginal) over X. In two dimensions it can be drawn.

# %% jupyter={"outputs_hidden": true} slideshow={"slide_type": "-"}
sampled = {
    name: np.concatenate([feature_vectors(drawn[name, seed]) for seed in SEEDS])
    for name in ("day", "night", "out of focus")
}
ax = plots.plot_density(sampled, "brightness", "colourfulness")
plots.alt_text(
    ax,
    "Brightness and colourfulness of three samples, with contours of their densities. The night "
    "lies apart, darker and less colourful. Day and out of focus lie on each other.",
)

# %% [markdown] slideshow={"notes": "2 means always told apart, 0 means guessing. Grey is what random deals reach: look whether a mark leaves it.", "slide_type": "subslide"}
# The eye is no measure, and two dimensions are not 512. The **[proxy
# A-distance](../docs/glossary.md#proxy-a-distance)** trains a linear classifier to tell one sample
# from the other and scores it on pictures that it has not seen: 2 where it always knows, 0 where it
# guesses.
#
# The **[control](../docs/glossary.md#noise-control)** deals the pictures of both samples out anew, at
# random. What it shows is chance.

# %% jupyter={"outputs_hidden": true} slideshow={"slide_type": "-"}
photographs = load_backbone("natural")
pairs = {"day, twice": "day again", "day and night": "night", "in and out of focus": "out of focus"}
distances, chance = {}, {APPEARANCE: [], "fc7": []}
for seed in tqdm(SEEDS, "comparing", delay=2):
    for space in chance:
        vectors = {name: feature_vectors(drawn[name, seed], space, photographs) for name in factors}
        for pair, other in pairs.items():
            found = compare_domains(vectors["day"], vectors[other], repeats=4, seed=seed)
            distances.setdefault((pair, space), []).append(found.distance)
            chance[space].extend(found.control)
ax = plots.plot_distances(distances, chance)
plots.alt_text(
    ax,
    "Proxy A-distance of three pairs in two feature spaces. Day twice is within chance in both; "
    "day and night are far apart in brightness and colourfulness, and much less so in fc7; in and "
    "out of focus are far apart in fc7 only.",
)

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "No verdict: a definition is not true or false. Read the two numbers of focus: far in fc7, nothing in brightness and colourfulness.", "slide_type": "subslide"} tags=["claim:domain"]
limit = {space: np.quantile(values, 0.95) for space, values in chance.items()}
mean = {key: float(np.mean(values)) for key, values in distances.items()}
twice, night, focus = pairs
option = {
    (True, True): "two domains, in either X",
    (True, False): "two domains in fc7, one in brightness and colourfulness",
    (False, True): "one domain in fc7, two in brightness and colourfulness",
    (False, False): "one domain, in either X",
}[tuple(bool(mean[focus, space] > limit[space]) for space in ("fc7", APPEARANCE))]
claim.measured(
    {
        "day and night, two numbers": mean[night, APPEARANCE],
        "day and night, fc7": mean[night, "fc7"],
        "in and out of focus, two numbers": mean[focus, APPEARANCE],
        "in and out of focus, fc7": mean[focus, "fc7"],
        "day twice, fc7": mean[twice, "fc7"],
        "19 of 20 deals are under": max(limit.values()),
    },
    on="Proxy A-distance, 0 to 2, between samples of 40 birds, mean of three draws, in two feature "
    "spaces, beside random deals of the same pictures.",
    limits="A definition is shown, not tested. A linear classifier sees linear differences only, "
    "and 40 pictures show large ones only.",
    option=option,
)

# %% [markdown] slideshow={"notes": "\"Are these domains similar?\" is no question about pictures alone. Point at day and night in fc7: what a network ignores is half of its use.", "slide_type": "subslide"}
# **Reading.** Both halves of the definition are needed. With X kept and P(X) changed, day and night
# are two domains. With the *pictures* kept and X changed, focus is everything in `fc7` and nothing
# in brightness and colourfulness. So "are these domains similar?" is no question about pictures
# alone: it is about pictures in a feature space.
#
# Look at day and night again. In `fc7` they are much nearer to each other: a network that has seen
# photographs in all kinds of light has learned to care less about it. What a representation
# ignores is half of what makes it useful.
#
# What this does not say: a linear classifier sees linear differences only, and 40 pictures show
# large ones only.

# %% [markdown] slideshow={"notes": "Begin with equal domains, then change one dial. Ask for a change that they see and that neither X sees.", "slide_type": "slide"}
# ## Turn the dials yourself
#
# Two domains of one family. Each dial is a factor's distribution: exposure 0.5 means "from 0.35 to
# 0.65".
#
# Try: two equal domains. Another style in either X. A difference that you see and neither X does.

# %% slideshow={"slide_type": "-"}
explorer = DomainExplorer(photographs)
explorer

# %% [markdown] slideshow={"notes": "Ask what f_S can possibly answer when it sees a lion. Only cat or dog: that is Y.", "slide_type": "slide"}
# ## Claim: a task is Y and f
#
# > T = {Y, f}: a label space and an objective predictive function f, P(y|x). {CAT, DOG} is not
# > {LION, WOLF}; both are {FELINE, CANINE}.
#
# **Motivation.** f_S has learned cats and dogs. Asked about a lion it can only say "cat" or "dog".
# Under {lion, wolf} that is wrong, whatever it says. Under {feline, canine} "cat" is right.

# %% slideshow={"notes": "Commit. Half of the room usually expects more than 80%.", "slide_type": "subslide"} tags=["predict"]
claim = claims.open("task")
claim.predict(
    "f_S knows cats and dogs. It looks at lions and wolves; truth is feline or canine. How often "
    "is it right?",
    [
        "clearly less often than guessing (under 45%)",
        "about as often as guessing (45 to 55%)",
        "more often than guessing (55 to 80%)",
        "nearly as often as on cats and dogs (over 80%)",
    ],
)

# %% [markdown] slideshow={"notes": "Point at the two rows. f_S has never seen the second kind.", "slide_type": "subslide"}
# **Experiment.** f is a network: the convolutions of [the backbone](../docs/glossary.md#backbone)
# stay as they are, `fc6`, `fc7` and a new last layer learn. Source: three breeds of cat, three of
# dog, 60 pictures of each species. Five functions f_S, each with its own pictures and its own random
# start.

# %% slideshow={"slide_type": "-"}
network = load_backbone(BACKBONE)
animals = {
    "source": tasks.draw_sample(network, tasks.SOURCE_BREEDS, 24, seed=1),
    "cats and dogs": tasks.draw_sample(network, tasks.SOURCE_BREEDS, 16, seed=2),
    "lions and wolves": tasks.draw_sample(network, tasks.LIONS_AND_WOLVES, 15, seed=3),
}
f_S = [
    tasks.learn(animals["source"].few(60, seed, "species"), "species", network, seed)
    for seed in tqdm(range(5), "learning f_S", delay=2)
]
plots.PictureRows(
    {name: animals[name].pictures[:8] for name in ("cats and dogs", "lions and wolves")},
    "eight drawn heads, as f_S has not seen them before",
)

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "The same answers, read in two label spaces. Nothing was trained between left and right.", "slide_type": "subslide"}
known, target = animals["cats and dogs"], animals["lions and wolves"]
accuracy = {
    "cats and dogs, species": [f.accuracy(known, "species") for f in f_S],
    "lions and wolves, species": [f.accuracy(target, "species") for f in f_S],
    "lions and wolves, kind": [f.read_as("kind").accuracy(target, "kind") for f in f_S],
}
figure = plots.plot_in_two_label_spaces(target, f_S)
plots.alt_text(
    figure,
    "The same answers of f_S in two label spaces. Under species nothing is right: lions and wolves "
    "are called cat or dog. Under kind most wolves are right, and most lions are called canine.",
)

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Under {lion, wolf} it is 0 without any measurement: a definition, hence no verdict. Under {feline, canine} it is near guessing: ask why.", "slide_type": "subslide"} tags=["claim:task"]
right_under = {name: 100 * np.mean(values) for name, values in accuracy.items()}
options = claim.prediction.options
claim.measured(
    {f"{name} (%)": share for name, share in right_under.items()},
    on="f_S, learned from 60 cats and 60 dogs, on lions and wolves under another label space and "
    "under the common one; on its own task for comparison. Mean of five functions f_S.",
    limits="A definition is shown, not tested: label spaces that share no label leave nothing to "
    "be right about. Another backbone or other breeds draw another boundary.",
    option=options[int(np.searchsorted([45, 55, 80], right_under["lions and wolves, kind"]))],
)

# %% [markdown] slideshow={"notes": "Point at the cub and at the grown lion, then at the three wolves: one shape, three coats, three answers.", "slide_type": "subslide"}
# Who is called what? Each mark is one f_S.

# %% slideshow={"slide_type": "-"}
called, example = {}, {}
for breed in tasks.LIONS_AND_WOLVES:
    rows = np.flatnonzero(target.breeds == breed)
    answers = [f.read_as("kind").predict(target[rows]) for f in f_S]
    called[breed] = [np.mean(answer == "feline") for answer in answers]
    example[breed] = target.pictures[rows[0]]
ax = plots.plot_called(called, example, "called feline by f_S (%)")
plots.alt_text(
    ax, "How often f_S calls each of four lions and four wolves feline, with a picture of each."
)

# %% [markdown] slideshow={"notes": "Not an artefact of drawings: photographs of lions are called feline less often than cats.", "slide_type": "subslide"}
# Are the drawings to blame? The same on real photographs: f_S learns three cats and six dogs from
# shipped features of `fc7`, then looks at photographs of cats, dogs, cougars and lions that it has
# not seen.

# %% slideshow={"slide_type": "-"}
train, test = shipped_features("natural", "cats and dogs")
cats = ("tabby", "Persian cat", "Egyptian cat")
is_feline = np.isin(train.classes, (*cats, "cougar", "lion"))
source = ~np.isin(np.array(train.classes)[train.labels], ("cougar", "lion"))
photo_f = make_pipeline(Normalizer(), LinearSVM(class_weight="balanced", random_state=0))
photo_f.fit(train.select("fc7")[source], is_feline[train.labels[source]])
says_feline = photo_f.predict(test.select("fc7"))
groups = {"cats": cats, "cougar": ["cougar"], "lion": ["lion"]}
groups["dogs"] = [c for c in test.classes if not any(c in g for g in groups.values())]
of_group = {
    name: np.mean(says_feline[np.isin(np.array(test.classes)[test.labels], members)])
    for name, members in groups.items()
}
print("called feline:", *(f"{name} {share:.0%}" for name, share in of_group.items()), sep="  ")

# %% [markdown] slideshow={"notes": "A common Y is not a common f. The usual slip: \"renaming the labels makes it the same task\".", "slide_type": "subslide"}
# **Reading.** The slide is right, and a common label space is a weaker thing than it looks. Under
# {lion, wolf} f_S is never right: no measurement is needed, [the label
# spaces](../docs/glossary.md#label-space) share no label. Under {feline, canine} it *can* be right.
# But what f_S learned is "what tells my cats from my dogs", and a long muzzle and small eyes do. A
# grown lion has both, so it is called canine; a cub, with large eyes and a short muzzle, less often.
# The coat counts as well: three wolves of one shape are called feline in 9, 24 and 52 of 100
# pictures.
# On photographs too f_S calls a lion feline less often than a cat.
#
# The words are ours, not the function's: renaming the labels changes Y and leaves f as it was.
#
# What this does not say: that lions look like dogs. Another backbone, or other breeds in the source,
# draw another boundary.

# %% [markdown] slideshow={"notes": "Three targets, three ways. Have them ordered by how far they are from the source.", "slide_type": "slide"}
# ## Claim: can f be reused?
#
# > Can we just use the source's predictive function to approximate the target's? Can we reuse part
# > of it?
#
# **Motivation.** One label space, {feline, canine}, and three targets, each farther from the source:
# new pictures of the same six breeds; five other breeds of cats and dogs; lions and wolves. On each,
# three ways to use f_S:
#
# - **as it is**: no picture of the target is needed;
# - **part of it**: its `fc7`, and a new linear classifier, from 20 target pictures a label;
# - **all of it, trained on**: [fine-tuned on](../docs/glossary.md#fine-tune) the same 20.

# %% slideshow={"notes": "Commit. Ask what \"keeps up\" should mean; the next slide says five points.", "slide_type": "subslide"} tags=["predict"]
claim = claims.open("reuse-f")
claim.predict(
    "f_S as it is, against the better of the two ways that learn from the target:",
    [
        "f_S as it is keeps up on all three targets",
        "it keeps up on cats and dogs of any breed",
        "it keeps up on the same breeds only",
        "it keeps up on none",
    ],
)


# %% [markdown] slideshow={"notes": "The fourth mark is the control, straight from the backbone. Students skip it: it carries the conclusion.", "slide_type": "subslide"}
# **Experiment.** Five functions f_S, and for each its own 20 pictures a label. "Keeps up" means:
# no more than five points behind. A fourth way is the control: the same network, the same 20
# pictures, but **without f_S**, straight from the backbone. What f_S is worth is the difference.

# %% slideshow={"notes": "One line a way. Ask which of them sees no label of the target, and which does not see f_S.", "slide_type": "subslide"}
def right_by_each_way(f, few, new, seed):
    """Which pictures of a target are told rightly: {way to use f_S: bool, a value a picture}."""
    svm = make_pipeline(Normalizer(), LinearSVM(random_state=seed))
    svm.fit(f.represent(few), few.labels("kind"))
    said = {
        "f_S as it is": f.predict(new),
        "new classifier": svm.predict(f.represent(new)),
        "fine-tuned": tasks.learn(few, "kind", f, seed).predict(new),
        "without f_S": tasks.learn(few, "kind", network, seed).predict(new),
    }
    return {way: answers == new.labels("kind") for way, answers in said.items()}


# %% jupyter={"outputs_hidden": true} slideshow={"notes": "One cluster of marks a target, from near to far. Ask where the black diamond, without f_S, catches up with the others.", "slide_type": "subslide"}
targets = {
    "same breeds": (tasks.draw_sample(network, tasks.SOURCE_BREEDS, 7, seed=4), known),
    "other breeds": (
        tasks.draw_sample(network, tasks.OTHER_BREEDS, 10, seed=5),
        tasks.draw_sample(network, tasks.OTHER_BREEDS, 16, seed=6),
    ),
    "lions and wolves": (tasks.draw_sample(network, tasks.LIONS_AND_WOLVES, 6, seed=7), target),
}
right = {}
for seed, f in enumerate(tqdm(f_S, "reusing f_S", delay=2)):
    for name, (pool, new) in targets.items():
        found = right_by_each_way(f.read_as("kind"), pool.few(20, seed), new, seed)
        for way, of_pictures in found.items():
            right.setdefault((name, way), []).append(of_pictures)
ax = plots.plot_reuse({key: np.mean(draws, axis=1) for key, draws in right.items()})
plots.alt_text(
    ax,
    "Accuracy of f_S as it is, of a new classifier on its representation, of fine-tuning it, and "
    "of learning without it, on three targets, five draws each.",
)

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Each row is f_S, or a part of it, against learning without it. Read them from near to far: what was a gain becomes a loss.", "slide_type": "subslide"} tags=["claim:reuse-f"]
of_picture = {key: 100 * np.mean(draws, axis=0) for key, draws in right.items()}
mean = {key: values.mean() for key, values in of_picture.items()}
behind = {
    name: max(mean[name, "new classifier"], mean[name, "fine-tuned"]) - mean[name, "f_S as it is"]
    for name in targets
}
option = {
    (True, True, True): "f_S as it is keeps up on all three targets",
    (True, True, False): "it keeps up on cats and dogs of any breed",
    (True, False, False): "it keeps up on the same breeds only",
    (False, False, False): "it keeps up on none",
}.get(tuple(points <= 5 for points in behind.values()))
claim.measured(
    {
        f"{what}, {name}": of_picture[name, way] - of_picture[name, "without f_S"]
        for what, way in {"as it is": "f_S as it is", "a part": "new classifier"}.items()
        for name in targets
    },
    on="Three targets of drawn animals: f_S as it is, and a new classifier on its fc7, each "
    "against learning without f_S from the same 20 pictures a label; mean of five functions f_S.",
    limits="One backbone and three targets chosen from near to far; the interval is over the test "
    "pictures of each, not over targets.",
    option=option,
    beside={f"{name}, {way} (%)": value for (name, way), value in mean.items()},
)

# %% [markdown] slideshow={"notes": "On lions and wolves one does as well without f_S. Ask what then was worth reusing.", "slide_type": "subslide"}
# **Reading.** Both questions of the slide have an answer, and it depends on the target.
#
# - *Can we just use f_S?* On its own domain, yes, without a single label. Farther away it falls, and
#   on lions and wolves it is of no use, although the label space is the same.
# - *Can we reuse part of it?* Yes: with 20 pictures a label both other ways gain on the two farther
#   targets.
#
# Now the control. On its own domain f_S as it is does no worse than learning without it from 20
# pictures a label, and a new classifier on its `fc7` does better. On the other two targets one does
# as well **without** it, straight from the backbone. The part worth reusing there is not what f_S
# learned about cats and dogs. It is what the backbone knew before.

# %% [markdown] slideshow={"notes": "Distance and accuracy in the same order, three points only. Ask whether one would dare to draw a line.", "slide_type": "subslide"}
# ### Are they similar?
#
# The slide asks it of f_S and f_T. The pictures can be asked before there is any f_T: how far does
# the target lie from the source, in the X that f_S looks at?

# %% slideshow={"slide_type": "-"}
seen = animals["source"].few(30, space="kind").activations.numpy()
far = {
    name: compare_domains(seen, new.few(30, space="kind").activations.numpy(), repeats=1).distance
    for name, (_, new) in targets.items()
}
for name, distance in far.items():
    print(f"{name:16}  distance {distance:5.2f}  f_S as it is {mean[name, 'f_S as it is']:.0f}%")

# %% slideshow={"slide_type": "skip"}
# NBVAL_CHECK_OUTPUT
print("nearest:", min(far, key=far.get), "- farthest:", max(far, key=far.get))

# %% [markdown] slideshow={"notes": "Let students place their own problem in a cell. Unlabelled targets are more frequent than they think.", "slide_type": "slide"}
# ## Four settings
#
# [Pan and Yang (2010)](../docs/bibliography.md#pan-2010) name the settings of transfer learning by
# what stays the same. Choose a cell, with the mouse or with the arrow keys.

# %% slideshow={"slide_type": "-"}
TransferSettings()

# %% [markdown] slideshow={"slide_type": "skip"}
# Two remarks. The survey lets the *tasks* decide first: once they differ, it calls the setting
# inductive whether or not the domains differ, as long as the target has some labels. And "the same
# domain" is a measured thing: two samples are never equal (notebook 03), so it means that no
# distance is seen beyond chance.

# %% [markdown] slideshow={"notes": "Who answers 1,024 forgot the channels.", "slide_type": "slide"}
# ## Exercises
#
# **1.** How many columns has the X of pixels, for pictures of 32 x 32?

# %% slideshow={"slide_type": "-"}
answer = ...
check_answer(
    answer,
    feature_vectors(draw_pictures("birds", 1, side=32), "pixels").shape[1],
    "Rows times columns times three channels: a quarter of 12,288.",
    {
        1024: "That is one number a pixel. A pixel has three.",
        6144: "Half of both sides is a quarter.",
    },
)

# %% [markdown] slideshow={"slide_type": "-"}
# <details><summary>Solution</summary>
#
# ```python
# 32 * 32 * 3
# ```
#
# 3072.
#
# </details>

# %% [markdown] slideshow={"notes": "Predict first: a network that met blur in training, does it see blur more or less?", "slide_type": "subslide"}
# **2.** The backbone `"drawn"` was trained on drawings, in all kinds of light and focus. Are the
# birds in focus and out of focus `"nearer"` or `"farther"` in its `fc7` than in that of `"natural"`?
# Predict, then measure with `feature_vectors` and `compare_domains`.

# %% slideshow={"slide_type": "-"}
answer = ...
if answer is not ...:
    in_its_fc7 = [
        feature_vectors(drawn[name, 0], "fc7", load_backbone("drawn"))
        for name in ("day", "out of focus")
    ]
    is_nearer = compare_domains(*in_its_fc7).distance < distances[focus, "fc7"][0]
    expected = "nearer" if is_nearer else "farther"
check_answer(
    answer,
    ... if answer is ... else expected,
    "What a network met in training in every class, it learns to ignore. The pictures are the "
    "same; in this X the two domains are more alike.",
)

# %% [markdown] slideshow={"slide_type": "-"}
# <details><summary>Solution</summary>
#
# ```python
# found = {}
# for name in ("natural", "drawn"):
#     backbone = load_backbone(name)
#     pair = [feature_vectors(drawn[look, 0], "fc7", backbone) for look in ("day", "out of focus")]
#     found[name] = compare_domains(*pair).distance
# "nearer" if found["drawn"] < found["natural"] else "farther"
# ```
#
# </details>

# %% [markdown] slideshow={"notes": "Takes some seconds when answered. Ask for a guess first.", "slide_type": "subslide"}
# **3.** How many target pictures a label does fine-tuning f_S need to be right on more than 75% of
# lions and wolves, in the mean over the five f_S: 2, 5, 10 or 20?

# %% slideshow={"slide_type": "-"}
pool, new = targets["lions and wolves"]


def fine_tuned_on(n):
    tuned = [tasks.learn(pool.few(n, i), "kind", f.read_as("kind"), i) for i, f in enumerate(f_S)]
    return np.mean([f.accuracy(new, "kind") for f in tuned])


answer = ...
check_answer(
    answer,
    ... if answer is ... else next((n for n in (2, 5, 10, 20) if fine_tuned_on(n) > 0.75), 0),
    "A few pictures are enough to bend f_S. How many fewer than from scratch: notebook 01.",
)

# %% [markdown] slideshow={"slide_type": "-"}
# <details><summary>Solution</summary>
#
# ```python
# next(n for n in (2, 5, 10, 20) if fine_tuned_on(n) > 0.75)
# ```
#
# </details>

# %% [markdown] slideshow={"notes": "Ask two questions: same task? who has labels? The word follows.", "slide_type": "subslide"}
# **4.** A shop has labelled pictures of its shoes, taken in a studio. You have pictures of the same
# models of shoes, taken by customers with their telephones, without labels. What does the survey
# call this setting, in one word?

# %% slideshow={"slide_type": "-"}
answer = ...
check_answer(
    answer,
    "transductive",
    "The task is the same, the domains differ, and only the source has labels.",
    {
        "inductive": "The task is the same here: the same models of shoes.",
        "unsupervised": "That setting has labels on neither side. The shop has labels.",
    },
)

# %% [markdown] slideshow={"slide_type": "-"}
# <details><summary>Solution</summary>
#
# ```python
# "transductive"
# ```
#
# With the same X and another P(X) it is also called domain adaptation.
#
# </details>

# %% [markdown] slideshow={"notes": "In question 3 the first option is the trap: the backbone is transfer too.", "slide_type": "slide"}
# ## Quiz
#
# Three questions about what was measured. Choose, check, and read why.

# %% slideshow={"slide_type": "-"}
quiz("04")

# %% [markdown] slideshow={"notes": "Ask for D and T of a project in the room, in the symbols of the lecture.", "slide_type": "slide"}
# ## Remember
#
# - A domain is pictures *in a feature space*. Change the space, and near may become far.
# - A common label space does not make a common function. f_S knows what told its own classes apart.
# - f_S as it is serves its own domain. Farther away, reuse the representation, and ask what is gained
#   over the backbone that it came from.
#
# **Next**: [05 representations and classifiers](05_representations_and_classifiers.ipynb), and which
# of the two can be reused. The [map](00_start_here.ipynb) shows which notebooks are there.

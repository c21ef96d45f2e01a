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
# - [what a domain is](../docs/glossary.md#domain), D = {X, P(X)}, in numbers, for pictures and text;
# - [what a task is](../docs/glossary.md#task), T = {Y, f}, and f as a softmax, P(y|x);
# - what of f_S serves f_T when photographs become paintings, cartoons and sketches;
# - the definitions of the survey in full, and what can be done when X itself differs.
#
# **You need**: [00 start here](00_start_here.ipynb). **Time**: 45 minutes for you, about 25 seconds
# for the machine.

# %% slideshow={"slide_type": "skip"}
import copy

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from scipy.stats import gaussian_kde
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer, TfidfVectorizer
from sklearn.linear_model import Ridge, RidgeClassifierCV
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.preprocessing import StandardScaler
from torch import nn

from tlcourse import paths, plots
from tlcourse.datasets.drawn import Domain, DrawnImages, Factors
from tlcourse.features.extraction import extract_features, shipped_features
from tlcourse.widgets import DomainExplorer, check_code, claims, quiz

plots.use_course_style()

# %% [markdown] slideshow={"notes": "Ask how many numbers a picture of 64 x 64 pixels has, and which words of the sentence get no column. The usual surprise: third is a stop word.", "slide_type": "slide"}
# ## A feature space X
#
# X is what one input is written in: a space, of which each input is **one point**.
#
# - A **picture** is a tensor: three channels (red, green, blue), rows and columns of pixels, whole
#   numbers from 0 to 255.
# - A **sentence** is a row with one column for each word of a vocabulary, a *content vector*. Words
#   without content (*the*, *of*, *our*) are **stop words** and get no column. The number is the word's
#   **tf-idf**: how often it comes in the sentence, times ln((1 + n) / (1 + m)) + 1, where m of the n
#   sentences have it; then the row is divided by its length. What few sentences have counts more.
#
# To choose X is to choose what can be seen. *third* is a stop word for scikit-learn: here the third
# conference and the fourth are one point.

# %% slideshow={"notes": "Point at one pixel and its three numbers. The whole picture is one point with 12,288 coordinates, not 12,288 points.", "slide_type": "subslide"}
cat = Domain("animals", Factors(background="leaves", noise=0, size=1)).draw("ginger cat", seed=4)
x = torch.from_numpy(np.array(cat)).permute(2, 0, 1)
print(f"a point of X: a tensor {tuple(x.shape)}, {x.numel():,} numbers, {x.min()} to {x.max()}")
figure, axes = plt.subplots(1, 4, figsize=(14, 3.9), layout="constrained")
axes[0].imshow(cat)
axes[0].add_patch(plt.Rectangle((40.5, 31.5), 6, 6, fill=False, color="white", linewidth=4))
for ax, channel, name in zip(axes[1:], x, ("Reds", "Greens", "Blues"), strict=True):
    square = channel[32:38, 41:47].numpy()
    ax.imshow(square, cmap=name, vmax=400)
    ax.set_title(f"{name[:-1].lower()}, rows 32 to 37")
    for (row, column), value in np.ndenumerate(square):
        ax.text(column, row, value, ha="center", va="center", size=15)
for ax in axes:
    ax.axis("off")
plots.alt_text(figure, "A drawn cat, and the three numbers of each pixel around its eye.")

# %% slideshow={"notes": "The slide's sentence is the first. Check one number by hand: concert is in one sentence of four. Concert and concerts are two columns that have nothing to do with each other.", "slide_type": "subslide"}
# NBVAL_CHECK_OUTPUT
sentences = [
    "The Elgar Concert Hall at the University of Birmingham for our third conference",
    "Our first conference was at the University of Barcelona",
    "Elgar wrote a cello concerto, and this hall is for concerts",
    "A lion and a wolf met at the zoo of Birmingham",
]
tfidf = TfidfVectorizer(stop_words="english")
content = tfidf.fit_transform(sentences).toarray()
has = content > 0  # each word comes once here: tf is 1
by_hand = has * (np.log((1 + len(has)) / (1 + has.sum(axis=0))) + 1)
by_hand /= np.linalg.norm(by_hand, axis=1, keepdims=True)
assert np.allclose(by_hand, content)
table = pd.DataFrame(content.round(2), columns=tfidf.get_feature_names_out())
print(f"{table.shape[1]} columns; of the first sentence:", table.loc[:, has[0]], sep="\n")
print("no column:", *sorted(set(sentences[0].lower().split()) & ENGLISH_STOP_WORDS))
print("nearest:", sentences[1 + cosine_similarity(content)[0, 1:].argmax()])

# %% [markdown] slideshow={"notes": "Ask what stays when night falls: X. Ask what changes: which of its points come up. Then the same question for two kinds of text.", "slide_type": "slide"}
# ## P(X): which points are likely
#
# [P(X)](../docs/glossary.md#marginal) says how likely each point of X is, whatever its label. Nobody
# knows it. One has a **sample**, x_1 ... x_n, and fits something simple to it:
#
# - **pictures**, by two numbers each (brightness; how far the channels differ): a density, the mean of
#   a small bell around every picture of the sample (`gaussian_kde`);
# - **text**, by its words: how often each word comes in the sample. For P of a sentence these shares
#   are multiplied, one for each of its words.
#
# Two domains may have one X and two P(X): birds by day and by night; two collections of sentences
# about different things (below: this course's glossary, and scikit-learn's descriptions of two data
# sets; the last lines printed say how many times as likely a sentence is in the glossary: 1.00 where no
# word of it has a column). The same point is likely in one and hardly ever met in the other.

# %% slideshow={"notes": "One X, two clouds. Ask where a bird at dusk would lie, then read the middle row of the table: likely enough in either.", "slide_type": "subslide"}
def two_numbers(exposure, seed):
    """Brightness, and deviation between channels, of drawn birds in some light: (2, n)."""
    birds = DrawnImages(Domain("birds", Factors(exposure=exposure)), n_per_class=6, seed=seed)
    pixels = birds.pixels().astype(float)
    return np.stack([pixels.mean(axis=(1, 2, 3)), pixels.std(axis=3).mean(axis=(1, 2))])


samples = {"day": two_numbers((0.9, 1.25), seed=0), "night": two_numbers((0.35, 0.7), seed=1)}
P = {name: gaussian_kde(sample) for name, sample in samples.items()}
points = np.array([[60, 90, 140], [8, 11, 15]])  # three points of X, as columns
densities = {f"P(x) by {name}": density(points) for name, density in P.items()}
print(pd.DataFrame(densities, [f"x = ({a}, {b})" for a, b in points.T]).round(5).to_string())
figure, ax = plt.subplots(figsize=(12, 4.8), layout="constrained")
grid = np.mgrid[20:230:90j, 0:50:70j]
for (name, sample), look in zip(samples.items(), ("C0o", "C1s"), strict=True):
    ax.plot(*sample, look, alpha=0.5, label=name)
    ax.contour(*grid, P[name](grid.reshape(2, -1)).reshape(90, 70), 4, colors=look[:2])
ax.set(xlabel="brightness", ylabel="between channels")
ax.legend()
plots.alt_text(figure, "Birds: a small dark cloud by night, a wide bright one by day.")

# %% slideshow={"notes": "Same X, other topic. The last sentence is the first in Catalan: none of its words has a column, so that X itself would have to be another.", "slide_type": "subslide"}
from sklearn import datasets

page = (paths.PROJECT / "docs" / "glossary.md").read_text("utf-8").splitlines()
texts = {
    "the glossary": [line.split("|")[2] for line in page if "<a id" in line],
    "data sets": (datasets.load_iris().DESCR + datasets.load_wine().DESCR).split(". "),
}
counter = CountVectorizer(stop_words="english", token_pattern="[a-z]{3,}")
counter.fit(sum(texts.values(), []))  # one X for both: a column a word
counts = {name: counter.transform(each).toarray().sum(axis=0) for name, each in texts.items()}
counts = pd.DataFrame(counts, index=counter.get_feature_names_out()) + 1  # none is impossible
P_word = counts / counts.sum()
ratio = P_word["the glossary"] / P_word["data sets"]
print((1000 * P_word.loc[[*ratio.nlargest(2).index, *ratio.nsmallest(2).index]]).round(1))
asked = "a network is trained on images of a source", "length and width of flowers in cm"
for sentence in (*asked, "La sala de concerts Elgar de la Universitat de Birmingham"):
    row = counter.transform([sentence]).toarray()[0]
    print(f"{sentence}: {row.sum()} words, {np.exp(row @ np.log(ratio)):,.2f} times")

# %% [markdown] slideshow={"notes": "Let the room say what a manifold is before they read it. Ask how likely a picture of random pixels is: nobody has ever photographed one.", "slide_type": "slide"}
# ## Claim: a domain is X and P(X)
#
# > D = {X, P(X)}: a feature space and a marginal probability distribution. What is the nature of data?
# > Which is its manifold?
#
# Nearly all points of X are noise that no camera gives. Those that come up lie on something much
# thinner and curved, the **manifold** of the data. In many dimensions it cannot be seen; **principal
# components** (PCA) show the two directions in which the points spread most.
#
# [PACS](../docs/bibliography.md#li-2017) has the same seven kinds of things in four styles: photographs,
# paintings, cartoons, sketches. Four domains, one network, `imagenet`. X is one of its layers: the
# first (`stem`, 32 numbers a picture) or the last before the decision (`head`, 1,280).

# %% slideshow={"notes": "Commit. Those who have done 07 choose the third at once; ask them why it should be so.", "slide_type": "subslide"} tags=["predict"]
claim = claims.open("domain")
options = ["by style in both", "by kind in both", "by style in stem, by kind in head"]
options += ["by kind in stem, by style in head"]
claim.predict("The same 1,120 pictures in two feature spaces: what parts them more?", options)

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "The pictures are the same left and right; only X has changed. Where the letters of one kind lie together, the kind parts them; where one colour lies together, the style.", "slide_type": "subslide"}
styles = ["photo", "art", "cartoon", "sketch"]
pacs = {style: shipped_features("imagenet", f"PACS {style}") for style in styles}
source, kinds = pacs["photo"][0], pacs["photo"][0].classes
style_of = np.repeat(styles, [len(train.labels) for train, _ in pacs.values()])
kind_of = np.array(kinds)[np.concatenate([train.labels for train, _ in pacs.values()])]
spaces = {}
for layer in ("stem", "head"):
    X = np.vstack([train.select(layer) for train, _ in pacs.values()])
    spaces[layer] = StandardScaler().fit_transform(X)
planes = {layer: PCA(2, random_state=0).fit_transform(X) for layer, X in spaces.items()}
figure, axes = plt.subplots(1, 3, figsize=(15, 6), layout="constrained")
shown = ("stem", style_of), ("head", style_of), ("head", kind_of)
for ax, (layer, names) in zip(axes, shown, strict=True):
    for name, (colour, marker, _) in zip(dict.fromkeys(names), plots.style.SERIES, strict=False):
        ax.plot(*planes[layer][names == name].T, marker, c=colour, alpha=0.5, ms=6, label=name)
    ax.set(title=f"X = {layer}", xlabel="first component")
    place = {"loc": "lower left", "bbox_to_anchor": (-0.15, 1.06)}
    ax.legend(ncols=4, fontsize=13, columnspacing=0.3, handletextpad=0, **place)
axes[0].set_ylabel("second component")
plots.alt_text(figure, "In stem sketches lie apart, in head all four styles do.")


# %% jupyter={"outputs_hidden": true} slideshow={"notes": "No verdict: a definition is not true or false. Read the four shares, then the two that say in how many pictures a classifier knows a sketch from a photograph.", "slide_type": "subslide"} tags=["claim:domain"]
def between(X, groups):
    """Share of the variance of X (n, d) that lies between the means of groups."""
    means = pd.DataFrame(X).groupby(groups).transform("mean").to_numpy()
    return means.var(axis=0).sum() / X.var(axis=0).sum()


shares = {
    f"{layer}, between {what} (%)": 100 * between(X, groups)
    for layer, X in spaces.items()
    for what, groups in {"styles": style_of, "kinds": kind_of}.items()
}
halves = np.random.default_rng(0).permutation(280) % 2
shares["head, between halves of the photographs (%)"] = 100 * between(spaces["head"][:280], halves)
by_style = [shares[f"{n}, between styles (%)"] > shares[f"{n}, between kinds (%)"] for n in spaces]
where = {(1, 1): 0, (0, 0): 1, (1, 0): 2, (0, 1): 3}[tuple(map(int, by_style))]
on = "1,120 training pictures of PACS in the first and in the last layer of imagenet: share of the "
on += "variance that lies between the means of styles, and of kinds."
limits = "A definition is shown, not tested. Variance and two components see what is linear only."
claim.measured(shares, on, limits, option=options[where])

# %% [markdown] slideshow={"notes": "Are these domains similar is no question about pictures alone. Ask for the X that their own classifier will see.", "slide_type": "subslide"}
# **Reading.** The pictures are the same, X is not: in `stem` 53.2% of the variance lies between styles and
# 1.7% between kinds, in `head` 9.0% and 7.0%; two halves of the photographs are 0.3% apart. Training asks
# the network for kinds, and so colour and line are let go on the way up. Both parts of the definition
# count: whether two domains are alike is a question about pictures *in a feature space*. Even in `head`
# style is the larger, so the four domains stay four. What this does not say: variance tells what is
# large, not what a classifier can read ([notebook 07](07_knowledge_inside.ipynb) reads kinds in `head`).

# %% [markdown] slideshow={"notes": "Ask for a guess first: in which block do kinds overtake styles? Then go down the list with the arrow keys.", "slide_type": "slide"}
# ## Choose X yourself
#
# The 18 layers of `imagenet`, from the pixels up. In which layer does the kind of a thing say more than
# its style? Take two domains only, or colour the points by kind.

# %% slideshow={"slide_type": "-"}
explorer = DomainExplorer()
explorer

# %% [markdown] slideshow={"notes": "Ask what f puts out for a picture of a bicycle: seven numbers that sum to 1, all the same. Y has no other answer.", "slide_type": "slide"}
# ## A task T = {Y, f}
#
# The [label space](../docs/glossary.md#label-space) Y is the set of answers, here seven kinds. The
# **predictive function** f gives the answer for a point of X. It is not observed: it is learned from
# pairs (x, y), and can be written as P(y|x), a probability for each answer.
#
# A network's last layer puts out a **score** z_k for each label k. The
# [softmax](../docs/glossary.md#softmax) makes probabilities of them:
#
# $$P(y = k \mid x) = \frac{e^{z_k}}{\sum_j e^{z_j}}$$
#
# Our f takes the 1,280 numbers of `head`, has one hidden layer of 64 units, and seven outputs. It is
# trained to make -log P(y|x) of the true labels small. **f_S** learns from 280 photographs. A high P need
# not be a right answer: on sketches f_S is right on 31%, and P of its answers is 42% on average.

# %% slideshow={"notes": "The whole of f in four modules, the whole of learning in four lines. The first module gives each picture a mean of 0 and a deviation of 1; nothing in it is learned.", "slide_type": "subslide"}
def new_function(n_features, n_labels, seed):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        layers = nn.Linear(n_features, 64), nn.ReLU(), nn.Linear(64, n_labels)
        return nn.Sequential(nn.LayerNorm(n_features, elementwise_affine=False), *layers)


def learn(f, X, y, steps=200):
    f, X, y = copy.deepcopy(f), torch.as_tensor(X), torch.as_tensor(y)
    optimizer = torch.optim.Adam(f.parameters(), lr=0.001, weight_decay=0.001)
    for _ in range(steps):
        loss = nn.functional.cross_entropy(f(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return f


f_S = learn(new_function(1280, 7, seed=0), source.select("head"), source.labels)
print(*f_S, sep="\n")

# %% slideshow={"notes": "Each row sums to 1. Ask for the row with the least certain answer, and what it is torn between. Then the sketches: less sure, and surer than right.", "slide_type": "subslide"}
tables = {}
for style in ("photo", "sketch"):
    test = pacs[style][1]
    with torch.no_grad():
        scores = f_S(torch.as_tensor(test.select("head")))
    P = scores.softmax(dim=1)
    assert torch.allclose(P, scores.exp() / scores.exp().sum(dim=1, keepdim=True))
    rows = [np.flatnonzero(test.labels == k)[0] for k in range(4)]  # the first of four kinds
    tables[style] = pd.DataFrame(P[rows].numpy(), [f"{style}: {k}" for k in kinds[:4]], kinds)
    right = P.argmax(dim=1).numpy() == test.labels
    sure = P.max(dim=1).values.mean()
    half = 100 * 1.96 * right.std() / np.sqrt(len(right))
    print(f"{style}: right {100 * right.mean():.0f}% +- {half:.0f}; P of its answer {sure:.0%}")
pd.concat(tables.values()).round(2)

# %% [markdown] slideshow={"notes": "Ask what f_S can possibly answer when it sees a lion. Only cat or dog: that is Y.", "slide_type": "slide"}
# ## Claim: a task is Y and f
#
# > T = {Y, f}: a label space and an objective predictive function, f(.), P(y|x). {CAT, DOG} is not
# > {LION, WOLF}; both are {FELINE, CANINE}.
#
# f_S has learned cats and dogs. Asked about a lion it can only say *cat* or *dog*: P(cat|x) and P(dog|x)
# sum to 1, so nothing is left for a lion. Under {lion, wolf} that is wrong, whatever it says. Under
# {feline, canine} *cat* is right. Does it then know felines from canines?

# %% slideshow={"notes": "Commit. Half of the room usually expects more than 80%.", "slide_type": "subslide"} tags=["predict"]
claim = claims.open("task")
ends = {"under 45%": 45, "45 to 55%, as by guessing": 55, "55 to 80%": 80, "over 80%": 101}
question = "f_S knows drawn cats and dogs. On lions and wolves, feline or canine: how often right?"
claim.predict(question, list(ends))

# %% slideshow={"notes": "The same lines as for PACS, with two labels. f_S has never seen a lion or a wolf.", "slide_type": "subslide"}
from tlcourse.networks.backbones import load_backbone

natural, species = load_backbone("natural"), ["cat", "dog", "lion", "wolf"]
known = DrawnImages("animals", species[:2], 50, seed=1, labels="species")
asked = DrawnImages("animals", species, 40, seed=2, labels="species")
A, B = (extract_features(natural, images, ["fc7"], "cpu") for images in (known, asked))
f_drawn = learn(new_function(512, 2, seed=0), A.matrix, A.labels)
P = f_drawn(torch.as_tensor(B.matrix)).softmax(dim=1).detach().numpy()
truth = np.array(species)[B.labels]
answers = pd.DataFrame(P, columns=["P(cat|x)", "P(dog|x)"])
print(answers.groupby(truth).mean().round(2).to_string())
some = {each: [asked[i][0] for i in np.flatnonzero(truth == each)[:4]] for each in species}
rows = {"cats, dogs": some["cat"] + some["dog"], "lions, wolves": some["lion"] + some["wolf"]}
plots.PictureRows(rows, "drawn heads that f_S has not seen")

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Nothing is trained between the two label spaces: cat is read as feline. Photographs on the right, so that the drawings are not to blame.", "slide_type": "subslide"} tags=["no-code"]
train, test = shipped_features("natural", "cats and dogs")  # photographs, fc7
groups = {"cat": ["tabby", "Persian cat", "Egyptian cat"], "cougar": ["cougar"], "lion": ["lion"]}
groups["dog"] = ["Chihuahua", "Labrador retriever", "German shepherd"]
group_of = {name: group for group, names in groups.items() for name in names}
group, group_test = (pd.Series(np.array(p.classes)[p.labels]).map(group_of) for p in (train, test))
learned, of = group.isin(["cat", "dog"]), group_test.notna()
X, X_test = (torch.as_tensor(part.select("fc7")) for part in (train, test))
y = (group[learned] == "dog").to_numpy().astype(int)
f_photos = learn(new_function(512, 2, seed=0), X[learned.to_numpy()], y)
says_cat = pd.Series((f_photos(X_test).argmax(dim=1) == 0).numpy())
called = {"drawn": 100 * (answers["P(cat|x)"] > 0.5).groupby(truth).mean()}
called["photographs"] = 100 * says_cat[of].groupby(group_test[of]).mean()
figure, axes = plt.subplots(1, 2, figsize=(13, 4), layout="constrained")
for ax, (name, share) in zip(axes, called.items(), strict=True):
    rows = [each for each in ("wolf", "dog", "cougar", "lion", "cat") if each in share.index]
    ax.barh(rows, share[rows], color=["C0" if each in ("wolf", "dog") else "C1" for each in rows])
    ax.axvline(50, color="0.4", linestyle="dotted")
    ax.set(title=name, xlim=(0, 100), xlabel="called cat, so feline (%)")
plots.alt_text(figure, "Drawn lions are called cats less often than dogs are.")

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Under {lion, wolf} it is 0 without any measurement: a definition, hence no verdict. Under {feline, canine} it is what the figure says.", "slide_type": "subslide"} tags=["claim:task"]
drawn, photographs = called.values()
numbers = {
    "cats and dogs, under {cat, dog} (%)": (drawn["cat"] + 100 - drawn["dog"]) / 2,
    "lions and wolves, under {lion, wolf} (%)": 0,
    "lions and wolves, under {feline, canine} (%)": (drawn["lion"] + 100 - drawn["wolf"]) / 2,
    "photographs: cats called feline (%)": photographs["cat"],
    "photographs: lions and cougars called feline (%)": photographs[["lion", "cougar"]].mean(),
}
common = numbers["lions and wolves, under {feline, canine} (%)"]
option = next(name for name, end in ends.items() if common < end)
on = "f_S from 50 drawn cats and 50 dogs, another from 240 photographs; fc7 of natural."
limits = "A definition is shown, not tested. Other breeds draw another boundary."
claim.measured(numbers, on, limits, option=option)

# %% [markdown] slideshow={"notes": "A common Y is not a common f. The usual slip: renaming the labels makes it the same task.", "slide_type": "subslide"}
# **Reading.** On its own task f_S is right in 82.5%, under {lion, wolf} never, by definition, and under
# {feline, canine} in 45.0%, no better than guessing. A common label space is a weak thing: f_S learned
# what told *its* cats from *its* dogs, likely long muzzles and small eyes, and a grown lion has both. To rename
# the labels changes Y, and leaves f as it was. On photographs another f_S calls lions and cougars feline
# in 59.0%, and cats in 69.3%. What this does not say: that lions look like dogs. Other breeds draw another
# boundary.

# %% [markdown] slideshow={"notes": "Have the four targets ordered by how far they are from photographs. The rival has seen 35 pictures of the target, and nothing of f_S.", "slide_type": "slide"}
# ## Claim: can f be reused?
#
# > Are they similar? Can we just use the source's predictive function to approximate the target's? Can
# > we reuse part of it?
#
# f_S was learned from photographs of seven kinds. The targets have the same X: the same seven kinds as
# photographs, paintings, cartoons and sketches, another P(X) each; and 17 kinds of **flowers**, another
# Y. From a target there are five pictures a kind.
#
# - **As it is**: f_S is asked. No picture of the target is needed.
# - **A part**: its hidden layer, 64 numbers a picture, and a new linear classifier from the few
#   pictures.
# - **All of it**: f_S [fine-tuned](../docs/glossary.md#fine-tune), trained further with the few pictures.
# - **Without f_S**, the rival: a linear classifier on X itself, from the same few pictures.

# %% slideshow={"notes": "Commit. Ask who has seen more: f_S has 280 photographs, the rival 35 pictures of the target.", "slide_type": "subslide"} tags=["predict"]
claim = claims.open("reuse-f")
options = ["on all four styles", "on photographs and paintings", "on photographs only", "on none"]
claim.predict("f_S as it is, against learning without it: where is f_S ahead?", options)

# %% slideshow={"notes": "Part by part: f[:-1] is the hidden layer, f[:1] is X itself. The ridge classifier chooses its own strength, by leaving one out of the few pictures.", "slide_type": "subslide"}
targets = {"photographs": "PACS photo", "paintings": "PACS art", "cartoons": "PACS cartoon"}
targets |= {"sketches": "PACS sketch", "flowers": "flowers17"}
right = {}
for seed in range(5):
    f = learn(new_function(1280, 7, seed), source.select("head"), source.labels)
    for target, name in targets.items():
        train, test = shipped_features("imagenet", name)
        X, X_test = (torch.as_tensor(part.select("head")) for part in (train, test))
        deal = pd.Series(train.labels).sample(frac=1, random_state=seed)
        few = deal.groupby(deal).head(5).index.to_numpy()
        y, said = train.labels[few], {}
        for way, part in {"a part": f[:-1], "without f_S": f[:1]}.items():
            Z, Z_test = (part(each).detach().numpy() for each in (X[few], X_test))
            said[way] = RidgeClassifierCV(np.logspace(0, 5, 6)).fit(Z, y).predict(Z_test)
        if target != "flowers":  # another Y: f_S has no answer there
            for way, same_Y in {"as it is": f, "all of it": learn(f, X[few], y, 50)}.items():
                said[way] = same_Y(X_test).argmax(dim=1).numpy()
        for way, answers in said.items():
            right.setdefault((target, way), []).append(100 * (answers == test.labels))

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Left to right, from near to far; the last is another task. Look where the black diamond, without f_S, passes the others. The distance is in the table.", "slide_type": "subslide"} tags=["no-code"]
of_image = {key: np.mean(draws, axis=0) for key, draws in right.items()}  # a value a test image
means = pd.Series({key: each.mean() for key, each in of_image.items()}).unstack()
half = pd.Series({key: 1.96 * each.std() / len(each) ** 0.5 for key, each in of_image.items()})
half = half.unstack().loc[list(targets)]
table = means.loc[list(targets), ["as it is", "a part", "all of it", "without f_S"]]
far = {"photographs": 0}
for target, style in zip(list(targets)[1:4], styles[1:], strict=True):
    two = np.isin(style_of, ["photo", style])
    far[target] = 100 * between(spaces["head"][two], style_of[two])
print(table.assign(**{"distance: between styles (%)": pd.Series(far)}).round(1).to_string())
figure, ax = plt.subplots(figsize=(13, 5), layout="constrained")
for n, (way, look) in enumerate(zip(table, ("C3X", "C1s", "C2o", "kD"), strict=True)):
    place = np.arange(len(table)) + 0.16 * (n - 1.5)
    ax.errorbar(place, table[way], half[way], fmt=look, ms=11, capsize=5, label=way)
ax.set_xticks(range(len(table)), table.index)
ax.set(ylabel="right (%)", ylim=(0, 102))
ax.legend(ncols=4, loc="lower left", bbox_to_anchor=(0, 1))
plots.alt_text(figure, "As it is, f_S falls to 29% on sketches; without f_S 72%.")

# %% jupyter={"outputs_hidden": true} slideshow={"notes": "Seven conditions: as it is by style, a part by what differs. Ask which of them the slide's question is about.", "slide_type": "subslide"} tags=["claim:reuse-f"]
def over_rival(way, *targets):
    return np.concatenate([of_image[t, way] - of_image[t, "without f_S"] for t in targets])


four, others = list(targets)[:4], list(targets)[1:4]
effects = {f"as it is, {target}": over_rival("as it is", target) for target in four}
effects["a part, the other styles"] = over_rival("a part", *others)
effects["a part, flowers"] = over_rival("a part", "flowers")
effects["all of it, the other styles"] = over_rival("all of it", *others)
ahead = tuple(effects[f"as it is, {target}"].mean() > 0 for target in four)
where = [(True,) * 4, (True, True, False, False), (True, False, False, False), (False,) * 4]
option = dict(zip(where, options, strict=True)).get(ahead)
beside = {f"sketches, {way} (%)": table.loc["sketches", way] for way in table}
on = "f_S from 280 photographs of PACS on the last layer of imagenet; five pictures a kind of each "
on += "target, mean of five f_S and five draws."
limits = "One source and one network; the interval is over test images, not over targets."
claim.measured(effects, on, limits, option=option, beside=beside)

# %% [markdown] slideshow={"notes": "Ask what of it was transfer: the rival uses imagenet too. What f_S added was about photographs.", "slide_type": "subslide"}
# **Reading.** As it is, f_S is 2.6 points ahead on photographs, 4.4 points behind on paintings (undecided)
# and 42.6 points behind on sketches: the farther P(X), the worse. A part of it loses 6.0 points on the
# other styles and 27.4 points on flowers: its 64 numbers kept what parts seven kinds of photographs, and
# dropped the rest of X. As a start it helps, by 2.8 points on the other styles. So yes to all three
# questions, for a target that is near; farther away look at the rival, whose X is a layer of `imagenet`
# too: that is the part worth reusing. This is one source of 280 photographs and one network.

# %% [markdown] slideshow={"notes": "Let students place their own problem in a row. Targets without labels are more frequent than they think.", "slide_type": "slide"}
# ## The definitions in full
#
# After [Pan and Yang (2010)](../docs/bibliography.md#pan-2010), in our words. Given D_S and T_S, D_T and
# T_T, **transfer learning** (Definition 1) improves the learning of f_T in D_T by what is known from D_S
# and T_S, where D_S ≠ D_T or T_S ≠ T_T. Each *or* has two ways:
#
# - D_S ≠ D_T: **X_S ≠ X_T** (text and pictures), or **P(X_S) ≠ P(X_T)** (photographs and sketches);
# - T_S ≠ T_T: **Y_S ≠ Y_T** (kinds and flowers), or **P(Y_S|X_S) ≠ P(Y_T|X_T)** (the same picture of
#   a wolf: a dog for one, none for the other).
#
# | setting | tasks | domains | labels |
# |---|---|---|---|
# | ordinary learning | the same | the same | in the source, which is the target |
# | **inductive** (Definition 2) | T_S ≠ T_T | the same or not | some in the target; in the source or not |
# | **transductive** (Definition 3) | the same | D_S ≠ D_T | in the source only; the target's x are there |
# | **unsupervised** (Definition 4) | T_S ≠ T_T | the same or not | Y_S and Y_T are not observed |
#
# The tasks decide first. Inductive with labels in the source is near to multi-task learning, without
# them it is self-taught learning. Transductive with X_S = X_T is **domain adaptation**.

# %% [markdown] slideshow={"notes": "Which is nearer to a cat, a dog or the Elgar Concert Hall? Let them see that the question has no answer before you show the code.", "slide_type": "slide"}
# ## When X itself differs
#
# A sentence and a picture have no coordinate in common. **Cannot**: a distance, a common P(X), f_S on
# the other's points. To fill up the columns makes the error go away and means nothing.
#
# **Can**: whatever says *which point here belongs to which point there*. With **pairs** (a picture and
# its text) one learns a map from one X to the other: Pan and Yang's X_S ≠ X_T, later called
# heterogeneous transfer learning. Then text may name kinds of which no picture was seen
# ([Lampert et al. 2009](../docs/bibliography.md#lampert-2009)); 400 million pairs from the web make
# CLIP ([Radford et al. 2021](../docs/bibliography.md#radford-2021), published).
#
# Here are 1,000 pairs: one picture of each class of ImageNet, and the name of the class. A linear map
# is learned from `head` to the text of the name. Then test pictures of PACS are mapped, and get the
# nearest of the words *dog*, *elephant*, ..., *person*. No picture of PACS has a label. Guessing is right
# in 14%. With groups of letters for columns 65% of the photographs get their name, and 22% of the
# sketches: the map was learned from photographs, and does not undo another P(X).

# %% slideshow={"notes": "Two refusals, then an answer to a question that makes no sense: f_S is sure that a sentence about Elgar is one of its seven kinds.", "slide_type": "subslide"}
pictures = torch.as_tensor(pacs["photo"][1].select("head"))
text = torch.as_tensor(content, dtype=torch.float32)
filled_up = nn.functional.pad(text, (0, 1280 - text.shape[1]))
asked = {
    "a distance": lambda: cosine_similarity(text, pictures),
    "f_S of a sentence": lambda: f_S(text),
    "f_S of a sentence filled up with zeros": lambda: f_S(filled_up),
}
for what, ask in asked.items():
    try:
        P = ask().softmax(dim=1)[0]
        print(f"{what}: {kinds[P.argmax()]}, sure by {P.max():.0%}, and it means nothing")
    except (RuntimeError, ValueError) as problem:
        print(f"{what}: {type(problem).__name__}, {str(problem).splitlines()[0][:60]} ...")

# %% slideshow={"notes": "Ask for the number of pairs that would do. Limit: the network was trained on these classes; only the map has not seen PACS, and its one picture a class.", "slide_type": "subslide"}
from torchvision.models import EfficientNet_B0_Weights

names = EfficientNet_B0_Weights.DEFAULT.meta["categories"]  # of ImageNet's 1,000 classes
(sample,) = shipped_features("imagenet", "imagenet sample", ("train",))  # a picture of each
letters = {"analyzer": "char_wb", "ngram_range": (3, 4)}
columns = {"words": TfidfVectorizer(), "groups of letters": TfidfVectorizer(**letters)}
Z = f_S[0](torch.as_tensor(sample.select("head"))).numpy()
named = {}
for form, vectorizer in columns.items():
    text = vectorizer.fit_transform(names).toarray()
    for n in (100, 1000):
        rows = np.random.default_rng(0).permutation(1000)[:n]
        to_text, middle = Ridge(alpha=1000).fit(Z[rows], text[rows]), text[rows].mean(axis=0)
        words = vectorizer.transform(kinds).toarray() - middle
        for style in ("photo", "sketch"):
            Z_new = f_S[0](torch.as_tensor(pacs[style][1].select("head"))).numpy()
            said = cosine_similarity(to_text.predict(Z_new) - middle, words).argmax(axis=1)
            right = 100 * (said == pacs[style][1].labels).mean()
            named.setdefault(f"{form}, {n:,} pairs", {})[f"{style}: right (%)"] = right
pd.DataFrame(named).T.round(0)

# %% [markdown] slideshow={"notes": "Five minutes. The two usual slips: the sum over the wrong dimension, and scores of 1,000, whose exponential is infinite.", "slide_type": "slide"}
# ## Exercises
#
# **1.** Write the softmax: scores to P(y|x). Scores may be as large as 1,000, where e^z is infinite:
# taking the same number from all scores of a picture changes nothing.


# %% slideshow={"slide_type": "-"}
def probabilities(scores):
    """Scores, an array (pictures, labels) -> P(y|x), of the same shape."""
    ...  # TODO


check_code("04: probabilities", probabilities)

# %% [markdown] slideshow={"slide_type": "-"}
# <details><summary>Solution</summary>
#
# ```python
# def probabilities(scores):
#     e = np.exp(scores - scores.max(axis=1, keepdims=True))
#     return e / e.sum(axis=1, keepdims=True)
# ```
#
# </details>

# %% [markdown] slideshow={"notes": "Ten minutes. Ask two questions in this order: same task? who has labels? The word follows.", "slide_type": "subslide"}
# **2.** Name the setting by the survey's definitions: `"ordinary"`, `"inductive"`, `"transductive"` or
# `"unsupervised"`. D is given as (name of X, P), T as (set of labels, name of P(y|x)).


# %% slideshow={"slide_type": "-"}
def setting(D_S, T_S, D_T, T_T, labels_in_source, labels_in_target):
    """Two domains (str, str), two tasks (set, str), two bools -> the name of the setting."""
    ...  # TODO


check_code("04: setting", setting)

# %% [markdown] slideshow={"slide_type": "-"}
# <details><summary>Solution</summary>
#
# ```python
# def setting(D_S, T_S, D_T, T_T, labels_in_source, labels_in_target):
#     if T_S == T_T:
#         return "ordinary" if D_S == D_T else "transductive"
#     return "inductive" if labels_in_target else "unsupervised"
# ```
#
# </details>

# %% [markdown] slideshow={"notes": "In question 3 the first option is the trap: the rival uses imagenet too.", "slide_type": "slide"}
# ## Quiz
#
# Three questions about what was measured. Choose, check, and read why.

# %% slideshow={"slide_type": "-"}
quiz("04")

# %% [markdown] slideshow={"notes": "Ask for D and T of a project in the room, in the symbols of the lecture.", "slide_type": "slide"}
# ## Remember
#
# - A domain is pictures *in a feature space*. Change the space, and near may become far.
# - A common label space does not make a common function: f_S knows what told its own classes apart.
# - f_S as it is serves its own domain. Farther away, ask what is gained over learning without it.
#
# **Next**: [05 representations and classifiers](05_representations_and_classifiers.ipynb), and which
# of the two can be reused. The [map](00_start_here.ipynb) shows which notebooks are there.

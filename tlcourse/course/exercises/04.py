"""Exercises of notebook 04: the softmax, and the settings of transfer learning by their names."""

import numpy as np

from tlcourse.course.exercises import Exercise


def softmax(scores, axis=1, shift=True):
    with np.errstate(over="ignore", invalid="ignore"):
        e = np.exp(scores - scores.max(axis=axis, keepdims=True) if shift else scores)
        return e / e.sum(axis=axis, keepdims=True)


def some_scores():
    rng = np.random.default_rng(0)
    return [(rng.normal(size=(4, 3)),), (rng.normal(size=(3, 5)) + [[0], [1000], [-1000]],)]


def setting(D_S, T_S, D_T, T_T, labels_in_source, labels_in_target):
    if T_S == T_T:
        return "ordinary" if D_S == D_T else "transductive"
    return "inductive" if labels_in_target else "unsupervised"


def by_the_domains(*given):
    D_S, _, D_T, _, _, labels_in_target = given
    return setting(*given) if D_S == D_T or not labels_in_target else "transductive"


def by_Y_alone(D_S, T_S, D_T, T_T, *labels):
    return setting(D_S, T_S[0], D_T, T_T[0], *labels)


def by_X_alone(D_S, T_S, D_T, T_T, *labels):
    return setting(D_S[0], T_S, D_T[0], T_T, *labels)


def without_target_labels(*given):
    alone = given[0] != given[2] and not given[-1]
    return "unsupervised" if alone else setting(*given)


def with_source_labels(*given):
    return setting(*given) if given[-2] else "unsupervised"


def cases():
    photos, sketches = ("pixels", "photographs"), ("pixels", "sketches")
    notes = ("words", "captions")
    kinds, flowers = ({"dog", "house"}, "what it is"), ({"daisy", "iris"}, "which flower")
    liked = ({"dog", "house"}, "what one likes")  # the same labels by another P(y|x)
    return [
        (photos, kinds, photos, kinds, True, True),
        (photos, kinds, photos, flowers, True, True),
        (photos, kinds, photos, liked, True, True),
        (photos, kinds, sketches, flowers, True, True),
        (photos, kinds, photos, flowers, False, True),
        (photos, kinds, sketches, kinds, True, False),
        (photos, kinds, notes, kinds, True, False),
        (photos, kinds, sketches, flowers, False, False),
    ]


EXERCISES = {
    "04: probabilities": Exercise(
        solution=softmax,
        inputs=some_scores,
        wrong=[
            (lambda z: softmax(z, axis=0), "Each column sums to 1: sum over the labels, axis 1."),
            (
                lambda z: softmax(z, shift=False),
                "Scores of 1,000 give NaN: take the largest score of each picture from all of its "
                "scores first, which leaves the quotient as it is.",
            ),
            (
                lambda z: softmax(z / z.max(axis=1, keepdims=True), shift=False),
                "You divided by the largest score, which changes the probabilities: subtract it.",
            ),
            (
                lambda z: np.exp(-np.logaddexp(0, -z)),
                "That is the sigmoid of each score on its own: a picture's row has to sum to 1.",
            ),
            (lambda z: softmax(z).argmax(axis=1), "That is the answer: give all probabilities."),
            (
                lambda z: z / z.sum(axis=1, keepdims=True),
                "Scores may be negative, probabilities may not: take the exponential first.",
            ),
        ],
        right="Right. The loss of a picture is -log of its true label's number in this row.",
    ),
    "04: setting": Exercise(
        solution=setting,
        inputs=cases,
        wrong=[
            (by_the_domains, "The tasks decide first: where they differ, domains may differ too."),
            (
                lambda *given: "transductive" if given[0] != given[2] else setting(*given),
                "The tasks decide first: where they differ, no setting is transductive.",
            ),
            (by_Y_alone, "T = {Y, f}: with the same labels and another P(y|x) the tasks differ."),
            (by_X_alone, "D = {X, P(X)}: with the same X and another P(X) the domains differ."),
            (
                without_target_labels,
                "Unsupervised has labels on neither side. With the same task, and labels in the "
                "source, it is transductive.",
            ),
            (
                with_source_labels,
                "Inductive asks for labels in the target only: without any in the source it is "
                "self-taught learning.",
            ),
        ],
        right="Right. First the tasks, then the domains, then who has labels.",
    ),
}

"""Exercises of notebook 02: a convolution counted by hand, and when pre-training pays."""

from tlcourse.course.exercises import Exercise


def convolution(maps_in, maps, side, places, bias=1, shared=True, added=0):
    weights = maps_in * side**2
    n_places = places**2
    parameters = maps * (weights + bias) * (1 if shared else n_places)
    return parameters, maps * n_places * (weights + added)


EXERCISES = {
    "02: convolution": Exercise(
        solution=convolution,
        inputs=lambda: [(3, 64, 3, 224), (256, 384, 5, 13)],
        wrong=[
            (
                lambda *given: convolution(*given, bias=0),
                "The multiply-adds are right. Each map has a bias: it is trained too.",
            ),
            (
                lambda *given: convolution(*given, shared=False),
                "That gives each place weights of its own. In a convolution all places share them.",
            ),
            (
                lambda *given: convolution(*given, added=1),
                "The parameters are right. A bias is added and multiplies nothing: leave it out.",
            ),
            (
                lambda maps_in, *given: convolution(1, *given),
                "A map looks at all maps below it: the weights are maps_in x side x side.",
            ),
            (
                lambda *given: (convolution(*given)[0], convolution(*given)[1] // given[3]),
                "The output has places x places places, not places in a row.",
            ),
        ],
        right="Right. Size of the image makes work and no parameters: that is why few weights can "
        "take long.",
    ),
    "02: it pays": Exercise(
        solution=lambda pretraining, transfer, scratch: pretraining // (scratch - transfer) + 1,
        inputs=lambda: [(1000, 50, 150), (100, 1, 60), (90, 40, 60)],
        wrong=[
            (
                lambda pretraining, transfer, scratch: pretraining // scratch + 1,
                "Each problem has a transfer run to pay as well: only the difference is saved.",
            ),
            (
                lambda pretraining, transfer, scratch: -(-pretraining // (scratch - transfer)),
                "At 1,000, 50 and 150 ten problems cost the same both ways: less is asked for.",
            ),
            (
                lambda pretraining, transfer, scratch: pretraining / (scratch - transfer),
                "There is no part of a problem: give the next whole number.",
            ),
            (
                lambda pretraining, transfer, scratch: pretraining // transfer + 1,
                "That asks how many transfer runs one pre-training is worth: compare with scratch.",
            ),
        ],
        right="Right. And where somebody else has paid for the pre-training, the first problem "
        "pays already.",
    ),
}

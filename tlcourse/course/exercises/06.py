"""Exercises of notebook 06: from the maps of a layer to features, and a hook for several layers."""

from collections import OrderedDict

import torch
from torch import nn

from tlcourse.course.exercises import Exercise


def maps(*shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(sum(shape)))


def small_network():
    network = OrderedDict()
    for number in (1, 2, 3):
        network[f"conv{number}"] = nn.Conv2d(3, 3, 3, bias=False)
        network[f"conv{number}"].weight.data = maps(3, 3, 3, 3)
        network[f"relu{number}"] = nn.ReLU(inplace=True)
    return nn.Sequential(network)


def read_layers(network, images, names, keep=torch.clone, remove=True):
    kept, modules = {}, dict(network.named_modules())

    def keep_as(name):
        return lambda module, inputs, output: kept.update({name: keep(output)})

    handles = [modules[name].register_forward_hook(keep_as(name)) for name in names]
    network(images)
    for handle in handles if remove else ():
        handle.remove()
    return kept


def all_as_the_last(network, images, names, **slips):
    return {names[-1]: read_layers(network, images, names, **slips)[names[-1]]}


def outputs_and_hooks(result, network, images, names):
    """What was read, in the order of the names, and how many hooks were left behind."""
    if not isinstance(result, dict):
        return result
    result = {name: result.get(name) for name in names}
    return result, sum(len(module._forward_hooks) for module in network.modules())


EXERCISES = {
    "06: pooled": Exercise(
        solution=lambda x: x.mean(dim=(2, 3)),
        inputs=lambda: [(maps(2, 3, 4, 4),), (maps(5, 2, 3, 6),)],
        wrong=[
            (lambda x: x.flatten(1), "Each place is a feature: average over dimensions 2 and 3."),
            (lambda x: x.amax(dim=(2, 3)), "That is the strongest place: take the mean of all."),
            (lambda x: x.mean(dim=1), "You averaged over channels: what they look for is lost."),
            (lambda x: x.mean(dim=(0, 2, 3)), "You averaged over images too: each keeps a row."),
        ],
        right="Right. 96 maps of 16 x 16 places become 96 numbers, and where in the picture "
        "something was no longer matters.",
    ),
    "06: read layers": Exercise(
        solution=read_layers,
        inputs=lambda: [
            (small_network(), maps(2, 3, 9, 9), ["relu1", "relu3"]),
            (small_network(), maps(3, 3, 8, 8), ["conv2", "relu2"]),
        ],
        read=outputs_and_hooks,
        wrong=[
            (
                lambda *given: read_layers(*given, keep=lambda output: output),
                "A convolution's output was kept without a copy, and the ReLU behind it, which "
                "works in place, has overwritten it: keep output.clone().",
            ),
            (
                lambda *given: read_layers(*given, remove=False),
                "The outputs are right, and the hooks are still there: remove every handle.",
            ),
            (
                all_as_the_last,
                "Every hook kept its output under the last name, which the loop's variable had "
                "when it ran: make each hook in a function that takes the name.",
            ),
            (
                lambda *given: all_as_the_last(*given, remove=False),
                "Two slips: every hook kept its output under the last name, which the loop's "
                "variable had when it ran; and the hooks are still there.",
            ),
            (
                lambda *given: read_layers(*given, keep=lambda output: output, remove=False),
                "Two slips: an output was kept without a copy, and the ReLU behind it has "
                "overwritten it; and the hooks are still there.",
            ),
            (
                lambda network, images, names: {name: network(images) for name in names},
                "That is the network's own output: register a hook on each module, then run it.",
            ),
        ],
        right="Right. One pass reads any number of layers, and leaves the network as it was.",
    ),
}

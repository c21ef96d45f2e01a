"""Exercises of notebook 06: from the maps of a layer to features, and a hook for several layers."""

import torch
from torch import nn

from tlcourse.course.exercises import Exercise


def maps(*shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(sum(shape)))


def small_network():
    generator = torch.Generator().manual_seed(0)
    network = nn.Sequential()
    for number, channels in enumerate((3, 4, 5), 1):
        layer = nn.Conv2d(channels, channels + 1, 3, bias=False)
        layer.weight.data.normal_(generator=generator)
        network.add_module(f"conv{number}", layer)
        network.add_module(f"relu{number}", nn.ReLU(inplace=True))
    return network


def read_layers(network, images, names, keep=torch.clone, remove=True):
    kept, modules = {}, dict(network.named_modules())

    def keep_as(name):
        def hook(module, inputs, output):
            kept[name] = keep(output)

        return hook

    handles = [modules[name].register_forward_hook(keep_as(name)) for name in names]
    network(images)
    for handle in handles if remove else ():
        handle.remove()
    return kept


def last_name_only(network, images, names):
    kept, modules = {}, dict(network.named_modules())
    for name in names:
        modules[name].register_forward_hook(lambda *given: kept.update({name: given[2].clone()}))
    network(images)
    return kept


def outputs_and_hooks(result, network, images, names):
    """What was read, in the order of the names, and how many hooks were left behind."""
    if not isinstance(result, dict) or set(result) != set(names):
        return result, 0
    hooks = sum(len(module._forward_hooks) for module in network.modules())
    return {name: result[name] for name in names}, hooks


EXERCISES = {
    "06: pooled": Exercise(
        solution=lambda activation: activation.mean(dim=(2, 3)),
        inputs=lambda: [(maps(2, 3, 4, 4),), (maps(5, 2, 3, 6),)],
        wrong=[
            (
                lambda activation: activation.flatten(1),
                "Every place is a feature of its own: average over the places, dimensions 2 and 3.",
            ),
            (
                lambda activation: activation.amax(dim=(2, 3)),
                "That is the strongest place of each channel: the lecture takes the mean of all.",
            ),
            (
                lambda activation: activation.mean(dim=1),
                "You averaged over the channels: what they look for is lost, where it was is kept.",
            ),
            (
                lambda activation: activation.mean(dim=(0, 2, 3)),
                "You averaged over the images too: each of them keeps a row.",
            ),
            (
                lambda activation: activation.sum(dim=(2, 3)),
                "That is the sum: maps of large layers would weigh more. Divide by the places.",
            ),
        ],
        right="Right. A layer of 96 maps of 16 x 16 places becomes 96 numbers, and where in the "
        "picture something was no longer matters.",
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
                "A convolution's output was kept without a copy: the ReLU behind it works in place "
                "and has overwritten it. Keep output.clone().",
            ),
            (
                lambda *given: read_layers(*given, remove=False),
                "The outputs are right, and the hooks are still there: each later pass will run "
                "them again. Remove every handle.",
            ),
            (
                last_name_only,
                "All hooks kept their output under the last name: the loop's variable is read when "
                "the hook runs. Make each hook in a function that takes the name.",
            ),
            (
                lambda network, images, names: {name: network(images) for name in names},
                "That is the network's own output under every name: register a hook on each "
                "module, then run the network once.",
            ),
        ],
        right="Right. One forward pass reads any number of layers, and the network is left as it "
        "was found.",
    ),
}

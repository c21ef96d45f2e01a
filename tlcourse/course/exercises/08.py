"""Exercises of 08: freezing a module whole, and a rate for each layer."""

from torch import nn

from tlcourse.course.exercises import Exercise


def _frozen_by(no_gradient=True, evaluated=True, deep=True):
    def freeze(module):
        for parameter in module.parameters(recurse=deep):
            parameter.requires_grad = not no_gradient
        return module.eval() if evaluated else module

    return freeze


def _by_an_attribute(module):
    module.requires_grad = False
    return module.eval()


def _modules():
    def block():
        return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU())

    deep = nn.Sequential(block(), nn.Sequential(nn.Linear(4, 2), nn.Dropout()))
    return [(block(),), (deep,), (nn.BatchNorm2d(4),)]


def _state(result, *_):
    """Of every parameter whether it learns, of every module whether it is in train mode."""
    if not isinstance(result, nn.Module):
        return None
    learn = {name: each.requires_grad for name, each in result.named_parameters()}
    learn["is an attribute"] = any(learn.values()) and "requires_grad" in vars(result)
    return learn | {f"{name} trains": each.training for name, each in result.named_modules()}


def _layerwise(layers, rate, decay, of=lambda depth, rate, decay: rate * decay**depth, all_=False):
    groups = []
    for depth, layer in enumerate(reversed(layers)):
        trained = [each for each in layer.parameters() if each.requires_grad or all_]
        groups.insert(0, {"params": trained, "lr": of(depth, rate, decay)})
    return [group for group in groups if group["params"]]


def _upside_down(layers, rate, decay):
    return _layerwise(layers, rate * decay ** (len(layers) - 1), 1 / decay)


def _layers():
    made = [nn.Linear(3, 4), nn.Linear(4, 5), nn.Linear(5, 2)]
    frozen = [nn.Linear(2, 2), nn.Linear(2, 6), nn.Linear(6, 3)]
    frozen[0].requires_grad_(False)
    frozen[1].bias.requires_grad = False
    return [(made, 0.1, 0.5), (frozen, 0.02, 0.8)]


def _groups(result, *_):
    """Of every group how many numbers it trains, and its rate."""
    if result is None:
        return None
    return [(sum(each.numel() for each in group["params"]), group["lr"]) for group in result]


EXERCISES = {
    "08: freeze": Exercise(
        solution=_frozen_by(),
        inputs=_modules,
        read=_state,
        wrong=[
            (
                _frozen_by(evaluated=False),
                "No gradient, but still in train mode: the running mean of a batch normalisation "
                "follows every batch, and dropout goes on.",
            ),
            (
                _frozen_by(no_gradient=False),
                "Statistics stay, weights do not: eval mode keeps no gradient away. Set "
                "requires_grad of the parameters, too.",
            ),
            (
                _by_an_attribute,
                "module.requires_grad = False only makes an attribute that nobody reads. It is the "
                "parameters that have requires_grad.",
            ),
            (
                _frozen_by(deep=False),
                "Only parameters of the module itself are frozen, not those of the modules inside: "
                "module.parameters() has them all.",
            ),
        ],
        right="Right. Weights and statistics stay, until somebody calls train() of its parent.",
    ),
    "08: layerwise": Exercise(
        solution=_layerwise,
        inputs=_layers,
        read=_groups,
        wrong=[
            (
                _upside_down,
                "The bottom has the highest rate: the wrong way round. The general features at the "
                "bottom should move least.",
            ),
            (
                lambda layers, rate, decay: _layerwise(layers, rate, 1),
                "Every layer has the same rate: decay is not used.",
            ),
            (
                lambda layers, rate, decay: _layerwise(
                    layers, rate, decay, lambda depth, rate, decay: rate * decay ** (depth + 1)
                ),
                "The top layer's rate is decayed already: it should be the rate itself.",
            ),
            (
                lambda layers, rate, decay: _layerwise(layers, rate, decay, all_=True),
                "Frozen parameters are in a group, too: with momentum or weight decay they could "
                "move. Keep those without requires_grad out.",
            ),
        ],
        right="Right. The new top learns fast, and what is general stays nearly as it is.",
    ),
}

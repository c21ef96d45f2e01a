"""The network that learns the target task: frozen layers stay frozen, whatever is called on it."""

import hashlib

import torch
from torch import nn


class TargetNetwork(nn.Module):
    """A network with a choice for each layer, made by ``apply_policy``."""

    def __init__(self, network, layers, choices, factors):
        super().__init__()
        self.network, self.layers, self._changed = network, layers, set()
        self.decide(choices, factors)

    def decide(self, choices, factors):
        """Take other choices: gradients and modes follow at once, weights stay as they are."""
        self.choices, self.factors = dict(choices), dict(factors)
        self._changed |= {layer.name for layer in self.trained_layers}
        for layer in self.layers:
            for parameter in self._parameters_of(layer):
                parameter.requires_grad_(layer in self.trained_layers)
                parameter.grad = None
        return self.train(self.training)

    def forward(self, images):
        """Images (n, 3, side, side) -> scores (n, n_classes)."""
        return self.network(images)

    def train(self, mode=True):
        """As in PyTorch, but frozen layers stay in eval mode: ``requires_grad`` is not enough."""
        super().train(mode)
        for layer in self.frozen_layers:
            for name in layer.modules:
                self.network.get_submodule(name).training = False
        for module in reversed(list(self.network.modules())):
            children = list(module.children())
            if children and not any(child.training for child in children):
                module.training = False
        return self

    @property
    def trained_layers(self):
        """The layers that training changes, in the order of the network."""
        return [layer for layer in self.layers if self.choices[layer.name] != "freeze"]

    @property
    def frozen_layers(self):
        """The layers that training must not change, in the order of the network."""
        return [layer for layer in self.layers if self.choices[layer.name] == "freeze"]

    def parameter_groups(self, learning_rate, weight_decay=0.0):
        """Groups for a ``torch.optim`` optimizer; frozen parameters are in none."""
        groups = {}
        for layer in self.trained_layers:
            for parameter in self._parameters_of(layer):
                key = self.factors[layer.name], parameter.ndim > 1
                groups.setdefault(key, []).append(parameter)
        return [
            {"params": own, "lr": learning_rate * factor, "weight_decay": weight_decay * is_matrix}
            for (factor, is_matrix), own in groups.items()
        ]

    def changed_state(self):
        """A copy of the tensors of all layers that a stage trained so far: key -> tensor."""
        state = self.network.state_dict()
        changed = [layer for layer in self.layers if layer.name in self._changed]
        return {key: state[key].clone() for layer in changed for key in layer.tensors}

    def load_changed_state(self, state):
        """Put back what ``changed_state`` gave; the other tensors stay."""
        self.network.load_state_dict(state, strict=False)

    def frozen_fingerprint(self):
        """Changes with any tensor of the frozen layers."""
        digest, state = hashlib.sha256(), self.network.state_dict()
        for key in (key for layer in self.frozen_layers for key in layer.tensors):
            digest.update(key.encode())
            digest.update(state[key].cpu().contiguous().view(-1).view(torch.uint8).numpy())
        return digest.hexdigest()

    def split(self):
        """The network in two, so that what is frozen needs to be computed only once."""
        begin = top_begins_at(self.network, self.layers, self.choices)
        if begin is None:
            return None, self
        of_blocks = _is_sequence_of_blocks(self.network)
        sequence = self.network.as_sequential() if of_blocks else self.network
        first_of_top = self.network.get_submodule(begin)
        cut = next(at for at, each in enumerate(sequence) if each is first_of_top)
        return sequence[:cut], sequence[cut:]

    def _parameters_of(self, layer):
        parameters = dict(self.network.named_parameters())
        return [parameters[key] for key in layer.tensors if key in parameters]


def top_begins_at(network, layers, choices):
    """The child of the network with which the trained part begins, if all before it is frozen."""
    lowest = next(layer.modules[0] for layer in layers if choices[layer.name] != "freeze")
    first, *below = lowest.split(".")
    is_first = first == next(name for name, _ in network.named_children())
    if is_first or not (isinstance(network, nn.Sequential) or _is_sequence_of_blocks(network)):
        return None
    return ".".join([first, *below[:1]]) if first == "blocks" else first


def _is_sequence_of_blocks(network):
    """timm's EfficientNets, as the "imagenet" backbone is one; not with dropout of their own."""
    return type(network).__name__ == "EfficientNet" and not getattr(network, "drop_rate", 1)

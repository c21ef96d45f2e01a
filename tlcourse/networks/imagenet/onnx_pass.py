"""A network and the mean of each of its layers as one graph, run by ONNX Runtime on the CPU.

ONNX Runtime runs a convolution, its batch norm and its activation as one: four times the speed of
PyTorch's forward pass for EfficientNet-Lite0 (benchmarks/bench_imagenet.py), in float32 too.
"""

import copy
import io
import warnings
from importlib.util import find_spec

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from tlcourse.networks.backbones import recorded_means

LARGEST = 30e6  # weights: exporting 100 million takes longer than it saves
BATCH = 8  # of the graph; a number that varies leaves paddings to be computed, at half the speed

_latest = {}  # one session, by all that it depends on


def onnx_pass(backbone, layers):
    """An ``OnnxPass``; None where it cannot be had, or there are no batch norms to fold."""
    there = all(find_spec(package) for package in ("onnx", "onnxruntime"))
    folds = any(isinstance(module, nn.BatchNorm2d) for module in backbone.network.modules())
    weights = sum(tensor.numel() for tensor in backbone.network.parameters())
    if not there or not folds or weights > LARGEST:
        return None
    try:
        return OnnxPass(backbone, layers)
    except Exception:  # whatever cannot be exported, PyTorch can run
        return None


class OnnxPass:
    """Means of layers by the exported graph."""

    precision, engine = "float32", "ONNX Runtime"

    def __init__(self, backbone, layers):
        key = backbone.fingerprint, tuple(layers), torch.get_num_threads()
        self.layers, self._session = layers, _latest.get(key)
        if self._session is None:
            self._session = _session(_exported(_Means(backbone, layers), backbone.side))
            _latest.clear()
            _latest[key] = self._session

    def __call__(self, images):
        """(n, 3, side, side) in float32 -> {layer: float32 tensor (n, features)}."""
        found = []
        for part in images.split(BATCH):
            filled = F.pad(part, (0, 0) * 3 + (0, BATCH - len(part)))
            found.append(self._session.run(None, {"images": filled.numpy()}))
        means = (torch.from_numpy(np.concatenate(parts)) for parts in zip(*found, strict=True))
        return {layer: mean[: len(images)] for layer, mean in zip(self.layers, means, strict=True)}


class _Means(nn.Module):
    def __init__(self, backbone, layers):
        super().__init__()
        self.network, self.outputs = copy.deepcopy(backbone.network), backbone.outputs
        self.names = {layer: backbone.layers[layer] for layer in layers}

    def forward(self, images):
        with recorded_means(self.network, self.names, self.outputs) as means:
            self.network(images)
        return tuple(means[layer] for layer in self.names)


def _exported(module, side):
    """The graph, as bytes."""
    graph, example = io.BytesIO(), torch.zeros(BATCH, 3, side, side)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # tracing fixes sizes, as is meant
        options = {"input_names": ["images"], "dynamo": False}  # dynamo: more packages, 10 s
        torch.onnx.export(module.eval(), (example,), graph, **options)
    return graph.getvalue()


def _session(graph):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # images are read too
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

"""Let torchvision import beside a torch that its compiled operators do not fit.

A CPU build of torch beside a torchvision compiled for CUDA (or the reverse) fails on
``import torchvision`` with "operator torchvision::nms does not exist". Declaring the schemas
of the two operators that torchvision looks up is enough: models, datasets, transforms and
feature extraction work. Detection operators still raise when called, as they should.
Nothing is declared when the pair fits.
"""

import importlib.util
import sys
from importlib.abc import MetaPathFinder
from pathlib import Path

_LOOKED_UP_AT_IMPORT = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_libraries = []  # torch drops the declarations of a Library that is garbage collected


def cure_on_first_import():
    """Arrange that the first ``import torchvision``, wherever it is, is preceded by the cure."""
    if "torchvision" not in sys.modules and not any(
        isinstance(finder, _BeforeTorchvision) for finder in sys.meta_path
    ):
        sys.meta_path.insert(0, _BeforeTorchvision())


class _BeforeTorchvision(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == "torchvision":
            sys.meta_path.remove(self)
            spec = importlib.util.find_spec("torchvision")
            if spec and not _operators_load(Path(spec.origin).parent):
                declare_operators()
        return None


def _operators_load(torchvision_folder):
    import torch

    try:
        for library in torchvision_folder.glob("_C*"):
            torch.ops.load_library(str(library))
    except OSError:
        return False
    return hasattr(torch.ops.torchvision, "nms")


def declare_operators():
    """Declare the schemas of ``nms`` and ``qnms``, without any implementation."""
    import torch

    library = torch.library.Library("torchvision", "FRAGMENT")
    for schema in _LOOKED_UP_AT_IMPORT:
        library.define(schema)
    _libraries.append(library)

"""Two representations of a picture: its raw pixels, and a layer of a backbone."""

from PIL import Image
from torch.utils.data import Dataset

from tlcourse.features.extraction import extract_features
from tlcourse.networks.backbones import load_backbone

RAW_PIXELS = "raw pixels"


class Pictures(Dataset):
    """Pictures in memory as a data set of (PIL image, label).

    Parameters
    ----------
    pixels : ndarray of uint8, shape (n, side, side, 3)
    targets : sequence of int, optional
        Zeros by default, for pictures whose labels nobody asks for.
    """

    def __init__(self, pixels, targets=None):
        self.pixels = pixels
        self.targets = [0] * len(pixels) if targets is None else [int(y) for y in targets]

    def __len__(self):
        return len(self.pixels)

    def __getitem__(self, index):
        return Image.fromarray(self.pixels[index]), self.targets[index]


def represent_by(*backbone_names, layer="fc7"):
    """Raw pixels, and a layer of each backbone, as {"natural fc7": pictures -> (n, d)}."""
    layers = {f"{name} {layer}": layer_of(name, layer) for name in backbone_names}
    return {RAW_PIXELS: raw_pixels, **layers}


def layer_of(backbone_name, layer):
    """One layer of a backbone, averaged over space, as a function of pictures."""
    backbone = load_backbone(backbone_name)
    backbone.check_layers([layer])

    def layer_features(pictures, cache=True):
        return extract_features(
            backbone,
            Pictures(pictures),
            [layer],
            device="cpu",
            precision="float32",
            progress=cache,
            cache=cache,
        ).matrix

    return layer_features


def raw_pixels(pictures, cache=False):
    """Pixels averaged two by two, one row a picture: ndarray (n, d), from 0 to 1."""
    n, height, width, channels = pictures.shape
    blocks = pictures.reshape(n, height // 2, 2, width // 2, 2, channels)
    return (blocks.mean(axis=(2, 4)) / 255).reshape(n, -1)

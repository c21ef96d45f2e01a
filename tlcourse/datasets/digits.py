"""Handwritten digits: real images that come with scikit-learn, so that a run needs no download.

1,797 scans of 8 x 8 pixels, ten classes (Alpaydin and Kaynak, UCI 1998). Grey pen strokes are as
far from photographs of animals or of things as a target can be.
"""

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits
from torch.utils.data import Dataset


class HandwrittenDigits(Dataset):
    """The digits as RGB images of 64 x 64 pixels, with ``targets`` and ``classes``."""

    def __init__(self):
        scans = load_digits()
        self.pixels = np.rint(scans.images * (255 / 16)).astype(np.uint8)
        self.targets = scans.target.tolist()
        self.classes = [str(digit) for digit in scans.target_names]

    def __len__(self):
        return len(self.targets)

    def __getitem__(self, index):
        """The image (PIL, RGB, 64 x 64) and its label."""
        image = Image.fromarray(self.pixels[index]).resize((64, 64), Image.BICUBIC)
        return image.convert("RGB"), self.targets[index]

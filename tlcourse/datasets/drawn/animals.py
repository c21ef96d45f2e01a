"""Animals: heads of cats, dogs, lions and wolves, one drawing for all of them.

What tells them apart is where the parameters lie: a feline has a short muzzle, round cheeks, large
eyes with slit pupils; a canine has a long muzzle, a large nose and small eyes. Breeds differ in
ears, coat, markings, mane and ruff.
"""

from tlcourse.datasets.drawn.heads import draw

__all__ = ["CLASSES", "FILLS", "LABEL_SPACES", "draw"]
FILLS = False
WHITE = (246, 242, 234)

FELINE = {
    "width": (0.255, 0.285),
    "height": (0.22, 0.245),
    "jaw": (0.13, 0.16),
    "muzzle": (0.085, 0.105),  # from the eyes down to the nose
    "snout": (0.095, 0.11),  # half the width of the muzzle
    "bridge": (0.04, 0.05),
    "pads": (0.05, 0.058),
    "nose": (0.026, 0.032),
    "eye": (0.05, 0.058),
    "gap": (0.105, 0.12),
    "eye_y": (-0.03, -0.01),
    "slant": (8.0, 16.0),
    "pupil": "slit",
    "iris": ((150, 190, 80), (220, 180, 60), (110, 170, 150)),
    "ear": "pointed",
    "ear_length": (0.2, 0.24),
    "ear_width": (0.085, 0.1),
    "ear_x": (0.16, 0.18),
    "ear_lean": (10.0, 22.0),
    "fluff": (0.02, 0.04),
    "mane": 0.0,
    "ruff": 0.0,
    "marks": "",
    "nose_colour": (196, 112, 112),
    "whiskers": True,
    "tongue": False,
    "turn": (-0.05, 0.05),
}
CANINE = {
    **FELINE,
    "width": (0.205, 0.225),
    "height": (0.235, 0.255),
    "jaw": (0.1, 0.115),
    "muzzle": (0.185, 0.215),
    "snout": (0.095, 0.105),
    "bridge": (0.055, 0.065),
    "pads": (0.052, 0.06),
    "nose": (0.05, 0.057),
    "eye": (0.032, 0.037),
    "gap": (0.095, 0.107),
    "eye_y": (-0.07, -0.05),
    "slant": (-4.0, 8.0),
    "pupil": "round",
    "iris": ((96, 58, 28), (120, 78, 36), (70, 44, 26)),
    "ear": "floppy",
    "ear_length": (0.28, 0.32),
    "ear_width": (0.085, 0.1),
    "ear_x": (0.17, 0.19),
    "nose_colour": (40, 34, 36),
    "whiskers": False,
    "tongue": (True, False),
}
LION = {
    **FELINE,
    "width": (0.225, 0.245),
    "jaw": (0.13, 0.15),
    "muzzle": (0.145, 0.165),
    "snout": (0.115, 0.13),
    "bridge": (0.07, 0.08),
    "pads": (0.062, 0.07),
    "nose": (0.05, 0.056),
    "eye": (0.032, 0.037),
    "gap": (0.105, 0.118),
    "eye_y": (-0.05, -0.035),
    "pupil": "round",
    "iris": ((214, 160, 50), (190, 140, 60)),
    "ear": "round",
    "ear_length": (0.08, 0.095),
    "ear_width": (0.065, 0.075),
    "ear_x": (0.17, 0.185),
    "ear_lean": (36.0, 46.0),
    "nose_colour": ((150, 92, 84), (110, 66, 62)),
    "marks": "muzzle brows cheeks tears",
    "coat": (((206, 160, 96), (238, 214, 170), (120, 80, 44)),),
}
WOLF = {
    **CANINE,
    "width": (0.215, 0.235),
    "snout": (0.08, 0.09),
    "bridge": (0.045, 0.052),
    "nose": (0.042, 0.048),
    "slant": (12.0, 20.0),
    "iris": ((226, 178, 50), (232, 196, 92), (206, 150, 40)),
    "ear": "pointed",
    "ear_length": (0.19, 0.22),
    "ear_width": (0.075, 0.088),
    "ear_x": (0.14, 0.155),
    "ear_lean": (6.0, 14.0),
    "ruff": (0.75, 1.0),
    "marks": "muzzle cheeks brows saddle",
    "tongue": False,
    "coat": (
        ((134, 128, 124), (224, 216, 204), (66, 62, 64)),
        ((150, 134, 112), (230, 216, 196), (74, 62, 54)),
    ),
}
# A coat is (ground, pale parts, dark parts).
CLASSES = {
    "tabby cat": {
        **FELINE,
        "marks": "muzzle tabby",
        "coat": (
            ((168, 144, 112), (232, 218, 196), (74, 58, 44)),
            ((150, 146, 140), (226, 222, 216), (64, 60, 60)),
        ),
    },
    "ginger cat": {
        **FELINE,
        "marks": "muzzle blaze tabby",
        "coat": (((222, 142, 66), (248, 232, 210), (176, 88, 30)),),
    },
    "tuxedo cat": {
        **FELINE,
        "marks": "muzzle blaze",
        "coat": (((58, 54, 58), WHITE, (30, 28, 32)), ((92, 92, 104), WHITE, (56, 56, 66))),
    },
    "siamese cat": {
        **FELINE,
        "width": (0.235, 0.255),
        "jaw": (0.1, 0.115),
        "ear_length": (0.26, 0.29),
        "iris": ((84, 150, 226), (104, 170, 236)),
        "marks": "points",
        "coat": (((232, 214, 188), (120, 92, 76), (74, 54, 48)),),
    },
    "persian cat": {
        **FELINE,
        "muzzle": (0.055, 0.065),
        "eye": (0.056, 0.062),
        "ear_length": (0.13, 0.15),
        "ear_lean": (28.0, 38.0),
        "fluff": (0.12, 0.15),
        "ruff": (0.85, 1.0),
        "iris": ((232, 150, 40), (214, 130, 40)),
        "coat": (
            ((236, 228, 216), (250, 246, 240), (190, 176, 160)),
            ((150, 152, 164), (196, 198, 208), (96, 98, 110)),
        ),
    },
    "labrador": {
        **CANINE,
        "width": (0.225, 0.245),
        "marks": "muzzle brows",
        "ear_length": (0.23, 0.26),
        "coat": (
            ((224, 186, 120), (242, 220, 176), (180, 136, 76)),
            ((112, 72, 46), (140, 96, 66), (78, 48, 32)),
            ((58, 54, 58), (84, 80, 84), (34, 32, 36)),
        ),
    },
    "beagle": {
        **CANINE,
        "ear_length": (0.36, 0.4),
        "ear_width": (0.1, 0.115),
        "marks": "muzzle blaze ears",
        "coat": (((190, 120, 66), WHITE, (140, 80, 42)),),
    },
    "dalmatian": {**CANINE, "marks": "spots ears", "coat": ((WHITE, WHITE, (44, 40, 44)),)},
    "german shepherd": {
        **CANINE,
        "ear": "pointed",
        "ear_length": (0.27, 0.31),
        "ear_width": (0.08, 0.092),
        "ear_x": (0.13, 0.145),
        "ear_lean": (6.0, 14.0),
        "ruff": (0.25, 0.4),
        "marks": "mask ears saddle",
        "coat": (((188, 134, 78), (206, 160, 104), (44, 36, 34)),),
    },
    "pug": {
        **CANINE,
        "width": (0.25, 0.27),
        "height": (0.215, 0.23),
        "jaw": (0.16, 0.18),
        "muzzle": (0.075, 0.09),
        "snout": (0.115, 0.13),
        "eye": (0.05, 0.056),
        "gap": (0.125, 0.138),
        "nose": (0.038, 0.044),
        "ear_length": (0.14, 0.16),
        "marks": "mask ears wrinkles",
        "coat": (((220, 190, 148), (226, 200, 160), (50, 42, 42)),),
    },
    "poodle": {
        **CANINE,
        "width": (0.19, 0.205),
        "ear_length": (0.34, 0.38),
        "ear_width": (0.1, 0.115),
        "marks": "curls",
        "coat": (
            ((238, 228, 214), (246, 240, 230), (196, 180, 160)),
            ((190, 130, 84), (206, 150, 104), (140, 88, 54)),
            ((84, 80, 86), (104, 100, 106), (50, 48, 54)),
        ),
    },
    "maned lion": {**LION, "mane": (0.9, 1.1)},
    "black-maned lion": {
        **LION,
        "mane": (1.0, 1.15),
        "coat": (((196, 150, 92), (232, 206, 162), (40, 30, 28)),),
    },
    "lioness": {**LION, "width": (0.24, 0.26)},
    "lion cub": {
        **LION,
        "muzzle": (0.095, 0.11),
        "eye": (0.046, 0.052),
        "nose": (0.036, 0.042),
        "ear_length": (0.11, 0.12),
        "ear_width": (0.085, 0.095),
        "fluff": (0.06, 0.08),
        "marks": "muzzle brows cheeks freckles",
    },
    "grey wolf": WOLF,
    "arctic wolf": {**WOLF, "coat": (((232, 228, 220), WHITE, (186, 178, 170)),)},
    "black wolf": {**WOLF, "coat": (((70, 66, 70), (116, 110, 110), (34, 32, 36)),)},
    "red wolf": {
        **WOLF,
        "ear_length": (0.25, 0.28),
        "width": (0.195, 0.21),
        "ruff": (0.3, 0.5),
        "coat": (((186, 108, 58), (240, 222, 198), (110, 60, 34)),),
    },
}
SPECIES = {
    "cat": [name for name in CLASSES if name.endswith(" cat")],
    "lion": [name for name in CLASSES if "lion" in name],
    "wolf": [name for name in CLASSES if name.endswith(" wolf")],
}


def _species(name):
    return next((species for species, names in SPECIES.items() if name in names), "dog")


LABEL_SPACES = {
    "species": {name: _species(name) for name in CLASSES},
    "kind": {name: "feline" if _species(name) in ("cat", "lion") else "canine" for name in CLASSES},
}

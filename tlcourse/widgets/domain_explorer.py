"""Two domains of one family on dials: their pictures, P(X) in two dimensions, their distance."""

import base64
import io
import json
from html import escape

import traitlets

from tlcourse.datasets.drawn.domains import FAMILIES, Domain, family_module
from tlcourse.datasets.drawn.factors import BACKGROUNDS, LIMITS, STYLES, Factors
from tlcourse.domains.spaces import APPEARANCE, compare_domains, draw_pictures, feature_vectors
from tlcourse.networks.backbones import load_backbone
from tlcourse.widgets.base import Control, Explorer, css, esm
from tlcourse.widgets.choice import Choice

N_PICTURES, N_SHOWN = 40, 6
ANY = "any"
SPREAD = {"exposure": 0.15, "blur": 0.25}  # a dial is the middle of a range that wide on each side
STEPS = {"exposure": 0.05, "blur": 0.1, "palette": 0.05}
START = {"exposure": 1.0, "blur": 0.25, "palette": 0.15, "background": ANY, "style": "shaded"}
TEXT = "font-size:18px;line-height:1.4;color:var(--jp-content-font-color1,#111);padding:4px"


class DomainDials(Control):
    """The dials of one drawn domain."""

    _esm = esm("domain_dials")
    _css = css("domain_dials")
    label = traitlets.Unicode().tag(sync=True)
    value = traitlets.Dict().tag(sync=True)
    _dials = traitlets.List().tag(sync=True)

    def __init__(self, label, **start):
        super().__init__(label=label, value={**START, **start}, _dials=dials_of_a_domain())


class DomainExplorer(Explorer):
    """A family, a feature space X, and the dials of two domains; the two P(X) below them.

    Parameters
    ----------
    backbone : Backbone, optional
        By default the bundled ``"natural"``.
    family : str
        Chosen at first.

    Attributes
    ----------
    family, space : Choice
    source, target : DomainDials
    pair : DomainPair or None
        What is shown; None where it could not be measured.
    """

    def __init__(self, backbone=None, family="birds"):
        self._backbone, self._pictures, self._answers, self.pair = backbone, {}, {}, None
        self.family = Choice("Family", FAMILIES, family)
        self.space = Choice("Feature space X", (APPEARANCE, "fc7"))
        self.source = DomainDials("Source domain")
        self.target = DomainDials("Target domain", exposure=0.5)
        for side in (self.source, self.target):
            side.layout.flex, side.layout.min_width = "1 1 22em", "20em"
        super().__init__(self.family, self.space, [self.source, self.target])

    def _answer(self):
        setting = json.dumps([c.value for c in self._controls], sort_keys=True)
        if setting not in self._answers:
            self._answers[setting] = self._measured()
        self.pair, html = self._answers[setting]
        return html

    def _failed(self):
        self.pair = None

    def _measured(self):
        vectors, shown = [], []
        for seed, dials in enumerate((self.source, self.target)):
            pictures = self._drawn(domain_of(self.family.value, dials.value), seed)
            vectors.append(self._described(pictures))
            shown.append(pictures[:N_SHOWN])
        pair = compare_domains(*vectors, repeats=3)
        return pair, pair_html(pair, *shown, self.space.value, self.family.value)

    def _drawn(self, domain, seed):
        if (domain, seed) not in self._pictures:
            self._pictures[domain, seed] = draw_pictures(domain, N_PICTURES, seed)
        return self._pictures[domain, seed]

    def _described(self, pictures):
        if self._backbone is None and self.space.value == "fc7":
            self._backbone = load_backbone("natural")
        return feature_vectors(pictures, self.space.value, self._backbone)

    def to_html(self):
        """What a page without a kernel shows."""
        chosen = (
            f"<p>Family: {self.family.value}. X: {self.space.value}.<br>"
            f"Source: {_in_words(self.source.value)}.<br>"
            f"Target: {_in_words(self.target.value)}.</p>"
        )
        return chosen + self._readout.value


def dials_of_a_domain():
    """The dials: name, and either a range with its step or options; as a list of dicts."""
    ranges = [
        {"name": name, "low": LIMITS[name][0], "high": LIMITS[name][1], "step": step}
        for name, step in STEPS.items()
    ]
    choices = {"background": [ANY, *BACKGROUNDS], "style": [*STYLES]}
    return ranges + [{"name": name, "options": options} for name, options in choices.items()]


def domain_of(family, dials):
    """The drawn domain that dials describe."""
    ranges = {name: _around(name, dials[name]) for name in SPREAD}
    background = BACKGROUNDS if dials["background"] == ANY else dials["background"]
    factors = Factors(
        background=background, palette=dials["palette"], style=dials["style"], **ranges
    )
    return Domain(family, factors)


def pair_html(pair, source, target, space, family):
    """A pair of domains as HTML: pictures, the two densities, and the distance in words."""
    words = _sentence(pair, space)
    if family_module(family).FILLS:
        words += f" Pictures of {family} have no background: that dial does nothing here."
    picture = _figure_jpeg(pair, source, target, space)
    data = base64.b64encode(picture).decode("ascii")
    alt = f"Pictures of the two domains, and their densities in X = {space}. {words}"
    return (
        f'<div role="status" aria-live="polite" style="{TEXT}">'
        f'<div style="font-size:24px;font-weight:700">Proxy A-distance {pair.distance:.2f}</div>'
        f'<div>{escape(words)}</div><img alt="{escape(alt)}" style="max-width:100%;height:auto" '
        f'src="data:image/jpeg;base64,{data}"></div>'
    )


def _sentence(pair, space):
    right = 100 * (pair.distance / 2 + 1) / 2
    deals = len(pair.control)
    more = f"this is more, as luck alone makes it once in {deals + 1} times"
    judged = more if pair.differs else "this is no more, as far as this X and sample show"
    return (
        f"From {space}, a linear classifier tells source from target in {right:.0f}% of "
        f"pictures that it was not trained on. Dealt at random {deals} times, "
        f"the pictures got up to {max(0, pair.control.max()):.2f}: {judged}."
    )


def _figure_jpeg(pair, source, target, space):
    """Drawn without pyplot: a widget must not disturb the figures of the notebook."""
    from matplotlib import style
    from matplotlib.figure import Figure

    from tlcourse import plots

    names = ("brightness", "colourfulness") if pair.source.shape[1] == 2 else _components(space)
    with style.context(plots.COURSE):
        figure = Figure(figsize=(14, 4.4), dpi=80, layout="constrained")
        left, right = figure.subplots(1, 2, width_ratios=[1.35, 1])
        plots.plot_pictures({"source": source, "target": target}, left)
        plots.plot_density(
            dict(zip(("source", "target"), pair.plane(), strict=True)), *names, right
        )
        buffer = io.BytesIO()
        figure.savefig(buffer, format="jpeg", facecolor="white", pil_kwargs={"quality": 85})
    return buffer.getvalue()


def _components(space):
    return f"{space}: first component", "second component"


def _around(name, middle):
    low, high = LIMITS[name]
    if not low <= middle <= high:
        raise ValueError(f"{name} is {middle}: give a number between {low:g} and {high:g}.")
    ends = max(low, middle - SPREAD[name]), min(high, middle + SPREAD[name])
    return tuple(round(end, 3) for end in ends)


def _in_words(dials):
    return ", ".join(f"{name} {value}" for name, value in dials.items())

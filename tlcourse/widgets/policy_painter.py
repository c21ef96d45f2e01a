"""Paint a policy on the drawing of the network, read its audit, train it, see where it lands."""

import traitlets

from tlcourse.finetuning import training
from tlcourse.finetuning.audits import audit
from tlcourse.finetuning.league import League, preset_name
from tlcourse.finetuning.policies import as_policy
from tlcourse.finetuning.progress import LEARNING_RATE
from tlcourse.networks.backbones import BUNDLED, load_backbone
from tlcourse.networks.images import prepare_images
from tlcourse.networks.layers import layer_shapes
from tlcourse.widgets.background_runs import BackgroundRuns
from tlcourse.widgets.base import Control, css, esm, sheet
from tlcourse.widgets.league_table import league_html
from tlcourse.widgets.painter_page import OWN, about_page, audit_html, static_page
from tlcourse.widgets.policy_drawing import DRAWING_CSS, PAINTS

RUNS = (1, 2, 3)
OPTIONS = {"epochs": 15, "learning_rate": LEARNING_RATE, "batch_size": 32}


class PolicyPainter(Control):
    """The backbone drawn as in the lecture, each layer painted freeze, fine-tune or random.

    A click paints a layer with the brush; a click on a block's name, or Shift with a click, paints
    the block. By keyboard: arrow keys move over the layers, Space paints with the brush; F, T and R
    (or 1, 2 and 3) paint without it; Shift with any of them paints the block. These keys do not
    reach the slides. The audit follows; a trained policy lands in the league.

    Parameters
    ----------
    backbone : Backbone or str
        One of the course's own by its name, with its weights; by any other name the network is
        drawn and audited without weights, and cannot be trained.
    target : (train, validation) or (train, validation, test), optional
        Data sets of images, or PreparedImages. Without test images the validation accuracy
        decides the league.
    policy : Policy or str
        At first.
    n_classes : int
        Of the target, where none is given.
    fine_tune : callable, optional
        By default ``tlcourse.finetuning.training.fine_tune``.
    **options
        For ``fine_tune``: ``epochs``, ``learning_rate``, ...

    Attributes
    ----------
    policy : Policy
    brush : {"freeze", "fine-tune", "random"}
    seeds : int
        Runs at each training, 1 to 3.
    audit : Audit
        Of the present policy.
    league : League
    words : str
        What was done last, or why it was not.
    reason : str
        Why nothing can be trained; empty where it can.

    Raises
    ------
    ValueError
        If the policy does not fit the network, or the images cannot be trained on.
    """

    _esm = esm("policy_painter")
    _css = css() + DRAWING_CSS + sheet("policy_painter")
    policy = traitlets.Any()
    brush = traitlets.Enum(list(PAINTS), "freeze").tag(sync=True)
    seeds = traitlets.Int(1).tag(sync=True)
    _about = traitlets.Dict().tag(sync=True)
    _painted = traitlets.Dict().tag(sync=True)
    _training = traitlets.Dict().tag(sync=True)
    _league = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        backbone="natural",
        target=None,
        policy="freeze, fine-tune, retrain",
        *,
        n_classes=10,
        fine_tune=None,
        **options,
    ):
        self._options, self._asked, self.words = {**OPTIONS, **options}, 0, ""
        self.reason = why_not(backbone, target)
        self.backbone, self._n_classes, self._runs = backbone, n_classes, None
        if not self.reason:
            self.backbone = load_backbone(backbone) if isinstance(backbone, str) else backbone
            train, validation, *self._test = _prepared(self.backbone, *target)
            self._n_classes = len(train.classes)
            then = self._options, self._land, self._report, fine_tune or training.fine_tune
            self._runs = BackgroundRuns(self.backbone, train, validation, *then)
        self._shapes = layer_shapes(self.backbone, self._n_classes)
        self.league = League()
        super().__init__(policy=policy, _training={"busy": False, "done": 0, "words": self.reason})
        title = f"{getattr(self.backbone, 'name', self.backbone)}, {self._n_classes} classes"
        page = about_page(title, self._shapes, self.choices)
        self._about = {**page, "seeds": RUNS, "reason": self.reason}
        self._show_league()
        self._answer()
        self.observe(self._answer, "policy")
        self.on_msg(self._on_message)

    @property
    def layers(self):
        """Names of the layers, the head last."""
        return [shape.name for shape in self._shapes]

    @property
    def choices(self):
        """Layer -> choice of the present policy."""
        return self.policy.choices_for(self.layers)

    @property
    def is_training(self):
        """Whether runs are under way."""
        return self._runs is not None and self._runs.are_under_way

    def paint(self, selector, choice=None):
        """Paint what a selector means: a layer, a block, a depth, or ``"*"``.

        ``choice`` is by default the brush. Raises ValueError if there is no such layer or choice.
        """
        policy = self.policy.painted(selector, choice or self.brush)
        policy.choices_for(self.layers)
        self.words = f"{selector}: {choice or self.brush}."
        self.policy = policy

    def train(self, seeds=None, wait=False):
        """Train the present policy; every run lands in the league when it ends.

        ``seeds`` is how many runs. Raises ValueError without images, or while runs are under way.
        """
        if self.reason:
            raise ValueError(self.reason)
        self._runs.start(self.policy, range(seeds or self.seeds))
        if wait:
            self._runs.wait()

    def stop(self):
        """End the run under way before its next step; what it learned so far is kept."""
        if self.is_training:
            self._runs.stop()

    @traitlets.validate("policy")
    def _fits(self, proposal):
        policy = as_policy(proposal["value"])
        rate = self._options["learning_rate"]
        self.audit = audit(self.backbone, policy, self._n_classes, rate)
        return policy

    @traitlets.validate("seeds")
    def _one_to_three(self, proposal):
        if proposal["value"] not in RUNS:
            raise traitlets.TraitError(f"seeds is {proposal['value']}: take 1, 2 or 3.")
        return proposal["value"]

    def _on_message(self, _widget, content, _buffers):
        """What was clicked or typed on the page; an exception here would be shown nowhere."""
        self._asked = content["number"]
        actions = {
            "paint": lambda: self.paint(content["selector"], content["choice"]),
            "preset": lambda: self._take_preset(content["name"]),
            "train": self.train,
            "stop": self.stop,
            "clear": self._clear,
        }
        try:
            actions[content["do"]]()
        except Exception as problem:
            self.words = str(problem)
        self._answer()

    def _take_preset(self, name):
        self.words = ""
        self.policy = name

    def _clear(self):
        self.league.clear()
        self._show_league()

    def _answer(self, _change=None):
        self._painted = {
            "number": self._asked,
            "choices": self.choices,
            "preset": preset_name(self.policy, self.layers) or OWN,
            "words": f"{self.words} {self.audit.totals}".strip(),
            "audit": audit_html(self.audit),
        }

    def _land(self, run):
        self.league.add(run, *self._test)
        self._show_league()

    def _report(self, report):
        self._training = report._asdict()

    def _show_league(self):
        self._league = league_html(self.league)

    def to_text(self):
        """One line for a terminal."""
        return f"PolicyPainter({self._about['title']}: {self.policy})"

    def to_html(self):
        """The painter as it is now, for pages without a kernel."""
        tables = audit_html(self.audit), self._league
        return static_page(self._about["title"], self._shapes, self.choices, tables)


def why_not(backbone, target):
    """Why a backbone cannot be trained on a target here, in a sentence; empty where it can."""
    if isinstance(backbone, str) and backbone not in BUNDLED:
        return (
            f"{backbone} is drawn and audited here without its weights, so it cannot be trained: "
            f"give load_backbone({backbone!r}) and a target to train it."
        )
    if target is None:
        return "There is no target to train on: give target=(train, validation)."
    return ""


def _prepared(backbone, train, validation, *test):
    images = training.check_images(backbone, train, validation)
    return *images, *(prepare_images(backbone, each) for each in test)

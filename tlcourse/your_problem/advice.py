"""The rule that makes a proposal from what was measured, before any option is tried.

It follows the lecture's takeaways, and where they leave a choice, what notebooks 08 and 11 measured
on photographs: the full network and an SVM led up to 16 images a class from a near source, and at
40 still from a far one; with about 48 and a near source, retraining half of the layers overtook it.
"""

from dataclasses import dataclass

from tlcourse.finetuning.policies import Policy
from tlcourse.your_problem.templates import render
from tlcourse.your_problem.volume import ENOUGH, FEW

POLICIES = {
    "few": Policy({"*": "freeze", "top 3": "random"}, name="freeze all but the top 3, these anew"),
    "some": Policy(
        {"*": "fine-tune", "bottom 50%": "freeze", "top 3": "random"},
        name="freeze the bottom half, fine-tune the middle, begin the top 3 anew",
    ),
    "enough, near": Policy(
        {"*": "fine-tune", "bottom 50%": "freeze"},
        name="freeze the bottom half, fine-tune all above",
    ),
    "enough, far": Policy(
        {"*": "fine-tune", "bottom 25%": "freeze", "top 3": "random"},
        name="freeze the bottom quarter, fine-tune the middle, begin the top 3 anew",
    ),
}
RULE = (
    (
        f"fewer than {FEW} training pictures a class",
        "few",
        "full network",
        "Feature extraction is best if data volume is short (the lecture; so it was on average on "
        "notebook 08's grid, an SVM beside it).",
    ),
    (
        f"{FEW} to {ENOUGH - 1}",
        "some",
        "full network",
        "Fine-tuning comes close, from a near source too, and did not overtake it on average (the "
        "same grid).",
    ),
    (
        f"{ENOUGH} or more, far source",
        "enough, far",
        "full network",
        "Random layers increase with dissimilarity and data (the lecture), but on photographs the "
        "full network still led.",
    ),
    (
        f"{ENOUGH} or more, near source",
        "enough, near",
        "fine-tuned",
        "Fine-tuning increases with similarity and data (the lecture); half of the layers did best "
        "in notebook 08.",
    ),
)


@dataclass(frozen=True)
class Advice:
    """What the rule says."""

    source: str
    method: str
    policy: Policy
    reasons: list[str]

    def __repr__(self):
        return f"Use {self.source}, {self.method}; when fine-tuning: {self.policy.name}."

    def _repr_html_(self):
        return render("advice", advice=self)


def advise(nearness, split):
    """The rule applied to a Nearness and a Split: an Advice."""
    method, case = decide(split.per_class, nearness.is_far)
    why = next(reason for _, key, _, reason in RULE if key == case)
    reasons = [nearness.sentence, split.sentence, why]
    if nearness.ties[1:]:
        reasons.append("As the nearest source is not surely nearest, try those that tie as well.")
    return Advice(nearness.nearest, method, POLICIES[case], reasons)


def decide(per_class, is_far):
    """The rule itself: "full network" or "fine-tuned", and a key of ``POLICIES``.

    per_class : training pictures a class, ValueError below 1; is_far : whether the nearest source
    is beyond the typical distance.
    """
    if per_class < 1:
        raise ValueError(f"{per_class} training pictures a class: there must be 1 or more.")
    if per_class < ENOUGH:
        return "full network", "few" if per_class < FEW else "some"
    return ("full network", "enough, far") if is_far else ("fine-tuned", "enough, near")


class Rule:
    """The rule as a table; shows in a notebook."""

    def __repr__(self):
        return "\n".join(f"{when}: {method}; {reason}" for when, _, method, reason in RULE)

    def _repr_html_(self):
        return render("rule", rule=RULE, policies=POLICIES)

"""Your problem, through the lecture's takeaways, in one call."""

import time
from dataclasses import dataclass, field

from tqdm import tqdm

from tlcourse.your_problem.advice import Advice, advise
from tlcourse.your_problem.comparison import Comparison, confusions
from tlcourse.your_problem.nearness import COMPARED_SOURCES, Nearness, measure_nearness
from tlcourse.your_problem.options import (
    fine_tuned_option,
    pixel_option,
    scratch_option,
    svm_options,
)
from tlcourse.your_problem.pictures import Problem
from tlcourse.your_problem.volume import Split, split_problem


@dataclass
class Investigation:
    """All that was measured on one problem: ``advice`` before any option, ``seconds`` a step."""

    problem: Problem
    split: Split
    nearness: Nearness
    advice: Advice
    comparison: Comparison
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def proposed(self):
        """The row of the option that was proposed."""
        return self.comparison.row(self.advice.method, self.advice.source)

    @property
    def outcome(self):
        """What became of the proposal, in a sentence."""
        return self.comparison.judge(self.advice)

    @property
    def recommended(self):
        """The proposed option; the best one where the proposal is surely worse."""
        return self.proposed if self.proposed.within_noise else self.comparison.best

    def confusions(self):
        """The largest confusions of the recommended option."""
        return confusions(self.problem, self.split, self.recommended.option)

    def __repr__(self):
        return f"{self.problem}. {self.outcome}"


def investigate(problem, sources=COMPARED_SOURCES, draws=3, seed=0, from_scratch=False):
    """Split, nearness, advice, and every option on the same draws.

    Parameters
    ----------
    problem : Problem
        TypeError and ValueError as for ``split_problem`` and ``measure_nearness``.
    sources : sequence of str
        Bundled backbones to choose from.
    draws, seed : int
        Of the training pictures.
    from_scratch : bool
        Train the network from random weights as well; it takes longest.

    Returns
    -------
    Investigation
    """
    seconds, split = {}, split_problem(problem, draws, seed)
    steps = 5 if from_scratch else 4
    with tqdm(total=steps, desc="investigating", delay=2, disable=None) as bar:

        def timed(name, step, *arguments, **options):
            started = time.perf_counter()
            found = step(*arguments, **options)
            seconds[name] = time.perf_counter() - started
            bar.update()
            return found

        nearness = timed("similarity", measure_nearness, problem, sources, seed=seed)
        advice = advise(nearness, split)
        options = timed("features and SVMs", svm_options, problem, split, sources)
        options.append(timed("raw pixels", pixel_option, problem, split))
        tuned = (problem, split, advice.source, advice.policy, False)
        options.append(timed("fine-tuning", fine_tuned_option, *tuned))
        if from_scratch:
            options.append(timed("from scratch", scratch_option, problem, split, False))
    comparison = Comparison(options, problem.labels[split.test], seed)
    return Investigation(problem, split, nearness, advice, comparison, seconds)

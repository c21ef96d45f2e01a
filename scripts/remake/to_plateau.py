"""One run of the measurements of notebook 08: a head solved, or a policy trained to its plateau."""

import time
from contextlib import nullcontext

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression

from scripts.remake.runner import bfloat16
from tlcourse.classifiers.svm import mean_class_accuracy
from tlcourse.finetuning.training import fine_tune

BATCH, CS = 20, np.logspace(-3, 1, 9)


def train_to_plateau(backbone, policy, train, validation, test, *, half=True, **options):
    """What a policy took and gave, with the weights that were best on validation images.

    SGD with a constant rate, ended by ``patience``; with ``half`` in `bfloat16`, scores in float32.
    """
    with bfloat16() if half else nullcontext():
        run = fine_tune(
            *(backbone, policy, train, validation),
            schedule="constant",
            batch_size=BATCH,
            device="cpu",
            progress=False,
            **options,
        )
    spent = {"updates": run.best.step, "cpu_seconds": round(run.best.cpu_seconds, 2)}
    return spent | {"updates_in_all": run.curve[-1].step} | _scored(run.predict, validation, test)


@torch.no_grad()
def solve_head(body, train, validation, test):
    """Logistic regression on what a frozen body says, its C chosen on validation images."""
    started = time.process_time()
    known = {
        each: torch.cat(list(map(body, each.inputs.split(100)))).numpy()
        for each in (train, validation, test)
    }
    heads = [LogisticRegression(C=C, max_iter=5000).fit(known[train], train.labels) for C in CS]
    best = max(heads, key=lambda head: head.score(known[validation], validation.labels))
    updates = sum(int(head.n_iter_.max()) for head in heads)
    spent = {"updates": updates, "cpu_seconds": round(time.process_time() - started, 2)}
    scores = _scored(lambda images: best.predict(known[images]), validation, test)
    return {"rate": None, **spent, "updates_in_all": updates, **scores}


def best_rate(trials, policy):
    """The rate of a policy that was best on validation images, in the mean of the trials."""
    rows = trials.read().query("policy == @policy")
    return float(rows.groupby("rate")["validation"].mean().idxmax())


def _scored(predict, validation, test):
    """Accuracies, and a letter a test image: its predicted class, a for the first."""
    accuracy = {
        name: round(mean_class_accuracy(each.labels.numpy(), predict(each)), 4)
        for name, each in (("validation", validation), ("test", test))
    }
    return accuracy | {"predicted": "".join("abcdefghij"[label] for label in predict(test))}

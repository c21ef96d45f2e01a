"""Fine-tuning: a policy, a plain training loop, early stopping, and the best weights kept."""

import torch
from tqdm import tqdm

from tlcourse.devices import check_device
from tlcourse.finetuning import loop
from tlcourse.finetuning.policies import apply_policy, as_policy, next_stage
from tlcourse.finetuning.progress import LEARNING_RATE, Progress, Settings
from tlcourse.finetuning.runs import Run
from tlcourse.networks.images import is_empty, prepare_images


def fine_tune(
    backbone,
    policy,
    train,
    validation,
    *,
    seed=0,
    epochs=20,
    steps=None,
    learning_rate=LEARNING_RATE,
    weight_decay=5e-4,
    batch_size=32,
    schedule="cosine",
    patience=None,
    evaluate_every=None,
    device="auto",
    stop=None,
    progress=True,
    watch=None,
):
    """Train a network for the target as a policy says: a Run; the backbone is not changed.

    ``policy`` may be the name of a preset; images are data sets of (PIL image, label), pairs of
    tensors, or of ``prepare_images``; settings those of ``progress.Settings``. ``stop`` is an event
    or callable, ``watch`` called with each CurvePoint. ValueError for what does not fit;
    TrainingError (``run``: the best so far) if the loss is not finite or memory runs out.
    """
    settings = Settings(
        *(seed, epochs, steps, learning_rate, weight_decay, batch_size, schedule),
        *(patience, evaluate_every, check_device(device)),
    )
    policy = as_policy(policy)
    train, validation = check_images(backbone, train, validation, progress)
    network = apply_policy(backbone, policy, len(train.classes), seed)
    run = Run(backbone, policy, settings, train.classes, network, Progress(train.digest()))
    return _train(run, train, validation, stop, progress, watch)


def check_images(backbone, train, validation, progress=True):
    """Both sets as PreparedImages.

    Raises
    ------
    ValueError
        If one has no image, the network cannot take their size, or validation has labels that
        training does not have.
    """
    if is_empty(validation):
        raise ValueError(
            "There is no validation image, and early stopping and the best weights are chosen on "
            "them: keep some images out of training (tlcourse.datasets.stratified_split)."
        )
    train, validation = (prepare_images(backbone, each, progress) for each in (train, validation))
    if max(train.labels.max(), validation.labels.max()) >= len(train.classes):
        raise ValueError(
            f"A label is outside the {len(train.classes)} classes of the training images: give "
            "both sets the same classes in the same order."
        )
    try:
        with torch.inference_mode():
            backbone.network.eval()(train.inputs[:1].cpu())
    except RuntimeError as problem:
        height, width = train.inputs.shape[2:]
        raise ValueError(
            f"{backbone.name} cannot take images of {height} x {width} pixels: bring them to "
            f"{backbone.side} x {backbone.side}."
        ) from problem
    return train, validation


def _train(run, train, validation, stop, progress, watch):
    """Stage after stage, to the end or until somebody stops it."""
    at, n_stages = run.progress, len(run.policy.stages)
    steps = run.settings.steps_for(len(train)) * n_stages
    silent = {} if progress else {"disable": True}
    bar = tqdm(total=steps, desc=str(run.policy), delay=2, unit="step", **silent)

    def report(point):
        if point is None:
            bar.update()
            return
        bar.set_postfix_str(f"validation {point.validation_accuracy:.1%}", refresh=False)
        if watch:
            watch(point)

    with bar, loop.explain_errors(run):
        while True:
            stage = loop.Stage(run, train, validation, progress)
            ended = loop.until_stopped(stage, stop, report)
            run.stopped = ended in ("stopped", "interrupted")
            if run.stopped or at.stage == n_stages - 1:
                return _closed(run, ended)
            run.network.load_changed_state(at.best)
            at.stage, at.stage_began = at.stage + 1, None
            next_stage(run.network, run.policy.stages[at.stage])


def _closed(run, ended):
    """The run with the best weights, and in words how it ended."""
    at = run.progress
    run.ended = f"{ended} after {at.step} steps"
    if run.stopped:
        run.ended += ": the best weights so far are kept"
    elif ended == "stopped early":
        run.ended += f": {at.waited} evaluations without a better validation accuracy"
    if ended == "interrupted":
        print(f"Training was {run.ended}.")
    run.network.load_changed_state(at.best)
    run.network.eval()
    return run

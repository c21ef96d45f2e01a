"""The training loop: one stage step by step, and what can go wrong in the middle."""

import math
import signal
import threading
import time
from contextlib import contextmanager

import psutil
import torch
from torch.nn import functional as F
from torch.nn.modules.batchnorm import _BatchNorm

from tlcourse import random_numbers
from tlcourse.classifiers.svm import mean_class_accuracy
from tlcourse.finetuning.progress import CurvePoint, batches_per_epoch, is_better
from tlcourse.networks import sources
from tlcourse.networks.images import to_device

OUT_OF_MEMORY = ("out of memory", "not enough memory", "can't allocate memory")
ONE_VALUE = "Expected more than 1 value per channel"  # torch's, of batch normalisation
EVALUATION_BATCH = 250
MOST_FOR_STATISTICS = 1000  # training images from which batch normalisations are re-estimated
SPENT = ("stage", "step", "images", "seconds", "cpu_seconds")


class TrainingError(RuntimeError):
    """Training cannot go on: the message says why and what to change; ``run`` is what there is."""

    run = None


class Diverged(ArithmeticError):
    """The loss is no longer a finite number."""


@contextmanager
def explain_errors(run):
    """Around the training of a run: what can go wrong raises a TrainingError."""
    settings = run.settings
    try:
        yield
        return
    except Diverged:
        rate = settings.learning_rate
        sentence = (
            f"The loss is no longer a finite number after step {run.progress.step}, with learning "
            f"rate {rate:g}: lower learning_rate, to {rate / 10:g} say."
        )
    except ValueError as problem:
        if ONE_VALUE not in str(problem):
            raise
        sentence = (
            "Batch normalisation cannot train on a batch of one image: give two images or more, in "
            "batches of two or more (batch_size), or freeze it."
        )
    except (RuntimeError, MemoryError) as problem:
        said = any(words in str(problem) for words in OUT_OF_MEMORY)
        if not (said or isinstance(problem, MemoryError | torch.OutOfMemoryError)):
            raise
        sentence = (
            f"Memory ran out on {settings.device} with batches of {settings.batch_size}: lower "
            f"batch_size, to {max(1, settings.batch_size // 2)} say, or freeze more of the bottom."
        )
    if run.progress.points:
        run.network.load_changed_state(run.progress.best)
    run.network.eval()
    run.ended = sentence
    error = TrainingError(sentence)
    error.run = run
    raise error


def ask_to_stop(stop):
    """Whether a ``threading.Event`` is set, or a callable says so; None never does."""
    return stop is not None and bool(stop.is_set() if hasattr(stop, "is_set") else stop())


@contextmanager
def interrupt_sets_a_flag():
    """Within the block the first Ctrl-C (or Jupyter's interrupt) sets an event, the next raises."""
    flag = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield flag
        return

    def handler(number, frame):
        signal.signal(signal.SIGINT, before)
        flag.set()

    before = signal.signal(signal.SIGINT, handler)
    try:
        yield flag
    finally:
        signal.signal(signal.SIGINT, before)


class Stage:
    """One stage of a run: what is trained, on what, by which optimizer."""

    def __init__(self, run, train, validation, progress_bar=True):
        self.network, self.settings, self.progress = run.network, run.settings, run.progress
        self.labels, self.validation_labels = train.labels, validation.labels
        self.device = self.settings.device
        self.network.to(self.device, memory_format=torch.channels_last).train()
        self.in_training = [module for module in self.network.modules() if module.training]
        norms = (each for each in self.in_training if isinstance(each, _BatchNorm))
        self.norms = [each for each in norms if each.track_running_stats]
        passed = self._model_and_inputs(train, validation, progress_bar)
        self.model, self.inputs, self.validation_inputs, seconds, cpu_seconds = passed
        rate, decay = self.settings.learning_rate, self.settings.weight_decay
        groups = self.network.parameter_groups(rate, decay)
        self.optimizer = torch.optim.SGD(groups, lr=rate, momentum=0.9, nesterov=True)
        self.rates = [group["lr"] for group in self.optimizer.param_groups]
        self.batches = Batches(len(train), self.settings.batch_size, self.settings.seed)
        self.n_steps = self.settings.steps_for(len(train))
        self.every = self.settings.evaluate_every or self.batches.per_epoch
        if self.progress.stage_began is None:
            self.progress.stage_began = self.progress.step
            self.progress.seconds += seconds
            self.progress.cpu_seconds += cpu_seconds

    def _model_and_inputs(self, train, validation, progress_bar):
        """The trained part and what goes into it: a frozen bottom is passed once, if what it says
        of all images takes less than half of the free memory."""
        (bottom, top), n_images = self.network.split(), len(train) + len(validation)
        if bottom is None or not _fits_in_memory(bottom, train.inputs, n_images):
            return self.network, train.inputs, validation.inputs, 0.0, 0.0
        key = self.network.frozen_fingerprint(), len(list(top.modules())), self.device
        kept, *took = train.passed_through(bottom, key, self.device, progress_bar)
        kept_validation = validation.passed_through(bottom, key, self.device, progress_bar)[0]
        return top, kept, kept_validation, *took

    @property
    def steps_done(self):
        return self.progress.step - self.progress.stage_began

    def set_learning_rates(self):
        """A warm-up over the first tenth and half a cosine, or nothing of the kind."""
        shape = 1.0
        if self.settings.schedule == "cosine":
            cycle = {"epochs": self.n_steps, "peak_learning_rate": 1.0}
            shape = sources.learning_rate({"cycles": [cycle]}, self.steps_done)
        for group, rate in zip(self.optimizer.param_groups, self.rates, strict=True):
            group["lr"] = rate * shape

    @torch.no_grad()
    def re_estimate(self):
        """Statistics of the training images for batch normalisations that train: their running
        ones remember the weights of some updates ago, and after few updates the source."""
        n = len(self.labels)
        rows = torch.linspace(0, n - 1, min(n, MOST_FOR_STATISTICS)).long()
        momenta = [norm.momentum for norm in self.norms]
        for norm in self.norms:
            norm.reset_running_stats()
            norm.momentum, norm.training = None, True
        for part in rows.tensor_split(math.ceil(len(rows) / EVALUATION_BATCH)):
            self.model(to_device(self.inputs[part], self.device))
        for norm, momentum in zip(self.norms, momenta, strict=True):
            norm.momentum, norm.training = momentum, False

    @torch.no_grad()
    def evaluate(self):
        """A new point of the learning curve, in eval mode, and back: quicker module by module."""
        for module in self.in_training:
            module.training = False
        if self.norms:
            self.re_estimate()
        batches = self.validation_inputs.split(EVALUATION_BATCH)
        scores = torch.cat([self.model(to_device(batch, self.device)).cpu() for batch in batches])
        for module in self.in_training:
            module.training = True
        at, labels = self.progress, self.validation_labels
        return CurvePoint(
            **{name: getattr(at, name) for name in SPENT},
            train_loss=sum(at.losses) / len(at.losses) if at.losses else None,
            validation_loss=F.cross_entropy(scores, labels).item(),
            validation_accuracy=mean_class_accuracy(labels.numpy(), scores.argmax(1).numpy()),
        )


def until_stopped(stage, stop, report):
    """Train one stage; Ctrl-C ends it between two steps, a second Ctrl-C at once."""
    try:
        with interrupt_sets_a_flag() as interrupted:
            ended = train_stage(stage, lambda: interrupted.is_set() or ask_to_stop(stop), report)
    except KeyboardInterrupt:
        return "interrupted"
    return "interrupted" if ended == "stopped" and interrupted.is_set() else ended


def train_stage(stage, stop, report):
    """Train until ``stop()`` ("stopped"), patience ("stopped early") or the end ("finished")."""
    progress, settings = stage.progress, stage.settings
    if not progress.points or progress.points[-1].stage != progress.stage:
        _keep(stage, stage.evaluate(), report, begins=True)
    while stage.steps_done < stage.n_steps:
        if stop():
            if progress.losses:
                _keep(stage, stage.evaluate(), report)
            return "stopped"
        stage.set_learning_rates()
        with random_numbers.kept(stage.device):
            started, started_cpu = time.perf_counter(), time.process_time()
            random_numbers.seed(_number(settings.seed, progress.step), stage.device)
            rows = stage.batches.rows(progress.step)
            labels = stage.labels[rows].to(stage.device)
            scores = stage.model(to_device(stage.inputs[rows], stage.device))
            loss = F.cross_entropy(scores, labels)
        stage.optimizer.zero_grad()
        loss.backward()
        stage.optimizer.step()

        if not math.isfinite(value := loss.item()):
            raise Diverged
        progress.losses.append(value)
        progress.step += 1
        progress.images += len(labels)
        progress.seconds += time.perf_counter() - started
        progress.cpu_seconds += time.process_time() - started_cpu
        report(None)
        if stage.steps_done % stage.every == 0 or stage.steps_done == stage.n_steps:
            _keep(stage, stage.evaluate(), report)
            if settings.patience and progress.waited >= settings.patience:
                return "stopped early"
    return "finished"


def _keep(stage, point, report, begins=False):
    """Put a point on the curve, and keep the weights if they are the best so far."""
    progress = stage.progress
    progress.points.append(point)
    progress.losses.clear()
    progress.waited += 1
    if begins or is_better(point, progress.best_point):
        progress.best, progress.best_point = stage.network.changed_state(), point
        progress.waited = 0
    report(point)


class Batches:
    """The rows of each step's batch: another order in each epoch, decided by the seed."""

    def __init__(self, n, batch_size, seed):
        self.n, self.seed, self.per_epoch = n, seed, batches_per_epoch(n, batch_size)
        self._epoch, self._parts = None, ()

    def rows(self, step):
        """Indices of the images of one step: int64 tensor."""
        epoch, place = divmod(step, self.per_epoch)
        if epoch != self._epoch:
            generator = torch.Generator().manual_seed(_number(self.seed, epoch))
            order = torch.randperm(self.n, generator=generator)
            self._epoch, self._parts = epoch, order.tensor_split(self.per_epoch)
        return self._parts[place]


def _number(seed, step):
    """What all that is random in a step depends on."""
    return (seed * 1_000_003 + step) % 2**63


@torch.no_grad()
def _fits_in_memory(bottom, inputs, n_images):
    numbers = bottom(inputs[:1].to(next(bottom.parameters()).device)).numel()
    return 4 * numbers * n_images < psutil.virtual_memory().available / 2

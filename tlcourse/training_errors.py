"""What can go wrong in the middle of training, said in one sentence each."""

from contextlib import contextmanager

import torch

OUT_OF_MEMORY = ("out of memory", "not enough memory", "can't allocate memory")


class TrainingError(RuntimeError):
    """Training cannot go on: the message says why and what to change; ``run`` is what there is."""

    run = None


class Diverged(ArithmeticError):
    """The loss is no longer a finite number."""


@contextmanager
def explained(run):
    """Around the training of a run: what can go wrong raises a TrainingError."""
    settings = run.settings
    try:
        yield
    except Diverged:
        rate = settings.learning_rate
        sentence = (
            f"The loss is no longer a finite number after step {run.progress.step}, with learning "
            f"rate {rate:g}: lower learning_rate, to {rate / 10:g} say."
        )
    except (RuntimeError, MemoryError) as problem:
        if not _is_out_of_memory(problem):
            raise
        sentence = (
            f"Memory ran out on {settings.device} with batches of {settings.batch_size}: lower "
            f"batch_size, to {max(1, settings.batch_size // 2)} say, or freeze more of the bottom."
        )
    else:
        return
    if run.progress.points:
        run.network.load_changed_state(run.progress.best)
    run.network.eval()
    run.ended = sentence
    error = TrainingError(sentence)
    error.run = run
    raise error


def _is_out_of_memory(problem):
    kinds = MemoryError, torch.OutOfMemoryError
    return isinstance(problem, kinds) or any(words in str(problem) for words in OUT_OF_MEMORY)

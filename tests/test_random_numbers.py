"""torch's random numbers: those of the device are kept and seeded too, one thread at a time."""

import threading

import pytest
import torch

from tlcourse import random_numbers


def draw(number, device="cpu"):
    with random_numbers.kept(device):
        random_numbers.seed(number, device)
        return torch.rand(3, device=device).tolist()


def test_a_seed_gives_torchs_numbers_and_the_old_ones_go_on():
    torch.manual_seed(7)
    wanted = torch.rand(3).tolist()
    before = torch.get_rng_state()
    assert draw(7) == wanted
    with pytest.raises(KeyError), random_numbers.kept():
        torch.rand(1)
        raise KeyError
    assert torch.equal(torch.get_rng_state(), before)


def test_another_thread_waits():
    inside, order = threading.Event(), []

    def second():
        inside.set()
        draw(0)
        order.append("second")

    thread = threading.Thread(target=second)
    with random_numbers.kept():
        thread.start()
        inside.wait()
        thread.join(0.1)
        draw(1)  # the same thread may enter again
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_an_apple_gpus_numbers_are_kept_and_seeded(monkeypatch):
    generator = torch.Generator()
    monkeypatch.setattr(torch.mps, "get_rng_state", lambda device: generator.get_state())
    monkeypatch.setattr(torch.mps, "set_rng_state", lambda state, _: generator.set_state(state))
    monkeypatch.setattr(torch.mps, "manual_seed", generator.manual_seed)
    before, wanted = generator.get_state(), torch.Generator().manual_seed(5).get_state()
    with random_numbers.kept("mps"):
        random_numbers.seed(5, "mps")
        assert torch.equal(generator.get_state(), wanted)
    assert torch.equal(generator.get_state(), before)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA here")
@pytest.mark.parametrize("device", ["cuda", "cuda:0"])
def test_a_cuda_gpus_numbers_are_kept_and_seeded(device):
    before = torch.cuda.get_rng_state()
    assert draw(5, device) == draw(5, device) != draw(6, device)
    assert torch.equal(torch.cuda.get_rng_state(), before)

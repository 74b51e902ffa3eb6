"""What is computed neither touches the caller's random numbers nor depends on them."""

from __future__ import annotations

import random

import numpy as np
import torch
from torch import nn

from darlc.api import denoise
from darlc.config import Config, DenoiseConfig
from darlc.learn.random_state import WeightStream
from darlc.learn.train.run import train


def state() -> tuple[object, ...]:
    """Return all that libraries keep for a whole process and that a caller may rely on."""
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else []
    return (
        random.getstate(),
        str(np.random.get_state()),  # noqa: NPY002 - the one that callers share
        torch.get_rng_state().tolist(),
        [each.tolist() for each in cuda],
        torch.initial_seed(),
        torch.get_num_threads(),
        torch.get_default_dtype(),
        torch.is_grad_enabled(),
        torch.are_deterministic_algorithms_enabled(),
        torch.backends.cudnn.deterministic,
        torch.backends.cudnn.benchmark,
        np.geterr(),
    )


def test_a_stream_gives_what_a_seed_gives_and_leaves_torch_alone() -> None:
    torch.manual_seed(3)
    expected = [nn.Linear(4, 4).weight.detach(), nn.Linear(4, 4).weight.detach()]
    torch.manual_seed(8)
    before, stream = torch.get_rng_state(), WeightStream(3)
    for each in expected:
        with stream.active():
            torch.testing.assert_close(nn.Linear(4, 4).weight.detach(), each, rtol=0, atol=0)
        torch.testing.assert_close(torch.get_rng_state(), before)


def test_training_leaves_the_callers_random_state_alone(images, config) -> None:
    few, results = images.select(np.arange(60)), []
    for theirs in (1, 2):
        random.seed(theirs)
        np.random.seed(theirs)  # noqa: NPY002 - the one that callers share
        torch.manual_seed(theirs)
        before = state()
        for event in train(few, config):
            assert state() == before, event
        results.append(event.result)
    np.testing.assert_array_equal(results[0].embedding, results[1].embedding)
    assert results[0].weights == results[1].weights


def test_denoising_and_embedding_leave_it_alone(images, config, tissue) -> None:
    *_, last = train(images.select(np.arange(60)), config)
    before = state()
    last.result.embed(images.select(np.arange(60, 70)))
    last.result.denoise(images.select(np.arange(60, 65)))
    assert state() == before
    denoise(tissue, Config(denoise=DenoiseConfig(components=8, width=32, heads=2, epochs=2)))
    assert state() == before

"""What is too large for the machine, or too small for a pattern, is said before it is computed."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch

from darlc import estimate as estimating
from darlc.config import Config
from darlc.errors import InputError
from darlc.estimate import Sizes, estimate
from darlc.events import Estimated
from darlc.images.sgep_images import SGEPImages, rasterize
from darlc.learn.train.run import train
from darlc.learn.train.size_check import check_data, check_machine
from darlc.simulation.tissue import simulate
from darlc.wording import needs

GIB = 2**30


@pytest.fixture
def images() -> SGEPImages:
    return rasterize(simulate(seed=5, genes=60, clusters=3, depth=400.0, platform="st"))


def test_a_machine_that_is_too_small_is_refused_before_anything_is_computed(
    images, monkeypatch
) -> None:
    monkeypatch.setattr(estimating, "machine_memory", lambda: GIB // 8)
    with pytest.raises(InputError, match=r"genes \(60\) over .* this machine has 0.1 GiB"):
        next(train(images, Config(device="cpu")))


def test_the_first_thing_that_training_says_is_what_it_needs(images) -> None:
    config = Config.from_preset("quick", device="cpu")
    first = next(train(images, config))
    assert first == estimate(Sizes.of(images, config), config)
    assert isinstance(first, Estimated)
    assert re.fullmatch(
        r"Training needs about 0\.\d GiB of memory, and about a minute on one core\.",
        needs(first.memory, first.seconds),
    )


def test_nothing_is_said_where_nothing_was_measured() -> None:
    sizes = Sizes(10**6, 10**6)
    assert not list(check_machine(sizes, Config(), torch.device("cuda")))
    with pytest.raises(InputError, match="of memory, and this machine has"):
        list(check_machine(sizes, Config(), torch.device("cpu")))


def test_too_few_genes_or_pixels_are_refused(images) -> None:
    check_data(images, "auto")
    with pytest.raises(InputError, match="60 genes cannot be put into 61 clusters"):
        check_data(images, 61)
    few = rasterize(simulate(seed=5, genes=60, clusters=3, depth=400.0, platform="st")[:6].copy())
    with pytest.raises(InputError, match=r"covers \d pixels only"):
        check_data(few.select(np.arange(5)), "auto")

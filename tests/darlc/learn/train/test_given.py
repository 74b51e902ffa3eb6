"""Training of a section whose genes, views and clusters are known."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import darlc
from darlc.config import Config, DenoiseConfig, TrainConfig
from darlc.events import Finished, Losses
from darlc.images.selection import choose_genes
from darlc.learn.cluster.mixture.student_t import StudentMixture
from darlc.learn.denoise.denoiser import Denoiser
from darlc.learn.denoise.pooling import Pooling
from darlc.learn.devices import choose_device
from darlc.learn.study.known_clusters import KnownClusters
from darlc.learn.train.checkpoint import Checkpoint
from darlc.learn.train.given import Given
from darlc.learn.train.run import train_given

_CONFIG = Config(
    genes=40,
    device="cpu",
    denoise=DenoiseConfig(epochs=4),
    train=TrainConfig(pretrain_epochs=1, joint_epochs=1),
)


@pytest.fixture(scope="module")
def images() -> darlc.SGEPImages:
    return darlc.rasterize(darlc.simulate(2, genes=60, clusters=3, platform="st"))


def test_what_is_given_is_taken_and_the_rest_is_learnt(images) -> None:
    selection = choose_genes(images, 40)
    chosen = images.select(selection.genes)
    denoiser = Denoiser(chosen, _CONFIG.denoise, 5, choose_device("cpu"))
    for _ in denoiser.fit():
        pass
    denoiser.finish()
    state = {"basis": denoiser.basis, "scale": denoiser.scale}
    representation = {name: torch.from_numpy(each) for name, each in state.items()}
    random = np.random.default_rng(0)
    membership = random.dirichlet(np.ones(4), 60).astype(np.float32)
    known = KnownClusters(
        membership[:40],
        membership[40:],
        images.gene_names[selection.others],
        StudentMixture(4),
        True,
    )
    given = Given(selection, Pooling(1, {}), representation, known)
    nowhere = Checkpoint(None, False, str, _CONFIG)
    events = list(train_given(images, _CONFIG, lambda: False, given, nowhere))
    assert not any(isinstance(each, Losses) and each.stage == "denoise" for each in events)
    assert any(isinstance(each, Losses) and each.stage == "joint" for each in events)
    last = events[-1]
    assert isinstance(last, Finished)
    result = last.result
    drawing = np.isin(result.gene_names, chosen.gene_names)
    np.testing.assert_array_equal(result.drawing, drawing)
    np.testing.assert_array_equal(result.membership[drawing], membership[:40])
    np.testing.assert_array_equal(result.membership[~drawing], membership[40:])
    np.testing.assert_allclose(
        result.denoised[drawing], denoiser.view(chosen), atol=1e-4, rtol=1e-4
    )

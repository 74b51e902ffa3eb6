"""One small simulated tissue for all tests of what learns."""

from __future__ import annotations

import numpy as np
import pytest

from darlc.config import Config, DenoiseConfig, MixtureConfig, NetworkConfig, TrainConfig
from darlc.images.sgep_images import SGEPImages, rasterize
from darlc.simulation.tissue import simulate


@pytest.fixture(scope="session")
def tissue():
    """A simulated tissue of 160 genes that follow four patterns."""
    return simulate(seed=5, genes=160, clusters=4, depth=800.0, platform="st")


@pytest.fixture(scope="session")
def images(tissue) -> SGEPImages:
    return rasterize(tissue)


@pytest.fixture(scope="session")
def truth(tissue) -> np.ndarray:
    return tissue.var["pattern"].to_numpy()


@pytest.fixture(scope="session")
def config() -> Config:
    """Every part of the method, as small as it can be."""
    return Config(
        clusters=4,
        preset="quick",
        device="cpu",
        denoise=DenoiseConfig(components=8, width=32, heads=2, epochs=12),
        network=NetworkConfig(width=16, heads=2, depth=1, embedding=6, rank=4),
        mixture=MixtureConfig(restarts=2, moves=2),
        train=TrainConfig(pretrain_epochs=1, joint_epochs=2, batch=64),
    )

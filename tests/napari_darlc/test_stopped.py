"""A training that is stopped anywhere leaves a session that shows what was learned."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from darlc.config import Config, DenoiseConfig, MixtureConfig, NetworkConfig, TrainConfig
from darlc.events import Event
from darlc.images.sgep_images import SGEPImages
from darlc.learn.train.run import train
from napari_darlc.session.session import Session


def small(scale: str, number: object) -> Config:
    return Config(
        clusters=number,
        device="cpu",
        denoise=DenoiseConfig(components=4, width=8, heads=2, epochs=2),
        network=NetworkConfig(width=8, depth=1, heads=2, embedding=3, rank=2),
        mixture=MixtureConfig(scale=scale, restarts=1, moves=1),
        train=TrainConfig(pretrain_epochs=1, joint_epochs=2, batch=12),
    )


def stopped_after(n: int, seen: list[Event]) -> Callable[[], bool]:
    return lambda: len(seen) >= n


def watch(session: Session, images: SGEPImages, config: Config, at: int) -> int:
    """Train, stop after so many events; return how many there were."""
    seen: list[Event] = []
    session.begin()
    for event in train(images, config, stopped_after(at, seen)):
        seen.append(event)
        session.receive(event)
        if session.clusters is not None:
            assert len(session.clusters.cluster) == len(session.model.genes)
    return len(seen)


@pytest.mark.parametrize("number", [2, "auto"])
def test_a_session_shows_what_a_stopped_training_learned(
    session_with_tissue: Session, images: SGEPImages, number: object
) -> None:
    stop_at_events(session_with_tissue, images, small("spherical", number), apart=7)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("number", [2, "auto"])
@pytest.mark.parametrize("scale", ["tied", "spherical", "diagonal", "full"])
def test_so_it_does_wherever_it_was_stopped(
    session_with_tissue: Session, images: SGEPImages, scale: str, number: object
) -> None:
    stop_at_events(session_with_tissue, images, small(scale, number), apart=1)


def stop_at_events(session: Session, images: SGEPImages, config: Config, apart: int) -> None:
    """Stop after every so-many-th event, and look at what the session shows."""
    n = watch(session, images, config, at=10**6)
    for at in range(0, n, apart):
        watch(session, images, config, at)
        assert session.state == "ready" and session.unsaved
        result, model = session.result, session.model
        assert result is not None and model is not None
        assert result.stopped or result.stage == "assign"
        assert model.n_clusters == result.n_clusters == len(model.clusters.names)
        assert model.consensus.shape == (result.n_clusters, images.n_pixels)
        assert np.isfinite(model.consensus).all()

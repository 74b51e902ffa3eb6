"""Events of the engine's work, as plain records without torch, so that the viewer can read them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from darlc.results.denoised_views import GeneViews
from darlc.results.result import Result
from darlc.results.study import StudyResult

Stage = Literal["rasterize", "denoise", "pretrain", "search", "joint", "assign"]
STAGES: tuple[Stage, ...] = ("rasterize", "denoise", "pretrain", "search", "joint", "assign")


@dataclass(frozen=True)
class Devices:
    """The devices that training could use, best first, as torch names them."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class Estimated:
    """What a fit will need, before it starts: most bytes of memory, and seconds on one core."""

    memory: float
    seconds: float


@dataclass(frozen=True)
class Started:
    """Training begins: the device in use, and which genes are modelled.

    ``genes`` are positions among all genes of the images, (G,), in the order of every later
    array; ``notes`` say what was left out and why.
    """

    device: str
    genes: NDArray[np.int64]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Progress:
    """A step of a stage is done; ``seconds_left`` is an estimate for the whole run, or NaN."""

    stage: Stage
    step: int
    total: int
    seconds_left: float = float("nan")


@dataclass(frozen=True)
class Losses:
    """Mean losses of an epoch, by name; ``total`` is the one that the networks' optimiser saw.

    ``total`` does not hold ``counts``, the loss of the separate network for detail in patterns.
    """

    stage: Stage
    epoch: int
    values: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Denoised:
    """The denoised views of the drawing genes, (G, P), in log-normalised units."""

    views: GeneViews


@dataclass(frozen=True, eq=False)
class Memberships:
    """The current memberships, (G, K) float32, rows sum to 1.

    With ``patternless``, the last column is the group of genes without a pattern.
    """

    stage: Stage
    membership: NDArray[np.float32]
    patternless: bool = False


@dataclass(frozen=True, eq=False)
class Finished:
    """Training ended, or was stopped; ``result.stage`` is the last stage that was completed."""

    result: Result


@dataclass(frozen=True)
class AtSection:
    """A study turns to one of its sections: events until the next one are of it.

    ``name`` is empty where it turns to all of them together. ``part`` of ``parts`` is how far the
    study is.
    """

    name: str
    part: int
    parts: int


@dataclass(frozen=True, eq=False)
class StudyFinished:
    """The training of several sections together ended."""

    result: StudyResult


@dataclass(frozen=True)
class Failed:
    """The request failed; one sentence for the user."""

    message: str


Event = (
    Devices
    | Estimated
    | Started
    | Progress
    | Losses
    | Denoised
    | Memberships
    | Finished
    | AtSection
    | StudyFinished
    | Failed
)

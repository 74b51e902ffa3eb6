"""Where a training is between two epochs, kept in a file, so that it can be continued from there.

Only what cannot be computed again from the images is kept: the tissue's representation, the
networks with their optimisers, schedules and random numbers, the clusters, and the losses so far.
Views of genes and what counts are scored by are computed again, with the same outcome.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from darlc.config import Config
from darlc.events import STAGES, Losses, Stage
from darlc.io.parts.training_file import Training, damaged, read_training, write_training
from darlc.learn.denoise.denoiser import Denoiser
from darlc.learn.denoise.pooling import Pooling
from darlc.learn.train.given import Clusters
from darlc.learn.train.joint_step import Learner

_SEARCHED = STAGES.index("search")


class Checkpoint:
    """The file of a training, and the state that the training begins from.

    Parameters
    ----------
    path
        The file; None to keep nothing.
    resume
        Whether to continue what is in the file; where there is none, training begins anew.
    fingerprint
        Returns that of the images.
    config
        Settings of the fit.

    Raises
    ------
    InputError
        The file cannot be continued; the message says why.
    """

    def __init__(
        self, path: Path | None, resume: bool, fingerprint: Callable[[], str], config: Config
    ) -> None:
        self._path, self._config = path, config
        self._fingerprint = "" if path is None else fingerprint()
        self._begun: Training | None = None
        self._state: dict[str, Any] = {}
        self._failed = False
        self._last = ""
        if path is not None and resume and path.exists():
            self._begun = read_training(path)
            self._begun.check(self._fingerprint, config, path)
            self._state = _map(self._begun.values, np.ndarray, torch.from_numpy)
            self._last = self._begun.reached

    @property
    def resumed(self) -> str:
        """Where training continues, in words; empty where it begins anew."""
        return "" if self._begun is None else self._begun.reached

    def done(self, stage: Stage, epochs: int = 1) -> int:
        """Return how many of the epochs of a stage were done before."""
        if self._begun is None:
            return 0
        reached = STAGES.index(self._begun.stage)  # type: ignore[arg-type]
        if STAGES.index(stage) == reached and self._begun.epoch:
            return self._begun.epoch
        return epochs if STAGES.index(stage) <= reached else 0

    def run(self) -> tuple[Stage, dict[str, float], dict[str, list[float]]]:
        """Return the last stage completed, seconds by stage, and losses by name."""
        state = self._state
        return state["completed"], dict(state["timings"]), dict(state["history"])

    def pooling(self) -> Pooling:
        """Return the pooling that was chosen."""
        return Pooling(self._state["pooling"], dict(self._state["scores"]))

    def restore(self, part: str, load: Callable[[Mapping[str, Any]], None]) -> None:
        """Load a part, if the state has it.

        Raises
        ------
        InputError
            It does not fit what is trained here.
        """
        if part not in self._state:
            return
        try:
            load(self._state[part])
        except (KeyError, TypeError, ValueError, RuntimeError, AttributeError) as error:
            assert self._path is not None
            raise damaged(self._path, error) from error

    def losses(self) -> Iterator[Losses]:
        """Yield the losses so far, as they were reported."""
        history: dict[str, list[float]] = self._state.get("history", {})
        for stage in STAGES:
            named = {k.split("/")[1]: v for k, v in history.items() if k.startswith(f"{stage}/")}
            for epoch in range(max(map(len, named.values()), default=0)):
                values = {name: each[epoch] for name, each in named.items() if epoch < len(each)}
                yield Losses(stage, epoch, values)

    def keep(
        self,
        stage: Stage,
        epoch: int,
        about: Mapping[str, Any],
        parts: tuple[Denoiser, Learner | None, Clusters | None],
    ) -> str:
        """Write where training is; return a sentence where that fails for the first time.

        Parameters
        ----------
        stage, epoch
            The stage, and the epochs of it that are done; 0 at its end.
        about
            What ``run`` and ``pooling`` return: ``completed``, ``timings``, ``history``,
            ``pooling`` and ``scores``.
        parts
            What learns; None for what has not begun.
        """
        if self._path is None:
            return ""
        denoiser, learner, clusters = parts
        values: dict[str, Any] = {
            **about,
            "denoiser": {"basis": denoiser.basis, "scale": denoiser.scale},
        }
        if learner is not None:
            values["learner"] = learner.state_dict()
        if clusters is not None and STAGES.index(stage) >= _SEARCHED:
            values["clusters"] = clusters.state_dict()
        training = Training(
            stage, epoch, self._fingerprint, self._config.to_dict(), _map(values, Tensor, _array)
        )
        try:
            write_training(self._path, training)
        except OSError as error:
            if self._failed:
                return ""
            self._failed = True
            since = f"from {self._last}" if self._last else "from the beginning"
            return (
                f"The state of the training could not be written to {self._path} "
                f"({error.strerror or error}): if training is interrupted, it continues {since}."
            )
        self._last = training.reached
        return ""


def _array(tensor: Tensor) -> NDArray[Any]:
    return tensor.detach().cpu().numpy()


def _map(value: Any, kind: type, function: Callable[[Any], Any]) -> Any:
    """Replace all values of a kind within others."""
    if isinstance(value, kind):
        return function(value)
    if isinstance(value, Mapping):
        return {key: _map(each, kind, function) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_map(each, kind, function) for each in value]
    return value

"""Where the training of a study is, kept in a folder, so that it can be continued from there.

What is kept is what sections were described by, where the search ended, what was answered by it,
and the training of each section as that of a single one. Counts are computed again from the images.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from darlc.config import Config
from darlc.events import Stage
from darlc.images.sgep_images import SGEPImages
from darlc.io.parts.training_file import Training, damaged, read_training, write_training
from darlc.io.study.training_folder import (
    answers_path,
    described_path,
    remove_study_training,
    search_path,
    section_path,
)
from darlc.learn.cluster.split_merge import State
from darlc.learn.denoise.pooling import Pooling
from darlc.learn.study.section import Described, Library
from darlc.learn.train.checkpoint import Checkpoint


@dataclass(frozen=True, eq=False)
class Answers:
    """Of all genes with an answer: their positions (G,), and what `StudyResult` holds of them."""

    genes: NDArray[np.int64]
    membership: NDArray[np.float32]
    in_section: NDArray[np.float32]
    keeps: NDArray[np.float32]
    evidence: NDArray[np.float32]
    constancy: float


@dataclass(frozen=True)
class SectionFile:
    """Where the training of a section is kept, as `Checkpoint` takes it; of no path, nowhere."""

    path: Path | None
    resume: bool
    fingerprint: str

    def open(self, config: Config) -> Checkpoint:
        """Return the state that the training begins from; see `Checkpoint`."""
        return Checkpoint(self.path, self.resume, lambda: self.fingerprint, config)


class KeptStudy:
    """The folder of a training, and what of it was done before.

    Parameters
    ----------
    folder
        The folder; None to keep nothing.
    resume
        Whether to continue what is there; else it is deleted once there is something to keep.
    images
        Of all sections, by name.
    config
        Settings of the fit.
    """

    def __init__(
        self, folder: Path | None, resume: bool, images: Mapping[str, SGEPImages], config: Config
    ) -> None:
        self._keeps, self._folder = folder is not None, folder or Path()
        self._resume, self._config = resume, config
        self._fingerprint = study_fingerprint(images) if self._keeps else ""
        self._begun = False
        #: Sentences on what could not be kept.
        self.notes: list[str] = []

    def described(self, number: int) -> Described | None:
        """Return what a section brings to the search, if it was found before.

        Raises
        ------
        InputError
            It is of other data or settings, or damaged; so with all that is read here.
        """
        path = described_path(self._folder, number)
        if (values := self._read(path)) is None:
            return None
        with _whole(path):
            representation = {
                name: torch.from_numpy(each) for name, each in values["representation"].items()
            }
            pooling = Pooling(int(values["pooling"]), dict(values["scores"]))
            return Described(pooling, representation, values["embedding"])

    def keep_described(self, number: int, found: Described) -> None:
        """Keep what a section brings to the search."""
        values = {
            "pooling": found.pooling.factor,
            "scores": found.pooling.scores,
            "representation": _arrays(found.representation),
            "embedding": found.embedding,
        }
        self._write(described_path(self._folder, number), "denoise", values)

    def searched(self) -> tuple[State, list[Library]] | None:
        """Return where the search ended, and what it scored the sections by, if it was done."""
        path = search_path(self._folder)
        if (values := self._read(path)) is None:
            return None
        with _whole(path):
            tensors = {name: torch.from_numpy(each) for name, each in values["state"].items()}
            state = State(**tensors, objective=float(values["objective"]))
            return state, [Library(each, float(size)) for each, size in values["libraries"]]

    def keep_search(self, state: State, libraries: list[Library]) -> None:
        """Keep where the search ended, and what it scored the sections by."""
        tensors = dict(vars(state))
        values = {
            "objective": tensors.pop("objective"),
            "state": _arrays(tensors),
            "libraries": [(each.library, each.dispersion) for each in libraries],
        }
        self._write(search_path(self._folder), "search", values)

    def answers(self) -> Answers | None:
        """Return what is answered of genes, if it was found before."""
        path = answers_path(self._folder)
        if (values := self._read(path)) is None:
            return None
        with _whole(path):
            return Answers(**values)

    def keep_answers(self, answers: Answers) -> None:
        """Keep what is answered of genes."""
        self._write(answers_path(self._folder), "assign", asdict(answers))

    def section(self, number: int) -> SectionFile:
        """Return where the training of a section is kept."""
        path = section_path(self._folder, number) if self._keeps else None
        return SectionFile(path, self._resume, self._fingerprint)

    def file_of_one(self) -> Path | None:
        """Return the file of the training of the only section, in a folder that is there.

        Where there cannot be one, training says that it could not be written.
        """
        if not self._keeps:
            return None
        with suppress(OSError):
            self._folder.mkdir(exist_ok=True)
        return section_path(self._folder, 0)

    def _read(self, path: Path) -> Mapping[str, Any] | None:
        if not self._keeps or not self._resume or not path.exists():
            return None
        training = read_training(path)
        training.check(self._fingerprint, self._config, path)
        return training.values

    def _write(self, path: Path, stage: Stage, values: Mapping[str, Any]) -> None:
        if not self._keeps:
            return
        if not self._begun and not self._resume:
            remove_study_training(path.parent)
        self._begun = True
        training = Training(stage, 0, self._fingerprint, self._config.to_dict(), values)
        try:
            path.parent.mkdir(exist_ok=True)
            write_training(path, training)
        except OSError as error:
            if not self.notes:
                self.notes.append(
                    f"The state of the training could not be written to {path} "
                    f"({error.strerror or error}): if training is interrupted, it begins anew."
                )


def study_fingerprint(images: Mapping[str, SGEPImages]) -> str:
    """Return a hash of the names of sections, in order, and of their data."""
    parts = [f"{name}\n{each.fingerprint}" for name, each in images.items()]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@contextmanager
def _whole(path: Path) -> Iterator[None]:
    """Tell of values that are missing or wrong as of a damaged file."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise damaged(path, error) from error


def _arrays(tensors: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    return {
        name: each.detach().cpu().numpy() if isinstance(each, torch.Tensor) else np.asarray(each)
        for name, each in tensors.items()
    }

"""Answers of methods, kept in a folder: a run that was interrupted goes on where it stopped.

What is kept is found again only for the same images, request, seed, code and package versions.
The engine's code counts for our own answers only: those of others outlast a change to it.
"""

from __future__ import annotations

import functools
import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import darlc
from benchmarks.quality.methods import Answer, Method, ours
from benchmarks.quality.settings import Settings
from benchmarks.quality.tables import version, write_whole
from darlc.images.sgep_images import SGEPImages

#: What of the package every answer depends on, and what ours do.
_EVERY = (
    "images/sgep_images.py",
    "images/grid.py",
    "images/statistics.py",
    "learn/denoise/transform.py",
)
_ENGINE = (*_EVERY, "learn/**/*.py", "config.py")
#: What of the benchmark the answers of others depend on, and what ours do.
_OTHERS = ("methods.py", "baselines.py", "rivals_external.py")
_OURS = ("methods.py", "tasks/ablation.py", "tasks/retrieval.py")
_PACKAGES = ("torch", "torch-geometric", "scikit-learn", "scipy", "numpy")
_HERE = Path(__file__).parent
_PARTS = ("labels", "embedding", "confidence", "denoised")


def kept(settings: Settings, name: str, method: Method, *, engine: bool = False) -> Method:
    """Return a method that looks for its answer in the folder of kept ones first.

    Parameters
    ----------
    settings
        ``settings.shelf`` is the folder; None keeps nothing.
    name
        Of the method with all its settings: what tells its answers from those of others.
    method
        That answers where nothing is kept.
    engine
        Whether it is our engine that answers.
    """

    def keeping(images: SGEPImages, clusters: int | None, seed: int) -> Answer:
        answers = kept_many(
            settings,
            f"{name}, {clusters}, {seed}",
            images,
            lambda: one(images, clusters, seed),
            engine=engine,
        )
        return answers[name]

    def one(images: SGEPImages, clusters: int | None, seed: int) -> dict[str, Answer]:
        return {name: method(images, clusters, seed)}

    return keeping


def our(settings: Settings, **changes: Any) -> Method:
    """Return our fit with changes, as `benchmarks.quality.methods.ours` takes them, kept."""
    name = f"ours, {settings.preset}, {changes!r}"
    return kept(settings, name, ours(settings.preset, **changes), engine=True)


def kept_many(
    settings: Settings,
    request: str,
    images: SGEPImages,
    compute: Callable[[], dict[str, Answer]],
    *,
    engine: bool = False,
) -> dict[str, Answer]:
    """Return answers by name, from the folder of kept ones or computed and kept.

    Parameters
    ----------
    settings
        ``settings.shelf`` is the folder; None keeps nothing.
    request
        What is asked of the images.
    images
        The genes to cluster.
    compute
        That answers where nothing is kept.
    engine
        Whether it is our engine that answers.
    """
    if settings.shelf is None:
        return compute()
    key = hashlib.sha256("\n".join((request, of_images(images), of_code(engine))).encode())
    path = settings.shelf / f"{key.hexdigest()[:32]}.npz"
    if path.exists():
        return _read(path)
    answers = compute()
    settings.shelf.mkdir(parents=True, exist_ok=True)
    write_whole(path, _packed(answers))
    return answers


def of_images(images: SGEPImages) -> str:
    """Return a fingerprint of what methods see."""
    matrix = images.matrix
    digest = hashlib.sha256(images.values.encode())
    for part in (
        *(matrix.data, matrix.indices, matrix.indptr, np.array(matrix.shape)),
        *(images.grid.mask, images.grid.affine, images.observation_pixel),
    ):
        digest.update(str((part.dtype, part.shape)).encode())
        digest.update(np.ascontiguousarray(part).tobytes())
    digest.update("\n".join(map(str, images.gene_names)).encode())
    return digest.hexdigest()


@functools.cache
def of_code(engine: bool) -> str:
    """Return a fingerprint of the benchmark's methods, the packages and, for us, the engine."""
    digest = hashlib.sha256(" ".join(map(version, _PACKAGES)).encode())
    assert darlc.__file__ is not None
    package = Path(darlc.__file__).parent
    for folder, patterns in (
        (package, _ENGINE if engine else _EVERY),
        (_HERE, _OURS if engine else _OTHERS),
    ):
        for pattern in patterns:
            for path in sorted(folder.glob(pattern)):
                digest.update(path.read_bytes())
    return digest.hexdigest()


def _packed(answers: dict[str, Answer]) -> bytes:
    arrays: dict[str, Any] = {
        "names": np.array(list(answers)),
        "seconds": np.array([answer.seconds for answer in answers.values()]),
    }
    for i, answer in enumerate(answers.values()):
        for part in _PARTS:
            values = getattr(answer, part)
            if values is not None:
                arrays[f"{part}_{i}"] = values
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def _read(path: Path) -> dict[str, Answer]:
    with np.load(path, allow_pickle=False) as stored:
        return {
            str(name): Answer(
                **{part: stored.get(f"{part}_{i}") for part in _PARTS},
                seconds=float(stored["seconds"][i]),
            )
            for i, name in enumerate(stored["names"])
        }

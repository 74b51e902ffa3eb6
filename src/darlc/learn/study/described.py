"""One section of a study before its clusters are known: pooling, denoiser, linear embedding."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse

from darlc.config import Config
from darlc.errors import TrainingError
from darlc.events import Event, Losses, Progress
from darlc.images.pooling import pooled
from darlc.images.selection import Selection
from darlc.images.sgep_images import SGEPImages
from darlc.learn.denoise.denoiser import Denoiser
from darlc.learn.denoise.pooling import Grids, Pooling, compare_poolings
from darlc.learn.denoise.views import choose_basis, choose_kind, draw_views, weight_of_denoised


@dataclass(frozen=True, eq=False)
class Described:
    """What a section brings to the search for clusters.

    Parameters
    ----------
    pooling
        Of the model grid.
    representation
        The tissue's, as `Denoiser.load_state_dict` takes it.
    embedding
        (G, D) linear embedding of the study's drawing genes, rows of unit length; 0 for genes that
        cannot show a pattern in this section.
    """

    pooling: Pooling
    representation: dict[str, Any]
    embedding: NDArray[np.float32]


def describe(
    images: SGEPImages,
    selection: Selection,
    drawing: NDArray[np.int64],
    config: Config,
    device: torch.device,
    stop: Callable[[], bool],
) -> Iterator[Event | Described]:
    """Describe a section; yields events, and what was found last.

    Parameters
    ----------
    images
        All genes over the picture grid.
    selection
        The genes that draw patterns here.
    drawing
        (G,) positions of those that draw the study's.
    config
        Settings of the fit.
    device
        Where to compute.
    stop
        Called between epochs; once it returns True the denoiser's training ends.
    """
    grids = Grids.of(images, config, device, selection)
    pooling = Pooling(grids.tried[0], {})
    for best in compare_poolings(grids.drawing, grids.tried, config.denoise, config.seed, device):
        pooling = best
        yield Progress("rasterize", max(len(best.scores), 1), len(grids.tried))
    chosen = grids.everything(pooling).select(selection.genes)
    denoiser = Denoiser(chosen, config.denoise, config.seed, device)
    for epoch, loss in denoiser.fit():
        yield Losses("denoise", epoch, {"total": loss})
        yield Progress("denoise", epoch + 1, config.denoise.epochs)
        if stop():
            break
    denoiser.finish()
    kind = choose_kind(chosen, config.pixels)
    _, views = draw_views(denoiser, chosen, kind)
    basis = choose_basis(denoiser, views, kind, config.network.embedding)
    linear = _unit(
        _unit(views.raw @ basis) + weight_of_denoised(kind) * _unit(views.denoised @ basis)
    )
    if not np.isfinite(linear).all():
        raise TrainingError("denoise", "an embedding is not finite.")
    embedding = np.zeros((len(drawing), linear.shape[1]), dtype=np.float32)
    embedding[np.isin(drawing, selection.genes)] = linear
    representation = {
        "basis": torch.from_numpy(denoiser.basis),
        "scale": torch.from_numpy(denoiser.scale),
    }
    yield Described(pooling, representation, embedding)


def join(sections: list[Described], molecules: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return one embedding (G, D) of genes by those in all sections, rows of length √D.

    A section counts for a gene by its molecules there. The leading components are kept, as many as
    the longest embedding has.

    Parameters
    ----------
    sections
        S sections.
    molecules
        (G, S).
    """
    share = np.sqrt(molecules / np.maximum(molecules.sum(axis=1, keepdims=True), 1.0))
    wide = np.hstack([each.embedding * share[:, [i]] for i, each in enumerate(sections)])
    most = max(each.embedding.shape[1] for each in sections)
    left, scale, _ = np.linalg.svd(wide, full_matrices=False)
    together = _unit(left[:, :most] * scale[:most])
    return np.ascontiguousarray(together * np.sqrt(together.shape[1]), dtype=np.float32)


def molecules_of(images: SGEPImages, genes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the molecules of genes (g,) in all pixels."""
    matrix: sparse.csc_array = images.matrix[:, genes]
    return np.asarray(matrix.sum(axis=0), dtype=np.float64).ravel()


def _unit(rows: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return rows at length 1; those of length 0 stay."""
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return (rows / np.where(length > 0, length, 1.0)).astype(np.float32)


def model_images(images: SGEPImages, pooling: Pooling, drawing: NDArray[np.int64]) -> SGEPImages:
    """Return the study's drawing genes over the model grid of a section."""
    return pooled(images, pooling.factor).select(drawing)

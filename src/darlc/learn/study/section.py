"""What is computed of one section of a study, where its data are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor

from darlc.config import Config
from darlc.errors import InputError, TrainingError
from darlc.events import Event, Finished, Losses, Progress
from darlc.images.pooling import pooled
from darlc.images.selection import Selection, choose_genes
from darlc.images.sgep_images import SGEPImages
from darlc.learn.cluster.clustering import count_model
from darlc.learn.cluster.confidence import calibrate
from darlc.learn.cluster.count_model import CountModel
from darlc.learn.cluster.split_merge import CountClusters, State
from darlc.learn.denoise.denoiser import Denoiser
from darlc.learn.denoise.pooling import Grids, Pooling, compare_poolings, poolings
from darlc.learn.denoise.shrinkage import chunks
from darlc.learn.denoise.views import choose_basis, choose_kind, draw_views, weight_of_denoised
from darlc.learn.devices import choose_device, most_pixels
from darlc.learn.train.checkpoint import Checkpoint
from darlc.learn.train.given import Given
from darlc.learn.train.run import train_given
from darlc.results.denoised_views import DenoisedViews
from darlc.results.result import Result

#: As `calibrate` takes it: less than for memberships of a single fit. With as much, fewer genes
#: kept their pattern than the probabilities between .2 and .95 said, on simulated studies that are
#: not used for reported results; with this, of two real tissues whose molecules were dealt out to
#: two sections, no gene was called.
_OPTIMISM = 1.0


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
    stop
        Called between epochs; once it returns True the denoiser's training ends.
    """
    device = choose_device(config.device)
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


def choose_here(images: SGEPImages, name: str, config: Config) -> Selection:
    """Choose the genes that would draw the patterns of one section.

    Raises
    ------
    InputError
        There are too few; the message names the section.
    """
    budget = config.model_pixels or most_pixels(choose_device(config.device))
    try:
        return choose_genes(pooled(images, poolings(images, budget)[0]), config.genes)
    except InputError as error:
        raise InputError(f"{name}: {error}") from error


def molecules_of(images: SGEPImages, genes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the molecules of genes (g,) in all pixels."""
    matrix: sparse.csc_array = images.matrix[:, genes]
    return np.asarray(matrix.sum(axis=0), dtype=np.float64).ravel()


def count_here(
    images: SGEPImages, drawing: NDArray[np.int64], soft: NDArray[np.float32], config: Config
) -> CountModel:
    """Return the model of the drawing genes' counts; see `count_model`."""
    return count_model(images.select(drawing), soft, choose_device(config.device))


@dataclass(frozen=True, eq=False)
class Library:
    """What counts of a section are scored by: the library (P,), and the size φ."""

    library: NDArray[np.float32]
    dispersion: float


def library_of(model: CountModel) -> Library:
    """Return what counts are scored by."""
    return Library(model.library, model.dispersion)


def count_again(
    images: SGEPImages, drawing: NDArray[np.int64], found: Library, config: Config
) -> CountModel:
    """Return the model that ``count_here`` returned, by what it found."""
    chosen, device = images.select(drawing), choose_device(config.device)
    return CountModel(chosen.measured(), found.library, chosen.grid, found.dispersion, device)


@torch.no_grad()
def temperature(model: CountModel, state: State, config: Config) -> float:
    """Return by what log-likelihoods of a section are divided; see `calibrate`."""
    counts = CountClusters(model, config.count_weight)
    return calibrate(counts, state, config.seed, _OPTIMISM).temperature


@torch.no_grad()
def score_others(
    model: CountModel,
    images: SGEPImages,
    others: NDArray[np.int64],
    own: Tensor,
    state: State,
    config: Config,
) -> Tensor:
    """Return the scores (g, K) of genes that draw no patterns.

    Parameters
    ----------
    model
        Of the drawing genes.
    images
        Over the model grid.
    others
        (g,) positions of the genes.
    own
        (G, K) which clusters the drawing genes follow in this section.
    state
        Source of the prior on strengths.
    config
        Settings of the fit.
    """
    pattern = model.draw(own[:, :-1]).pattern
    plain = replace(state, log_weight=torch.zeros(own.shape[1]).to(own))
    scores = [own.new_zeros(0, own.shape[1])]
    for some in chunks(images.select(others)):
        counts = CountClusters(model.of_others(some.measured()), config.count_weight)
        scores.append(counts.explained(plain, pattern))
    return torch.cat(scores)


def train_here(
    images: SGEPImages,
    config: Config,
    stop: Callable[[], bool],
    given: Given,
    kept: Callable[[Config], Checkpoint],
) -> Iterator[Event]:
    """Train a section; yields events, the last with a result that is not bound to the images.

    Parameters
    ----------
    images, config, stop, given
        See `train_given`.
    kept
        Returns where the training is kept.
    """
    for event in train_given(images, config, stop, given, kept(config)):
        if isinstance(event, Finished):
            views = event.result.denoised
            assert isinstance(views, DenoisedViews)
            unbound = DenoisedViews(views.factors, _unbound)
            event = Finished(replace(event.result, denoised=unbound))
        yield event


def bound(result: Result, images: SGEPImages) -> Result:
    """Return the result of ``train_here``, bound to the images that it is of."""
    assert isinstance(result.denoised, DenoisedViews)
    genes = images.index(list(result.gene_names))
    views = DenoisedViews(result.denoised.factors, lambda rows: images.expression(genes[rows]))
    return replace(result, denoised=views)


def _unbound(rows: NDArray[np.int64]) -> NDArray[np.floating]:
    raise RuntimeError("call bound before views are asked for")


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


def _unit(rows: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return rows at length 1; those of length 0 stay."""
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return (rows / np.where(length > 0, length, 1.0)).astype(np.float32)

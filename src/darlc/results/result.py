"""The outcome of a fit, and what its arrays give directly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from darlc.config import Config
from darlc.images.grid import Grid
from darlc.images.statistics import standardised
from darlc.results.added_genes import AddedGenes
from darlc.results.clusters import Clusters
from darlc.results.palette import cluster_colours, cluster_names

if TYPE_CHECKING:
    from anndata import AnnData

    from darlc.images.sgep_images import SGEPImages
    from darlc.io.store import OnNote

#: Fewest summed memberships of a cluster with a consensus pattern.
LEAST_MASS = 1e-6


@dataclass(frozen=True, eq=False)
class Result:
    """The outcome of a fit.

    Parameters
    ----------
    gene_names
        (G,) the modelled genes; every array follows their order.
    embedding
        (G, D) float32.
    membership
        (G, K) float32 posterior over clusters; rows sum to 1.
    denoised
        (G, P) float16 denoised views over tissue pixels, log-normalised units.
    grid
        Where the pixels lie.
    observation_pixel
        (n_obs,) index of the observation's tissue pixel, -1 where it was left out.
    config
        Settings of the fit.
    stage
        The last stage that was completed; ``"assign"`` for a full run.
    stopped
        Whether the user stopped it early.
    device
        Device of the computation.
    fingerprint
        Hash of the images that were fitted.
    notes
        Sentences on what was assumed, left out and why.
    timings
        Seconds by stage.
    history
        Loss curves: by ``"stage/name"``, one value an epoch.
    mixture
        Parameters of the Student's t mixture, by name.
    weights
        The networks, safetensors bytes; empty where training stopped before there were any.
    versions
        Package versions of the run.
    cluster_names, cluster_colours
        (K,) names and ``#rrggbb`` colours, by column of ``membership``. A last cluster named
        ``"no pattern"`` gathers genes that no pattern explains better than none.
    edited
        The clusters as the user renamed, coloured, merged, split or hid them; None where they
        are the model's own. ``membership`` is never changed by them.
    added
        Genes outside the model that were denoised and embedded afterwards; None where there are
        none. They belong to no cluster.
    pinned
        Names of genes that the user keeps in view, in the order of pinning.
    adata
        The data that were fitted, for ``save``; never modified.
    """

    gene_names: NDArray[np.str_]
    embedding: NDArray[np.float32]
    membership: NDArray[np.float32]
    denoised: NDArray[np.float16]
    grid: Grid
    observation_pixel: NDArray[np.int64]
    config: Config
    stage: str = "assign"
    stopped: bool = False
    device: str = "cpu"
    fingerprint: str = ""
    notes: tuple[str, ...] = ()
    timings: dict[str, float] = field(default_factory=dict)
    history: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    mixture: dict[str, NDArray[Any]] = field(default_factory=dict)
    weights: bytes = b""
    versions: dict[str, str] = field(default_factory=dict)
    cluster_names: tuple[str, ...] = ()
    cluster_colours: tuple[str, ...] = ()
    edited: Clusters | None = None
    pinned: tuple[str, ...] = ()
    added: AddedGenes | None = None
    adata: AnnData | None = None

    def __post_init__(self) -> None:
        if not self.cluster_names:
            object.__setattr__(self, "cluster_names", cluster_names(self.n_clusters))
        if not self.cluster_colours:
            object.__setattr__(self, "cluster_colours", cluster_colours(self.n_clusters))

    @property
    def n_genes(self) -> int:
        """Number G of modelled genes."""
        return len(self.gene_names)

    @property
    def n_clusters(self) -> int:
        """Number K of clusters."""
        return int(self.membership.shape[1])

    @property
    def cluster_summary(self) -> str:
        """How many clusters there are, with edits, as text."""
        if self.edited is not None:
            return self.edited.summary()
        asked = self.config.clusters if self.n_clusters else None
        return self.clusters.summary(asked if isinstance(asked, int) else None)

    @cached_property
    def clusters(self) -> Clusters:
        """The model's own clusters, without edits."""
        return Clusters(self.membership, self.cluster_names, self.cluster_colours)

    @cached_property
    def cluster(self) -> NDArray[np.int64]:
        """(G,) column of the highest membership."""
        return self.clusters.cluster

    @cached_property
    def confidence(self) -> NDArray[np.float32]:
        """(G,) highest membership, in [0, 1]."""
        return self.clusters.confidence

    def consensus(self) -> NDArray[np.float32]:
        """Return each cluster's consensus pattern over tissue pixels, (K, P).

        The membership-weighted mean of the denoised views, each standardised within the tissue
        so that highly expressed genes do not dominate. A cluster without genes is NaN.
        """
        return consensus_pattern(self.denoised, self.membership)

    def embed(self, images: SGEPImages) -> NDArray[np.float32]:
        """Return embeddings of any genes, (g, D).

        Modelled genes have their row of ``embedding``, whatever the values of ``images``; for
        others see ``darlc.learn.encode.embedding``.
        """
        from darlc.learn.encode.embedding import embed

        return embed(self, images)

    def denoise(self, images: SGEPImages) -> NDArray[np.float32]:
        """Return denoised views of any genes, (g, P), log-normalised units.

        Modelled genes have their row of ``denoised``; for others see
        ``darlc.learn.encode.outside_genes``.
        """
        from darlc.learn.encode.outside_genes import denoise

        return denoise(self, images)

    def extend(self, images: SGEPImages, on_step: Callable[[int, int], None] | None = None) -> Self:
        """Return the same result with genes outside the model denoised and embedded, in ``added``.

        Genes that are modelled, or were added before, stay as they are. ``on_step`` is called
        with the genes done and all genes; see ``darlc.learn.encode.outside_genes``.
        """
        from darlc.learn.encode.outside_genes import extend

        return replace(self, added=extend(self, images, on_step))

    def with_data(self, adata: AnnData) -> Self:
        """Return the same result, bound to the data that it describes."""
        return replace(self, adata=adata)

    def to_adata(self, denoised_layer: bool = False) -> AnnData:
        """Return a copy of the data with the result in it, with the keys of a result file."""
        from darlc.io.result_file import to_adata

        return to_adata(self, denoised_layer)

    def save(
        self, path: str | Path, denoised_layer: bool = False, on_note: OnNote | None = None
    ) -> Path:
        """Write ``.h5ad`` or ``.zarr``; the file has its name only once it is complete.

        Data that files cannot hold are renamed or become text; ``on_note`` is called with a
        sentence on each such change; by default it is a `DataWarning`.
        """
        from darlc.io.result_file import save

        return save(self, Path(path), denoised_layer, on_note)


def consensus_pattern(
    denoised: NDArray[np.floating], membership: NDArray[np.floating]
) -> NDArray[np.float32]:
    """Return membership-weighted means of standardised views, (K, P), from (G, P) and (G, K)."""
    views = standardised(denoised)
    mass = membership.sum(axis=0, dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        pattern = (membership.astype(np.float32).T @ views) / mass[:, None]
    pattern[mass < LEAST_MASS] = np.nan
    return pattern.astype(np.float32)

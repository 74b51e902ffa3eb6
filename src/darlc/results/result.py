"""The outcome of a fit, and what its arrays give directly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from typing_extensions import deprecated

from darlc.config import SMOOTHNESS, Config
from darlc.errors import InputError
from darlc.images.grid import Grid
from darlc.images.selection import shows_pattern
from darlc.results.clusters import Clusters
from darlc.results.denoised_views import GeneViews, consensus_pattern
from darlc.results.gene_rows import flat_views, rows_of
from darlc.results.gene_sets import GeneSets, sets_in
from darlc.results.palette import cluster_colours, cluster_names
from darlc.results.raw_views import bound_views
from darlc.results.second_patterns import SecondPatterns
from darlc.results.tissue_regions import strongest_pattern

if TYPE_CHECKING:
    from anndata import AnnData

    from darlc.images.sgep_images import SGEPImages
    from darlc.io.store import OnNote
    from darlc.report.widget import Explorer

#: No sets of the result's own yet: those that its data hold are taken over, by this very object.
_AS_IN_THE_DATA = GeneSets()


@dataclass(frozen=True, eq=False)
class Result:
    """The outcome of a fit.

    Parameters
    ----------
    gene_names
        (G,) the genes with an answer; every array follows their order.
    embedding
        (G, D) float32.
    membership
        (G, K) float32 posterior over clusters; rows sum to 1.
    denoised
        (G, P) denoised views over tissue pixels, log-normalised units, computed when rows are
        asked for; an array where an older file holds one.
    grid
        Where the pixels lie: the picture grid.
    observation_pixel
        (n_obs,) index of the observation's tissue pixel, -1 where it was left out.
    config
        Settings of the fit.
    second_patterns
        Genes that are sums of two clusters' patterns, and in what shares; None without counts, and
        in results of several sections and of earlier versions.
    drawing
        (G,) which genes drew the patterns; by default all. The others were answered by them.
    pooling
        Pixels of the picture grid along the side of one of the model grid, on which networks and
        clusters were learnt.
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
    pinned
        Names of genes that the user keeps in view, in the order of pinning.
    gene_sets
        Named sets of genes, by their names in the data, each with a record of how it was made;
        by default those that the data hold already.
    adata
        The data that were fitted, for ``save``; never modified.

    Examples
    --------
    >>> result = darlc.load("result.h5ad")
    >>> result.membership.shape == (result.n_genes, result.n_clusters)
    True
    >>> sure = result.gene_names[result.confidence > 0.9]
    """

    gene_names: NDArray[np.str_]
    embedding: NDArray[np.float32]
    membership: NDArray[np.float32]
    denoised: GeneViews
    grid: Grid
    observation_pixel: NDArray[np.int64]
    config: Config
    second_patterns: SecondPatterns | None = None
    drawing: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, dtype=bool))
    pooling: int = 1
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
    gene_sets: GeneSets = _AS_IN_THE_DATA
    adata: AnnData | None = None

    def __post_init__(self) -> None:
        if self.gene_sets is _AS_IN_THE_DATA and self.adata is not None:
            object.__setattr__(self, "gene_sets", sets_in(self.adata.uns))
        if not len(self.drawing):
            object.__setattr__(self, "drawing", np.ones(self.n_genes, dtype=bool))
        if not self.cluster_names:
            object.__setattr__(self, "cluster_names", cluster_names(self.n_clusters))
        if not self.cluster_colours:
            object.__setattr__(self, "cluster_colours", cluster_colours(self.n_clusters))

    @property
    def n_genes(self) -> int:
        """Number G of genes with an answer."""
        return len(self.gene_names)

    @property
    def bin_size(self) -> float | None:
        """Side of a pixel with which the same data give the same pixels; None for the default.

        That of binned pixels is the result's own, as earlier versions chose larger ones.
        """
        if self.config.bin_size is None and self.grid.layout == "binned":
            return float(self.grid.affine[0, 1])
        return self.config.bin_size

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

    @property
    def shown_clusters(self) -> Clusters:
        """The clusters as the user edited them; the model's own where they were not."""
        return self.clusters if self.edited is None else self.edited

    @property
    def shown_second(self) -> SecondPatterns | None:
        """Second patterns among the clusters as the user edited them."""
        if self.second_patterns is None:
            return None
        return self.second_patterns.shown(self.clusters, self.shown_clusters)

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

        The membership-weighted mean of the drawing genes' views, each standardised within the
        tissue so that highly expressed genes do not dominate. A cluster without such genes is NaN.
        """
        return consensus_pattern(self.denoised, self.membership, self.drawing)

    def regions(self, smoothness: float = SMOOTHNESS) -> NDArray[np.int64]:
        """Return the cluster whose pattern is strongest at each tissue pixel, (P,).

        Of the clusters as they are shown, with edits; see `strongest_pattern`.

        Parameters
        ----------
        smoothness
            Standard deviation, in pixels, of the smoothing of patterns; 0 for none.
        """
        clusters = self.shown_clusters
        consensus = consensus_pattern(self.denoised, clusters.membership, self.drawing)
        return strongest_pattern(consensus, clusters, self.grid, smoothness)

    def embed(self, images: SGEPImages) -> NDArray[np.float32]:
        """Return embeddings of any genes, (g, D).

        Genes of the result have their row of ``embedding``, whatever the values of ``images``; for
        others see ``darlc.learn.encode.embedding``.
        """
        from darlc.learn.encode.embedding import embed

        return embed(self, images)

    def denoise(self, images: SGEPImages) -> NDArray[np.float32]:
        """Return denoised views of any genes, (g, P), log-normalised units.

        Genes of the result have their row of ``denoised``. Others have a flat view where too few
        molecules show a pattern; else, as in results of earlier versions, which hold fewer genes,
        they are denoised by the stored weights (``darlc.learn.encode.other_views``).
        """
        rows = rows_of(self, images)
        views = np.empty((images.n_genes, images.n_pixels), dtype=np.float32)
        views[rows >= 0] = self.denoised[rows[rows >= 0]]
        rest = np.flatnonzero(rows < 0)
        shown = shows_pattern(images.select(rest)) & bool(self.weights)
        views[rest[~shown]] = flat_views(images.select(rest[~shown]))
        if shown.any():
            from darlc.learn.encode.other_views import denoise_others

            views[rest[shown]] = denoise_others(self, images.select(rest[shown]))
        return views

    @deprecated(
        "Result.extend is not needed, as every gene with enough molecules has an answer: it goes "
        "with darlc 0.3."
    )
    def extend(self, images: SGEPImages, on_step: Callable[[int, int], None] | None = None) -> Self:
        """Return the result as it is: every gene with enough molecules has an answer."""
        return self

    def with_data(self, adata: AnnData) -> Self:
        """Return the same result, bound to the data that it describes."""
        return replace(self, adata=adata, denoised=bound_views(self, adata))

    def explore(self, most_genes: int = 3000, **more: Any) -> Explorer:
        """Return a notebook widget to walk through the genes.

        Parameters
        ----------
        most_genes
            Most genes that are shown.
        more
            ``plane="pca"`` for a gene map without UMAP, which takes no time, and ``collection``,
            gene sets to test the clusters for; see `darlc.report.widget.Explorer`.

        Raises
        ------
        InputError
            The package anywidget is missing, the result is not bound to its data, or no set of the
            collection can be tested.
        """
        try:
            from darlc.report.widget import Explorer
        except ModuleNotFoundError as error:
            raise InputError(
                f"the package {error.name} is missing: install napari-darlc[notebook]."
            ) from error
        return Explorer(self, most_genes, **more)

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

"""Shown: an immutable snapshot of everything that the views of a viewer show."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from darlc.data.dataset import Dataset
from darlc.images.sgep_images import SGEPImages
from darlc.results.clusters import Clusters
from darlc.results.raw_views import views_over
from darlc.results.result import Result
from napari_darlc.session.history import Chosen
from napari_darlc.session.model import Model
from napari_darlc.session.open_study import OpenStudy
from napari_darlc.session.saved import Saved

State = Literal["empty", "ready", "starting", "training", "stopping"]


@dataclass(frozen=True, eq=False)
class Shown:
    """A consistent state of dataset, model, result and selection.

    It is replaced as a whole, never modified, so that a reference to it, such as in a thread, stays
    consistent.

    Parameters
    ----------
    dataset, images
        The data and their SGEP images; None before any are opened.
    gene_labels
        (n_genes,) displayed labels of all genes.
    model, result
        Views, clusters and embeddings so far, and the complete result.
    saved
        Saved state of the result.
    gene
        Position of the current gene among all genes.
    cluster
        The cluster that is singled out; -1 for none.
    coloured
        Whether the SGEP layers take the colour of the gene's cluster.
    chosen
        The state that undo and redo restore.
    state
        State of training.
    study
        The study that the dataset is a section of; None for other datasets.

    Raises
    ------
    ValueError
        The parts are of different genes.
    """

    dataset: Dataset | None = None
    images: SGEPImages | None = None
    gene_labels: NDArray[np.str_] = field(default_factory=lambda: np.empty(0, dtype=np.str_))
    model: Model | None = None
    result: Result | None = None
    saved: Saved | None = None
    gene: int = 0
    cluster: int = -1
    coloured: bool = False
    chosen: Chosen = field(default_factory=Chosen)
    state: State = "empty"
    study: OpenStudy | None = None

    def __post_init__(self) -> None:
        n_genes = 0 if self.images is None else self.images.n_genes
        n_clusters = 0 if self.model is None else self.model.n_clusters
        last = self.chosen.selection[-1] if len(self.chosen.selection) else -1
        for name, number, end in (
            ("labels", len(self.gene_labels), n_genes + 1),
            ("gene", self.gene, max(n_genes, 1)),
            ("cluster", self.cluster + 1, n_clusters + 1),
            ("selection", last, n_genes),
            ("pins", max(self.chosen.pinned, default=-1), n_genes),
        ):
            if number >= end:
                raise ValueError(f"{name} do not belong to these {n_genes} genes: {number}.")
        if len(self.gene_labels) != n_genes:
            raise ValueError(f"there are {len(self.gene_labels)} labels for {n_genes} genes.")

    @property
    def gene_name(self) -> str:
        """Name of the current gene; empty without a dataset."""
        return "" if self.images is None else str(self.images.gene_names[self.gene])

    @property
    def gene_label(self) -> str:
        """Displayed label of the current gene; empty without a dataset."""
        return "" if self.images is None else str(self.gene_labels[self.gene])

    def cluster_of(self, gene: int) -> int:
        """Return the cluster of a gene (position among all genes); -1 where it has none."""
        if self.model is None or (row := self.model.row_of.get(gene)) is None:
            return -1
        return int(self.model.cluster[row])

    def names_of(self, genes: tuple[int, ...]) -> tuple[str, ...]:
        """Return the names of genes by their positions among all genes."""
        assert self.images is not None
        return tuple(str(name) for name in self.images.gene_names[list(genes)])

    def with_chosen(self, chosen: Chosen) -> Self:
        """Return it with other choices; pins and sets go into the result, to be saved with it."""
        result = self.result
        if result is not None and chosen.gene_sets is not self.chosen.gene_sets:
            result = replace(result, gene_sets=chosen.gene_sets)
        if result is not None and chosen.pinned != self.chosen.pinned:
            result = replace(result, pinned=self.names_of(chosen.pinned))
        return replace(self, chosen=chosen, result=result)

    def possible(self, cluster: int) -> int:
        """Return a cluster if it exists; otherwise -1."""
        return (
            cluster if 0 <= cluster < (0 if self.model is None else self.model.n_clusters) else -1
        )

    def with_colours(self) -> Self:
        """Return it with genes coloured by cluster, at the first clusters of a training only."""
        first = self.model is None or self.model.clusters is None
        return replace(self, coloured=self.coloured or first)

    def with_result(self, result: Result, model: Model | None = None) -> Self:
        """Return it with a complete result, and its model, if that was computed already."""
        assert self.images is not None and self.dataset is not None
        pinned = self.chosen.pinned
        if pinned:  # pinned during training, or the result has no pins
            result = replace(result, pinned=self.names_of(pinned))
        else:
            pinned = tuple(self.images.index(result.pinned).tolist())
        if model is None:
            genes = self.images.index([str(name) for name in result.gene_names])
            result = replace(result, denoised=views_over(result.denoised, self.images, genes))
            model = Model.of(result, genes)
        result = replace(result, adata=self.dataset.adata)
        sets = self.chosen.gene_sets
        if len(sets):  # made before training ended
            result = replace(result, gene_sets=sets)
        chosen = replace(
            self.chosen, edited=result.edited, pinned=pinned, gene_sets=result.gene_sets
        )
        cluster = self.cluster if self.cluster < model.n_clusters else -1
        return replace(self, result=result, model=model, chosen=chosen, cluster=cluster)

    def with_sets_of_study(self, before: Shown, discarded: bool) -> Self:
        """Return it with the gene sets of all sections of its study; of one name, its own.

        Parameters
        ----------
        before
            What was shown before; another section of the study is taken as it was left.
        discarded
            Whether it was left without saving: it is then taken as in its file.
        """
        study, left = self.study, before.study
        assert study is not None
        sets = {
            name: each.gene_sets
            for name, each in zip(study.result.section_names, study.result.sections, strict=True)
        }
        if left is not None and left.result is study.result and not discarded:
            sets[left.section] = before.chosen.gene_sets
        sets.pop(study.section)
        mine = self.chosen.gene_sets
        for others in sets.values():
            mine = mine.added(*(each for each in others if each.name not in mine))
        return self.with_chosen(replace(self.chosen, gene_sets=mine))

    def chosen_as_in(self, other: Shown) -> Self:
        """Return it with the selection, cluster and colouring of another section of its study."""
        assert self.images is not None and other.images is not None
        selected = other.images.gene_names[other.chosen.selection]
        selection = np.flatnonzero(np.isin(self.images.gene_names, selected))
        only = other.chosen.only_selected and len(selection) > 0
        names = () if self.model is None else self.model.names
        name = "" if other.model is None or other.cluster < 0 else other.model.names[other.cluster]
        cluster = names.index(name) if name in names else -1
        return replace(
            self,
            chosen=replace(self.chosen, selection=selection, only_selected=only),
            cluster=cluster,
            coloured=other.coloured,
        )

    def with_clusters(self, clusters: Clusters) -> Self:
        """Return it with other clusters of the same genes; matches the singled-out one by name."""
        model, cluster = self.model, self.cluster
        assert model is not None
        if cluster >= 0:
            name = model.names[cluster]
            if name in clusters.names:
                cluster = clusters.names.index(name)
            elif model.n_clusters != clusters.n_clusters:
                cluster = -1  # it was renamed otherwise
        return replace(self, model=model.with_clusters(clusters), cluster=cluster)

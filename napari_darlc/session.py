"""Session: the one model of dataset, training, result and selection that every view follows."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from darlc.data.dataset import Dataset
from darlc.data.gene_labels import gene_labels
from darlc.data.images import SGEPImages
from darlc.data.palette import cluster_colours, cluster_names
from darlc.data.result import Result, consensus_pattern
from darlc.events import Denoised, Event, Finished, Memberships, Started

State = Literal["empty", "ready", "starting", "training", "stopping"]


class Model:
    """What is known of the genes so far: live while training runs, final after it.

    Parameters
    ----------
    genes
        (G,) positions of the modelled genes among all genes.
    denoised
        (G, P) float16 in log-normalised units, or None before the denoise stage has ended.
    membership
        (G, K) float32, or None before there are clusters.
    """

    def __init__(
        self,
        genes: NDArray[np.int64],
        denoised: NDArray[np.float16] | None = None,
        membership: NDArray[np.float32] | None = None,
        names: tuple[str, ...] = (),
        colours: tuple[str, ...] = (),
    ) -> None:
        self.genes = genes
        self.denoised = denoised
        self.membership = membership
        n_clusters = 0 if membership is None else membership.shape[1]
        self.names = names or cluster_names(n_clusters)
        self.colours = colours or cluster_colours(n_clusters)

    @property
    def n_clusters(self) -> int:
        """Number K of clusters; 0 before there are any."""
        return 0 if self.membership is None else int(self.membership.shape[1])

    @cached_property
    def row_of(self) -> dict[int, int]:
        """Row of a modelled gene, by its position among all genes."""
        return {int(gene): row for row, gene in enumerate(self.genes)}

    @cached_property
    def cluster(self) -> NDArray[np.int64]:
        """(G,) cluster of each modelled gene; -1 before there are any."""
        if self.membership is None:
            return np.full(len(self.genes), -1, dtype=np.int64)
        return self.membership.argmax(axis=1).astype(np.int64)

    @cached_property
    def confidence(self) -> NDArray[np.float32]:
        """(G,) highest membership; NaN before there are any."""
        if self.membership is None:
            return np.full(len(self.genes), np.nan, dtype=np.float32)
        return self.membership.max(axis=1).astype(np.float32)

    @cached_property
    def consensus(self) -> NDArray[np.float32] | None:
        """(K, P) consensus patterns; None before there are clusters."""
        if self.membership is None or self.denoised is None:
            return None
        return consensus_pattern(self.denoised, self.membership)


class Session:
    """Dataset, model, result and selection of one viewer; no Qt, testable alone.

    All methods are called on the GUI thread (or in tests, on one thread).
    """

    #: A dataset was opened or replaced; the model and result are empty again.
    dataset_changed = Signal()
    #: Denoised views became available or changed.
    denoised_changed = Signal()
    #: Memberships changed: colours, frames and consensus patterns follow.
    clusters_changed = Signal()
    #: A result is complete (or was loaded), or is gone.
    result_changed = Signal()
    #: Another gene is shown: its position among all genes.
    gene_changed = Signal(int)
    #: One cluster is singled out: its column, -1 for none.
    cluster_selected = Signal(int)
    #: Genes are to be shown in their cluster's colour, or not.
    coloured_changed = Signal(bool)
    #: ``state`` changed.
    state_changed = Signal(str)
    #: Anything that training said, in order.
    event_received = Signal(object)

    def __init__(self) -> None:
        self.dataset: Dataset | None = None
        self.images: SGEPImages | None = None
        self.model: Model | None = None
        self.result: Result | None = None
        #: What every gene is called on the screen.
        self.gene_labels: NDArray[np.str_] = np.empty(0, dtype=np.str_)
        self._before: tuple[Model | None, Result | None, int, bool] = (None, None, -1, False)
        self._gene = 0
        self._cluster = -1
        self._coloured = False
        self._state: State = "empty"

    @property
    def state(self) -> State:
        """What is going on: ``empty`` → ``ready`` → ``starting`` → ``training`` → ``ready``."""
        return self._state

    @state.setter
    def state(self, state: State) -> None:
        if state != self._state:
            self._state = state
            self.state_changed.emit(state)

    @property
    def gene(self) -> int:
        """Position of the current gene among all genes."""
        return self._gene

    @gene.setter
    def gene(self, gene: int) -> None:
        if self.images is None or not 0 <= gene < self.images.n_genes or gene == self._gene:
            return
        self._gene = gene
        self.gene_changed.emit(gene)

    @property
    def gene_name(self) -> str:
        """Name of the current gene; empty without a dataset."""
        return "" if self.images is None else str(self.images.gene_names[self._gene])

    @property
    def gene_label(self) -> str:
        """What the current gene is called on the screen; empty without a dataset."""
        return "" if self.images is None else str(self.gene_labels[self._gene])

    @property
    def cluster(self) -> int:
        """The cluster that is singled out; -1 for none."""
        return self._cluster

    @cluster.setter
    def cluster(self, cluster: int) -> None:
        n_clusters = 0 if self.model is None else self.model.n_clusters
        cluster = cluster if 0 <= cluster < n_clusters else -1
        if cluster != self._cluster:
            self._cluster = cluster
            self.cluster_selected.emit(cluster)

    @property
    def coloured(self) -> bool:
        """Whether the SGEP layers take the colour of the gene's cluster."""
        return self._coloured

    @coloured.setter
    def coloured(self, coloured: bool) -> None:
        if coloured != self._coloured:
            self._coloured = coloured
            self.coloured_changed.emit(coloured)

    def open(
        self, dataset: Dataset, images: SGEPImages, result: Result | None = None, gene: int = 0
    ) -> None:
        """Show a dataset, with the result that its file held, if any, at one of its genes."""
        self.dataset, self.images = dataset, images
        self.gene_labels = gene_labels(dataset.adata)
        self.model, self.result = None, None
        self._gene = gene
        self.cluster = -1
        self.state = "ready"
        self.dataset_changed.emit()
        if result is not None:
            self._accept(result)

    def begin(self) -> None:
        """Training is about to start; what was shown before is kept for ``cancel``."""
        self._before = (self.model, self.result, self._cluster, self._coloured)
        self.cluster = -1
        self.state = "starting"

    def receive(self, event: Event) -> None:
        """Follow an event of training."""
        if isinstance(event, Started):
            self.model = Model(event.genes)
            if self._state != "stopping":
                self.state = "training"
        elif isinstance(event, Denoised) and self.model is not None:
            self.model = Model(self.model.genes, event.values, self.model.membership)
            self.denoised_changed.emit()
        elif isinstance(event, Memberships) and self.model is not None:
            labels = event.membership.shape[1], event.patternless
            self.model = Model(
                self.model.genes,
                self.model.denoised,
                event.membership,
                cluster_names(*labels),
                cluster_colours(*labels),
            )
            self.cluster = self._cluster  # none any more, if there are fewer clusters now
            self.clusters_changed.emit()
        elif isinstance(event, Finished):
            self._accept(event.result)
            self.state = "ready"
        self.event_received.emit(event)

    def cancel(self) -> None:
        """Forget the training that was running: the session is as it was before ``begin``."""
        self.model, self.result, cluster, coloured = self._before
        self.coloured = coloured
        self.state = "ready"
        self.denoised_changed.emit()
        self.clusters_changed.emit()
        self.result_changed.emit()
        self.cluster = cluster

    def cluster_of(self, gene: int) -> int:
        """Return the cluster of a gene (position among all genes); -1 where it has none."""
        if self.model is None or (row := self.model.row_of.get(gene)) is None:
            return -1
        return int(self.model.cluster[row])

    def colour_of(self, gene: int) -> str | None:
        """Return the colour of a gene's cluster; None where it has none."""
        cluster = self.cluster_of(gene)
        return None if cluster < 0 or self.model is None else self.model.colours[cluster]

    def _accept(self, result: Result) -> None:
        assert self.images is not None
        if self.dataset is not None:
            result = replace(result, adata=self.dataset.adata)
        self.result = result
        self.model = Model(
            self.images.index([str(name) for name in result.gene_names]),
            result.denoised,
            result.membership,
            result.cluster_names,
            result.cluster_colours,
        )
        self.denoised_changed.emit()
        self.clusters_changed.emit()
        self.result_changed.emit()

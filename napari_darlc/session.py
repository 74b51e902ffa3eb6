"""Session: the one model of dataset, training, result and selection that every view follows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from psygnal import Signal

from darlc.data.clusters import Clusters
from darlc.data.dataset import Dataset
from darlc.data.gene_labels import gene_labels
from darlc.data.images import SGEPImages
from darlc.data.palette import cluster_colours, cluster_names
from darlc.data.result import Result
from darlc.errors import InputError
from darlc.events import Denoised, Event, Finished, Memberships, Started
from napari_darlc.history import History, Snapshot
from napari_darlc.model import Model

__all__ = ["Model", "Session", "State"]

State = Literal["empty", "ready", "starting", "training", "stopping"]


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
    #: Other genes are selected, or none.
    selection_changed = Signal()
    #: Only the selected genes are shown, or all.
    only_selected_changed = Signal(bool)
    #: Genes were pinned or let go.
    pinned_changed = Signal()
    #: What can be undone or redone changed, or whether there is something to save.
    history_changed = Signal()
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
        self._before: tuple[Model | None, Result | None, int, bool, History] | None
        self._before = None
        self._gene = 0
        self._cluster = -1
        self._coloured = False
        self._chosen = Snapshot()
        self._history = History()
        self._saved: Result | None = None
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

    @property
    def selection(self) -> NDArray[np.int64]:
        """Sorted positions of the selected genes among all genes; empty for none."""
        return self._chosen.selection

    @selection.setter
    def selection(self, genes: ArrayLike) -> None:
        self.select(genes, only=self.only_selected)

    @property
    def only_selected(self) -> bool:
        """Whether gallery and table show the selected genes only; never without a selection."""
        return self._chosen.only_selected

    @only_selected.setter
    def only_selected(self, only: bool) -> None:
        self.select(self.selection, only=only)

    def select(self, genes: ArrayLike, only: bool = True) -> None:
        """Select genes, by position among all genes, and show only these or all."""
        n_genes = 0 if self.images is None else self.images.n_genes
        selection = np.unique(np.asarray(genes, dtype=np.int64))
        selection = selection[(selection >= 0) & (selection < n_genes)]
        only = only and len(selection) > 0
        if not len(selection):
            description = "clear the selection"
        elif np.array_equal(selection, self.selection):
            description = "show only the selection" if only else "show all genes"
        else:
            description = f"select {_genes(len(selection))}"
        self._step(description, selection=selection, only_selected=only)

    @property
    def pinned(self) -> tuple[int, ...]:
        """Positions of the pinned genes among all genes, in the order of pinning."""
        return self._chosen.pinned

    def pin(self, gene: int) -> None:
        """Pin a gene, by its position among all genes, or let it go."""
        if self.images is None or not 0 <= gene < self.images.n_genes:
            return
        label = self.gene_labels[gene]
        if gene in self.pinned:
            rest = tuple(pinned for pinned in self.pinned if pinned != gene)
            self._step(f"unpin {label}", pinned=rest)
        else:
            self._step(f"pin {label}", pinned=(*self.pinned, int(gene)))

    @property
    def clusters(self) -> Clusters | None:
        """The clusters as they are edited, live while training runs; None before there are any."""
        return None if self.model is None else self.model.clusters

    @property
    def editable(self) -> bool:
        """Whether there are clusters that can be edited: those of a complete result."""
        return self._state == "ready" and self.result is not None and self.clusters is not None

    @property
    def edited(self) -> bool:
        """Whether the clusters differ from the model's own."""
        return self.result is not None and self.result.edited is not None

    def edit(self, description: str, clusters: Clusters | None) -> None:
        """Replace the clusters by edited ones, or, with None, by the model's own.

        Parameters
        ----------
        description
            What was done, as an imperative: "rename 3 to myelin".
        clusters
            Of the same genes.

        Raises
        ------
        InputError
            There is no complete result yet, or training runs.
        """
        if not self.editable:
            raise InputError("clusters can be edited once training has ended: wait or stop it.")
        self._step(description, edited=clusters)

    @property
    def can_undo(self) -> str:
        """What ``undo`` would take back; empty where there is nothing."""
        return self._history.can_undo

    @property
    def can_redo(self) -> str:
        """What ``redo`` would do again; empty where there is nothing."""
        return self._history.can_redo

    def undo(self) -> None:
        """Take back the last edit, selection or pin."""
        if (snapshot := self._history.undo()) is not None:
            self._restore(snapshot)

    def redo(self) -> None:
        """Do again what was undone last."""
        if (snapshot := self._history.redo()) is not None:
            self._restore(snapshot)

    @property
    def unsaved(self) -> bool:
        """Whether there is a result, or an edit of it, that no file holds."""
        if self.result is None:
            return False
        saved = self._saved
        return saved is None or (
            saved.membership is not self.result.membership or saved.edited is not self.result.edited
        )

    def mark_saved(self, result: Result | None = None) -> None:
        """Note that a file holds the result: this one, or the session's as it is now."""
        self._saved = self.result if result is None else result
        self.history_changed.emit()

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
        self._history = History()
        before, self._chosen = self._chosen, Snapshot()
        self.dataset_changed.emit()
        self._tell_what_changed(before)
        if result is not None:
            self._accept(result)
            self.mark_saved()

    def begin(self) -> None:
        """Training is about to start; what was shown before is kept for ``cancel``."""
        self._before = (self.model, self.result, self._cluster, self._coloured, self._history)
        self._history = History()
        self.cluster = -1
        self.state = "starting"
        self.history_changed.emit()

    def receive(self, event: Event) -> None:
        """Follow an event of training."""
        if isinstance(event, Started):
            self.model = Model(event.genes)
            if self._state != "stopping":
                self.state = "training"
        elif isinstance(event, Denoised) and self.model is not None:
            self.model = Model(self.model.genes, event.values, self.model.clusters)
            self.denoised_changed.emit()
        elif isinstance(event, Memberships) and self.model is not None:
            labels = event.membership.shape[1], event.patternless
            clusters = Clusters(event.membership, cluster_names(*labels), cluster_colours(*labels))
            self._show_clusters(clusters)
        elif isinstance(event, Finished):
            self._accept(event.result)
            self.state = "ready"
        self.event_received.emit(event)

    def cancel(self) -> None:
        """Forget the training that was running: the session is as it was before ``begin``."""
        assert self._before is not None
        self.model, self.result, cluster, coloured, self._history = self._before
        self.coloured = coloured
        self.state = "ready"
        self.denoised_changed.emit()
        self.clusters_changed.emit()
        self.result_changed.emit()
        self.history_changed.emit()
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
        self._chosen = replace(self._chosen, edited=result.edited)
        self.model = Model.of(result, self.images.index([str(name) for name in result.gene_names]))
        self._history = History()
        self.cluster = self._cluster  # none any more, if there are fewer clusters now
        self.denoised_changed.emit()
        self.clusters_changed.emit()
        self.result_changed.emit()
        self.history_changed.emit()

    def _step(self, description: str, **changes: Any) -> None:
        """Change what undo brings back, and remember it where anything changes."""
        before, after = self._chosen, replace(self._chosen, **changes)
        if not after.same_as(before):
            self._history.note(description, before, after)
            self._restore(after)

    def _restore(self, to: Snapshot) -> None:
        before, self._chosen = self._chosen, to
        if self.result is not None and to.edited is not before.edited:
            self.result = replace(self.result, edited=to.edited)
            self._show_clusters(self.result.clusters if to.edited is None else to.edited)
        self._tell_what_changed(before)

    def _tell_what_changed(self, before: Snapshot) -> None:
        to = self._chosen
        if not np.array_equal(to.selection, before.selection):
            self.selection_changed.emit()
        if to.only_selected != before.only_selected:
            self.only_selected_changed.emit(to.only_selected)
        if to.pinned != before.pinned:
            self.pinned_changed.emit()
        self.history_changed.emit()

    def _show_clusters(self, clusters: Clusters) -> None:
        """Show other clusters of the same genes; the one singled out is followed by its name."""
        assert self.model is not None
        name = self.model.names[self._cluster] if self._cluster >= 0 else None
        same_columns = self.model.n_clusters == clusters.n_clusters
        self.model = self.model.with_clusters(clusters)
        if name is not None and not same_columns:
            self.cluster = clusters.names.index(name) if name in clusters.names else -1
        self.clusters_changed.emit()


def _genes(n: int) -> str:
    return "1 gene" if n == 1 else f"{n} genes"

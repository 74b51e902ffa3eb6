"""Session: the one model of dataset, training, result and selection that every view follows."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Literal

import numpy as np
from psygnal import Signal

from darlc.data.added import AddedGenes
from darlc.data.clusters import Clusters
from darlc.data.dataset import Dataset
from darlc.data.gene_labels import gene_labels
from darlc.data.images import SGEPImages
from darlc.data.palette import cluster_colours, cluster_names
from darlc.data.result import Result
from darlc.errors import InputError
from darlc.events import Denoised, Event, Finished, Memberships, Started
from napari_darlc.choices import Choices
from napari_darlc.history import History, Snapshot
from napari_darlc.model import Model
from napari_darlc.saved import Saved

__all__ = ["Model", "Session", "State"]

State = Literal["empty", "ready", "starting", "training", "stopping"]


class Session(Choices):
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
    #: What is being done to open a dataset, in a sentence; empty once it is open.
    opening_changed = Signal(str)
    #: ``state`` changed.
    state_changed = Signal(str)
    #: Anything that training said, in order.
    event_received = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.dataset: Dataset | None = None
        self.images: SGEPImages | None = None
        self.model: Model | None = None
        self.result: Result | None = None
        self._before: tuple[Model | None, Result | None, int, bool, History] | None
        self._before = None
        self._gene = 0
        self._cluster = -1
        self._coloured = False
        self._saved: Saved | None = None
        self._opening = ""
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
    def running(self) -> bool:
        """Whether a training is on its way, from the wish for it to its end."""
        return self._state in ("starting", "training", "stopping")

    @property
    def opening(self) -> str:
        """What is being done to open a dataset, in a sentence; empty where none is opened."""
        return self._opening

    @opening.setter
    def opening(self, sentence: str) -> None:
        if sentence != self._opening:
            self._opening = sentence
            self.opening_changed.emit(sentence)

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
    def unsaved(self) -> bool:
        """Whether there is a result, or an edit of it, that no file holds."""
        if self.result is None:
            return False
        return self._saved is None or not self._saved.holds(self.result)

    @property
    def saved(self) -> Saved | None:
        """What a file holds of the result; None where none holds anything of it."""
        return None if self.result is None else self._saved

    def mark_saved(self, result: Result | None = None, path: Path | None = None) -> None:
        """Note that a file holds the result: this one, or the session's as it is now."""
        result = self.result if result is None else result
        shown = self.result
        # Another dataset may have been opened while the file was written.
        if result is not None and shown is not None and result.membership is shown.membership:
            self._saved = Saved(result, path, datetime.now())
            self.history_changed.emit()

    def open(
        self,
        dataset: Dataset,
        images: SGEPImages,
        result: Result | None = None,
        gene: int = 0,
        model: Model | None = None,
        saved: bool = True,
    ) -> None:
        """Show a dataset at one of its genes.

        Parameters
        ----------
        dataset, images
            The data and their SGEP images.
        result
            What the dataset's file held of an earlier fit, if anything.
        gene
            The gene to begin with.
        model
            The result's, where it was made ahead.
        saved
            Whether a file that the user knows of holds the result.
        """
        self.dataset, self.images = dataset, images
        self.gene_labels = gene_labels(dataset.adata)
        self.model, self.result, self._saved, self._before = None, None, None, None
        self._gene = gene
        self.cluster = -1
        self.state = "ready"
        self._history = History()
        before, self._chosen = self._chosen, Snapshot()
        self.dataset_changed.emit()
        self._tell_what_changed(before)
        if result is not None:
            self._saved = Saved(result, dataset.path) if saved else None
            self._accept(result, model)

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
            self._colour_first_clusters()
            labels = event.membership.shape[1], event.patternless
            clusters = Clusters(event.membership, cluster_names(*labels), cluster_colours(*labels))
            self._show_clusters(clusters)
        elif isinstance(event, Finished):
            self._before = None
            self._accept(event.result)
            self.state = "ready"
        self.event_received.emit(event)

    def extend(self, added: AddedGenes) -> None:
        """Keep genes outside the model that were denoised and embedded by its result.

        They stand beside the modelled genes, in no cluster; those that are there stay.

        Raises
        ------
        InputError
            There is no complete result, or training runs.
        """
        if self._state != "ready" or self.result is None or self.model is None:
            raise InputError("genes can be added once training has ended: wait or stop it.")
        before = self.result.added
        if before is not None:
            new = np.flatnonzero(~np.isin(added.gene_names, before.gene_names))
            added = before.and_then([added.select(new)])
        self.result = replace(self.result, added=added)
        self.model = self._beside(self.model, added)
        self.denoised_changed.emit()
        self.history_changed.emit()

    def cancel(self) -> None:
        """Forget the training that was running: the session is as it was before ``begin``."""
        assert self._before is not None
        before, self._before = self._before, None
        self.model, self.result, cluster, coloured, self._history = before
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

    def _colour_first_clusters(self) -> None:
        """Colour the genes of a run or a file once; the user may switch it off again."""
        if self.model is None or self.model.clusters is None:
            self.coloured = True

    def _accept(self, result: Result, model: Model | None = None) -> None:
        assert self.images is not None
        self._colour_first_clusters()
        if self.dataset is not None:
            result = replace(result, adata=self.dataset.adata)
        self.result = result
        self._chosen = replace(self._chosen, edited=result.edited)
        if model is None:
            genes = self.images.index([str(name) for name in result.gene_names])
            model = Model.of(result, genes)
        self.model = self._beside(model, result.added)
        self._history = History()
        self.cluster = self._cluster  # none any more, if there are fewer clusters now
        self.denoised_changed.emit()
        self.clusters_changed.emit()
        self.result_changed.emit()
        self.history_changed.emit()

    def _beside(self, model: Model, added: AddedGenes | None) -> Model:
        """Return a model with genes that were added beside it."""
        if added is None or self.images is None:
            return model
        return model.with_added(added, self.images.index([str(each) for each in added.gene_names]))

    def _apply(self, edited: Clusters | None) -> None:
        if self.result is not None:
            self.result = replace(self.result, edited=edited)
            self._show_clusters(self.result.clusters if edited is None else edited)

    def _show_clusters(self, clusters: Clusters) -> None:
        """Show other clusters of the same genes; the one singled out is followed by its name."""
        assert self.model is not None
        name = self.model.names[self._cluster] if self._cluster >= 0 else None
        same_columns = self.model.n_clusters == clusters.n_clusters
        self.model = self.model.with_clusters(clusters)
        if name is not None and not same_columns:
            self.cluster = clusters.names.index(name) if name in clusters.names else -1
        self.clusters_changed.emit()

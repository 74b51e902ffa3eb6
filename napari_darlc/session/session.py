"""Session: dataset, training, result and selection of a viewer, which all views show."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from darlc.data.dataset import Dataset
from darlc.errors import InputError
from darlc.events import Denoised, Event, Finished, Memberships, Started
from darlc.images.gene_labels import gene_labels
from darlc.images.sgep_images import SGEPImages
from darlc.results.clusters import Clusters
from darlc.results.palette import cluster_colours, cluster_names
from darlc.results.raw_views import views_over
from darlc.results.result import Result
from napari_darlc.session.choices import Choices
from napari_darlc.session.history import History
from napari_darlc.session.model import Model
from napari_darlc.session.open_study import OpenStudy
from napari_darlc.session.saved import Saved
from napari_darlc.session.shown import Shown, State
from napari_darlc.session.signals import Signal, failures

__all__ = ["Model", "Session", "Shown", "State"]

#: Signals of a complete result, in the order of emission.
_ALL_OF_A_RESULT = ("denoised_changed", "clusters_changed", "result_changed", "history_changed")


@dataclass(frozen=True, eq=False)
class _Before:
    """State that is restored when a training is cancelled."""

    shown: Shown
    history: History


class Session(Choices):
    """Dataset, model, result and selection of one viewer; without Qt.

    All of them are parts of one `Shown`, which is replaced as a whole before signals are emitted.
    All methods are called on the GUI thread (or in tests, on one thread).
    """

    #: Emitted when a dataset was opened or replaced, and with it everything else; the first signal.
    dataset_changed = Signal()
    #: Emitted when denoised views became available or changed.
    denoised_changed = Signal()
    #: Emitted when memberships, names or colours of clusters changed.
    clusters_changed = Signal()
    #: Emitted when a result is complete, was loaded, or was removed.
    result_changed = Signal()
    #: Emitted when another gene is shown: its position among all genes.
    gene_changed = Signal(int)
    #: Emitted when the current gene was chosen again, to show it.
    gene_chosen_again = Signal()
    #: Emitted when a cluster is singled out: its column, -1 for none.
    cluster_selected = Signal(int)
    #: Emitted when genes are shown in their cluster's colour, or not any more.
    coloured_changed = Signal(bool)
    #: Emitted with the progress of opening a dataset, as a sentence; empty once it is open.
    opening_changed = Signal(str)
    #: Emitted when ``state`` changed.
    state_changed = Signal(str)
    #: Emitted with every event of training.
    event_received = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._before: _Before | None = None
        self._opening = ""

    @property
    def dataset(self) -> Dataset | None:
        """The open dataset; None before one is opened."""
        return self._shown.dataset

    @property
    def study(self) -> OpenStudy | None:
        """The study that the dataset is a section of; None for other datasets."""
        return self._shown.study

    @property
    def images(self) -> SGEPImages | None:
        """SGEP images of the dataset."""
        return self._shown.images

    @property
    def model(self) -> Model | None:
        """Views, clusters and embeddings, live during training."""
        return self._shown.model

    @property
    def result(self) -> Result | None:
        """The complete result, with edits; None before there is one."""
        return self._shown.result

    @property
    def state(self) -> State:
        """State of training: ``empty`` → ``ready`` → ``starting`` → ``training`` → ``ready``."""
        return self._shown.state

    @state.setter
    def state(self, state: State) -> None:
        if state != self.state:
            self._swap(replace(self._shown, state=state), "state_changed")

    @property
    def running(self) -> bool:
        """Whether a training is starting, running or stopping."""
        return self.state in ("starting", "training", "stopping")

    @property
    def opening(self) -> str:
        """Progress of opening a dataset, as a sentence; empty where none is being opened."""
        return self._opening

    @opening.setter
    def opening(self, sentence: str) -> None:
        if sentence != self._opening:
            self._opening = sentence
            self._emit("opening_changed")

    @property
    def gene(self) -> int:
        """Position of the current gene among all genes.

        Choosing a gene of another cluster than the one that is singled out ends that.
        """
        return self._shown.gene

    @gene.setter
    def gene(self, gene: int) -> None:
        if not 0 <= gene < len(self.gene_labels):
            return
        if gene == self.gene:
            self._emit("gene_chosen_again")
            return
        signals = ["gene_changed"]
        shown = replace(self._shown, gene=int(gene))
        # Within the cluster that is singled out, it stays so.
        if shown.cluster >= 0 and shown.cluster_of(gene) != shown.cluster:
            shown = replace(shown, cluster=-1)
            signals.append("cluster_selected")
        self._swap(shown, *signals)

    @property
    def gene_name(self) -> str:
        """Name of the current gene; empty without a dataset."""
        return self._shown.gene_name

    @property
    def gene_label(self) -> str:
        """Displayed label of the current gene; empty without a dataset."""
        return self._shown.gene_label

    @property
    def cluster(self) -> int:
        """The cluster that is singled out; -1 for none."""
        return self._shown.cluster

    @cluster.setter
    def cluster(self, cluster: int) -> None:
        cluster = self._shown.possible(cluster)
        if cluster != self.cluster:
            self._swap(replace(self._shown, cluster=cluster), "cluster_selected")

    @property
    def coloured(self) -> bool:
        """Whether the SGEP layers take the colour of the gene's cluster."""
        return self._shown.coloured

    @coloured.setter
    def coloured(self, coloured: bool) -> None:
        if coloured != self.coloured:
            self._swap(replace(self._shown, coloured=coloured), "coloured_changed")

    @property
    def clusters(self) -> Clusters | None:
        """The clusters, with edits, live during training; None before there are any."""
        return None if self.model is None else self.model.clusters

    @property
    def editable(self) -> bool:
        """Whether clusters can be edited: those of a complete result."""
        return self.state == "ready" and self.result is not None and self.clusters is not None

    @property
    def edited(self) -> bool:
        """Whether the clusters differ from the model's own."""
        return self.result is not None and self.result.edited is not None

    def edit(self, description: str, clusters: Clusters | None) -> None:
        """Replace the clusters by edited ones, or, with None, by the model's own.

        Parameters
        ----------
        description
            The edit, as an imperative: "rename 3 to myelin".
        clusters
            Clusters of the same genes.

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
        """Whether there is a result, or an edit of it, that is in no file."""
        if self.result is None:
            return False
        return self._shown.saved is None or not self._shown.saved.holds(self.result)

    @property
    def saved(self) -> Saved | None:
        """The saved state of the result; None where it was never saved."""
        return None if self.result is None else self._shown.saved

    def mark_saved(self, result: Result | None = None, path: Path | None = None) -> None:
        """Mark a result as saved: this one, or the session's current one."""
        result = self.result if result is None else result
        shown = self.result
        # Another dataset may have been opened while the file was written.
        if result is not None and shown is not None and result.membership is shown.membership:
            saved = Saved(result, path, datetime.now())
            self._swap(replace(self._shown, saved=saved), "history_changed")

    def open(
        self,
        dataset: Dataset,
        images: SGEPImages,
        result: Result | None = None,
        gene: int = 0,
        model: Model | None = None,
        saved: bool = True,
        study: OpenStudy | None = None,
    ) -> None:
        """Show a dataset at one of its genes.

        Parameters
        ----------
        dataset, images
            The data and their SGEP images.
        result
            Result of an earlier fit in the dataset's file, if any.
        gene
            Position of the gene to show first.
        model
            Model of the result, if it was computed already.
        saved
            Whether the result is in a file of the user.
        study
            The study that the dataset is a section of.
        """
        before = self._shown
        shown = Shown(
            dataset,
            images,
            gene_labels(dataset.adata),
            gene=gene,
            coloured=before.coloured,
            state="ready",
            study=study,
        )
        if result is not None:
            shown = shown.with_result(result, model)
            if study is not None:
                shown = shown.with_sets_of_study(before, self.unsaved)
                assert shown.result is not None
                result = replace(result, gene_sets=shown.result.gene_sets)
            held = Saved(result, dataset.path) if saved else None
            shown = replace(shown, saved=held, coloured=True)
        if study is not None and before.study is not None and study.result is before.study.result:
            shown = shown.chosen_as_in(before)
        self._before, self._history = None, History()
        failures.forget()
        self._swap(
            shown,
            "dataset_changed",
            *(_ALL_OF_A_RESULT if result is not None else ()),
            *_changed_signals(before, shown),
            *(["cluster_selected"] if before.cluster == shown.cluster >= 0 else []),
            *(["state_changed"] if shown.state != before.state else []),
            *(["selection_changed"] if len(before.chosen.selection) else []),
            *(["only_selected_changed"] if before.chosen.only_selected else []),
            *(["pinned_changed"] if before.chosen.pinned != shown.chosen.pinned else []),
            *(["gene_sets_changed"] if before.chosen.gene_sets != shown.chosen.gene_sets else []),
            "history_changed",
        )

    def begin(self) -> None:
        """Prepare for a training; the current state is kept for ``cancel``."""
        before = self._shown
        self._before = _Before(before, self._history)
        self._history = History()
        self._swap(
            replace(before, cluster=-1, state="starting"),
            *(["cluster_selected"] if before.cluster >= 0 else []),
            "state_changed",
            "history_changed",
        )

    def receive(self, event: Event) -> None:
        """Process an event of training on the current dataset."""
        self._follow(event)
        self._untold.append(("event_received", (event,)))
        self._deliver()

    def _follow(self, event: Event) -> None:
        shown = self._shown
        if isinstance(event, Started):
            after = replace(shown, model=Model(event.genes), cluster=-1)
            gone = ("denoised_changed", "clusters_changed") if shown.model is not None else ()
            self._swap(after, *_changed_signals(shown, after), *gone)
            if shown.state == "starting":
                self.state = "training"
        elif isinstance(event, Denoised) and shown.model is not None:
            genes = shown.model.genes
            views = views_over(event.views, shown.images, genes)
            model = Model(genes, views, shown.model.clusters)
            self._swap(replace(shown, model=model), "denoised_changed")
        elif isinstance(event, Memberships) and shown.model is not None:
            labels = event.membership.shape[1], event.patternless
            clusters = Clusters(event.membership, cluster_names(*labels), cluster_colours(*labels))
            after = shown.with_colours().with_clusters(clusters)
            self._swap(after, *_changed_signals(shown, after), "clusters_changed")
        elif isinstance(event, Finished):
            self._before, self._history = None, History()
            after = replace(shown.with_colours().with_result(event.result), state="ready")
            self._swap(after, *_changed_signals(shown, after), *_ALL_OF_A_RESULT, "state_changed")

    def cancel(self) -> None:
        """Cancel the training, and restore the state before ``begin``."""
        assert self._before is not None
        before, self._before = self._before, None
        self._history, now, then = before.history, self._shown, before.shown
        shown = replace(
            now,
            model=then.model,
            result=then.result,
            cluster=then.cluster,
            coloured=then.coloured,
            chosen=then.chosen,
            state="ready",
        ).with_chosen(now.chosen)
        self._swap(shown, "state_changed", *_ALL_OF_A_RESULT, *_changed_signals(now, shown))

    def cluster_of(self, gene: int) -> int:
        """Return the cluster of a gene (position among all genes); -1 where it has none."""
        return self._shown.cluster_of(gene)

    def _edited(self, shown: Shown, edited: Clusters | None) -> tuple[Shown, tuple[str, ...]]:
        assert shown.result is not None
        result = replace(shown.result, edited=edited)
        after = replace(shown, result=result).with_clusters(result.shown_clusters)
        return after, (*_changed_signals(shown, after), "clusters_changed")


def _changed_signals(before: Shown, after: Shown) -> tuple[str, ...]:
    """Return the signals of another colouring, and of another singled-out cluster."""
    coloured = ("coloured_changed",) if before.coloured != after.coloured else ()
    return (*coloured, "cluster_selected") if before.cluster != after.cluster else coloured

"""What the user chose among the genes, and edited, with its history: to be undone and redone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from psygnal import Signal

from darlc.data.clusters import Clusters
from darlc.wording import counted
from napari_darlc.history import History, Snapshot


class Choices:
    """Selection, pins and edits of one viewer, each a step of one history.

    The part of `Session` that undo and redo are about.
    """

    #: Other genes are selected, or none.
    selection_changed = Signal()
    #: Only the selected genes are shown, or all.
    only_selected_changed = Signal(bool)
    #: Genes were pinned or let go.
    pinned_changed = Signal()
    #: What can be undone or redone changed, or whether there is something to save.
    history_changed = Signal()

    def __init__(self) -> None:
        #: What every gene is called on the screen.
        self.gene_labels: NDArray[np.str_] = np.empty(0, dtype=np.str_)
        self._chosen = Snapshot()
        self._history = History()

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
        n_genes = len(self.gene_labels)
        selection = np.unique(np.asarray(genes, dtype=np.int64))
        selection = selection[(selection >= 0) & (selection < n_genes)]
        only = only and len(selection) > 0
        if not len(selection):
            description = "clear the selection"
        elif np.array_equal(selection, self.selection):
            description = "show only the selection" if only else "show all genes"
        else:
            description = f"select {counted(len(selection), 'gene')}"
        self._step(description, selection=selection, only_selected=only)

    @property
    def pinned(self) -> tuple[int, ...]:
        """Positions of the pinned genes among all genes, in the order of pinning."""
        return self._chosen.pinned

    def pin(self, gene: int) -> None:
        """Pin a gene, by its position among all genes, or let it go."""
        if not 0 <= gene < len(self.gene_labels):
            return
        label = self.gene_labels[gene]
        if gene in self.pinned:
            rest = tuple(pinned for pinned in self.pinned if pinned != gene)
            self._step(f"unpin {label}", pinned=rest)
        else:
            self._step(f"pin {label}", pinned=(*self.pinned, int(gene)))

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

    def _step(self, description: str, **changes: Any) -> None:
        """Change what undo brings back, and remember it where anything changes."""
        before, after = self._chosen, replace(self._chosen, **changes)
        if not after.same_as(before):
            self._history.note(description, before, after)
            self._restore(after)

    def _restore(self, to: Snapshot) -> None:
        before, self._chosen = self._chosen, to
        if to.edited is not before.edited:
            self._apply(to.edited)
        self._tell_what_changed(before)

    def _apply(self, edited: Clusters | None) -> None:
        """Show clusters as they are edited; the model's own where there are no edits."""
        raise NotImplementedError

    def _tell_what_changed(self, before: Snapshot) -> None:
        to = self._chosen
        if not np.array_equal(to.selection, before.selection):
            self.selection_changed.emit()
        if to.only_selected != before.only_selected:
            self.only_selected_changed.emit(to.only_selected)
        if to.pinned != before.pinned:
            self.pinned_changed.emit()
        self.history_changed.emit()

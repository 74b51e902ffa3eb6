"""What the user chose among the genes, and edited, with its history: to be undone and redone."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from darlc.results.clusters import Clusters
from darlc.wording import counted
from napari_darlc.session.history import Chosen, History
from napari_darlc.session.shown import Shown
from napari_darlc.session.signals import Signal

#: What is sent along with a signal: an attribute of the session.
_SENT = {
    "gene_changed": "gene",
    "cluster_selected": "cluster",
    "coloured_changed": "coloured",
    "only_selected_changed": "only_selected",
    "state_changed": "state",
    "opening_changed": "opening",
}


class Choices:
    """Selection, pins and edits of one viewer, each a step of one history.

    The part of `Session` that undo and redo are about. What is shown is replaced as a whole before
    anybody hears of it; what a listener changes is told once all have heard of the change before.
    So whoever listens sees one dataset, and the same as all others.
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
        self._shown = Shown()
        self._history = History()
        self._untold: deque[tuple[str, tuple[Any, ...] | None]] = deque()
        self._telling = False

    @property
    def shown(self) -> Shown:
        """All that is shown now; it is replaced, never changed."""
        return self._shown

    @property
    def gene_labels(self) -> NDArray[np.str_]:
        """(n_genes,) what every gene is called on the screen."""
        return self._shown.gene_labels

    @property
    def selection(self) -> NDArray[np.int64]:
        """Sorted positions of the selected genes among all genes; empty for none."""
        return self._shown.chosen.selection

    @selection.setter
    def selection(self, genes: ArrayLike) -> None:
        self.select(genes, only=self.only_selected)

    @property
    def only_selected(self) -> bool:
        """Whether gallery and table show the selected genes only; never without a selection."""
        return self._shown.chosen.only_selected

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
        return self._shown.chosen.pinned

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
        if (chosen := self._history.undo()) is not None:
            self._restore(chosen)

    def redo(self) -> None:
        """Do again what was undone last."""
        if (chosen := self._history.redo()) is not None:
            self._restore(chosen)

    def _step(self, description: str, **changes: Any) -> None:
        """Change what undo brings back, and remember it where anything changes."""
        before = self._shown.chosen
        after = replace(before, **changes)
        if not after.same_as(before):
            self._history.note(description, before, after)
            self._restore(after)

    def _restore(self, to: Chosen) -> None:
        before = self._shown
        shown = before.with_chosen(to)
        told: tuple[str, ...] = ()
        if to.edited is not before.chosen.edited and before.result is not None:
            shown, told = self._edited(shown, to.edited)
        self._swap(shown, *told, *_changed(before.chosen, to), "history_changed")

    def _edited(self, shown: Shown, edited: Clusters | None) -> tuple[Shown, tuple[str, ...]]:
        """Return what is shown with edited clusters, or the model's own, and what to tell."""
        raise NotImplementedError

    def _swap(self, shown: Shown, *told: str) -> None:
        """Replace all that is shown, then tell so by these signals, in this order."""
        self._shown = shown
        self._tell(*told)

    def _tell(self, *names: str) -> None:
        """Send signals, once those that are being sent have reached everybody."""
        for name in names:
            if (name, None) not in self._untold:
                self._untold.append((name, None))
        self._deliver()

    def _deliver(self) -> None:
        if self._telling:
            return
        self._telling = True
        try:
            while self._untold:
                name, sent = self._untold.popleft()
                if sent is None:
                    # As it is now: what it was at the time may be gone.
                    sent = (getattr(self, _SENT[name]),) if name in _SENT else ()
                getattr(self, name).emit(*sent)
        finally:
            self._telling = False


def _changed(before: Chosen, to: Chosen) -> tuple[str, ...]:
    """Return the signals that tell of other choices."""
    told = []
    if not np.array_equal(to.selection, before.selection):
        told.append("selection_changed")
    if to.only_selected != before.only_selected:
        told.append("only_selected_changed")
    if to.pinned != before.pinned:
        told.append("pinned_changed")
    return tuple(told)

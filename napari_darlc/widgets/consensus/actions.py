"""Actions on the chosen clusters: buttons, keys and a menu."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

import numpy as np
from qtpy.QtCore import QObject, QPoint, Qt
from qtpy.QtGui import QAction, QColor
from qtpy.QtWidgets import QColorDialog, QMenu, QPushButton, QWidget
from superqt.utils import QFlowLayout

from darlc.errors import InputError
from darlc.explore.parts.two_means import two_means
from darlc.results.clusters import Clusters
from napari_darlc.notifications import show_error
from napari_darlc.processes.background import Background
from napari_darlc.session.session import Session
from napari_darlc.widgets.common.following import follow
from napari_darlc.widgets.consensus.cards import ClusterCards

_NOT_YET = "Clusters can be edited once training has ended"
_ONE, _ANY, _TWO = "Choose one cluster first", "Choose a cluster first", "Choose two clusters first"


class ClusterActions(QObject):
    """Actions on the clusters whose cards are chosen.

    Parameters
    ----------
    session
        Session of the clusters.
    cards
        List in which they are chosen.
    dock
        Owner, in which the keys work.
    """

    def __init__(self, session: Session, cards: ClusterCards, dock: QWidget) -> None:
        super().__init__(dock)
        self._session, self._cards, self._dock = session, cards, dock
        self._splitting = Background(self)
        self._splitting.answered.connect(self._on_parts)
        self.rename = self._action("Rename", "F2", cards.edit_name)
        self.colour = self._action("Colour", "C", self._recolour)
        self.merge = self._action("Merge", "M", self._merge)
        self.split = self._action("Split", "S", self._split)
        self.hide = self._action("Hide", "H", self._hide)
        self.show_all = self._action("Show all clusters", "", self._show_all)
        self.select = self._action("Show their genes only", "", self._select)
        self.discard = self._action("Discard all edits", "", self._discard)
        cards.renamed.connect(self._rename)
        cards.choice_changed.connect(self._refresh)
        cards.menu_wanted.connect(self._open_menu)
        follow(
            dock,
            (session.clusters_changed, self._refresh),
            (session.state_changed, self._refresh),
            (session.history_changed, self._refresh),
        )
        self._refresh()

    def buttons(self) -> QWidget:
        """Return a row of buttons; in a narrow dock they take two rows."""
        row = QWidget()
        layout = QFlowLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setHorizontalSpacing(3)
        layout.setVerticalSpacing(3)
        for action in (self.rename, self.colour, self.merge, self.split, self.hide):
            layout.addWidget(_Button(action))
        return row

    def menu(self) -> QMenu:
        """Return a menu of actions on the chosen clusters."""
        menu = QMenu(self._dock)
        menu.setToolTipsVisible(True)
        menu.addActions([self.rename, self.colour, self.merge, self.split, self.hide])
        menu.addSeparator()
        menu.addActions([self.select, self.show_all, self.discard])
        menu.addSeparator()
        chosen = set(self._cards.chosen)
        for card in self._cards.cards():
            for typical in card.typical if card.cluster in chosen else ():
                action = QAction(f"Go to {typical.label}", menu)
                action.setToolTip(f"A typical gene of cluster {card.name}")
                action.triggered.connect(partial(self._go_to, typical.gene))
                menu.addAction(action)
        return menu

    def _action(self, text: str, key: str, do: Callable[[], None]) -> QAction:
        action = QAction(text, self._dock)
        if key:
            action.setShortcut(key)
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            self._dock.addAction(action)
        action.triggered.connect(lambda: do())
        return action

    def _refresh(self) -> None:
        session, clusters = self._session, self._session.clusters
        # Cards that are outdated have columns of other clusters.
        drawn = clusters is not None and self._cards.clusters is clusters
        can, n = session.editable and drawn, len(self._cards.chosen)
        self._cards.set_editable(can)
        hidden = clusters.hidden if clusters is not None else frozenset[int]()
        showing = n > 0 and hidden.issuperset(self._cards.chosen)
        self.hide.setText("Show" if showing else "Hide")
        for action, possible, tip, else_ in (
            (self.rename, n == 1, "Give the cluster another name", _ONE),
            (self.colour, n == 1, "Give the cluster another colour", _ONE),
            (self.merge, n > 1, "Make the chosen clusters one", f"{_TWO}: Ctrl and a click"),
            (self.split, n == 1, "Split the cluster in two, by its genes' embeddings", _ONE),
            (
                self.hide,
                n > 0,
                "Show the clusters' genes again" if showing else "Do not show the clusters' genes",
                _ANY,
            ),
            (self.show_all, bool(hidden), "Hide none of the clusters", "No cluster is hidden"),
            (
                self.discard,
                session.edited,
                "Go back to the clusters as the model found them",
                "Nothing was edited",
            ),
        ):
            action.setEnabled(can and possible)
            key = f" ({action.shortcut().toString()})" if action.shortcut().toString() else ""
            action.setToolTip((tip if possible else else_) + key if can else _NOT_YET)
        self.select.setEnabled(drawn and n > 0)
        self.select.setToolTip("Select the genes of the chosen clusters, in all views")

    def _edit(self, description: str, change: Callable[[Clusters], Clusters | None]) -> None:
        clusters = self._session.clusters
        assert clusters is not None
        try:
            self._session.edit(description, change(clusters))
        except InputError as error:
            show_error(str(error)[0].upper() + str(error)[1:])

    def _rename(self, cluster: int, name: str) -> None:
        old = self._name(cluster)
        self._edit(f"rename {old} to {' '.join(name.split())}", lambda c: c.renamed(cluster, name))

    def _recolour(self) -> None:
        clusters = self._session.clusters
        assert clusters is not None
        (cluster,) = self._cards.chosen
        name = self._name(cluster)
        before = QColor(clusters.colours[cluster])
        chosen = QColorDialog.getColor(before, self._dock, f"Colour of cluster {name}")
        if chosen.isValid() and chosen != before:
            self._edit(f"colour {name}", lambda c: c.recoloured(cluster, chosen.name()))

    def _merge(self) -> None:
        clusters = self._session.clusters
        assert clusters is not None
        # The result has the name of the largest.
        chosen = sorted(self._cards.chosen, key=lambda column: -clusters.sizes[column])
        names = [self._name(column) for column in chosen]
        self._edit(f"merge {_listed(names)}", lambda c: c.merged(chosen))

    def _split(self) -> None:
        model = self._session.model
        if model is None or model.embedding is None:
            return
        (cluster,) = self._cards.chosen
        embedding = model.embedding[model.cluster == cluster]
        self._splitting.ask((model.clusters, cluster), partial(two_means, embedding))

    def _on_parts(self, key: tuple[Clusters, int], parts: np.ndarray) -> None:
        clusters, cluster = key
        # Dropped if the clusters were edited meanwhile.
        if clusters is self._session.clusters and self._session.editable:
            self._edit(f"split {self._name(cluster)}", lambda c: c.split(cluster, parts))

    def _hide(self) -> None:
        chosen = self._cards.chosen
        clusters = self._session.clusters
        assert clusters is not None
        show = clusters.hidden.issuperset(chosen)
        verb, names = "show" if show else "hide", _listed(map(self._name, chosen))
        self._edit(f"{verb} {names}", lambda c: _shown(c, chosen, show))

    def _show_all(self) -> None:
        self._edit("show all clusters", lambda c: _shown(c, c.hidden, True))

    def _discard(self) -> None:
        self._edit("discard all edits", lambda _: None)

    def _select(self) -> None:
        model = self._session.model
        if model is not None:
            self._session.select(model.genes[np.isin(model.cluster, self._cards.chosen)])

    def _go_to(self, gene: int) -> None:
        self._session.gene = gene

    def _open_menu(self, place: QPoint) -> None:
        menu = self.menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(place)

    def _name(self, cluster: int) -> str:
        clusters = self._session.clusters
        return "" if clusters is None else clusters.names[cluster]


class _Button(QPushButton):
    """A button with the function, text and state of an action."""

    def __init__(self, action: QAction) -> None:
        super().__init__()
        self._action = action
        self.clicked.connect(action.trigger)
        action.changed.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        self.setText(self._action.text())
        self.setToolTip(self._action.toolTip())
        self.setEnabled(self._action.isEnabled())


def _shown(clusters: Clusters, columns: Iterable[int], shown: bool) -> Clusters:
    for column in columns:
        clusters = clusters.shown(column, shown)
    return clusters


def _listed(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last

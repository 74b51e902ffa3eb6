"""Buttons that show and remove the filters of gene lists: a cluster, a selection."""

from __future__ import annotations

from qtpy.QtWidgets import QHBoxLayout, QPushButton, QWidget

from napari_darlc.session.session import Session
from napari_darlc.widgets.common.style import ACCENT


class Narrowing(QWidget):
    """A button for the cluster that is singled out, and two for the selection.

    Parameters
    ----------
    session
        Whose cluster and selection are meant.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.cluster = QPushButton()
        self.cluster.setToolTip("Only this cluster's genes are listed; click to list all")
        self.cluster.clicked.connect(self._show_all_clusters)
        self.selection = QPushButton()
        self.selection.setCheckable(True)
        self.selection.clicked.connect(self._on_only)
        self.clear = QPushButton("✕")
        self.clear.setToolTip("Select no genes (Escape)")
        self.clear.clicked.connect(self.select_none)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        for button in (self.cluster, self.selection, self.clear):
            layout.addWidget(button)
        self.refresh()

    def select_none(self) -> None:
        """End the selection."""
        self._session.select([], only=False)

    def refresh(self) -> None:
        """Update the buttons from the session; called by the dock that holds them."""
        model, cluster = self._session.model, self._session.cluster
        named = model is not None and 0 <= cluster < model.n_clusters
        if named:
            assert model is not None
            name = model.names[cluster]
            self.cluster.setText(f"Cluster {name}  ✕" if name.isdigit() else f"{name}  ✕")
            self.cluster.setStyleSheet(f"border: 2px solid {model.colours[cluster]};")
        self.cluster.setVisible(named)

        count, only = len(self._session.selection), self._session.only_selected
        self.selection.setText(f"{count:,} selected")
        self.selection.setChecked(only)
        self.selection.setStyleSheet(f"border: 2px solid {ACCENT};" if only else "")
        self.selection.setToolTip(
            "Only the selected genes are listed; click to list the others, too"
            if only
            else "Click to list only the selected genes"
        )
        self.selection.setVisible(count > 0)
        self.clear.setVisible(count > 0)
        self.setVisible(named or count > 0)

    def _show_all_clusters(self) -> None:
        self._session.cluster = -1

    def _on_only(self, only: bool) -> None:
        self._session.only_selected = only

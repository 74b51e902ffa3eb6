"""The list of what the points of the gene map can be coloured by."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QComboBox, QSizePolicy

from darlc.data.images import SGEPImages
from napari_darlc.gene_columns import (
    CLUSTER,
    CONFIDENCE,
    MEAN,
    MORANS_I,
    RESULT_PREFIX,
    SECOND,
    SHARE,
    GeneColumn,
    file_columns,
    measured_columns,
    model_columns,
)
from napari_darlc.session import Session
from napari_darlc.widgets.background import Background
from napari_darlc.widgets.gene_map_colours import MOST_DISTINCT

if TYPE_CHECKING:
    from anndata import AnnData

_BY_MODEL = (CLUSTER, CONFIDENCE, SECOND)
_MEASURED = (MORANS_I, MEAN, SHARE)


class ColourChoice(QComboBox):
    """Chooses a column of the genes; what takes time to know is found out off the GUI thread.

    Until the user chooses, it is the cluster where there are clusters, and Moran's I before.

    Parameters
    ----------
    session
        Whose genes these are.
    """

    #: Another column is chosen, or its values changed.
    column_changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._chosen = ""
        self._images: SGEPImages | None = None
        self._known: dict[str, GeneColumn] = {}
        self._finding = Background(self)
        self._finding.answered.connect(self._on_found)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(9)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.activated.connect(self._on_activated)

    @property
    def column(self) -> GeneColumn | None:
        """The chosen column; None while it is not known yet."""
        name = self.currentText()
        if name in _BY_MODEL:
            columns = model_columns(self._session.model, len(self._session.gene_labels))
            return next(column for column in columns if column.name == name)
        return self._known.get(name)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns to choose from."""
        texts = [self.itemText(i) for i in range(self.count())]
        return tuple(text for text in texts if text)

    def choose(self, name: str) -> None:
        """Choose a column by its name; one that is not there is not chosen."""
        if self.findText(name) >= 0:
            self._chosen = name
            self.refresh()

    def refresh(self) -> None:
        """See what there is to choose from now; what is chosen stays, where it is still there."""
        session = self._session
        images = session.images
        if images is not self._images:
            self._images, self._known = images, {}
            if images is not None:
                adata = None if session.dataset is None else session.dataset.adata
                self._finding.ask(images, partial(_find, images, adata))
        by_model = _BY_MODEL if session.model is not None and session.model.n_clusters else ()
        from_file = tuple(name for name in self._known if name not in _MEASURED)
        names = by_model + (_MEASURED if images is not None else ()) + from_file
        now = self._chosen if self._chosen in names else next(iter(names), "")
        self._fill((by_model, _MEASURED if images is not None else (), from_file), now)
        column = self.column
        tip = "Colour the genes by what is known of them"
        self.setToolTip(tip if column is None else f"{tip}: {column.tip}")
        self.column_changed.emit()

    def _fill(self, groups: tuple[tuple[str, ...], ...], now: str) -> None:
        if self.names != tuple(name for group in groups for name in group):
            self.clear()
            for group in groups:
                if group and self.count():
                    self.insertSeparator(self.count())
                self.addItems(group)
        self.setCurrentIndex(self.findText(now, Qt.MatchFlag.MatchExactly))

    def _on_activated(self) -> None:
        self.choose(self.currentText())

    def _on_found(self, images: object, columns: tuple[GeneColumn, ...]) -> None:
        if images is self._images:
            self._known = {column.name: column for column in columns}
            self.refresh()


def _find(images: SGEPImages, adata: AnnData | None) -> tuple[GeneColumn, ...]:
    """Return what is measured of the genes, and what their file says that makes groups."""
    columns = measured_columns(images, adata)
    if adata is None or adata.n_vars != images.n_genes:
        return columns
    mine = [name for name in adata.var.columns if not str(name).startswith(RESULT_PREFIX)]
    return columns + tuple(
        column
        for column in file_columns(adata.var[mine])
        if column.numeric or len(set(column.values.tolist())) <= MOST_DISTINCT
    )

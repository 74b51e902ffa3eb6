"""Columns of genes for all lists of a session, computed once and off the GUI thread."""

from __future__ import annotations

from weakref import WeakKeyDictionary, ref

from qtpy.QtCore import QObject, QTimer, Signal

from darlc.images.sgep_images import SGEPImages
from napari_darlc.genes.columns import GeneColumn, file_columns, measured_columns
from napari_darlc.genes.search import names_of
from napari_darlc.processes.background import Background
from napari_darlc.session.session import Session

#: Pictures in view come first.
_SOON_MS = 1500

Known = tuple[tuple[GeneColumn, ...], tuple[GeneColumn, ...]]


class Measuring(QObject):
    """What was measured of a session's genes, and what the file has of them.

    Parameters
    ----------
    session
        Whose dataset is measured, soon after it was opened.
    """

    #: ``measured`` and ``from_file`` hold the columns of the dataset.
    known = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        # Weak, so that this object does not keep the session in memory.
        self._session = ref(session)
        #: What was measured, and of which images.
        self._of: SGEPImages | None = None
        self._known: Known = (), ()
        self._background = Background(self)
        self._background.answered.connect(self._on_answer)
        # Counted from when the window answers again, since opening may hold it for long.
        self._opened = QTimer(self)
        self._opened.setSingleShot(True)
        self._soon = QTimer(self)
        self._opened.timeout.connect(self._soon.start)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_SOON_MS)
        self._soon.timeout.connect(self.measure)
        session.dataset_changed.connect(self._on_dataset)
        self._on_dataset()

    @property
    def measured(self) -> tuple[GeneColumn, ...]:
        """What was measured of the genes that are shown now; nothing while that is not known."""
        return self._now[0]

    @property
    def from_file(self) -> tuple[GeneColumn, ...]:
        """What the file has of the genes that are shown now; nothing while that is not known."""
        return self._now[1]

    @property
    def _now(self) -> Known:
        session = self._session()
        return self._known if session is not None and session.images is self._of else ((), ())

    def measure(self) -> None:
        """Compute the columns now."""
        self._opened.stop()
        self._soon.stop()
        session = self._session()
        if session is None or session.images is None or self.measured:
            return
        images, labels, dataset = session.images, session.gene_labels, session.dataset

        def look() -> Known:
            names_of(images, labels, dataset)
            adata = None if dataset is None else dataset.adata
            from_file = () if adata is None else file_columns(adata.var)
            return measured_columns(images, adata), from_file

        self._background.ask(images, look)

    def _on_dataset(self) -> None:
        self._soon.stop()
        self._opened.start(0)

    def _on_answer(self, images: SGEPImages, known: Known) -> None:
        session = self._session()
        if session is not None and images is session.images:
            self._of, self._known = session.images, known
            self.known.emit()


_measuring: WeakKeyDictionary[Session, Measuring] = WeakKeyDictionary()


def measuring_of(session: Session) -> Measuring:
    """Return the Measuring of a session, created at first use."""
    if session not in _measuring:
        _measuring[session] = Measuring(session)
    return _measuring[session]

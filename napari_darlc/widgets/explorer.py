"""All views of the genes as tabs of one dock; a view is built when it is first shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtCore import QSize, QTimer
from qtpy.QtWidgets import (
    QButtonGroup,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)
from superqt.utils import QFlowLayout

from napari_darlc.napari_private.windows import unwrapped
from napari_darlc.session.preferences import remember, remembered
from napari_darlc.viewer_session import session_of
from napari_darlc.widgets.common.opening_line import OpeningLine
from napari_darlc.widgets.compare.compare_dock import CompareDock
from napari_darlc.widgets.consensus.consensus_map import ConsensusMap
from napari_darlc.widgets.gallery.gallery import GeneGallery
from napari_darlc.widgets.map.gene_map import GeneMap
from napari_darlc.widgets.observations.observations_dock import ObservationsDock
from napari_darlc.widgets.region.distance_curves import DistancePanel
from napari_darlc.widgets.region.pattern_genes import PatternGenesPanel
from napari_darlc.widgets.region.region_genes import RegionGenesPanel
from napari_darlc.widgets.sections.sections_panel import SectionsPanel
from napari_darlc.widgets.sets.sets_panel import SetsPanel
from napari_darlc.widgets.similar.similar_genes import SimilarGenesPanel
from napari_darlc.widgets.table.gene_table import GeneTable
from napari_darlc.widgets.train.training_dock import TrainingDock
from napari_darlc.widgets.two_results.two_results import TwoResultsPanel
from napari_darlc.workspace import share_place

if TYPE_CHECKING:
    import napari


@dataclass(frozen=True)
class Page:
    """A tab.

    Parameters
    ----------
    name
        Name on the tab and in the preferences.
    tip
        Tooltip of the tab.
    make
        Function of the viewer that returns the view.
    """

    name: str
    tip: str
    make: Callable[[napari.Viewer], QWidget]


PAGES = (
    Page(
        "Train",
        "Start DARLC on the genes of the dataset, and watch it",
        partial(TrainingDock, alone=False),
    ),
    Page("Gallery", "All genes as pictures, framed by the colour of their cluster", GeneGallery),
    Page("Table", "All genes as rows: sort, filter, copy, export", GeneTable),
    Page("Map", "All genes as points, like beside like", GeneMap),
    Page("Clusters", "Each cluster's pattern and typical genes; name, merge, split", ConsensusMap),
    Page("Compare", "Raw, denoised and residual side by side; genes in colours", CompareDock),
    Page("Similar", "Which genes behave like the current one", SimilarGenesPanel),
    Page("Sets", "Gene sets: made, combined, each seen as one picture", SetsPanel),
    Page("Region", "Which genes fill a region that you draw, or a label", RegionGenesPanel),
    Page("Distance", "How genes change with the distance from a line or border", DistancePanel),
    Page(
        "Pattern", "Which genes follow a pattern that you paint, or some genes", PatternGenesPanel
    ),
    Page("Sections", "Sections fitted together: which is shown, genes that change", SectionsPanel),
    Page("Two results", "Another result: matched clusters, genes that moved", TwoResultsPanel),
    Page("Observations", "The spots or cells, coloured by gene or by label", ObservationsDock),
)


class Explorer(QWidget):
    """One dock with a tab for every view.

    Parameters
    ----------
    napari_viewer
        The viewer that the dock belongs to.
    pages
        The tabs, in order.
    """

    def __init__(self, napari_viewer: napari.Viewer, pages: Sequence[Page] = PAGES) -> None:
        super().__init__()
        self._viewer = napari_viewer
        self._pages = {page.name: page for page in pages}
        self._views: dict[str, QWidget] = {}
        #: One button for each view; in a narrow dock they are in two rows.
        self.tabs: dict[str, QPushButton] = {}
        self._stack = QStackedWidget()
        self._bar = QWidget()
        row = QFlowLayout(self._bar)
        row.setContentsMargins(6, 4, 6, 0)
        row.setHorizontalSpacing(3)
        row.setVerticalSpacing(3)
        choice = QButtonGroup(self)
        for page in pages:
            tab = QPushButton(page.name)
            tab.setCheckable(True)
            tab.setToolTip(page.tip)
            tab.clicked.connect(partial(self._on_tab, page.name))
            choice.addButton(tab)
            row.addWidget(tab)
            self.tabs[page.name] = tab
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self._bar)
        self.opening = OpeningLine(session_of(napari_viewer))
        layout.addWidget(self.opening)
        layout.addWidget(self._stack, 1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        QTimer.singleShot(0, self._share_place)
        last = remembered("explorer", "tab")
        self.open(last if last in self._pages else next(iter(self._pages)))

    @property
    def current(self) -> str:
        """Name of the tab at the front."""
        return next(name for name, tab in self.tabs.items() if tab.isChecked())

    @property
    def views(self) -> tuple[QWidget, ...]:
        """The views that were built, as their tabs were opened."""
        return tuple(self._views.values())

    def sizeHint(self) -> QSize:
        """Return a size that fits the training page."""
        return QSize(440, 760)

    def open(self, name: str) -> QWidget:
        """Bring a tab to the front and return its view.

        Raises
        ------
        KeyError
            There is no such tab.
        """
        if name not in self._pages:
            raise KeyError(f"there is no tab '{name}': {', '.join(self._pages)}")
        if name not in self._views:
            self._views[name] = self._pages[name].make(self._viewer)
            self._stack.addWidget(self._views[name])
        self.tabs[name].setChecked(True)
        self._stack.setCurrentWidget(self._views[name])
        return self._views[name]

    def _share_place(self) -> None:
        share_place(unwrapped(self._viewer), self)

    def _on_tab(self, name: str) -> None:
        self.open(name)
        remember("explorer", "tab", name)

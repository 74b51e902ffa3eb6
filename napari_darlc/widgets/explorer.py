"""All views of the genes in one dock, a tab each; a view is built when it is first looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qtpy.QtCore import QSize
from qtpy.QtWidgets import QSizePolicy, QTabWidget, QVBoxLayout, QWidget

from napari_darlc.preferences import remember, remembered
from napari_darlc.widgets.compare import CompareDock
from napari_darlc.widgets.consensus import ConsensusMap
from napari_darlc.widgets.gallery import GeneGallery
from napari_darlc.widgets.gene_map import GeneMap
from napari_darlc.widgets.gene_table import GeneTable
from napari_darlc.widgets.observations import ObservationsDock
from napari_darlc.widgets.region_genes import RegionGenesPanel
from napari_darlc.widgets.similar import SimilarGenesPanel
from napari_darlc.widgets.training_dock import TrainingDock

if TYPE_CHECKING:
    import napari


@dataclass(frozen=True)
class Page:
    """A tab.

    Parameters
    ----------
    name
        On the tab, and in the preferences.
    tip
        What is found there.
    make
        From the viewer to the view.
    """

    name: str
    tip: str
    make: Callable[[napari.Viewer], QWidget]


PAGES = (
    Page("Train", "Start DARLC on the genes of the dataset, and watch it", TrainingDock),
    Page("Gallery", "All genes as pictures, framed by the colour of their cluster", GeneGallery),
    Page("Table", "All genes as rows: sort, filter, copy, export", GeneTable),
    Page("Map", "All genes as points, like beside like", GeneMap),
    Page("Clusters", "Each cluster's pattern and typical genes; name, merge, split", ConsensusMap),
    Page("Compare", "Raw, denoised and residual side by side; genes in colours", CompareDock),
    Page("Similar", "Which genes behave like the current one", SimilarGenesPanel),
    Page("Region", "Which genes fill a region that you draw, or a label", RegionGenesPanel),
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
        self._pages = tuple(pages)
        self._views: dict[str, QWidget] = {}
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.setUsesScrollButtons(True)
        for page in self._pages:
            room = QWidget()
            layout = QVBoxLayout(room)
            layout.setContentsMargins(0, 0, 0, 0)
            self.tabs.setTabToolTip(self.tabs.addTab(room, page.name), page.tip)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.tabs)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        names = [page.name for page in self._pages]
        last = remembered("explorer", "tab")
        self.tabs.setCurrentIndex(names.index(last) if last in names else 0)
        self._furnish(self.tabs.currentIndex())
        self.tabs.currentChanged.connect(self._on_tab)

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
        names = [page.name for page in self._pages]
        if name not in names:
            raise KeyError(f"there is no tab '{name}': {', '.join(names)}")
        self.tabs.setCurrentIndex(names.index(name))
        self._furnish(self.tabs.currentIndex())
        return self._views[name]

    def _on_tab(self, index: int) -> None:
        self._furnish(index)
        remember("explorer", "tab", self._pages[index].name)

    def _furnish(self, index: int) -> None:
        page = self._pages[index]
        if page.name in self._views:
            return
        self._views[page.name] = view = page.make(self._viewer)
        room = self.tabs.widget(index)
        assert room is not None
        layout = room.layout()
        assert layout is not None
        layout.addWidget(view)
        view.show()  # else only when the event loop comes to it

"""One Session for each viewer, with its layers, trainer, recovery and dialogs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary, ref

import napari
from napari.viewer import ViewerModel
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QMessageBox, QWidget

from darlc.data.dataset import ReadOptions
from darlc.io.samples import Sample
from darlc.io.study.study_file import holds_study
from darlc.io.tables.gmt import is_collection
from napari_darlc.canvas.layers import SessionLayers
from napari_darlc.canvas.observation_layer import ObservationView
from napari_darlc.napari_private.canvas_context import delete_in_own_context
from napari_darlc.napari_private.windows import main_window, unwrapped, viewer_widget
from napari_darlc.notifications import show_error
from napari_darlc.opening import loading, studies
from napari_darlc.opening.collections import open_collection
from napari_darlc.opening.dropped_files import open_datasets_directly
from napari_darlc.processes.kept_files import Kept
from napari_darlc.processes.trainer import Trainer
from napari_darlc.saving.close_guard import CloseGuard, ask_before
from napari_darlc.saving.napari_dialog import save_by_name
from napari_darlc.saving.unsaved_results import Recovery, offer, recovery_folder
from napari_darlc.saving.window_title import WindowTitle
from napari_darlc.session.session import Session
from napari_darlc.session.signals import failures
from napari_darlc.workspace import offer_workspace

if TYPE_CHECKING:
    from darlc.simulation.tissue import Platform


class ViewerSession:
    """A viewer's Session, its layers and its trainer.

    Parameters
    ----------
    viewer
        Viewer that shows the session.
    """

    def __init__(self, viewer: ViewerModel) -> None:
        #: How many datasets were requested; only the last one is shown.
        self.openings = 0
        #: Notifications about the dataset that is shown.
        self.told: tuple[str, ...] = ()
        self._viewer = ref(viewer)
        self.session = Session()
        self.layers = SessionLayers(viewer, self.session)
        self.observations = ObservationView(viewer, self.session, self.layers)
        self.trainer = Trainer(self.session, folder=recovery_folder())
        self._destroyed = False
        self._question: QMessageBox | None = None
        self._recovery: Recovery | None = None
        save_by_name(viewer)
        delete_in_own_context(viewer)
        main, canvas = main_window(viewer), viewer_widget(viewer)
        self._has_window = main is not None
        if main is not None and canvas is not None:
            failures.report_to(show_error)
            main.destroyed.connect(self._on_destroyed)
            open_datasets_directly(viewer, open_path)
            CloseGuard(main, canvas, self.session)
            self._recovery = Recovery(main, self.session)
            self._recovery.kept.connect(self.trainer.note_kept)
            WindowTitle(main, viewer, self.session)
            # Once the window exists, as it is the parent of the dialog.
            QTimer.singleShot(0, self._offer_recovery)

    @property
    def closed(self) -> bool:
        """Whether the window is closed, so that pending answers are dropped."""
        return self._has_window and self.window is None

    @property
    def window(self) -> QWidget | None:
        """Parent of dialogs; None where there is no window, or it is closed."""
        return None if self._destroyed else main_window(self._viewer())

    def ask(self, deed: str, go: Callable[[], None]) -> None:
        """Do something that replaces the session's content, after confirmation; see `ask_before`.

        An earlier dialog that is still open is closed.
        """
        if self._question is not None:
            self._question.reject()
        self._question = ask_before(self.window, self.session, deed, go)
        if self._question is not None:
            self._question.finished.connect(self._on_answer)

    def show_docks(self) -> None:
        """Open the docks of the workspace, unless the window has any of them."""
        viewer = self._viewer()
        if viewer is not None and self.window is not None:
            offer_workspace(viewer)

    def adopt(self, kept: Kept) -> None:
        """Continue the recovery file that the session was recovered from."""
        if self._recovery is not None:
            self._recovery.adopt(kept)

    def _offer_recovery(self) -> None:
        viewer, window = self._viewer(), self.window
        if viewer is not None and window is not None:
            offer(window, recovery_folder(), partial(open_recovered, viewer))

    def _on_answer(self, _how: int) -> None:
        self._question = None

    def _on_destroyed(self) -> None:
        self._destroyed = True
        if self._recovery is not None:
            self._recovery.forget()
        self.trainer.close()


_sessions: WeakKeyDictionary[ViewerModel, ViewerSession] = WeakKeyDictionary()


def of(viewer: napari.Viewer | ViewerModel) -> ViewerSession:
    """Return the ViewerSession of a viewer, created at first use."""
    viewer = unwrapped(viewer)
    if viewer not in _sessions:
        _sessions[viewer] = ViewerSession(viewer)
    return _sessions[viewer]


def viewers() -> tuple[ViewerModel, ...]:
    """Return the viewers that have a session."""
    return tuple(_sessions)


def session_of(viewer: napari.Viewer | ViewerModel) -> Session:
    """Return the Session of a viewer."""
    return of(viewer).session


def open_path(
    viewer: napari.Viewer | ViewerModel, path: Path, options: ReadOptions | None = None
) -> None:
    """Open a dataset, a study, or a collection of gene sets, in a viewer; returns at once."""
    if is_collection(path):
        open_collection(session_of(viewer), path)
    elif holds_study(path):
        studies.open_study(of(viewer), path)
    else:
        loading.open_path(of(viewer), path, options)


def open_section(viewer: napari.Viewer | ViewerModel, section: str, gene: str) -> None:
    """Open another section of a viewer's study at a gene, by its name; returns at once."""
    studies.open_section(of(viewer), section, gene)


def open_simulated(
    viewer: napari.Viewer | ViewerModel,
    genes: int = 2000,
    clusters: int = 20,
    platform: Platform = "visium",
) -> None:
    """Open a simulated tissue in a viewer; returns at once."""
    loading.open_simulated(of(viewer), genes, clusters, platform)


def open_sample(
    viewer: napari.Viewer | ViewerModel, sample: Sample, folder: Path | None = None
) -> None:
    """Open a public sample in a viewer, downloaded unless it is cached; returns at once."""
    loading.open_sample(of(viewer), sample, folder)


def open_recovered(viewer: napari.Viewer | ViewerModel, kept: Kept) -> None:
    """Open the recovery file of an earlier session in a viewer; returns at once."""
    loading.open_recovered(of(viewer), kept)


def trainer_of(viewer: napari.Viewer | ViewerModel) -> Trainer:
    """Return the Trainer of a viewer."""
    return of(viewer).trainer


def layers_of(viewer: napari.Viewer | ViewerModel) -> SessionLayers:
    """Return the SessionLayers of a viewer."""
    return of(viewer).layers


def observations_of(viewer: napari.Viewer | ViewerModel) -> ObservationView:
    """Return the observation view of a viewer."""
    return of(viewer).observations

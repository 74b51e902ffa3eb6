"""The training dock: dataset, parameters, training, progress and saving."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtCore import QSize, Qt
from qtpy.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from darlc.config import Config
from darlc.errors import InputError
from darlc.events import Event, Losses
from darlc.results.result import Result
from napari_darlc.napari_private.windows import unwrapped
from napari_darlc.session.preferences import remember, remembered
from napari_darlc.session.session import Session
from napari_darlc.viewer_session import of, open_path, trainer_of
from napari_darlc.widgets.common.following import follow
from napari_darlc.widgets.common.opening_line import OpeningLine
from napari_darlc.widgets.common.save_button import SaveBar
from napari_darlc.widgets.common.shown_session import shown_session
from napari_darlc.widgets.common.style import ACCENT
from napari_darlc.widgets.gene_lists.typed_genes import included_genes
from napari_darlc.widgets.train.dataset_summary import DatasetSummary
from napari_darlc.widgets.train.k_curve import KCurve
from napari_darlc.widgets.train.loss_curves import LossCurves
from napari_darlc.widgets.train.needs import Needs
from napari_darlc.widgets.train.parameters import ParameterForm
from napari_darlc.widgets.train.progress import TrainingProgress
from napari_darlc.workspace import open_explorer

if TYPE_CHECKING:
    import napari

    from napari_darlc.processes.trainer import Trainer


class TrainingDock(QWidget):
    """From a dataset to a saved result.

    Parameters
    ----------
    napari_viewer
        The viewer that the dock belongs to.
    session
        What is shown; the viewer's own by default.
    trainer
        What trains; the viewer's own by default.
    ask
        Does what ends the session as it is, once the user agrees; the viewer's own by default.
    alone
        Whether it is a dock of its own: it then says what is being done to open a dataset, and
        opens the explorer, of which it is a tab otherwise.
    """

    def __init__(
        self,
        napari_viewer: napari.Viewer,
        session: Session | None = None,
        trainer: Trainer | None = None,
        ask: Callable[[str, Callable[[], None]], None] | None = None,
        alone: bool = True,
    ) -> None:
        super().__init__()
        self.session = session = shown_session(napari_viewer, session)
        trainer = trainer_of(napari_viewer) if trainer is None else trainer
        self._trainer = trainer
        self._alone = alone
        self._open_explorer = partial(open_explorer, unwrapped(napari_viewer))
        self._ask = of(napari_viewer).ask if ask is None else ask
        self._reopen = partial(open_path, napari_viewer)
        self._shown_result: Result | None = None
        self._build()
        follow(
            self,
            (session.dataset_changed, self._on_dataset),
            (session.result_changed, self._on_result),
            (session.clusters_changed, self._refresh),
            (session.state_changed, self._on_state),
            (session.event_received, self._on_event),
            (trainer.devices_changed, self._on_devices),
        )
        self._count_genes()
        self._on_devices(trainer.devices)
        trainer.prestart()
        self._on_result()
        self._refresh()

    def _build(self) -> None:
        self.summary = DatasetSummary(self.session, self._reopen)
        self.parameters = ParameterForm()
        self._recall()
        self.parameters.changed.connect(self._on_parameters)
        self.needs = Needs()
        self.train = QPushButton("Train")
        self.train.setObjectName("darlc-train")
        self.train.clicked.connect(self._on_train)
        self.resume = QPushButton("Resume")
        self.resume.setToolTip("Continue the training on these data that was interrupted")
        self.resume.clicked.connect(self._on_resume)
        self.stop = QPushButton("Stop and keep")
        self.stop.setToolTip("Stop training early and keep what was learned so far")
        self.stop.clicked.connect(self._trainer.stop)
        self.cancel = QPushButton("Cancel")
        self.cancel.setToolTip("Stop training at once; everything is as it was before")
        self.cancel.clicked.connect(self._trainer.cancel)
        self.progress = TrainingProgress(self.session)
        self.explore = QPushButton("All views …")
        self.explore.setToolTip(
            "Open the explorer: table, map, genes like one, gene sets, regions and more, as tabs"
        )
        self.explore.clicked.connect(self._open_explorer)
        self.losses = LossCurves()
        self.k_curve = KCurve(self.session)
        self.saving = SaveBar(self.session)
        self.save = self.saving.button

        buttons = QHBoxLayout()
        buttons.addWidget(self.train, 2)
        buttons.addWidget(self.resume, 2)
        buttons.addWidget(self.stop, 2)
        buttons.addWidget(self.cancel, 1)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        if self._alone:
            column.addWidget(OpeningLine(self.session))
        column.addWidget(self.summary)
        column.addWidget(_rule())
        column.addWidget(self.parameters)
        column.addWidget(self.needs.line)
        column.addLayout(buttons)
        column.addWidget(self.progress)
        column.addWidget(self.explore)
        column.addWidget(self.losses)
        column.addWidget(self.k_curve)
        column.addWidget(_rule())
        column.addWidget(self.saving)
        column.addStretch()
        scroll = QScrollArea()
        scroll.setWidget(content)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll)
        self.setMinimumWidth(330)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        """Return the size at which nothing scrolls while the advanced part is folded."""
        return QSize(350, 760)

    def complaint(self) -> str:
        """Return why training with these parameters is not possible; empty where it is."""
        try:
            self._config()
        except InputError as error:
            return str(error)
        return self.needs.complaint()

    def _config(self) -> Config:
        config = self.parameters.config()
        return config.replace(include=included_genes(self.session, config.include))

    def _recall(self) -> None:
        """Begin with what was chosen last time."""
        device = str(remembered("training", "device"))
        preset = remembered("training", "preset")
        self.parameters.set_config(Config.from_preset(preset, device=device))

    def _on_parameters(self) -> None:
        for name in ("preset", "device"):
            remember("training", name, self.parameters.widgets[name].value)
        self._estimate()
        self._refresh()

    def _on_train(self) -> None:
        if self.complaint():
            return
        config, images = self._config(), self.session.images

        def train() -> None:
            # The answer may come when another dataset is open.
            if self.session.images is images:
                self._trainer.start(config)

        self._ask("Train again, and replace them?", train)

    def _on_resume(self) -> None:
        images = self.session.images

        def resume() -> None:
            if self.session.images is images:
                self._trainer.resume()

        self._ask("Continue the interrupted training, and replace them?", resume)

    def _on_state(self, state: str) -> None:
        if state == "starting":
            self.losses.clear()
        self._refresh()

    def _refresh(self) -> None:
        state = self.session.state
        running = self.session.running
        sentence = self.complaint()
        self.parameters.mark(sentence)
        self.parameters.setEnabled(not running)
        self.train.setEnabled(state == "ready" and not sentence)
        self.resume.setVisible(state == "ready" and self._trainer.interrupted is not None)
        self.stop.setEnabled(state == "training")
        self.cancel.setEnabled(running)
        ready = state == "ready"
        self.train.setStyleSheet(_TRAIN_READY if ready and not sentence else "")
        if state == "empty":
            self.train.setToolTip("There is nothing to train on: open a dataset first")
        else:
            self.train.setToolTip(sentence or "Learn which genes share a spatial pattern")
        self.progress.setVisible(state != "empty")
        self.explore.setVisible(state != "empty" and self._alone)

    def _count_genes(self) -> None:
        images = self.session.images
        self.parameters.set_genes(None if images is None else images.n_genes)

    def _on_dataset(self) -> None:
        self._shown_result = None
        self.losses.clear()
        self._count_genes()
        self._estimate()
        self._refresh()

    def _on_result(self) -> None:
        result = self.session.result
        if result is None:
            self.losses.clear()
        else:
            self.losses.set_history(result.history)
            if result is not self._shown_result:
                self.parameters.set_config(result.config)
                self._estimate()
        self._shown_result = result
        self._refresh()

    def _on_event(self, event: Event) -> None:
        if isinstance(event, Losses):
            self.losses.add(event)

    def _on_devices(self, devices: list[str]) -> None:
        self.parameters.set_devices(tuple(devices))
        self._estimate()
        self._refresh()

    def _estimate(self) -> None:
        """Show what training with these parameters would need."""
        try:
            config = self._config()
        except InputError:
            config = None
        self.needs.show(self.session.images, config, self._trainer.devices)


_TRAIN_READY = f"background-color: {ACCENT}; color: white; font-weight: bold;"


def _rule() -> QFrame:
    line = QFrame()
    line.setFrameShape(QFrame.Shape.HLine)
    line.setFixedHeight(1)
    line.setStyleSheet("background-color: rgba(128, 128, 128, 90);")
    return line

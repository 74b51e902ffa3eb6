"""Extender: has the engine denoise and embed genes outside the model."""

from __future__ import annotations

from functools import partial

import numpy as np

from darlc.errors import InputError
from darlc.events import Event, Extended, Failed, Progress
from darlc.results.data_match import data_match
from darlc.results.result import Result
from darlc.worker.wire import pack_extension
from napari_darlc.notifications import show_error
from napari_darlc.processes.trainer import Trainer
from napari_darlc.session.session import Session
from napari_darlc.session.signals import Signal


class Extender:
    """Requests genes from the trainer's process, and passes them to the Session.

    All methods are called on the GUI thread and return at once.

    Parameters
    ----------
    session
        Session whose result is extended.
    trainer
        Trainer with the process.
    """

    #: Emitted when denoising starts, makes progress, or ends.
    changed = Signal()

    def __init__(self, session: Session, trainer: Trainer) -> None:
        self._session, self._trainer = session, trainer
        #: The result that is being extended, and the numbers of genes done and in all.
        self._result: Result | None = None
        self._done = (0, 0)
        session.dataset_changed.connect(self._forget)

    @property
    def busy(self) -> bool:
        """Whether genes are being denoised."""
        return self._result is not None

    @property
    def done(self) -> tuple[int, int]:
        """Numbers of genes done and in all; (0, 0) where none are requested."""
        return self._done

    def can_denoise(self, gene: int) -> bool:
        """Return whether a gene has no denoised view, and can get one from the result."""
        session = self._session
        return (
            session.state == "ready"
            and session.result is not None
            and session.model is not None
            and not session.model.has_view(gene)
        )

    def denoise(self, gene: int) -> None:
        """Denoise and embed a gene outside the model, by its position among all genes."""
        session = self._session
        if self.busy or not self.can_denoise(gene):
            return
        result, images = session.result, session.images
        assert result is not None and images is not None
        try:
            name = "the data" if session.dataset is None else session.dataset.display_name
            data_match(result, images, name).require_unchanged()
        except InputError as error:
            show_error(str(error))
            return
        chosen = images.select(np.array([gene]))
        self._result, self._done = result, (0, 1)
        self.changed.emit()
        self._trainer.ask(
            lambda: pack_extension(chosen, result.weights, result.config),
            partial(self._on_event, result),
            partial(self._on_broken, result),
        )

    def _on_event(self, asked: Result, event: Event) -> None:
        if asked is not self._result:
            return  # of a dataset that is no longer open
        if isinstance(event, Progress):
            self._done = (event.step, event.total)
            self.changed.emit()
        elif isinstance(event, Extended):
            self._forget()
            self._keep(asked, event)
        elif isinstance(event, Failed):
            self._forget()
            show_error(event.message)

    def _keep(self, asked: Result, event: Extended) -> None:
        result = self._session.result
        # Edits of clusters meanwhile do not matter; the genes are only dropped after another fit.
        if result is None or result.membership is not asked.membership:
            return
        try:
            self._session.extend(event.added)
        except InputError as error:
            show_error(str(error))

    def _on_broken(self, asked: Result, how: str) -> None:
        if asked is not self._result:
            return
        self._forget()
        if how:
            show_error(f"Denoising was interrupted: its process {how}. Try again.")

    def _forget(self) -> None:
        if self._result is not None:
            self._result, self._done = None, (0, 0)
            self.changed.emit()

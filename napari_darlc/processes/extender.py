"""Extender: genes outside the model, denoised and embedded by the engine when asked for."""

from __future__ import annotations

from functools import partial

import numpy as np

from darlc.errors import InputError
from darlc.events import Event, Extended, Failed, Progress
from darlc.results.result import Result
from darlc.results.standing import standing
from darlc.worker.wire import pack_extension
from napari_darlc.notifications import complain
from napari_darlc.processes.trainer import Trainer
from napari_darlc.session.session import Session
from napari_darlc.session.signals import Signal


class Extender:
    """Has the trainer's process denoise and embed genes, and gives them to the Session.

    All methods are called on the GUI thread and return at once.

    Parameters
    ----------
    session
        Whose result is extended.
    trainer
        Whose process is asked.
    """

    #: Genes are being denoised, or are no more.
    changed = Signal()

    def __init__(self, session: Session, trainer: Trainer) -> None:
        self._session, self._trainer = session, trainer
        #: The result that is being extended, and how many of its genes are denoised of how many.
        self._result: Result | None = None
        self._done = (0, 0)
        session.dataset_changed.connect(self._forget)

    @property
    def busy(self) -> bool:
        """Whether genes are being denoised."""
        return self._result is not None

    @property
    def done(self) -> tuple[int, int]:
        """How many genes are denoised, and of how many; (0, 0) where none are asked for."""
        return self._done

    def can_denoise(self, gene: int) -> bool:
        """Return whether a gene lacks a denoised view that its result could give it."""
        session = self._session
        return (
            session.state == "ready"
            and session.result is not None
            and session.model is not None
            and not session.model.has_view(gene)
        )

    def denoise(self, gene: int) -> None:
        """Have a gene outside the model, by its position among all genes, denoised and embedded."""
        session = self._session
        if self.busy or not self.can_denoise(gene):
            return
        result, images = session.result, session.images
        assert result is not None and images is not None
        try:
            name = "the data" if session.dataset is None else session.dataset.called
            standing(result, images, name).require_unchanged()
        except InputError as error:
            complain(str(error))
            return
        chosen = images.select(np.array([gene]))
        self._result, self._done = result, (0, 1)
        self.changed.emit()
        self._trainer.ask(
            lambda: pack_extension(chosen, result.weights, result.config),
            partial(self._hear, result),
            partial(self._on_broken, result),
        )

    def _hear(self, asked: Result, event: Event) -> None:
        if asked is not self._result:
            return  # of a dataset that is not open any more
        if isinstance(event, Progress):
            self._done = (event.step, event.total)
            self.changed.emit()
        elif isinstance(event, Extended):
            self._forget()
            self._keep(asked, event)
        elif isinstance(event, Failed):
            self._forget()
            complain(event.message)

    def _keep(self, asked: Result, event: Extended) -> None:
        result = self._session.result
        # Clusters may have been edited meanwhile; only another fit makes them genes of another.
        if result is None or result.membership is not asked.membership:
            return
        try:
            self._session.extend(event.added)
        except InputError as error:
            complain(str(error))

    def _on_broken(self, asked: Result, how: str) -> None:
        if asked is not self._result:
            return
        self._forget()
        if how:
            complain(f"Denoising broke off: its process {how}. Ask again for the gene.")

    def _forget(self) -> None:
        if self._result is not None:
            self._result, self._done = None, (0, 0)
            self.changed.emit()

"""Which files keep a window's trainings, and until when, so that a crash at any time loses nothing.

A training that runs has a file of its own, also where another window trains on the same data. It
stays when the training has ended, until the result is in another file or given up.
"""

from __future__ import annotations

from pathlib import Path

from darlc.images.sgep_images import SGEPImages
from darlc.io.parts.training_file import SUFFIX, remove_training
from napari_darlc.processes.kept_files import Kept, reserve, unclaimed

#: Of the fingerprint of the data, at the beginning of a file's name.
_DIGITS = 24


class KeptTrainings:
    """The files of one window's trainings.

    Parameters
    ----------
    folder
        Where they are; None to keep none.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._current: Kept | None = None
        #: What the training that runs is to replace, once it has ended.
        self._replaced: Kept | None = None
        #: Of trainings that have ended, whose result is in no other file.
        self._ended: list[Kept] = []

    def interrupted(self, images: SGEPImages | None) -> Path | None:
        """Return the newest file of an interrupted training on images; None where there is none."""
        if (kept := self._claim(images)) is None:
            return None
        kept.release()
        return kept.path

    def begin(self, images: SGEPImages) -> Path | None:
        """Return the file of a new training; None where nothing can be kept.

        An interrupted training on the same images is left as it is until the new one has ended.
        """
        self._replaced = self._claim(images)
        if self._folder is not None:
            self._current = reserve(self._folder, images.fingerprint[:_DIGITS], SUFFIX)
        return self._path

    def resume(self, images: SGEPImages | None) -> Path | None:
        """Return the file of the interrupted training, which goes on; None where there is none."""
        self._current = self._claim(images)
        return self._path

    def leave(self) -> None:
        """Leave the files of a training that was interrupted, so that it can be continued."""
        for kept in (self._current, self._replaced):
            if kept is not None:
                kept.release()
        self._current = self._replaced = None

    def forget(self) -> None:
        """Delete the file of a training that was given up, and leave what it was to replace."""
        if self._current is not None:
            _remove(self._current)
            self._current = None
        self.leave()

    def end(self) -> None:
        """Note that the training has ended, and that its result is in no file yet."""
        self._ended += [kept for kept in (self._current, self._replaced) if kept is not None]
        self._current = self._replaced = None

    def settle(self) -> None:
        """Delete the files of trainings that have ended: their result is safe, or given up."""
        while self._ended:
            _remove(self._ended.pop())

    @property
    def _path(self) -> Path | None:
        return None if self._current is None else self._current.path

    def _claim(self, images: SGEPImages | None) -> Kept | None:
        if self._folder is None or images is None:
            return None
        name = images.fingerprint[:_DIGITS]
        return next(unclaimed(self._folder, f"{name}-*{SUFFIX}"), None)


def _remove(kept: Kept) -> None:
    remove_training(kept.path)
    kept.release()

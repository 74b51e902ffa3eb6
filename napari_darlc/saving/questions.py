"""Dialogs that ask about results, beside a window that stays usable."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtWidgets import QAbstractButton, QMessageBox


def open_question(box: QMessageBox, answer: Callable[[QAbstractButton | None], None]) -> None:
    """Open a dialog, pass on the button that was clicked, and delete the dialog.

    Parameters
    ----------
    box
        The dialog.
    answer
        Called once, with the button that was clicked; None where a script closed the dialog.
    """

    def finish() -> None:
        clicked = box.clickedButton()
        # Qt deletes the dialog later. Until then PySide would keep what its signals call, and with
        # that the window behind it.
        box.finished.disconnect(finish)
        box.deleteLater()
        answer(clicked)

    box.finished.connect(finish)
    box.open()

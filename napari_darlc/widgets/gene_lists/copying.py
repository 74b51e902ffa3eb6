"""Copying from lists of genes with the system's key: all chosen genes are copied."""

from __future__ import annotations

from collections.abc import Iterable

from qtpy.QtGui import QGuiApplication, QKeyEvent, QKeySequence

COPY = QKeySequence.StandardKey.Copy


def asks_to_copy(event: QKeyEvent | None) -> bool:
    """Return whether a key is the system's key for copying."""
    return event is not None and event.matches(COPY)


def copy_text(text: str) -> None:
    """Put text on the clipboard."""
    if (clipboard := QGuiApplication.clipboard()) is not None:
        clipboard.setText(text)


def copy_lines(lines: Iterable[str]) -> None:
    """Put names on the clipboard, one a line, as tools for gene sets take them."""
    copy_text("\n".join(lines))

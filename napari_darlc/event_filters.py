"""What every event filter needs to outlive its Python half."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from qtpy.QtCore import QEvent, QObject

Filter = TypeVar("Filter", bound=QObject)


def while_whole(
    method: Callable[[Filter, QObject | None, QEvent | None], bool],
) -> Callable[[Filter, QObject | None, QEvent | None], bool]:
    """Decorate ``eventFilter``: it lets all events pass before ``__init__`` and after the end.

    Qt goes on asking a filter while Python collects it, and its attributes may be gone by then.
    With PySide6 that is what happens to each filter whose window is collected.
    """

    @wraps(method)
    def filtering(self: Any, watched: QObject | None, event: QEvent | None) -> bool:
        return bool(vars(self)) and method(self, watched, event)

    return filtering

"""Read the table of units of napari's layers ahead of the first layer."""

from __future__ import annotations

from typing import Any

import pint
from pint.registry import LazyRegistry


class UnitsAhead:
    """Reads the table of units in a thread and hands it to napari on the GUI thread.

    Otherwise it is read when the first layer is made, which blocks the window.
    """

    def __init__(self) -> None:
        self._registry: pint.UnitRegistry[Any] | None = None

    def read(self) -> None:
        """Read the table, in any thread; does nothing where it was read before."""
        if _is_unread():
            self._registry = pint.UnitRegistry()

    def adopt(self) -> None:
        """Use the table from now on, unless one is set already. Called on the GUI thread."""
        if self._registry is not None and _is_unread():
            pint.set_application_registry(self._registry)


def _is_unread() -> bool:
    return type(pint.application_registry.get()) is LazyRegistry

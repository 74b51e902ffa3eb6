"""The table of units is read in a thread, and never twice."""

from __future__ import annotations

import threading

import pint
import pytest
from pint.registry import LazyRegistry

from napari_darlc.opening.units import UnitsAhead


@pytest.fixture
def unread(monkeypatch: pytest.MonkeyPatch) -> LazyRegistry:
    """Put a table that nobody has read in the place of the application's."""
    lazy = LazyRegistry()
    before = pint.application_registry.get()
    pint.set_application_registry(lazy)
    yield lazy
    pint.set_application_registry(before)


def test_what_was_read_in_a_thread_is_used(unread: LazyRegistry) -> None:
    units = UnitsAhead()
    thread = threading.Thread(target=units.read)
    thread.start()
    thread.join()
    assert pint.application_registry.get() is unread  # nothing changes under the window's feet
    units.adopt()
    assert type(pint.application_registry.get()) is pint.UnitRegistry
    assert pint.get_application_registry().um == pint.get_application_registry().micrometer


def test_who_was_quicker_wins(unread: LazyRegistry) -> None:
    units = UnitsAhead()
    units.read()
    assert unread.meter  # reads it here
    units.adopt()
    assert pint.application_registry.get() is unread
    late = UnitsAhead()
    late.read()
    late.adopt()
    assert pint.application_registry.get() is unread


def test_without_reading_nothing_is_adopted(unread: LazyRegistry) -> None:
    UnitsAhead().adopt()
    assert pint.application_registry.get() is unread

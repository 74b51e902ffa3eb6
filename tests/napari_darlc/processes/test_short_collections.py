"""Collections of garbage are short while a training runs, and thorough again after it."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from weakref import ref

import pytest

from napari_darlc.processes.short_collections import ShortCollections


class Thing:
    """Something that can be garbage, or that asks."""


@pytest.fixture(autouse=True)
def nothing_left_out() -> Iterator[None]:
    """Let a test begin where no object is left out; those of the modules are, afterwards."""
    gc.unfreeze()
    yield
    gc.collect()
    gc.freeze()


def circle() -> ref[Thing]:
    """Return a reference to what only a collection can free."""
    thing = Thing()
    thing.itself = thing  # type: ignore[attr-defined]
    return ref(thing)


def test_what_was_there_is_left_out_until_the_last_has_ended() -> None:
    short, first, second = ShortCollections(), Thing(), Thing()
    before = circle()
    short.ask(first)
    short.ask(second)
    short.ask(second)
    during = circle()
    seen = len(gc.get_objects())
    gc.collect()
    assert before() is not None and during() is None
    assert seen < gc.get_freeze_count() / 100
    short.end(second)
    short.end(second)
    assert gc.get_freeze_count() > 0
    short.end(first)
    assert gc.get_freeze_count() == 0
    gc.collect()
    assert before() is None


def test_who_has_not_asked_ends_nothing() -> None:
    short, first = ShortCollections(), Thing()
    short.end(first)
    short.ask(first)
    short.end(Thing())
    assert gc.get_freeze_count() > 0
    short.end(first)
    assert gc.get_freeze_count() == 0


def test_what_a_program_left_out_by_itself_stays_so() -> None:
    short, first = ShortCollections(), Thing()
    gc.freeze()
    count = gc.get_freeze_count()
    short.ask(first)
    short.end(first)
    assert gc.get_freeze_count() == pytest.approx(count, rel=0.01)

"""Steps are taken back and again, in order."""

from __future__ import annotations

import numpy as np

from napari_darlc.session.history import Chosen, History

A, B, C = (Chosen(pinned=(i,)) for i in range(3))


def test_steps_are_undone_and_redone_in_order() -> None:
    history = History()
    assert history.undo() is None and history.redo() is None
    history.note("first", A, B)
    history.note("second", B, C)
    assert (history.can_undo, history.can_redo) == ("second", "")
    assert history.undo() is B
    assert (history.can_undo, history.can_redo) == ("first", "second")
    assert history.undo() is A and history.undo() is None
    assert (history.can_undo, history.can_redo) == ("", "first")
    assert history.redo() is B and history.redo() is C and history.redo() is None


def test_another_step_forgets_what_was_undone() -> None:
    history = History()
    history.note("first", A, B)
    history.undo()
    history.note("other", A, C)
    assert history.can_redo == "" and history.undo() is A and history.can_undo == ""


def test_the_oldest_steps_are_forgotten() -> None:
    history = History()
    for i in range(150):
        history.note(str(i), A, B)
    undone = 0
    while history.undo() is not None:
        undone += 1
    assert undone == 100 and history.can_redo == "50"


def test_snapshots_are_compared_by_what_they_bring_back() -> None:
    assert Chosen().same_as(Chosen()) and not A.same_as(B)
    some = Chosen(selection=np.array([1, 2]))
    assert some.same_as(Chosen(selection=np.array([1, 2])))
    assert not some.same_as(Chosen(selection=np.array([1, 3])))
    assert not some.same_as(Chosen(selection=np.array([1, 2]), only_selected=True))

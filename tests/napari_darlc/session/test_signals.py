"""A listener that fails is told once and keeps no other from hearing."""

from __future__ import annotations

import ast
import inspect
import logging

import psygnal
import pytest

from napari_darlc.session import signals
from napari_darlc.session.signals import Failures, Signal

#: Parts of psygnal that are not public, and that the plugin uses: of a signal, and of a listener.
OF_SIGNAL = {"_run_emit_loop", "_slots"}
OF_LISTENER = {"cb", "dereference", "slot_repr"}


class Speaker:
    said = Signal(int)


class Listener:
    def __init__(self) -> None:
        self.heard: list[int] = []

    def fail(self, number: int) -> None:
        raise IndexError(f"no {number}")

    def hear(self, number: int) -> None:
        self.heard.append(number)


def test_one_that_fails_keeps_no_other_from_hearing(listeners_failed: list[Exception]) -> None:
    speaker, listener = Speaker(), Listener()
    speaker.said.connect(listener.fail)
    speaker.said.connect(listener.hear)
    speaker.said.emit(3)
    assert listener.heard == [3]
    assert [str(error) for error in listeners_failed] == ["no 3"]
    listeners_failed.clear()


def test_one_that_was_let_go_meanwhile_hears_nothing() -> None:
    speaker, first, second = Speaker(), Listener(), Listener()

    def let_go(_number: int) -> None:
        speaker.said.disconnect(second.hear)

    speaker.said.connect(first.hear)
    speaker.said.connect(let_go)
    speaker.said.connect(second.hear)
    speaker.said.emit(1)
    assert first.heard == [1] and second.heard == []


def test_a_failure_is_logged_and_told_once(caplog: pytest.LogCaptureFixture) -> None:
    failures, told = Failures(), list[str]()
    failures.report_to(told.append)
    failures.report_to(told.append)

    def fail(what: object) -> Exception:
        try:
            raise IndexError(what)
        except IndexError as error:
            return error

    with caplog.at_level(logging.ERROR):
        failures.note("GeneTable.refresh", fail("12"))
        failures.note("GeneTable.refresh", fail("13"))
        failures.note("Gallery.refresh", fail("12"))
    assert len(told) == len(caplog.records) == 2
    assert "GeneTable.refresh" in told[0] and "12" in told[0] and "\n" not in told[0]
    failures.forget()
    failures.note("GeneTable.refresh", fail("12"))
    assert len(told) == 3


def test_psygnal_still_has_every_private_part() -> None:
    class Plain:
        said = psygnal.Signal(int)

    speaker, listener = Plain(), Listener()
    speaker.said.connect(listener.hear)
    gone = {name for name in OF_SIGNAL if not hasattr(speaker.said, name)}
    gone |= {name for name in OF_LISTENER if not hasattr(next(iter(speaker.said._slots)), name)}
    assert not gone, f"this psygnal ({psygnal.__version__}) lacks what the plugin uses: {gone}"
    loop = inspect.signature(psygnal.SignalInstance._run_emit_loop)
    assert list(loop.parameters) == ["self", "args"]


def test_no_private_part_of_psygnal_goes_unnamed() -> None:
    tree = ast.parse(inspect.getsource(signals))
    (derived,) = (
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        and any(isinstance(base, ast.Name) and base.id == "SignalInstance" for base in node.bases)
    )
    used = {node.attr for node in ast.walk(derived) if isinstance(node, ast.Attribute)}
    used |= {node.name for node in ast.walk(derived) if isinstance(node, ast.FunctionDef)}
    assert {name for name in used if name.startswith("_")} <= OF_SIGNAL | OF_LISTENER
    assert used >= OF_SIGNAL | OF_LISTENER, "not used any more"

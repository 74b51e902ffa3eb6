"""Event filters pass events on where their Python half is not there yet, or not any more."""

from __future__ import annotations

import ast
from pathlib import Path

from qtpy.QtCore import QEvent, QObject

from napari_darlc.event_filters import while_whole

PLUGIN = Path(__file__).parents[2] / "napari_darlc"


class Filter(QObject):
    """Holds all events back."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    @while_whole
    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        self.asked += 1
        return True


def test_a_whole_filter_is_asked(qapp: object) -> None:
    filtering = Filter()
    assert filtering.eventFilter(QObject(), QEvent(QEvent.Type.Close)) is True
    assert filtering.asked == 1


def test_a_filter_that_python_has_taken_apart_holds_nothing_back(qapp: object) -> None:
    filtering = Filter()
    vars(filtering).clear()  # as the garbage collector does before Qt has let go of it
    assert filtering.eventFilter(QObject(), QEvent(QEvent.Type.Close)) is False


def test_every_event_filter_is_one_of_these() -> None:
    found = {
        str(path.relative_to(PLUGIN)): [ast.unparse(each) for each in node.decorator_list]
        for path in PLUGIN.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name == "eventFilter"
    }
    assert "saving/close_guard.py" in found
    bare = [name for name, decorators in found.items() if "while_whole" not in decorators]
    assert not bare, f"decorate eventFilter with while_whole: {bare}"

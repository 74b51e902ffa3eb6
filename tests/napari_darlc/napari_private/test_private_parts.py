"""Napari's private parts: each that we use is there, and only one folder uses any."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from inspect import signature
from pathlib import Path
from typing import Any

import napari
import numpy as np
import pytest
from pytestqt.qtbot import QtBot

import napari_darlc
from napari_darlc.napari_private.image_visual import SteppedImageVisual, draw_quickly
from napari_darlc.napari_private.notification_boxes import notification_boxes
from napari_darlc.napari_private.stepped_image import SteppedImage
from napari_darlc.napari_private.windows import viewer_widget
from napari_darlc.notifications import show_info

PLUGIN = Path(napari_darlc.__file__).parent
PRIVATE = PLUGIN / "napari_private"
#: Everything of napari, and of what it is drawn with, that is not public, or belongs to something
#: that is not. Behind a colon: attributes of what can be imported. Without one: of what lives.
PARTS = (
    "napari._qt.qt_viewer:QtViewer._qt_open",
    "napari._qt.qt_viewer:QtViewer.dockLayerControls",
    "napari._qt.qt_viewer:QtViewer.dockLayerList",
    "napari._qt.dialogs.qt_notification:NapariQtNotification.DISMISS_AFTER",
    "napari._qt.dialogs.qt_notification:NapariQtNotification.expand",
    "napari._vispy.layers.image:VispyImageLayer._on_data_change",
    "napari._vispy.layers.image:VispyImageLayer._on_colormap_change",
    "napari._vispy.utils.visual:layer_to_visual",
    "napari.utils.colormaps.colormap_utils:_napari_cmap_to_vispy",
    "napari.components:LayerList.save(_writer)",
    "napari.layers:Image._type_string",
    "napari.layers:Image._slice_dims(dims, force)",
    "napari.layers:Image._clear_extent",
    "napari.layers:Image._set_colormap(colormap)",
    "napari.layers:Image._update_thumbnail",
    "viewer.window._qt_window._quit_app",
    "viewer.window._qt_window.close(quit_app)",
    "viewer.window._qt_window._qt_viewer.canvas._scene_canvas.native",
    "viewer.window._qt_window._qt_viewer.viewer",
    "proxy.__wrapped__",
    "box.message",
    "box.geom_anim",
    "box.source_label",
    "box.timer",
    "layer._colormap",
    "layer._data_view",
    "layer._slice.empty",
    "layer._slice_input.order",
    "layer._slice_input.ndisplay",
    "visual._data",
    "visual.node._cmap",
    "visual.node._need_colortransform_update",
    "visual.node.view_program",
)
#: Underscored names in that folder that are our own.
OURS = {"_place", "_coloured", "_sliced", "_slicing", "_same"}
#: Underscored names of other libraries: a public parameter of superqt's.
OF_OTHERS = {"_worker_class"}


def lacking(part: str, living: dict[str, Any]) -> str:
    """Return what of a part is not there; empty where all of it is."""
    module, imported, path = part.rpartition(":")
    path, _, parameters = path.partition("(")
    names = path.split(".")
    try:
        found = importlib.import_module(module) if imported else living[names.pop(0)]
    except ImportError as error:
        return str(error)
    for name in names:
        if not hasattr(found, name):
            return name
        found = getattr(found, name)
    taken = signature(found).parameters if parameters else {}
    return " ".join(
        name for name in parameters.rstrip(")").replace(",", " ").split() if name not in taken
    )


@pytest.fixture
def living(viewer: napari.Viewer, qtbot: QtBot) -> dict[str, Any]:
    """Return what can only be asked once it is on the screen."""
    draw_quickly(SteppedImage)
    layer = viewer.add_layer(SteppedImage(np.zeros((3, 4, 5), dtype=np.float32)))
    show_info("A sentence.")
    qtbot.waitUntil(lambda: bool(notification_boxes("A sentence.")))
    widget = viewer_widget(viewer)
    assert widget is not None
    visual = widget.canvas.layer_to_visual[layer]
    assert isinstance(visual, SteppedImageVisual)
    return {
        "viewer": viewer,
        "proxy": napari.utils._proxies.PublicOnlyProxy(viewer),
        "box": notification_boxes("A sentence.")[0],
        "layer": layer,
        "visual": visual,
    }


def test_napari_still_has_every_private_part(living: dict[str, Any]) -> None:
    gone = {part: what for part in PARTS if (what := lacking(part, living))}
    assert not gone, f"this napari ({napari.__version__}) lacks what the plugin uses: {gone}"


def test_a_part_that_is_gone_is_named(living: dict[str, Any]) -> None:
    assert lacking("viewer.window._qt_gone.canvas", living) == "_qt_gone"
    assert lacking("napari.components:LayerList.save(_gone)", living) == "_gone"
    assert "napari._gone" in lacking("napari._gone:Gone", living)


def test_no_private_part_goes_unnamed() -> None:
    used = {name for path in PRIVATE.glob("*.py") for name in private_names(path.read_text())}
    named = {name for part in PARTS for name in names_in(part) if name.startswith("_")}
    assert used - OURS - named == set(), "name them in PARTS"
    assert named - used == set(), "not used any more"


def names_in(part: str) -> set[str]:
    module, _, path = part.rpartition(":")
    for mark in "(),":
        path = path.replace(mark, ".").replace(" ", "")
    private_module = {module} if "._" in module else set()
    return {"_" + name for name in private_module} | set(path.split("."))


def private_names(source: str) -> Iterator[str]:
    """Yield underscored names that a module uses or gives; private modules as ``_napari._qt``."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("napari."):
            if "._" in str(node.module):
                yield "_" + str(node.module)
            yield from (each.name for each in node.names if each.name.startswith("_"))
        elif isinstance(node, ast.Attribute) and _is_private(node.attr):
            yield node.attr
        elif isinstance(node, ast.FunctionDef) and _is_private(node.name):
            yield node.name
        elif isinstance(node, ast.keyword) and _is_private(node.arg or ""):
            yield str(node.arg)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield from _asked_for(node)


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__")


def _asked_for(call: ast.Call) -> Iterator[str]:
    """Yield the private name that is asked for as a text, such as by ``getattr``."""
    if isinstance(call.func, ast.Name) and call.func.id in {"getattr", "hasattr", "setattr"}:
        name = call.args[1]
        if isinstance(name, ast.Constant) and str(name.value).startswith("_"):
            yield str(name.value)


def foreign(source: str) -> set[str]:
    """Return the private names in a module that belong to others.

    A module's own are those that it defines or gives to ``self``, unless the class is derived from
    one of napari: then they may be napari's.
    """
    tree = ast.parse(source)
    found: set[str] = set()
    theirs: set[str] = set()
    own: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = "" if isinstance(node, ast.Import) else str(node.module)
            paths = [f"{module}.{each.name}".lstrip(".") for each in node.names]
            found.update(path for path in paths if _of_napari(path) and "._" in path)
            if module.startswith(("napari.", "napari_darlc.napari_private")) or module == "napari":
                theirs.update(each.asname or each.name for each in node.names)
        elif isinstance(node, ast.FunctionDef) or (
            isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and _of_self(node)
        ):
            own.add(node.name if isinstance(node, ast.FunctionDef) else node.attr)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            own.add(node.target.id)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and _is_private(node.attr):
            if not _of_self(node) and node.attr not in own:
                found.add(node.attr)
        elif isinstance(node, ast.keyword) and _is_private(node.arg or ""):
            found.add(str(node.arg))
        elif isinstance(node, ast.Call):
            found.update(name for name in _asked_for(node) if name not in own)
        elif isinstance(node, ast.ClassDef) and any(
            name.id in theirs
            for base in node.bases
            for name in ast.walk(base)
            if isinstance(name, ast.Name)
        ):
            inside = ast.unparse(ast.Module(node.body, type_ignores=[]))
            found.update(private_names(inside))
    return found


def _of_napari(path: str) -> bool:
    return path.split(".")[0] in {"napari", "npe2", "superqt", "vispy"}


def _of_self(node: ast.Attribute) -> bool:
    owner = node.value
    if isinstance(owner, ast.Call):
        owner = owner.func
    return isinstance(owner, ast.Name) and owner.id in {"self", "cls", "super"}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("viewer.window._qt_window.show()", {"_qt_window"}),
        ("from napari._qt.qt_viewer import QtViewer", {"napari._qt.qt_viewer.QtViewer"}),
        ("import napari._vispy", {"napari._vispy"}),
        ("getattr(viewer, '_qt_viewer', None)", {"_qt_viewer"}),
        ("getattr(viewer, '__wrapped__')", {"__wrapped__"}),
        ("layers.save(path, _writer=None)", {"_writer"}),
        ("from napari.layers import Image\nclass A(Image):\n  def _slice(self): 0", {"_slice"}),
        ("from napari.layers import Image\nclass A(Image):\n  x = self._data_view", {"_data_view"}),
        ("class A:\n  def __init__(self, b): self._a = b._a\n  def _f(self): self._a._f()", set()),
        ("import napari\nprint(napari.__version__)", set()),
    ],
)
def test_what_is_private_is_recognised(source: str, found: set[str]) -> None:
    assert foreign(source) == found


def test_nothing_else_touches_what_is_private() -> None:
    paths = [*PLUGIN.rglob("*.py"), *(PLUGIN.parent / "benchmarks").rglob("*.py")]
    others = [path for path in paths if PRIVATE not in path.parents]
    assert len(others) > 100
    touched = {
        str(path.relative_to(PLUGIN.parent)): names
        for path in others
        if (names := foreign(path.read_text(encoding="utf-8")) - OF_OTHERS)
    }
    assert not touched, f"move what needs them to napari_darlc/napari_private: {touched}"

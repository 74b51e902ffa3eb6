"""Old names of modules lead to the new ones, with a warning that says where to look."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.version import Version

import darlc
from darlc.deprecations import MOVED

ROOT = Path(__file__).parents[2]
FOLDERS = ("src/darlc", "napari_darlc")
#: What scripts import from where, and what the warning calls it.
USED = {
    ("darlc.data.images", "SGEPImages"): "darlc.SGEPImages",
    ("darlc.data.images", "rasterize"): "darlc.rasterize",
    ("darlc.data.io", "DataWarning"): "darlc.DataWarning",
    ("darlc.data.io", "Format"): "darlc.Format",
    ("darlc.data.io", "ReadOptions"): "darlc.ReadOptions",
    ("darlc.data.io", "find_format"): "darlc.io.find_format",
    ("darlc.data.io", "formats"): "darlc.io.formats",
    ("darlc.data.io", "open_dataset"): "darlc.io.open_dataset",
    ("darlc.data.io", "read"): "darlc.read",
    ("darlc.data.io", "register"): "darlc.io.register",
    ("darlc.data.result", "Result"): "darlc.Result",
    ("darlc.data.result_file", "load"): "darlc.io.result_file.load",
    ("darlc.learn.mixture", "StudentMixture"): "darlc.StudentMixture",
}


@pytest.mark.parametrize(("module", "name"), USED)
def test_an_old_name_is_the_new_one_and_says_so(module: str, name: str) -> None:
    new = USED[module, name]
    with pytest.warns(DeprecationWarning) as told:
        script: dict[str, object] = {"__name__": "script"}
        exec(compile(f"from {module} import {name}", "script.py", "exec"), script)
    home, _, last = new.rpartition(".")
    assert script[name] is getattr(import_module(home), last)
    (warning,) = told
    if name == "register":  # deprecated itself
        assert "darlc.io.register is now darlc.register_format: " in str(warning.message)
    else:
        assert str(warning.message).startswith(f"{module}.{name} is now {new}: ")
    assert f"goes with darlc {MOVED[module].goes}" in str(warning.message)
    assert warning.filename == "script.py", "the user's own line is to be shown"


def test_every_old_module_is_tried() -> None:
    assert {module for module, _ in USED} == set(MOVED)


def decorated() -> dict[str, str]:
    """Return what is marked with the decorator, by module and name, and what it says."""
    found = {}
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                for mark in getattr(node, "decorator_list", ()):
                    if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "deprecated":
                        name = f"{path.stem}.{node.name}"  # type: ignore[attr-defined]
                        found[name] = str(ast.literal_eval(mark.args[0]))
    return found


def test_whatever_is_deprecated_says_what_to_use_and_when_it_goes() -> None:
    goes = {old: Version(new.goes) for old, new in MOVED.items()}
    for name, message in decorated().items():
        told = re.fullmatch(
            r"\S+ is (?:now \S+: the old name|not needed, as .+: it) goes with darlc ([0-9.]+)\.",
            message,
        )
        assert told, f"{name} says {message!r}"
        goes[name] = Version(told[1])
    assert "registry.register" in goes
    overdue = [old for old, last in goes.items() if last <= Version(version("napari-darlc"))]
    assert not overdue, f"remove what was to go by now: {overdue}"


def test_whole_modules_and_stars_work_and_unknown_names_are_refused() -> None:
    with pytest.warns(DeprecationWarning, match=r"darlc\.data\.io\.read is now darlc\.read:"):
        assert import_module("darlc.data.io").read is darlc.read
    script: dict[str, object] = {}
    with pytest.warns(DeprecationWarning):
        exec("from darlc.data.io import *", script)
    assert script["ReadOptions"] is darlc.ReadOptions
    with pytest.raises(ImportError, match="nothing"):
        exec("from darlc.data.io import nothing", {})
    with pytest.raises(ModuleNotFoundError, match="elsewhere"):
        import_module("darlc.data.elsewhere")


def test_scripts_of_users_see_it_and_nothing_heavy_is_imported() -> None:
    code = (
        "import sys\n"
        "from darlc.data.io import ReadOptions\n"
        "assert not {'torch', 'anndata', 'pandas'} & set(sys.modules)\n"
        "ReadOptions(layer='counts')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "DeprecationWarning: darlc.data.io.ReadOptions is now darlc.ReadOptions" in done.stderr

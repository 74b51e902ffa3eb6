"""Old names of modules lead to the new ones, with a warning that says where to look."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from importlib.metadata import version

import pytest
from packaging.version import Version

import darlc
from darlc.deprecations import MOVED

#: What scripts import from where, and what the warning calls it.
USED = {
    ("darlc.data.images", "SGEPImages"): "darlc.SGEPImages",
    ("darlc.data.images", "rasterize"): "darlc.rasterize",
    ("darlc.data.io", "DataWarning"): "darlc.io.DataWarning",
    ("darlc.data.io", "Format"): "darlc.io.Format",
    ("darlc.data.io", "ReadOptions"): "darlc.ReadOptions",
    ("darlc.data.io", "find_format"): "darlc.io.find_format",
    ("darlc.data.io", "formats"): "darlc.io.formats",
    ("darlc.data.io", "open_dataset"): "darlc.io.open_dataset",
    ("darlc.data.io", "read"): "darlc.read",
    ("darlc.data.io", "register"): "darlc.io.register",
    ("darlc.data.result", "Result"): "darlc.Result",
    ("darlc.data.result_file", "load"): "darlc.load",
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
    assert str(warning.message).startswith(f"{module}.{name} is now {new}: ")
    assert f"goes with darlc {MOVED[module].goes}" in str(warning.message)
    assert warning.filename == "script.py", "the user's own line is to be shown"


def test_every_old_module_is_tried() -> None:
    assert {module for module, _ in USED} == set(MOVED)


@pytest.mark.parametrize("old", MOVED)
def test_what_was_to_go_by_now_is_gone(old: str) -> None:
    assert Version(version("napari-darlc")) < Version(MOVED[old].goes)


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

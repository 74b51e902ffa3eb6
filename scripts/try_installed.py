"""Try what was installed: the command line, results of before, the plugin in a window, the demo.

Run it with the Python of the environment, on a screen, in an empty folder.
"""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

DEMO = "demo-out"
GOLDEN = Path(__file__).parents[1] / "tests" / "golden"


def command_line() -> None:
    """Simulate a tissue, look at it, and train on it."""
    installed = version("napari-darlc")
    told = _run("--version")
    assert told.split() == ["darlc", installed], f"darlc is {told}, and {installed} is installed"
    _run("simulate", "--out", "tissue.h5ad", "--genes", "100", "--clusters", "4")
    assert "100" in _run("info", "tissue.h5ad")
    _run("fit", "tissue.h5ad", "--out", "result.h5ad", "--clusters", "4", "--preset", "quick")
    assert "clusters" in _run("score", "result.h5ad")


def results_of_before() -> None:
    """Open a result of each version of the schema, and ask something of it."""
    packed = sorted(GOLDEN.glob("schema_*.gz")) + sorted(GOLDEN.glob("schema_*.zip"))
    assert packed, f"there are no results in {GOLDEN}"
    for path in packed:
        if path.suffix == ".gz":
            Path(path.stem).write_bytes(gzip.decompress(path.read_bytes()))
        else:
            shutil.unpack_archive(path, path.stem)
        recorded = json.loads(path.with_name(f"{path.stem.partition('.')[0]}.json").read_text())
        gene = recorded["genes"][0]
        said = json.loads(_run("similar", path.stem, gene, "--json"))
        assert said["similar"], f"no gene is like {gene} in {path.stem}"


def plugin() -> None:
    """Find the plugin as napari does, open its explorer, and read a file through it."""
    import napari
    import npe2
    from npe2 import PluginManager
    from qtpy.QtWidgets import QApplication

    import darlc

    assert Path(sys.prefix) in Path(darlc.__file__).parents, f"{darlc.__file__} was not installed"
    manager = PluginManager.instance()
    manager.discover()
    manifest = manager.get_manifest("napari-darlc")
    assert manifest.package_version == version("napari-darlc")
    assert len(manifest.contributions.commands or []) > 10
    for command in manifest.contributions.commands or []:
        assert callable(npe2.manifest.utils.import_python_name(command.python_name)), command.id
    viewer = napari.Viewer()
    _dock, explorer = viewer.window.add_plugin_dock_widget("napari-darlc", "Explorer")
    QApplication.processEvents()
    assert explorer.isVisible()
    picture = viewer.screenshot(canvas_only=False)
    assert picture.std() > 0, "the window is empty"
    viewer.close()


def demo() -> None:
    """Run the demo without a user; it leaves a result and pictures of the window."""
    done = subprocess.run(
        [sys.executable, "-m", "napari_darlc.demo", "--headless", DEMO],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"the demo failed:\n{done.stdout}{done.stderr}"
    left = {path.suffix for path in Path(DEMO).iterdir()}
    assert {".h5ad", ".png"} <= left, f"the demo left {left}"


def _run(*words: str) -> str:
    program = shutil.which("darlc", path=str(Path(sys.executable).parent))
    assert program, "there is no command darlc"
    done = subprocess.run([program, *words], capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, f"darlc {' '.join(words)}:\n{done.stdout}{done.stderr}"
    return done.stdout


if __name__ == "__main__":
    for each in (command_line, results_of_before, plugin, demo):
        each()
        print(f"{each.__name__} works", flush=True)

"""Take the pictures of the README and of the tutorial: a human cortex in one window, trained on.

Run with the folder that holds ``dlpfc_151510.h5ad``, on a screen of at least 1600 × 1000 pixels::

    scripts/virtual_screen.sh python docs/make_screenshots.py DATA

With ``--study FOLDER``, which ``darlc fit`` wrote of several sections, only the picture of the page
on sections is taken, with a gene that changes.

The pictures of the explorer are taken by the walk, ``tests/napari_darlc/test_walk.py``.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import QDockWidget

if TYPE_CHECKING:
    import napari

    from napari_darlc.demo.steps import Steps
    from napari_darlc.widgets.train.training_dock import TrainingDock
    from napari_darlc.workspace import Workspace

PICTURES = Path(__file__).parent / "pictures"
SIZE = (1600, 1000)
#: Seconds that one step may take on a slow machine.
PATIENCE = 1800.0
#: Seconds in which a slow machine draws all thumbnails.
SETTLED = 10.0
#: Bytes of a picture.
MOST = 400_000
FILE, GENES, CLUSTERS, GENE = "dlpfc_151510.h5ad", 500, 12, "MBP"
#: A label of the file, and the value whose genes are asked for.
LABEL, VALUE = "layer", "WM"


def main() -> int:
    """Take the pictures; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--study", type=Path, help="the folder of a study")
    parser.add_argument(
        "--result", type=Path, help="a result of the tissue, so that none has to be fitted first"
    )
    arguments = parser.parse_args()
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as preferences:
        # Of nobody; napari reads this when it is imported.
        os.environ["NAPARI_CONFIG"] = str(Path(preferences) / "settings.yaml")
        if arguments.study is not None:
            return run(lambda viewer, workspace: show_study(viewer, workspace, arguments.study))
        if arguments.data is None:
            parser.error("name the folder of the data, or a study")
        path = arguments.data / FILE
        return run(lambda viewer, workspace: show(viewer, workspace, path, arguments.result))


def run(steps: Callable[[napari.Viewer, Workspace], Steps]) -> int:
    """Do steps in one window, which photograph it."""
    import napari

    from napari_darlc.demo.steps import DemoSteps
    from napari_darlc.workspace import fit_on_screen, open_workspace

    complaints: list[str] = []
    viewer = napari.Viewer(title="napari-darlc")
    fit_on_screen(viewer, *SIZE)
    workspace = open_workspace(viewer)

    def end(complaint: str) -> None:
        complaints.append(complaint)
        viewer.close()

    DemoSteps(viewer, steps(viewer, workspace), PATIENCE, end)
    napari.run()
    if complaints != [""]:
        print(f"Pictures are missing. {' '.join(complaints)}", file=sys.stderr)
        return 1
    return 0


def show(
    viewer: napari.Viewer, workspace: Workspace, path: Path, fitted: Path | None = None
) -> Steps:
    """Open the tissue, train, and ask about a gene and a region that everybody knows."""
    from napari_darlc.viewer_session import open_path, session_of

    session = session_of(viewer)
    open_path(viewer, path)
    yield lambda: session.dataset is not None and session.dataset.path == path
    session.gene = list(session.gene_labels).index(GENE)
    yield from take(viewer, "cortex-opened.png")

    if fitted is None:
        form = workspace.training.parameters
        form.widgets["genes"].value = GENES
        form.auto.value = False
        form.widgets["clusters"].value = CLUSTERS
        workspace.training.train.click()
    else:
        open_path(viewer, fitted)
    yield lambda: session.result is not None and session.state == "ready"
    session.gene = list(session.gene_labels).index(GENE)
    yield from take(viewer, "cortex.png")

    dock, compare = beside(viewer, workspace.training, "Compare")
    compare.side_by_side.click()
    yield from take(viewer, "cortex-compare.png", dock)
    compare.side_by_side.click()

    dock, region = beside(viewer, workspace.training, "Genes of a region")
    yield lambda: region.choice.source.count() > 0
    region.choice.choose(LABEL, VALUE)
    region.choice.ask.click()
    yield lambda: region.answers.currentIndex() == 1
    yield from take(viewer, "cortex-region.png", dock)


def show_study(viewer: napari.Viewer, workspace: Workspace, folder: Path) -> Steps:
    """Show the gene that changes most surely in all sections."""
    from napari_darlc.viewer_session import layers_of, open_path, session_of

    session, layers = session_of(viewer), layers_of(viewer)
    open_path(viewer, folder)
    yield lambda: session.study is not None and not session.opening
    dock, explorer = beside(viewer, workspace.training, "Explorer")
    sections = explorer.open("Sections")
    yield lambda: sections.table.rowCount() > 0
    sections.beside.all.click()
    yield lambda: layers.sections.shown
    sections.table.chosen.emit(0)
    workspace.gallery.controls.all_sections.click()
    yield from take(viewer, "sections.png", dock)


def beside(viewer: napari.Viewer, training: TrainingDock, name: str) -> tuple[QDockWidget, Any]:
    """Open a dock of the plugin in the place of the training dock; return it and what is in it."""
    from napari_darlc import PLUGIN

    dock, widget = viewer.window.add_plugin_dock_widget(PLUGIN, name)
    main = viewer.window._qt_window
    (first,) = [each for each in main.findChildren(QDockWidget) if each.isAncestorOf(training)]
    main.tabifyDockWidget(first, dock)
    return dock, widget


def take(viewer: napari.Viewer, name: str, front: QDockWidget | None = None) -> Steps:
    """Take a picture with a dock in front of others, small enough for a repository."""
    from napari_darlc.demo.steps import photograph

    if front is not None:
        yield 1.0  # until the window has laid it out
        front.raise_()
    yield SETTLED
    yield from photograph(viewer, PICTURES / name)
    shrink(PICTURES / name)


def shrink(path: Path) -> None:
    """Make a picture small enough for a repository, with as many colours as that allows."""
    from PIL import Image

    with Image.open(path) as opened:
        picture = opened.convert("RGB")
    picture.save(path, optimize=True)
    for colours in (256, 128, 64):
        if path.stat().st_size <= MOST:
            return
        # Of the methods, the one that keeps colours that are rare: thin lines, frames.
        few = picture.quantize(
            colours, Image.Quantize.MAXCOVERAGE, kmeans=3, dither=Image.Dither.NONE
        )
        few.save(path, optimize=True)


if __name__ == "__main__":
    sys.exit(main())

"""Take the first picture of the README: a human cortex, trained on, in one window.

Run with the folder that holds ``dlpfc_151510.h5ad``, on a screen of at least 1600 × 1000 pixels::

    scripts/virtual_screen.sh python docs/make_screenshots.py DATA

The pictures of the guide are taken by the walk, ``tests/napari_darlc/test_walk.py``.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import napari

    from napari_darlc.demo.steps import Steps
    from napari_darlc.workspace import Workspace

PICTURE = Path(__file__).parent / "pictures" / "cortex.png"
SIZE = (1600, 1000)
#: Seconds that one step may take on a slow machine.
PATIENCE = 1800.0
#: Bytes of the picture.
MOST = 400_000
FILE, GENES, CLUSTERS, GENE = "dlpfc_151510.h5ad", 500, 12, "MBP"


def main() -> int:
    """Take the picture; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    arguments = parser.parse_args()
    PICTURE.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as preferences:
        # Of nobody; napari reads this when it is imported.
        os.environ["NAPARI_CONFIG"] = str(Path(preferences) / "settings.yaml")
        return run(arguments.data / FILE)


def run(path: Path) -> int:
    """Open, train and photograph in one window."""
    import napari

    from napari_darlc.demo.steps import Story
    from napari_darlc.workspace import fit_on_screen, open_workspace

    complaints: list[str] = []
    viewer = napari.Viewer(title="napari-darlc")
    fit_on_screen(viewer, *SIZE)
    workspace = open_workspace(viewer)

    def end(complaint: str) -> None:
        complaints.append(complaint)
        viewer.close()

    Story(viewer, show(viewer, workspace, path), PATIENCE, end)
    napari.run()
    if complaints != [""]:
        print(f"The picture is missing. {' '.join(complaints)}", file=sys.stderr)
        return 1
    return 0


def show(viewer: napari.Viewer, workspace: Workspace, path: Path) -> Steps:
    """Train on the tissue, and show a gene that everybody knows."""
    from napari_darlc.demo.steps import photograph
    from napari_darlc.viewer_session import open_path, session_of

    session = session_of(viewer)
    open_path(viewer, path)
    yield lambda: session.dataset is not None and session.dataset.path == path
    form = workspace.training.parameters
    form.widgets["genes"].value = GENES
    form.auto.value = False
    form.widgets["clusters"].value = CLUSTERS
    workspace.training.train.click()
    yield lambda: session.result is not None and session.state == "ready"
    session.gene = list(session.gene_labels).index(GENE)
    yield from photograph(viewer, PICTURE)
    shrink(PICTURE)


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

"""Take the pictures of the documentation: real tissue before, during and after training.

Run with the folder that holds ``dlpfc_151510.h5ad`` and ``visium_mouse``, on a screen of at
least 1600 × 1000 pixels::

    scripts/virtual_screen.sh python docs/make_screenshots.py DATA [--only mouse]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import napari

    from napari_darlc.story import Steps
    from napari_darlc.workspace import Workspace

PICTURES = Path(__file__).parent / "pictures"
LARGE, SMALL = (1600, 1000), (1280, 800)
#: Seconds that one step may take on a slow machine.
PATIENCE = 1800.0
#: Bytes of a picture.
MOST = 400_000


@dataclass(frozen=True)
class Subject:
    """A tissue, how it is trained on, and the gene that is shown (None: the surest one)."""

    file: str
    genes: int
    clusters: int
    gene: str | None = None


SUBJECTS = {
    "cortex": Subject("dlpfc_151510.h5ad", 500, 12, "MBP"),
    "mouse": Subject("visium_mouse", 600, 10),
}


def main() -> int:
    """Take the pictures; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--only", choices=list(SUBJECTS))
    arguments = parser.parse_args()
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as preferences:
        # Of nobody; napari reads this when it is imported.
        os.environ["NAPARI_CONFIG"] = str(Path(preferences) / "settings.yaml")
        names = [arguments.only] if arguments.only else list(SUBJECTS)
        return run(arguments.data, names)


def run(data: Path, names: list[str]) -> int:
    """Show each subject in one window."""
    import napari

    from napari_darlc.story import Story
    from napari_darlc.workspace import fit_on_screen, open_workspace

    complaints: list[str] = []
    viewer = napari.Viewer(title="napari-darlc")
    fit_on_screen(viewer, *LARGE)
    workspace = open_workspace(viewer)

    def end(complaint: str) -> None:
        complaints.append(complaint)
        viewer.close()

    def steps() -> Steps:
        for name in names:
            yield from show(viewer, workspace, name, data)

    Story(viewer, steps(), PATIENCE, end)
    napari.run()
    if complaints != [""]:
        print(f"Pictures are missing. {' '.join(complaints)}", file=sys.stderr)
        return 1
    return 0


def show(viewer: napari.Viewer, workspace: Workspace, name: str, data: Path) -> Steps:
    """Open, train and photograph one subject."""
    from darlc.events import Event, Losses
    from napari_darlc.opening import open_path
    from napari_darlc.story import photograph, surest_gene
    from napari_darlc.viewer_session import session_of
    from napari_darlc.workspace import fit_on_screen

    subject, session = SUBJECTS[name], session_of(viewer)
    path = data / subject.file
    epochs: list[str] = []

    def listen(event: Event) -> None:
        if isinstance(event, Losses):
            epochs.append(event.stage)

    session.event_received.connect(listen)
    open_path(viewer, path)
    yield lambda: session.dataset is not None and session.dataset.path == path
    form = workspace.training.parameters
    form.widgets["preset"].value = "quick"
    form.widgets["genes"].value = subject.genes
    form.auto.value = False
    form.widgets["clusters"].value = subject.clusters
    if subject.gene is not None:
        session.gene = list(session.gene_labels).index(subject.gene)
    yield from photograph(viewer, PICTURES / f"{name}-before.png")
    shrink(PICTURES / f"{name}-before.png")

    workspace.training.train.click()
    yield lambda: epochs.count("joint") >= 2 or session.result is not None
    yield from photograph(viewer, PICTURES / f"{name}-during.png")
    shrink(PICTURES / f"{name}-during.png")

    yield lambda: session.result is not None and session.state == "ready"
    if subject.gene is None:
        session.gene = surest_gene(session)
    yield from photograph(viewer, PICTURES / f"{name}-after.png")
    shrink(PICTURES / f"{name}-after.png")
    fit_on_screen(viewer, *SMALL)
    yield 1.0
    viewer.reset_view(layers=[viewer.layers["raw view"]], margin=0.12)
    yield from photograph(viewer, PICTURES / f"{name}-small.png")
    shrink(PICTURES / f"{name}-small.png")
    fit_on_screen(viewer, *LARGE)
    session.event_received.disconnect(listen)


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

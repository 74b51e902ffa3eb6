"""``python -m napari_darlc.demo``: a simulated tissue, from its genes to their clusters."""

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

_SIZE = (1600, 1000)
#: Enough genes for visibly different patterns, trained in about a minute.
_GENES, _CLUSTERS = 400, 12
#: Most seconds of one step, on a slow machine.
_PATIENCE = 600.0
_RESULT = "result.h5ad"


def main(arguments: list[str] | None = None) -> int:
    """Run the demo; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m napari_darlc.demo",
        description="Open napari on a simulated tissue and train DARLC on its genes.",
    )
    parser.add_argument(
        "--headless",
        type=Path,
        metavar="FOLDER",
        help="leave result and screenshots in FOLDER, then close the window",
    )
    folder: Path | None = parser.parse_args(arguments).headless
    if folder is None:
        return _run(None)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        print(f"The folder cannot be written to: {error}", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as preferences:
        # Screenshots must not depend on the user's settings; napari reads this when it is imported.
        os.environ["NAPARI_CONFIG"] = str(Path(preferences) / "settings.yaml")
        return _run(folder)


def _run(folder: Path | None) -> int:
    import napari

    from napari_darlc.demo.steps import DemoSteps
    from napari_darlc.workspace import fit_on_screen, open_workspace

    complaints: list[str] = []
    viewer = napari.Viewer(title="napari-darlc: a simulated tissue")
    fit_on_screen(viewer, *_SIZE)
    workspace = open_workspace(viewer)

    def end(complaint: str) -> None:
        complaints.append(complaint)
        if folder is not None:
            viewer.close()

    DemoSteps(viewer, _demonstrate(viewer, workspace, folder), _PATIENCE, end)
    napari.run()
    if complaints and complaints[0]:
        print(f"The demo failed. {complaints[0]}", file=sys.stderr)
        return 1
    if folder is not None and not complaints:
        print("The demo failed. Its window was closed before the end.", file=sys.stderr)
        return 1
    return 0


def _demonstrate(viewer: napari.Viewer, workspace: Workspace, folder: Path | None) -> Steps:
    from darlc.events import Event, Losses
    from napari_darlc.demo.steps import photograph, surest_gene
    from napari_darlc.saving.writing import save_result
    from napari_darlc.viewer_session import open_simulated, session_of

    session = session_of(viewer)
    stages: set[str] = set()

    def listen(event: Event) -> None:
        if isinstance(event, Losses):
            stages.add(event.stage)

    session.event_received.connect(listen)
    open_simulated(viewer, _GENES, _CLUSTERS)
    yield lambda: session.state == "ready"
    form = workspace.training.parameters
    form.widgets["preset"].value = "quick"
    form.auto.value = False
    form.widgets["clusters"].value = _CLUSTERS
    if folder is not None:
        yield from photograph(viewer, folder / "1-before.png")

    workspace.training.train.click()
    yield lambda: "search" in stages or session.result is not None
    if folder is not None:
        yield from photograph(viewer, folder / "2-during.png")

    yield lambda: session.result is not None and session.state == "ready"
    session.gene = surest_gene(session)
    if folder is not None:
        yield from photograph(viewer, folder / "3-after.png")
        path = folder / _RESULT
        path.unlink(missing_ok=True)
        save_result(session, path)
        yield path.exists
        print(path, flush=True)

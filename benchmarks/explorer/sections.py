"""How fast another gene is on the screen with all sections of a study side by side.

``python -m benchmarks.explorer.sections STUDY`` opens the folder of a study in a real window and
prints a table: milliseconds from the choice of a gene until the canvas is drawn anew, in its first
section alone and in all sections, and how many times longer the latter takes. Blocks of switches
alternate between the two, so that other work on the machine slows both.

Without a study, ``--simulated 12`` makes one of so many sections of a platform, with smoothed
stand-ins for denoised views.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from qtpy.QtWidgets import QApplication

from benchmarks.explorer.window import HEAD, Clock, in_turn, line, open_window, settle
from darlc.config import Config
from darlc.images.sgep_images import rasterize
from darlc.results.result import Result
from darlc.results.study import StudyResult
from darlc.simulation.study import simulate_study
from napari_darlc.viewer_session import layers_of, open_path, session_of

_GENES, _CLUSTERS, _PATIENCE = 500, 8, 600.0


def stand_in(sections: int, folder: Path) -> Path:
    """Write a study of simulated sections without a fit, and return its folder."""
    adatas = simulate_study(sections=sections, genes=_GENES, clusters=_CLUSTERS)
    config = Config.from_preset("quick", clusters=_CLUSTERS)
    genes = np.array(next(iter(adatas.values())).var_names, dtype=np.str_)
    membership = np.full((_GENES, _CLUSTERS), 0.1 / (_CLUSTERS - 1), dtype=np.float32)
    membership[np.arange(_GENES), np.arange(_GENES) % _CLUSTERS] = 0.9
    results = []
    for adata in adatas.values():
        images = rasterize(adata)
        raw = images.expression(images.index(list(genes)))
        results.append(
            Result(
                gene_names=genes,
                embedding=np.zeros((_GENES, 2), dtype=np.float32),
                membership=membership,
                denoised=images.grid.smoothed(raw, 1.5).astype(np.float16),
                grid=images.grid,
                observation_pixel=images.observation_pixel,
                config=config,
                history={},
                fingerprint=images.fingerprint,
                adata=adata,
            )
        )
    study = StudyResult(
        section_names=tuple(adatas),
        gene_names=genes,
        membership=membership,
        section_membership=np.repeat(membership[None], sections, axis=0),
        keeps=np.ones((_GENES, sections), dtype=np.float32),
        molecules=np.full((_GENES, sections), 100, dtype=np.int64),
        constancy=0.9,
        drawing=np.ones(_GENES, dtype=bool),
        sections=tuple(results),
        config=config,
    )
    return study.save(folder / "study", on_note=lambda _note: None)


def wait(ready: Callable[[], bool]) -> None:
    """Let the window work until something is true."""
    end = time.perf_counter() + _PATIENCE
    while not ready():
        QApplication.processEvents()
        if time.perf_counter() > end:
            raise RuntimeError("the window did not get ready")
        time.sleep(0.01)


def measure(folder: Path, switches: int) -> None:
    """Print what a gene takes to be shown in one section, and in all."""
    viewer = open_window()
    session, sections, clock = session_of(viewer), layers_of(viewer).sections, Clock(viewer)
    open_path(viewer, folder)
    wait(lambda: session.study is not None and not session.opening)
    sections.show()
    wait(lambda: sections.shown)
    assert session.model is not None and session.study is not None
    settle()
    rng, genes = np.random.default_rng(0), session.model.genes

    def beside(everything: bool) -> None:
        if everything:
            sections.show()
        else:
            sections.end()

    def switch() -> tuple[float, float]:
        gene = int(rng.choice(genes))
        return clock.time(lambda: setattr(session, "gene", gene))

    took = in_turn(beside, switch, switches)
    n = session.study.result.n_sections
    line("gene switch, one section", took[False])
    line(f"gene switch, {n} sections", took[True])
    one, every = (np.median(np.array(took[which]), axis=0) for which in (False, True))
    print(f"times longer: {every[0] / one[0]:.2f} waited, {every[1] / one[1]:.2f} of the processor")
    viewer.close()


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("study", type=Path, nargs="?")
    parser.add_argument("--simulated", type=int, default=12, metavar="SECTIONS")
    parser.add_argument("--switches", type=int, default=100)
    arguments = parser.parse_args()
    print(HEAD)
    with tempfile.TemporaryDirectory() as folder:
        study = arguments.study or stand_in(arguments.simulated, Path(folder))
        measure(study, arguments.switches)


if __name__ == "__main__":
    main()

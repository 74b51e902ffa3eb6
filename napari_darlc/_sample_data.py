"""File › Open Sample: simulated tissues, and public ones, which are downloaded once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from darlc.simulation.tissue import Platform

#: napari adds layers that a sample returns; the Session adds its layers itself, later.
_NO_LAYERS: list[tuple[Any, ...]] = []


def simulated_spots() -> list[tuple[Any, ...]]:
    """Open a simulated section of 2,000 genes on a lattice of spots."""
    return _simulate(2000, 20, "visium")


def simulated_beads() -> list[tuple[Any, ...]]:
    """Open a simulated section of 2,000 genes on sparse beads at free positions."""
    return _simulate(2000, 15, "slideseq")


def simulated_cells() -> list[tuple[Any, ...]]:
    """Open a simulated section of 300 genes in single cells."""
    return _simulate(300, 12, "merfish")


def visium_mouse_brain() -> list[tuple[Any, ...]]:
    """Open a public Visium section."""
    return _fetch("visium_mouse_brain")


def merfish_hypothalamus() -> list[tuple[Any, ...]]:
    """Open a public MERFISH section."""
    return _fetch("merfish_hypothalamus")


def slideseq_hippocampus() -> list[tuple[Any, ...]]:
    """Open a public Slide-seq section."""
    return _fetch("slideseq_hippocampus")


def _simulate(genes: int, clusters: int, platform: Platform) -> list[tuple[Any, ...]]:
    from napari_darlc.opening.calling_viewer import calling_viewer
    from napari_darlc.viewer_session import open_simulated

    if (viewer := calling_viewer()) is not None:
        open_simulated(viewer, genes, clusters, platform)
    return _NO_LAYERS


def _fetch(key: str) -> list[tuple[Any, ...]]:
    from darlc.io.samples import SAMPLES
    from napari_darlc.opening.calling_viewer import calling_viewer
    from napari_darlc.viewer_session import open_sample

    if (viewer := calling_viewer()) is not None:
        open_sample(viewer, SAMPLES[key])
    return _NO_LAYERS

"""What other programs read: clusters as CSV and as gene sets, denoised views as OME-TIFF."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from darlc.data.clusters import Clusters
from darlc.data.grid import Grid
from darlc.errors import InputError


def write_clusters_csv(path: Path, gene_names: Sequence[str], clusters: Clusters) -> Path:
    """Write one line a gene: its cluster and confidence, and its second-best cluster.

    Parameters
    ----------
    path
        Where; an existing file is replaced once the new one is whole.
    gene_names
        (G,) the modelled genes.
    clusters
        Of the same genes.

    Raises
    ------
    InputError
        The path cannot be written to.
    """
    names = np.array([*clusters.names, ""])
    second = clusters.membership[np.arange(len(gene_names)), clusters.second]
    columns = (
        gene_names,
        names[clusters.cluster],
        [f"{value:.4f}" for value in clusters.confidence],
        names[clusters.second],
        ["" if k < 0 else f"{v:.4f}" for k, v in zip(clusters.second, second, strict=True)],
    )

    def fill(temporary: Path) -> None:
        with temporary.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(
                ["gene", "cluster", "confidence", "second_cluster", "second_confidence"]
            )
            writer.writerows(zip(*columns, strict=True))

    return _write(path, fill)


def write_clusters_gmt(path: Path, gene_names: Sequence[str], clusters: Clusters) -> Path:
    """Write one gene set a cluster, as gene set tools read them: name, description, genes.

    Clusters without genes are left out.

    Parameters
    ----------
    path
        Where; an existing file is replaced once the new one is whole.
    gene_names
        (G,) the modelled genes.
    clusters
        Of the same genes.

    Raises
    ------
    InputError
        The path cannot be written to.
    """
    names = np.asarray(gene_names, dtype=np.str_)
    lines = []
    for column, name in enumerate(clusters.names):
        members = names[clusters.cluster == column]
        if len(members):
            # A tab would end the name.
            label = " ".join(name.split())
            about = f"DARLC cluster {label} of {len(members)} genes"
            lines.append("\t".join([label, about, *members]) + "\n")

    def fill(temporary: Path) -> None:
        temporary.write_text("".join(lines), encoding="utf-8")

    return _write(path, fill)


def write_views_tiff(
    path: Path, gene_names: Sequence[str], views: NDArray[np.floating], grid: Grid
) -> Path:
    """Write views as an OME-TIFF, a channel for each gene.

    Parameters
    ----------
    path
        Where; an existing file is replaced once the new one is whole.
    gene_names
        (n,) names of the channels.
    views
        (n, P) over tissue pixels, n at least 1. They are written as float32, NaN off the tissue.
    grid
        Where the pixels lie; their size is told in micrometres where it is known.

    Raises
    ------
    InputError
        The path cannot be written to, or there is no view.
    """
    import tifffile

    if not len(views):
        raise InputError(f"{path} would hold no view: choose at least one gene.")
    metadata: dict[str, object] = {"axes": "CYX", "Channel": {"Name": list(map(str, gene_names))}}
    if np.isfinite(grid.microns):
        height, width = np.linalg.norm(grid.affine[:2, :2], axis=0) * grid.microns
        metadata |= {"PhysicalSizeX": float(width), "PhysicalSizeXUnit": "µm"}
        metadata |= {"PhysicalSizeY": float(height), "PhysicalSizeYUnit": "µm"}
    pictures = grid.spread(np.asarray(views, dtype=np.float32))

    def fill(temporary: Path) -> None:
        tifffile.imwrite(
            temporary,
            pictures,
            ome=True,
            photometric="minisblack",
            compression="zlib",
            metadata=metadata,
        )

    return _write(path, fill)


def _write(path: Path, fill: Callable[[Path], None]) -> Path:
    """Fill a file beside the path and put it there once it is whole."""
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".{target.name}.{uuid4().hex[:8]}.part")
    try:
        fill(temporary)
        temporary.replace(target)
    except OSError as error:
        cause = error.strerror or str(error)
        raise InputError(
            f"{path} could not be written ({cause}): free some space or choose another folder."
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
    return path

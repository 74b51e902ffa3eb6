"""Exports for other programs: tables as CSV, clusters as gene sets, denoised views as OME-TIFF."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from darlc.errors import InputError
from darlc.images.gene_labels import NamedGenes
from darlc.images.grid import Grid
from darlc.io.whole_files import whole
from darlc.results.clusters import Clusters

if TYPE_CHECKING:
    import pandas as pd


def write_table(path: Path, table: pd.DataFrame) -> Path:
    """Write a table as CSV: its columns, and a row a line; the index is not written.

    Raises
    ------
    InputError
        The path cannot be written to.
    """
    return _write(path, partial(table.to_csv, index=False))


#: Most bytes of images in a classic TIFF file, whose offsets have 32 bits.
_CLASSIC = 2**32 - 2**25


def write_clusters_csv(path: Path, genes: NamedGenes, clusters: Clusters) -> Path:
    """Write one line a gene: its names, its cluster and confidence, and its second-best cluster.

    Parameters
    ----------
    path
        Where; an existing file is replaced once the new one is whole.
    genes
        G genes of the result.
    clusters
        Of the same genes.

    Raises
    ------
    InputError
        The path cannot be written to.
    """
    import pandas as pd

    names = np.array([*clusters.names, ""])
    second = clusters.membership[np.arange(len(genes)), clusters.second]
    table = {
        **genes.columns(),
        "cluster": names[clusters.cluster],
        "confidence": [f"{value:.4f}" for value in clusters.confidence],
        "second_cluster": names[clusters.second],
        "second_confidence": [
            "" if k < 0 else f"{v:.4f}" for k, v in zip(clusters.second, second, strict=True)
        ],
    }
    return write_table(path, pd.DataFrame(table))


def write_clusters_gmt(path: Path, genes: NamedGenes, clusters: Clusters) -> Path:
    """Write one gene set a cluster, as gene set tools read them: name, description, symbols.

    Clusters without genes are left out, and a symbol that several genes have is written once.

    Parameters
    ----------
    path
        Where; an existing file is replaced once the new one is whole.
    genes
        G genes of the result.
    clusters
        Of the same genes.

    Raises
    ------
    InputError
        The path cannot be written to.
    """
    lines = []
    for column, name in enumerate(clusters.names):
        members = list(dict.fromkeys(genes.symbol[clusters.cluster == column].tolist()))
        if members:
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
        (n, P) over tissue pixels, n at least 1. They are written as float32, NaN outside the
        tissue.
    grid
        Grid of the pixels; their size is written in micrometres where it is known.

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
    shape = (len(views), *grid.shape)

    def fill(temporary: Path) -> None:
        tifffile.imwrite(
            temporary,
            # One image after the other: together they may not fit into memory.
            (grid.spread(np.asarray(view, dtype=np.float32)) for view in views),
            shape=shape,
            dtype=np.float32,
            bigtiff=4 * math.prod(shape) > _CLASSIC,
            ome=True,
            photometric="minisblack",
            compression="zlib",
            metadata=metadata,
        )

    return _write(path, fill)


def _write(path: Path, fill: Callable[[Path], None]) -> Path:
    """Write a temporary file beside the path, and rename it once it is complete."""
    try:
        with whole(path) as temporary:
            fill(temporary)
    except OSError as error:
        cause = error.strerror or str(error)
        raise InputError(
            f"{path} could not be written ({cause}): free some space or choose another folder."
        ) from error
    return path

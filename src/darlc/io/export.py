"""Exports for other programs: tables as CSV, clusters as gene sets, denoised views as OME-TIFF."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
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
from darlc.results.gene_sets import GeneSet
from darlc.results.second_patterns import SecondPatterns

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
CLASSIC = 2**32 - 2**25


def write_clusters_csv(
    path: Path,
    genes: NamedGenes,
    clusters: Clusters,
    second_patterns: SecondPatterns | None = None,
) -> Path:
    """Write one line a gene: its names, its cluster and confidence, and its second-best cluster.

    Of a gene that is a sum of two patterns also the second one and its share of the molecules.

    Parameters
    ----------
    path
        Where; an existing file is replaced once the new one is whole.
    genes
        G genes of the result.
    clusters
        Of the same genes, as the user sees them.
    second_patterns
        Of the same genes and clusters; None where none were looked for.

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
    if second_patterns is not None:
        likely = second_patterns.likely
        table["also_follows"] = names[np.where(likely, second_patterns.cluster, -1)]
        shares = zip(likely, second_patterns.share, strict=True)
        table["also_share"] = [f"{value:.2f}" if also else "" for also, value in shares]
        table["sum_probability"] = [f"{value:.4f}" for value in second_patterns.probability]
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
    sets = []
    for column, name in enumerate(clusters.names):
        members = tuple(genes.symbol[clusters.cluster == column].tolist())
        if members:
            n = len(dict.fromkeys(members))
            sets.append(GeneSet(name, members, f"DARLC cluster {name} of {n} genes"))
    return write_gmt(path, sets)


def write_gmt(path: Path, sets: Iterable[GeneSet]) -> Path:
    """Write gene sets as a GMT file: name, record and genes of a set a line, with tabs between.

    Parameters
    ----------
    path
        Where; an existing file is replaced once the new one is whole.
    sets
        Written as they are: give symbols, which tools for gene sets expect.

    Raises
    ------
    InputError
        The path cannot be written to.
    """
    lines = ["\t".join([each.name, each.record or "na", *each.genes]) + "\n" for each in sets]

    def fill(temporary: Path) -> None:
        temporary.write_text("".join(lines), encoding="utf-8")

    return _write(path, fill)


def write_gene_sets(path: Path, genes: NamedGenes, sets: Sequence[GeneSet]) -> Path:
    """Write gene sets of a result for other programs: ``.gmt`` with symbols, ``.csv`` with names.

    Parameters
    ----------
    path
        Where; an existing file is replaced once the new one is whole.
    genes
        All genes of the data, by whose names the sets hold theirs.
    sets
        Of a result.

    Raises
    ------
    InputError
        The path cannot be written to, or has another ending.
    """
    if path.suffix.lower() == ".csv":
        return write_gene_sets_csv(path, genes, sets)
    if path.suffix.lower() != ".gmt":
        raise InputError(f"{path} is neither .gmt nor .csv: name the file with one of these.")
    symbol = dict(zip(genes.gene.tolist(), genes.symbol.tolist(), strict=True))
    return write_gmt(
        path,
        (
            replace(each, genes=tuple(symbol.get(gene, gene) for gene in each.genes))
            for each in sets
        ),
    )


def write_gene_sets_csv(path: Path, genes: NamedGenes, sets: Iterable[GeneSet]) -> Path:
    """Write gene sets as CSV, one line for each gene of each set: set, names of the gene, record.

    Parameters
    ----------
    path
        Where; an existing file is replaced once the new one is whole.
    genes
        All genes of the data, by whose names the sets hold theirs.
    sets
        Of a result; genes that the data do not hold have a name alone.

    Raises
    ------
    InputError
        The path cannot be written to.
    """
    import pandas as pd

    row = {name: i for i, name in enumerate(genes.gene.tolist())}
    lines = []
    for each in sets:
        for name in each.genes:
            i = row.get(name, -1)
            names = {"gene": name, "symbol": "", "identifier": ""}
            if i >= 0:
                names = {key: str(values[i]) for key, values in genes.columns().items()}
            lines.append({"set": each.name, **names, "record": each.record})
    columns = ["set", "gene", "symbol", "identifier", "record"]
    return write_table(path, pd.DataFrame(lines, columns=columns))


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
            bigtiff=4 * math.prod(shape) > CLASSIC,
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

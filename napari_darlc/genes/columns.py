"""Columns of values of genes: measured in the tissue, from the file, and from the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Self
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from darlc.images.pooling import finest_factor, pooled
from darlc.images.selection import shows_pattern
from darlc.images.sgep_images import SGEPImages

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

    from napari_darlc.session.session import Model

CLUSTER, SECOND, CONFIDENCE = "Cluster", "Second cluster", "Confidence"
ALSO, SUM = "Also follows", "Sum of two"
MORANS_I, MEAN, SHARE = "Moran's I", "Mean expression", "Share of observations"
_OURS = {"Gene", CLUSTER, SECOND, CONFIDENCE, ALSO, SUM, MORANS_I, MEAN, SHARE}
#: Columns of a result in the file; the session's own columns hold the same, with edits.
RESULT_PREFIX = "darlc_"


@dataclass(frozen=True, eq=False)
class GeneColumn:
    """A column of values, one for each gene.

    Parameters
    ----------
    name
        Name in the header.
    values
        (n_genes,) float64, NaN where missing, or text (objects), ``""`` where missing.
    key
        (n_genes,) numbers that sort like the values; NaN, for missing values, is last.
    tip
        Description, with the unit.
    colours
        ``#rrggbb`` by text, where the values have colours.
    """

    name: str
    values: NDArray[np.float64] | NDArray[np.object_]
    key: NDArray[np.float64]
    tip: str = ""
    colours: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of_numbers(cls, name: str, values: NDArray[np.generic], tip: str = "") -> Self:
        """Return a column of numbers."""
        numbers = np.asarray(values, dtype=np.float64)
        return cls(name, numbers, numbers, tip)

    @classmethod
    def of_text(cls, name: str, values: NDArray[np.object_], tip: str = "") -> Self:
        """Return a column of text, sorted alphabetically without regard to case."""
        distinct, code = np.unique(values.astype(str), return_inverse=True)
        folded = [text.casefold() for text in distinct.tolist()]
        rank = np.empty(len(distinct))
        rank[sorted(range(len(folded)), key=folded.__getitem__)] = np.arange(len(distinct))
        key = rank[code.reshape(-1)]
        key[values == ""] = np.nan
        return cls(name, values, key, tip)

    @property
    def numeric(self) -> bool:
        """Whether the values are numbers."""
        return self.values.dtype.kind == "f"

    @property
    def known(self) -> NDArray[np.bool_]:
        """(n_genes,) whether there is a value."""
        return ~np.isnan(self.key)

    def text(self, gene: int) -> str:
        """Return a gene's value as it is shown."""
        value = self.values[gene]
        if not self.numeric:
            return str(value)
        if np.isnan(value):
            return ""
        return f"{value:.0f}" if value == round(value) and abs(value) < 1e9 else f"{value:.3g}"


def order_by(
    column: GeneColumn, genes: NDArray[np.int64], descending: bool, rank: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return genes sorted by a column, ties by rank; genes without a value are always last.

    Parameters
    ----------
    column
        Column to sort by.
    genes
        (g,) positions.
    descending
        Whether the highest value is first.
    rank
        (n_genes,) rank of each gene among ties.
    """
    key = column.key[genes]
    return genes[np.lexsort((rank[genes], -key if descending else key))]


def table_of(columns: Sequence[GeneColumn], genes: NDArray[np.int64]) -> pd.DataFrame:
    """Return the values of genes in full precision, one row for each gene."""
    import pandas as pd

    # By number first, as two columns may have the same name.
    table = pd.DataFrame({i: column.values[genes] for i, column in enumerate(columns)})
    table.columns = pd.Index([column.name for column in columns])
    return table


# ---------------------------------------------------------------- by the model


def model_columns(model: Model | None, n_genes: int) -> tuple[GeneColumn, ...]:
    """Return cluster, second cluster and confidence of all genes; missing without a model.

    Where sums of two patterns were looked for, also the second pattern and its probability.
    """
    columns = (
        _clusters(CLUSTER, "Cluster with the highest membership", model, "cluster", n_genes),
        _clusters(SECOND, "Cluster with the second highest membership", model, "second", n_genes),
        _confidence(model, n_genes),
    )
    second = None if model is None else model.second_patterns
    if model is None or second is None:
        return columns
    tip = "Second pattern of a gene that is likely a sum of two"
    probability = np.full(n_genes, np.nan)
    probability[model.genes] = np.where(model.cluster >= 0, second.probability, np.nan)
    return (
        *columns,
        _clusters(ALSO, tip, model, "also", n_genes),
        GeneColumn.of_numbers(
            SUM, probability, "Probability that a gene is a sum of two patterns, from 0 to 1"
        ),
    )


def _clusters(name: str, tip: str, model: Model | None, which: str, n_genes: int) -> GeneColumn:
    values = np.full(n_genes, "", dtype=object)
    key = np.full(n_genes, np.nan)
    if model is None or model.n_clusters == 0:
        return GeneColumn(name, values, key, tip)
    column = getattr(model, which)
    known = column >= 0
    key[model.genes[known]] = column[known]
    values[model.genes[known]] = np.array(model.names, dtype=object)[column[known]]
    return GeneColumn(name, values, key, tip, dict(zip(model.names, model.colours, strict=True)))


def _confidence(model: Model | None, n_genes: int) -> GeneColumn:
    values = np.full(n_genes, np.nan)
    if model is not None:
        values[model.genes] = model.confidence
    return GeneColumn.of_numbers(CONFIDENCE, values, "Highest membership of a gene, from 0 to 1")


# ---------------------------------------------------------------- measured in the tissue

_measured: WeakKeyDictionary[SGEPImages, tuple[GeneColumn, ...]] = WeakKeyDictionary()
_measuring = Lock()
#: Most pixels over which autocorrelation is measured, and genes at a time.
_MOST_PIXELS, _AT_ONCE = 16_000, 512


def measured_columns(images: SGEPImages, adata: AnnData | None) -> tuple[GeneColumn, ...]:
    """Return Moran's I, mean expression and share of observations, computed once for a dataset.

    It may take seconds: call it off the GUI thread. Simultaneous calls wait for the first one.

    Parameters
    ----------
    images
        All genes.
    adata
        The data that the images were made from; without them the share is of tissue pixels.
    """
    with _measuring:
        if images not in _measured:
            # Neighbours of very many pixels do not fit into memory.
            coarse = pooled(images, finest_factor(images.grid, _MOST_PIXELS))
            neighbours = coarse.grid.neighbours
            _measured[images] = (
                GeneColumn.of_numbers(
                    MORANS_I,
                    np.where(
                        shows_pattern(images),
                        _morans_i(log_normalised(coarse), neighbours),
                        np.nan,
                    ),
                    "Spatial autocorrelation of the raw view: 1 for smooth patterns, 0 for none; "
                    "missing for genes in too few pixels",
                ),
                GeneColumn.of_numbers(
                    MEAN, _mean(images), "Mean of the raw view over the tissue, log-normalised"
                ),
                GeneColumn.of_numbers(
                    SHARE,
                    _share(images, adata),
                    "Share of the observations in which the gene is detected, from 0 to 1",
                ),
            )
        return _measured[images]


def log_normalised(images: SGEPImages) -> sparse.csc_array:
    """Return ``images.expression()`` of all genes at once, sparse: (P, n_genes) float64."""
    matrix = sparse.csc_array(images.matrix)
    data = matrix.data.astype(np.float64)
    if images.values != "log":
        size = images.library / np.median(images.library)
        data = np.log1p(data / size[matrix.indices])
    return sparse.csc_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)


def _morans_i(x: sparse.csc_array, adjacency: sparse.csr_array) -> NDArray[np.float64]:
    """Return ``darlc.images.statistics.morans_i`` of all genes, (n_genes,), NaN for constant ones.

    For sparse values this expansion takes a tenth of the time: with w the
    normalised weights, m a gene's mean and 1 the vector of ones,
    (x - m1)' w (x - m1) = x'wx - m (1'wx + x'w1) + m² 1'w1.
    """
    degree = np.asarray(adjacency.sum(axis=1), dtype=np.float64).ravel()
    inverse = np.divide(1.0, degree, out=np.zeros_like(degree), where=degree > 0)
    weights = sparse.csr_array(sparse.dia_array((inverse[None], 0), adjacency.shape) @ adjacency)
    n, total = len(degree), float(weights.sum())
    spread = weights @ x
    mean = np.asarray(x.sum(axis=0), dtype=np.float64).ravel() / n
    ends = np.asarray(spread.sum(axis=0)).ravel() + np.asarray(weights.sum(axis=1)).ravel() @ x
    across = np.asarray((x * spread).sum(axis=0)).ravel() - mean * ends + mean**2 * total
    within = np.asarray((x * x).sum(axis=0)).ravel() - n * mean**2
    varies = within > 1e-9 * n * np.maximum(mean**2, 1e-30)
    ratio = np.divide(across, within, out=np.full(len(mean), np.nan), where=varies)
    return ratio * n / max(total, 1.0)


def _mean(images: SGEPImages) -> NDArray[np.float64]:
    """Return the mean of ``images.expression()``, (n_genes,), a chunk of genes at a time."""
    steps = range(0, images.n_genes, _AT_ONCE)
    parts = (images.select(np.arange(i, min(i + _AT_ONCE, images.n_genes))) for i in steps)
    means = [np.asarray(log_normalised(part).mean(axis=0)).ravel() for part in parts]
    return np.concatenate(means) if means else np.empty(0)


def _share(images: SGEPImages, adata: AnnData | None) -> NDArray[np.float64]:
    used = images.observation_pixel >= 0
    if adata is None or adata.shape != (len(used), images.n_genes):
        return np.diff(images.matrix.indptr) / images.n_pixels
    counts = adata.layers.get("counts")
    seen = sparse.csr_array(adata.X if counts is None else counts)
    rows = np.repeat(used, np.diff(seen.indptr)) & (seen.data > 0)
    n_seen = np.bincount(seen.indices[rows], minlength=images.n_genes)
    return n_seen / max(int(used.sum()), 1)


# ---------------------------------------------------------------- from the file


def file_columns(var: pd.DataFrame) -> tuple[GeneColumn, ...]:
    """Return every column of ``var``, as numbers or else as text.

    ``(file)`` is appended to a name that one of our columns has.
    """
    import pandas as pd

    columns = []
    for name in var.columns:
        column, tip = var[name], f"var[{str(name)!r}] of the file"
        head = f"{name} (file)" if str(name) in _OURS else str(name)
        if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
            numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
            columns.append(GeneColumn.of_numbers(head, numbers, tip))
            continue
        objects = column.astype(object)
        text = objects.where(objects.notna(), "").astype(str).to_numpy(dtype=object)
        columns.append(GeneColumn.of_text(head, text, tip))
    return tuple(columns)

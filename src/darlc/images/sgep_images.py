"""SGEP images: expression of every gene over the tissue grid, computed from a sparse matrix."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from darlc.data.dataset import reading_facts
from darlc.data.left_out import are_genes
from darlc.data.native import native
from darlc.data.whole_numbers import is_whole
from darlc.errors import InputError
from darlc.images.grid import Grid
from darlc.images.layout import place
from darlc.images.sections.stacked_sections import refuse_stacked, stacked

if TYPE_CHECKING:
    from anndata import AnnData

Values = Literal["counts", "normalised", "log"]
Genes = Sequence[int] | NDArray[np.int64] | slice | int


@dataclass(frozen=True, eq=False)
class SGEPImages:
    """Spatial gene expression pattern images of all genes, lazy.

    Parameters
    ----------
    matrix
        (P, G) csc: expression of every gene in every tissue pixel; summed over the pixel's
        observations for counts, their mean otherwise.
    grid
        Grid of the pixels.
    gene_names
        (G,) unique names.
    observation_pixel
        (n_obs,) index of the observation's tissue pixel, -1 where it was left out.
    values
        What the numbers are: ``"counts"``, ``"normalised"`` (not integers, linear) or ``"log"``.
    notes
        Sentences on what was assumed and left out.

    Examples
    --------
    >>> images = darlc.rasterize(darlc.read("tissue.h5ad"))
    >>> values = images.expression(images.index(["MBP"]))
    >>> values.shape == (1, images.n_pixels)
    True
    """

    matrix: sparse.csc_array
    grid: Grid
    gene_names: NDArray[np.str_]
    observation_pixel: NDArray[np.int64]
    values: Values = "counts"
    notes: tuple[str, ...] = field(default=())

    @property
    def n_genes(self) -> int:
        """Number G of genes."""
        return int(self.matrix.shape[1])

    @property
    def n_pixels(self) -> int:
        """Number P of tissue pixels."""
        return int(self.matrix.shape[0])

    @cached_property
    def library(self) -> NDArray[np.float32]:
        """(P,) total over all genes in each tissue pixel; ones where the values are logs."""
        if self.values == "log":
            return np.ones(self.n_pixels, dtype=np.float32)
        total = np.asarray(self.matrix.sum(axis=1), dtype=np.float32).ravel()
        return np.where(total > 0, total, 1.0).astype(np.float32)

    @cached_property
    def _position(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.gene_names)}

    def index(self, genes: Sequence[str]) -> NDArray[np.int64]:
        """Return the positions of genes by name.

        Raises
        ------
        InputError
            A name is not among the genes.
        """
        missing = [name for name in genes if name not in self._position]
        if missing:
            raise InputError(
                f"{len(missing)} of the genes asked for are not in the data "
                f"({', '.join(missing[:5])}): check their spelling against the gene names."
            )
        return np.array([self._position[name] for name in genes], dtype=np.int64)

    def measured(self, genes: Genes = slice(None)) -> NDArray[np.float32]:
        """Return pixel values without normalisation, (g, P): counts where the data are counts."""
        chosen = [genes] if isinstance(genes, int | np.integer) else genes
        return self.matrix[:, chosen].T.toarray().astype(np.float32, copy=False)

    def expression(self, genes: Genes = slice(None)) -> NDArray[np.float32]:
        """Return log-normalised expression, (g, P): log1p of counts scaled to the median library.

        Log values are returned unchanged.
        """
        measured = self.measured(genes)
        if self.values == "log":
            return measured
        size = self.library / np.median(self.library)
        return np.log1p(measured / size).astype(np.float32)

    def raw_view(self, genes: Genes) -> NDArray[np.float32]:
        """Return SGEP images, (g, H, W), in log-normalised units; NaN outside the tissue."""
        return self.grid.spread(self.expression(genes)).astype(np.float32, copy=False)

    def select(self, genes: NDArray[np.int64]) -> SGEPImages:
        """Return the same tissue with only some genes; the library stays that of all genes."""
        chosen = SGEPImages(
            matrix=self.matrix[:, genes],
            grid=self.grid,
            gene_names=self.gene_names[genes],
            observation_pixel=self.observation_pixel,
            values=self.values,
            notes=self.notes,
        )
        chosen.__dict__["library"] = self.library
        return chosen

    @cached_property
    def fingerprint(self) -> str:
        """Hash of values, grid and names; equal hashes mean equal data."""
        return self._hash(np.dtype(np.int32))

    def has_fingerprint(self, fingerprint: str) -> bool:
        """Return whether a fingerprint, of this version or of an earlier one, is of these images.

        Earlier ones hashed indices of 64 bits where a file held such.
        """
        return fingerprint == self.fingerprint or fingerprint == self._hash(np.dtype(np.int64))

    def _hash(self, indices: np.dtype[np.signedinteger]) -> str:
        digest = hashlib.sha256()
        matrix = self.matrix
        places = (each.astype(indices, copy=False) for each in (matrix.indices, matrix.indptr))
        for part in (matrix.data, *places, self.grid.mask, self.grid.affine):
            digest.update(np.ascontiguousarray(part).data)
        digest.update("\n".join(self.gene_names).encode())
        return digest.hexdigest()


def rasterize(
    adata: AnnData, bin_size: float | None = None, name: str = "adata", *, separate: bool = False
) -> SGEPImages:
    """Turn observations into SGEP images with one sparse product.

    Parameters
    ----------
    adata
        Observations × genes with ``obsm["spatial"]``. Counts are taken from
        ``layers["counts"]`` where ``X`` holds none, else from ``X``.
    bin_size
        Pixel side for free coordinates, in units of ``obsm["spatial"]``; None chooses one.
    name
        Name of the data for error messages.
    separate
        Whether it is known that no sections lie on top of each other, as `Dataset.separate` says;
        else it is looked for.

    Returns
    -------
    SGEPImages
        All genes. Observations outside the tissue (``obs["in_tissue"] == 0``), without
        coordinates or without any expression are left out, and ``notes`` says so.

    Raises
    ------
    InputError
        There are no coordinates, no expression, or only one position; or there are several sections
        on top of each other.

    Examples
    --------
    >>> images = darlc.rasterize(darlc.simulate(genes=100))
    >>> images.n_genes, images.values
    (100, 'counts')
    """
    if "spatial" not in adata.obsm:
        raise InputError("the data hold no coordinates: obsm['spatial'] is missing; add it.")
    genes = are_genes(adata)
    expression, values, assumption = find_expression(adata, genes)
    notes = [assumption]
    total = np.asarray(expression.sum(axis=1)).ravel()
    if not np.any(total > 0):
        raise InputError("every expression value is zero: check which matrix of the file is read.")
    used = total > 0
    if not used.all():
        notes.append(f"{int((~used).sum())} observations without any expression are left out.")
    if "in_tissue" in adata.obs:
        outside = adata.obs["in_tissue"].to_numpy().astype(float) == 0
        if outside.any():
            notes.append(f"{int(outside.sum())} observations outside the tissue are left out.")
            used &= ~outside
    located = np.isfinite(np.asarray(adata.obsm["spatial"], dtype=np.float64)[:, :2]).all(axis=1)
    if not located.all():
        notes.append(f"{int((~located).sum())} observations without coordinates are left out.")
        used &= located

    if not separate:
        refuse_stacked(adata, stacked(adata), name)
    grid, cells, sentence = place(adata, used, bin_size)
    notes.append(sentence)
    used = cells[:, 0] >= 0
    observation_pixel = np.full(adata.n_obs, -1, dtype=np.int64)
    observation_pixel[used] = grid.index[tuple(cells[used].T)]

    return _summed((expression, values, genes), adata, grid, observation_pixel, tuple(notes))


def placed_images(adata: AnnData, grid: Grid, observation_pixel: NDArray[np.int64]) -> SGEPImages:
    """Return the SGEP images of observations whose pixels are known.

    Parameters
    ----------
    adata
        As for `rasterize`.
    grid
        Grid of the pixels.
    observation_pixel
        (n_obs,) index of each observation's tissue pixel, -1 where it is left out.

    Raises
    ------
    InputError
        The data hold no expression matrix.
    """
    genes = are_genes(adata)
    expression, values, note = find_expression(adata, genes)
    return _summed((expression, values, genes), adata, grid, observation_pixel, (note,))


def _summed(
    found: tuple[sparse.csr_array, Values, NDArray[np.bool_]],
    adata: AnnData,
    grid: Grid,
    observation_pixel: NDArray[np.int64],
    notes: tuple[str, ...],
) -> SGEPImages:
    """Return images of the expression, by one sparse product where pixels hold several."""
    expression, values, genes = found
    matrix = _in_order(expression, observation_pixel, grid.n_pixels)
    if matrix is None:
        matrix = (collecting(observation_pixel, grid.n_pixels, values) @ expression).tocsc()
    return SGEPImages(
        matrix=matrix.astype(np.float32, copy=False),
        grid=grid,
        gene_names=np.asarray(adata.var_names, dtype=np.str_)[genes],
        observation_pixel=observation_pixel,
        values=values,
        notes=notes,
    )


def _in_order(
    expression: sparse.csr_array, observation_pixel: NDArray[np.int64], n_pixels: int
) -> sparse.csc_array | None:
    """Return values of pixels that hold one observation each, in order; None where they do not.

    As of the bins of large slides, where a product would take as much memory as the data again.
    """
    used = observation_pixel >= 0
    if not np.array_equal(observation_pixel[used], np.arange(n_pixels)):
        return None
    if np.diff(expression.indptr)[~used].any():
        return None
    matrix = expression.tocsc()
    if not used.all():
        rows = observation_pixel.astype(matrix.indices.dtype)[matrix.indices]
        parts = (matrix.data, rows, matrix.indptr)
        matrix = sparse.csc_array(parts, (n_pixels, matrix.shape[1]))
    matrix.eliminate_zeros()
    return matrix


def collecting(owner: NDArray[np.int64], n: int, values: Values) -> sparse.csr_array:
    """Return the matrix (n, m) that sums m counts, or averages other values, in n pixels.

    Parameters
    ----------
    owner
        (m,) the pixel of each value, -1 where it is left out.
    n
        Number of pixels.
    values
        What the numbers are.
    """
    used = owner >= 0
    rows = owner[used]
    weight = np.ones(len(rows), dtype=np.float32)
    if values != "counts":
        weight /= np.bincount(rows, minlength=n)[rows]
    # Long indices of one factor would make those of the product long, with twice the memory.
    places = rows.astype(np.int32), np.flatnonzero(used).astype(np.int32)
    return sparse.coo_array((weight, places), (n, len(owner))).tocsr()


def find_expression(
    adata: AnnData, genes: NDArray[np.bool_] | None = None
) -> tuple[sparse.csr_array, Values, str]:
    """Find the counts; else decide whether values are log or linear, and return what was assumed.

    Parameters
    ----------
    adata
        Observations × features.
    genes
        Which features are genes, (n_vars,); None for all.

    Returns
    -------
    matrix
        (n_obs, n_genes); without columns of features that are not genes.
    values
        What the numbers are.
    sentence
        What was assumed, as a sentence for the user.

    Raises
    ------
    InputError
        The data hold no expression matrix.
    """
    reading = reading_facts(adata)
    candidates = {"X": adata.X, "layers['counts']": adata.layers.get("counts")}
    if (layer := str(reading.get("layer", ""))) in adata.layers:
        candidates = {f"layers['{layer}']": adata.layers[layer]}
    elif layer:
        candidates = {"X": adata.X}
    genes = are_genes(adata) if genes is None else genes
    matrices = {
        name: _columns(sparse.csr_array(native(matrix)), genes)
        for name, matrix in candidates.items()
        if matrix is not None
    }
    if not matrices:
        raise InputError("the data hold no expression matrix: X is empty; store the counts there.")
    if reading.get("values") == "log":
        name, matrix = next(iter(matrices.items()))
        return matrix, "log", f"{name} is read as it is; noise is taken to be Gaussian."
    for name, matrix in matrices.items():
        if is_whole(matrix):
            return matrix, "counts", f"{name} holds whole numbers and is read as counts."
    name, matrix = next(iter(matrices.items()))
    if "log1p" in adata.uns or (matrix.data.size and float(matrix.data.max()) < 20.0):
        return (
            matrix,
            "log",
            f"{name} holds small values that are not whole and is read as log-transformed; "
            "noise is taken to be Gaussian.",
        )
    return (
        matrix,
        "normalised",
        f"{name} holds values that are not whole and is read as normalised, not as counts; "
        "noise is taken to be Gaussian.",
    )


def _columns(matrix: sparse.csr_array, chosen: NDArray[np.bool_]) -> sparse.csr_array:
    return matrix if chosen.all() else matrix[:, np.flatnonzero(chosen)]

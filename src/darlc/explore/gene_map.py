"""The gene map: every gene is a point in the plane, close to similar genes."""

from __future__ import annotations

import warnings
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import orthogonal_procrustes

from darlc.errors import DarlcError, InputError
from darlc.images.sgep_images import SGEPImages
from darlc.images.statistics import standardised, unit_length

#: Blocks of pixels that an SGEP image is averaged to before there is an embedding.
_BLOCKS = 400
#: Share of the genes within the unit circle, so that a few outliers do not set the scale.
_WITHIN = 0.99
#: Neighbours and epochs of UMAP, and the side of the square that it starts from.
_NEIGHBOURS, _EPOCHS, _START_SIDE = 15, 200, 10.0
#: Fewest genes for a map of neighbours.
FEWEST_FOR_UMAP = 8
#: How genes are placed, or their positions (G, 2).
Plane = Literal["umap", "pca"] | NDArray[np.floating]


class NoUmapError(DarlcError, ImportError):
    """UMAP is not installed."""


def coarse_pictures(images: SGEPImages) -> NDArray[np.float32]:
    """Return coarse SGEP images, for a map before there is an embedding.

    Parameters
    ----------
    images
        G genes over P tissue pixels.

    Returns
    -------
    NDArray
        (G, B) log-normalised expression over at most a few hundred blocks of touching pixels, each
        gene with mean 0 and deviation 1; zeros for genes that are the same everywhere.
    """
    centres = images.grid.centres
    side = max(1.0, float(np.sqrt(images.n_pixels / _BLOCKS)))
    cells = np.floor((centres - centres.min(axis=0)) / side + 1e-9).astype(np.int64)
    _, block = np.unique(cells, axis=0, return_inverse=True)
    block = block.ravel()
    n_pixels = np.bincount(block).astype(np.float32)
    pool = sparse.coo_array(
        (np.ones(images.n_pixels, np.float32), (block, np.arange(images.n_pixels))),
        shape=(len(n_pixels), images.n_pixels),
    ).tocsr()
    pooled = np.asarray((pool @ images.matrix).toarray(), dtype=np.float32)
    if images.values == "log":
        pooled /= n_pixels[:, None]
    else:
        library = pool @ images.library
        pooled = np.log1p(pooled * (np.median(library) / library)[:, None])
    return standardised(pooled.T)


def pca_plane(vectors: NDArray[np.floating], seed: int = 0) -> NDArray[np.float32]:
    """Return the first two principal components of the directions of genes' vectors.

    Parameters
    ----------
    vectors
        (G, D) embedding or views; only their directions count.
    seed
        Seed of the solver, which is randomised for large inputs.

    Returns
    -------
    NDArray
        (G, 2), as ``fitted`` leaves it; zeros where all genes are the same.
    """
    # Imported here because it is slow to import, and this function runs in a thread.
    from sklearn.decomposition import PCA

    directions = unit_length(vectors)
    n_components = min(2, *directions.shape)
    if n_components == 0 or not np.ptp(directions, axis=0).any():
        return np.zeros((len(directions), 2), dtype=np.float32)
    found = PCA(n_components, random_state=seed).fit_transform(directions)
    return fitted(np.pad(found, ((0, 0), (0, 2 - n_components))))


def umap_plane(
    vectors: NDArray[np.floating], start: NDArray[np.floating], seed: int = 0
) -> NDArray[np.float32]:
    """Return a plane in which a gene's neighbours are those of its vector (UMAP, cosine).

    It takes seconds to a minute, and compiles code, during which all threads of the process wait.

    Parameters
    ----------
    vectors
        (G, D) embedding or views; only their directions count.
    start
        (G, 2) initial positions. The outcome is rotated, and mirrored, to match them.
    seed
        The same seed gives the same plane.

    Returns
    -------
    NDArray
        (G, 2), as ``fitted`` leaves it.

    Raises
    ------
    NoUmapError
        The package umap-learn is missing.
    """
    if len(vectors) < FEWEST_FOR_UMAP:
        return fitted(start)
    try:
        from umap import UMAP  # type: ignore[import-untyped]
    except ImportError as error:
        raise NoUmapError("the package umap-learn is missing: install it to see UMAP.") from error
    with warnings.catch_warnings():
        # UMAP warns that a seed means one thread, and that a gene has few neighbours.
        warnings.simplefilter("ignore", UserWarning)
        found = UMAP(
            n_neighbors=min(_NEIGHBOURS, len(vectors) - 1),
            n_epochs=_EPOCHS,
            init=_START_SIDE * fitted(start),
            random_state=seed,
        ).fit_transform(unit_length(vectors))
    return aligned(fitted(found), start)


def placed(vectors: NDArray[np.floating], plane: Plane = "umap") -> NDArray[np.float32]:
    """Return positions of genes, (G, 2): given ones, or those that a method finds.

    Parameters
    ----------
    vectors
        (G, D) embedding.
    plane
        ``"umap"``, ``"pca"``, or positions of the genes, (G, 2).

    Raises
    ------
    InputError
        The positions are those of another number of genes, or there is no such method.
    NoUmapError
        The package umap-learn is missing.
    """
    if isinstance(plane, str):
        if plane not in ("umap", "pca"):
            raise InputError(f"there is no plane called {plane}: choose umap or pca.")
        where = pca_plane(vectors)
        return where if plane == "pca" else umap_plane(vectors, where)
    if plane.shape != (len(vectors), 2):
        raise InputError(
            f"positions of shape {plane.shape} do not place {len(vectors)} genes: "
            "give two numbers for each gene of the result."
        )
    return plane.astype(np.float32)


def fitted(plane: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return points (G, 2) centred at 0 and scaled, nearly all of them within the unit circle."""
    if not len(plane):
        return np.zeros((0, 2), dtype=np.float32)
    centred = plane - np.median(plane, axis=0)
    radius = float(np.quantile(np.linalg.norm(centred, axis=1), _WITHIN))
    return (centred / radius if radius > 0 else centred).astype(np.float32)


def aligned(
    plane: NDArray[np.floating],
    reference: NDArray[np.floating],
    common: NDArray[np.bool_] | None = None,
) -> NDArray[np.float32]:
    """Rotate and mirror points to lie as close as possible to reference positions (Procrustes).

    Parameters
    ----------
    plane
        (G, 2) points; distances among them stay as they are.
    reference
        (G, 2) reference positions of the same genes.
    common
        (G,) which genes have a reference position; None for all.
    """
    common = np.ones(len(plane), dtype=bool) if common is None else common
    if not common.any():
        return plane.astype(np.float32)
    here, there = plane[common].astype(np.float64), reference[common].astype(np.float64)
    turn, _ = orthogonal_procrustes(here - here.mean(axis=0), there - there.mean(axis=0))
    return (plane @ turn).astype(np.float32)

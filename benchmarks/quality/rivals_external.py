"""Published rivals, run from their own packages as their authors recommend.

Hotspot (DeTomaso & Yosef 2021, ``hotspotsc``) and Smoothie (Holdener & De Vlaminck 2026,
``smoothie-st``). Neither lets the number of modules be set: where K is known, the setting that
comes nearest to it is taken.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import io
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans

from benchmarks.quality.methods import Answer
from benchmarks.quality.settings import Unavailable
from darlc.images.sgep_images import SGEPImages
from darlc.images.statistics import unit_length

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

#: Numbers of clusters this near to K, as a share of it, count as K.
_NEAR = 0.1
#: Hotspot's defaults, and the sizes of modules that are tried to come near K.
_NEIGHBOURS = 30
_FDR = 0.05
_SIZES = (3, 5, 8, 12, 16, 20, 25, 30, 40, 60)
_SIZE = 20
#: Smoothie's own grid, its smallest module, and its smoothing in pitches: three standard
#: deviations reach 64 to 81 pixels, inside the 10 to 100 that its authors ask for.
_CUTOFFS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
_POWERS = (1, 3, 5, 7, 9)
_SMALLEST = 3
_SIGMA = 1.5
_FEWEST_SPOTS = 10
_TOTAL = 1e3
#: Smoothie drops points whose range is a whole number of units; no multiple of this one is.
_UNIT = 100.0 * np.sqrt(2.0)


def hotspot(images: SGEPImages, clusters: int | None, seed: int) -> Answer:
    """Cluster genes into Hotspot's modules of local correlation.

    Parameters
    ----------
    images
        The genes to cluster.
    clusters
        K to come near by the least size of a module, or None for the package's default size.
    seed
        Not used: Hotspot draws nothing at random.

    Returns
    -------
    Answer
        Genes without autocorrelation at 5 % FDR, and those of no module, have label -1.

    Raises
    ------
    Unavailable
        The package is not installed.
    """
    local = local_correlations(images)
    start = time.perf_counter()
    labels = np.full(images.n_genes, -1, dtype=np.int64)
    if len(local.informative) >= 2:
        with _quiet():
            modules = _modules(local, clusters)
        labels[images.index(list(modules.index))] = modules.to_numpy()
    return Answer(renumbered(labels), seconds=local.seconds + time.perf_counter() - start)


def hotspot_kmeans(images: SGEPImages, clusters: int | None, seed: int) -> Answer:
    """Cluster genes by k-means on the rows of Hotspot's local correlations: K as asked for.

    Not what its authors do, but the same K and every gene assigned.

    Parameters
    ----------
    images
        The genes to cluster.
    clusters
        K; None is not possible.
    seed
        Seed of k-means.

    Raises
    ------
    Unavailable
        The package is not installed, or K is not known.
    """
    if clusters is None:
        raise Unavailable("k-means on local correlations needs K")
    local = local_correlations(images)
    start = time.perf_counter()
    genes = images.index(list(local.z.index))
    z = unit_length(local.z.to_numpy())
    labels = np.full(images.n_genes, -1, dtype=np.int64)
    labels[genes] = KMeans(clusters, n_init=10, random_state=seed).fit_predict(z)
    embedding = np.full((images.n_genes, len(genes)), np.nan, dtype=np.float32)
    embedding[genes] = z
    return Answer(labels, embedding, seconds=local.seconds + time.perf_counter() - start)


def smoothie(images: SGEPImages, clusters: int | None, seed: int) -> Answer:
    """Cluster genes by Smoothie: Gaussian smoothing, correlation network, Infomap.

    Parameters
    ----------
    images
        The genes to cluster.
    clusters
        K to come near over the package's own grid of cutoffs and powers, or None. What is left
        open is chosen by what its authors look at: the mean margin of genes, and the share of
        genes in modules; the network with the highest product is taken.
    seed
        Seed of Infomap.

    Returns
    -------
    Answer
        Genes in modules of fewer than three have label -1.

    Raises
    ------
    Unavailable
        The package is not installed.
    """
    start = time.perf_counter()
    package = _package("smoothie", "smoothie-st")
    values = images.measured()
    if images.values == "counts":
        values = np.log1p(values * (_TOTAL / images.library))
    kept = np.flatnonzero(values.std(axis=1) > 0)
    with _quiet():
        smooth = package.run_parallelized_smoothing(
            _adata(images, kept, values[kept], _UNIT),
            grid_based_or_not=False,
            gaussian_sd=float(_SIGMA * _UNIT),
            min_spots_under_gaussian=_FEWEST_SPOTS,
            num_processes=1,
            num_data_splits=1,
        )
        correlation, _ = package.compute_correlation_matrix(smooth.X)
        found = _networks(package, correlation, clusters, seed)
    labels = np.full(images.n_genes, -1, dtype=np.int64)
    labels[kept] = found
    return Answer(labels, seconds=time.perf_counter() - start)


def nearest_setting(counts: NDArray[np.int64], clusters: int, merit: NDArray[np.floating]) -> int:
    """Return which setting comes nearest to K clusters; the best merit within a tenth of K.

    Parameters
    ----------
    counts, merit
        (n,) of every setting that was tried.
    clusters
        K.
    """
    away = np.abs(counts - clusters)
    near = away <= max(float(away.min()), _NEAR * clusters)
    return int(np.where(near, merit, -np.inf).argmax())


def _package(module: str, name: str) -> ModuleType:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise Unavailable(f"{name} is not installed: pip install 'napari-darlc[benchmarks]'") from (
            error
        )


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the packages' progress out of the tables; let them recurse through deep trees."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, 20_000))
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        sys.setrecursionlimit(limit)


def _adata(
    images: SGEPImages, genes: NDArray[np.int64], values: NDArray[np.float32], unit: float
) -> AnnData:
    """Return genes' values (g, P) as pixels × genes at their places."""
    import pandas as pd
    from anndata import AnnData
    from scipy import sparse

    # Hotspot reads genes, by columns; neither package knows sparse arrays, only matrices.
    return AnnData(
        X=sparse.csc_matrix(values.T),
        obs=pd.DataFrame(
            {"total": images.library.astype(np.float64)},
            index=[f"pixel{i}" for i in range(images.n_pixels)],
        ),
        var=pd.DataFrame(index=images.gene_names[genes]),
        obsm={"spatial": images.grid.centres * unit},
    )


@dataclass(frozen=True, eq=False)
class _Local:
    """Hotspot's local correlations of a tissue.

    Parameters
    ----------
    model
        The package's own object.
    z
        (g, g) by name, the genes that vary at all.
    informative
        Names of the genes with significant autocorrelation.
    seconds
        Wall time that they took.
    """

    model: Any
    z: pd.DataFrame
    informative: pd.Index
    seconds: float


# Modules and k-means share what takes nearly all of the time.
@functools.lru_cache(maxsize=1)
def local_correlations(images: SGEPImages) -> _Local:
    """Return what Hotspot says of all pairs of genes; the last answer is kept."""
    package = _package("hotspot", "hotspotsc")
    start = time.perf_counter()
    values = images.measured()
    kept = np.flatnonzero(values.std(axis=1) > 0)
    with _quiet():
        model = package.Hotspot(
            _adata(images, kept, values[kept], 1.0),
            model="danb" if images.values == "counts" else "normal",
            latent_obsm_key="spatial",
            umi_counts_obs_key="total",
        )
        model.create_knn_graph(
            weighted_graph=False,
            n_neighbors=min(_NEIGHBOURS, images.n_pixels - 1),
            approx_neighbors=False,
        )
        found = model.compute_autocorrelations()
        z = model.compute_local_correlations(model.adata.var_names, jobs=os.cpu_count() or 1)
    return _Local(model, z, found.index[found["FDR"] < _FDR], time.perf_counter() - start)


def _modules(local: _Local, clusters: int | None) -> pd.Series:
    """Return the module of informative genes, by the least size that comes nearest to K."""
    sizes = (_SIZE,) if clusters is None else _SIZES
    # A pair's correlation depends on no other gene: what is left out changes nothing else.
    local.model.local_correlation_z = local.z.loc[local.informative, local.informative]
    tried = [
        local.model.create_modules(min_gene_threshold=size, core_only=False, fdr_threshold=_FDR)
        for size in sizes
    ]
    if clusters is None:
        return tried[0]
    counts = np.array([one[one >= 0].nunique() for one in tried])
    return tried[nearest_setting(counts, clusters, np.array([(one >= 0).mean() for one in tried]))]


def _networks(
    package: ModuleType, correlation: NDArray[np.floating], clusters: int | None, seed: int
) -> NDArray[np.int64]:
    """Return the modules (g,) of the network that K, or the package's own measures, choose."""
    n = len(correlation)
    highest = float(np.max(correlation[np.triu_indices(n, 1)], initial=-1.0))
    labels, counts, merits = [], [], []
    for cutoff, power in product(_CUTOFFS, _POWERS):
        if cutoff >= highest:
            continue
        _, nodes = package.make_spatial_network(
            correlation, np.arange(n), cutoff, power, trials=1, random_seed=seed
        )
        module = nodes.sort_values("name")["module_label"].to_numpy(dtype=np.int64)
        size = np.bincount(module)
        label = np.where(size[module] >= _SMALLEST, module, -1)
        included = float((label >= 0).mean())
        labels.append(renumbered(label))
        counts.append(len(np.unique(label[label >= 0])))
        merits.append(included * float(np.nan_to_num(nodes["margin_score"].mean())))
    if not labels:
        return np.full(n, -1, dtype=np.int64)
    merit = np.asarray(merits)
    best = (
        int(merit.argmax())
        if clusters is None
        else nearest_setting(np.array(counts), clusters, merit)
    )
    return labels[best]


def renumbered(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return labels 0, 1, … without gaps; -1 stays."""
    present = np.unique(labels[labels >= 0])
    return np.where(labels >= 0, np.searchsorted(present, labels), -1).astype(np.int64)

"""Real tissue as the basis of a simulation: its positions, its library and its patterns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import brentq

from darlc.errors import InputError
from darlc.images.selection import choose_genes
from darlc.images.sgep_images import SGEPImages
from darlc.images.statistics import standardised, unit_length
from darlc.io.prepare import prepare
from darlc.simulation.platforms import Section
from darlc.simulation.shapes import differs, draw_distinct, strengthened

if TYPE_CHECKING:
    from anndata import AnnData

#: Number of genes with the most counts, and of those of them that vary most over the tissue.
_COUNTED, _VARIABLE = 3000, 1000
#: Columns of ``obs`` with positions on the lattice.
_LATTICE = ("in_tissue", "array_row", "array_col")
#: Smoothing of the maps of genes in pixels: a share of the tissue's side, within bounds.
_SIGMA_SHARE, _SIGMA = 1 / 25, (1.0, 2.0)
_REGION_SIGMA = 1.0
#: A map is clipped at this share of its mean and at this quantile, then raised to at most this
#: power.
_FLOOR, _CEILING, _SHARPEST = 0.05, 0.99, 2.0
#: Fewest genes of a group, and smallest contrast (s.d. over mean), for a pattern.
_FEWEST_GENES, _FLATTEST = 2, 0.1
#: Numbers of groups to try, as multiples of the requested patterns, until enough of them differ.
_GROUPS = (1.0, 1.5, 2.0, 3.0)


@dataclass(frozen=True, eq=False)
class RealTissue:
    """What a simulation uses of a real tissue.

    Parameters
    ----------
    adata
        The data.
    images
        Its SGEP images.
    section
        The observations that are drawn.
    used
        (n_obs,) their rows in ``adata``.
    totals
        (n_obs,) their total counts.
    """

    adata: AnnData
    images: SGEPImages
    section: Section
    used: NDArray[np.int64]
    totals: NDArray[np.float64]

    @classmethod
    def of(cls, adata: AnnData) -> RealTissue:
        """Read a tissue; it is not modified.

        Raises
        ------
        InputError
            The data cannot be used, or hold log values, which have no library.
        """
        checked, images = prepare(adata)
        if images.values == "log":
            raise InputError(
                "the real tissue holds log-transformed values, which have no library: "
                "store its counts in X or in layers['counts']."
            )
        used = np.flatnonzero(images.observation_pixel >= 0)
        spatial = np.asarray(checked.obsm["spatial"], dtype=np.float64)[used, :2]
        x, y = ((spatial - spatial.min(axis=0)) / np.ptp(spatial, axis=0).max()).T
        columns = [name for name in _LATTICE if name in checked.obs]
        section = Section(
            x=x,
            y=y,
            spatial=spatial,
            obs={name: checked.obs[name].to_numpy()[used] for name in columns},
            names=np.asarray(checked.obs_names, dtype=np.str_)[used],
        )
        return cls(checked, images, section, used, _totals(checked, images)[used])

    @property
    def n_genes(self) -> int:
        """Number of genes."""
        return self.images.n_genes

    @property
    def depth(self) -> float:
        """Mean total count of an observation."""
        return float(self.totals.mean())

    @property
    def library(self) -> NDArray[np.float64]:
        """(n_obs,) efficiency of the observations, mean 1."""
        return self.totals / self.totals.mean()

    def patterns(
        self,
        clusters: int,
        regions: str | None,
        kept: NDArray[np.int64],
        random: np.random.Generator,
    ) -> NDArray[np.float64]:
        """Return positive patterns, (n_kept, clusters).

        Parameters
        ----------
        clusters
            Number of patterns.
        regions
            Column of ``obs`` with regions to make patterns of; None takes maps of genes.
        kept
            (n_kept,) indices of the section's remaining observations.
        random
            Source of randomness.

        Raises
        ------
        InputError
            The tissue has too few different patterns, or the column is not an annotation.
        """
        pixel = self.images.observation_pixel[self.used[kept]]
        if regions is None:
            return gene_patterns(self.images, clusters, pixel, random)
        maps = _region_maps(self.adata, regions, self.images)[pixel]
        # Holes may have removed a region.
        return region_patterns(maps[:, maps.max(axis=0) > 0], clusters, random)


def gene_patterns(
    images: SGEPImages,
    clusters: int,
    pixel: NDArray[np.int64],
    random: np.random.Generator,
) -> NDArray[np.float64]:
    """Return patterns (n_obs, clusters) that are means of groups of genes' smoothed maps.

    A random half of the genes with most counts and spatial variability is grouped by k-means on
    standardised maps of unit length; maps are relative to the library. Averages are flatter than
    single maps: a power gives every pattern the coefficient of variation that its genes have beyond
    Poisson noise.

    Parameters
    ----------
    images
        Counts, or other values that are linear.
    clusters
        Number of patterns.
    pixel
        (n_obs,) the tissue pixel of each observation.
    random
        Source of randomness.

    Raises
    ------
    InputError
        There are too few different groups of genes.
    """
    from sklearn.cluster import KMeans

    relative, mean, deviation = _maps(images, _held_out(images, random))
    z = unit_length(standardised(relative))
    # Genes with few counts are mostly noise: they have less weight in the mean of their group.
    weight = mean / (mean + np.median(mean))
    most: list[NDArray[np.float64]] = []
    for groups in sorted({min(round(factor * clusters), len(z)) for factor in _GROUPS}):
        label = KMeans(groups, n_init=4, random_state=int(random.integers(2**31))).fit_predict(z)
        member = sparse.csr_array((weight, (label, np.arange(len(z)))), (groups, len(z)))
        size = member.sum(axis=1)
        averages = (member @ relative) / size[:, None]
        kept: list[NDArray[np.float64]] = []
        shared = np.flatnonzero(np.bincount(label, minlength=groups) >= _FEWEST_GENES)
        # Larger groups come first.
        for k in shared[np.argsort(-size[shared], kind="stable")]:
            pattern = sharpened(averages[k], float(np.median(deviation[label == k])))[pixel]
            if pattern.std() > _FLATTEST * pattern.mean() and differs(pattern, kept):
                kept.append(pattern)
        most = max(most, kept, key=len)
        if len(most) >= clusters:
            return np.column_stack(most[:clusters])
    raise InputError(
        f"the real tissue has only {len(most)} patterns that differ, not {clusters}: "
        "ask for fewer clusters."
    )


def region_patterns(
    maps: NDArray[np.float64], clusters: int, random: np.random.Generator
) -> NDArray[np.float64]:
    """Return patterns of regions, (n_obs, clusters).

    Regions come first, in random order; then unions of several, each region with a random weight.

    Parameters
    ----------
    maps
        (n_obs, regions) share of each region at each observation.
    clusters
        Number of patterns.
    random
        Source of randomness.

    Raises
    ------
    InputError
        There are too few different combinations.
    """
    regions = maps.shape[1]
    order = random.permutation(regions)

    def draw(k: int) -> NDArray[np.float64]:
        if k < regions:
            shape = maps[:, order[k]]
        else:
            chosen = random.permutation(regions)[: random.integers(2, max(regions - 1, 2) + 1)]
            shape = maps[:, chosen] @ random.uniform(0.3, 1.0, len(chosen))
        # Scattered regions fill no pixel, so each pattern is scaled to its maximum.
        return strengthened(shape / shape.max(), random)

    return draw_distinct(draw, clusters)


def _totals(adata: AnnData, images: SGEPImages) -> NDArray[np.float64]:
    """Return the total of every observation, (n_obs,), in the matrix that the images show."""
    matrix = sparse.csr_array(adata.layers["counts"] if adata.X is None else adata.X)
    if images.values == "counts" and np.any(matrix.data != np.rint(matrix.data)):
        matrix = sparse.csr_array(adata.layers["counts"])
    return np.asarray(matrix.sum(axis=1), dtype=np.float64).ravel()


def _held_out(images: SGEPImages, random: np.random.Generator) -> NDArray[np.int64]:
    """Return a random half of the genes with most counts and spatial variability."""
    total = np.asarray(images.matrix.sum(axis=0)).ravel()
    counted = np.sort(np.argsort(-total, kind="stable")[:_COUNTED])
    variable = counted[choose_genes(images.select(counted), _VARIABLE).genes]
    return random.permutation(variable)[: (len(variable) + 1) // 2]


def _maps(
    images: SGEPImages, genes: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Smooth expression per unit of library.

    Returns
    -------
    relative
        (g, P) maps of mean 1.
    mean
        (g,) mean value in a pixel.
    deviation
        (g,) standard deviation of the relative maps beyond that of smoothed Poisson noise.
    """
    size = images.library / images.library.mean()
    sigma = float(np.clip(_SIGMA_SHARE * np.sqrt(images.n_pixels), *_SIGMA))
    smoother = images.grid.smoother(sigma)
    smooth = (smoother @ (images.measured(genes) / size).T).T.astype(np.float64)
    mean = np.maximum(smooth.mean(axis=1), 1e-12)
    relative = smooth / mean[:, None]
    noise = float((smoother.power(2) @ (1 / size)).mean()) / mean
    return relative, mean, np.sqrt(np.maximum(relative.var(axis=1) - noise, 0))


def sharpened(average: NDArray[np.float64], deviation: float) -> NDArray[np.float64]:
    """Raise a map (P,) to the power that gives it a standard deviation, relative to its mean."""
    # Extreme single pixels are mostly chance.
    cut = np.clip(average, _FLOOR, max(float(np.quantile(average, _CEILING)), _FLOOR))

    def excess(power: float) -> float:
        raised = cut**power
        return float(raised.std() / raised.mean()) - deviation

    if excess(1.0) >= 0:
        power = 1.0
    else:
        power = _SHARPEST if excess(_SHARPEST) <= 0 else float(brentq(excess, 1.0, _SHARPEST))
    raised = cut**power
    return np.asarray(raised / raised.mean())


def _region_maps(adata: AnnData, column: str, images: SGEPImages) -> NDArray[np.float64]:
    """Return the share of every region in the pixels, smoothed slightly, (P, regions)."""
    import pandas as pd

    if column not in adata.obs:
        others = ", ".join(str(name) for name in adata.obs.columns)
        raise InputError(
            f"the real tissue's obs has no column '{column}': "
            f"choose one of these: {others or 'there is none'}."
        )
    used = images.observation_pixel >= 0
    pixel = images.observation_pixel[used]
    code, names = pd.factorize(adata.obs[column][used])
    if not 2 <= len(names) <= len(pixel) // 4:
        raise InputError(
            f"obs['{column}'] has {len(names)} different values, which divide the tissue into no "
            "regions: choose a column with few."
        )
    known = code >= 0
    each = np.bincount(pixel, minlength=images.n_pixels)[pixel[known]]
    share = sparse.csr_array((1 / each, (pixel[known], code[known])), (images.n_pixels, len(names)))
    return np.asarray((images.grid.smoother(_REGION_SIGMA) @ share).toarray(), dtype=np.float64)

"""What a fit will need, before it starts: memory and time, from the sizes of its data.

The constants were measured by ``benchmarks.scale.needs`` on fits of generated tissue of different
sizes, on a CPU and with the default networks. None of them is negative, so that more data never
need less.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import psutil

from darlc.config import MODEL_PIXELS, Config
from darlc.events import Estimated, Stage
from darlc.images.pooling import finest_factor, pooled_grid
from darlc.images.selection import shows_pattern
from darlc.images.sgep_images import SGEPImages
from darlc.wording import gibibytes

#: Most clusters that are compared where their number is left to the fit, and about how many
#: searches with so many all comparisons take; the latter of a known number of clusters.
_MOST_CLUSTERS, _COMPARED, _FIXED = 40, 12, 4
#: Fewer genes, or pixels, are no advice.
_FEWEST = 50
#: Files in which Linux says how much memory a job or container may use.
LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
#: Bytes for each of `memory_terms`.
_BYTES = (8.72e8, 16.0, 24.0, 1.24e5, 96.0)
#: Seconds for each of `time_terms`, on one core.
_SECONDS: dict[Stage, tuple[float, ...]] = {
    "rasterize": (0.0165, 0.0378),
    "denoise": (0.21, 1.24),
    "pretrain": (0.262, 0.671, 0.596),
    "search": (0.489, 0.0615),
    "joint": (0.784, 1.28, 1.08, 0.0446),
    "assign": (0.29, 0.298, 0.0846, 0.16),
}


@dataclass(frozen=True)
class Sizes:
    """The sizes that a fit's needs depend on.

    Parameters
    ----------
    genes
        That draw patterns.
    pixels
        Of the finest grid that the model may learn on.
    clusters
        Known, or most that are compared.
    others
        Genes that are compared with the patterns.
    pictures
        Pixels of the pictures.
    entries
        Values of all genes that are not 0.
    poolable
        Whether the model may learn on fewer pixels.
    """

    genes: int
    pixels: int
    clusters: int = _MOST_CLUSTERS
    others: int = 0
    pictures: int = 0
    entries: int = 0
    poolable: bool = True

    @classmethod
    def of(cls, images: SGEPImages, config: Config) -> Self:
        """Return the sizes of a fit on a CPU.

        Parameters
        ----------
        images
            All genes of the tissue.
        config
            Settings of the fit.
        """
        factor = finest_factor(images.grid, config.model_pixels or MODEL_PIXELS)
        usable = int(shows_pattern(images).sum())
        genes = min(config.genes, usable)
        return cls(
            genes=genes,
            pixels=pooled_grid(images.grid, factor)[0].n_pixels,
            clusters=_MOST_CLUSTERS if config.clusters == "auto" else config.clusters,
            others=usable - genes,
            pictures=images.n_pixels,
            entries=int(images.matrix.nnz),
            poolable=images.grid.layout != "hexagonal",
        )

    def with_genes(self, genes: int) -> Self:
        """Return the sizes with other numbers of genes that draw, and that are compared."""
        return replace(self, genes=genes, others=self.genes + self.others - genes)

    def with_pixels(self, pixels: int) -> Self:
        """Return the sizes with another model grid."""
        return replace(self, pixels=pixels)


def estimate(sizes: Sizes, config: Config) -> Estimated:
    """Return what a fit of data of these sizes needs."""
    return Estimated(memory_needed(sizes), sum(stage_costs(sizes, config).values()))


def memory_terms(sizes: Sizes) -> tuple[float, ...]:
    """Return what memory is needed for: the process itself, data, genes, pixels and patterns."""
    return (
        1.0,
        sizes.entries,
        sizes.genes * sizes.pixels,
        sizes.pixels,
        sizes.clusters * sizes.pixels,
    )


def time_terms(sizes: Sizes, config: Config) -> dict[Stage, tuple[float, ...]]:
    """Return what time is needed for, by stage; genes and pixels in thousands."""
    genes, pixels, others = sizes.genes / 1e3, sizes.pixels / 1e3, sizes.others / 1e3
    cells, k = genes * pixels, sizes.clusters
    early, late = config.train.pretrain_epochs, config.train.joint_epochs
    compared = _COMPARED if config.clusters == "auto" else _FIXED
    return {
        "rasterize": (1.0, genes * sizes.pictures / 1e3),
        "denoise": (1.0, pixels * config.denoise.epochs / 40),
        "pretrain": (1.0, early * genes, early * cells),
        "search": (compared, compared * k * cells),
        "joint": (1.0, late * genes, late * cells, late * k * genes),
        "assign": (1.0, cells, k * cells, others * pixels),
    }


def memory_needed(sizes: Sizes) -> float:
    """Return the most bytes that a fit needs."""
    return sum(each * of for each, of in zip(_BYTES, memory_terms(sizes), strict=True))


def stage_costs(sizes: Sizes, config: Config) -> dict[Stage, float]:
    """Return about how many seconds each stage takes on one core."""
    return {
        stage: sum(each * of for each, of in zip(_SECONDS[stage], terms, strict=True))
        for stage, terms in time_terms(sizes, config).items()
    }


def machine_memory() -> int:
    """Return the bytes of memory that processes of this machine, job or container may use."""
    limits = [psutil.virtual_memory().total]
    for name in LIMITS:
        try:
            limits.append(int(Path(name).read_text(encoding="ascii")))
        except (OSError, ValueError):  # there is none, or it is "max"
            continue
    return min(limits)


def refusal(sizes: Sizes) -> str:
    """Return why a fit cannot be done on this machine, and which can; empty where it can."""
    there, needed = machine_memory(), memory_needed(sizes)
    if needed <= there:
        return ""
    advice = []
    if genes := _most(sizes.with_genes, sizes.genes, there):
        advice.append(f"at most {genes:,} genes")
    if sizes.poolable and (pixels := _most(sizes.with_pixels, sizes.pixels, there)):
        advice.append(f"model_pixels (--model-pixels) of at most {pixels:,}")
    return (
        f"genes ({sizes.genes:,}) over {sizes.pixels:,} pixels need about {gibibytes(needed)} of "
        f"memory, and this machine has {gibibytes(there)}: "
        + (f"choose {', or '.join(advice)}." if advice else "use one with more.")
    )


def _most(changed: Callable[[int], Sizes], above: int, memory: float) -> int:
    """Return the largest round number with which a fit has room; 0 for none."""
    low = bisect_left(range(above), True, key=lambda n: memory_needed(changed(n)) > memory) - 1
    if low < _FEWEST:
        return 0
    # Two digits are enough; rounded down it still fits.
    digits = 10 ** max(len(str(low)) - 2, 0)
    return low // digits * digits

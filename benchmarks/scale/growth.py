"""How time and memory of a fit grow with pixels, genes and clusters.

``python -m benchmarks.scale.growth --out FOLDER`` fits small generated tissues, one of the three
varied at a time, each in a process of its own with one thread, and writes a table and a plot: the
processor's seconds of each stage, and the process's peak of memory. For each step from one size to
the next the table has what an added pixel, gene or cluster costs there, relative to the first step:
1 where growth is linear, below 1 where it is less.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from anndata import AnnData
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy import sparse

from darlc.api import fit
from darlc.config import Config, Preset
from darlc.events import STAGES, Event, Progress
from darlc.io import open_dataset
from darlc.simulation.counts import draw_counts, draw_genes
from darlc.simulation.shapes import field

#: Molecules of a gene in a pixel, in the mean; most pixels then have none.
_DENSITY = 0.15
#: Draws of counts at a time, in values.
_AT_ONCE = 1 << 23
#: Processes that have imported what a fit needs.
_PROCESSES = multiprocessing.get_context("forkserver")


@dataclass(frozen=True)
class Size:
    """What is fitted.

    Parameters
    ----------
    pixels
        Of the pictures.
    genes
        That draw patterns.
    clusters
        K; 0 leaves it to the fit.
    others
        Genes that are compared with the patterns.
    budget
        Most pixels of the model grid; 0 for a hexagonal lattice, which is never pooled.
    preset
        How much effort.
    """

    pixels: int = 1200
    genes: int = 300
    clusters: int = 12
    others: int = 0
    budget: int = 0
    preset: Preset = "quick"


#: One of the three is varied at a time.
VARIED = {
    "pixels": (600, 1200, 2400),
    "genes": (150, 300, 600),
    "clusters": (6, 12, 24),
}


def tissue(size: Size, seed: int = 0) -> AnnData:
    """Generate a tissue whose genes follow smooth patterns, with one observation a pixel."""
    random = np.random.default_rng(seed)
    side = int(np.sqrt(size.pixels))
    row, column = np.indices((side, -(-size.pixels // side))).reshape(2, -1)[:, : size.pixels]
    x, y = column / side, row / side
    patterns = np.column_stack(
        [np.exp(2.0 * field(x, y, 0.15, random)) for _ in range(size.clusters or 12)]
    )
    patterns /= patterns.mean(axis=0)
    n = size.genes + size.others
    genes = draw_genes(n, patterns.shape[1], 0, _DENSITY * n, random)
    library = random.lognormal(0.0, 0.3, size.pixels)
    step = max(1, _AT_ONCE // n)
    counts = sparse.vstack(
        [
            sparse.csr_matrix(
                draw_counts(patterns[part], library[part], genes, 0.0, random), dtype=np.float32
            )
            for part in (slice(start, start + step) for start in range(0, size.pixels, step))
        ]
    )
    adata = AnnData(sparse.csr_matrix(counts))
    adata.var_names = [f"Gene{i}" for i in range(n)]
    if size.budget:
        adata.obsm["spatial"] = np.column_stack([column, row]).astype(np.float64)
    else:
        adata.obs["array_row"], adata.obs["array_col"] = row, 2 * column + row % 2
        where = np.column_stack([2 * column + row % 2, np.sqrt(3.0) * row])
        adata.obsm["spatial"] = 50.0 * where
    return adata


def measure(size: Size, folder: Path) -> dict[str, Any]:
    """Fit a tissue in a process of its own; return its size and what it took.

    Seconds are the processor's, by stage and in ``total``; ``peak`` is the most memory of the
    process and ``opened`` the most before the fit began, in GiB.
    """
    _PROCESSES.set_forkserver_preload(["darlc.learn.train.run"])
    path, answer = folder / "tissue.h5ad", folder / "answer.json"
    tissue(size).write_h5ad(path)
    process = _PROCESSES.Process(target=_fit, args=(size, path, answer))
    process.start()
    process.join()
    found = json.loads(answer.read_text())
    seconds = {stage: found["seconds"].get(stage, 0.0) for stage in STAGES}
    del found["seconds"]
    return {**asdict(size), **seconds, "total": sum(seconds.values()), **found}


class StageSeconds:
    """The processor's seconds of each stage of a fit that begins now."""

    def __init__(self) -> None:
        self.by_stage: dict[str, float] = defaultdict(float)
        self._since = time.process_time()

    def note(self, event: Event) -> None:
        """Count the time since the last progress to the stage of this one."""
        if isinstance(event, Progress):
            now = time.process_time()
            self.by_stage[event.stage] += now - self._since
            self._since = now


def _fit(size: Size, path: Path, answer: Path) -> None:
    """Fit a tissue, and write what it took."""
    torch.set_num_threads(1)
    adata = open_dataset(path).adata
    config = Config.from_preset(
        size.preset,
        genes=size.genes,
        device="cpu",
        model_pixels=size.budget or 10**7,
        clusters=size.clusters or "auto",
    )
    opened, seconds = _peak(), StageSeconds()
    result = fit(adata, config, seconds.note)
    found = {
        "seconds": seconds.by_stage,
        "peak": _peak(),
        "opened": opened,
        "pooling": result.pooling,
        "answered": result.n_genes - int(result.drawing.sum()),
        "entries": int(adata.X.count_nonzero()),
    }
    answer.write_text(json.dumps(found))


def _peak() -> float:
    """Return the most memory that this process had, in GiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def rows(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield what each size took, with the name of what is varied."""
    known: dict[Size, dict[str, Any]] = {}
    for varied, values in VARIED.items():
        for value in values:
            size = replace(Size(), **{varied: value})  # type: ignore[arg-type]
            if size not in known:
                known[size] = measure(size, folder)
            yield {"varied": varied, **known[size]}


def relative_cost(size: NDArray[np.float64], cost: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what an added unit costs in each step from one size to the next, the first being 1."""
    slope = np.diff(cost) / np.diff(size)
    return slope / slope[0]


def draw(table: pd.DataFrame, path: Path) -> None:
    """Draw seconds and memory by what is varied."""
    figure = Figure(figsize=(10.0, 5.5), layout="constrained")
    axes = figure.subplots(2, len(VARIED))
    for column, varied in enumerate(VARIED):
        part = table[table["varied"] == varied]
        above, below = axes[:, column]
        base = np.zeros(len(part))
        for stage in STAGES:
            top = base + part[stage].to_numpy()
            above.fill_between(part[varied], base, top, label=stage, alpha=0.7)
            base = top
        below.plot(part[varied], part["peak"], "o-", color="black")
        above.set_ylabel("processor's seconds")
        below.set_ylabel("peak of memory, GiB")
        for panel, highest in ((above, base.max()), (below, part["peak"].max())):
            panel.set_xlabel(varied)
            panel.set_xlim(0, 1.05 * part[varied].max())
            panel.set_ylim(0, 1.08 * highest)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(STAGES))
    figure.savefig(path, dpi=110)


def main() -> None:
    """Write ``growth.csv`` and ``growth.png``, and print what an added unit costs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for row in rows(Path(folder)):
            found.append(row)
            table = pd.DataFrame(found).round(3)
            table.to_csv(options.out / "growth.csv", index=False)
            print(table.tail(1).to_string(header=len(found) == 1, index=False), flush=True)
    draw(table, options.out / "growth.png")
    for varied in VARIED:
        part = table[table["varied"] == varied]
        sizes = part[varied].to_numpy(dtype=np.float64)
        for name in (*STAGES, "total", "peak"):
            cost = relative_cost(sizes, part[name].to_numpy())
            print(f"{varied:<10}{name:<12}" + "".join(f"{each:>8.2f}" for each in cost))


if __name__ == "__main__":
    main()

"""Half a million observations: time and memory of opening, and of fitting 2,000 genes.

``python -m benchmarks.scale.large FOLDER`` writes a file of realistic sparsity there once, and
measures every step in a process of its own, so that peaks are the step's.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np

OBSERVATIONS, GENES = 500_000, 18_000
#: Mean molecules of an observation; about as many as a bin of 8 µm or a small cell has.
DEPTH = 250
_CHUNK = 20_000
_PATTERNS = 12
_STEPS = {
    "open": """
from pathlib import Path
from napari_darlc.opening.loading import prepare
from darlc.io import open_dataset
opened = prepare(open_dataset(Path(path)))
print(f"{opened.images.n_genes} genes, {opened.images.n_pixels} pixels", end=", ")
""",
    "fit": """
import darlc
from darlc.io import open_dataset
from pathlib import Path
adata = open_dataset(Path(path)).adata
result = darlc.fit(adata, darlc.Config.from_preset("quick", genes=2000, clusters=12))
print(f"{result.n_genes} genes in {result.n_clusters} clusters", end=", ")
print({name: round(s) for name, s in result.timings.items()}, end=", ")
result.save(Path(path).with_name("result.h5ad"))
""",
    "view": """
import darlc
import numpy as np
from pathlib import Path
from statistics import median
result = darlc.load(Path(path).with_name("result.h5ad"))
def picture(gene):
    began = time.perf_counter()
    result.grid.spread(result.denoised[gene])
    return time.perf_counter() - began
genes = np.random.default_rng(0).integers(result.n_genes, size=21).tolist()
print(f"{1000 * median(picture(gene) for gene in genes):.0f} ms a denoised picture", end=", ")
""",
}
_MEASURED = """
import resource, sys, time
path = sys.argv[1]
start = time.perf_counter()
{step}
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
print(f"{{seconds:.1f}} s, {{peak:.2f}} GiB")
"""


def main() -> None:
    """Write the file where it is missing, and print a line a step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--bins", action="store_true", help="bins of a lattice, not free cells")
    parser.add_argument("--steps", default=",".join(_STEPS))
    options = parser.parse_args()
    path = options.folder / ("bins.h5ad" if options.bins else "large.h5ad")
    if not path.exists():
        write(path, bins=options.bins)
    print(f"{path.stat().st_size / 2**30:.2f} GiB on disk", flush=True)
    for name in options.steps.split(","):
        code = _MEASURED.format(step=_STEPS[name])
        print(f"{name}: ", end="", flush=True)
        subprocess.run([sys.executable, "-W", "ignore", "-c", code, str(path)], check=True)


def write(path: Path, seed: int = 0, bins: bool = False) -> None:
    """Write counts of a tissue whose genes follow broad patterns, a chunk at a time.

    Parameters
    ----------
    path
        The file.
    seed
        Seed of patterns and counts.
    bins
        Whether observations are bins of a square lattice, as of Visium HD, or cells at free
        positions.
    """
    rng = np.random.default_rng(seed)
    side = int(np.sqrt(OBSERVATIONS))
    where = rng.uniform(0.0, side, (OBSERVATIONS, 2))
    if bins:
        rows, columns = np.indices((side + 1, side)).reshape(2, -1)[:, :OBSERVATIONS]
        where = np.column_stack([columns, rows]).astype(np.float64)
    # Few genes make most of the molecules, as in every tissue.
    share = rng.lognormal(0.0, 1.8, GENES)
    pattern = rng.integers(_PATTERNS, size=GENES)
    centre = rng.uniform(0.0, side, (_PATTERNS, 2))
    distance = np.linalg.norm(where[:, None] - centre, axis=2)
    strength = 0.2 + np.exp(-np.square(distance / (0.25 * side)))
    strength /= strength.mean(axis=0)
    members = [np.flatnonzero(pattern == k) for k in range(_PATTERNS)]
    within = [np.cumsum(share[genes]) / share[genes].sum() for genes in members]
    weight = np.array([share[genes].sum() for genes in members])
    partial = path.with_suffix(".partial")
    with h5py.File(partial, "w") as file:
        file.attrs.update({"encoding-type": "anndata", "encoding-version": "0.1.0"})
        matrix = file.create_group("X")
        matrix.attrs.update(
            {
                "encoding-type": "csr_matrix",
                "encoding-version": "0.1.0",
                "shape": np.array([OBSERVATIONS, GENES]),
            }
        )
        data = matrix.create_dataset("data", (0,), np.float32, maxshape=(None,), chunks=(2**18,))
        column = matrix.create_dataset("indices", (0,), np.int32, maxshape=(None,), chunks=(2**18,))
        ends = [np.zeros(1, dtype=np.int64)]
        for start in range(0, OBSERVATIONS, _CHUNK):
            rows = np.arange(start, min(start + _CHUNK, OBSERVATIONS))
            molecules = rng.poisson(DEPTH * rng.gamma(4.0, 0.25, len(rows)))
            # One draw a molecule: its pattern by what is strong here, then a gene of the pattern.
            row = np.repeat(np.arange(len(rows)), molecules)
            likely = np.cumsum(strength[rows] * weight, axis=1)
            likely /= likely[:, -1:]
            chosen = (rng.random(len(row))[:, None] > likely[row]).sum(axis=1)
            gene = np.empty(len(row), dtype=np.int64)
            for k in range(_PATTERNS):
                of_pattern = chosen == k
                drawn = np.searchsorted(within[k], rng.random(int(of_pattern.sum())))
                gene[of_pattern] = members[k][np.minimum(drawn, len(members[k]) - 1)]
            keys, count = np.unique(row * GENES + gene, return_counts=True)
            entries = np.bincount(keys // GENES, minlength=len(rows))
            ends.append(ends[-1][-1] + np.cumsum(entries))
            for target, values in ((data, count), (column, keys % GENES)):
                target.resize(target.shape[0] + len(values), axis=0)
                target[-len(values) :] = values
        matrix.create_dataset("indptr", data=np.concatenate(ends))
        for name, prefix, length in (("obs", "cell", OBSERVATIONS), ("var", "gene", GENES)):
            frame = file.create_group(name)
            frame.attrs.update(
                {
                    "encoding-type": "dataframe",
                    "encoding-version": "0.2.0",
                    "_index": "_index",
                    "column-order": np.array([], dtype=h5py.string_dtype()),
                }
            )
            index = frame.create_dataset(
                "_index",
                data=np.char.add(prefix, np.arange(length).astype(str)).astype(object),
                dtype=h5py.string_dtype(),
            )
            index.attrs.update({"encoding-type": "string-array", "encoding-version": "0.2.0"})
        group = file.create_group("obsm")
        group.attrs.update({"encoding-type": "dict", "encoding-version": "0.1.0"})
        spatial = group.create_dataset("spatial", data=where)
        spatial.attrs.update({"encoding-type": "array", "encoding-version": "0.2.0"})
    partial.rename(path)


if __name__ == "__main__":
    main()

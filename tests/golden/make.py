"""Fit a small tissue with a darlc of before, and write its result file and what it must hold.

See README.md beside this. It speaks to the darlc that is on the path, whichever that is.
"""

from __future__ import annotations

import argparse
import gzip
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import darlc


def tissue() -> Any:
    """Return 196 spots and 60 genes that follow four patterns."""
    adata = darlc.simulate(seed=5, genes=60, clusters=4, depth=600)
    row, column = adata.obs["array_row"], adata.obs["array_col"]
    adata = adata[(row.between(30, 43) & column.between(40, 67)).to_numpy()].copy()
    for key in set(adata.obsm) - {"spatial"}:
        del adata.obsm[key]
    adata.uns.clear()
    return adata


def fitted(schema: int) -> Any:
    """Return a result with all that a version could hold: edits, added or answered genes, pins."""
    adata = tissue()
    config = darlc.Config.from_preset("quick", clusters=4, seed=schema, genes=50)
    # A small network makes a small file.
    config = replace(
        config,
        network=replace(config.network, width=16, heads=2, depth=1),
        denoise=replace(config.denoise, width=32),
    )
    result = darlc.fit(adata, config)
    if schema >= 2:
        edited = result.clusters.renamed(0, "grey matter")
        result = replace(result, edited=edited.merged([1, 2]) if schema > 2 else edited)
    if schema in (3, 4):  # later ones answer all genes themselves
        images = darlc.rasterize(adata)
        outside = np.flatnonzero(~np.isin(images.gene_names, result.gene_names))
        result = result.extend(images.select(outside[:2]))
    if schema >= 4:
        result = replace(result, pinned=tuple(str(name) for name in result.gene_names[[3, 1]]))
    return result


def record(result: Any) -> dict[str, Any]:
    """Return what any later version must read from the file."""
    edited, added = getattr(result, "edited", None), getattr(result, "added", None)
    views = np.asarray(result.denoised).astype(float)
    later = {"drawing": result.drawing.tolist()} if hasattr(result, "drawing") else {}
    later |= {"pooling": result.pooling} if hasattr(result, "pooling") else {}
    if (second := getattr(result, "second_patterns", None)) is not None:
        later["second_cluster"] = second.cluster.tolist()
        later["second_share"] = np.round(second.share.astype(float), 4).tolist()
        later["second_probability"] = np.round(second.probability.astype(float), 4).tolist()
    return later | {
        "genes": [str(name) for name in result.gene_names],
        "cluster_names": list(result.cluster_names),
        "cluster_colours": list(result.cluster_colours),
        "membership": np.round(result.membership.astype(float), 4).tolist(),
        "embedding_norm": np.round(
            np.linalg.norm(result.embedding.astype(float), axis=1), 3
        ).tolist(),
        "denoised_mean": np.round(views.mean(axis=1), 3).tolist(),
        "denoised_highest": views.argmax(axis=1).tolist(),
        "grid": list(result.grid.mask.shape),
        "edited_names": [] if edited is None else list(edited.names),
        "edited_cluster": [] if edited is None else edited.cluster.tolist(),
        "added": [] if added is None else [str(name) for name in added.gene_names],
        "pinned": list(getattr(result, "pinned", ())),
        "config": {"seed": result.config.seed, "clusters": result.config.clusters},
    }


def main() -> None:
    """Write the files of one version of the schema."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("schema", type=int, help="version of the result file that is written")
    parser.add_argument("out", type=Path, help="folder for the files")
    chosen = parser.parse_args()
    result = fitted(chosen.schema)
    name = chosen.out / f"schema_{chosen.schema}"
    result.save(f"{name}.h5ad")
    data = Path(f"{name}.h5ad").read_bytes()
    Path(f"{name}.h5ad.gz").write_bytes(gzip.compress(data, mtime=0))
    Path(f"{name}.h5ad").unlink()
    if chosen.schema == 3:  # one is enough: what stands in it is the same
        result.save(f"{name}.zarr")
        shutil.make_archive(f"{name}.zarr", "zip", f"{name}.zarr")
        shutil.rmtree(f"{name}.zarr")
    Path(f"{name}.json").write_text(json.dumps(record(result)) + "\n")


if __name__ == "__main__":
    main()

"""The real tissues that the benchmark measures on, by name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

import darlc
from benchmarks.quality.settings import Unavailable

if TYPE_CHECKING:
    from anndata import AnnData

#: Files and folders by the names that tables use.
SOURCES = {
    "mob": "mob.h5ad",
    "dlpfc_151510": "dlpfc_151510.h5ad",
    "visium_mouse": "visium_mouse",
    "slideseq_cerebellum": "slideseq_cerebellum.h5ad",
    "starmap_mpfc": "starmap_mpfc.h5ad",
    "st_her2_A1": "st_her2/A1.tsv.gz",
    "st_her2_B1": "st_her2/B1.tsv.gz",
}
_LABELS = "_labeled_coordinates.tsv"


def load(name: str, folder: Path) -> AnnData:
    """Read a real tissue.

    Sections of ``st_her2`` carry the pathologist's regions in ``obs["region"]``, missing where a
    spot has none.

    Raises
    ------
    Unavailable
        The file is not in the folder.
    """
    path = folder / SOURCES[name]
    if not path.exists():
        raise Unavailable(f"{SOURCES[name]} is not in {folder}")
    adata = darlc.read(path)
    if name.startswith("st_her2"):
        section = path.name.split(".")[0]
        adata.obs["region"] = _regions(adata, path.with_name(section + _LABELS))
    return adata


def _regions(adata: AnnData, path: Path) -> pd.Series:
    """Return the pathologist's region of every spot, by its place on the array."""
    table = pd.read_csv(path, sep="\t").dropna(subset=["x", "y"])
    place = (
        table["x"].round().astype(int).astype(str)
        + "x"
        + table["y"].round().astype(int).astype(str)
    )
    region = pd.Series(table["label"].to_numpy(), index=place.to_numpy())
    region = region[~region.index.duplicated()]
    return region.reindex(adata.obs_names).astype("category")

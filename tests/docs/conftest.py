"""A small tissue, its result and what else the pages' examples take, all under the pages' names."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData, concat
from PIL import Image

import darlc
from darlc.config import Config, DenoiseConfig
from darlc.explore import gene_map
from darlc.learn.cluster import choose_k

#: The first genes of the tissue, by the names that examples use.
GENES = ("MBP", "PLP1", "MOBP", "gene000")


def small(from_preset: Callable[..., Config]) -> Callable[..., Config]:
    """Return presets that take as little work as a fit can."""

    def shrunk(preset: Any = "standard", **changes: Any) -> Config:
        config = from_preset(preset, **changes)
        return replace(
            config,
            denoise=DenoiseConfig(epochs=8),
            mixture=replace(config.mixture, restarts=1, moves=1),
            train=replace(config.train, pretrain_epochs=1, joint_epochs=1, pattern_rate=0.0),
        )

    return shrunk


@contextmanager
def short_fits() -> Iterator[None]:
    """Let fits be short, few numbers of clusters be compared, and maps begin and end as PCA."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Config, "from_preset", staticmethod(small(Config.from_preset)))
        patch.setattr(choose_k, "CANDIDATES", (2, 3, 4))
        patch.setattr(choose_k, "COARSE", (2, 4))
        # UMAP compiles itself first, which takes longer than all that a page shows.
        patch.setattr(gene_map, "umap_plane", lambda vectors, start: start)
        yield


@pytest.fixture(scope="module", autouse=True)
def little_work() -> Iterator[None]:
    """Let fits be short where pages are tested, and nowhere else."""
    with short_fits():
        yield


def tissue(platform: Any) -> AnnData:
    """Return a corner of a simulated tissue whose genes and labels are called as in examples."""
    adata = darlc.simulate(seed=1, genes=40, clusters=3, platform=platform, unpatterned=0.2)
    x, y = adata.obsm["spatial"].T
    near = (x - x.min()) / np.ptp(x) + (y - y.min()) / np.ptp(y)
    adata = adata[np.argsort(near)[:160]].copy()
    adata.var_names = [*GENES, *adata.var_names[len(GENES) :]]
    x = adata.obsm["spatial"][:, 0]
    adata.obs["layer"] = pd.Categorical(np.where(x < np.median(x), "WM", "L1"))
    return adata


@pytest.fixture(scope="session")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with what pages take as given."""
    folder = tmp_path_factory.mktemp("inputs")
    adata = tissue("st")
    adata.write_h5ad(folder / "tissue.h5ad")
    tissue("merfish").write_h5ad(folder / "cells.h5ad")
    with short_fits():
        darlc.fit(adata, Config.from_preset("quick", genes=36)).save(folder / "result.h5ad")
    _put_sections(folder)
    for name in ("first", "second", "seed0", "seed1"):
        shutil.copy(folder / "result.h5ad", folder / f"{name}.h5ad")
    _draw(folder, adata)
    some = darlc.load(folder / "result.h5ad").gene_names
    for name in ("hallmark", "kegg"):
        (folder / f"{name}.gmt").write_text("HALLMARK_HYPOXIA\t\t" + "\t".join(some[:8]) + "\n")
    return folder


def _put_sections(folder: Path) -> None:
    """Write the sections of a study, beside each other and in one file, and their result."""
    sections = {
        name: adata[:160].copy()
        for name, adata in zip(
            ("control", "treated"),
            darlc.simulate_study(1, 2, 40, 3, platforms="st").values(),
            strict=True,
        )
    }
    for name, adata in sections.items():
        adata.var_names = [*GENES, *adata.var_names[len(GENES) :]]
        adata.write_h5ad(folder / f"{name}.h5ad")
    both = concat(sections, label="slide", index_unique="-")
    both.write_h5ad(folder / "both.h5ad")
    with short_fits():
        darlc.fit_study(sections, Config.from_preset("quick", genes=36)).save(folder / "study")


def _draw(folder: Path, adata: AnnData) -> None:
    """Write what a user draws on the tissue: its halves, their border, and a painted half."""
    (left, low), (right, high) = (
        adata.obsm["spatial"].min(axis=0),
        adata.obsm["spatial"].max(axis=0),
    )
    middle = float(np.median(adata.obsm["spatial"][:, 0]))
    shapes = {
        "region": _rectangle(left - 1, middle, low - 1, high + 1),
        "tumour": _rectangle(left - 1, middle, low - 1, high + 1),
        "stroma": _rectangle(middle, right + 1, low - 1, high + 1),
        "border": {"type": "LineString", "coordinates": [[middle, low], [middle, high]]},
    }
    for name, shape in shapes.items():
        (folder / f"{name}.geojson").write_text(json.dumps(shape, default=float))
    height, width = darlc.rasterize(adata).grid.mask.shape
    painted = np.zeros((height, width), dtype=np.uint8)
    painted[:, : width // 2] = 255
    Image.fromarray(painted).save(folder / "painted.png")


def _rectangle(left: float, right: float, low: float, high: float) -> dict[str, Any]:
    corners = [[left, low], [right, low], [right, high], [left, high], [left, low]]
    return {"type": "Polygon", "coordinates": [corners]}


@pytest.fixture(scope="session")
def result_file(inputs: Path) -> Path:
    """Return the small tissue's result."""
    return inputs / "result.h5ad"


@pytest.fixture
def workplace(
    inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forget_formats: None
) -> Path:
    """Stand in a folder of one's own with copies of the inputs."""
    shutil.copytree(inputs, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path

"""Small datasets as odd as people have them: a seed makes one, in memory or as a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from anndata import AnnData
from scipy import sparse

from darlc.config import Config, DenoiseConfig, MixtureConfig, NetworkConfig, TrainConfig

Random = np.random.Generator


def odd_dataset(seed: int) -> AnnData:
    """Return a made-up dataset in which nearly anything may be unusual."""
    random = np.random.default_rng(seed)
    n_obs = int(random.choice([1, 3, 12, 30, 60, 90, 120, 150, 200]))
    n_vars = int(random.choice([1, 2, 3, 4, 8, 15, 30, 30, 40]))
    where, obs = _places(random, n_obs)
    n_obs = len(where)
    values = _values(random, where, n_obs, n_vars)
    stored, table = _stored(random, values), _columns(random, n_obs)
    # Not joined: pandas does not take rows of numbers in a foreign byte order.
    for name in obs:
        table[name] = obs[name].to_numpy()
    adata = AnnData(
        stored,
        obs=table,
        var=_columns(random, n_vars, ("gene_ids", "feature_types", "symbol")),
    )
    adata.obs_names, adata.var_names = _names(random, n_obs), _names(random, n_vars)
    _place(random, adata, where)
    _add_layers(random, adata, values)
    _add_uns(random, adata)
    return adata


def tiny_config(seed: int) -> Config:
    """Return settings under which a fit takes no time, some of them odd for little data."""
    random = np.random.default_rng(seed)
    number: Any = random.choice(["auto", "2", "3", "5"], p=[0.5, 0.2, 0.2, 0.1])
    return Config(
        clusters="auto" if number == "auto" else int(number),
        preset="quick",
        device="cpu",
        count_weight=float(random.choice([1.0, 0.0], p=[0.8, 0.2])),
        denoise=DenoiseConfig(components=int(random.choice([2, 30])), width=8, heads=2, epochs=2),
        network=NetworkConfig(
            width=8, depth=1, heads=2, embedding=int(random.choice([0, 4])), rank=2
        ),
        mixture=MixtureConfig(
            restarts=1, moves=1, scale=str(random.choice(["tied", "spherical", "diagonal", "full"]))
        ),
        train=TrainConfig(pretrain_epochs=1, joint_epochs=2, batch=16),
    )


def write_odd(adata: AnnData, seed: int, folder: Path) -> Path | None:
    """Write a dataset as a file of one of several formats; None where it cannot be written."""
    kind = np.random.default_rng(seed).choice(["h5ad", "h5ad", "zarr", "csv", "tsv"])
    path = folder / f"odd{seed}.{kind}"
    try:
        adata = adata.copy()  # writing may change it
        if kind == "h5ad":
            adata.write_h5ad(path)
        elif kind == "zarr":
            adata.write_zarr(path)
        else:
            _write_table(adata, path, "," if kind == "csv" else "\t")
    except Exception:  # what nobody can write, nobody opens
        return None
    return path


def _write_table(adata: AnnData, path: Path, mark: str) -> None:
    table = adata.to_df()
    where = np.asarray(adata.obsm["spatial"])
    table.insert(0, "y", where[:, 1])
    table.insert(0, "x", where[:, 0])
    table.to_csv(path, sep=mark)


def _places(random: Random, n: int) -> tuple[np.ndarray, pd.DataFrame]:
    """Return coordinates (n, 2 or 3), and the columns of a lattice where they are one."""
    side = max(int(np.sqrt(n)), 1)
    row, column = np.divmod(np.arange(n), side)
    free = random.uniform(0, 1000, (n, 2))
    lattice = np.column_stack([column, row]).astype(float)
    kinds: list[Callable[[], np.ndarray]] = [
        *[lambda: free] * 6,
        *[lambda: lattice * 100.0] * 3,
        lambda: lattice,
        lambda: np.column_stack([column + row % 2 / 2, row * np.sqrt(0.75)]) * 100.0,
        lambda: free * 1e9,
        lambda: free * 1e-9,
        lambda: free - 1e6,
        lambda: free * [1.0, 0.0],
        lambda: free * [0.0, 1.0],
        lambda: np.full((n, 2), 5.0),
        lambda: np.repeat(free[:1], n, axis=0) + (np.arange(n)[:, None] == 0),
        lambda: np.where(random.uniform(size=(n, 1)) < 0.2, np.nan, free),
        lambda: np.where(random.uniform(size=(n, 1)) < 0.1, np.inf, free),
        lambda: np.round(free).astype(np.int64),
        lambda: free.astype(">f8"),
        lambda: np.column_stack([free, random.integers(0, 3, n)]),
        lambda: np.vstack([free[: n // 2], free[: n - n // 2]]),
        lambda: np.exp(random.normal(0, 5, (n, 2))),
    ]
    where = kinds[random.integers(len(kinds))]()
    obs = pd.DataFrame(index=pd.RangeIndex(n))
    if random.uniform() < 0.3:
        obs["array_row"], obs["array_col"] = row, 2 * column + row % 2
        if random.uniform() < 0.3:
            obs["array_row"] = obs["array_row"].astype(str)
        elif random.uniform() < 0.3:
            obs["array_row"] = obs["array_row"].astype(float).where(random.uniform(size=n) > 0.1)
        elif random.uniform() < 0.3:
            obs["array_row"] = 0
    return where, obs.set_axis(obs.index.astype(str))


def _values(random: Random, where: np.ndarray, n_obs: int, n_vars: int) -> np.ndarray:
    """Return expression, (n_obs, n_vars) float64, that may be nearly anything."""
    along = np.nan_to_num(where[:, 0].astype(float), posinf=0, neginf=0)
    along = (along - along.min()) / max(float(np.ptp(along)), 1e-12)
    depth = float(random.choice([0.05, 0.5, 5, 200]))
    rate = depth * np.where(np.arange(n_vars) % 2, 0.1 + along[:, None], 1.1 - along[:, None])
    if random.uniform() < 0.4:
        rate = np.full((n_obs, n_vars), depth)  # no pattern
    values = random.poisson(rate).astype(float)
    kinds: list[Callable[[], np.ndarray]] = [
        *[lambda: values] * 16,
        lambda: np.log1p(values),
        lambda: values * 0.37,
        lambda: values / np.maximum(values.sum(axis=1, keepdims=True), 1) * 1e4,
        lambda: values - values.mean(axis=0),
        lambda: values * 1e9,
        lambda: np.zeros_like(values),
        lambda: np.ones_like(values),
        lambda: values * (np.arange(n_vars) == 0) * 1e5 + values,
        lambda: values * (np.arange(n_obs) == 0)[:, None],
        lambda: np.where(random.uniform(size=values.shape) < 0.05, np.nan, values),
        lambda: np.where(random.uniform(size=values.shape) < 0.02, np.inf, values),
        lambda: (values > 0).astype(float),
        lambda: values * 1e-30,
        lambda: values * 1e30,
        lambda: np.repeat(values[:, :1], n_vars, axis=1),
        lambda: random.uniform(0, 1, values.shape),
    ]
    values = np.array(kinds[random.integers(len(kinds))]())
    if random.uniform() < 0.3:
        values[random.uniform(size=n_obs) < 0.3] = 0
    if random.uniform() < 0.3:
        values[:, random.uniform(size=n_vars) < 0.3] = 0
    if random.uniform() < 0.2:
        values[:, 0] = 3
    return values


def _stored(random: Random, values: np.ndarray) -> Any:
    """Return values in a container and of a type that writers use."""
    whole = np.isfinite(values).all() and (values == np.rint(values)).all()
    small = whole and values.max(initial=0) < 256 and values.min(initial=0) >= 0
    types = ["f4", "f4", "f8", ">f4", ">f8", "f2"] if not whole else ["f4", "f8", ">f4", ">f8"]
    types += ["i8", ">i4", "i4"] if whole and np.abs(values).max(initial=0) < 2**31 else []
    types += ["u1", "u2", "bool", ">u2"] if small else []
    with np.errstate(over="ignore"):
        typed = values.astype(str(random.choice(types)))
    kinds: list[Callable[[Any], Any]] = [
        np.asarray,
        np.asarray,
        np.asfortranarray,
        sparse.csr_matrix,
        sparse.csr_array,
        sparse.csc_matrix,
    ]
    if typed.dtype == np.float16 or not typed.dtype.isnative:
        kinds = kinds[:3]  # scipy has no others
    return kinds[random.integers(len(kinds))](typed)


def _columns(random: Random, n: int, names: tuple[str, ...] = ()) -> pd.DataFrame:
    """Return a table (n rows) of columns of many types, under usual names and others."""
    text = np.array(["a", "b", "c"])[random.integers(3, size=n)]
    kinds: list[Callable[[], Any]] = [
        lambda: text.astype(object),
        lambda: pd.Categorical(text),
        lambda: np.where(text == "a", None, text),
        lambda: pd.array(text, dtype="string"),
        lambda: np.arange(n),
        lambda: np.arange(n).astype(">i4"),
        lambda: random.normal(size=n),
        lambda: np.full(n, np.nan),
        lambda: np.full(n, "same", dtype=object),
        lambda: text == "a",
        lambda: pd.array(text == "a", dtype="boolean"),
        lambda: pd.array(np.arange(n), dtype="Int64"),
        lambda: pd.Categorical(np.arange(n)),
        lambda: pd.Categorical([None] * n),
    ]
    usual = (*names, "in_tissue", "sample", "batch", "library_id", "x", "row", "region", "z", "fov")
    chosen = random.choice(usual, size=int(random.integers(0, 4)), replace=False)
    columns = {str(name): kinds[random.integers(len(kinds))]() for name in chosen}
    return pd.DataFrame(columns, index=pd.RangeIndex(n).astype(str))


def _names(random: Random, n: int) -> Any:
    kinds: list[Callable[[], Any]] = [
        *[lambda: [f"n{i}" for i in range(n)]] * 3,
        lambda: [f"n{i // 2}" for i in range(n)],
        lambda: ["same"] * n,
        lambda: [f"{i}_{i % 7}" for i in range(n)],
        lambda: [str(i) for i in range(n)],
        lambda: ["", *[f"größe {i}/ü" for i in range(1, n)]],
        lambda: [f"mt-{i}" if i % 3 else f"NegPrb{i}" for i in range(n)],
    ]
    return kinds[random.integers(len(kinds))]()


def _place(random: Random, adata: AnnData, where: np.ndarray) -> None:
    """Leave the coordinates where some program leaves them."""
    kind = random.integers(8)
    if kind == 0 and adata.obs_names.is_unique:
        named = {"y": where[:, 1], "x": where[:, 0]}
        adata.obsm["spatial"] = pd.DataFrame(named, index=adata.obs_names)
    elif kind == 1:
        adata.obs["x"], adata.obs["y"] = where[:, 0], where[:, 1]
    elif kind == 2:
        adata.obsm["X_spatial"] = where
    else:
        adata.obsm["spatial"] = where
    if random.uniform() < 0.2:
        adata.obsm["X_pca"] = random.normal(size=(adata.n_obs, 2)).astype(">f8")
    if random.uniform() < 0.1:
        adata.varm["PCs"] = random.normal(size=(adata.n_vars, 2))


def _add_layers(random: Random, adata: AnnData, values: np.ndarray) -> None:
    counts = random.poisson(2.0, adata.shape)
    kind = random.integers(16)
    if kind == 0:
        adata.layers["counts"] = _stored(random, counts.astype(float))
    elif kind == 1:
        adata.layers["csc_counts"] = sparse.csc_matrix(counts.astype("f4"))
    elif kind == 2:
        adata.X, adata.layers["raw_counts"] = None, _stored(random, counts.astype(float))
    elif kind == 3:
        adata.layers["scaled"] = np.nan_to_num(values) - 1.0
    elif kind == 4:
        adata.raw = AnnData(
            _stored(random, counts.astype(float)), var=adata.var.copy(), obs=adata.obs.copy()
        )
    elif kind == 5 and random.uniform() < 0.3:
        adata.X = None
    elif kind == 6 and adata.X is not None and not sparse.issparse(adata.X):
        adata.X = np.asmatrix(adata.X)


def _add_uns(random: Random, adata: AnnData) -> None:
    picture = random.integers(0, 255, (8, 9, 3)).astype(np.uint8)
    library = {
        "images": {"hires": picture},
        "scalefactors": {"tissue_hires_scalef": 0.01, "spot_diameter_fullres": 5.0},
    }
    kinds: list[Callable[[], Any]] = [
        lambda: {"is_single": True},
        lambda: {"is_single": np.True_, "one": library},
        lambda: {"one": {"images": {}, "scalefactors": 3}},
        lambda: {"one": {"images": {"hires": picture}, "scalefactors": {"spot": "?"}}},
        lambda: {"one": {"images": np.arange(3)}},
        lambda: {"one": library, "two": library},
        lambda: {"one": {"scalefactors": {"spot_diameter_fullres": "big"}}},
        lambda: {"one": {"scalefactors": {"tissue_hires_scalef": np.array([0.5])}}},
        lambda: "nothing",
        lambda: 3,
        lambda: np.arange(4),
        dict,
    ]
    if random.uniform() < 0.5:
        adata.uns["spatial"] = kinds[random.integers(len(kinds))]()
    others: list[tuple[str, Any]] = [
        ("darlc_reading", {"layer": 3}),
        ("darlc_reading", "odd"),
        ("darlc", {"schema_version": "x"}),
        ("log1p", {"base": None}),
        ("spatialdata_attrs", {"region": "cells"}),
        ("neighbors", {"params": {"k": 3}}),
    ]
    if random.uniform() < 0.3:
        key, value = others[random.integers(len(others))]
        adata.uns[key] = value

"""SpatialData stores (``.zarr``): a table, and the element whose instances it describes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from darlc.data.dataset import READING, Dataset, ReadOptions
from darlc.data.io.chosen import pick
from darlc.data.io.registry import Format, register
from darlc.data.io.zarr_store import check_zarr, is_zarr
from darlc.errors import InputError

if TYPE_CHECKING:
    from anndata import AnnData

    from darlc.data.io.spatial_elements import Group

#: Where tables stand, today and in the first version of the format.
_TABLES = ("tables", "table")
_PARTS = (*_TABLES, "shapes", "points", "labels", "images")
_MICROMETRES = ("micrometer", "micrometre", "µm", "um", "micron", "microns")


def matches(path: Path) -> bool:
    """Return whether a folder is a Zarr store with the parts of SpatialData."""
    return (
        is_zarr(path)
        and not (path / "obs").is_dir()
        and any((path / part).is_dir() for part in _PARTS)
    )


def read(path: Path, options: ReadOptions) -> Dataset:
    """Read a table; ``obsm["spatial"]`` holds (x, y) in the coordinate system of the store.

    Raises
    ------
    InputError
        There is no such table, element or coordinate system, or the table says nothing of where
        its observations are; the sentence lists what there is.
    """
    import zarr

    from darlc.data.io.anndata_layout import bring_counts, locate

    check_zarr(path)
    root: Group = zarr.open_group(path, mode="r", use_consolidated=False)
    adata, name, notes = _read_table(path, root, options.table)
    adata, element, more = _choose_element(path, adata, options.element)
    notes += more
    if element:
        notes += _place(path, root, adata, element, options.spatial_key)
    notes += locate(adata)
    if "spatial" not in adata.obsm:
        raise InputError(
            f"{path} does not say where the observations of its table {name} lie: choose another "
            "--table, or add their element to the store."
        )
    notes += [] if options.layer else bring_counts(adata)
    if element:
        _add_images(root, adata, options.spatial_key)
    return Dataset(adata=adata, path=path, format="spatialdata", notes=tuple(notes))


def _read_table(path: Path, root: Group, wanted: str) -> tuple[AnnData, str, list[str]]:
    """Read the table that was chosen, or the largest."""
    import anndata

    home = next((part for part in _TABLES if part in root), "")
    there = sorted(root[home].group_keys()) if home else []
    if not there:
        raise InputError(f"{path} holds no table of counts: open a store that has one.")
    if wanted:
        name = pick(path, "table", wanted, there)
        return anndata.io.read_zarr(root[home][name]), name, []
    sizes = {name: _size(root[home][name]) for name in there}
    name = max(there, key=lambda each: sizes[each])
    listed = ", ".join(there)
    notes = [] if len(there) < 2 else [f"Of the tables {listed}, {name} is read: --table chooses."]
    return anndata.io.read_zarr(root[home][name]), name, notes


def _size(table: Group) -> tuple[int, int]:
    """Return the numbers of observations and genes, by the tables' indices alone."""
    lengths = []
    for part in ("obs", "var"):
        group = table[part]
        index = group.get(str(group.attrs.get("_index", "_index")))
        lengths.append(int(index.shape[0]) if index is not None and hasattr(index, "shape") else 0)
    return lengths[0], lengths[1]


def _choose_element(path: Path, adata: AnnData, wanted: str) -> tuple[AnnData, str, list[str]]:
    """Keep the observations of one element: those of two may lie on top of one another."""
    said = adata.uns.get("spatialdata_attrs", {})
    key = str(said.get("region_key", ""))
    if key not in adata.obs:
        if wanted:
            pick(path, "element", wanted, ())
        return adata, "", []
    counts = adata.obs[key].astype(str).value_counts()
    if wanted:
        name, notes = pick(path, "element", wanted, counts.index), []
    elif len(counts) == 0:
        return adata, "", []
    else:
        name, listed = str(counts.index[0]), ", ".join(sorted(counts.index))
        notes = [f"Of the elements {listed}, {name} is read: --element chooses."]
    if len(counts) == 1:
        return adata, name, []
    return adata[(adata.obs[key].astype(str) == name).to_numpy()].copy(), name, notes


def _place(path: Path, root: Group, adata: AnnData, name: str, system: str) -> list[str]:
    """Set ``obsm["spatial"]`` from the element's instances and its transformation."""
    import numpy as np

    from darlc.data.io.spatial_elements import KINDS, affine_of, positions

    kind = next((each for each in KINDS if each in root and name in set(root[each])), "")
    if not kind:
        return [f"The element {name} is not in the store; the table's own coordinates are used."]
    places = positions(path, root, kind, name)
    places = places[~places.index.duplicated()]
    key = str(adata.uns["spatialdata_attrs"].get("instance_key", ""))
    wanted = adata.obs[key] if key in adata.obs else adata.obs_names.to_series()
    if not wanted.isin(places.index).any():
        wanted, places.index = wanted.astype(str), places.index.astype(str)
    found = places.reindex(wanted.to_numpy())[["x", "y"]].to_numpy(dtype=np.float64)
    if not np.isfinite(found).any():
        raise InputError(
            f"{path} has no instance in {kind}/{name} for any observation of its table: the store "
            "is incomplete, so write it again."
        )
    affine, unit = affine_of(root[kind][name], system, f"{path}: {name}")
    if "spatial" in adata.obsm:
        adata.obsm["spatial_original"] = adata.obsm["spatial"]
    adata.obsm["spatial"] = found @ affine[:2, :2].T + affine[:2, 2]
    if unit.casefold() in _MICROMETRES:
        adata.uns[READING] = {**adata.uns.get(READING, {}), "microns": 1.0}
    return []


def _add_images(root: Group, adata: AnnData, system: str) -> None:
    """Add the images of the coordinate system, in the shape scanpy and squidpy use.

    Each has its affine in ``metadata``, from the (row, column, 1) of a pixel's centre to
    (x, y, 1); a scale factor says the same where it can.
    """
    import numpy as np

    from darlc.data.io.spatial_elements import read_image

    libraries: dict[str, Any] = {}
    for name in sorted(root["images"].group_keys()) if "images" in root else ():
        try:
            pixels, affine = read_image(root, name, system)
        except InputError:
            continue  # it lies in another coordinate system
        centre = affine @ np.array([[0.0, 1.0, 0.5], [1.0, 0.0, 0.5], [0.0, 0.0, 1.0]])
        entry: dict[str, Any] = {
            "images": {"hires": pixels},
            "scalefactors": {},
            "metadata": {"affine": centre},
        }
        scale = affine[0, 0]
        if scale > 0 and np.allclose(affine, np.diag([scale, scale, 1.0])):
            entry["scalefactors"]["tissue_hires_scalef"] = 1.0 / scale
        libraries[name] = entry
    if libraries:
        adata.uns["spatial"] = libraries


register(
    Format(
        name="spatialdata",
        description="a SpatialData .zarr",
        matches=matches,
        read=read,
        heeds=frozenset({"table", "element", "spatial_key"}),
    )
)

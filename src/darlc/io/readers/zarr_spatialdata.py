"""SpatialData stores (``.zarr``): a table, and the elements whose instances it describes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from darlc.data.dataset import Dataset, ReadOptions, reading_facts
from darlc.data.keys import READING
from darlc.errors import InputError
from darlc.io.choice import pick
from darlc.io.format import Format
from darlc.io.guards.zarr_store import check_zarr, is_zarr

if TYPE_CHECKING:
    import numpy as np
    from anndata import AnnData
    from numpy.typing import NDArray

    from darlc.io.parts.spatial_elements import Group

#: Groups of tables, today and in the first version of the format.
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
        There is no such table, element or coordinate system, or the table does not refer to
        elements; the message lists what there is.
    """
    import zarr

    from darlc.io.checks.anndata_layout import bring_counts, locate

    check_zarr(path)
    root: Group = zarr.open_group(path, mode="r", use_consolidated=False)
    adata, name, notes = _read_table(path, root, options.table)
    adata, elements, system, more = _choose_elements(path, root, adata, options)
    notes += more
    if elements:
        notes += _place(path, root, adata, elements, system)
    notes += locate(adata)
    if "spatial" not in adata.obsm:
        raise InputError(
            f"{path} holds no positions for the observations of its table {name}: choose another "
            "--table, or add their element to the store."
        )
    notes += [] if options.layer else bring_counts(adata)
    if elements:
        _add_images(root, adata, system)
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


def _choose_elements(
    path: Path, root: Group, adata: AnnData, options: ReadOptions
) -> tuple[AnnData, list[str], str, list[str]]:
    """Keep the observations of elements in one coordinate system.

    Parts of one tissue, such as fields of view, are elements side by side. Later checks detect
    elements that lie on top of each other, as in every format.

    Returns
    -------
    adata, elements
        The observations, and their elements; none where the table names none.
    system
        The coordinate system.
    notes
        What was left out.
    """
    said = adata.uns.get("spatialdata_attrs", {})
    key, wanted, system = str(said.get("region_key", "")), options.element, options.spatial_key
    if key not in adata.obs:
        if wanted:
            pick(path, "element", wanted, ())
        return adata, [], system, []
    region = adata.obs[key].astype(str)
    counts = region.value_counts()
    names = [str(name) for name in counts.index]
    if len(names) == 0:
        return adata, [], system, []
    if wanted:
        chosen = [pick(path, "element", wanted, names)]
    elif len(names) == 1:
        chosen = names
    else:
        chosen, system = _together(root, names, system)
    notes = []
    if len(chosen) < len(names) and not wanted:
        known = ", ".join(sorted(names))
        verb = "is" if len(chosen) == 1 else "are"
        notes = [f"Of the elements {known}, {', '.join(chosen)} {verb} read: --element chooses."]
    elif len(chosen) > 1:
        notes = [f"{len(chosen)} elements are read together: --element chooses one."]
    if len(chosen) < len(names):
        adata = adata[region.isin(chosen).to_numpy()].copy()
    return adata, chosen, system, notes


def _together(root: Group, names: list[str], system: str) -> tuple[list[str], str]:
    """Return the elements that share a coordinate system with the first one, and the system."""
    from darlc.io.parts.spatial_elements import systems_of

    there = {name: systems_of(root[kind][name]) for name in names if (kind := _kind(root, name))}
    first = names[0]
    if first not in there:
        return [first], system
    usual = sorted(there[first], key=lambda each: each != "global")
    candidates = [system] if system else usual

    def having(wanted: str) -> list[str]:
        return [name for name in there if wanted in there[name]]

    best = max(candidates, key=lambda each: len(having(each)), default="")
    return having(best) or [first], best


def _kind(root: Group, name: str) -> str:
    """Return the kind of an element, by the group that holds it; empty if it does not exist."""
    from darlc.io.parts.spatial_elements import KINDS

    return next((each for each in KINDS if each in root and name in set(root[each])), "")


def _place(path: Path, root: Group, adata: AnnData, elements: list[str], system: str) -> list[str]:
    """Set ``obsm["spatial"]`` from the elements' instances and their transformations."""
    import numpy as np

    if not any(_kind(root, name) for name in elements):
        return [
            f"The element {elements[0]} is not in the store; the table's own coordinates are used."
        ]
    region = adata.obs[str(adata.uns["spatialdata_attrs"]["region_key"])].astype(str).to_numpy()
    where = np.full((adata.n_obs, 2), np.nan)
    units = set()
    for name in elements:
        own = region == name
        where[own], unit = _positions(path, root, adata[own], name, system)
        units.add(unit.casefold())
    if not np.isfinite(where).any():
        raise InputError(
            f"{path} has no instance in {', '.join(elements)} for any observation of its table: "
            "the store is incomplete, so write it again."
        )
    if "spatial" in adata.obsm:
        adata.obsm["spatial_original"] = adata.obsm["spatial"]
    adata.obsm["spatial"] = where
    if units <= {*_MICROMETRES}:
        adata.uns[READING] = {**reading_facts(adata), "microns": 1.0}
    return []


def _positions(
    path: Path, root: Group, adata: AnnData, name: str, system: str
) -> tuple[NDArray[np.float64], str]:
    """Return (n_obs, 2) positions of an element's observations in a system, and its unit."""
    import numpy as np

    from darlc.io.parts.spatial_elements import affine_of, positions

    kind = _kind(root, name)
    places = positions(path, root, kind, name)
    places = places[~places.index.duplicated()]
    key = str(adata.uns["spatialdata_attrs"].get("instance_key", ""))
    wanted = adata.obs[key] if key in adata.obs else adata.obs_names.to_series()
    if not wanted.isin(places.index).any():
        wanted, places.index = wanted.astype(str), places.index.astype(str)
    found = places.reindex(wanted.to_numpy())[["x", "y"]].to_numpy(dtype=np.float64)
    affine, unit = affine_of(root[kind][name], system, f"{path}: {name}")
    return found @ affine[:2, :2].T + affine[:2, 2], unit


def _add_images(root: Group, adata: AnnData, system: str) -> None:
    """Add the images of the coordinate system, in the structure that scanpy and squidpy use.

    Each has its affine in ``metadata``, from the (row, column, 1) of a pixel's centre to
    (x, y, 1); a scale factor is added where it is equivalent.
    """
    import numpy as np

    from darlc.io.parts.spatial_elements import read_image

    libraries: dict[str, Any] = {}
    for name in sorted(root["images"].group_keys()) if "images" in root else ():
        try:
            pixels, affine = read_image(root, name, system)
        except InputError:
            continue  # it is not in this coordinate system
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


FORMAT = Format(
    name="spatialdata",
    description="a SpatialData .zarr",
    matches=matches,
    read=read,
    heeds=frozenset({"table", "element", "spatial_key"}),
)

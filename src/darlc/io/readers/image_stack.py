"""Stacks with one image for each gene, as from in-situ hybridisation."""

from __future__ import annotations

import logging
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from darlc.data.dataset import Dataset, ReadOptions
from darlc.data.keys import READING
from darlc.errors import InputError
from darlc.io.choice import pick
from darlc.io.format import Format
from darlc.io.guards.boundary import DamagedError, reading
from darlc.io.guards.declared import check_declared
from darlc.io.listing import names as names_in

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_TIFF = (".tif", ".tiff")
_TIFF_MARKS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
#: Endings of the file that lists a TIFF's names, one a line, under the TIFF's own name.
_LISTS = (".txt", ".csv", ".tsv")
#: Names of arrays of gene names; the first that exists is used.
_NAMES = ("gene", "genes", "gene_names", "names", "name", "var_names", "labels")
_MASK = "mask"


def matches(path: Path) -> bool:
    """Return whether a path is an ``.npz`` of images, or a TIFF with a list of names beside it."""
    if path.suffix.lower() == ".npz":
        return _holds_images(path)
    return _is_tiff(path) and _list_beside(path) is not None


def accepts(path: Path) -> bool:
    """Return whether a path is a TIFF, which viewers have their own readers for."""
    return _is_tiff(path)


def read(path: Path, options: ReadOptions) -> Dataset:
    """Read images, (G, H, W), as pixels × images; their values are intensities, not counts.

    ``obsm["spatial"]`` holds (x, y) = (column, row) of every pixel of the tissue mask; without a
    mask, of every pixel that any image has a value in.

    Raises
    ------
    InputError
        The file is damaged, holds no stack, or not one name for each image.
    """
    import numpy as np

    if path.suffix.lower() == ".npz":
        images, found, mask = _read_npz(path, options)
    else:
        images, found, mask = _read_tiff(path, options)
    if images.ndim != 3 or images.dtype.kind not in "buif":
        raise InputError(
            f"{path} holds an array {images.shape} of {images.dtype}: give images × rows × columns "
            "of numbers."
        )
    notes = [f"The {len(images)} images are read as genes, and their values as intensities."]
    if found is None:
        found = np.array([f"image {number}" for number in range(1, len(images) + 1)])
        notes.append("The images have no names, so they are numbered.")
    if len(found) != len(images):
        raise InputError(
            f"{path} holds {len(images)} images but {len(found)} names: give every image one name."
        )
    values = images.astype(np.float32)
    if images.dtype.kind in "bui":
        # Integer intensities are scaled to their largest value, like floating ones.
        values /= max(float(values.max(initial=0)), 1.0)
    if mask is None:
        inside = (values != 0).any(axis=0)
    elif mask.shape == images.shape[1:]:
        inside = np.asarray(mask, dtype=bool)
    else:
        raise InputError(
            f"{path} holds images of {images.shape[1:]} pixels but a mask of {mask.shape}: "
            "give a mask of the images' size."
        )
    return Dataset(_assemble(values, found, inside), path, "image_stack", tuple(notes))


def _assemble(values: NDArray[np.float32], found: NDArray[Any], inside: NDArray[np.bool_]) -> Any:
    import anndata
    import numpy as np
    import pandas as pd
    from scipy import sparse

    row, column = np.nonzero(inside)
    named = [each.decode() if isinstance(each, bytes) else str(each) for each in found]
    var = pd.DataFrame({"image_of": named}, index=pd.Index(named, dtype=str))
    obs = pd.DataFrame(
        {"array_row": row, "array_col": column},
        index=[f"{y}x{x}" for y, x in zip(row, column, strict=True)],
    )
    return anndata.AnnData(
        X=sparse.csr_matrix(values[:, inside].T),
        obs=obs,
        var=var,
        obsm={"spatial": np.column_stack([column, row]).astype(float)},
        uns={READING: {"values": "log"}},
    )


def _holds_images(path: Path) -> bool:
    """Read the list of members only: one of them must have a usual name of images."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name == "images.npy" for name in archive.namelist())
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError):
        return False


def _read_npz(path: Path, options: ReadOptions) -> tuple[Any, Any, Any]:
    import numpy as np

    _check_members(path)
    with np.load(path, allow_pickle=False) as archive:
        there = list(archive.files)
        images = archive["images"]
        texts = [name for name in there if archive[name].dtype.kind in "US" and name != "images"]
        if options.gene_names:
            names = archive[pick(path, "gene_names", options.gene_names, texts)]
        else:
            fitting = [each for each in _NAMES if each in texts] + texts
            names = archive[fitting[0]] if fitting else None
        if options.mask and not Path(options.mask).is_file():
            wanted = pick(path, "mask", options.mask, [each for each in there if each != "images"])
            return images, names, archive[wanted] != 0
        mask = archive[_MASK] != 0 if _MASK in there and not options.mask else None
    return images, names, _mask_file(options) if mask is None else mask


def _check_members(path: Path) -> None:
    """Refuse members that declare too large a size, or that are not plain arrays."""
    import numpy as np

    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            with archive.open(member) as file:
                version = np.lib.format.read_magic(file)
                read = {
                    (1, 0): np.lib.format.read_array_header_1_0,
                    (2, 0): np.lib.format.read_array_header_2_0,
                }[version]
                shape, _, dtype = read(file)
            size = int(np.prod([float(n) for n in shape])) * dtype.itemsize
            check_declared(size, partial(int, member.compress_size), member.filename)
            if dtype.hasobject:
                raise ValueError(f"{member.filename} holds objects, not numbers or text")


def _read_tiff(path: Path, options: ReadOptions) -> tuple[Any, Any, Any]:
    import numpy as np
    import tifffile

    with _complaints("tifffile"), tifffile.TiffFile(path) as file:
        series = file.series[0]
        size = int(np.prod([float(n) for n in series.shape])) * np.dtype(series.dtype).itemsize
        check_declared(size, partial(int, path.stat().st_size), series.name or "the image")
        if series.dataoffset and series.dataoffset + size > path.stat().st_size:
            raise DamagedError("it is cut short")
        images = series.asarray()
        inner = _names_inside(file, len(images) if images.ndim == 3 else 0)
    source = Path(options.gene_names) if options.gene_names else _list_beside(path)
    if source is None:
        return images, inner, _mask_file(options)
    if not source.is_file():
        raise InputError(
            f"{path} has no {options.gene_names!r} for --gene-names: give a file with one name a "
            "line."
        )
    return images, _read_list(source), _mask_file(options)


@contextmanager
def _complaints(library: str) -> Iterator[None]:
    """Raise where a library only logs a warning and fills missing data with zeros.

    Raises
    ------
    ValueError
        The library logged a warning.
    """
    said: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: said.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger(library)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
    if said:
        raise DamagedError(said[0])


def _mask_file(options: ReadOptions) -> Any:
    from darlc.io.checks.tissue_mask import read_mask

    return read_mask(Path(options.mask)) if options.mask else None


def _names_inside(file: Any, n_images: int) -> Any:
    """Return the names that ImageJ or OME gave the images, where there is one for each."""
    import xml.etree.ElementTree as ElementTree

    import numpy as np

    labels = (file.imagej_metadata or {}).get("Labels")
    if labels is None and file.ome_metadata:
        root = ElementTree.fromstring(file.ome_metadata)
        labels = [each.get("Name") for each in root.iter() if each.tag.endswith("}Channel")]
    if not labels or len(labels) != n_images or not all(labels):
        return None
    return np.array([str(each).strip() for each in labels])


def _read_list(path: Path) -> Any:
    """Read the first cell of every line."""
    import numpy as np

    with reading(path):
        lines = path.read_text(encoding="utf-8-sig").splitlines()
        separator = {".csv": ",", ".tsv": "\t"}.get(path.suffix.lower(), "\n")
        return np.array([line.split(separator)[0].strip() for line in lines if line.strip()])


def _is_tiff(path: Path) -> bool:
    if path.suffix.lower() not in _TIFF or not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            return file.read(4) in _TIFF_MARKS
    except OSError:
        return False


def _list_beside(path: Path) -> Path | None:
    there = set(names_in(path.parent))
    candidates = (f"{path.name.rpartition('.')[0]}{each}" for each in _LISTS)
    return next((path.parent / name for name in candidates if name in there), None)


FORMAT = Format(
    name="image_stack",
    description="an .npz or TIFF stack of images with names",
    matches=matches,
    read=read,
    heeds=frozenset({"gene_names", "mask"}),
    accepts=accepts,
)

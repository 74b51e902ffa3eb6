"""A dataset as it was opened: the AnnData, where it came from, what was chosen and assumed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from darlc.data.keys import READING
from darlc.validated import Text, Whole, validated

if TYPE_CHECKING:
    from anndata import AnnData

#: Suffixes of formats and of compression; any other suffix is part of the name.
_ENDINGS = frozenset(
    (
        *(".h5ad", ".zarr", ".h5", ".hdf5", ".loom", ".parquet", ".mtx", ".gem", ".gef"),
        *(".csv", ".tsv", ".tab", ".txt", ".npy", ".npz", ".ome", ".tif", ".tiff"),
        *(".gz", ".bz2", ".xz", ".zst", ".zip"),
    )
)
#: Value of ``section``, in `ReadOptions` and under `READING`, that draws all observations as one.
ALL_SECTIONS = "all"


_FACTS: dict[str, tuple[type, ...]] = {
    "layer": (str,),
    "values": (str,),
    "microns": (Real,),
    "features": (str,),
    "section": (str,),
}


def reading_facts(adata: AnnData) -> Mapping[str, Any]:
    """Return the facts that a reader stored under `READING`; empty where that is not a mapping."""
    found = adata.uns.get(READING)
    if not isinstance(found, Mapping):
        return {}
    understood = all(isinstance(value, _FACTS.get(str(name), ())) for name, value in found.items())
    return found if understood else {}


class DataWarning(UserWarning):
    """Something was assumed, left out or changed while reading or writing."""


@validated()
class ReadOptions:
    """What to read where a file holds several things; empty and None leave it to the reader.

    Parameters
    ----------
    layer
        Matrix of expression: ``"X"``, ``"raw"`` or a key of ``layers``.
    spatial_key
        Where the coordinates are: a key of ``obsm``; two columns of ``obs``, x and y, separated
        by a comma; the coordinate system of a SpatialData store; or, for a count table, the file
        of coordinates.
    bin_size
        Side of a bin: in micrometres for Visium HD, in spots of the chip for Stereo-seq.
    gene_names
        Column of ``var`` that names the genes; for an image stack, the array or file of names.
    mask
        What lies in the tissue: a column of ``obs``, or an image whose pixels are not zero there;
        for an image stack, the array or file of the mask.
    section
        One of several sections, as ``"COLUMN=VALUE"`` with a column of ``obs``, or the column
        alone for the largest; ``"all"`` draws all observations as one section, also where they
        lie on top of each other.
    features
        Kinds of features to read in place of genes, such as ``"Antibody Capture"``; several are
        separated by commas.
    table, element
        Table of a SpatialData store, and the element whose observations are read.

    Examples
    --------
    >>> adata = darlc.read("both.h5ad", darlc.ReadOptions(section="slide=treated"))
    >>> set(adata.obs["slide"])
    {'treated'}
    """

    layer: Text = ""
    spatial_key: Text = ""
    bin_size: Annotated[Whole, Field(ge=1, le=1_000_000)] | None = None
    gene_names: Text = ""
    mask: Text = ""
    section: Text = ""
    features: Text = ""
    table: Text = ""
    element: Text = ""

    @property
    def given(self) -> dict[str, str]:
        """The options that were given, as text by name."""
        return {
            each.name: str(value)
            for each in fields(self)
            if (value := getattr(self, each.name)) not in ("", None)
        }


@dataclass(frozen=True)
class Sections:
    """The sections that a file holds, one of which was opened.

    Parameters
    ----------
    column
        The column that separates them, in the form of the option ``section``.
    names, observations
        Their values in the column, and how many observations each has, the largest first.
    chosen
        Name of the one that was opened.
    """

    column: str
    names: tuple[str, ...]
    observations: tuple[int, ...]
    chosen: str

    def option(self, name: str) -> str:
        """Return the option that opens one of them."""
        return f"{self.column}={name}"


@dataclass(frozen=True)
class Dataset:
    """An opened dataset.

    Parameters
    ----------
    adata
        Observations × genes; ``obsm["spatial"]`` holds (x, y) of every observation, and
        ``obs["array_row"]``, ``obs["array_col"]`` where the platform has a lattice. Tissue
        images and scale factors stand in ``uns["spatial"]``, as scanpy and squidpy keep them.
        Features that are not genes are in ``obsm["darlc_left_out"]``.
    path
        What was opened; None for data made in memory.
    format
        Name of the reader that opened it.
    notes
        Sentences on what was assumed, left out or changed while reading.
    options
        The options that it was opened with.
    sections
        The sections that lie on top of each other in the file; None where it holds one.
    separate
        Whether no sections lie on top of each other in it, or they may: it was looked for, which
        takes seconds where there are many observations.
    suffixes
        How names of files of its format end, beside the endings that everybody knows.

    Examples
    --------
    >>> dataset = darlc.read_study("control.h5ad")["control"]
    >>> dataset.name, dataset.format
    ('control', 'h5ad')
    """

    adata: AnnData
    path: Path | None = None
    format: str = "memory"
    notes: tuple[str, ...] = field(default=())
    options: ReadOptions = field(default=ReadOptions())
    sections: Sections | None = None
    separate: bool = False
    suffixes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Short name for titles: name of the file or folder without suffixes of formats."""
        if self.path is None:
            return "dataset"
        name, ends = self.path.name, {*_ENDINGS, *self.suffixes}
        while found := [each for each in ends if name.lower().endswith(each) and name != each]:
            name = name[: -len(max(found, key=len))]
        return name

    @property
    def display_name(self) -> str:
        """Name for messages: the path where there is one."""
        return self.name if self.path is None else str(self.path)

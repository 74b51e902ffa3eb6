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

#: Ends of names that say a format, or how a file is packed; any other is part of the name.
_ENDINGS = frozenset(
    (
        *(".h5ad", ".zarr", ".h5", ".hdf5", ".loom", ".parquet", ".mtx", ".gem", ".gef"),
        *(".csv", ".tsv", ".tab", ".txt", ".npy", ".npz", ".ome", ".tif", ".tiff"),
        *(".gz", ".bz2", ".xz", ".zst", ".zip"),
    )
)
#: What ``section`` is, in `ReadOptions` and under `READING`, to have all observations drawn as one.
ALL_SECTIONS = "all"


_TOLD: dict[str, tuple[type, ...]] = {
    "layer": (str,),
    "values": (str,),
    "microns": (Real,),
    "features": (str,),
    "section": (str,),
}


def told(adata: AnnData) -> Mapping[str, Any]:
    """Return what a reader left under `READING`; nothing where something else stands there."""
    found = adata.uns.get(READING)
    if not isinstance(found, Mapping):
        return {}
    understood = all(isinstance(value, _TOLD.get(str(name), ())) for name, value in found.items())
    return found if understood else {}


class DataWarning(UserWarning):
    """Something was assumed, left out or changed while reading or writing."""


@validated()
class ReadOptions:
    """What to take where a file leaves a choice; empty and None leave it to the reader.

    Parameters
    ----------
    layer
        Matrix of expression: ``"X"``, ``"raw"`` or a key of ``layers``.
    spatial_key
        Where the coordinates stand: a key of ``obsm``; two columns of ``obs``, x and y, with a
        comma between them; the coordinate system of a SpatialData store; or, for a count table,
        the file of coordinates.
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
        Kinds of features to read in place of genes, such as ``"Antibody Capture"``; several have
        commas between them.
    table, element
        Table of a SpatialData store, and the element whose observations are read.
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
        """What was chosen, by the name of the option, as it is typed."""
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
        What tells them apart, as the option ``section`` takes it.
    names, observations
        Their values in the column and their sizes, the largest first.
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
        Features that are no genes stand in ``obsm["darlc_left_out"]``.
    path
        What was opened; None for data made in memory.
    format
        Name of the reader that opened it.
    notes
        One sentence each on what was assumed, left out or changed while reading.
    options
        What was chosen when it was opened.
    sections
        The sections that lie on top of each other in the file; None where it holds one.
    separate
        Whether no sections lie on top of each other in it, or they may: it was looked for, which
        takes seconds where there are many observations.
    suffixes
        How names of files of its format end, beside the endings that everybody knows.
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
        """Short name for titles: the file's or folder's name without what says its format."""
        if self.path is None:
            return "dataset"
        name, ends = self.path.name, {*_ENDINGS, *self.suffixes}
        while found := [each for each in ends if name.lower().endswith(each) and name != each]:
            name = name[: -len(max(found, key=len))]
        return name

    @property
    def called(self) -> str:
        """What sentences call it: its path where it has one."""
        return self.name if self.path is None else str(self.path)

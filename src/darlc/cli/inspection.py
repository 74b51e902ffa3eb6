"""Facts about a dataset, and what a fit would use of it, without training."""

from __future__ import annotations

import shlex
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from darlc.cli.answers import clusters_command
from darlc.config import MODEL_PIXELS, Config
from darlc.data.dataset import Dataset
from darlc.data.keys import RESULT
from darlc.errors import DarlcError
from darlc.images.gene_labels import gene_labels, resolve_genes
from darlc.images.pooling import finest_factor, pooled
from darlc.images.selection import choose_genes
from darlc.images.sgep_images import SGEPImages, rasterize
from darlc.io.result_file import from_adata
from darlc.results.data_match import data_match
from darlc.wording import counted, listed

#: Fewest tissue pixels that can be trained on.
_FEWEST_PIXELS = 8
_SUFFIXES = (
    *(".h5ad", ".zarr", ".sdata", ".h5", ".gef", ".npz", ".tif", ".tiff"),
    *(".gz", ".csv", ".tsv", ".txt"),
)


@dataclass(frozen=True)
class Inspection:
    """Facts of a dataset.

    Parameters
    ----------
    path, format
        What was opened, and the name of its format.
    observations, genes
        Shape of the data.
    values
        What the numbers are: ``"counts"``, ``"normalised"`` or ``"log"``.
    layout, height, width
        Of the pixel grid.
    tissue_pixels
        Pixels that hold tissue.
    tissue_fraction
        Their share of the grid.
    pixel_size, pixel_microns
        Side of a pixel in units of ``obsm["spatial"]``, and in micrometres where that is known.
    placed
        Observations that lie in a tissue pixel.
    median_library
        Median over tissue pixels of the total count; None where the values are not counts.
    model_pixels
        Pixels of the finest grid that a fit would learn on; it may choose a coarser one.
    pooling
        Pixels of the picture grid along the side of one of these.
    modelled
        Genes that would draw the patterns.
    answered
        Genes that would be compared with them.
    left_out
        The other genes: how many, by reason.
    has_result
        Whether the data hold the result of an earlier fit.
    result
        Of that fit: ``drawing`` and ``answered`` genes, and its ``pooling``; None where there is
        none or it cannot be read.
    sections
        Where the file holds several sections on top of each other: the column that separates
        them, the one that was chosen, and the number of observations of each. None where the
        file holds one section.
    notes
        Sentences about what was assumed and left out.
    command
        What to run next: a ``darlc fit`` command for this dataset; where it holds a result that can
        be read, the command that lists its clusters.
    """

    path: str
    format: str
    observations: int
    genes: int
    values: str
    layout: str
    height: int
    width: int
    tissue_pixels: int
    tissue_fraction: float
    pixel_size: float
    pixel_microns: float | None
    placed: int
    median_library: float | None
    model_pixels: int
    pooling: int
    modelled: int
    answered: int
    left_out: dict[str, int]
    has_result: bool
    result: dict[str, int] | None
    sections: dict[str, Any] | None
    notes: tuple[str, ...]
    command: str

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, fit for JSON."""
        return asdict(self)

    def lines(self) -> list[str]:
        """Return lines of text for a reader."""
        values, side = self.values, f"{self.pixel_size:.4g} units of obsm['spatial']"
        if self.median_library is not None:
            values += f", {self.median_library:g} in a typical tissue pixel"
        if self.pixel_microns is not None:
            side += f", {self.pixel_microns:.4g} µm"
        rows = [
            ("file", f"{self.path} ({self.format})"),
            ("data", f"{self.observations} observations × {self.genes} genes"),
            ("values", values),
            ("grid", f"{self.layout}, {self.height} × {self.width} pixels"),
            ("pixel", side),
            ("tissue", f"{self.tissue_pixels} pixels, {self.tissue_fraction:.0%} of the grid"),
            ("placed", f"{self.placed} observations"),
            ("model", f"{self.model_pixels} pixels{self._pooled(self.pooling)}"),
            ("drawing", f"{self.modelled} genes draw the patterns"),
            *(
                [("answered", f"{counted(self.answered, 'further gene')} compared with these")]
                if self.answered
                else []
            ),
            *(("left out", f"{n} genes: {why}") for why, n in self.left_out.items()),
            ("result", self._of_result()),
            *self._section_rows(),
            *(("note", note) for note in self.notes),
            ("try", self.command),
        ]
        return [f"{name:<10}{text}" for name, text in rows]

    def _pooled(self, factor: int) -> str:
        """Return how many pixels of the pictures one of the model grid holds, as text."""
        if factor == 1:
            return ", those of the pictures"
        text = f" of {factor} × {factor} picture pixels"
        if self.pixel_microns is not None:
            text += f", {factor * self.pixel_microns:.4g} µm a side"
        return text

    def _of_result(self) -> str:
        if self.result is None:
            return "of an earlier fit" if self.has_result else "none yet"
        return (
            f"of an earlier fit: {counted(self.result['drawing'], 'gene')} drew the patterns, "
            f"{counted(self.result['answered'], 'further gene')} compared with them; the model's "
            f"pixels were{self._pooled(self.result['pooling']).removeprefix(',')}"
        )

    def _section_rows(self) -> list[tuple[str, str]]:
        if self.sections is None:
            return []
        known = self.sections["observations"]
        names = listed(f"{name} ({count})" for name, count in known.items())
        return [("section", f"{self.sections['chosen']} of {self.sections['column']}: {names}")]


def inspect(dataset: Dataset, config: Config) -> Inspection:
    """Rasterise a dataset and choose its genes.

    Parameters
    ----------
    dataset
        As it was opened.
    config
        Settings of the fit: number of genes and size of a pixel.

    Raises
    ------
    InputError
        There is nothing to rasterise, or nothing to model.
    """
    images = rasterize(dataset.adata, config.bin_size, separate=dataset.separate)
    included = resolve_genes(config.include, dataset.adata.var_names, gene_labels(dataset.adata))
    most = config.model_pixels or MODEL_PIXELS
    factor = finest_factor(images.grid, most)
    coarse = pooled(images, factor)
    selection = choose_genes(coarse, config.genes, included)
    left = selection.reason != ""
    left[selection.others] = False
    reasons, counts = np.unique(selection.reason[left], return_counts=True)
    result, of_result = _of_result(dataset, images, config)
    grid = images.grid
    microns = grid.pixel_size * grid.microns
    height, width = grid.shape
    notes = [*dataset.notes, *images.notes, *of_result]
    if grid.n_pixels < _FEWEST_PIXELS:
        notes.append(
            f"The tissue covers {counted(grid.n_pixels, 'pixel')}, too few for a fit: choose a "
            "smaller --pixel-size."
        )
    return Inspection(
        path=str(dataset.path),
        format=dataset.format,
        observations=dataset.adata.n_obs,
        genes=images.n_genes,
        values=images.values,
        layout=grid.layout,
        height=height,
        width=width,
        tissue_pixels=grid.n_pixels,
        tissue_fraction=grid.n_pixels / (height * width),
        pixel_size=grid.pixel_size,
        pixel_microns=microns if np.isfinite(microns) else None,
        placed=int((images.observation_pixel >= 0).sum()),
        median_library=float(np.median(images.library)) if images.values == "counts" else None,
        model_pixels=coarse.n_pixels,
        pooling=factor,
        modelled=len(selection.genes),
        answered=len(selection.others),
        left_out={str(why): int(n) for why, n in zip(reasons, counts, strict=True)},
        has_result=RESULT in dataset.adata.uns,
        result=result,
        sections=_sections(dataset),
        notes=tuple(dict.fromkeys(notes)),
        command=_command(dataset, config)
        if result is None
        else clusters_command(str(dataset.path)),
    )


def _of_result(
    dataset: Dataset, images: SGEPImages, config: Config
) -> tuple[dict[str, int] | None, tuple[str, ...]]:
    """Return facts of an earlier result, and what it must be read with or why it cannot be."""
    if RESULT not in dataset.adata.uns:
        return None, ()
    try:
        result = from_adata(dataset.adata, dataset.name)
        if result.bin_size != config.bin_size:
            images = rasterize(dataset.adata, result.bin_size, separate=dataset.separate)
        drawing = int(result.drawing.sum())
        facts = {
            "drawing": drawing,
            "answered": result.n_genes - drawing,
            "pooling": result.pooling,
        }
        return facts, data_match(result, images, dataset.display_name).notes
    except DarlcError as error:
        return None, (str(error),)


def _sections(dataset: Dataset) -> dict[str, Any] | None:
    if (sections := dataset.sections) is None:
        return None
    sizes = dict(zip(sections.names, sections.observations, strict=True))
    return {"column": sections.column, "chosen": sections.chosen, "observations": sizes}


def _command(dataset: Dataset, config: Config) -> str:
    """Return a ``darlc fit`` command with the settings that were given."""
    path = str(dataset.path)
    name = path.rstrip("/")
    while name.endswith(_SUFFIXES):
        name = name.rpartition(".")[0]
    words = ["darlc", "fit", path, "--out", f"{Path(name).name}_darlc.h5ad"]
    for option, value in dataset.options.given.items():
        words += [f"--{option.replace('_', '-')}", value]
    if config.genes != Config.genes:
        words += ["--genes", str(config.genes)]
    if config.include:
        words += ["--include", ",".join(config.include)]
    if config.bin_size is not None:
        words += ["--pixel-size", f"{config.bin_size:g}"]
    if config.model_pixels:
        words += ["--model-pixels", str(config.model_pixels)]
    return shlex.join(words)

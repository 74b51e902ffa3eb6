"""Time and memory of what users wait for, on a small simulated tissue; run by asv."""

from __future__ import annotations

import tempfile
from pathlib import Path

import darlc
from darlc.explore.region import Regions
from darlc.simulation.tissue import simulate

_GENES = 200


class Reading:
    """From a file to pictures of genes."""

    def setup(self) -> None:
        """Write a tissue to a file."""
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "tissue.h5ad"
        simulate(genes=_GENES, clusters=6).write_h5ad(self.path)
        self.adata = darlc.read(self.path)

    def teardown(self) -> None:
        """Remove the file."""
        self.folder.cleanup()

    def time_read(self) -> None:
        """Read a dataset."""
        darlc.read(self.path)

    def time_rasterize(self) -> None:
        """Lay its observations out on a grid."""
        darlc.rasterize(self.adata)

    def peakmem_rasterize(self) -> None:
        """Hold both in memory."""
        darlc.rasterize(self.adata)


class Exploring:
    """Questions about a tissue that need no model."""

    def setup(self) -> None:
        """Make a tissue and a region that holds a quarter of it."""
        self.adata = simulate(genes=_GENES, clusters=6)
        self.images = darlc.rasterize(self.adata)
        self.regions = Regions(self.adata, self.images)
        x = self.adata.obsm["spatial"][:, 0]
        self.inside = x < x[x.argsort()[len(x) // 4]]

    def time_regions(self) -> None:
        """Prepare for questions about regions."""
        Regions(self.adata, self.images)

    def time_genes_of_a_region(self) -> None:
        """Test all genes for enrichment in a region."""
        self.regions.compare(self.inside)


class Fitting:
    """The shortest training there is."""

    timeout = 600.0
    number = 1
    repeat = 1
    warmup_time = 0.0

    def setup(self) -> None:
        """Make a tissue."""
        self.adata = simulate(genes=_GENES, clusters=6)
        self.config = darlc.Config.from_preset("quick", clusters=6, device="cpu")

    def time_fit(self) -> None:
        """Train, from counts to clusters."""
        darlc.fit(self.adata, self.config)

"""Figures of a result for papers and notebooks, with matplotlib: axes in, axes out."""

from __future__ import annotations

from darlc.plots.cluster_panels import clusters
from darlc.plots.curve import choose_k
from darlc.plots.gene_panels import gene, genes, views
from darlc.plots.map_panel import map
from darlc.plots.saving import save
from darlc.plots.section_panels import section_clusters, sections
from darlc.plots.set_panel import gene_set

__all__ = [
    "choose_k",
    "clusters",
    "gene",
    "gene_set",
    "genes",
    "map",
    "save",
    "section_clusters",
    "sections",
    "views",
]

"""What the explorer shows, as one JSON object and one block of arrays.

A result is a page of one section; a study is a page of all its sections, with the same genes and
clusters in each.
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darlc.explore.gene_map import Plane, placed
from darlc.images.statistics import unit_length
from darlc.report.arrays import Arrays
from darlc.report.enriched_sets import enriched_sets
from darlc.report.section_data import TYPICAL, SectionImages, section_data
from darlc.report.subject import Subject, subject_of
from darlc.results.gene_sets import GeneSet
from darlc.results.result import Result
from darlc.results.study import StudyResult

#: Most tissue pixels of a page, of all sections together; larger tissue is pooled.
MOST_PIXELS = 20_000
_INT16 = 32767


@dataclass(frozen=True)
class PageData:
    """What the explorer shows.

    Parameters
    ----------
    header
        Plain values for JSON; ``arrays`` says where each array lies in the block, and those of
        each section beside it.
    block
        All arrays, one after the other, compressed by gzip.
    """

    header: dict[str, Any]
    block: bytes


def page_data(
    shown: Result | StudyResult,
    title: str,
    source: str,
    most_genes: int = 3000,
    plane: Plane = "umap",
    collection: Sequence[GeneSet] = (),
) -> PageData:
    """Collect what the explorer shows.

    Parameters
    ----------
    shown
        Result or study, bound to its data, with clusters and embeddings.
    title
        Title of the page.
    source
        Name of the data in the command that repeats the fit: a file, or the folder of a study.
    most_genes
        Most genes; those that drew the patterns come first, then those with most molecules.
    plane
        ``"umap"``, ``"pca"``, or positions of all genes, (G, 2).
    collection
        Gene sets to test the clusters for.

    Raises
    ------
    InputError
        A result is not bound to its data, positions are of other genes, or no set of the
        collection can be tested.
    """
    subject = subject_of(shown, source)
    sections = [SectionImages.of(name, each) for name, each in subject.sections]
    rows = _chosen(subject, sections, most_genes)
    genes = subject.gene_names[rows]
    block, most = bytearray(), _most_pixels(sections)
    parts = [section_data(block, each, genes, n) for each, n in zip(sections, most, strict=True)]

    clusters, names = subject.clusters, subject.named[rows]
    given = isinstance(plane, np.ndarray)
    where = placed(subject.embedding if given else subject.embedding[rows], plane)
    where = where[rows] if given else where
    arrays = Arrays(block)
    arrays.add("embedding", np.rint(unit_length(subject.embedding[rows]) * _INT16).astype(np.int16))
    arrays.add("map", where.astype(np.float32))
    arrays.add("cluster", clusters.cluster[rows].astype(np.int16))
    arrays.add("second", clusters.second[rows].astype(np.int16))
    also = subject.second
    arrays.add("also", np.where(also.likely, also.cluster, -1)[rows].astype(np.int16))
    arrays.add("alsoShare", also.share[rows].astype(np.float32))
    arrays.add("confidence", clusters.confidence[rows].astype(np.float32))
    arrays.add("expression", _mean([each.expression for each in parts]))
    arrays.add("variability", _mean([each.variability for each in parts]))
    arrays.add("followed", subject.followed[:, rows].astype(np.int16))
    row = {str(gene): i for i, gene in enumerate(genes)}
    typical = _typical(sections, clusters.n_clusters)
    header = {
        "title": title,
        "summary": subject.summary,
        "observations": sum(each.header["observations"] for each in parts),
        "answered": len(subject.gene_names),
        "genes": [str(each) for each in names.symbol],
        "names": [str(each) for each in names.gene],
        "clusters": [
            {
                "name": name,
                "colour": colour,
                "size": int(size),
                "typical": [row[gene] for gene in best if gene in row],
            }
            for name, colour, size, best in zip(
                clusters.names, clusters.colours, clusters.sizes, typical, strict=True
            )
        ],
        "sections": [each.header for each in parts],
        "changes": subject.changes(row),
        "sets": _sets(subject.gene_sets, row),
        "enrichment": enriched_sets(subject.named, clusters, collection, names),
        "facts": subject.facts,
        "command": subject.command,
        "notes": list(subject.notes),
        "arrays": arrays.where,
    }
    return PageData(header, gzip.compress(bytes(block), 6, mtime=0))


def _chosen(subject: Subject, sections: Sequence[SectionImages], most: int) -> NDArray[np.int64]:
    """Return the rows of the genes that a page holds, ascending."""
    total = sum(each.molecules(subject.gene_names) for each in sections)
    order = np.lexsort((-np.asarray(total), ~subject.drawing))
    return np.sort(order[:most])


def _most_pixels(sections: Sequence[SectionImages]) -> list[int]:
    """Return how many pixels each section may have, by its share of all."""
    pixels = [each.images.n_pixels for each in sections]
    return [
        max(1, MOST_PIXELS * n // max(sum(pixels), MOST_PIXELS)) if sum(pixels) > MOST_PIXELS else n
        for n in pixels
    ]


def _mean(values: Sequence[NDArray[np.floating]]) -> NDArray[np.float32]:
    """Return means (n,) over the sections that have a gene; 0 where none has."""
    every = np.array(values, dtype=np.float64)
    there = np.isfinite(every)
    total = np.where(there, every, 0.0).sum(axis=0)
    return (total / np.maximum(there.sum(axis=0), 1)).astype(np.float32)


def _typical(sections: Sequence[SectionImages], n_clusters: int) -> list[list[str]]:
    """Return typical genes of each cluster: the best of each section, then the second best."""
    every = [each.typical() for each in sections]
    found = []
    for cluster in range(n_clusters):
        ranked = [
            each[cluster][place]
            for place in range(TYPICAL)
            for each in every
            if place < len(each[cluster])
        ]
        found.append(list(dict.fromkeys(ranked))[:TYPICAL])
    return found


def _sets(sets: Sequence[GeneSet], row: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {
            "name": each.name,
            "record": each.record,
            "rows": sorted(row[gene] for gene in each.genes if gene in row),
            "size": len(each),
        }
        for each in sets
    ]

"""The outcome of a fit of several sections together: what they share, and where genes differ."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from darlc.config import Config
from darlc.errors import InputError
from darlc.results.clusters import Clusters
from darlc.results.palette import cluster_colours, cluster_names
from darlc.results.result import Result

if TYPE_CHECKING:
    from darlc.io.store import OnNote


@dataclass(frozen=True, eq=False)
class StudyResult:
    """The outcome of a fit of S sections together.

    Parameters
    ----------
    section_names
        (S,) unique names of the sections.
    gene_names
        (G,) the genes with an answer in the study; every array follows their order.
    membership
        (G, K) float32 posterior over clusters, given all sections; rows sum to 1.
    section_membership
        (S, G, K) float32 posterior over the clusters that a gene follows in a section, given all
        sections; the last, without a pattern, where its cluster has none there.
    keeps
        (G, S) float32 probability that the gene follows its cluster in that section, and that the
        cluster has a pattern there; NaN where the gene has too few molecules there.
    molecules
        (G, S) int64 molecules of the gene on the section's tissue pixels; 0 where it was not
        measured.
    constancy
        Share of the genes that follow one cluster in all sections, as estimated, in [0, 1].
    drawing
        (G,) which genes drew the patterns. The others were answered by them.
    sections
        (S,) ordinary results, one a section, with the study's memberships for the genes that the
        section has, and the same clusters.
    config
        Settings of the fit.
    evidence
        (S, G, K) float32: what each section says alone, the log-likelihood of the gene's counts
        there under every cluster's pattern, tempered by calibration. The same for all clusters
        where the section does not say; 0 where it was not computed.
    notes
        Sentences on what was assumed, left out and why.
    timings
        Seconds by stage.
    versions
        Package versions of the run.
    cluster_names, cluster_colours
        (K,) names and ``#rrggbb`` colours, by column of ``membership``. A last cluster named
        ``"no pattern"`` gathers genes that no pattern explains better than none.

    Raises
    ------
    ValueError
        The shapes do not fit one another, or two sections have one name.

    Examples
    --------
    >>> study = darlc.load("study")
    >>> study.section_names
    ('control', 'treated')
    >>> changed = study.gene_names[(study.keeps < 0.1).any(axis=1)]
    """

    section_names: tuple[str, ...]
    gene_names: NDArray[np.str_]
    membership: NDArray[np.float32]
    section_membership: NDArray[np.float32]
    keeps: NDArray[np.float32]
    molecules: NDArray[np.int64]
    constancy: float
    drawing: NDArray[np.bool_]
    sections: tuple[Result, ...]
    config: Config
    evidence: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, dtype=np.float32))
    notes: tuple[str, ...] = ()
    timings: dict[str, float] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    cluster_names: tuple[str, ...] = ()
    cluster_colours: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.cluster_names:
            object.__setattr__(self, "cluster_names", cluster_names(self.n_clusters))
        if not self.cluster_colours:
            object.__setattr__(self, "cluster_colours", cluster_colours(self.n_clusters))
        if not self.evidence.size:
            object.__setattr__(self, "evidence", np.zeros_like(self.section_membership))
        genes, clusters, sections = self.n_genes, self.n_clusters, self.n_sections
        expected: dict[str, tuple[int, ...]] = {
            "gene_names": (genes,),
            "membership": (genes, clusters),
            "section_membership": (sections, genes, clusters),
            "evidence": (sections, genes, clusters),
            "keeps": (genes, sections),
            "molecules": (genes, sections),
            "drawing": (genes,),
        }
        for name, shape in expected.items():
            if (found := np.shape(getattr(self, name))) != shape:
                raise ValueError(f"{name} has the shape {found} and not {shape}")
        if len(self.sections) != sections:
            raise ValueError(f"{sections} sections have {len(self.sections)} results")
        if len(set(self.section_names)) < sections:
            raise ValueError(f"sections share a name: {', '.join(self.section_names)}")
        for name, result in zip(self.section_names, self.sections, strict=True):
            if result.cluster_names != self.cluster_names:
                raise ValueError(f"the result of {name} has other clusters than the study")
        if not 0 <= self.constancy <= 1:
            raise ValueError(f"constancy is {self.constancy}, and not from 0 to 1")
        _ = self.clusters  # refuses names and colours that do not fit

    @property
    def n_genes(self) -> int:
        """Number G of genes with an answer."""
        return len(self.gene_names)

    @property
    def n_clusters(self) -> int:
        """Number K of clusters."""
        return int(self.membership.shape[1])

    @property
    def n_sections(self) -> int:
        """Number S of sections."""
        return len(self.section_names)

    @cached_property
    def clusters(self) -> Clusters:
        """The clusters that all sections share, with names and colours."""
        return Clusters(self.membership, self.cluster_names, self.cluster_colours)

    @property
    def cluster(self) -> NDArray[np.int64]:
        """(G,) column of the highest membership."""
        return self.clusters.cluster

    @property
    def confidence(self) -> NDArray[np.float32]:
        """(G,) highest membership, in [0, 1]."""
        return self.clusters.confidence

    def section(self, name: str) -> Result:
        """Return the result of one section.

        Raises
        ------
        InputError
            There is no section of that name.
        """
        if name not in self.section_names:
            raise InputError(
                f"there is no section {name!r}: the study has {', '.join(self.section_names)}."
            )
        return self.sections[self.section_names.index(name)]

    def renamed(self, names: tuple[str, ...], colours: tuple[str, ...]) -> StudyResult:
        """Return the study with other names and colours (K,) of its clusters, in all sections."""
        sections = tuple(
            replace(each, edited=None, cluster_names=names, cluster_colours=colours)
            for each in self.sections
        )
        return replace(self, sections=sections, cluster_names=names, cluster_colours=colours)

    def save(
        self, folder: str | Path, denoised_layer: bool = False, on_note: OnNote | None = None
    ) -> Path:
        """Write a folder with a result file for each section, and ``study.h5ad`` beside them.

        It has its name only once it is complete, and replaces an earlier study there. Data that
        files cannot hold are renamed or become text; ``on_note`` is called with a sentence on each
        such change; by default it is a `DataWarning`.
        """
        from darlc.io.study.study_file import save_study

        return save_study(self, folder, denoised_layer, on_note)

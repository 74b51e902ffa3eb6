"""The explorer as a notebook widget."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import anywidget
import traitlets

from darlc.explore.gene_map import Plane
from darlc.report.page import front_end
from darlc.report.page_data import page_data
from darlc.results.gene_sets import GeneSet
from darlc.results.result import Result
from darlc.results.study import StudyResult


class Explorer(anywidget.AnyWidget):
    """Walk through a result in a notebook.

    Parameters
    ----------
    result
        Result or study, bound to its data, with clusters.
    most_genes
        Most genes that are shown.
    plane
        As for `darlc.report.write`.
    collection
        Gene sets to test the clusters for.

    Attributes
    ----------
    gene
        Name of the chosen gene; setting it chooses another.
    genes
        Names of the genes that the filters leave.
    """

    _esm, _css = front_end()
    header = traitlets.Unicode().tag(sync=True)
    block = traitlets.Bytes().tag(sync=True)
    gene = traitlets.Unicode("").tag(sync=True)
    genes = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(
        self,
        result: Result | StudyResult,
        most_genes: int = 3000,
        plane: Plane = "umap",
        collection: Sequence[GeneSet] = (),
        **given: Any,
    ) -> None:
        data = page_data(result, "Genes", "result.h5ad", most_genes, plane, collection)
        super().__init__(
            header=json.dumps(data.header, allow_nan=False),
            block=data.block,
            genes=data.header["names"],
            **given,
        )

    @traitlets.validate("gene")
    def _known(self, proposal: Any) -> str:
        names, labels = (json.loads(self.header)[each] for each in ("names", "genes"))
        if proposal.value and proposal.value not in names:
            if proposal.value not in labels:
                raise traitlets.TraitError(f"{proposal.value} is not among the genes shown.")
            return str(names[labels.index(proposal.value)])
        return str(proposal.value)

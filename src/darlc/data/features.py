"""Kinds of the features of a table: genes, controls, antibodies and others.

The kinds are found by columns of ``var`` that hold kinds of features, and by the names that
platforms give to their controls.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

#: The kind of genes, in the words of 10x Genomics, as are the other kinds where it has some.
GENE = "Gene Expression"
COORDINATE, ANNOTATION = "Coordinate", "Annotation"
ANTIBODY = "Antibody Capture"
#: Pattern of the names of embeddings of observations, which are no positions in the tissue.
EMBEDDINGS = r"umap|t[\W_]?sne|pca|phate|diffmap"

#: Columns of ``var`` that hold kinds of features, their names in lower case letters alone.
_COLUMNS = (
    *("featuretypes", "featuretype", "featureclass", "featurebiotype"),
    *("codeclass", "codewordcategory", "modality", "type", "types"),
)
#: Those of them that hold nothing but kinds of features.
_FEATURE_COLUMNS = ("featuretypes", "featuretype", "featureclass")

#: Names of genes as a kind. All of Ensembl's biotypes are kinds of genes.
_GENES = re.compile(
    r"|gene expression|gex|genes?|m?rna|expression|transcripts?|endogenous|housekeeping|target"
    r"|(.* )?gene|protein coding|.*rna|.*pseudogene|antisense|sense (intronic|overlapping)"
    r"|processed transcript|ribozyme|tec|nan|none",
    re.IGNORECASE,
)
_CONTROLS = re.compile(
    r"negative|positive|.*\b(controls?|blanks?|codewords?|deprecated|intergenic|unassigned)\b.*"
    r"|.*\b(neg|negative|neg ?prb) ?(probes?|prb)?\b.*|spike ?ins?|false ?codes?|ercc"
    r"|system ?controls?|counting summary",
    re.IGNORECASE,
)
#: Names of other features as a kind.
_OTHERS = re.compile(
    r"antibod(y|ies)( capture)?|prot(eins?)?( expression)?|adts?|abs?|antigens?( capture)?"
    r"|crispr( guide capture)?|guides?|multiplexing( capture)?|hashtags?|htos?|cell ?plex"
    r"|peaks?|atac|chromatin accessibility|v\(?d\)?j.*|metabolites?|lipids?",
    re.IGNORECASE,
)

#: Separators in names; R replaces characters that it does not allow by dots, Seurat by dashes.
_S = "[-_. ]?"
_NUMBER = r"(?:[-_. ].*|\d+)?"
#: Names of features that are not genes, by platform; the first that matches a whole name is used.
_NAMES: dict[str, str] = {
    # 10x Xenium
    "Negative Control Codeword": f"neg(?:ative)?{_S}control{_S}codeword{_NUMBER}",
    "Unassigned Codeword": f"unassigned{_S}codeword{_NUMBER}",
    "Deprecated Codeword": f"deprecated{_S}codeword{_NUMBER}",
    "Genomic Control": f"(?:intergenic|genomic){_S}(?:region|control){_NUMBER}",
    # Xenium, CosMx (NegPrb), GeoMx (NegProbe-WTX)
    "Negative Control Probe": (
        f"neg(?:ative)?{_S}(?:control|ctrl)?{_S}(?:prb|probe|control|ctrl)s?{_NUMBER}"
        rf"|negative{_S}\d*|(?:custom )?negative[-_. ]set{_NUMBER}|antisense[-_. ].+"
    ),
    # Xenium, MERSCOPE, MERFISH, seqFISH
    "Blank Codeword": f"blank{_S}(?:codeword|barcode)?{_NUMBER}",
    # CosMx
    "System Control": f"system{_S}control{_NUMBER}",
    "False Code": f"false{_S}code(?:word)?{_NUMBER}",
    # nCounter
    "Assay Control": r"(?:pos|neg)_[a-h]\(.*\)",
    # Probes that 10x has withdrawn
    "Deprecated Probe": r"deprecated[-_. ].+",
    "Spike-In": r"ercc[-_.]\d{5}",
    # HTSeq and STAR
    "Counting Summary": (
        "__(?:no_feature|ambiguous|too_low_aqual|not_aligned|alignment_not_unique)"
        "|n_(?:unmapped|multimapping|nofeature|ambiguous)"
    ),
    ANTIBODY: rf".+[-_. ]totalseq{_S}[a-d]?(?:[-_. ].*)?|(?:adt|hto)[-_].+",
    COORDINATE: (
        rf"(?:center|centroid|spatial|coord){_S}[xyz](?:_(?:global|local)_px)?"
        rf"|[xyz]{_S}(?:centroid|center|coords?|coordinates?|location)"
        rf"|[xyz]_(?:(?:global|local|slide)_)?(?:px|um|mm|micron|microns)"
        r"|pxl_(?:row|col)_in_fullres|image(?:row|col)|array_(?:row|col)|in_tissue"
        rf"|(?:{EMBEDDINGS}){_S}(?:\d|[xyz])"
    ),
    # Columns of tables of cells that are not counts.
    ANNOTATION: (
        r"(?:total|n)_(?:counts|genes)(?:_by_counts)?|n(?:count|feature)_\w+|pct_counts_\w+"
        r"|percent[._]mt|seurat_clusters|leiden|louvain|(?:cell_|nucleus_)?area|volume|cluster"
        r"|transcript_counts|cell_?id|fov"
    ),
}
_BY_NAME = {
    kind: re.compile(pattern, re.IGNORECASE | re.DOTALL) for kind, pattern in _NAMES.items()
}
_ANY_NAME = re.compile(
    "|".join(f"(?:{pattern})" for pattern in _NAMES.values()), re.IGNORECASE | re.DOTALL
)
#: Columns of ``var`` with other names of the features than the index.
_OTHER_NAMES = (
    "gene_ids",
    "gene_id",
    "gene_name",
    "gene_symbol",
    "symbol",
    "feature_name",
    "name",
    "features",
)
#: A feature with an Ensembl identifier is a gene, whatever its other names.
_ENSEMBL = re.compile(r"ENS[A-Z]*G\d{6,}(\.\d+)?")


def feature_kinds(var: pd.DataFrame) -> NDArray[np.str_]:
    """Return the kind of every feature, (n,): "Gene Expression" for genes.

    Parameters
    ----------
    var
        One row a feature, by name.

    Notes
    -----
    A column of kinds takes precedence over names, except where the column says "gene" and the name
    is that of a control: some programs write "gene" for every feature.
    """
    kinds = _by_name(var)
    for column in var.columns:
        reading_facts = _by_column(str(column), var[column])
        if reading_facts is not None:
            kinds = np.where(reading_facts == GENE, kinds, reading_facts)
    return kinds


def is_control(kind: str) -> bool:
    """Return whether features of a kind are controls, which measure nothing in the tissue."""
    return (kind in _NAMES and kind != ANTIBODY) or _is(_CONTROLS, kind)


def _is(pattern: re.Pattern[str], kind: str) -> bool:
    return pattern.fullmatch(_plain(kind)) is not None


def _plain(kind: str) -> str:
    return re.sub(r"[-_\s]+", " ", str(kind)).strip().lower()


def _by_column(name: str, column: pd.Series) -> NDArray[np.str_] | None:
    """Return the kinds that a column holds; None where it holds other values."""
    import pandas as pd

    head = re.sub("[^a-z]", "", name.lower())
    if head not in _COLUMNS or pd.api.types.is_numeric_dtype(column):
        return None
    codes, found = pd.factorize(column.astype(object).where(column.notna(), "").astype(str))
    genes = [_is(_GENES, each) and not _is(_CONTROLS, each) for each in found]
    # Where genes have 10x's name for them, every other value is another kind.
    strict = any(_plain(each) == GENE.lower() for each in found)
    own = strict or head in _FEATURE_COLUMNS
    known = [
        gene or _is(_CONTROLS, each) or _is(_OTHERS, each) or (own and _plain(each) == "custom")
        for gene, each in zip(genes, found, strict=True)
    ]
    # A column called "type" may hold anything: it is used where all of its values are known.
    # # "custom" is not among these, as it may mean genes that were added to a panel.
    if not own and not all(known):
        return None
    # On their own, "negative" and "positive" may also describe genes.
    if {str(each).lower() for each in found} <= {"", "negative", "positive"}:
        return None
    kinds = [
        GENE if gene or not (strict or sure) else str(each)
        for gene, sure, each in zip(genes, known, found, strict=True)
    ]
    return np.asarray(kinds, dtype=np.str_)[codes]


def _by_name(var: pd.DataFrame) -> NDArray[np.str_]:
    import pandas as pd

    kinds = np.full(len(var), GENE, dtype=object)
    columns = [var[each] for each in _OTHER_NAMES if each in var]
    gene = np.zeros(len(var), dtype=bool)
    for names in (var.index, *columns):
        text = pd.Index(names).astype(str)
        gene |= np.asarray(text.str.fullmatch(_ENSEMBL), dtype=bool)
        for each in np.flatnonzero(text.str.fullmatch(_ANY_NAME)):
            if kinds[each] == GENE:
                kinds[each] = next(
                    kind for kind, pattern in _BY_NAME.items() if pattern.fullmatch(text[each])
                )
    kinds[gene] = GENE
    names = np.asarray(var.index, dtype=object)
    for pair in (("x", "y", "z"), ("X", "Y", "Z")):
        # One of x, y and z alone may be a gene, as y and z are of flies; several are coordinates.
        if set(pair[:2]) <= set(names) and not set(names) <= set(pair):
            kinds[np.isin(names, pair)] = COORDINATE
    return kinds.astype(np.str_)

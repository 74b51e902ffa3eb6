"""Genes told from controls, antibodies and other features, whoever named them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from darlc.data.features import ANNOTATION, ANTIBODY, COORDINATE, GENE, feature_kinds, is_control

#: As makers of platforms, and the programs that read their files, name what is no gene.
CONTROLS = {
    "Negative Control Probe": (
        *("NegControlProbe_00042", "NegControlProbe-00042", "NegControlProbe.00042"),
        *("antisense_PROKR2", "NegPrb01", "NegPrb1", "Negative01", "Negative", "Negative Probe"),
        *("NegProbe", "NegProbe-WTX", "NegProbe-CTP01", "Neg.Probe", "negative_control_1"),
        "Custom Negative Set 1",
    ),
    "Negative Control Codeword": ("NegControlCodeword_0500", "NegControlCodeword-0500"),
    "Unassigned Codeword": ("UnassignedCodeword_0006",),
    "Deprecated Codeword": ("DeprecatedCodeword_0321",),
    "Genomic Control": ("Intergenic_Region_1013",),
    "Blank Codeword": ("BLANK_0069", "Blank-1", "Blank.12", "blank", "Blank1", "BlankBarcode3"),
    "System Control": ("SystemControl1", "SystemControl101"),
    "False Code": ("FalseCode1", "FalseCode0021"),
    "Assay Control": ("POS_A(128)", "NEG_B(0)"),
    "Deprecated Probe": ("DEPRECATED_ENSG00000123456",),
    "Spike-In": ("ERCC-00002",),
    "Counting Summary": ("__ambiguous", "N_unmapped"),
    ANTIBODY: ("CD3-TotalSeqB", "CD4_TotalSeq-C", "ADT_CD3", "HTO-1"),
    ANNOTATION: ("total_counts", "nCount_RNA", "percent.mt", "leiden", "cell_area", "fov"),
    COORDINATE: (
        "umap_x",
        "UMAP_1",
        "tSNE_2",
        "x_centroid",
        "center_y",
        "CenterX_global_px",
        "y_slide_mm",
        "pxl_row_in_fullres",
    ),
}
#: Names of genes of many species that look like those.
GENES = (
    *("NEGR1", "Negr1", "NEGR1-IT1", "BLNK", "Blnk", "blanks", "blanka", "CUSTOM1", "Custom-2"),
    *("ERCC1", "ERCC6L2", "Ercc-2", "POSTN", "ADTRP", "ADT", "HTO1", "y", "z", "w", "X", "Y1"),
    *("SYCP1", "SYS1", "SYSTEM1", "FALZ", "UNC5B", "DEPTOR", "DEPRECATE", "INTS1", "GENO1"),
    *("ANTISENSE", "antis", "Neg1", "NEG1", "neg", "pos", "CTRL1", "CTRB1", "Blank", "COORD1"),
    *("CENPX", "center", "CENTROB", "LOCX", "in", "tissue", "N_a", "MT-CO1", "HLA-DRA", "7SK"),
)


def kinds(names, **columns):
    return feature_kinds(pd.DataFrame(columns, index=list(names))).tolist()


@pytest.mark.parametrize("kind", CONTROLS)
def test_names_of_controls(kind):
    assert kinds(CONTROLS[kind]) == [kind] * len(CONTROLS[kind])
    assert is_control(kind) == (kind != ANTIBODY)


def test_genes_that_look_like_controls():
    genes = [name for name in GENES if name != "Blank"]
    assert kinds(genes) == [GENE] * len(genes)


def test_an_identifier_of_ensembl_is_that_of_a_gene():
    names = ["Negative01", "Negative02"]
    assert kinds(names, gene_ids=["ENSG00000123456", "Negative02"]) == [
        GENE,
        "Negative Control Probe",
    ]
    # And a control is one by any of its names.
    assert kinds(["0", "1"], gene_ids=["BLANK_0001", "ENSMUSG00000000001"])[0] == "Blank Codeword"


def test_x_and_y_are_coordinates_and_y_alone_is_a_gene_of_flies():
    assert kinds(["x", "y", "w"]) == [COORDINATE, COORDINATE, GENE]
    assert kinds(["y", "w"]) == [GENE, GENE]
    assert kinds(["x", "y"]) == [GENE, GENE]  # what is left would be nothing


@pytest.mark.parametrize("column", ["feature_types", "feature_type", "Feature.Type", "Type"])
@pytest.mark.parametrize(
    "kind",
    ["Antibody Capture", "Negative Control Probe", "Unassigned Codeword", "CRISPR Guide Capture"],
)
@pytest.mark.parametrize("gene", ["Gene Expression", "Gene", "gene_expression"])
def test_columns_of_kinds(column, kind, gene):
    found = kinds(["A", "B"], **{column: pd.Categorical([gene, kind])})
    assert found == [GENE, kind]


def test_columns_that_are_no_kinds_of_features():
    """Biotypes are kinds of genes, and a column called type may hold anything."""
    biotypes = ["protein_coding", "lncRNA", "antisense", "IG_V_gene", "processed_pseudogene"]
    for column, values in {
        "feature_type": biotypes,
        "type": biotypes,
        "Type": ["custom", "gene", "gene", "gene", "gene"],
        "modality": ["a", "b", "a", "b", "a"],
        "types": ["positive", "negative", "negative", "positive", "negative"],
        "feature_types": [None, np.nan, "", "Gene Expression", "gene"],
    }.items():
        assert kinds("ABCDE", **{column: values}) == [GENE] * 5, column
    assert kinds("AB", type=[1, 2]) == [GENE] * 2


@pytest.mark.parametrize("column", ["feature_types", "Type"])
def test_what_is_no_gene_expression_is_no_gene(column):
    found = kinds("ABC", **{column: ["Gene Expression", "Custom", "Something New"]})
    assert found == [GENE, "Custom", "Something New"]


_letters = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=5)
_symbols = st.builds("{}{}".format, _letters, st.integers(0, 99))
_numbers = st.integers(0, 99999)
_separators = st.sampled_from(["", "_", "-", "."])
_made_up = st.builds(
    "{}{}{:05d}".format,
    st.sampled_from(
        [
            *("NegControlProbe", "NegControlCodeword", "UnassignedCodeword", "BLANK", "Blank"),
            *("DeprecatedCodeword", "NegPrb", "Negative", "SystemControl", "FalseCode", "NegProbe"),
        ]
    ),
    _separators,
    _numbers,
)


@given(genes=st.sets(_symbols, max_size=20), controls=st.sets(_made_up, max_size=20))
def test_mixes_of_genes_and_controls(genes, controls):
    names = [*sorted(genes), *sorted(controls)]
    assert kinds(names) == [GENE] * len(genes) + [
        kind for kind in kinds(sorted(controls)) if is_control(kind)
    ]

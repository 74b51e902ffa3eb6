"""The names that result files are read by: spelt in one module, and told to users."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from anndata import read_h5ad

from darlc.data import keys

ROOT = Path(__file__).parents[3]
FOLDERS = ("src/darlc", "napari_darlc", "benchmarks")
#: A name of ours in an AnnData, alone or within a sentence; as a key of a mapping also "darlc".
NAME = re.compile(r"(?<![a-z_])(X_)?darlc_[a-z]|(?<![a-z_])X_darlc")
OURS = {name: value for name, value in vars(keys).items() if name.isupper()}


def spelt(path: Path) -> Iterator[str]:
    """Yield what stands in the strings of a module, but for what is said in docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    said = {
        node.value
        for each in ast.walk(tree)
        if isinstance(each, ast.Module | ast.ClassDef | ast.FunctionDef)
        for node in each.body[:1]
        if isinstance(node, ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in said:
            if NAME.search(node.value):
                yield f"{path}:{node.lineno}: {node.value}"
        elif isinstance(node, ast.Subscript) and ast.unparse(node.slice) == repr(keys.RESULT):
            yield f"{path}:{node.lineno}: [{keys.RESULT!r}]"


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_other_module_spells_them(folder: str) -> None:
    paths = set((ROOT / folder).rglob("*.py")) - {Path(keys.__file__)}
    assert paths
    found = [each for path in sorted(paths) for each in spelt(path)]
    assert not found, f"import the name from darlc.data.keys: {found}"


def test_the_search_finds_what_it_looks_for(tmp_path: Path) -> None:
    text = '"""darlc_cluster in a docstring."""\n'
    text += 'a.var["darlc_cluster"]; a.varm.get("X_darlc"); print(f"{a}: layers[darlc_denoised]")\n'
    text += 'b["darlc"]; "napari_darlc.widgets"; "my_darlc.h5ad"; "darlc"\n'
    (tmp_path / "module.py").write_text(text)
    assert [each.split(": ", 1)[1] for each in spelt(tmp_path / "module.py")] == [
        *("['darlc']", "darlc_cluster", "X_darlc", ": layers[darlc_denoised]"),
    ]


def test_names_are_those_that_scripts_know() -> None:
    """A contract: whoever changes a line here breaks scripts of users, and needs a migration."""
    assert OURS == {
        "SCHEMA_VERSION": 6,
        "RECORDED": "recorded",
        "RESULT": "darlc",
        "CLUSTER": "darlc_cluster",
        "CLUSTER_EDITED": "darlc_cluster_edited",
        "CONFIDENCE": "darlc_confidence",
        "SECOND_CLUSTER": "darlc_second_cluster",
        "SECOND_SHARE": "darlc_second_share",
        "SECOND_PROBABILITY": "darlc_second_probability",
        "EMBEDDING": "X_darlc",
        "MEMBERSHIP": "darlc_membership",
        "PROGRAMMES": "X_darlc_programmes",
        "COEFFICIENTS": "darlc_coefficients",
        "PIXEL": "darlc_pixel",
        "DENOISED_LAYER": "darlc_denoised",
        "LEFT_OUT": "darlc_left_out",
        "LEFT_OUT_KIND": "darlc_kind",
        "LEFT_OUT_NAME": "darlc_name",
        "LEFT_OUT_ORDER": "darlc_order",
        "READING": "darlc_reading",
        "RECOVERY": "darlc_recovery",
        "STUDY": "darlc_study",
        "STUDY_FILE": "study.h5ad",
        "STUDY_VERSION": 1,
        "MOLECULES": "molecules",
        "DRAWING": "darlc_drawing",
        "SECTION_MEMBERSHIP": "darlc_section_membership",
        "EVIDENCE": "darlc_evidence",
        "TYPE_CHECKING": False,
    }
    assert keys.colours_of(keys.CLUSTER) == "darlc_cluster_colors"


def test_a_written_result_has_exactly_the_entries_that_are_declared(result, tmp_path) -> None:
    stored = result.to_adata().uns[keys.RESULT]
    of_older_files = {"denoised", "added"}
    assert set(stored) == set(keys.StoredResult.__annotations__) - of_older_files
    assert set(stored["grid"]) == set(keys.StoredGrid.__annotations__)
    assert set(stored["views"]) == set(keys.StoredViews.__annotations__)


def test_a_written_study_has_exactly_the_entries_that_are_declared(study, tmp_path) -> None:
    stored = read_h5ad(study.save(tmp_path / "out") / "study.h5ad").uns[keys.STUDY]
    assert set(stored) == set(keys.StoredStudy.__annotations__)

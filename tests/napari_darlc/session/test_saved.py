"""What a file is said to hold."""

from __future__ import annotations

from dataclasses import replace

from darlc.results.result import Result
from napari_darlc.session.saved import Saved


def test_a_file_holds_a_result_with_its_edits(result: Result) -> None:
    saved = Saved(result)
    assert saved.holds(result)
    assert saved.holds(replace(result, adata=None)), "the data are not what was learned"
    edited = replace(result, edited=result.clusters.renamed(0, "x"))
    assert not saved.holds(edited) and Saved(edited).holds(edited)
    assert not saved.holds(replace(result, membership=result.membership.copy()))

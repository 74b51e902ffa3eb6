"""Where genes change between sections, from the command line."""

from __future__ import annotations

import pytest

from darlc.cli.commands import run


@pytest.fixture
def saved(study, tmp_path):
    """Return the folder of a study."""
    for section in study.sections:
        del section.adata.obs["remark"]
    return study.save(tmp_path / "out")


def test_the_gene_that_changes_is_listed_with_where_it_goes(saved, ask):
    lines = ask("sections", saved)
    assert lines[0].startswith("1 of 12 genes follow another cluster in a section (1 of 23 pairs")
    assert lines[1].split() == ["gene", "section", "cluster", "there", "keeps", "molecules", "FDR"]
    gene, section, cluster, there, keeps, molecules, fdr = lines[2].split()
    assert (gene, section, cluster, there) == ("Gene9", "treated", "größer", "myelin")
    assert (keeps, fdr, len(lines)) == ("0.020", "0.020", 3) and int(molecules) > 100


def test_all_of_it_as_json(saved, ask):
    facts = ask("sections", saved / "study.h5ad", "--json")
    assert facts["sections"] == ["ctrl 1", "treated"]
    assert (facts["genes_changed"], facts["pairs_changed"], facts["pairs_judged"]) == (1, 1, 23)
    (change,) = facts["changes"]
    assert (change["name"], change["there"]) == ("Gene9", "myelin")
    assert change["keeps"] == pytest.approx(0.02)


def test_at_a_lower_rate_nothing_changes(saved, ask):
    assert ask("sections", saved, "--fdr", "0.01", "--json")["changes"] == []
    assert ask("sections", saved, "--fdr", "0.01")[0].startswith("0 of 12 genes")


def test_groups_of_sections_are_compared(saved, ask, capsys):
    words = ("sections", saved, "--group", "ctrl 1", "--against", "treated")
    lines = ask(*words)
    assert lines[0].startswith("1 of 11 genes follow another cluster in ctrl 1 than in treated (FD")
    assert lines[1].split() == ["gene", "first", "second", "probability", "FDR"]
    assert lines[2].split() == ["Gene9", "größer", "myelin", "0.970", "0.030"]
    facts = ask(*words, "--json")
    assert (facts["genes_judged"], facts["changes"][0]["name"]) == (11, "Gene9")
    assert run(["sections", str(saved), "--group", "ctrl 1"]) == 2
    assert "give --group and --against" in capsys.readouterr().err


def test_what_is_no_study_is_refused(saved, tmp_path, capsys):
    for path, says in ((saved / "treated.h5ad", "is no study"), (tmp_path / "no", "not exist")):
        assert run(["sections", str(path)]) == 2
        assert says in capsys.readouterr().err

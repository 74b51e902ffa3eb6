"""Formats of other packages: read where they are installed, and named where they are broken."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import darlc
from darlc.errors import InputError
from darlc.io import DataWarning, find_format, formats

READER = """
import anndata, darlc

def read(path, options):
    return anndata.read_h5ad(path)

FORMAT = darlc.Format(name="{name}", description="a .{name} file", suffixes=(".{name}",), read=read)
"""


def install(folder: Path, name: str, code: str, attribute: str = "FORMAT") -> None:
    """Put a package where Python finds it, as an installer would."""
    module = name.replace("-", "_")
    (folder / f"{module}.py").write_text(code)
    about = folder / f"{module}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[darlc.formats]\n{name} = {module}:{attribute}\n")


@pytest.fixture
def packages(tmp_path, monkeypatch, forget_formats):
    """Return a folder that packages are installed in for one test."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    return folder


@pytest.fixture
def invented(tmp_path, tissue):
    """Return a file in a format that was invented here."""
    tissue.write_h5ad(tmp_path / "tissue.invented")
    return tmp_path / "tissue.invented"


def test_an_installed_format_is_read_like_any_other(packages, invented):
    install(packages, "invented", READER.format(name="invented"))
    assert darlc.read(invented).shape == (72, 14)
    assert find_format(invented).name == "invented" and formats()[-1].name == "invented"


def test_commands_know_it_too(packages, invented):
    install(packages, "invented", READER.format(name="invented"))
    code = f"import sys; sys.path.insert(0, {str(packages)!r}); from darlc.cli import main; main()"
    command = [sys.executable, "-c", code, "info", str(invented), "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["format"] == "invented"


def test_packages_are_imported_when_nothing_of_darlc_claims_a_path(packages, invented, tissue):
    tissue.write_h5ad(invented.with_name("a.h5ad"))
    install(packages, "loud", READER.format(name="loud"))
    assert find_format(invented.with_name("a.h5ad")).name == "h5ad"
    assert "loud" not in sys.modules
    assert find_format(invented) is None
    assert sys.modules.pop("loud")


def test_darlcs_own_formats_come_first_and_those_of_scripts_before_all(packages, adata, tmp_path):
    greedy = READER.format(name="greedy").replace('(".greedy",)', '(".h5ad", ".greedy")')
    install(packages, "greedy", greedy)
    adata.write_h5ad(tmp_path / "a.h5ad")
    assert find_format(tmp_path / "a.h5ad").name == "h5ad"
    adata.write_h5ad(tmp_path / "a.greedy")
    theirs = find_format(tmp_path / "a.greedy")
    mine = darlc.register_format(theirs)  # as a script that has the same name
    assert find_format(tmp_path / "a.h5ad") is mine
    assert [fmt.name for fmt in formats()].count("greedy") == 1
    sys.modules.pop("greedy")


@pytest.mark.parametrize(
    ("code", "attribute", "said"),
    [
        ("import nothing_of_this_name", "FORMAT", "ModuleNotFoundError: No module named 'nothing"),
        ("raise SystemExit('no licence')", "FORMAT", "SystemExit: no licence"),
        ("FORMAT = 3", "FORMAT", "TypeError: broken:FORMAT is a int, not a darlc.Format"),
        ("", "FORMAT", "AttributeError: module 'broken' has no attribute 'FORMAT'"),
        (READER.format(name="h5ad"), "FORMAT", "there is a format named 'h5ad' already"),
    ],
)
def test_a_broken_package_is_named_and_stops_no_other(packages, invented, code, attribute, said):
    install(packages, "broken", code, attribute)
    install(packages, "invented", READER.format(name="invented"))
    with pytest.warns(DataWarning, match="The format 'broken' of broken is left out") as told:
        assert find_format(invented).name == "invented"
    assert len(told) == 1 and said in str(told[0].message), "it is said once"
    assert darlc.read(invented).shape == (72, 14)
    invented.rename(invented.with_suffix(".unknown"))
    # Commands show no warnings, so the sentence about what is not understood says it too.
    with pytest.raises(InputError, match=r"understands: .* The format 'broken' of broken is left"):
        darlc.read(invented.with_suffix(".unknown"))
    sys.modules.pop("broken", None)
    sys.modules.pop("invented")

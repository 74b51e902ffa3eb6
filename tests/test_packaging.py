"""What is shipped: sdist and wheel hold the right files, and an installed wheel works."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from collections.abc import Iterator
from configparser import ConfigParser
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
FOLDERS = (ROOT / "src" / "darlc", ROOT / "napari_darlc")


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command that must succeed, and return what it printed."""
    # Without the folders that would be imported from before those that were installed.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build an sdist, from it a wheel, and return the folder that holds both."""
    folder = tmp_path_factory.mktemp("dist")
    build = (sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT)
    run(*build, cwd=folder)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    """Return the wheel."""
    (path,) = built.glob("napari_darlc-*.whl")
    return path


@pytest.fixture(scope="module")
def in_wheel(wheel: Path) -> set[str]:
    """Return the names of the files in the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_sdist(built: Path) -> None:
    (path,) = built.glob("napari_darlc-*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
        linked = archive.extractfile(f"{path.name.removesuffix('.tar.gz')}/napari.yaml")
        assert linked is not None
        assert linked.read() == (ROOT / "napari_darlc" / "napari.yaml").read_bytes()
    assert names >= {
        "LICENSE",
        "README.md",
        "napari.yaml",
        "napari_darlc/napari.yaml",
        "napari_darlc/widgets/train/training_dock.py",
        "src/darlc/images/sgep_images.py",
        "tests/test_packaging.py",
    }


def test_wheel_holds_all_of_both_packages(in_wheel: set[str]) -> None:
    expected = {
        path.relative_to(folder.parent).as_posix()
        for folder in FOLDERS
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {"darlc/py.typed", "napari_darlc/py.typed", "napari_darlc/napari.yaml"} <= expected
    shipped = {name for name in in_wheel if ".dist-info/" not in name}
    assert shipped == expected


def test_manifest_in_the_wheel_is_valid(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        manifest = archive.extract("napari_darlc/napari.yaml", tmp_path)
    assert "valid" in run(sys.executable, "-m", "npe2", "validate", manifest, cwd=tmp_path)


def imports(path: Path) -> Iterator[str]:
    """Yield the top-level names that a module imports, wherever it does so."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def test_what_is_imported_is_required_and_no_more() -> None:
    setup = ConfigParser(comment_prefixes="#")
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    required = {
        canonicalize_name(Requirement(line).name)
        for line in setup["options"]["install_requires"].split("\n")
        if line.strip()
    }
    optional = {
        canonicalize_name(Requirement(line).name)
        for extra in ("cluster", "notebook")
        for line in setup["options.extras_require"][extra].split("\n")
        if line.strip()
    }
    own = {"darlc", "napari_darlc"}
    distributions = packages_distributions()
    imported = {
        canonicalize_name(distributions[name][0])
        for folder in FOLDERS
        for path in folder.rglob("*.py")
        for name in imports(path)
        if name not in own and name not in sys.stdlib_module_names
    }
    assert required | optional == imported and not required & optional


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_it_works_in_an_empty_environment(kind: str, built: Path, tmp_path: Path) -> None:
    (artifact,) = built.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    environment, elsewhere = tmp_path / "environment", tmp_path / "elsewhere"
    elsewhere.mkdir()
    venv.create(environment, with_pip=True)
    python = environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    run(
        *(python, "-m", "pip", "install", "--quiet", "--constraint", ROOT / "constraints.txt"),
        f"napari-darlc[pyqt6] @ {artifact.as_uri()}",
        cwd=elsewhere,
    )
    said = run(
        *(ROOT / "scripts" / "virtual_screen.sh", python, ROOT / "scripts" / "try_installed.py"),
        cwd=elsewhere,
    )
    parts = ("command_line", "results_of_before", "plugin", "demo")
    assert said.splitlines() == [f"{part} works" for part in parts]

"""Files about the project: what they name is there, and what reads them finds what it needs."""

from __future__ import annotations

import re
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml
from npe2 import PluginManifest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
#: Files that a program reads where they lie.
READ = [*WORKFLOWS, ROOT / ".pre-commit-config.yaml", ROOT / "Makefile", ROOT / ".ci" / "run"]


def read_yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def setup_cfg() -> ConfigParser:
    setup = ConfigParser(comment_prefixes="#")
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    return setup


def steps(workflow: Any) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_are_whole(path: Path) -> None:
    workflow = read_yaml(path)
    assert workflow["name"] == path.stem
    assert workflow[True], "YAML reads the key 'on' as true"
    jobs = workflow["jobs"]
    for name, job in jobs.items():
        assert job["runs-on"] and job["timeout-minutes"], name
        needed = job.get("needs", [])
        assert set([needed] if isinstance(needed, str) else needed) <= set(jobs), name
        axes = job.get("strategy", {}).get("matrix", {})
        used = set(re.findall(r"matrix\.(\w+)", path.read_text(encoding="utf-8")))
        if axes:
            assert set(axes) <= used, f"{name} does not use {set(axes) - used}"
    for step in steps(workflow):
        assert ("run" in step) != ("uses" in step), step


def test_every_combination_is_tested() -> None:
    matrix = read_yaml(ROOT / ".github/workflows/test.yml")["jobs"]["test"]["strategy"]["matrix"]
    setup = setup_cfg()
    named = re.findall(r":: (3\.\d+)", setup["metadata"]["classifiers"])
    assert named == matrix["python"]
    assert {each.partition("-")[0] for each in matrix["os"]} == {"ubuntu", "macos", "windows"}
    assert matrix["qt"] == ["pyqt6", "pyside6"]
    assert set(matrix["qt"]) < set(setup["options.extras_require"])


@pytest.mark.parametrize("path", READ, ids=lambda path: path.name)
def test_targets_and_scripts_that_are_named_are_there(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([\w-]+):", makefile, re.MULTILINE))
    named = re.findall(r"(?:run: |^ *|\(MAKE\) .*)make ([a-z][a-z-]*)", text, re.MULTILINE)
    assert set(named) <= targets
    for script in re.findall(r"scripts/[\w.]+", text):
        assert (ROOT / script).is_file(), script
    for extras in re.findall(r"\[([a-z0-9,]+)\]\"", text):
        assert set(extras.split(",")) <= set(setup_cfg()["options.extras_require"]), extras


def test_what_one_part_of_make_test_leaves_out_is_run_by_another() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8").replace("\\\n", " ")
    (left_out,) = re.findall(r"^OTHERS = (.+)$", makefile, re.MULTILINE)
    parts = dict(re.findall(r"^(test-[a-z]+): env\n\t\$\(PYTEST\) (.+)$", makefile, re.MULTILINE))
    (asked,) = re.findall(r"--output-sync=target (.+)$", makefile, re.MULTILINE)
    run = {word for part in asked.split() if part != "lint" for word in parts[part].split()}
    assert {"tests", *left_out.split()} <= run


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_forms_for_issues(path: Path) -> None:
    form = read_yaml(path)
    if path.stem == "config":
        assert all(set(link) == {"name", "url", "about"} for link in form["contact_links"])
        return
    assert form["name"] and form["description"]
    asked = [each["id"] for each in form["body"]]
    assert len(asked) == len(set(asked)) and all(
        each["attributes"]["label"] for each in form["body"]
    )


def test_hooks_run_what_lint_runs() -> None:
    (repository,) = read_yaml(ROOT / ".pre-commit-config.yaml")["repos"]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    lint = (
        makefile.partition("\nlint: env\n")[2].partition("\n\n")[0].replace("$(BIN)", ".venv/bin")
    )
    ran = {tuple(line.split()[:2])[:1] for line in lint.splitlines()}
    hooked = {tuple(hook["entry"].split()[:1]) for hook in repository["hooks"]}
    assert hooked == ran


def test_citation() -> None:
    citation = read_yaml(ROOT / "CITATION.cff")
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    paper = citation["preferred-citation"]
    assert [each["family-names"] for each in paper["authors"]] == (
        ["Li", "Xu", "Zheng", "Han", "Wang", "Sun"]
    )
    assert paper["title"] in " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    assert citation["license"] == setup_cfg()["metadata"]["license"]


def test_entry_for_the_scverse_registry() -> None:
    entry = read_yaml(ROOT / "docs/scverse/meta.yaml")
    required = (
        *("name", "description", "project_home", "documentation_home", "install", "license"),
        *("tags", "version", "category", "contact"),
    )
    assert set(required) <= set(entry)
    metadata = setup_cfg()["metadata"]
    assert entry["name"] == entry["install"]["pypi"] == metadata["name"]
    assert (entry["project_home"], entry["license"]) == (metadata["url"], metadata["license"])
    assert len(entry["tags"]) == len(set(entry["tags"]))
    Version(entry["version"])


def test_the_hub_finds_icon_categories_and_links() -> None:
    manifest = PluginManifest.from_file(ROOT / "napari_darlc" / "napari.yaml")
    package, _, icon = str(manifest.icon).partition(":")
    picture = (ROOT / package / icon).read_text(encoding="utf-8")
    assert picture.startswith("<svg") and 'viewBox="0 0 64 64"' in picture
    assert manifest.categories
    links = setup_cfg()["metadata"]["project_urls"]
    for name in ("Documentation", "Source Code", "User Support", "Bug Tracker", "Changelog"):
        assert f"{name} = https://" in links


def test_fragments_make_a_changelog() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "towncrier", "build", "--draft", "--version", "99.0.0"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    fragments = [path for path in (ROOT / "changes").glob("*.md")]
    for path in fragments:
        assert path.read_text(encoding="utf-8").strip() in done.stdout, path.name
    assert "## 99.0.0" in done.stdout


def test_lowest_requirements_name_every_dependency() -> None:
    command = [sys.executable, ROOT / "scripts" / "lowest_requirements.py", "torch==2.13.0"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    required = [
        Requirement(line)
        for line in setup_cfg()["options"]["install_requires"].splitlines()
        if line.strip()
    ]
    assert [Requirement(pin).name for pin in said] == [each.name for each in required]
    assert "torch==2.13.0" in said
    for pin, each in zip(said, required, strict=True):
        (version,) = Requirement(pin).specifier
        assert each.specifier.contains(version.version)


def test_what_is_pinned_is_what_is_needed() -> None:
    setup = setup_cfg()
    extras = setup["options.extras_require"].values()
    lines = "\n".join([setup["options"]["install_requires"], *extras]).splitlines()
    needed = {canonicalize_name(Requirement(line).name) for line in lines if line.strip()}
    pinned = {
        canonicalize_name(Requirement(line).name)
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    }
    #: What comes along, and decides what the rest can be.
    along = {"coverage", "numba", "pyqt6", "pyqt6-qt6"}
    assert pinned - needed <= along


def version_in(folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "setup.py", "--version"], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a repository of one commit that holds what the version is read by."""
    for name in ("setup.py", "setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    (tmp_path / "src" / "darlc").mkdir(parents=True)
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", "setup.py", "setup.cfg")
    git(tmp_path, "commit", "--quiet", "--message", "first")
    return tmp_path


def git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.org")
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


def test_the_version_is_the_tag(checkout: Path) -> None:
    git(checkout, "tag", "v7.8.9")
    assert version_in(checkout) == "7.8.9"
    git(checkout, "commit", "--quiet", "--allow-empty", "--message", "second")
    assert version_in(checkout).startswith("7.8.10.dev1+g")


def test_without_tags_the_version_is_before_the_next_release(checkout: Path) -> None:
    told = Version(version_in(checkout))
    assert told.is_devrelease and Version("0.1.0") < told


def test_a_folder_without_git_has_a_version(checkout: Path) -> None:
    (checkout / ".git").rename(checkout / "elsewhere")
    told = Version(version_in(checkout))
    assert told.is_devrelease and told.local is None

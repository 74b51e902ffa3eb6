"""Damaged and hostile files: one sentence each; no crash, hang, code, or file left behind."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from darlc.errors import InputError
from darlc.io import open_dataset

HERE = Path(__file__).parent
_MOST_BYTES, _MOST_SECONDS = 2 * 2**30, 10.0
#: Every so many-th is opened by the fast tests.
_EVERY = 5


@pytest.fixture(scope="module")
def child(tmp_path_factory):
    """Return what opens a path in a process of its own, in an empty folder."""
    home = tmp_path_factory.mktemp("home")
    process = subprocess.Popen(
        [sys.executable, str(HERE / "malformed_child.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=home,
        text=True,
    )

    def ask(path, options):
        process.stdin.write(json.dumps({"path": str(path), "options": options}) + "\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    yield ask
    process.stdin.close()
    assert process.wait(30) == 0
    assert not list(home.iterdir())


def content_of(folder):
    """Return all that lies in a folder, followed nowhere else."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            found[path] = path.readlink()
        else:
            found[path] = hashlib.sha256(path.read_bytes()).digest() if path.is_file() else None
    return found


def judge(case, tmp_path, child, canary):
    for package in case.needs:
        pytest.importorskip(package, reason=f"{package} is not installed")
    path = case.make(tmp_path)
    before = content_of(tmp_path)
    found = child(path, case.options)
    assert found["end"] in (("sentence", "opened") if case.may_open else ("sentence",)), found
    assert found["bytes"] < _MOST_BYTES and found["seconds"] < _MOST_SECONDS, found
    assert content_of(tmp_path) == before and not canary.exists()
    if found["end"] == "sentence":
        text = found["text"].replace(str(path), "")  # a name may hold a line break
        assert "\n" not in text and "Traceback" not in text and len(text) < 600, text
        assert text.endswith("."), text


def pytest_generate_tests(metafunc):
    if "malformed" not in metafunc.fixturenames:
        return
    import tests_malformed_files  # conftest has loaded both
    import tests_tissue_files

    listed = tests_malformed_files.cases(tests_tissue_files, Path("/nonexistent"))
    metafunc.parametrize(
        "malformed",
        [
            pytest.param(case.name, marks=[pytest.mark.slow] * bool(number % _EVERY))
            for number, case in enumerate(listed)
        ],
    )


@pytest.fixture(scope="module")
def all_cases(tissue_files, malformed_files, tmp_path_factory):
    canary = tmp_path_factory.mktemp("canary") / "ran"
    return canary, {case.name: case for case in malformed_files.cases(tissue_files, canary)}


def test_there_are_enough(all_cases):
    assert len(all_cases[1]) >= 150


def test_one_sentence(malformed, all_cases, tmp_path, child):
    canary, known = all_cases
    judge(known[malformed], tmp_path, child, canary)


_CELLS = st.one_of(st.integers(-5, 10**6).map(str), st.floats().map(str), st.text(max_size=4))
_NAMES = st.one_of(st.from_regex(r"\A[0-9]{1,3}x[0-9]{1,3}\Z"), st.text(max_size=4))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(_NAMES, min_size=1, max_size=4),
    st.lists(st.tuples(_NAMES, st.lists(_CELLS, max_size=4)), min_size=1, max_size=5),
    st.sampled_from(",;\t"),
    st.binary(max_size=3),
)
def test_any_text_is_a_table_or_a_sentence(tmp_path_factory, header, rows, separator, tail):
    path = tmp_path_factory.mktemp("any") / "t.csv"
    lines = [separator.join(header), *(separator.join([name, *cells]) for name, cells in rows)]
    path.write_bytes("\n".join(lines).encode("utf-8", "surrogatepass") + tail)
    try:
        dataset = open_dataset(path)
    except InputError as error:
        assert str(error).startswith(str(path)) and "\n" not in str(error)
    else:
        assert dataset.adata.n_obs == dataset.adata.obsm["spatial"].shape[0] > 0

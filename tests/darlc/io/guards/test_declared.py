"""What is declared against what is stored."""

from __future__ import annotations

import pytest

from darlc.io.guards.declared import check_declared


def never():
    raise AssertionError("asked for where it does not matter")


def test_small_arrays_are_not_asked_about():
    check_declared(2**20, never, "a")


def test_what_compression_can_do_passes_and_more_does_not():
    check_declared(10**9, lambda: 10**6, "a")
    with pytest.raises(ValueError, match=r"a declares 0\.931 GiB, of which next to nothing"):
        check_declared(10**9, lambda: 10**5, "a")
    with pytest.raises(ValueError, match="negative"):
        check_declared(-1, never, "a")

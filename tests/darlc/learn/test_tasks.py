"""Sections computed in this process."""

from __future__ import annotations

from darlc.learn.tasks import InProcess


def test_each_section_has_its_own_arguments() -> None:
    tasks = InProcess()
    assert tasks.get(pow, [2, 3], [3, 2]) == [8, 9]
    assert tasks.keep(pow, [2, 3], [3, 2]) == [8, 9]


def test_what_generators_yield_comes_with_the_sections_number() -> None:
    assert list(InProcess().run(range, [0, 5], [2, 7])) == [(0, 0), (0, 1), (1, 5), (1, 6)]

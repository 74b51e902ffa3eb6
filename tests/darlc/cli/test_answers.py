"""Answers as lines of text."""

from __future__ import annotations

from darlc.cli.answers import number, rate, table


def test_numbers() -> None:
    assert number(1.23456, ".2f") == "1.23" and number(float("nan"), ".2f") == "–"
    assert rate(0.0499) == "0.050" and rate(1.234e-7) == "1e-07" and rate(float("nan")) == "–"


def test_columns_are_aligned() -> None:
    lines = table(["gene", "c", "FDR"], [["MBP", "12", "0.1"], ["A", "3", "10.25"]])
    assert lines == ["gene  c     FDR", "MBP   12    0.1", "A     3   10.25"]
    assert table(["a", "b"], [["1", "x"], ["100", "y"]], left=0) == ["  a  b", "  1  x", "100  y"]

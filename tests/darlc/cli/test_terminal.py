"""Progress on a terminal, and in a log."""

from __future__ import annotations

import io
import sys

from darlc.cli.terminal import Bars, Lines, make_display


def test_lines_tell_beginnings_ends_and_now_and_then(capsys):
    clock = iter([0.0, 1.0, 2.0, 13.0, 14.0, 15.0])
    lines = Lines(clock=lambda: next(clock))
    with lines:
        lines.step("denoise", 1, 40, 39.4)
        lines.step("denoise", 2, 40, 38.0)
        lines.step("denoise", 3, 40, 37.0)
        lines.step("denoise", 30, 40, 600.0)
        lines.step("denoise", 40, 40, 5.0)
        lines.step("joint", 1, 4)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == [
        "denoise: 1 of 40, about 39 s left",
        "denoise: 30 of 40, about 10 min left",
        "denoise: 40 of 40",
        "joint: 1 of 4",
    ]


def test_lines_name_the_section_that_they_are_of(capsys):
    with Lines(clock=lambda: 0.0) as lines:
        lines.step("denoise", 1, 40, section="A")
        lines.step("denoise", 2, 40, section="A")
        lines.step("denoise", 1, 40, section="B")
        lines.step("search", 1, 2)
    assert capsys.readouterr().err.splitlines() == [
        "A, denoise: 1 of 40",
        "B, denoise: 1 of 40",
        "search: 1 of 2",
    ]


def test_bars_on_a_terminal(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    display = make_display()
    assert isinstance(display, Bars)
    with display:
        display.step("denoise", 1, 4, 30.0)
        display.step("denoise", 4, 4)
        display.step("joint", 1, 2, 30.0, section="slide [1]")
    text = terminal.getvalue()
    assert "denoise" in text and "joint" in text and "4/4" in text
    assert "slide [1] about 30 s left" in text


def test_plain_lines_elsewhere(monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert isinstance(make_display(), Lines)

"""A result to walk through without Python: a page for the browser, and a widget for notebooks."""

from __future__ import annotations

from darlc.report.page import write

__all__ = ["write"]

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from napari_darlc.preferences import remember, remembered


def test_a_preference_is_there_again_after_a_restart(tmp_path: Path) -> None:
    def start(code: str) -> str:
        return subprocess.run(
            [sys.executable, "-c", f"from napari_darlc.preferences import *; {code}"],
            env={**os.environ, "NAPARI_CONFIG": str(tmp_path / "settings.yaml")},
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()

    assert start("print(remembered('training', 'preset'))") == "standard"
    start("remember('training', 'preset', 'quick')")
    assert start("print(remembered('training', 'preset'))") == "quick"


def test_what_the_rules_do_not_allow_is_refused() -> None:
    with pytest.raises(ValidationError):
        remember("training", "preset", "heroic")
    with pytest.raises(ValidationError):
        remember("explorer", "thumbnail_size", 4000)
    assert remembered("training", "preset") == "standard"

from __future__ import annotations

import re
import zlib

import matplotlib
import pytest
from matplotlib.figure import Figure

from darlc import plots
from darlc.errors import InputError


@pytest.fixture
def drawn(result):
    return plots.views(result, "Gene5", figure=Figure)


def test_text_in_a_pdf_is_text(drawn, tmp_path):
    before = dict(matplotlib.rcParams)
    content = plots.save(drawn, tmp_path / "figure.pdf").read_bytes()
    assert dict(matplotlib.rcParams) == before
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL)
    unpacked = b"\n".join(_unpacked(each) for each in streams)
    # Letters take two bytes each in a TrueType font.
    shown = b"".join(re.findall(rb"\(((?:[^()\\]|\\.)*)\)", unpacked)).replace(b"\0", b"")
    assert b"denoised" in shown and b"Gene5" in shown and b"residual" in shown
    assert b"/Type0" in content + unpacked or b"/TrueType" in content + unpacked
    assert b"/Subtype /Type3" not in content + unpacked


def _unpacked(stream: bytes) -> bytes:
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return stream


def test_text_in_an_svg_is_text(drawn, tmp_path):
    content = plots.save(drawn[0], tmp_path / "figure.svg").read_text()
    assert re.search(r"<text[^>]*>Gene5, denoised</text>", content)


@pytest.mark.parametrize("ending", ["pdf", "svg", "png"])
def test_a_figure_drawn_anew_gives_the_same_file(result, tmp_path, ending):
    first, second = (
        plots.save(
            plots.views(result, "Gene5", figure=Figure), tmp_path / f"{name}.{ending}"
        ).read_bytes()
        for name in "ab"
    )
    assert first == second


def test_a_file_is_whole_or_as_it_was(drawn, tmp_path, monkeypatch):
    path = tmp_path / "figure.png"
    path.write_text("what stood there")

    def fail(self, file, **given):
        file.write_text("half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Figure, "savefig", fail)
    with pytest.raises(InputError, match=r"could not be written \(No space left on device"):
        plots.save(drawn, path)
    assert path.read_text() == "what stood there"
    assert [each.name for each in tmp_path.iterdir()] == ["figure.png"]


def test_other_kinds_of_files_are_refused(drawn, tmp_path):
    with pytest.raises(InputError, match=r"must end in \.pdf, \.png or \.svg"):
        plots.save(drawn, tmp_path / "figure.gif")

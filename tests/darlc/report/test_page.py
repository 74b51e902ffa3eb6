"""The page in a browser: what it shows, and that it asks nothing of any network."""

from __future__ import annotations

import io

import numpy as np
import pytest

from darlc import report
from darlc.errors import InputError
from darlc.report.page import json_in_html


@pytest.fixture(params=[(1300, 900), (390, 844)], ids=["desktop", "phone"])
def page(request, browser, shown, collection, tmp_path):
    """Open the page; anything that it asks for or complains of fails the test."""
    path = report.write(
        shown,
        tmp_path / "report.html",
        title="A <b>tissue</b>",
        plane="pca",
        collection=collection,
    )
    width, height = request.param
    context = browser.new_context(viewport={"width": width, "height": height})
    context.set_default_timeout(0)  # a busy machine takes its time; pytest ends what hangs
    page = context.new_page()
    asked, said = [], []
    page.on("request", lambda each: asked.append(each.url))
    page.on("console", lambda each: said.append(each.text))
    page.on("pageerror", lambda each: said.append(str(each)))
    page.on("dialog", lambda each: (said.append(each.message), each.dismiss()))
    page.goto(path.as_uri())
    page.wait_for_selector(".gallery .tile")
    yield page
    assert asked == [path.as_uri()] and not said
    context.close()


def names(page, where=".gallery"):
    return page.locator(f"{where} .name").all_inner_texts()


def test_walk_through_the_page(page, shown):
    assert page.locator("h1").inner_text() == "A <b>tissue</b>"
    assert page.locator(".count").inner_text() == "All 12 genes"
    assert page.locator(".card strong").all_inner_texts() == ["myelin", "2", "größer"]
    # Search, by the keyboard.
    page.keyboard.press("/")
    page.keyboard.type("gene1")
    assert page.locator(".count").inner_text() == "3 of 12 genes"
    assert names(page)[0] == "Gene1"
    page.fill("#darlc-search", "nothing like it")
    assert "No gene fits" in page.locator(".count").inner_text()
    page.fill("#darlc-search", "")
    # Sort.
    page.select_option("#darlc-sort", "name")
    genes = [name for name in names(page) if name.startswith("Gene")]
    assert genes == sorted(genes, key=lambda name: int(name[4:])) and len(names(page)) == 12
    # A cluster, and back.
    page.click(".card >> nth=1")
    assert len(names(page)) == 4 and "Gene4" in names(page)
    page.click(".card >> nth=1")
    # A set.
    page.click("[data-set='0']")
    assert names(page) == ["Gene0", "Gene4"]
    page.click("[data-set='0']")
    # Genes behind an enriched set, and back.
    assert page.locator(".enrichment td").all_inner_texts()[:4] == [
        *("myelin", "FIRST <i>", "4 of 5", "2.4")
    ]
    page.locator("[data-hit='0']").focus()
    page.keyboard.press("Enter")
    assert sorted(names(page)) == ["Gene0", "Gene1", "Gene2", "Gene3"]
    page.click(".card >> nth=1")
    assert page.locator(".enrichment td").all_inner_texts() == ["No set is enriched."]
    assert len(names(page)) == 4 and "Gene4" in names(page)
    page.click(".card >> nth=1")
    # A gene, and genes like it.
    page.fill("#darlc-search", "gene5")
    page.click(".gallery .tile")
    assert page.locator(".detail h2").inner_text() == "Gene5"
    like = names(page, ".similar")
    rows = {str(name): i for i, name in enumerate(shown.gene_names)}
    cosine = shown.embedding @ shown.embedding[rows["Gene5"]]
    cosine /= np.linalg.norm(shown.embedding, axis=1)
    order = [str(shown.gene_names[i]) for i in np.argsort(-cosine, kind="stable")]
    assert like == [name for name in order if name != "Gene5"]
    page.keyboard.press("Escape")


def test_raw_and_denoised_are_the_numbers_of_python(page, shown):
    """Within the steps in which the page keeps them."""
    header = page.evaluate("document.getElementById('darlc').explorer.data.names")
    row = {str(name): i for i, name in enumerate(shown.gene_names)}
    for gene, name in enumerate(header):
        views = page.evaluate(
            "gene => { const { data } = document.getElementById('darlc').explorer;"
            "const [section] = data.sections;"
            "return [[...section.denoised(gene)], [...section.raw(gene)]]; }",
            gene,
        )
        expected = shown.denoised[row[name]]
        top = max(views[1])
        np.testing.assert_allclose(views[0], expected, atol=0.01 * max(top, 1))
    page.locator(".gallery canvas").first.scroll_into_view_if_needed()
    before = page.locator(".gallery canvas").first.evaluate("each => each.toDataURL()")
    page.locator("[data-kind=raw]").evaluate("each => each.click()")
    page.wait_for_function(
        "before => document.querySelector('.gallery canvas').toDataURL() !== before", arg=before
    )
    # A picture that was not drawn yet is drawn denoised first.
    page.wait_for_selector(".gallery li:first-child canvas[aria-label$=', raw']")


def test_the_keyboard_walks_the_gallery_and_the_map(page):
    page.locator(".gallery .tile").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert page.locator(".detail h2").inner_text() == names(page)[1]
    page.keyboard.press("Escape")
    page.locator("canvas.map").focus()
    seen = set()
    for key in ("ArrowLeft", "ArrowDown", "ArrowRight", "ArrowUp") * 2:
        page.keyboard.press(key)
        seen.add(page.locator(".detail h2").inner_text())
    assert len(seen) > 1
    assert page.locator(".count").inner_text().endswith(" chosen")


def test_nothing_bars_anybodys_way(page):
    """As axe-core knows it; with all parts open."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-core")
    page.click(".gallery .tile")
    page.locator("summary").evaluate("each => { each.parentElement.open = true; }")
    found = axe.Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert not wide, "the page is wider than the screen"


def test_a_page_says_how_it_was_made(page, shown):
    page.click("summary")
    made = page.locator("footer").inner_text()
    assert shown.fingerprint in made and "torch 2.4" in made and "for a reason" in made
    assert "darlc fit result.h5ad --out again.h5ad --preset quick" in made


#: What is wider than the paper, or holds more than it shows.
_CUT = """() => [...document.querySelectorAll("body *")].filter((each) => {
  const { right, left, width } = each.getBoundingClientRect(), style = getComputedStyle(each);
  return width && (left < -1 || right > innerWidth + 1 || style.overflow !== "visible" &&
    (each.scrollWidth > each.clientWidth + 1 || each.scrollHeight > each.clientHeight + 1));
}).map((each) => each.outerHTML.slice(0, 99))"""
_BLANK = """() => [...document.querySelectorAll("canvas")].filter((each) => !each.getContext("2d")
  .getImageData(0, 0, each.width, each.height).data.some(Boolean)).length"""


@pytest.fixture(params=["light", "dark"])
def colours(request, page):
    page.emulate_media(color_scheme=request.param)


def test_on_paper_nothing_is_cut_and_no_control_is_left(page, shown, colours):
    pypdf = pytest.importorskip("pypdf", reason="needs pypdf to read what was printed")
    page.fill("#darlc-search", "gene5")
    page.click(".gallery .tile")
    page.fill("#darlc-search", "")
    held = pypdf.PdfReader(io.BytesIO(page.pdf(format="A5")))
    width, height = held.pages[0].mediabox[2:]
    assert round(height / width, 1) == 1.4
    printed = " ".join(each.extract_text() for each in held.pages)
    words = "".join(printed.split())
    for gene in [*shown.gene_names, shown.fingerprint, "FIRST <i>", "4 of 5"]:
        assert "".join(gene.split()) in words
    command = "darlc fit result.h5ad --out again.h5ad --preset quick"
    assert command.replace(" ", "") in words
    for control in ("Search", "Sort by", "Copy names", "Close"):
        assert control.replace(" ", "") not in words
    # The same layout on the screen, where it can be measured.
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 480, "height": 700})
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(_CUT) == [] and page.evaluate(_BLANK) == 0
    ink = page.evaluate("getComputedStyle(document.querySelector('.darlc')).color")
    assert ink == "rgb(29, 33, 38)", "white letters on white paper"
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert not page.locator("details").evaluate("each => each.open")


def test_json_holds_any_text():
    text = json_in_html({"name": "</script><!-- & \u2028"})
    assert "<" not in text and ">" not in text and "\u2028" not in text


def test_what_cannot_be_written_is_said(result, tmp_path):
    with pytest.raises(InputError, match=r"must end in \.html"):
        report.write(result, tmp_path / "report.pdf")
    assert not list(tmp_path.iterdir())


@pytest.fixture(params=[(1300, 900), (390, 844)], ids=["desktop", "phone"])
def study_page(request, browser, study, tmp_path):
    """Open the page of a study of two sections, of which the second lacks a gene."""
    path = report.write(study, tmp_path / "study.html", title="Two", plane="pca")
    width, height = request.param
    context = browser.new_context(viewport={"width": width, "height": height})
    context.set_default_timeout(0)
    page, said = context.new_page(), []
    page.on("console", lambda each: said.append(each.text))
    page.on("pageerror", lambda each: said.append(str(each)))
    page.goto(path.as_uri())
    page.wait_for_selector(".gallery .tile")
    yield page
    assert not said
    context.close()


def test_a_study_shows_all_sections_or_one_and_what_changes(study_page, study):
    page = study_page
    pictures = ".gallery li:first-child canvas"
    both = page.locator(pictures).first.evaluate("each => each.width / each.height")
    assert all(name in page.locator(pictures).first.get_attribute("aria-label")
               for name in study.section_names)  # fmt: skip
    assert page.locator(".changes tbody tr").count() == 1
    page.click(".changes tbody button")
    assert page.locator(".detail h2").inner_text() == "Gene9"
    heads = page.locator(".detail h3").all_inner_texts()
    assert heads[0] == study.section_names[0] and heads[2] == "Genes like this"
    assert heads[1].startswith(f"{study.section_names[1]}: follows ")
    assert page.locator(".detail .pair").count() == 2
    page.locator(".detail .close").evaluate("each => each.click()")
    page.select_option("#darlc-section", "1")
    one = page.locator(pictures).first.evaluate("each => each.width / each.height")
    assert one != both
    assert page.locator(pictures).first.get_attribute("aria-label").endswith(study.section_names[1])
    assert page.locator(".detail .pair").count() == 1


def test_a_study_bars_nobodys_way(study_page):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-core")
    study_page.click(".gallery .tile")
    found = axe.Axe().run(study_page)
    assert found.violations_count == 0, found.generate_report()
    wide = study_page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert not wide, "the page is wider than the screen"

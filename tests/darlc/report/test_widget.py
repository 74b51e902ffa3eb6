from __future__ import annotations

import base64
import json

import pytest

pytest.importorskip("anywidget", reason="needs the extra notebook")

import traitlets

from darlc.report.page import front_end
from darlc.report.widget import Explorer

#: What a notebook gives a widget, in a page.
_NOTEBOOK = """
const values = JSON.parse(document.getElementById("values").textContent);
const bytes = Uint8Array.from(atob(values.block), (letter) => letter.charCodeAt(0));
values.block = new DataView(bytes.buffer);
const called = {};
window.model = {
  get: (name) => values[name],
  set: (name, value) => { values[name] = value; called[`change:${name}`]?.(); },
  save_changes: () => {}, on: (name, then) => { called[name] = then; },
};
render({ model, el: document.getElementById("cell") });
"""


@pytest.fixture
def widget(shown):
    return Explorer(shown, plane="pca")


def test_a_gene_is_chosen_by_name_only_if_it_is_there(widget):
    widget.gene = "Gene5"
    assert widget.gene == "Gene5" and "Gene5" in widget.genes
    with pytest.raises(traitlets.TraitError, match="Gene99 is not among the genes"):
        widget.gene = "Gene99"


def test_a_result_shows_itself(shown, monkeypatch):
    monkeypatch.setattr("darlc.explore.gene_map.umap_plane", lambda vectors, start: start)
    assert isinstance(shown.explore(most_genes=5), Explorer)
    assert len(shown.explore(most_genes=5).genes) == 5


def test_selections_go_both_ways(widget, browser):
    widget.gene = "Gene5"
    values = {
        "header": widget.header,
        "block": base64.b64encode(widget.block).decode(),
        "gene": widget.gene,
        "genes": widget.genes,
    }
    held = json.dumps(values).replace("<", "\\u003c")
    page = browser.new_page()
    script, style = front_end()
    page.set_content(
        f"<style>{style}</style><div id=cell></div>"
        f"<script type='application/json' id=values>{held}</script>"
        f"<script type=module>{script}{_NOTEBOOK}</script>"
    )
    page.wait_for_selector(".gallery .tile")
    assert page.locator(".detail h2").inner_text() == "Gene5"
    page.fill("#darlc-search", "gene1")
    assert page.evaluate("model.get('genes')")[0] == "Gene1"
    page.click(".gallery .tile")
    assert page.evaluate("model.get('gene')") == "Gene1"
    page.evaluate("model.set('gene', 'Gene8')")
    assert page.locator(".detail h2").inner_text() == "Gene8"
    page.close()

"""The form and the Config that it stands for."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt

from darlc.config import Config, TrainConfig
from darlc.errors import InputError
from napari_darlc.widgets.train.parameters import ParameterForm


@pytest.fixture
def form(qtbot: QtBot) -> ParameterForm:
    """Return a form on the screen."""
    form = ParameterForm()
    qtbot.addWidget(form)
    form.show()
    return form


@pytest.mark.parametrize(
    "config",
    [
        Config(),
        Config.from_preset("quick", seed=7, clusters=12, include=("MBP", "PLP1")),
        Config.from_preset("thorough", genes=500, count_weight=0.0, precision="32"),
        Config(train=TrainConfig(learning_rate=0.0005, likelihood=0.01), device="cuda"),
        Config(bin_size=12.5),
    ],
)
def test_a_config_comes_back_as_it_was(form: ParameterForm, config: Config) -> None:
    form.set_config(config)
    assert form.config() == config


def test_no_more_genes_than_there_are(form: ParameterForm, qtbot: QtBot) -> None:
    genes = form.widgets["genes"]
    assert form.of_genes.text() == ""
    form.set_genes(500)
    assert genes.value == 500 and form.of_genes.text() == "all 500"
    assert form.config().genes == 3000, "larger data may come"
    form.set_genes(20_000)
    assert genes.value == 3000 and form.of_genes.text() == "of 20,000"
    form.set_genes(500)
    genes.native.selectAll()
    qtbot.keyClicks(genes.native, "250")
    qtbot.keyClick(genes.native, Qt.Key.Key_Return)
    assert form.of_genes.text() == "of 500" and form.config().genes == 250
    form.set_genes(20_000)
    assert genes.value == 250 and form.config().genes == 250
    form.set_config(Config(genes=30_000))
    assert form.of_genes.text() == "all 20,000" and form.config() == Config(genes=30_000)


def test_every_field_has_a_tooltip(form: ParameterForm) -> None:
    assert not [name for name, widget in form.widgets.items() if not widget.tooltip]
    assert not [name for name, widget in form.widgets.items() if "`" in widget.tooltip]


def test_typing_changes_the_config(form: ParameterForm, qtbot: QtBot) -> None:
    genes = form.widgets["genes"].native
    genes.selectAll()
    with qtbot.waitSignal(form.changed):
        qtbot.keyClicks(genes, "250")
        qtbot.keyClick(genes, Qt.Key.Key_Return)
    qtbot.keyClicks(form.widgets["include"].native, "Mbp, Plp1 Snap25")
    assert form.config().genes == 250
    assert form.config().include == ("Mbp", "Plp1", "Snap25")


def test_clusters_are_found_or_given(form: ParameterForm, qtbot: QtBot) -> None:
    clusters = form.widgets["clusters"]
    assert form.config().clusters == "auto" and not clusters.enabled
    qtbot.mouseClick(
        form.auto.native, Qt.MouseButton.LeftButton, pos=form.auto.native.rect().center()
    )
    assert form.config().clusters == 20 and clusters.enabled
    clusters.value = 8
    assert form.config().clusters == 8


def test_a_preset_sets_the_parts_and_keeps_the_rest(form: ParameterForm) -> None:
    form.widgets["seed"].value = 3
    form.widgets["preset"].value = "quick"
    assert form.config() == Config.from_preset("quick", seed=3)
    assert form.widgets["train.joint_epochs"].value == 4


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("genes", 1, "genes must be at least 2, not 1."),
        ("denoise.heads", 3, "denoise.width (128) must be a multiple of denoise.heads (3)."),
        ("train.mask", 1.0, "train.mask must be less than 1, not 1.0."),
    ],
)
def test_what_config_refuses(form: ParameterForm, name: str, value: float, sentence: str) -> None:
    form.widgets[name].value = value
    with pytest.raises(InputError) as caught:
        form.config()
    assert str(caught.value) == sentence


def test_the_sentence_stands_under_its_field(form: ParameterForm) -> None:
    form.mark("genes must be at least 2, not 1.")
    assert form.error.isVisible()
    genes = form.widgets["genes"].native
    below = form.error.mapTo(form, form.error.rect().topLeft()).y()
    form.layout().activate()
    assert below >= 0 and "border" in genes.styleSheet()
    form.mark("train.mask must be less than 1, not 1.0.")
    assert form.folded.isExpanded()
    assert "border" not in genes.styleSheet()
    form.mark("")
    assert not form.error.isVisible()


def test_devices_are_offered(form: ParameterForm) -> None:
    device = form.widgets["device"]
    form.set_devices(("cuda", "cpu"))
    assert device.choices == ("auto", "cuda", "cpu")
    assert device.native.itemText(0) == "auto (cuda)"
    device.value = "cpu"
    form.set_devices(("cuda", "cpu"))
    assert form.config().device == "cpu"
    form.set_devices(("cuda",))
    assert form.config().device == "auto"

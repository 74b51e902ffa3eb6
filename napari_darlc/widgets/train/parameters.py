"""The parameters of a fit as a form, made from the fields of ``Config``."""

from __future__ import annotations

import math
import re
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

from docstring_parser import parse
from magicgui.widgets import (
    CheckBox,
    ComboBox,
    FloatSpinBox,
    LineEdit,
    SpinBox,
    create_widget,
)
from magicgui.widgets.bases import ValueWidget
from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QFormLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from darlc.config import Config
from napari_darlc.widgets.common.collapsible import Fold
from napari_darlc.widgets.common.style import ERROR, note

#: The fields that most users touch, in the order of the form; the rest is folded away.
_BASIC = ("preset", "genes", "include", "clusters", "count_weight", "seed", "device")
#: The pixels are chosen when the dataset is opened, so a form for training cannot change them.
_HIDDEN = ("bin_size",)
#: Number of clusters to begin with when it is not left to training.
_SOME = 20
_MOST = 1_000_000_000
#: Headings of the parts of ``Config``.
_TITLES = {
    "denoise": "Denoiser (GAT)",
    "network": "Network",
    "mixture": "Mixture (Student's t)",
    "train": "Training and weights of the losses",
}


class ParameterForm(QWidget):
    """Form ↔ ``Config``; what is valid is decided by ``Config`` alone."""

    #: A value was changed.
    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._start = Config()
        self.widgets: dict[str, ValueWidget[Any]] = {}
        #: How many genes the data have, and how many were asked for before there were fewer.
        self._n_genes, self._wanted = _MOST, self._start.genes
        self.of_genes = QLabel()
        self.auto = CheckBox(text="auto", tooltip="Let training find the number of clusters")
        tips = _tooltips(Config)
        self._forms: dict[str, QFormLayout] = {}
        self._rows: dict[str, QLabel] = {}
        self._marked: QFormLayout | None = None
        self._basic = _form()
        for name in _BASIC:
            self._add(self._basic, Config, name, tips)
        advanced = QWidget()
        self._add_advanced(_form(advanced), tips)
        self.folded = Fold("Advanced", advanced, "Settings of denoiser, network, mixture, losses")
        self.error = note()
        self.error.setParent(self)
        self.error.setStyleSheet(f"color: {ERROR};")
        self.error.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(self._basic)
        layout.addWidget(self.folded)
        self.set_config(self._start)
        self.auto.changed.connect(self._on_auto)
        self.widgets["genes"].changed.connect(self._on_genes)
        for name, widget in self.widgets.items():
            widget.changed.connect(self._on_preset if name == "preset" else self._on_change)

    def config(self) -> Config:
        """Return what the form says.

        Raises
        ------
        InputError
            A value is out of range; the message names the field.
        """
        parts: dict[str, Any] = {}
        for part in _parts(Config):
            values = {f.name: self._value(f"{part.name}.{f.name}") for f in _settings(part)}
            parts[part.name] = _hint(Config, part.name)(**values)
        top = {name: self._value(name) for name in self.widgets if "." not in name}
        return replace(self._start, **top, **parts)

    def set_config(self, config: Config) -> None:
        """Show the values of a config."""
        self._start = config
        for name in self.widgets:
            self._show(name, _read(config, name))
        self.mark()

    def set_devices(self, devices: tuple[str, ...]) -> None:
        """Offer devices; the one chosen stays, where it is still there."""
        device = self.widgets["device"]
        assert isinstance(device, ComboBox)
        chosen = device.value
        names = ("auto", *(name for name in devices if name != "auto"))
        labels = {"auto": f"auto ({devices[0]})"} if devices and devices[0] != "auto" else {}
        with device.changed.blocked():
            device.choices = []  # else the ones that stay would keep their place and label
            device.choices = [(labels.get(name, name), name) for name in names]
            device.value = chosen if chosen in names else "auto"

    def set_genes(self, n_genes: int | None) -> None:
        """Take note of how many genes the data have; None where there are no data.

        More cannot be chosen, but who asked for more is given as many as the next data have.
        """
        self._n_genes = _MOST if n_genes is None else n_genes
        widget = self.widgets["genes"]
        assert isinstance(widget, SpinBox)
        wanted = self._wanted
        with widget.changed.blocked():
            widget.max = self._n_genes
        self._show("genes", wanted)

    def mark(self, sentence: str = "") -> None:
        """Show what is wrong under the field that the sentence begins with; nothing clears it."""
        words = re.match(r"[\w.]+", sentence)
        named = words[0].rstrip(".") if words else ""
        for name, widget in self.widgets.items():
            style = f"border: 1px solid {ERROR};" if name == named else ""
            if widget.native.styleSheet() != style:  # it is parsed anew each time
                widget.native.setStyleSheet(style)
        if sentence == self.error.text():
            return
        if (form := self._marked) is not None:
            form.takeRow(self.error)
        self._marked = self._forms.get(named, self._basic) if sentence else None
        self.error.setText(sentence)
        if (form := self._marked) is None:
            self.error.hide()
            return
        if form is not self._basic:
            self.folded.expand(animate=False)
        label = self._rows.get(named)
        row = form.rowCount() if label is None else form.getWidgetPosition(label)[0] + 1
        form.insertRow(row, self.error)
        self.error.show()  # changing hands has hidden it

    def _widget(
        self, owner: type, name: str, tips: dict[str, str], part: str = ""
    ) -> ValueWidget[Any]:
        key = f"{part}.{name}" if part else name
        value = _read(Config(), key)
        hint = _hint(owner, name)
        common: dict[str, Any] = {"name": name, "tooltip": tips.get(name, "")}
        widget: ValueWidget[Any]
        if name == "device":
            widget = ComboBox(choices=["auto"], **common)
        elif get_origin(hint) is Literal:
            widget = ComboBox(choices=list(get_args(hint)), **common)
        elif name == "clusters":
            widget = SpinBox(value=_SOME, min=0, max=_MOST, **common)
        elif hint is int:
            widget = SpinBox(min=0, max=_MOST, **common)
        elif hint is float:
            step = 10.0 ** (math.floor(math.log10(value)) - 1) if 0 < value < 1 else 0.1
            widget = FloatSpinBox(min=0, max=_MOST, step=step, **common)
        elif hint == tuple[str, ...]:
            widget = LineEdit(**common)
            widget.native.setPlaceholderText("genes to model in any case: MBP, PLP1")
        else:
            made = create_widget(value=value, annotation=hint, **common)
            assert isinstance(made, ValueWidget)
            widget = made
        self.widgets[key] = widget
        return widget

    def _add(
        self, form: QFormLayout, owner: type, name: str, tips: dict[str, str], part: str = ""
    ) -> None:
        field = self._widget(owner, name, tips, part).native
        key = f"{part}.{name}" if part else name
        self._forms[key], self._rows[key] = form, _label(name, tips)
        if name == "clusters":
            row = QHBoxLayout()
            row.addWidget(self.auto.native)
            row.addWidget(field, 1)
            form.addRow(self._rows[key], row)
        elif name == "genes":
            row = QHBoxLayout()
            row.addWidget(field, 1)
            row.addWidget(self.of_genes)
            form.addRow(self._rows[key], row)
        else:
            form.addRow(self._rows[key], field)

    def _add_advanced(self, form: QFormLayout, tips: dict[str, str]) -> None:
        for field in _settings(Config):
            if field.name not in (*_BASIC, *_HIDDEN):
                self._add(form, Config, field.name, tips)
        for part in _parts(Config):
            form.addRow(QLabel(f"<b>{_TITLES.get(part.name, part.name)}</b>"))
            owner = _hint(Config, part.name)
            own_tips = _tooltips(owner)
            for setting in _settings(owner):
                self._add(form, owner, setting.name, own_tips, part.name)

    def _value(self, name: str) -> Any:
        value = self.widgets[name].value
        if name == "clusters":
            return "auto" if self.auto.value else value
        if name == "include":
            return tuple(term for term in re.split(r"[\s,;]+", value) if term)
        if name == "genes" and value >= self._n_genes:
            return max(value, self._wanted)
        return value

    def _show(self, name: str, value: Any) -> None:
        widget = self.widgets[name]
        if name == "clusters":
            with self.auto.changed.blocked():
                self.auto.value = value == "auto"
            widget.enabled = value != "auto"
            value = widget.value if value == "auto" else value
        elif name == "include":
            value = ", ".join(value)
        elif name == "genes":
            self._wanted = value
            value = min(value, self._n_genes)
            self._count_genes(value)
        elif name == "device" and isinstance(widget, ComboBox) and value not in widget.choices:
            widget.choices = [*widget.choices, value]
        with widget.changed.blocked():
            widget.value = value

    def _on_preset(self) -> None:
        preset = Config.from_preset(self.widgets["preset"].value)
        for part in _parts(Config):
            for setting in _settings(_hint(Config, part.name)):
                name = f"{part.name}.{setting.name}"
                self._show(name, _read(preset, name))
        self._on_change()

    def _on_auto(self, auto: bool) -> None:
        self.widgets["clusters"].enabled = not auto
        self._on_change()

    def _on_genes(self, genes: int) -> None:
        self._wanted = genes
        self._count_genes(genes)

    def _count_genes(self, genes: int) -> None:
        if self._n_genes == _MOST:
            self.of_genes.clear()
        else:
            all_ = "all" if genes >= self._n_genes else "of"
            self.of_genes.setText(f"{all_} {self._n_genes:,}")

    def _on_change(self) -> None:
        self.changed.emit()


def _form(parent: QWidget | None = None) -> QFormLayout:
    form = QFormLayout() if parent is None else QFormLayout(parent)
    form.setContentsMargins(0, 0, 0, 0)
    form.setVerticalSpacing(3)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    return form


def _label(name: str, tips: dict[str, str]) -> QLabel:
    label = QLabel(name.replace("_", " "))
    label.setToolTip(tips.get(name, ""))
    return label


def _hint(owner: type, name: str) -> Any:
    return _hints(owner)[name]


@cache
def _hints(owner: type) -> dict[str, Any]:
    return get_type_hints(owner)


def _parts(owner: type) -> list[Any]:
    return [f for f in fields(owner) if is_dataclass(_hint(owner, f.name))]  # type: ignore[arg-type]


def _settings(owner: Any) -> list[Any]:
    owner = _hint(Config, owner.name) if hasattr(owner, "default_factory") else owner
    return [f for f in fields(owner) if not is_dataclass(_hint(owner, f.name))]


def _read(config: Config, name: str) -> Any:
    value: Any = config
    for step in name.split("."):
        value = getattr(value, step)
    return value


def _tooltips(owner: type) -> dict[str, str]:
    """Read what the fields mean from the docstring; one entry may describe several."""
    tips = {}
    for parameter in parse(owner.__doc__ or "").params:
        for name in parameter.arg_name.split(","):
            words = " ".join((parameter.description or "").split())
            tips[name.strip()] = words.replace("``", "")
    return tips

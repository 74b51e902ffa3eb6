"""A button that has the current gene denoised where it is outside the model."""

from __future__ import annotations

from qtpy.QtWidgets import QProgressBar, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from napari_darlc.genes.molecules import rests_on
from napari_darlc.processes.extender import Extender
from napari_darlc.session.session import Session
from napari_darlc.widgets.common.following import follow
from napari_darlc.widgets.common.style import note

_TIP = (
    "Draw its denoised view by what was learned from the modelled genes, and place it on the map;\n"
    "clusters stay as they are"
)


class DenoiseGene(QWidget):
    """Seen only while the current gene has no denoised view and its result could give it one.

    Parameters
    ----------
    session
        Whose current gene it is about.
    extender
        What has it denoised.
    """

    def __init__(self, session: Session, extender: Extender) -> None:
        super().__init__()
        self._session, self._extender = session, extender
        self.button = QPushButton()
        # A long name must not widen the dock.
        self.button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.button.setToolTip(_TIP)
        self.button.clicked.connect(self._on_clicked)
        self.basis = note()
        self.basis.setToolTip("What the denoised view would rest on")
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setMaximumHeight(6)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.button)
        layout.addWidget(self.basis)
        layout.addWidget(self.progress)
        follow(
            self,
            (session.dataset_changed, self._refresh),
            (session.gene_changed, self._on_gene),
            (session.denoised_changed, self._refresh),
            (session.result_changed, self._refresh),
            (session.state_changed, self._on_state),
            (extender.changed, self._refresh),
        )
        self._refresh()

    def _on_gene(self, _gene: int) -> None:
        self._refresh()

    def _on_state(self, _state: str) -> None:
        self._refresh()

    def _refresh(self) -> None:
        session, extender = self._session, self._extender
        self.setVisible(extender.busy or extender.can_denoise(session.gene))
        self.progress.setVisible(extender.busy)
        self.button.setEnabled(not extender.busy)
        if extender.busy:
            done, total = extender.done
            # The engine may have to be started: how long that takes is not known.
            self.progress.setRange(0, total if done else 0)
            self.progress.setValue(done)
            self.button.setText("Denoising …")
        else:
            self.button.setText(f"Denoise {session.gene_label}")
            said = "" if session.images is None else rests_on(session.images, session.gene)
            self.basis.setText(said[:1].upper() + said[1:])

    def _on_clicked(self) -> None:
        self._extender.denoise(self._session.gene)

"""A button that denoises the current gene if it is outside the model."""

from __future__ import annotations

from qtpy.QtWidgets import QProgressBar, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from napari_darlc.genes.molecules import molecules_text
from napari_darlc.processes.extender import Extender
from napari_darlc.session.session import Session
from napari_darlc.widgets.common.following import follow
from napari_darlc.widgets.common.style import note

_TIP = (
    "Denoise it with what was learned from the modelled genes, and add it to the map;\n"
    "clusters do not change"
)


class DenoiseGene(QWidget):
    """Visible only while the current gene has no denoised view and the result can provide one.

    Parameters
    ----------
    session
        Session with the current gene.
    extender
        Denoises the gene.
    """

    def __init__(self, session: Session, extender: Extender) -> None:
        super().__init__()
        self._session, self._extender = session, extender
        self.button = QPushButton()
        # A long name does not widen the dock.
        self.button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.button.setToolTip(_TIP)
        self.button.clicked.connect(self._on_clicked)
        self.basis = note()
        self.basis.setToolTip("Data from which the denoised view will be estimated")
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
            # The engine may have to be started, which takes an unknown time.
            self.progress.setRange(0, total if done else 0)
            self.progress.setValue(done)
            self.button.setText("Denoising …")
        else:
            self.button.setText(f"Denoise {session.gene_label}")
            said = "" if session.images is None else molecules_text(session.images, session.gene)
            self.basis.setText(said[:1].upper() + said[1:])

    def _on_clicked(self) -> None:
        self._extender.denoise(self._session.gene)

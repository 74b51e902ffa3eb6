"""What training would need, before it starts, and whether this machine has it."""

from __future__ import annotations

from qtpy.QtWidgets import QLabel

from darlc.config import Config
from darlc.estimate import Sizes, estimate, refusal
from darlc.images.sgep_images import SGEPImages
from darlc.wording import needs
from napari_darlc.widgets.common.style import note


class Needs:
    """Memory and time that training would need, as a line of text.

    They are known for computations on the processor only.
    """

    def __init__(self) -> None:
        self.line: QLabel = note()
        self.line.setToolTip(
            "Estimated from the numbers of genes, pixels and clusters; several cores take less time"
        )
        self._sizes: Sizes | None = None

    def show(self, images: SGEPImages | None, config: Config | None, devices: list[str]) -> None:
        """Show what training needs; nothing where it is not known.

        Parameters
        ----------
        images
            Images to train on.
        config
            Settings; None where they are not valid.
        devices
            Names of the devices, best first; empty before they are known.
        """
        self._sizes = None
        if images is not None and config is not None and _on_processor(config, devices):
            self._sizes = Sizes.of(images, config)
        if self._sizes is None or config is None:
            self.line.clear()
        else:
            found = estimate(self._sizes, config)
            self.line.setText(needs(found.memory, found.seconds))
        self.line.setVisible(bool(self.line.text()))

    def complaint(self) -> str:
        """Return why this machine is too small for what is shown; empty where it is not."""
        return "" if self._sizes is None else refusal(self._sizes)


def _on_processor(config: Config, devices: list[str]) -> bool:
    return config.device == "cpu" or (config.device == "auto" and devices[:1] == ["cpu"])

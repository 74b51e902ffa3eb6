"""What fills a dock, or a part of it: what there is to show, or a sentence on what to do."""

from __future__ import annotations

from qtpy.QtWidgets import QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from napari_darlc.widgets.common.style import empty_state


class FilledOrEmpty(QStackedWidget):
    """Two pages that fill a dock, the empty one at first.

    Parameters
    ----------
    dock
        Gets a layout, a least size, and the habit of growing downwards.
    filled
        What there is to show.
    """

    def __init__(self, dock: QWidget, filled: QWidget) -> None:
        super().__init__()
        #: The sentence of the empty page.
        self.empty = empty_state()
        self.addWidget(self.empty)
        self.addWidget(filled)
        self._filled = filled
        layout = QVBoxLayout(dock)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addWidget(self)
        dock.setMinimumSize(260, 240)
        dock.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)

    def fill(self) -> None:
        """Show what there is to show."""
        self.setCurrentWidget(self._filled)

    def say(self, sentence: str) -> None:
        """Show nothing but a sentence."""
        self.empty.setText(sentence)
        self.setCurrentWidget(self.empty)


class HintOrAnswer(QStackedWidget):
    """Two pages below a question: what to do, at first, and the answer.

    Parameters
    ----------
    text
        What to do.
    answer
        What shows the answer.
    """

    def __init__(self, text: str, answer: QWidget) -> None:
        super().__init__()
        #: The sentence of the first page.
        self.hint = empty_state(text)
        self.addWidget(self.hint)
        self.addWidget(answer)

    @property
    def answered(self) -> bool:
        """Whether an answer is shown."""
        return self.currentIndex() == 1

    def say(self, sentence: str) -> None:
        """Show a sentence in the place of an answer."""
        self.hint.setText(sentence)
        self.setCurrentIndex(0)

    def wait(self, sentence: str) -> None:
        """Show a sentence until there is an answer; one that is shown stays."""
        if not self.answered:
            self.say(sentence)

    def show_answer(self) -> None:
        """Show the answer."""
        self.setCurrentIndex(1)

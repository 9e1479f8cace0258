"""Asks before something is done that cannot be taken back; the words say exactly what will happen."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static


class Confirm(ModalScreen[bool]):
    """A question with yes and no; ends with whether it was yes.

    ``enter`` is no, unless ``harmless`` says that yes breaks nothing: then it is yes.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", show=False, priority=True),
        Binding("n,escape", "answer(False)", show=False, priority=True),
        Binding("enter", "usual", show=False, priority=True),
    ]
    DEFAULT_CSS = """
    Confirm { align: center middle; background: $background 60%; }
    Confirm:nocolor { background: transparent; }
    Confirm > Vertical {
        width: 64; max-width: 94%; height: auto; padding: 1 2;
        background: $background; border: round $warning; border-title-style: bold;
    }
    Confirm Static { width: 100%; height: auto; background: $background; color: $foreground; }
    Confirm #keys { margin: 1 0 0 0; }
    """

    def __init__(
        self, title: str, question: str, *, yes: str, no: str = "leave it as it is", harmless: bool = False
    ) -> None:
        super().__init__()
        self._title = title
        self._question = question
        self._yes = yes
        self._no = no
        self._harmless = harmless

    def compose(self) -> ComposeResult:
        """What will happen, and the keys of yes and no."""
        box = Vertical()
        box.border_title = self._title
        y, n = ("y, enter", "n, esc") if self._harmless else ("y", "n, esc, enter")
        with box:
            yield Static(self._question, markup=False)
            yield Static(f"{y}  {self._yes}\n{n}  {self._no}", id="keys", markup=False)

    def action_answer(self, is_yes: bool) -> None:
        """Yes or no."""
        self.dismiss(is_yes)

    def action_usual(self) -> None:
        """What enter is."""
        self.dismiss(self._harmless)

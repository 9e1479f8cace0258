"""Asks for one value, and says while it is typed whether it can be."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

_ABOUT = "[b]enter[/b] takes it · [b]esc[/b] leaves it as it is"
_CHOICES = " · [b]↑ ↓[/b] choose"


class Prompt(ModalScreen[str | None]):
    """A line to type into; ``fault`` says why a value cannot be. Ends with the text, or with ``None`` if left.

    With ``choices`` the arrows go through them.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", show=False, priority=True),
        Binding("up", "step(-1)", show=False, priority=True),
        Binding("down", "step(1)", show=False, priority=True),
    ]
    DEFAULT_CSS = """
    Prompt { align: center middle; }
    Prompt > Vertical {
        width: 72; max-width: 94%; height: auto; padding: 1 2;
        background: $background; border: round $primary; border-title-style: bold;
    }
    Prompt Static { width: 100%; height: auto; background: $background; color: $foreground; }
    Prompt Input {
        width: 100%; height: 3; margin: 1 0 0 0; padding: 0 1; background: $background; color: $foreground;
        border: round $primary;
    }
    Prompt Input:focus { border: round $primary; background-tint: $background; }
    Prompt Input.-wrong, Prompt Input.-wrong:focus { border: round $error; }
    Prompt #fault { min-height: 2; color: $error; }
    Prompt #about { text-style: dim; }
    """

    def __init__(
        self,
        title: str,
        hint: str,
        value: str,
        fault: Callable[[str], str | None],
        *,
        choices: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self._title = title
        self._hint = hint
        self._value = value
        self._fault = fault
        self._choices = tuple(choices)

    def compose(self) -> ComposeResult:
        """The title, what is expected, the line, what is wrong with it, and the keys."""
        box = Vertical()
        box.border_title = self._title
        with box:
            yield Static(self._hint, markup=False)
            yield Input(self._value, select_on_focus=False)
            yield Static("", id="fault", markup=False)
            yield Static(_ABOUT + (_CHOICES if self._choices else ""), id="about")

    def on_mount(self) -> None:
        """Begin to type at once."""
        self.query_one(Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Say at once whether that can be."""
        sentence = self._fault(event.value)
        self.query_one(Input).set_class(sentence is not None, "-wrong")
        self.query_one("#fault", Static).update(sentence or "")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take it, if it can be."""
        event.stop()
        if self._fault(event.value) is None:
            self.dismiss(event.value.strip())

    def action_leave(self) -> None:
        """Leave it as it is."""
        self.dismiss(None)

    def action_step(self, step: int) -> None:
        """The next choice, or the one before."""
        line = self.query_one(Input)
        if self._choices:
            here = self._choices.index(line.value) + step if line.value in self._choices else 0
            line.value = self._choices[here % len(self._choices)]
            line.cursor_position = len(line.value)

"""Asks for one value, and says while it is typed whether it can be."""

from collections.abc import Callable, Sequence

from netmind_tui.tui.modal.dialogue import Dialogue, keys
from netmind_tui.tui.modal.text_line import TextLine
from netmind_tui.tui.picture import Box, Line, Span, line, wrap

_MOST_CHOICES = 8
_FAULT_ROWS = 2


class Prompt(Dialogue[str | None]):
    """A line to type into; ``fault`` says why a value cannot be. Ends with the text, or with ``None`` if left.

    With ``choices`` the arrows go through them, and a click takes one.
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
        self._line = TextLine.of(value)
        self._fault = fault
        self._choices = tuple(choices)

    @property
    def text(self) -> str:
        """What was typed."""
        return self._line.text

    @property
    def fault(self) -> str | None:
        """Why that cannot be; ``None`` where it can."""
        return self._fault(self.text)

    def box(self) -> Box:
        """What is expected, the line, what is wrong with it, and the keys."""
        fault = self.fault if self.text else None
        wrong = wrap(f"{self.skin.glyphs.marks['error']} {fault}", self.cells, "bad") if fault else []
        wrong += [()] * (_FAULT_ROWS - len(wrong))
        lines: list[Line] = [*wrap(self._hint, self.cells), (), self._line.drawn(self.cells), *wrong]
        lines += self._listed()
        choose = [("down", "↑ ↓", "choose")] if self._choices else []
        lines.append(keys(("enter", "enter", "takes it"), ("escape", "esc", "leaves it as it is"), *choose))
        return Box("prompt", line(Span(self._title, "title")), lines)

    def press(self, key: str, sign: str | None) -> bool:
        """Type, choose, take or leave."""
        if key == "escape":
            self.dismiss(None)
        elif key == "enter":
            if self.fault is None:
                self.dismiss(self.text.strip())
        elif key in ("up", "down") and self._choices:
            self._choose(1 if key == "down" else -1)
        elif (typed := self._line.after(key, sign)) is not None:
            self._line = typed
        else:
            return False
        return True

    def paste(self, text: str) -> None:
        """Put it in: the first line that has something."""
        self._line = self._line.typed(next((each.strip() for each in text.splitlines() if each.strip()), ""))

    def do(self, action: str) -> None:
        """A key, or a choice by its number."""
        if action.isdigit():
            self._line = TextLine.of(self._choices[int(action)])
        else:
            super().do(action)

    def _choose(self, step: int) -> None:
        here = self._choices.index(self.text) + step if self.text in self._choices else 0
        self._line = TextLine.of(self._choices[here % len(self._choices)])

    def _listed(self) -> list[Line]:
        if not 0 < len(self._choices) <= _MOST_CHOICES:
            return []
        lines: list[Line] = []
        for place, choice in enumerate(self._choices):
            is_here = choice == self.text
            mark = self.skin.glyphs.marks["chosen"] if is_here else " "
            lines.append(
                line(Span(f"{mark} ", "key", str(place)), Span(choice, "chosen" if is_here else "text", str(place)))
            )
        return [*lines, ()]

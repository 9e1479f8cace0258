"""Asks before something is done that cannot be taken back; the words say exactly what will happen."""

from netmind_tui.tui.modal.dialogue import Dialogue
from netmind_tui.tui.picture import Box, Line, Span, column, line, wrap


class Confirm(Dialogue[bool]):
    """A question with yes and no; ends with whether it was yes.

    ``enter`` is no, unless ``harmless`` says that yes breaks nothing: then it is yes.
    """

    WIDEST = 64

    def __init__(
        self, title: str, question: str, *, yes: str, no: str = "leave it as it is", harmless: bool = False
    ) -> None:
        super().__init__()
        self._title = title
        self._question = question
        self._answers = (
            ("y", "y, enter" if harmless else "y", yes),
            ("n", "n, esc" if harmless else "n, esc, enter", no),
        )
        self._usual = harmless

    def box(self) -> Box:
        """What will happen, and the keys of yes and no."""
        lines: list[Line] = [(), *wrap(self._question, self.cells), ()]
        names = max(len(shown) for _, shown, _ in self._answers)
        for key, shown, words in self._answers:
            first, *rest = wrap(words, self.cells - names - 2)
            name = column(shown, names + 2, "key", action=key)
            lines.append(line(name, *(Span(span.text, span.role, key) for span in first)))
            lines += [line(" " * (names + 2), *each) for each in rest]
        return Box("confirm", line(Span(self._title, "warn")), [*lines, ()])

    def press(self, key: str, sign: str | None) -> bool:  # noqa: ARG002 - nothing is typed here
        """Yes or no; nothing else leaves."""
        answers = {"y": True, "n": False, "escape": False, "enter": self._usual}
        if key in answers:
            self.dismiss(answers[key])
        return key in answers

"""A line of text that somebody types, as a value: what each key makes of it, and how it is drawn."""

from dataclasses import dataclass

from rich.cells import cell_len

from netmind_tui.tui.picture import Line, Span, column, fit, line

_LONGEST = 400


@dataclass(frozen=True, slots=True)
class TextLine:
    """The text, and before which of its signs the cursor stands."""

    text: str = ""
    at: int = 0

    @classmethod
    def of(cls, text: str) -> "TextLine":
        """A text with the cursor at its end."""
        return cls(text, len(text))

    def typed(self, signs: str) -> "TextLine":
        """With signs put in at the cursor; what cannot be seen is left out."""
        new = "".join(sign for sign in signs if sign.isprintable())[: max(0, _LONGEST - len(self.text))]
        return TextLine(self.text[: self.at] + new + self.text[self.at :], self.at + len(new))

    def after(self, key: str, sign: str | None) -> "TextLine | None":
        """The line after a key, ``sign`` being what the key types; ``None`` where it means nothing to a line."""
        if sign is not None:
            return self.typed(sign)
        end, before, behind = len(self.text), self._word_before(), self._word_behind()
        places = {
            "left": max(0, self.at - 1),
            "right": min(end, self.at + 1),
            "ctrl+left": before,
            "ctrl+right": behind,
            "home": 0,
            "ctrl+a": 0,
            "end": end,
            "ctrl+e": end,
        }
        if key in places:
            return TextLine(self.text, places[key])
        taken_out = {
            "backspace": (max(0, self.at - 1), self.at),
            "ctrl+h": (max(0, self.at - 1), self.at),
            "delete": (self.at, self.at + 1),
            "ctrl+d": (self.at, self.at + 1),
            "ctrl+w": (before, self.at),
            "ctrl+u": (0, self.at),
            "ctrl+k": (self.at, end),
        }
        if key not in taken_out:
            return None
        start, stop = taken_out[key]
        return TextLine(self.text[:start] + self.text[stop:], start)

    def drawn(self, cells: int, *, hint: str = "") -> Line:
        """The line in so many cells, with its cursor, which is always seen; ``hint`` stands where nothing was typed."""
        if not self.text:
            return line(Span(hint[:1] or " ", "cursor"), column(hint[1:], cells - 1, "field"))
        start = 0
        while cell_len(self.text[start : self.at + 1]) + 1 > cells:
            start += 1
        here = self.text[self.at : self.at + 1] or " "
        ahead = line(Span(self.text[start : self.at], "field"), Span(here, "cursor"))
        rest = Span(self.text[self.at + 1 :], "field")
        room = cells - sum(span.width for span in ahead)
        return (
            *ahead,
            *(fit((rest,), room) if rest.width > room else (rest, Span(" " * (room - rest.width), "field"))),
        )

    def _word_before(self) -> int:
        return self.text[: self.at].rstrip().rfind(" ") + 1

    def _word_behind(self) -> int:
        rest = self.text[self.at :]
        blanks = len(rest) - len(rest.lstrip())
        return self.at + blanks + len(rest.lstrip().partition(" ")[0])

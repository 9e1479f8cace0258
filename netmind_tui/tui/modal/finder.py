"""A line to type into over a list that it narrows: help and the command palette are both made of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from netmind_tui.tui.glyph import as_ascii
from netmind_tui.tui.modal.dialogue import Dialogue, keys
from netmind_tui.tui.modal.text_line import TextLine
from netmind_tui.tui.picture import Box, Line, Span, column, fit, line, plain, wrap
from netmind_tui.tui.stage import Stage

_HIGHEST = 26
_ABOVE = 2
_KEY, _TITLE, _NARROW = 10, 24, 70
_NARROW_KEY, _NARROW_TITLE = 8, 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Something to find: what ``enter`` does, its keys as they are shown, its name, what it is, and its group."""

    wish: str
    title: str
    about: str = ""
    keys: tuple[str, ...] = ()
    group: str = ""


def distance(query: str, entry: Entry) -> int | None:
    """How far what was typed is from an entry, 0 being its key; ``None`` where it is something else."""
    if query in entry.keys:
        return 0
    words, title = query.lower().split(), entry.title.lower()
    if title.startswith(query.lower()):
        return 1
    if all(any(part.startswith(word) for part in title.split()) for word in words):
        return 2
    if all(word in title for word in words):
        return 3
    everything = f"{title} {entry.about} {entry.wish} {entry.group} {' '.join(entry.keys)}".lower()
    if all(word in everything for word in words):
        return 4
    letters = iter(title)
    return 5 if all(letter in letters for letter in query.lower() if letter != " ") else None


def found(query: str, entries: Sequence[Entry]) -> list[Entry]:
    """The entries that are meant, nearest first; all of them in their order where nothing was typed."""
    query = query.strip()
    if not query:
        return list(entries)
    near = [(how_far, place) for place, entry in enumerate(entries) if (how_far := distance(query, entry)) is not None]
    return [entries[place] for _, place in sorted(near)]


class Finder(Dialogue[str | None]):
    """Ends with the wish of the entry that was chosen, or with ``None`` if it was left."""

    WIDEST = 96

    def __init__(self, title: str, placeholder: str, entries: Sequence[Entry], *, query: str = "") -> None:
        super().__init__()
        self._title = title
        self._placeholder = placeholder
        self._entries = entries
        self._line = TextLine.of(query)
        self._found = found(query, entries)
        self._chosen = 0
        self._top = 0

    @property
    def found(self) -> Sequence[Entry]:
        """What is meant by what was typed, nearest first."""
        return self._found

    def box(self) -> Box:
        """The line, and the list."""
        listed = [*self._seen(), *[()] * self._room]
        lines: list[Line] = [self._line.drawn(self.cells, hint=self._placeholder), (), *listed[: self._room]]
        more = keys(("enter", "enter", "does it"), ("escape", "esc", "leaves"))
        return Box("finder", line(Span(self._title, "title")), lines, more=more)

    def press(self, key: str, sign: str | None) -> bool:
        """Narrow the list, go through it, take what the cursor is on, or leave."""
        steps = {"up": -1, "ctrl+k": -1, "down": 1, "ctrl+j": 1, "tab": 1, "shift+tab": -1}
        steps |= {"pageup": -self._page, "pagedown": self._page}
        if key == "escape":
            self.dismiss(None)
        elif key == "enter":
            if self._found:
                self.dismiss(self._found[self._chosen].wish)
        elif key in steps:
            self._step(steps[key])
        elif (typed := self._line.after(key, sign)) is not None:
            self._type(typed)
        else:
            return False
        return True

    def paste(self, text: str) -> None:
        """Look for it."""
        self._type(self._line.typed(" ".join(text.split())))

    def do(self, action: str) -> None:
        """A key, or an entry by its number."""
        if not action.isdigit():
            super().do(action)
        elif int(action) < len(self._found):  # the list may have narrowed since
            self.dismiss(self._found[int(action)].wish)

    def on_stage_scrolled(self, event: Stage.Scrolled) -> None:
        """The wheel moves the cursor."""
        event.stop()
        self._step(event.step)
        self.draw()

    def _type(self, typed: TextLine) -> None:
        if typed.text != self._line.text:
            self._chosen, self._top = 0, 0
            self._found = found(typed.text, self._entries)
        self._line = typed

    def _step(self, step: int) -> None:
        self._chosen = max(0, min(len(self._found) - 1, self._chosen + step))

    @property
    def _room(self) -> int:
        return max(1, min(_HIGHEST, self.rows - _ABOVE))

    @property
    def _page(self) -> int:
        return max(1, self._room - 2)

    def _seen(self) -> list[Line]:
        """The part of the list that the cursor is in."""
        lines, (first, last) = self._lines()
        # The heading above the first entry is seen, too.
        self._top = min(self._top, max(0, first - 1)) if self._top >= first else max(self._top, last - self._room)
        return lines[self._top : self._top + self._room]

    def _lines(self) -> tuple[list[Line], tuple[int, int]]:
        """All lines of the list, and from where to where the chosen entry's are."""
        lines: list[Line] = []
        at, group = (0, 0), ""
        for place, entry in enumerate(self._found):
            if not self._line.text.strip() and entry.group != group:
                group = entry.group
                lines += [fit((), self.cells)] if lines else []
                lines.append(fit(line(Span(group, "title")), self.cells))
            start = len(lines)
            lines += self._entry(entry, place)
            if place == self._chosen:
                at = (start, len(lines))
        if not lines:
            lines = [fit(line(Span("nothing is called that", "dim")), self.cells)]
        return lines, at

    def _entry(self, entry: Entry, place: int) -> list[Line]:
        chosen, action = place == self._chosen, str(place)
        wide = self.cells >= _NARROW
        key, title = (_KEY, _TITLE) if wide else (_NARROW_KEY, _NARROW_TITLE)
        room = self.cells - 2 - key - title

        def role(other: str) -> str:
            return "chosen" if chosen else other

        signs, names, abouts = (
            [plain(each) for each in wrap(words, cells)]
            for words, cells in (
                (self._drawable(" ".join(entry.keys)), key - 1),
                (entry.title, title - 1),
                (entry.about, room),
            )
        )
        drawn = []
        for row, (sign, name, about) in enumerate(zip_longest(signs, names, abouts, fillvalue="")):
            mark = self.skin.glyphs.marks["chosen"] if chosen and row == 0 else ""
            drawn.append(
                line(
                    column(mark, 2, role("key"), action=action),
                    column(sign, key, role("key"), action=action),
                    column(name, title, role("strong"), action=action),
                    column(about, room, role("dim"), action=action),
                )
            )
        return drawn

    def _drawable(self, words: str) -> str:
        """Keys in signs that this terminal has; of another width, and so before they are put into their column."""
        return words if self.skin.glyphs.braille else as_ascii(words)

"""A line to type into over a list that it narrows: help and the command palette are both made of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from netmind_tui.tui.glyph import as_ascii
from netmind_tui.tui.picture import Line, Span, column, fit, line, plain, wrap
from netmind_tui.tui.skin import Skin
from netmind_tui.tui.stage import Stage

_WIDEST, _HIGHEST = 96, 30
_FRAME_CELLS, _FRAME_ROWS = 4, 4
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


class _List(Stage, can_focus=False):
    """The entries; the line above keeps the keys."""

    DEFAULT_CSS = "_List { width: 100%; height: 1fr; }"


class Finder(ModalScreen[str | None]):
    """Ends with the wish of the entry that was chosen, or with ``None`` if it was left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", show=False, priority=True),
        Binding("up,ctrl+k", "step(-1)", show=False, priority=True),
        Binding("down,ctrl+j,tab", "step(1)", show=False, priority=True),
        Binding("pageup", "page(-1)", show=False, priority=True),
        Binding("pagedown", "page(1)", show=False, priority=True),
    ]
    DEFAULT_CSS = """
    Finder { align: center middle; background: $background 60%; }
    Finder:nocolor { background: transparent; }
    Finder > Vertical {
        height: auto; padding: 0 1; background: $background; border: round $primary; border-title-style: bold;
        border-title-color: $primary; border-subtitle-color: $foreground;
    }
    Finder Input {
        width: 100%; height: 1; margin: 0 0 1 0; padding: 0; border: none;
        background: $background; color: $foreground;
    }
    Finder Input:focus { border: none; background: $background; background-tint: $background; }
    """

    def __init__(self, title: str, placeholder: str, entries: Sequence[Entry], skin: Skin, *, query: str = "") -> None:
        super().__init__()
        self._title = title
        self._placeholder = placeholder
        self._entries = entries
        self._skin = skin
        self._query = query
        self._found = found(query, entries)
        self._chosen = 0
        self._top = 0
        self._list = _List(skin)

    def compose(self) -> ComposeResult:
        """The line, and the list."""
        box = Vertical()
        box.border_title = self._title
        box.border_subtitle = "enter does it   esc leaves"
        if not self._skin.glyphs.braille:
            box.styles.border = ("ascii", box.styles.border.top[1])
        with box:
            line_ = Input(self._query, placeholder=self._placeholder, select_on_focus=False)
            line_.cursor_blink = False
            yield line_
            yield self._list

    def on_mount(self) -> None:
        """Begin to type at once."""
        self._lay_out()
        self.query_one(Input).focus()

    def on_resize(self, _event: events.Resize) -> None:
        """Lay it out anew."""
        self._lay_out()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrow the list."""
        event.stop()
        self._query, self._chosen, self._top = event.value, 0, 0
        self._found = found(event.value, self._entries)
        self._draw()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Do what the cursor is on."""
        event.stop()
        if self._found:
            self.dismiss(self._found[self._chosen].wish)

    def on_stage_clicked(self, event: Stage.Clicked) -> None:
        """Do what was clicked."""
        event.stop()
        self.dismiss(self._found[int(event.action)].wish)

    def on_stage_scrolled(self, event: Stage.Scrolled) -> None:
        """The wheel moves the cursor."""
        event.stop()
        self.action_step(event.step)

    def action_leave(self) -> None:
        """Do nothing."""
        self.dismiss(None)

    def action_step(self, step: int) -> None:
        """The next entry, or the one before."""
        self._chosen = max(0, min(len(self._found) - 1, self._chosen + step))
        self._draw()

    def action_page(self, step: int) -> None:
        """As many entries as are seen, on or back."""
        self.action_step(step * max(1, self._rows - 2))

    @property
    def _rows(self) -> int:
        return max(1, min(_HIGHEST, self.app.size.height - 2) - _FRAME_ROWS)

    @property
    def _cells(self) -> int:
        return max(10, min(_WIDEST, self.app.size.width - 4) - _FRAME_CELLS)

    def _lay_out(self) -> None:
        box = self.query_one(Vertical)
        box.styles.width = self._cells + _FRAME_CELLS
        self._list.styles.height = self._rows
        self._draw()

    def _draw(self) -> None:
        lines, of_chosen = self._lines()
        first, last = of_chosen
        # The heading above the first entry is seen, too.
        self._top = min(self._top, max(0, first - 1)) if self._top >= first else max(self._top, last - self._rows)
        shown = lines[self._top : self._top + self._rows]
        shown += [fit((), self._cells)] * (self._rows - len(shown))
        self._list.show(shown)

    def _lines(self) -> tuple[list[Line], tuple[int, int]]:
        """All lines of the list, and from where to where the chosen entry's are."""
        lines: list[Line] = []
        at, group = (0, 0), ""
        for place, entry in enumerate(self._found):
            if not self._query.strip() and entry.group != group:
                group = entry.group
                lines += [fit((), self._cells)] if lines else []
                lines.append(fit(line(Span(group, "title")), self._cells))
            start = len(lines)
            lines += self._entry(entry, place)
            if place == self._chosen:
                at = (start, len(lines))
        if not lines:
            lines = [fit(line(Span("nothing is called that", "dim")), self._cells)]
        if not self._skin.glyphs.braille:
            lines = [
                fit(
                    tuple(Span(as_ascii(span.text), span.role, span.action) for span in each), self._cells, ellipsis="~"
                )
                for each in lines
            ]
        return lines, at

    def _entry(self, entry: Entry, place: int) -> list[Line]:
        chosen, action = place == self._chosen, str(place)
        wide = self._cells >= _NARROW
        keys, title = (_KEY, _TITLE) if wide else (_NARROW_KEY, _NARROW_TITLE)
        room = self._cells - 2 - keys - title

        def role(other: str) -> str:
            return "chosen" if chosen else other

        signs, names, abouts = (
            [plain(each) for each in wrap(words, cells)]
            for words, cells in ((" ".join(entry.keys), keys - 1), (entry.title, title - 1), (entry.about, room))
        )
        drawn = []
        for row, (sign, name, about) in enumerate(zip_longest(signs, names, abouts, fillvalue="")):
            mark = self._skin.glyphs.marks["chosen"] if chosen and row == 0 else ""
            drawn.append(
                line(
                    column(mark, 2, role("key"), action=action),
                    column(sign, keys, role("key"), action=action),
                    column(name, title, role("strong"), action=action),
                    column(about, room, role("dim"), action=action),
                )
            )
        return drawn

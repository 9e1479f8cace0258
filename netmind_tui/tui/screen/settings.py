"""Settings: every one with its value and where that comes from; below, what the chosen one means and may be."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from netmind_tui.config.setting import SETTINGS
from netmind_tui.model.configuration import Entry, Origin, shown
from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.picture import Box, Line, Span, column, ends, fit, framed, line, wrap
from netmind_tui.tui.state import State

_SHORT = re.compile("[;:,] ")
_NAMES = 10
_VALUE, _ORIGIN, _MEANING_FROM = 16, 10, 90
_FILE_FROM_ROWS = 5
_BESIDE = 22
_ROLES = {Origin.DEFAULT: "dim", Origin.FILE: "strong", Origin.ENVIRONMENT: "warn"}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list: a setting, or where ``entry`` is ``None`` the way to add one of a family."""

    key: str
    entry: Entry | None

    @property
    def is_new(self) -> bool:
        """Whether it adds one."""
        return self.entry is None


def rows_of(state: State) -> tuple[Row, ...]:
    """Every setting in the order of the file's description; after each family the way to add one."""
    by_table: dict[str, list[Entry]] = {}
    for entry in state.settings.shown.settings:
        by_table.setdefault(entry.key.partition(".")[0], []).append(entry)
    rows: list[Row] = []
    for setting in SETTINGS:
        if setting.is_family:
            # A table may hold several families, each with an end of its own.
            tail = setting.key.partition(">")[2]
            members = (entry for entry in by_table.get(setting.table, []) if entry.key.endswith(tail))
            rows += [Row(entry.key, entry) for entry in members if "<" not in entry.key]
            rows.append(Row(setting.key, None))
        else:
            found = next((entry for entry in by_table.get(setting.table, []) if entry.key == setting.key), None)
            rows += [Row(setting.key, found)] if found is not None else []
    return tuple(rows)


def chosen(state: State) -> Row | None:
    """The row under the cursor."""
    rows = rows_of(state)
    return rows[min(state.view.row("settings"), len(rows) - 1)] if rows else None


def boxes(state: State) -> Sequence[str]:
    """The list."""
    return ("settings",)


def count(state: State, box: str) -> int:
    """One row a setting."""
    return len(rows_of(state))


def opened(state: State, box: str, row: int) -> str | None:
    """Its value is asked for."""
    rows = rows_of(state)
    return f"setting {rows[row].key}" if row < len(rows) else None


def twin(state: State) -> str:
    """The command that sets the chosen one as it is, or shows all."""
    row = chosen(state)
    if row is None or row.entry is None or state.settings.trouble is not None:
        return "netmind config show"
    import shlex  # noqa: PLC0415 - only when it is asked for

    return f"netmind config set {shlex.quote(row.key)} {shlex.quote(shown(row.entry.value))}"


def body(state: State, cells: int, rows: int, glyphs: Glyphs) -> Sequence[Line]:
    """The list over what the chosen setting means; above both, what is wrong with the file."""
    drawn: list[Line] = []
    if state.settings.trouble is not None:
        drawn += _trouble(state.settings.trouble, cells, min(6, rows // 3), glyphs)
    about = _about(state, cells, glyphs)
    listed = rows_of(state)
    room = rows - len(drawn) - len(about)
    # A file with a fault is of more use than lines between the tables.
    gaps = 0 if state.settings.trouble is not None else len(_tables(listed)) - 1
    needed = len(listed) + gaps + 2
    file = _file(state, cells, room - needed, glyphs)
    drawn += _list(state, listed, cells, room - len(file), glyphs)
    return [*drawn, *about, *file]


def _file(state: State, cells: int, rows: int, glyphs: Glyphs) -> list[Line]:
    """The file as it stands, where there is room for it: with its comments, and with its faults."""
    if rows < _FILE_FROM_ROWS or not state.settings.text:
        return []
    text = state.settings.text
    digits = len(str(len(text)))
    lines = []
    for number, words in enumerate(text[: rows - 2], start=1):
        role = "dim" if words.lstrip().startswith("#") else "title" if words.startswith("[") else "text"
        lines.append(line(column(str(number), digits, "dim", right=True), Span(f"  {words}", role)))
    hidden = len(text) - len(lines)
    more = line(Span(f"{hidden} more lines", "dim")) if hidden > 0 else ()
    return framed(Box("file", line(Span("the file as it stands", "title")), lines, more=more), cells, rows, glyphs)


def _trouble(sentence: str, cells: int, most: int, glyphs: Glyphs) -> list[Line]:
    mark = glyphs.marks["error"]
    words = wrap(f"{mark} {sentence}", cells - 4, "bad")[: most - 2]
    keys = line(Span("R", "key", "read settings"), Span(" read again", "dim", "read settings"))
    title = line(Span("fault in the file: nothing is written", "bad"))
    return framed(Box("trouble", title, words, keys=keys), cells, len(words) + 2, glyphs)


def _list(state: State, listed: Sequence[Row], cells: int, rows: int, glyphs: Glyphs) -> list[Line]:
    here = min(state.view.row("settings"), max(0, len(listed) - 1))
    room = max(1, rows - 2)
    first = max(0, min(here - room // 2, len(listed) - room))
    inner = cells - 4
    width = min(max((len(row.key) for row in listed), default=0) + 2, inner - _BESIDE)
    values = [len(shown(row.entry.value)) for row in listed if row.entry is not None]
    widths = (inner, width, min(max(values, default=0), _VALUE) + 2 if inner >= _MEANING_FROM else 0)
    is_airy = len(listed) + len(_tables(listed)) - 1 <= room
    lines: list[Line] = []
    for place, row in enumerate(listed[first : first + room], start=first):
        if is_airy and place and _table(row) != _table(listed[place - 1]):
            lines.append(())
        lines.append(_row(row, place == here, place, widths, glyphs))
    keys: Line = ()
    if not state.view.read_only and state.settings.trouble is None:
        keys = line(
            Span("enter", "key", "enter"), Span(" change  ", "dim"), Span("d", "key", "reset setting"),
            Span(" default", "dim", "reset setting"),
        )  # fmt: skip
    hidden = len(listed) - room
    more = line(Span(f"{here + 1} of {len(listed)}", "dim")) if hidden > 0 else ()
    path = state.settings.shown.path
    legend = line(Span(path if state.settings.shown.exists else f"{path}: not there yet", "dim")) if path else ()
    box = Box("settings", line(Span("settings", "title")), lines, keys=keys, legend=legend, more=more)
    return framed(box, cells, rows, glyphs, focused=True)


def _row(row: Row, is_here: bool, place: int, cells: tuple[int, int, int], glyphs: Glyphs) -> Line:
    inner, width, value = cells
    action = f"row settings {place}"
    mark = glyphs.marks["chosen"] if is_here else " "
    if row.entry is None:
        words = line(
            Span(f"{mark} ", "key"),
            column(row.key, width, "chosen" if is_here else "dim", action=action),
            Span(f"add {_a(row.key)}", "dim", action),
        )
        return ends(words, (), inner)
    entry = row.entry
    origin = entry.variable or entry.origin.value
    right = line(Span(f" {origin}", _ROLES[entry.origin]))
    left = line(
        Span(f"{mark} ", "key"),
        column(entry.key, width, "chosen" if is_here else "text", action=action),
    )
    text, role = shown(entry.value) or glyphs.marks["dash"], "figure" if entry.value is not None else "dim"
    if not value:
        return ends((*left, Span(text, role, action)), right, inner)
    short = line(Span(_SHORT.split(entry.meaning)[0].rstrip("."), "dim", action))
    meaning = fit(short, inner - 2 - width - value - _ORIGIN)
    return ends((*left, column(text, value, role, action=action), *meaning), right, inner)


def _tables(listed: Sequence[Row]) -> set[str]:
    return {_table(row) for row in listed}


def _table(row: Row) -> str:
    return row.key.partition(".")[0]


def _a(family: str) -> str:
    return {
        "alias.<name>": "a name for a device",
        "keys.<action>": "a key for an action",
        "device.<id>.watts": "what a device draws",
        "device.<id>.idle_watts": "what one draws idle",
        "asset.<code>.decimals": "a token of yours",
        "host.<name>.socket": "the agent of another machine",
        "hooks.<event>": "a program for an event",
    }[family]


def _about(state: State, cells: int, glyphs: Glyphs) -> list[Line]:
    row = chosen(state)
    if row is None:
        return []
    inner = cells - 4
    setting = next(each for each in SETTINGS if each.key == row.key or _is_of(each.key, row.key))
    default = shown(row.entry.default if row.entry is not None else None) or "nothing"
    if row.entry is not None and row.entry.variable:
        default += f"; {row.entry.variable} is set and wins over the file"
    lines = [
        *wrap(setting.meaning, inner),
        *_named("expected", setting.expected, inner),
        *_named("default", default, inner),
        *_named("command", twin(state), inner),
    ]
    # As many rows for each, so that the list does not jump; of the commands only long ones need a second.
    rows = max(len(lines), 3 + max(len(wrap(each.meaning, inner)) for each in SETTINGS)) + 2
    return framed(Box("about", line(Span(row.key, "title")), lines), cells, rows, glyphs)


def _named(name: str, words: str, cells: int) -> list[Line]:
    first, *rest = wrap(words, cells - _NAMES)
    indent = Span(" " * _NAMES)
    return [line(column(name, _NAMES, "dim"), *first), *(line(indent, *each) for each in rest)]


def _is_of(family: str, key: str) -> bool:
    head, _, rest = family.partition("<")
    return "<" in family and key.startswith(head) and key.endswith(rest.partition(">")[2])

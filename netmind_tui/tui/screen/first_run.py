"""First run: five questions, one at a time, each with its answers; what is known already stands beside them."""

import shlex
from collections.abc import Sequence

from netmind_tui.tui.first_run_page import STEPS
from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.picture import Box, Line, Span, column, ends, framed, line
from netmind_tui.tui.screen.first_run_question import ABOVE, BELOW, CHOICES, KEPT, TITLES, Choice
from netmind_tui.tui.state import State

_WIDEST = 92
_WRITTEN_FROM_ROWS = 21
_KEYS_FROM = 76
_SPARE_FROM, _MOST_ABOVE = 6, 6
_BOX = "first run"
_ANSWERS = {
    "tui.signs": "unicode",
    "electricity.price_per_kwh": "no price",
    "electricity.fee_pct": "0",
    "schedule.preset": "never",
    "payer.name": "nobody yet",
}
"""The settings that are asked for, and what holds without an answer."""


def boxes(state: State) -> Sequence[str]:
    """The answers."""
    return (_BOX,)


def count(state: State, box: str) -> int:
    """One row an answer."""
    return len(choices(state))


def opened(state: State, box: str, row: int) -> str | None:
    """The answer is given."""
    given = choices(state)
    return given[min(row, len(given) - 1)].wish


def twin(state: State) -> str:
    """The command that writes what was answered to this question, or the nearest."""
    answers = state.first_run.answers
    commands = {
        "machine": "netmind doctor",
        "benchmark": "netmind bench",
        "electricity": "netmind config set electricity.price_per_kwh "
        + shlex.quote(answers.get("electricity.price_per_kwh", "")),
        "schedule": f"netmind config set schedule.preset {answers.get('schedule.preset', 'never')}",
        "payer": "netmind config set payer.name " + shlex.quote(answers.get("payer.name", "")),
    }
    return commands[state.first_run.name]


def choices(state: State) -> Sequence[Choice]:
    """The answers of the question that is asked now."""
    return CHOICES[state.first_run.name](state)


def body(state: State, cells: int, rows: int, glyphs: Glyphs) -> Sequence[Line]:
    """The question in a frame; the answers are never cut."""
    written = _written(state, cells, glyphs) if rows >= _WRITTEN_FROM_ROWS else []
    inner, room = min(cells - 4, _WIDEST), rows - 2 - len(written)
    name = state.first_run.name
    given = choices(state)
    words = max(len(each.word) for each in given)
    here = min(state.view.row(_BOX), len(given) - 1)
    drawn = [_choice(each, place == here, (inner, words), glyphs) for place, each in enumerate(given)]
    above = list(ABOVE[name](state, inner, glyphs))
    below = list(BELOW[name](state, inner, glyphs)) if name in BELOW else []
    left = room - len(drawn)
    kept = list(KEPT[name](state, inner, room, glyphs)) if name in KEPT else []
    fitting = left - len(kept) - 1
    if len(above) > fitting:
        above = [*above[: fitting - 1], line(Span("and more: Overview has all of it", "dim"))]
    above += kept
    left -= len(above)
    lines: list[Line] = [*above]
    for block in (drawn, below[: max(0, left - 2)]):
        has_room = left > 0 and block
        if has_room:
            lines.append(())
            left -= 1
        lines += block
    # With room to spare it stands where the eye falls.
    margin, spare = Span(" " * ((cells - 4 - inner) // 2)), room - len(lines)
    if spare >= _SPARE_FROM:
        lines = [()] * min(_MOST_ABOVE, spare // 3) + lines
    lines = [(margin, *each) if each else () for each in lines]
    step = state.first_run.step + 1
    title = line(Span(f"first run, {step} of {len(STEPS)}: ", "dim"), Span(TITLES[name], "title"))
    keys = line(
        Span("↑ ↓", "key", "down"), Span(" choose  ", "dim", "down"), Span("enter", "key", "enter"),
        Span(" answer  ", "dim", "enter"), Span("esc", "key", "setup skip"), Span(" skip all", "dim", "setup skip"),
    )  # fmt: skip
    if cells < _KEYS_FROM:
        keys = line(Span("esc", "key", "setup skip"), Span(" skip all", "dim", "setup skip"))
    legend = line(
        Span("nothing is sent; Settings (", "dim"), Span(",", "key"), Span(") changes all of it later", "dim")
    )
    box = Box(_BOX, title, lines, keys=keys, legend=legend)
    return [*framed(box, cells, rows - len(written), glyphs, focused=True), *written]


def _written(state: State, cells: int, glyphs: Glyphs) -> list[Line]:
    """What the file is to hold: one line a question, so that nothing jumps."""
    answers = state.first_run.to_write
    lines = []
    for key, without in _ANSWERS.items():
        value = answers.get(key)
        lines.append(
            line(
                Span(f"{glyphs.marks['pass' if key in state.first_run.answers else 'to come']} ", "good"),
                column(key, max(map(len, _ANSWERS)) + 2),
                Span(value or without, "figure" if value else "dim"),
            )
        )
    path = state.settings.shown.path
    legend = line(Span(path, "dim")) if path else ()
    box = Box("written", line(Span("to be written at the end", "title")), lines, legend=legend)
    return framed(box, cells, len(lines) + 2, glyphs)


def _choice(each: Choice, is_here: bool, cells: tuple[int, int], glyphs: Glyphs) -> Line:
    inner, words = cells
    mark = glyphs.marks["chosen"] if is_here else " "
    return ends(
        line(
            Span(f"{mark} ", "key", each.wish),
            Span(f"{glyphs.marks['pass'] if each.holds else ' '} ", "good"),
            column(each.word, words, "chosen" if is_here else "strong", action=each.wish),
            Span(f"  {each.note}", "text" if is_here else "dim", each.wish),
        ),
        (),
        inner,
    )

"""Screens whose data does not exist yet: why they are empty, what is known without it, and what works meanwhile."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from netmind_tui.tui import money_page
from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.picture import Box, Line, Span, column, framed, line, wrap
from netmind_tui.tui.screen.draw_table import draw_table
from netmind_tui.tui.screen.preset import PRESETS, day_of
from netmind_tui.tui.state import State

_WIDEST = 76
_BOOKS = "netmind earnings"
Known = Callable[[State, int, Glyphs], Sequence[list[Line]]]


@dataclass(frozen=True, slots=True)
class Empty:
    """A screen that says why it shows nothing.

    ``known`` draws what there is to say already, in parts; ``meanwhile`` are keys and what they lead to. ``is_agents``:
    what it will show is told by an agent, so that one that is only silent is another matter than none.
    """

    title: str
    why: str
    comes: str
    meanwhile: tuple[tuple[str, str, str], ...]
    command: str
    known: Known
    is_agents: bool = False

    def body(self, state: State, cells: int, rows: int, glyphs: Glyphs) -> Sequence[Line]:
        """The reason, what is known, what will stand here, and what works; in the middle, where the eye falls."""
        room = max(10, min(cells - 8, _WIDEST))
        silence = _silence(state) if self.is_agents else ""
        if silence:
            lines = wrap(silence, room, "strong")
            lines += [(), *wrap("It is tried again by itself; what it keeps is shown once it answers.", room)]
        else:
            lines = self._said(state, room, rows - 2, glyphs)
        margin = Span(" " * ((cells - 4 - room) // 2))
        above = max(0, (rows - 2 - len(lines)) // 3)
        centred: list[Line] = [()] * above + [(margin, *each) if each else () for each in lines]
        title = line(Span(self.title, "title"))
        return framed(Box(self.title.lower(), title, centred), cells, rows, glyphs, focused=True)

    def _said(self, state: State, room: int, rows: int, glyphs: Glyphs) -> list[Line]:
        lines: list[Line] = [*wrap(self.why, room, "strong"), ()]
        until = [line(Span("until then", "title"))]
        for key, action, words in (*self.meanwhile, ("y", "copy", f"copies the command {self.command}")):
            first, *rest = wrap(words, room - 4)
            until.append(line(Span(f" {key}  ", "key", action), *first))
            until += [line("    ", *each) for each in rest]
        left = rows - len(lines) - len(until)
        for part in (*self.known(state, room, glyphs), wrap(self.comes, room, "dim")):
            if part and len(part) < left:  # whole or not at all
                lines += [*part, ()]
                left -= len(part) + 1
        return [*lines, *until]

    def boxes(self, state: State) -> Sequence[str]:
        """One box."""
        return (self.title.lower(),)

    def count(self, state: State, box: str) -> int:
        """Nothing to choose."""
        return 0

    def opened(self, state: State, box: str, row: int) -> str | None:
        """Nothing to open."""
        return None

    def twin(self, state: State) -> str:
        """The command that is nearest; of the machine that is shown."""
        host = state.node.place.hostname
        return f"{self.command} --host {host}" if host and self.command == _BOOKS else self.command


def _silence(state: State) -> str:
    """Why no agent answers that is there, or may not be, or should be on another machine; nothing where none runs."""
    node, host = state.node, state.node.place.hostname
    if node.barred and node.is_absent:
        return f"{node.silence[:1].upper()}{node.silence[1:]}."
    if host:
        why = node.silence.removeprefix(f"{host}: ")
        return f"{host} does not answer: {why}" if why else f"{host} is being reached."
    return f"The agent does not answer: {node.silence}" if node.silence and not node.is_absent else ""


def _chosen_schedule(state: State, cells: int, glyphs: Glyphs) -> Sequence[list[Line]]:
    """What the configuration says, as a day: an agent keeps to it where nobody wrote a policy."""
    preset = state.settings.config.schedule
    word, note = PRESETS[preset]
    words = f"schedule.preset, which an agent keeps to while there is no policy.toml: {word}, {note}"
    return ([*wrap(words, cells), *day_of(preset, cells, glyphs)],)


def _earned(state: State, cells: int, glyphs: Glyphs) -> Sequence[list[Line]]:
    """What is known without a payer: today as the books have it, and above which rate an hour pays."""
    if not money_page.is_known(state):
        return (_floors(state, cells, glyphs),)
    from netmind_tui.tui.screen import earnings_known  # noqa: PLC0415 - only where money is known

    price = earnings_known.price_text(state)
    if state.node.is_there or price is None:
        return earnings_known.parts(state, cells, glyphs)
    # What was measured here is known to the runs, which no agent looks at.
    return (earnings_known.today(state, cells, glyphs), _floors(state, cells, glyphs, price))


def _floors(state: State, cells: int, glyphs: Glyphs, price: str | None = None) -> list[Line]:
    """Above which rate an hour pays, by the price of now or the one that is set."""
    config = state.settings.config
    price, fee = price or config.price_per_kwh, str(config.fee_pct)
    if price is None:
        words = "No price of electricity is set: with electricity.price_per_kwh each device has its floor here."
        return wrap(words, cells)
    runs = [run for run in (state.bench.run, state.first_run.measured) if run is not None]
    table = draw_table(state, max(runs, key=lambda run: run.started_at, default=None), price, fee, cells, glyphs)
    kept = f", when a network keeps {fee} % of it" if config.fee_pct else ""
    return [*wrap(f"An hour under load pays above its floor, at {price} per kWh{kept}.", cells), (), *table]


def _seen(state: State, cells: int, glyphs: Glyphs) -> Sequence[list[Line]]:
    """What was seen of trouble since this program was started; it is not kept."""
    found = [(each.since_at, name, each.reason.value, "fail") for name, each in state.notices.silent.items()]
    found += [
        (at, name, "slowed down by heat or its power supply", "warn") for name, at in state.notices.slowed_at.items()
    ]
    lines: list[Line] = []
    for at, name, words, mark in sorted(found, reverse=True):
        moment = datetime.fromisoformat(at).astimezone()
        sign = Span(f"{glyphs.marks[mark]} ", "bad" if mark == "fail" else "warn")
        lines.append(line(Span(f"{moment:%H:%M:%S} ", "dim"), sign, column(name, 8), Span(words)))
    return ([line(Span("seen since netmind-tui was started", "title")), *lines],) if lines else ()


SCHEDULE = Empty(
    "Schedule",
    "Nothing runs for others: no agent runs on this machine that would keep to the schedule. netmind agent run starts "
    "one, netmind agent install keeps one.",
    "The schedule is the file policy.toml beside config.toml: netmind schedule show draws its week, netmind schedule "
    "set FILE checks another one and puts it in its place.",
    ((",", "go settings", "another schedule: schedule.preset"), ("1", "go overview", "what the machine does now")),
    "netmind schedule show",
    _chosen_schedule,
    is_agents=True,
)
EARNINGS = Empty(
    "Earnings",
    "Nothing is earned: no payer is connected.",
    "Here will stand what payers accepted and settled beside what was metered, and why it was not more.",
    (
        (",", "go settings", "the price of electricity, a tariff, a rate card"),
        ("4", "go schedule", "when power is cheap, and what the week costs"),
    ),
    _BOOKS,
    _earned,
)
ACTIVITY = Empty(
    "Activity",
    "Nothing is written down yet: no agent keeps a journal on this machine. netmind agent run starts one, "
    "netmind agent install keeps one.",
    "Here will stand everything that happened, with its reasons, and what comes next.",
    (("1", "go overview", "what the machine does now"), ("3", "go bench", "the runs that were kept")),
    "netmind bench --history",
    _seen,
    is_agents=True,
)

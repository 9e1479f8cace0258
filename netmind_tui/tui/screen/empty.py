"""Screens whose data does not exist yet: why they are empty, and what works without it."""

from collections.abc import Sequence
from dataclasses import dataclass

from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.picture import Box, Line, Span, framed, line, wrap
from netmind_tui.tui.state import State

_WIDEST = 72


@dataclass(frozen=True, slots=True)
class Empty:
    """A screen that says why it shows nothing. ``meanwhile`` are keys and what they lead to."""

    title: str
    why: str
    comes: str
    meanwhile: tuple[tuple[str, str, str], ...]
    command: str

    def body(self, state: State, cells: int, rows: int, glyphs: Glyphs) -> Sequence[Line]:
        """The reason, what will stand here, and what there is already; in the middle, where the eye falls."""
        room = max(10, min(cells - 8, _WIDEST))
        lines: list[Line] = [*wrap(self.why, room, "strong"), (), *wrap(self.comes, room, "dim"), ()]
        lines.append(line(Span("until then", "title")))
        for key, action, words in (*self.meanwhile, ("y", "copy", f"copies {self.command}")):
            first, *rest = wrap(words, room - 4)
            lines.append(line(Span(f" {key}  ", "key", action), *first))
            lines += [line("    ", *each) for each in rest]
        left = Span(" " * ((cells - 4 - room) // 2))
        above = max(0, (rows - 2 - len(lines)) // 3)
        centred: list[Line] = [()] * above + [(left, *each) if each else () for each in lines]
        title = line(Span(self.title, "title"))
        return framed(Box(self.title.lower(), title, centred), cells, rows, glyphs, focused=True)

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
        """The command that is nearest."""
        return self.command


SCHEDULE = Empty(
    "Schedule",
    "Nothing is scheduled: no agent runs on this machine that would keep a schedule.",
    "Here the week will stand, hour by hour: when the machine may work for others, what would run, and why not.",
    (("1", "go overview", "what the machine does now"), (",", "go settings", "the settings, which hold already")),
    "netmind info",
)
EARNINGS = Empty(
    "Earnings",
    "Nothing is earned: no payer is connected.",
    "Here will stand what was metered, accepted and settled, what electricity it took, and why it was not more.",
    (("3", "go bench", "measure: with a price for electricity, a run says what an hour under load costs"),),
    "netmind bench --price 0.30EUR",
)
CERT = Empty(
    "Certificate",
    "There is no certificate: figures of this machine are known to its owner alone.",
    "Here will stand what is certified, how sure it is, until when it holds, and how others check it.",
    (("3", "go bench", "measure now: a certificate is made of such a run"),),
    "netmind bench --suite standard",
)
ACTIVITY = Empty(
    "Activity",
    "Nothing is written down yet: no agent keeps a journal on this machine.",
    "Here will stand everything that happened, with its reasons, and what comes next.",
    (("1", "go overview", "what the machine does now"), ("3", "go bench", "the runs that were kept")),
    "netmind bench --history",
)

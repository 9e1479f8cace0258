"""Who computes on one device, as a list with a cursor; without names where this place hides them."""

from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.fact import WORDS
from netmind_tui.model.host import Boundary
from netmind_tui.model.info import DeviceProcess
from netmind_tui.model.quantity import gibibytes
from netmind_tui.model.reading import Absence
from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.picture import Box, Line, Span, column, framed, line, wrap
from netmind_tui.tui.state import State

BOX = "processes"


def processes_of(state: State, device: Device) -> tuple[DeviceProcess, ...]:
    """The processes of a device, the most memory first."""
    use = state.use(device)
    found = use.processes if use is not None and use.processes is not None else ()
    return tuple(sorted(found, key=lambda each: (-(each.memory_used_bytes or 0), each.pid)))


def can_be_listed(state: State, device: Device) -> bool:
    """Whether there can be any: not of the processor, and not of a recording, which holds none."""
    return device.kind is not DeviceKind.CPU and (state.feed.kind == "live" or state.use(device) is not None)


def can_be_ended(state: State, device: Device) -> bool:
    """Whether one of them may be ended from here."""
    return bool(processes_of(state, device)) and not state.view.read_only and state.feed.kind == "live"


def wanted_rows(state: State, device: Device) -> int:
    """The rows in which all of them have room."""
    return 2 + max(1, len(processes_of(state, device)))


def processes(state: State, device: Device, cells: int, rows: int, glyphs: Glyphs, *, focused: bool) -> list[Line]:
    """The box in so many rows, with those around the cursor."""
    found = processes_of(state, device)
    inner, room = cells - 4, max(1, rows - 2)
    lines: list[Line]
    legend: Line = ()
    if not found:
        lines = wrap(nobody(state, device), inner, "dim")
    else:
        chosen = min(state.view.row(BOX), len(found) - 1)
        first = max(0, min(chosen - room // 2, len(found) - room))
        shown = found[first : first + room]
        lines = [
            _row(each, inner, glyphs, place, chosen=focused and place == chosen)
            for place, each in enumerate(shown, start=first)
        ]
        counted = f"{first + 1}–{first + len(shown)} of {len(found)}" if len(shown) < len(found) else ""
        room_for_why = inner - (len(counted) + 3 if counted else 0)
        hidden = why_nameless(state, room_for_why) if any(each.name is None for each in found) else ""
        legend = line(Span(" · ".join(part for part in (counted, hidden) if part), "dim"))
    more = line(Span("K", "key", "kill"), Span(" end…", "dim", "kill")) if can_be_ended(state, device) else ()
    box = Box(BOX, line(Span("processes", "title")), lines, legend=legend, more=more)
    return framed(box, cells, rows, glyphs, focused=focused)


def nobody(state: State, device: Device) -> str:
    """Why the list is empty."""
    use = state.use(device)
    if use is None:
        return "not asked yet"
    if use.processes is None:
        return f"cannot be seen: {WORDS[use.absent.get('processes', Absence.NOT_SUPPORTED)]}"
    return "nobody computes on it"


def why_nameless(state: State, cells: int) -> str:
    """Why a process may have no name here, in so many words as have room."""
    boundaries = state.host.boundaries if state.host is not None else {}
    if Boundary.CONTAINER in boundaries:
        said = ("this container hides the names of processes outside it", "names outside the container are hidden")
    elif Boundary.WSL in boundaries:
        said = ("WSL hides the names of Windows programs", "WSL hides their names")
    else:
        said = ("without a name: it has ended, or is somebody else's", "no name: ended, or another user's")
    return next((each for each in said if len(each) <= cells), "")


def _row(process: DeviceProcess, cells: int, glyphs: Glyphs, place: int, *, chosen: bool) -> Line:
    wish = f"row {BOX} {place}"
    return line(
        column(glyphs.marks["chosen"] if chosen else " ", 2, "key"),
        column(str(process.pid), 8, "chosen" if chosen else "strong", right=True, action=wish),
        "  ",
        column(process.name or "name not visible", max(4, cells - 22), "text" if process.name else "dim", action=wish),
        column(gibibytes(process.memory_used_bytes), 10, right=True),
    )

"""What the pages of *Bench* share: what is chosen, how a list follows its cursor, and how a row is marked."""

from collections.abc import Sequence

from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.finding import Status
from netmind_tui.model.measurement import Measurement, Reason
from netmind_tui.model.quantity import quantity, scale, significant
from netmind_tui.tui.bench_plan import Plan
from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.picture import Box, Line, Span, column, line
from netmind_tui.tui.state import State

ROLES = {
    Status.PASS: "good",
    Status.WARN: "warn",
    Status.UNSTABLE: "warn",
    Status.ERROR: "bad",
    Status.FAIL: "bad",
    Status.SKIP: "dim",
}
RATE_CELLS, SPREAD_CELLS, PEAK_CELLS = 14, 8, 7


def shown_devices(state: State) -> list[Device]:
    """The devices that can be chosen: GPUs and slices, but not a GPU that is cut into slices, and the processor."""
    cut = {device.parent for device in state.gpus if device.parent}
    gpus = [
        device
        for device in state.gpus
        if not (device.kind is DeviceKind.GPU and (device.id in cut or (device.uuid or "") in cut))
    ]
    return [*gpus, *([state.cpu] if state.cpu is not None else [])]


def is_chosen(state: State, device: Device) -> bool:
    """Whether a device is to be measured: all are but those that sleep, until somebody chooses otherwise."""
    return (device.id in state.bench.toggled) == device.asleep


def chosen_devices(state: State) -> tuple[str, ...]:
    """The ids of the devices that are to be measured."""
    return tuple(device.id for device in shown_devices(state) if is_chosen(state, device))


def all_chosen(state: State) -> bool:
    """Whether that is every device."""
    return all(is_chosen(state, device) for device in shown_devices(state))


def chosen_plan(state: State) -> Plan | None:
    """The plan of the suite under the cursor, if it is made for the chosen devices."""
    plans = state.bench.plans
    row = state.view.row("suites")
    return plans[row] if row < len(plans) and state.bench.planned_for == chosen_devices(state) else None


def focus(state: State, boxes: Sequence[str]) -> str:
    """The box that has the focus."""
    chosen = state.view.focus.get("bench", "")
    return chosen if chosen in boxes else boxes[0]


def scrolled(lines: Sequence[Line], cursor: int, rows: int) -> list[Line]:
    """So many of the lines that the cursor's is among them."""
    if rows <= 0 or len(lines) <= rows:
        return list(lines)
    first = min(max(0, cursor - rows // 2), len(lines) - rows)
    return list(lines[first : first + rows])


def from_row(lines: Sequence[Line], first: int, rows: int) -> list[Line]:
    """So many lines from one on, without running past the end."""
    return list(lines[max(0, min(first, len(lines) - rows)) :][: max(0, rows)])


def more(lines: Sequence[Line], rows: int) -> Line:
    """What a box says of the lines that it has no room for."""
    hidden = len(lines) - rows
    return line(Span(f"{hidden} more: ↑ ↓", "dim")) if hidden > 0 else ()


def box_of(name: str, title: str, lines: Sequence[Line], **rest: Line) -> Box:
    """A box with a plain title."""
    return Box(name, line(Span(title, "title")), lines, **rest)


def marked(status: Status, glyphs: Glyphs) -> Span:
    """The sign of a status and a blank."""
    return Span(f"{glyphs.marks[status]} ", ROLES[status])


def cursor(words: Line, *, here: bool) -> Line:
    """The line, raised where the cursor is."""
    if not here:
        return words
    return tuple(Span(span.text, "chosen", span.action) for span in words)


def rate_columns(value: float | None, unit: str, spread: str, peak: str | None) -> Line:
    """A rate, its spread and, where there is such a column, its share of the peak."""
    return line(
        Span(quantity(value, unit).rjust(RATE_CELLS), "figure"),  # a figure is never cut
        column(spread, SPREAD_CELLS, right=True),
        None if peak is None else column(peak, PEAK_CELLS, right=True),
    )


def written(value: float | None, unit: str) -> tuple[str, str]:
    """A figure's number and its unit, as ``quantity`` writes them."""
    if value is None:
        return "—", scale(0.0, unit)[1] if unit != "s" else "s"
    words, _, written_unit = quantity(value, unit).partition(" ")
    return words, written_unit


def why_not(m: Measurement) -> str:
    """Why a row has no figure, in its status and first reason."""
    because = next(iter(m.reasons), None)
    if because is None:
        return f"{m.status}: not measured"
    return because.detail if because.id is Reason.SKIPPED_BY_OWNER else f"{m.status}: {because.detail}"


def bounds(values: Sequence[float], unit: str) -> tuple[str, str]:
    """The least and the largest in the scale of the largest, without the unit."""
    factor, _ = scale(max(values), unit)
    return significant(min(values) / factor, 4), significant(max(values) / factor, 4)

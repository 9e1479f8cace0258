"""Overview: what the machine does now, which device needs attention, and what needs its owner."""

from collections.abc import Sequence

from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.picture import Box, Line, Span, beside, framed, line
from netmind_tui.tui.screen import overview_cards, overview_needs, overview_node, overview_rows
from netmind_tui.tui.screen.device_chart import choice_of_span
from netmind_tui.tui.state import CARDS_UP_TO, State

LAYOUTS = ("cards", "rows")
_NODE_FROM_ROWS = 19
_PROCESSES_FROM_CELLS, _PROCESSES_FROM_ROWS = 116, 34
_LEAST_NEEDS, _HIGHEST_ROW = 3, 3


def layout(state: State) -> str:
    """Cards or rows: as chosen, or else after the number of GPUs."""
    whole = sum(device.kind is DeviceKind.GPU for device in state.gpus)
    return state.view.choice("layout", LAYOUTS[0] if whole <= CARDS_UP_TO else LAYOUTS[1])


def entries(state: State) -> tuple[Device, ...]:
    """The devices that the cursor can be on, in the order in which they are shown."""
    return overview_cards.entries(state) if layout(state) == LAYOUTS[0] else overview_rows.entries(state)


def boxes(state: State) -> Sequence[str]:
    """Devices first, then what needs the owner."""
    return ("devices", "needs") if state.needs else ("devices",)


def count(state: State, box: str) -> int:
    """One row a device, one a finding."""
    return len(entries(state)) if box == "devices" else len(state.needs)


def opened(state: State, box: str, row: int) -> str | None:
    """A folded GPU unfolds, any other device opens its screen; a finding opens its evidence."""
    if box == "needs":
        return overview_needs.opened(state, row)
    shown = entries(state)
    if row >= len(shown):
        return None
    device = shown[row]
    return unfolded(state, device) or f"open {device.id}"


def unfolded(state: State, device: Device) -> str | None:
    """What shows the slices of a GPU, if they are hidden."""
    hidden = layout(state) == LAYOUTS[1] and not overview_rows.is_open(state, device)
    return f"slices {device.id}" if hidden and overview_rows.slices(state, device) else None


def twin(state: State) -> str:
    """What shows the machine as text."""
    return "netmind info"


def shows_processes(cells: int, rows: int) -> bool:
    """Whether a body of that size has a box of who computes."""
    return cells >= _PROCESSES_FROM_CELLS and rows >= _PROCESSES_FROM_ROWS


def body(state: State, cells: int, rows: int, glyphs: Glyphs) -> Sequence[Line]:
    """The node over the devices over what needs the owner."""
    focused = state.view.focus.get("overview", "devices")
    on_needs = focused == "needs" and bool(state.needs)
    least = overview_needs.least_rows(state, cells, glyphs)
    wanted = max(least, min(overview_needs.wanted_rows(state, cells, glyphs), rows // 3))
    as_cards = layout(state) == LAYOUTS[0]
    shown = entries(state)
    natural = len(shown) + 3
    node_rows = 4 if rows >= _NODE_FROM_ROWS else 0
    if not as_cards and rows - node_rows - least < natural:
        node_rows = 3 if rows >= _NODE_FROM_ROWS and rows - 3 - least >= natural else 0
    spare = rows - node_rows - natural - wanted
    wanted = wanted if as_cards or spare >= 0 else max(least, wanted + spare)
    needs_rows = min(max(_LEAST_NEEDS, wanted), rows - node_rows)
    with_processes = shows_processes(cells, rows)
    if with_processes:
        needs_rows = max(needs_rows, rows // 4)
    if not as_cards:
        needs_rows += _left_over(shown, rows - node_rows - needs_rows - natural)
    drawn = overview_node.node(state, cells, node_rows, glyphs) if node_rows else []
    devices_rows = rows - node_rows - needs_rows
    chosen = min(state.view.row("devices"), max(0, len(shown) - 1))
    if as_cards:
        drawn += overview_cards.cards(state, cells, devices_rows, glyphs, chosen=chosen, focused=not on_needs)
    else:
        drawn += _rows(state, cells, devices_rows, glyphs, focused=not on_needs)
    if with_processes:
        left = cells * 3 // 5
        return [
            *drawn,
            *beside(
                overview_needs.needs(state, left, needs_rows, glyphs, focused=on_needs),
                overview_node.processes(state, cells - left, needs_rows, glyphs),
            ),
        ]
    return [*drawn, *overview_needs.needs(state, cells, needs_rows, glyphs, focused=on_needs)]


def _left_over(shown: Sequence[Device], spare: int) -> int:
    """The lines that GPUs cannot share evenly, so that all of their rows are of one height."""
    tall = sum(device.kind is DeviceKind.GPU for device in shown)
    return spare % tall if tall and spare > 0 else 0


def _rows(state: State, cells: int, rows: int, glyphs: Glyphs, *, focused: bool) -> list[Line]:
    """The devices as rows: those around the cursor where not all have room."""
    shown = overview_rows.entries(state)
    inner, room = cells - 4, max(1, rows - 2)
    chosen = min(state.view.row("devices"), max(0, len(shown) - 1))
    lines: list[Line] = []
    if room > len(shown):
        lines.append(overview_rows.heading(state, inner))
        room -= 1
    first = max(0, min(chosen - room // 2, len(shown) - room))
    last = min(len(shown), first + room)
    tall = [device for device in shown[first:last] if device.kind is DeviceKind.GPU]
    spare = max(0, room - (last - first))
    extra = spare // len(tall) if tall else 0
    for place, device in enumerate(shown[first:last], start=first):
        here, high = focused and place == chosen, min(_HIGHEST_ROW, 1 + extra) if device in tall else 1
        lines += overview_rows.row(state, device, inner, glyphs, chosen=here, rows=high)
    sort = state.view.choice("sort", overview_rows.SORTS[0])
    keys = line(
        Span("s", "key", "sort"),
        Span(f" {sort}  ", "dim", "sort"),
        Span("g", "key", "layout"),
        Span(" cards  ", "dim", "layout"),
        *choice_of_span(state),
    )
    words = f"{first + 1}–{last} of {len(shown)}" if last - first < len(shown) else overview_node.cards(state)
    legend = line(Span(words, "dim"))
    more = line(Span("enter", "key"), Span(" device", "dim"))
    box = Box("devices", line(Span("devices", "title")), lines, keys=keys, legend=legend, more=more)
    return framed(box, cells, rows, glyphs, focused=focused)

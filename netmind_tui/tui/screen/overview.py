"""Overview: what the machine does now, which device needs attention, and what needs its owner."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.tui import money_page
from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.picture import Box, Line, beside, framed
from netmind_tui.tui.picture import divided as divided_boxes
from netmind_tui.tui.screen import overview_cards, overview_needs, overview_node, overview_order, overview_rows
from netmind_tui.tui.state import CARDS_UP_TO, State

LAYOUTS = ("cards", "rows")
_NODE_FROM_ROWS, _NEEDS_ROWS, _CHART_ROWS = 19, 5, 6
TIME_STEPS = 84
"""Half hours from a day ago to three quarters of a day from now."""
_SINCE_ROWS, _SINCE_LEAST, _TALL_ROWS = 9, 6, 34
_PROCESSES_FROM_CELLS, _PROCESSES_FROM_ROWS = 116, 34
_BORDERS, _BORDERS_CELLS, _LEAST_TODAY, _LEAST_BELOW = 2, 4, 2, 4
_Part = Callable[[State, int, int, Glyphs], Box]
"""A box's words in so many cells, of which so many lines have room."""


def layout(state: State) -> str:
    """Cards or rows: as chosen, or else after the number of GPUs."""
    whole = sum(device.kind is DeviceKind.GPU for device in state.gpus)
    return state.view.choice("layout", LAYOUTS[0] if whole <= CARDS_UP_TO else LAYOUTS[1])


def entries(state: State) -> tuple[Device, ...]:
    """The devices that the cursor can be on, in the order in which they are shown."""
    return overview_order.of_cards(state) if layout(state) == LAYOUTS[0] else overview_order.of_rows(state)


def boxes(state: State) -> Sequence[str]:
    """Devices first, then what needs the owner, and the line of time where there is one."""
    timed = ("node",) if state.node.timeline is not None else ()
    return ("devices", *(("needs",) if state.needs else ()), *timed)


def count(state: State, box: str) -> int:
    """One row a device, one a finding; on the line of time one each half hour."""
    if box == "node":
        return TIME_STEPS
    return len(entries(state)) if box == "devices" else len(state.needs)


def opened(state: State, box: str, row: int) -> str | None:
    """A folded GPU unfolds, any other device opens its screen; a finding opens its evidence."""
    if box == "needs":
        return overview_needs.opened(state, row)
    if box == "node":
        return f"happened {row}"
    shown = entries(state)
    if row >= len(shown):
        return None
    device = shown[row]
    return unfolded(state, device) or f"open {device.id}"


def unfolded(state: State, device: Device) -> str | None:
    """What shows the slices of a GPU, if they are hidden."""
    hidden = layout(state) == LAYOUTS[1] and overview_order.is_folded(state, device)
    return f"slices {device.id}" if hidden else None


def twin(state: State) -> str:
    """What shows the machine as text."""
    return "netmind status" if state.node.is_there else "netmind info"


def shows_processes(cells: int, rows: int) -> bool:
    """Whether a body of that size has a box of who computes."""
    return cells >= _PROCESSES_FROM_CELLS and rows >= _PROCESSES_FROM_ROWS


@dataclass(frozen=True, slots=True)
class _Parts:
    """The rows of each part of the body."""

    node: int
    devices: int
    needs: int


def body(state: State, cells: int, rows: int, glyphs: Glyphs) -> Sequence[Line]:
    """The node over the devices over what needs the owner."""
    focus = state.view.focus.get("overview", "devices")
    on_needs, on_node = focus == "needs" and bool(state.needs), focus == "node" and state.node.timeline is not None
    on_devices = not on_needs and not on_node
    with_since = state.node.is_there and cells >= overview_node.BESIDE_FROM
    with_processes = not with_since and shows_processes(cells, rows) and overview_node.can_know_processes(state)
    with_today = cells >= overview_node.BESIDE_FROM and money_page.is_known(state)
    left = cells * 3 // 5 if with_processes else cells * 9 // 16 if with_since or with_today else cells
    today = _today(state, cells - left, glyphs) if with_today else None
    as_cards = layout(state) == LAYOUTS[0]
    least, wanted = overview_needs.rows_between(state, left, rows, glyphs)
    above = 0 if today is None else len(today.lines) + 1
    if with_processes:
        wanted = max(wanted, above + min(rows // 4, overview_node.wanted_process_rows(state)))
    elif with_since:
        wanted = max(wanted, above + (_SINCE_ROWS if rows >= _TALL_ROWS else _SINCE_LEAST))
    elif above:
        wanted = max(wanted, above + 1)
    divided = (_of_cards if as_cards else _of_rows)(state, rows, least, wanted)
    drawn = overview_node.node(state, cells, divided.node, glyphs, focused=on_node) if divided.node else []
    if as_cards:
        chosen = min(state.view.row("devices"), max(0, len(entries(state)) - 1))
        drawn += overview_cards.cards(state, cells, divided.devices, glyphs, chosen=chosen, focused=on_devices)
    else:
        names = not divided.node
        drawn += overview_rows.rows_box(state, cells, divided.devices, glyphs, focused=on_devices, names=names)
    needs = overview_needs.needs(state, left, divided.needs, glyphs, focused=on_needs)
    if left == cells:
        return [*drawn, *needs]
    below: _Part | None = None
    if with_processes:
        below = overview_node.processes
    elif with_since:
        from netmind_tui.tui.screen.overview_since import since as below  # noqa: PLC0415 - only where there is an agent
    return [*drawn, *beside(needs, _stacked(today, below, state, cells - left, divided.needs, glyphs))]


def _today(state: State, cells: int, glyphs: Glyphs) -> Box:
    """What today came to."""
    from netmind_tui.tui.screen import overview_today  # noqa: PLC0415 - only where money is known

    return overview_today.box(state, cells - _BORDERS_CELLS, glyphs)


def _stacked(today: Box | None, below: _Part | None, state: State, cells: int, rows: int, glyphs: Glyphs) -> list[Line]:
    """Today over the other box: as many of its lines as leave that one some, and none where it has no room for both."""
    if today is None or below is None:
        made = today if below is None else below(state, cells, rows - _BORDERS, glyphs)
        return framed(made, cells, rows, glyphs) if made is not None else []
    high = min(len(today.lines), rows - _LEAST_BELOW - 1)
    if high < _LEAST_TODAY:
        return framed(below(state, cells, rows - _BORDERS, glyphs), cells, rows, glyphs)
    rest = rows - high - 1
    # The border between both tells where the second begins, and where to read on of the first.
    first = replace(today, lines=today.lines[:high], keys=today.more, more=())
    return divided_boxes(
        [(first, high + 1, False), (below(state, cells, rest - _BORDERS, glyphs), rest, False)], cells, glyphs
    )


def _heights(state: State, rows: int) -> tuple[int, ...]:
    """The rows that the node can have: where it has a line of time that always has room, otherwise none if need be."""
    if state.node.timeline is not None:
        found = overview_node.heights(state)
        return found if rows >= _NODE_FROM_ROWS else found[-2:]
    return (*overview_node.heights(state), 0) if rows >= _NODE_FROM_ROWS else (0,)


def _of_cards(state: State, rows: int, least: int, wanted: int) -> _Parts:
    """The node gives way so that every card can be seen, then what needs the owner; cards have all that is left."""
    every = overview_cards.least_rows(state)
    heights = _heights(state, rows)
    node = next((each for each in heights if rows - each - least >= every), heights[0])
    needs = max(least, min(wanted, rows - node - every))
    return _Parts(node, rows - node - needs, needs)


def _of_rows(state: State, rows: int, least: int, wanted: int) -> _Parts:
    """The node gives way where not every row has room; what rows cannot use is for what needs the owner."""
    natural = overview_rows.wanted_rows(state, 0)
    heights = _heights(state, rows)
    node = next((each for each in heights if rows - each - least >= natural), heights[-1])
    needs = max(least, min(wanted, max(rows - node - natural, _NEEDS_ROWS)))
    devices = max(rows - node - needs, 0)
    spare = max(0, devices - max(natural, overview_rows.wanted_rows(state, devices)))
    if node == heights[0] and node and spare >= overview_node.LEAST_CHART_ROWS and overview_node.has_charts(state):
        node += min(spare, _CHART_ROWS)
        spare -= node - heights[0]
    return _Parts(node, rows - node - needs - spare, needs + spare)

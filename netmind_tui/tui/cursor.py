"""Where the focus and the cursor are on a screen, and where a step takes them."""

from netmind_tui.tui.message import Focused, Moved
from netmind_tui.tui.screen import Body
from netmind_tui.tui.state import State


def focused_box(state: State, body: Body) -> str | None:
    """The box that has the focus: the first one unless another was chosen."""
    boxes = body.boxes(state)
    chosen = state.view.focus.get(state.view.screen)
    return chosen if chosen in boxes else next(iter(boxes), None)


def box_after(state: State, body: Body, step: int) -> tuple[Focused, ...]:
    """The next box, or the one before; nothing on a screen without any."""
    boxes, here = body.boxes(state), focused_box(state, body)
    return () if here is None else (Focused(boxes[(boxes.index(here) + step) % len(boxes)]),)


def row_after(state: State, body: Body, step: int) -> tuple[Moved, ...]:
    """The cursor so many rows on, within its box."""
    box = focused_box(state, body)
    if box is None:
        return ()
    last = max(0, body.count(state, box) - 1)
    return (Moved(box=box, row=min(last, max(0, state.view.row(box) + step))),)


def chosen(state: State, body: Body) -> str | None:
    """What it means to open what the cursor is on."""
    box = focused_box(state, body)
    return None if box is None else body.opened(state, box, state.view.row(box))

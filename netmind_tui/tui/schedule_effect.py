"""What the keys and the mouse do on the screen *Schedule*: move over the week, and choose what is shown of it."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from netmind_tui.model.policy import Policy
from netmind_tui.model.weekplan import CELL_MINUTES, CELLS_A_DAY
from netmind_tui.tui import schedule_ahead, schedule_ask, schedule_brush, schedule_desk, schedule_keep, schedule_page
from netmind_tui.tui.message import Focused, Moved
from netmind_tui.tui.schedule_state import Layered, Marked, Pointed, Shown
from netmind_tui.tui.screen import schedule, schedule_time, schedule_why

if TYPE_CHECKING:
    from netmind_tui.tui.app import NetmindApp

_WEEK = 7 * CELLS_A_DAY
_STEPS = {"up": -CELLS_A_DAY, "down": CELLS_A_DAY, "left": -1, "right": 1}


def opened(app: "NetmindApp") -> None:
    """The screen is gone to: without an agent the owner's file is read at once."""
    message = schedule_desk.opened(app.state)
    if message is not None:
        app.dispatch(message)


def back(app: "NetmindApp") -> None:
    """From the explanation to the week, from what happened to what is painted, from some devices to all; no range."""
    own = app.state.schedule
    if own.is_explaining:
        app.dispatch(Shown(explains=False))
    elif own.anchor is not None:
        app.dispatch(Marked(None))
    elif own.shows_past:
        app.dispatch(Shown(past=False))
    elif own.devices:
        app.dispatch(Layered(()))
    else:
        app.dispatch(Focused(schedule.WEEK))


def _cell(app: "NetmindApp", way: str) -> None:
    """An arrow, or a cell that was clicked; one that the cursor is on already is painted."""
    if way.isdigit():
        cell = int(way)
        was_here = cell == app.state.schedule.cell and app.state.schedule.anchor is None
        app.dispatch(Focused(schedule.WEEK), Pointed(cell))
        if was_here and not app.state.view.read_only and not app.state.schedule.shows_past:
            schedule_brush.paint(app, "")
        return
    if not _is_drawn(app) or schedule.focus(app.state) != schedule.WEEK:
        if way in ("up", "down"):
            app.move(1 if way == "down" else -1)
        return
    app.dispatch(Pointed(_moved(schedule_ahead.cursor(app.state), way)))


def _is_drawn(app: "NetmindApp") -> bool:
    """Whether there is a week yet: before that nobody knows where in it the cursor would be."""
    return schedule_page.policy(app.state) is not None and not schedule.is_empty(app.state)


def _range(app: "NetmindApp", way: str) -> None:
    if not _is_drawn(app):
        return
    here = schedule_ahead.cursor(app.state)
    if way:
        app.dispatch(Focused(schedule.WEEK), Pointed(_moved(here, way), extends=True, start=_start(app, here)))
    else:
        app.dispatch(Focused(schedule.WEEK), Marked(None if app.state.schedule.is_marking else here))


def _start(app: "NetmindApp", here: int) -> int:
    anchor = app.state.schedule.anchor
    return here if anchor is None else anchor


def _moved(cell: int, way: str) -> int:
    """The cell next to it, within the same day, or the same hours of another."""
    day, place = divmod(cell, CELLS_A_DAY)
    if way in ("start", "end"):
        return day * CELLS_A_DAY + (0 if way == "start" else CELLS_A_DAY - 1)
    if way in ("left", "right"):
        return day * CELLS_A_DAY + min(CELLS_A_DAY - 1, max(0, place + _STEPS[way]))
    return (cell + _STEPS[way]) % _WEEK


def _day(app: "NetmindApp", day: str) -> None:
    """All of a day."""
    if day.isdigit():
        first = int(day) * CELLS_A_DAY
        app.dispatch(Focused(schedule.WEEK), Pointed(first + CELLS_A_DAY - 1, extends=True, start=first))


def _drag(app: "NetmindApp", rest: str) -> None:
    """Take the range along, and paint it when the button is let go."""
    state, *words = rest.split()
    cells = [int(word) for word in words if word.isdigit()]
    if len(cells) != 2 or words[0] != "cell":  # noqa: PLR2004 - from one to another
        return
    app.dispatch(Focused(schedule.WEEK), Pointed(cells[1], extends=True, start=cells[0]))
    if state == "over" and not app.state.view.read_only and not app.state.schedule.shows_past:
        schedule_brush.paint(app, "")


def _next_change(app: "NetmindApp", _rest: str) -> None:
    moment, policy = schedule_time.next_change(app.state), schedule_page.policy(app.state)
    if moment is None or policy is None:
        app.say("nothing changes by the rules in the next 42 hours")
        return
    here = moment.astimezone(schedule_ahead.zone_of(policy))
    cell = here.weekday() * CELLS_A_DAY + (here.hour * 60 + here.minute) // CELL_MINUTES
    app.dispatch(Focused(schedule.WEEK), Pointed(cell))


def _past(app: "NetmindApp", _rest: str) -> None:
    app.dispatch(Shown(past=not app.state.schedule.shows_past))


def _layer(app: "NetmindApp", _rest: str) -> None:
    """All devices, the sets of devices that profiles are about, then each device that has none of its own."""
    policy = schedule_page.policy(app.state)
    if policy is None:
        return
    known = layers(app, policy)
    here = app.state.schedule.devices
    place = known.index(here) + 1 if here in known else 0
    app.dispatch(Layered(known[place % len(known)]))


def layers(app: "NetmindApp", policy: Policy) -> list[tuple[str, ...]]:
    """What the grid can be about."""
    status = app.state.node.status if app.state.node.is_there else None
    names = [each.device for each in status.devices] if status is not None else [each.id for each in app.state.devices]
    sets = [each.limits.devices for each in policy.profiles if each.limits.devices]
    alone = [(name,) for name in names] if len(names) > 1 else []
    return list(dict.fromkeys([(), *sets, *alone]))


def _explain(app: "NetmindApp", _rest: str) -> None:
    if not _is_drawn(app):
        return
    if app.state.schedule.shows_past:
        app.say("this is what happened, with its reasons; h shows what is painted, and x explains that")
        return
    app.dispatch(Moved(box=schedule_why.BOX, row=0), Shown(explains=not app.state.schedule.is_explaining))


EFFECTS: Mapping[str, Callable[["NetmindApp", str], None]] = {
    **schedule_ask.EFFECTS,
    **schedule_brush.EFFECTS,
    **schedule_keep.EFFECTS,
    "cell": _cell,
    "day": _day,
    "drag": _drag,
    "explain": _explain,
    "layer": _layer,
    "next change": _next_change,
    "past": _past,
    "range": _range,
}

"""What the keys of the screens *Overview* and *Devices* do."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from netmind_tui.model.host import Boundary
from netmind_tui.model.info import DeviceProcess
from netmind_tui.model.problem import Problem
from netmind_tui.probe.process import HeldProcess
from netmind_tui.tui.message import Focused, Moved, Turned
from netmind_tui.tui.screen import devices, overview, overview_order
from netmind_tui.tui.screen.device_processes import BOX, processes_of
from netmind_tui.tui.state import what_it_is

if TYPE_CHECKING:
    from netmind_tui.model.device import Device
    from netmind_tui.tui.app import NetmindApp
    from netmind_tui.tui.state import State


def open_device(app: "NetmindApp", device: str) -> None:
    """Show everything of one device."""
    known = [each.id for each in devices.devices(app.state)]
    app.dispatch(Turned("device", device), Turned("work log", ""))
    if device in known:
        app.dispatch(Moved(box="list", row=known.index(device)))
    app.go("devices")


def _layout(app: "NetmindApp", _rest: str) -> None:
    _next(app, "layout", overview.LAYOUTS, overview.layout(app.state))
    app.dispatch(Moved(box="devices", row=0))


def _sort(app: "NetmindApp", _rest: str) -> None:
    _next(app, "sort", overview_order.SORTS, overview_order.sort(app.state))


def _next(app: "NetmindApp", what: str, values: tuple[str, ...], now: str) -> None:
    app.dispatch(Turned(what, values[(values.index(now) + 1) % len(values)]))


def _turn(app: "NetmindApp", rest: str) -> None:
    what, _, value = rest.partition(" ")
    app.dispatch(Turned(what, value))


def _slices(app: "NetmindApp", device: str) -> None:
    app.dispatch(Turned(f"slices {device}", "open"))


def _unfold(app: "NetmindApp", _rest: str) -> None:
    if app.focused_box == "node":
        app.move(1)
        return
    device = _under_cursor(app)
    wish = None if device is None else overview.unfolded(app.state, device)
    if wish is not None:
        app.perform(wish)


def _fold(app: "NetmindApp", _rest: str) -> None:
    """Fold the slices of the GPU under the cursor, or of the slice that it is on; on the line of time, go back."""
    if app.focused_box == "node":
        app.move(-1)
        return
    device = _under_cursor(app)
    if device is None:
        return
    card = device.parent or device.id
    app.dispatch(Turned(f"slices {card}", "folded"))
    known = [each.id for each in overview.entries(app.state)]
    if card in known:
        app.dispatch(Moved(box="devices", row=known.index(card)))


def _under_cursor(app: "NetmindApp") -> "Device | None":
    shown = overview.entries(app.state)
    row = app.state.view.row("devices")
    return shown[row] if app.focused_box == "devices" and row < len(shown) else None


def why_not_ended(state: "State", process: DeviceProcess) -> str | None:
    """Why a process is not ended from here; none where it may be."""
    if state.view.read_only:
        return "this is read-only: nothing is ended"
    if state.feed.kind != "live":
        return f"{what_it_is(state)}: its processes are not here"
    if state.host is not None and Boundary.CONTAINER in state.host.boundaries:
        return "in a container the driver's numbers may be another's processes: end it where it was started"
    if process.name is None:
        return f"process {process.pid} has no name that can be seen: what cannot be named is not ended"
    return None


def _kill(app: "NetmindApp", _rest: str) -> None:
    """Ask, then end the chosen process."""
    device = devices.chosen(app.state)
    found = () if device is None else processes_of(app.state, device)
    if device is None or not found:
        app.say("no process is listed that could be ended", "warn")
        return
    process = found[min(app.state.view.row(BOX), len(found) - 1)]
    app.dispatch(Focused(BOX))
    why = why_not_ended(app.state, process)
    if why is not None:
        app.say(why, "warn")
        return
    try:
        held = HeldProcess(process.pid, process.name or "")
    except Problem as problem:
        app.say(problem.sentence, "warn")
        return
    _ask(app, held, device.id)


def _ask(app: "NetmindApp", held: HeldProcess, device: str) -> None:
    from netmind_tui.tui.modal.confirm import Confirm  # noqa: PLC0415 - 20 ms that the first picture does without

    def answered(is_yes: bool | None) -> None:
        with held:
            if not is_yes:
                return
            try:
                held.end()
            except Problem as problem:
                app.say(problem.sentence, "warn")
                return
        app.say(f"process {held.pid} ({held.name}) was asked to end")
        app.ask_uses()

    question = (
        f"Process {held.pid} ({held.name}), which computes on {device}, is asked to end (SIGTERM). "
        "It may save its work; what it does not save is lost."
    )
    app.push_screen(Confirm("End a process", question, yes=f"end {held.name}"), answered)


DEVICE_EFFECTS: Mapping[str, Callable[["NetmindApp", str], None]] = {
    "open": open_device,
    "layout": _layout,
    "sort": _sort,
    "turn": _turn,
    "slices": _slices,
    "unfold": _unfold,
    "fold": _fold,
    "kill": _kill,
}

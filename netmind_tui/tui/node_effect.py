"""What the owner says of devices with a key, and what comes of it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from netmind_tui.model.override import OverrideKind
from netmind_tui.tui import node_say
from netmind_tui.tui.message import Moved, Told, Turned
from netmind_tui.tui.screen import activity, time_line

if TYPE_CHECKING:
    from netmind_tui.model.agent import OverrideRequest
    from netmind_tui.tui.app import NetmindApp

_DONE = {
    OverrideKind.PAUSE: "paused",
    OverrideKind.FINISH: "finishing",
    OverrideKind.STOP: "stopped",
    OverrideKind.RESUME: "resumed",
    OverrideKind.CONTRIBUTE: "contributing",
}


def _pause(app: "NetmindApp", _rest: str) -> None:
    """Ask for how long, and pause."""
    from netmind_tui.tui.modal.pause import PausePrompt  # noqa: PLC0415 - where it is asked for

    devices = _meant(app)
    host = app.state.node.place.hostname

    def answered(words: str | None) -> None:
        if words is not None:
            say(app, OverrideKind.PAUSE, devices, words)

    app.push_screen(PausePrompt(devices, _now(app), host), answered)


def _finish(app: "NetmindApp", _rest: str) -> None:
    say(app, OverrideKind.FINISH, _meant(app))


def _resume(app: "NetmindApp", _rest: str) -> None:
    say(app, OverrideKind.RESUME, _meant(app))


def _stop(app: "NetmindApp", _rest: str) -> None:
    _ask_stop(app, _meant(app), "Stop now")


def _give_back(app: "NetmindApp", _rest: str) -> None:
    """Stop the device under the cursor; without an agent the key is what it is elsewhere: one row up."""
    if not app.state.node.is_there:
        app.move(-1)
        return
    device = node_say.under_cursor(app.state)
    if device is None:
        app.say("give back: the cursor is on no device", "warn")
        return
    _ask_stop(app, (device,), f"Give {device} back")


def _exclude(app: "NetmindApp", _rest: str) -> None:
    device = node_say.under_cursor(app.state)
    if device is None:
        app.say("exclude: the cursor is on no device", "warn")
        return
    say(app, OverrideKind.PAUSE, (device,))


def _next_device(app: "NetmindApp", _rest: str) -> None:
    known = activity.devices(app.state)
    here = activity.chosen(app.state)[0]
    _turn(app, "activity device", known[(known.index(here) + 1) % len(known)])


def _next_kind(app: "NetmindApp", _rest: str) -> None:
    """The next kind of which there is anything."""
    kinds = tuple(activity.KINDS)
    seen = {event.kind for event in app.state.node.events}
    start = kinds.index(activity.chosen(app.state)[1])
    order = (*kinds[start + 1 :], *kinds[: start + 1])
    _turn(app, "activity kind", next((each for each in order if seen & activity.KINDS[each]), activity.ALL))


def _turn(app: "NetmindApp", what: str, value: str) -> None:
    app.dispatch(Turned(what, value), Turned("event", "none"), Moved(box=activity.EVENTS, row=0))


def _happened(app: "NetmindApp", step: str) -> None:
    """Show what had happened by a moment on the line of time; what is to come is explained where it stands."""
    now = time_line.now_of(app.state)
    place = int(step) if step.isdigit() else time_line.NOW_STEP
    if now is None or place >= time_line.NOW_STEP:
        return
    at = now - time_line.BEFORE + (place + 1) * time_line.STEP
    app.dispatch(
        Turned("activity device", activity.ALL), Turned("activity kind", activity.ALL), Turned("event", "none")
    )
    found = activity.shown(app.state)
    row = next((row for row, each in enumerate(found) if datetime.fromisoformat(each.event.at) < at), 0)
    app.dispatch(Moved(box=activity.EVENTS, row=row))
    app.go("activity")


def _ask_stop(app: "NetmindApp", devices: tuple[str, ...], title: str) -> None:
    from netmind_tui.tui.modal.confirm import Confirm  # noqa: PLC0415 - as above

    def answered(is_yes: bool | None) -> None:
        if is_yes:
            say(app, OverrideKind.STOP, devices)

    question = (
        f"What runs on {node_say.about(devices)} is killed at once and its memory is free: work that was not saved is "
        "lost. It stays stopped until you resume."
    )
    twin = node_say.command(OverrideKind.STOP, devices, host=app.state.node.place.hostname)
    app.push_screen(Confirm(title, question, yes=twin), answered)


def say(app: "NetmindApp", kind: OverrideKind, devices: tuple[str, ...], words: str = "") -> None:
    """Say it to the agent, beside the interface; what follows is shown as soon as it answers."""
    link = getattr(app.feed, "link", None)
    if link is None:
        app.say("no agent answers: nothing was changed", "warn")
        return
    request: OverrideRequest = node_say.asked(kind, devices, words, _now(app))
    twin = node_say.command(kind, devices, words, app.state.node.place.hostname)

    def work() -> None:
        try:
            link.say(request)
            app.mail(Told(f"{_DONE[kind]} {node_say.about(devices)}: {twin}"))
        finally:
            app.call_later(app.tick)

    app.in_background(work)


def _meant(app: "NetmindApp") -> tuple[str, ...]:
    device = node_say.selected(app.state)
    return () if device is None else (device,)


def _now(app: "NetmindApp") -> datetime:
    return app.state.at or datetime.now().astimezone()


EFFECTS: Mapping[str, Callable[["NetmindApp", str], None]] = {
    "pause": _pause,
    "resume": _resume,
    "finish": _finish,
    "stop": _stop,
    "give back": _give_back,
    "exclude": _exclude,
    "happened": _happened,
    "activity device": _next_device,
    "activity kind": _next_kind,
}

"""What each action does to the app; the registry says what there is, this says how."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from netmind_tui.tui import app_effect, bench_effect, first_run_effect, settings_effect
from netmind_tui.tui.device_effect import DEVICE_EFFECTS
from netmind_tui.tui.message import Focused, Moved, Turned
from netmind_tui.tui.state import SPANS

if TYPE_CHECKING:
    from netmind_tui.tui.app import NetmindApp

Effect = Callable[["NetmindApp", str], None]
"""Given the app, and what stands after the verb: ``gpu:4`` of ``open gpu:4``."""


def _go(app: "NetmindApp", screen: str) -> None:
    app.go(screen)


def _span(app: "NetmindApp", _rest: str) -> None:
    now = app.state.view.choice("span", SPANS[0])
    app.dispatch(Turned("span", SPANS[(SPANS.index(now) + 1) % len(SPANS)]))


def _copy(app: "NetmindApp", _rest: str) -> None:
    twin = app.body.twin(app.state)
    app.copy_to_clipboard(twin)
    app.say(f"copied: {twin}")


def _look_again(app: "NetmindApp", _rest: str) -> None:
    app.look_again()
    app.say("looking at the machine again")


def _back(app: "NetmindApp", _rest: str) -> None:
    if app.state.view.screen == "bench":
        bench_effect.back(app)


def _row(app: "NetmindApp", rest: str) -> None:
    box, _, row = rest.partition(" ")
    if row.isdigit():
        app.dispatch(Focused(box), Moved(box=box, row=int(row)))


EFFECTS: Mapping[str, Effect] = {
    "go": _go,
    **DEVICE_EFFECTS,
    "focus": lambda app, box: app.dispatch(Focused(box)),
    "row": _row,
    "next box": lambda app, _: app.step_focus(1),
    "box before": lambda app, _: app.step_focus(-1),
    "down": lambda app, _: app.move(1),
    "up": lambda app, _: app.move(-1),
    "enter": lambda app, _: app.open_chosen(),
    "span": _span,
    "copy": _copy,
    "look again": _look_again,
    "bench": lambda app, _: app.go("bench"),
    "back": _back,
    **bench_effect.EFFECTS,
    **app_effect.EFFECTS,
    **settings_effect.EFFECTS,
    **first_run_effect.EFFECTS,
}

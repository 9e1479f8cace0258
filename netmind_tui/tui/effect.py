"""What each action does to the app; the registry says what there is, this says how, or which part knows it."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from netmind_tui.tui.action import BY_ID
from netmind_tui.tui.later import Later
from netmind_tui.tui.message import Focused, Moved, Turned
from netmind_tui.tui.node_page import ACTING, NO_AGENT, forbidden, spans

if TYPE_CHECKING:
    from netmind_tui.tui.app import NetmindApp
    from netmind_tui.tui.state import State

Effect = Callable[["NetmindApp", str], None]
"""Given the app, and what stands after the verb: ``gpu:4`` of ``open gpu:4``."""
_NOT_ROWS, _FARTHEST = 8, 1 << 20


def _go(app: "NetmindApp", screen: str) -> None:
    app.go(screen)
    if screen == "schedule":
        _SCHEDULE_OPENED()(app)


def _span(app: "NetmindApp", _rest: str) -> None:
    known = spans(app.state.node)
    now = app.state.view.choice("span", known[0])
    place = known.index(now) + 1 if now in known else 0
    app.dispatch(Turned("span", known[place % len(known)]))


def _copy(app: "NetmindApp", _rest: str) -> None:
    twin = app.body.twin(app.state)
    app.copy_to_clipboard(twin)
    app.say(f"copied: {twin}")


def _look_again(app: "NetmindApp", _rest: str) -> None:
    app.look_again()
    app.say("looking at the machine again")


def _back(app: "NetmindApp", _rest: str) -> None:
    if app.state.view.screen == "bench":
        _BENCH_BACK()(app)
    elif app.state.view.screen == "cert":
        _CERT_BACK()(app)
    elif app.state.view.screen == "overview":
        app.dispatch(Turned("device chosen", "no"))
    elif app.state.view.screen == "activity":
        app.dispatch(Turned("event", "none"))
    elif app.state.view.screen == "schedule":
        _SCHEDULE_BACK()(app)
    elif app.state.view.screen == "devices":
        _LOG_BACK()(app)


def _row(app: "NetmindApp", rest: str) -> None:
    box, _, row = rest.partition(" ")
    if row.isdigit():
        app.dispatch(Focused(box), Moved(box=box, row=int(row)))


def _page(app: "NetmindApp") -> int:
    """About as many rows as a box can show."""
    return max(1, app.size_now.rows - _NOT_ROWS)


def _step_rig(app: "NetmindApp", by: int) -> None:
    """Show another of the machines that are watched."""
    state = app.rigs.step(app.state, by)
    if state is not None:
        app.state, app.feed, app.lookout = state, app.rigs.shown.feed, app.rigs.shown.lookout
        app.tick()


EFFECTS: Mapping[str, Effect] = {
    "go": _go,
    "focus": lambda app, box: app.dispatch(Focused(box)),
    "row": _row,
    "next box": lambda app, _: app.step_focus(1),
    "box before": lambda app, _: app.step_focus(-1),
    "down": lambda app, _: app.move(1),
    "up": lambda app, _: app.move(-1),
    "page down": lambda app, _: app.move(_page(app)),
    "page up": lambda app, _: app.move(-_page(app)),
    "first": lambda app, _: app.move(-_FARTHEST),
    "last": lambda app, _: app.move(_FARTHEST),
    "enter": lambda app, _: app.open_chosen(),
    "span": _span,
    "next rig": lambda app, _: _step_rig(app, 1),
    "rig before": lambda app, _: _step_rig(app, -1),
    "copy": _copy,
    "look again": _look_again,
    "bench": lambda app, _: app.go("bench"),
    "back": _back,
}

_Part = Later[Mapping[str, Effect]]
_APP: _Part = Later("netmind_tui.tui.app_effect", "EFFECTS")
_BENCH: _Part = Later("netmind_tui.tui.bench_effect", "EFFECTS")
_BENCH_BACK: Later[Callable[["NetmindApp"], None]] = Later("netmind_tui.tui.bench_effect", "back")
_CERT: _Part = Later("netmind_tui.tui.cert_effect", "EFFECTS")
_CERT_BACK: Later[Callable[["NetmindApp"], None]] = Later("netmind_tui.tui.cert_effect", "back")
_DEVICE: _Part = Later("netmind_tui.tui.device_effect", "DEVICE_EFFECTS")
_FIND: _Part = Later("netmind_tui.tui.bench_find", "EFFECTS")
_FIRST_RUN: _Part = Later("netmind_tui.tui.first_run_effect", "EFFECTS")
_NODE: _Part = Later("netmind_tui.tui.node_effect", "EFFECTS")
_SCHEDULE: _Part = Later("netmind_tui.tui.schedule_effect", "EFFECTS")
_SCHEDULE_BACK: Later[Callable[["NetmindApp"], None]] = Later("netmind_tui.tui.schedule_effect", "back")
_SCHEDULE_OPENED: Later[Callable[["NetmindApp"], None]] = Later("netmind_tui.tui.schedule_effect", "opened")
_SETTINGS: _Part = Later("netmind_tui.tui.settings_effect", "EFFECTS")
_WORK: _Part = Later("netmind_tui.tui.work_effect", "EFFECTS")
_LOG_BACK: Later[Callable[["NetmindApp"], None]] = Later("netmind_tui.tui.work_effect", "close")

PARTS: Mapping[str, _Part] = {
    **dict.fromkeys(("find", "help", "need", "palette", "share", "signs", "suspend", "theme"), _APP),
    **dict.fromkeys(("bench", "open-run", "quit", "show-device", "toggle-device"), _BENCH),
    **dict.fromkeys(("cert", "certify", "judge-profile", "make-certificate", "validate"), _CERT),
    **dict.fromkeys(("fold", "kill", "layout", "open", "slices", "sort", "turn", "unfold"), _DEVICE),
    "open-kernel": _FIND,
    **dict.fromkeys(("activity", "exclude", "finish", "give", "happened", "pause", "resume", "stop"), _NODE),
    "setup": _FIRST_RUN,
    **dict.fromkeys(("brush", "cell", "copy", "day", "drag", "drop", "edit", "erase", "explain", "ignore"), _SCHEDULE),
    **dict.fromkeys(("import", "layer", "letter", "limit", "never", "next", "paint", "past", "range"), _SCHEDULE),
    **dict.fromkeys(("redo", "save", "take", "undo"), _SCHEDULE),
    **dict.fromkeys(("read", "reset", "setting"), _SETTINGS),
    **dict.fromkeys(("log", "open-log", "work"), _WORK),
}
"""Which part knows what begins with a word; it is loaded when that is first wished for."""


def refusal(state: "State", wish: str) -> str | None:
    """Why an action is not done now; ``None`` where it is, or is none."""
    action = BY_ID.get(wish)
    if action is None:
        return None
    name = action.title.rstrip("…")
    if action.needs_agent and not state.node.is_there:
        return f"{name}: {state.node.silence or NO_AGENT}"
    if action.changes and state.view.read_only:
        return f"{name}: this is read-only, nothing is changed"
    why = forbidden(state.node) if action.id in ACTING else None
    return None if why is None else f"{name}: {why}"


def effect_of(wish: str) -> Effect | None:
    """What a wish does: an action by its id, or else a verb with a word more."""
    verb = wish.partition(" ")[0]
    effect = EFFECTS.get(wish)
    if effect is None and verb in PARTS:
        effects = PARTS[verb]()
        effect = effects.get(wish) or effects.get(verb)
    return effect or EFFECTS.get(verb)

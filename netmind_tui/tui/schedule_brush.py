"""What the keys of *Schedule* paint with, and what they paint: each is one step that can be taken back."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from netmind_tui.model.paint import Brush, brushes, copied, held_by_others, painted
from netmind_tui.model.policy import DAYS, Policy
from netmind_tui.model.weekplan import CELLS_A_DAY
from netmind_tui.tui import schedule_ahead, schedule_entry, schedule_page
from netmind_tui.tui.message import Message
from netmind_tui.tui.schedule_state import Dipped, Drafted, Marked, Shown, Undone
from netmind_tui.tui.screen import schedule_week

if TYPE_CHECKING:
    from netmind_tui.tui.app import NetmindApp


def _dip(app: "NetmindApp", brush: Brush) -> None:
    app.dispatch(Dipped(brush), Shown(past=False))


def _brush(app: "NetmindApp", place: str) -> None:
    policy = schedule_page.policy(app.state)
    if policy is None or app.state.view.read_only:
        return
    known = brushes(policy, app.state.schedule.devices)
    if place.isdigit() and int(place) < len(known):
        _dip(app, known[int(place)])


def _next_brush(app: "NetmindApp", _rest: str) -> None:
    policy = schedule_page.policy(app.state)
    if policy is not None:
        known = brushes(policy, app.state.schedule.devices)
        _dip(app, known[(known.index(schedule_week.brush_of(app.state, policy)) + 1) % len(known)])


def _letter(app: "NetmindApp", sign: str) -> None:
    policy = schedule_page.policy(app.state)
    if policy is None:
        return
    found = {schedule_week.letter(policy, each, app.skin.glyphs): each for each in _known(app, policy)}
    if sign not in found:
        names = ", ".join(
            f"{key} {each.profile or 'no profile'}" for key, each in found.items() if each.profile is not None
        )
        app.say(f"no profile here has the letter {sign}" + (f": {names}" if names else ""), "warn")
        return
    _dip(app, found[sign])


def _known(app: "NetmindApp", policy: Policy) -> tuple[Brush, ...]:
    return brushes(policy, app.state.schedule.devices)


def paint(app: "NetmindApp", _rest: str) -> None:
    """Paint the range with the brush."""
    policy = schedule_page.policy(app.state)
    if policy is not None:
        _put(app, policy, schedule_week.brush_of(app.state, policy))


def _erase(app: "NetmindApp", _rest: str) -> None:
    policy = schedule_page.policy(app.state)
    if policy is not None:
        _put(app, policy, Brush())


def _put(app: "NetmindApp", policy: Policy, brush: Brush) -> None:
    state, devices = app.state, app.state.schedule.devices
    if state.schedule.shows_past:
        app.say("what happened cannot be painted: h shows what is painted", "warn")
        return
    if not _is_painted_apart(app, policy):
        return
    cells = schedule_ahead.chosen(state)
    after = painted(policy, cells, brush, devices)
    app.dispatch(*then(Drafted(after)))
    held = held_by_others(policy, cells, devices) if devices else {}
    if held:
        name = next(iter(held.values()))
        app.say(f"{name} is about more than {','.join(devices)}: D all changes it, {len(held)} cells stayed", "warn")


def _is_painted_apart(app: "NetmindApp", policy: Policy) -> bool:
    """Whether the devices of the grid can be painted by themselves; where not it is said."""
    devices = app.state.schedule.devices
    if schedule_week.is_painted_apart(policy, devices):
        return True
    names, listed = ",".join(devices), ", ".join(f'"{each}"' for each in devices)
    words = f"no profile is about {names} alone: esc shows all devices, or give one devices = [{listed}] in the file"
    app.say(words, "warn")
    return False


def then(*messages: Message) -> tuple[Message, ...]:
    """And no range any more."""
    return (*messages, Marked(None))


def _copy_day(app: "NetmindApp", _rest: str) -> None:
    from netmind_tui.tui.modal.prompt import Prompt  # noqa: PLC0415 - where it is asked for

    policy = schedule_page.policy(app.state)
    if policy is None or not _is_painted_apart(app, policy):
        return
    day = schedule_ahead.cursor(app.state) // CELLS_A_DAY

    def answered(text: str | None) -> None:
        if text is not None:
            days = [each for each in schedule_entry.read_days(text) if each != day]
            app.dispatch(*then(Drafted(copied(policy, day, days, app.state.schedule.devices))))

    name = DAYS[day].capitalize()
    choices = schedule_entry.DAYS_CHOICES
    prompt = Prompt(f"copy {name} to", schedule_entry.DAYS_HINT, choices[0], schedule_entry.days_fault, choices=choices)
    app.push_screen(prompt, answered)


def _undo(app: "NetmindApp", _rest: str) -> None:
    if not app.state.schedule.drafts:
        app.say("nothing to take back")
        return
    app.dispatch(Undone())


def _redo(app: "NetmindApp", _rest: str) -> None:
    app.dispatch(Undone(again=True))


EFFECTS: Mapping[str, Callable[["NetmindApp", str], None]] = {
    "brush": _brush,
    "copy day": _copy_day,
    "erase": _erase,
    "letter": _letter,
    "never": lambda app, _: _dip(app, Brush()),
    "next brush": _next_brush,
    "paint": paint,
    "redo": _redo,
    "undo": _undo,
}

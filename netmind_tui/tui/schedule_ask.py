"""What the keys of *Schedule* ask for: limits, dates, calendars, and until when to contribute all the same."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from netmind_tui.model.override import OverrideKind
from netmind_tui.model.policy import Exception_
from netmind_tui.model.problem import Problem
from netmind_tui.model.week_word import exception_words
from netmind_tui.model.weekplan import CELL_MINUTES, CELLS_A_DAY
from netmind_tui.node.policy.limit import limit_hint, limit_text, with_limit
from netmind_tui.tui import node_effect, schedule_ahead, schedule_desk, schedule_entry, schedule_page
from netmind_tui.tui.schedule_brush import then
from netmind_tui.tui.schedule_state import Drafted
from netmind_tui.tui.screen import schedule, schedule_cell, schedule_guard, schedule_time, schedule_week

if TYPE_CHECKING:
    from netmind_tui.model.policy import Guard
    from netmind_tui.tui.app import NetmindApp

_ADD = "add"
_ONCE = timedelta(hours=4)


def _limit(app: "NetmindApp", _rest: str) -> None:
    """Ask for another limit: of the guard under the cursor, or of the one that keeps the cell from running."""
    from netmind_tui.tui.modal.prompt import Prompt  # noqa: PLC0415 - where it is asked for

    policy, guard = schedule_page.policy(app.state), _guard_meant(app)
    if policy is None:
        return
    if guard is None:
        app.say("no guard keeps this cell from running: choose one with tab and the arrows", "warn")
        return

    def fault(text: str) -> str | None:
        try:
            with_limit(guard, text)
        except Problem as problem:
            return problem.sentence
        return None

    def answered(text: str | None) -> None:
        if text is not None:
            now = schedule_page.policy(app.state) or policy
            new = with_limit(guard, text)
            app.dispatch(
                Drafted(replace(now, guards=tuple(new if each.kind is guard.kind else each for each in now.guards)))
            )

    title = f"limit of {guard.kind}"
    app.push_screen(Prompt(title, f"Expected: {limit_hint(guard)}.", limit_text(guard), fault), answered)


def _guard_meant(app: "NetmindApp") -> "Guard | None":
    state = app.state
    policy = schedule_page.policy(state)
    if policy is None:
        return None
    if schedule.focus(state) == schedule_guard.BOX:
        return schedule_guard.guard_at(state, state.view.row(schedule_guard.BOX))
    found = schedule_cell.decided(state, policy) or []
    kinds = [kind for each in found if (kind := schedule_cell.guard_of(each.decision)) is not None]
    return next((each for each in policy.guards if kinds and each.kind is kinds[0]), None)


def _ignore(app: "NetmindApp", _rest: str) -> None:
    """Ask until when to contribute whatever the rules say: it begins now."""
    from netmind_tui.tui.modal.pause import SayPrompt  # noqa: PLC0415 - where it is asked for

    policy = schedule_page.policy(app.state)
    if policy is None:
        return
    now = app.state.at or datetime.now().astimezone()
    found = schedule_cell.decided(app.state, policy) or []
    at = schedule_week.moment_of(app.state, policy, schedule_ahead.cursor(app.state))
    if at is not None and at > now:
        app.say(
            "a word of yours begins now: ignore once is for the cell of now; e lets a date to come be different", "warn"
        )
        return
    moment = next((each.decision.until for each in found if each.decision.until is not None), None)
    # Once is not all day: what lifts later than that is ignored for an hour, unless its owner says otherwise.
    usual = f"{moment.astimezone():%H:%M}" if moment is not None and moment - now <= _ONCE else "1h"
    devices = app.state.schedule.devices
    host = app.state.node.place.hostname

    def answered(words: str | None) -> None:
        if words is not None:
            node_effect.say(app, OverrideKind.CONTRIBUTE, devices, words)

    app.push_screen(SayPrompt(OverrideKind.CONTRIBUTE, devices, now, host, usual=usual), answered)


def _dates(app: "NetmindApp", _rest: str) -> None:
    """Choose a date to take out, or to add one."""
    from netmind_tui.tui.modal.finder import Entry, Finder  # noqa: PLC0415 - where it is asked for

    found = schedule_time.listed(app.state)
    taken = [
        Entry(wish=f"take date {row}", title=each.name, about=f"take out: {exception_words(each)}")
        for row, each in enumerate(found)
        if isinstance(each, Exception_)
    ]
    if not taken:
        _add_date(app)
        return
    entries = [Entry(wish=_ADD, title="add a date", about="days or hours on which it is different"), *taken]

    def answered(wish: str | None) -> None:
        if wish == _ADD:
            _add_date(app)
        elif wish is not None:
            app.perform(wish)

    app.push_screen(Finder("exceptions", "type a name, or choose", entries), answered)


def _add_date(app: "NetmindApp") -> None:
    from netmind_tui.tui.modal.prompt import Prompt  # noqa: PLC0415 - where it is asked for

    policy = schedule_page.policy(app.state)
    if policy is None:
        return
    names = [each.name for each in policy.profiles]
    cells = schedule_ahead.chosen(app.state)
    day = schedule_ahead.next_date(app.state, cells[0] // CELLS_A_DAY)
    start, end = cells[0] % CELLS_A_DAY * CELL_MINUTES, (cells[-1] % CELLS_A_DAY + 1) * CELL_MINUTES
    usual = "" if day is None else schedule_entry.date_text(day, start, end)

    def answered(text: str | None) -> None:
        now = schedule_page.policy(app.state)
        if text is not None and now is not None:
            new = schedule_entry.read_date(text, names)
            app.dispatch(*then(Drafted(replace(now, exceptions=(*now.exceptions, new)))))

    fault = lambda text: schedule_entry.date_fault(text, names)  # noqa: E731 - one argument more
    app.push_screen(Prompt("another date", schedule_entry.DATE_HINT, usual, fault), answered)


def _take_date(app: "NetmindApp", rest: str) -> None:
    """Take one out; it is taken back with undo."""
    word, _, row = rest.partition(" ")
    found, policy = schedule_time.listed(app.state), schedule_page.policy(app.state)
    if word != "date" or not row.isdigit() or policy is None or app.state.view.read_only:
        return
    gone = found[int(row)] if int(row) < len(found) else None
    if isinstance(gone, Exception_):
        kept = tuple(each for each in policy.exceptions if each != gone)
        app.dispatch(Drafted(replace(policy, exceptions=kept)))
        app.say(f"{gone.name} is taken out once it is saved; u takes that back")


def _import(app: "NetmindApp", _rest: str) -> None:
    """Ask for a calendar's file, and read it beside the interface."""
    from netmind_tui.tui.modal.prompt import Prompt  # noqa: PLC0415 - where it is asked for

    policy = schedule_page.policy(app.state)
    if policy is None:
        return
    if not policy.windows:
        app.say("paint a window first: without one nothing runs, busy or not", "warn")
        return

    def answered(text: str | None) -> None:
        if text is None:
            return

        def work() -> None:
            result, words = schedule_desk.with_calendar(policy, Path(text).expanduser())
            exceptions = result.after.policy.exceptions

            def take() -> None:
                now = schedule_page.policy(app.state)
                if now is not None:
                    app.dispatch(Drafted(replace(now, exceptions=exceptions)))
                    app.say(f"{words}; ctrl+s saves")

            app.call_later(take)

        app.say(f"{text} is read")
        app.in_background(work)

    fault = lambda text: None if text.strip() else "the name of a file is needed"  # noqa: E731 - one expression
    hint = (
        "The .ics file whose busy times of the next 60 days are never. netmind schedule import FILE.ics does the same."
    )
    app.push_screen(Prompt("import a calendar", hint, "", fault), answered)


EFFECTS: Mapping[str, Callable[["NetmindApp", str], None]] = {
    "edit dates": _dates,
    "ignore": _ignore,
    "import": _import,
    "limit": _limit,
    "take": _take_date,
}

"""What the owner does with workloads: reads their logs, looks for words in them, stops them and lets them start."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from netmind_tui.model.candidate import FIRST_COMMAND
from netmind_tui.model.selector import ranges
from netmind_tui.tui.message import Focused, Moved, Told, Turned
from netmind_tui.tui.node_page import forbidden
from netmind_tui.tui.work_page import (
    CLOSING,
    LOG,
    WORK,
    chosen_work,
    command,
    is_stoppable,
    matches,
    opened_log,
    opening,
    seeking,
    shown_log,
    sought,
)

if TYPE_CHECKING:
    from netmind_tui.model.candidate import Candidate
    from netmind_tui.tui.app import NetmindApp


def close(app: "NetmindApp") -> None:
    """Leave the log; first what is looked for in it."""
    if sought(app.state):
        app.dispatch(Turned(*seeking("")))
    elif opened_log(app.state) is not None:
        app.dispatch(Turned(*CLOSING), Focused(WORK))


def search(app: "NetmindApp") -> None:
    """Ask for words, and go to the last line before the cursor that has them."""
    from netmind_tui.tui.modal.prompt import Prompt  # noqa: PLC0415 - where it is asked for

    def answered(words: str | None) -> None:
        if words is None:
            return
        app.dispatch(Turned(*seeking(words)))
        if words:
            _go(app, -1, here=True)

    hint = "Lines with these words, upper and lower case alike; nothing ends the search."
    app.push_screen(Prompt("Search the log", hint, sought(app.state), lambda _words: None), answered)


def _open(app: "NetmindApp", rest: str) -> None:
    """Show the log of a workload's instance: ``boinc boinc@gpu:0``."""
    name, _, key = rest.partition(" ")
    why = forbidden(app.state.node)
    if not name or not app.state.node.is_there:
        app.say("no log can be read: no agent answers", "warn")
    elif why is not None:
        app.say(f"Log of {name}: {why}", "warn")
    else:
        app.dispatch(Turned(*seeking("")), Turned(*opening(name, key or None)), Moved(box=LOG, row=0), Focused(LOG))
        link = getattr(app.feed, "link", None)
        if link is not None:
            link.follow(app.state)


def _go(app: "NetmindApp", step: int, *, here: bool = False) -> None:
    """To the next line with what is looked for, or the one before; round the end and back."""
    log, words = shown_log(app.state), sought(app.state)
    if log is None or not words:
        app.say("nothing is looked for: / asks for words", "warn")
        return
    rows, row = matches(log.lines, words), min(app.state.view.row(LOG), len(log.lines) - 1)
    if not rows:
        app.say(f"{words}: no line has it", "warn")
        return
    if step < 0:
        found = next((each for each in reversed(rows) if each < row or (here and each == row)), rows[-1])
    else:
        found = next((each for each in rows if each > row), rows[0])
    app.dispatch(Moved(box=LOG, row=found))


def _work(app: "NetmindApp", _rest: str) -> None:
    """Stop the chosen workload after a question, or let it start."""
    candidate = chosen_work(app.state)
    if candidate is None:
        app.say(f"no workload is here to be stopped or started; {FIRST_COMMAND} makes one", "warn")
    elif is_stoppable(candidate):
        _ask_stop(app, candidate)
    else:
        _say(app, candidate.name, command(app.state), starts=True)


def _ask_stop(app: "NetmindApp", candidate: "Candidate") -> None:
    from netmind_tui.tui.modal.confirm import Confirm  # noqa: PLC0415 - as above

    twin = command(app.state)

    def answered(is_yes: bool | None) -> None:
        if is_yes:
            _say(app, candidate.name, twin, starts=False)

    there = tuple(device for own in candidate.workload.instances if own.state.value != "none" for device in own.devices)
    where = f" on {ranges(there)}" if there else ""
    question = (
        f"{candidate.name} ends{where}, within its grace and 3.5 s at most; what it did not save is lost. It stays "
        "stopped until you start it; other workloads may take its place."
    )
    app.push_screen(Confirm(f"Stop {candidate.name}", question, yes=twin), answered)


def _say(app: "NetmindApp", name: str, twin: str, *, starts: bool) -> None:
    """Say it to the agent, beside the interface."""
    link = getattr(app.feed, "link", None)
    if link is None:
        app.say("no agent answers: nothing was changed", "warn")
        return

    def work() -> None:
        try:
            link.work(name, starts=starts)
            app.mail(Told(f"{name} {'may start' if starts else 'is stopped'}: {twin}"))
        finally:
            app.call_later(app.tick)

    app.in_background(work)


EFFECTS: Mapping[str, Callable[["NetmindApp", str], None]] = {
    "open-log": _open,
    "log before": lambda app, _rest: _go(app, -1),
    "log next": lambda app, _rest: _go(app, 1),
    "work": _work,
}

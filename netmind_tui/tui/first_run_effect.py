"""What the answers of the first run do; the configuration is written once, at the end."""

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from netmind_tui.model.candidate import FIRST_COMMAND
from netmind_tui.model.problem import Problem
from netmind_tui.tui.bench_page import CHOOSE
from netmind_tui.tui.bench_state import PageTurned
from netmind_tui.tui.first_run_state import Answered, Began, Remembered, Stepped
from netmind_tui.tui.glyph import ASCII, UNICODE
from netmind_tui.tui.message import Moved
from netmind_tui.tui.settings_state import Configured, fault_of, read_settings, save

if TYPE_CHECKING:
    from netmind_tui.tui.app import NetmindApp

_BOX = "first run"


def begin(app: "NetmindApp", _rest: str = "") -> None:
    """Ask everything again, from the first question on."""
    if app.state.feed.kind != "live" or app.state.view.read_only:
        app.say("the first run belongs to a machine that may be changed", "warn")
        return
    if app.state.settings.trouble is not None:
        app.say(f"mend the file first: {app.state.settings.trouble}", "error")
        return
    app.dispatch(Began(), Moved(box=_BOX, row=0))
    app.go("first run")


def _step(app: "NetmindApp", by: int) -> None:
    app.dispatch(Stepped(by), Moved(box=_BOX, row=0))
    if app.state.first_run.name == "electricity":
        app.in_background(lambda: _remember(app))


def _remember(app: "NetmindApp") -> None:
    """Read the last run that was kept: it knows what the devices draw."""
    from netmind_tui.bench.store import list_runs  # noqa: PLC0415 - only here, and beside the interface
    from netmind_tui.paths import runs_dir  # noqa: PLC0415 - see above

    runs = [run for run in list_runs(runs_dir()).runs if run.summaries]
    if runs:
        app.mail(Remembered(runs[-1]))


def _draw_with(app: "NetmindApp", signs: str) -> None:
    """Draw with these signs from now on, and go on."""
    app.dispatch(Answered("tui.signs", "ascii" if signs == "ascii" else ""))
    app.wear(replace(app.skin, glyphs=ASCII if signs == "ascii" else UNICODE))
    _step(app, 1)


def _hill(app: "NetmindApp") -> None:
    if app.skin.glyphs.braille:
        app.dispatch(Answered("tui.signs", ""))
    _step(app, 1)


def _measure(app: "NetmindApp") -> None:
    """Start the quick suite, and go on meanwhile; where that cannot be, say why and stay."""
    suites = [plan.suite for plan in app.state.bench.plans]
    if "quick" not in suites:
        app.say(app.state.bench.trouble or "the plan is being made: a moment", "warn")
        return
    app.dispatch(PageTurned(CHOOSE), Moved(box="suites", row=suites.index("quick")))
    app.perform("bench start")
    if app.state.bench.job is not None or (app.state.said is None or app.state.said.status in ("pass", "none")):
        _step(app, 1)


def _ask(app: "NetmindApp", key: str, title: str, hint: str, then: Callable[["NetmindApp"], None] | None) -> None:
    from netmind_tui.tui.modal.prompt import Prompt  # noqa: PLC0415 - 20 ms that the first picture does without

    def given(text: str | None) -> None:
        if text is None:
            return
        app.dispatch(Answered(key, text))
        if text and then is not None:
            then(app)

    before = app.state.first_run.answers.get(key, "")
    app.push_screen(Prompt(title, hint, before, lambda text: fault_of(key, text)), given)


def _price(app: "NetmindApp") -> None:
    hint = "With the currency, such as 0.30 EUR."
    _ask(app, "electricity.price_per_kwh", "a kilowatt-hour costs", hint, None)


def _fee(app: "NetmindApp") -> None:
    _ask(app, "electricity.fee_pct", "a network keeps", "Per cent of what is earned, such as 10.", None)


def _payer(app: "NetmindApp") -> None:
    _ask(app, "payer.name", "who pays", "A name for you to recognise: nothing is contacted.", _finish)


def _nobody(app: "NetmindApp") -> None:
    app.dispatch(Answered("payer.name", ""))
    _finish(app)


def _finish(app: "NetmindApp") -> None:
    """Write everything at once, and say on Overview what to do next."""
    try:
        save(app.state.first_run.to_write)
        settings = read_settings(os.environ)
    except Problem as problem:
        app.say(problem.sentence, "error")
        return
    app.dispatch(Configured(settings))
    app.go("overview")
    app.say(f"written: {settings.shown.path}. Next: {_next(app)}")


def _next(app: "NetmindApp") -> str:
    """The one thing to do now."""
    state = app.state
    if state.bench.job is not None:
        return "3 shows how the benchmark goes"
    if state.settings.config.schedule != "never" and not state.node.is_there:
        return f"netmind agent run, in another terminal, and for work to try {FIRST_COMMAND}"
    if state.needs:
        return f"what needs you first: {state.needs[0].title}"
    if state.bench.run is None and state.first_run.measured is None:
        return "b measures what this machine can do"
    return "3 shows what was measured"


def _skip(app: "NetmindApp") -> None:
    app.go("overview")
    app.say("skipped, and nothing was written; the key , shows every setting")


_PARTS: Mapping[str, Callable[["NetmindApp"], None]] = {
    "again": begin,
    "go": lambda app: _step(app, 1),
    "back": lambda app: _step(app, -1),
    "skip": _skip,
    "hill": _hill,
    "plain": lambda app: _draw_with(app, "ascii"),
    "measure": _measure,
    "price": _price,
    "fee": _fee,
    "payer": _payer,
    "nobody": _nobody,
}


def setup(app: "NetmindApp", rest: str) -> None:
    """Do what an answer says: ``go``, ``measure``, ``preset nights``."""
    part, _, word = rest.partition(" ")
    if part == "preset":
        app.dispatch(Answered("schedule.preset", word))
        _step(app, 1)
    elif part in _PARTS:
        _PARTS[part](app)


EFFECTS: Mapping[str, Callable[["NetmindApp", str], None]] = {"setup": setup}

"""What the keys of the screen *Bench* do."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from netmind_tui.tui.bench_page import CHOOSE, COMPARISON, HISTORY, RESULT, ROOFLINE, RUNNING, VERIFIED
from netmind_tui.tui.bench_state import DeviceToggled, PageTurned, RunMarked, StopAsked
from netmind_tui.tui.message import Moved, Turned
from netmind_tui.tui.schedule_page import unsaved
from netmind_tui.tui.screen import bench as screen
from netmind_tui.tui.screen import bench_verified
from netmind_tui.tui.screen.bench_part import all_chosen, chosen_devices, chosen_plan, shown_devices
from netmind_tui.tui.state import what_it_is

if TYPE_CHECKING:
    from netmind_tui.tui.app import NetmindApp

_SIDES = 2


def start(app: "NetmindApp", _rest: str) -> None:
    """Measure what is chosen, unless that cannot be; then say why."""
    state = app.state
    plan = chosen_plan(state)
    if state.view.read_only:
        app.say("nothing is measured with --read-only", "warn")
    elif state.feed.kind != "live":
        app.say(f"{what_it_is(state)}: only the machine itself can be measured", "warn")
    elif state.bench.job is not None:
        app.dispatch(PageTurned(RUNNING))
    elif state.bench.page != CHOOSE:
        app.dispatch(PageTurned(CHOOSE))
    elif not chosen_devices(state):
        app.say("no device is chosen: space chooses one", "warn")
    elif plan is None:
        app.say(state.bench.trouble or "the plan is being made: a moment", "warn")
    elif not plan.tried:
        app.say("nothing can be measured there: the plan says why", "warn")
    else:
        app.bench.start(plan, () if all_chosen(state) else chosen_devices(state))
        app.tick()


def stop(app: "NetmindApp") -> None:
    """Ask whether the run is to end; it keeps what is finished."""
    job = app.state.bench.job
    if job is None or job.is_stopping or app.state.view.read_only:
        return

    def end() -> None:
        app.bench.cancel()
        app.dispatch(StopAsked())

    kept = f"{job.finished} finished {'kernel is' if job.finished == 1 else 'kernels are'} kept"
    _ask(app, "Stop measuring", f"Stop now? {kept}.", "stop", end)


def _skip(app: "NetmindApp", _rest: str) -> None:
    """Leave out what is measured now, on every device that is at it."""
    job = app.state.bench.job
    now = job.now if job is not None else None
    if job is None or now is None:
        app.say("nothing is being measured that could be skipped", "warn")
    elif not job.is_stopping:
        app.bench.skip(now.kernel)
        app.say(f"{now.kernel} is skipped; the run goes on")


def _verified(app: "NetmindApp", _rest: str) -> None:
    """How the kernel under the cursor, or the one that runs, was checked; and back to where that was asked."""
    bench, shown = app.state.bench, screen.page(app.state)
    if shown == VERIFIED:
        back(app)
        return
    asked_from = RUNNING if shown == RUNNING else RESULT
    if asked_from == RESULT and bench.run is None:
        app.say("there is no result to ask about yet: measure, or open a kept run with h", "warn")
        return
    app.dispatch(Turned(bench_verified.FROM, asked_from))
    app.dispatch(PageTurned(VERIFIED), Moved(box="verified", row=bench_verified.place_of(app.state)))


def back(app: "NetmindApp") -> bool:
    """Leave a page, or ask to stop what runs; false where there is nothing to leave."""
    bench = app.state.bench
    before = {
        COMPARISON: HISTORY,
        HISTORY: RUNNING if bench.job else CHOOSE,
        ROOFLINE: RESULT,
        VERIFIED: RUNNING if bench_verified.is_going(app.state) else RESULT,
    }
    if bench.page == RUNNING and bench.job is not None:
        stop(app)
    elif bench.page == CHOOSE:
        return False
    else:
        page = before.get(bench.page, RUNNING if bench.job else CHOOSE)
        app.dispatch(PageTurned(page))
    return True


def leave(app: "NetmindApp", _rest: str = "") -> None:
    """End the interface; while something is measured only after asking."""
    job = app.state.bench.job
    if job is not None:
        question = f"{job.plan.suite} still runs. Quit now? What is finished is kept."
        _ask(app, "A benchmark runs", question, "quit", lambda: app.exit(0))
    elif app.state.cert.can_stop:
        question = "A certificate is being made. Quit now? Nothing is certified then; the run is kept."
        _ask(app, "A certificate is being made", question, "quit", lambda: app.exit(0), no="go on")
    elif (kept := unsaved(app.state)) is not None:
        question = f"{kept.words} of the schedule not saved. Quit now? They are lost then; ctrl+s on Schedule saves."
        _ask(app, "Not saved", question, "quit", lambda: app.exit(0), no="stay here")
    else:
        app.exit(0)


def _ask(
    app: "NetmindApp", title: str, question: str, yes: str, then: Callable[[], None], no: str = "go on measuring"
) -> None:
    """Do something if the answer is yes."""
    from netmind_tui.tui.modal.confirm import Confirm  # noqa: PLC0415 - 20 ms that the first picture does without

    if isinstance(app.screen, Confirm):  # it was asked already
        return

    def answered(is_yes: bool | None) -> None:
        if is_yes:
            then()

    app.push_screen(Confirm(title, question, yes=yes, no=no), answered)


def _history(app: "NetmindApp", _rest: str) -> None:
    app.dispatch(PageTurned(HISTORY))


def _toggle_chosen(app: "NetmindApp", _rest: str) -> None:
    """Choose the device under the cursor, or leave it out."""
    devices = shown_devices(app.state)
    row = app.state.view.row("devices")
    if screen.page(app.state) == CHOOSE and row < len(devices):
        _toggle(app, devices[row].id)


def _toggle(app: "NetmindApp", device: str) -> None:
    app.dispatch(DeviceToggled(device))


def _mark(app: "NetmindApp", _rest: str) -> None:
    """Mark the run under the cursor; the second one makes a comparison, the older run as its base."""
    bench = app.state.bench
    kept = bench.kept or ()
    row = app.state.view.row("runs")
    if bench.page != HISTORY or row >= len(kept):
        app.dispatch(PageTurned(HISTORY))
        app.say("c marks a run; two marked runs are compared")
        return
    app.dispatch(RunMarked(kept[row].run_id))
    marked = app.state.bench.marked
    if len(marked) == _SIDES:
        base, new = sorted(marked)
        app.bench.compare(base, new)
        app.say(f"comparing {new} with {base}")


def _roofline(app: "NetmindApp", _rest: str) -> None:
    bench = app.state.bench
    if bench.run is None:
        app.say("there is no result to draw yet: measure, or open a kept run with h", "warn")
        return
    app.dispatch(PageTurned(RESULT if bench.page == ROOFLINE else ROOFLINE))


def _device(app: "NetmindApp", _rest: str) -> None:
    """Show the next device: all of them, then each."""
    choices = screen.device_choices(app.state)
    if choices:
        now = app.state.view.choice("bench device", choices[0])
        place = choices.index(now) + 1 if now in choices else 0
        app.dispatch(Turned("bench device", choices[place % len(choices)]))


def _opened(app: "NetmindApp", run_id: str) -> None:
    app.dispatch(Moved(box="results", row=0), Moved(box="summary", row=0))
    run = app.state.bench.run
    if run is not None and run.run_id == run_id:  # it is here; and the one of the demo is in no folder
        app.dispatch(PageTurned(RESULT))
        return
    app.bench.open(run_id)


EFFECTS: Mapping[str, Callable[["NetmindApp", str], None]] = {
    "bench start": start,
    "bench history": _history,
    "bench mark": _mark,
    "bench skip": _skip,
    "bench verified": _verified,
    "bench roofline": _roofline,
    "bench device": _device,
    "bench toggle": _toggle_chosen,
    "toggle-device": _toggle,
    "show-device": lambda app, device: app.dispatch(Turned("bench device", device)),
    "open-run": _opened,
    "quit": leave,
}

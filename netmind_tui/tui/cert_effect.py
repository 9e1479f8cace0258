"""What the keys of the screen *Cert* do."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from netmind_tui.model.quantity import duration
from netmind_tui.model.selector import ranges
from netmind_tui.tui.cert_page import CERTIFICATE, CHALLENGE, HISTORY, MAKE, PROFILES, PROOF, RECORDS
from netmind_tui.tui.cert_state import CertPageTurned
from netmind_tui.tui.message import Moved
from netmind_tui.tui.screen import cert as screen
from netmind_tui.tui.screen import cert_make, cert_records
from netmind_tui.tui.screen.bench_part import all_chosen, chosen_devices
from netmind_tui.tui.screen.cert_part import minute

if TYPE_CHECKING:
    from netmind_tui.model.measurement import Run
    from netmind_tui.tui.app import NetmindApp
    from netmind_tui.tui.bench_plan import Plan
    from netmind_tui.tui.cert_making import Wish
    from netmind_tui.tui.screen.cert_make import Way

_ADDED: Mapping[str, tuple[str, str]] = {
    "": ("", ""),
    PROOF: ("proving on its devices that the work was done", "prove and sign"),
    CHALLENGE: ("being timed by {}", "be challenged and sign"),
}
"""What comes before signing, and the word for yes."""


def back(app: "NetmindApp") -> None:
    """Leave a page."""
    shown = screen.page(app.state)
    if screen.stops(app.state):
        _stop(app)
    elif shown == RECORDS:
        app.dispatch(CertPageTurned(PROFILES))
    elif shown == CERTIFICATE and app.state.view.row("certificates"):
        app.dispatch(CertPageTurned(HISTORY))
    else:
        app.dispatch(Moved(box="certificates", row=0), CertPageTurned(CERTIFICATE))


def _make(app: "NetmindApp", _rest: str) -> None:
    """The ways to a new one."""
    app.go("cert")
    app.dispatch(CertPageTurned(MAKE), Moved(box="ways", row=0))


def _take(app: "NetmindApp", _rest: str) -> None:
    """Take the chosen way, after a question that says what it does and how long it takes."""
    way = cert_make.chosen(app.state)
    if way is None or not _is_free(app):
        return
    plan, wish, then, yes = way.plan, _wish(way), *_ADDED[way.adds]

    def certify(run: "Run | str") -> None:
        app.certs.certify(run, wish)

    if way.run is not None:
        run_id = way.run.run_id
        words = f"Sign the run {way.run.suite} of {minute(way.run.started_at)} UTC"
        rest = "? Nothing is measured." if wish is None else f", after {then.format(way.host)}?"
        _ask(app, "Make a certificate", words + rest, yes or "sign it", lambda: certify(run_id))
    elif plan is not None:
        words = f"Measure {_what(app, plan)}, about {duration(plan.expected_s)}"
        rest = ", then sign what it showed?" if wish is None else f", then sign it after {then.format(way.host)}?"
        doing = f"{plan.suite} is measured; then it is signed"

        def begin() -> None:
            _measure(app, plan, doing, certify)

        _ask(app, "Make a certificate", words + rest, yes or "measure and sign", begin)


def _wish(way: "Way") -> "Wish | None":
    """What the certificate is to have besides; it is loaded with what makes it."""
    if not way.adds:
        return None
    from netmind_tui.tui.cert_making import Wish  # noqa: PLC0415 - 100 ms that only such a certificate needs

    return Wish(way.adds, way.url)


def _stop(app: "NetmindApp") -> None:
    """Ask whether what is being made is to end."""
    _ask(app, "Stop", "Stop now? Nothing is certified then; the run is kept.", "stop", app.certs.stop, no="go on")


def _profiles(app: "NetmindApp", _rest: str) -> None:
    app.certs.list_profiles()
    app.dispatch(CertPageTurned(PROFILES))


def _judge(app: "NetmindApp", _rest: str) -> None:
    """Hold the machine against the chosen profile: by the last run, or one that is measured first."""
    state, profile = app.state, cert_records.chosen_profile(app.state)
    if profile is None:
        return
    kept = cert_records.last_run(state, profile.suite)
    if kept is None:
        _judge_now(app, "")
        return
    known = state.bench.run
    app.certs.judge(profile.name, known if known is not None and known.run_id == kept.run_id else kept.run_id, state)


def _judge_now(app: "NetmindApp", _rest: str) -> None:
    """Measure what the chosen profile needs, after a question, and judge that."""
    state, profile = app.state, cert_records.chosen_profile(app.state)
    if screen.page(state) not in (PROFILES, RECORDS) or profile is None or not _is_free(app):
        return
    plan = cert_records.plan_for(state, profile.suite)
    if plan is None:
        app.say(state.bench.trouble or "the plan is being made: a moment", "warn")
        return
    because = f" {profile.because}." if profile.because else ""
    question = f"Measure {_what(app, plan)}, about {duration(plan.expected_s)}, and judge that?{because}"

    def then(run: "Run") -> None:
        app.certs.judge(profile.name, run, app.state)

    doing = f"{plan.suite} is measured; then it is held against {profile.name}"
    _ask(app, profile.title, question, "measure and judge", lambda: _measure(app, plan, doing, then))


def _measure(app: "NetmindApp", plan: "Plan", doing: str, then: "Callable[[Run], None]") -> None:
    """Start a run on the chosen devices, show how it goes, and go on with it when it has ended."""
    state = app.state
    app.certs.after_run(doing, then)
    app.bench.start(plan, () if all_chosen(state) else chosen_devices(state))
    app.go("bench")
    app.tick()


def _is_free(app: "NetmindApp") -> bool:
    """Whether something can be measured and signed now; says why not."""
    state = app.state
    if state.view.read_only:
        app.say("nothing is measured or signed with --read-only", "warn")
    elif state.feed.kind != "live":
        app.say("this is a recording: only the machine itself can be measured", "warn")
    elif state.bench.job is not None:
        app.say("a benchmark runs already: 3 shows it", "warn")
    elif state.cert.doing is not None:
        app.say(f"first this: {state.cert.doing}", "warn")
    else:
        return True
    return False


def _what(app: "NetmindApp", plan: "Plan") -> str:
    devices = "every device" if all_chosen(app.state) else ranges(list(chosen_devices(app.state)))
    return f"{plan.suite} on {devices}"


def _ask(
    app: "NetmindApp", title: str, question: str, yes: str, then: Callable[[], None], no: str = "leave it"
) -> None:
    """Do something if the answer is yes."""
    from netmind_tui.tui.modal.confirm import Confirm  # noqa: PLC0415 - 20 ms that the first picture does without

    if isinstance(app.screen, Confirm):  # it was asked already
        return

    def answered(is_yes: bool | None) -> None:
        if is_yes:
            then()

    app.push_screen(Confirm(title, question, yes=yes, no=no), answered)


EFFECTS: Mapping[str, Callable[["NetmindApp", str], None]] = {
    "certify": _make,
    "make-certificate": _take,
    "cert history": lambda app, _rest: app.dispatch(CertPageTurned(HISTORY)),
    "cert claims": lambda app, _rest: app.dispatch(CertPageTurned(CERTIFICATE), Moved(box="claims", row=0)),
    "validate": _profiles,
    "judge-profile": _judge,
    "validate now": _judge_now,
}

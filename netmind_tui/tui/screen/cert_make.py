"""Making a certificate: of a run that was kept, or of one that is measured first; and why there is none yet."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from netmind_tui.model.certificate import LIFETIME_DAYS
from netmind_tui.model.comparison import KeptRun
from netmind_tui.model.finding import Status
from netmind_tui.model.quantity import duration, percent
from netmind_tui.model.selector import ranges
from netmind_tui.tui.bench_plan import Plan
from netmind_tui.tui.cert_page import CHALLENGE, PROOF
from netmind_tui.tui.glyph import Glyphs, bar
from netmind_tui.tui.picture import Box, Line, Span, column, fit, framed, line, wrap
from netmind_tui.tui.screen.bench_part import all_chosen, chosen_devices, cursor, scrolled
from netmind_tui.tui.screen.cert_head import LEVELS
from netmind_tui.tui.screen.cert_part import counted, labelled, minute
from netmind_tui.tui.state import State

BOXES = ("ways",)
SUITES = ("standard", "quick", "sustained")
"""Those that certify; the first is what the command takes."""
_WHY = "There is no certificate: what this machine can do, its owner alone knows."
_WHAT = (
    "A certificate is a signed statement of what was measured here, which anybody can check offline.",
    "A network, a renter or a CI job takes it instead of your word, for 30 days or until the machine changes.",
)
_UNSET = "be challenged (L2): set certificate.challenger to a URL (, settings)"
_SET = "setting certificate.challenger"
_MOST_RUNS = 3
_LEAST = 3
_WIDEST = 110
_NAME, _TIME = 22, 8
_BAR = 24


@dataclass(frozen=True, slots=True)
class Way:
    """One way to a certificate: a plan to measure first, or a kept run to sign.

    ``adds`` is what it is made with besides: nothing, a proof, or what the challenger at ``url`` says.
    """

    plan: Plan | None = None
    run: KeptRun | None = None
    adds: str = ""
    url: str = ""

    @property
    def host(self) -> str:
        """The challenger's host, and its port where that is not the usual one."""
        return self.url.partition("://")[2].partition("/")[0]

    @property
    def suite(self) -> str:
        """The suite that is signed."""
        return self.plan.suite if self.plan is not None else self.run.suite if self.run is not None else ""


def ways(state: State) -> list[Way]:
    """What can be signed now, at once first; nothing where this machine is not measured here.

    The last ones do what the first does, and add to it.
    """
    if state.feed.kind != "live" or state.view.read_only:
        return []
    found = [Way(run=run) for run in signable(state)]
    plans = {plan.suite: plan for plan in state.bench.plans if plan.tried}
    found += [Way(plan=plans[name]) for name in SUITES if name in plans]
    url = state.settings.config.challenger
    challenged = [replace(each, adds=CHALLENGE, url=url) for each in found[:1] if url]
    return [*found, *challenged, *(replace(each, adds=PROOF) for each in found[:1])]


def signable(state: State) -> list[KeptRun]:
    """The newest kept runs that a certificate can still be made of."""
    if state.cert.now is None:
        return []
    since = datetime.fromisoformat(state.cert.now) - timedelta(days=LIFETIME_DAYS)
    signed = {held.certificate.run.started_at for held in state.cert.kept or ()}
    found = [
        run
        for run in state.bench.kept or ()
        if run.suite in SUITES
        and run.stopped is None
        and run.verdict not in (Status.FAIL, Status.ERROR, Status.SKIP)
        and any(figure.value is not None for figure in run.figures)
        and datetime.fromisoformat(run.started_at) > since
        and run.started_at not in signed
    ]
    return found[:_MOST_RUNS]


def chosen(state: State) -> Way | None:
    """The way under the cursor."""
    found = ways(state)
    return found[min(state.view.row("ways"), len(found) - 1)] if found else None


def body(state: State, cells: int, rows: int, glyphs: Glyphs) -> list[Line]:
    """Why there is none, where there is none; the ways to one, and what the chosen one does."""
    inner = cells - 4
    drawn: list[Line] = []
    if state.cert.newest is None:
        drawn += _empty(state, cells, glyphs)
    elif told := under_way(state, inner, glyphs):
        drawn += framed(Box("now", line(Span("now", "title")), told), cells, len(told) + 2, glyphs)
    found, here = ways(state), chosen(state)
    lines = [
        _row(way, place, inner, glyphs, is_here=way is here or way == here) for place, way in enumerate(found)
    ] or wrap(_nothing(state), inner, "dim")
    if found and not state.settings.config.challenger:
        lines += [line("  ", *(Span(span.text, "dim", _SET) for span in each)) for each in wrap(_UNSET, inner - 2)]
    about = about_lines(state, here, min(inner, _WIDEST)) if here is not None else []
    room = rows - len(drawn)
    high = min(len(lines) + 2, max(_LEAST, room - (_LEAST if about else 0)))
    title = "make a new one" if state.cert.newest is not None else "make one"
    legend = line(Span("enter", "key", "enter"), Span(": asks first", "dim", "enter")) if found else ()
    box = Box("ways", line(Span(title, "title")), scrolled(lines, state.view.row("ways"), high - 2), legend=legend)
    drawn += framed(box, cells, high, glyphs, focused=True)
    left = rows - len(drawn)
    if about and left >= _LEAST:
        drawn += framed(Box("about", line(Span("what happens", "title")), about), cells, left, glyphs)
    return drawn


def _empty(state: State, cells: int, glyphs: Glyphs) -> list[Line]:
    room = min(cells - 4, _WIDEST)
    lines = [*wrap(_WHY, room, "strong")]
    for each in _WHAT:
        lines += [*wrap(each, room)]
    for sentence in state.cert.damaged:
        lines += wrap(f"{glyphs.marks['fail']} {sentence}", room, "bad")
    lines += under_way(state, room, glyphs)
    return framed(Box("certificate", line(Span("certificate", "title")), lines), cells, len(lines) + 2, glyphs)


def under_way(state: State, cells: int, glyphs: Glyphs) -> list[Line]:
    """What goes on and how far it is, what went wrong, and without what the newest one was made."""
    cert = state.cert
    if cert.doing is not None:
        doing = f"{glyphs.marks['now']} {'stopping: ' if cert.is_stopping else ''}{cert.doing}"
        if cert.part is None:
            return wrap(doing, cells, "measuring")
        words = Span(f"{doing}  ", "measuring")
        far = Span(f"  {percent(cert.part):>5}", "figure")
        room = min(_BAR, cells - words.width - far.width)
        return [fit(line(words, Span(bar(cert.part, room, glyphs), "measuring"), far), cells)]
    if cert.trouble is not None:
        return wrap(f"{glyphs.marks['fail']} {cert.trouble}", cells, "bad")
    return wrap(f"{glyphs.marks['warn']} {cert.remark}", cells, "warn") if cert.remark is not None else []


def _nothing(state: State) -> str:
    if state.feed.kind != "live":
        return "This is a recording: only the machine itself can be measured and certified, by `netmind certify`."
    if state.view.read_only:
        return "This was started with --read-only: nothing is made here. `netmind certify` makes one."
    if state.bench.trouble:
        return state.bench.trouble
    return "The plan is being made: a moment."


def _row(way: Way, place: int, cells: int, glyphs: Glyphs, *, is_here: bool) -> Line:
    wish = f"row ways {place}"
    mark = Span(f"{glyphs.marks['chosen'] if is_here else ' '} ", "key", wish)
    if way.adds:
        name, takes, words = _added(way)
    elif way.run is not None:
        name, takes = f"sign {way.run.suite}", "at once"
        figures = sum(figure.value is not None for figure in way.run.figures)
        words = f"measured {minute(way.run.started_at)} UTC, {counted(figures, 'figure')}"
    else:
        assert way.plan is not None  # noqa: S101 - a way has one of both
        name, takes, words = f"measure {way.suite}", duration(way.plan.expected_s), way.plan.title
    row = line(
        mark,
        column(name, _NAME, "strong", action=wish),
        column(takes, _TIME, "figure", right=True, action=wish),
        Span(f"   {words}", "dim", wish),
    )
    return cursor(fit(row, cells), here=is_here)


def _added(way: Way) -> tuple[str, str, str]:
    """The row of a way that adds something: its name, how long what comes first takes, and the rest in words."""
    takes = f"{duration(way.plan.expected_s)} +" if way.plan is not None else ""
    if way.adds == CHALLENGE:
        return "be challenged (L2)", takes, f"by {way.host}"
    return "with a proof", takes, "offline: exact work that others check"


def about_lines(state: State, way: Way, cells: int) -> list[Line]:
    """What happens once it is chosen."""
    lines = _adding(way, cells)
    if way.run is not None:
        devices = ranges(list(dict.fromkeys(figure.device for figure in way.run.figures)))
        lines += labelled("signs", f"the kept run {way.run.run_id} of {devices}; nothing is measured", cells)
        ends = datetime.fromisoformat(way.run.started_at) + timedelta(days=LIFETIME_DAYS)
        lines += labelled("holds", f"until {ends:%Y-%m-%d}: {LIFETIME_DAYS} days from the measurement", cells)
    elif way.plan is not None:
        devices = "every device" if all_chosen(state) else ranges(list(chosen_devices(state)))
        kernels = counted(len({step.kernel for step in way.plan.tried}), "kernel")
        takes = duration(way.plan.expected_s)
        lines += labelled("measures", f"{devices}, {kernels}, about {takes}; 3 shows how it goes, esc stops it", cells)
        phase = "the rate of the first moments" if way.plan.certified == "burst" else "the rate that lasts"
        lines += labelled("signs", f"{way.plan.certified}: {phase}, each result verified", cells)
        lines += labelled("holds", f"{LIFETIME_DAYS} days from the measurement", cells)
    lines += [] if way.adds else _lowest(cells)
    lines += labelled("key", "the node's own; it is made with the first certificate, and never leaves", cells)
    lines += labelled(
        "scope", "none: nobody can tell the devices again; `netmind certify --scope NAME` names one", cells
    )
    others = "`netmind verify FILE --trust KEYS`, offline; `netmind identity export-public` tells them your key"
    lines += labelled("others", others, cells)
    return lines


def _adding(way: Way, cells: int) -> list[Line]:
    """What is added and how, and the level that comes of it; nothing where nothing is."""
    work = "a chain of exact products on every GPU, or else the processor; esc stops it"
    if way.adds == PROOF:
        shows = "that fewer than 20 % of it were skipped, to whoever verifies it; nothing about time"
        return [*labelled("proves", work, cells), *labelled("shows", shows, cells), *_lowest(cells)]
    if way.adds == CHALLENGE:
        name, covers = LEVELS["L2"]
        asks = f"{way.host} asks an unforeseeable question, holds the clock, and checks 64 rows of the answer"
        gone = "where it is gone or slow, the certificate is made at L0 all the same, and that is said here"
        return [
            *labelled("asks", asks, cells),
            *labelled("answers", work, cells),
            *labelled("level", f"L2, {name}: {covers}; for whoever lists that challenger, and L0 for others", cells),
            *labelled("without", gone, cells),
        ]
    return []


def _lowest(cells: int) -> list[Line]:
    name, covers = LEVELS["L0"]
    return labelled("level", f"L0, {name}: {covers}", cells)

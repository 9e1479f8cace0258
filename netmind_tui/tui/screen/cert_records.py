"""Requirements: the profiles that this machine can be held against, and what came of one."""

from collections.abc import Sequence

from netmind_tui.certify.judgement_row import Row, counted, required_of, rows_of
from netmind_tui.model.comparison import KeptRun
from netmind_tui.model.doctor import WORST_FIRST
from netmind_tui.model.finding import Action, Status
from netmind_tui.model.quantity import duration
from netmind_tui.model.requirement import Validation
from netmind_tui.tui.bench_plan import Plan
from netmind_tui.tui.cert_page import Profile
from netmind_tui.tui.glyph import UNICODE, Glyphs
from netmind_tui.tui.picture import Box, Line, Span, column, ends, fit, framed, line, width, wrap
from netmind_tui.tui.screen.bench_part import cursor, scrolled
from netmind_tui.tui.screen.cert_part import STATUS_ROLES, labelled, minute
from netmind_tui.tui.state import State

PROFILE_BOXES, RECORD_BOXES = ("profiles",), ("records",)
_ORDER = ("preflight", "quick", "standard", "sustained")
_NAME, _SUITE = 18, 12
_DEVICE_MOST, _FIGURE_MOST, _FIGURE_FROM = 12, 26, 110
_SUITE_FROM, _FIGURE_LEAST = 70, 16
_WIDE_FROM, _DEVICE_FROM = 90, 70
_ABOUT_LEAST, _ABOUT_MOST = 6, 11


def chosen_profile(state: State) -> Profile | None:
    """The profile under the cursor."""
    found = state.cert.profiles
    return found[min(state.view.row("profiles"), len(found) - 1)] if found else None


def last_run(state: State, suite: str) -> KeptRun | None:
    """The newest kept run that shows what a suite shows; else the newest one."""
    kept = [run for run in state.bench.kept or () if run.suite in _ORDER and run.figures]
    enough = [run for run in kept if _ORDER.index(run.suite) >= _ORDER.index(suite)]
    return next(iter(enough or kept), None)


def plan_for(state: State, suite: str) -> Plan | None:
    """The plan of a suite for the devices that are chosen."""
    return next((plan for plan in state.bench.plans if plan.suite == suite and plan.tried), None)


def profiles(state: State, cells: int, rows: int, glyphs: Glyphs) -> list[Line]:
    """The list, and what the chosen one asks for and from where."""
    found, here, inner = state.cert.profiles, chosen_profile(state), cells - 4
    lines = [_profile(each, place, inner, glyphs, is_here=each is here) for place, each in enumerate(found)]
    about = profile_lines(state, here, inner, glyphs) if here is not None else []
    high = min(max(3, len(lines) + 2), rows)
    legend = line(Span("enter", "key", "enter"), Span(": hold this machine against it", "dim", "enter"))
    box = Box(
        "profiles",
        line(Span("profiles of requirements", "title")),
        scrolled(lines, state.view.row("profiles"), high - 2) or wrap("reading the profiles …", inner, "dim"),
        legend=legend if found else (),
    )
    drawn = framed(box, cells, high, glyphs, focused=True)
    if here is not None and rows - high > 2:  # noqa: PLR2004 - its borders
        drawn += framed(Box("about", line(Span(here.title, "title")), about), cells, rows - high, glyphs)
    return drawn


def _profile(profile: Profile, place: int, cells: int, glyphs: Glyphs, *, is_here: bool) -> Line:
    wish = f"row profiles {place}"
    row = line(
        Span(f"{glyphs.marks['chosen'] if is_here else ' '} ", "key", wish),
        column(profile.name, _NAME, "strong", action=wish),
        column(profile.suite, _SUITE, "dim", action=wish) if cells >= _SUITE_FROM else None,
        Span(profile.title, "text", wish),
    )
    return cursor(fit(row, cells), here=is_here)


def profile_lines(state: State, profile: Profile, cells: int, glyphs: Glyphs) -> list[Line]:
    """How it is judged, from what, and where its numbers are from."""
    lines = _under_way(state, cells, glyphs)
    asks = f"{profile.requirements} requirements"
    lines += labelled("asks", f"{asks}; {profile.because}" if profile.because else asks, cells)
    run, plan = last_run(state, profile.suite), plan_for(state, profile.suite)
    if run is not None:
        short = "" if _ORDER.index(run.suite) >= _ORDER.index(profile.suite) else f", less than {profile.suite} shows"
        words = f"judges the kept run {run.suite} of {minute(run.started_at)} UTC{short}"
        lines += labelled("enter", words, cells, "good" if not short else "warn")
    else:
        lines += labelled("enter", "measures first, for no run is kept; asks before it does", cells)
    if plan is not None and not state.view.read_only and state.feed.kind == "live":
        words = f"measures {profile.suite} now, about {duration(plan.expected_s)}, and judges that"
        lines += labelled("m", words, cells)
    for place, source in enumerate(profile.sources):
        lines += labelled("" if place else "source", source, cells, "dim")
    return lines


def records(state: State, found: Validation, cells: int, rows: int, glyphs: Glyphs) -> list[Line]:
    """A row a requirement, the worst first, and in full what came of the chosen one."""
    inner, listed = cells - 4, record_rows(found)
    place = min(state.view.row("records"), len(listed) - 1)
    widths = _widths(listed, inner)
    lines = [_record(row, at, widths, inner, glyphs, is_here=at == place) for at, row in enumerate(listed)]
    high_about = max(_ABOUT_LEAST, min(_ABOUT_MOST, rows // 3 + 1))
    high = rows - high_about
    against = found.against
    legend = f"judged from the run {against.suite} of {minute(against.measured_at or '')} UTC"
    sign, role = _signs(found.verdict, glyphs)
    verdict = Span(f"{sign} {found.verdict}: {counted(found.judgements)}", role)
    head = _heads(widths, inner)
    box = Box(
        "records",
        line(Span(found.requirements.name if found.requirements else "records", "title")),
        [head, *scrolled(lines, place, high - 3)],
        keys=line(verdict),
        legend=line(Span(legend, "dim")),
        more=line(Span(f"{place + 1} of {len(listed)}", "dim")) if len(lines) > high - 3 else (),
    )
    drawn = framed(box, cells, high, glyphs, focused=True)
    chosen = listed[place]
    told = _under_way(state, inner, glyphs) + about_lines(chosen, inner)
    about = Box("about", line(Span(chosen.first.title, "title")), told)
    return drawn + framed(about, cells, high_about, glyphs)


def record_rows(found: Validation) -> list[Row]:
    """The worst first: what needs somebody before what is met."""
    return sorted(rows_of(found.judgements), key=lambda row: WORST_FIRST.index(row.first.status))


def _signs(status: Status, glyphs: Glyphs) -> tuple[str, str]:
    """The sign of a status and its role: what could not be told is nobody's fault."""
    return ("?", "warn") if status is Status.ERROR else (glyphs.marks[status], STATUS_ROLES[status])


def _widths(listed: Sequence[Row], cells: int) -> tuple[int, int, int, int]:
    """The cells of device, actual, required and action, as the rows need them; none for what has no room."""
    most = _FIGURE_MOST if cells >= _FIGURE_FROM else _FIGURE_LEAST
    device = 2 + min(_DEVICE_MOST, max(len("device"), *(len(row.devices) for row in listed)))
    actual = max(len("actual"), *(len(row.actual) for row in listed))
    required = max(len("required"), *(len(required_of(row.first)) for row in listed))
    return (
        device if cells >= _DEVICE_FROM else 0,
        2 + min(most, actual),
        2 + min(most, required),
        2 + max(len("action"), *(len(row.first.action) for row in listed)) if cells >= _WIDE_FROM else 0,
    )


def _heads(widths: tuple[int, int, int, int], cells: int) -> Line:
    device, actual, required, action = widths
    parts = [column("device", device, "dim")] if device else []
    parts += [column("actual", actual, "dim", right=True), column("required", required, "dim", right=True)]
    parts += [column("action", action, "dim", right=True)] if action else []
    return ends(line(Span("    requirement", "dim")), tuple(parts), cells)


def _record(
    row: Row, place: int, widths: tuple[int, int, int, int], cells: int, glyphs: Glyphs, *, is_here: bool
) -> Line:
    first, wish = row.first, f"row records {place}"
    device, actual, required, action = widths
    sign, role = _signs(first.status, glyphs)
    parts = [column(row.devices, device, "dim", action=wish)] if device else []
    parts += [
        Span("  "),
        column(row.actual, actual - 2, "figure", right=True, action=wish),
        Span("  "),
        column(required_of(first), required - 2, "text", right=True, action=wish),
    ]
    if action:
        words = "" if first.action is Action.NONE else str(first.action)
        parts.append(column(words, action, "dim", right=True, action=wish))
    left = line(
        Span(f"{glyphs.marks['chosen'] if is_here else ' '} ", "key", wish),
        Span(f"{sign} ", role, wish),
    )
    title = fit(line(Span(first.title, "text", wish)), cells - width(left) - width(tuple(parts)) - 1)
    return cursor(line(*left, *title, " ", *parts), here=is_here)


def about_lines(row: Row, cells: int) -> list[Line]:
    """What was found, why it is asked for, and what to do."""
    first = row.first
    others = f" (and of {row.devices})" if len(row.judgements) > 1 else ""
    lines = labelled("found", first.summary + others, cells, _signs(first.status, UNICODE)[1])
    if first.remediation:
        lines += labelled("fix", first.remediation, cells)
    if first.action is not Action.NONE:
        lines += labelled("action", f"{first.action}: what a scheduler does about it", cells)
    if first.purpose:
        lines += labelled("why", first.purpose, cells, "dim")
    evidence = ": ".join(part for part in (first.evidence, first.source) if part)
    if evidence:
        lines += labelled("evidence", evidence, cells, "dim")
    return lines


def _under_way(state: State, cells: int, glyphs: Glyphs) -> list[Line]:
    if state.cert.doing is not None:
        return wrap(f"{glyphs.marks['now']} {state.cert.doing}", cells, "measuring")
    if state.cert.trouble is not None:
        return wrap(f"{glyphs.marks['fail']} {state.cert.trouble}", cells, "bad")
    return []

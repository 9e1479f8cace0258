"""The certificate in short: what it is worth, for how long, whether the machine is still as it says, and its drift."""

from collections import Counter
from datetime import timedelta

from netmind_tui.model.certificate import Certificate, Evidence
from netmind_tui.model.comparison import Comparison, Judgement
from netmind_tui.model.selector import ranges
from netmind_tui.tui.cert_page import Cert, Held, Stands, remaining
from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.picture import Line, Span, ends, line, width
from netmind_tui.tui.screen.cert_part import LABEL, day, labelled, minute
from netmind_tui.tui.state import State

LEVELS = {
    "L0": ("self-attested", "who signed it, and that nothing was changed since; how fast is this node's own word"),
    "L1": (
        "fresh",
        "who signed it, and that it was measured after the nonce was given; how fast is this node's own word",
    ),
    "L2": (
        "challenged",
        "who signed it, and that whoever holds its key did exact work by a challenger's clock; not on what",
    ),
}
"""The name of each level and what it covers: neither stands without the other."""
_BROKEN, _ENDED = "does not hold", "does not hold any more"
_KEY_SIGNS = 16
_ALWAYS = 4
_MOST_CHANGES = 3
_SAME = (
    "as certified: driver, devices, power limits, ECC, MIG, and what it runs in",
    "as certified: driver, devices, limits, ECC",
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def head_lines(state: State, held: Held, cells: int, rows: int, glyphs: Glyphs) -> tuple[list[Line], list[Line]]:
    """As many parts as have room whole, the most important ones first; and those that have none.

    The level is never shown without what it covers, nor a certificate without what makes it worth less.
    """
    shown: list[Line] = []
    hidden: list[Line] = []
    for place, part in enumerate(_parts(state, held, cells, glyphs)):
        has_room = place < _ALWAYS or (not hidden and len(shown) + len(part) <= rows)
        (shown if has_room else hidden).extend(part)
    return shown, hidden


def _parts(state: State, held: Held, cells: int, glyphs: Glyphs) -> list[list[Line]]:
    cert, own = state.cert, held.certificate
    name, covers = LEVELS.get(held.level or "", (_BROKEN, "nothing: a check failed"))
    if cert.now is not None and held.left(cert.now) <= timedelta(0):
        name, covers = _ENDED, "nothing any more: it has ended"
    fault = held.fault
    scope = "no scope: nobody can tell its devices again" if own.scope.name is None else f"scope {own.scope.name}"
    key = f"{own.node_key[: len('ed25519:') + _KEY_SIGNS]}…"
    file = labelled("file", held.path, cells) if held.path else labelled("file", _no_file(state), cells, "warn")
    return [
        [_title(state, held, name, cells, glyphs)],
        labelled("covers", covers, cells),
        labelled("fault", f"{fault.check}: {fault.sentence}", cells, "bad") if fault is not None else [],
        _today(cert.stands, cells, glyphs) if held is cert.newest else _replaced(cert, cells),
        _beyond(cert.stands, cells) if held is cert.newest else [],
        _drift(held, cells, glyphs),
        labelled("evidence", _evidence(held), cells),
        labelled("measured", _measured(own), cells),
        labelled("key", f"{key} · {scope}", cells),
        file,
    ]


def _evidence(held: Held) -> str:
    """How much stands on what, the strongest first; what nobody did is said, too."""
    own = held.certificate
    counts = Counter(each.evidence for each in (*own.claims, *own.facts, held.proof, held.timed) if each is not None)
    told = [f"{counts[each]} {each}" for each in reversed(Evidence) if counts[each]]
    none = [each.value for each in reversed(Evidence) if not counts[each]]
    return f"{', '.join(told)}{' only' if told and none else ''}{'; nothing ' if none else ''}{' or '.join(none)}"


def _measured(own: Certificate) -> str:
    """What it was made of, and when it was signed."""
    measured, issued = own.run.finished_at, own.issued_at
    signed = f"at {minute(issued)[11:]}" if day(measured) == day(issued) else minute(issued)
    return f"{minute(measured)} UTC, {own.run.suite} · issued {signed}"


def _no_file(state: State) -> str:
    return "none: it is simulated, and nobody signed it" if state.feed.kind == "demo" else "none"


def _title(state: State, held: Held, name: str, cells: int, glyphs: Glyphs) -> Line:
    """Its level with its name, and for how long it holds."""
    now = state.cert.now
    left = held.left(now) if now is not None else None
    until = minute(held.certificate.expires_at)
    role = "good"
    forms: tuple[str, ...] = (f"until {until} UTC", f"until {day(until)}")
    if left is not None and left <= timedelta(0):
        forms, role = (f"ended {until} UTC", f"ended {day(until)}"), "bad"
    elif left is not None:
        rest = remaining(left)
        forms = (f"holds {rest} more, until {until} UTC", f"{rest} left, until {day(until)}")
        role = "warn" if left < state.renew_before else "good"
    if held.level is None or name in (_BROKEN, _ENDED):
        words = line(Span(f"{glyphs.marks['fail']} {name}", "bad"))
    else:
        words = line(Span(f"{glyphs.marks['pass']} ", "good"), Span(held.level, "figure"), f"  {name}")
    room = cells - width(words) - 2
    right = next((each for each in forms if len(each) <= room), forms[-1])
    return ends(words, line(Span(right, role)), cells)


def _replaced(cert: Cert, cells: int) -> list[Line]:
    newest = cert.newest
    when = day(newest.certificate.issued_at) if newest is not None else ""
    return labelled("today", f"replaced by the one of {when}", cells, "dim")


def _today(stands: Stands | None, cells: int, glyphs: Glyphs) -> list[Line]:
    """Whether it is outdated, and why."""
    if stands is None:
        return labelled("today", "not held against the machine yet", cells, "dim")
    if stands.changes:
        told, rest = stands.changes[:_MOST_CHANGES], len(stands.changes) - _MOST_CHANGES
        more = f", and {rest} more" if rest > 0 else ""
        return labelled("today", f"{glyphs.marks['warn']} outdated: {', '.join(told)}{more}", cells, "warn")
    full, short = (f"{glyphs.marks['pass']} {each}" for each in _SAME)
    return labelled("today", full if len(full) <= cells - LABEL else short, cells, "good")


def _beyond(stands: Stands | None, cells: int) -> list[Line]:
    """What cannot be told of today, and what it never spoke of."""
    if stands is None:
        return []
    unknown, others = ", ".join(stands.unknown), ranges(stands.uncovered)
    return [
        *(labelled("", f"cannot be told now: {unknown}", cells, "warn") if unknown else []),
        *(labelled("", f"says nothing of {others}", cells, "dim") if others else []),
    ]


def _drift(held: Held, cells: int, glyphs: Glyphs) -> list[Line]:
    """How its rates went since the one before, in numbers."""
    if held.drift is None:
        return labelled("drift", held.no_drift or "not told", cells, "dim")
    words, role = drift_words(held.drift, glyphs)
    return labelled("drift", words, cells, role)


def drift_words(found: Comparison, glyphs: Glyphs) -> tuple[str, str]:
    """How many rates went where, and since when."""
    counts = Counter(row.judgement for row in found.kernels)
    named = (
        (Judgement.WORSE, f"{glyphs.marks['down']} ", "slower"),
        (Judgement.BETTER, f"{glyphs.marks['warn']} ", "faster"),
        (Judgement.SAME, "= ", "the same"),
        (Judgement.NOT_COMPARABLE, "", "not comparable"),
    )
    told = [f"{sign}{counts[which]} {word}" for which, sign, word in named if counts[which]]
    changed = dict.fromkeys(each.what for each in found.conditions)
    differ = f"; not the same: {', '.join(changed)}" if changed else ""
    role = "warn" if counts[Judgement.WORSE] else "text"
    return f"{' · '.join(told) or 'nothing to compare'} since {since_short(found)}{differ}", role


def since(found: Comparison) -> str:
    """The day of the earlier run, as its id begins with it."""
    first = found.base[0] if found.base else ""
    return f"{first[:4]}-{first[4:6]}-{first[6:8]}" if first[:8].isdigit() else "the one before"


def since_short(found: Comparison) -> str:
    """The same in few cells: ``1 Oct``."""
    year, _, rest = since(found).partition("-")
    month, _, number = rest.partition("-")
    return f"{int(number)} {_MONTHS[int(month) - 1]}" if year.isdigit() and number else "before"

"""The certificates of this node, newest first, and the chosen one in short."""

from datetime import timedelta

from netmind_tui.tui.cert_page import Held, remaining
from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.picture import Box, Line, Span, column, ends, framed, line, wrap
from netmind_tui.tui.screen.bench_part import cursor, scrolled
from netmind_tui.tui.screen.cert_claims import claim_lines
from netmind_tui.tui.screen.cert_head import drift_words, head_lines
from netmind_tui.tui.screen.cert_part import counted, day, minute
from netmind_tui.tui.state import State

BOXES = ("certificates",)
_DRIFT_FROM = 90
_LEAST_ABOUT = 6


def shown(state: State) -> Held | None:
    """The certificate under the cursor of the history: the newest, unless another one was chosen."""
    kept = state.cert.kept or ()
    return kept[min(state.view.row("certificates"), len(kept) - 1)] if kept else None


def body(state: State, cells: int, rows: int, glyphs: Glyphs) -> list[Line]:
    """The list, over what the chosen one is worth."""
    kept, here = state.cert.kept or (), shown(state)
    lines = [_row(state, held, place, cells - 4, glyphs, is_here=held is here) for place, held in enumerate(kept)]
    for sentence in state.cert.damaged:
        lines += wrap(f"{glyphs.marks['fail']} {sentence}", cells - 4, "bad")
    if not lines:
        lines = wrap("No certificate was made yet: c makes one.", cells - 4, "dim")
    about = _about(state, here, cells - 4, glyphs) if here is not None else []
    top = min(len(lines) + 2, max(rows // 3, rows - len(about) - 2))
    legend = line(Span("enter", "key", "enter"), Span(": its claims", "dim", "enter")) if kept else ()
    box = Box(
        "certificates",
        line(Span("certificates", "title")),
        scrolled(lines, state.view.row("certificates"), top - 2),
        keys=line(Span(counted(len(kept), "certificate"), "dim")),
        legend=legend,
    )
    drawn = framed(box, cells, top, glyphs, focused=True)
    if here is None or rows - top < _LEAST_ABOUT:
        return drawn
    title = line(Span(f"issued {minute(here.certificate.issued_at)} UTC", "title"))
    return drawn + framed(Box("about", title, about), cells, rows - top, glyphs)


def _about(state: State, held: Held, cells: int, glyphs: Glyphs) -> list[Line]:
    """What it is worth, and below what it claims, as far as there is room."""
    shown, hidden = head_lines(state, held, cells, _LEAST_ABOUT, glyphs)
    return [*shown, *hidden, (), *claim_lines(held, state.cert.not_shown, cells, glyphs)]


def _row(state: State, held: Held, place: int, cells: int, glyphs: Glyphs, *, is_here: bool) -> Line:
    own, wish = held.certificate, f"row certificates {place}"
    left = held.left(state.cert.now) if state.cert.now is not None else timedelta()
    ended = left <= timedelta(0)
    sign = "fail" if held.level is None and not ended else "dot" if ended or place else "pass"
    role = {"fail": "bad", "dot": "dim", "pass": "good"}[sign]
    until = f"ended {day(own.expires_at)}" if ended else f"{remaining(left)} left"
    words = line(
        Span(f"{glyphs.marks['chosen'] if is_here else ' '} ", "key", wish),
        Span(f"{glyphs.marks[sign]} ", role, wish),
        column(minute(own.issued_at), 18, action=wish),
        column(held.level or glyphs.marks["dash"], 4, "strong", action=wish),
        column(own.run.suite, 11, action=wish),
        column(until, 18, role if not ended else "dim", action=wish),
    )
    right: Line = ()
    if cells >= _DRIFT_FROM and held.drift is not None:
        told, drift_role = drift_words(held.drift, glyphs)
        right = line(Span(told.partition(" since")[0], drift_role, wish))
    return cursor(ends(words, right, cells), here=is_here)

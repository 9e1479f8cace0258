"""Cert: what is certified of this machine and how sure it is, how to make a new one, and what it meets."""

from collections.abc import Sequence

from netmind_tui.tui.cert_page import CERTIFICATE, CHALLENGE, HISTORY, MAKE, PROFILES, PROOF, RECORDS, Held
from netmind_tui.tui.glyph import UNICODE, Glyphs
from netmind_tui.tui.picture import Box, Line, Span, framed, line, wrap
from netmind_tui.tui.screen import cert_history, cert_make, cert_records
from netmind_tui.tui.screen.bench_part import all_chosen, chosen_devices, from_row, more
from netmind_tui.tui.screen.cert_claims import claim_lines
from netmind_tui.tui.screen.cert_head import head_lines
from netmind_tui.tui.state import State

_PROSE_CELLS = 92
_LEAST_HEAD = 5
_ROWS = 8


def page(state: State) -> str:
    """The page that is shown: without a certificate, how to make one stands in its place."""
    cert = state.cert
    if cert.page == RECORDS and cert.validation is None:
        return PROFILES
    if cert.page in (CERTIFICATE, HISTORY) and not cert.kept:
        return MAKE
    return cert.page


def body(state: State, cells: int, rows: int, glyphs: Glyphs) -> Sequence[Line]:
    """The page that is open."""
    shown, held = page(state), cert_history.shown(state)
    if shown == RECORDS and state.cert.validation is not None:
        return cert_records.records(state, state.cert.validation, cells, rows, glyphs)
    if shown == PROFILES:
        return cert_records.profiles(state, cells, rows, glyphs)
    if shown == HISTORY:
        return cert_history.body(state, cells, rows, glyphs)
    if shown == MAKE or held is None:
        if state.cert.kept is None and state.feed.kind == "live":
            words = wrap("reading the certificates …", cells - 4, "dim")
            return framed(Box("ways", line(Span("certificate", "title")), words), cells, rows, glyphs, focused=True)
        return cert_make.body(state, cells, rows, glyphs)
    return _certificate(state, held, cells, rows, glyphs)


def _certificate(state: State, held: Held, cells: int, rows: int, glyphs: Glyphs) -> list[Line]:
    """What it is worth, over what it claims."""
    inner = cells - 4
    said = _said(state, inner, glyphs)
    room = max(_LEAST_HEAD, rows // 2 - 3 - len(said))
    shown, hidden = head_lines(state, held, inner, room, glyphs)
    head = [*said, *shown]
    is_newest = held is state.cert.newest
    title = line(Span("certificate" if is_newest else "an older certificate", "title"))
    simulated = line(Span("simulated", "warn")) if state.feed.kind == "demo" else ()
    drawn = framed(Box("certificate", title, head, keys=simulated), cells, len(head) + 2, glyphs)
    left = rows - len(drawn)
    lines = claim_lines(held, state.cert.not_shown, inner, glyphs)
    if hidden:
        lines += [(), line(Span("the certificate itself", "title")), *hidden]
    box = Box(
        "claims",
        line(Span("claims, the best evidence first", "title")),
        from_row(lines, state.view.row("claims"), left - 2),
        legend=line(Span("y", "key", "copy"), Span(": how others check it", "dim", "copy")),
        more=more(lines, left - 2),
    )
    return drawn + framed(box, cells, left, glyphs, focused=True)


def _said(state: State, cells: int, glyphs: Glyphs) -> list[Line]:
    """What goes on, what went wrong, and which files are none."""
    lines = cert_make.under_way(state, cells, glyphs)
    for sentence in state.cert.damaged[:1]:
        lines += wrap(f"{glyphs.marks['warn']} not read: {sentence}", cells, "warn")
    return lines


def boxes(state: State) -> Sequence[str]:
    """Those of the page."""
    return {
        CERTIFICATE: ("claims",),
        MAKE: cert_make.BOXES,
        HISTORY: cert_history.BOXES,
        PROFILES: cert_records.PROFILE_BOXES,
        RECORDS: cert_records.RECORD_BOXES,
    }[page(state)]


def count(state: State, box: str) -> int:
    """The rows of a list; of the claims, about as many as can be scrolled."""
    cert, held = state.cert, cert_history.shown(state)
    if box == "ways":
        return len(cert_make.ways(state))
    if box == "certificates":
        return len(cert.kept or ())
    if box == "profiles":
        return len(cert.profiles)
    if box == "records" and cert.validation is not None:
        return len(cert_records.record_rows(cert.validation))
    if box == "claims" and held is not None:
        return max(0, len(claim_lines(held, cert.not_shown, _PROSE_CELLS, UNICODE)) - _ROWS)
    return 0


def opened(state: State, box: str, row: int) -> str | None:
    """A way is taken after a question, a certificate opened, a profile judged."""
    if box == "ways":
        return "make-certificate" if cert_make.ways(state) else None
    if box == "certificates":
        return "cert claims"
    if box == "profiles":
        return "judge-profile" if state.cert.profiles else None
    return None


def twin(state: State) -> str:
    """The command that does or shows the same."""
    shown, held = page(state), cert_history.shown(state)
    found = state.cert.validation
    if shown == RECORDS and found is not None and found.requirements is not None:
        return f"netmind validate {found.requirements.name} --run {found.against.name}"
    if shown == PROFILES:
        profile = cert_records.chosen_profile(state)
        return f"netmind validate {profile.name}" if profile is not None else "netmind validate --list"
    if shown == MAKE:
        return _making(state, cert_make.chosen(state))
    if held is None:
        return "netmind certify"
    import shlex  # noqa: PLC0415 - only when it is asked for

    return f"netmind verify {shlex.quote(held.path or 'certificate.json')} --allow-unknown-signer"


def _making(state: State, way: cert_make.Way | None) -> str:
    """The command that makes a certificate the chosen way."""
    if way is None:
        return "netmind certify"
    import shlex  # noqa: PLC0415 - see twin

    words = ["netmind", "certify"]
    if way.run is not None:
        words += ["--run", way.run.run_id]
    else:
        words += ["--suite", way.suite]
        words += [] if all_chosen(state) else [word for each in chosen_devices(state) for word in ("-d", each)]
    if way.adds == PROOF:
        words.append("--proof")
    elif way.adds == CHALLENGE:
        words += ["--challenger", way.url]
    return shlex.join(words)


def works(state: State, action: str) -> bool:
    """Whether an action does something on the page that is shown, so that the foot names it."""
    shown = page(state)
    match action:
        case "certify":
            return shown != MAKE and state.feed.kind == "live"
        case "cert history":
            return shown != HISTORY and bool(state.cert.kept)
        case "validate":
            return shown not in (PROFILES, RECORDS)
        case "validate now":
            return shown in (PROFILES, RECORDS) and state.feed.kind == "live"
        case _:
            return True


def stops(state: State) -> bool:
    """Whether ``esc`` stops what is being made: where that is shown."""
    return state.cert.can_stop and not state.cert.is_stopping and page(state) in (CERTIFICATE, MAKE)


def leaves(state: State) -> str:
    """What ``esc`` does on the page that is shown, in a word; nothing on the first one."""
    shown = page(state)
    if stops(state):
        return "stop"
    is_first = shown == CERTIFICATE and state.view.row("certificates") == 0
    return "" if is_first or (shown == MAKE and not state.cert.kept) else "back"

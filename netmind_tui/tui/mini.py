"""The small view: three lines below a prompt, for a pane beside other work."""

from netmind_tui.model.contribution import Contribution
from netmind_tui.model.device import Device
from netmind_tui.model.quantity import gibibytes
from netmind_tui.tui.ascii import in_ascii
from netmind_tui.tui.glyph import Beyond, Glyphs, bar
from netmind_tui.tui.picture import Line, Span, ends, fit, joined, line, width
from netmind_tui.tui.state import State

ROWS = 3
ACTIONS = ("quit", "suspend")
"""What has a key here."""
_BAR = 12
_HOT_C = 85


def picture(state: State, cells: int, glyphs: Glyphs) -> list[Line]:
    """The state, the device that needs attention first, and what needs the owner."""
    lines = [_status(state, cells, glyphs), _device(state, cells, glyphs), _needs(state, cells, glyphs)]
    if glyphs.braille:
        return lines
    return [in_ascii(each) for each in lines]


def _status(state: State, cells: int, glyphs: Glyphs) -> Line:
    right: list[Line] = []
    if state.feed.kind not in ("live", "host"):
        right.append(line(Span("SIMULATED" if state.feed.kind == "demo" else "replay", "warn")))
    if state.feed.ended is not None:
        right.append(line(Span("ended" if state.feed.kind != "live" else "not recorded", "warn")))
    if state.feed.silent_s:
        right.append(line(Span(f"no sample for {state.feed.silent_s:.0f} s", "bad")))
    right.append(line(Span(state.clock, "dim")))
    told = line(Span(" "), *joined(right, Span("  ")))
    return ends(_contribution(state, cells - width(told), glyphs), told, cells)


def _contribution(state: State, room: int, glyphs: Glyphs) -> Line:
    if state.node.status is None and not state.node.silence and not state.node.place.hostname:
        off = Span(f"{glyphs.states[Beyond.OFF]} OFF", "strong")
        return line(off, Span(", no agent: nothing runs for others", "dim"))
    from netmind_tui.tui.node_badge import badge  # noqa: PLC0415 - only where there is an agent

    first, *rest = badge(state, room + 1, glyphs)
    return line(Span(first.text.removeprefix(" "), first.role), *rest)


def _device(state: State, cells: int, glyphs: Glyphs) -> Line:
    worst = max(state.gpus, key=lambda device: _urgency(state, device), default=None)
    if worst is None:
        return fit(_cpu(state, glyphs), cells)
    own, dash = state.own(worst), glyphs.marks["dash"]
    if worst.lost is not None:
        return fit(line(Span(f"{worst.id} {glyphs.states[Contribution.LOST]} lost", "lost"), f"  {worst.lost}"), cells)
    util = None if own is None else own.gpu_util_pct
    used = None if own is None else own.memory_used_bytes
    power = None if own is None else own.power_draw_w
    heat = None if own is None else own.temperature_c
    hot = "text" if heat is None or heat < _HOT_C else "warn"
    parts = (
        line(Span(worst.id, "strong")),
        _gauge("util", None if util is None else util / 100, dash if util is None else f"{util:3} %", glyphs),
        _gauge(
            "memory",
            used / worst.memory_total_bytes if used is not None and worst.memory_total_bytes else None,
            dash if used is None else gibibytes(used),
            glyphs,
        ),
        line(Span(dash if heat is None else f"{heat} °C", hot)),
        line(dash if power is None else f"{power:.0f} W"),
        line(Span(f"of {len(state.gpus)} GPUs", "dim")) if len(state.gpus) > 1 else (),
    )
    return fit(_as_many_as_fit(parts, cells), cells)


def _cpu(state: State, glyphs: Glyphs) -> Line:
    host, dash = state.sample.host if state.sample is not None else None, glyphs.marks["dash"]
    util = None if host is None else host.cpu_util_pct
    used = None if host is None else host.memory_used_bytes
    total = state.host.memory_total_bytes if state.host is not None else None
    parts = (
        line(Span("cpu", "strong")),
        _gauge("util", None if util is None else util / 100, dash if util is None else f"{util:3.0f} %", glyphs),
        _gauge(
            "memory",
            used / total if used is not None and total else None,
            dash if used is None else gibibytes(used),
            glyphs,
        ),
    )
    return joined(parts, Span("  "))


def _needs(state: State, cells: int, glyphs: Glyphs) -> Line:
    right = line(Span(" q", "key", "quit"), Span(" quit", "dim", "quit"))
    if not state.needs:
        known = state.diagnosis is not None
        return ends(line(Span("nothing needs you" if known else "looking the machine over", "dim")), right, cells)
    first, count = state.needs[0], len(state.needs)
    words = f"{glyphs.marks['notice']} {count} need{'s' if count == 1 else ''} you"
    return ends(line(Span(words, "warn"), f"  {first.title}"), right, cells)


def _urgency(state: State, device: Device) -> tuple[bool, bool, float, float]:
    """Lost ones first, then those of a finding, then the hottest and the busiest."""
    own = state.own(device)
    heat = own.temperature_c if own is not None else None
    util = own.gpu_util_pct if own is not None else None
    named = any(finding.device == device.id for finding in state.needs)
    return device.lost is not None, named, float(heat or 0), float(util or 0)


def _gauge(name: str, share: float | None, figure: str, glyphs: Glyphs) -> Line:
    return line(Span(f"{name} ", "dim"), Span(bar(share, _BAR, glyphs), "bar"), f" {figure}")


def _as_many_as_fit(parts: tuple[Line, ...], cells: int) -> Line:
    """The first parts; one that is cut says less than none."""
    kept = [part for part in parts if part]
    while len(kept) > 1 and width(joined(kept, Span("  "))) > cells:
        kept.pop()
    return joined(kept, Span("  "))

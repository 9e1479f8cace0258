"""What could work on a device, in the order of preference: how each stands, why it waits, what it took and gave."""

from collections.abc import Sequence
from datetime import datetime

from netmind_tui.model.candidate import (
    FIRST_COMMAND,
    Candidate,
    Standing,
    energy,
    times,
    worked,
)
from netmind_tui.model.contribution import Contribution
from netmind_tui.model.device import Device
from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.node_word import clock_words, length
from netmind_tui.tui.picture import Box, Line, Span, column, framed, line, wrap, wrap_parts
from netmind_tui.tui.state import State
from netmind_tui.tui.work_page import WORK, could_work, is_stoppable, legible, workloads

LEAST_ROWS, MOST_ROWS = 4, 14
_STATES: dict[Standing, tuple[Contribution, str]] = {
    Standing.RUNNING: (Contribution.CONTRIBUTING, "contributing"),
    Standing.SUSPENDED: (Contribution.GAVE_WAY, "gave-way"),
    Standing.STOPPING: (Contribution.DRAINING, "gave-way"),
    Standing.WAITING: (Contribution.IDLE, "idle"),
    Standing.FAILED: (Contribution.LOST, "bad"),
    Standing.HELD: (Contribution.PAUSED, "yours"),
    Standing.BLOCKED: (Contribution.BLOCKED, "lost"),
}
_INDENT = 4
_LONGEST_NAME, _LAST_LINES = 16, 3
_LEAST_SHOWN, _LEAST_TOLD = 3, 3


def is_shown(state: State) -> bool:
    """Whether there is anything to say of work: an agent knows which workloads there are."""
    return workloads(state) is not None


def sign(candidate: Candidate, glyphs: Glyphs) -> Span:
    """How it stands, as a sign."""
    state, role = _STATES[candidate.standing]
    return Span(glyphs.states[state], role)


def wanted_rows(state: State, device: Device, cells: int) -> int:
    """The rows in which every workload has room, and all that is said of the one that is chosen."""
    found = could_work(state, device)
    told = about(state, found[_row(state, found)], cells - 4 - _INDENT) if found else _none(state, device, cells - 4)
    return min(MOST_ROWS, 2 + len(found) + len(told))


def work(state: State, device: Device, cells: int, rows: int, glyphs: Glyphs, *, focused: bool) -> list[Line]:
    """The box in so many rows: every workload that has room, and below the chosen one as much as is left."""
    inner, room = cells - 4, max(1, rows - 2)
    found = could_work(state, device)
    if not found:
        lines = _none(state, device, inner)
        return framed(Box(WORK, line(Span("work", "title")), lines), cells, rows, glyphs, focused=focused)
    row = _row(state, found)
    told = about(state, found[row], inner - _INDENT)
    # Of many, as many as leave room for what matters most about the chosen one.
    most = max(min(room, _LEAST_SHOWN), room - min(len(told), _LEAST_TOLD))
    first = max(0, min(row - most // 2, len(found) - most))
    shown = found[first : first + most]
    left = room - len(shown)
    lines = []
    for place, each in enumerate(shown, start=first):
        lines.append(_head(state, each, found, glyphs, place, here=focused and place == row))
        if place == row:
            lines += [line(" " * _INDENT, *part) for part in told[:left]]
    cut = f"{first + 1}–{first + len(shown)} of {len(found)}" if len(shown) < len(found) else ""
    cut = cut or (f"{len(told) - left} more lines" if len(told) > left else "")
    several = line(Span("  in order of preference", "dim")) if len(found) > 1 else ()
    title, legend = line(Span("work", "title"), *several), line(Span(cut, "dim")) if cut else ()
    box = Box(WORK, title, lines, legend=legend, more=_keys(state, found[row]))
    return framed(box, cells, rows, glyphs, focused=focused)


def _row(state: State, found: Sequence[Candidate]) -> int:
    return min(state.view.row(WORK), len(found) - 1)


def _keys(state: State, chosen: Candidate) -> Line:
    """What can be done with the chosen one, by whoever may."""
    if not state.node.may_control:
        return ()
    key = chosen.instance.key if chosen.instance is not None else ""
    wish = f"open-log {chosen.name} {key}".rstrip()
    shown = [Span("enter", "key", wish), Span(" log", "dim", wish)]
    if not state.view.read_only:
        words = " stop…" if is_stoppable(chosen) else " start"
        shown += [Span("  w", "key", "work"), Span(words, "dim", "work")]
    return tuple(shown)


def _head(
    state: State, candidate: Candidate, found: Sequence[Candidate], glyphs: Glyphs, place: int, *, here: bool
) -> Line:
    """A workload in one line: how it stands, since when, or until when it waits."""
    wish, role = f"row {WORK} {place}", _STATES[candidate.standing][1]
    name_cells = min(_LONGEST_NAME, max(len(each.name) for each in found))
    word_cells = max(len(each.word) for each in found)
    return line(
        column(glyphs.marks["chosen"] if here else " ", 2, "key", action=wish),
        sign(candidate, glyphs),
        Span(" "),
        column(candidate.name, name_cells, "chosen" if here else "strong", action=wish),
        Span("  "),
        column(candidate.word, word_cells + 2, role, action=wish),
        Span(_when(state, candidate), "dim", wish),
    )


def _when(state: State, candidate: Candidate) -> str:
    own, now = candidate.instance, _now(state)
    if own is None or now is None:
        return ""
    if candidate.is_there:
        return f"since {clock_words(own.since, now)}" if own.since is not None else ""
    return f"until {clock_words(own.until, now)}" if own.until is not None else ""


def about(state: State, candidate: Candidate, cells: int) -> list[Line]:
    """All that is known of one: why it waits or failed, since when it runs and in which limits, and today's sums."""
    own = candidate.instance
    lines: list[Line] = wrap(candidate.why_not, cells) if candidate.why_not else []
    if own is None:
        return lines
    there, sums = _there(state, candidate), _sums(candidate)
    lines += wrap_parts(" · ".join(there), cells) if there else []
    if own.failures and not candidate.why_not:  # or else it is said there already
        how = f", the last time with {candidate.failure}" if candidate.failure else ""
        lines += wrap(f"failed {times(own.failures)} in a row{how}", cells, "warn")
    lines += [line(Span(legible(each), "dim")) for each in own.lines[-_LAST_LINES:] if own.failures]
    lines += wrap_parts(" · ".join(sums), cells) if sums else []
    if own.freed_s is not None:
        lines += wrap(f"GPU memory was free {own.freed_s:.1f} s after its last stop", cells, "dim")
    return lines


def _there(state: State, candidate: Candidate) -> list[str]:
    """What is so while it holds the device."""
    own, now = candidate.instance, _now(state)
    if own is None or not candidate.is_there:
        return []
    found = [f"pid {own.pid}"] if own.pid is not None else []
    if own.since is not None and now is not None:
        found.append(f"for {length((now - own.since).total_seconds())}")
    if own.limited_by:
        found.append(f"held by {own.limited_by}")
    if own.cpu_s is not None:
        found.append(f"processor {length(own.cpu_s)}")
    return found


def _sums(candidate: Candidate) -> list[str]:
    """What it came to today."""
    own = candidate.instance
    if own is None or not own.metered_s:
        return []
    return [f"today {worked(own.metered_s, devices=len(own.devices))}", energy(own)]


def _none(state: State, device: Device, cells: int) -> list[Line]:
    """Why there is no work for the device, and what makes some."""
    found = workloads(state)
    if found is None:
        return []
    path = found.path or "workloads.toml"
    if found.refused is not None:
        return [
            *wrap(f"not in force: {found.refused}", cells, "warn"),
            *wrap("netmind workload check", cells, "strong"),
        ]
    if found.workloads:
        return wrap(f"no workload is for {device.id}: `devices` in {path} says which are", cells)
    lines = wrap("No workload is defined, so nothing runs here. One that needs no network:", cells)
    return [*lines, *wrap(FIRST_COMMAND, cells, "strong")]


def _now(state: State) -> datetime | None:
    return state.at or (state.node.status.at if state.node.status is not None else None)

"""What stands on every screen: the screens with their numbers, the state, and at the foot what can be done."""

from dataclasses import dataclass

from netmind_tui.tui.action import ACTIONS, BY_ID, Keymap
from netmind_tui.tui.ascii import in_ascii
from netmind_tui.tui.cert_page import badge
from netmind_tui.tui.glyph import Beyond, Glyphs
from netmind_tui.tui.node_page import is_of_use
from netmind_tui.tui.picture import Line, Span, ends, fit, joined, line, width, wrap
from netmind_tui.tui.schedule_page import unsaved
from netmind_tui.tui.screen import modules
from netmind_tui.tui.state import SCREENS, TITLES, State

LEAST_CELLS, LEAST_ROWS = 60, 20
FRAME_ROWS = 3
"""Rows that every screen has: its name, the state, and the foot."""
_NUMBERED = SCREENS[:7]
_NAMES_FROM, _HOST_FROM = 79, 98
_GAP = 2
_SAID_ROWS = 6
_KEPT = ("save", "help")
"""Words at the foot that are never left out."""


@dataclass(frozen=True, slots=True)
class Size:
    """A terminal's cells and rows."""

    cells: int
    rows: int


def picture(state: State, size: Size, glyphs: Glyphs, keymap: Keymap) -> list[Line]:
    """The whole screen, in exactly so many lines of exactly so many cells."""
    if size.cells < LEAST_CELLS or size.rows < LEAST_ROWS:
        return _too_small(size)
    body_rows = size.rows - FRAME_ROWS
    body = modules()[state.view.screen].body(state, size.cells, body_rows, glyphs)
    drawn = [_screens(state, size.cells), _status(state, size.cells, glyphs)]
    drawn += [fit(each, size.cells) for each in body[:body_rows]]
    foot = _said(state, size.cells) or [_footer(state, size.cells, keymap)]
    drawn += [fit((), size.cells)] * (size.rows - len(drawn))
    drawn[-len(foot) :] = foot
    return drawn if glyphs.braille else [in_ascii(each) for each in drawn]


def _too_small(size: Size) -> list[Line]:
    words = f"netmind-tui needs {LEAST_CELLS} × {LEAST_ROWS} cells; this terminal has {size.cells} × {size.rows}"
    return [fit(line(words), size.cells), *[fit((), size.cells)] * (size.rows - 1)]


def _screens(state: State, cells: int) -> Line:
    here = state.view.screen
    tabs = []
    for number, screen in enumerate(_NUMBERED, start=1):
        if screen == here:
            tabs.append(line(Span(f" {number} {TITLES[screen]} ", "tab-here")))
        elif cells >= _NAMES_FROM:
            tabs.append(line(Span(f"{number} {TITLES[screen]}", "tab", f"go {screen}")))
        else:
            tabs.append(line(Span(f"{number}", "tab", f"go {screen}")))
    if here not in _NUMBERED:
        tabs.append(line(Span(f" {TITLES[here]} ", "tab-here")))
    bar = joined(tabs, Span("  " if cells >= _HOST_FROM else " "))
    host = state.host.hostname if state.host is not None else ""
    place = state.node.place
    of = f" [{place.number} of {place.count}]" if place.count > 1 else ""
    host = f"{place.hostname or host}{of}"
    hosts = (host, host.partition(" [")[0]) if cells >= _HOST_FROM and host else ()
    names = [line(Span(" netmind", "title"), Span(f" {each}", "dim"), " ") for each in hosts]
    room = cells - width(bar) - 1
    name = next((each for each in (*names, line(Span(" netmind", "title"))) if width(each) <= room), ())
    return ends(name, (*bar, Span(" ")), cells)


def _status(state: State, cells: int, glyphs: Glyphs) -> Line:
    """What the machine does for others, in as many words as there is room for, and what holds for every screen."""
    for has_badge in (True, False):
        right = _standing(state, cells, glyphs, has_badge=has_badge)
        room = cells - width(right) - _GAP
        left = _measuring(state, room, glyphs) or _contribution(state, room, glyphs)
        if width(left) <= room:  # the state is never cut for what a screen of its own tells
            break
    return ends(left, right, cells)


def _contribution(state: State, room: int, glyphs: Glyphs) -> Line:
    node = state.node
    if node.status is None and not node.silence and not node.place.hostname:
        return _off(room, glyphs)
    from netmind_tui.tui.node_badge import badge as what_it_does  # noqa: PLC0415 - only where there is an agent

    return what_it_does(state, room, glyphs)


def _off(room: int, glyphs: Glyphs) -> Line:
    forms = (", no agent: nothing runs for others", ", no agent", "")
    sign = Span(f" {glyphs.states[Beyond.OFF]} OFF", "strong")
    words = next((each for each in forms if sign.width + len(each) <= room), "")
    return line(sign, Span(words, "dim"))


def _standing(state: State, cells: int, glyphs: Glyphs, *, has_badge: bool) -> Line:
    """Where the samples come from, what is wrong with that, what needs the owner, and the time."""
    right = []
    if state.feed.kind not in ("live", "host"):
        words = f"replay {state.feed.label}" if state.feed.kind != "demo" else "SIMULATED demo"
        right.append(line(Span(words if cells >= _NAMES_FROM else words.partition(" ")[0], "warn")))
    if state.feed.ended is not None:
        right.append(line(Span("ended" if state.feed.kind != "live" else "not recorded", "warn")))
    if state.feed.silent_s:
        right.append(line(Span(f"no sample for {state.feed.silent_s:.0f} s", "bad")))
    if state.schedule.drafts:
        kept = unsaved(state)
        said = "" if kept is None else f"{glyphs.marks['draft']} {kept.words if cells >= _NAMES_FROM else kept.count}"
        right += [line(Span(f"{said} not saved", "warn", "go schedule"))] if said else []
    words, role = badge(state.cert, state.renew_before)
    if words and has_badge:
        right.append(line(Span(words, role, "go cert")))
    if state.needs:
        right.append(line(Span(f"{glyphs.marks['notice']} {len(state.needs)}", "warn", "go overview")))
    if state.view.read_only:
        right.append(line(Span("read-only", "dim")))
    right.append(line(Span(state.clock, "dim")))
    return (*joined(right, Span("  ")), Span(" "))


def _measuring(state: State, cells: int, glyphs: Glyphs) -> Line:
    if state.bench.job is None:
        part = state.cert.part
        return (
            ()
            if part is None
            else line(Span(f" {glyphs.marks['now']} proving {round(100 * part)} %", "measuring", "go cert"))
        )
    from netmind_tui.tui.screen import bench  # noqa: PLC0415 - 50 ms, and only where something is measured

    return bench.status(state, cells, glyphs)


def _is_of_use(state: State, action: str) -> bool:
    """Whether there is anything for an action of the overview, of a device or of a benchmark to change now."""
    if state.view.screen == "bench":
        from netmind_tui.tui.screen import bench  # noqa: PLC0415 - it is loaded, or nothing was drawn

        return bench.works(state, action)
    if state.view.screen == "cert":
        from netmind_tui.tui.screen import cert  # noqa: PLC0415 - see above

        return cert.works(state, action)
    if action == "certify":  # it works there, too, and its word is left to the screen itself
        return False
    if action == "kill":
        from netmind_tui.tui.screen import devices  # noqa: PLC0415 - only where it is shown

        return devices.ends_processes(state)
    if action == "work":
        from netmind_tui.tui.work_page import chosen_work  # noqa: PLC0415 - see above

        return chosen_work(state) is not None
    if state.view.screen == "schedule":
        from netmind_tui.tui.screen import schedule  # noqa: PLC0415 - it is loaded, or nothing was drawn

        return schedule.works(state, action)
    if action in ("layout", "sort"):
        return len(state.gpus) > (action == "sort")
    return True


def _leaves(state: State) -> str:
    """What going back does here, in a word, if anything."""
    if state.view.screen == "cert":
        from netmind_tui.tui.screen import cert  # noqa: PLC0415 - see above

        return cert.leaves(state)
    if state.view.screen == "devices":
        return "closes the log" if state.view.choice("work log", "") else ""
    if state.view.screen == "schedule":
        own = state.schedule
        if own.is_explaining or own.shows_past:
            return "back"
        return "no range" if own.anchor is not None else "all devices" if own.devices else ""
    if state.view.screen != "bench":
        return ""
    from netmind_tui.tui.screen import bench  # noqa: PLC0415 - see above

    return bench.leaves(state)


def _said(state: State, cells: int) -> list[Line]:
    """What was last said, to its end, over the last lines of the body: what to do about it stands there."""
    if state.said is None:
        return []
    role = {"pass": "good", "warn": "warn"}.get(state.said.status, "bad")
    return [fit((Span(" "), *each), cells) for each in wrap(state.said.sentence, cells - 2, role)[:_SAID_ROWS]]


def _footer(state: State, cells: int, keymap: Keymap) -> Line:
    """The actions that have a word, as many as fit."""
    shown = [
        action
        for action in ACTIONS
        if action.footer
        and is_of_use(state.node, action.id, state.view.screen)  # without an agent they say so when they are asked for
        and (not action.screens or state.view.screen in action.screens)
        and not (state.view.read_only and action.changes)
        and _is_of_use(state, action.id)
    ]
    if state.view.screen == "schedule":  # it has many words of its own
        shown.sort(key=lambda action: (action.id in _KEPT, not action.screens))
    words = [
        line(Span(keymap.shown(action), "key", action.id), Span(f" {action.footer}", "dim", action.id))
        for action in shown
    ]
    leaves = _leaves(state)
    if leaves:
        back = BY_ID["back"]
        words.insert(0, line(Span(keymap.shown(back), "key", back.id), Span(f" {leaves}", "dim", back.id)))
    kept = sum(action.id in _KEPT for action in shown)
    while len(words) > kept and width(joined(words, Span("  "))) + 2 > cells:
        words.pop(-kept - 1)
    return fit((Span(" "), *joined(words, Span("  "))), cells)

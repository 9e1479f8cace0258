"""Devices: everything known about one device, live, with its findings and who computes on it."""

from collections.abc import Sequence

from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.picture import Box, Line, Span, beside, column, fit, framed, line, width, wrap
from netmind_tui.tui.screen import device_work, work_log
from netmind_tui.tui.screen.device_chart import choice_of_span, graphs, grid, spark
from netmind_tui.tui.screen.device_facts import facts, facts_in_columns
from netmind_tui.tui.screen.device_now import (
    findings_of,
    reason_for_silence,
    short_name,
    silence_words,
    slowed_words,
    word,
)
from netmind_tui.tui.screen.device_processes import (
    can_be_ended,
    can_be_listed,
    processes,
    processes_of,
    wanted_rows,
)
from netmind_tui.tui.state import State
from netmind_tui.tui.work_page import LOG, WORK, command, could_work, of_host, opened_log, shown_log, workloads

_WORDS_FROM, _WIDE_FROM = 78, 98
_CHARTS_FROM_ROWS = 9
_LEAST_FACTS, _LEAST_PROCESSES, _MOST_PROCESSES, _LEAST_FACTS_BESIDE_WORK = 5, 3, 8, 4
_FIGURE, _LABEL, _HIGHEST = 20, 8, 4
_NUMBER = 5
_MARK, _WORD, _LONGEST_WORD, _NARROW = 2, 11, 18, 20
_LEAST_CELLS = 42


def devices(state: State) -> tuple[Device, ...]:
    """The devices in the order of the list."""
    return (*state.gpus, *([state.cpu] if state.cpu is not None else []))


def chosen(state: State) -> Device | None:
    """The device that is shown."""
    found = devices(state)
    return found[min(state.view.row("list"), len(found) - 1)] if found else None


def boxes(state: State) -> Sequence[str]:
    """The list where there are several, the work, the facts, and who computes on a GPU; a log that is read alone."""
    if opened_log(state) is not None:
        return (LOG,)
    device = chosen(state)
    several = ("list",) if len(devices(state)) > 1 else ()
    works = (WORK,) if device is not None and device_work.is_shown(state) else ()
    listed = ("processes",) if device is not None and can_be_listed(state, device) else ()
    return (*several, *works, "facts", *listed)


def count(state: State, box: str) -> int:
    """One row a device, a workload, a process, or a line of facts or of a log."""
    device = chosen(state)
    if box == LOG:
        log = shown_log(state)
        return 0 if log is None else len(log.lines)
    if box == "list":
        return len(devices(state))
    if device is None:
        return 0
    if box == "processes":
        return len(processes_of(state, device))
    if box == WORK:
        return len(could_work(state, device))
    return len(_told(state, device, _LEAST_CELLS))


def opened(state: State, box: str, row: int) -> str | None:
    """From the list on to what it shows; a workload's log."""
    if box == "list":
        return f"focus {WORK if device_work.is_shown(state) else 'facts'}"
    device = chosen(state)
    found = could_work(state, device) if box == WORK and device is not None else ()
    if row >= len(found):
        return None
    own = found[row].instance
    return f"open-log {found[row].name} {own.key if own is not None else ''}".rstrip()


def ends_processes(state: State) -> bool:
    """Whether the device that is shown has a process that may be ended."""
    device = chosen(state)
    return device is not None and can_be_ended(state, device)


def twin(state: State) -> str:
    """What shows the device as text, or its log; on its work, what the key does that stops or starts it."""
    device, log = chosen(state), opened_log(state)
    if log is not None:
        name, device_of = log[0], (log[1] or "").partition("@")[2]
        return f"netmind workload logs {name}{f' --device {device_of}' if device_of else ''}{of_host(state)}"
    if device is not None and device_work.is_shown(state) and state.view.focus.get("devices") == WORK:
        return command(state)
    return "netmind info" if device is None else f"netmind info --device {device.id}"


def body(state: State, cells: int, rows: int, glyphs: Glyphs) -> Sequence[Line]:
    """The list at the left, the device at the right; a log that is read over both."""
    if opened_log(state) is not None:
        return work_log.page(state, cells, rows, glyphs)
    focus = state.view.focus.get("devices", boxes(state)[0])
    focus = focus if focus in boxes(state) else boxes(state)[0]
    device = chosen(state)
    if device is None:
        gone = state.node.silence if state.node.place.hostname else ""
        waiting = wrap(f"no device is known: {gone}" if gone else "looking at the machine", cells - 4, "dim")
        return framed(Box("facts", line(Span("devices", "title")), waiting), cells, rows, glyphs, focused=True)
    if len(devices(state)) == 1:
        return _device(state, device, cells, rows, glyphs, focus)
    left = _list_cells(state, cells)
    return beside(
        _list(state, left, rows, glyphs, focused=focus == "list"),
        _device(state, device, cells - left, rows, glyphs, focus),
    )


def _list_cells(state: State, cells: int) -> int:
    """The width of the list: as wide as its words where there is room, or else as its names."""
    names = max(len(_name(device)) for device in devices(state))
    there = workloads(state)
    work = max((len(each.name) for each in there.workloads), default=0) if there is not None else 0
    wide = 4 + _MARK + names + 1 + min(_LONGEST_WORD, max(_WORD, work + 2))
    return wide if cells >= _WIDE_FROM else min(wide, _NARROW) if cells >= _WORDS_FROM else 4 + _MARK + names + 2


def _name(device: Device) -> str:
    return f" {device.id}" if device.kind is DeviceKind.MIG else device.id


def _list(state: State, cells: int, rows: int, glyphs: Glyphs, *, focused: bool) -> list[Line]:
    found = devices(state)
    names = max(len(_name(device)) for device in found)
    room = max(1, rows - 2)
    here = min(state.view.row("list"), len(found) - 1)
    first = max(0, min(here - room // 2, len(found) - room))
    lines = []
    for place, device in enumerate(found[first : first + room], start=first):
        name, wish = _name(device), f"row list {place}"
        mark = column(glyphs.marks["chosen"] if place == here else " ", _MARK, "key", action=wish)
        spans = [mark, Span(name, "chosen" if place == here else "text", wish)]
        if device.kind is not DeviceKind.CPU or state.node.decision(device.id) is not None:
            said = word(state, device, glyphs.said)
            left = cells - 4 - _MARK - names - 1
            cut = column(said.spoken, left).text if left >= _WORD else said.mark
            words = said.spoken if len(said.spoken) <= left else cut
            spans.append(Span(" " * (names + 1 - len(name)) + words, said.role, wish))
        lines.append(tuple(spans))
    legend = line(Span(f"{first + 1}–{min(len(found), first + room)} of {len(found)}", "dim"))
    box = Box("list", line(Span("devices", "title")), lines, legend=legend if room < len(found) else ())
    return framed(box, cells, rows, glyphs, focused=focused)


def _device(state: State, device: Device, cells: int, rows: int, glyphs: Glyphs, focus: str) -> list[Line]:
    """Now, its work, what it is, and who computes on it, one below the other."""
    told = _told(state, device, cells - 4, glyphs)
    with_processes, with_work = can_be_listed(state, device), device_work.is_shown(state)
    below = min(_MOST_PROCESSES, wanted_rows(state, device)) if with_processes else 0
    below = max(_LEAST_PROCESSES, min(below, rows // (5 if with_work else 4))) if with_processes else 0
    work_rows = _work_rows(state, device, cells, rows) if with_work else 0
    now_rows = _now_rows(state, device, rows - below - work_rows, len(told), with_work=with_work)
    drawn = _now(state, device, cells, now_rows, glyphs)
    if with_work:
        drawn += device_work.work(state, device, cells, work_rows, glyphs, focused=focus == WORK)
    facts_rows = rows - below - work_rows - now_rows
    drawn += _facts(state, told, cells, facts_rows, glyphs, focused=focus == "facts")
    if with_processes:
        drawn += processes(state, device, cells, below, glyphs, focused=focus == "processes")
    return drawn


def _work_rows(state: State, device: Device, cells: int, rows: int) -> int:
    """The rows of its work: all that it wants up to a third, for what it does matters more than what it is."""
    wanted = device_work.wanted_rows(state, device, cells)
    return max(device_work.LEAST_ROWS, min(wanted, rows // 3))


def _now_rows(state: State, device: Device, room: int, told: int, *, with_work: bool) -> int:
    """The rows of what it does now: what the facts leave, but room for one line a chart."""
    if reason_for_silence(state, device) is not None:
        return min(_LEAST_FACTS, room)
    least = 2 + len(graphs(state, device))
    least_facts = _LEAST_FACTS_BESIDE_WORK if with_work else _LEAST_FACTS
    return max(min(least, room - least_facts), room - told - 2)


def _now(state: State, device: Device, cells: int, rows: int, glyphs: Glyphs) -> list[Line]:
    inner, height = cells - 4, max(0, rows - 2)
    own = state.own(device)
    title = line(Span(device.id, "title"), Span(f"  {short_name(device)}", "strong"))
    legend: Line = ()
    is_silent = reason_for_silence(state, device) is not None
    if is_silent:
        said = word(state, device, glyphs.said)
        lines = [line(Span(said.spoken, said.role)), *wrap(silence_words(state, device), inner, said.role)]
    elif height >= _CHARTS_FROM_ROWS:
        lines = grid(state, graphs(state, device), inner, height, glyphs)
    else:
        lines = _one_line_each(state, device, inner, height, glyphs)
    if own is not None and not is_silent and device.kind is DeviceKind.GPU:
        words, role = slowed_words(own)
        legend = line(Span(words, role))
    box = Box("now", title, lines, keys=() if is_silent else choice_of_span(state), legend=legend)
    return framed(box, cells, rows, glyphs)


def _one_line_each(state: State, device: Device, cells: int, rows: int, glyphs: Glyphs) -> list[Line]:
    """A line a chart, or more where there are; the first ones have one more if that does not come out even."""
    lines: list[Line] = []
    shown = graphs(state, device)
    even, left_over = divmod(max(len(shown), rows), len(shown))
    for place, graph in enumerate(shown):
        high = min(_HIGHEST, even + (place < left_over))
        value, _, unit = graph.now.rpartition(" ")
        known = graph.top is not None and graph.is_known
        now = value if known and graph.top_words.endswith(f" {unit}") and unit != "%" else graph.now
        top = f" of {graph.top_words}" if known and unit != "%" else ""
        number, _, rest = now.partition(" ") if known and not top else (now, "", "")
        said = line(Span(f"{number:>{_NUMBER}}" if known else now, "text" if known else "dim"), Span(top, "dim"))
        said = line(*said, Span(f" {rest}", "text")) if rest else said
        head = line(column(graph.label, _LABEL, "dim"), *fit(said, _FIGURE), " ")
        room = cells - width(head)
        top_of_axis = float(graph.top or 0)
        drawn = spark(state, graph.device, graph.metric, room, top_of_axis, glyphs, rows=high) if graph.top else []
        block = [head, *[fit((), width(head))] * (high - 1)]
        lines += beside(block, [(each,) for each in drawn])
    return lines


def _told(state: State, device: Device, cells: int, glyphs: Glyphs | None = None) -> list[Line]:
    """What it does for others and why, what needs the owner about it, then what it is."""
    lines = _why(state, device, cells, glyphs)
    for finding in findings_of(state, device):
        mark = glyphs.marks[str(finding.status)] if glyphs is not None else " "
        role = "warn" if str(finding.status) in {"warn", "unstable"} else "bad"
        first, *rest = wrap(finding.title.removeprefix(f"{device.id}: "), cells - 2, "strong")
        lines += [line(Span(f"{mark} ", role), *first), *(line("  ", *each) for each in rest)]
        if finding.remediation:
            lines += [line("  ", *each) for each in wrap(finding.remediation, cells - 2)]
    return [*lines, *facts_in_columns(facts(state, device), cells)]


def _why(state: State, device: Device, cells: int, glyphs: Glyphs | None) -> list[Line]:
    """What an agent lets it do, with every reason by its rank, and what would lift the first."""
    decision, told = state.node.decision(device.id), state.node.decisions
    if decision is None or told is None:
        return []
    from netmind_tui.tui.node_word import ROLES, spoken, until_words  # noqa: PLC0415 - only where there is an agent

    mark = glyphs.states[decision.state] if glyphs is not None else " "
    until = until_words(decision, state.at or told.at)
    said = f"{spoken(decision.state)}{f' {until}' if until else ''}: {decision.reason.sentence}"
    first, *rest = wrap(said, cells - 2, "strong")
    lines: list[Line] = [line(Span(f"{mark} ", ROLES[decision.state]), *first), *(line("  ", *each) for each in rest)]
    if decision.reason.lift:
        lines += [line("  ", *each) for each in wrap(decision.reason.lift, cells - 2)]
    for reason in decision.reasons[1:]:
        words = f"{'not counted' if reason.is_overridden else 'also'}: {reason.sentence}"
        lines += [line("  ", *each) for each in wrap(words, cells - 2, "dim")]
    return lines


def _facts(state: State, told: Sequence[Line], cells: int, rows: int, glyphs: Glyphs, *, focused: bool) -> list[Line]:
    """The lines from the one on to which was scrolled."""
    room = max(1, rows - 2)
    first = max(0, min(state.view.row("facts"), len(told) - room))
    shown = told[first : first + room]
    cut = len(shown) < len(told)
    legend = line(Span(f"{first + 1}–{first + len(shown)} of {len(told)} lines", "dim")) if cut else ()
    more = line(Span("↑ ↓" if focused else "tab", "key", "focus facts"), Span(" scroll", "dim", "focus facts"))
    box = Box("facts", line(Span("what it is", "title")), shown, legend=legend, more=more if cut else ())
    return framed(box, cells, rows, glyphs, focused=focused)

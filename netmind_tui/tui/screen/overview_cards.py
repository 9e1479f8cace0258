"""The overview's devices as a card each: the figures at the left, and the histories beside them."""

from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.quantity import gibibytes
from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.picture import Box, Line, Span, beside, fit, framed, line, wrap
from netmind_tui.tui.screen.device_chart import choice_of_span, graphs, grid
from netmind_tui.tui.screen.device_facts import facts, facts_in_columns
from netmind_tui.tui.screen.device_now import Word, reason_for_silence, short_name, silence_words, word
from netmind_tui.tui.screen.overview_card import figures, more
from netmind_tui.tui.screen.overview_needs import shortened
from netmind_tui.tui.screen.overview_node import waiting
from netmind_tui.tui.screen.overview_order import of_cards
from netmind_tui.tui.state import State

LEAST_ROWS = 7
"""Rows of a card below which it hides what matters: four figures and the clock."""
_SILENT_ROWS = 4
_TORN = 12  # cells that may stay empty at the end of a line, because a word has no room there
_LEFT, _CHART_FROM, _LEAST_CHART, _OPENS = 46, 74, 2, 18


def least_rows(state: State) -> int:
    """The rows in which every card has the least that makes sense."""
    return sum(_least(state, device) for device in of_cards(state)) or LEAST_ROWS


def cards(state: State, cells: int, rows: int, glyphs: Glyphs, *, chosen: int, focused: bool) -> list[Line]:
    """The cards in so many rows: all that have room, the chosen one among them."""
    devices = of_cards(state)
    if not devices:
        said = [line(Span(waiting(state), "dim"))]
        return framed(Box("devices", line(Span("devices", "title")), said), cells, rows, glyphs, focused=focused)
    chosen = min(chosen, len(devices) - 1)
    least = [_least(state, each) for each in devices]
    first, last = _shown(least, rows, chosen)
    spare = rows - sum(least[first:last])
    growing = [place for place in range(first, last) if least[place] == LEAST_ROWS] or [first]
    drawn: list[Line] = []
    for place in range(first, last):
        grown = spare // len(growing) + (place - growing[0] < spare % len(growing)) if place in growing else 0
        legend = f"{first + 1}–{last} of {len(devices)}" if last - first < len(devices) and place == last - 1 else ""
        here = focused and place == chosen
        drawn += card(state, devices[place], cells, least[place] + grown, glyphs, focused=here, legend=legend)
    return drawn


def _least(state: State, device: Device) -> int:
    return _SILENT_ROWS if reason_for_silence(state, device) is not None else LEAST_ROWS


def _shown(least: list[int], rows: int, chosen: int) -> tuple[int, int]:
    """The first card that is shown and the one after the last, so that the chosen one is among them."""
    first = 0
    while first < chosen and sum(least[first : chosen + 1]) > rows:
        first += 1
    last = first + 1
    while last < len(least) and sum(least[first : last + 1]) <= rows:
        last += 1
    return first, last


def card(
    state: State, device: Device, cells: int, rows: int, glyphs: Glyphs, *, focused: bool, legend: str = ""
) -> list[Line]:
    """One device in a frame: figures at the left, histories at the right, or below where it is narrow."""
    inner, height = cells - 4, max(0, rows - 2)
    has_word = device.kind is not DeviceKind.CPU or state.node.decision(device.id) is not None
    said = word(state, device, glyphs.said) if has_word else None
    title = line(
        Span(device.id, "title", f"open {device.id}"),
        Span(f"  {short_name(device)}", "strong"),
        Span(f" · {gibibytes(device.memory_total_bytes)}" if device.memory_total_bytes else "", "dim"),
    )
    is_silent = reason_for_silence(state, device) is not None and said is not None
    if is_silent and said is not None:
        lines = wrap(silence_words(state, device, max(1, height) * inner - _TORN), inner, said.role)
        lines += [(), *facts_in_columns(facts(state, device), inner)] if height > len(lines) + 1 else []
    else:
        lines = _beside(state, device, inner, height, glyphs)
    below = line(Span(legend, "dim")) if legend else _stands(state, device, said, inner - _OPENS) if said else ()
    opens = line(Span("enter", "key"), Span(" device", "dim"))
    return framed(
        Box("devices", title, lines, keys=() if is_silent else choice_of_span(state), legend=below, more=opens),
        cells,
        rows,
        glyphs,
        focused=focused,
    )


def _stands(state: State, device: Device, said: Word, cells: int) -> Line:
    """What it does now; with the work that does it, or why there is none, in whole clauses."""
    told = Span(said.spoken.strip(), said.role)
    if state.node.decision(device.id) is None:
        return (told,)
    from netmind_tui.tui.screen import overview_work  # noqa: PLC0415 - only where there is an agent

    more = shortened(overview_work.clause(state, device), cells)
    if not more:
        return (told,)
    # Where the word is about the work, the clause says the same and more.
    is_same = said.text == overview_work.word(state, device)
    return line(Span(f"{said.mark} {more}", said.role)) if is_same else line(told, Span(f" · {more}", "dim"))


def _beside(state: State, device: Device, cells: int, height: int, glyphs: Glyphs) -> list[Line]:
    shown = graphs(state, device)
    if cells >= _CHART_FROM:
        told = figures(state, device, _LEFT - 2, glyphs)[:height]
        told += more(state, device, _LEFT - 2, height - len(told))
        left = [fit(each, _LEFT) for each in [*told, *[()] * (height - len(told))]]
        room = cells - _LEFT
        return beside(left, grid(state, shown[: _fitting(height, room)], room, height, glyphs))
    told = figures(state, device, cells, glyphs)
    left_over = height - len(told)
    return [*told, *(grid(state, shown[:1], cells, left_over, glyphs) if left_over >= _LEAST_CHART else [])]


def _fitting(height: int, cells: int) -> int:
    """How many charts make sense in such a room: none below four rows each."""
    columns = max(1, cells // 34)
    return max(1, min(5, columns * max(1, height // 5)))

"""The overview's devices as a row each, in a box: as high as there is room for, around the one that is chosen."""

from collections import Counter
from collections.abc import Sequence

from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.picture import Box, Line, Span, framed, joined, line
from netmind_tui.tui.screen.device_chart import choice_of_span
from netmind_tui.tui.screen.device_now import Heed, heed, reason_for_silence, word
from netmind_tui.tui.screen.overview_node import cards
from netmind_tui.tui.screen.overview_order import is_folded, of_rows, sort
from netmind_tui.tui.screen.overview_row import heading, row
from netmind_tui.tui.state import State

AROUND = 3
"""Rows of the box beside those of the devices: its borders and the heading."""
_HIGHEST = 6
_LOUD = ("lost", "warn")


def heights(state: State, shown: Sequence[Device], spare: int) -> list[int]:
    """The lines of each row, where so many are left over: evenly, and the last ones for what needs attention."""
    most = [_most(state, device) for device in shown]
    high = [1] * len(shown)
    while growing := [place for place in range(len(shown)) if high[place] < most[place]]:
        if len(growing) > spare:
            growing = [place for place in growing if heed(state, shown[place]) <= Heed.HOT][:spare]
        for place in growing:
            high[place] += 1
        spare -= len(growing)
        if not growing or spare <= 0:
            break
    return high


def wanted_rows(state: State, room: int) -> int:
    """The rows of the box where it may have so many."""
    shown = of_rows(state)
    return AROUND + sum(heights(state, shown, room - AROUND - len(shown)))


def rows_box(state: State, cells: int, rows: int, glyphs: Glyphs, *, focused: bool, names: bool) -> list[Line]:
    """The box; ``names`` says whether the GPUs' names stand in it, because they stand nowhere else."""
    shown = of_rows(state)
    inner, room = cells - 4, max(1, rows - 2)
    chosen = min(state.view.row("devices"), max(0, len(shown) - 1))
    lines: list[Line] = []
    if room > len(shown):
        lines.append(heading(state, inner))
        room -= 1
    first = max(0, min(chosen - room // 2, len(shown) - room))
    last = min(len(shown), first + room)
    high = heights(state, shown[first:last], room - (last - first))
    for place, device in enumerate(shown[first:last], start=first):
        here = focused and place == chosen
        lines += row(state, device, inner, glyphs, chosen=here, rows=high[place - first])
    keys = line(
        Span("s", "key", "sort"),
        Span(f" {sort(state)}  ", "dim", "sort"),
        Span("g", "key", "layout"),
        Span(" cards  ", "dim", "layout"),
        *choice_of_span(state),
    )
    legend = line(Span(cards(state), "dim")) if names else _tally(state, glyphs)
    if last - first < len(shown):
        legend = line(Span(f"{first + 1}–{last} of {len(shown)}", "dim"))
    opens = "slices" if shown and is_folded(state, shown[chosen]) else "device"
    more = line(Span("enter", "key"), Span(f" {opens}", "dim"), *_said(state))
    box = Box("devices", line(Span("devices", "title")), lines, keys=keys, legend=legend, more=more)
    return framed(box, cells, rows, glyphs, focused=focused)


def _said(state: State) -> Line:
    """What can be said of the device under the cursor."""
    if not state.node.may_control or state.view.read_only:
        return ()
    words = (("k", "give back", "give back"), ("x", "exclude", "exclude"))
    return tuple(
        Span(text, role, wish) for key, what, wish in words for text, role in ((f"  {key}", "key"), (f" {what}", "dim"))
    )


def _most(state: State, device: Device) -> int:
    """What says little has nothing to fill a second line with."""
    is_silent = device.kind is not DeviceKind.GPU or reason_for_silence(state, device) is not None
    return 1 if is_silent else _HIGHEST


def _tally(state: State, glyphs: Glyphs) -> Line:
    """How many GPUs do what, those that need attention first: ``1 lost · 1 heat · 6 busy``."""
    spoken = [word(state, device, glyphs.said) for device in state.gpus if device.kind is DeviceKind.GPU]
    count = Counter(each.text for each in spoken)
    roles = {text: {each.role for each in spoken if each.text == text} for text in count}
    loud = {text: next((role for role in _LOUD if roles[text] == {role}), "dim") for text in count}
    order = sorted(count, key=lambda text: ((*_LOUD, "dim").index(loud[text]), -count[text], text))
    return joined((line(Span(f"{count[text]} {text}", loud[text])) for text in order), Span(" · ", "dim"))

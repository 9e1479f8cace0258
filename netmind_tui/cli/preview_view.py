"""What will be, for people: a picture of each day, what changes next, and what each rule takes of the painted hours."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING

from rich.text import Text

from netmind_tui.cli.page import Page, printed
from netmind_tui.cli.week_view import NOTHING, heading, row, styles_of
from netmind_tui.model.contribution import Contribution
from netmind_tui.model.offset import MINUTE_US, Offsets, as_moment, moment_us, wall_us
from netmind_tui.model.policy import MINUTES_A_DAY, Policy
from netmind_tui.model.selector import ranges
from netmind_tui.model.timeline import Span, Timeline
from netmind_tui.model.week_word import letters_of
from netmind_tui.model.weekplan import CELL_MINUTES, CELLS_A_DAY

if TYPE_CHECKING:
    from rich.console import RenderableType

_MOST_CHANGES = 8
_BLOCKED = "x"
_GONE = " "


def table(timeline: Timeline, policy: Policy, zone: tzinfo, title: str, page: Page) -> str:
    """All of it."""
    names = [each.profile or "" for each in policy.windows]
    names += [each.profile or "" for each in policy.exceptions if each.allows]
    letters = letters_of(dict.fromkeys(names))
    blocks: list[RenderableType] = [Text(f"{title} · {timeline.zone}", style="bold")]
    leaps = _leaps(timeline, zone)
    for devices, spans in _alike(timeline):
        blocks += [Text(f"\n{devices}", style="bold"), heading(page.width)]
        blocks += [
            row(_label(day, leaps), _cells(day, spans, zone, letters), page.width) for day in _days(timeline, zone)
        ]
    blocks += [Text(""), _legend(letters)]
    blocks += [Text(_leap_words(day, shift_s), style="yellow") for day, shift_s in leaps.items()]
    blocks += [Text(""), *_changes(timeline, zone)]
    blocks += [Text(""), *_hours(timeline)]
    return printed(blocks, page)


def _alike(timeline: Timeline) -> Iterator[tuple[str, Sequence[Span]]]:
    """Devices with the same future, by their ids in short."""
    groups: dict[tuple[Span, ...], list[str]] = {}
    for line in timeline.devices:
        spans = tuple(replace(each, sentence=each.sentence.replace(line.device, "")) for each in line.spans)
        groups.setdefault(spans, []).append(line.device)
    for names in groups.values():
        yield ranges(names), next(line.spans for line in timeline.devices if line.device == names[0])


def _days(timeline: Timeline, zone: tzinfo) -> list[date]:
    first = timeline.now.astimezone(zone).date()
    last = (timeline.end - timedelta(seconds=1)).astimezone(zone).date()
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _label(day: date, leaps: dict[date, float]) -> str:
    return f"{day:%a %d %b}{' *' if day in leaps else ''}"


def _cells(day: date, spans: Sequence[Span], zone: tzinfo, letters: dict[str, str]) -> list[tuple[str, str]]:
    """48 half hours by the wall; one that is leapt over is blank, one that comes twice shows both as one."""
    styles = styles_of(letters)
    cells: list[tuple[str, str]] = [(_GONE, "")] * CELLS_A_DAY
    found: list[list[str]] = [[] for _ in range(CELLS_A_DAY)]
    for span in spans:
        sign = _sign(span, letters)
        for start, end in _wall_minutes(span, day, zone):
            for number in range(start // CELL_MINUTES, -(-end // CELL_MINUTES)):
                found[number].append(sign)
    for number, signs in enumerate(found):
        if signs:
            runs = [sign for sign in signs if sign not in (NOTHING, _BLOCKED)]
            sign = runs[0] if runs else _BLOCKED if _BLOCKED in signs else NOTHING
            mixed = len(set(signs)) > 1 and bool(runs)
            style = styles.get(sign, "red" if sign == _BLOCKED else "dim")
            cells[number] = (sign.lower() if mixed else sign, style)
    return cells


def _wall_minutes(span: Span, day: date, zone: tzinfo) -> Iterator[tuple[int, int]]:
    """From which to which minute of a day the wall shows a span; the end is not included."""
    midnight = datetime.combine(day, time())
    near = timedelta(days=2)
    start, end = span.start, span.end
    local = midnight.replace(tzinfo=zone)
    if end < local - near or start > local + near:
        return
    first = wall_us(midnight)
    begin, stop = max(start, local - near), min(end, local + near)
    for part, until, offset in Offsets(zone).spans(moment_us(begin), moment_us(stop)):
        low, high = (part + offset - first) // MINUTE_US, -(-(until + offset - first) // MINUTE_US)
        low, high = max(low, 0), min(high, MINUTES_A_DAY)
        if low < high:
            yield low, high


def _sign(span: Span, letters: dict[str, str]) -> str:
    if span.state is Contribution.CONTRIBUTING:
        return letters.get(span.window or "", "#")
    return _BLOCKED if span.blocked_by else NOTHING


def _legend(letters: dict[str, str]) -> Text:
    parts = [f"{letter} {name or 'runs'}" for name, letter in letters.items()]
    parts += [f"{_BLOCKED} painted, and a rule denies it", f"{NOTHING} nothing painted", "small: a part of it"]
    return Text("   ".join(parts), style="dim")


def _leaps(timeline: Timeline, zone: tzinfo) -> dict[date, float]:
    """The days on which clocks are put forward (more than 0 seconds) or back."""
    offsets = Offsets(zone)
    found: dict[date, float] = {}
    before = None
    for start, _, offset in offsets.spans(moment_us(timeline.start), moment_us(timeline.end)):
        if before is not None and offset != before:
            day = as_moment(start).astimezone(zone).date()
            found[day] = found.get(day, 0.0) + (offset - before) / 1e6
        before = offset
    return found


def _leap_words(day: date, shift_s: float) -> str:
    hours = 24 - shift_s / 3600
    way = "forward" if shift_s > 0 else "back"
    return f"* {day:%a %d %b}: clocks are put {way}, the day has {hours:g} hours"


def _changes(timeline: Timeline, zone: tzinfo) -> Iterator[Text]:
    """What happens next, equal devices together."""
    moments: dict[tuple[datetime, str], list[str]] = {}
    for line in timeline.devices:
        for before, span in zip(line.spans, line.spans[1:], strict=False):
            if _told(before) != _told(span):
                sentence = f"{span.state}: {span.sentence}".replace(f" of {line.device}", "")
                moments.setdefault((span.start, sentence), []).append(line.device)
    if not moments:
        yield Text("nothing changes in that time", style="dim")
        return
    yield Text("next changes", style="bold")
    for (moment, sentence), names in sorted(moments.items())[:_MOST_CHANGES]:
        yield Text(f"  {moment.astimezone(zone):%a %d %b %H:%M}  {ranges(names)}  {sentence}")
    if len(moments) > _MOST_CHANGES:
        yield Text(f"  and {len(moments) - _MOST_CHANGES} more", style="dim")


def _told(span: Span) -> tuple[str, str, str | None]:
    """What a change must be one of to be told: what denies where nothing is painted is none."""
    runs = span.state is Contribution.CONTRIBUTING
    return span.state, span.code if runs or span.blocked_by else "", span.window if runs else None


def _hours(timeline: Timeline) -> Iterator[Text]:
    count = len(timeline.devices)
    unit = "hours" if count == 1 else f"device-hours of {count} devices"
    words = f"painted {timeline.painted_hours:.1f}, would run {timeline.runs_hours:.1f} ({unit})"
    yield Text(words, style="bold")
    if not timeline.painted_hours and any(line.spans for line in timeline.devices):
        yield Text("  no window of the policy is about these devices in that time", style="yellow")
    for effect in timeline.effects:
        yield Text(f"  {effect.device_hours:8.1f}  taken by: {effect.sentence} ({effect.code})")

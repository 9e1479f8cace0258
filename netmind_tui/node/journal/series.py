"""Rows of samples as series for a screen: one figure a step, the same steps for every device and metric."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from netmind_tui.model.control import HistoryQuery, Rollup, Series
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem
from netmind_tui.node.journal.reader import Reader
from netmind_tui.node.journal.step import AMOUNTS, HOST, METRICS, UTIL, Step, unpack

_REACH_S = ((1, 600), (10, 24 * 3600), (60, 30 * 24 * 3600))
_COARSEST_S = 900
_MOST_POINTS = 20_000

_Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Part:
    """Devices, by id and UUID, over the step that begins then."""

    start_s: int
    steps: Mapping[_Key, Step]


def rollup_of(
    reader: Reader, query: HistoryQuery, seconds: Sequence[Part], unwritten: Sequence[Part], now: datetime
) -> Rollup:
    """What the file holds of a time, and what memory holds of its end.

    Raises:
        Problem: the time ends before it begins, or the file cannot be read.
    """
    start_s, end_s = int(query.start.timestamp()), -int(-query.end.timestamp() // 1)
    if end_s <= start_s:
        raise Problem("history: the end is not after the start", ExitCode.USAGE)
    age_s = now.timestamp() - start_s
    kept_s = next((step_s for step_s, reach_s in _REACH_S if age_s <= reach_s), _COARSEST_S)
    wanted_s = max(kept_s, query.step_s or 0, (end_s - start_s) / _MOST_POINTS)
    source_s = max((step_s for step_s in (1, 10, 60, _COARSEST_S) if kept_s <= step_s <= wanted_s), default=kept_s)
    step_s = source_s * -int(-wanted_s // source_s)
    start_s = start_s // step_s * step_s
    current = dict(reader.devices().values())
    parts: Iterable[Part] = seconds
    for part in seconds[-1:]:
        current |= dict(part.steps.keys())

    def is_asked(key: _Key) -> bool:
        # An id means the card seen last in its slot; of one that was replaced, the UUID still tells.
        device, uuid = key
        return uuid in query.devices or ((not query.devices or device in query.devices) and current.get(device) == uuid)

    if source_s > 1:
        parts = [*_written(reader, source_s, start_s, end_s, is_asked), *unwritten]
    grid = _grid(parts, range(start_s, end_s, step_s), is_asked)
    start = datetime.fromtimestamp(start_s, UTC)
    return Rollup(
        series=tuple(
            series
            for (device, _), cells in grid.items()
            for series in _series(device, cells, start, step_s)
            if not query.metrics or series.metric in query.metrics
        )
    )


def _written(reader: Reader, step_s: int, start_s: int, end_s: int, is_asked: Callable[[_Key], bool]) -> Iterator[Part]:
    """The rows of a step, and where they end the finer ones that they will be made of."""
    names = {number: key for number, key in reader.devices().items() if is_asked(key)}
    for each_s in (_COARSEST_S, 60, 10):
        if each_s > step_s:
            continue
        for at_s, body in reader.steps(each_s, start_s, end_s):
            yield Part(at_s, {names[number]: step for number, step in unpack(body, names).items()})
            start_s = at_s + each_s


def _grid(parts: Iterable[Part], starts: range, is_asked: Callable[[_Key], bool]) -> dict[_Key, list[Step | None]]:
    """The steps of each device that was asked for, by their place in time."""
    grid: dict[_Key, list[Step | None]] = {}
    for part in parts:
        place = (part.start_s - starts.start) // starts.step
        if not 0 <= place < len(starts):
            continue
        for key, step in part.steps.items():
            if is_asked(key):
                cells = grid.setdefault(key, [None] * len(starts))
                cell = cells[place] = cells[place] or Step()
                cell.add(step)
    return grid


def _series(device: str, cells: list[Step | None], start: datetime, step_s: int) -> Iterator[Series]:
    """Every metric of a device that has a figure at all."""
    for name, place in METRICS.items():
        mean, low, high = (
            tuple(getattr(cell, part)[place] if cell else None for cell in cells) for part in ("mean", "low", "high")
        )
        metric = "cpu_util_pct" if device == HOST and place == UTIL else name
        if any(value is not None for value in mean):
            yield Series(device=device, metric=metric, start=start, step_s=step_s, mean=mean, low=low, high=high)
    for place, metric in enumerate(AMOUNTS):
        amounts = tuple(cell.amounts[place] if cell else None for cell in cells)
        if any(value is not None for value in amounts):
            yield Series(device=device, metric=metric, start=start, step_s=step_s, mean=amounts)

"""The figures of a finished run, a line each: one device's with its interval, many equal ones' with their range."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median

from netmind_tui.model.device import DeviceKind
from netmind_tui.model.finding import Status, worst
from netmind_tui.model.measurement import Measurement, Reason, Run
from netmind_tui.model.quantity import interval, percent, quantity
from netmind_tui.model.selector import ranges
from netmind_tui.tui.glyph import Glyphs, bar
from netmind_tui.tui.picture import Line, Span, column, ends, fit, line, wrap
from netmind_tui.tui.screen.bench_part import PEAK_CELLS, ROLES, SPREAD_CELLS, marked, why_not
from netmind_tui.tui.screen.bench_strip import whisker

DETAIL_ROWS = 3
_TOGETHER_FROM = 3
_INTERVAL, _WHISKER, _BAR = 19, 11, 8


@dataclass(frozen=True, slots=True)
class Figure:
    """One line: a kernel's rows on one device, or on many equal ones."""

    rows: tuple[Measurement, ...]
    alone: bool = False

    @property
    def kernel(self) -> str:
        """The kernel of all rows."""
        return self.rows[0].kernel

    @property
    def devices(self) -> str:
        """The devices in short."""
        return ranges([m.device for m in self.rows]) + (" alone" if self.alone else "")

    @property
    def values(self) -> list[float]:
        """What was measured."""
        return [m.value for m in self.rows if m.value is not None]

    @property
    def value(self) -> float | None:
        """The figure, or the middle of many."""
        return median(self.values) if self.values else None

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The interval, or the range of many."""
        if len(self.rows) == 1:
            return self.rows[0].ci95
        return (min(self.values), max(self.values)) if self.values else None

    @property
    def status(self) -> Status:
        """The worst."""
        return worst([m.status for m in self.rows])


def is_elsewhere(m: Measurement) -> bool:
    """Whether this kind of device has no form of the kernel: told in one line for all of them."""
    return m.status is Status.SKIP and any(because.id is Reason.NOT_PLACEABLE for because in m.reasons)


def figures_of(run: Run) -> list[Figure]:
    """The lines of a run: equal devices together from three on, then those that were measured once more alone."""
    shown = [m for m in run.measurements if not is_elsewhere(m)] or list(run.measurements)
    return [*_figures(run, shown, alone=False), *_figures(run, run.alone, alone=True)]


def _figures(run: Run, rows: Sequence[Measurement], *, alone: bool) -> list[Figure]:
    known = {device.id: device for device in run.devices}
    measured = dict.fromkeys(m.device for m in rows)
    models: dict[object, list[str]] = {}
    for device_id in measured:
        device = known.get(device_id)
        if device is None or device.kind is DeviceKind.CPU or device.name is None:
            models[device_id] = [device_id]
        else:
            models.setdefault((device.kind, device.name, device.memory_total_bytes), []).append(device_id)
    found: list[Figure] = []
    for ids in sorted(models.values(), key=lambda ids: ids == ["cpu"]):
        own = [m for m in rows if m.device in ids]
        if len(ids) < _TOGETHER_FROM:
            found += [Figure((m,), alone) for m in sorted(own, key=lambda m: ids.index(m.device))]
            continue
        kernels = list(dict.fromkeys(m.kernel for m in own))
        own.sort(key=lambda m: kernels.index(m.kernel))
        found += [Figure(tuple(group), alone) for _, group in groupby(own, key=lambda m: m.kernel)]
    return found


def has_peak(run: Run) -> bool:
    """Whether any figure has a share of a peak."""
    return any(m.efficiency is not None for m in run.measurements)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The columns that have room: names and rates are never cut, pictures give way first."""

    cells: int
    rate: int
    has_devices: bool
    has_many: bool
    has_peak: bool
    has_interval: bool
    has_whisker: bool
    has_bar: bool


def table_of(run: Run, figures: Sequence[Figure], cells: int) -> Table:
    """The table for these lines in so many cells."""
    has_devices = len({m.device for m in run.measurements}) > 1
    peak = has_peak(run)
    names = [len(figure.kernel) + (len(figure.devices) + 1) * has_devices for figure in figures]
    rate = max([len(quantity(figure.value, figure.rows[0].unit)) for figure in figures], default=0)
    room = cells - 2 - max(names, default=0) - rate - 1 - SPREAD_CELLS - PEAK_CELLS * peak
    return Table(
        cells=cells,
        rate=rate + 1,
        has_devices=has_devices,
        has_many=any(len(figure.rows) > 1 for figure in figures),
        has_peak=peak,
        has_interval=room >= _INTERVAL,
        has_whisker=room >= _INTERVAL + _WHISKER + 2,
        has_bar=peak and room >= _INTERVAL + _WHISKER + 2 + _BAR + 1,
    )


def heads(table: Table) -> Line:
    """What the columns are."""
    parts = [column("median" if table.has_many else "rate", table.rate, "dim", right=True)]
    if table.has_interval:
        parts.append(column("least – most" if table.has_many else "95 % interval", _INTERVAL, "dim", right=True))
    if table.has_whisker:
        parts.append(column("  −5 %  +5 %", _WHISKER + 2, "dim"))
    parts.append(column("spread", SPREAD_CELLS, "dim", right=True))
    if table.has_peak:
        parts.append(column("peak", PEAK_CELLS, "dim", right=True))
        parts += [column("", _BAR + 1)] if table.has_bar else []
    words = "  kernel" + (" on device" if table.has_devices else "")
    return ends(line(Span(words, "dim")), tuple(parts), table.cells)


def figure_line(figure: Figure, table: Table, place: int, glyphs: Glyphs) -> Line:
    """One line of the table."""
    wish, cells = f"row results {place}", table.cells
    name = line(marked(figure.status, glyphs), Span(figure.kernel, "text", wish))
    if table.has_devices:
        name = (*name, Span(f" {figure.devices}", "dim", wish))
    first, value = figure.rows[0], figure.value
    if value is None:
        return fit((*name, Span(f"  {why_not(first)}", "dim", wish)), cells)
    parts = [column(quantity(value, first.unit), table.rate, "figure", right=True)]
    if table.has_interval:
        parts.append(column(interval(figure.bounds, value, first.unit), _INTERVAL, "dim", right=True))
    if table.has_whisker:
        parts += [Span("  "), Span(whisker(figure.bounds, value, _WHISKER, glyphs), "chart")]
    spreads = [m.cv for m in figure.rows if m.cv is not None]
    parts.append(column(percent(max(spreads)) if spreads else "—", SPREAD_CELLS, right=True))
    if table.has_peak:
        shares = [m.efficiency for m in figure.rows if m.efficiency is not None]
        share = median(shares) if shares else None
        parts.append(column(percent(share) if share is not None else "", PEAK_CELLS, right=True))
        if table.has_bar:
            parts += [Span(" "), Span(bar(share, _BAR, glyphs) if share is not None else " " * _BAR, "bar")]
    return ends(name, tuple(parts), cells)


def detail_lines(figure: Figure, cells: int, glyphs: Glyphs) -> list[Line]:
    """How a figure was found, in always as many lines; of many devices each one's figure."""
    lines = _each(figure, cells, glyphs) if len(figure.rows) > 1 else _one(figure.rows[0], cells, glyphs)
    lines = lines[:DETAIL_ROWS]
    return [*lines, *[()] * (DETAIL_ROWS - len(lines))]


def _each(figure: Figure, cells: int, glyphs: Glyphs) -> list[Line]:
    words = []
    for m in figure.rows:
        mark = "" if m.status is Status.PASS else f" {glyphs.marks[m.status]}"
        words.append(f"{m.device} {quantity(m.value, m.unit) if m.value is not None else m.status}{mark}")
    room = max(map(len, words)) + 2
    each_line = max(1, cells // room)
    lines: list[Line] = [
        line(*(column(each, room) for each in words[start : start + each_line]))
        for start in range(0, len(words), each_line)
    ]
    reasons = dict.fromkeys(because.detail for m in figure.rows for because in m.reasons)
    return [*lines, *(fit(line(Span(why, ROLES[figure.status])), cells) for why in reasons)]


def _one(m: Measurement, cells: int, glyphs: Glyphs) -> list[Line]:
    if m.value is None:
        return [each for because in m.reasons for each in wrap(because.detail, cells)] or [line("not measured")]
    told = (_as_many(parts, cells) for parts in (_samples(m), _grounds(m, glyphs)))
    lines = [line(Span(words, "dim")) for words in told if words]
    return [*lines, *(fit(line(Span(because.detail, ROLES[m.status])), cells) for because in m.reasons)]


def _as_many(parts: Sequence[str], cells: int) -> str:
    """The first parts, as many as fit."""
    words = ""
    for part in parts:
        longer = f"{words} · {part}" if words else part
        if len(longer) > cells:
            break
        words = longer
    return words


def _samples(m: Measurement) -> list[str]:
    said = [f"{m.n} samples", f"{m.outliers} {'outlier' if m.outliers == 1 else 'outliers'} kept"]
    said += [str(m.phase)] if m.phase else []
    if m.burst is not None and m.phase is not None and m.phase.value == "sustained":
        said.append(f"burst {quantity(m.burst, m.unit)}")
    said += [f"p5 {quantity(m.p5, m.unit)}", f"p95 {quantity(m.p95, m.unit)}"] if m.p5 is not None else []
    shape = " ".join(f"{name}={size}" for name, size in m.shape.items())
    return [*said, shape] if shape else said


def _grounds(m: Measurement, glyphs: Glyphs) -> list[str]:
    said = []
    if m.verified is not None:
        ok = glyphs.marks["pass"] if m.verified.before and m.verified.after is not False else glyphs.marks["fail"]
        said.append(f"{ok} {m.verified.method}" + (f", off by {m.verified.error:.0e}" if m.verified.error else ""))
    if m.energy_j is not None:
        said.append(f"{m.energy_j:.0f} J by {m.energy_method}")
    if m.elapsed_s is not None:
        said.append(f"took {m.elapsed_s:.1f} s")
    if m.peak is not None:
        known = m.peak.value is not None
        said.append(f"peak {quantity(m.peak.value, m.unit)}: {m.peak.source}" if known else f"peak: {m.peak.source}")
    return said

"""How near kernels are to what memory and arithmetic allow: rates over operations per byte, both logarithmic.

The roofs are measured too: the slope is ``stream.add``, each level a matrix product. See S. Williams, A. Waterman and
D. Patterson, "Roofline: an insightful visual performance model for multicore architectures" (CACM 52:4, 2009).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from netmind_tui.model.measurement import Measurement, Run
from netmind_tui.model.quantity import quantity, scale, significant
from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.picture import Box, Line, Span, beside, column, fit, framed, line, wrap
from netmind_tui.tui.screen.bench_part import box_of
from netmind_tui.tui.state import State

BOXES = ("roofline",)
_STREAM = "stream.add"
_STREAM_BYTES = 12
_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
_BLANK = 0x2800
_ITEM_BYTES = {"fp32": (4, 4), "tf32": (4, 4), "fp16": (2, 2), "bf16": (2, 2), "int8": (1, 4)}
"""Bytes of an operand and of a result."""

_X = (-2.0, 4.0)
_AXIS = 11
_LEGEND_CELLS = 42
_WIDE = 94
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Point:
    """One kernel: operations per byte that it must move at least, and operations per second that it did."""

    kernel: str
    intensity: float
    rate: float
    measurement: Measurement


def point_of(m: Measurement) -> Point | None:
    """Where a measurement stands; ``None`` where its operations per byte are not known."""
    if m.value is None:
        return None
    shape = m.shape
    if m.kernel == _STREAM:
        return Point(m.kernel, 1 / _STREAM_BYTES, m.value / _STREAM_BYTES, m)
    if m.kernel.startswith("gemm.") and {"m", "n", "k"} <= shape.keys() and m.precision in _ITEM_BYTES:
        rows, columns, inner = shape["m"], shape["n"], shape["k"]
        operand, result = _ITEM_BYTES[m.precision]
        moved = operand * inner * (rows + columns) + result * rows * columns
        return Point(m.kernel, 2 * rows * columns * inner / moved, m.value, m)
    if m.kernel.startswith("gemv.") and {"k", "row_bytes"} <= shape.keys():
        intensity = 2 * shape["k"] / shape["row_bytes"]
        return Point(m.kernel, intensity, m.value * intensity, m)
    return None


def devices_of(run: Run) -> list[str]:
    """The devices that can be drawn: those whose bandwidth was measured."""
    found = [m.device for m in run.measurements if m.kernel == _STREAM and m.value is not None]
    return sorted(found, key=lambda device: device == "cpu")


def points_of(run: Run, device: str) -> list[Point]:
    """The kernels of a device, the least intense first."""
    found = [point_of(m) for m in run.measurements if m.device == device]
    return sorted((each for each in found if each is not None), key=lambda each: (each.intensity, each.rate))


def body(state: State, run: Run, cells: int, rows: int, glyphs: Glyphs) -> list[Line]:
    """The plot and its legend."""
    devices = devices_of(run)
    if not devices:
        words = "Without a measured bandwidth (stream.add) there is no slope to draw: measure quick or standard."
        return framed(box_of("roofline", "roofline", wrap(words, cells - 4, "dim")), cells, rows, glyphs, focused=True)
    chosen = state.view.choice("bench device", devices[0])
    device = chosen if chosen in devices else devices[0]
    points = points_of(run, device)
    inner = cells - 4
    wide = cells >= _WIDE
    legend = _legend(run, device, points, _LEGEND_CELLS if wide else inner, glyphs)
    high = rows - 2 if wide else max(6, rows - 2 - len(legend))
    plot = _plot(points, inner - (_LEGEND_CELLS + 2 if wide else 0), high, glyphs)
    aside = [fit(line("  ", *each), _LEGEND_CELLS + 2) for each in legend]
    lines = beside(plot, aside) if wide else plot + legend
    name = next((each.name for each in run.devices if each.id == device), None) or ""
    title = line(Span(f"roofline of {device}", "title"), Span(f"  {name}", "dim"))
    more = [Span("d", "key", "bench device"), Span(" device", "dim", "bench device")] if len(devices) > 1 else []
    when = line(Span(f"{run.suite} {run.started_at[:10]}", "dim"))
    box = Box("roofline", title, lines, keys=when, more=line(*more))
    return framed(box, cells, rows, glyphs, focused=True)


def _legend(run: Run, device: str, points: Sequence[Point], cells: int, glyphs: Glyphs) -> list[Line]:
    stream = next(point for point in points if point.kernel == _STREAM)
    bandwidth = stream.measurement.value or 0.0
    lines: list[Line] = []
    for letter, point in zip(_LETTERS, points, strict=False):
        m = point.measurement
        words = quantity(m.value, m.unit)
        lines.append(
            fit(
                line(
                    Span(f"{letter} ", "key"),
                    column(point.kernel, 12),
                    column(words, 15, "figure", right=True),
                    Span(f"  {significant(point.intensity, 3)} op/B", "dim"),
                ),
                cells,
            )
        )
    tops = [point for point in points if point.kernel.startswith("gemm.")]
    if tops:
        top = max(tops, key=lambda each: each.rate)
        ridge = top.rate / bandwidth
        words = (
            f"{top.kernel} needs {significant(ridge, 3)} operations per byte to be held by arithmetic, not by memory"
        )
        lines += [(), *wrap(words, cells, "dim")]
    known = {point.kernel for point in points}
    others = sum(m.value is not None and m.kernel not in known for m in run.measurements if m.device == device)
    if others:
        words = f"not drawn: {others} without a count of operations per byte"
        lines += wrap(words, cells, "dim")
    return lines


def _plot(points: Sequence[Point], cells: int, rows: int, glyphs: Glyphs) -> list[Line]:
    wide, high = max(10, cells - _AXIS), max(4, rows - 2)
    rates = [point.rate for point in points]
    low, top = float(floor(log10(min(rates)) - 0.2)), float(ceil(log10(max(rates)) + 0.2))
    stream = next(point for point in points if point.kernel == _STREAM)
    bandwidth = stream.rate / stream.intensity
    grid = _Grid(wide, high, _X, (low, top), glyphs)
    roofs = [point.rate for point in points if point.kernel.startswith("gemm.")]
    highest = max([*roofs, max(rates)])
    grid.slope(bandwidth, highest)
    for roof in roofs:
        grid.level(roof, bandwidth)
    rows_of_signs = grid.rows()
    letters: dict[tuple[int, int], str] = {}
    for letter, point in zip(_LETTERS, points, strict=False):
        cell, row = grid.place(point.intensity, point.rate)
        while (cell, row) in letters and cell + 1 < wide:  # two of one place stand beside each other
            cell += 1
        letters[cell, row] = letter
    lines: list[Line] = []
    for row, signs in enumerate(rows_of_signs):
        spans = [column(_label(row, high, low, top), _AXIS - 1, "dim", right=True), Span(glyphs.side, "border")]
        start = 0
        for at in sorted(cell for cell, here in letters if here == row):
            if at < start:
                continue
            spans += [Span(signs[start:at], "chart"), Span(letters[at, row], "key")]
            start = at + 1
        lines.append((*spans, Span(signs[start:], "chart")))
    lines.append(line(column("", _AXIS - 1), Span("└" if glyphs.braille else "+", "border"), Span(_ticks(wide), "dim")))
    lines.append(fit(line(column("", _AXIS), Span("operations per byte", "dim")), cells))
    return [fit(each, cells) for each in lines]


def _label(row: int, high: int, low: float, top: float) -> str:
    """A power of ten at the row that is nearest to it."""
    for power in range(int(low), int(top) + 1):
        if row == round((top - power) / (top - low) * (high - 1)):
            factor, unit = scale(10.0**power, "OP/s")
            return f"{10.0**power / factor:.0f} {unit} "
    return ""


def _ticks(cells: int) -> str:
    row = [" "] * cells
    for power in range(int(_X[0]), int(_X[1])):
        place = round((power - _X[0]) / (_X[1] - _X[0]) * (cells - 1))
        words = f"{10.0**power:g}"
        row[place : place + len(words)] = list(words)
    return "".join(row)[:cells]


class _Grid:
    """Dots on two logarithmic axes; rows count from the top."""

    def __init__(self, cells: int, rows: int, x: tuple[float, float], y: tuple[float, float], glyphs: Glyphs) -> None:
        self._cells, self._rows, self._x, self._y = cells, rows, x, y
        self._glyphs = glyphs
        self._wide, self._high = (2, 4) if glyphs.braille else (1, 1)
        self._dots: set[tuple[int, int]] = set()

    def slope(self, bandwidth: float, highest: float) -> None:
        """Memory: a byte's worth of operations more, that much faster."""
        for dot in range(self._cells * self._wide):
            rate = bandwidth * self._intensity(dot)
            if rate <= highest:
                self._add(dot, rate)

    def level(self, rate: float, bandwidth: float) -> None:
        """Arithmetic: from where memory is fast enough."""
        for dot in range(self._cells * self._wide):
            if bandwidth * self._intensity(dot) >= rate:
                self._add(dot, rate)

    def place(self, intensity: float, rate: float) -> tuple[int, int]:
        """The cell and the row of a point."""
        share = (log10(intensity) - self._x[0]) / (self._x[1] - self._x[0])
        cell = min(self._cells - 1, max(0, round(share * (self._cells - 1))))
        return cell, min(self._rows - 1, max(0, self._dot_row(rate) // self._high))

    def rows(self) -> list[str]:
        """The dots as signs."""
        lines = []
        for row in range(self._rows):
            signs = []
            for cell in range(self._cells):
                if not self._glyphs.braille:
                    signs.append("." if (cell, row) in self._dots else " ")
                    continue
                bits = 0
                for across in range(2):
                    for down in range(4):
                        if (2 * cell + across, 4 * row + down) in self._dots:
                            bits |= _DOTS[across][down]
                signs.append(chr(_BLANK + bits) if bits else " ")
            lines.append("".join(signs))
        return lines

    def _intensity(self, dot: int) -> float:
        last = self._cells * self._wide - 1
        return float(10 ** (self._x[0] + dot / last * (self._x[1] - self._x[0])))

    def _dot_row(self, rate: float) -> int:
        last = self._rows * self._high - 1
        return round((self._y[1] - log10(rate)) / (self._y[1] - self._y[0]) * last)

    def _add(self, dot: int, rate: float) -> None:
        row = self._dot_row(rate)
        if 0 <= row < self._rows * self._high:
            self._dots.add((dot, row))

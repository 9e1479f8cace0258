"""``netmind bench --card``: a run as one picture to show to others, redacted, in SVG that needs nothing but itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from netmind_tui.cli import diagnostics, output
from netmind_tui.cli.share import redactor
from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.finding import Status
from netmind_tui.model.measurement import Measurement, Run
from netmind_tui.model.problem import Problem
from netmind_tui.model.quantity import gibibytes, percent, scale, significant

WIDTH, HEIGHT = 1200, 630
_MARGIN, _GAP, _TILES = 64, 20, 4
_TILE_WIDTH = (WIDTH - 2 * _MARGIN - (_TILES - 1) * _GAP) / _TILES
_TILE_TOP, _TILE_HEIGHT, _PAD = 264, 232, 22
_NAME_SIZE, _EM = 54, 0.62  # of a letter in bold, on average and a little more

_GROUND, _TILE, _EDGE, _TRACK = "#0d1324", "#141d35", "#24304f", "#26324f"
_BRIGHT, _SOFT, _DIM, _ACCENT = "#f2f5fb", "#aeb9d0", "#8593b2", "#6fd3c7"
_COLOURS = {
    Status.PASS: "#6ddc9a",
    Status.WARN: "#f0c674",
    Status.UNSTABLE: "#f0c674",
    Status.ERROR: "#ef7d88",
    Status.FAIL: "#ef7d88",
    Status.SKIP: _DIM,
}
_TITLES = {
    "gemm.fp16": "fp16 matrix product",
    "gemm.bf16": "bf16 matrix product",
    "gemm.tf32": "tf32 matrix product",
    "gemm.fp32": "fp32 matrix product",
    "gemm.int8": "int8 matrix product",
    "stream.add": "memory bandwidth",
    "gemv.int4": "reading 4-bit weights",
    "encoder.base": "BERT base encoder",
    "conv.resnet50": "ResNet-50",
    "dispatch": "latency of a launch",
}
# One figure of each row first, then whatever else was measured, in the order of the catalogue.
_PLACES = (
    ("gemm.fp16", "gemm.bf16", "gemm.tf32", "gemm.fp32"),
    ("gemm.int8",),
    ("stream.add",),
    ("gemv.int4", "encoder.base", "conv.resnet50"),
)
_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".gif", ".pdf"})


@dataclass(frozen=True, slots=True)
class _Subject:
    """The device on the card, how many equal ones were measured, and its verified figures."""

    device: Device
    count: int
    rows: list[Measurement]


def check(path: Path | None, other: Path | None) -> None:
    """Refuse a card that cannot be written before the work for it is done.

    Raises:
        Problem: its folder is missing or not ours to write, it is no SVG, or ``-o`` names the same file.
    """
    if path is None:
        return
    if path.suffix.lower() in _PICTURES:
        raise Problem(f"--card {path}: the card is an SVG; name it {path.with_suffix('.svg').name}", ExitCode.USAGE)
    if other is not None and path.resolve() == other.resolve():
        raise Problem(f"--card {path}: -o names the same file; give them two names", ExitCode.USAGE)
    output.check(path)


def draw(run: Run, path: Path) -> None:
    """Write the card of a run; one without a verified figure has none, which is said.

    Raises:
        Problem: the file cannot be written; what was there before is untouched.
    """
    picture = card(redactor().redact(run))
    if picture is None:
        diagnostics.warn(f"no card was drawn: this run has no verified figure to show; {path} is as it was")
    else:
        output.write(picture, path)


def card(run: Run) -> str | None:
    """The run as SVG, 1200 by 630, without scripts and without anything from elsewhere."""
    subject = _subject(run)
    if subject is None:
        return None
    title = f"{subject.device.name or subject.device.id}: netmind bench, {run.suite}, {run.started_at[:10]}"
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" role="img" font-family="sans-serif">'
    )
    ground = (
        '<defs><linearGradient id="ground" x1="0" y1="0" x2="1" y2="1">'
        f'<stop offset="0" stop-color="#131d38"/><stop offset="1" stop-color="{_GROUND}"/></linearGradient></defs>'
    )
    parts = [
        opening,
        f"<title>{_safe(title)}</title>",
        ground,
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="url(#ground)"/>',
        f'<rect width="{WIDTH}" height="6" fill="{_ACCENT}"/>',
        *_head(run, subject),
        *_tiles(_chosen(subject.rows)),
        *_foot(run),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _subject(run: Run) -> _Subject | None:
    """The first GPU of the model with the best figure, or the processor where no GPU was measured."""
    kept = {(rate.device, rate.kernel) for rate in run.capacity}
    rows = {
        device.id: [m for m in run.measurements if m.device == device.id and (m.device, m.kernel) in kept]
        for device in run.devices
    }
    measured = [device for device in run.devices if rows[device.id]]
    if not measured:
        return None
    best = max(measured, key=lambda each: (each.kind is not DeviceKind.CPU, _headline(rows[each.id])))
    equals = [each for each in measured if (each.kind, each.name) == (best.kind, best.name)]
    return _Subject(device=equals[0], count=len(equals), rows=rows[equals[0].id])


def _headline(rows: Sequence[Measurement]) -> float:
    return max((m.value or 0.0 for m in rows if m.kernel in _PLACES[0]), default=0.0)


def _chosen(rows: Sequence[Measurement]) -> list[Measurement]:
    """At most four: one for each place, and others where a place stays empty."""
    by_kernel = {m.kernel: m for m in rows}
    firsts = [next((by_kernel[kernel] for kernel in place if kernel in by_kernel), None) for place in _PLACES]
    chosen = [m for m in firsts if m is not None]
    return (chosen + [m for m in rows if m not in chosen])[:_TILES]


def _head(run: Run, subject: _Subject) -> Iterator[str]:
    yield _text(_MARGIN, 78, "NETMIND BENCH", 19, _ACCENT, extra='font-weight="bold" letter-spacing="4"')
    date = f"{run.started_at[:10]} · suite {run.suite}"
    yield _text(WIDTH - _MARGIN, 78, date, 21, _SOFT, extra='text-anchor="end"')
    device = subject.device
    name = f"{subject.count} × {device.name or device.id}" if subject.count > 1 else device.name or device.id
    name = name if len(name) <= 60 else name[:59] + "…"  # noqa: PLR2004 - what can still be read at this width
    size = min(_NAME_SIZE, (WIDTH - 2 * _MARGIN) / (_EM * len(name)))
    yield _text(_MARGIN, 164, name, round(size, 1), _BRIGHT, extra='font-weight="bold"')
    phase = next((m.phase for m in subject.rows if m.phase), "")
    threads = next((m.threads for m in subject.rows if m.threads), None)
    parts = [f"figures of {device.id}" if subject.count > 1 else ""]
    if device.kind is DeviceKind.CPU:
        parts.append(f"{threads} thread{'s' if threads > 1 else ''}" if threads else "")
        parts.append(
            " ".join(f"in a {'container' if each == 'container' else each.upper()}" for each in run.host.boundaries)
        )
    else:
        parts.append(gibibytes(device.memory_total_bytes) if device.memory_total_bytes else "")
    parts += [f"{phase} rates", "results verified"]
    yield _text(_MARGIN, 212, " · ".join(part for part in parts if part), 22, _SOFT)


def _tiles(rows: Sequence[Measurement]) -> Iterator[str]:
    for index, row in enumerate(rows):
        left = _MARGIN + index * (_TILE_WIDTH + _GAP)
        yield (
            f'<rect x="{left:g}" y="{_TILE_TOP}" width="{_TILE_WIDTH:g}" height="{_TILE_HEIGHT}" rx="14" '
            f'fill="{_TILE}" stroke="{_EDGE}"/>'
        )
        yield from _tile(row, left + _PAD, _TILE_WIDTH - 2 * _PAD)


def _tile(row: Measurement, left: float, width: float) -> Iterator[str]:
    value = row.value or 0.0
    factor, unit = scale(value, row.unit)
    yield _text(left, _TILE_TOP + 38, _TITLES.get(row.kernel, row.kernel), 17, _SOFT)
    yield _text(left, _TILE_TOP + 98, significant(value / factor, 4), 48, _BRIGHT, extra='font-weight="bold"')
    yield _text(left, _TILE_TOP + 126, unit, 19, _SOFT)
    if row.status is not Status.PASS:
        yield _text(left + width, _TILE_TOP + 126, row.status, 16, _COLOURS[row.status], extra='text-anchor="end"')
    if row.ci95 is not None:
        low, high = (significant(bound / factor, 4) for bound in row.ci95)
        yield _text(left, _TILE_TOP + 164, f"95 % in {low} – {high}", 16, _DIM)
    bar, words = _TILE_TOP + 184, "no peak to compare with"
    if row.efficiency is not None and row.peak is not None:
        yield f'<rect x="{left:g}" y="{bar}" width="{width:g}" height="6" rx="3" fill="{_TRACK}"/>'
        filled = width * min(1.0, row.efficiency)
        yield f'<rect x="{left:g}" y="{bar}" width="{filled:.1f}" height="6" rx="3" fill="{_ACCENT}"/>'
        doubt = "" if row.peak.calibrated else ", uncalibrated"
        words = f"{percent(row.efficiency)} of peak{doubt}"
    elif row.peak is not None:
        words = "peak uncalibrated"
    yield _text(left, _TILE_TOP + 213, words, 16, _DIM if row.efficiency is None else _SOFT)


def _foot(run: Run) -> Iterator[str]:
    colour = _COLOURS[run.verdict]
    verdict = f"{run.verdict}, {run.stopped}" if run.stopped else str(run.verdict)
    yield f'<circle cx="{_MARGIN + 9}" cy="{HEIGHT - 71}" r="9" fill="{colour}"/>'
    yield _text(_MARGIN + 30, HEIGHT - 63, verdict, 23, colour, extra='font-weight="bold"')
    yield _text(_MARGIN, HEIGHT - 28, "self-measured by the owner's clock, not certified", 17, _DIM)
    parts = [f"{run.tool.name} {run.tool.version}", f"seed {run.seed}"]
    if run.environment.onnxruntime:
        parts.append(f"onnxruntime {run.environment.onnxruntime}")
    yield _text(WIDTH - _MARGIN, HEIGHT - 28, " · ".join(parts), 17, _DIM, extra='text-anchor="end"')


def _text(x: float, y: float, words: str, size: float, colour: str, *, extra: str = "") -> str:
    """One line of text; figures are equally wide where the font can."""
    style = 'style="font-variant-numeric:tabular-nums"'
    return f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" fill="{colour}" {style} {extra}>{_safe(words)}</text>'


def _safe(words: str) -> str:
    """Without what XML has no way to write, and with its own signs escaped."""
    return escape("".join(sign if sign.isprintable() else "?" for sign in words))

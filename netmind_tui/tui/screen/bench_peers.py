"""Devices that run the same kernel at the same time, each against the middle of all."""

from statistics import median

from netmind_tui.bench.peers import UNDER
from netmind_tui.model.quantity import quantity
from netmind_tui.tui.bench_plan import Planned, Stage
from netmind_tui.tui.bench_state import Job
from netmind_tui.tui.glyph import Glyphs, bar
from netmind_tui.tui.picture import Line, Span, joined, line, width
from netmind_tui.tui.state import State

_BAR = 4
FLOOR, _FULL = 0.8, 1.05
"""The bars begin and end there, as shares of the median: equal devices differ by less."""

_LEAST = 2


def rate_of(job: Job, step: Planned) -> float | None:
    """A step's figure: its row's, or what was heard so far."""
    row = job.row(step)
    if row is not None:
        return row.value
    going = job.at(step)
    return going.value if going is not None else None


def shares(job: Job, stage: Stage) -> dict[str, float]:
    """Each device's rate against the middle of all, more is better; only where at least two are known."""
    rates = {step.device: rate_of(job, step) for step in stage.tried}
    known = {device: rate for device, rate in rates.items() if rate}
    if len(known) < _LEAST:
        return {}
    middle = median(known.values())
    if stage.steps[0].unit == "s":
        return {device: middle / rate for device, rate in known.items()}
    return {device: rate / middle for device, rate in known.items()}


def told_stage(job: Job) -> Stage | None:
    """The stage that says most of the peers: the one that runs once it has figures, else the last that had some."""
    stages = [stage for stage in job.plan.stages if len(stage.tried) >= _LEAST]
    now = job.now
    if now is not None and len(now.tried) >= _LEAST and shares(job, now):
        return now
    return next((stage for stage in reversed(stages) if job.is_over(stage) and shares(job, stage)), None)


def slowest(job: Job) -> str | None:
    """The device that is the slowest of the peers."""
    stage = told_stage(job)
    found = shares(job, stage) if stage is not None else {}
    return min(found, key=lambda device: found[device]) if found else None


def peer_lines(state: State, job: Job, cells: int, glyphs: Glyphs) -> tuple[Line, list[Line]] | None:
    """What to write at the border, and the bars with a sentence below; nothing where no peers are measured."""
    peers = list(dict.fromkeys(step.device for step in job.plan.tried if step.in_step))
    if len(peers) < _LEAST:
        return None
    stage = told_stage(job)
    found = shares(job, stage) if stage is not None else {}
    digits = max(len(device.rpartition(":")[2]) for device in peers)
    parts = [_bar(device, found.get(device), digits, glyphs) for device in peers]
    each_line = max(1, (cells + 1) // (width(parts[0]) + 1))
    lines = [joined(parts[start : start + each_line], Span(" ")) for start in range(0, len(parts), each_line)]
    lines.append(_sentence(job, stage, found, glyphs))
    title = line(Span(stage.kernel, "dim")) if stage is not None else ()
    return title, lines


def _bar(device: str, share: float | None, digits: int, glyphs: Glyphs) -> Line:
    number = device.rpartition(":")[2]
    wish = f"show-device {device}"
    is_slow = share is not None and share < 1 - UNDER
    role = "warn" if is_slow else "bar"
    words = glyphs.marks["dash"] if share is None else f"{100 * share:.0f}{glyphs.marks['down'] if is_slow else ''}"
    return line(
        Span(f"{number:>{digits}} ", "dim", wish),
        Span(bar(None if share is None else (share - FLOOR) / (_FULL - FLOOR), _BAR, glyphs), role, wish),
        Span(f" {words:<4}", "warn" if is_slow else "text", wish),
    )


def _sentence(job: Job, stage: Stage | None, found: dict[str, float], glyphs: Glyphs) -> Line:
    if stage is None or not found:
        return line(Span("no figures of several devices yet", "dim"))
    device = min(found, key=lambda each: found[each])
    step = next(step for step in stage.tried if step.device == device)
    value = rate_of(job, step)
    under = 1 - found[device]
    if under < UNDER:
        return line(Span(f"all within {100 * max(under, max(found.values()) - 1):.0f} % of their median", "dim"))
    words = f"{device} is {100 * under:.0f} % under its peers; in a job that waits for all, it decides:"
    return line(Span(f"{glyphs.marks['warn']} {words} {len(found)} × {quantity(value, step.unit)}", "warn"))

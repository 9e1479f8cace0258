"""The page of *Bench* while something is measured: how far it is, and whether its figures can be trusted."""

from netmind_tui.bench.conditions import BUSY_PCT
from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.quantity import gibibytes
from netmind_tui.tui.bench_state import Job
from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.picture import Line, Span, beside, framed, joined, line, width, wrap
from netmind_tui.tui.screen.bench_kernels import kernel_lines
from netmind_tui.tui.screen.bench_now import now_box
from netmind_tui.tui.screen.bench_part import box_of, scrolled
from netmind_tui.tui.screen.bench_peers import FLOOR, peer_lines
from netmind_tui.tui.state import State

BOXES = ("kernels",)
_WIDE, _ROOMY = 96, 116
_LEFT_CELLS, _LEFT_WIDE = 56, 60
_NOW_ROWS, _LEAST_KERNELS = 9, 7
_CONDITIONS_FROM = 24


def body(state: State, job: Job, cells: int, rows: int, glyphs: Glyphs) -> list[Line]:
    """Kernels beside what runs now, peers where there are several, and the conditions."""
    below: list[Line] = []
    peers = peer_lines(state, job, cells - 4, glyphs)
    if peers is not None and rows >= _CONDITIONS_FROM:
        title, lines = peers
        below += framed(
            box_of("peers", f"peers, % of their median, bars from {100 * FLOOR:.0f}", lines, keys=title),
            cells,
            len(lines) + 2,
            glyphs,
        )
    if rows >= _CONDITIONS_FROM:
        lines = condition_lines(state, job, cells - 4, glyphs)
        below += framed(box_of("conditions", "conditions", lines), cells, len(lines) + 2, glyphs)
    top = rows - len(below)
    if cells >= _WIDE:
        left = _LEFT_WIDE if cells >= _ROOMY else _LEFT_CELLS
        kernels = _kernels(job, left, top, glyphs)
        now = framed(now_box(state, job, cells - left - 4, top - 2, glyphs), cells - left, top, glyphs)
        return beside(kernels, now) + below
    now_rows = max(_NOW_ROWS, min(top - _LEAST_KERNELS, 13))
    now = framed(now_box(state, job, cells - 4, now_rows - 2, glyphs), cells, now_rows, glyphs)
    return now + _kernels(job, cells, top - now_rows, glyphs) + below


def _kernels(job: Job, cells: int, rows: int, glyphs: Glyphs) -> list[Line]:
    lines, place = kernel_lines(job, cells - 4, glyphs)
    marks = glyphs.marks
    legend = line(
        Span(f"{marks['pass']} verified  ", "good"),
        Span(f"{marks['unstable']} unstable  ", "warn"),
        Span(f"{marks['now']} now  ", "measuring"),
        Span(f"{marks['to come']} to come", "dim"),
    )
    together = any(step.in_step for step in job.plan.steps)
    title = line(Span(f"median of {len(_in_step(job))}", "dim")) if together else line(Span(job.plan.suite, "dim"))
    shown = [lines[0], *scrolled(lines[1:], place - 1, rows - 3)]
    return framed(box_of("kernels", "kernels", shown, keys=title, legend=legend), cells, rows, glyphs, focused=True)


def _in_step(job: Job) -> list[str]:
    return list(dict.fromkeys(step.device for step in job.plan.tried if step.in_step))


def condition_lines(state: State, job: Job, cells: int, glyphs: Glyphs) -> list[Line]:
    """How quiet the machine was before the first kernel, and what the figures depend on."""
    found, good, bad = job.environment, glyphs.marks["pass"], glyphs.marks["warn"]
    if found is None:
        return [line(Span("looking around before the first kernel …", "dim"))]
    parts: list[Line] = []
    busy = found.other_cpu_util_pct
    if busy is not None:
        is_busy = busy > BUSY_PCT
        role = "warn" if is_busy else "good"
        word = "busy" if is_busy else "quiet"
        parts.append(
            line(Span(f"{word} {bad if is_busy else good} ", role), Span(f"other programs {busy:.0f} % at the start"))
        )
    cores = f" of {state.host.cpu.usable_cores:g}" if state.host is not None else ""
    if found.load_1m is not None:
        parts.append(line(Span(f"load {found.load_1m:.1f}{cores}")))
    if found.memory_available_bytes is not None:
        parts.append(line(Span(f"{gibibytes(found.memory_available_bytes)} free")))
    parts.append(_mains(state, found.on_battery, glyphs))
    if state.host is not None and state.host.cpu.governor:
        parts.append(line(Span(f"governor {state.host.cpu.governor}")))
    if state.host is not None and state.host.boundaries:
        parts.append(line(Span(f"in a {' in a '.join(_boundary(each) for each in state.host.boundaries)}")))
    if found.driver is not None and found.driver.version:
        parts.append(line(Span(f"driver {found.driver.version}")))
    parts += [line(Span(words)) for words in _cards(state, job)]
    lines = _packed([part for part in parts if part], cells)
    for sentence in job.warnings:
        lines += [line(Span(f"{bad} ", "warn"), *each) for each in wrap(sentence, cells - 2, "warn")]
    return lines


def _boundary(name: str) -> str:
    return name if name == "container" else name.upper()


def _mains(state: State, on_battery: bool | None, glyphs: Glyphs) -> Line:
    if state.host is None or not state.host.has_battery or on_battery is None:
        return ()
    if on_battery:
        return line(Span(f"on battery {glyphs.marks['warn']}", "warn"))
    return line(Span(f"on mains {glyphs.marks['pass']}", "good"))


def _cards(state: State, job: Job) -> list[str]:
    """What is set on the cards that are measured, once for all of them where it is the same."""
    cards = [device for device in state.gpus if device.id in job.plan.devices and device.kind is DeviceKind.GPU]
    if not cards:
        return []
    said = []
    limits = {(card.power_limit_w, card.power_limit_default_w) for card in cards}
    if len(limits) == 1:
        limit, default = limits.pop()
        if limit is not None:
            said.append(f"limit {limit:.0f} W" + (" = default" if limit == default else ""))
    else:
        said.append("power limits differ")
    said += [f"ecc {_on(cards)}"]
    return said


def _on(cards: list[Device]) -> str:
    states = {card.ecc_enabled for card in cards}
    if len(states) > 1:
        return "differs"
    return {True: "on", False: "off", None: "not offered"}[states.pop()]


def _packed(parts: list[Line], cells: int) -> list[Line]:
    """The parts on as few lines as they fit."""
    gap = Span("   ")
    lines: list[Line] = []
    for part in parts:
        if lines and width(lines[-1]) + 3 + width(part) <= cells:
            lines[-1] = joined([lines[-1], part], gap)
        else:
            lines.append(part)
    return lines

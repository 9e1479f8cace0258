"""The five questions of the first run: what is said, which answers there are, and what is known of it already."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from netmind_tui.model.candidate import FIRST_COMMAND
from netmind_tui.model.device import Device
from netmind_tui.model.quantity import duration, gibibytes
from netmind_tui.model.selector import ranges
from netmind_tui.tui.chart import chart, points
from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.picture import Line, Span, column, line, wrap
from netmind_tui.tui.screen.draw_table import draw_table
from netmind_tui.tui.screen.preset import PRESETS, day_of
from netmind_tui.tui.state import State

_MEGABYTE = 1_000_000
_MINUTE_S = 60
_HILL_CELLS, _HILL_ROWS, _ROWS_OF_A_HIGHER = 16, 2, 7

# What NetMind Power's page "Add machines reward" and its white paper said in November 2026. What they leave open is
# left open here, too.
_PUBLISHED = (
    "a reward for being online more than 5 hours of 24, in five levels by GPU model, from the GTX 1060 6 GB (1) to the "
    "RTX 4090 and the A100 (5): all of it above 100 Mbit/s, 95 % from 80, 85 % from 60, 70 % below; and another one "
    "for being used"
)
_NOT_PUBLISHED = (
    "what a level brings in an hour, and any way for a program to ask what was earned: so nothing is estimated here"
)
_WITHOUT = "measuring, comparing, an hour's cost and its floor"


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer: the word, what it means, what it does, and whether it holds now."""

    word: str
    note: str
    wish: str
    holds: bool = False


# 1: the machine.


def _machine(state: State, cells: int, glyphs: Glyphs) -> list[Line]:
    words = "Welcome. Five short questions, each can be passed over. Found here:"
    lines: list[Line] = [*wrap(words, cells, "strong")]
    for devices in _alike(state.gpus):
        memory = f" · {gibibytes(devices[0].memory_total_bytes)}" if devices[0].memory_total_bytes else ""
        many = f"{len(devices)} × " if len(devices) > 1 else ""
        lines.append(_found(ranges([each.id for each in devices]), f"{many}{devices[0].name}{memory}", glyphs))
    if state.host is not None and state.cpu is not None:
        cores = state.host.cpu.physical_cores or state.host.cpu.logical_cores
        memory = gibibytes(state.host.memory_total_bytes)
        lines.append(_found("cpu", f"{state.host.cpu.name} · {cores} cores · {memory}", glyphs))
    if state.host is None:
        lines.append(line(Span("looking at the machine: a moment", "dim")))
    elif not state.gpus:
        lines.append(_found("gpu", "no NVIDIA GPU was found", glyphs, mark="skip"))
    lines += _setup(state, cells)
    for finding in state.needs:
        first, *rest = wrap(finding.title, cells - 2)
        lines.append(line(Span(f"{glyphs.marks[finding.status]} ", "warn"), *first))
        lines += [line("  ", *each) for each in rest]
    return lines


def _hill(state: State, cells: int, rows: int, glyphs: Glyphs) -> list[Line]:
    """What only a font with braille signs draws as it is meant; the higher, the more room there is."""
    high = max(_HILL_ROWS, min(_HILL_ROWS + 2, rows // _ROWS_OF_A_HIGHER))
    wide = _HILL_CELLS * high
    count = points(wide, glyphs)
    values = [100 * math.exp(-((place / count * 5 - 2.5) ** 2)) for place in range(count)]
    drawn = chart(values, wide, high, 100.0, glyphs)
    question = Span("Does this look like one smooth hill?", "strong")
    return [(), line(question), *(line(Span(each, "chart")) for each in drawn)]


def _setup(state: State, cells: int) -> list[Line]:
    """What to install, and how much that is."""
    setup = state.diagnosis.setup if state.diagnosis is not None else None
    if setup is None or setup.command is None:
        return []
    size = "size not known" if setup.download_bytes is None else f"at most {setup.download_bytes // _MEGABYTE} MB"
    lines = wrap(f"to do: {setup.reason}: {size} to download", cells)
    return [*lines, *wrap(setup.command, cells, "key")]


def _alike(devices: Sequence[Device]) -> list[list[Device]]:
    groups: dict[tuple[str | None, int | None], list[Device]] = {}
    for device in devices:
        groups.setdefault((device.name, device.memory_total_bytes), []).append(device)
    return list(groups.values())


def _found(name: str, words: str, glyphs: Glyphs, mark: str = "pass") -> Line:
    return line(Span(f"{glyphs.marks[mark]} ", "good" if mark == "pass" else "dim"), column(name, 9), Span(words))


def _looks(state: State) -> Sequence[Choice]:
    is_plain = state.first_run.answers.get("tui.signs") == "ascii"
    return (
        Choice("yes", "go on", "setup hill", holds=False),
        Choice("no", "draw with plain letters from now on", "setup plain", holds=is_plain),
    )


# 2: the benchmark.


def _benchmark(state: State, cells: int, glyphs: Glyphs) -> list[Line]:
    plan = next((each for each in state.bench.plans if each.suite == "quick"), None)
    took = (
        "its duration is being worked out"
        if plan is None
        else f"about {_about(plan.expected_s)} on {ranges(plan.devices)}"
    )
    words = f"A quick benchmark shows what the devices really do: {took}."
    lines = [*wrap(words, cells, "strong"), *wrap("The machine is busy meanwhile; what is measured is kept.", cells)]
    if state.bench.trouble:
        lines += wrap(f"{glyphs.marks['warn']} {state.bench.trouble}", cells, "warn")
    job = state.bench.job
    if job is not None:
        now, of = job.progress
        lines += [(), line(Span(f"It runs: kernel {now} of {of}, about {_about(job.left_s)} left.", "measuring"))]
    elif state.bench.run is not None:
        lines += [(), line(Span(f"{glyphs.marks['pass']} measured: {len(state.bench.run.measurements)} rows", "good"))]
    return lines


def _kernels(state: State, cells: int, glyphs: Glyphs) -> list[Line]:
    """What it would measure, and how long each takes."""
    plan = next((each for each in state.bench.plans if each.suite == "quick"), None)
    if plan is None or state.bench.job is not None or state.bench.run is not None:
        return []
    seconds: dict[str, float] = {}
    for stage in plan.stages:
        if stage.tried:
            seconds[stage.kernel] = seconds.get(stage.kernel, 0.0) + stage.expected_s
    lines: list[Line] = [line(Span("what it measures", "title"))]
    for kernel, expected_s in seconds.items():
        lines.append(line(column(kernel, 22), column(_about(expected_s), 10, "dim", right=True)))
    return lines


def _about(seconds: float) -> str:
    """A length of time that nobody takes to the tenth of a second."""
    return f"{seconds:.0f} s" if seconds < _MINUTE_S else f"{duration(seconds)} min"


def _benchmarks(state: State) -> Sequence[Choice]:
    if state.bench.job is not None or state.bench.run is not None:
        return (Choice("go on", "3 Bench shows it at any time", "setup go"),)
    return (
        Choice("now", "measure while the questions go on", "setup measure"),
        Choice("later", "3 Bench measures at any time", "setup go"),
    )


# 3: electricity.


def _electricity(state: State, cells: int, glyphs: Glyphs) -> list[Line]:
    words = "What does electricity cost? It decides above which rate an hour pays."
    price = state.first_run.answers.get("electricity.price_per_kwh")
    lines = wrap(words, cells, "strong")
    if price and not price[-1].isalpha():
        lines += wrap(f"Without its currency nothing can be booked by it: say {price} EUR, or yours.", cells, "warn")
    return lines


def _prices(state: State) -> Sequence[Choice]:
    answers = state.first_run.answers
    price, fee = answers.get("electricity.price_per_kwh"), answers.get("electricity.fee_pct")
    return (
        Choice("a kilowatt-hour costs", price or "enter: say what, such as 0.30 EUR", "setup price", bool(price)),
        Choice("a network keeps", f"{fee} %" if fee else "0 %; enter: another share", "setup fee", bool(fee)),
        Choice("go on", "" if price else "without a price", "setup go"),
    )


def _floors(state: State, cells: int, glyphs: Glyphs) -> list[Line]:
    answers = state.first_run.answers
    runs = [run for run in (state.bench.run, state.first_run.measured) if run is not None]
    table = draw_table(
        state,
        max(runs, key=lambda run: run.started_at, default=None),
        answers.get("electricity.price_per_kwh"),
        answers.get("electricity.fee_pct"),
        cells,
        glyphs,
    )
    words = "pays above: power × price ÷ (1 − what a network keeps), its floor"
    return [*table, (), *wrap(words, cells, "dim")] if table else []


# 4: the schedule.


def _schedule(state: State, cells: int, glyphs: Glyphs) -> list[Line]:
    words = "When may this machine work for others?"
    status = state.node.status if state.node.is_there else None
    then = "It holds while there is no policy.toml, as long as an agent runs: netmind agent run starts one."
    if status is not None and status.policy.sha256 is not None:
        then = (
            f"It holds once there is no {status.policy.path} any more: that holds now; netmind schedule show draws it."
        )
    elif status is not None:
        then = "It holds while there is no policy.toml. The agent that runs reads it when it is started again."
    what = f"A workload is a program which runs as the agent's user; one to try: {FIRST_COMMAND}."
    return [*wrap(words, cells, "strong"), *wrap(f"{then} {what}", cells)]


def _presets(state: State) -> Sequence[Choice]:
    holds = state.first_run.answers.get("schedule.preset", "never")
    return tuple(
        Choice(word, note, f"setup preset {name}", holds=name == holds) for name, (word, note) in PRESETS.items()
    )


def _day(state: State, cells: int, glyphs: Glyphs) -> list[Line]:
    """The day of the schedule under the cursor."""
    names = list(PRESETS)
    here = names[min(state.view.row("first run"), len(names) - 1)]
    words = day_of(here, cells, glyphs) or wrap("by you, not by the clock: whenever you are away", cells, "dim")
    return [line(Span(f"a day: {PRESETS[here][0]}", "title")), *words]


# 5: the payer.


def _payer(state: State, cells: int, glyphs: Glyphs) -> list[Line]:
    return [*wrap("Who pays for the work of this machine?", cells, "strong")]


def _payers(state: State) -> Sequence[Choice]:
    name = state.first_run.answers.get("payer.name")
    return (
        Choice("nobody yet", "finish; a payer can be named later", "setup nobody", holds=name is None),
        Choice("somebody", name or "enter: write down a name, and finish", "setup payer", holds=name is not None),
    )


def _facts(state: State, cells: int, glyphs: Glyphs) -> list[Line]:
    lines: list[Line] = []
    for title, words in (
        ("works without a payer", _WITHOUT),
        ("NetMind Power publishes", _PUBLISHED),
        ("and does not publish", _NOT_PUBLISHED),
    ):
        first, *rest = wrap(f"{title}: {words}.", cells)
        text = first[0].text
        head = Span(title, "strong"), Span(text.removeprefix(title))
        lines += [line(*head), *rest]
    return lines


TITLES = {
    "machine": "this machine",
    "benchmark": "a quick benchmark",
    "electricity": "electricity",
    "schedule": "when it may work",
    "payer": "who pays",
}
CHOICES: Mapping[str, Callable[[State], Sequence[Choice]]] = {
    "machine": _looks,
    "benchmark": _benchmarks,
    "electricity": _prices,
    "schedule": _presets,
    "payer": _payers,
}
_Part = Callable[[State, int, Glyphs], list[Line]]
ABOVE: Mapping[str, _Part] = {
    "machine": _machine,
    "benchmark": _benchmark,
    "electricity": _electricity,
    "schedule": _schedule,
    "payer": _payer,
}
KEPT: Mapping[str, Callable[[State, int, int, Glyphs], list[Line]]] = {"machine": _hill}
"""What is asked about, and so never cut."""
BELOW: Mapping[str, _Part] = {"benchmark": _kernels, "electricity": _floors, "schedule": _day, "payer": _facts}

"""What runs now: its figure in large signs, its phases, when it stops, its spread, and the device under test."""

from statistics import median

from netmind_tui.bench.timing import SAMPLES_MIN
from netmind_tui.model.kernel import Phase
from netmind_tui.model.quantity import percent, quantity
from netmind_tui.tui.bench_plan import Planned, Stage
from netmind_tui.tui.bench_state import TIMED, Going, Job
from netmind_tui.tui.chart import chart
from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.picture import Box, Line, Span, column, joined, line, width, wrap
from netmind_tui.tui.screen.bench_figure import large
from netmind_tui.tui.screen.bench_kernels import is_survey, share, word
from netmind_tui.tui.screen.bench_part import bounds, written
from netmind_tui.tui.screen.bench_peers import slowest
from netmind_tui.tui.screen.bench_strip import strip
from netmind_tui.tui.state import State

ALL = "all"
_LABEL = 9
_AFTER = 9
_TALLEST = 5
_PHASES = (Phase.COLD, Phase.WARM_UP, Phase.BURST, Phase.SUSTAINED)
_TEMPERATURE_C, _CLOCK_MHZ = 100.0, 3000.0


def device_choices(job: Job) -> list[str]:
    """What can be looked at: all devices that run now together, then each."""
    stage = job.now
    if stage is None:
        return []
    devices = [step.device for step in stage.tried]
    return [ALL, *devices] if len(devices) > 1 else devices


def watched(state: State, job: Job, stage: Stage) -> tuple[str, Planned]:
    """What was chosen (``all`` or a device), and the step whose device is looked at: of all, the slowest."""
    chosen = state.view.choice("bench device", ALL)
    steps = {step.device: step for step in stage.tried}
    if chosen in steps:
        return (chosen if len(steps) > 1 else ALL), steps[chosen]
    worst = slowest(job)
    return ALL, steps.get(worst or "", stage.tried[0])


def now_box(state: State, job: Job, cells: int, rows: int, glyphs: Glyphs) -> Box:
    """The box, for so many cells and rows within its frame."""
    stage = job.now
    if stage is None:
        return Box("now", line(Span("now", "title")), [line(Span("the devices are being looked at …", "dim"))])
    chosen, step = watched(state, job, stage)
    shown = [each for each in (job.at(each) for each in stage.tried) if each is not None]
    if chosen != ALL:
        shown = [each for each in shown if each.device == chosen]
    going = job.at(step)
    lines = _figure(job, stage, step, shown, cells, glyphs)
    lines += [_phases(job, step, going, cells, glyphs), _stops(step, going, shown, cells, glyphs)]
    lines.append(_spread(step, going, cells, glyphs))
    tail = [_throttle(state, step), _verified(going, glyphs), _energy(state, step, going)]
    if job.waiting:
        said = wrap(job.waiting, cells - _LABEL, "warn")
        tail = [line(column("" if row else "waits", _LABEL, "dim"), *each) for row, each in enumerate(said)] + tail
    room = rows - len(lines) - len(tail)
    lines += _charts(state, job, step, cells, max(0, room), glyphs)
    lines += tail[: max(0, rows - len(lines))]
    shape = " ".join(f"{name}={size}" for name, size in (step.shape or {}).items())
    title = line(Span(f"now: {stage.kernel}", "title"))
    keys = line(Span(f"seed {job.plan.seed}", "dim"))
    if len(stage.tried) > 1:
        worst = f"the slowest {glyphs.marks['chosen']}{step.device}" if chosen == ALL else chosen
        keys = line(Span("d", "key", "bench device"), Span(f" {worst}", "dim", "bench device"))
    if shape and width(title) + len(shape) + width(keys) + 5 <= cells:
        title = (*title, Span(f"  {shape}", "dim"))
    skip = (Span("n", "key", "bench skip"), Span(" skip  ", "dim", "bench skip"))
    how = line(Span("v", "key", "bench verified"), Span(" how verified", "dim", "bench verified"))
    may_skip = not (job.is_stopping or state.view.read_only)
    return Box("now", title, lines, keys=keys, legend=(*skip, *how) if may_skip else how)


def _figure(job: Job, stage: Stage, step: Planned, shown: list[Going], cells: int, glyphs: Glyphs) -> list[Line]:
    values = [each.value for each in shown if each.value is not None]
    finished = [row.value for row in (job.row(each) for each in stage.tried) if row is not None and row.value]
    values = values or finished
    value = median(values) if values else None
    number, unit = written(value, step.unit)
    heard = [each for going in shown for each in going.values]
    words: list[Line] = [line(Span(unit, "strong"), Span(", one device" if len(stage.tried) > 1 else ""))]
    if value is None:
        words[0] = line(Span(word(shown), "measuring"))
        yet = "its figure is how much was right" if is_survey(step.kernel) else "no sample is timed yet"
        words += [line(Span(yet, "dim")), ()]
    else:
        low, high = bounds(heard, step.unit) if heard else (number, number)
        words.append(line(Span(f"seen {low} – {high}", "dim")))
        words.append(_of_peak(step, value, cells - len(large(number, glyphs)[0]) - 3))
    rows = large(number, glyphs)
    return [line(Span(f" {row}  ", "figure"), *each) for row, each in zip(rows, words, strict=True)]


def _of_peak(step: Planned, value: float, cells: int) -> Line:
    if step.peak is None:
        return ()
    if step.peak.value is None:
        return line(Span("its peak is not known", "dim"))
    kind = "computed" if step.peak.calibrated else "assumed"
    part = percent(share(value, step.peak.value, step.unit))
    most = quantity(step.peak.value, step.unit)
    forms = (
        f"{part} of a {kind} peak of {most}",
        f"{part} of a peak of {most}",
        f"{part} of {most}",
        f"{part} of peak",
    )
    return line(Span(next((words for words in forms if len(words) <= cells), forms[-1]), "dim"))


def _phases(job: Job, step: Planned, going: Going | None, cells: int, glyphs: Glyphs) -> Line:
    arrow = Span(glyphs.marks["chosen"], "dim")
    if is_survey(step.kernel):
        part = going.part if going is not None else None
        return line(column("phase", _LABEL, "dim"), Span("survey ", "measuring"), Span(percent(part)))
    begun = [phase for phase, _ in going.phases] if going is not None else []
    phases = [phase for phase in _PHASES if phase is not Phase.SUSTAINED or job.plan.certified is Phase.SUSTAINED]
    parts = []
    now = going.phase if going is not None else None
    for phase in phases:
        is_now = phase is now
        words = phase.upper() if is_now else str(phase)
        values = going.of(phase) if going is not None and phase is Phase.BURST and not is_now else ()
        if values:
            words += f" {quantity(median(values), step.unit).partition(' ')[0]}"
        parts.append(line(Span(words, "measuring" if is_now else "text" if phase in begun else "dim")))
    if now in (Phase.SETUP, Phase.VERIFY) or now is None:
        state = "checking" if now is Phase.VERIFY else "preparing"
        has_run = Phase.COLD in begun
        place = len(parts) if Phase.WARM_UP in begun else 1 if has_run else 0
        parts.insert(place, line(Span(state.upper(), "measuring")))
    while len(parts) > 1 and width(joined(parts, arrow)) > cells - _LABEL:
        # What is longest ago gives way, or at the beginning what is longest to come.
        parts.pop(0 if parts[0][0].role != "measuring" else -1)
    return line(column("phase", _LABEL, "dim"), *joined(parts, arrow))


def _stops(step: Planned, going: Going | None, shown: list[Going], cells: int, glyphs: Glyphs) -> Line:
    label = column("stops", _LABEL, "dim")
    if is_survey(step.kernel):
        return line(label, Span("when all of it was gone through", "dim"))
    if going is None or going.phase not in TIMED:
        limit = percent(step.rsd_limit)
        forms = (f"at n {SAMPLES_MIN} and a spread under {limit}", f"at n {SAMPLES_MIN}, spread under {limit}")
        room = cells - _LABEL
        return line(label, Span(next((words for words in forms if len(words) <= room), forms[-1]), "dim"))
    if going.phase is Phase.WARM_UP:
        cap = f" or after {going.cap_s:g} s" if going.cap_s else ""
        return line(label, Span(f"when it is level{cap}"), Span(f"  {going.phase_s:.0f} s so far", "dim"))
    n = min(each.n for each in shown) if shown else going.n
    enough = Span(f" {glyphs.marks['pass']}", "good") if n >= SAMPLES_MIN else None
    spread = percent(going.spread)
    role = "good" if going.spread is not None and going.spread < step.rsd_limit else "text"
    start = line(label, Span(f"n {n} of {SAMPLES_MIN}"), enough, Span("  spread ", "dim"))
    if going.first_spread is not None and going.first_spread != going.spread:
        arrow = "→" if glyphs.braille else ">"
        longer = f"{percent(going.first_spread).removesuffix(' %')} {arrow} {spread}"
        spread = longer if width(start) + len(longer) <= cells else spread
    drawn = (*start, Span(spread, role))
    cap = f"{going.cap_s:g} s" if going.cap_s else "the end"
    for words in (f"  under {percent(step.rsd_limit)}, or at {cap}", f"  or {cap}", f" or {cap}"):
        if width(drawn) + len(words) <= cells:
            return (*drawn, Span(words, "dim"))
    return drawn


def _spread(step: Planned, going: Going | None, cells: int, glyphs: Glyphs) -> Line:
    values = going.values if going is not None else ()
    label = column("spread", _LABEL, "dim")
    if not values:
        return line(label, Span("—", "dim"))
    low, high = bounds(values, step.unit)
    room = cells - _LABEL - len(low) - len(high) - 2
    return line(
        label, Span(f"{low} ", "dim"), Span(strip(values, max(4, room), glyphs), "chart"), Span(f" {high}", "dim")
    )


def _charts(state: State, job: Job, step: Planned, cells: int, room: int, glyphs: Glyphs) -> list[Line]:
    """Histories of the device under test as high as there is room, and below them when its phases began."""
    tracks = [each for each in _tracks(state, step.device) if any(value is not None for value in each[1])]
    if not tracks or room < 1:
        return []
    wide = max(4, cells - _LABEL - _AFTER)
    tracks = tracks[:room]
    axis = 1 if room > len(tracks) else 0
    high = min(_TALLEST, (room - axis) // len(tracks))
    lines: list[Line] = []
    for name, values, top, now in tracks:
        for row, signs in enumerate(chart(values, wide, high, top, glyphs)):
            label = column(name if row == 0 else "", _LABEL, "dim")
            after = column(now if row == 0 else "", _AFTER, "text", right=True)
            lines.append(line(label, Span(signs, "chart"), after))
    if axis:
        lines.append(_axis(job, job.at(step), wide, glyphs))
    return lines


def _axis(job: Job, going: Going | None, cells: int, glyphs: Glyphs) -> Line:
    """Where phases began, on the axis of the histories: the newest second is at the right.

    What runs now is named first, then what lasted longest; a phase that has no room for its name has no mark either.
    """
    seconds_a_cell = 2 if glyphs.braille else 1
    begun = [each for each in (going.phases if going is not None else ()) if each[0] in _PHASES]
    ends_s = [*(began_s for _, began_s in begun[1:]), job.elapsed_s][: len(begun)]
    lasted = {phase: end_s - began_s for (phase, began_s), end_s in zip(begun, ends_s, strict=True)}
    row = [" "] * cells
    for phase, began_s in sorted(begun, key=lambda each: (each[0] is not begun[-1][0], -lasted[each[0]])):
        place = cells - 1 - round((job.elapsed_s - began_s) / seconds_a_cell)
        _write(row, place, f"{glyphs.side}{phase}", f"{phase}{glyphs.marks['chosen']}{glyphs.side}")
    return line(column("", _LABEL), Span("".join(row), "dim"))


def _write(row: list[str], place: int, right: str, left: str) -> None:
    """Write a name behind its place, or else before it, where that touches no other name."""
    for start, words in ((place, right), (place - len(left) + 1, left)):
        end = start + len(words)
        if start >= 0 and end <= len(row) and not "".join(row[max(0, start - 1) : end + 1]).strip():
            row[start:end] = list(words)
            return


def _tracks(state: State, device_id: str) -> list[tuple[str, tuple[float | None, ...], float, str]]:
    """Name, values, the top of the axis and the newest value in words."""
    device = next((each for each in state.devices if each.id == device_id), None)
    if device is None or device_id == "cpu":
        clock = state.host.cpu.clock_max_mhz if state.host is not None else None
        wanted = (
            ("load", "cpu_util_pct", 100.0, "{:.0f} %"),
            ("temp", "temperature_c", _TEMPERATURE_C, "{:.0f} °C"),
            ("clock", "cpu_clock_mhz", clock or 2 * _CLOCK_MHZ, "{:.0f} MHz"),
        )
    else:
        wanted = (
            ("temp", "temperature_c", _TEMPERATURE_C, "{:.0f} °C"),
            ("power", "power_draw_w", device.power_limit_w or 0.0, "{:.0f} W"),
            ("clock", "sm_clock_mhz", device.sm_clock_max_mhz or _CLOCK_MHZ, "{:.0f} MHz"),
        )
    found = []
    for name, metric, top, words in wanted:
        values = state.history.of(device_id, metric, "2 m")
        newest = values[-1] if values else None
        axis = top or max((value for value in values if value is not None), default=1.0)
        found.append((name, values, axis, "—" if newest is None else words.format(newest)))
    return found


def _throttle(state: State, step: Planned) -> Line:
    label = column("throttle", _LABEL, "dim")
    device = next((each for each in state.devices if each.id == step.device), None)
    own = state.own(device) if device is not None else None
    if step.device == "cpu":
        return line(label, Span("counted over the timed window", "dim"))
    if own is None or own.clocks_event_reasons is None:
        return line(label, Span("—  not reported", "dim"))
    slowing = [each for each in own.clocks_event_reasons if each not in ("gpu_idle", "applications_clocks_setting")]
    if not slowing:
        return line(label, Span("none now", "good"), Span(f"  {step.device}", "dim"))
    bad = any("thermal" in each or "hw_" in each for each in slowing)
    words = ", ".join(each.replace("_", " ") for each in slowing)
    return line(label, Span(words, "bad" if bad else "warn"), Span(f"  {step.device}", "dim"))


def _verified(going: Going | None, glyphs: Glyphs) -> Line:
    begun = [phase for phase, _ in going.phases] if going is not None else []
    before = any(phase in TIMED for phase in begun)
    mark = Span(f"before {glyphs.marks['pass']}", "good") if before else Span(f"before {glyphs.marks['dot']}", "dim")
    return line(column("verified", _LABEL, "dim"), mark, Span(f"   after {glyphs.marks['to come']}", "dim"))


def _energy(state: State, step: Planned, going: Going | None) -> Line:
    label = column("energy", _LABEL, "dim")
    device = next((each for each in state.devices if each.id == step.device), None)
    own = state.own(device) if device is not None else None
    watts = own.power_draw_w if own is not None else None
    value = going.value if going is not None else None
    if not watts:
        return line(label, Span("—  no power is reported", "dim"))
    if value is None or not step.unit.endswith("/s"):
        return line(label, Span(f"{watts:.0f} W now"))
    per_joule = quantity(value / watts, step.unit).removesuffix("/s") + "/J"
    return line(label, Span(per_joule), Span(f" at {watts:.0f} W now", "dim"))

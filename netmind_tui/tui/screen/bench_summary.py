"""What a run comes to: a few lines a device, or group of equal ones, then what its owner should know."""

from collections.abc import Iterable, Sequence

from netmind_tui.model.device import Device
from netmind_tui.model.measurement import Run
from netmind_tui.model.quantity import percent, scale, significant
from netmind_tui.model.selector import ranges
from netmind_tui.model.summary import Restraint, Summary
from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.picture import Line, Span, column, line, wrap
from netmind_tui.tui.screen.bench_part import ROLES

_LABEL = 9
_FAMILIES = ("gemm", "stream", "gemv", "conv", "encoder")
_SAID = {"stream.add": "memory", "gemv.int4": "int4 weights"}
_LEAST = 2


def summary_lines(run: Run, cells: int, glyphs: Glyphs) -> list[Line]:
    """Capacity, quality, limits, power and what it could serve; then peers, findings and what was stopped."""
    lines: list[Line] = []
    for devices, summaries in _groups(run):
        names = f"{ranges([device.id for device in devices])}  {devices[0].name or 'no name'}"
        lines.append(line(Span(names, "strong")))
        for label, words in (
            ("capacity", _capacity(run, devices)),
            ("quality", _quality(summaries)),
            ("limits", _limits(summaries)),
            ("power", _power(summaries)),
            ("estimate", _serving(summaries)),
        ):
            role = "estimate" if label == "estimate" else "text"
            lines += _labelled(label, words, cells, role)
    lines += _sharing(run, cells)
    for finding in run.findings:
        lines += wrap(f"{glyphs.marks[finding.status]} {finding.title}", cells, ROLES[finding.status])
        for label, said in (("found", finding.actual), ("fix", finding.remediation)):
            lines += _labelled(label, said, cells, "text") if said else []
    if run.stopped:
        words = f"{run.stopped.replace('-', ' ')}: what was finished is kept"
        lines += wrap(f"{glyphs.marks['warn']} {words}", cells, "warn")
    return lines or [line(Span("nothing was certified", "dim"))]


def _labelled(label: str, words: str, cells: int, role: str) -> list[Line]:
    if not words:
        return []
    wrapped = wrap(words, cells - _LABEL, role)
    return [(column(label if not place else "", _LABEL, "dim"), *each) for place, each in enumerate(wrapped)]


def _groups(run: Run) -> list[tuple[list[Device], list[Summary]]]:
    summaries = {each.device: each for each in run.summaries}
    found: dict[object, tuple[list[Device], list[Summary]]] = {}
    for device in run.devices:
        if device.id in summaries:
            key = (device.kind, device.name, device.memory_total_bytes) if device.name else device.id
            devices, own = found.setdefault(key, ([], []))
            devices.append(device)
            own.append(summaries[device.id])
    return list(found.values())


def _capacity(run: Run, devices: Sequence[Device]) -> str:
    ids = {device.id for device in devices}
    rates: dict[str, list[float]] = {}
    units: dict[str, str] = {}
    for rate in run.capacity:
        if rate.device in ids and rate.kernel.partition(".")[0] in _FAMILIES:
            rates.setdefault(rate.kernel, []).append(rate.value)
            units[rate.kernel] = rate.unit
    said = []
    for kernel in sorted(rates, key=lambda each: _FAMILIES.index(each.partition(".")[0])):
        factor, unit = scale(max(rates[kernel]), units[kernel])
        ends = dict.fromkeys(significant(value / factor, 4) for value in (min(rates[kernel]), max(rates[kernel])))
        name = _SAID.get(kernel, kernel.removeprefix("gemm."))
        said.append(f"{name} {'–'.join(ends)} {unit}")
    return " · ".join(said) or "no verified rate"


def _quality(summaries: Sequence[Summary]) -> str:
    said = []
    peaks = [each.of_peak for each in summaries if each.of_peak is not None]
    if peaks:
        best = max(peaks, key=lambda each: each.value)
        doubt = "" if any(each.is_calibrated for each in summaries) else ", uncalibrated"
        said.append(f"{percent(best.value)} of peak ({best.kernel}{doubt})")
    spreads = [each.cv_max.value for each in summaries if each.cv_max is not None]
    said += [f"spread ≤ {percent(max(spreads))}"] if spreads else []
    unstable, measured = sum(each.unstable for each in summaries), sum(each.measured for each in summaries)
    said += [f"{unstable} of {measured} unstable"] if unstable else []
    kept = [each.sustained_of_burst.value for each in summaries if each.sustained_of_burst is not None]
    said += [f"keeps {percent(min(kept))} of burst"] if kept else []
    return " · ".join(said)


def _limits(summaries: Sequence[Summary]) -> str:
    seen: dict[Restraint, list[str]] = {}
    for limit in (limit for each in summaries for limit in each.limits):
        seen.setdefault(limit.restraint, []).extend(limit.kernels)
    said = [_limit(each, list(dict.fromkeys(seen[each]))) for each in Restraint if each in seen] or ["none seen"]
    blind = [_word(each) for each in Restraint if each not in seen and any(each in one.unseen for one in summaries)]
    return " · ".join([*said, *([f"unreadable: {', '.join(blind)}"] if blind else [])])


def _limit(restraint: Restraint, kernels: Sequence[str]) -> str:
    if not kernels:
        return _word(restraint)
    named = ", ".join(kernels) if len(kernels) <= _LEAST else f"{len(kernels)} kernels"
    return f"{_word(restraint)} ({named})"


def _word(restraint: Restraint) -> str:
    return "interrupted" if restraint is Restraint.INTERRUPTION else restraint.value.replace("-", " ")


def _power(summaries: Sequence[Summary]) -> str:
    drawn = [each.power for each in summaries if each.power is not None]
    if drawn:
        most = max(drawn, key=lambda each: each.draw_w)
        return f"{significant(most.draw_w, 3)} W ({most.kernel}, {most.phase})"
    return next((each.power_unknown for each in summaries if each.power_unknown), "")


def _serving(summaries: Sequence[Summary]) -> str:
    least = min(summaries, key=lambda each: sum(one.fits for one in each.serving))
    said = []
    for precision in dict.fromkeys(each.precision for each in least.serving):
        fitting = [each for each in least.serving if each.precision == precision and each.fits]
        if fitting:
            largest = fitting[-1]
            speed = "" if largest.tokens_per_s is None else f" {significant(largest.tokens_per_s, 2)} tokens/s"
            said.append(f"{precision} up to {largest.model}{speed}")
    return " · ".join(said)


def _sharing(run: Run, cells: int) -> list[Line]:
    kernels: Iterable[str] = dict.fromkeys(each.kernel for each in run.sharing)
    lines: list[Line] = []
    for kernel in kernels:
        ratios = [each.ratio for each in run.sharing if each.kernel == kernel]
        ends = "–".join(dict.fromkeys(significant(value, 3) for value in (min(ratios), max(ratios))))
        lines += _labelled("together", f"{kernel}: {ends} of what each does alone", cells, "text")
    return lines

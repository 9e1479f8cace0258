"""The end of a benchmark for people: a few lines a device, equal devices together with their ranges."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

from rich.table import Table
from rich.text import Text

from netmind_tui.model.cost import Cost, Money
from netmind_tui.model.device import Device
from netmind_tui.model.measurement import Rate, Run
from netmind_tui.model.quantity import gibibytes, percent, scale, significant
from netmind_tui.model.serving import Serving
from netmind_tui.model.summary import Best, Restraint, Summary

_INDENT, _LABEL = 2, 8
_ROOMY = 80
_WORDS = {
    Restraint.HEAT: "heat",
    Restraint.POWER_CAP: "power cap",
    Restraint.POWER_BRAKE: "power brake",
    Restraint.MEMORY: "memory",
    Restraint.OTHER_PROGRAMS: "other programs",
    Restraint.INTERRUPTION: "interrupted",
    Restraint.NOT_CONVERGED: "not converged",
}
_NAMED = 2
_STEP, _LITTLE = Decimal("0.0001"), Decimal("0.01")
_REFERENCE = "Llama-3.1-8B"
# What a rate is called where its kernel's name says less.
_SAID = {"stream.add": "memory", "gemv.int4": "int4 weights", "conv.resnet50": "resnet50", "encoder.base": "encoder"}
# In this order; copies, disks and latencies are in the table, and what a decoder does is behind the estimate.
_FAMILIES = ("gemm", "stream", "gemv", "conv", "encoder")


@dataclass(frozen=True, slots=True)
class _Alike:
    """Devices of one model with their summaries."""

    devices: list[Device]
    summaries: list[Summary]


def summary_lines(run: Run, width: int) -> Iterator[Text | Table]:
    """A heading and a few lines for each device, or group of equal ones, that was measured."""
    for alike in _groups(run):
        yield _heading(alike)
        grid = Table.grid(padding=(0, 1, 0, 0))
        grid.add_column(width=_INDENT - 1)
        grid.add_column(width=_LABEL, style="dim")
        grid.add_column(overflow="fold")
        room = width - _INDENT - _LABEL - 1
        ids = {each.device for each in alike.summaries}
        for label, lines in (
            ("capacity", _packed(_capacity([rate for rate in run.capacity if rate.device in ids]), room)),
            ("quality", _packed(_quality(alike.summaries, has_peak=_has_peak(run, ids)), room)),
            ("limits", _packed(_limits(alike.summaries), room)),
            ("estimate", _serving(alike.summaries, room)),
            ("cost", _packed(_costs(alike.summaries), room)),
        ):
            for index, line in enumerate(lines):
                grid.add_row("", "" if index else label, line)
        yield grid
        yield Text()


def _groups(run: Run) -> list[_Alike]:
    """Devices of the same kind, name and memory are one group; one without a name stays alone."""
    summaries = {each.device: each for each in run.summaries}
    found: dict[object, _Alike] = {}
    for device in run.devices:
        if device.id not in summaries:
            continue
        key = (device.kind, device.name, device.memory_total_bytes) if device.name else device.id
        group = found.setdefault(key, _Alike([], []))
        group.devices.append(device)
        group.summaries.append(summaries[device.id])
    return list(found.values())


def _heading(alike: _Alike) -> Text:
    count, first = len(alike.devices), alike.devices[0]
    name = first.name or "unnamed"
    text = Text("in short  ", style="bold")
    text.append(f"{count} × {name}, each" if count > 1 else f"{first.id}  {name}", style="cyan")
    return text


def _capacity(rates: Sequence[Rate]) -> list[str]:
    """Compute by precision, then memory, then each whole network in its fastest form."""
    by_kernel: dict[str, list[Rate]] = {}
    for rate in rates:
        if rate.kernel.partition(".")[0] in _FAMILIES:
            by_kernel.setdefault(rate.kernel, []).append(rate)
    said: list[str] = []
    for kernel in sorted(_fastest(by_kernel), key=lambda kernel: _FAMILIES.index(kernel.partition(".")[0])):
        name, (figures, unit) = _name(kernel), _between(by_kernel[kernel])
        if said and said[-1].endswith(f" {unit}"):
            said[-1] = f"{said[-1].removesuffix(f' {unit}')}, {name} {figures} {unit}"
        else:
            said.append(f"{name} {figures} {unit}")
    return said if rates else ["no verified rate"]


def _fastest(by_kernel: Mapping[str, Sequence[Rate]]) -> list[str]:
    """Of the forms of one network (``conv.resnet50``, ``conv.resnet50.fp16``) the fastest; all other kernels."""
    best: dict[str, str] = {}
    for kernel, rates in by_kernel.items():
        base = ".".join(kernel.split(".")[:2])
        if base not in best or max(rate.value for rate in rates) > max(rate.value for rate in by_kernel[best[base]]):
            best[base] = kernel
    return list(best.values())


def _name(kernel: str) -> str:
    family, second, *rest = kernel.split(".")
    base = f"{family}.{second}"
    return " ".join([_SAID.get(base, second if family == "gemm" else base), *rest])


def _between(rates: Sequence[Rate]) -> tuple[str, str]:
    """One figure, or the smallest and the largest, and their unit: in the scale of the largest, or plain for things."""
    values, unit = [rate.value for rate in rates], rates[0].unit
    factor, written = scale(max(values), unit)
    return "–".join(dict.fromkeys(significant(value / factor, 3) for value in (min(values), max(values)))), written


def _has_peak(run: Run, ids: set[str]) -> bool:
    """Whether any of their kernels is one that a peak is defined for, known or not."""
    return any(m.peak is not None for m in run.measurements if m.device in ids)


def _quality(summaries: Sequence[Summary], *, has_peak: bool) -> list[str]:
    """Share of the peak, spread, how many are unstable, and what a long load keeps of the burst."""
    said = []
    shares = [each for each in summaries if each.of_peak]
    if shares:
        best = max(shares, key=lambda each: each.of_peak.value if each.of_peak else 0.0)
        assert best.of_peak is not None  # noqa: S101 - chosen by it
        doubt = "" if best.is_calibrated else ", uncalibrated"
        said.append(f"{percent(best.of_peak.value)} of peak ({best.of_peak.kernel}{doubt})")
    elif has_peak:
        said.append("share of peak uncalibrated")
    said += _extreme("spread ≤ {}", (each.cv_max for each in summaries), max)
    unstable, measured = sum(each.unstable for each in summaries), sum(each.measured for each in summaries)
    said += [f"{unstable} of {measured} unstable"] if unstable else []
    return said + _extreme("keeps {} of burst", (each.sustained_of_burst for each in summaries), min)


def _extreme(words: str, bests: Iterable[Best | None], choose: Callable[..., Best]) -> list[str]:
    known = [best for best in bests if best is not None]
    return [words.format(percent(choose(known, key=lambda best: best.value).value))] if known else []


def _limits(summaries: Sequence[Summary]) -> list[str]:
    seen: dict[Restraint, list[str]] = {}
    for each in summaries:
        for limit in each.limits:
            seen.setdefault(limit.restraint, []).extend(limit.kernels)
    said = [_limit(restraint, list(dict.fromkeys(seen[restraint]))) for restraint in Restraint if restraint in seen]
    unseen = [each for each in Restraint if any(each in summary.unseen for summary in summaries) and each not in seen]
    blind = f"unreadable: {', '.join(_WORDS[each] for each in unseen)}"
    return [*(said or ["none seen"]), *([blind] if unseen else [])]


def _limit(restraint: Restraint, kernels: Sequence[str]) -> str:
    if not kernels:
        return _WORDS[restraint]
    named = ", ".join(kernels) if len(kernels) <= _NAMED else f"{len(kernels)} kernels"
    return f"{_WORDS[restraint]} ({named})"


def _serving(summaries: Sequence[Summary], room: int) -> list[str]:
    """For each precision the model that everybody knows and the largest that fits, on the least of the devices."""
    least = min(summaries, key=_slowest)
    lines = []
    for precision in dict.fromkeys(each.precision for each in least.serving):
        fitting = [each for each in least.serving if each.precision == precision and each.fits]
        if not fitting:
            lines.append(f"{precision}: no size of the list fits {gibibytes(least.memory_takeable_bytes)}")
            continue
        largest = fitting[-1]
        known = next((each for each in fitting[:-1] if each.model == _REFERENCE and room >= _ROOMY), None)
        basis = f", by {largest.basis}" if largest.basis else ""
        parts = [f"{precision} up to {_speed(largest)}", f"({largest.context_tokens // 1024}k context{basis})"]
        lines += _packed([" ".join(parts), *([_speed(known)] if known else [])], room)
    return lines


def _slowest(summary: Summary) -> tuple[int, float]:
    speeds = [each.tokens_per_s for each in summary.serving if each.tokens_per_s]
    return sum(each.fits for each in summary.serving), max(speeds, default=0.0)


def _speed(serving: Serving) -> str:
    if serving.tokens_per_s is None:
        return serving.model
    return f"{serving.model} {significant(serving.tokens_per_s, 2)} tokens/s"


def _costs(summaries: Sequence[Summary]) -> list[str]:
    """The dearest of the devices: what an hour costs, at which power, and what it must bring."""
    priced = [each for each in summaries if each.cost and each.cost.an_hour]
    if not priced:
        reasons = dict.fromkeys(each.cost.unknown for each in summaries if each.cost and each.cost.unknown)
        return [f"power not known: {reason}" for reason in reasons]
    dearest = max(priced, key=lambda each: _hour(each.cost))
    cost, power = dearest.cost, dearest.power
    assert cost is not None  # noqa: S101 - chosen by it
    assert cost.an_hour is not None  # noqa: S101 - chosen by it
    assert cost.floor_an_hour is not None  # noqa: S101 - known with the other
    said = [f"{'up to ' if len(priced) > 1 else ''}{_money(cost.an_hour)} an hour"]
    if power is not None:
        said[0] += f" at {significant(power.draw_w, 3)} W ({power.kernel}, {power.phase})"
    fee = f" with a fee of {cost.fee_pct.normalize():f} %" if cost.fee_pct else ""
    said.append(f"pays above {_money(cost.floor_an_hour, ROUND_CEILING)}{fee}")
    if cost.price_from is not None:
        said.append(f"at {_money(cost.price_per_kwh)} per kWh, from {cost.price_from}")
    return said


def _hour(cost: Cost | None) -> Decimal:
    return cost.an_hour.amount if cost and cost.an_hour else Decimal(-1)


def _money(money: Money, rounding: str = ROUND_HALF_UP) -> str:
    """An amount as people read it: four decimals, all of them where that would leave little."""
    shown = money.amount.quantize(_STEP, rounding) if money.amount > _LITTLE else money.amount
    return f"{shown:f} {money.currency or ''}".rstrip()


def _packed(parts: Sequence[str], room: int) -> list[str]:
    """The parts on as few lines as they fit, never broken where one has room by itself."""
    lines: list[str] = []
    for part in parts:
        if lines and len(lines[-1]) + len(part) + 3 <= room:
            lines[-1] += f" · {part}"
        else:
            lines.append(part)
    return lines

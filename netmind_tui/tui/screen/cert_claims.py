"""What a certificate claims: the strongest evidence first and the weakest last, then what none of it shows."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from netmind_tui.model.certificate import Certificate, Claim, Evidence, Fact
from netmind_tui.model.challenge import TimedRate
from netmind_tui.model.comparison import Compared, Comparison, Judgement
from netmind_tui.model.finding import worst
from netmind_tui.model.kernel import Phase
from netmind_tui.model.quantity import duration, gibibytes, interval, percent, quantity, significant
from netmind_tui.model.selector import ranges
from netmind_tui.model.verification import VerifiedProof
from netmind_tui.tui.cert_page import Held
from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.picture import Line, Span, column, ends, fit, line, width, wrap, wrap_parts
from netmind_tui.tui.screen.cert_head import since_short
from netmind_tui.tui.screen.cert_part import STATUS_ROLES

_EVIDENCE = {
    Evidence.PROVEN: "whoever doubts it can compute it again",
    Evidence.CHALLENGED: "timed by a challenger's clock",
    Evidence.MEASURED: "timed by its owner's clock, each result checked there",
    Evidence.ASSERTED: "read from its owner's machine, and held against nothing",
}
_GROUP_FROM = 3
_WIDEST, _WIDEST_TABLE = 104, 92
_LABEL = 11
_RATE, _INTERVAL, _PEAK, _DRIFT = 15, 19, 9, 17
_INTERVAL_FROM = 74
_PEAK_FROM = 66
_KERNEL_LEAST = 12
_KEY = 24
_LABELS = {
    "memory_total_bytes": "memory",
    "compute_capability": "compute capability",
    "core_count": "cores",
    "power_limit_w": "power limit",
    "power_limit_default_w": "default power limit",
    "pcie_generation_max": "PCIe generation",
    "pcie_width_max": "PCIe lanes",
    "sm_clock_max_mhz": "clock up to",
    "cpu_name": "processor",
    "logical_cores": "logical cores",
    "usable_cores": "usable cores",
    "os": "system",
}
_BARE = frozenset({"cores", "generation", "lanes"})


def claim_lines(held: Held, not_shown: Sequence[str], cells: int, glyphs: Glyphs) -> list[Line]:
    """Everything that it says, and what it does not."""
    cells = min(cells, _WIDEST)
    own = held.certificate
    lines: list[Line] = []
    for evidence in reversed(Evidence):
        claims = [claim for claim in own.claims if claim.evidence is evidence]
        facts = [fact for fact in own.facts if fact.evidence is evidence]
        proof = held.proof if held.proof is not None and held.proof.evidence is evidence else None
        timed = held.timed if held.timed is not None and held.timed.evidence is evidence else None
        if not claims and not facts and proof is None and timed is None:
            continue
        lines += _titled(evidence, cells)
        for place, group in enumerate(_groups(own, claims)):
            lines += [()] if place else []
            lines += _group(group, own, held.drift, min(cells, _WIDEST_TABLE), glyphs)
        lines += _facts(facts, cells)
        lines += _proof(proof, cells) if proof is not None else []
        lines += _timed(timed, cells) if timed is not None else []
        lines.append(())
    lines += _left_out(own, cells)
    if not_shown:
        lines.append(line(Span("none of it shows", "title")))
        for sentence in not_shown:
            first, *rest = wrap(sentence, cells - 3, "dim")
            lines.append(line(Span(" – ", "dim"), *first))
            lines += [line("   ", *each) for each in rest]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _titled(evidence: Evidence, cells: int) -> list[Line]:
    """The name of an evidence, and what it means."""
    first, *rest = wrap(_EVIDENCE[evidence], max(8, cells - _LABEL), "dim")
    head = line(column(evidence.value, _LABEL, "title"), *first)
    return [head, *(line(" " * _LABEL, *each) for each in rest)]


def _groups(own: Certificate, claims: Sequence[Claim]) -> Iterator[list[Claim]]:
    """The claims by device, the processor last; equal devices together from three on."""
    names = _names(own)
    by_name: dict[str | None, list[str]] = {}
    for device in sorted(dict.fromkeys(claim.device for claim in claims), key=lambda device: device == "cpu"):
        by_name.setdefault(names.get(device), []).append(device)
    for name, devices in by_name.items():
        parts = [devices] if name is not None and len(devices) >= _GROUP_FROM else [[each] for each in devices]
        for part in parts:
            yield [claim for claim in claims if claim.device in part]


def _names(own: Certificate) -> dict[str, str]:
    return {fact.device: fact.text for fact in own.facts if fact.name == "name" and fact.device and fact.text}


def _group(
    claims: Sequence[Claim], own: Certificate, drift: Comparison | None, cells: int, glyphs: Glyphs
) -> Iterator[Line]:
    devices = list(dict.fromkeys(claim.device for claim in claims))
    is_wide = cells >= _INTERVAL_FROM
    yield fit(line(Span(f"{ranges(devices)}  ", "strong"), *_likeness(devices, claims, own)), cells)
    heads = [column("slowest" if len(devices) > 1 else "rate", _RATE, "dim", right=True)]
    if is_wide:
        heads.append(column("fastest" if len(devices) > 1 else "95 % interval", _INTERVAL, "dim", right=True))
    has_peak = cells >= _PEAK_FROM and any(_share(claim) for claim in claims)
    if has_peak:
        heads.append(column("of peak", _PEAK, "dim", right=True))
    if drift is not None:
        heads.append(column(f"since {since_short(drift)}", _DRIFT, "dim", right=True))
    yield ends(line(Span("  kernel", "dim")), tuple(heads), cells)
    by_kernel: dict[str, list[Claim]] = {}
    for claim in claims:
        by_kernel.setdefault(claim.kernel, []).append(claim)
    for same in by_kernel.values():
        columns = _Columns(is_wide=is_wide, has_peak=has_peak, is_group=len(devices) > 1)
        yield _claim(same, drift, cells, glyphs, columns)
    if all(claim.phase is Phase.BURST for claim in claims):
        yield fit(line(Span("  burst: the rate of the first moments; standard certifies what lasts", "dim")), cells)


def _likeness(devices: Sequence[str], claims: Sequence[Claim], own: Certificate) -> Line:
    """What its figures are consistent with: never what it is."""
    name = _names(own).get(devices[0])
    if name is None:
        return line(Span("without a name", "dim"))
    model = f"{len(devices)} × {name}" if len(devices) > 1 else name
    if any(claim.peak is not None and claim.peak.calibrated and claim.peak.value for claim in claims):
        return line(Span(f"consistent with {model}", "dim"))
    return line(Span(f"{model}, it says; there is no peak to hold it against", "dim"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Columns:
    """Which columns a table of claims has: intervals where it is wide, shares where there are peaks."""

    is_wide: bool
    has_peak: bool
    is_group: bool


def _claim(same: Sequence[Claim], drift: Comparison | None, cells: int, glyphs: Glyphs, columns: _Columns) -> Line:
    """One kernel: on one device, or the slowest and the fastest of many, so that none hides behind the others."""
    first = same[0]
    order = sorted(same, key=lambda claim: claim.value, reverse=first.unit == "s")
    slowest, fastest = order[0], order[-1]
    status = worst([claim.status for claim in same])
    parts = [Span(quantity(slowest.value, slowest.unit).rjust(_RATE), "figure")]
    is_group = columns.is_group
    if columns.is_wide:
        words = quantity(fastest.value, fastest.unit) if is_group else interval(first.ci95, first.value, first.unit)
        parts.append(column(words, _INTERVAL, "text" if is_group else "dim", right=True))
    if columns.has_peak:
        parts.append(column(_share(slowest), _PEAK, right=True))
    if drift is not None:
        words, role = _drifted(same, drift, glyphs)
        parts.append(column(words, _DRIFT, role, right=True))
    mark = Span(f"{glyphs.marks[status]} ", STATUS_ROLES[status])
    room = max(_KERNEL_LEAST, cells - width(tuple(parts)) - 2)
    return ends(line(mark, column(first.kernel, room)), tuple(parts), cells)


def _share(claim: Claim) -> str:
    peak = claim.peak
    if peak is None or not peak.value:
        return ""
    return f"{'' if peak.calibrated else '~'}{100 * claim.value / peak.value:.0f} %"


def _drifted(same: Sequence[Claim], drift: Comparison, glyphs: Glyphs) -> tuple[str, str]:
    """How a rate went on these devices: the one that lost most, or else that gained most, or else their middle."""
    wanted = {(claim.kernel, claim.device) for claim in same}
    rows = [row for row in drift.kernels if (row.kernel, row.device) in wanted]
    for judgement, sign, role in (
        (Judgement.WORSE, glyphs.marks["down"], "bad"),
        (Judgement.BETTER, glyphs.marks["warn"], "good"),
    ):
        found = [row for row in rows if row.judgement is judgement and row.ratio is not None]
        if found:
            most = max(found, key=lambda row: abs(_gain(row)))
            where = f" {most.device}" if len(same) > 1 else ""
            return f"{sign} {_percent(_gain(most))}{where}", role
    kept = [row for row in rows if row.judgement is Judgement.SAME and row.ratio is not None]
    if kept:
        return f"= {_percent(median(_gain(row) for row in kept))}", "dim"
    return ("not comparable" if rows else "new"), "dim"


def _gain(row: Compared) -> float:
    """How much more work a second, as a fraction: a latency's is the reverse of its ratio."""
    ratio = row.ratio or 1.0
    return (1 / ratio if row.lower_is_better else ratio) - 1


def _percent(fraction: float) -> str:
    return f"{'−' if fraction < 0 else '+'}{abs(100 * fraction):.1f} %"


def _proof(proof: VerifiedProof, cells: int) -> list[Line]:
    """What was computed, and what that shows."""
    exact = f"{proof.chain}@{proof.chain_version} · {int(proof.operations):,} operations of the plain algorithm"
    return _beside(ranges(proof.devices), exact, cells) + _beside("", proof.shown, cells, "dim")


def _timed(timed: TimedRate, cells: int) -> list[Line]:
    """A rate that a challenger timed, what it has of the node's own figure, and who says so."""
    share = "" if timed.int8_share is None else f" · {percent(timed.int8_share)} of its own gemm.int8"
    count = len(timed.devices)
    rate = f"{quantity(timed.rate, timed.unit)}{share} · {duration(timed.elapsed_s)}"
    work = f"{timed.chain}@{timed.chain_version} · {count} device{'s' * (count > 1)}"
    tries = f"{timed.challenges_passed} of {timed.challenges_started} challenges of this key passed there"
    who = f"by the clock of {timed.challenger_key[:_KEY]}…, {timed.challenger}, {timed.rows_opened} rows · {tries}"
    return _beside("node", f"{rate} · {work}", cells) + _beside("", who, cells, "dim")


def _beside(label: str, words: str, cells: int, role: str = "text") -> list[Line]:
    first, *rest = wrap_parts(words, cells - _LABEL, role)
    return [line(column(f"  {label}", _LABEL), *first), *(line(" " * _LABEL, *each) for each in rest)]


def _facts(facts: Iterable[Fact], cells: int) -> list[Line]:
    """What the machine says of itself; devices that say the same are one line."""
    by_words: dict[str, list[str]] = {}
    told = list(facts)
    for device in dict.fromkeys(fact.device for fact in told):
        words = " · ".join(_fact(fact) for fact in told if fact.device == device)
        by_words.setdefault(words, []).append(device or "machine")
    lines: list[Line] = []
    for words, devices in by_words.items():
        label = ranges(devices)
        first, *rest = wrap_parts(words, cells - _LABEL)
        lines.append(line(column(f"  {label}", _LABEL), *first))
        lines += [line(" " * _LABEL, *each) for each in rest]
    return lines


def _fact(fact: Fact) -> str:
    label = _LABELS.get(fact.name, fact.name)
    if fact.text is not None or fact.value is None:
        return fact.text or "" if fact.name == "name" else f"{label} {fact.text}"
    if fact.unit == "bytes":
        return f"{label} {gibibytes(round(fact.value))}"
    figure = f"{fact.value:.0f}" if fact.value == round(fact.value) else significant(fact.value, 4)
    return f"{label} {figure}" if fact.unit in _BARE else f"{label} {figure} {fact.unit or ''}".rstrip()


def _left_out(own: Certificate, cells: int) -> list[Line]:
    """The kernels that nothing is claimed about, and why."""
    by_reason: dict[tuple[str, str], dict[str, None]] = {}
    for each in own.left_out:
        why = each.reasons[0].replace("-", " ") if each.reasons else each.status.value
        by_reason.setdefault((each.device, why), {})[each.kernel] = None
    if not by_reason:
        return []
    by_words: dict[str, list[str]] = {}
    for (device, why), kernels in by_reason.items():
        by_words.setdefault(f"{', '.join(kernels)} ({why})", []).append(device)
    lines = [line(column("left out", _LABEL, "title"), Span("nothing is claimed of these", "dim"))]
    for words, devices in by_words.items():
        first, *rest = wrap(words, cells - _LABEL, "dim")
        lines.append(line(column(f"  {ranges(devices)}", _LABEL, "dim"), *first))
        lines += [line(" " * _LABEL, *each) for each in rest]
    return [*lines, ()]

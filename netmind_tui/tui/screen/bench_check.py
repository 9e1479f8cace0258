"""What is known of how a kernel's result was checked, in plain words and a label at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

from netmind_tui.bench.peak import PLAUSIBLE
from netmind_tui.model.kernel import Phase
from netmind_tui.model.measurement import Measurement, Reason, Verified
from netmind_tui.model.quantity import percent, quantity, significant
from netmind_tui.model.selector import ranges
from netmind_tui.tui.bench_plan import Stage
from netmind_tui.tui.bench_state import TIMED, Going
from netmind_tui.tui.glyph import Glyphs, bar
from netmind_tui.tui.picture import Line, column, wrap

ALONE = " alone"
_LABEL, _DIGITS, _BAR = 11, 16, 16

_HOW = {
    "float64": (
        "the same product in float64, on one thread of the host, from the same seeded numbers",
        "{rows} element by element; every other element through sums with random signs, where one that is wrong shows",
    ),
    "freivalds": (
        "Freivalds' check in whole numbers: C·v against A·(B·v), for v drawn from the result itself",
        "all of it, twice; a wrong product would pass once in 2^61",
    ),
    "sha256": ("the digest of the right result, known for this seed and shape", "every byte"),
    "bitwise": ("the right result, made on the host: the operation is exact on every device", "every bit"),
    "exact rows": (
        "the same product without rounding, on the host",
        "{rows} anew; the others must not change from the first run to the last",
    ),
    "twin": (
        "a small twin of the graph with the same weights, in float64; and what the session makes of each batch alone",
        "all of the twin, and all of each timed batch against its own",
    ),
    "stages": (
        "each stage of the block in float64 with NumPy, for a small prompt and for the timed one",
        "all of the small one; of the timed one the result and the cache, against their own",
    ),
    "patterns": ("the patterns that were written", "every byte, read back"),
    "variation": ("whether the result depends on what goes in", "all of it"),
    "repetition": ("the same batch by itself, before anything was timed", "all of it"),
    "bitwise repetition": ("the same batch by itself, before anything was timed", "every bit"),
}
"""What the result was held against, and how much of it, by the method that the run names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A kernel on one device or several equal ones: its rows so far, or how it goes."""

    kernel: str
    devices: str
    seed: int
    rows: tuple[Measurement, ...] = ()
    stage: Stage | None = None
    going: tuple[Going, ...] = ()


def subject_lines(subject: Subject, cells: int, rows: int, glyphs: Glyphs) -> list[Line]:
    """What is known of how it was checked, a label and its words at a time; in groups where there is room for them."""
    checked = [row for row in subject.rows if row.verified is not None]
    if subject.going or not subject.rows:
        groups = _while_it_runs(subject, glyphs)
    elif not checked:
        why = next((because.detail for row in subject.rows for because in row.reasons), "it was not measured")
        groups = [[_Said("not run", f"there is no result to check: {why}", "warn")]]
    else:
        groups = _checked(subject, checked, glyphs)
    where = "".join(f" -d {each}" for each in subject.devices.removesuffix(ALONE).split(", "))
    groups.append([_Said("repeat", f"netmind bench --kernel {subject.kernel} --seed {subject.seed}{where}", "dim")])
    blocks = [[each for said in group for each in _labelled(said, cells)] for group in groups]
    has_room = sum(map(len, blocks)) + len(blocks) - 1 <= rows
    lines: list[Line] = []
    for block in blocks:
        lines += [(), *block] if lines and has_room else block
    return lines


@dataclass(frozen=True, slots=True)
class _Said:
    """Something that is known, under its label."""

    label: str
    words: str
    role: str = "text"


def _labelled(said: _Said, cells: int) -> list[Line]:
    wrapped = wrap(said.words, cells - _LABEL, said.role)
    return [(column("" if row else said.label, _LABEL, "dim"), *each) for row, each in enumerate(wrapped)]


def _while_it_runs(subject: Subject, glyphs: Glyphs) -> list[list[_Said]]:
    """Before its row is there: which checks were passed is known, by what and how far off not yet."""
    phases = {phase for each in subject.going for phase, _ in each.phases}
    is_now = {each.phase for each in subject.going}
    was_timed = any(phase in TIMED for phase in phases)
    before = _Said("before", "to come, before anything is timed", "dim")
    if was_timed:
        before = _Said("before", f"{glyphs.marks['pass']} the result was right before the timed window", "good")
    elif Phase.VERIFY in is_now:
        before = _Said("before", "being checked now", "measuring")
    after = _Said("after", "to come, right after the timed window", "dim")
    if Phase.VERIFY in is_now and was_timed:
        after = _Said("after", "being checked now", "measuring")
    known = [_Said("data", f"made from seed {subject.seed}, never zeros")]
    step = subject.stage.steps[0] if subject.stage is not None else None
    if step is not None and step.tolerance is not None:
        known.insert(0, _Said("tolerance", _allowed(step.tolerance)))
    if step is not None and step.sha256 is not None:
        known.append(_Said("digest", f"sha256 {step.sha256[:_DIGITS]}…; another file is refused"))
    then = "what it is held against, and how far off it was, is told with its figure, once there is one"
    return [[before, after], known, [_Said("then", then, "dim")]]


def _checked(subject: Subject, rows: Sequence[Measurement], glyphs: Glyphs) -> list[list[_Said]]:
    first, verified = rows[0], rows[0].verified
    assert verified is not None  # noqa: S101 - rows without are left out
    reference, much = _HOW.get(verified.method, (verified.method, "—"))
    counted = f"{verified.rows} rows" if verified.rows is not None else "sampled rows"
    wrong = dict.fromkeys(
        because.detail for row in rows for because in row.reasons if because.id is Reason.WRONG_RESULT
    )
    found = [_Said("before", *_held(rows, glyphs, after=False)), _Said("after", *_held(rows, glyphs, after=True))]
    found += [_Said("used", words) for words in _used(rows, glyphs)]
    found += [_Said("found", words, "bad") for words in wrong]
    ran = [
        _Said("placed", _placed(first)),
        _Said("digest", _digest(first)),
        _Said("data", f"made from seed {subject.seed}, never zeros; at least two inputs in turn"),
    ]
    peak = first.peak
    if peak is not None and peak.value is not None and first.efficiency is not None:
        limit = f"more than {PLAUSIBLE} times it would be refused" if peak.calibrated else "a part of it is assumed"
        of_peak = f"{percent(first.efficiency)} of a peak of {quantity(peak.value, first.unit)}; {limit}"
        ran.append(_Said("plausible", of_peak))
    held_to = [_Said("reference", reference), _Said("how much", much.format(rows=counted))]
    return [[*held_to, _Said("tolerance", _allowed(verified.tolerance))], found, ran]


def _allowed(tolerance: float) -> str:
    return f"{_written(tolerance)}, relative" if tolerance else "none: not one bit may differ"


def _used(rows: Sequence[Measurement], glyphs: Glyphs) -> list[str]:
    """How much of the tolerance the largest error took."""
    shares = [
        error / verified.tolerance
        for verified in (row.verified for row in rows)
        if verified is not None and verified.tolerance
        for error in (verified.error_before, verified.error)
        if error is not None
    ]
    if not shares:
        return []
    return [f"{bar(min(1.0, max(shares)), _BAR, glyphs)} {percent(max(shares))} of what is allowed"]


def _held(rows: Sequence[Measurement], glyphs: Glyphs, *, after: bool) -> tuple[str, str]:
    """Whether it held on every device, and the largest error there."""
    when = "after" if after else "before"
    checks = [(row, row.verified) for row in rows if row.verified is not None]
    held = [row for row, verified in checks if (verified.after if after else verified.before)]
    missing = [row for row, verified in checks if after and verified.after is None]
    if len(missing) == len(checks):
        return "not checked: the first check had failed already", "warn"
    errors = [(error, row.device) for row, verified in checks if (error := _error(verified, after=after)) is not None]
    many = f" on {len(held)} of {len(checks)}" if len(checks) > 1 else ""
    if len(held) < len(checks):
        wrong = ranges([row.device for row, _ in checks if row not in held])
        return f"{glyphs.marks['fail']} WRONG {when} the timed window on {wrong}", "bad"
    words = f"{glyphs.marks['pass']} right {when} the timed window{many}"
    if not errors:
        return f"{words}; how far off is not kept in this run", "good"
    error, device = max(errors)
    where = f" ({device})" if len({each for each, _ in errors}) > 1 else ""
    return f"{words}, off by {_written(error) if error else 'nothing'}{where}", "good"


def _error(verified: Verified, *, after: bool) -> float | None:
    return verified.error if after else verified.error_before


def _written(error: float) -> str:
    """A small ratio: 3.1e-4."""
    digits, _, power = f"{error:.1e}".partition("e")
    return f"{significant(float(digits), 2)}e{int(power)}"


def _placed(row: Measurement) -> str:
    placement = row.placement
    if placement is None:
        known = "there is no graph: nothing that could be placed elsewhere"
        return known if row.kernel_sha256 is None else "not kept in this run"
    where = str(placement.provider).upper()
    if not placement.read:
        return f"the session had {where} alone, and no leave to fall back; this runtime does not tell more"
    nodes = "its one node" if placement.nodes == 1 else f"all {placement.nodes} nodes"
    return f"{nodes} on {where}, as the runtime reports; none was moved"


def _digest(row: Measurement) -> str:
    if row.kernel_sha256 is None:
        return f"version {row.kernel_version}; it has no graph"
    return f"sha256 {row.kernel_sha256[:_DIGITS]}…, version {row.kernel_version}; another file is refused"

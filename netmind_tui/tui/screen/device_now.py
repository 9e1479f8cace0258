"""What a device does now, in words and figures: for the overview's cards and rows, and for the device's own screen."""

import re
from dataclasses import dataclass
from enum import IntEnum

from netmind_tui.model.device import Device, DeviceKind, Trouble
from netmind_tui.model.fact import WORDS
from netmind_tui.model.finding import Finding
from netmind_tui.model.live import RESTING, SLOWED_BY
from netmind_tui.model.quantity import gibibytes
from netmind_tui.model.reading import Absence
from netmind_tui.model.sample import DeviceSample
from netmind_tui.tui.notice import seconds_between, slowed_by_trouble
from netmind_tui.tui.picture import Line, Span
from netmind_tui.tui.state import BUSY_PCT, State

NOT_SLOWED = "nothing slows it"
_REMEMBERED_S = 30.0
_READY = "ready"
_ABOVE_WORK = frozenset({"measuring", "draining", "lost", "blocked", "offline"})
"""States that say more than what work is there."""
_NEAR_C = 5
_GIB, _LEAST_GIB = 1 << 30, 0.1
_FLOURISH = re.compile(r"\((?:R|TM|tm)\)| \d+-Core\b| Processor\b| CPU\b| @ .*$")
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86400


class Heed(IntEnum):
    """How much a device needs to be looked at: the least first."""

    LOST = 0
    FINDING = 1
    HOT = 2
    BUSY = 3
    REST = 4
    ASLEEP = 5


@dataclass(frozen=True, slots=True)
class Word:
    """What a device does, in a word, with its mark and its role."""

    mark: str
    text: str
    role: str

    @property
    def spoken(self) -> str:
        """Mark and word."""
        return f"{self.mark} {self.text}"


def reason_for_silence(state: State, device: Device) -> Absence | None:
    """Why a device cannot be read now; none where it can."""
    silent = state.notices.silent.get(device.id)
    if silent is not None:
        return silent.reason
    if state.own(device) is not None:
        return None  # it answers again, whatever was said of it when the machine was looked at
    if device.asleep:
        return Absence.ASLEEP
    return Absence.LOST if device.lost is not None else None


def findings_of(state: State, device: Device) -> tuple[Finding, ...]:
    """What needs the owner about one device."""
    return tuple(each for each in state.needs if each.device == device.id)


def heed(state: State, device: Device) -> Heed:
    """How much it needs attention. What it did in the last half minute counts, so that rows stay where they are."""
    reason = reason_for_silence(state, device)
    if reason is Absence.ASLEEP:
        return Heed.ASLEEP
    if reason is not None:
        return Heed.LOST
    if findings_of(state, device):
        return Heed.FINDING
    now = state.sample.at if state.sample is not None else ""
    for moments, level in ((state.notices.slowed_at, Heed.HOT), (state.notices.busy_at, Heed.BUSY)):
        at = moments.get(device.id)
        if at is not None and seconds_between(at, now) <= _REMEMBERED_S:
            return level
    return Heed.REST


def word(state: State, device: Device, marks: dict[str, str]) -> Word:
    """What it does now."""
    reason, own = reason_for_silence(state, device), state.own(device)
    if reason is Absence.ASLEEP:
        return Word(marks["skip"], "asleep", "idle")
    if reason is not None:
        return Word(marks["fail"], "no answer" if device.trouble is Trouble.NO_ANSWER else "lost", "lost")
    given = _given(state, device, marks)
    if own is None:
        return given or Word(" ", "no sample", "dim")
    if given is not None and given.role != "contributing" and given.text != "idle":
        return given
    if slowed_by_trouble(own):
        return Word(marks["warn"], "heat" if any("thermal" in each for each in _reasons(own)) else "slowed", "warn")
    mark, role = (marks["warn"], "warn") if findings_of(state, device) else (" ", "text")
    if given is not None and mark == " ":
        mark, role = given.mark, given.role
    if "sw_power_cap" in _reasons(own):
        return Word(mark, "power cap", role)
    if given is not None and given.role == "contributing" and given.text != _READY:
        return Word(mark, given.text, role)
    if own.gpu_util_pct is None:
        what = "in slices" if device.mig_enabled else "slice" if device.kind is DeviceKind.MIG else "unknown"
        return Word(mark, what, "dim")
    return (
        Word(mark, "busy", role) if own.gpu_util_pct >= BUSY_PCT else Word(mark, "idle", "dim" if mark == " " else role)
    )


def _given(state: State, device: Device, marks: dict[str, str]) -> Word | None:
    """What an agent lets it do for others."""
    decision = state.node.decision(device.id)
    if decision is None:
        return None
    from netmind_tui.tui.node_word import ROLES, spoken  # noqa: PLC0415 - only where there is an agent
    from netmind_tui.tui.screen.overview_work import word as work  # noqa: PLC0415 - as above

    text = {"measuring": "measured", "contributing": _READY}.get(decision.state.value, spoken(decision.state))
    if decision.state.value not in _ABOVE_WORK:
        text = work(state, device) or text
    return Word(marks.get(decision.state.value, " "), text, ROLES[decision.state])


def silence_words(state: State, device: Device, cells: int | None = None) -> str:
    """Why a device shows nothing, for how long, and what it had said last; as much of it as has room."""
    said = _silence_variants(state, device)
    return next((each for each in said if cells is None or len(each) <= cells), said[-1])


def _silence_variants(state: State, device: Device) -> list[str]:
    silent = state.notices.silent.get(device.id)
    lasted = ""
    if silent is not None and state.sample is not None:
        seconds = seconds_between(silent.since_at, state.sample.at) + state.feed.silent_s
        lasted = f" for {'' if silent.last is not None else 'at least '}{spell(seconds)}"
    if reason_for_silence(state, device) is Absence.ASLEEP:
        return [f"it saves power and was not woken{lasted and ','}{lasted}", "saves power, not woken", "not woken"]
    if device.trouble is Trouble.NO_ANSWER and device.lost is not None:
        said = [f"the driver has not answered about it{lasted}", f"no answer{lasted}"] if lasted else [device.lost]
    elif silent is not None and silent.reason is Absence.NO_PERMISSION:
        said = ["this user may not read it"]
    elif device.lost is not None and " since " in device.lost:
        said = [device.lost, device.lost[device.lost.index(" since ") + 1 :]]
    elif device.lost is not None:
        said = [f"{device.lost}{lasted and ','}{lasted}", device.lost]
    else:
        said = [f"has not answered{lasted}", "does not answer"]
    last = silent.last if silent is not None else None
    known = [each for each in ([] if last is None else [temperature(last), power(last)]) if each]
    return [f"{said[0]}; last {', '.join(known)}", *said] if known else said


def slowed_words(own: DeviceSample) -> tuple[str, str]:
    """What keeps its clock down, in words, and their role."""
    if own.clocks_event_reasons is None:
        return WORDS[own.absent.get("clocks_event_reasons", Absence.NOT_SUPPORTED)], "dim"
    named = [SLOWED_BY.get(name, name.replace("_", " ")) for name in own.clocks_event_reasons if name not in RESTING]
    if not named:
        return NOT_SLOWED, "dim"
    return f"slowed by {' and '.join(named)}", "warn" if slowed_by_trouble(own) else "text"


def absent(own: DeviceSample | None, metric: str) -> str:
    """The word for why a figure is missing."""
    return "no sample yet" if own is None else WORDS[own.absent.get(metric, Absence.NOT_SUPPORTED)]


def temperature(own: DeviceSample) -> str | None:
    """For example ``68 °C``."""
    return None if own.temperature_c is None else f"{own.temperature_c} °C"


def power(own: DeviceSample) -> str | None:
    """For example ``171 W``."""
    return None if own.power_draw_w is None else f"{own.power_draw_w:.0f} W"


def memory_total(device: Device, own: DeviceSample | None) -> int | None:
    """The memory of a device, as it says now, or said."""
    return (own.memory_total_bytes if own is not None else None) or device.memory_total_bytes


def memory_used(used: int | None, total: int | None) -> str:
    """Memory in the unit of its total, so that it needs no more room when it is little: ``0.7 GiB``, ``<0.1 GiB``."""
    if used is None or total is None or total < _GIB:
        return gibibytes(used)
    return f"<{_LEAST_GIB} GiB" if 0 < used < _LEAST_GIB * _GIB else f"{used / _GIB:.1f} GiB"


def power_limit(device: Device, own: DeviceSample | None) -> float | None:
    """The limit in force."""
    enforced = None if own is None else own.power_limit_w
    return device.power_limit_w if enforced is None else enforced


def heat_role(device: Device, own: DeviceSample | None, plain: str = "text") -> str:
    """The role of a temperature: alarming from where the device slows itself down."""
    if own is None or own.temperature_c is None or device.temperature_slowdown_c is None:
        return plain
    left = device.temperature_slowdown_c - own.temperature_c
    return "bad" if left <= 0 else "warn" if left <= _NEAR_C else plain


def share(value: float | None, top: float | None) -> float | None:
    """A value as a share of its limit, where both are known."""
    return None if value is None or not top else value / top


def spell(seconds: float) -> str:
    """A length of time as it is said: ``9 s``, ``12 min``, ``3 h 10 min``, ``2 d 4 h``."""
    whole = int(seconds)
    if whole < 2 * _MINUTE_S:
        return f"{whole} s"
    if whole < _HOUR_S:
        return f"{whole // _MINUTE_S} min"
    if whole < _DAY_S:
        return f"{whole // _HOUR_S} h {whole % _HOUR_S // _MINUTE_S} min"
    return f"{whole // _DAY_S} d {whole % _DAY_S // _HOUR_S} h"


def thousands(value: float) -> str:
    """A whole number in groups of three: ``2 406``."""
    return f"{value:,.0f}".replace(",", " ")


def short_name(device: Device) -> str:
    """Its name without its maker's, and without how many cores it has or how fast they are said to be."""
    if device.kind is DeviceKind.CPU:
        return _FLOURISH.sub("", device.name or "").strip()
    return (device.name or "unknown GPU").removeprefix("NVIDIA ").strip()


def short_slot(device: Device) -> str:
    """Its slot without what is the same in most machines: ``81:00`` of ``0000:81:00.0``."""
    slot = device.pci_slot or ""
    return slot.removeprefix("0000:").removesuffix(".0")


def dimmed(of: Line) -> Line:
    """The line as of something that is no longer so."""
    return tuple(Span(span.text, "dim", span.action) for span in of)


def _reasons(own: DeviceSample) -> tuple[str, ...]:
    return own.clocks_event_reasons or ()

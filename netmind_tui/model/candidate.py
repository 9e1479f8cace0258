"""A workload that could work on a device, and how it stands there, in the words of every command and screen."""

import signal
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from netmind_tui.model.fact import WORDS
from netmind_tui.model.metering import EnergyMethod
from netmind_tui.model.reading import Absence
from netmind_tui.model.workload import InstanceStatus, WorkloadsStatus, WorkloadStatus, WorkState

FIRST_COMMAND = "netmind workload add netmind-selftest"
"""What somebody without any work does first: it needs no network."""
_MOST_NAMES = 2
OFTEN = 3
"""So many failures in a row are no accident any more."""
_HOUR_S, _MINUTE_S = 3600.0, 60.0
_KWH_J, _LEAST_KWH = 3.6e6, 0.01
_METHODS = {
    EnergyMethod.NVML_ENERGY: "the card's energy counter",
    EnergyMethod.NVML_POWER: "the card's power, added up",
    EnergyMethod.RAPL: "the processor's energy counter",
    EnergyMethod.USER: "as you said",
    EnergyMethod.ESTIMATE: "estimate",
}


class Standing(StrEnum):
    """How a workload stands on a device, in a word.

    ``failed``: it is tried again later; ``held``: the owner stopped it; ``blocked``: it cannot run at all.
    """

    RUNNING = "running"
    SUSPENDED = "suspended"
    STOPPING = "stopping"
    WAITING = "waiting"
    FAILED = "failed"
    HELD = "held"
    BLOCKED = "blocked"


_ADJECTIVES = frozenset({Standing.SUSPENDED, Standing.STOPPING, Standing.WAITING, Standing.RUNNING, Standing.HELD})


@dataclass(frozen=True, slots=True)
class Candidate:
    """A workload and its instance there; none where it cannot run at all."""

    workload: WorkloadStatus
    instance: InstanceStatus | None = None

    @property
    def name(self) -> str:
        """The workload's."""
        return self.workload.name

    @property
    def standing(self) -> Standing:
        """How it stands."""
        own = self.instance
        if own is not None and own.state is not WorkState.NONE:
            return Standing(own.state.value)
        if self.workload.problem is not None or own is None:
            return Standing.BLOCKED
        if self.workload.is_held:
            return Standing.HELD
        return Standing.FAILED if own.failures else Standing.WAITING

    @property
    def is_there(self) -> bool:
        """Whether it holds the device: it runs, stands still, or is not gone yet."""
        return self.instance is not None and self.instance.state is not WorkState.NONE

    @property
    def word(self) -> str:
        """How it stands, in a few words: ``failed 4 times``."""
        if self.standing is Standing.FAILED and self.instance is not None:
            return f"failed {times(self.instance.failures)}"
        return {Standing.HELD: "stopped by you", Standing.BLOCKED: "cannot run"}.get(self.standing, self.standing.value)

    @property
    def why_not(self) -> str:
        """Why it does not run, in a clause; nothing where it does, or where nobody said."""
        if self.is_there or self.standing is Standing.HELD:
            return ""
        if self.workload.problem is not None:
            return self.workload.problem
        return (self.instance.waits if self.instance is not None else None) or ""

    @property
    def told(self) -> str:
        """How it stands, as a clause that names it: ``boinc crashed 4 times (exit 1), tried again after 40 s``."""
        why = self.why_not
        if why.startswith(f"{self.name} "):
            return why
        return f"{self.name} {'is ' if self.standing in _ADJECTIVES else ''}{self.word}{f': {why}' if why else ''}"

    @property
    def failure(self) -> str:
        """How it last ended, where that was a failure: ``exit 137``, ``SIGSEGV``."""
        own = self.instance
        if own is None:
            return ""
        if own.signal is not None:
            return signal_name(own.signal)
        return "" if own.exit_code is None else f"exit {own.exit_code}"


def candidates(found: WorkloadsStatus | None, device: str) -> tuple[Candidate, ...]:
    """Every workload that could work on the device, in the order of preference; what can run nowhere is among them."""
    told = found.workloads if found is not None else ()
    return tuple(
        Candidate(each, own)
        for each in told
        for own in _of(each, device)
        if own is not None or each.problem is not None
    )


def at_work(found: WorkloadsStatus | None, device: str) -> Candidate | None:
    """What holds the device now."""
    return next((each for each in candidates(found, device) if each.is_there), None)


def why_none(found: WorkloadsStatus, device: str) -> str:
    """Why nothing works on the device although it may, in a clause: of several, the one that is preferred."""
    if found.refused is not None and not found.workloads:
        return f"the workloads are not in force: {found.refused}"
    if not found.workloads:
        return "no workload is defined"
    could = candidates(found, device)
    if not could:
        return f"no workload is for {device}"
    return next((each for each in could if each.why_not), could[0]).told


def failing(found: WorkloadsStatus | None) -> tuple[Candidate, ...]:
    """What failed again and again, and waits to be tried once more: each of a workload's instances."""
    told = found.workloads if found is not None else ()
    return tuple(
        Candidate(each, own)
        for each in told
        for own in each.instances
        if own.failures >= OFTEN and own.state is WorkState.NONE and not each.is_held
    )


def running(found: WorkloadsStatus | None) -> str:
    """The workloads that run somewhere, in a word or two: ``boinc``, ``llm boinc``, ``3 workloads``."""
    told = found.workloads if found is not None else ()
    names = [each.name for each in told if any(own.state is WorkState.RUNNING for own in each.instances)]
    return f"{len(names)} workloads" if len(names) > _MOST_NAMES else " ".join(names)


def energy(own: InstanceStatus) -> str:
    """What it drew today and how that is known, or why it is not: ``2.61 kWh (the card's energy counter)``."""
    why = _why(own.energy_absent)
    if own.energy_j is None:
        return f"energy not known{f': {why}' if why else ''}"
    value = own.energy_j / _KWH_J
    figure = f"{value:.2f} kWh" if value >= _LEAST_KWH else f"{own.energy_j / _HOUR_S:.1f} Wh"
    notes = [_METHODS[own.energy_method]] if own.energy_method is not None else []
    notes += [f"not all of it: {why}"] if why else []
    return f"{figure} ({'; '.join(notes)})" if notes else figure


def _why(absent: str | None) -> str:
    """Why something is not known, in the words that stand for it everywhere."""
    return WORDS[Absence(absent)] if absent in set(Absence) else absent or ""


def worked(seconds: float, *, devices: int) -> str:
    """How long it worked: ``7.4 h``; of several devices together ``29.6 device-hours``."""
    unit = "device-hours" if devices > 1 else "h"
    if seconds >= _HOUR_S or devices > 1:
        return f"{seconds / _HOUR_S:.1f} {unit}"
    return f"{seconds / _MINUTE_S:.0f} min" if seconds >= _MINUTE_S else f"{seconds:.0f} s"


def times(count: int) -> str:
    """How often: ``once``, ``4 times``."""
    return "once" if count == 1 else f"{count} times"


def signal_name(number: int) -> str:
    """A signal by its name: ``SIGKILL``."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _of(each: WorkloadStatus, device: str) -> Sequence[InstanceStatus | None]:
    """Its instances on a device; of a workload without any instance, that it has none."""
    if not each.instances:
        return (None,)
    return [own for own in each.instances if device in own.devices][:1]

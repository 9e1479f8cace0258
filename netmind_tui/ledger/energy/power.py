"""What is known of a device's power beyond what is metered: idle as calibrated or declared, under load as declared."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.energy import Baseline
from netmind_tui.model.problem import Problem
from netmind_tui.model.selector import select

CPU = "cpu"


@dataclass(frozen=True, slots=True, kw_only=True)
class DevicePower:
    """Of one device, in milliwatts: what it draws idle, how far that spreads and whence it is known; its owner's load.

    ``baseline`` is the measured one, where the idle power is of it.
    """

    idle_mw: int | None = None
    spread_mw: int = 0
    idle_from: str = ""
    load_mw: int | None = None
    baseline: Baseline | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadPower:
    """What a logical CPU draws above idle while it is busy, in milliwatts, and whence that is known."""

    busy_mw: int
    known_from: str


class PowerBook:
    """All that is known of this machine's power, now and as it was known before.

    What the owner declared wins over what was calibrated, and holds for any time. A baseline holds from when it was
    made until the next one.

    Args:
        watts: what devices draw under load, by the owner's names (``device.<id>.watts``).
        idle_watts: what they draw idle (``device.<id>.idle_watts``).
        baselines: what was calibrated, in any order.
        devices: the machine's devices, for names that only they can tell, such as slots.
        aliases: the owner's words.
        logical_cpus: of the host; the share of one in what the owner declared follows from it.
    """

    def __init__(
        self,
        watts: Mapping[str, float] | None = None,
        idle_watts: Mapping[str, float] | None = None,
        baselines: Iterable[Baseline] = (),
        *,
        devices: Sequence[Device] = (),
        aliases: Mapping[str, str] | None = None,
        logical_cpus: int = 0,
    ) -> None:
        self._watts, self._idle_watts = watts or {}, idle_watts or {}
        self._baselines = sorted(baselines, key=lambda each: each.made_at)
        self._devices = {each.id: each for each in devices}
        self._aliases = aliases
        self._logical_cpus = logical_cpus
        self._declared: dict[tuple[str, str | None], tuple[int | None, int | None]] = {}

    def of(self, device: str, uuid: str | None, at: datetime) -> DevicePower:
        """Of a device, as it is known for a moment."""
        load_mw, idle_mw = self._said(device, uuid)
        if idle_mw is not None:
            return DevicePower(idle_mw=idle_mw, idle_from="declared", load_mw=load_mw)
        found = self._baseline(device, uuid, at)
        if found is None:
            return DevicePower(load_mw=load_mw)
        return DevicePower(
            idle_mw=_milli(found.idle_w),
            spread_mw=_milli(found.spread_w),
            idle_from=f"calibrated {found.made_at:%Y-%m-%d}",
            load_mw=load_mw,
            baseline=found,
        )

    def thread(self, at: datetime) -> ThreadPower | None:
        """Of one logical CPU of the host, where what the processor draws idle and under load is known."""
        load_mw, idle_mw = self._said(CPU, None)
        found = self._baseline(CPU, None, at)
        if load_mw is not None and (idle_mw is not None or found is not None) and self._logical_cpus:
            resting_mw = idle_mw if idle_mw is not None else _milli(found.idle_w if found is not None else 0.0)
            return _thread(load_mw - resting_mw, self._logical_cpus, "declared")
        if found is not None and found.busy_w is not None and found.logical_cpus:
            above_mw = _milli(found.busy_w) - (idle_mw if idle_mw is not None else _milli(found.idle_w))
            return _thread(above_mw, found.logical_cpus, f"calibrated {found.made_at:%Y-%m-%d}")
        return None

    def latest(self) -> tuple[Baseline, ...]:
        """The newest baseline of each device that has one."""
        return tuple({each.uuid or each.device: each for each in self._baselines}.values())

    def _baseline(self, device: str, uuid: str | None, at: datetime) -> Baseline | None:
        """The last one that was made by then: of that card, or of that device where neither is told by a UUID."""
        return next(
            (
                each
                for each in reversed(self._baselines)
                if each.made_at <= at and (each.uuid == uuid if uuid or each.uuid else each.device == device)
            ),
            None,
        )

    def _said(self, device: str, uuid: str | None) -> tuple[int | None, int | None]:
        """What the owner declared of a device, under load and idle."""
        key = (device, uuid)
        if key not in self._declared:
            self._declared[key] = (self._named(self._watts, *key), self._named(self._idle_watts, *key))
        return self._declared[key]

    def _named(self, declared: Mapping[str, float], device: str, uuid: str | None) -> int | None:
        here = self._devices.get(device)
        if here is None or (uuid and here.uuid != uuid):
            here = Device(id=device, kind=_kind(device), name=device, uuid=uuid)
        for name, watts in declared.items():
            try:
                is_meant = here in select([name], (here,), self._aliases).devices
            except Problem:
                is_meant = False
            if is_meant:
                return _milli(watts)
        return None


def _thread(above_mw: int, logical_cpus: int, known_from: str) -> ThreadPower | None:
    return ThreadPower(busy_mw=above_mw // logical_cpus, known_from=known_from) if above_mw > 0 else None


def _kind(device: str) -> DeviceKind:
    word = device.partition(":")[0]
    return DeviceKind(word) if word in set(DeviceKind) else DeviceKind.CPU


def _milli(watts: float) -> int:
    return round(watts * 1000)

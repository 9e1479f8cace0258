"""Spares devices that work without being measured, as those that prove: what a run does with a hot or lost one."""

from collections.abc import Callable, Iterable, Sequence
from time import monotonic
from typing import Self

from netmind_tui.bench.witness import STOP_BELOW_SLOWDOWN_C, hot_c
from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem
from netmind_tui.model.reading import Absence
from netmind_tui.model.sample import DeviceSample
from netmind_tui.probe.gpu import GpuProbe

_EVERY_S = 1.0


class Warden:
    """Looks at the GPUs among some devices, at most once a second. ``sample`` gives one of each, ``end`` ends that."""

    def __init__(
        self,
        devices: Iterable[Device],
        sample: Callable[[], Sequence[DeviceSample]] = tuple,
        end: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._devices = [device for device in devices if device.kind is not DeviceKind.CPU]
        self._sample, self._end, self._clock = sample, end, clock
        self._looks_at = clock()

    @classmethod
    def over(cls, devices: Sequence[Device]) -> Self:
        """One that asks the driver, where there is something to ask for."""
        if all(device.kind is DeviceKind.CPU for device in devices) or not GpuProbe.library_found():
            return cls(devices)
        probe = GpuProbe(wake=True)
        return cls(devices, probe.sample, probe.close)

    def look(self) -> None:
        """Go on if every device may.

        Raises:
            Problem: one is nearly as hot as where it slows itself down, or does not answer any more.
        """
        now = self._clock()
        if not self._devices or now < self._looks_at:
            return
        self._looks_at = now + _EVERY_S
        samples = {sample.device: sample for sample in self._sample()}
        for device in self._devices:
            own = samples.get(device.id)
            if own is None:
                continue
            if Absence.LOST in own.absent.values():
                raise Problem(f"{device.id} stopped answering while it worked", ExitCode.UNMEASURED)
            if (hot := hot_c(own, device)) is not None:
                words = f"{device.id} was stopped at {hot} °C, {STOP_BELOW_SLOWDOWN_C} °C below slowdown"
                raise Problem(f"{words}: check airflow, then try again", ExitCode.UNMEASURED)

    def close(self) -> None:
        """Ask for nothing any more."""
        self._end()

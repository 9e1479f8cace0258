"""A machine that is watched: the samples of the devices that were named, one after the other at a steady pace."""

import itertools
import math
import time
from typing import TYPE_CHECKING

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from netmind_tui.model.device import Device
    from netmind_tui.model.sample import Sample
    from netmind_tui.probe.gpu import GpuProbe
    from netmind_tui.probe.sampler import Source

INTERVAL_S = 1.0
SHORTEST_S, LONGEST_S = 0.1, 3600
# Intervals are added up as floats: ten times 0.1 may come out a little above 1.
_ROUNDING_S = 1e-6


def seconds(option: str, value: float | None, otherwise: float) -> float:
    """The seconds that an option gave, or those that hold without it; the parser lets ``nan`` through every range.

    Raises:
        Problem: it is no number.
    """
    if value is None:
        return otherwise
    if not math.isfinite(value):
        raise Problem(f"{option} {value}: a number of seconds is expected", ExitCode.USAGE)
    return value


def counted(samples: int) -> str:
    """How many samples, in words."""
    return f"{samples} sample{'' if samples == 1 else 's'}"


def machine_source(probe: "GpuProbe | None", devices: "Collection[Device]") -> "Source":
    """This machine, whose GPUs are read only if one of them is among the devices."""
    # Imported here: other commands do without what reads the machine.
    from netmind_tui.model.device import DeviceKind  # noqa: PLC0415 - see above
    from netmind_tui.probe.host import HostSampler  # noqa: PLC0415 - see above
    from netmind_tui.probe.sampler import MachineSource  # noqa: PLC0415 - see above

    has_gpu = any(device.kind is not DeviceKind.CPU for device in devices)
    return MachineSource(HostSampler(), probe if has_gpu else None)


def only(sample: "Sample", devices: "Collection[Device]") -> "Sample":
    """The same sample with none but these devices."""
    from dataclasses import replace  # noqa: PLC0415 - 5 ms that commands without samples do without

    ids = {device.id for device in devices}
    return replace(sample, devices=tuple(each for each in sample.devices if each.device in ids))


def watched(
    source: "Source",
    devices: "Collection[Device]",
    *,
    interval_s: float,
    count: int | None = None,
    duration_s: float = math.inf,
) -> "Iterator[Sample]":
    """Samples of these devices until there are ``count``, or the next one would be later than ``duration_s``.

    The duration is counted from the first sample.
    """
    began = due = time.monotonic()
    for number in itertools.count(1):
        yield only(source.sample(), devices)
        if number == count:
            return
        # From deadline to deadline, so that the time a sample takes does not add up; what was missed is missed.
        now = time.monotonic()
        due = max(due + interval_s, now)
        if due - began > duration_s + _ROUNDING_S:
            return
        time.sleep(due - now)

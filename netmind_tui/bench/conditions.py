"""How quiet the machine is before the first kernel: said before, not explained after."""

import time
from collections.abc import Callable
from dataclasses import replace

from netmind_tui.bench.protocol import Ready
from netmind_tui.model.device import Driver
from netmind_tui.model.host import Host
from netmind_tui.model.measurement import Environment
from netmind_tui.model.sample import HostSample

_LOOK_S = 0.3
BUSY_PCT = 10.0


def look_around(sample_host: Callable[[], HostSample], driver: Driver | None) -> Environment:
    """Watch the machine for a third of a second."""
    sample_host()
    time.sleep(_LOOK_S)
    seen = sample_host()
    return Environment(
        driver=driver,
        load_1m=seen.load_1m,
        other_cpu_util_pct=seen.cpu_util_pct,
        memory_available_bytes=seen.memory_available_bytes,
        on_battery=seen.on_battery,
    )


def with_versions(environment: Environment, versions: Ready | None) -> Environment:
    """The environment with what the worker said of itself."""
    if versions is None:
        return environment
    return replace(environment, onnxruntime=versions.onnxruntime, numpy=versions.numpy, python=versions.python)


def warnings(environment: Environment, host: Host) -> list[str]:
    """What will make the figures worse, in sentences."""
    said = []
    busy = environment.other_cpu_util_pct
    if busy is not None and busy > BUSY_PCT:
        said.append(f"other programs take {busy:.0f} % of the processor: the figures will be lower than they could be")
    governor = host.cpu.governor
    if governor == "powersave":
        said.append("the CPU governor is powersave: clocks may stay low (cpupower frequency-set -g performance)")
    return said

"""How much of the processor others use: all of it that is used, less our own."""

from netmind_tui.model.policy import Guard
from netmind_tui.model.sample import HostSample
from netmind_tui.node.sense.sensed import Sensed, absent

SOURCE = "kernel's CPU times"


def sense(guard: Guard, host: HostSample, own_pct: float | None) -> Sensed:
    """The load of others in per cent, all cores = 100; ``own_pct`` is ours in about the same second."""
    if host.cpu_util_pct is None:
        return absent(guard.kind, "load of the processor", host.absent.get("cpu_util_pct"), SOURCE)
    if own_pct is None:
        return Sensed(kind=guard.kind, source=SOURCE, unknown="our own load cannot be told from that of others")
    others = max(0.0, host.cpu_util_pct - own_pct)
    return Sensed(kind=guard.kind, value=others, words=f"{others:.0f} % by others", source=SOURCE)

"""What was not the same around two sides of a comparison: machine, versions, limits, and how busy it was."""

from collections.abc import Iterable, Sequence

from netmind_tui.bench.conditions import BUSY_PCT
from netmind_tui.model.comparison import Difference
from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.measurement import Run
from netmind_tui.model.quantity import gibibytes

_SEVERAL = 2


def differences(base: Sequence[Run], new: Sequence[Run]) -> tuple[Difference, ...]:
    """What was not the same around the two sides, in the order of ``_facts``."""
    ours, theirs = (_gather(runs) for runs in (base, new))
    return tuple(
        Difference(what=what, device=device, base=", ".join(ours[what, device]), new=", ".join(theirs[what, device]))
        for what, device in dict.fromkeys((*ours, *theirs))
        if (what, device) in ours and (what, device) in theirs and set(ours[what, device]) != set(theirs[what, device])
    )


def _gather(runs: Sequence[Run]) -> dict[tuple[str, str | None], list[str]]:
    """All values that a condition had in the runs."""
    found: dict[tuple[str, str | None], list[str]] = {}
    for run in runs:
        for key, value in _facts(run):
            values = found.setdefault(key, [])
            if _said(value) not in values:
                values.append(_said(value))
    return found


def _facts(run: Run) -> Iterable[tuple[tuple[str, str | None], object]]:
    """What the figures of a run depend on, most important first."""
    host, around = run.host, run.environment
    driver = around.driver
    busy = around.other_cpu_util_pct
    plain: dict[str, object] = {
        "host": host.hostname,
        "devices": " ".join(device.id for device in run.devices),
        "suite": run.suite,
        "seed": run.seed,
        "driver": driver.version if driver else None,
        "CUDA": driver.cuda_version if driver else None,
        "onnxruntime": around.onnxruntime,
        "NumPy": around.numpy,
        "Python": around.python,
        "netmind": run.tool.version,
        "processor": host.cpu.name,
        "usable cores": f"{host.cpu.usable_cores:g}",
        "governor": host.cpu.governor,
        "memory": gibibytes(host.memory_total_bytes),
        "memory limit": None if host.memory_limit_bytes is None else gibibytes(host.memory_limit_bytes),
        "boundaries": " in ".join(host.boundaries) or "none",
        "system": host.os,
        "system kernel": host.kernel,
        "power": None if around.on_battery is None else "battery" if around.on_battery else "mains",
        "other programs": None if busy is None else f"{busy:.0f} %" if busy > BUSY_PCT else "quiet",
        "GPUs": _manner(run),
        "stopped early": run.stopped or "no",
    }
    for what, value in plain.items():
        yield (what, None), value
    for device in run.devices:
        threads = {m.threads for m in run.measurements if m.device == device.id and m.threads}
        if threads:
            yield ("threads", device.id), " ".join(map(str, sorted(threads)))
        for what, value in _device_facts(device).items():
            yield (what, device.id), value


def _manner(run: Run) -> str | None:
    """How several GPUs were measured; they slow each other down."""
    gpus = [device for device in run.devices if device.kind is not DeviceKind.CPU]
    if len(gpus) < _SEVERAL:
        return None
    return "all at once" if run.together else "one after the other"


def _device_facts(device: Device) -> dict[str, object]:
    return {
        "device": device.name,
        "UUID": device.uuid,
        "power limit": None if device.power_limit_w is None else f"{device.power_limit_w:g} W",
        "clock limit": None if device.sm_clock_max_mhz is None else f"{device.sm_clock_max_mhz} MHz",
        "ECC": device.ecc_enabled,
        "MIG": device.mig_enabled,
        "firmware": device.vbios_version,
    }


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return "unknown" if value is None else str(value)

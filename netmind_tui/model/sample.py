"""What changes from second to second, read at one instant."""

from dataclasses import dataclass, field

from netmind_tui.model.reading import Absence

THROTTLE_COUNTERS = (
    "throttle_hw_thermal_ns",
    "throttle_hw_power_brake_ns",
    "throttle_sw_thermal_ns",
    "throttle_sw_power_cap_ns",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSample:
    """One GPU or MIG slice at one instant; ``None`` metrics stand in ``absent`` with the reason.

    Throttle counters and ``energy_j`` only grow while the driver stays loaded: use their difference.
    ``clocks_event_reasons`` are NVML's names in lower case, e.g. ``sw_power_cap``, ``hw_slowdown``.
    """

    device: str
    uuid: str | None = None
    gpu_util_pct: int | None = None
    memory_util_pct: int | None = None
    memory_used_bytes: int | None = None
    memory_total_bytes: int | None = None
    power_draw_w: float | None = None
    power_limit_w: float | None = None
    energy_j: float | None = None
    temperature_c: int | None = None
    fan_speed_pct: int | None = None
    sm_clock_mhz: int | None = None
    memory_clock_mhz: int | None = None
    pcie_generation: int | None = None
    pcie_width: int | None = None
    clocks_event_reasons: tuple[str, ...] | None = None
    throttle_hw_thermal_ns: int | None = None
    throttle_hw_power_brake_ns: int | None = None
    throttle_sw_thermal_ns: int | None = None
    throttle_sw_power_cap_ns: int | None = None
    absent: dict[str, Absence] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSample:
    """The host at one instant. ``cpu_util_pct`` is over the time since the previous sample, all cores = 100."""

    cpu_util_pct: float | None = None
    load_1m: float | None = None
    memory_used_bytes: int | None = None
    memory_available_bytes: int | None = None
    cpu_clock_mhz: float | None = None
    temperature_c: float | None = None
    energy_j: float | None = None
    on_battery: bool | None = None
    battery_pct: float | None = None
    absent: dict[str, Absence] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Everything read in one round. ``at`` is UTC in ISO 8601 with milliseconds."""

    at: str
    host: HostSample
    devices: tuple[DeviceSample, ...] = ()

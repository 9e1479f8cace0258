"""Which of NVML's calls give which metric, in the order in which they are tried.

Plain data: it names NVML's functions and numbers, and imports nothing of NVML. Newer calls come first, so that an
old driver, which lacks them, is asked the way it knows.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from netmind_tui.probe.pci import normalised

# What NVML answers has no types of its own: numbers, strings and ctypes structures.
Answer = Any
Parts = tuple[Any, ...]

ENERGY_FIELD = 83
SW_POWER_CAP_FIELD = 74
THERMAL_POLICY_FIELD = 75
POWER_AVERAGE_FIELD = 185
POWER_INSTANT_FIELD = 186
SW_THERMAL_FIELD = 269
HW_THERMAL_FIELD = 270
POWER_BRAKE_FIELD = 271
RECOVERY_ACTION_FIELD = 230

_SM, _MEMORY = 1, 2  # nvmlClockType_t
_SHUTDOWN, _SLOWDOWN = 0, 1  # nvmlTemperatureThresholds_t
_CORE = 0  # nvmlTemperatureSensors_t
_POWER_POLICY, _THERMAL_POLICY = 0, 1  # nvmlPerfPolicyType_t
_MEMORY_V2 = 0x02000028
_REASONS = {
    0x001: "gpu_idle",
    0x002: "applications_clocks_setting",
    0x004: "sw_power_cap",
    0x008: "hw_slowdown",
    0x010: "sync_boost",
    0x020: "sw_thermal_slowdown",
    0x040: "hw_thermal_slowdown",
    0x080: "hw_power_brake_slowdown",
    0x100: "display_clock_setting",
}
_RECOVERY_ACTIONS = (
    "none",
    "gpu-reset",
    "node-reboot",
    "drain-p2p",
    "drain-and-reset",
    "recover-imex-domain",
    "bus-reset",
    "system-reboot",
)
_CORRECTED, _UNCORRECTED = 0, 1  # nvmlMemoryErrorType_t
_VOLATILE, _AGGREGATE = 0, 1  # nvmlEccCounterType_t
_COMPUTE_MODES = ("default", "exclusive_thread", "prohibited", "exclusive_process")


class Call(NamedTuple):
    """One of NVML's functions, called with the device's handle and these arguments."""

    symbol: str
    arguments: tuple[int, ...] = ()


class Metric(NamedTuple):
    """Metrics that one answer gives; a source is a call, or the number of a field value."""

    names: tuple[str, ...]
    sources: tuple[Call | int, ...]
    convert: Callable[[Answer], Parts]


def _text(value: Answer) -> Answer:
    """A string of NVML, which older bindings give as bytes; anything else as it is."""
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def _as_is(value: Answer) -> Parts:
    return (_text(value),)


def _from_milli(value: Answer) -> Parts:
    return (value / 1000,)


def _from_milli_each(values: Answer) -> Parts:
    return tuple(value / 1000 for value in values)


def _time_ns(value: Answer) -> Parts:
    """A counter of nanoseconds: a field's plain number, or the structure of the older call."""
    return (getattr(value, "violationTime", value),)


def _current_is_on(modes: Answer) -> Parts:
    return (bool(modes[0]),)


def _reasons(bits: Answer) -> Parts:
    named = [name for bit, name in _REASONS.items() if bits & bit]
    unnamed = bits & ~sum(_REASONS)
    return ((*named, hex(unnamed)) if unnamed else tuple(named),)


def _is_on(mode: Answer) -> Parts:
    return (bool(mode),)


def _first_is_on(modes: Answer) -> Parts:
    """Some bindings give one mode in a list."""
    return (bool(modes[0] if isinstance(modes, list | tuple) else modes),)


def _remapped(rows: Answer) -> Parts:
    corrected, uncorrected, pending, failed = rows
    return corrected, uncorrected, bool(pending), bool(failed)


def _recovery_action(number: Answer) -> Parts:
    return (_RECOVERY_ACTIONS[number] if number < len(_RECOVERY_ACTIONS) else str(number),)


def _compute_mode(mode: Answer) -> Parts:
    return (_COMPUTE_MODES[mode] if mode < len(_COMPUTE_MODES) else str(mode),)


def _of(name: str, symbol: str, *arguments: int, convert: Callable[[Answer], Parts] = _as_is) -> Metric:
    return Metric((name,), (Call(symbol, arguments),), convert)


_MEMORY_INFO = (Call("nvmlDeviceGetMemoryInfo", (_MEMORY_V2,)), Call("nvmlDeviceGetMemoryInfo"))
_UUID = _of("uuid", "nvmlDeviceGetUUID")
_NAME = _of("name", "nvmlDeviceGetName")
_MEMORY_TOTAL = Metric(("memory_total_bytes",), _MEMORY_INFO, lambda memory: (memory.total,))
_MEMORY_NOW = Metric(
    ("memory_used_bytes", "memory_total_bytes"), _MEMORY_INFO, lambda memory: (memory.used, memory.total)
)
_CAPABILITY = _of(
    "compute_capability", "nvmlDeviceGetCudaComputeCapability", convert=lambda pair: (f"{pair[0]}.{pair[1]}",)
)

IDENTITY = (_of("pci_slot", "nvmlDeviceGetPciInfo", convert=lambda info: (normalised(_text(info.busId)),)), _UUID)

SLICE_DESCRIPTION = (_NAME, _UUID, _MEMORY_TOTAL, _CAPABILITY)
SLICE_SAMPLE = (_UUID, _MEMORY_NOW)

DESCRIPTION = (
    _NAME,
    _UUID,
    _MEMORY_TOTAL,
    _CAPABILITY,
    _of("core_count", "nvmlDeviceGetNumGpuCores"),
    _of("memory_bus_width_bits", "nvmlDeviceGetMemoryBusWidth"),
    _of("sm_clock_max_mhz", "nvmlDeviceGetMaxClockInfo", _SM),
    _of("memory_clock_max_mhz", "nvmlDeviceGetMaxClockInfo", _MEMORY),
    _of("power_limit_w", "nvmlDeviceGetPowerManagementLimit", convert=_from_milli),
    _of("power_limit_default_w", "nvmlDeviceGetPowerManagementDefaultLimit", convert=_from_milli),
    Metric(
        ("power_limit_min_w", "power_limit_max_w"),
        (Call("nvmlDeviceGetPowerManagementLimitConstraints"),),
        _from_milli_each,
    ),
    _of("temperature_slowdown_c", "nvmlDeviceGetTemperatureThreshold", _SLOWDOWN),
    _of("temperature_shutdown_c", "nvmlDeviceGetTemperatureThreshold", _SHUTDOWN),
    _of("ecc_enabled", "nvmlDeviceGetEccMode", convert=_current_is_on),
    _of("mig_enabled", "nvmlDeviceGetMigMode", convert=_current_is_on),
    _of("pcie_generation_max", "nvmlDeviceGetMaxPcieLinkGeneration"),
    _of("pcie_width_max", "nvmlDeviceGetMaxPcieLinkWidth"),
    _of("persistence_mode", "nvmlDeviceGetPersistenceMode", convert=_is_on),
    _of("compute_mode", "nvmlDeviceGetComputeMode", convert=_compute_mode),
    _of("vbios_version", "nvmlDeviceGetVbiosVersion"),
)

HEALTH = (
    _of("ecc_default", "nvmlDeviceGetDefaultEccMode", convert=_first_is_on),
    _of("ecc_pending", "nvmlDeviceGetEccMode", convert=lambda modes: (bool(modes[1]),)),
    _of("ecc_corrected_volatile", "nvmlDeviceGetTotalEccErrors", _CORRECTED, _VOLATILE),
    _of("ecc_uncorrected_volatile", "nvmlDeviceGetTotalEccErrors", _UNCORRECTED, _VOLATILE),
    _of("ecc_uncorrected_aggregate", "nvmlDeviceGetTotalEccErrors", _UNCORRECTED, _AGGREGATE),
    Metric(
        (
            "remapped_rows_corrected",
            "remapped_rows_uncorrected",
            "row_remapping_pending",
            "row_remapping_failed",
        ),
        (Call("nvmlDeviceGetRemappedRows"),),
        _remapped,
    ),
    _of("page_retirement_pending", "nvmlDeviceGetRetiredPagesPendingStatus", convert=_is_on),
    Metric(("recovery_action",), (RECOVERY_ACTION_FIELD,), _recovery_action),
)

SAMPLE = (
    Metric(
        ("gpu_util_pct", "memory_util_pct"),
        (Call("nvmlDeviceGetUtilizationRates"),),
        lambda rates: (rates.gpu, rates.memory),
    ),
    _MEMORY_NOW,
    # The average first: from Ampere on it is the second that a sample stands for, and sums to energy.
    Metric(
        ("power_draw_w",),
        (POWER_AVERAGE_FIELD, Call("nvmlDeviceGetPowerUsage"), POWER_INSTANT_FIELD),
        _from_milli,
    ),
    # The limit in force, which is the lowest of all that bind.
    Metric(
        ("power_limit_w",),
        (Call("nvmlDeviceGetEnforcedPowerLimit"), Call("nvmlDeviceGetPowerManagementLimit")),
        _from_milli,
    ),
    Metric(("energy_j",), (ENERGY_FIELD, Call("nvmlDeviceGetTotalEnergyConsumption")), _from_milli),
    Metric(
        ("temperature_c",),
        (Call("nvmlDeviceGetTemperatureV", (_CORE,)), Call("nvmlDeviceGetTemperature", (_CORE,))),
        _as_is,
    ),
    _of("fan_speed_pct", "nvmlDeviceGetFanSpeed"),
    _of("sm_clock_mhz", "nvmlDeviceGetClockInfo", _SM),
    _of("memory_clock_mhz", "nvmlDeviceGetClockInfo", _MEMORY),
    _of("pcie_generation", "nvmlDeviceGetCurrPcieLinkGeneration"),
    _of("pcie_width", "nvmlDeviceGetCurrPcieLinkWidth"),
    Metric(
        ("clocks_event_reasons",),
        (Call("nvmlDeviceGetCurrentClocksEventReasons"), Call("nvmlDeviceGetCurrentClocksThrottleReasons")),
        _reasons,
    ),
    Metric(("throttle_hw_thermal_ns",), (HW_THERMAL_FIELD,), _time_ns),
    Metric(("throttle_hw_power_brake_ns",), (POWER_BRAKE_FIELD,), _time_ns),
    # Older drivers count all heat under one policy; it stands in here, and the hardware's own share stays absent.
    Metric(
        ("throttle_sw_thermal_ns",),
        (
            SW_THERMAL_FIELD,
            THERMAL_POLICY_FIELD,
            Call("nvmlDeviceGetViolationStatus", (_THERMAL_POLICY,)),
        ),
        _time_ns,
    ),
    Metric(
        ("throttle_sw_power_cap_ns",),
        (SW_POWER_CAP_FIELD, Call("nvmlDeviceGetViolationStatus", (_POWER_POLICY,))),
        _time_ns,
    ),
)

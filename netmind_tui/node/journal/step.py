"""How a device was over one step of time, and the bytes that the journal keeps of it: 46 for each device."""

import struct
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field

from netmind_tui.model.sample import THROTTLE_COUNTERS, DeviceSample, HostSample

HOST = "host"
"""What the machine's own figures stand under."""
UTIL, MEMORY, POWER, TEMPERATURE = range(4)
ENERGY = 0
METRICS = {
    "gpu_util_pct": UTIL,
    "memory_used_bytes": MEMORY,
    "power_draw_w": POWER,
    "temperature_c": TEMPERATURE,
}
"""What is kept of a GPU as lowest, mean and highest; the host has ``cpu_util_pct`` in the place of the first."""
AMOUNTS = ("energy_j", *(f"{name.removesuffix('_ns')}_s" for name in THROTTLE_COUNTERS))
"""What is kept as an amount for each step: energy, and the seconds in which something held the device back."""

# Device, samples; util in 1/100 %, memory in MiB, power in 1/10 W, temperature in 1/10 °C: lowest, mean, highest each;
# energy in 1/10 J, throttling in 1/64 s. The highest number of each means that there is no figure.
_ENTRY = struct.Struct("<HH HHH III HHH HHH I HHHH")
_SCALES = (100.0, 1 / 1_048_576, 10.0, 10.0)
_AMOUNT_SCALES = (10.0, 64.0, 64.0, 64.0, 64.0)
_U16, _U32 = 0xFFFF, 0xFFFFFFFF
_NONES = (_U16, _U32, _U16, _U16)
_AMOUNT_NONES = (_U32, _U16, _U16, _U16, _U16)


@dataclass(slots=True)
class Step:
    """One device over one step; ``None`` is what could not be read. Amounts grow, the rest is a spread."""

    samples: int = 0
    low: list[float | None] = field(default_factory=lambda: [None] * 4)
    mean: list[float | None] = field(default_factory=lambda: [None] * 4)
    high: list[float | None] = field(default_factory=lambda: [None] * 4)
    amounts: list[float | None] = field(default_factory=lambda: [None] * 5)

    def add(self, other: "Step") -> None:
        """Take in what was in another part of the same step; means count by their samples."""
        for place, mean in enumerate(other.mean):
            if mean is None:
                continue
            own = self.mean[place]
            if own is None:
                self.low[place], self.mean[place], self.high[place] = other.low[place], mean, other.high[place]
                continue
            self.low[place] = min(self.low[place] or 0.0, other.low[place] or 0.0)
            self.high[place] = max(self.high[place] or 0.0, other.high[place] or 0.0)
            self.mean[place] = (own * self.samples + mean * other.samples) / ((self.samples + other.samples) or 1)
        self.samples += other.samples
        for place, amount in enumerate(other.amounts):
            if amount is not None:
                self.amounts[place] = (self.amounts[place] or 0.0) + amount


def of_device(sample: DeviceSample, before: DeviceSample | None) -> Step:
    """A GPU at one instant; amounts are what its counters grew by since the sample before, where there is one."""
    values = (sample.gpu_util_pct, sample.memory_used_bytes, sample.power_draw_w, sample.temperature_c)
    step = _at_once(values)
    if before is not None:
        step.amounts = [
            _grown(sample.energy_j, before.energy_j),
            *(_grown(getattr(sample, name), getattr(before, name), 1e-9) for name in THROTTLE_COUNTERS),
        ]
    return step


def of_host(sample: HostSample, before: HostSample | None) -> Step:
    """The host at one instant."""
    step = _at_once((sample.cpu_util_pct, sample.memory_used_bytes, None, sample.temperature_c))
    if before is not None:
        step.amounts[ENERGY] = _grown(sample.energy_j, before.energy_j)
    return step


def pack(steps: Mapping[int, Step]) -> bytes:
    """The bytes of all devices, by their numbers."""
    return b"".join(_pack(number, step) for number, step in steps.items())


def unpack(body: bytes, wanted: Container[int] | None = None) -> dict[int, Step]:
    """The devices in a row's bytes, or those ``wanted``; what is no whole entry is left out."""
    whole = len(body) - len(body) % _ENTRY.size
    found = {}
    for number, samples, *rest in _ENTRY.iter_unpack(body[:whole]):
        if wanted is not None and number not in wanted:
            continue
        step = Step(samples=samples)
        for place in range(4):
            none, scale = _NONES[place], _SCALES[place]
            step.low[place], step.mean[place], step.high[place] = (
                None if value == none else value / scale for value in rest[place * 3 : place * 3 + 3]
            )
        step.amounts = [
            None if value == none else value / scale
            for value, none, scale in zip(rest[12:], _AMOUNT_NONES, _AMOUNT_SCALES, strict=True)
        ]
        found[number] = step
    return found


def merge(bodies: Iterable[bytes]) -> dict[int, Step]:
    """Several rows as one."""
    total: dict[int, Step] = {}
    for body in bodies:
        add_all(total, unpack(body))
    return total


def add_all(total: dict[int, Step], more: Mapping[int, Step]) -> None:
    """Take more devices, or more of the same, into a step."""
    for number, step in more.items():
        total.setdefault(number, Step()).add(step)


def _at_once(values: tuple[float | None, ...]) -> Step:
    found = [None if value is None else float(value) for value in values]
    return Step(samples=1, low=found[:], mean=found[:], high=found)


def _grown(now: float | None, before: float | None, scale: float = 1.0) -> float | None:
    """A counter that went back was set anew by a driver: what it says then is not what was drawn."""
    return None if now is None or before is None or now < before else (now - before) * scale


def _pack(number: int, step: Step) -> bytes:
    spread = [
        _whole(value, _SCALES[place], _NONES[place])
        for place in range(4)
        for value in (step.low[place], step.mean[place], step.high[place])
    ]
    amounts = map(_whole, step.amounts, _AMOUNT_SCALES, _AMOUNT_NONES)
    return _ENTRY.pack(number & _U16, min(step.samples, _U16), *spread, *amounts)


def _whole(value: float | None, scale: float, none: int) -> int:
    return none if value is None else max(0, min(round(value * scale), none - 1))

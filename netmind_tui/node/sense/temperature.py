"""How hot each device is."""

from collections.abc import Iterable

from netmind_tui.model.device import card_of
from netmind_tui.model.policy import Guard
from netmind_tui.model.reading import Absence
from netmind_tui.model.sample import Sample
from netmind_tui.node.sense.sensed import Sensed, absent


def sense(guard: Guard, sample: Sample, devices: Iterable[str]) -> tuple[Sensed, ...]:
    """The temperature of each of the devices, in degrees Celsius."""
    return tuple(_of(guard, sample, device) for device in devices)


def _of(guard: Guard, sample: Sample, device: str) -> Sensed:
    if device == "cpu":
        source, value, reasons = "processor sensors", sample.host.temperature_c, sample.host.absent
    else:
        source = "nvml"
        # Slices have no sensor of their own: their card is as hot as they make it.
        found = next((each for each in sample.devices if each.device == card_of(device)), None)
        if found is None:
            return Sensed(kind=guard.kind, device=device, source=source, unknown="the device is not listed")
        value, reasons = found.temperature_c, found.absent
        if value is None and reasons.get("temperature_c") is Absence.ASLEEP:
            # What is suspended does not heat; reading it would wake it.
            return Sensed(kind=guard.kind, device=device, value=0.0, words="asleep", source="kernel")
    if value is None:
        return absent(guard.kind, "temperature", reasons.get("temperature_c"), source, device)
    return Sensed(kind=guard.kind, device=device, value=float(value), words=f"{value:.0f} °C", source=source)

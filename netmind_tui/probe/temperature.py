"""How hot the processor is, from the sensors that Linux has drivers for."""

from pathlib import Path

from netmind_tui.model.reading import Absence, Reading
from netmind_tui.probe.kernelfile import children, read_int, read_text

# The drivers of processor sensors, and the label of the sensor that stands for the whole package.
_CHIPS = {
    "coretemp": "Package",
    "k10temp": "Tctl",
    "zenpower": "Tdie",
    "cpu_thermal": "",
    "scpi_sensors": "",
    "apm_xgene": "SoC",
}
_ZONES = ("x86_pkg_temp", "cpu-thermal", "cpu_thermal", "soc-thermal")


class Thermometer:
    """Finds the sensors of the processor once, and then reads the hottest."""

    def __init__(self, root: Path) -> None:
        self._sensors = tuple(_sensors(root))

    def read(self) -> Reading[float]:
        """The temperature of the hottest package in degrees Celsius."""
        readings = [read_int(sensor) for sensor in self._sensors]
        values = [reading.value / 1000 for reading in readings if reading.value is not None]
        if values:
            return Reading(max(values))
        reasons = (reading.absence for reading in readings if reading.absence is not None)
        return Reading(absence=next(reasons, Absence.NOT_SUPPORTED))


def _sensors(root: Path) -> list[Path]:
    found: list[Path] = []
    for chip in children(root / "sys/class/hwmon", "hwmon*"):
        label = _CHIPS.get(read_text(chip / "name").value or "")
        if label is None:
            continue
        inputs = children(chip, "temp*_input")
        labelled = [path for path in inputs if (read_text(_label(path)).value or "").startswith(label)]
        found += labelled or inputs[:1]
    if found:
        return found
    zones = children(root / "sys/class/thermal", "thermal_zone*")
    return [zone / "temp" for zone in zones if (read_text(zone / "type").value or "") in _ZONES]


def _label(sensor: Path) -> Path:
    return sensor.with_name(sensor.name.replace("_input", "_label"))

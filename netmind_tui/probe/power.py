"""Where the power comes from and how much the processor has used: battery, mains and RAPL counters."""

from dataclasses import dataclass
from pathlib import Path

from netmind_tui.model.host import Boundary
from netmind_tui.model.reading import Absence, Reading
from netmind_tui.probe.kernelfile import children, known, read_int, read_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """The power supply at one instant. ``battery_pct`` is the mean charge where there are several batteries."""

    has_battery: Reading[bool]
    on_battery: Reading[bool]
    battery_pct: Reading[float]


def read_supply(root: Path) -> Supply:
    """The batteries and mains of this machine; those of its mouse and headset do not count."""
    folder = root / "sys/class/power_supply"
    if not folder.is_dir():
        missing = Absence.NOT_SUPPORTED
        return Supply(
            has_battery=Reading(absence=missing),
            on_battery=Reading(absence=missing),
            battery_pct=Reading(absence=missing),
        )
    supplies = [(read_text(path / "type").value, path) for path in children(folder) if not _is_peripheral(path)]
    batteries = [path for kind, path in supplies if kind == "Battery" and read_int(path / "present").value != 0]
    mains = [read_int(path / "online").value for kind, path in supplies if kind in {"Mains", "USB", "Wireless"}]
    charges = [charge for path in batteries if (charge := read_int(path / "capacity").value) is not None]
    return Supply(
        has_battery=Reading(bool(batteries)),
        on_battery=Reading(bool(batteries) and _is_discharging(batteries, mains)),
        battery_pct=known(sum(charges) / len(charges) if charges else None),
    )


def _is_peripheral(supply: Path) -> bool:
    return read_text(supply / "scope").value == "Device"


def _is_discharging(batteries: list[Path], mains: list[int | None]) -> bool:
    if any(online == 1 for online in mains):
        return False
    if any(online == 0 for online in mains):
        return True
    return any(read_text(battery / "status").value == "Discharging" for battery in batteries)


class EnergyCounter:
    """The energy of all processor packages since this machine's counters last began, in joules; it only grows.

    RAPL counts microjoules in a register that starts again at zero past ``max_energy_range_uj`` (about an hour at
    70 W on common servers); the turns are counted here, so read more often than that.
    Source: Linux, Documentation/power/powercap/powercap.rst.
    """

    def __init__(self, root: Path, boundaries: dict[Boundary, str] | None = None) -> None:
        self._domains = tuple(_packages(root))
        self._boundaries = boundaries or {}
        self._last: dict[Path, int] = {}
        self._turns_uj: dict[Path, int] = {}

    def read(self) -> Reading[float]:
        """The sum over all packages, or an absence if one of them cannot be read: a part would look like savings."""
        if not self._domains:
            return Reading(absence=self._missing())
        total_uj = 0
        for domain in self._domains:
            energy = self._read(domain)
            if energy.value is None:
                return Reading(absence=energy.absence)
            total_uj += energy.value
        return Reading(total_uj / 1e6)

    def _read(self, domain: Path) -> Reading[int]:
        energy = read_int(domain / "energy_uj")
        if energy.value is None:
            return energy
        last = self._last.get(domain)
        if last is not None and energy.value < last:
            span = read_int(domain / "max_energy_range_uj")
            if span.value is None:
                return span
            self._turns_uj[domain] = self._turns_uj.get(domain, 0) + span.value
        self._last[domain] = energy.value
        return Reading(energy.value + self._turns_uj.get(domain, 0))

    def _missing(self) -> Absence:
        if Boundary.WSL in self._boundaries:
            return Absence.NOT_UNDER_WSL
        if Boundary.CONTAINER in self._boundaries and Boundary.VM not in self._boundaries:
            return Absence.OUTSIDE_CONTAINER
        return Absence.NOT_SUPPORTED


def _packages(root: Path) -> list[Path]:
    """The package domains: what lies below them (cores, memory controller) is in them already, ``psys`` is more."""
    zones = children(root / "sys/class/powercap", "intel-rapl:*")
    return [zone for zone in zones if (read_text(zone / "name").value or "").startswith("package-")]

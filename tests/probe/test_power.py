import pytest

from netmind_tui.model.host import Boundary
from netmind_tui.model.reading import Absence, Reading
from netmind_tui.probe.power import EnergyCounter, read_supply

RAPL = "sys/class/powercap/intel-rapl:0"
SUPPLY = "sys/class/power_supply"
RANGE_UJ = 262143328850


def test_a_server_has_no_battery_and_is_not_on_it(machine):
    supply = read_supply(machine("intel"))

    assert (supply.has_battery, supply.on_battery) == (Reading(value=False), Reading(value=False))
    assert supply.battery_pct == Reading(absence=Absence.NOT_SUPPORTED)


def test_a_laptop_off_the_mains_is_on_battery_and_its_mouse_does_not_count(machine):
    supply = read_supply(machine("laptop"))

    assert (supply.has_battery, supply.on_battery) == (Reading(value=True), Reading(value=True))
    assert supply.battery_pct == Reading(63.0)


@pytest.mark.parametrize(
    ("online", "status", "on_battery"),
    [
        ("1", "Charging", False),
        ("1", "Discharging", False),  # a weak charger: the mains still carry the load
        ("0", "Unknown", True),
        (None, "Discharging", True),
        (None, "Full", False),
        ("garbage", "Discharging", True),
    ],
)
def test_the_mains_decide_and_without_them_the_battery(machine, online, status, on_battery):
    files = {f"{SUPPLY}/AC/online": online, f"{SUPPLY}/BAT0/status": status}

    assert read_supply(machine("laptop", files)).on_battery == Reading(on_battery)


def test_an_empty_battery_bay_is_no_battery(machine):
    assert read_supply(machine("laptop", {f"{SUPPLY}/BAT0/present": "0"})).has_battery == Reading(value=False)


def test_a_machine_that_shows_no_supplies_says_so(tmp_path):
    missing = Reading(absence=Absence.NOT_SUPPORTED)
    supply = read_supply(tmp_path)

    assert (supply.has_battery, supply.on_battery, supply.battery_pct) == (missing, missing, missing)


def test_energy_is_the_sum_of_the_packages_and_of_nothing_else(machine):
    assert EnergyCounter(machine("intel")).read() == Reading(7.0)


def test_energy_goes_on_growing_when_a_counter_starts_again(machine):
    root = machine("intel", {f"{RAPL}/energy_uj": str(RANGE_UJ - 1_000_000)})
    counter = EnergyCounter(root)
    before = counter.read().value
    readings = []
    for raw in (3_000_000, 9_000_000, 1_000_000):
        (root / RAPL / "energy_uj").write_text(str(raw))
        readings.append(counter.read().value - before)

    assert readings == pytest.approx([4.0, 10.0, 2.0 + RANGE_UJ / 1e6])


def test_energy_is_absent_when_a_turn_cannot_be_counted(machine):
    root = machine("intel", {f"{RAPL}/max_energy_range_uj": "unknown"})
    counter = EnergyCounter(root)
    first = counter.read()
    (root / RAPL / "energy_uj").write_text("1")

    assert first == Reading(7.0)
    assert counter.read() == Reading(absence=Absence.NOT_SUPPORTED)


def test_one_package_that_cannot_be_read_makes_the_whole_absent(machine):
    root = machine("intel", {"sys/class/powercap/intel-rapl:1/energy_uj": "broken"})

    assert EnergyCounter(root).read() == Reading(absence=Absence.NOT_SUPPORTED)


def test_counters_that_only_root_may_read_say_so(machine, monkeypatch):
    root = machine("laptop")
    deny(monkeypatch, "energy_uj")

    assert EnergyCounter(root).read() == Reading(absence=Absence.NO_PERMISSION)


@pytest.mark.parametrize(
    ("boundaries", "reason"),
    [
        ({}, Absence.NOT_SUPPORTED),
        ({Boundary.VM: "kvm"}, Absence.NOT_SUPPORTED),
        ({Boundary.WSL: "wsl2"}, Absence.NOT_UNDER_WSL),
        ({Boundary.CONTAINER: "docker"}, Absence.OUTSIDE_CONTAINER),
        ({Boundary.CONTAINER: "docker", Boundary.VM: "kvm"}, Absence.NOT_SUPPORTED),
    ],
)
def test_missing_counters_are_blamed_on_what_hides_them(tmp_path, boundaries, reason):
    assert EnergyCounter(tmp_path, boundaries).read() == Reading(absence=reason)


def deny(monkeypatch, name):
    """Permission bits do not bind root, which tests may run as: the refusal is put where the kernel's would be."""
    from pathlib import Path  # noqa: PLC0415 - the patch belongs to this function alone

    read = Path.read_bytes

    def refuse(path):
        if path.name == name:
            raise PermissionError(13, "Permission denied", str(path))
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)

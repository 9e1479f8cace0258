"""The senses that need nothing but a sample or a file system."""

import math
import os
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from netmind_tui.model.policy import Guard, GuardKind
from netmind_tui.model.reading import Absence
from netmind_tui.model.sample import DeviceSample, HostSample, Sample
from netmind_tui.node.sense import battery, cpu_busy, disk, exclusive, money, temperature
from netmind_tui.node.sense.words import length, limit_words
from netmind_tui.probe.process_list import Process

AT = datetime(2027, 1, 4, 12, tzinfo=UTC)


def guard(kind, **more):
    return Guard(kind=GuardKind(kind), **more)


@pytest.mark.parametrize(
    ("on_battery", "charge", "limit", "value", "words"),
    [
        (False, 40.0, 90, math.inf, "on mains, 40 %"),
        (True, 40.0, 90, 40.0, "on battery, 40 %"),
        (True, 100.0, 100, -1.0, "on battery, 100 %"),
        (True, None, 100, -1.0, "on battery"),
    ],
)
def test_the_battery_counts_only_while_it_is_used(on_battery, charge, limit, value, words):
    found = battery.sense(guard("battery", limit=limit), HostSample(on_battery=on_battery, battery_pct=charge))
    assert (found.value, found.words, found.source) == (value, words, "power supply")


def test_a_machine_without_a_battery_has_none():
    found = battery.sense(guard("battery", limit=90), HostSample(on_battery=False))
    assert (found.value, found.unknown, found.words) == (None, None, "this machine has none")


def test_a_battery_that_does_not_tell_is_unknown():
    assert battery.sense(guard("battery", limit=90), HostSample(on_battery=True)).unknown == (
        "the battery does not tell its charge"
    )
    hidden = HostSample(absent={"on_battery": Absence.NOT_UNDER_WSL})
    assert battery.sense(guard("battery", limit=90), hidden).unknown == (
        "no word of battery or mains: not reported under WSL"
    )


def test_each_device_has_its_own_temperature_and_a_slice_that_of_its_card():
    sample = Sample(
        at="",
        host=HostSample(temperature_c=51.4),
        devices=(DeviceSample(device="gpu:0", temperature_c=81), DeviceSample(device="mig:0.1")),
    )
    found = temperature.sense(guard("temperature", limit=80), sample, ["gpu:0", "mig:0.1", "cpu"])
    assert [(each.device, each.value, each.words) for each in found] == [
        ("gpu:0", 81.0, "81 °C"),
        ("mig:0.1", 81.0, "81 °C"),
        ("cpu", 51.4, "51 °C"),
    ]


@pytest.mark.parametrize(
    ("absence", "value", "unknown", "is_passing"),
    [
        (Absence.ASLEEP, 0.0, None, False),
        (Absence.STALE, None, "no temperature: the last value is too old", True),
        (Absence.NOT_SUPPORTED, None, "no temperature: not reported by this device or driver", False),
    ],
)
def test_a_temperature_that_is_missing_says_why(absence, value, unknown, is_passing):
    device = DeviceSample(device="gpu:0", absent={"temperature_c": absence})
    (found,) = temperature.sense(guard("temperature"), Sample(at="", host=HostSample(), devices=(device,)), ["gpu:0"])
    assert (found.value, found.unknown, found.is_passing) == (value, unknown, is_passing)


@pytest.mark.parametrize(("own", "others"), [(0.0, 62.0), (50.0, 12.0), (70.0, 0.0)])
def test_the_load_of_others_is_all_of_it_less_our_own(own, others):
    assert cpu_busy.sense(guard("cpu-busy"), HostSample(cpu_util_pct=62.0), own).value == others


def test_a_load_that_is_missing_says_why():
    stale = HostSample(absent={"cpu_util_pct": Absence.STALE})
    assert cpu_busy.sense(guard("cpu-busy"), stale, 0.0).is_passing
    assert cpu_busy.sense(guard("cpu-busy"), HostSample(cpu_util_pct=62.0), None).unknown == (
        "our own load cannot be told from that of others"
    )


def test_free_space_is_that_where_this_program_writes_also_before_its_folder_is_made(tmp_path):
    size = os.statvfs(tmp_path)
    found = disk.sense(guard("disk", limit=1), tmp_path / "not/yet/there")
    assert found.value == pytest.approx(size.f_frsize * size.f_bavail, rel=0.05)


def test_a_folder_that_cannot_be_asked_says_so(tmp_path):
    (tmp_path / "file").touch()
    assert "cannot be read" in disk.sense(guard("disk"), tmp_path / "file/below").unknown


class Processes:
    def __init__(self, *names, blind=None):
        self.found = [Process(1, name, frozenset({name}), 1, 1, 1) for name in names]
        self.blind = blind

    def running(self, _programs):
        return tuple(self.found)


def test_exclusive_programs_are_counted_and_named_once():
    found = exclusive.sense(guard("exclusive", programs=("steam",)), Processes("steam", "steam", "blender"))
    assert (found.value, found.words) == (3.0, "steam, blender run")
    assert exclusive.sense(guard("exclusive"), Processes("steam")).words == "steam runs"


def test_no_exclusive_program_is_a_value_only_where_all_are_to_be_seen():
    assert exclusive.sense(guard("exclusive"), Processes()).value == 0.0
    assert exclusive.sense(guard("exclusive"), Processes(blind="hidden")).unknown == "hidden"
    assert exclusive.sense(guard("exclusive"), Processes("steam", blind="hidden")).value == 1.0


def profits(source):
    return money.profit(guard("profit", amount="0.01", currency="EUR"), source, ["gpu:0", "cpu"], AT)


def test_without_a_tariff_an_income_or_a_meter_nothing_is_known():
    untold = money.Untold()
    assert money.price(guard("price", amount="0.35", currency="EUR"), untold, AT).unknown == "no tariff is set"
    assert [each.unknown for each in profits(untold)] == ["no income is known"] * 2
    assert money.energy(guard("energy", limit=1.8e7), untold, AT).unknown == "energy is not metered"


class Told(money.Untold):
    def price_at(self, moment, currency):
        return money.Quote(Decimal("0.350") if (moment, currency) == (AT, "EUR") else None, "tariff", "no price then")

    def profit_at(self, device, moment, currency):
        assert (moment, currency) == (AT, "EUR")
        return money.Quote(Decimal("-0.02"), "card") if device == "cpu" else money.Quote(unknown="gpu:0 is unlisted")

    def used_today_j(self, moment):  # noqa: ARG002
        return 9e6


def test_what_is_told_is_kept_to_the_digit():
    found = money.price(guard("price", currency="EUR"), Told(), AT)
    assert (found.value, found.words, found.source) == (Decimal("0.350"), "0.350 EUR per kWh", "tariff")
    assert money.price(guard("price", currency="USD"), Told(), AT).unknown == "no price then"
    card, cpu = profits(Told())
    assert (card.device, card.unknown) == ("gpu:0", "gpu:0 is unlisted")
    assert (cpu.device, cpu.words, cpu.source) == ("cpu", "-0.02 EUR per hour", "card")
    assert money.energy(guard("energy"), Told(), AT).words == "2.50 kWh today"


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (guard("battery", limit=90.0), "90 %"),
        (guard("temperature", limit=80.0), "80 °C"),
        (guard("user-active", limit=180.0), "3 min"),
        (guard("gpu-in-use", limit=float(2**30)), "1.0 GiB"),
        (guard("cpu-busy", limit=30.0), "30 %"),
        (guard("exclusive", programs=("steam", "blender")), "steam, blender"),
        (guard("disk", limit=float(10 * 2**30)), "10.0 GiB"),
        (guard("energy", limit=1.8e7), "5 kWh"),
        (guard("price", amount="0.35", currency="EUR"), "0.35 EUR per kWh"),
        (guard("profit"), None),
        (guard("exclusive"), None),
    ],
    ids=lambda value: value.kind if isinstance(value, Guard) else str(value),
)
def test_limits_have_their_units(asked, words):
    assert limit_words(asked) == words


def test_the_share_of_a_gpu_has_a_limit_of_its_own():
    assert limit_words(guard("gpu-in-use", limit=1.0, util_pct=10), "utilisation") == "10 %"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (59.4, "59 s"), (840, "14 min"), (7500, "2 h 5 min"), (28800, "8 h"), (400_000, "4 days")],
)
def test_lengths_of_time_have_one_unit_or_two(seconds, words):
    assert length(seconds) == words

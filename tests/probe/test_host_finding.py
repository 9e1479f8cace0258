"""What is wrong with the host: machines laid out as files, each with one trouble that goes away."""

from dataclasses import replace
from typing import NamedTuple

import pytest

from netmind_tui.model.finding import Action, Status
from netmind_tui.probe.finding_host import host_findings, synchronised
from netmind_tui.probe.host import HostSampler, read_host

_POLICY = "sys/devices/system/cpu/cpufreq/policy0"
_STALLED = "some avg10=90.00 avg60=50.00 avg300=9.00 total=1\nfull avg10=80.00 avg60={} avg300=8.00 total=1\n"


class Usage(NamedTuple):
    total: int
    used: int
    free: int


@pytest.fixture
def find(machine, tmp_path):
    """The findings of a machine with changes to its files."""

    def of(name="intel", changes=None, **options):
        root = machine(name, changes)
        host, now = read_host(root, "x86_64"), HostSampler(root).sample()
        return host_findings(host, now, tmp_path / "state/netmind", root, **options)

    return of


def test_a_host_in_order_is_one_line(find):
    (finding,) = find(is_synchronised=True)
    assert (finding.id, finding.status) == ("host", Status.PASS)


@pytest.mark.parametrize(
    ("trouble", "mended", "id_", "action"),
    [
        (
            {f"{_POLICY}/scaling_governor": "powersave\n"},
            {f"{_POLICY}/scaling_governor": "performance\n"},
            "cpu-governor",
            Action.NONE,
        ),
        (
            {f"{_POLICY}/scaling_governor": "powersave\n", f"{_POLICY}/scaling_driver": "intel_pstate\n"}
            | {f"{_POLICY}/energy_performance_preference": "power\n"},
            {f"{_POLICY}/energy_performance_preference": "balance_performance\n"},
            "cpu-governor",
            Action.NONE,
        ),
        (
            {"proc/meminfo": "MemTotal: 67108864 kB\nMemAvailable: 524288 kB\n"},
            {"proc/meminfo": "MemTotal: 67108864 kB\nMemAvailable: 33554432 kB\n"},
            "memory-low",
            Action.WAIT,
        ),
        (
            {"proc/pressure/memory": _STALLED.format("40.00")},
            {"proc/pressure/memory": _STALLED.format("1.00")},
            "memory-thrashing",
            Action.WAIT,
        ),
        (
            {"sys/class/power_supply/AC/type": "Mains\n", "sys/class/power_supply/AC/online": "0\n"}
            | {"sys/class/power_supply/BAT0/type": "Battery\n", "sys/class/power_supply/BAT0/capacity": "63\n"},
            {"sys/class/power_supply/AC/online": "1\n"},
            "on-battery",
            Action.WAIT,
        ),
    ],
    ids=["governor", "preference", "memory", "thrashing", "battery"],
)
def test_each_trouble_is_a_finding_that_is_gone_once_it_is_mended(find, trouble, mended, id_, action):
    (finding,) = find(changes=trouble)
    assert (finding.id, finding.status, finding.action) == (id_, Status.WARN, action)
    assert finding.remediation
    assert [each.id for each in find(changes=trouble | mended)] == ["host"]


def test_a_driver_that_adjusts_itself_may_call_that_powersave(find):
    changes = {f"{_POLICY}/scaling_governor": "powersave\n", f"{_POLICY}/scaling_driver": "intel_pstate\n"}
    assert [each.id for each in find(changes=changes)] == ["host"]


@pytest.mark.parametrize("clock_s", [0.0, 1_600_000_000.0, 1_740_000_000.0])
def test_a_clock_before_this_program_is_wrong(find, clock_s):
    (finding,) = find(clock_s=clock_s)
    assert (finding.id, finding.status, finding.action) == ("clock-wrong", Status.ERROR, Action.ASK_OWNER)
    assert [each.id for each in find()] == ["host"]


def test_a_clock_that_nobody_keeps_right_is_told_only_where_that_is_known(find):
    assert [each.id for each in find(is_synchronised=False)] == ["clock-unsynchronised"]
    assert [each.id for each in find(is_synchronised=None)] == ["host"]
    assert synchronised() in (True, False, None)


def test_windows_ends_wsl_until_it_is_told_not_to(find):
    (finding,) = find("wsl")
    assert (finding.id, finding.status, finding.action) == ("wsl-idle-timeout", Status.WARN, Action.ASK_OWNER)
    assert "vmIdleTimeout=-1" in finding.remediation
    settings = {"mnt/c/Users/ann/.wslconfig": "[wsl2]\r\nvmIdleTimeout = -1\r\n"}
    assert [each.id for each in find("wsl", settings)] == ["host"]


def test_a_nearly_full_disk_is_told_for_the_folder_that_is_not_made_yet(find, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage(1 << 40, (1 << 40) - (5 << 20), 5 << 20))
    (finding,) = find()
    assert (finding.id, finding.action, finding.actual) == ("disk-full", Action.ASK_OWNER, str(5 << 20))
    assert "5 MiB left" in finding.title
    monkeypatch.undo()
    assert [each.id for each in find()] == ["host"]


def test_what_a_machine_does_not_say_is_no_fault(machine, tmp_path):
    root = machine("arm")
    host, now = read_host(root, "aarch64"), HostSampler(root).sample()
    silent = replace(now, memory_available_bytes=None, on_battery=None)
    assert [each.id for each in host_findings(host, silent, tmp_path, root)] == ["host"]

import os
import random
import sys

import pytest

from netmind_tui.model.device import DeviceKind
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem
from netmind_tui.model.reading import Absence, Reading
from netmind_tui.probe import host as module
from netmind_tui.probe.host import HostSampler, available_memory_bytes, cpu_device, process_name, read_host

GIB = 1 << 30


def test_a_server_is_described(machine):
    host = read_host(machine("intel"))

    assert (host.hostname, host.os, host.kernel) == ("forge", "Ubuntu 24.04.1 LTS", "6.8.0-51-generic")
    assert (host.memory_total_bytes, host.memory_limit_bytes, host.swap_total_bytes) == (256 * GIB, None, 8 * GIB)
    assert host.boot_at == "2023-11-14T22:13:20Z"
    assert (host.boundaries, host.has_battery, host.absent) == ({}, False, {})


def test_a_container_has_the_memory_and_the_cores_that_its_cgroup_leaves(machine):
    root = machine("docker")
    host = read_host(root)

    assert (host.memory_total_bytes, host.memory_limit_bytes) == (256 * GIB, 4 * GIB)
    assert host.cpu.usable_cores == 1.5
    assert available_memory_bytes(root) == 2 * GIB
    assert cpu_device(host).memory_total_bytes == 4 * GIB


def test_a_limit_above_the_memory_there_is_limits_nothing(machine):
    root = machine("docker", {"sys/fs/cgroup/memory.max": str(999 * GIB), "sys/fs/cgroup/memory.current": str(GIB)})

    assert read_host(root).memory_limit_bytes is None
    assert available_memory_bytes(root) == 200 * GIB


def test_memory_that_nobody_states_cannot_be_taken(machine):
    with pytest.raises(Problem, match="how much memory is free") as caught:
        available_memory_bytes(machine("intel", {"proc/meminfo": "MemTotal: lots\n"}))

    assert caught.value.code is ExitCode.UNMEASURED


def test_kernels_that_do_not_state_available_memory_are_estimated(machine):
    root = machine("intel", {"proc/meminfo": "MemTotal: 4096 kB\nMemFree: 1024 kB\nCached: 512 kB\n"})

    assert available_memory_bytes(root) == 1536 << 10


def test_the_processor_is_a_device(machine):
    device = cpu_device(read_host(machine("intel")))

    assert (device.id, device.kind, device.core_count) == ("cpu", DeviceKind.CPU, 4)
    assert (device.name, device.memory_total_bytes) == ("INTEL(R) XEON(R) GOLD 6530", 256 * GIB)


def test_under_wsl_the_sensors_are_windows(machine):
    root = machine("wsl")
    sample = HostSampler(root).sample()

    assert read_host(root).cpu.absent["governor"] is Absence.NOT_UNDER_WSL
    assert {sample.absent[name] for name in ("cpu_clock_mhz", "temperature_c", "energy_j")} == {Absence.NOT_UNDER_WSL}


def test_a_container_counts_the_disk_under_its_overlay_once(machine):
    disks = read_host(machine("docker")).disks

    # The folder /models is on the same disk as the overlay; /etc/hosts is a file.
    assert [(disk.mount_point, disk.file_system) for disk in disks] == [("/models", "ext4")]


def test_a_single_file_that_is_mounted_is_no_disk(machine):
    hosts = "603 600 259:2 /x/hosts /etc/hosts rw - ext4 /dev/nvme0n1p2 rw\n"

    assert read_host(machine("docker", {"proc/self/mountinfo": hosts})).disks == ()


def test_an_overlay_alone_stands_for_its_disk(machine):
    overlay = "600 500 0:50 / / rw,relatime - overlay overlay rw,lowerdir=/var/lib/docker/overlay2/l/A\n"
    disks = read_host(machine("docker", {"proc/self/mountinfo": overlay})).disks

    assert [(disk.mount_point, disk.device) for disk in disks] == [("/", "overlay")]
    assert disks[0].total_bytes >= disks[0].free_bytes > 0


def test_subvolumes_snaps_and_servers_are_no_disks_of_their_own(machine):
    assert [disk.mount_point for disk in read_host(machine("laptop")).disks] == ["/"]


def test_the_first_sample_counts_from_the_making_of_the_sampler(machine):
    root = machine("intel")
    sampler = HostSampler(root)
    # 40 ticks more, 30 of them busy: user, system, steal; idle and waiting for disks are not.
    (root / "proc/stat").write_text("cpu  110 0 110 705 105 0 0 10 0 0\n")
    sample = sampler.sample()

    assert sample.cpu_util_pct == 75.0
    assert (sample.load_1m, sample.memory_used_bytes) == (0.52, 56 * GIB)
    assert (sample.cpu_clock_mhz, sample.temperature_c, sample.energy_j) == (2600.0, 61.0, 7.0)
    assert (sample.on_battery, sample.absent) == (False, {"battery_pct": Absence.NOT_SUPPORTED})


def test_utilisation_is_stale_until_a_tick_is_counted_and_then_covers_the_whole_time(machine):
    root = machine("intel")
    sampler = HostSampler(root)
    early = sampler.sample()
    (root / "proc/stat").write_text("cpu  150 0 100 750 100 0 0 0 0 0\n")

    assert (early.cpu_util_pct, early.absent["cpu_util_pct"]) == (None, Absence.STALE)
    assert sampler.sample().cpu_util_pct == 50.0


def test_idle_time_that_runs_backwards_stays_within_a_hundred(machine):
    root = machine("intel")
    sampler = HostSampler(root)
    (root / "proc/stat").write_text("cpu  200 0 100 699 100 0 0 0 0 0\n")

    assert sampler.sample().cpu_util_pct == 100.0


@pytest.mark.parametrize("text", ["", "cpu", "cpu a b c d e f\n", "intr 1 2 3 4 5 6\n", "cpu 1 2 3\n"])
def test_a_garbage_stat_costs_the_utilisation_alone(machine, text):
    sample = HostSampler(machine("intel", {"proc/stat": text})).sample()

    assert (sample.cpu_util_pct, sample.absent["cpu_util_pct"]) == (None, Absence.NOT_SUPPORTED)
    assert sample.temperature_c == 61.0


def test_the_hottest_package_counts_and_zones_serve_where_no_chip_does(machine):
    files = {
        "sys/class/hwmon/hwmon1/name": "acpitz",
        "sys/class/thermal/thermal_zone0/type": "iwlwifi_1",
        "sys/class/thermal/thermal_zone0/temp": "95000",
        "sys/class/thermal/thermal_zone1/type": "x86_pkg_temp",
        "sys/class/thermal/thermal_zone1/temp": "48000",
    }

    assert HostSampler(machine("intel", files)).sample().temperature_c == 48.0


@pytest.mark.parametrize("name", ["intel", "amd-vm", "arm", "wsl", "docker", "laptop"])
def test_no_garbage_in_any_file_ever_raises(machine, name):
    root = machine(name)
    draw = random.Random(7)
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        for junk in (b"", b"\xff\xfe\0", b"-1", b"9" * 5000, draw.randbytes(64)):
            kept = path.read_bytes()
            path.write_bytes(junk)
            host = read_host(root)
            HostSampler(root).sample()
            path.write_bytes(kept)
            assert host.cpu.logical_cores >= 1


def test_files_that_are_folders_are_absent(machine):
    root = machine("intel")
    for name in ("proc/cpuinfo", "proc/meminfo", "proc/stat", "proc/loadavg"):
        (root / name).unlink()
        (root / name).mkdir()
    host = read_host(root)

    assert (host.memory_total_bytes, host.absent["memory_total_bytes"]) == (None, Absence.NOT_SUPPORTED)
    assert HostSampler(root).sample().absent["load_1m"] is Absence.NOT_SUPPORTED


def test_where_there_is_no_proc_psutil_answers(tmp_path):
    host = read_host(tmp_path, "arm64")
    sample = HostSampler(tmp_path).sample()

    assert host.memory_total_bytes > 0
    assert host.cpu.architecture == "arm64"
    assert host.cpu.absent["features"] is Absence.NOT_SUPPORTED
    assert sample.memory_available_bytes > 0
    assert sample.absent["energy_j"] is Absence.NOT_SUPPORTED
    assert process_name(os.getpid(), tmp_path).value


def test_what_psutil_cannot_say_is_absent(tmp_path, monkeypatch):
    import psutil  # noqa: PLC0415 - stands in for a platform that lacks half of it

    def forbidden(*_):
        raise psutil.AccessDenied(1)

    monkeypatch.setattr(psutil, "virtual_memory", forbidden)
    monkeypatch.delattr(psutil, "getloadavg")
    monkeypatch.setattr(psutil, "sensors_battery", lambda: None)
    host, sample = read_host(tmp_path), HostSampler(tmp_path).sample()

    assert (host.memory_total_bytes, host.absent["memory_total_bytes"]) == (None, Absence.NO_PERMISSION)
    assert (sample.load_1m, sample.absent["load_1m"]) == (None, Absence.NOT_SUPPORTED)
    assert (host.has_battery, sample.on_battery) == (False, False)


@pytest.mark.skipif(sys.platform != "linux", reason="reads this machine's own /proc")
def test_this_machine_can_be_read():
    host = read_host()

    assert host.cpu.usable_cores > 0
    assert 0 < available_memory_bytes() <= host.memory_total_bytes
    assert process_name(os.getpid()).value
    assert process_name(1 << 30) == Reading(absence=Absence.NOT_SUPPORTED)


def test_psutil_is_not_loaded_where_proc_answers(machine, monkeypatch):
    monkeypatch.setitem(sys.modules, "psutil", None)  # an import of it would fail

    assert read_host(machine("intel")).hostname == "forge"
    assert module.HostSampler(machine("intel")).sample().load_1m == 0.52

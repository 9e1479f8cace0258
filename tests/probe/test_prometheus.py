"""A machine as Prometheus reads it; the GPUs are the stub's, behind the real binding."""

from dataclasses import fields

import pytest
from prometheus_client.parser import text_string_to_metric_families

from netmind_tui.model.device import Device, DeviceKind, Driver
from netmind_tui.model.host import Cpu, Disk, Host
from netmind_tui.model.info import DeviceProcess, DeviceUse, Info, Tool
from netmind_tui.model.reading import Absence
from netmind_tui.model.sample import DeviceSample, HostSample, Sample
from netmind_tui.probe.prometheus import _HOST_NOW, _NOW, as_prometheus

GPU = Device(id="gpu:0", kind=DeviceKind.GPU, name="Test GPU", uuid="GPU-1", pci_slot="0000:81:00.0")
CPU = Cpu(architecture="x86_64", logical_cores=4, usable_cores=1.5, name="Test CPU")
DISK = Disk(mount_point='/mnt/a "b"\\\nc', device="/dev/sda", file_system="ext4", total_bytes=9, free_bytes=0)
HOST = Host(hostname="test", os="Linux", kernel="6", python="3.11", cpu=CPU, disks=(DISK,))


def make(*devices, host_sample=None, samples=(), **changes):
    now = Sample(at="2026-01-01T00:00:00.250Z", host=host_sample or HostSample(), devices=samples)
    tool = Tool(name="netmind", version="0")
    given = {"generated_at": now.at, "tool": tool, "host": HOST, "devices": devices, "now": now}
    return Info(**(given | changes))


def series(info):
    """From metric and labels to value; no series comes twice."""
    found = {}
    for family in text_string_to_metric_families(as_prometheus(info)):
        for sample in family.samples:
            key = (sample.name, *sorted(sample.labels.items()))
            assert key not in found
            found[key] = sample.value
    return found


def test_figures_are_in_base_units():
    sample = DeviceSample(
        device="gpu:0",
        gpu_util_pct=37,
        memory_used_bytes=2**33,
        power_draw_w=123.5,
        energy_j=4.5,
        temperature_c=0,
        sm_clock_mhz=1980,
        throttle_hw_thermal_ns=2_500_000_000,
        clocks_event_reasons=("sw_power_cap",),
    )
    found = series(make(GPU, samples=(sample,)))
    gpu = ("device", "gpu:0")
    assert found["netmind_gpu_utilization_ratio", gpu] == 0.37
    assert found["netmind_gpu_memory_used_bytes", gpu] == 2**33
    assert found["netmind_gpu_power_draw_watts", gpu] == 123.5
    assert found["netmind_gpu_energy_joules_total", gpu] == 4.5
    assert found["netmind_gpu_temperature_celsius", gpu] == 0
    assert found["netmind_gpu_sm_clock_hertz", gpu] == 1.98e9
    assert found["netmind_gpu_throttled_seconds_total", ("cause", "hw_thermal"), gpu] == 2.5
    assert found["netmind_gpu_clocks_event", gpu, ("reason", "sw_power_cap")] == 1
    assert found["netmind_host_read_timestamp_seconds",] == 1767225600.25


def test_a_missing_metric_is_left_out_and_its_reason_is_told():
    sample = DeviceSample(device="gpu:0", absent={"fan_speed_pct": Absence.NOT_SUPPORTED})
    found = series(make(GPU, samples=(sample,)))
    assert found[
        "netmind_gpu_metric_absent", ("device", "gpu:0"), ("metric", "fan_speed_pct"), ("reason", "not-supported")
    ]
    gpu = {key[0] for key in found if key[0].startswith("netmind_gpu_")}
    assert gpu == {f"netmind_gpu_{name}" for name in ("info", "readable", "asleep", "metric_absent")}


def test_names_stand_in_metrics_of_their_own():
    driver = Driver(version="580.1", cuda_version="13.0")
    found = series(make(GPU, driver=driver))
    keys = [dict(key[1:]) for key in found if key[0].endswith("_info")]
    assert {"hostname": "test", "cpu": "Test CPU"}.items() <= keys[0].items()
    assert keys[1] == {"version": "580.1", "cuda_version": "13.0"}
    assert {"device": "gpu:0", "name": "Test GPU", "uuid": "GPU-1", "kind": "gpu"}.items() <= keys[2].items()


def test_a_folder_of_any_name_reads_back():
    labels = (("disk", "/dev/sda"), ("file_system", "ext4"), ("mount_point", DISK.mount_point))
    found = series(make())
    assert found["netmind_host_disk_total_bytes", *labels] == 9
    assert found["netmind_host_disk_free_bytes", *labels] == 0


def test_the_host_has_its_state_but_not_the_utilisation_that_is_its_readers():
    sample = HostSample(cpu_util_pct=99.0, load_1m=0.5, on_battery=False, battery_pct=50.0)
    found = series(make(host_sample=sample))
    assert found["netmind_host_load1",] == 0.5
    assert found["netmind_host_on_battery",] == 0
    assert found["netmind_host_battery_charge_ratio",] == 0.5
    assert found["netmind_host_usable_cores",] == 1.5
    assert 99 not in found.values()


def test_who_computes_is_counted_and_unknown_is_not_nobody():
    uses = (
        DeviceUse(device="gpu:0", processes=()),
        DeviceUse(device="gpu:1", processes=(DeviceProcess(pid=1, name="secret"),)),
        DeviceUse(device="gpu:2", absent={"processes": Absence.NOT_UNDER_WSL}),
    )
    found = series(make(GPU, in_use=uses))
    counted = {key[1][1]: value for key, value in found.items() if key[0] == "netmind_gpu_compute_processes"}
    assert counted == {"gpu:0": 0, "gpu:1": 1}


@pytest.mark.parametrize("metrics", [_NOW, _HOST_NOW])
def test_a_counter_ends_in_total_and_nothing_else_does(metrics):
    for metric in metrics:
        assert metric.name.endswith("_total") == metric.is_counter


def test_every_metric_of_a_gpu_that_changes_is_told():
    told = {metric.member for metric in _NOW}
    members = {member.name for member in fields(DeviceSample)}
    apart = {"device", "uuid", "memory_total_bytes", "clocks_event_reasons", "absent"}
    assert {name for name in members - apart if not name.startswith("throttle_")} == told


@pytest.mark.parametrize("scenario", ["h100x8", "consumer", "mig", "falls-off-now"])
def test_every_kind_of_machine_is_read_without_a_series_twice(open_probe, scenario):
    probe = open_probe(scenario)
    devices = probe.devices()
    samples = probe.sample()
    found = series(make(*devices, samples=samples, driver=probe.driver()))
    readable = {key[1][1]: value for key, value in found.items() if key[0] == "netmind_gpu_readable"}
    assert readable == {device.id: device.lost is None for device in devices}
    for sample in samples:
        key = ("netmind_gpu_temperature_celsius", ("device", sample.device))
        assert found.get(key) == sample.temperature_c

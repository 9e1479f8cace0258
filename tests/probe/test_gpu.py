"""The real NVML binding, over a stub of the driver's library, in a real child process."""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import fields
from pathlib import Path

import pytest

from netmind_tui.model.device import ComputeProcess, Device, DeviceKind, Driver, Trouble
from netmind_tui.model.reading import Absence, Reading
from netmind_tui.probe import service
from netmind_tui.probe.gpu import GpuProbe

NOT_METRICS = {"id", "device", "kind", "parent", "lost", "trouble", "asleep", "absent"}
SOON = {"timeout_s": 1.0, "start_timeout_s": 20.0}
DEADLINE_S = 30.0

WORKING = ("h100x8", "consumer", "mig", "falls-off", "falls-off-now", "no-permission-device", "ancient", "wsl", "busy")


class Clock:
    """A clock that moves when told."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def calls_of(log: Path) -> list[tuple[str, int]]:
    if not log.exists():
        return []
    return [(function, int(gpu)) for function, gpu in (line.split() for line in log.read_text().splitlines())]


def wait_until(condition):
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.01)


def by_id(things):
    return {getattr(thing, "device", None) or thing.id: thing for thing in things}


@pytest.mark.parametrize("scenario", WORKING)
def test_every_metric_has_a_value_or_a_reason(open_probe, scenario):
    probe = open_probe(scenario, probe={"under_wsl": scenario == "wsl"})
    for _ in range(3):
        for thing in (*probe.devices(), *probe.sample()):
            names = {field.name for field in fields(thing)} - NOT_METRICS
            missing = {name for name in names if getattr(thing, name) is None}
            assert missing == set(thing.absent), thing
            assert all(type(reason) is Absence for reason in thing.absent.values())


def test_a_data_centre_node_reports_everything(open_probe):
    probe = open_probe("h100x8")
    assert probe.driver() == Driver(version="580.95.05", cuda_version="13.0", nvml_version="13.580.95.05")
    devices = probe.devices()
    assert [device.id for device in devices] == [f"gpu:{number}" for number in range(8)]
    assert devices[1] == Device(
        id="gpu:1",
        kind=DeviceKind.GPU,
        name="NVIDIA H100 80GB HBM3",
        uuid="GPU-5eed0000-0000-4000-8000-000000000001",
        pci_slot="0000:43:00.0",
        memory_total_bytes=81559 * 2**20,
        compute_capability="9.0",
        core_count=16896,
        memory_bus_width_bits=5120,
        sm_clock_max_mhz=1980,
        memory_clock_max_mhz=2619,
        power_limit_w=700.0,
        power_limit_default_w=700.0,
        power_limit_min_w=200.0,
        power_limit_max_w=700.0,
        temperature_slowdown_c=89,
        temperature_shutdown_c=92,
        ecc_enabled=True,
        mig_enabled=False,
        pcie_generation_max=5,
        pcie_width_max=16,
        nvlink_active_links=18,
        persistence_mode=True,
        compute_mode="default",
        vbios_version="96.00.A5.00.01",
    )


def test_a_sample_has_nvmls_numbers_in_the_units_of_its_names(open_probe):
    sample = open_probe(
        "h100x8", power_mw=412_500, temperature_c=61, utilization_pct=88, memory_used_mib=1024
    ).sample()[0]
    assert (sample.device, sample.uuid) == ("gpu:0", "GPU-5eed0000-0000-4000-8000-000000000000")
    assert (sample.gpu_util_pct, sample.memory_util_pct) == (88, 44)
    assert (sample.memory_used_bytes, sample.memory_total_bytes) == (2**30, 81559 * 2**20)
    assert (sample.power_draw_w, sample.power_limit_w) == (412.5, 700.0)
    assert sample.temperature_c == 61
    assert (sample.sm_clock_mhz, sample.memory_clock_mhz) == (330, 2619)
    assert (sample.pcie_generation, sample.pcie_width) == (1, 16)
    assert sample.clocks_event_reasons == ("gpu_idle",)
    assert sample.absent == {"fan_speed_pct": Absence.NOT_SUPPORTED}


def test_counters_only_grow(open_probe):
    probe = open_probe("busy")
    first, second = probe.sample()[0], probe.sample()[0]
    assert second.energy_j > first.energy_j
    assert second.throttle_sw_thermal_ns > first.throttle_sw_thermal_ns
    assert second.throttle_sw_power_cap_ns > first.throttle_sw_power_cap_ns
    assert set(second.clocks_event_reasons) == {"sw_power_cap", "sw_thermal_slowdown"}


def test_a_consumer_card_lacks_what_it_lacks_and_falls_back_for_the_rest(open_probe):
    probe = open_probe("consumer")
    device, sample = probe.devices()[0], probe.sample()[0]
    assert set(device.absent) == {"ecc_enabled", "mig_enabled", "nvlink_active_links", "persistence_mode"}
    assert set(device.absent.values()) == {Absence.NOT_SUPPORTED}
    assert sample.power_draw_w == 25.0  # no field value: the older call
    assert sample.throttle_sw_thermal_ns == 0
    assert sample.fan_speed_pct == 30
    assert set(sample.absent) == {"throttle_hw_thermal_ns", "throttle_hw_power_brake_ns"}


def test_a_driver_without_the_newer_functions_is_asked_the_older_ones(open_probe):
    probe = open_probe("ancient")
    device, sample = probe.devices()[0], probe.sample()[0]
    assert probe.driver().cuda_version == "10.1"
    assert device.memory_total_bytes == 16280 * 2**20
    assert device.absent["core_count"] is Absence.NOT_SUPPORTED
    assert sample.temperature_c == 34
    assert sample.clocks_event_reasons == ("gpu_idle",)
    assert sample.memory_used_bytes == 512 * 2**20
    assert sample.absent["energy_j"] is Absence.NOT_SUPPORTED
    assert probe.compute_processes(device.uuid) == Reading(absence=Absence.NOT_SUPPORTED)


def test_mig_slices_are_devices_under_their_card(open_probe):
    probe = open_probe("mig")
    devices, samples = by_id(probe.devices()), by_id(probe.sample())
    assert list(devices) == list(samples) == ["gpu:0", "mig:0.0", "mig:0.1", "mig:0.2", "gpu:1"]
    assert (devices["gpu:0"].mig_enabled, devices["gpu:1"].mig_enabled) == (True, False)
    part = devices["mig:0.1"]
    assert (part.kind, part.parent, part.name) == (DeviceKind.MIG, "gpu:0", "NVIDIA A100-SXM4-40GB MIG 2g.10gb")
    assert part.uuid == samples["mig:0.1"].uuid == "MIG-5eed0000-0000-5000-8000-000000000001"
    assert samples["mig:0.1"].memory_total_bytes == part.memory_total_bytes == 9856 * 2**20
    assert samples["mig:0.1"].absent["temperature_c"] is Absence.UNDER_MIG
    assert samples["gpu:0"].absent["gpu_util_pct"] is Absence.UNDER_MIG
    assert samples["gpu:0"].temperature_c == 34
    assert samples["gpu:1"].gpu_util_pct == 3
    assert probe.compute_processes(part.uuid) == Reading(())


def test_under_wsl_the_platform_is_named_where_it_is_to_blame(open_probe):
    probe = open_probe("wsl", probe={"under_wsl": True})
    device, sample = probe.devices()[0], probe.sample()[0]
    assert sample.absent["fan_speed_pct"] is Absence.NOT_UNDER_WSL
    assert sample.absent["sm_clock_mhz"] is Absence.NOT_UNDER_WSL
    assert device.absent["ecc_enabled"] is Absence.NOT_SUPPORTED  # the card has none anywhere
    assert sample.temperature_c == 34
    assert probe.compute_processes(device.uuid) == Reading(absence=Absence.NOT_UNDER_WSL)


def test_ids_follow_the_pci_slots_whatever_order_the_library_has(open_probe):
    devices = open_probe("h100x8", order="reversed", count=3).devices()
    assert [device.pci_slot for device in devices] == ["0000:1b:00.0", "0000:43:00.0", "0000:52:00.0"]
    assert [device.uuid[-1] for device in devices] == ["0", "1", "2"]


def test_a_driver_without_a_gpu_has_a_version_and_no_devices(open_probe):
    probe = open_probe("h100x8", count=0)
    assert probe.driver().version == "580.95.05"
    assert probe.devices() == probe.sample() == ()


@pytest.mark.parametrize(
    ("scenario", "trouble", "words"),
    [
        ("mismatch", Trouble.VERSION_MISMATCH, "different versions (the kernel module is 570.86.15)"),
        ("no-driver", Trouble.NOT_LOADED, "kernel module is not loaded"),
        ("no-permission", Trouble.NO_PERMISSION, "this user may not"),
    ],
)
def test_a_driver_that_cannot_be_opened_is_a_sentence(open_probe, sysfs, scenario, trouble, words):
    sysfs.load_driver("570.86.15")
    probe = open_probe(scenario)
    assert probe.driver().trouble is trouble
    assert words in probe.driver().problem
    assert probe.devices() == probe.sample() == ()


def test_a_driver_that_hangs_while_it_opens_is_a_sentence(open_probe):
    probe = open_probe("hang-init", probe={"start_timeout_s": 0.5})
    assert probe.driver() == Driver(problem="the NVIDIA driver did not answer within 0.5 s", trouble=Trouble.NO_ANSWER)


def test_a_child_that_never_starts_is_a_sentence(nvml_stub, sysfs):
    environment = nvml_stub("h100x8") | {"PYTHONHOME": "/nowhere"}
    with GpuProbe(environment=environment, sysfs=sysfs.root) as probe:
        assert probe.driver().trouble is Trouble.CRASHED
        assert probe.sample() == ()


def test_a_device_this_user_may_not_open_says_so(open_probe):
    probe = open_probe("no-permission-device")
    device = probe.devices()[0]
    assert (device.lost, device.trouble) == ("may not be opened by this user", Trouble.NO_PERMISSION)
    assert set(probe.sample()[0].absent.values()) == {Absence.NO_PERMISSION}


def test_a_gpu_lost_while_sampling_leaves_the_others_and_keeps_its_description(open_probe):
    probe = open_probe("falls-off", lost_after=2)
    described = probe.devices()
    for _ in range(2):
        assert all(sample.gpu_util_pct == 3 for sample in probe.sample())
    samples = probe.sample()
    assert [sample.gpu_util_pct for sample in samples] == [3, 3, 3, 3, 3, None, 3, 3]
    assert set(samples[5].absent.values()) == {Absence.LOST}
    assert samples[5].uuid == described[5].uuid
    lost = probe.devices()[5]
    assert (lost.lost, lost.trouble, lost.name) == ("has fallen off the bus", Trouble.FALLEN_OFF, described[5].name)


def test_a_gpu_lost_before_it_was_ever_read_keeps_its_place(open_probe, sysfs):
    for bus in ("1b", "43", "52", "61", "9d", "c3", "d1", "df"):
        sysfs.add(f"0000:{bus}:00.0")
    devices = open_probe("falls-off-now").devices()
    assert [device.lost for device in devices] == [None] * 5 + ["has fallen off the bus"] + [None] * 2
    assert devices[5].id == "gpu:5"
    assert devices[5].pci_slot == "0000:c3:00.0"  # the one slot that nobody else has
    assert devices[5].absent["name"] is Absence.LOST


def test_a_lost_gpu_is_asked_again_later_and_comes_back(open_probe):
    clock = Clock()
    probe = open_probe("falls-off", count=2, lost_index=1, lost_after=1, probe={"clock": clock, "retry_s": 60.0})
    probe.sample()
    assert probe.sample()[1].gpu_util_pct is None
    clock.now += 59.0
    assert probe.sample()[1].gpu_util_pct is None
    clock.now += 1.0
    assert probe.sample()[1].gpu_util_pct == 3  # a new child opens the driver anew
    assert probe.devices()[1].lost is None


def test_a_gpu_that_hangs_is_reported_and_left_alone_while_the_other_is_read(open_probe, tmp_path):
    log = tmp_path / "log"
    clock = Clock()
    probe = open_probe("hang", hang_after=1, log=log, probe=SOON | {"clock": clock, "retry_s": 60.0})
    assert all(sample.gpu_util_pct == 3 for sample in probe.sample())
    healthy, hung = probe.sample()
    assert healthy.gpu_util_pct == 3
    assert set(hung.absent.values()) == {Absence.LOST}
    assert probe.devices()[1].lost == "did not answer within 1 s"
    assert probe.devices()[1].trouble is Trouble.NO_ANSWER
    touched = [gpu for _, gpu in calls_of(log)].count(1)
    assert probe.sample()[0].gpu_util_pct == 3
    assert [gpu for _, gpu in calls_of(log)].count(1) == touched
    clock.now += 60.0
    assert probe.sample()[1].gpu_util_pct == 3


def test_a_gpu_that_cannot_even_be_opened_does_not_hide_the_other(open_probe, sysfs):
    sysfs.add("0000:1b:00.0")
    sysfs.add("0000:43:00.0")
    probe = open_probe("hang", hang_at="handle", probe={"start_timeout_s": 3.0})
    healthy, hung = probe.devices()
    assert (healthy.id, healthy.lost, healthy.name) == ("gpu:0", None, "NVIDIA H100 80GB HBM3")
    assert (hung.id, hung.pci_slot, hung.lost) == ("gpu:1", "0000:43:00.0", "did not answer within 3 s")


def test_one_that_hangs_again_is_left_alone_for_twice_as_long(open_probe, tmp_path):
    log = tmp_path / "log"
    clock = Clock()
    options = {"timeout_s": 1.0, "start_timeout_s": 3.0, "clock": clock, "retry_s": 10.0}
    probe = open_probe("hang", log=log, probe=options)
    assert probe.devices()[1].trouble is Trouble.NO_ANSWER
    clock.now += 10.0
    assert probe.devices()[1].trouble is Trouble.NO_ANSWER
    touched = [gpu for _, gpu in calls_of(log)].count(1)
    clock.now += 10.0
    probe.sample()
    assert [gpu for _, gpu in calls_of(log)].count(1) == touched
    clock.now += 10.0
    probe.sample()
    assert [gpu for _, gpu in calls_of(log)].count(1) > touched


def test_a_child_that_was_killed_is_replaced_without_anybody_noticing(open_probe):
    probe = open_probe("h100x8", count=2)
    probe.sample()
    os.kill(probe._service._child.pid, signal.SIGKILL)
    assert [sample.gpu_util_pct for sample in probe.sample()] == [3, 3]
    assert probe.driver().problem is None


def test_a_gpu_that_takes_its_reader_down_twice_is_lost_alone(open_probe):
    probe = open_probe("crash")
    healthy, crashed = probe.sample()
    assert healthy.gpu_util_pct == 3
    assert crashed.absent["gpu_util_pct"] is Absence.LOST
    assert probe.devices()[1].trouble is Trouble.CRASHED


def test_a_sleeping_gpu_is_listed_and_not_woken(open_probe, sysfs, tmp_path):
    sysfs.add("0000:1b:00.0")
    sysfs.add("0000:43:00.0", status="suspended")
    log = tmp_path / "log"
    probe = open_probe("h100x8", count=2, log=log)
    awake, asleep = probe.devices()
    assert (awake.asleep, asleep.asleep, asleep.lost) == (False, True, None)
    assert (asleep.id, asleep.pci_slot) == ("gpu:1", "0000:43:00.0")
    assert set(asleep.absent.values()) == {Absence.ASLEEP}
    assert set(probe.sample()[1].absent.values()) == {Absence.ASLEEP}
    assert 1 not in {gpu for _, gpu in calls_of(log)}
    sysfs.set_status("0000:43:00.0", "active")
    assert probe.sample()[1].gpu_util_pct == 3
    assert probe.devices()[1].name == "NVIDIA H100 80GB HBM3"
    sysfs.set_status("0000:43:00.0", "suspended")
    again = probe.devices()[1]
    assert (again.asleep, again.name) == (True, "NVIDIA H100 80GB HBM3")


def test_a_sleeping_gpu_is_read_when_asked_to_wake_it(open_probe, sysfs):
    sysfs.add("0000:1b:00.0", status="suspended")
    assert open_probe("consumer", probe={"wake": True}).sample()[0].gpu_util_pct == 3


def test_cards_that_are_not_the_drivers_to_serve_are_not_counted(open_probe, sysfs):
    sysfs.add("0000:1b:00.0")
    sysfs.add("0000:43:00.0", status="suspended", driver="vfio-pci")
    sysfs.add("0000:52:00.0", status="suspended")  # the driver's, but outside this container
    assert [device.id for device in open_probe("consumer").devices()] == ["gpu:0"]


def test_sampling_asks_for_the_fields_once_and_never_for_processes(open_probe, tmp_path):
    log = tmp_path / "log"
    probe = open_probe("h100x8", count=1, log=log)
    probe.devices()
    before = len(calls_of(log))
    probe.sample()
    asked = [function for function, _ in calls_of(log)[before:]]
    assert asked.count("nvmlDeviceGetFieldValues") == 1
    assert not [function for function in asked if "Process" in function]


def test_compute_processes_are_listed_when_asked_for(open_probe):
    probe = open_probe("busy")
    uuid = probe.devices()[0].uuid
    found = Reading((ComputeProcess(pid=4242, memory_used_bytes=60000 * 2**20),))
    assert probe.compute_processes(uuid) == found
    with pytest.raises(LookupError, match="GPU-other"):
        probe.compute_processes("GPU-other")


def test_what_the_library_prints_does_not_reach_the_answers(open_probe):
    probe = open_probe("h100x8", count=2, noise=1)
    assert [sample.gpu_util_pct for sample in probe.sample()] == [3, 3]


def test_closing_does_not_wait_for_a_hung_device(open_probe, tmp_path):
    log = tmp_path / "log"
    probe = open_probe("hang", log=log, probe={"timeout_s": 2 * DEADLINE_S})
    reading = threading.Thread(target=probe.sample, daemon=True)
    reading.start()
    wait_until(lambda: ("nvmlDeviceGetMigMode", 1) in calls_of(log))
    closing = threading.Thread(target=probe.close, daemon=True)
    closing.start()
    closing.join(DEADLINE_S)
    reading.join(DEADLINE_S)
    assert not closing.is_alive()
    assert not reading.is_alive()


def test_no_child_is_started_where_there_is_no_library(monkeypatch):
    monkeypatch.setattr(service, "library_found", lambda _environment: False)
    monkeypatch.setattr(service, "Child", lambda *_: pytest.fail("a child was started"))
    with GpuProbe() as probe:
        assert probe.driver() == Driver()
        assert probe.devices() == probe.sample() == ()


def test_the_library_is_found_where_a_child_would_find_it(nvml_stub, tmp_path):
    assert GpuProbe.library_found(nvml_stub("h100x8"))
    found = GpuProbe.library_found({"LD_LIBRARY_PATH": str(tmp_path)})
    assert found == GpuProbe.library_found({})


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_child_in_the_middle_of_a_hung_call_dies_with_its_parent(nvml_stub, tmp_path):
    log = tmp_path / "log"
    program = (
        "import threading\n"
        "from netmind_tui.probe.gpu import GpuProbe\n"
        "probe = GpuProbe(start_timeout_s=600)\n"
        "probe.driver()\n"
        "print(probe._service._child.pid, flush=True)\n"
        "probe.sample()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=nvml_stub("hang", log=log)
    ) as parent:
        child = int(parent.stdout.readline())
        wait_until(lambda: ("nvmlDeviceGetMigMode", 1) in calls_of(log))
        assert not has_ended(child)
        parent.kill()
    wait_until(lambda: has_ended(child))


def has_ended(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_the_parents_side_imports_neither_the_binding_nor_the_heavy_libraries():
    program = (
        "import sys, netmind_tui.probe.gpu\n"
        "print(*({'pynvml', 'msgspec', 'psutil', 'numpy', 'ctypes', 'asyncio', 'logging'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []

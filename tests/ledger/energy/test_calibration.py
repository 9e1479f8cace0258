"""Baselines are measured while nothing happens, for as long as was asked; whatever is not idle has none."""

import subprocess
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from netmind_tui.ledger.energy import calibration, load
from netmind_tui.ledger.energy.calibration import Calibrator
from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.metering import EnergyMethod
from netmind_tui.model.problem import Stopped
from netmind_tui.model.reading import Absence
from netmind_tui.model.sample import DeviceSample, HostSample, Sample

POPEN = subprocess.Popen
NOW = datetime(2026, 11, 27, 18, 0, tzinfo=UTC)
CARD = Device(id="gpu:0", kind=DeviceKind.GPU, uuid="GPU-0", name="a card")
OTHER = Device(id="gpu:1", kind=DeviceKind.GPU, uuid="GPU-1")
CPU = Device(id="cpu", kind=DeviceKind.CPU, name="a processor")


class Machine:
    """Devices that draw what they are told to, on a clock that moves when somebody waits."""

    def __init__(self):
        self.at_s = 100.0
        self.idle_w = {"gpu:0": 20.0, "gpu:1": 30.0}
        self.cpu_w: float | None = 15.0
        self.loaded_w = 15.0
        self.busy_pct = {"gpu:0": 0, "gpu:1": 0}
        self.cpu_pct = 1.0
        self.users: dict[str, str] = {}
        self.asked: list[str] = []
        self.loads: list[int] = []
        self._energy_j = dict.fromkeys(["gpu:0", "gpu:1", "cpu"], 0.0)
        self._last_s = self.at_s

    def sample(self):
        passed_s, self._last_s = self.at_s - self._last_s, self.at_s
        watts = {**self.idle_w, "cpu": self.cpu_w or 0.0}
        for name in self._energy_j:
            self._energy_j[name] += watts[name] * passed_s
        cards = tuple(
            DeviceSample(device=name, energy_j=self._energy_j[name], gpu_util_pct=self.busy_pct[name])
            for name in self.idle_w
        )
        absent = {} if self.cpu_w is not None else {"energy_j": Absence.NO_PERMISSION}
        own_j = None if self.cpu_w is None else self._energy_j["cpu"]
        host = HostSample(energy_j=own_j, cpu_util_pct=self.cpu_pct, absent=absent)
        return Sample(at="", host=host, devices=cards)

    def in_use(self, device):
        self.asked.append(device.id)
        return self.users.get(device.id)

    def wait(self, seconds):
        self.at_s += max(seconds, 0.001)

    @contextmanager
    def load(self, cpus):
        self.loads.append(cpus)
        before, self.cpu_w = self.cpu_w, self.loaded_w
        self.sample()
        yield
        self.cpu_w = before

    def run(self, *devices, duration_s=60.0, tell=lambda _progress: None):
        made = Calibrator(self, self.in_use, lambda: NOW, clock=lambda: self.at_s, wait=self.wait, load=self.load)
        return made.run(devices, duration_s, tell)


@pytest.fixture
def machine():
    return Machine()


def test_every_device_is_measured_at_once_for_as_long_as_was_asked(machine):
    found = machine.run(CARD, OTHER, duration_s=90.0)
    assert [(each.device, each.uuid, each.idle_w) for each in found.baselines] == [
        ("gpu:0", "GPU-0", pytest.approx(20.0)),
        ("gpu:1", "GPU-1", pytest.approx(30.0)),
    ]
    assert {(each.made_at, each.duration_s, each.method) for each in found.baselines} == {
        (NOW, 90.0, EnergyMethod.NVML_ENERGY)
    }
    assert machine.at_s == pytest.approx(190.0)
    assert found.failed == ()


def test_a_device_that_somebody_computes_on_is_refused_before_a_second_is_spent(machine):
    machine.users["gpu:0"] = "pid 7 (game) computes on it"
    found = machine.run(CARD)
    assert (found.baselines, machine.at_s) == ((), 100.0)
    assert [(each.device, each.why) for each in found.failed] == [("gpu:0", "pid 7 (game) computes on it")]


def test_one_that_somebody_begins_to_use_is_given_up_and_the_others_go_on(machine):
    def tell(progress):
        if progress.done_s >= 20:
            machine.users["gpu:0"] = "pid 7 (game) computes on it"

    found = machine.run(CARD, OTHER, tell=tell)
    assert [each.device for each in found.baselines] == ["gpu:1"]
    assert [each.device for each in found.failed] == ["gpu:0"]


def test_one_that_was_begun_to_be_used_at_the_very_end_is_no_baseline_either(machine):
    def tell(progress):
        if progress.done_s >= progress.of_s:
            machine.users["gpu:0"] = "pid 7 (game) computes on it"

    assert machine.run(CARD, tell=tell).baselines == ()


def test_where_processes_are_hidden_how_busy_it_is_tells(machine):
    machine.busy_pct["gpu:0"] = 40
    (failed,) = machine.run(CARD).failed
    assert failed.why == "it was busy, up to 40 %: end what uses it, and calibrate again"


def test_a_busy_moment_is_borne(machine):
    def tell(progress):
        machine.busy_pct["gpu:0"] = 90 if 10 <= progress.done_s < 14 else 0

    assert [each.device for each in machine.run(CARD, tell=tell).baselines] == ["gpu:0"]


def test_what_tells_nothing_of_its_power_is_refused_at_once_with_the_setting_that_does(machine):
    machine.cpu_w = None
    (failed,) = machine.run(CPU).failed
    assert machine.at_s == 100.0
    assert failed.why == (
        "its power cannot be read (no permission): declare it, netmind config set device.cpu.idle_watts WATTS"
    )


@pytest.mark.parametrize(
    ("device", "why"),
    [
        (Device(id="gpu:0", kind=DeviceKind.GPU, lost="fell off the bus"), "it cannot be read: fell off the bus"),
        (Device(id="gpu:0", kind=DeviceKind.GPU, asleep=True), "it sleeps"),
        (Device(id="mig:0.0", kind=DeviceKind.MIG), "a slice has no power of its own"),
    ],
)
def test_what_cannot_be_measured_says_why(machine, device, why):
    (failed,) = machine.run(device).failed
    assert failed.why.startswith(why)


def test_the_processor_is_then_kept_busy_to_learn_what_its_work_draws(machine, monkeypatch):
    machine.loaded_w = 95.0
    monkeypatch.setattr(calibration, "usable_cpus", lambda: 8)
    (found,) = machine.run(CPU).baselines
    assert (found.idle_w, found.busy_w, found.logical_cpus) == (pytest.approx(15.0), pytest.approx(95.0), 8)
    assert (found.method, machine.loads) == (EnergyMethod.RAPL, [8])


def test_a_processor_that_draws_no_more_under_load_tells_nothing_of_it(machine):
    (found,) = machine.run(CPU).baselines
    assert (found.busy_w, found.logical_cpus) == (None, None)


def test_a_busy_processor_has_no_baseline_and_is_not_loaded(machine):
    machine.cpu_pct = 60.0
    assert machine.run(CPU).baselines == ()
    assert machine.loads == []


def test_progress_is_told_after_each_reading(machine):
    told = []
    machine.run(CARD, tell=told.append)
    assert [round(each.done_s) for each in told] == list(range(61))
    assert {(each.of_s, each.devices) for each in told} == {(60.0, ("gpu:0",))}


def test_an_interruption_ends_it_there(machine):
    def tell(progress):
        if progress.done_s >= 3:
            raise Stopped(130)

    with pytest.raises(Stopped):
        machine.run(CARD, tell=tell)
    assert machine.at_s == pytest.approx(103.0)


def test_the_load_is_of_children_that_are_gone_with_the_block(monkeypatch):
    started = []

    def start(*arguments, **options):
        started.append(POPEN(*arguments, **options))
        return started[-1]

    monkeypatch.setattr(load.subprocess, "Popen", start)
    with load.busy(2):
        assert [each.poll() for each in started] == [None, None]
    assert all(each.returncode is not None for each in started)

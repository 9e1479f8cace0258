"""One sampler for all who look: several lanes of a run, and whoever shows the machine meanwhile."""

import pytest

from netmind_tui.bench.senses import SharedSample
from netmind_tui.model.reading import Absence
from netmind_tui.model.sample import DeviceSample, HostSample, Sample


class Machine:
    """Samples numbered by how often it was read, on a clock that moves when told."""

    def __init__(self, *devices):
        self.now, self.readings, self.devices = 100.0, 0, devices

    def clock(self):
        return self.now

    def sample(self):
        self.readings += 1
        return Sample(at=f"T{self.readings}", host=HostSample(), devices=self.devices)


def shared(machine):
    return SharedSample(machine.sample, machine.clock)


def test_whoever_comes_soon_after_another_sees_the_same():
    machine = Machine()
    look = shared(machine).look
    assert look(1.0) == look(1.0)
    machine.now += 0.9
    assert look(1.0)[1].at == "T1"
    assert look(0.05)[1].at == "T2"
    machine.now += 1.1
    taken_at, sample = look(1.0)
    assert (taken_at, sample.at) == (machine.now, "T3")


def test_two_devices_measured_while_the_interface_looks_cost_one_reading_a_second():
    machine = Machine()
    one = shared(machine)
    shown = []
    for _ in range(20):
        shown.append(one.sample().at)
        for _ in range(2):
            machine.now += 0.3
            one.look(1.0)
        machine.now += 0.4
    assert machine.readings == 20
    assert shown == [f"T{number}" for number in range(1, 21)]


def test_a_sampler_with_a_pace_of_its_own_shows_what_was_just_read_for_a_run():
    machine = Machine()
    one = shared(machine)
    one.look(0.05)
    machine.now += 0.4
    assert one.sample().at == "T1"
    machine.now += 0.2
    assert one.sample().at == "T2"


@pytest.mark.parametrize(
    ("part", "is_shown"),
    [
        (DeviceSample(device="gpu:0", uuid="GPU-1", temperature_c=50), True),
        (DeviceSample(device="gpu:0", uuid="GPU-2", temperature_c=50), False),
        (DeviceSample(device="gpu:1", uuid="GPU-1", temperature_c=50), False),
        (DeviceSample(device="gpu:0", uuid="GPU-1", absent={"temperature_c": Absence.ASLEEP}), False),
        (DeviceSample(device="gpu:0", uuid="GPU-1", absent={"temperature_c": Absence.LOST}), False),
        (DeviceSample(device="gpu:0", uuid="GPU-1", absent={"fan_speed_pct": Absence.NOT_SUPPORTED}), True),
    ],
    ids=["there", "replaced", "numbered otherwise", "asleep", "lost", "without a fan"],
)
def test_a_device_is_shown_if_it_answers_under_its_own_name(gpu, part, is_shown):
    assert shared(Machine(part)).shows([gpu]) is is_shown


def test_no_device_at_all_is_shown_by_anything():
    assert shared(Machine()).shows([])

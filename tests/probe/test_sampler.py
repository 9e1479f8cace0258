"""The sampler, over sources that answer, fail, change and never return."""

import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest

from netmind_tui.model.reading import Absence
from netmind_tui.model.sample import DeviceSample, HostSample, Sample
from netmind_tui.probe.sampler import MachineSource, Sampler, as_stale

DEADLINE_S = 30.0


class Clock:
    """A clock that moves when told."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


class Script:
    """A source that gives samples numbered by their load, or raises where it is told to."""

    def __init__(self, *failures):
        self.failures = dict(failures)
        self.count = 0

    def sample(self):
        self.count += 1
        if self.count in self.failures:
            raise self.failures[self.count]
        return Sample(at=f"T{self.count}", host=HostSample(load_1m=float(self.count)))


def test_the_newest_sample_is_the_latest_and_the_history_is_bounded():
    sampler = Sampler(Script(), history_length=3)
    assert sampler.latest() is None
    for _ in range(5):
        sampler.tick()
    assert sampler.latest().at == "T5"
    assert [sample.at for sample in sampler.history()] == ["T3", "T4", "T5"]


def test_a_sample_that_grew_old_has_no_values_and_says_why():
    clock = Clock()
    sampler = Sampler(Script(), period_s=1.0, clock=clock)
    sampler.tick()
    clock.now += 3.0
    assert not sampler.is_stale()
    assert sampler.latest().host.load_1m == 1.0
    clock.now += 0.1
    assert sampler.is_stale()
    assert sampler.latest().host.load_1m is None
    assert sampler.latest().host.absent["load_1m"] is Absence.STALE
    assert sampler.history()[0].host.load_1m == 1.0


def test_going_stale_keeps_identity_and_the_reasons_that_were_there():
    device = DeviceSample(device="gpu:0", uuid="GPU-1", power_draw_w=1.0, absent={"fan_speed_pct": Absence.LOST})
    sample = Sample(at="T", host=HostSample(), devices=(device,))
    stale = as_stale(sample).devices[0]
    assert (stale.device, stale.uuid, stale.power_draw_w) == ("gpu:0", "GPU-1", None)
    assert stale.absent["power_draw_w"] is Absence.STALE
    assert stale.absent["fan_speed_pct"] is Absence.LOST


def test_an_error_costs_its_sample_and_one_line_until_it_changes(caplog):
    flaky = Script((2, OSError("no")), (3, OSError("no")), (4, ValueError("odd")), (6, OSError("no")))
    sampler = Sampler(flaky)
    for _ in range(6):
        sampler.tick()
    assert [sample.at for sample in sampler.history()] == ["T1", "T5"]
    assert [record.getMessage() for record in caplog.records] == [
        "the machine could not be read: OSError: no",
        "the machine could not be read: ValueError: odd",
        "the machine could not be read: OSError: no",
    ]


def test_listeners_hear_every_sample_until_they_leave_and_one_that_fails_disturbs_no_other(caplog):
    heard = []

    def fail(_sample):
        raise RuntimeError("deaf")

    sampler = Sampler(Script())
    sampler.listen(fail)
    leave = sampler.listen(lambda sample: heard.append(sample.at))
    sampler.tick()
    sampler.tick()
    leave()
    leave()
    sampler.tick()
    assert heard == ["T1", "T2"]
    assert {record.getMessage() for record in caplog.records} == {"a listener failed: RuntimeError: deaf"}


def test_a_failing_listener_is_logged_once(caplog):
    def fail(_sample):
        raise RuntimeError("deaf")

    sampler = Sampler(Script())
    sampler.listen(fail)
    sampler.tick()
    sampler.tick()
    assert len(caplog.records) == 1


def test_the_thread_samples_until_it_is_stopped():
    third = threading.Event()
    sampler = Sampler(Script(), period_s=0.001)
    sampler.listen(lambda sample: third.set() if sample.at == "T3" else None)
    sampler.start()
    assert third.wait(DEADLINE_S)
    sampler.stop()
    assert not sampler._thread.is_alive()


def test_a_source_that_never_returns_holds_neither_its_readers_nor_the_end():
    entered, released = threading.Event(), threading.Event()
    clock = Clock()

    class Stuck(Script):
        def sample(self):
            if self.count == 1:
                entered.set()
                released.wait()
            return super().sample()

    sampler = Sampler(Stuck(), period_s=0.001, stale_after_s=5.0, clock=clock)
    sampler.start()
    clock.now += 1.0
    assert entered.wait(DEADLINE_S)
    assert sampler.latest().host.load_1m == 1.0
    clock.now += 10.0
    assert sampler.latest().host.absent["load_1m"] is Absence.STALE
    stopping = threading.Thread(target=sampler.stop, daemon=True)
    stopping.start()
    stopping.join(DEADLINE_S)
    assert not stopping.is_alive()  # although the source has not returned
    released.set()
    sampler._thread.join(DEADLINE_S)
    assert not sampler._thread.is_alive()


def test_a_listener_may_stop_the_sampler():
    sampler = Sampler(Script(), period_s=0.001)
    sampler.listen(lambda _sample: sampler.stop())
    sampler.start()
    sampler._thread.join(DEADLINE_S)
    assert len(sampler.history()) == 1


class Fixed:
    def __init__(self, answer):
        self.answer = answer

    def sample(self):
        return self.answer


@pytest.mark.parametrize("gpu", [None, Fixed((DeviceSample(device="gpu:0"),))])
def test_the_machine_is_its_host_and_the_gpus_it_may_have(gpu):
    host = HostSample(load_1m=0.5)
    zone = timezone(timedelta(hours=2))
    source = MachineSource(Fixed(host), gpu, now=lambda: datetime(2026, 3, 1, 14, 0, 0, 123456, zone))
    devices = () if gpu is None else gpu.answer
    assert source.sample() == Sample(at="2026-03-01T12:00:00.123Z", host=host, devices=devices)


def test_the_time_of_a_sample_is_utc():
    before = datetime.now(UTC)
    at = datetime.fromisoformat(MachineSource(Fixed(HostSample())).sample().at)
    assert at.utcoffset() == timedelta(0)
    assert at >= before.replace(microsecond=before.microsecond // 1000 * 1000)

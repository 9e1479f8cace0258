"""Samples grow coarser with age, take a bounded place, and are written a minute at a time."""

import random
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from netmind_tui.model.control import HistoryQuery
from netmind_tui.model.problem import Problem
from netmind_tui.model.sample import DeviceSample, HostSample, Sample
from netmind_tui.node.journal.rollup import Rollups
from netmind_tui.node.journal.step import HOST, Step, pack, unpack
from netmind_tui.node.journal.store import STEPS, Journal

T0 = datetime(2026, 11, 27, 18, 0, tzinfo=UTC)


def sample(second: float, *, util: int | None = 50, uuid: str = "GPU-a", energy_j: float | None = None) -> Sample:
    counter = second * 100.0 if energy_j is None else energy_j
    card = DeviceSample(
        device="gpu:0",
        uuid=uuid,
        gpu_util_pct=util,
        memory_used_bytes=3 << 30,
        power_draw_w=100.5,
        temperature_c=61,
        energy_j=counter,
        throttle_sw_power_cap_ns=int(second * 250_000_000),
    )
    at = (T0 + timedelta(seconds=second)).isoformat()
    return Sample(at=at, host=HostSample(cpu_util_pct=12.5, memory_used_bytes=1 << 30), devices=(card,))


class Made:
    def __init__(self, journal: Journal) -> None:
        self.now = T0
        self.rollups = Rollups(journal, clock=lambda: self.now)
        self.batches = 0

    def feed(self, samples) -> None:
        for each in samples:
            self.now = datetime.fromisoformat(each.at)
            if self.rollups.add(each):
                self.batches += 1
                assert self.rollups.write()

    def series(self, metric: str, start_s: float, end_s: float, *, device: str = "gpu:0", step_s=None):
        query = HistoryQuery(
            start=T0 + timedelta(seconds=start_s),
            end=T0 + timedelta(seconds=end_s),
            devices=(device,),
            metrics=(metric,),
            step_s=step_s,
        )
        found = self.rollups.history(query).series
        return found[0] if found else None


@pytest.fixture
def made(journal) -> Made:
    return Made(journal)


def test_the_last_ten_minutes_are_there_by_the_second(made):
    made.feed(sample(n, util=n % 100) for n in range(300))
    found = made.series("gpu_util_pct", 100, 110)
    assert (found.step_s, found.mean) == (1, tuple(float(n % 100) for n in range(100, 110)))


def test_nothing_is_written_between_minutes(made, journal):
    made.feed(sample(n) for n in range(60))
    assert made.batches == 0
    assert list(journal.steps(10, 0, 1 << 40)) == []
    made.feed([sample(60)])
    assert made.batches == 1
    assert len(list(journal.steps(10, 0, 1 << 40))) == 6


def test_older_time_is_there_in_ten_second_steps_with_its_lowest_mean_and_highest(made):
    made.feed(sample(n, util=n % 10 * 10) for n in range(900))
    found = made.series("gpu_util_pct", 0, 900)
    assert found.step_s == 10
    assert set(found.mean) == {45.0}
    assert (set(found.low), set(found.high)) == ({0.0}, {90.0})
    assert len(found.mean) == 90


def test_energy_and_throttling_are_what_came_in_each_step_and_add_up(made):
    made.feed(sample(n) for n in range(1900))
    energy = made.series("energy_j", 0, 1900, step_s=60).mean
    assert sum(energy) == pytest.approx(1899 * 100.0, rel=1e-4)
    assert made.series("throttle_sw_power_cap_s", 0, 1900, step_s=900).mean[1] == pytest.approx(225, rel=0.01)


def test_a_counter_that_began_anew_and_a_gap_count_for_nothing(made):
    made.feed([sample(0, energy_j=5000.0), sample(1, energy_j=3.0), sample(2, energy_j=4.0), sample(500)])
    assert [each for each in made.series("energy_j", 0, 501).mean if each is not None] == [1.0]


def test_what_could_not_be_read_stays_unknown(made):
    made.feed(sample(n, util=None if n < 10 else 70) for n in range(20))
    assert made.series("gpu_util_pct", 8, 12).mean == (None, None, 70.0, 70.0)


def test_the_host_stands_under_a_name_of_its_own(made):
    made.feed(sample(n) for n in range(3))
    assert made.series("cpu_util_pct", 0, 3, device=HOST).mean == (12.5,) * 3
    assert made.series("power_draw_w", 0, 3, device=HOST) is None


def test_a_replaced_card_has_a_history_of_its_own(made):
    made.feed(sample(n, util=10, uuid="GPU-old") for n in range(60))
    made.feed(sample(n, util=90, uuid="GPU-new") for n in range(60, 130))
    assert set(made.series("gpu_util_pct", 0, 130).mean) == {None, 90.0}
    assert set(made.series("gpu_util_pct", 0, 130, device="GPU-old").mean) == {10.0, None}


def test_a_restart_loses_no_minute_that_was_written(path):
    with closing(Journal.open(path)) as journal:
        before = Made(journal)
        before.feed(sample(n) for n in range(1000))
        before.rollups.close()
    with closing(Journal.open(path)) as journal:
        after = Made(journal)
        after.feed(sample(n, util=70) for n in range(1000, 2000))
        found = after.series("gpu_util_pct", 0, 1990)
        assert found.mean == (50.0,) * 100 + (70.0,) * 99
        # The minute and the quarter in which it was restarted are whole.
        assert after.series("gpu_util_pct", 960, 1020, step_s=60).mean[0] == pytest.approx(
            (40 * 50 + 20 * 70) / 60, rel=1e-3
        )
        assert after.series("gpu_util_pct", 0, 1800, step_s=900).mean[1] == pytest.approx(
            (100 * 50 + 800 * 70) / 900, rel=1e-3
        )


def test_a_clock_that_is_set_back_breaks_nothing(made):
    made.feed([*(sample(n) for n in range(200)), *(sample(n) for n in range(50, 300))])
    made.rollups.close()
    assert set(made.series("gpu_util_pct", 0, 300, step_s=10).mean) == {50.0}


def test_samples_are_no_reason_to_fail_on_a_full_disk(made, journal, monkeypatch):
    monkeypatch.setattr(journal, "put_steps", lambda _rows: False)
    for n in range(7200):
        made.rollups.add(sample(n))
        if n % 60 == 1:
            made.rollups.write()
    assert len(made.rollups._ready) == 60


def test_an_end_before_its_beginning_is_refused(made):
    with pytest.raises(Problem, match="the end is not after the start"):
        made.series("energy_j", 10, 10)


def test_any_step_survives_being_packed():
    chance = random.Random(3)
    step = Step(samples=7, low=[1.25, None, 0.0, 3.0], mean=[2.5, None, 8.0, 3.5], high=[100.0, None, 6000.0, 99.0])
    step.amounts = [12345.6, None, 1.5, 0.0, 900.0]
    found = unpack(pack({65_000: step, 3: Step()}))
    assert found == {65_000: step, 3: Step()}
    assert unpack(pack({1: step})[: chance.randrange(1, 40)]) == {}


def test_two_years_of_eight_cards_take_at_most_64_mib(path):
    chance = random.Random(1)
    size = len(pack({1: Step()}))
    now = int(T0.timestamp())
    with closing(Journal.open(path)) as journal:
        numbers = [journal.number_of(f"gpu:{n}" if n else HOST, f"GPU-{n}") for n in range(9)]
        for step_s, most in STEPS.items():
            # More than stays, so that the oldest must go.
            starts = range(now // step_s * step_s - (most + 2000) * step_s, now // step_s * step_s, step_s)
            for begin in range(0, len(starts), 1000):
                body = b"".join(n.to_bytes(2, "little") + chance.randbytes(size - 2) for n in numbers)
                journal.put_steps([(step_s, at, body) for at in starts[begin : begin + 1000]])
            assert sum(1 for _ in journal.steps(step_s, 0, 1 << 40)) == most
        assert sum(file.stat().st_size for file in path.parent.iterdir()) <= 64 << 20

"""From the real binding over a scripted driver to kilowatt-hours that were worked out by hand."""

from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from netmind_tui.ledger.energy import PowerBook, cost_of, used_in
from netmind_tui.model.metering import Activity, EnergyMethod
from netmind_tui.model.money import Asset
from netmind_tui.model.sample import HostSample
from netmind_tui.model.tariff import PriceSlot
from netmind_tui.node.agent.clock import Moment
from netmind_tui.node.meter.meter import Meter
from netmind_tui.node.meter.reader import Reader
from netmind_tui.node.meter.store import Store
from netmind_tui.probe.sampler import MachineSource

START = datetime(2026, 11, 27, 18, 0, tzinfo=UTC)
SLOT = "0000:1b:00.0"
KWH = 3_600_000_000


@dataclass
class Run:
    """An agent's meter over a driver whose counters stand where the script says."""

    path: Path
    script: Path
    source: MachineSource
    meter: Meter = field(init=False)
    at_s: float = 0.0
    cpu_s: dict[str, float] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)

    def moment(self) -> Moment:
        at = START + timedelta(seconds=self.at_s)
        return Moment(at=at, monotonic_s=1000 + self.at_s, uptime_s=2000 + self.at_s, boot="b", zone="UTC")

    def look(self, seconds: float, **figures: int) -> None:
        """So much later: counters in mJ (``energy_0``), power in mW (``power_0``); what is not said stands still."""
        self.at_s += seconds
        self.lines |= figures
        self.script.write_text("".join(f"{key.replace('_', ' ')} {value}\n" for key, value in self.lines.items()))
        self.meter.look(self.moment(), self.source.sample(), self.cpu_s.get)
        self.meter.save()

    def turn(self, device: str, activity: Activity | None, uuid: str, workload: str | None = None) -> None:
        number = None if workload is None else f"{workload}-1"
        cpu_s = None if workload is None else self.cpu_s.get(f"{workload}-1")
        self.meter.turned(device, activity, uuid=uuid, workload=workload, number=number, now=self.moment(), cpu_s=cpu_s)


class Host:
    """A processor package whose counter stands where the test says."""

    def __init__(self):
        self.energy_j: float | None = None

    def sample(self):
        return HostSample(energy_j=self.energy_j)


@pytest.fixture
def host():
    return Host()


@pytest.fixture
def run(open_probe, sysfs, tmp_path, host):
    for slot in (SLOT, "0000:43:00.0"):
        sysfs.add(slot)
    script = tmp_path / "script"
    script.write_text("")
    probe = open_probe("h100x8", count=2, now=script)
    probe.devices()
    made = Run(tmp_path / "meter.db", script, MachineSource(host, probe))
    with closing(Store(made.path)) as store:
        made.meter = Meter(store, made)
        made.meter.take_up((), made.moment())
        yield made


def uuids(run):
    return {each.device: each.uuid for each in run.source.sample().devices}


def told(run):
    run.meter.end(run.moment())
    run.meter.save()
    with closing(Reader(run.path)) as reader:
        return reader.intervals().intervals


def test_resets_gaps_and_a_sleeping_card_give_the_hand_computed_kwh(run, sysfs, baseline):
    uuid = uuids(run)["gpu:0"]
    run.look(1, energy_0=1_000_000, power_0=200_000, energy_1=0, power_1=0)
    run.turn("gpu:0", Activity.WORK, uuid, "llm")
    run.look(10, energy_0=3_000_000)  # 2,000 J by the counter
    run.look(10, energy_0=5_000_000)  # 2,000 J
    run.look(5, energy_0=500_000)  # the driver was loaded anew: 5 s at 200 W are 1,000 J
    run.look(10, energy_0=2_500_000)  # 2,000 J
    for _ in range(3):
        run.look(5, energy_0=-1, power_0=-1)  # a gap: nothing is read
    run.look(5, energy_0=6_500_000, power_0=200_000)  # what the counter went on by covers it: 4,000 J
    run.turn("gpu:0", Activity.READY, uuid)
    sysfs.set_status(SLOT, "suspended")
    for _ in range(4):
        run.look(9)  # asleep, and not woken to be read
    sysfs.set_status(SLOT, "active")
    run.look(4, energy_0=6_700_000)  # 200 J in 40 s
    run.look(20, energy_0=0, power_0=-1)  # reset, and no power: 20 s are not known
    work, ready = (each for each in told(run) if each.device == "gpu:0")

    book = PowerBook(baselines=[baseline(20.0, uuid=uuid)])
    power = book.of("gpu:0", uuid, START)
    worked, waited = used_in(work, power), used_in(ready, power)
    # 11,000 J in 55 s, of which 1,100 J idle; then 200 J.
    assert (worked.usage.energy_mj, worked.usage.idle_mj) == (11_000_000, 1_100_000)
    assert (worked.usage.duration_ms, worked.usage.energy_ms) == (55_000, 55_000)
    assert worked.usage.method is EnergyMethod.NVML_POWER  # the least sure of what it was got at by
    assert (waited.usage.energy_mj, waited.usage.idle_mj) == (200_000, 200_000)
    assert (waited.usage.duration_ms, waited.usage.energy_ms) == (60_000, 40_000)
    marginal = Fraction(worked.usage.energy_mj - worked.usage.idle_mj, KWH)
    assert marginal == Fraction(9_900, 3_600_000)  # 0.00275 kWh

    slot = PriceSlot(start=START, end=START + timedelta(hours=1), price=Decimal("0.40"), currency="EUR")
    cost = cost_of(worked.usage, work.start, work.end, [slot], lambda code: Asset(code=code, exponent=2))
    assert [move.exact for move in cost.moves] == [Fraction(11, 10_000), Fraction(11, 90_000)]


def test_two_workloads_and_the_idle_baseline_of_every_device_sum_to_the_whole(run, host, baseline):
    uuid = uuids(run)
    host.energy_j = 0.0
    run.look(1, energy_0=0, energy_1=0, power_0=0, power_1=0)
    run.cpu_s = {"llm-1": 0.0, "render-1": 0.0}
    run.turn("gpu:0", Activity.WORK, uuid["gpu:0"], "llm")
    run.turn("gpu:1", Activity.WORK, uuid["gpu:1"], "render")
    # A host that idles at 20 W, and at 5 W more for each busy logical CPU.
    for step in range(1, 11):
        run.cpu_s = {"llm-1": 20.0 * step, "render-1": 5.0 * step}
        host.energy_j = 10 * 20.0 * step + 5.0 * (20.0 + 5.0) * step
        run.look(10, energy_0=3_000_000 * step, energy_1=1_500_000 * step)
    intervals = [each for each in told(run) if each.workload]
    assert len(intervals) == 2

    processor = baseline(20.0, device="cpu", uuid=None, busy_w=60.0, logical_cpus=8)
    cards = [baseline(50.0, uuid=uuid["gpu:0"]), baseline(30.0, device="gpu:1", uuid=uuid["gpu:1"])]
    book = PowerBook(baselines=[processor, *cards])
    used = [
        used_in(each, book.of(each.device, each.uuid, each.start), book.thread(each.start), intervals[:place]).usage
        for place, each in enumerate(intervals)
    ]
    work_mj = sum(each.energy_mj - each.idle_mj + each.host_mj for each in used)
    idle_mj = sum(each.idle_mj for each in used) + 100_000 * 20
    whole_mj = 30_000_000 + 15_000_000 + round(host.energy_j * 1000)
    assert work_mj + idle_mj == whole_mj
    assert [each.host_mj for each in used] == [1_000_000, 250_000]
    assert [each.idle_mj for each in used] == [5_000_000, 3_000_000]

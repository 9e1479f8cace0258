"""A meter with clocks and samples of the test's own, and a file that it writes to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from netmind_tui.model.reading import Absence
from netmind_tui.model.sample import DeviceSample, HostSample, Sample
from netmind_tui.node.agent.clock import Moment
from netmind_tui.node.meter import store as store_module
from netmind_tui.node.meter.meter import Meter
from netmind_tui.node.meter.store import Store

START = datetime(2026, 11, 27, 18, 2, tzinfo=UTC)
NOT = Absence.NOT_SUPPORTED


@dataclass
class World:
    """All clocks in milliseconds, and what the devices' counters stand at."""

    path: Path
    ms: int = 1_000_000
    slept_ms: int = 0
    set_ms: int = 0
    zone: str = "UTC"
    boot: str = "boot-1"
    samples: int = 0
    power_w: dict[str, float] = field(default_factory=lambda: {"gpu:0": 200.0, "gpu:1": 50.0})

    def moment(self) -> Moment:
        wall = timedelta(milliseconds=self.ms - 1_000_000 + self.slept_ms + self.set_ms)
        uptime_s = (self.ms + self.slept_ms) / 1000
        return Moment(at=START + wall, monotonic_s=self.ms / 1000, uptime_s=uptime_s, boot=self.boot, zone=self.zone)

    def pass_s(self, seconds: float) -> Moment:
        self.ms += round(seconds * 1000)
        return self.moment()

    def sample(
        self,
        counters_j: Mapping[str, float | None] | None = None,
        powers_w: Mapping[str, float | None] | None = None,
        cpu_j: float | None = None,
        why: Absence = NOT,
    ) -> Sample:
        """Cards with what is given of each, and nothing else."""
        names = sorted({*(counters_j or {}), *(powers_w or {})})
        devices = []
        for name in names:
            counter, power = (counters_j or {}).get(name), (powers_w or {}).get(name)
            absent = {key: why for key, value in (("energy_j", counter), ("power_draw_w", power)) if value is None}
            devices.append(
                DeviceSample(device=name, uuid=f"GPU-{name[-1]}", energy_j=counter, power_draw_w=power, absent=absent)
            )
        host = HostSample(energy_j=cpu_j, absent={} if cpu_j is not None else {"energy_j": why})
        self.samples += 1
        return Sample(at=f"{self.samples}", host=host, devices=tuple(devices))

    def counted(self, **others: float) -> Sample:
        """Cards whose counters went on by their power since the beginning."""
        counters = {name: watts * self.ms / 1000 for name, watts in self.power_w.items()} | others
        return self.sample(counters, self.power_w)


@pytest.fixture(scope="session")
def world_class() -> type[World]:
    """For tests that need many worlds."""
    return World


@pytest.fixture(autouse=True)
def small_numbers(monkeypatch):
    """Intervals are numbered from one on."""
    monkeypatch.setattr(store_module, "base", lambda: 0)


@pytest.fixture
def world(tmp_path) -> World:
    return World(tmp_path / "agent/meter.db")


@pytest.fixture
def store(world):
    opened = Store(world.path)
    yield opened
    opened.close()


@pytest.fixture
def meter(world, store) -> Meter:
    made = Meter(store, world)
    made.take_up((), world.moment())
    return made

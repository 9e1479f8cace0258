"""Intervals, baselines and prices made by hand."""

from datetime import UTC, datetime, timedelta

import pytest

from netmind_tui.model.energy import Baseline
from netmind_tui.model.metering import Activity, EnergyMethod, Interval

START = datetime(2026, 11, 27, 18, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def interval():
    """An interval of a card, a hundred seconds of work at 300 W unless more is said."""

    def made(seconds: float = 100.0, **more) -> Interval:
        start = more.pop("start", START)
        known = {
            "id": "w-1",
            "device": "gpu:0",
            "uuid": "GPU-0",
            "activity": Activity.WORK,
            "workload": "llm",
            "start": start,
            "end": start + timedelta(seconds=seconds),
            "duration_ms": round(seconds * 1000),
            "energy_j": 300.0 * seconds,
            "energy_ms": round(seconds * 1000),
            "energy_method": EnergyMethod.NVML_ENERGY,
        }
        return Interval(**{**known, **more})

    return made


@pytest.fixture(scope="session")
def baseline():
    """A card that draws 50 ± 1 W idle, as it was found the day before."""

    def made(idle_w: float = 50.0, **more) -> Baseline:
        known = {
            "device": "gpu:0",
            "uuid": "GPU-0",
            "made_at": START - timedelta(days=1),
            "spread_w": 1.0,
            "readings": 12,
            "duration_s": 60.0,
            "method": EnergyMethod.NVML_ENERGY,
        }
        return Baseline(idle_w=idle_w, **{**known, **more})

    return made

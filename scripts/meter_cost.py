"""What metering costs on this machine: two years of eight devices as a file, their sums, and a checkpoint.

Prints a table and ends with 1 if the file is beyond its bound.
"""

import itertools
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from netmind_tui.model.metering import Activity, CutBy, EnergyMethod, Interval
from netmind_tui.model.sample import DeviceSample, HostSample, Sample
from netmind_tui.node.agent.clock import SystemClock
from netmind_tui.node.meter.meter import Meter
from netmind_tui.node.meter.reader import Reader
from netmind_tui.node.meter.store import Store

MOST_BYTES = 64 << 20
_DAYS, _SLOTS, _DEVICES, _TURNS = 730, 96, 8, 12
_LOOKS, _SAVES = 2000, 200
_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
_SLOT = timedelta(minutes=15)


def main() -> int:
    """Print it all."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "meter.db"
        rows = 0
        with closing(Store(path)) as store:
            for day in range(_DAYS):
                made = list(_day(store, day))
                store.put(made, {})
                rows += len(made)
            at = _BEGIN + timedelta(days=_DAYS)
            looks_s, saves_s = _running(store)
        size = path.stat().st_size
        print(f"intervals, {_DAYS} days of {_DEVICES} devices {rows:10,}")
        print(f"as a file                         {size / 2**20:10.1f} MiB (at most {MOST_BYTES >> 20})")
        print(f"an interval                       {size / rows:10.0f} bytes")
        with closing(Reader(path)) as reader:
            zone = ZoneInfo("Europe/Oslo")
            begun = time.perf_counter()
            days = reader.sums(("day", "device"), zone, since=at - timedelta(days=31), until=at)
            month_s = time.perf_counter() - begun
            begun = time.perf_counter()
            reader.sums(("day", "device"), zone)
            all_s = time.perf_counter() - begun
        print(f"a month by day and device         {month_s * 1000:10.0f} ms ({len(days)} sums)")
        print(f"two years by day and device       {all_s * 1000:10.0f} ms")
        print(f"a look at {_DEVICES} working devices       {looks_s / _LOOKS * 1e6:10.0f} µs")
        print(f"a checkpoint, on the disk         {saves_s / _SAVES * 1000:10.2f} ms")
        return int(size > MOST_BYTES)


def _day(store: Store, day: int) -> Iterator[Interval]:
    """Every quarter of an hour of each device, and twelve more that a day's turns make."""
    for slot in range(_SLOTS):
        start = _BEGIN + timedelta(days=day) + slot * _SLOT
        for device in range(_DEVICES):
            ends = (
                [start, start + _SLOT / 3, start + _SLOT] if slot % (_SLOTS // _TURNS) == 0 else [start, start + _SLOT]
            )
            for since, until in itertools.pairwise(ends):
                length_ms = (until - since) // timedelta(milliseconds=1)
                yield Interval(
                    id=store.new_id(),
                    device=f"gpu:{device}",
                    uuid=f"GPU-5eed0000-0000-4000-8000-00000000000{device}",
                    activity=Activity.WORK if slot % 3 else Activity.READY,
                    workload="llm" if slot % 3 else None,
                    instance=f"20260101T000000-{day // 3:08x}" if slot % 3 else None,
                    start=since,
                    end=until,
                    duration_ms=length_ms,
                    cpu_s=length_ms / 1900,
                    energy_j=length_ms * 0.2973,
                    energy_ms=length_ms,
                    energy_method=EnergyMethod.NVML_ENERGY,
                    cut_by=CutBy.SLOT,
                )


def _running(store: Store) -> tuple[float, float]:
    """Seconds for looks, and for saves, of a meter with eight devices at work."""
    clock = SystemClock()
    meter = Meter(store, clock)
    meter.take_up((), clock.moment())
    names = [f"gpu:{device}" for device in range(_DEVICES)]
    for each in names:
        meter.turned(each, Activity.WORK, workload="llm", number=f"n-{each}", now=clock.moment())
    begun = time.perf_counter()
    for number in range(_LOOKS):
        cards = tuple(DeviceSample(device=each, energy_j=number * 0.3, power_draw_w=300.0) for each in names)
        meter.look(clock.moment(), Sample(at="", host=HostSample(), devices=cards), lambda _number: 1.0)
    looks_s = time.perf_counter() - begun
    begun = time.perf_counter()
    for _ in range(_SAVES):
        meter.save()
    return looks_s, time.perf_counter() - begun


if __name__ == "__main__":
    sys.exit(main())

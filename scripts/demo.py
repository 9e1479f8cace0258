"""Make what ``netmind-tui --demo`` shows: ten minutes of a machine with eight GPUs that does not exist, and a run.

    python scripts/demo.py           write all of it into the package
    python scripts/demo.py --check   end with 1 if what is there is not what this script makes

The run is that of ``demo_run.py``, the processes are those of ``demo_uses.py``, the certificates those of
``demo_cert.py``; this file is about the recording.

Ten minutes, a sample a second. gpu:4 gets too little air: it runs at 83 °C, and the driver slows it down. gpu:2 sits
on a riser of eight lanes. gpu:5 falls off the bus after five minutes. gpu:7 has nothing to do. Each card follows the
same few equations: power follows load and clock, temperature follows power with inertia, and clocks give way when it
is hot or at its power limit. No figure is of a real card; nothing here proves anything.
"""

import argparse
import gzip
import math
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import demo_cert
import demo_run
import demo_uses

from netmind_tui.document import encode
from netmind_tui.model.device import Device, DeviceKind, Driver
from netmind_tui.model.host import Cpu, Disk, Host
from netmind_tui.model.info import Tool
from netmind_tui.model.reading import Absence
from netmind_tui.model.recording import RecordingHeader, as_document
from netmind_tui.model.sample import DeviceSample, HostSample, Sample

FOLDER = Path(__file__).parents[1] / "netmind_tui/tui"
STARTED_AT = datetime(2026, 11, 22, 14, 30, tzinfo=UTC)
SECONDS = 600
LOST_AT_S = 300
GIB = 2**30
NOT_SUPPORTED = Absence.NOT_SUPPORTED

AIR_C = 36.0  # what a card without work comes to between seven warm ones, less a degree or two
LIMIT_W = 450.0
IDLE_W = 22.0
CLOCK_MAX_MHZ = 3105
CLOCK_STEP_MHZ = 15
SLOWED_FROM_C = 81.6  # the driver takes a twentieth of the clock away for each degree above it
INERTIA_S = 45.0
SLOTS = ("01", "23", "41", "61", "81", "a1", "c1", "e1")


@dataclass
class Card:
    """One simulated card. ``k_per_w`` is how much warmer a watt makes it: dust and bad air raise it."""

    index: int
    k_per_w: float
    boost_mhz: float
    memory_gib: float
    busy: bool = True
    lanes: int = 16
    from_s: int = -10_000
    temperature_c: float = 40.0
    energy_j: float = 0.0
    slowed_s: float = 0.0

    def load(self, second: int) -> float:
        """The share of its time that it computes: work comes in batches, with a pause to load the next one."""
        if not self.busy or second < self.from_s:
            return 0.0
        into_batch = (second + 37 * self.index) % 170
        return 0.12 if into_batch < 5 else 0.35 if into_batch < 7 else 1.0

    def step(self, second: int, chance: random.Random) -> DeviceSample:
        """The next second of its life."""
        load = self.load(second)
        util = _share(load * (0.965 + 0.03 * chance.random()) + (0.0 if load else 0.02 * chance.random()))
        pace = 1 - 0.05 * max(0.0, self.temperature_c - SLOWED_FROM_C)
        clock = self.boost_mhz * pace if load > 0.2 else 1005.0 if load else 210.0
        work = 380 * load * (clock / self.boost_mhz) ** 2.4 * (0.985 + 0.03 * chance.random())
        draw = min(LIMIT_W, IDLE_W + 8 * chance.random() + work)
        self.temperature_c += (AIR_C + self.k_per_w * draw - self.temperature_c) / INERTIA_S
        slowed = pace < 0.99 and load > 0.2
        self.energy_j += draw
        self.slowed_s += 0.6 if slowed else 0.0
        return DeviceSample(
            device=f"gpu:{self.index}",
            uuid=_uuid(self.index),
            gpu_util_pct=round(100 * util),
            memory_util_pct=round(62 * util),
            memory_used_bytes=self._memory(second),
            memory_total_bytes=24 * GIB,
            power_draw_w=round(draw, 1),
            power_limit_w=LIMIT_W,
            energy_j=float(round(self.energy_j)),
            temperature_c=round(self.temperature_c),
            fan_speed_pct=round(min(100.0, max(30.0, 30 + 1.7 * (self.temperature_c - 45)))),
            sm_clock_mhz=CLOCK_STEP_MHZ * round(clock / CLOCK_STEP_MHZ),
            memory_clock_mhz=10501 if load else 405,
            pcie_generation=4 if load else 1,
            pcie_width=self.lanes,
            clocks_event_reasons=("sw_thermal_slowdown",) if slowed else () if load else ("gpu_idle",),
            throttle_sw_thermal_ns=round(self.slowed_s * 1e9),
            throttle_sw_power_cap_ns=0,
            absent={"throttle_hw_thermal_ns": NOT_SUPPORTED, "throttle_hw_power_brake_ns": NOT_SUPPORTED},
        )

    def gone(self) -> DeviceSample:
        """What is left of a card that fell off the bus: its name."""
        metrics = DeviceSample.__dataclass_fields__.keys() - {"device", "uuid", "absent"}
        ordered = [name for name in DeviceSample.__dataclass_fields__ if name in metrics]
        return DeviceSample(
            device=f"gpu:{self.index}", uuid=_uuid(self.index), absent=dict.fromkeys(ordered, Absence.LOST)
        )

    def settle(self) -> None:
        """Begin as warm as it is at its work: the recording begins in the middle of its life."""
        calm = random.Random(self.index)
        for second in range(-900, 0):
            self.step(second, calm)
        self.energy_j += 1e7 * (3 + self.index)

    def _memory(self, second: int) -> int:
        filled = min(1.0, max(0.02, (second - self.from_s + 1) / 20)) if self.busy else 1.0
        return 4 * 2**20 * round(self.memory_gib * filled * 256)


def cards() -> list[Card]:
    """The eight, as different as cards of one order are."""
    return [
        Card(0, 0.0745, 2640, 22.1),
        Card(1, 0.0765, 2625, 22.1),
        Card(2, 0.0815, 2655, 21.9, lanes=8),
        Card(3, 0.0840, 2640, 22.1),
        Card(4, 0.1380, 2625, 22.0),
        Card(5, 0.0635, 2625, 22.1),
        Card(6, 0.0700, 2640, 22.1, from_s=60),
        Card(7, 0.0700, 2640, 0.4, busy=False),
    ]


def header() -> RecordingHeader:
    """The machine that is not there."""
    host = Host(
        hostname="simulated-rig",
        os="Ubuntu 24.04.3 LTS",
        kernel="6.8",
        python="3.12.3",
        cpu=Cpu(
            name="AMD EPYC 7543 32-Core Processor",
            architecture="x86_64",
            vendor="AuthenticAMD",
            family=25,
            model=1,
            physical_cores=32,
            logical_cores=64,
            usable_cores=64.0,
            clock_max_mhz=3737.0,
            governor="performance",
            features=("fma", "avx2"),
        ),
        memory_total_bytes=252 * GIB,
        swap_total_bytes=0,
        has_battery=False,
        disks=(
            Disk(
                mount_point="/",
                device="nvme0n1p2",
                file_system="ext4",
                total_bytes=1863 * GIB,
                free_bytes=812 * GIB,
            ),
        ),
        boot_at=_time(STARTED_AT - timedelta(days=31, hours=5)),
    )
    driver = Driver(version="580.95.05", cuda_version="13.0", nvml_version="13.580.95.05")
    return RecordingHeader(
        started_at=_time(STARTED_AT),
        tool=Tool(name="scripts/demo.py", version="1"),
        interval_s=1.0,
        redacted=False,
        simulated=True,
        host=host,
        driver=driver,
        devices=(*(_device(card) for card in cards()), _cpu(host)),
    )


def samples() -> Iterator[Sample]:
    """Ten minutes of it, the same ones every time."""
    chance, rig = random.Random(4090), cards()
    for card in rig:
        card.settle()
    load_1m, cpu_c, cpu_j = 19.8, 58.0, 4.1e8
    for second in range(SECONDS):
        is_lost = second >= LOST_AT_S
        devices = tuple(card.gone() if card.index == 5 and is_lost else card.step(second, chance) for card in rig)
        working = sum(card.load(second) for card in rig if not (card.index == 5 and is_lost))
        util = 4.0 + 4.5 * working + 1.5 * math.sin(second / 23) + 2.0 * chance.random()
        load_1m += (0.64 * util - load_1m) / 60
        cpu_w = 78 + 2.4 * util
        cpu_c += (34 + 0.16 * cpu_w - cpu_c) / 30
        cpu_j += cpu_w
        used = round((39 + 2.9 * working + 0.2 * math.sin(second / 41)) * 64) * GIB // 64
        host = HostSample(
            cpu_util_pct=round(util, 1),
            load_1m=round(load_1m, 2),
            memory_used_bytes=used,
            memory_available_bytes=251 * GIB - used,
            cpu_clock_mhz=float(25 * round((3450 - 9 * util) / 25)),
            temperature_c=float(round(cpu_c)),
            energy_j=float(round(cpu_j)),
            on_battery=False,
            absent={"battery_pct": NOT_SUPPORTED},
        )
        yield Sample(at=_time(STARTED_AT + timedelta(seconds=second)), host=host, devices=devices)


def recording() -> bytes:
    """The file before it is compressed."""
    documents = (header(), *(as_document(sample) for sample in samples()))
    return b"".join(encode(document) + b"\n" for document in documents)


def is_current(path: Path, expected: bytes) -> bool:
    """Whether a file holds these bytes; how they are compressed may differ from one zlib to the next."""
    try:
        return gzip.decompress(path.read_bytes()) == expected
    except (OSError, EOFError):
        return False


def made() -> dict[Path, bytes]:
    """Each file, and what it holds before it is compressed."""
    run = encode(demo_run.run(header())) + b"\n"
    uses = encode(demo_uses.uses()) + b"\n"
    shelf = encode(demo_cert.shelf(header())) + b"\n"
    return {
        FOLDER / "demo.jsonl.gz": recording(),
        FOLDER / "demo_run.json.gz": run,
        FOLDER / "demo_uses.json.gz": uses,
        FOLDER / "demo_cert.json.gz": shelf,
    }


def main() -> int:
    """Write the files, or say whether they are current."""
    parser = argparse.ArgumentParser(description="Make what netmind-tui --demo shows.")
    parser.add_argument("--check", action="store_true", help="write nothing; end with 1 if a file is not current")
    options = parser.parse_args()
    stale = 0
    for path, content in made().items():
        if options.check:
            current = is_current(path, content)
            stale += not current
            print(f"{path.name} is {'current' if current else 'not what this script makes: run it without --check'}")
            continue
        packed = gzip.compress(content, 9, mtime=0)
        path.write_bytes(packed)
        print(f"{path.name}: {len(packed) >> 10} KiB, {len(content) >> 10} KiB as text")
    return 1 if stale else 0


def _device(card: Card) -> Device:
    return Device(
        id=f"gpu:{card.index}",
        kind=DeviceKind.GPU,
        name="NVIDIA GeForce RTX 4090",
        uuid=_uuid(card.index),
        pci_slot=f"0000:{SLOTS[card.index]}:00.0",
        memory_total_bytes=24 * GIB,
        compute_capability="8.9",
        core_count=16384,
        memory_bus_width_bits=384,
        sm_clock_max_mhz=CLOCK_MAX_MHZ,
        memory_clock_max_mhz=10501,
        power_limit_w=LIMIT_W,
        power_limit_default_w=LIMIT_W,
        power_limit_min_w=150.0,
        power_limit_max_w=600.0,
        temperature_slowdown_c=90,
        temperature_shutdown_c=100,
        pcie_generation_max=4,
        pcie_width_max=16,
        compute_mode="default",
        vbios_version="95.02.00.00.01",
        absent=dict.fromkeys(("ecc_enabled", "mig_enabled", "nvlink_active_links", "persistence_mode"), NOT_SUPPORTED),
    )


def _cpu(host: Host) -> Device:
    return Device(
        id="cpu",
        kind=DeviceKind.CPU,
        name=host.cpu.name,
        memory_total_bytes=host.memory_total_bytes,
        core_count=host.cpu.logical_cores,
    )


def _uuid(index: int) -> str:
    return f"GPU-51301a7e-d000-4000-8000-{index:012x}"


def _share(value: float) -> float:
    return max(0.0, min(1.0, value))


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


if __name__ == "__main__":
    sys.exit(main())

"""States of the interface made without a machine, and pictures of them kept as text.

``golden("overview-eight-80x24", show(eight, 80, 24))`` compares a screen with ``pictures/overview-eight-80x24.txt``;
``NETMIND_PICTURES=write pytest tests/tui`` writes what is drawn there instead: look at the difference first.
"""

import asyncio
import inspect
import math
import os
import time
from dataclasses import fields, replace
from pathlib import Path

import pytest

from netmind_tui.document import decode
from netmind_tui.model.device import Device, DeviceKind, Driver, Trouble
from netmind_tui.model.host import Boundary, Cache, Cpu, Host
from netmind_tui.model.info import DeviceProcess, DeviceUse, Info, SampleDocument, Tool
from netmind_tui.model.reading import Absence
from netmind_tui.model.recording import RecordingHeader, as_sample
from netmind_tui.model.sample import DeviceSample, HostSample, Sample
from netmind_tui.probe.finding import gpu_findings
from netmind_tui.tui.action import read_keymap
from netmind_tui.tui.frame import Size, picture
from netmind_tui.tui.glyph import ASCII, UNICODE
from netmind_tui.tui.message import Described, Sampled, Ticked
from netmind_tui.tui.picture import plain
from netmind_tui.tui.state import State, View, reduce

FOLDER = Path(__file__).parent
RECORDING = FOLDER.parent / "recordings/h100x8.jsonl"
GIB = 1 << 30
_METRICS = [field.name for field in fields(DeviceSample) if field.name not in {"device", "uuid", "absent"}]


@pytest.fixture(autouse=True, scope="session")
def in_utc():
    """Pictures show moments by the machine's own clocks: here these are in UTC."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Run a test that is a coroutine in a loop of its own."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


def machine_host(**changes):
    """A desktop."""
    cpu = Cpu(
        name="AMD Ryzen 7 7800X3D 8-Core Processor",
        architecture="x86_64",
        vendor="AuthenticAMD",
        physical_cores=8,
        logical_cores=16,
        usable_cores=16.0,
        clock_max_mhz=5050.0,
        governor="powersave",
        features=("avx2", "avx512f", "avx512_vnni", "avx512_bf16"),
        caches=(
            Cache(level=1, kind="data", size_bytes=32 << 10, shared_by=2),
            Cache(level=2, kind="unified", size_bytes=1 << 20, shared_by=2),
            Cache(level=3, kind="unified", size_bytes=96 << 20, shared_by=16),
        ),
    )
    plain_host = {
        "hostname": "my-desktop",
        "os": "Ubuntu 24.04.3 LTS",
        "kernel": "6.14",
        "python": "3.12.3",
        "cpu": cpu,
        "memory_total_bytes": round(31.2 * GIB),
        "swap_total_bytes": 0,
        "has_battery": False,
        "boot_at": "2026-11-10T08:00:00Z",
    }
    return Host(**(plain_host | changes))


def card(index=0, **changes):
    """A GeForce, in a slot of its own."""
    plain_card = {
        "id": f"gpu:{index}",
        "kind": DeviceKind.GPU,
        "name": "NVIDIA GeForce RTX 4070",
        "uuid": f"GPU-5eed0000-0000-4000-8000-{index:012x}",
        "pci_slot": f"0000:{index + 1:02x}:00.0",
        "memory_total_bytes": 12 * GIB,
        "compute_capability": "8.9",
        "core_count": 5888,
        "memory_bus_width_bits": 192,
        "sm_clock_max_mhz": 3105,
        "memory_clock_max_mhz": 10501,
        "power_limit_w": 200.0,
        "power_limit_default_w": 200.0,
        "power_limit_min_w": 100.0,
        "power_limit_max_w": 215.0,
        "temperature_slowdown_c": 90,
        "temperature_shutdown_c": 93,
        "mig_enabled": None,
        "pcie_generation_max": 4,
        "pcie_width_max": 16,
        "persistence_mode": False,
        "compute_mode": "default",
        "vbios_version": "95.04.3e.00.9f",
        "absent": dict.fromkeys(("ecc_enabled", "mig_enabled", "nvlink_active_links"), Absence.NOT_SUPPORTED),
    }
    return Device(**(plain_card | changes))


def figures(device, second, *, load=0.9, **changes):
    """What a card does in a second, at a load from 0 to 1."""
    wave = max(0.0, min(1.0, load + 0.06 * math.sin(second / 3)))
    top = device.power_limit_w or 200.0
    plain_figures = {
        "gpu_util_pct": round(100 * wave),
        "memory_util_pct": round(50 * wave),
        "memory_used_bytes": round((0.04 + 0.45 * load) * device.memory_total_bytes),
        "memory_total_bytes": device.memory_total_bytes,
        "power_draw_w": round(top * (0.1 + 0.8 * wave), 1),
        "power_limit_w": top,
        "energy_j": 1000.0 + 100 * second,
        "temperature_c": round(34 + 36 * load),
        "fan_speed_pct": round(55 * load),
        "sm_clock_mhz": round(300 + 2300 * load),
        "memory_clock_mhz": 10501,
        "pcie_generation": 4 if load > 0.1 else 1,
        "pcie_width": 16,
        "clocks_event_reasons": () if load > 0.1 else ("gpu_idle",),
        "throttle_hw_thermal_ns": 0,
        "throttle_hw_power_brake_ns": 0,
        "throttle_sw_thermal_ns": 0,
        "throttle_sw_power_cap_ns": 0,
    }
    found = plain_figures | changes
    absent = {name: Absence.NOT_SUPPORTED for name, value in found.items() if value is None}
    return DeviceSample(device=device.id, uuid=device.uuid, **found, absent=absent)


def silent(device, reason=Absence.LOST):
    """What a device says that says nothing."""
    return DeviceSample(device=device.id, uuid=device.uuid, absent=dict.fromkeys(_METRICS, reason))


def host_figures(second, **changes):
    """What the host does in a second."""
    plain_figures = {
        "cpu_util_pct": 11.0 + 5 * math.sin(second / 4),
        "load_1m": 1.7,
        "memory_used_bytes": round(13.1 * GIB),
        "memory_available_bytes": round(18.1 * GIB),
        "cpu_clock_mhz": 4200.0,
        "temperature_c": 54.0,
        "on_battery": False,
        "absent": {"energy_j": Absence.NO_PERMISSION, "battery_pct": Absence.NOT_SUPPORTED},
    }
    return HostSample(**(plain_figures | changes))


def described(devices=(), *, host=None, driver=None, uses=(), findings=None):
    """What a look at a machine with these GPUs finds."""
    host = host or machine_host()
    if driver is None and devices:
        driver = Driver(version="591.44", cuda_version="13.1", nvml_version="13.591.44")
    processor = Device(
        id="cpu",
        kind=DeviceKind.CPU,
        name=host.cpu.name,
        memory_total_bytes=host.memory_total_bytes,
        core_count=host.cpu.physical_cores,
    )
    found = gpu_findings(driver, devices) if driver is not None else ()
    return Info(
        generated_at="2026-11-22T14:40:30.000Z",
        tool=Tool(name="netmind", version="0.1.0"),
        host=host,
        driver=driver,
        devices=(*devices, processor),
        in_use=tuple(uses),
        findings=found if findings is None else findings,
    )


def state_of(info, samples=(), *, view=None, clock="14:42:31"):
    """The state after a look and these samples."""
    state = State(view=view or View(), clock=clock)
    for message in (Described(info), *map(Sampled, samples), Ticked(clock)):
        state = reduce(state, message)
    return state


def samples_of(devices, *, count=60, say=figures, host=host_figures):
    """So many samples, one a second; ``say(device, second)`` is what a device says."""
    return [
        Sample(
            at=f"2026-11-22T14:{40 + second // 60:02}:{second % 60:02}.000Z",
            host=host(second),
            devices=tuple(say(device, second) for device in devices),
        )
        for second in range(30, 30 + count)
    ]


def recorded(count=None):
    """Eight H100 as they were recorded; gpu:5 falls off the bus after the twelfth sample."""
    first, *lines = RECORDING.read_bytes().splitlines()
    header = decode(first, RecordingHeader)
    info = Info(
        generated_at=header.started_at,
        tool=header.tool,
        host=header.host,
        driver=header.driver,
        devices=header.devices,
        findings=gpu_findings(header.driver, header.devices),
    )
    return state_of(info, [as_sample(decode(line, SampleDocument)) for line in lines[:count]])


@pytest.fixture(scope="session")
def eight():
    """Eight H100, all of them there; gpu:0 works at its power cap, and hot."""
    return recorded(12)


@pytest.fixture(scope="session")
def lost():
    """The same eight; gpu:5 fell off the bus, and the machine was not looked at since."""
    return recorded()


@pytest.fixture(scope="session")
def sixteen():
    """Sixteen cards with different loads."""
    devices = [card(index, name="NVIDIA L40S", memory_total_bytes=46 * GIB, power_limit_w=350.0) for index in range(16)]
    return state_of(
        described(devices, host=machine_host(hostname="rack-7")),
        samples_of(
            devices, say=lambda device, second: figures(device, second, load=(int(device.id[4:]) * 5 % 16) / 16)
        ),
    )


@pytest.fixture(scope="session")
def one():
    """A desktop with one GeForce at work."""
    device = card()
    use = DeviceUse(
        device="gpu:0",
        processes=(
            DeviceProcess(pid=4242, name="boinc", memory_used_bytes=5 * GIB),
            DeviceProcess(pid=987654, name=None, memory_used_bytes=None),
        ),
    )
    return state_of(described([device], uses=[use]), samples_of([device]))


@pytest.fixture(scope="session")
def none():
    """A machine without a GPU and without a driver."""
    return state_of(described(), samples_of(()))


@pytest.fixture(scope="session")
def no_data():
    """Nothing is known yet."""
    return State(clock="14:42:31")


@pytest.fixture(scope="session")
def mig():
    """Three H100, the first of them in three slices."""
    absent = dict.fromkeys(("gpu_util_pct", "memory_util_pct", "nvlink_active_links"), Absence.UNDER_MIG)
    big = {"name": "NVIDIA H100 80GB HBM3", "memory_total_bytes": 80 * GIB, "power_limit_w": 700.0}
    parent = card(0, **big, mig_enabled=True, absent={"nvlink_active_links": Absence.UNDER_MIG})
    slices = [
        Device(
            id=f"mig:0.{number}",
            kind=DeviceKind.MIG,
            name=f"NVIDIA H100 80GB HBM3 MIG {profile}",
            uuid=f"MIG-5eed0000-0000-5000-8000-{number:012x}",
            pci_slot=parent.pci_slot,
            parent="gpu:0",
            memory_total_bytes=size * GIB,
            compute_capability="9.0",
        )
        for number, (profile, size) in enumerate((("3g.40gb", 40), ("2g.20gb", 20), ("1g.10gb", 10)))
    ]
    devices = [parent, *slices, card(1, **big), card(2, **big)]

    def say(device, second):
        if device.kind is DeviceKind.MIG:
            used = round(0.3 * device.memory_total_bytes)
            own = silent(device, Absence.UNDER_MIG)
            kept = {name: why for name, why in own.absent.items() if not name.startswith("memory_used")}
            return replace(own, memory_used_bytes=used, memory_total_bytes=device.memory_total_bytes, absent=kept)
        own = figures(device, second, load=0.5 if device.id == "gpu:0" else 0.02)
        if device.id != "gpu:0":
            return own
        return replace(own, gpu_util_pct=None, memory_util_pct=None, absent=absent)

    return state_of(described(devices), samples_of(devices, say=say))


@pytest.fixture(scope="session")
def asleep():
    """A laptop whose GPU sleeps."""
    device = card(name="NVIDIA GeForce RTX 4060 Laptop GPU", memory_total_bytes=8 * GIB, asleep=True)
    host = machine_host(hostname="my-laptop", has_battery=True)
    samples = samples_of(
        [device],
        say=lambda each, _second: silent(each, Absence.ASLEEP),
        host=lambda second: host_figures(second, on_battery=True, battery_pct=81.0),
    )
    return state_of(described([device], host=host), samples)


@pytest.fixture(scope="session")
def hung():
    """Two cards; the driver has not answered about the second for 30 of the 60 seconds."""
    devices = [card(0), card(1)]
    stuck = replace(devices[1], lost="did not answer within 3 s", trouble=Trouble.NO_ANSWER)

    def say(device, second):
        return silent(device) if device.id == "gpu:1" and second >= 60 else figures(device, second)

    return state_of(described([devices[0], stuck]), samples_of(devices, say=say))


@pytest.fixture(scope="session")
def wsl():
    """A GeForce seen from WSL, which hides fan, processes' names and more."""
    device = card(power_limit_default_w=None, absent=dict.fromkeys(("power_limit_default_w",), Absence.NOT_UNDER_WSL))
    host = machine_host(boundaries={Boundary.WSL: "Ubuntu"}, has_battery=None)
    use = DeviceUse(device="gpu:0", absent={"processes": Absence.NOT_UNDER_WSL})

    def say(each, second):
        return replace(figures(each, second, fan_speed_pct=None), absent={"fan_speed_pct": Absence.NOT_UNDER_WSL})

    return state_of(described([device], host=host, uses=[use]), samples_of([device], say=say))


@pytest.fixture(scope="session")
def no_driver():
    """A card that nothing can be read of, because library and kernel module differ."""
    driver = Driver(
        problem="the NVIDIA library and the loaded kernel module have different versions "
        "(the kernel module is 580.65.06)",
        trouble=Trouble.VERSION_MISMATCH,
    )
    return state_of(described(driver=driver), samples_of(()))


class StillFeed:
    """A machine that was looked at already, and does nothing."""

    label = ""

    def __init__(self, machine, kind="live"):
        self.machine, self.kind = machine, kind

    def start(self): ...

    def stop(self): ...

    def look(self):
        return Info(
            generated_at="2026-11-22T14:40:30.000Z",
            tool=Tool(name="netmind", version="0.1.0"),
            host=self.machine.host,
            driver=self.machine.driver,
            devices=self.machine.devices,
        )

    def examine(self):
        return None

    def uses(self, _devices):
        return None

    def new(self):
        return []

    def silent_s(self):
        return 0.0

    def ended(self):
        return None


@pytest.fixture(scope="session")
def still_feed():
    """From a state to a feed of its machine that says nothing new."""
    return StillFeed


@pytest.fixture
def own_file(tmp_path, monkeypatch):
    """Where a configuration is that is this test's own; none is there yet."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name in ("NETMIND_CONFIG", "NETMIND_TUI_THEME", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "config/netmind/config.toml"


@pytest.fixture(scope="session")
def played():
    """Run an app without a terminal: strings are keys, functions are asked what holds by then."""

    def play(app, *steps):
        async def run():
            async with app.run_test(size=(100, 30)) as pilot:
                app.tick()
                for step in steps:
                    if callable(step):
                        step()
                    else:
                        await pilot.press(*step.split(" "))
                        await pilot.pause()

        asyncio.run(run())

    return play


@pytest.fixture(scope="session")
def show():
    """From a state and a size to the lines of its picture as text."""

    def shown(state, cells, rows, *, ascii=False):  # noqa: A002 - as the option is called
        lines = picture(state, Size(cells, rows), ASCII if ascii else UNICODE, read_keymap({}))
        return [plain(line) for line in lines]

    return shown


@pytest.fixture(scope="session")
def golden():
    """Compare lines of text with a kept picture; ``NETMIND_PICTURES=write`` keeps them instead."""

    def compare(name, lines):
        path = FOLDER / "pictures" / f"{name}.txt"
        text = "\n".join(lines) + "\n"
        if os.environ.get("NETMIND_PICTURES") == "write":
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.is_file(), f"{path.name} is not kept yet: NETMIND_PICTURES=write pytest tests/tui"
        assert text == path.read_text(encoding="utf-8"), f"{path.name} looks different now"

    return compare

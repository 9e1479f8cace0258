"""Make the recordings anew over the stub of NVML: ``python tests/recordings/build.py`` (half a minute).

``h100x8.jsonl`` is made by the real command: eight H100, gpu:0 computes, at its power cap and hot; gpu:5 falls off the
bus after 12 of the 20 samples; the others idle. The rest are of machines that need more than a library to be played: a
list of PCI devices of which some sleep, WSL, a battery. They are made by the parts of the command, one sample after the
other, and then dated a second apart.

    sixteen.jsonl.gz    sixteen H100, gpu:0 computes
    mig.jsonl           two A100, one of them in three slices
    consumer.jsonl      one GeForce with a fan and no ECC
    laptop.jsonl        a laptop on battery, whose GPU falls asleep after four of eight samples
    wsl.jsonl           a laptop's GPU seen from WSL
    no_driver.jsonl     a library without its driver
    no_gpu.jsonl        a machine without anything of NVIDIA
"""

import gzip
import importlib.util
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from netmind_tui.document import decode, encode
from netmind_tui.model.host import Boundary
from netmind_tui.model.recording import RecordingHeader, as_document
from netmind_tui.probe.description import describe, this_tool
from netmind_tui.probe.gpu import GpuProbe
from netmind_tui.probe.host import HostSampler
from netmind_tui.probe.owner import redactor
from netmind_tui.probe.sampler import MachineSource

FOLDER = Path(__file__).parent
STARTED_AT = datetime(2026, 11, 22, 20, 30, tzinfo=UTC)
PAUSE_S = 0.3  # so much time must go by for a share of the processor to be known
SLOT = "0000:1b:00.0"  # of the stub's first card


def _beside(name, path):
    spec = importlib.util.spec_from_file_location(name, FOLDER.parent / path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def build(path, *, count=20, interval_s=1.0):
    """Record the stub's machine into ``path`` with the real command."""
    with tempfile.TemporaryDirectory() as folder:
        stub = _beside("stub_build", "stub/build.py")
        environment = stub.stub_environment(Path(folder))("falls-off", lost_after=12, busy_pid=4242)
        command = [sys.executable, "-m", "netmind_tui", "record", "--force", "-o", str(path)]
        limits = ["--count", str(count), "--interval", str(interval_s)]
        subprocess.run([*command, *limits], env=environment, check=True)
    first, _, samples = path.read_bytes().partition(b"\n")
    path.write_bytes(encode(_neutral(decode(first, RecordingHeader))) + b"\n" + samples)


class Machine:
    """A machine that the stub plays, with its list of PCI devices."""

    def __init__(self, folder, scenario, *, under_wsl=False, slots=(), **overrides):
        sysfs = folder / "sys"
        self.pci = _beside("tests_conftest", "conftest.py").FakeSysfs(sysfs)
        for slot in slots:
            self.pci.add(slot)
        self.probe = None
        if scenario is not None:
            environment = _beside("stub_build", "stub/build.py").stub_environment(folder)(scenario, **overrides)
            self.probe = GpuProbe(environment=environment, sysfs=sysfs, under_wsl=under_wsl, start_timeout_s=60.0)

    def record(self, path, *, count=8, change=lambda host: host, at=None, on_battery=False):
        """Its header and samples; ``at`` maps a sample's number to what happens before it."""
        sampler, hidden = HostSampler(), redactor()
        info = describe(self.probe, live=False)
        header = RecordingHeader(
            started_at=_time(0),
            tool=this_tool(),
            interval_s=1.0,
            redacted=True,
            host=change(info.host),
            driver=info.driver,
            devices=info.devices,
        )
        lines = [encode(_neutral(hidden.redact(header)))]
        source = MachineSource(sampler, self.probe)
        for number in range(count):
            (at or {}).get(number, lambda: None)()
            time.sleep(PAUSE_S)
            sample = replace(source.sample(), at=_time(number))
            if on_battery:
                absent = {name: why for name, why in sample.host.absent.items() if name != "battery_pct"}
                host = replace(sample.host, on_battery=True, battery_pct=64.0, absent=absent)
                sample = replace(sample, host=host)
            lines.append(encode(as_document(hidden.redact(sample))))
        if self.probe is not None:
            self.probe.close()
        data = b"\n".join([*lines, b""])
        path.write_bytes(gzip.compress(data, 9, mtime=0) if path.suffix == ".gz" else data)


def build_all(folder):
    """Every recording but the one of the real command."""
    with tempfile.TemporaryDirectory() as scratch:

        def machine(scenario, **options):
            return Machine(Path(tempfile.mkdtemp(dir=scratch)), scenario, **options)

        sixteen = machine("h100x8", count=16, busy_pid=4242)
        sixteen.record(folder / "sixteen.jsonl.gz", count=12)
        machine("mig").record(folder / "mig.jsonl")
        machine("consumer").record(folder / "consumer.jsonl")
        laptop = machine("consumer", slots=(SLOT,))
        laptop.record(
            folder / "laptop.jsonl",
            change=lambda host: replace(host, has_battery=True, boundaries={}),
            at={4: lambda: laptop.pci.set_status(SLOT, "suspended")},
            on_battery=True,
        )
        wsl = machine("wsl", under_wsl=True)
        wsl.record(folder / "wsl.jsonl", change=lambda host: replace(host, boundaries={Boundary.WSL: "wsl2"}))
        machine("no-driver").record(folder / "no_driver.jsonl", count=4)
        machine(None).record(folder / "no_gpu.jsonl", count=4)


def _neutral(header):
    """Keep of the kernel what is the same on many machines."""
    kernel = re.match(r"[0-9]+(\.[0-9]+)?", header.host.kernel)
    return replace(header, host=replace(header.host, kernel=kernel[0] if kernel else "unknown"))


def _time(second):
    return (STARTED_AT + timedelta(seconds=second)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


if __name__ == "__main__":
    build_all(FOLDER)
    build(FOLDER / "h100x8.jsonl")

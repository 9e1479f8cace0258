"""Real programs under real keepers: what every test of them needs."""

import asyncio
import itertools
import os
import shlex
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from netmind_tui.model.device import DeviceKind
from netmind_tui.model.policy import Limits
from netmind_tui.model.workload import Workload
from netmind_tui.node.work.delegation import Delegation
from netmind_tui.node.work.instance import Place, Placed
from netmind_tui.node.work.surroundings import MARK

GIVES_UP_S = 30.0
_NUMBERS = itertools.count()


def state_of(pid: int) -> str:
    """``R``, ``S``, ``T`` … of a process; empty where there is none. The dead whom nobody has fetched are none."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""
    return "" if state in "ZX" else state


def living(number: str) -> set[int]:
    """The processes that carry the mark of a start."""
    mark, found = f"{MARK}={number}".encode(), set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            marks = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if mark in marks and state_of(int(folder.name)):
            found.add(int(folder.name))
    return found


async def until(holds: Callable[[], object], what: str = "") -> None:
    """Wait for something that will come to hold."""
    end_s = time.monotonic() + GIVES_UP_S
    while not holds():
        assert time.monotonic() < end_s, f"it never came: {what or holds}"
        await asyncio.sleep(0.01)


class Works:
    """Definitions and places for programs in a folder of the test. ``cgroups`` are those that it gets: none."""

    state_of = staticmethod(state_of)
    living = staticmethod(living)
    until = staticmethod(until)

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cgroups = Delegation(folder / "no-such-root")
        self.places: list[Place] = []

    def place(self, key: str | None = None, **limits: int) -> Place:
        serial = next(_NUMBERS)
        made = Place(
            key=key or f"work{serial}@cpu",
            number=f"test-{os.getpid()}-{serial}",
            devices=(Placed(device="cpu", kind=DeviceKind.CPU),),
            limits=Limits(**limits),
            folder=self.folder / "work" / (key or f"work{serial}@cpu"),
        )
        self.places.append(made)
        return made

    def shell(self, text: str, **more) -> Workload:
        """A workload that is a shell's: it runs in the test's folder."""
        return self.workload(["/bin/sh", "-c", text], **more)

    def python(self, text: str, **more) -> Workload:
        """A workload that is a Python program's."""
        return self.workload([sys.executable, "-I", "-S", "-c", text], **more)

    def workload(self, command: list[str], **more) -> Workload:
        return Workload(name="work", command=tuple(command), **({"folder": str(self.folder), "grace_s": 0.3} | more))

    def file(self, name: str) -> Path:
        return self.folder / name

    def number_in(self, name: str) -> int:
        """The number that a child wrote into a file; 0 before it has."""
        try:
            text = self.file(name).read_text()
        except OSError:
            return 0
        return int(text) if text.endswith("\n") else 0

    def script(self, name: str, text: str, mode: int = 0o755) -> str:
        path = self.file(name)
        path.write_text(text)
        path.chmod(mode)
        return str(path)

    def quoted(self, name: str) -> str:
        return shlex.quote(str(self.file(name)))


@pytest.fixture
def works(tmp_path) -> Iterator[Works]:
    """What is to be run here; nothing of it is left afterwards, whatever the test did."""
    made = Works(tmp_path)
    yield made
    left = {pid for each in made.places for pid in living(each.number)}
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert left == set()

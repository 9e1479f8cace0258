"""Units by a program that behaves like systemctl, in front of a manager that runs real processes."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from netmind_tui.model.workload import WorkKind, Workload
from netmind_tui.node.work import systemd_unit
from netmind_tui.node.work.leftover import end_leftovers
from netmind_tui.node.work.outside import MARK, end_outside
from netmind_tui.node.work.systemd_unit import SystemdUnit
from netmind_tui.node.work.tree import is_still

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="units are supervised on Linux only")

STUB = Path(__file__).parents[2] / "stub"
LOOPS = "trap 'exit 0' TERM; while :; do sleep 0.05; done"
STUBBORN = "trap '' TERM; while :; do sleep 0.05; done"


class Manager:
    """A ``systemctl`` in front of the manager that all tests share, with one unit, ``work@0.service``."""

    def __init__(self, folder: Path, socket: Path, monkeypatch) -> None:
        self.folder, self.socket, self.flags = folder, socket, []
        (folder / "bin").mkdir()
        self.program = program = folder / "bin/systemctl"
        program.write_text(f"#!{sys.executable} -IS\n{(STUB / 'standin.py').read_text()}")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder / 'bin'}:{os.environ['PATH']}")
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={self.socket}")
        self.before = 0
        self.before = len(self.asked)

    def put(self, name: str) -> None:
        self.flags.append(self.socket.with_name(f"m.{name}"))
        self.flags[-1].touch()

    def workload(self, text: str, **more) -> Workload:
        self.socket.with_name("work@0.service.sh").write_text(f"echo $$ > {self.folder}/pid\n{text}\n")
        base = {"name": "work", "kind": WorkKind.UNIT, "unit": "work@{index}.service", "grace_s": 5.0}
        return Workload(**(base | more))

    @property
    def asked(self) -> list[str]:
        path = self.socket.with_name("m.asked")
        return path.read_text().splitlines()[self.before :] if path.exists() else []

    @property
    def acts(self) -> list[str]:
        asked = [next(word for word in json.loads(line) if not word.startswith("--")) for line in self.asked]
        return [act for act in asked if act != "show"]


@pytest.fixture(scope="module")
def systemd(tmp_path_factory):
    socket = tmp_path_factory.mktemp("systemd") / "m"
    command = [sys.executable, "-IS", STUB / "units.py", socket]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        assert child.stdout.readline() == b"ready\n"
        yield socket
        child.terminate()


@pytest.fixture
def manager(tmp_path, monkeypatch, systemd):
    made = Manager(tmp_path, systemd, monkeypatch)
    yield made
    for flag in made.flags:
        flag.unlink()


@contextlib.asynccontextmanager
async def running(workload, place):
    made = SystemdUnit(workload)
    await made.start(place)
    try:
        yield made
    finally:
        await made.kill()


@pytest.mark.parametrize("is_old", [False, True])
def test_it_is_started_frozen_thawed_and_stopped(works, manager, is_old):
    place = works.place("work")
    if is_old:
        manager.put("cannot-freeze")

    async def run():
        async with running(manager.workload(LOOPS), place) as made:
            pid = made.pid
            assert pid in made.pids
            assert (place.folder / MARK).exists()
            await made.suspend()
            assert all(map(is_still, made.pids))
            await made.resume()
            assert not is_still(pid)
            await made.stop(5.0)
            return pid, await made.ended()

    pid, ended = asyncio.run(run())
    assert (ended.how, ended.code) == ("stopped", 0)
    assert works.state_of(pid) == ""
    assert not (place.folder / MARK).exists()
    acts = ["start", "freeze", *(["kill"] if is_old else []), "thaw", "kill", "stop"]
    assert manager.acts == acts


def test_one_that_ignores_the_request_is_killed_after_its_grace(works, manager):
    async def run():
        async with running(manager.workload(STUBBORN), works.place("work")) as made:
            pid = made.pid
            await made.suspend()
            await made.stop(0.5)
            return pid, await made.ended()

    pid, ended = asyncio.run(run())
    assert (ended.how, ended.signal) == ("killed", 9)
    assert works.state_of(pid) == ""


@pytest.mark.parametrize(
    ("text", "how", "code", "number"),
    [("exit 0", "exited", 0, None), ("exit 7", "crashed", 7, None)],
)
def test_how_it_ends_by_itself(works, manager, text, how, code, number):
    async def run():
        async with running(manager.workload(f"sleep 0.2; {text}"), works.place("work")) as made:
            return await made.ended()

    ended = asyncio.run(run())
    assert (ended.how, ended.code, ended.signal) == (how, code, number)
    assert (ended.why is None) == (how == "exited")


def test_of_one_that_ran_already_only_the_time_from_then_on_is_counted(works, manager):
    spins = "i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done; sleep 60"
    workload = manager.workload(spins)
    subprocess.run([manager.program, "start", "work@0.service"], check=True)

    async def run():
        await works.until(lambda: works.number_in("pid"))
        pid = works.number_in("pid")
        await works.until(lambda: works.state_of(pid) == "S")
        async with running(workload, works.place("work")) as made:
            assert made.pid == pid
            return made.cpu_s

    assert asyncio.run(run()) < 0.05


def test_a_share_of_the_processors_is_asked_of_systemd_and_given_back(works, manager):
    async def run():
        async with running(manager.workload(LOOPS), works.place("work", cpu_share_pct=50)) as made:
            return made.limited_by

    assert asyncio.run(run()) == "its own unit file, systemd (cpu)"
    assert manager.acts.count("set-property") == 2


def test_commands_of_the_owner_take_the_place_of_freezing(works, manager):
    def told(word):
        return ("/bin/sh", "-c", f"echo {word} $NETMIND_WORKLOAD >> {works.quoted('told')}")

    async def run():
        workload = manager.workload(LOOPS, suspend=told("suspend"), resume=told("resume"), finish=told("finish"))
        async with running(workload, works.place("work")) as made:
            for act in (made.suspend, made.resume, made.finish, made.resume):
                await act()

    asyncio.run(run())
    lines = [f"{word} work" for word in ("suspend", "resume", "finish", "resume")]
    assert works.file("told").read_text().splitlines() == lines
    assert "freeze" not in manager.acts


@pytest.mark.parametrize(
    ("change", "serves", "why"),
    [
        ({"unit": "missing.service"}, True, "Unit missing.service not found"),
        ({}, False, "systemd does not run here: name a program in place of the unit"),
        ({"is_user_unit": True}, False, "your own service manager does not run here"),
    ],
)
def test_what_cannot_be_started_says_why_and_leaves_nothing(works, manager, monkeypatch, change, serves, why):
    if not serves:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")

    async def run():
        made = SystemdUnit(manager.workload(LOOPS, **change))
        with pytest.raises(OSError) as caught:  # noqa: PT011 - the sentence is looked at below
            await made.start(works.place("work"))
        assert why in str(caught.value)
        assert (await made.ended()).how == "not-started"

    asyncio.run(run())
    assert not (works.places[0].folder / MARK).exists()


def test_where_this_user_may_not_the_remedy_is_a_rule_or_a_unit_of_their_own(works, manager):
    manager.put("denied")

    async def run():
        with pytest.raises(OSError, match=r"polkit, or make it a unit of the user \(manager = 'user'\)"):
            await SystemdUnit(manager.workload(LOOPS)).start(works.place("work"))

    asyncio.run(run())


def test_when_the_agent_is_gone_its_guard_has_it_stopped(works, manager):
    async def run():
        made = SystemdUnit(manager.workload(LOOPS))
        await made.start(works.place("work"))
        pid = made.pid
        made._guard._line._writer.write_eof()
        ended = await made.ended()
        return pid, ended

    pid, ended = asyncio.run(run())
    assert works.state_of(pid) == ""
    assert ended.how == "exited"


def test_where_its_keeper_and_its_guard_were_killed_the_next_agent_stops_it(works, manager):
    place = works.place("work")

    async def run(workload):
        made = SystemdUnit(workload)
        await made.start(place)
        for pid in (made._guard.keeper_pid, made._guard.pid, os.getpid()):
            os.kill(pid, 9)

    workload = manager.workload(LOOPS)
    agent = os.fork()
    if agent == 0:
        asyncio.run(run(workload))
    os.waitpid(agent, 0)
    pid = works.number_in("pid")
    assert works.state_of(pid)
    assert asyncio.run(end_outside(works.folder / "work")) == ("work@0.service",)
    assert works.state_of(pid) == ""
    asyncio.run(end_leftovers(works.folder / "work"))


def test_one_that_is_not_up_in_time_is_not_left_to_come_up_by_itself(works, manager, monkeypatch):
    monkeypatch.setattr(systemd_unit, "_START_S", 0.5)
    manager.put("slow")

    async def run():
        with pytest.raises(OSError, match="did not end within"):
            await SystemdUnit(manager.workload(LOOPS)).start(works.place("work"))
        await works.until(lambda: not works.state_of(works.number_in("pid")))

    asyncio.run(run())
    assert manager.acts == ["start", "stop"]

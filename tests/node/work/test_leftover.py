"""What is left when agents and keepers are killed is found by the next agent, ended and told, and nothing else is."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from netmind_tui.model.device import DeviceKind
from netmind_tui.node.agent.clock import boot_id
from netmind_tui.node.work import leftover, tree
from netmind_tui.node.work.instance import Placed
from netmind_tui.node.work.leftover import end_leftovers
from netmind_tui.node.work.record import read_record, settle

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="programs are supervised on Linux only")

_AGENT = """
import asyncio, sys
from pathlib import Path
from netmind_tui.model.device import DeviceKind
from netmind_tui.model.policy import Limits
from netmind_tui.model.workload import Workload
from netmind_tui.node.work.delegation import Delegation
from netmind_tui.node.work.instance import Place, Placed
from netmind_tui.node.work.program import Program

async def main(folder, number, grace, text):
    devices = (Placed(device="gpu:0", kind=DeviceKind.GPU, uuid="GPU-1", slot="0000:01:00.0"),)
    place = Place(key="work@gpu:0", number=number, devices=devices, limits=Limits(), folder=folder / "work/work@gpu:0")
    made = Program(
        Workload(name="work", command=("/bin/sh", "-c", text), folder=str(folder), grace_s=float(grace)),
        Delegation(folder / "no-such-root"),
    )
    await made.start(place)
    print(made.keeper_pid, made.pid, flush=True)
    await made.ended()
    await asyncio.sleep(300)

asyncio.run(main(Path(sys.argv[1]), *sys.argv[2:]))
"""
STUBBORN = "trap '' TERM; echo $$ > {0}.new; mv {0}.new {0}; while :; do sleep 0.05; done"


class Agent:
    """An agent as a process of its own, with a program, for as long as it is let live."""

    def __init__(self, works, text: str, grace_s: float) -> None:
        self.works = works
        self.place = works.place("work@gpu:0")
        self._process = subprocess.Popen(
            [sys.executable, "-c", _AGENT, str(works.folder), self.place.number, str(grace_s), text],
            stdout=subprocess.PIPE,
            text=True,
            cwd="/",
        )
        self.keeper, self.main = map(int, self._process.stdout.readline().split())

    def kill(self, *more: int) -> None:
        """With kill -9, it and others, all at once."""
        for pid in (*more, self._process.pid):
            os.kill(pid, signal.SIGKILL)
        self._process.wait()
        self._process.stdout.close()

    async def writes(self, *names: str) -> None:
        await self.works.until(lambda: all(map(self.works.number_in, names)))

    @property
    def record(self) -> dict:
        return read_record(str(self.place.folder))

    async def has_ended(self) -> None:
        await self.works.until(lambda: "ended" in self.record, "the end in the record")

    async def leftovers(self):
        return await end_leftovers(self.works.folder / "work")


@pytest.fixture
def agent(works):
    made = []

    def start(text, grace_s=0.2):
        made.append(Agent(works, text, grace_s))
        return made[-1]

    yield start
    for each in made:
        each._process.kill()
        each._process.wait()


def test_when_the_agent_is_killed_its_keeper_ends_all_and_the_next_agent_is_told_when(works, agent):
    async def run():
        made = agent(
            f"(setsid sh -c '{STUBBORN.format('away').replace(chr(39), chr(34))}' &); {STUBBORN.format('main')}"
        )
        await made.writes("main", "away")
        before_s = time.clock_gettime(time.CLOCK_BOOTTIME)
        made.kill()
        await made.has_ended()
        after_s = time.clock_gettime(time.CLOCK_BOOTTIME)
        assert not works.living(made.place.number)
        (left,) = await made.leftovers()
        assert (left.key, left.number, left.boot) == ("work@gpu:0", made.place.number, boot_id())
        assert left.devices == (Placed(device="gpu:0", kind=DeviceKind.GPU, uuid="GPU-1", slot="0000:01:00.0"),)
        assert (left.ended.how, left.ended.why) == ("killed", "the agent was gone")
        assert before_s + 0.2 <= left.ended.at_boottime_s <= after_s
        assert before_s <= left.ended.asked_boottime_s <= left.ended.at_boottime_s - 0.2
        assert left.ended.cpu_s is not None

    asyncio.run(run())


def test_an_end_is_told_until_it_is_settled(works, agent):
    async def run():
        made = agent("exit 3")
        await made.has_ended()
        made.kill()
        first = await made.leftovers()
        assert [each.ended.how for each in first] == ["crashed"]
        assert await made.leftovers() == first
        settle(str(made.place.folder), "another start")
        assert await made.leftovers() == first
        settle(str(made.place.folder), made.place.number)
        assert await made.leftovers() == ()

    asyncio.run(run())


def test_when_all_is_killed_at_once_what_is_left_is_ended_by_the_next_agent(works, agent):
    async def run():
        text = f"(setsid sh -c '{STUBBORN.format('away').replace(chr(39), chr(34))}' &); {STUBBORN.format('main')}"
        made = agent(text)
        await made.writes("main", "away")
        made.kill(made.keeper)
        away = works.number_in("away")
        assert works.state_of(away)
        before_s = time.clock_gettime(time.CLOCK_BOOTTIME)
        (left,) = await made.leftovers()
        assert not works.state_of(away)
        assert not works.living(made.place.number)
        assert (left.ended.how, left.ended.why) == ("killed", "it was found without its keeper")
        assert before_s <= left.ended.at_boottime_s <= time.clock_gettime(time.CLOCK_BOOTTIME)
        assert left.ended.lasted_s > 0

    asyncio.run(run())


def test_what_stood_when_all_was_killed_is_ended_too(works, agent):
    async def run():
        made = agent("(setsid sh -c 'echo $$ > away; while :; do sleep 0.05; done' &); " + STUBBORN.format("main"))
        await made.writes("main", "away")
        os.kill(works.number_in("away"), signal.SIGSTOP)
        made.kill(made.keeper)
        await made.leftovers()
        assert not works.living(made.place.number)

    asyncio.run(run())


def test_of_what_is_gone_without_a_witness_nobody_says_when(works, agent):
    async def run():
        made = agent(STUBBORN.format("main"))
        await made.writes("main")
        made.kill(made.keeper)
        # Its first process goes with its keeper.
        await works.until(lambda: not works.living(made.place.number))
        (left,) = await made.leftovers()
        assert (left.ended.how, left.ended.at_boottime_s) == ("killed", None)

    asyncio.run(run())


def test_a_keeper_that_is_still_at_it_is_hurried(works, agent, monkeypatch):
    monkeypatch.setattr(leftover, "_GRACE_S", 0.1)

    async def run():
        made = agent(STUBBORN.format("main"), grace_s=600.0)
        await made.writes("main")
        made.kill()
        await works.until(lambda: works.state_of(made.keeper) == "S")
        (left,) = await made.leftovers()
        assert (left.ended.how, left.ended.why) == ("killed", "the agent was gone")
        assert not works.living(made.place.number)

    asyncio.run(run())


def test_a_keeper_that_hangs_is_killed_and_its_work_done(works, agent, monkeypatch):
    monkeypatch.setattr(leftover, "_GRACE_S", 0.1)
    monkeypatch.setattr(leftover, "_KEEPER_S", 0.1)

    async def run():
        made = agent(f"(setsid sh -c 'echo $$ > away; while :; do sleep 0.05; done' &); {STUBBORN.format('main')}")
        await made.writes("main", "away")
        os.kill(made.keeper, signal.SIGSTOP)
        made.kill()
        await made.leftovers()
        assert not works.state_of(made.keeper)
        assert not works.living(made.place.number)

    asyncio.run(run())


class Bystander:
    """A process that is nobody's work, and a record that names its number."""

    def __init__(self, folder: Path, **facts) -> None:
        self._process = subprocess.Popen(["/bin/sleep", "300"], env={})
        now = tree.read(self._process.pid)
        self.pid, self.began = now.pid, now.start
        self.facts = {"version": 1, "number": "n", "key": "work", "boot": boot_id(), "grace_s": 0.0}
        self.facts |= {"keeper": [self.pid, self.began + 1], "child": [self.pid, self.began + 1]} | facts
        (folder / "work").mkdir(parents=True)
        (folder / "work/record.json").write_text(json.dumps(self.facts))

    def lives(self) -> bool:
        return self._process.poll() is None

    def end(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.mark.parametrize(
    ("facts", "how"),
    [
        ({}, ["killed"]),
        ({"keeper": None, "child": "no numbers", "group": 7, "grace_s": "long"}, ["killed"]),
        ({"ended": "exited", "cpu_s": "much", "last": 3, "devices": [3, {"device": "cpu"}]}, ["exited"]),
        ({"settled": True}, []),
    ],
    ids=["its number was given anew", "garbage", "garbage of an end", "settled"],
)
def test_a_process_that_only_has_the_number_of_one_of_ours_is_left_alone(tmp_path, facts, how):
    bystander = Bystander(tmp_path, **facts)
    try:
        found = asyncio.run(end_leftovers(tmp_path))
        assert [each.ended.how for each in found] == how
        assert bystander.lives()
    finally:
        bystander.end()


def test_after_the_machine_was_started_anew_nothing_of_before_is_looked_for(tmp_path):
    bystander = Bystander(tmp_path)
    try:
        record = tmp_path / "work/record.json"
        own = [bystander.pid, bystander.began]
        record.write_text(json.dumps(bystander.facts | {"boot": "another boot", "child": own, "keeper": own}))
        (left,) = asyncio.run(end_leftovers(tmp_path))
        assert (left.ended.why, left.boot, left.ended.at_boottime_s) == (
            "the machine was started anew",
            "another boot",
            None,
        )
        assert bystander.lives()
    finally:
        bystander.end()


def test_the_process_that_was_written_down_is_ended(tmp_path):
    bystander = Bystander(tmp_path)
    try:
        record = tmp_path / "work/record.json"
        record.write_text(json.dumps(bystander.facts | {"child": [bystander.pid, bystander.began]}))
        asyncio.run(end_leftovers(tmp_path))
        assert not bystander.lives()
    finally:
        bystander.end()


def test_an_agent_that_was_started_from_within_an_instance_does_not_end_itself(tmp_path):
    bystander = Bystander(tmp_path, number="mine")
    text = "import asyncio, pathlib, sys; from netmind_tui.node.work.leftover import end_leftovers\n"
    text += "print([each.number for each in asyncio.run(end_leftovers(pathlib.Path(sys.argv[1])))])"
    try:
        done = subprocess.run(
            # The shell is above it, and carries the mark too.
            ["/bin/sh", "-c", '"$@"; echo still here', "sh", sys.executable, "-c", text, str(tmp_path)],
            env=os.environ | {"NETMIND_INSTANCE": "mine"},
            capture_output=True,
            text=True,
            check=True,
            cwd="/",
        )
        assert done.stdout == "['mine']\nstill here\n"
    finally:
        bystander.end()


@pytest.mark.parametrize("text", ["", "{", "[]", "[" * 100_000, "\0" * 100])
def test_a_record_that_cannot_be_understood_is_passed_over(tmp_path, text):
    (tmp_path / "work").mkdir()
    (tmp_path / "work/record.json").write_text(text)
    assert asyncio.run(end_leftovers(tmp_path)) == ()


def test_a_file_of_a_programs_own_that_is_called_a_record_is_none(tmp_path):
    (tmp_path / "work@cpu/files").mkdir(parents=True)
    (tmp_path / "work@cpu/files/record.json").write_text('{"score": 12}')
    assert asyncio.run(end_leftovers(tmp_path)) == ()


def test_where_nothing_ever_ran_there_is_nothing_to_tell(tmp_path):
    assert asyncio.run(end_leftovers(tmp_path / "none")) == ()

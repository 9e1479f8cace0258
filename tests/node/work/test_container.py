"""Containers by programs that behave like docker and podman, in front of a daemon that runs real processes."""

import asyncio
import contextlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from netmind_tui.model.device import DeviceKind
from netmind_tui.model.workload import WorkKind, Workload
from netmind_tui.node.work import container
from netmind_tui.node.work.container import Container
from netmind_tui.node.work.container_line import environment_in, passed_on, run_words
from netmind_tui.node.work.health import watch
from netmind_tui.node.work.instance import Placed
from netmind_tui.node.work.leftover import end_leftovers
from netmind_tui.node.work.log import tail
from netmind_tui.node.work.outside import MARK, end_outside
from netmind_tui.node.work.tree import is_still

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="containers are supervised on Linux only")

STUB = Path(__file__).parents[2] / "stub"
LOOPS = "echo begun; trap 'echo asked; exit 3' TERM; while :; do sleep 0.05; done"
STUBBORN = "trap '' TERM; while :; do sleep 0.05; done"
VARIABLES = {"docker": "DOCKER_HOST", "podman": "CONTAINER_HOST"}


class Runtime:
    """A runtime in front of the daemon that all tests share."""

    def __init__(self, kind: str, folder: Path, socket: Path, monkeypatch) -> None:
        self.kind, self.socket = kind, socket
        (folder / "bin").mkdir()
        program = folder / "bin" / kind
        program.write_text(f"#!{sys.executable} -IS\n{(STUB / 'standin.py').read_text()}")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder / 'bin'}:{os.environ['PATH']}")
        monkeypatch.setenv(VARIABLES[kind], f"unix://{self.socket}")
        self.before = 0
        self.before = len(self.asked)

    @property
    def asked(self) -> list[list[str]]:
        path = self.socket.with_name("d.asked")
        lines = path.read_text().splitlines() if path.exists() else []
        return [json.loads(line) for line in lines[self.before :]]

    @property
    def acts(self) -> list[str]:
        return [words[0] for words in self.asked if words[0] != "inspect"]

    def workload(self, text: str, **more) -> Workload:
        base = {"name": "llm", "kind": WorkKind.CONTAINER, "runtime": self.kind, "image": "work:1", "grace_s": 5.0}
        return Workload(**(base | {"command": ("/bin/sh", "-c", text)} | more))


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    socket = tmp_path_factory.mktemp("daemon") / "d"
    command = [sys.executable, "-IS", STUB / "containers.py", socket]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        assert child.stdout.readline() == b"ready\n"
        yield socket
        child.terminate()


@pytest.fixture
def runtime(request, tmp_path, monkeypatch, daemon):
    return Runtime(getattr(request, "param", "docker"), tmp_path, daemon, monkeypatch)


@pytest.fixture
def no_daemon(monkeypatch, tmp_path, runtime):
    """From now on there is none."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nowhere")
    return runtime


@contextlib.asynccontextmanager
async def running(workload, place):
    made = Container(workload)
    await made.start(place)
    try:
        yield made
    finally:
        await made.kill()


@pytest.mark.parametrize("runtime", ["docker", "podman"], indirect=True)
def test_it_runs_is_paused_goes_on_is_stopped_and_removed(works, runtime):
    place = works.place("llm@gpu:0")

    async def run():
        async with running(runtime.workload(LOOPS), place) as made:
            assert made.has_ended is None
            assert made.pid in made.pids
            assert (place.folder / MARK).exists()
            await made.suspend()
            assert made.pids
            assert all(map(is_still, made.pids))
            await made.resume()
            assert not is_still(made.pid)
            await made.stop(5.0)
            return made, await made.ended()

    made, ended = asyncio.run(run())
    assert (ended.how, ended.code, ended.lines[0], ended.lines[-1]) == ("stopped", 3, "begun", "asked")
    assert made.pids == frozenset()
    assert tail(place.folder, 5)[0] == ended.lines
    assert works.living(place.number) == set()
    assert not (place.folder / MARK).exists()
    assert [act for act in runtime.acts if act != "rm"] == ["run", "pause", "unpause", "stop"]


def test_it_is_told_its_name_labels_limits_and_variables_and_no_secret_stands_in_a_list_of_processes(works, runtime):
    uuid = "GPU-1234"
    place = replace(
        works.place("llm@gpu:0", cpu_share_pct=50),
        devices=(Placed(device="gpu:0", kind=DeviceKind.GPU, uuid=uuid),),
    )
    workload = runtime.workload(
        f"env > {works.quoted('seen')}; exec sleep 60",
        environment={"TOKEN": "s3cret", "HOME": "/in"},
        options=("--device", "nvidia.com/gpu={uuid}"),
        memory_bytes=1 << 30,
    )

    async def run():
        async with running(workload, place) as made:
            await works.until(lambda: works.file("seen").exists() and "TOKEN" in works.file("seen").read_text())
            return made.limited_by

    limited_by = asyncio.run(run())
    words = next(words for words in runtime.asked if words[0] == "run")
    name = words[words.index("--name") + 1]
    assert name == f"netmind-llm-gpu-0-{place.number}"
    assert f"--label=netmind.instance={place.number}" in words
    assert ["--device", f"nvidia.com/gpu={uuid}", "work:1"] == words[-6:-3] or f"nvidia.com/gpu={uuid}" in words
    assert words[words.index("--memory") + 1] == f"{1 << 30}b"
    assert float(words[words.index("--cpus") + 1]) == len(os.sched_getaffinity(0)) / 2
    assert words[words.index("--pull") + 1] == "never"
    assert "s3cret" not in " ".join(words)
    assert limited_by == "docker (cpu, memory, weight)"
    seen = dict(line.split("=", 1) for line in works.file("seen").read_text().splitlines())
    assert (seen["TOKEN"], seen["HOME"], seen["NETMIND_CONTAINER"]) == ("s3cret", "/in", name)
    assert (seen["CUDA_VISIBLE_DEVICES"], seen["NVIDIA_VISIBLE_DEVICES"]) == (uuid, uuid)


@pytest.mark.parametrize(
    ("text", "how", "code", "number"),
    [("exit 0", "exited", 0, None), ("kill -9 $$", "crashed", None, 9)],
)
def test_how_it_ends_by_itself(works, runtime, text, how, code, number):
    async def run():
        async with running(runtime.workload(f"sleep 0.3; {text}"), works.place()) as made:
            return await made.ended()

    ended = asyncio.run(run())
    assert (ended.how, ended.code, ended.signal) == (how, code, number)
    assert works.living(works.places[0].number) == set()


def test_one_that_ignores_the_request_is_killed_after_its_grace_even_while_it_is_paused(works, runtime):
    async def run():
        async with running(runtime.workload(STUBBORN), works.place()) as made:
            await made.suspend()
            await made.stop(1.0)
            return await made.ended()

    assert asyncio.run(run()).how == "killed"
    assert works.living(works.places[0].number) == set()


def test_commands_of_the_owner_take_the_place_of_pausing_and_stopping(works, runtime):
    def told(word):
        return ("/bin/sh", "-c", f"echo {word} $NETMIND_CONTAINER >> {works.quoted('told')}")

    workload = runtime.workload(
        LOOPS, suspend=told("suspend"), resume=told("resume"), finish=told("finish"), stop=("/bin/sh", "-c", "exit 1")
    )

    async def run():
        async with running(workload, works.place("llm")) as made:
            await made.suspend()
            await made.resume()
            await made.finish()
            await made.resume()
            await made.stop(3.0)
            return (await made.ended()).how

    assert asyncio.run(run()) == "stopped"  # its own command failed, so the runtime was asked
    name = f"netmind-llm-{works.places[0].number}"
    words = ["suspend", "resume", "finish", "resume"]
    assert works.file("told").read_text().splitlines() == [f"{word} {name}" for word in words]
    assert "pause" not in runtime.acts


def test_its_processor_time_is_that_of_its_processes(works, runtime):
    spins = "i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done; sleep 60"

    async def run():
        async with running(runtime.workload(spins), works.place()) as made:
            await works.until(lambda: (made.cpu_s or 0) > 0)
            await made.kill()
            return await made.ended()

    ended = asyncio.run(run())
    assert ended.how == "killed"
    assert ended.cpu_s > 0


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"image": "missing:2"}, "its image missing:2 is not here: docker pull missing:2"),
        ({"command": ("/no/such",)}, "executable file not found in $PATH"),
        ({"options": ("-d",)}, "its option -d would cut it loose"),
        ({"options": ("-Pd",)}, "its option -Pd would cut it loose"),
        ({"options": ("-d=true",)}, "its option -d=true would cut it loose"),
        ({"options": ("--attach=stdin",)}, "its option --attach=stdin would cut it loose"),
        ({"options": ("--detach",)}, "its option --detach would cut it loose"),
        ({"runtime": "podman-not-here"}, "podman-not-here is not installed here"),
    ],
)
def test_what_cannot_be_run_says_why_and_leaves_nothing(works, runtime, change, why):
    place = works.place()

    async def run():
        made = Container(replace(runtime.workload(LOOPS), **change))
        with pytest.raises(OSError) as caught:  # noqa: PT011 - the sentence is looked at below
            await made.start(place)
        assert why in str(caught.value)
        assert (await made.ended()).how == "not-started"
        await made.stop(1.0)

    asyncio.run(run())
    assert not (place.folder / MARK).exists()


def test_without_its_daemon_it_says_how_to_start_that(works, no_daemon):

    async def run():
        with pytest.raises(OSError, match=r"the daemon of docker does not run: sudo systemctl start docker"):
            await Container(no_daemon.workload(LOOPS)).start(works.place())

    asyncio.run(run())


@pytest.mark.skipif(shutil.which("docker") is None, reason="docker's client is not installed (docker.io)")
def test_the_real_client_without_a_daemon_is_understood(works, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{works.folder}/nowhere.sock")
    workload = Workload(name="llm", kind=WorkKind.CONTAINER, image="work:1", command=("sleep", "60"))

    async def run():
        with pytest.raises(OSError, match="the daemon of docker does not run"):
            await Container(workload).start(works.place())

    asyncio.run(run())


def test_where_its_keeper_and_its_guard_were_killed_the_next_agent_removes_it(works, runtime):
    place = works.place("llm@gpu:0")

    async def run():
        made = Container(runtime.workload(STUBBORN))
        await made.start(place)
        works.file("pid").write_text(f"{made.pid}\n")
        for pid in (made._guard.keeper_pid, made._guard.pid, os.getpid()):
            os.kill(pid, 9)

    agent = os.fork()
    if agent == 0:
        asyncio.run(run())
    os.waitpid(agent, 0)
    pid = works.number_in("pid")
    assert works.state_of(pid)
    name = f"netmind-llm-gpu-0-{place.number}"
    assert asyncio.run(end_outside(works.folder / "elsewhere")) == ()
    runtime.socket.with_name("d.rm-fails").touch()  # as podman does at first, when its own guard is gone as well
    assert asyncio.run(end_outside(works.folder / "work")) == (name,)
    assert not works.state_of(pid)
    assert asyncio.run(end_outside(works.folder / "work")) == ()
    # The client of the runtime, which the killed guard left behind, is the keeper's.
    assert [each.number for each in asyncio.run(end_leftovers(works.folder / "work"))] == [place.number]


def test_when_the_agent_is_gone_its_guard_has_it_stopped_within_the_grace(works, runtime):
    place = works.place()

    async def run():
        made = Container(runtime.workload(STUBBORN, grace_s=2.0))
        await made.start(place)
        pids = made.pids
        made._guard._line._writer.write_eof()
        await works.until(lambda: not any(works.state_of(pid) for pid in pids))
        return await made.ended()

    assert asyncio.run(run()).how in ("crashed", "killed", "stopped")
    assert works.living(place.number) == set()


@pytest.mark.usefixtures("no_daemon")
def test_a_runtime_that_no_longer_answers_leaves_its_mark_for_the_next_start(works, caplog):
    place = works.place()
    place.folder.mkdir(parents=True)
    mark = place.folder / MARK
    mark.write_text(json.dumps({"kind": "container", "by": ["docker"], "name": "x", "number": "1"}))
    assert asyncio.run(end_outside(works.folder / "work")) == ()
    assert mark.exists()
    assert "cannot be ended" in caplog.text


@contextlib.contextmanager
def silent(runtime, monkeypatch):
    """It answers nothing but ``run``, and nobody waits long for it."""
    hangs = runtime.socket.with_name("d.hangs")
    hangs.touch()
    with monkeypatch.context() as patch:
        for name, seconds in (("_ASK_S", 1.0), ("_KILL_S", 1.0), ("_ENDED_S", 0.5)):
            patch.setattr(container, name, seconds)
        try:
            yield
        finally:
            hangs.unlink()


def test_what_a_silent_runtime_may_have_begun_is_ended_and_removed_before_anything_is_begun_there_again(
    works, runtime, monkeypatch
):
    first, again = works.place("llm"), works.place("llm")

    async def run():
        with silent(runtime, monkeypatch):
            with pytest.raises(OSError, match="docker inspect did not end within 1 s"):
                await Container(runtime.workload(STUBBORN)).start(first)
            assert works.living(first.number) == set()
            with pytest.raises(OSError, match="docker rm did not end within 1 s"):
                await Container(runtime.workload(STUBBORN)).start(again)
            assert json.loads((first.folder / MARK).read_text())["number"] == first.number
        asked = len(runtime.asked)
        async with running(runtime.workload(STUBBORN), again):
            assert ["rm", "--force", f"netmind-llm-{first.number}"] in runtime.asked[asked:]

    asyncio.run(run())
    assert not (again.folder / MARK).exists()


def test_one_whose_runtime_no_longer_answers_is_ended_without_it(works, runtime, monkeypatch):
    place = works.place()

    async def run():
        made = Container(runtime.workload(STUBBORN))
        await made.start(place)
        pids = made.pids
        with silent(runtime, monkeypatch):
            await made.stop(0.5)
            assert not any(map(works.state_of, pids))
            return await made.ended()

    assert asyncio.run(run()).how == "killed"
    assert works.living(place.number) == set()


def test_variables_that_would_turn_the_runtime_itself_are_for_the_container_alone(works, runtime):
    given = {"DOCKER_CONTEXT": "elsewhere", "LD_PRELOAD": "/in/there.so"}
    words, _ = run_words(runtime.workload(LOOPS, environment=given), works.place())
    environment = environment_in(runtime.workload(LOOPS, environment=given), works.place())
    for name, value in given.items():
        assert f"{name}={value}" in words
        assert name not in passed_on(environment)


def test_its_health_is_asked_outside_of_it_with_its_name(works, runtime):
    workload = runtime.workload(
        LOOPS,
        folder=str(works.folder),
        health=(
            "/bin/sh",
            "-c",
            f"echo $NETMIND_CONTAINER >{works.quoted('seen')}; pwd >>{works.quoted('seen')}; false",
        ),
    )
    place = works.place("llm")
    place.folder.mkdir(parents=True)
    asyncio.run(watch(workload, place, lambda _seconds: asyncio.sleep(0)))
    assert works.file("seen").read_text().split() == [f"netmind-llm-{place.number}", str(place.folder)]

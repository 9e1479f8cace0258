"""Programs of every bad habit, each a real one under a real keeper: bounded while they run, gone when they are to."""

import asyncio
import contextlib
import errno
import os
import resource
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from netmind_tui.model.policy import Limits
from netmind_tui.node.work import keeper_line, program
from netmind_tui.node.work.log import tail
from netmind_tui.node.work.program import Program
from netmind_tui.node.work.record import read_record

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="programs are supervised on Linux only")

STUBBORN = "trap '' TERM; echo $$ > main; while :; do sleep 0.05; done"


@contextlib.asynccontextmanager
async def running(works, workload, place=None):
    """It, started, and gone at the end."""
    made = Program(workload, works.cgroups)
    await made.start(place or works.place())
    try:
        yield made
    finally:
        await made.kill()


def ends(works, workload, place=None):
    """How a program ends by itself."""

    async def run():
        async with running(works, workload, place) as made:
            return await made.ended()

    return asyncio.run(run())


def test_it_sees_its_own_environment_and_nothing_of_the_agents(works, monkeypatch):
    monkeypatch.setenv("SECRET", "x")
    place = works.place(gpu_memory_share_pct=80)
    workload = works.shell(
        "env > environment; cat > input; ls /proc/self/fd > open; pwd > where",
        environment={"A": "{device} {index} {uuid}{folder}", "HOME": "/nowhere", "B": '{"json": 1}'},
        folder=None,
    )
    assert ends(works, workload, place).how == "exited"
    files = place.folder / "files"
    seen = dict(line.split("=", 1) for line in (files / "environment").read_text().splitlines())
    assert {name: seen.pop(name) for name in ("NETMIND_INSTANCE", "NETMIND_WORKLOAD", "NETMIND_DEVICES")} == {
        "NETMIND_INSTANCE": place.number,
        "NETMIND_WORKLOAD": "work",
        "NETMIND_DEVICES": "cpu",
    }
    assert seen["A"] == f"cpu 0 {files}"
    assert (seen["B"], seen["HOME"]) == ('{"json": 1}', "/nowhere")
    assert (seen["CUDA_DEVICE_ORDER"], seen["CUDA_VISIBLE_DEVICES"]) == ("PCI_BUS_ID", "")
    assert seen["NETMIND_GPU_MEMORY_SHARE_PCT"] == "80"
    assert "SECRET" not in seen
    assert (files / "input").read_text() == ""
    assert (files / "open").read_text().split() == ["0", "1", "2", "3"]  # the last one is what ls reads
    assert (files / "where").read_text().strip() == str(files)


def test_signals_that_its_keeper_and_python_ignore_are_its_own_again(works):
    assert ends(works, works.shell("cat /proc/self/status > status")).how == "exited"
    lines = dict(line.split(":\t") for line in works.file("status").read_text().splitlines() if ":\t" in line)
    # From 32 on they are the C library's: whoever started the tests may have left those ignored.
    assert [int(lines[name], 16) & 0x7FFF_FFFF for name in ("SigIgn", "SigBlk")] == [0, 0]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"command": ("no-such-program",)}, "no-such-program cannot be run: it is not found"),
        ({"command": ("/no/such/program",)}, "/no/such/program cannot be run: it is not found"),
        ({"command": ("./plain",)}, "./plain cannot be run: permission denied"),
        ({"command": ("./garbage",)}, "./garbage cannot be run: it is no program; a script begins with a line such"),
        ({"command": ("./lost",)}, "./lost cannot be run: the interpreter that its first line names is missing"),
        ({"command": ("/",)}, "/ cannot be run: permission denied"),
        ({"folder": "/no/such/folder"}, "its folder /no/such/folder cannot be entered: no such file or directory"),
    ],
)
def test_what_cannot_be_started_says_why_and_leaves_nothing(works, change, why):
    works.script("plain", "#!/bin/sh\n", 0o644)
    works.script("garbage", "\1\2\3")
    works.script("lost", "#!/no/such/interpreter\n")

    async def run():
        made = Program(replace(works.shell("true"), **change), works.cgroups)
        with pytest.raises(OSError, match=r"cannot be") as caught:
            await made.start(works.place())
        assert str(caught.value).startswith(why)
        assert (await made.ended()).how == "not-started"
        assert made.has_ended.why == str(caught.value)
        assert (made.pids, made.cpu_s is not None) == (frozenset(), True)
        await made.stop(1.0)

    asyncio.run(run())
    assert read_record(str(works.places[0].folder))["ended"] == "not-started"


def test_a_folder_that_cannot_be_written_is_a_reason_not_to_start(works):
    works.file("work").write_text("a file where the folders were to be")

    async def run():
        made = Program(works.shell("true"), works.cgroups)
        with pytest.raises(OSError, match="not a directory"):
            await made.start(works.place())
        assert made.has_ended.how == "not-started"

    asyncio.run(run())


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="becomes another user")
def test_a_program_that_the_agents_user_may_not_run_is_refused(works):
    works.script("private", "#!/bin/sh\n", 0o700)
    os.chown(works.file("private"), 0, 0)
    text = (
        "import ctypes, os, sys; sys.path.append(sys.argv[1])\n"
        "from netmind_tui.node.work.launch import launch\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "made = launch([sys.argv[2]], {}, '/', 2, {}); made.go(); print(*made.failure())\n"
        "made = launch(['true'], {}, sys.argv[3], 2, {}); made.go(); print(*made.failure())\n"
    )
    works.folder.chmod(0o700)
    ours = str(Path(program.__file__).parents[3])
    words = [sys.executable, "-I", "-S", "-c", text, ours, str(works.file("private")), str(works.folder)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [f"command {errno.EACCES}", f"folder {errno.EACCES}"]


@pytest.mark.parametrize(
    ("text", "how", "code", "number"),
    [
        ("echo well; exit 0", "exited", 0, None),
        ("echo bad; exit 3", "crashed", 3, None),
        ("echo worse; kill -SEGV $$", "crashed", None, signal.SIGSEGV),
    ],
)
def test_what_ends_at_once_is_told_with_its_code_and_its_last_lines(works, text, how, code, number):
    place = works.place()
    ended = ends(works, works.shell(text), place)
    assert (ended.how, ended.code, ended.signal) == (how, code, number)
    assert ended.lines == (text.split(";")[0].removeprefix("echo "),)
    assert ended.lasted_s > 0
    assert ended.cpu_s is not None
    record = read_record(str(place.folder))
    assert (record["ended"], record["ended_boottime_s"]) == (how, ended.at_boottime_s)


def test_a_tree_that_ignores_sigterm_is_gone_after_its_grace(works):
    async def run():
        place = works.place()
        text = f"for i in 1 2 3; do ({STUBBORN.replace('main', 'child$i')}) & done; {STUBBORN}"
        async with running(works, works.shell(text), place) as made:
            await works.until(lambda: all(works.number_in(name) for name in ("main", "child1", "child2", "child3")))
            assert len(made.pids) >= 4
            await made.stop(0.2)
            assert made.has_ended.how == "killed"
            assert (made.pids, works.living(place.number)) == (frozenset(), set())

    asyncio.run(run())


def test_what_ends_well_when_it_is_asked_to_is_not_killed(works):
    async def run():
        text = "trap 'echo saved >> saved; exit 7' TERM; echo up > up; while :; do sleep 0.02; done"
        async with running(works, works.shell(text)) as made:
            await works.until(works.file("up").exists)
            await made.stop(20.0)
            assert (made.has_ended.how, made.has_ended.code) == ("stopped", 7)
        assert works.file("saved").read_text() == "saved\n"

    asyncio.run(run())


@pytest.mark.parametrize(
    "text",
    [
        "sleep 300 & echo $! > away; exit 0",
        "setsid sh -c 'echo $$ > away; exec sleep 300' & exit 0",
        "(setsid env -i /bin/sh -c 'echo $$ > away; exec sleep 300' &) ; exit 0",
        "set -m; sh -c 'echo $$ > away; trap \"\" TERM HUP; while :; do sleep 0.05; done' & exit 0",
    ],
    ids=["forks away", "has a session of its own", "forks twice and hides its mark", "changes its process group"],
)
def test_what_goes_on_without_its_parent_is_still_there_and_ends_with_the_rest(works, text):
    async def run():
        async with running(works, works.shell(text)) as made:
            await works.until(lambda: works.number_in("away"))
            away = works.number_in("away")
            await works.until(lambda: made.pid not in made.pids)
            assert away in made.pids
            assert made.has_ended is None
            await made.stop(0.2)
            assert not works.state_of(away)
            assert made.has_ended.how in ("stopped", "killed")
            assert made.has_ended.code == 0

    asyncio.run(run())


def test_when_the_program_fails_what_it_started_does_not_go_on(works):
    place = works.place()
    ended = ends(works, works.shell("(trap '' TERM; sleep 300) & exit 4"), place)
    assert (ended.how, ended.code) == ("crashed", 4)
    assert works.living(place.number) == set()


def test_zombies_that_nobody_fetches_are_no_processes_and_go_with_their_parent(works):
    async def run():
        text = (
            "import os, time\n"
            "for _ in range(20):\n"
            "    if os.fork() == 0: os._exit(0)\n"
            "print('up', file=open('up', 'w'), flush=True)\n"
            "time.sleep(300)\n"
        )
        async with running(works, works.python(text)) as made:
            await works.until(works.file("up").exists)
            await works.until(lambda: made.pids == {made.pid})
            await made.stop(5.0)
            assert made.has_ended.how == "stopped"

    asyncio.run(run())


def test_a_tree_that_forks_all_the_time_is_gone_after_the_kill(works):
    async def run():
        place = works.place()
        text = (
            "import os, signal, time\n"
            "signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
            "for _ in range(4): os.fork()\n"
            "print(end='x', file=open('up', 'a'), flush=True)\n"
            "while True:\n"
            "    if os.fork() == 0: os.setsid(); time.sleep(0.02); continue\n"
            "    os._exit(0) if os.getppid() == 1 else time.sleep(0.02)\n"
            "    os._exit(0)\n"
        )
        async with running(works, works.python(text), place) as made:
            await works.until(lambda: works.file("up").exists() and len(works.file("up").read_text()) == 16)
            assert len(made.pids) > 10
            await made.kill()
            assert made.has_ended.how == "killed"
            assert works.living(place.number) == set()

    asyncio.run(run())


def test_a_program_that_is_replaced_on_disk_goes_on_as_it_was_started(works):
    async def run():
        first = works.script("program", "#!/bin/sh\necho one > said; while :; do sleep 0.05; done\n")
        async with running(works, works.workload([first])) as made:
            await works.until(works.file("said").exists)
            works.script("new", "#!/bin/sh\necho two > said\n")
            works.file("new").replace(first)
            await asyncio.sleep(0.1)
            assert made.has_ended is None
            await made.stop(1.0)
        async with running(works, works.workload([first])) as made:
            await made.ended()
        assert works.file("said").read_text() == "two\n"

    asyncio.run(run())


def test_a_flood_of_output_ends_by_itself_and_takes_no_more_room_than_it_may(works):
    place = works.place()
    text = (
        "import os\n"
        "line = b'x' * 99 + b'\\n'\n"
        "for _ in range(640): os.write(1, line * 1000)\n"
        "os.write(2, b'the last word\\n')\n"
    )
    ended = ends(works, works.python(text, log_bytes=1 << 18, logs=2), place)
    assert (ended.how, ended.lines[-1]) == ("exited", "the last word")
    logs = sorted(place.folder.glob("output.log*"))
    assert len(logs) == 2
    assert sum(each.stat().st_size for each in logs) <= 2 * (1 << 18) + 100
    lines, dropped = tail(place.folder, 5)
    assert lines[-1] == "the last word"
    assert dropped > 32_000_000


def test_output_is_kept_even_if_nobody_of_the_program_is_left_to_flush_it(works):
    place = works.place()
    ends(works, works.shell("for i in 1 2 3; do echo line $i; done; kill -9 $$"), place)
    assert tail(place.folder, 10) == (("line 1", "line 2", "line 3"), 0)


def test_while_suspended_nothing_moves_and_it_can_be_stopped(works):
    async def run():
        text = "(while :; do sleep 0.01; done) & setsid sh -c 'while :; do :; done' & " + STUBBORN
        async with running(works, works.shell(text)) as made:
            await works.until(lambda: works.number_in("main") and len(made.pids) >= 4)
            await made.suspend()
            pids = made.pids
            # Who waits for a child that stands, and stands itself as soon as the wait is over, is "D" until then.
            assert {works.state_of(pid) for pid in pids} in ({"T"}, {"T", "D"})
            cpu_s = made.cpu_s
            await asyncio.sleep(0.1)
            assert (made.cpu_s, made.pids) == (cpu_s, pids)
            await made.resume()
            await works.until(lambda: made.cpu_s > cpu_s)
            await made.suspend()
            await made.stop(0.1)
            assert not any(map(works.state_of, pids))

    asyncio.run(run())


def test_what_stands_is_asked_to_end_like_everything_else(works):
    async def run():
        text = "trap 'echo saved > saved; exit 0' TERM; echo up > up; while :; do sleep 0.02; done"
        async with running(works, works.shell(text)) as made:
            await works.until(works.file("up").exists)
            await made.suspend()
            await made.stop(20.0)
            assert made.has_ended.how == "stopped"
        assert works.file("saved").exists()

    asyncio.run(run())


def test_what_stood_before_it_was_suspended_stands_afterwards(works):
    async def run():
        text = "sleep 300 & echo $! > stands; kill -STOP $!; echo up > up; while :; do sleep 0.02; done"
        async with running(works, works.shell(text)) as made:
            await works.until(works.file("up").exists)
            await works.until(lambda: works.state_of(works.number_in("stands")) == "T")
            await made.suspend()
            await made.resume()
            await works.until(lambda: works.state_of(made.pid) != "T")
            assert works.state_of(works.number_in("stands")) == "T"

    asyncio.run(run())


def test_a_share_of_the_processors_holds_for_what_runs_and_for_what_it_starts(works):
    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("there is one processor")

    async def run():
        half = max(1, round(len(os.sched_getaffinity(0)) / 2))
        text = "echo $OMP_NUM_THREADS > threads; while :; do sh -c 'nice > nice; sleep 0.05'; done"
        async with running(works, works.shell(text, nice=7), works.place(cpu_share_pct=50)) as made:
            assert made.limited_by == "nice, affinity"
            assert len(os.sched_getaffinity(made.pid)) == half
            assert os.sched_getaffinity(made.pid) < os.sched_getaffinity(0)
            await works.until(lambda: works.file("nice").exists() and works.file("nice").read_text() == "7\n")
            assert works.file("threads").read_text() == f"{half}\n"
            await made.limit(Limits())
            assert made.limited_by == "nice"
            await works.until(lambda: all(len(os.sched_getaffinity(pid)) > half for pid in made.pids))
            await made.limit(Limits(cpu_share_pct=1))
            assert len(os.sched_getaffinity(made.pid)) == 1

    asyncio.run(run())


def test_the_memory_of_each_process_is_bounded_where_no_cgroup_does_it(works):
    text = "import sys\ntry: bytearray(400 << 20)\nexcept MemoryError: sys.exit(5)"
    assert ends(works, works.python(text, memory_bytes=200 << 20)).code == 5
    assert ends(works, works.python(text, memory_bytes=900 << 20)).code == 0


def test_the_processor_time_of_children_that_have_ended_is_counted_and_never_goes_back(works):
    async def run():
        burn = "import resource\nwhile resource.getrusage(resource.RUSAGE_SELF).ru_utime < 0.15: pass"
        # An orphan: nobody but the keeper knows what it took.
        orphan = f"(sh -c '{sys.executable} -ISc \"{burn}\"; : > up' &)"
        text = f"{orphan}; until [ -e go ]; do sleep 0.02; done; {orphan}; exec sleep 300"
        async with running(works, works.shell(text)) as made:
            await works.until(works.file("up").exists)
            assert made.cpu_s >= 0.15
            works.file("up").unlink()
            works.file("go").touch()
            seen = []
            await works.until(lambda: seen.append(made.cpu_s) or works.file("up").exists())
            await works.until(lambda: len(made.pids) == 1)
            seen.append(made.cpu_s)
            assert seen == sorted(seen)
            assert seen[-1] >= 0.3
            await made.stop(5.0)
            assert made.has_ended.cpu_s >= 0.3

    asyncio.run(run())


def test_its_own_commands_take_the_place_of_signals(works):
    async def run():
        text = "trap 'exit 9' TERM; echo up > up; until [ -e quit ]; do sleep 0.02; done"
        says = {name: ("/bin/sh", "-c", f"echo {name} >> said") for name in ("suspend", "resume", "finish")}
        workload = works.shell(text, **says, stop=("/bin/sh", "-c", "echo stop $NETMIND_WORKLOAD >> said; touch quit"))
        async with running(works, workload) as made:
            await works.until(works.file("up").exists)
            await made.suspend()
            assert works.state_of(made.pid) != "T"
            await made.resume()
            await made.finish()
            await made.resume()
            await made.resume()
            await made.stop(20.0)
            assert (made.has_ended.how, made.has_ended.code) == ("stopped", 0)
        assert works.file("said").read_text().split("\n") == [
            *("suspend", "resume", "finish", "resume", "stop work", "")
        ]

    asyncio.run(run())


def test_where_its_own_commands_fail_signals_do_it(works):
    async def run():
        text = "trap 'exit 9' TERM; echo up > up; while :; do sleep 0.02; done"
        workload = works.shell(text, suspend=("no-such-command",), stop=("false",), finish=("sh", "-c", "exit 3"))
        async with running(works, workload) as made:
            await works.until(works.file("up").exists)
            with pytest.raises(OSError, match="its finish command 'sh' ended with 3"):
                await made.finish()
            await made.suspend()
            assert works.state_of(made.pid) in ("T", "D")
            await made.stop(20.0)
            assert (made.has_ended.how, made.has_ended.code) == ("stopped", 9)

    asyncio.run(run())


def test_a_stop_command_that_brings_nothing_about_does_not_put_off_the_end(works):
    async def run():
        async with running(works, works.shell("echo up > up; sleep 300", stop=("sleep", "300"))) as made:
            await works.until(works.file("up").exists)
            await made.stop(0.3)
            assert made.has_ended.how == "killed"

    asyncio.run(run())


def test_what_has_ended_says_so_whatever_is_asked_of_it(works):
    async def run():
        made = Program(works.shell("exit 0"), works.cgroups)
        await made.stop(1.0)
        with pytest.raises(OSError, match="it was not started"):
            await made.suspend()
        await made.start(works.place())
        await made.ended()
        for act in (made.suspend, made.resume):
            with pytest.raises(OSError, match="it has ended"):
                await act()
        await made.limit(Limits(cpu_share_pct=50))
        await made.kill()
        with pytest.raises(OSError, match="started already"):
            await made.start(works.place())

    asyncio.run(run())


def test_two_stops_at_once_both_come_back_and_the_shorter_grace_holds(works):
    async def run():
        async with running(works, works.shell(STUBBORN)) as made:
            await works.until(lambda: works.number_in("main"))
            await asyncio.gather(made.stop(60.0), made.stop(0.1))
            assert made.has_ended.how == "killed"

    asyncio.run(run())


def test_when_the_keeper_is_killed_all_that_it_kept_is_ended(works):
    async def run():
        place = works.place()
        hidden = "env -i /bin/sh -c 'echo $$ > hidden; while :; do sleep 0.05; done' & "
        marked = "setsid sh -c 'trap \"\" TERM; echo $$ > marked; while :; do sleep 0.05; done' & "
        async with running(works, works.shell(hidden + marked + STUBBORN, grace_s=0.2), place) as made:
            await works.until(lambda: all(map(works.number_in, ("hidden", "marked", "main"))))
            assert works.number_in("hidden") in made.pids
            # Its first process is gone before anybody looks: what hides its mark was only seen before.
            os.kill(made.keeper_pid, signal.SIGSTOP)
            os.kill(made.pid, signal.SIGKILL)
            await works.until(lambda: not works.state_of(works.number_in("main")))
            os.kill(made.keeper_pid, signal.SIGKILL)
            ended = await made.ended()
            assert (ended.how, ended.why) == ("killed", "its keeper was killed")
            assert ended.at_boottime_s is not None
            assert not any(works.state_of(works.number_in(name)) for name in ("hidden", "marked", "main"))
            assert works.living(place.number) == set()

    asyncio.run(run())


def test_a_keeper_that_does_not_answer_is_killed_and_its_work_done_without_it(works, monkeypatch):
    monkeypatch.setattr(program, "_SLACK_S", 0.1)
    monkeypatch.setattr(program, "_HEARS_S", 0.1)

    async def run():
        async with running(works, works.shell(STUBBORN, grace_s=0.1)) as made:
            await works.until(lambda: works.number_in("main"))
            os.kill(made.keeper_pid, signal.SIGSTOP)
            await made.stop(0.1)
            assert made.has_ended.how == "killed"
            assert not works.state_of(works.number_in("main"))

    asyncio.run(run())


def test_a_program_that_stops_its_keeper_is_stopped_like_any_other(works):
    async def run():
        async with running(works, works.shell(STUBBORN, grace_s=0.1)) as made:
            await works.until(lambda: works.number_in("main"))
            os.kill(made.keeper_pid, signal.SIGSTOP)
            await works.until(lambda: works.state_of(made.keeper_pid) == "T")
            began_s = time.monotonic()
            await made.stop(0.1)
            assert made.has_ended.why is None
            assert time.monotonic() - began_s < program._SLACK_S

    asyncio.run(run())


@pytest.mark.parametrize("noise", ["[]", "7", '{"id": []}', "garbage"])
def test_a_keeper_that_speaks_otherwise_than_keepers_do_is_killed(monkeypatch, noise):
    said = f"import os, sys, time; os.write(int(sys.argv[2]), {noise.encode()!r} + bytes([10])); time.sleep(60)"
    monkeypatch.setattr(keeper_line, "_KEEPER", said)
    monkeypatch.setattr(keeper_line, "_CLOSES_S", 0.0)

    async def run():
        line = await keeper_line.KeeperLine.open("work@cpu")
        assert await line.over() == (None, "")

    asyncio.run(run())


def test_starts_that_are_given_up_at_any_moment_leave_nothing_open(works):
    async def run():
        await given_up(works, 1)
        before = opened()
        for turns in range(12):
            await given_up(works, turns)
        assert opened() == before

    asyncio.run(run())


def opened():
    """How many descriptors this process has."""
    return len(list(Path("/proc/self/fd").iterdir()))


async def given_up(works, turns):
    """A start that is cancelled after so many turns of the loop, and killed while it is given up."""
    place = works.place()
    made = Program(works.shell(STUBBORN), works.cgroups)
    task = asyncio.create_task(made.start(place))
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    await made.kill()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert works.living(place.number) == set()


def test_a_start_that_is_given_up_leaves_nothing(works):
    async def run():
        place = works.place()
        made = Program(works.shell(STUBBORN), works.cgroups)
        task = asyncio.create_task(made.start(place))
        await works.until(lambda: made.keeper_pid is not None)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert made.has_ended.how == "not-started"
        assert works.living(place.number) == set()

    asyncio.run(run())


def test_a_keeper_that_cannot_even_begin_says_why(works, monkeypatch):
    monkeypatch.setattr("netmind_tui.node.work.keeper_line._ROOT", "/no/such/package")

    async def run():
        made = Program(works.shell("true"), works.cgroups)
        with pytest.raises(OSError, match="it has ended"):
            await made.start(works.place())
        assert made.has_ended.how == "not-started"

    asyncio.run(run())


def test_a_disk_that_is_full_stops_neither_the_program_nor_the_record_of_its_end(works):
    async def run():
        place = works.place()
        text = (
            "echo first; until [ -e full ]; do sleep 0.02; done; for i in 1 2 3; do echo $i$PATH$PATH; done; echo end"
        )
        async with running(works, works.shell(text), place) as made:
            await works.until((place.folder / "output.log").exists)
            # To a file system without room a write fails just so: this many bytes, and none more.
            resource.prlimit(made.keeper_pid, resource.RLIMIT_FSIZE, (8192, 8192))
            (place.folder / "output.log").write_bytes(b"x" * 8192)
            works.file("full").touch()
            ended = await made.ended()
        assert (ended.how, ended.lines[-1]) == ("exited", "end")
        record = read_record(str(place.folder))
        assert record["ended"] == "exited"
        assert record["dropped_bytes"] > 0

    asyncio.run(run())


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="mounts a file system")
def test_on_a_file_system_without_any_room_the_program_runs_on_and_its_end_is_written_down(works):
    place = works.place()
    place.folder.mkdir(parents=True)
    mounted = subprocess.run(
        ["/bin/mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place.folder)], check=False, capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip("nothing can be mounted here")
    try:
        text = "import os\nfor _ in range(300): os.write(1, b'y' * 999 + b'\\n')\nprint('end')"
        ended = ends(works, works.python(text), place)
        assert (ended.how, ended.lines[-1]) == ("exited", "end")
        record = read_record(str(place.folder))
        assert (record["ended"], record["ended_boottime_s"]) == ("exited", ended.at_boottime_s)
        assert record["dropped_bytes"] > 200_000
    finally:
        subprocess.run(["/bin/umount", str(place.folder)], check=True)


def test_elsewhere_than_on_linux_it_says_that_it_cannot_be(works, monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(OSError, match="programs are supervised on Linux only"):
        asyncio.run(Program(works.shell("true"), works.cgroups).start(works.place()))

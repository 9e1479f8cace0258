"""The owner's programs hear of events, and whatever they do, the agent goes on."""

import asyncio
import json
import os
from pathlib import Path

import pytest

from netmind_tui.model.event import Event, EventKind
from netmind_tui.model.problem import Problem
from netmind_tui.node.hook import AT_ONCE, Hooks, programs_of

LOST = Event(
    id=7, at="2026-11-27T18:00:00.000Z", kind=EventKind.DEVICE_LOST, device="gpu:0", sentence="gone", data={"xid": 79}
)


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


class Run:
    """Hooks that run shell programs in a folder."""

    def __init__(self, folder: Path, **programs: str) -> None:
        self.folder, self.clock = folder, Clock()
        self.told: list[tuple[str, dict]] = []
        self.programs = {kind.replace("_", "-"): ("/bin/sh", "-c", text) for kind, text in programs.items()}

    def __call__(self, *events: Event, then=None, **limits: float) -> None:
        async def run() -> None:
            hooks = Hooks(
                self.programs,
                lambda _kind, sentence, *, device, data: self.told.append((sentence, {"device": device} | data)),
                clock=self.clock,
                environment={"PATH": os.environ["PATH"], "HOME": str(self.folder), "SECRET": "x"},
                **limits,
            )
            for event in events:
                hooks.take(event)
            await (then(hooks) if then else hooks.idle())
            await hooks.close()

        asyncio.run(run())

    def read(self, name: str) -> str:
        return (self.folder / name).read_text()


def living(group: int) -> list[int]:
    """The processes of a group that run: the dead, whom nobody may have fetched yet, do not."""
    found = []
    for each in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, in_group = each.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(in_group) == group and state not in "ZX":
            found.append(int(each.parent.name))
    return found


def of(kind: EventKind, **more) -> Event:
    return Event(at=LOST.at, kind=kind, sentence="it happened", **more)


def test_a_program_gets_the_event_as_json_in_its_home_with_a_short_environment(tmp_path):
    run = Run(tmp_path, device_lost="cat > event; env > environment; pwd > folder")
    run(LOST)
    event = json.loads(run.read("event"))
    assert (event["id"], event["kind"], event["device"], event["data"]) == (7, "device-lost", "gpu:0", {"xid": 79})
    names = {line.split("=")[0] for line in run.read("environment").splitlines()} - {"_", "PWD", "SHLVL", "OLDPWD"}
    assert names == {"PATH", "HOME", "NETMIND_EVENT", "NETMIND_DEVICE", "NETMIND_LEFT_OUT"}
    assert run.read("folder").strip() == str(tmp_path)
    assert run.told == []


def test_any_hears_of_everything_and_a_kind_only_of_its_own(tmp_path):
    run = Run(tmp_path, device_lost="echo x >> own", any="echo $NETMIND_EVENT >> all")
    run(LOST, of(EventKind.DEVICE_BACK))
    assert run.read("own") == "x\n"
    assert sorted(run.read("all").split()) == ["device-back", "device-lost"]


def test_a_program_that_fails_is_an_event_with_the_end_of_what_it_said(tmp_path):
    run = Run(tmp_path, device_lost="yes no | head -c 100000; echo last words >&2; exit 3")
    run(LOST)
    ((sentence, data),) = run.told
    assert sentence == "the hook for device-lost failed: it ended with 3"
    assert (data["exit"], data["device"], data["event"]) == (3, "gpu:0", 7)
    assert data["output"].endswith("last words")
    assert len(data["output"]) <= 2000


def test_a_program_that_is_not_there_is_an_event(tmp_path):
    run = Run(tmp_path)
    run.programs = {"device-lost": ("/nowhere/at-all",)}
    run(LOST)
    ((sentence, _),) = run.told
    assert sentence == "the hook for device-lost cannot be run: /nowhere/at-all: no such file or directory"


def test_one_that_hangs_is_killed_with_all_that_it_started(tmp_path):
    run = Run(tmp_path, device_lost="trap '' TERM; (trap '' TERM; echo $$ > child; exec sleep 1000) & wait; sleep 1000")
    run(LOST, limit_s=0.3)
    ((sentence, _),) = run.told
    assert "ran longer than 0.3 s and was killed" in sentence
    group = int(run.read("child"))
    assert living(group) == []


def test_one_that_never_reads_or_leaves_its_output_open_holds_nobody_up(tmp_path):
    run = Run(tmp_path, device_lost="sleep 5 & exit 0")
    big = Event(at=LOST.at, kind=EventKind.DEVICE_LOST, sentence="x" * 1_000_000)
    run(big, limit_s=20)
    assert run.told == []


def test_what_a_program_left_behind_ends_with_it(tmp_path):
    run = Run(tmp_path, device_lost="echo $$ > child; sleep 1000 & exit 0")
    run(LOST)
    assert living(int(run.read("child"))) == []
    assert run.told == []


def test_a_flood_is_held_back_and_what_was_left_out_is_counted(tmp_path):
    run = Run(tmp_path, device_lost="echo $NETMIND_LEFT_OUT >> out")

    async def later(hooks: Hooks) -> None:
        await hooks.idle()
        run.clock.now_s = 61
        hooks.take(LOST)
        await hooks.idle()

    run(*[LOST] * 50, then=later, a_minute=10)
    assert sorted(run.read("out").split()) == ["0"] * 10 + ["40"]
    ((sentence, data),) = run.told
    assert sentence == "the hook for device-lost was not run 40 times: device-lost came too often"
    assert data["left_out"] == 40


def test_only_so_many_run_at_once_and_the_rest_wait_their_turn(tmp_path):
    text = "mkdir -p now; : > now/$$; ls now | wc -l >> most; sleep 0.05; rm now/$$"
    run = Run(tmp_path, device_lost=text)
    run(*[LOST] * 20, a_minute=100)
    counts = [int(line) for line in run.read("most").split()]
    assert len(counts) == 20
    assert max(counts) <= AT_ONCE


def test_a_failing_hook_for_failed_hooks_does_not_call_itself(tmp_path):
    run = Run(tmp_path, any="exit 1")
    run(of(EventKind.HOOK_FAILED))
    assert run.told == []


def test_taking_an_event_never_waits(tmp_path):
    run = Run(tmp_path, device_lost="sleep 1000")

    async def at_once(hooks: Hooks) -> None:
        assert len(hooks._tasks) == 3

    run(LOST, LOST, LOST, then=at_once)


def test_a_string_is_split_as_a_shell_does(tmp_path):
    path = tmp_path / "config.toml"
    path.touch(0o600)
    found = programs_of({"any": "notify-send 'a b'", "device-lost": ["x", "a b"]}, path)
    assert found == {"any": ("notify-send", "a b"), "device-lost": ("x", "a b")}


def test_a_configuration_that_others_can_write_runs_nothing(tmp_path):
    path = tmp_path / "config.toml"
    path.touch()
    path.chmod(0o664)
    with pytest.raises(Problem, match=r"others can write the file: chmod go-w .*config.toml"):
        programs_of({"any": "x"}, path)
    assert programs_of({}, path) == {}

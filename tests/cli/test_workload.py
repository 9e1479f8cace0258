"""``netmind workload``: the owner's file changed and checked, and the agent asked, as a person and as a program."""

import os
import stat
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from netmind_tui.cli import workload_view
from netmind_tui.cli.workload_log import fresh
from netmind_tui.document import convert, schema
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem
from netmind_tui.model.workload import (
    InstanceStatus,
    WorkloadLog,
    WorkloadsCheck,
    WorkloadsStatus,
    WorkloadStatus,
    WorkState,
)
from netmind_tui.node.control.client import Denied
from netmind_tui.node.work.file import read_source
from netmind_tui.tui.screen import device_work

ROOT = os.geteuid() == 0
MOMENT = datetime(2026, 11, 23, 21, tzinfo=UTC)
NASTY = "a\x1b[2Jb\x07\u202e"


@pytest.fixture
def box(node, tmp_path, monkeypatch):
    """A machine without cards on which no agent runs."""
    monkeypatch.setenv("NETMIND_SOCKET", str(tmp_path / "a.sock"))
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    for name in ("NETMIND_WORKLOADS", "NETMIND_CONFIG", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("netmind_tui.probe.gpu.GpuProbe.library_found", lambda: False)
    monkeypatch.setattr("netmind_tui.cli.workload_place._SYSTEM_UNIT", tmp_path / "no.service")
    return node("box")


def file_of(box) -> Path:
    return box.home / ".config/netmind/workloads.toml"


def write(box, text: str | bytes) -> Path:
    path = file_of(box)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    path.chmod(0o600)
    return path


def test_a_first_workload_makes_the_file_and_can_be_taken_out_again(box):
    done = box("workload", "add", "job", "--devices", "cpu", "--", "sh", "-c", "echo hi")
    assert (done.code, done.out) == (0, "added\n"), done.err
    assert "no agent runs" in done.err
    assert file_of(box).read_text() == '[workload.job]\ncommand = ["sh", "-c", "echo hi"]\ndevices = ["cpu"]\n'
    assert not stat.S_IMODE(file_of(box).stat().st_mode) & 0o022
    assert box("workload", "list").out == "job  program, one for each device  sh -c echo hi\n"
    done = box("workload", "remove", "job")
    assert (done.code, done.out) == (0, "removed\n"), done.err
    assert file_of(box).read_text() == ""


def test_every_key_has_its_option(box):
    done = box(
        *(
            "workload",
            "add",
            "a",
            "--devices",
            "cpu",
            "--devices",
            "gpu:0",
            "--one",
            "--folder",
            "/srv",
            "--env",
            "A=b=c",
        ),
        *("--grace", "30s", "--longest", "2h", "--lead", "5m", "--nice", "3", "--memory", "8 GiB"),
        *("--restart", "never", "--suspend", "x 'a b'", "--resume", "x c", "--finish", "x d", "--stop-command", "x e"),
        *(
            "--health",
            "x f",
            "--health-every",
            "2m",
            "--health-timeout",
            "5s",
            "--log",
            "2 MiB",
            "--logs",
            "4",
            "--off",
        ),
        *("--", "true"),
    )
    assert done.code == 0, done.err
    assert "'x' is not found" in done.err
    from netmind_tui.node.work.file import read_source  # noqa: PLC0415 - the file's reader beside its writer

    found = read_source(file_of(box), os.geteuid())
    assert found.table["workload"]["a"] == {
        "command": ["true"],
        "devices": ["cpu", "gpu:0"],
        "instances": "one",
        "folder": "/srv",
        "environment": {"A": "b=c"},
        "grace": "30s",
        "longest": "2h",
        "lead": "5m",
        "nice": 3,
        "memory": "8 GiB",
        "restart": "never",
        "suspend": ["x", "a b"],
        "resume": ["x", "c"],
        "finish": ["x", "d"],
        "stop": ["x", "e"],
        "health": ["x", "f"],
        "health_every": "2m",
        "health_timeout": "5s",
        "log": "2 MiB",
        "logs": 4,
        "on": False,
    }


def test_containers_units_and_the_bundled_one_are_written_down(box):
    for words in (
        ("llm", "--container", "podman", "--image", "a/b:1", "--options", "--device 'x={uuid}'", "--", "serve"),
        ("service", "--unit", "boinc-client.service", "--manager", "user"),
        ("netmind-selftest", "--load", "30"),
        ("other-test", "--load", "100"),
    ):
        done = box("workload", "add", *words)
        assert done.code == 0, done.err
    shown = box("workload", "list", "--json").document
    assert [(each["name"], each["kind"]) for each in shown["workloads"]] == [
        ("llm", "container"),
        ("service", "unit"),
        ("netmind-selftest", "program"),
        ("other-test", "program"),
    ]
    assert shown["workloads"][0]["command"] == "podman a/b:1 serve"
    assert shown["workloads"][1]["instances_of"] == "one"
    assert shown["workloads"][2]["command"].endswith("netmind-selftest --load 30")


def test_the_bundled_one_is_found_beside_a_netmind_that_is_on_nobodys_path(box, tmp_path, monkeypatch):
    monkeypatch.setattr("netmind_tui.cli.workload_add._USUAL_FOLDERS", (str(tmp_path / "usual"),))
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    (tmp_path / "netmind-selftest").write_text("#!/bin/sh\n")
    (tmp_path / "netmind-selftest").chmod(0o755)
    done = box("workload", "add", "netmind-selftest")
    assert (done.code, "is not found" in done.err) == (0, False)
    assert f'command = ["{tmp_path}/netmind-selftest", "--load", "50"]' in file_of(box).read_text()
    (tmp_path / "usual").mkdir()
    (tmp_path / "usual/netmind-selftest").write_text("")
    assert box("workload", "add", "again", "--load", "9").code == 0
    assert 'command = ["netmind-selftest", "--load", "9"]' in file_of(box).read_text()


@pytest.mark.parametrize(
    ("words", "sentences"),
    [
        (("a", "--nice", "50", "--grace", "1h", "--", "x"), ["--nice: expected a whole", "--grace: expected a length"]),
        (("a/b", "--", "x"), ["NAME: expected a name of"]),
        (("a\x1b[2J", "--", "x"), ["NAME: expected a name of"]),
        (("a",), ["COMMAND: is missing"]),
        (("a", "--", ""), ["COMMAND: the first word is empty"]),
        (("a", "--env", "A", "--", "x"), ["--env: expected NAME=VALUE, found 'A'"]),
        (("a", "--env", "NETMIND_X=1", "--", "x"), ["--env: NETMIND_X is set by the agent"]),
        (("a", "--health", "x 'y", "--", "x"), ['--health: "x \'y" is no command line: no closing quotation']),
        (("a", "--container", "podman", "--unit", "a.service"), ["--unit: this is a container already"]),
        (("a", "--image", "x", "--", "x"), ["--image: is a container's"]),
        (("a", "--load", "50", "--", "x"), ["--load is of netmind-selftest alone"]),
        (("a", "--load", "101"), ["Invalid value for '--load'"]),
        (("a", "--off-and-on", "--", "x"), ["No such option"]),
        (("a", "--suspend", "x", "--", "x"), ["--resume: is missing"]),
    ],
)
def test_what_cannot_be_is_told_by_its_option_and_nothing_is_written(box, words, sentences):
    done = box("workload", "add", *words)
    assert done.code == 2
    for sentence in sentences:
        assert sentence in done.err
    assert "\x1b" not in done.err
    assert not file_of(box).exists()


def test_comments_stay_and_a_name_is_used_once(box):
    write(box, '# mine\n[workload.a]\ncommand = ["true"] # of course\n')
    assert box("workload", "add", "b", "--", "true").code == 0
    assert file_of(box).read_text().startswith('# mine\n[workload.a]\ncommand = ["true"] # of course\n')
    done = box("workload", "add", "a", "--", "true")
    assert (done.code, "there is a workload a already" in done.err) == (2, True)
    done = box("workload", "add", "A", "--", "true")
    assert (done.code, "by capitals alone" in done.err) == (2, True)
    done = box("workload", "remove", "c")
    assert (done.code, "there is no workload 'c'; known: a, b" in done.err) == (2, True)


def test_what_would_keep_it_from_running_is_said_when_it_is_written(box):
    done = box("workload", "add", "a", "--folder", "/nowhere/at/all", "--", "no-such-program")
    assert done.code == 0
    assert "'no-such-program' is not found" in done.err
    assert "mkdir -p /nowhere/at/all" in done.err


@pytest.mark.parametrize("command", [("list",), ("add", "x", "--", "true"), ("remove", "a"), ("check",)])
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[workload.a", "is not valid TOML"),
        (bytes(range(256)), "is not UTF-8 text"),
        (b"#" * (10 << 20), "is larger than 1 MiB"),
        ('[workload.a]\ncommand = "true"\n', 'write ["true"]'),
        ('[workload.a]\ncommand = ["x"]\nnise = 3\n', "did you mean nice"),
    ],
)
def test_a_file_with_a_fault_is_refused_by_every_command_and_left_alone(box, command, text, sentence):
    path = write(box, text)
    before = path.read_bytes()
    done = box("workload", *command)
    assert (done.code, done.out) == (2, "")
    assert sentence in done.err
    assert str(path) in done.err
    assert path.read_bytes() == before


def test_all_faults_of_a_file_are_told_a_line_each(box):
    write(box, "[workload.a]\nnice = 90\n[workload.b]\ncommand = []\n")
    done = box("workload", "check")
    assert done.code == 2
    assert [line.partition("toml: ")[2].partition(":")[0] for line in done.err.splitlines()] == [
        "workload.a.nice",
        "workload.a.command",
        "workload.b.command",
    ]


@pytest.mark.parametrize("command", [("list",), ("add", "x", "--", "true"), ("check",)])
def test_a_file_that_others_could_write_is_refused_with_the_command_that_mends_it(box, command):
    path = write(box, '[workload.a]\ncommand = ["true"]\n')
    path.chmod(0o660)
    done = box("workload", *command)
    assert done.code == 2
    assert f"chmod go-w {path}" in done.err


@pytest.mark.skipif(not ROOT, reason="only root gives files away")
@pytest.mark.parametrize("command", [("add", "x", "--", "true"), ("remove", "a")])
def test_a_file_of_somebody_else_is_changed_by_them_alone(box, monkeypatch, command):
    path = write(box, '[workload.a]\ncommand = ["true"]\n')
    os.chown(path, 4242, 4242)
    monkeypatch.setattr("sys.argv", ["netmind", "workload", *command])
    done = box("workload", *command)
    assert done.code == 2
    assert f"{path} is user 4242's, and not yours to change: sudo -u '#4242' " in done.err
    assert done.err.endswith(f" workload {' '.join(command)}\n")
    assert "workload.a" in path.read_text()


@pytest.mark.skipif(not ROOT, reason="only root gives files away")
def test_in_a_folder_of_somebody_else_no_file_is_made(box, tmp_path, monkeypatch):
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    os.chown(theirs, 4242, 4242)
    monkeypatch.setenv("NETMIND_WORKLOADS", str(theirs / "w.toml"))
    done = box("workload", "add", "a", "--", "true")
    assert done.code == 2
    assert f"env NETMIND_WORKLOADS={theirs}/w.toml" in done.err
    assert not list(theirs.iterdir())


def test_root_means_the_systems_file_where_the_system_has_an_agent(box, tmp_path, monkeypatch):
    (tmp_path / "unit.service").write_text("")
    monkeypatch.setattr("netmind_tui.cli.workload_place._SYSTEM_UNIT", tmp_path / "unit.service")
    monkeypatch.setattr("netmind_tui.cli.workload_place._SYSTEM_FILE", tmp_path / "etc/workloads.toml")
    monkeypatch.setattr("netmind_tui.cli.workload_place._is_root", lambda: True)
    assert box("workload", "add", "a", "--", "true").code == 0
    assert (tmp_path / "etc/workloads.toml").exists()
    assert not file_of(box).exists()


def test_check_says_what_could_run_and_what_could_not(box):
    write(box, '[workload.a]\ncommand = ["true"]\n[workload.b]\ncommand = ["no-such-program"]\n')
    done = box("workload", "check", "--json")
    assert done.code == 1, done.err
    document = convert(done.document, WorkloadsCheck)
    assert document.verdict == "fail"
    assert [each.id for each in document.findings if each.id != "workload-root"] == [
        "workload-command-missing",
        "workload-ready",
    ]
    shown = box("workload", "check").out
    assert "fail · workload-command-missing" in shown
    assert "fix: install it" in shown


def test_check_is_content_with_a_warning_unless_it_is_to_be_strict(box):
    write(box, '[workload.a]\ncommand = ["true"]\ndevices = ["gpu:0", "cpu"]\n')
    assert box("workload", "check").code == 0
    assert box("workload", "check", "--strict").code == 1


def test_a_draft_is_checked_whoever_wrote_it_and_must_be_there(box, tmp_path):
    draft = tmp_path / "draft.toml"
    draft.write_text('[workload.a]\ncommand = ["true"]\n')
    draft.chmod(0o666)
    assert box("workload", "check", draft).code == 0
    done = box("workload", "check", tmp_path / "none.toml")
    assert (done.code, "there is no such file" in done.err) == (2, True)


def test_no_workload_is_said(box):
    done = box("workload", "check")
    assert (done.code, done.out) == (0, "")
    assert "nothing runs for others; netmind workload add makes one" in done.err


@pytest.mark.parametrize("name", ["workloads", "workload-log", "workloads-check"])
def test_the_documents_have_schemas(name):
    assert schema(name)["title"] == f"netmind.{name}/1"


def test_without_a_command_the_help_is_shown(box):
    done = box("workload")
    assert done.code == 2
    assert "A workload is a program which runs as the agent's user" in " ".join(done.err.split())


@pytest.mark.parametrize("command", [("start", "a"), ("stop", "a"), ("list", "--host", "nowhere")])
def test_who_would_act_is_missed(box, command, ssh_hosts):
    done = box("workload", *command)
    assert done.code == 3
    assert "netmind: error: " in done.err


def keep(box, key: str, text: str) -> None:
    """What an agent that has ended kept of an instance."""
    folder = box.home / ".local/state/netmind/agent/work" / key
    folder.mkdir(parents=True)
    (folder / "output.log").write_text(text)


def test_logs_are_read_without_an_agent_too_and_obeyed_by_no_terminal(box):
    keep(box, "job@cpu", f"one\n{NASTY}\nthree\n")
    keep(box, "jobs@cpu", "another's\n")
    done = box("workload", "logs", "job", "-n", "2")
    assert (done.code, done.out) == (0, "a?[2Jb??\nthree\n"), done.err
    assert "no agent runs" in done.err
    assert box("workload", "logs", "job", "--json").document["lines"] == ["one", NASTY, "three"]


def test_of_several_logs_one_is_chosen_by_its_device(box):
    keep(box, "job@gpu:0", "zero\n")
    keep(box, "job@gpu:1", "one\n")
    done = box("workload", "logs", "job")
    assert (done.code, "gpu:0, gpu:1: choose one" in done.err) == (2, True)
    assert box("workload", "logs", "job", "--device", "gpu:1").out == "one\n"
    done = box("workload", "logs", "job", "--device", "gpu:7")
    assert (done.code, "job does not run there" in done.err) == (3, True)


@pytest.mark.parametrize(("name", "code"), [("none", 3), ("../..", 2), ("..", 2), ("a/b", 2), ("", 2), ("job@cpu", 2)])
def test_a_log_that_is_not_there_is_said_whatever_its_name(box, name, code):
    keep(box, "job@cpu", "secret\n")
    done = box("workload", "logs", name)
    assert (done.code, done.out) == (code, "")
    assert "has no log of 'none'" in done.err or "NAME: expected a name of letters" in done.err


def test_logs_are_followed_or_printed_as_a_document(box):
    assert box("workload", "logs", "job", "--follow", "--json").code == 2


@pytest.mark.parametrize(
    ("before", "now", "new"),
    [
        ([], ["a"], ["a"]),
        (["a"], ["a"], []),
        (["a", "b"], ["a", "b", "c"], ["c"]),
        (["a", "b", "c"], ["b", "c", "d", "e"], ["d", "e"]),
        (["a", "b"], ["x", "y"], ["x", "y"]),
        (["a", "a"], ["a", "a", "a"], ["a"]),
        (["a", "b"], [], []),
    ],
)
def test_what_is_new_in_a_log_is_what_follows_what_was_there(before, now, new):
    assert list(fresh(before, now)) == new


@pytest.fixture
def kept(agents, box, tmp_path):
    """An agent with two workloads behind the socket, whose file is in another place than one's own."""

    class Node(agents.MadeNode):
        def __init__(self) -> None:
            super().__init__(cards=2)
            self.found = WorkloadsStatus(
                path=str(tmp_path / "agents.toml"),
                workloads=(
                    WorkloadStatus(
                        name="job",
                        command=f"run {NASTY}",
                        instances=(
                            InstanceStatus(
                                key="job@gpu:0",
                                devices=("gpu:0",),
                                state=WorkState.RUNNING,
                                pid=42,
                                since=MOMENT,
                                limited_by="cgroup v2",
                                freed_s=2.14,
                            ),
                            InstanceStatus(
                                key="job@gpu:1",
                                devices=("gpu:1",),
                                waits="failed 3 times (exit 1)",
                                until=MOMENT,
                                failures=3,
                                lines=("a", NASTY),
                            ),
                        ),
                    ),
                    WorkloadStatus(name="other", kind="unit", instances_of="one", command="a.service", is_held=True),
                    WorkloadStatus(name="odd", command="x", problem="no device of it is here"),
                ),
            )
            self.written = ["one", NASTY]
            self.reads = 0
            self.workloads = self._workloads

        async def status(self):
            return replace(await super().status(), workloads=None)

        async def _workloads(self):
            return self.found

        async def start_workload(self, name, asker):
            self.heard.append(("start", name, asker.via))
            return self.found

        async def stop_workload(self, name, asker):
            self.heard.append(("stop", name, asker.via))
            return self.found

        async def workload_log(self, name, key, lines):
            self.heard.append(("log", name, key, lines))
            self.reads += 1
            if self.reads > 4:  # somebody who follows it interrupts: as it is when Ctrl-C is pressed
                raise Problem("enough", ExitCode.UNMEASURED)
            if self.reads > 2:
                self.written.append(f"line {self.reads}")
            return WorkloadLog(workload=name, key=key, lines=tuple(self.written[-lines:]), dropped_bytes=7)

    made = Node()
    with agents.running(tmp_path / "a.sock", node=made):
        yield made


def test_with_an_agent_it_is_shown_where_each_runs_and_why_it_waits(box, kept):
    shown = box("workload", "list").out
    assert "job  program, one for each device  run a?[2Jb??" in shown
    assert "gpu:0  ● running" in shown
    assert "process 42 · held by cgroup v2 · memory was yours again after 2.1 s" in shown
    assert "gpu:1  ✖ waits    failed 3 times (exit 1) · until " in shown
    assert "‖ stopped  by you: netmind workload start other" in shown
    assert "■ cannot run  no device of it is here" in shown
    assert "\x1b" not in shown
    document = convert(box("workload", "list", "--json").document, WorkloadsStatus)
    assert document == kept.found


def test_what_is_not_in_force_is_said_first(box, kept):
    kept.found = replace(kept.found, refused="w.toml: a.nice: expected a whole number", workloads=())
    shown = box("workload", "list").out
    assert shown.startswith("not in force: w.toml: a.nice")
    assert "names no workload" not in shown


@pytest.mark.parametrize("word", ["start", "stop"])
def test_the_owner_starts_and_stops_one(box, kept, word):
    done = box("workload", word, "job")
    assert done.code == 0, done.err
    assert kept.heard[-1] == (word, "job", "cli")
    assert "gpu:0  ● running" in done.out
    assert "other" not in done.out
    assert box("workload", word, "job", "--json").document["schema"] == "netmind.workloads/1"


@pytest.mark.parametrize("command", ["start", "stop", "logs"])
@pytest.mark.parametrize(
    ("name", "code"), [("bob", 3), ("JOB", 3), ("../etc", 2), ("job/stop", 2), ("a\x1b[2J", 2), ("%2e", 2)]
)
def test_a_name_that_no_workload_has_is_said(box, kept, command, name, code):
    done = box("workload", command, name)
    assert (done.code, done.out) == (code, "")
    assert ("there is no such workload" if code == 3 else "NAME: expected a name of letters") in done.err
    assert "\x1b" not in done.err
    assert not [each for each in kept.heard if each[0] in ("start", "stop")]


def test_add_edits_the_file_that_the_agent_obeys(box, kept, tmp_path):
    done = box("workload", "add", "new", "--", "true")
    assert done.code == 0, done.err
    assert "[workload.new]" in (tmp_path / "agents.toml").read_text()
    assert f"{tmp_path / 'agents.toml'}: the agent takes it up at once" in done.err
    assert not file_of(box).exists()
    assert "the agent waits for netmind workload start off" in box("workload", "add", "off", "--off", "--", "true").err
    assert "the agent ends it now" in box("workload", "remove", "new").err


def test_a_file_that_was_named_and_that_the_agent_does_not_obey_is_told_apart(box, kept, tmp_path, monkeypatch):
    monkeypatch.setenv("NETMIND_WORKLOADS", str(tmp_path / "mine.toml"))
    done = box("workload", "add", "new", "--", "true")
    assert done.code == 0, done.err
    assert "the agent that runs here obeys another file" in done.err
    assert (tmp_path / "mine.toml").exists()


def test_logs_are_asked_of_the_agent_by_device(box, kept):
    done = box("workload", "logs", "job", "--device", "gpu:1", "-n", "2")
    assert (done.code, done.out) == (0, "one\na?[2Jb??\n")
    assert "7 bytes of it were not kept" in done.err
    assert kept.heard[-1] == ("log", "job", "job@gpu:1", 2)
    done = box("workload", "logs", "job", "--device", "gpu:9")
    assert (done.code, "job does not run there; did you mean gpu:" in done.err) == (3, True)


def test_logs_are_followed_line_by_line(box, kept, monkeypatch):
    monkeypatch.setattr("netmind_tui.cli.workload_log._POLL_S", 0.0)
    done = box("workload", "logs", "job", "--follow", "-n", "1")
    assert done.out.splitlines() == ["a?[2Jb??", "line 3", "line 4"]


def test_following_ends_well_when_the_agent_ends(box, kept, agents, tmp_path, monkeypatch):
    monkeypatch.setattr("netmind_tui.cli.workload_log._POLL_S", 0.0)

    async def gone(_name, _key, _lines):
        (tmp_path / "a.sock").unlink(missing_ok=True)
        return WorkloadLog(workload="job", lines=("last",))

    kept.workload_log = gone
    done = box("workload", "logs", "job", "--follow")
    assert (done.code, done.out) == (0, "last\n")
    assert "the agent ended" in done.err


@pytest.mark.skipif(not ROOT, reason="the agent's process is the first of all, which is root's")
def test_an_agent_of_the_system_is_checked_as_one(box, kept, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    made = kept.status

    async def of_the_system():
        found = await made()
        return replace(found, agent=replace(found.agent, unit="system"))

    kept.status = of_the_system
    Path(kept.found.path).write_text('[workload.a]\ncommand = ["true"]\nfolder = "/root"\n')
    done = box("workload", "check")
    assert (done.code, "does not see" in done.out) == (1, True), done.err


def test_the_options_of_the_bundled_one_may_stand_after_the_dashes(box):
    assert box("workload", "add", "netmind-selftest", "--", "--load", "20").code == 0
    (made,) = read_source(file_of(box), os.geteuid()).workloads
    assert (Path(made.command[0]).name, *made.command[1:]) == ("netmind-selftest", "--load", "20")


@pytest.mark.parametrize("words", [("--env", "A=\udcff", "--", "x"), ("--", "x", "\udcff")])
def test_what_is_no_text_cannot_be_written_down(box, words):
    done = box("workload", "add", "a", *words)
    assert (done.code, done.out) == (2, "")
    assert "is not UTF-8 text" in done.err
    assert not file_of(box).exists()


def test_every_standing_has_the_sign_that_it_has_on_the_screens():
    assert {each: state for each, (state, _) in device_work._STATES.items()} == workload_view._STATES


def test_an_agent_that_may_not_be_asked_is_not_said_to_be_none(box, kept, monkeypatch):
    def refuse(*_words, **_more):
        raise Denied("you may read nothing here")

    monkeypatch.setattr("netmind_tui.node.control.client.Client.workloads", refuse)
    done = box("workload", "add", "a", "--", "sh")
    assert done.code == 0
    assert "no agent runs" not in done.err
    assert "whether an agent obeys it is not known: you may read nothing here" in done.err

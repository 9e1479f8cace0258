"""``assets/workloads.md`` is a reference: every key stands there, every example is read or run."""

import os
import re
import shlex
import signal
import subprocess
from pathlib import Path

import pytest

from netmind_tui.cli.main import main
from netmind_tui.model.device import DeviceKind
from netmind_tui.model.policy import Limits
from netmind_tui.model.workload import LONGEST_GRACE_S, Instances, Restart, Workload
from netmind_tui.node.work.backoff import Backoff
from netmind_tui.node.work.file import read_source, source_of
from netmind_tui.node.work.instance import Place, Placed
from netmind_tui.node.work.parse import KEYS
from netmind_tui.node.work.surroundings import environment_of

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "assets/workloads.md").read_text()
EXAMPLES = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
SHELL = re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)
ADDS = [line for block in SHELL for line in block.splitlines() if line.startswith("netmind workload ")]
(SCRIPT,) = (block for block in SHELL if block.startswith("#!/bin/sh\n# take.sh:"))


def named(name: str) -> Workload:
    """The workload of an example."""
    found = [each for example in EXAMPLES for each in source_of(Path("w"), example.encode()).workloads]
    return next(each for each in reversed(found) if each.name == name)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_every_example_is_a_file_of_workloads(number):
    assert source_of(Path("workloads.md"), EXAMPLES[number].encode()).workloads


@pytest.mark.parametrize("key", KEYS)
def test_every_key_is_explained_in_a_table_and_stands_in_an_example(key):
    assert any(line.startswith("|") and f"`{key}`" in line.split("|")[1] for line in TEXT.splitlines())
    used = any(re.search(rf"^{key} = ", example, re.MULTILINE) for example in EXAMPLES)
    assert used or f"--{key.replace('_', '-')} " in TEXT or key == "instances"


def test_every_word_that_may_be_chosen_is_there():
    for word in (*Instances, *Restart, "docker", "podman", "system", "user"):
        assert f"`{word}`" in TEXT


def test_what_holds_without_a_key_is_what_it_says():
    plain = Workload(name="a")
    assert f"`{plain.grace_s:g}s`, at most `{LONGEST_GRACE_S / 60:g}m`" in TEXT
    assert f"`{plain.health_every_s:g}s`, `{plain.health_timeout_s:g}s`" in TEXT
    assert f"`{plain.log_bytes >> 20} MiB`, {plain.logs} |" in TEXT
    assert f"its niceness; {plain.nice} unless given" in TEXT


def test_the_pauses_after_failures_are_those_that_are_kept():
    told = "after failures 5 s later, then 10, 20 … 10 minutes"
    assert told in TEXT
    backoff, pauses = Backoff(), []
    for _ in range(9):
        backoff = backoff.after(1.0, 0.0, failed=True)
        pauses.append(backoff.wait_s)
    assert (pauses[:3], pauses[-1]) == ([5, 10, 20], 600)


def test_every_variable_that_a_workload_is_given_is_named():
    card = Placed(device="gpu:0", kind=DeviceKind.GPU, uuid="GPU-1")
    place = Place(
        key="a@gpu:0", number="1", devices=(card,), limits=Limits(gpu_memory_share_pct=50), folder=Path("/nowhere")
    )
    for variable in environment_of(Workload(name="a", command=("x",)), place, {}):
        assert variable in TEXT or variable == "LOGNAME"


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    for name in ("NETMIND_WORKLOADS", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETMIND_SOCKET", str(tmp_path / "a.sock"))
    return tmp_path


@pytest.mark.parametrize("line", ADDS)
def test_every_command_writes_a_workload(line, home):
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    try:
        words = shlex.split(line.replace("$HOME", str(home)))
        assert main(words[1:]) == 0
    finally:
        for number, handler in zip((signal.SIGINT, signal.SIGTERM, signal.SIGHUP), before, strict=True):
            signal.signal(number, handler)
    (made,) = read_source(home / ".config/netmind/workloads.toml", os.geteuid()).workloads
    assert made.name == words[3]
    if made.name == "boinc":
        given = named("boinc")
        assert [word.replace(str(home), "") for word in made.command] == [
            "boinc",
            "--dir",
            "/netmind-boinc",
            "--allow_multiple_clients",
            "--gui_rpc_unix_domain",
            "--no_gpus",
        ]
        assert (made.devices, made.instances, made.grace_s, made.health) == (
            given.devices,
            given.instances,
            given.grace_s,
            given.health,
        )


def test_the_script_takes_one_job_after_the_other_and_ends_the_one_it_has(tmp_path):
    jobs, script = tmp_path / "jobs", tmp_path / "take.sh"
    jobs.mkdir()
    script.write_text(SCRIPT)
    said, go = tmp_path / "said", tmp_path / "go"
    os.mkfifo(said)
    os.mkfifo(go)
    # The second says that it has begun, and ends when it is told to.
    for number, text in enumerate((f"echo first > {tmp_path}/out", f"echo on > {said}; cat {go} >> {tmp_path}/out")):
        job = jobs / f"job{number}"
        job.write_text(f"#!/bin/sh\n{text}\n")
        job.chmod(0o700)
        os.utime(job, (number, number))
    child = subprocess.Popen(
        ["/bin/sh", str(script)], env={"PATH": os.environ["PATH"], "JOBS": str(jobs)}, start_new_session=True
    )
    assert said.read_text() == "on\n"
    os.killpg(child.pid, signal.SIGTERM)  # as the agent does: every process of it
    go.write_text("second\n")
    assert child.wait(30) == 0
    assert (tmp_path / "out").read_text() == "first\nsecond\n"
    assert sorted(each.name for each in jobs.iterdir()) == ["job0.done", "job1.done"]


def test_the_rule_for_polkit_is_about_the_unit_of_the_example():
    assert f'action.lookup("unit") == "{named("service").unit}"' in TEXT


def test_what_units_hold_back_is_where_it_is_said_to_be():
    assert "](agent.md#what-that-means-for-workloads)" in TEXT
    assert "\n## What that means for workloads\n" in (ROOT / "assets/agent.md").read_text()


def test_the_one_sentence_stands_wherever_somebody_begins():
    sentence = "A workload is a program which runs as the agent's user"
    for path in ("README.md", "assets/workloads.md", "netmind_tui/tui/screen/first_run_question.py"):
        assert sentence in " ".join((ROOT / path).read_text().split())

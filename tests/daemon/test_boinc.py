"""Debian's BOINC client as the recipe has it, under a real agent, with a task that needs no project to answer."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from netmind_tui.model.agent import OverrideRequest
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.override import OverrideKind
from netmind_tui.model.workload import WorkState
from netmind_tui.node.control.client import Client
from netmind_tui.node.journal.reader import Reader

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="an agent needs Linux"),
    pytest.mark.skipif(
        not (shutil.which("boinc") and shutil.which("boinccmd")), reason="BOINC is not installed (boinc-client)"
    ),
]

GIVES_UP_S = 90.0
RECIPE = (Path(__file__).parents[2] / "assets/workloads.md").read_text().split("### BOINC", 1)[1]
THERE = "/var/lib/netmind/boinc"
URL = "http://127.0.0.1/none/"
TASK = "#!/bin/sh\nwhile [ ! -e done ]; do echo >> ticks; sleep 0.05; done\necho 0 > boinc_finish_called\n"
STATE = f"""<client_state>
<project><master_url>{URL}</master_url><project_name>none</project_name></project>
<app><name>tick</name><user_friendly_name>tick</user_friendly_name></app>
<file><name>tick</name><nbytes>{len(TASK)}</nbytes><max_nbytes>0</max_nbytes><status>1</status><executable/></file>
<app_version><app_name>tick</app_name><version_num>1</version_num><platform>x86_64-pc-linux-gnu</platform>
<avg_ncpus>1</avg_ncpus><flops>1e9</flops>
<file_ref><file_name>tick</file_name><main_program/></file_ref></app_version>
<workunit><name>one</name><app_name>tick</app_name><version_num>1</version_num><rsc_fpops_est>1e15</rsc_fpops_est>
<rsc_fpops_bound>1e20</rsc_fpops_bound><rsc_memory_bound>1e6</rsc_memory_bound>
<rsc_disk_bound>1e9</rsc_disk_bound></workunit>
<result><name>one_0</name><state>2</state><platform>x86_64-pc-linux-gnu</platform><version_num>1</version_num>
<wu_name>one</wu_name><report_deadline>{{deadline}}</report_deadline><received_time>{{now}}</received_time></result>
</client_state>
"""
OPTIONS = "<skip_cpu_benchmarks>1</skip_cpu_benchmarks><dont_contact_ref_site>1</dont_contact_ref_site>"
PREFERENCES = "".join(
    f"<{name}>{value}</{name}>"
    for name, value in {
        "run_if_user_active": 1,
        "run_on_batteries": 1,
        "suspend_cpu_usage": 0,
        "leave_apps_in_memory": 1,
        "ram_max_used_busy_pct": 100,
        "disk_min_free_gb": 0,
        "disk_max_used_pct": 100,
    }.items()
)


def policy(*days: str) -> str:
    return f'zone = "UTC"\nlead = "1m"\n\n[[window]]\ndays = {json.dumps(days)}\nfrom = "00:00"\nto = "24:00"\n'


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


class Boinc:
    """A client's folder, with one task that ticks until it is told that it is done."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        project = folder / "projects/127.0.0.1_none"
        project.mkdir(parents=True, mode=0o700)
        (project / "tick").write_text(TASK)
        (project / "tick").chmod(0o755)
        account = f"<account><master_url>{URL}</master_url><authenticator>x</authenticator></account>\n"
        (folder / "account_127.0.0.1_none.xml").write_text(account)
        now = time.time()
        (folder / "client_state.xml").write_text(STATE.format(now=now, deadline=now + 1e6))
        (folder / "cc_config.xml").write_text(f"<cc_config><options>{OPTIONS}</options></cc_config>\n")
        (folder / "global_prefs_override.xml").write_text(f"<global_preferences>{PREFERENCES}</global_preferences>\n")
        for name in ("drain.sh", "more.sh"):
            (folder / name).write_text(re.search(rf"```sh\n(#!/bin/sh\n# {name}.*?)```", RECIPE, re.DOTALL)[1])

        self.asking = folder / "ask.sh"
        self.asking.write_text(f'#!/bin/sh\nprintf . >> "{folder}/asked"\nexec boinccmd "$@"\n')
        self.asking.chmod(0o755)

    @property
    def asked(self) -> int:
        """How often it was asked whether it is well."""
        return _size(self.folder / "asked")

    @property
    def ticks(self) -> int:
        return _size(self.folder / "slots/0/ticks")

    def be_done(self) -> None:
        (self.folder / "slots/0/done").touch()

    @property
    def processes(self) -> dict[int, str]:
        """Who runs in the folder, or was started for it."""
        found = {}
        for each in Path("/proc").glob("[0-9]*"):
            try:
                words = (each / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                if str(self.folder) in words or (each / "cwd").readlink().is_relative_to(self.folder):
                    found[int(each.name)] = words
            except OSError:
                continue
        return found


@pytest.fixture
def boinc(tmp_path):
    made = Boinc(tmp_path / "boinc")
    yield made
    left = made.processes
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert left == {}


@pytest.fixture
def home(tmp_path, boinc):
    """A user's home, whose workload is that of the recipe."""
    definition = re.search(r"```toml\n(\[workload\.boinc\].*?)```", RECIPE, re.DOTALL)[1]
    for old, new in (
        (THERE, str(boinc.folder)),
        ('"--no_gpus"', '"--no_gpus", "--no_info_fetch", "--unsigned_apps_ok"'),
        ('health = ["boinccmd", ', f'health = ["{boinc.asking}", '),
        ('grace = "30s"', 'grace = "30s"\nnice = 0'),  # or a busy machine leaves it no time to answer
        ('health_every = "2m"', 'health_every = "1s"'),
        ('health_timeout = "20s"', 'health_timeout = "90s"'),
    ):
        assert old in definition
        definition = definition.replace(old, new)
    folder = tmp_path / "home"
    config = folder / ".config/netmind"
    config.mkdir(parents=True, mode=0o700)
    far = (datetime.now(UTC) + timedelta(days=3)).strftime("%a").lower()
    for name, text in (("policy.toml", policy(far)), ("workloads.toml", definition)):
        (config / name).write_text(text)
        (config / name).chmod(0o600)
    return folder


@pytest.fixture
def agent(home):
    """A real one of that user, and what speaks to it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "NETMIND_"))}
    socket = home / "s/agent.sock"
    more = {"HOME": str(home), "NETMIND_LOCKS": str(home), "NETMIND_SOCKET": str(socket)}
    command = [sys.executable, "-P", "-m", "netmind_tui", "agent", "run"]
    with subprocess.Popen(command, env=kept | more, stderr=subprocess.PIPE, text=True) as child:
        try:
            assert "answers at" in child.stderr.readline()
            yield child, Client(socket)
        finally:
            child.send_signal(signal.SIGTERM)
            child.communicate(timeout=60)


def until(client: Client, holds) -> None:
    """Look at each sample of the agent until something holds."""
    end_s = time.monotonic() + GIVES_UP_S
    for _ in client.samples():
        if holds():
            return
        assert time.monotonic() < end_s, client.workloads()


def test_it_is_started_in_its_window_suspended_resumed_drained_and_stopped(home, boinc, agent):
    child, client = agent

    def state():
        return client.workloads().workloads[0].instances[0].state

    def runs():
        return client.workloads().workloads[0].instances[0].since is not None and state() is WorkState.RUNNING

    def say(kind):
        client.override(OverrideRequest(kind=kind))

    until(client, lambda: client.status().decisions is not None)
    assert (state(), boinc.processes) == (WorkState.NONE, {})

    client.set_policy(policy("daily"))
    until(client, lambda: state() is WorkState.RUNNING and boinc.ticks and boinc.asked)

    say(OverrideKind.PAUSE)
    until(client, lambda: state() is WorkState.SUSPENDED)
    stood = boinc.ticks, boinc.asked
    looks = iter(range(11))  # longer than two of its health checks are apart: nobody could answer them now
    until(client, lambda: next(looks) == 10)
    assert ((boinc.ticks, boinc.asked), state()) == (stood, WorkState.SUSPENDED)

    say(OverrideKind.RESUME)
    until(client, lambda: boinc.ticks > stood[0] and boinc.asked > stood[1])
    assert state() is WorkState.RUNNING

    say(OverrideKind.FINISH)
    until(client, (boinc.folder / "drain.log").exists)
    assert boinc.processes
    boinc.be_done()
    until(client, lambda: state() is WorkState.NONE)
    assert boinc.processes == {}

    say(OverrideKind.RESUME)
    until(client, runs)
    say(OverrideKind.STOP)
    until(client, lambda: state() is WorkState.NONE)
    assert boinc.processes == {}

    say(OverrideKind.RESUME)
    until(client, runs)
    child.send_signal(signal.SIGTERM)
    assert child.wait(60) == ExitCode.TERMINATED
    assert boinc.processes == {}

    events = Reader(home / ".local/state/netmind/agent/journal.db").events()
    told = [(each.kind.value, each.data.get("how")) for each in events if each.kind.value.startswith("work-")]
    assert [kind for kind, _ in told] == [
        "work-started",
        "work-suspended",
        "work-resumed",
        "work-ended",
        "work-started",
        "work-ended",
        "work-started",
        "work-ended",
    ]
    assert [how for kind, how in told if kind == "work-ended"] == ["exited", "killed", "stopped"]

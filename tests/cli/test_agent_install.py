"""``netmind agent install``, ``uninstall``, ``status`` and ``logs``, with programs of systemd that only take notes."""

import os
import pty
import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from netmind_tui.cli import agent_install, agent_unit, diagnostics
from netmind_tui.model.host import Boundary
from netmind_tui.node.service.install import Machine
from netmind_tui.node.service.unit import NAME

_PROGRAM = """#!/bin/sh
echo "$(basename "$0") $*" >> {calls}
case "$(basename "$0") $*" in
{answers}
esac
"""


class Systemd:
    """The programs of a machine, which answer as told and write down what they were asked."""

    def __init__(self, folder: Path, monkeypatch) -> None:
        self.folder, self.calls_path = folder, folder / "calls"
        self._answers: dict[str, tuple[str, int]] = {}
        folder.mkdir()
        monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
        self.answer("systemctl is-system-running", "running")
        self.answer("systemctl --user is-system-running", "degraded", 1)

    def answer(self, call: str, text: str = "", code: int = 0, to: str = "") -> None:
        """Have a call print a text and end with a code."""
        self._answers[call] = (f"printf '%s\\n' {shlex.quote(text)} {to}" if text else ":", code)
        answers = "\n".join(f"{shlex.quote(each)}) {do}; exit {end};;" for each, (do, end) in self._answers.items())
        for name in ("systemctl", "loginctl", "journalctl", "groupadd"):
            path = self.folder / name
            path.write_text(_PROGRAM.format(calls=shlex.quote(str(self.calls_path)), answers=answers))
            path.chmod(0o755)

    @property
    def calls(self) -> list[str]:
        """What was done, questions left out."""
        asked = self.calls_path.read_text().splitlines() if self.calls_path.exists() else []
        return [each for each in asked if "is-system-running" not in each]


@pytest.fixture
def systemd(tmp_path, monkeypatch):
    return Systemd(tmp_path / "programs", monkeypatch)


@pytest.fixture
def user(node, tmp_path, monkeypatch, systemd):
    """Ana, whose machine has a root folder of its own; ``user.is_(uid=0)`` makes another user of her."""
    ana = node("ana")
    monkeypatch.setenv("NETMIND_SOCKET", str(tmp_path / "none.sock"))
    ana.root = tmp_path / "root"
    ana.root.mkdir()
    machine = Machine(
        uid=1000,
        user="ana",
        home=ana.home,
        python=Path("/opt/netmind/bin/python"),
        package=Path("/opt/netmind/lib/netmind_tui"),
        environment={},
        groups=frozenset({"video"}),
        users={"root": 0, "toor": 0, "nobody": 65534, "ana": 1000, "bench": 990},
        root=ana.root,
    )

    def is_(**changes):
        made = replace(machine, **changes)
        for module in (agent_install, agent_unit):
            monkeypatch.setattr(module, "_machine", lambda: made)

    is_()
    ana.is_ = is_
    ana.own_unit = ana.home / ".config/systemd/user" / NAME
    ana.system_unit = ana.root / "etc/systemd/system" / NAME
    return ana


def test_installing_shows_the_unit_writes_it_and_starts_it(user, systemd):
    done = user("agent", "install", "--yes")
    assert done.code == 0, done.err
    assert user.own_unit.read_text() == done.out
    assert "ExecStart=/opt/netmind/bin/python -P -m netmind_tui agent run" in done.out
    assert systemd.calls == [
        "systemctl --user daemon-reload",
        f"systemctl --user enable {NAME}",
        f"systemctl --user restart {NAME}",
    ]
    assert f"is to be written: {user.own_unit}" in done.err
    assert [word for word in ("--user:", "--linger:", "--system:") if word not in done.err] == []
    assert "→ --user: it runs as you while you are logged in" in done.err


def test_a_dry_run_says_the_same_and_does_nothing(user, systemd):
    done = user("agent", "install", "--linger", "--dry-run")
    assert done.code == 0, done.err
    assert done.out.startswith("# Written by netmind agent install --linger;")
    assert "would be run: loginctl enable-linger ana" in done.err
    assert systemd.calls == []
    assert list(user.home.iterdir()) == []


def test_linger_is_asked_for_before_the_unit_is_started(user, systemd):
    assert user("agent", "install", "--linger", "--yes").code == 0
    assert systemd.calls[0] == "loginctl enable-linger ana"
    assert len(systemd.calls) == 4


def test_root_installs_a_unit_of_the_system_with_its_group(user, systemd):
    user.is_(uid=0, user="root")
    done = user("agent", "install", "--system", "--yes")
    assert done.code == 0, done.err
    text = user.system_unit.read_text()
    assert {"DynamicUser=yes", "Group=netmind", "SupplementaryGroups=video"} <= set(text.splitlines())
    assert systemd.calls == [
        "groupadd --system netmind",
        "systemctl daemon-reload",
        f"systemctl enable {NAME}",
        f"systemctl restart {NAME}",
    ]


def test_a_group_that_is_there_is_not_made_again_and_a_user_may_be_named(user, systemd):
    user.is_(uid=0, user="root", groups=frozenset({"netmind"}))
    assert user("agent", "install", "--system", "--as", "bench", "--yes").code == 0
    assert "groupadd" not in " ".join(systemd.calls)
    assert "User=bench" in user.system_unit.read_text().splitlines()
    assert "DynamicUser" not in user.system_unit.read_text()


def test_installing_again_changes_nothing_and_starts_it_again(user):
    user("agent", "install", "--yes")
    before = user.own_unit.stat().st_mtime_ns
    done = user("agent", "install", "--yes")
    assert "is there already, just so" in done.err
    assert user.own_unit.stat().st_mtime_ns == before


def test_another_unit_in_its_place_is_said_to_be_replaced(user):
    user.own_unit.parent.mkdir(parents=True)
    user.own_unit.write_text("[Service]\n")
    done = user("agent", "install", "--yes")
    assert "would be" not in done.err
    assert "is to be replaced, it is another one now" in done.err
    assert user.own_unit.read_text() == done.out


def test_the_folders_of_the_shell_go_into_a_users_unit(user):
    user.is_(environment={"XDG_STATE_HOME": "/srv/my state", "NETMIND_POLICY": "/srv/50%.toml", "EDITOR": "vi"})
    text = user("agent", "install", "--dry-run").out
    assert 'Environment="XDG_STATE_HOME=/srv/my state"' in text
    assert "Environment=NETMIND_POLICY=/srv/50%%.toml" in text
    assert "EDITOR" not in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--user", "--system"], "exclude each other"),
        (["--as", "ana"], "--as goes with --system"),
        (["--system", "--as", "nosuch"], "no such user"),
        (["--system", "--as", "root"], "never runs as root"),
        (["--system", "--as", "toor"], "never runs as toor"),
        (["--system", "--as", "nobody"], "never runs as nobody"),
        (["--system", "--yes"], "only root installs a unit of the system: sudo /opt/netmind/bin/python"),
        ([], "--yes says yes beforehand"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_meant_is_one_sentence_and_changes_nothing(user, systemd, arguments, words):
    done = user("agent", "install", *arguments)
    assert done.code == 2
    assert words in done.err.splitlines()[-1]
    assert systemd.calls == []
    assert not user.own_unit.exists()


@pytest.mark.parametrize("option", ["--user", "--linger"])
def test_root_gets_no_unit_that_would_run_as_root(user, option):
    user.is_(uid=0, user="root")
    done = user("agent", "install", option, "--yes")
    assert (done.code, done.out) == (2, "")
    assert "would run the agent as root, and it never does" in done.err


@pytest.mark.parametrize("place", ["python", "package"])
def test_a_program_in_a_home_is_none_for_the_system(user, place):
    user.is_(uid=0, user="root", **{place: user.root / "home/ana/venv/x"})
    done = user("agent", "install", "--system", "--yes")
    assert done.code == 2
    assert "which no service of the system sees" in done.err
    assert not user.system_unit.exists()
    assert user("agent", "install", "--system", "--dry-run").code == 0


def test_a_machine_has_one_agent(user):
    user.is_(uid=0, user="root")
    user("agent", "install", "--system", "--yes")
    user.is_()
    done = user("agent", "install", "--yes")
    assert done.code == 2
    assert "keeps this machine already" in done.err


@pytest.mark.parametrize("state", ["offline", None])
def test_without_systemd_it_says_how_to_go_on(user, systemd, state):
    if state is None:
        for path in systemd.folder.iterdir():
            path.unlink()
        os.environ["PATH"] = str(systemd.folder)  # the fixture takes it back
    else:
        systemd.answer("systemctl is-system-running", state, 1)
    done = user("agent", "install", "--yes")
    assert done.code == 3
    lines = done.err.splitlines()
    assert "systemd" in lines[-1]
    assert any(line.strip().startswith("nohup /opt/netmind/bin/python -P -m netmind_tui agent run") for line in lines)
    assert any(line.strip().startswith("@reboot /opt/netmind/bin/python") for line in lines)
    assert not user.own_unit.exists()


def test_a_session_without_a_manager_is_told_apart(user, systemd):
    systemd.answer("systemctl --user is-system-running", "Failed to connect to bus: No medium found", 1, to=">&2")
    done = user("agent", "install", "--yes")
    assert done.code == 3
    assert "your own service manager cannot be reached (Failed to connect to bus: No medium found)" in done.err


def test_a_unit_that_does_not_start_is_a_sentence(user, systemd):
    systemd.answer(f"systemctl --user restart {NAME}", "Job for it failed.\nSee the rest", 1, to=">&2")
    done = user("agent", "install", "--yes")
    assert done.code == 3
    assert "restart netmind-agent.service failed: Job for it failed (netmind agent logs says more)" in done.err


def test_an_agent_that_was_started_by_hand_is_not_pushed_aside(user, systemd, agents, tmp_path):
    with agents.running(tmp_path / "none.sock"):
        done = user("agent", "install", "--yes")
    assert done.code == 3
    assert "started by hand runs here (process 1): end it first" in done.err
    assert not user.own_unit.exists()
    assert systemd.calls == []


def test_a_folder_that_cannot_be_made_is_a_sentence(user):
    (user.home / ".config").write_text("in the way")
    done = user("agent", "install", "--yes")
    assert done.code == 2
    assert "cannot be written" in done.err
    assert (user.home / ".config").read_text() == "in the way"


@pytest.mark.parametrize(("word", "code"), [("yes", 0), ("y", 0), ("", 2), ("no", 2)])
def test_on_a_terminal_it_asks_before_it_writes(user, monkeypatch, word, code):
    controller, terminal = pty.openpty()
    os.write(controller, f"{word}\n".encode())
    with os.fdopen(terminal, "r+b", buffering=0) as raw, open(raw.fileno(), closefd=False) as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        monkeypatch.setattr(diagnostics, "is_terminal", lambda: True)
        monkeypatch.setenv("NO_COLOR", "1")
        done = user("agent", "install")
    os.close(controller)
    assert done.code == code
    assert "Write this and do that? yes or no" in done.err
    assert user.own_unit.exists() is (code == 0)


def test_under_wsl_both_ways_to_keep_it_alive_are_said_and_neither_is_done(user):
    user.is_(boundaries={Boundary.WSL: "wsl2"}, environment={"WSL_DISTRO_NAME": "Debian"})
    done = user("agent", "install", "--yes")
    assert done.code == 0
    assert "Windows ends this Linux" in done.err
    assert "vmIdleTimeout=-1" in done.err
    assert "-d Debian --exec sleep infinity" in done.err
    assert "Register-ScheduledTask" in done.err
    assert [path.name for path in user.home.rglob("*") if path.is_file()] == [NAME]


def test_elsewhere_nothing_is_said_of_windows(user):
    assert "Windows" not in user("agent", "install", "--dry-run").err


def test_uninstalling_takes_the_unit_away_and_leaves_what_the_agent_knows(user, systemd):
    user("agent", "install", "--yes")
    state = user.home / ".local/state/netmind/agent/state.json"
    state.parent.mkdir(parents=True)
    state.write_text("{}")
    systemd.calls_path.unlink()
    assert user("agent", "uninstall").code == 2  # nobody said yes
    assert user("agent", "uninstall", "--dry-run").code == 0
    assert user.own_unit.exists()
    done = user("agent", "uninstall", "--yes")
    assert done.code == 0, done.err
    assert systemd.calls == [f"systemctl --user disable --now {NAME}", "systemctl --user daemon-reload"]
    assert not user.own_unit.exists()
    assert state.read_text() == "{}"
    assert f"what it remembers stays in {user.home}/.local/state/netmind" in done.err


def test_uninstalling_nothing_is_done_already(user, systemd):
    done = user("agent", "uninstall")
    assert done.code == 0
    assert "nothing to do" in done.err
    assert systemd.calls == []


def test_who_lingers_hears_how_to_end_that(user):
    linger = user.root / "var/lib/systemd/linger/ana"
    linger.parent.mkdir(parents=True)
    linger.touch()
    user("agent", "install", "--linger", "--yes")
    assert "loginctl disable-linger ana" in user("agent", "uninstall", "--yes").err


def test_only_root_takes_the_systems_unit_away(user):
    user.system_unit.parent.mkdir(parents=True)
    user.system_unit.write_text("")
    done = user("agent", "uninstall", "--system", "--yes")
    assert done.code == 2
    assert "only root" in done.err
    assert user.system_unit.exists()


def test_the_state_is_that_of_the_unit_and_the_agents_own_word(user, systemd, agents, tmp_path):
    user("agent", "install", "--yes")
    shown = "ActiveState=active\nSubState=running\nUnitFileState=enabled\nResult=success\nNRestarts=2"
    asked = (
        f"systemctl --user show {NAME} --property="
        "ActiveState,SubState,UnitFileState,Result,ExecMainStatus,StateChangeTimestamp,NRestarts"
    )
    systemd.answer(asked, shown)
    with agents.running(tmp_path / "none.sock"):
        done = user("agent", "status")
    assert done.code == 0, done.err
    assert str(user.own_unit) in done.out
    assert "active (running) · enabled at start · started again 2 times" in done.out
    assert "agent  netmind 0.0.0, process 1, started by hand" in done.out


def test_an_agent_that_ended_says_how_and_where_to_look(user, systemd):
    user("agent", "install", "--yes")
    asked = "ActiveState,SubState,UnitFileState,Result,ExecMainStatus,StateChangeTimestamp,NRestarts"
    told = "ActiveState=failed\nSubState=failed\nUnitFileState=enabled\nResult=exit-code\nExecMainStatus=2"
    systemd.answer(f"systemctl --user show {NAME} --property={asked}", told)
    done = user("agent", "status")
    assert done.code == 3
    assert "failed (failed) · enabled at start · ended by exit-code, code 2: netmind agent logs" in done.out
    assert "no agent runs" in done.err


def test_the_state_without_a_unit_names_the_places(user):
    done = user("agent", "status")
    assert done.code == 3
    assert f"neither {user.own_unit} nor {user.system_unit}" in done.out


@pytest.mark.parametrize(("option", "unit"), [("--user", "--user-unit"), ("--system", "--unit")])
def test_the_log_of_the_process_is_that_of_its_unit(user, systemd, option, unit):
    for path in (user.own_unit, user.system_unit):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    asked = f"journalctl {unit} {NAME} --lines=7 --no-pager --output=short-iso"
    systemd.answer(asked, "2026-11-23 the agent runs \x1b[31m")
    systemd.answer(f"{asked} --follow", "and goes on")
    assert user("agent", "logs", option, "--lines", "7").out == "2026-11-23 the agent runs ?[31m\n"
    assert user("agent", "logs", option, "--lines", "7", "--follow").out == "and goes on\n"


def test_without_a_unit_there_is_no_log_of_it(user):
    done = user("agent", "logs")
    assert (done.code, done.out) == (3, "")
    assert "says everything on its stderr" in done.err


def test_a_log_that_cannot_be_read_is_a_sentence(user, systemd):
    user("agent", "install", "--yes")
    systemd.answer(f"journalctl --user-unit {NAME} --lines=100 --no-pager --output=short-iso", "", 1)
    done = user("agent", "logs")
    assert done.code == 3
    assert "journalctl ended with 1" in done.err

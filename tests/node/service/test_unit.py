"""The unit of the agent: systemd reads it, it keeps the agent in, and leaves it what a GPU needs."""

import re
import shutil
import subprocess
import sys

import pytest

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem
from netmind_tui.model.workload import LONGEST_GRACE_S
from netmind_tui.node.service.unit import NAME, Scope, Unit

ANALYZE = shutil.which("systemd-analyze")
COMMAND = (sys.executable, "-P", "-m", "netmind_tui", "agent", "run")
UNITS = {
    "user": Unit(scope=Scope.USER, command=COMMAND),
    "linger": Unit(scope=Scope.LINGER, command=COMMAND, environment={"XDG_STATE_HOME": "/srv/state"}),
    "system": Unit(scope=Scope.SYSTEM, command=COMMAND),
    "system as a user": Unit(scope=Scope.SYSTEM, command=COMMAND, user="daemon"),
}
# Of ten, with room for what newer versions of systemd ask for. A unit of a user is reckoned as if root ran it.
MOST_EXPOSED = {"user": 7.0, "linger": 7.0, "system": 3.0, "system as a user": 3.0}

needs_systemd = pytest.mark.skipif(ANALYZE is None, reason="no systemd-analyze: install systemd")


def written(tmp_path, unit):
    path = tmp_path / NAME
    path.write_text(unit.text())
    return path


def lines(unit):
    return unit.text().splitlines()


def verify(path, *, is_user, tmp_path):
    words = [ANALYZE, "verify", "--man=no", *(["--user"] if is_user else []), str(path)]
    environment = {"XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    return subprocess.run(words, capture_output=True, text=True, check=False, env=environment)


@needs_systemd
@pytest.mark.parametrize("name", UNITS)
def test_systemd_reads_every_line(tmp_path, name):
    unit = UNITS[name]
    done = verify(written(tmp_path, unit), is_user=unit.scope is not Scope.SYSTEM, tmp_path=tmp_path)
    about = [line for line in done.stderr.splitlines() if NAME in line]
    assert (done.returncode, about) == (0, [])


@needs_systemd
@pytest.mark.parametrize("name", UNITS)
def test_systemd_reckons_it_not_too_exposed(tmp_path, name):
    path = written(tmp_path, UNITS[name])
    words = [ANALYZE, "security", "--offline=yes", "--no-pager", str(path)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    found = re.search(r"exposure level for \S+ ([\d.]+) ", done.stdout)
    assert found is not None, done.stdout + done.stderr
    assert float(found[1]) <= MOST_EXPOSED[name]


@needs_systemd
def test_a_command_in_an_awkward_place_is_still_that_command(tmp_path):
    folder = tmp_path / "a b %h $HOME; é"
    folder.mkdir()
    program = folder / "netmind"
    program.write_text("#!/bin/sh\n")
    unit = Unit(scope=Scope.SYSTEM, command=(str(program), "run"))
    program.chmod(0o755)
    assert verify(written(tmp_path, unit), is_user=False, tmp_path=tmp_path).stderr == ""
    program.chmod(0o644)  # now systemd says which file it means
    assert str(program) in verify(written(tmp_path, unit), is_user=False, tmp_path=tmp_path).stderr


@pytest.mark.parametrize("sign", ["\n", "\r", "\0"])
def test_a_path_that_would_begin_another_line_is_refused(sign):
    with pytest.raises(Problem, match="a unit cannot name that") as found:
        Unit(scope=Scope.USER, command=(f"/a{sign}ExecStartPre=/bin/evil",)).text()
    assert found.value.code is ExitCode.USAGE


def test_words_that_systemd_would_change_are_written_so_that_it_reads_them_back():
    unit = Unit(scope=Scope.USER, command=("/bin/x", "$HOME", "50%", 'a "b" \\', ""), environment={"A": "it's"})
    assert 'ExecStart=/bin/x $$HOME 50%% "a \\"b\\" \\\\" ""' in lines(unit)
    assert 'Environment="A=it\'s"' in lines(unit)


@pytest.mark.parametrize("sign", ['"', "'", "\\"])
def test_a_program_that_systemd_would_not_start_is_refused(sign):
    with pytest.raises(Problem, match="move it"):
        Unit(scope=Scope.USER, command=(f"/opt/a{sign}/python", "run")).text()


@pytest.mark.parametrize("name", UNITS)
def test_it_is_not_started_again_where_that_helps_nobody(name):
    assert "RestartPreventExitStatus=2 3" in lines(UNITS[name])
    assert "SuccessExitStatus=130 143" in lines(UNITS[name])
    assert "Restart=on-failure" in lines(UNITS[name])


@pytest.mark.parametrize("name", UNITS)
def test_its_children_end_with_it_and_do_not_take_it_along(name):
    assert {"KillMode=mixed", "OOMPolicy=continue"} <= set(lines(UNITS[name]))


@pytest.mark.parametrize("name", UNITS)
def test_workloads_get_groups_of_their_own_and_their_whole_grace(name):
    found = lines(UNITS[name])
    assert "Delegate=yes" in found
    assert not [line for line in found if line.startswith("ProtectControlGroups")]
    (stop,) = [int(line.partition("=")[2]) for line in found if line.startswith("TimeoutStopSec=")]
    assert stop > LONGEST_GRACE_S


@pytest.mark.parametrize("name", ["workloads.toml", "rates.toml", "prices.csv"])
def test_the_system_has_its_workloads_and_rates_where_root_alone_writes(name):
    variable = f"NETMIND_{name.partition('.')[0].upper()}"
    assert f"Environment={variable}=/etc/netmind/{name}" in lines(UNITS["system"])
    assert not [line for line in lines(UNITS["user"]) if variable in line]


@pytest.mark.parametrize("name", UNITS)
def test_what_a_gpu_or_a_guard_needs_is_left(name):
    text = UNITS[name].text()
    for harmful in ("MemoryDenyWriteExecute", "PrivateDevices", "PrivateUsers", "ProtectProc", "IPAddressDeny"):
        assert f"\n{harmful}=" not in text


def test_the_system_runs_it_as_nobody_that_exists():
    system = lines(UNITS["system"])
    assert "DynamicUser=yes" in system
    assert not [line for line in system if line.startswith("User=")]
    assert {"Group=netmind", "RuntimeDirectory=netmind", "RuntimeDirectoryMode=0750"} <= set(system)


def test_the_system_locks_devices_where_all_users_do():
    system = lines(UNITS["system"])
    assert {"PrivateTmp=yes", "BindPaths=/tmp:/run/netmind-locks"} <= set(system)
    assert "Environment=NETMIND_LOCKS=/run/netmind-locks" in system


def test_a_users_unit_asks_for_nothing_that_needs_another_view_of_the_files():
    text = UNITS["user"].text()
    for needs_namespace in ("ProtectSystem", "ProtectHome", "PrivateTmp", "BindPaths", "ProtectKernel", "Capability"):
        assert needs_namespace not in text


def test_it_may_speak_to_windows_under_wsl_alone():
    assert "AF_VSOCK" not in UNITS["user"].text()
    assert "AF_VSOCK" in Unit(scope=Scope.USER, command=COMMAND, under_wsl=True).text()


def test_the_first_line_says_who_wrote_it():
    assert lines(UNITS["system as a user"])[0].startswith("# Written by netmind agent install --system --as daemon;")


@pytest.mark.parametrize("scope", Scope)
def test_each_kind_says_what_it_means(scope):
    assert scope.meaning.startswith(f"--{scope}: it runs ")

"""``assets/agent.md`` says what is so: its units are those that are written, its commands run, its figures hold."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from netmind_tui.cli.main import made
from netmind_tui.config.check import faults
from netmind_tui.config.source import parse_table
from netmind_tui.node.service.install import Machine, plan
from netmind_tui.node.service.unit import Scope
from netmind_tui.node.service.wsl import advice
from netmind_tui.paths import SYSTEM_SOCKET

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "assets/agent.md").read_text()
SHELL = [line for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL) for line in block.splitlines()]
UNITS = re.findall(r"```ini\n(.*?)```", TEXT, re.DOTALL)
ANALYZE = shutil.which("systemd-analyze")


def machine(root, **changes):
    own = {
        "uid": 1000,
        "user": "ana",
        "home": Path("/home/ana"),
        "python": Path("/opt/netmind/bin/python"),
        "package": Path("/opt/netmind/lib"),
        "environment": {},
        "groups": frozenset({"video", "render"}),
        "root": root,
    }
    return Machine(**(own | changes))


@pytest.mark.parametrize(("scope", "number", "uid"), [(Scope.SYSTEM, 0, 0), (Scope.LINGER, 1, 1000)])
def test_the_units_are_those_that_install_writes(tmp_path, scope, number, uid):
    assert plan(machine(tmp_path, uid=uid, home=tmp_path), scope).text == UNITS[number]


@pytest.mark.parametrize("line", [line for line in SHELL if " agent " in line])
def test_every_command_is_one(line):
    words = shlex.split(line.partition(">")[0])
    command = typer.main.get_command(made())
    arguments = words[words.index("agent") :]
    with command.make_context("netmind", arguments) as context:
        name, group, rest = command.resolve_command(context, arguments)
        with group.make_context(name, rest) as inner:
            found, leaf, options = group.resolve_command(inner, rest)
            leaf.make_context(found, options)


def test_a_dry_run_into_a_file_leaves_the_unit_there(tmp_path, monkeypatch):
    (line,) = [each for each in SHELL if "--dry-run >" in each]
    fake = tmp_path / "netmind"  # as nobody, since root is refused
    code = (
        "from netmind_tui.cli import agent_install as a; from netmind_tui.node.service.install import this_machine; "
        "from dataclasses import replace; real = this_machine(); "
        "a._machine = lambda: replace(real, uid=1000); from netmind_tui.cli.main import run; run()"
    )
    fake.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -P -c {shlex.quote(code)} "$@"\n')
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    subprocess.run(["/bin/sh", "-c", line], cwd=tmp_path, check=True, capture_output=True)
    written = (tmp_path / "netmind-agent.service").read_text()
    assert written.startswith("# Written by netmind agent install --linger;")
    assert written.endswith("WantedBy=default.target\n")
    assert not (tmp_path / "home").exists()


@pytest.mark.skipif(ANALYZE is None, reason="no systemd-analyze: install systemd")
def test_the_figures_are_those_that_the_script_prints():
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts/unit_exposure.py")], capture_output=True, text=True, check=True
    )
    head, *rows = done.stdout.splitlines()
    if head not in TEXT:
        pytest.skip(f"published with another systemd than {head}")
    assert [row for row in rows if row not in TEXT] == []


def test_the_places_are_those_of_the_units(tmp_path):
    for place in ("/etc/systemd/system/netmind-agent.service", str(SYSTEM_SOCKET), "/var/lib/netmind/policy.toml"):
        assert f"`{place}`" in TEXT
    assert machine(tmp_path).unit_path(Scope.SYSTEM).relative_to(tmp_path) == Path(
        "etc/systemd/system/netmind-agent.service"
    )
    assert "~/.config/systemd/user/netmind-agent.service" in TEXT


def test_the_settings_are_known(tmp_path):
    for block in re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL):
        assert not list(faults(parse_table(tmp_path / "config.toml", block.encode())))


def test_what_helps_under_windows_is_what_install_prints():
    said = [line.strip() for line in advice("Ubuntu")]
    blocks = re.findall(r"```(?:powershell)?\n(.*?)```", TEXT.split("## Under WSL2")[1], re.DOTALL)
    told = [line.strip() for block in blocks for line in block.splitlines() if line.strip()]
    assert len(told) == 8
    assert [line for line in told if line not in said] == []


def test_what_is_left_out_of_the_units_is_left_out():
    left_out = re.findall(r"^\| `(\w+)` \| ", TEXT.split("| left out |")[1].split("\n\n")[0], re.MULTILINE)
    assert len(left_out) == 6
    assert [name for name in left_out for unit in UNITS if f"\n{name}=" in unit] == []

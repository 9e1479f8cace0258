"""The README is a reference: what the program has stands there, and what stands there exists."""

import re
from pathlib import Path

import pytest
import typer

from netmind_tui.bench.catalog import open_catalog
from netmind_tui.cli import selftest
from netmind_tui.cli.main import made
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.finding import Status
from netmind_tui.model.reading import Absence
from netmind_tui.tui.main import _parser as tui_parser

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
TUI_OPTIONS = {
    option
    for action in tui_parser()._actions
    for option in action.option_strings
    if option.startswith("--") and option != "--help"
}
SELFTEST_OPTIONS = {
    option
    for parameter in typer.main.get_command(selftest.made()).params
    for option in parameter.opts
    if option.startswith("--") and option != "--help"
}
COMMANDS = typer.main.get_command(made()).commands
OPTIONS = [
    (name, option)
    for name, command in COMMANDS.items()
    for each in (command, *getattr(command, "commands", {}).values())
    for parameter in each.params
    for option in (*parameter.opts, *parameter.secondary_opts)
    if option.startswith("--") and option != "--help"
]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_its_section(name):
    assert f"## `netmind {name}`" in README


@pytest.mark.parametrize(
    "name", [f"{name} {each}" for name, command in COMMANDS.items() for each in getattr(command, "commands", {})]
)
def test_every_command_of_a_group_has_its_row(name):
    assert f"| `netmind {name}" in README


@pytest.mark.parametrize(("command", "option"), OPTIONS)
def test_every_option_is_described_under_its_command(command, option):
    section = re.split(r"\n###? ", README.split(f"## `netmind {command}`", 1)[1], maxsplit=1)[0]
    assert f"`{option}" in section


@pytest.mark.parametrize("option", sorted(TUI_OPTIONS))
def test_every_option_of_the_interface_is_described_in_its_section(option):
    section = README.split("## `netmind-tui`", 1)[1].split("\n## ", 1)[0]
    assert f"`{option}" in section


@pytest.mark.parametrize("option", sorted(SELFTEST_OPTIONS))
def test_every_option_of_the_self_test_is_described_in_its_section(option):
    section = README.split("### `netmind-selftest`", 1)[1].split("\n### ", 1)[0]
    assert f"`{option}" in section


def test_no_option_is_described_that_does_not_exist():
    described = set(re.findall(r"`(--[a-z-]+)", README))
    known = {option for _, option in OPTIONS} | TUI_OPTIONS | SELFTEST_OPTIONS
    assert described - known <= {"--golden", "--install-completion"}


def test_every_kernel_and_suite_is_described():
    catalog = open_catalog()
    for name in [kernel.id for kernel in catalog.kernels] + [suite.name for suite in catalog.suites]:
        assert f"| `{name}` |" in README


def test_every_exit_code_status_and_absence_is_described():
    table = README.split("## Exit codes", 1)[1].split("\n## ", 1)[0]
    for code in ExitCode:
        assert re.search(rf"\b{code.value}\b", table)
    for word in [*Status, *Absence]:
        assert f"`{word}`" in README


def test_every_variable_that_the_program_reads_is_described():
    code = "".join(path.read_text() for path in (ROOT / "netmind_tui").rglob("*.py"))
    for variable in set(re.findall(r'"(NETMIND_[A-Z]+)"', code)):
        assert f"`{variable}`" in README


def test_every_document_is_described_by_the_command_that_prints_schemas():
    assert "`netmind.bench/1`" in README


def test_every_file_that_is_linked_is_there():
    for target in re.findall(r"\]\(([\w./-]+)\)", README):
        assert (ROOT / target).exists(), target

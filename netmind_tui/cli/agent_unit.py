"""``netmind agent status`` and ``logs``: what systemd says of the unit, what the agent says of itself."""

from typing import TYPE_CHECKING, Annotated

import typer

from netmind_tui.cli import diagnostics, output
from netmind_tui.cli.agent_install import System, User, _machine, _scope
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netmind_tui.node.service.install import Machine
    from netmind_tui.node.service.unit import Scope

_SHOWN = ("ActiveState", "SubState", "UnitFileState", "Result", "ExecMainStatus", "StateChangeTimestamp", "NRestarts")
_MOST_LINES = 100_000


def status(*, user: User = False, system: System = False) -> int:
    """Show the agent's unit as systemd sees it, and the agent's own word."""
    from netmind_tui.node.service.unit import Scope  # noqa: PLC0415 - rare

    machine = _machine()
    scope = _found(machine, user=user, system=system)
    if scope is None:
        output.line(f"unit   none: neither {machine.unit_path(Scope.USER)} nor {machine.unit_path(Scope.SYSTEM)}")
    else:
        output.line(f"unit   {machine.unit_path(scope)}")
        output.line(f"       {_state(scope)}")
    return _own_word()


def logs(
    *,
    user: User = False,
    system: System = False,
    follow: Annotated[bool, typer.Option("--follow", help="Go on with what it says, until Ctrl-C.")] = False,
    lines: Annotated[int, typer.Option(min=1, max=_MOST_LINES, help="How many of the last lines.")] = 100,
) -> int:
    """Print what the agent's process said; netmind log tells what happened."""
    import shutil  # noqa: PLC0415 - 10 ms that every other command does without
    import subprocess  # noqa: PLC0415 - see above

    from netmind_tui.node.service.unit import NAME, Scope  # noqa: PLC0415 - rare

    scope = _found(_machine(), user=user, system=system)
    if scope is None:
        sentence = "there is no unit: an agent that was started by hand says everything on its stderr"
        raise Problem(f"{sentence}; netmind log tells what happened", ExitCode.UNMEASURED)
    program = shutil.which("journalctl")
    if program is None:
        raise Problem("there is no journalctl here, which keeps what units say", ExitCode.UNMEASURED)
    words = [program, "--unit" if scope is Scope.SYSTEM else "--user-unit", NAME, f"--lines={lines}", "--no-pager"]
    with subprocess.Popen(
        [*words, "--output=short-iso", *(["--follow"] if follow else [])],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as child:
        assert child.stdout is not None  # noqa: S101 - it was asked for
        try:
            for line in child.stdout:
                output.line(_harmless(line.rstrip("\n")))
        except BaseException:
            child.kill()
            raise
    if child.returncode != 0:
        raise Problem(f"journalctl ended with {child.returncode}: it says why above", ExitCode.UNMEASURED)
    return ExitCode.OK


def _found(machine: "Machine", *, user: bool, system: bool) -> "Scope | None":
    """The unit that was meant, if it is there."""
    from netmind_tui.node.service.install import installed  # noqa: PLC0415 - rare

    if not user and not system:
        return installed(machine)
    scope = _scope(user=user, linger=False, system=system)
    return scope if machine.unit_path(scope).exists() else None


def _state(scope: "Scope") -> str:
    """The unit in one line, as its manager sees it."""
    from netmind_tui.node.service.install import run_program, systemctl, why_unmanaged  # noqa: PLC0415 - rare
    from netmind_tui.node.service.unit import NAME  # noqa: PLC0415 - rare

    unmanaged = why_unmanaged(scope, run_program)
    if unmanaged is not None:
        return f"written, and {unmanaged}"
    done = run_program((*systemctl(scope), "show", NAME, f"--property={','.join(_SHOWN)}"))
    told = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    if "ActiveState" not in told:
        return f"written, and systemd does not tell of it: {done.stderr.strip()[:200] or 'it says nothing'}"
    return _words(told)


def _words(told: "Mapping[str, str]") -> str:
    since = told.get("StateChangeTimestamp")
    words = f"{told['ActiveState']} ({told.get('SubState', '?')}){f' since {since}' if since else ''}"
    words += f" · {told.get('UnitFileState') or 'unknown'} at start"
    if told.get("NRestarts", "0") != "0":
        words += f" · started again {told['NRestarts']} times"
    if told.get("Result", "success") != "success":
        words += f" · ended by {told['Result']}, code {told.get('ExecMainStatus', '?')}: netmind agent logs says why"
    return words


def _own_word() -> ExitCode:
    """What the agent says of itself; 3 where none answers."""
    from netmind_tui.cli.harmless import harmless  # noqa: PLC0415 - rare
    from netmind_tui.cli.node_line import open_line  # noqa: PLC0415 - rare
    from netmind_tui.cli.state_word import headline  # noqa: PLC0415 - rare
    from netmind_tui.node.control.client import NoAgent  # noqa: PLC0415 - rare

    try:
        with open_line(None) as client:
            found = harmless(client.status())
    except NoAgent as none:
        output.line("agent  does not answer")
        diagnostics.fail(none.sentence)
        return ExitCode.UNMEASURED
    if found.agent is not None:
        started = {"user": "by your service manager", "system": "by the system"}.get(found.agent.unit, "by hand")
        output.line(f"agent  netmind {found.agent.version}, process {found.agent.pid}, started {started}")
        output.line(f"       {found.agent.socket} · state in {found.agent.state_folder}")
    output.line(f"       {headline(found)}")
    return ExitCode.OK


def _harmless(line: str) -> str:
    """Without what a terminal would obey."""
    return "".join(sign if sign.isprintable() or sign == "\t" else "?" for sign in line)

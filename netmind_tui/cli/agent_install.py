"""``netmind agent install`` and ``uninstall``: under systemd and out again, nothing of it done unseen."""

import shlex
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from netmind_tui.cli import diagnostics, output
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

if TYPE_CHECKING:
    from netmind_tui.node.service.install import Machine, Plan
    from netmind_tui.node.service.unit import Scope

_YES = ("y", "yes")

User = Annotated[bool, typer.Option("--user", help="The unit of your own service manager; so unless said otherwise.")]
System = Annotated[bool, typer.Option("--system", help="The unit of the whole machine.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]


def install(
    *,
    user: Annotated[bool, typer.Option("--user", help="As you, while you are logged in; so unless said otherwise.")] = (
        False
    ),
    linger: Annotated[bool, typer.Option("--linger", help="As you, whether you are logged in or not.")] = False,
    system: Annotated[bool, typer.Option("--system", help="For everybody, as a user of its own; by root.")] = False,
    as_user: Annotated[
        str | None, typer.Option("--as", metavar="USER", help="With --system: as this user, and not one made up.")
    ] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> int:
    """Have the agent always: show its unit for systemd, ask, write it, and start it."""
    from netmind_tui.node.service.install import apply, plan, run_program, why_unmanaged  # noqa: PLC0415 - rare

    scope = _scope(user=user, linger=linger, system=system)
    if as_user is not None and not system:
        raise Problem("--as goes with --system: a unit of your own runs as you", ExitCode.USAGE)
    machine = _machine()
    planned = plan(machine, scope, as_user)
    if planned.refused is not None and not dry_run:
        raise Problem(planned.refused, ExitCode.USAGE)
    _show(planned, dry_run=dry_run)
    if machine.under_wsl:
        _warn_of_windows(machine)
    unmanaged = why_unmanaged(scope, run_program)
    if unmanaged is not None and not dry_run:
        _say_by_hand(machine)
        raise Problem(f"{unmanaged}: nothing was installed; the lines above do without", ExitCode.UNMEASURED)
    if dry_run:
        if planned.refused is not None:
            diagnostics.warn(planned.refused)
        return ExitCode.OK
    _check_free()
    if not system:  # the unit of the system has folders of its own
        _check_at_home()
    _ask("Write this and do that?", yes=yes)
    apply(planned, run_program)
    diagnostics.say("netmind: the agent runs; netmind status shows what it does, netmind agent logs what it says")
    return ExitCode.OK


def uninstall(*, user: User = False, system: System = False, dry_run: DryRun = False, yes: Yes = False) -> int:
    """Stop the agent and take its unit away; what it remembers stays."""
    from netmind_tui.node.service.install import remove, run_program, systemctl  # noqa: PLC0415 - rare
    from netmind_tui.node.service.unit import NAME, Scope  # noqa: PLC0415 - rare

    scope = _scope(user=user, linger=False, system=system)
    machine = _machine()
    path = machine.unit_path(scope)
    if not path.exists():
        diagnostics.say(f"netmind: there is no {path}: nothing to do")
        return ExitCode.OK
    manager = shlex.join(systemctl(scope))
    diagnostics.say(f"netmind: {manager} disable --now {NAME}, {path} taken away, {manager} daemon-reload")
    if dry_run:
        return ExitCode.OK
    _ask("Do that?", yes=yes)
    remove(machine, scope, run_program)
    diagnostics.say(f"netmind: the agent is gone; what it remembers stays in {_state(scope)}")
    if scope is not Scope.SYSTEM and (machine.root / "var/lib/systemd/linger" / machine.user).exists():
        diagnostics.say(
            f"netmind: other services of yours still run without you: loginctl disable-linger {machine.user}"
        )
    return ExitCode.OK


def _scope(*, user: bool, linger: bool, system: bool) -> "Scope":
    from netmind_tui.node.service.unit import Scope  # noqa: PLC0415 - rare

    if user + linger + system > 1:
        raise Problem("--user, --linger and --system exclude each other: give one of them", ExitCode.USAGE)
    return Scope.SYSTEM if system else Scope.LINGER if linger else Scope.USER


def _machine() -> "Machine":
    from netmind_tui.node.service.install import this_machine  # noqa: PLC0415 - rare

    return this_machine()


def _show(plan: "Plan", *, dry_run: bool) -> None:
    """The unit on stdout, and beside it what it means and what is done with it."""
    from netmind_tui.node.service.unit import Scope  # noqa: PLC0415 - rare

    for scope in Scope:
        diagnostics.say(f"netmind: {'→' if scope is plan.scope else ' '} {scope.meaning}")
    output.write(plan.text)
    would = "would be" if dry_run else "is to be"
    for words in plan.first:
        diagnostics.say(f"netmind: {would} run: {shlex.join(words)}")
    if plan.before is None:
        diagnostics.say(f"netmind: {would} written: {plan.path}")
    elif plan.before != plan.text:
        diagnostics.say(f"netmind: {would} replaced, it is another one now: {plan.path}")
    else:
        diagnostics.say(f"netmind: is there already, just so: {plan.path}")
    for words in plan.then:
        diagnostics.say(f"netmind: {would} run: {shlex.join(words)}")


def _check_at_home() -> None:
    """Refuse where the agent would end at once: the node waits, or retired.

    Raises:
        Problem: it did.
    """
    from netmind_tui.certify.bar import check_may_write  # noqa: PLC0415 - rare
    from netmind_tui.paths import identity_dir  # noqa: PLC0415 - rare

    check_may_write(identity_dir())


def _check_free() -> None:
    """Refuse where an agent that somebody started by hand would keep the unit's own from starting.

    Raises:
        Problem: there is one.
    """
    from netmind_tui.node.control.client import NoAgent  # noqa: PLC0415 - rare
    from netmind_tui.node.control.find import reach  # noqa: PLC0415 - rare

    try:
        found = reach().status().agent
    except NoAgent:
        return
    if found is not None and found.unit == "hand":
        sentence = f"an agent that was started by hand runs here (process {found.pid})"
        raise Problem(f"{sentence}: end it first, kill {found.pid}; nothing was changed", ExitCode.UNMEASURED)


def _ask(question: str, *, yes: bool) -> None:
    """Go on with the owner's word alone."""
    if yes:
        return
    if sys.stdin is None or not sys.stdin.isatty() or not diagnostics.is_terminal():
        raise Problem("nothing was changed: there is no terminal to ask on; --yes says yes beforehand", ExitCode.USAGE)
    diagnostics.say(f"{question} yes or no (Enter means no)")
    if sys.stdin.readline().strip().lower() not in _YES:
        raise Problem("nothing was changed", ExitCode.USAGE)


def _say_by_hand(machine: "Machine") -> None:
    from netmind_tui.node.service.install import by_hand  # noqa: PLC0415 - rare
    from netmind_tui.paths import state_dir  # noqa: PLC0415 - rare

    now, always = by_hand(machine, state_dir())
    diagnostics.say(f"netmind: it runs without systemd too, as you (make the folder first: mkdir -p {state_dir()}):")
    diagnostics.say(f"  {now}")
    diagnostics.say("netmind: and at every start of the machine with this line in crontab -e:")
    diagnostics.say(f"  {always}")


def _warn_of_windows(machine: "Machine") -> None:
    """What Windows does with the machine that it runs this in, and what helps; neither is done here."""
    from netmind_tui.node.service.wsl import advice  # noqa: PLC0415 - rare

    for line in advice(machine.environment.get("WSL_DISTRO_NAME")):
        diagnostics.say(line)


def _state(scope: "Scope") -> str:
    from netmind_tui.node.service.unit import Scope  # noqa: PLC0415 - rare
    from netmind_tui.paths import state_dir  # noqa: PLC0415 - rare

    return "/var/lib/netmind" if scope is Scope.SYSTEM else str(state_dir())

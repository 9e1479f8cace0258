"""Putting the agent under systemd, and taking it out again: what would be done, said before it is done."""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.host import Boundary
from netmind_tui.model.problem import Problem
from netmind_tui.node.service.unit import CARRIED, GROUP, NAME, Scope, Unit

Run = Callable[[Sequence[str]], "subprocess.CompletedProcess[str]"]

_GPU_GROUPS = ("video", "render")
_PRIVATE = ("home", "root", "run/user")
_NOBODY = 65534
_PROGRAM_S = 180.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Who installs, and where: all that a plan depends on.

    ``package`` is where this program lies. ``groups`` are the names of this machine's groups, ``users`` the numbers of
    its users by name; below ``root`` lie the files of the system.
    """

    uid: int
    user: str
    home: Path
    python: Path
    package: Path
    environment: Mapping[str, str]
    groups: frozenset[str] = frozenset()
    users: Mapping[str, int] = field(default_factory=dict)
    boundaries: Mapping[Boundary, str] = field(default_factory=dict)
    root: Path = Path("/")

    @property
    def under_wsl(self) -> bool:
        """Whether Windows is around it."""
        return Boundary.WSL in self.boundaries

    @property
    def command(self) -> tuple[str, ...]:
        """What starts the agent by hand and in every unit: no shell and no PATH in between."""
        return (str(self.python), "-P", "-m", "netmind_tui", "agent", "run")

    def unit_path(self, scope: Scope) -> Path:
        """Where the unit lies."""
        if scope is Scope.SYSTEM:
            return self.root / "etc/systemd/system" / NAME
        configured = self.environment.get("XDG_CONFIG_HOME")
        return (Path(configured) if configured else self.home / ".config") / "systemd/user" / NAME


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A unit, its place, and the commands before and after it is there.

    ``before`` is what is there now; ``refused`` is why it must not be done on this machine as it is.
    """

    scope: Scope
    path: Path
    text: str
    before: str | None
    refused: str | None = None
    first: tuple[tuple[str, ...], ...] = ()
    then: tuple[tuple[str, ...], ...] = ()


def this_machine() -> Machine:
    """The machine and the user of this process."""
    import grp  # noqa: PLC0415 - only where something is installed
    import pwd  # noqa: PLC0415 - see above

    from netmind_tui.probe.boundary import find_boundaries  # noqa: PLC0415 - see above

    uid = os.geteuid()
    users = {each.pw_name: each.pw_uid for each in pwd.getpwall()}
    return Machine(
        uid=uid,
        user=next((name for name, number in users.items() if number == uid), str(uid)),
        home=Path.home(),
        python=Path(sys.executable),
        package=Path(__file__).parents[1],
        environment=os.environ,
        groups=frozenset(each.gr_name for each in grp.getgrall()),
        users=users,
        boundaries=find_boundaries(Path("/")),
    )


def plan(machine: Machine, scope: Scope, user: str | None = None) -> Plan:
    """What installing would do.

    Raises:
        Problem: nobody could mean it: as root, for root, or beside another unit.
    """
    refused = None
    if scope is Scope.SYSTEM:
        _check_system(machine, user)
        refused = _why_unseen(machine)
        if machine.uid != 0:
            words = shlex.join((*machine.command[:-1], "install", "--system"))
            refused = f"only root installs a unit of the system: sudo {words}"
        groups = tuple(name for name in _GPU_GROUPS if name in machine.groups)
        unit = Unit(scope=scope, command=machine.command, user=user, groups=groups, under_wsl=machine.under_wsl)
    else:
        _check_user(machine, scope)
        carried = {name: machine.environment[name] for name in CARRIED if machine.environment.get(name)}
        unit = Unit(scope=scope, command=machine.command, environment=carried, under_wsl=machine.under_wsl)
    path = machine.unit_path(scope)
    first = (("groupadd", "--system", GROUP),) if scope is Scope.SYSTEM and GROUP not in machine.groups else ()
    manager = systemctl(scope)
    then: tuple[tuple[str, ...], ...]
    then = ((*manager, "daemon-reload"), (*manager, "enable", NAME), (*manager, "restart", NAME))
    if scope is Scope.LINGER:
        then = (("loginctl", "enable-linger", machine.user), *then)
    return Plan(scope=scope, path=path, text=unit.text(), before=_read(path), refused=refused, first=first, then=then)


def apply(plan: Plan, run: Run) -> None:
    """Do it.

    Raises:
        Problem: a file cannot be written, or a command failed; the sentence says which.
    """
    for words in plan.first:
        _must(run, words)
    if plan.text != plan.before:
        _write(plan.path, plan.text)
    for words in plan.then:
        _must(run, words)


def remove(machine: Machine, scope: Scope, run: Run) -> bool:
    """Stop the agent and take its unit away; false where there is none. What it remembers stays.

    Raises:
        Problem: only root may, or a command failed.
    """
    path = machine.unit_path(scope)
    if _read(path) is None:
        return False
    if scope is Scope.SYSTEM and machine.uid != 0:
        raise Problem(
            "only root takes a unit of the system away: sudo netmind agent uninstall --system", ExitCode.USAGE
        )
    manager = systemctl(scope)
    if why_unmanaged(scope, run) is None:
        _must(run, (*manager, "disable", "--now", NAME))
    try:
        path.unlink()
    except OSError as error:
        cause = (error.strerror or str(error)).lower()
        raise Problem(f"{path} cannot be taken away: {cause}", ExitCode.USAGE) from error
    if why_unmanaged(scope, run) is None:
        _must(run, (*manager, "daemon-reload"))
    return True


def installed(machine: Machine) -> Scope | None:
    """Which unit there is: the user's own before that of the system."""
    return next((each for each in (Scope.USER, Scope.SYSTEM) if _read(machine.unit_path(each)) is not None), None)


def systemctl(scope: Scope) -> tuple[str, ...]:
    """How the manager of a unit is spoken to."""
    return ("systemctl",) if scope is Scope.SYSTEM else ("systemctl", "--user")


def why_unmanaged(scope: Scope, run: Run) -> str | None:
    """Why there is no manager for such a unit, in a sentence; ``None`` where there is one."""
    try:
        state = run(("systemctl", "is-system-running")).stdout.strip()
    except FileNotFoundError:
        return "systemd is not installed here"
    if state in ("", "offline", "unknown"):
        return "systemd does not run this machine"
    if scope is Scope.SYSTEM:
        return None
    asked = run(("systemctl", "--user", "is-system-running"))
    if asked.stdout.strip() not in ("", "offline", "unknown"):
        return None
    why = _last(asked.stderr) or "it does not answer"
    return f"your own service manager cannot be reached ({why}): log in at the machine or with ssh, not with su or sudo"


def by_hand(machine: Machine, state: Path) -> tuple[str, str]:
    """What starts the agent without systemd: now, and from a crontab at every start of the machine."""
    words = f"{shlex.join(machine.command)} >> {shlex.quote(str(state / 'agent.log'))} 2>&1"
    return f"nohup {words} &", f"@reboot {words.replace('%', chr(92) + '%')}"


def run_program(words: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    """Run a program of the system to its end; what it says is kept.

    Raises:
        FileNotFoundError: there is none of that name.
        Problem: it does not end.
    """
    found = shutil.which(words[0])
    if found is None:
        raise FileNotFoundError(words[0])
    try:
        return subprocess.run(
            (found, *words[1:]),
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            stdin=subprocess.DEVNULL,
            timeout=_PROGRAM_S,
        )
    except subprocess.TimeoutExpired:
        sentence = f"{shlex.join(words)} has not ended after {_PROGRAM_S:.0f} s"
        raise Problem(f"{sentence}: see journalctl", ExitCode.TIMEOUT) from None


def _check_user(machine: Machine, scope: Scope) -> None:
    if machine.uid == 0:
        sentence = f"--{scope} as root would run the agent as root, and it never does"
        mend = "install as yourself, without sudo, or with --system, which gives it a user of its own"
        raise Problem(f"{sentence}: {mend}", ExitCode.USAGE)
    other = machine.unit_path(Scope.SYSTEM)
    if _read(other) is not None:
        raise Problem(
            f"{other} keeps this machine already, and two agents would each decide about its devices: "
            "sudo netmind agent uninstall --system first",
            ExitCode.USAGE,
        )


def _check_system(machine: Machine, user: str | None) -> None:
    if user is not None:
        if user not in machine.users:
            raise Problem(f"--as {user[:80]}: this machine has no such user", ExitCode.USAGE)
        if machine.users[user] in (0, _NOBODY):
            sentence = f"--as {user}: the agent never runs as {user}: name another user"
            raise Problem(f"{sentence}, or leave --as out and it gets one of its own", ExitCode.USAGE)
    own = machine.unit_path(Scope.USER)
    if _read(own) is not None:
        raise Problem(f"{own} is there already: netmind agent uninstall first", ExitCode.USAGE)


def _why_unseen(machine: Machine) -> str | None:
    """Why a service of the system could not run this program; ``None`` where it can."""
    for needed in (machine.python, machine.python.resolve(), machine.package):
        private = next((machine.root / each for each in _PRIVATE if needed.is_relative_to(machine.root / each)), None)
        if private is not None:
            return (
                f"{needed} lies in {private}, which no service of the system sees: install the package in another "
                "place (python3 -m venv /opt/netmind, /opt/netmind/bin/pip install …) and run this from there"
            )
    return None


def _must(run: Run, words: tuple[str, ...]) -> None:
    try:
        done = run(words)
    except FileNotFoundError:
        raise Problem(f"{shlex.join(words)}: there is no {words[0]} here", ExitCode.UNMEASURED) from None
    if done.returncode != 0:
        why = _last(done.stderr) or f"it ended with {done.returncode}"
        raise Problem(f"{shlex.join(words)} failed: {why} (netmind agent logs says more)", ExitCode.UNMEASURED)


def _last(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[0][:300].rstrip(".") if lines else ""


def _read(path: Path) -> str | None:
    """What lies there; ``None`` where nothing does.

    Raises:
        Problem: it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise Problem(f"{path} cannot be read: {(error.strerror or str(error)).lower()}", ExitCode.USAGE) from error


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            temporary.chmod(0o644)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        cause = (error.strerror or str(error)).lower()
        raise Problem(f"{path} cannot be written: {cause}; nothing was changed", ExitCode.USAGE) from error

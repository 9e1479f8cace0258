"""Where workloads are defined: in the file that the agent obeys, if one runs, or else in the owner's own."""

import os
import shlex
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from netmind_tui.cli import diagnostics
from netmind_tui.cli.node_line import open_line
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

# What the functions below need is imported inside them: see cli/node_line.py.
if TYPE_CHECKING:
    from netmind_tui.model.agent import AgentInfo
    from netmind_tui.model.workload import Workload, WorkloadsStatus
    from netmind_tui.node.control.client import Client
    from netmind_tui.node.work.user import User

_SYSTEM_FILE = Path("/etc/netmind/workloads.toml")
_SYSTEM_UNIT = Path("/etc/systemd/system/netmind-agent.service")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A file of workloads. ``client`` is the agent of this machine, and ``is_obeyed`` whether this is its file.

    ``silence`` is why an agent that is there cannot be asked.
    """

    path: Path
    client: "Client | None" = None
    is_obeyed: bool = False
    silence: str | None = None

    def user(self) -> "User":
        """Who runs what is defined there: the agent's user, or whoever starts one here."""
        from netmind_tui.node.work.user import this_user, user_of  # noqa: PLC0415 - see above

        agent = self._agent()
        return this_user() if agent is None else user_of(agent.pid, is_confined=agent.unit == "system")

    def path_of_programs(self) -> str:
        """The folders in which programs are looked for that are named without one."""
        from netmind_tui.node.work.check import PATH  # noqa: PLC0415 - see above
        from netmind_tui.node.work.user import path_of  # noqa: PLC0415 - see above

        agent = self._agent()
        return os.environ.get("PATH") or PATH if agent is None else path_of(agent.pid) or PATH

    def _agent(self) -> "AgentInfo | None":
        return self.client.status().agent if self.client is not None and self.is_obeyed else None


def find_place() -> Place:
    """The file that is meant: a named one, the agent's, the system's for root where it has an agent, or one's own."""
    from netmind_tui.node.control.client import NoAgent  # noqa: PLC0415 - see above
    from netmind_tui.paths import workloads_path  # noqa: PLC0415 - see above

    own, is_named, silence = workloads_path(), bool(os.environ.get("NETMIND_WORKLOADS")), None
    try:
        with open_line(None) as client:
            told = client.workloads().path
            obeyed = Path(told) if told else own
            return Place(path=own if is_named else obeyed, client=client, is_obeyed=not is_named or obeyed == own)
    except NoAgent as none:
        silence = None if none.is_absent else none.sentence
    except Problem as problem:
        silence = problem.sentence
    if not is_named and _is_root() and _SYSTEM_UNIT.exists():
        own = _SYSTEM_FILE
    return Place(path=own, silence=silence)


def listed(host: str | None) -> "WorkloadsStatus":
    """The workloads and how they stand; without an agent as the file has them.

    Raises:
        Problem: a host's agent does not answer, or there is none and the file cannot be in force.
    """
    from netmind_tui.model.workload import WorkloadsStatus, WorkloadStatus  # noqa: PLC0415 - see above
    from netmind_tui.node.control.client import NoAgent  # noqa: PLC0415 - see above
    from netmind_tui.node.work.file import read_source  # noqa: PLC0415 - see above

    try:
        with open_line(host) as client:
            return client.workloads()
    except NoAgent as none:
        if host is not None:
            raise
        sentence = none.sentence
    place = find_place()
    source = read_source(place.path, place.user().uid)
    diagnostics.warn(f"{sentence}; this is what {place.path} says")
    return WorkloadsStatus(
        path=str(place.path),
        workloads=tuple(
            WorkloadStatus(name=each.name, kind=each.kind, instances_of=each.instances, command=command_of(each))
            for each in source.workloads
        ),
    )


def command_of(workload: "Workload") -> str:
    """What it runs, in a line."""
    if workload.unit is not None:
        return workload.unit
    words = (*((workload.runtime, workload.image) if workload.image is not None else ()), *workload.command)
    return " ".join(words)


def refuse_stranger(path: Path) -> None:
    """Refuse to change a file that is somebody else's, root too: with the command that does it as its owner.

    Raises:
        Problem: it is; or it cannot be seen whose it is.
    """
    if os.name != "posix":
        return
    try:
        nearest = path.absolute()
        while not nearest.exists():
            nearest = nearest.parent
        owner = nearest.stat().st_uid
    except OSError as error:
        raise Problem(f"{path}: {(error.strerror or str(error)).lower()}", ExitCode.USAGE) from error
    if owner == os.geteuid():
        return
    from netmind_tui.node.control.place import user_name  # noqa: PLC0415 - only where something is wrong

    whose = user_name(owner)
    as_user = () if owner == 0 else ("-u", whose if not whose.startswith("user ") else f"#{owner}")
    named = os.environ.get("NETMIND_WORKLOADS")
    given = ("env", f"NETMIND_WORKLOADS={named}") if named else ()
    words = shlex.join(("sudo", *as_user, *given, *_program(), *sys.argv[1:]))
    what = "is" if nearest == path.absolute() else f"would lie in {nearest}, which is"
    raise Problem(f"{path} {what} {whose}'s, and not yours to change: {words}", ExitCode.USAGE)


def _program() -> tuple[str, ...]:
    """How this program is called by somebody whose path has only what the system's has."""
    found = shutil.which("netmind", path="/usr/local/bin:/usr/bin:/bin")
    return ("netmind",) if found is not None else (sys.executable, "-m", "netmind_tui")


def _is_root() -> bool:
    return os.name == "posix" and os.geteuid() == 0


@contextmanager
def all_faults() -> Iterator[None]:
    """Say every fault of a file, each in its line, where one sentence would hide the others."""
    from netmind_tui.node.work.file import WorkloadsProblem  # noqa: PLC0415 - see above

    try:
        yield
    except WorkloadsProblem as problem:
        for sentence in problem.faults[:-1]:
            diagnostics.fail(sentence)
        raise Problem(problem.faults[-1], problem.code) from problem

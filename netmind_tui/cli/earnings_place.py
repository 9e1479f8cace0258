"""Whose books are meant: those of this user's agent, in their file, or those of another agent, by its answers."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from netmind_tui.cli import diagnostics
from netmind_tui.cli.node_line import open_line
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

# What the functions below need is imported inside them: see cli/node_line.py.
if TYPE_CHECKING:
    from netmind_tui.ledger.reader import Reader
    from netmind_tui.node.control.client import Client


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """The ledger ``path`` and the ``zone`` of its owner's calendar; ``client`` is the agent, where it is another's."""

    path: Path
    zone: ZoneInfo
    client: "Client | None" = None


@contextmanager
def find_books(host: str | None = None) -> Iterator[Books]:
    """The books that are meant.

    Raises:
        Problem: a host's agent does not answer.
    """
    from netmind_tui.node.control.client import NoAgent  # noqa: PLC0415 - see above
    from netmind_tui.paths import agent_dir, ledger_path  # noqa: PLC0415 - see above

    with ExitStack() as stack:
        try:
            client = stack.enter_context(open_line(host))
            agent = client.status().agent
        except NoAgent as none:
            if host is not None:
                raise
            if not none.is_absent:
                diagnostics.warn(f"{none.sentence}; these are your own books")
            yield Books(path=ledger_path(), zone=_own_zone())
            return
        folder = agent_dir() if agent is None or not agent.state_folder else Path(agent.state_folder)
        if host is None and folder == agent_dir():
            yield Books(path=ledger_path(), zone=_own_zone())
        else:
            zone = _zone(client.policy().policy.zone)
            yield Books(path=folder.parent / ledger_path().relative_to(agent_dir().parent), zone=zone, client=client)


@contextmanager
def read_books(path: Path) -> Iterator["Reader | None"]:
    """A ledger for reading; ``None`` where nothing was ever booked.

    Raises:
        Problem: it cannot be read, or is another user's.
    """
    from netmind_tui.ledger.reader import Reader  # noqa: PLC0415 - see above

    if not are_there(path):
        _warn_of_loss(path)
        yield None
        return
    with closing(Reader(path)) as reader:
        yield reader


def are_there(path: Path) -> bool:
    """Whether there are books.

    Raises:
        Problem: they are another user's, and closed.
    """
    try:
        return path.exists()
    except OSError as error:
        raise _closed(path, error) from error


def _warn_of_loss(path: Path) -> None:
    """Say it where books that were there are not empty, but damaged."""
    from netmind_tui.ledger.keeping import remedy, was_set_aside  # noqa: PLC0415 - see above

    aside = was_set_aside(path)
    if aside is not None:
        diagnostics.warn(f"the books were damaged, and are kept as {aside.name}: {remedy(path)}")


def _closed(path: Path, error: OSError) -> Problem:
    """Books in a folder that this user may not look into."""
    from netmind_tui.node.control.place import user_name  # noqa: PLC0415 - only where something is wrong

    folder = path.parent
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        whose = f"{user_name(folder.stat().st_uid)}'s"
    except OSError:
        whose = "another user's"
    words = f"{path}: {(error.strerror or str(error)).lower()}"
    return Problem(f"{words}: these books are {whose}; ask as that user, or as root", ExitCode.USAGE)


def _own_zone() -> ZoneInfo:
    """The zone of this user's policy; the machine's where it has none, or cannot be in force."""
    from netmind_tui.node.policy.file import own_zone, read_policy  # noqa: PLC0415 - see above
    from netmind_tui.paths import policy_path  # noqa: PLC0415 - see above

    try:
        return _zone(read_policy(policy_path()).zone)
    except Problem:
        return _zone(own_zone())


def _zone(name: str) -> ZoneInfo:
    """A zone by its name; one that this machine does not know is UTC."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError):
        diagnostics.warn(f"this machine does not know the zone {name}: days are those of UTC")
        return ZoneInfo("UTC")

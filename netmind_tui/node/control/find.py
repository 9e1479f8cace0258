"""Which agent a command of this user speaks to, and what it says where there is none."""

import os
import socket
from collections.abc import Mapping
from pathlib import Path

from netmind_tui.certify.bar import bar_seen
from netmind_tui.node.control.client import Client, NoAgent, why_unreachable
from netmind_tui.paths import SYSTEM_SOCKET, agent_dir, identity_dir, socket_path

START = "start one with netmind agent run, or netmind agent install to have it always"
_PROBE_S = 2.0


def places(environment: Mapping[str, str] | None = None) -> tuple[Path, ...]:
    """Where an agent may listen, in the order in which they are tried; one alone where ``NETMIND_SOCKET`` names it."""
    given = os.environ if environment is None else environment
    own = socket_path()
    if given.get("NETMIND_SOCKET"):
        return (own,)
    return tuple(dict.fromkeys((own, agent_dir() / "agent.sock", SYSTEM_SOCKET)))


def reach(*, via: str = "cli", timeout_s: float = 10.0) -> Client:
    """The agent that answers this user.

    Raises:
        NoAgent: none does; the sentence says why, and how to start one where none runs and one may.
    """
    for path in places():
        try:
            _probe(path)
        except NoAgent as none:
            if not none.is_absent:
                raise
        else:
            return Client(path, via=via, timeout_s=timeout_s)
    bar = bar_seen(identity_dir())
    if bar is not None:
        raise NoAgent(f"no agent runs here, and none may: {bar.whole}", is_absent=True, barred=bar.word)
    raise NoAgent(f"no agent runs here: {START}", is_absent=True)


def _probe(path: Path) -> None:
    """Knock at a socket, and say nothing.

    Raises:
        NoAgent: nobody opens, or it is not to be trusted.
    """
    if not hasattr(socket, "AF_UNIX"):
        raise NoAgent("this platform has no agents: they need Linux", is_absent=False)
    try:
        owner = path.lstat().st_uid
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as knocking:
            knocking.settimeout(_PROBE_S)
            knocking.connect(os.fspath(path))
    except OSError as error:
        raise why_unreachable(path, error) from error
    # A named socket is the user's choice, and only root can put one into /run/netmind.
    is_own = path != SYSTEM_SOCKET and not os.environ.get("NETMIND_SOCKET")
    if is_own and owner not in (0, os.geteuid()) and os.geteuid() != 0:
        from netmind_tui.node.control.place import user_name  # noqa: PLC0415 - only where something is wrong

        sentence = f"{path} belongs to {user_name(owner)}, and not to you: name it with NETMIND_SOCKET if you mean it"
        raise NoAgent(sentence, is_absent=False)

"""Who is on the other end of a Unix socket, as the kernel tells it, and what they may do."""

import contextlib
import grp
import os
import pwd
import socket
import struct
from dataclasses import dataclass

from netmind_tui.config import Config
from netmind_tui.model.control import Role
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

GROUP = "netmind"
_CREDENTIALS = struct.Struct("3i")


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who may do what, by ``[access]`` of the configuration.

    Root and the agent's own user may do everything, members of ``group`` may read. ``control`` and ``policy`` are
    names of users; who may change the policy may do all the rest too.
    """

    control: frozenset[str] = frozenset()
    policy: frozenset[str] = frozenset()
    group: str = GROUP

    def role(self, peer: "Peer") -> Role | None:
        """What a user may do; ``None`` is nothing at all."""
        if peer.is_owner or peer.user in self.policy:
            return Role.POLICY
        if peer.user in self.control:
            return Role.CONTROL
        return Role.READ if self._is_member(peer) else None

    @classmethod
    def of(cls, config: Config) -> "Access":
        """As ``[access]`` of the configuration says."""
        return cls(control=frozenset(config.may_control), policy=frozenset(config.may_change_policy))

    def _is_member(self, peer: "Peer") -> bool:
        gid = group_id(self.group)
        return gid is not None and gid in peer.groups


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """The process at the other end: its user by number and name, and every group that user is in."""

    pid: int
    uid: int
    user: str
    groups: frozenset[int]

    @property
    def is_owner(self) -> bool:
        """Whether it is root or the agent's own user."""
        return self.uid in (0, os.geteuid())


def peer_of(connection: socket.socket) -> Peer:
    """Who is at the other end of a connection.

    Raises:
        OSError: it is there no more.
    """
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid, uid, gid = _CREDENTIALS.unpack(raw)
    groups = {gid}
    try:
        account = pwd.getpwuid(uid)
    except KeyError:  # a user without a name, as in a container
        return Peer(pid=pid, uid=uid, user=str(uid), groups=frozenset(groups))
    # The kernel tells the first group only; the others are those that the user's account is in now.
    with contextlib.suppress(OSError):
        groups.update(os.getgrouplist(account.pw_name, account.pw_gid))
    return Peer(pid=pid, uid=uid, user=account.pw_name, groups=frozenset(groups))


def group_id(name: str) -> int | None:
    """The number of a group; ``None`` where there is none of that name."""
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        return None


def must_tell_peers() -> None:
    """Refuse a platform that does not say who asks.

    Raises:
        Problem: it is not Linux.
    """
    if not hasattr(socket, "SO_PEERCRED"):
        raise Problem("an agent needs Linux: elsewhere a socket does not tell who asks", ExitCode.UNMEASURED)

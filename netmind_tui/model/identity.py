"""Who this node is, as far as others may know."""

from dataclasses import dataclass
from typing import Literal

from netmind_tui.model.backup import Retirement, Stay
from netmind_tui.model.certificate import Revocation, Rotation


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeIdentity:
    """The public side of a node's key. ``key`` is null before the first one was made; times are UTC in ISO 8601.

    ``since`` is when the key was made, null where its file does not say so. ``rotations`` lead to the key, oldest
    first. ``revocation`` is what ended the key: it signs nothing any more. ``stay`` is since when, and by which backup,
    the node is on this machine, null before its first backup; ``retired`` is what ended that stay.
    """

    schema: Literal["netmind.identity/1"] = "netmind.identity/1"
    folder: str
    key: str | None
    since: str | None
    rotations: tuple[Rotation, ...]
    revocation: Revocation | None
    stay: Stay | None = None
    retired: Retirement | None = None

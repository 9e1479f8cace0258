"""A node's backup: what is in it, where the node lives, and how it moves to another machine."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Began(StrEnum):
    """Why a node may write on a machine.

    It was made there, the machine before said that it retired, or the owner declared that machine gone.
    """

    MADE = "made"
    RETIRED = "retired"
    DECLARED = "declared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """A node's time on one machine: one stay ends before the next one begins.

    ``id`` is 16 hexadecimal digits, drawn for this stay; ``number`` counts them from 1. ``before`` is the stay that
    must have ended, ``backup`` the backup that brought the node here, ``backup_at`` when that was made and ``events``
    the last event in it. ``began`` is null while it waits for the end of the stay before. Times are UTC in ISO 8601.
    """

    schema: Literal["netmind.stay/1"] = "netmind.stay/1"
    id: str
    number: int
    since: str
    before: str | None = None
    backup: str | None = None
    backup_at: str | None = None
    events: int | None = None
    began: Began | None = None
    began_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retirement:
    """What a node signs when it ends its stay on a machine.

    ``successor`` is the one stay that may follow; null leaves it open. ``events`` is the number of the last event
    before it in the journal there, null where the journal was not told.
    """

    schema: Literal["netmind.retirement/1"] = "netmind.retirement/1"
    node_key: str
    stay: str
    number: int
    successor: str | None
    at: str
    events: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A file of a backup: its name, its size and the SHA-256 of its bytes."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """``manifest.json`` of a backup: whose it is, when and where it was made, and what is in it, in that order.

    ``id`` is drawn for this backup; ``version`` is that of the program. ``machine`` is a digest of the machine's id,
    the node key and the folder, null where the machine has no id. ``events`` is the number of the journal's last
    event, null without a journal.
    """

    schema: Literal["netmind.backup/1"] = "netmind.backup/1"
    id: str
    version: str
    node_key: str
    made_at: str
    machine: str | None
    stay: Stay
    events: int | None
    members: tuple[Member, ...]

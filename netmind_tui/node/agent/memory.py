"""What the agent remembers beyond its own end: the owner's words, the devices it knows, how it last stood.

Its files lie in one folder. ``state.json`` is replaced whole and on the disk before anybody is told of what it holds;
``room`` is given up for it where the disk is full. ``alive`` is written over in place every few seconds, for the price
of a page: it survives the process, and is what tells at the next start how long none ran.
"""

import errno
import json
import math
import os
import re
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from netmind_tui import document
from netmind_tui.certify import private_file
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.override import Override
from netmind_tui.model.problem import Problem
from netmind_tui.node.agent.clock import Moment, stamp

_SCHEMA = "netmind.agent-state/1"
_ALIVE_BYTES = 512
_FULL = (errno.ENOSPC, errno.EDQUOT)
_ROOM_BYTES = 256 << 10
_TEMPORARY = re.compile(r"\.(state\.json|policy\.toml)\.[0-9a-f]{16}")
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_LONGEST_UP_S = 1e10


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownDevice:
    """A device as the owner let it contribute: the card in its slot.

    ``stranger`` is the UUID of another card that was found there since and waits for the owner's answer. ``lost`` and
    ``blocked`` say why it could not work when it was last seen.
    """

    id: str
    slot: str | None = None
    uuid: str | None = None
    name: str | None = None
    power_limit_w: float | None = None
    stranger: str | None = None
    lost: str | None = None
    blocked: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """How renewing the certificate went: ``failures`` in a row, and when it may be tried again."""

    failures: int = 0
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alive:
    """When an agent last ran, and whether it ended as it was asked to."""

    at: datetime
    boot: str
    uptime_s: float
    stopped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """All of it.

    ``clocks`` are those by which ``overrides`` hold, so that what was said for an hour is an hour whatever the wall
    clock is set to while no agent runs. ``sources`` are what guards could see on this machine at some time;
    ``policy_sha256`` is the policy that was in force; ``outdated`` is the certificate (its digest) that was told to
    be outdated and ``changes`` why. ``held`` are the workloads that the owner stopped, ``started`` those that they
    started although they are not on.
    """

    schema: str = _SCHEMA
    overrides: tuple[Override, ...] = ()
    clocks: Alive | None = None
    devices: tuple[KnownDevice, ...] = ()
    sources: tuple[str, ...] = ()
    driver: str | None = None
    policy_sha256: str | None = None
    outdated: str | None = None
    changes: tuple[str, ...] = ()
    renewal: Renewal = field(default_factory=Renewal)
    held: tuple[str, ...] = ()
    started: tuple[str, ...] = ()


class Keeper:
    """Reads and writes an agent's memory in its folder.

    ``memory`` is what holds now, and on the disk once ``save`` was called; ``unsaved`` says why the last of it is not
    there. ``damaged`` says that a file was there and could not be read (it is kept beside, under another name).
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "state.json"
        self._room_path = folder / "room"
        self.unsaved: str | None = None
        _sweep(folder)
        self._alive_path = folder / "alive"
        self._alive: int | None = None
        self.damaged: str | None = None
        self.memory = self._saved = self._read()
        self.last = self._read_alive()

    @property
    def is_saved(self) -> bool:
        """Whether all of it is on the disk."""
        return self.memory == self._saved

    def change(self, **changes: object) -> None:
        """Hold other members of the state from now on; ``save`` puts them on the disk."""
        self.memory = replace(self.memory, **changes)  # type: ignore[arg-type] # named as its members are

    def save(self) -> None:
        """Put the state on the disk, if it is another one than there; it blocks, and ``unsaved`` says how it went."""
        memory = self.memory
        if memory == self._saved:
            return
        data = document.encode_pretty(memory).encode()
        try:
            try:
                private_file.put(self._path, data)
            except OSError as error:
                if error.errno not in _FULL or not self._give_room():
                    raise
                private_file.put(self._path, data)
        except OSError as error:
            self.unsaved = "the disk is full" if error.errno in _FULL else (error.strerror or str(error)).lower()
            return
        self._saved, self.unsaved = memory, None
        self._take_room()

    def live(self, now: Moment, *, stopped: bool = False) -> None:
        """Note that an agent runs, or that it stopped; where the disk is full the last note stays."""
        line = {"at": stamp(now.at), "boot": now.boot, "uptime_s": round(now.uptime_s, 3), "stopped": stopped}
        with suppress(OSError):
            if self._alive is None:
                flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)
                self._alive = os.open(self._alive_path, flags, 0o600)
            os.pwrite(self._alive, json.dumps(line).encode().ljust(_ALIVE_BYTES - 1) + b"\n", 0)

    def close(self) -> None:
        """Let go of the files."""
        if self._alive is not None:
            os.close(self._alive)
            self._alive = None

    def _give_room(self) -> bool:
        """Give up the space that was kept for a full disk; whether there was some."""
        try:
            self._room_path.unlink()
        except OSError:
            return False
        return True

    def _take_room(self) -> None:
        """Keep some space, so that the owner's word can be remembered on a disk that is full by then."""
        if self._room_path.exists() or not hasattr(os, "posix_fallocate"):
            return
        with suppress(OSError):
            descriptor = os.open(self._room_path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.posix_fallocate(descriptor, 0, _ROOM_BYTES)
            except OSError:
                self._room_path.unlink()
            finally:
                os.close(descriptor)

    def _read(self) -> Memory:
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return Memory()
        except IsADirectoryError:
            return self._aside("it is a folder")
        except OSError as error:
            words = f"cannot read {self._path}: {(error.strerror or str(error)).lower()}"
            raise Problem(words, ExitCode.USAGE) from error
        try:
            return _checked(document.decode(data, Memory, self._path.name))
        except Problem as problem:
            return self._aside(problem.sentence)
        except (ValueError, OverflowError, RecursionError) as error:
            return self._aside(str(error) or type(error).__name__)

    def _aside(self, why: str) -> Memory:
        """Begin without what cannot be read."""
        aside = self._path.with_suffix(".damaged.json")
        with suppress(OSError):
            if aside.is_dir():
                aside.rename(aside.with_name(f"{aside.name}.{os.getpid()}"))
            self._path.replace(aside)
        self.damaged = f"{self._path} could not be read ({why}) and is kept as {aside.name}"
        return Memory()

    def _read_alive(self) -> Alive | None:
        try:
            found = json.loads(self._alive_path.read_bytes())
            alive = Alive(
                at=datetime.fromisoformat(found["at"]).astimezone(UTC),
                boot=str(found["boot"]),
                uptime_s=float(found["uptime_s"]),
                stopped=found["stopped"] is True,
            )
        except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
            return None
        return alive if _can_be(alive) else None


def set_by(last: Alive, now: Moment) -> float:
    """By how much the wall clock was set since, within one boot."""
    return (now.at - last.at) / timedelta(seconds=1) - (now.uptime_s - last.uptime_s)


def _can_be(alive: Alive) -> bool:
    """Whether clocks can have shown this."""
    return alive.at >= _EARLIEST and math.isfinite(alive.uptime_s) and 0 <= alive.uptime_s <= _LONGEST_UP_S


def _checked(memory: Memory) -> Memory:
    """A memory by which an agent can go.

    Raises:
        ValueError: its version is another one, or a moment has no zone or cannot be.
    """
    if memory.schema != _SCHEMA:
        raise ValueError(f"{memory.schema} is of another version of netmind")
    if memory.clocks is not None and (memory.clocks.at.tzinfo is None or not _can_be(memory.clocks)):
        raise ValueError("clocks: no clock has shown this")
    moments = [each.at for each in memory.overrides]
    moments += [each.until for each in memory.overrides if each.until is not None]
    moments += [memory.renewal.not_before] if memory.renewal.not_before is not None else []
    if any(each.tzinfo is None for each in moments):
        raise ValueError("a moment has no zone")
    return memory


def _sweep(folder: Path) -> None:
    """Remove what an agent that was killed in the middle of a write left behind."""
    with suppress(OSError):
        for each in folder.iterdir():
            if _TEMPORARY.fullmatch(each.name):
                each.unlink()

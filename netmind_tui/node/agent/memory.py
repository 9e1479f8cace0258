"""What the agent remembers beyond its own end: the owner's words, the devices it knows, how it last stood.

Two files in its folder. ``state.json`` is replaced whole and on the disk before anybody is told of what it holds.
``alive`` is written over in place every few seconds, for the price of a page: it survives the process, and is what
tells at the next start how long none ran.
"""

import json
import os
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from netmind_tui import document
from netmind_tui.certify import private_file
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.override import Override
from netmind_tui.model.problem import Problem
from netmind_tui.node.agent.clock import Moment, stamp

_SCHEMA = "netmind.agent-state/1"
_ALIVE_BYTES = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownDevice:
    """A device as the owner let it contribute: the card in its slot.

    ``stranger`` is the UUID of another card that was found there since and waits for the owner's answer.
    """

    id: str
    slot: str | None = None
    uuid: str | None = None
    name: str | None = None
    power_limit_w: float | None = None
    stranger: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """How renewing the certificate went: ``failures`` in a row, and when it may be tried again."""

    failures: int = 0
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """All of it.

    ``sources`` are what guards could see on this machine at some time; ``policy_sha256`` is the policy that was in
    force; ``outdated`` is the certificate (its digest) that was told to be outdated and ``changes`` why.
    """

    schema: str = _SCHEMA
    overrides: tuple[Override, ...] = ()
    devices: tuple[KnownDevice, ...] = ()
    sources: tuple[str, ...] = ()
    driver: str | None = None
    policy_sha256: str | None = None
    outdated: str | None = None
    changes: tuple[str, ...] = ()
    renewal: Renewal = field(default_factory=Renewal)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alive:
    """When an agent last ran, and whether it ended as it was asked to."""

    at: datetime
    boot: str
    uptime_s: float
    stopped: bool = False


class Keeper:
    """Reads and writes an agent's memory in its folder.

    ``memory`` is what is on the disk now; ``damaged`` says that a file was there and could not be read (it is kept
    beside, under another name).
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "state.json"
        self._alive_path = folder / "alive"
        self._alive: int | None = None
        self.damaged: str | None = None
        self.memory = self._read()
        self.last = self._read_alive()

    def keep(self, memory: Memory) -> None:
        """Put another state on the disk, if it is another one.

        Raises:
            Problem: it cannot be written.
        """
        if memory == self.memory:
            return
        data = document.encode_pretty(memory).encode()
        try:
            private_file.put(self._path, data)
        except OSError as error:
            words = f"cannot write {self._path}: {(error.strerror or str(error)).lower()}"
            raise Problem(f"{words}; nothing was changed", ExitCode.UNMEASURED) from error
        self.memory = memory

    def change(self, **changes: object) -> None:
        """Put some members of the state on the disk.

        Raises:
            Problem: they cannot be written.
        """
        self.keep(replace(self.memory, **changes))  # type: ignore[arg-type] # named as its members are

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

    def _read(self) -> Memory:
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return Memory()
        except OSError as error:
            words = f"cannot read {self._path}: {(error.strerror or str(error)).lower()}"
            raise Problem(words, ExitCode.USAGE) from error
        try:
            return document.decode(data, Memory, self._path.name)
        except Problem as problem:
            aside = self._path.with_suffix(".damaged.json")
            with suppress(OSError):
                self._path.replace(aside)
            self.damaged = f"{self._path} could not be read ({problem.sentence}) and is kept as {aside.name}"
            return Memory()

    def _read_alive(self) -> Alive | None:
        try:
            found = json.loads(self._alive_path.read_bytes())
            return Alive(
                at=datetime.fromisoformat(found["at"]).astimezone(UTC),
                boot=str(found["boot"]),
                uptime_s=float(found["uptime_s"]),
                stopped=found["stopped"] is True,
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None

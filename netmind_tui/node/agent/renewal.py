"""The node's certificate: outdated is told at once, and a new one is made in an allowed window before it ends."""

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from netmind_tui import document
from netmind_tui.certify.moment import read_moment
from netmind_tui.certify.outdated import Machine, standing
from netmind_tui.model.contribution import Rung
from netmind_tui.model.event import EventKind
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.host import Boundary
from netmind_tui.model.problem import Problem
from netmind_tui.node.agent.agent import Agent
from netmind_tui.node.agent.certificate_child import Newest
from netmind_tui.node.agent.looked import Told
from netmind_tui.node.agent.memory import Renewal

_log = logging.getLogger(__name__)

LOOK_S = 60.0
BACK_OFF_S, LONGEST_BACK_OFF_S = 3600.0, 86400.0
_LIMIT_S = 7200.0
_ENDS_S = 10.0
_LAST_LINES, _LINE = 5, 300


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended, and the last it said on stderr."""

    code: int
    output: bytes
    last: str


Start = Callable[[list[str]], Awaitable[Ended]]
"""Runs this program with arguments, to its end."""


class Renewing:
    """Keeps an eye on the newest certificate.

    Args:
        agent: whose machine it is, who remembers, and who tells.
        folder: the shelf.
        before: how long before its end a certificate is made anew.
        boundaries: what bounds this machine's processes; ``machine_id``: the operating system's.
        start: runs ``netmind``, and the child that reads a certificate.
    """

    def __init__(
        self,
        agent: Agent,
        folder: Path,
        before: timedelta,
        boundaries: Mapping[Boundary, str],
        machine_id: str | None,
        start: "Start",
    ) -> None:
        self._agent = agent
        self._folder = folder
        self._before = before
        self._boundaries = boundaries
        self._machine_id = machine_id
        self._start = start
        self._newest: Newest | None = None
        self._shape: object = object()
        self._was_read = asyncio.Event()

    def capacity(self, device: str, at: datetime) -> dict[str, float]:
        """What the newest certificate says a device reaches, by kernel, where it is in force at a moment.

        Of several claims about one kernel it is the least.
        """
        if self._newest is None or self._agent.keeper.memory.outdated == self._newest.sha256:
            return {}
        certificate = self._newest.certificate
        if not read_moment(certificate.issued_at) <= at < read_moment(certificate.expires_at):
            return {}
        found: dict[str, float] = {}
        for each in certificate.claims:
            if each.device == device:
                found[each.kernel] = min(each.value, found.get(each.kernel, each.value))
        return found

    async def has_read(self) -> None:
        """Wait until the newest certificate was read for the first time."""
        await self._was_read.wait()

    async def keep_on(self) -> None:
        """Look every minute, until this is cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """See which certificate is the newest, whether it still fits, and renew it where it is time."""
        shape = _shape(self._folder)
        if shape != self._shape:
            self._shape = shape
            self._newest = await self._read() if shape is not None else None
        self._was_read.set()
        await self.compare()
        if self._is_due():
            await self._renew()

    async def compare(self) -> None:
        """Hold the newest certificate against the machine, and tell what changed: once for the same changes."""
        if self._newest is None or not self._agent.roster.present:
            return
        machine = Machine(
            driver=self._agent.roster.described_driver,
            devices=self._agent.roster.devices,
            boundaries=self._boundaries,
            id=self._machine_id,
        )
        found = standing(self._newest.certificate, machine)
        keeper = self._agent.keeper
        known = (keeper.memory.outdated, keeper.memory.changes)
        if not found.changes:
            if known[0] is not None:
                self._agent.remember(outdated=None, changes=())
            return
        if known == (self._newest.sha256, found.changes):
            return
        self._agent.remember(outdated=self._newest.sha256, changes=found.changes)
        words = f"the certificate is outdated: {'; '.join(found.changes)}"
        await self._agent.tell(
            Told(
                kind=EventKind.CERTIFICATE_OUTDATED,
                sentence=words,
                data={
                    "path": self._newest.path,
                    "changes": "; ".join(found.changes),
                    "unknown": "; ".join(found.unknown),
                },
            )
        )

    def _is_due(self) -> bool:
        """Whether it ends soon, nothing speaks against measuring now, and the last failure is long enough ago."""
        if self._newest is None:
            return False
        now = self._agent.clock.moment().at
        if read_moment(self._newest.certificate.expires_at) - self._before > now:
            return False
        wait = self._agent.keeper.memory.renewal.not_before
        return (wait is None or now >= wait) and self._is_allowed()

    def _is_allowed(self) -> bool:
        """Whether every certified device that is there may work now."""
        if self._newest is None or self._agent.decisions is None:
            return False
        certified = {each.device for each in self._newest.certificate.environment.devices}
        mine = [each for each in self._agent.decisions.devices if each.device in certified]
        return bool(mine) and all(each.rung is Rung.RUN and each.may_start for each in mine)

    async def _renew(self) -> None:
        assert self._newest is not None  # noqa: S101 - it is due
        certificate = self._newest.certificate
        arguments = ["-m", "netmind_tui", "certify", "--suite", certificate.run.suite, "--json"]
        if certificate.scope.name is not None:
            arguments += ["--scope", certificate.scope.name]
        for each in certificate.environment.devices:
            arguments += ["--device", each.device]
        ended = await self._start(arguments)
        now = self._agent.clock.moment().at
        if ended.code == ExitCode.OK:
            self._agent.remember(renewal=Renewal())
            until = f"the one before ends {certificate.expires_at}"
            words = f"the certificate was made anew; {until}"
            await self._agent.tell(Told(kind=EventKind.CERTIFICATE_MADE, sentence=words))
            return
        failures = self._agent.keeper.memory.renewal.failures + 1
        again = now + timedelta(seconds=min(BACK_OFF_S * 2 ** (failures - 1), LONGEST_BACK_OFF_S))
        self._agent.remember(renewal=Renewal(failures=failures, not_before=again))
        await self._agent.tell(_failure(ended, failures, again, certificate.expires_at))

    async def _read(self) -> Newest | None:
        ended = await self._start(["-m", "netmind_tui.node.agent.certificate_child", str(self._folder)])
        if ended.code != ExitCode.OK:
            _log.warning("the certificates cannot be read: %s", ended.last)
            return None
        if not ended.output.strip():
            return None
        try:
            return document.decode(ended.output, Newest, "the newest certificate")
        except Problem as problem:
            _log.warning("%s", problem.sentence)
            return None


async def start_child(arguments: list[str]) -> Ended:
    """Run our own interpreter in a process group of its own, which goes when this is cancelled."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(_LIMIT_S):
            output, errors = await child.communicate()
    except TimeoutError:
        await _ended(child)
        return Ended(int(ExitCode.TIMEOUT), b"", f"it took longer than {_LIMIT_S / 3600:g} h")
    except asyncio.CancelledError:
        await _ended(child)
        raise
    lines = errors.decode(errors="replace").splitlines()[-_LAST_LINES:]
    return Ended(child.returncode or 0, output, "\n".join(line[:_LINE] for line in lines))


async def _ended(child: asyncio.subprocess.Process) -> None:
    """End a child with its own children: politely, then not."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, number)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(child.wait(), _ENDS_S)
            return


def _failure(ended: Ended, failures: int, again: datetime, ends: str) -> Told:
    last = ended.last.strip().splitlines()
    why = last[-1] if last else f"it ended with {ended.code}"
    return Told(
        kind=EventKind.CERTIFICATE_FAILED,
        sentence=f"the certificate, which ends {ends}, could not be made anew: {why}",
        data={
            "code": ended.code,
            "last": ended.last,
            "failures": failures,
            "again": again.isoformat(timespec="seconds"),
        },
    )


def _shape(folder: Path) -> object:
    """What changes when a certificate is kept; ``None`` where there are none."""
    try:
        return folder.stat().st_mtime_ns
    except OSError:
        return None

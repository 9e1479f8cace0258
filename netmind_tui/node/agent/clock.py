"""The clocks of a machine, and what happened to them between two looks: a jump, a sleep, another zone."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

_JUMP_S = 2.0
_SLEEP_S = 2.0
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_LOCAL = Path("/etc/localtime")
_NAMED = Path("/etc/timezone")
_DATABASE = "zoneinfo/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """All clocks at once.

    ``at`` is the wall's (UTC). ``monotonic_s`` stands still while the machine sleeps, ``uptime_s`` goes on; ``boot``
    tells boots apart, and ``zone`` is the machine's own, by name.
    """

    at: datetime
    monotonic_s: float
    uptime_s: float
    boot: str
    zone: str


class Clock(Protocol):
    """What tells the time; a simulation has its own."""

    def moment(self) -> Moment:
        """All clocks, now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """What happened between two moments: the wall clock was set by ``jump_s``, the machine slept ``slept_s``.

    ``zone_before`` is the machine's zone before, where it is another one now.
    """

    jump_s: float = 0.0
    slept_s: float = 0.0
    zone_before: str | None = None


class SystemClock:
    """This machine's clocks."""

    def __init__(self) -> None:
        self._boot = boot_id()
        self._uptime_clock = getattr(time, "CLOCK_BOOTTIME", None)

    def moment(self) -> Moment:
        """All clocks, now."""
        monotonic_s = time.monotonic()
        uptime_s = monotonic_s if self._uptime_clock is None else time.clock_gettime(self._uptime_clock)
        return Moment(
            at=datetime.now(UTC), monotonic_s=monotonic_s, uptime_s=uptime_s, boot=self._boot, zone=machine_zone()
        )


def passed(before: Moment, now: Moment) -> Passed:
    """What happened to the clocks between two moments of one boot; small corrections are none."""
    slept_s = (now.uptime_s - before.uptime_s) - (now.monotonic_s - before.monotonic_s)
    jump_s = (now.at - before.at) / timedelta(seconds=1) - (now.uptime_s - before.uptime_s)
    return Passed(
        jump_s=jump_s if abs(jump_s) >= _JUMP_S else 0.0,
        slept_s=slept_s if slept_s >= _SLEEP_S else 0.0,
        zone_before=before.zone if before.zone != now.zone else None,
    )


def stamp(at: datetime) -> str:
    """A moment as events write it: UTC in ISO 8601 with milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def boot_id(path: Path = _BOOT_ID) -> str:
    """What tells this boot from every other one; where the system has no word for it, when it began."""
    try:
        return path.read_text().strip()
    except OSError:
        return f"since-{round(time.time() - time.monotonic(), -1):.0f}"


def machine_zone(environment: Callable[[str], str | None] = os.environ.get, local: Path = _LOCAL) -> str:
    """The machine's own zone by its name; ``UTC`` where it has none."""
    named = (environment("TZ") or "").removeprefix(":")
    if named and not named.startswith("/"):
        return named
    try:
        target = str(local.readlink())
    except OSError:
        target = ""
    _, found, name = target.partition(_DATABASE)
    if found:
        return name
    try:
        return _NAMED.read_text().strip() or "UTC"
    except OSError:
        return "UTC"

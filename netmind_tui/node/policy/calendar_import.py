"""A calendar of the owner's as exceptions of the policy: busy is never. The file is read by a child with limits."""

import os
import stat
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from hashlib import sha256
from pathlib import Path

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.policy import Exception_
from netmind_tui.model.problem import Problem
from netmind_tui.node.policy.calendar import Busy
from netmind_tui.node.policy.edit import with_exceptions
from netmind_tui.node.policy.file import PolicySource

HORIZON = timedelta(days=60)
_LARGEST_BYTES = 8 << 20
_LONGEST_S = 60.0
_LONGEST_SENTENCE = 300
_LONGEST_NAME = 80
_DIGEST = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import makes of a policy: the exceptions that are new, and those that are taken out."""

    after: PolicySource
    added: tuple[Exception_, ...] = ()
    removed: tuple[Exception_, ...] = ()
    kept: int = 0


def read_calendar(path: Path, zone: tzinfo, zone_name: str, now: datetime, timeout_s: float = _LONGEST_S) -> Busy:
    """The busy times of a calendar file from now on, as far as imports go.

    Raises:
        Problem: it cannot be read, is no calendar, or takes too long.
    """
    data = _bytes(path)
    start = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    command = [sys.executable, "-P", "-m", "netmind_tui.node.policy.calendar", zone_name]
    command += [start.isoformat(), (now + HORIZON).isoformat()]
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=timeout_s, check=False)
    except subprocess.TimeoutExpired:
        words = f"its repetitions are not told out within {timeout_s:.0f} s; export a shorter time"
        raise Problem(f"{path}: {words}", ExitCode.USAGE) from None
    if done.returncode:
        told = done.stderr.decode(errors="replace").strip().splitlines() or ["its reader ended"]
        raise Problem(f"{path}: it cannot be read ({told[-1][:_LONGEST_SENTENCE]})", ExitCode.USAGE)
    from netmind_tui.document import decode  # noqa: PLC0415 - beside its only use

    found = decode(done.stdout, Busy, str(path))
    if found.fault is not None:
        raise Problem(f"{path}: {_visible(found.fault)}", ExitCode.USAGE)
    return found


def source_name(file: str) -> str:
    """What a calendar's times are marked with: its file's name, a long or unreadable one made short by a digest."""
    shown = "".join(sign if sign.isprintable() else "?" for sign in file).strip()
    if shown == file and len(file) <= _LONGEST_NAME:
        return file
    digest = sha256(os.fsencode(file)).hexdigest()[:_DIGEST]
    return f"{shown[: _LONGEST_NAME - _DIGEST - 1].strip()} {digest}"


def imported(
    before: PolicySource,
    source: str,
    times: Sequence[Exception_],
    today: datetime,
    *,
    devices: tuple[str, ...] = (),
    name: str | None = None,
    replaces: bool = False,
) -> Imported:
    """The policy with a calendar's times; those of the same ``source`` that are over go, and with ``replaces`` all.

    ``today`` is its midnight on the policy's wall. ``name`` is what the times are called instead of their own words.

    Raises:
        Problem: the policy cannot take them.
    """
    new = [replace(each, name=name or each.name, devices=devices, source=source) for each in times]
    old = [each for each in before.policy.exceptions if each.source == source]
    stays = [each for each in old if each.end > today and not replaces and each not in new]
    wanted = sorted(dict.fromkeys([*stays, *new]), key=lambda each: (each.start, each.end, each.name))
    after = before if wanted == old else with_exceptions(before, source, wanted)
    return Imported(
        after=after,
        added=tuple(each for each in wanted if each not in old),
        removed=tuple(each for each in old if each not in wanted),
        kept=sum(each in old for each in wanted),
    )


def _bytes(path: Path) -> bytes:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            what = "is a folder" if path.is_dir() else "is no file"
            raise Problem(f"{path}: {what}; an iCalendar file (.ics) is expected", ExitCode.USAGE)
        with path.open("rb") as file:
            data = file.read(_LARGEST_BYTES + 1)
    except FileNotFoundError:
        raise Problem(f"{path}: there is no such file; an iCalendar file (.ics) is expected", ExitCode.USAGE) from None
    except (OSError, ValueError) as error:
        cause = (getattr(error, "strerror", None) or str(error)).lower()
        raise Problem(f"{path}: cannot be read: {cause}", ExitCode.USAGE) from error
    if len(data) > _LARGEST_BYTES:
        raise Problem(f"{path}: is larger than {_LARGEST_BYTES >> 20} MiB; export a shorter time", ExitCode.USAGE)
    return data


def _visible(sentence: str) -> str:
    return "".join(sign if sign.isprintable() else "?" for sign in sentence)[:_LONGEST_SENTENCE]

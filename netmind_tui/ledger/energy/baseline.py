"""The baselines that were measured on this machine, in a file of their own: the last few of each device."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from netmind_tui.bench.lock import LockError, held
from netmind_tui.document import decode, encode_pretty
from netmind_tui.ledger import plain_file
from netmind_tui.model.energy import Baseline
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

KEPT = 64
"""How many are kept of a device: what was booked by an older one can be told and booked again."""
_MOST_BYTES = 4 << 20
_MOST_W = 10_000.0
_TRIED_EVERY_S = 0.01
_MENDS = "move it away and calibrate anew: netmind energy calibrate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Baselines:
    """The file; ``baselines`` in the order in which they were made."""

    schema: str = "netmind.energy-baselines/1"
    baselines: tuple[Baseline, ...] = ()


def read_baselines(path: Path) -> tuple[Baseline, ...]:
    """The baselines in a file, oldest first; none where there is no file.

    Raises:
        Problem: it cannot be read, or is not what this program writes; the sentence says what mends it.
    """
    data = plain_file.read_bytes(path, "baseline", _MOST_BYTES)
    if data is None:
        return ()
    try:
        found = decode(data, Baselines, str(path)).baselines
    except Problem as problem:
        raise Problem(f"{problem.sentence}; {_MENDS}", ExitCode.USAGE) from problem
    for each in found:
        watts = (each.idle_w, each.spread_w, each.busy_w or 0.0)
        if each.made_at.tzinfo is None or not all(0 <= value <= _MOST_W for value in watts):
            raise Problem(f"{path}: the baseline of {each.device} cannot be one; {_MENDS}", ExitCode.USAGE)
    return tuple(sorted(found, key=lambda each: each.made_at))


def add_baselines(path: Path, new: Iterable[Baseline]) -> None:
    """Keep new baselines beside those that are there, whole or not at all; whoever else does so meanwhile, waits.

    Raises:
        Problem: what is there cannot be read, or nothing can be written.
    """
    made = sorted(new, key=lambda each: each.made_at)
    if not made:
        return
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        since = made[-1].made_at.isoformat(timespec="seconds")
        # Two that measure a device each end at the same moment where they began at the same.
        with held(path.stem, since=since, folder=path.parent, wait=lambda _holder: time.sleep(_TRIED_EVERY_S)):
            plain_file.put(path, encode_pretty(_with(read_baselines(path), made)).encode())
    except LockError as error:
        raise Problem(f"{path} cannot be written: {error}", ExitCode.USAGE) from error
    except OSError as error:
        raise Problem(f"{path} cannot be written: {(error.strerror or str(error)).lower()}", ExitCode.USAGE) from error


def _with(before: Iterable[Baseline], new: Iterable[Baseline]) -> Baselines:
    """All of them, as many of each device as are kept."""
    by_device: dict[str, list[Baseline]] = {}
    for each in sorted((*before, *new), key=lambda each: each.made_at):
        by_device.setdefault(each.uuid or each.device, []).append(each)
    kept = [each for some in by_device.values() for each in some[-KEPT:]]
    return Baselines(baselines=tuple(sorted(kept, key=lambda each: each.made_at)))

"""The owner's file of workloads: read only if nobody else could have written it, and checked to the last key."""

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem
from netmind_tui.model.toml import load
from netmind_tui.model.workload import Workload
from netmind_tui.node.work.owner import Step, steps, why_not_ours

_LARGEST_BYTES = 1 << 20
_BOM = b"\xef\xbb\xbf"
_MOST_SAID = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadsSource:
    """Workloads as they were read; ``data`` are the file's bytes, ``None`` where there is none."""

    path: Path
    data: bytes | None = None
    table: dict[str, Any] = field(default_factory=dict)
    workloads: tuple[Workload, ...] = ()

    @property
    def text(self) -> str:
        """The file's text."""
        return (self.data or b"").removeprefix(_BOM).decode()


class WorkloadsProblem(Problem):
    """A file of workloads of which nothing may run. ``faults`` are all of them, each a sentence with file and key."""

    def __init__(self, faults: Sequence[str]) -> None:
        more = len(faults) - 1
        super().__init__(faults[0] + (f" (and {more} more)" if more else ""), ExitCode.USAGE)
        self.faults = tuple(faults)


def read_workloads(path: Path, uid: int) -> tuple[Workload, ...]:
    """What may run as the user with that id, in the file's order; nothing where there is no file.

    Raises:
        WorkloadsProblem: see ``read_source``.
    """
    return read_source(path, uid).workloads


def read_source(path: Path, uid: int) -> WorkloadsSource:
    """The workloads of the file that a user's agent obeys.

    Raises:
        WorkloadsProblem: it cannot be read, somebody else than that user and root could have written it, or something
            in it cannot be.
    """
    data = read_bytes(path, uid)
    return WorkloadsSource(path=path) if data is None else source_of(path, data)


def read_draft(path: Path) -> WorkloadsSource:
    """The workloads of a file that nobody obeys yet, whoever wrote it.

    Raises:
        WorkloadsProblem: it cannot be read, or something in it cannot be.
    """
    data = read_bytes(path, None)
    if data is None:
        raise _refused(path, ["there is no such file"])
    return source_of(path, data)


def source_of(path: Path, data: bytes) -> WorkloadsSource:
    """The workloads in a file's bytes.

    Raises:
        WorkloadsProblem: something in it cannot be; all faults at once.
    """
    table = _table(path, data)
    from netmind_tui.node.work.parse import parse_workloads  # noqa: PLC0415 - a machine without workloads does without

    workloads, faults = parse_workloads(table)
    if faults:
        raise _refused(path, faults)
    return WorkloadsSource(path=path, data=data, table=table, workloads=workloads)


def read_bytes(path: Path, uid: int | None) -> bytes | None:
    """What a file holds that a user's agent may obey; ``None`` where there is none. Without a user it is anybody's.

    Raises:
        WorkloadsProblem: it cannot be read, or somebody else could have written it.
    """
    try:
        way = _way(path)
        if uid is not None and os.name == "posix":
            faults = why_not_ours(way, uid)
            if faults:
                raise _refused(path, faults)
        # Not to wait for whoever writes into a pipe; what is no file is refused below.
        handle = os.open(way[-1].path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0))
        with os.fdopen(handle, "rb") as file:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode):
                raise _refused(path, ["is not a file; a file of workloads is expected"])
            if not os.path.samestat(found, way[-1].found):
                raise _refused(path, ["was replaced while it was read: try again"])
            return file.read(_LARGEST_BYTES + 1)
    except FileNotFoundError:
        if path.is_symlink():
            raise _refused(path, [f"is a link to {path.readlink()}, where nothing is"]) from None
        return None
    except IsADirectoryError:
        raise _refused(path, ["is a folder; a file of workloads is expected"]) from None
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or str(error)
        raise _refused(path, [f"cannot be read: {cause.lower()}"]) from error


def _way(path: Path) -> list[Step]:
    """The way to a file that is one."""
    way = list(steps(path))
    mode = way[-1].found.st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError
    if not stat.S_ISREG(mode):
        raise _refused(path, ["is not a file; a file of workloads is expected"])
    return way


def _table(path: Path, data: bytes) -> dict[str, Any]:
    import tomllib  # noqa: PLC0415 - 10 ms, and a machine without workloads does without

    if len(data) > _LARGEST_BYTES:
        raise _refused(path, ["is larger than 1 MiB: those are no workloads"])
    try:
        return load(data.removeprefix(_BOM).decode())
    except UnicodeDecodeError as error:
        raise _refused(path, [f"is not UTF-8 text (byte {error.start}); save it as UTF-8"]) from None
    except (tomllib.TOMLDecodeError, ValueError) as error:
        raise _refused(path, [f"is not valid TOML: {_visible(str(error))}"]) from error
    except RecursionError:
        raise _refused(path, ["is not valid TOML: it is nested too deeply"]) from None


def _visible(sentence: str) -> str:
    shown = "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in sentence)
    return shown[:1].lower() + shown[1:]


def _refused(path: Path, faults: Sequence[str]) -> WorkloadsProblem:
    said = [f"{path}: {each}" for each in faults[:_MOST_SAID]]
    if len(faults) > _MOST_SAID:
        said.append(f"{path}: {len(faults) - _MOST_SAID} more faults")
    return WorkloadsProblem(said)

"""Work that is no child of ours: a container or a unit, which somebody else starts and ends at our word.

A guard stands in for it among the agent's own: a shell below a keeper, which ends the work when the agent is gone.
Where the guard was killed as well, a mark in the instance's folder tells the next agent what to look for.
"""

import hashlib
import json
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from netmind_tui.model.workload import WorkKind, Workload
from netmind_tui.node.work.call import call
from netmind_tui.node.work.instance import Place
from netmind_tui.node.work.program import Program
from netmind_tui.node.work.surroundings import environment_of, filled_all

_log = logging.getLogger(__name__)

MARK = "outside.json"
PASSED_ON = (
    "XDG_RUNTIME_DIR",
    "DBUS_SESSION_BUS_ADDRESS",
    "DOCKER_HOST",
    "DOCKER_CONTEXT",
    "DOCKER_CONFIG",
    "DOCKER_CERT_PATH",
    "DOCKER_TLS_VERIFY",
    "CONTAINER_HOST",
)
"""What the programs that speak to a daemon need to find it."""
_ERRAND_S = 45.0
_REMOVES_S = 20.0
_TRIES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Marked:
    """What ran outside, at whose word, and in which start."""

    kind: str
    by: tuple[str, ...]
    name: str
    number: str


def to_daemon() -> dict[str, str]:
    """The variables of this process by which such programs find their daemon."""
    return {name: os.environ[name] for name in PASSED_ON if name in os.environ}


def guard_of(workload: Workload, command: Sequence[str], environment: Mapping[str, str]) -> Program:
    """A guard: the shell that stands for it, with the owner's log and grace, and none of its limits."""
    return Program(
        replace(
            workload,
            kind=WorkKind.PROGRAM,
            command=tuple(command),
            environment=to_daemon() | dict(environment),
            folder=None,
            suspend=(),
            resume=(),
            finish=(),
            stop=(),
            memory_bytes=None,
            # What ends the work must not wait for a processor as the work does.
            nice=0,
        )
    )


async def errand(workload: Workload, place: Place, name: str, words: Sequence[str], more: Mapping[str, str]) -> None:
    """Run one of the owner's commands for it; it must end well.

    Raises:
        OSError: it does not.
    """
    environment = to_daemon() | environment_of(workload, place) | dict(more)
    called = await call(
        filled_all(words, place), _ERRAND_S, environment=environment, folder=_there(place.folder), is_heard=False
    )
    if called.code != 0:
        raise OSError(f"its {name} command {words[0]!r} ended with {called.code}")


def home_of(folder: Path) -> str:
    """What tells the work of agents with other folders apart; ``folder`` holds a folder for each instance."""
    return hashlib.sha256(str(folder.absolute()).encode("utf-8", "surrogateescape")).hexdigest()[:16]


def mark(place: Place, kind: WorkKind, by: Sequence[str], name: str) -> None:
    """Write down, for a later agent, what is about to run outside, and at whose word."""
    place.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    text = json.dumps({"kind": kind, "by": list(by), "name": name, "number": place.number})
    near = place.folder / f".{MARK}"
    near.write_text(text)
    near.replace(place.folder / MARK)


def marked(place: Place) -> tuple[tuple[str, ...], str] | None:
    """The runtime and the name of a container that ran at this place before, and that nobody saw go."""
    found = _read(place.folder / MARK)
    return None if found is None or found.kind != WorkKind.CONTAINER else (found.by, found.name)


def unmark(place: Place) -> None:
    """Nothing is left of it; what is left of another start there keeps its mark."""
    found = _read(place.folder / MARK)
    if found is not None and found.number == place.number:
        with suppress(OSError):
            (place.folder / MARK).unlink()


async def end_outside(folder: Path) -> tuple[str, ...]:
    """End containers and units that an agent before this one left behind; the names of those that were.

    Those that cannot be asked for keep their mark: they are looked for again at the next start.
    """
    marks = _marks(folder)
    ended: list[str] = []
    runtimes = dict.fromkeys(each.by for each in marks.values() if each.kind == WorkKind.CONTAINER)
    for by in runtimes:
        paths = [path for path, each in marks.items() if (each.kind, each.by) == (WorkKind.CONTAINER, by)]
        with _told(paths[0]):
            ended += await leftover_containers(by, folder)
            _remove(paths)
    for path, each in marks.items():
        if each.kind == WorkKind.UNIT:
            with _told(path):
                ended += await _leftover_unit(each.by, each.name)
                _remove([path])
    return tuple(ended)


async def leftover_containers(by: Sequence[str], folder: Path) -> tuple[str, ...]:
    """Remove the containers of an agent with this folder, whatever they do; their names.

    Raises:
        OSError: the runtime does not answer, or one of them stays.
    """
    names = found = await _containers(by, folder)
    for _ in range(_TRIES):
        if not found:
            break
        removed = await call([*by, "rm", "--force", *found], _REMOVES_S)
        # podman wants to be told again where what looked after a container was killed.
        found = await _containers(by, folder) if removed.code != 0 else ()
    if found:
        raise OSError(removed.complaint)
    return names


async def _containers(by: Sequence[str], folder: Path) -> tuple[str, ...]:
    wanted = ("ps", "--all", "--filter", f"label=netmind.home={home_of(folder)}", "--format", "{{.Names}}")
    found = await call([*by, *wanted], _REMOVES_S)
    if found.code != 0:
        raise OSError(found.complaint)
    return tuple(found.output.split())


async def _leftover_unit(by: Sequence[str], name: str) -> tuple[str, ...]:
    active = await call([*by, "is-active", name], _REMOVES_S)
    if active.output.strip() in ("inactive", "failed", "unknown"):
        return ()
    stopped = await call([*by, "stop", name], _REMOVES_S)
    if stopped.code != 0:
        raise OSError(stopped.complaint)
    return (name,)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """What cannot be ended is told, and the rest goes on."""
    try:
        yield
    except OSError as error:
        _log.warning("what an agent before this one left running cannot be ended (%s): %s", path, error)


def _marks(folder: Path) -> dict[Path, _Marked]:
    return {path: found for path in sorted(folder.glob(f"*/{MARK}")) if (found := _read(path)) is not None}


def _remove(paths: Sequence[Path]) -> None:
    for path in paths:
        with suppress(OSError):
            path.unlink()


def _read(path: Path) -> _Marked | None:
    try:
        found = json.loads(path.read_text())
        by = tuple(map(str, found["by"]))
        return _Marked(kind=str(found["kind"]), by=by, name=str(found["name"]), number=str(found["number"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _there(folder: Path) -> str | None:
    return str(folder) if folder.is_dir() else None

"""Which runs that were kept here are good ones, and the newest of them: what ``--baseline last-good`` means."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from netmind_tui.bench.store import read_run
from netmind_tui.certify.baseline import is_same_machine, trouble
from netmind_tui.document import decode, encode_pretty
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.finding import Status
from netmind_tui.model.measurement import Run
from netmind_tui.model.problem import Problem
from netmind_tui.model.requirement import Verdict

_LOOKED_AT = 200
_LARGEST_BYTES = 1 << 16
_PASSED = (Status.PASS, Status.WARN, Status.UNSTABLE)


@dataclass(frozen=True, slots=True)
class Found:
    """The newest good run, if there is one, and a sentence for each file that could not be read on the way."""

    run: Run | None
    damaged: tuple[str, ...] = ()


def remember(verdict: Verdict, folder: Path) -> None:
    """Keep what a run came to, whole or not at all.

    Raises:
        OSError: the folder cannot be made or written.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.NamedTemporaryFile("w", dir=folder, prefix=".", suffix=".part", delete=False) as file:
        temporary = Path(file.name)
        try:
            file.write(encode_pretty(verdict))
            file.flush()
            temporary.replace(folder / f"{verdict.run_id}.json")
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def last_good(run: Run, runs: Path, verdicts: Path) -> Found:
    """The newest good run of this machine, with the same devices, that has the suite and every kernel of ``run``.

    A run that was validated is good where that says so; one that was not, where it passed by itself. One whose verdict
    cannot be read is none: it may have been a bad one.
    """
    damaged: list[str] = []
    try:
        paths = sorted((path for path in runs.glob("*.json") if path.stem != run.run_id), reverse=True)
    except OSError:
        return Found(None)
    for path in paths[:_LOOKED_AT]:
        if path.name.startswith(".") or not path.is_file():
            continue
        try:
            before = read_run(path)
        except Problem as problem:
            damaged.append(problem.sentence)
            continue
        if not _serves(before, run):
            continue
        try:
            verdict = _verdict(verdicts / f"{before.run_id}.json")
        except Problem as problem:
            damaged.append(problem.sentence)
            continue
        is_good = verdict.is_good if verdict is not None else before.verdict in _PASSED
        if is_good and trouble(before) is None:
            return Found(before, tuple(damaged))
    return Found(None, tuple(damaged))


def _serves(before: Run, run: Run) -> bool:
    """Whether one run can stand for the other: of the same machine, devices, suite and kernels, and finished."""
    return (
        before.stopped is None
        and before.suite == run.suite
        and is_same_machine(before, run)
        and set(_devices(before)) == set(_devices(run))
        and {(m.kernel, m.device) for m in before.measurements} >= {(m.kernel, m.device) for m in run.measurements}
    )


def _devices(run: Run) -> Iterator[tuple[str, str, str | None, str | None]]:
    for device in run.devices:
        yield device.id, device.kind, device.name, device.uuid


def _verdict(path: Path) -> Verdict | None:
    """What is remembered of a run; ``None`` where it was never validated.

    Raises:
        Problem: the file cannot be read, or is no such record.
    """
    try:
        with path.open("rb") as file:
            return decode(file.read(_LARGEST_BYTES), Verdict, str(path))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Problem(f"cannot read {path}: {(error.strerror or str(error)).lower()}", ExitCode.USAGE) from error

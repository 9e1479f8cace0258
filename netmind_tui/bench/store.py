"""Runs that were kept: one JSON file each in the state folder, named by when they started."""

import re
import secrets
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from netmind_tui.document import decode, encode_pretty
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.measurement import Run
from netmind_tui.model.problem import Problem, nearest

_LARGEST_BYTES = 64 * 2**20
_LAST = re.compile(r"last(?:~(\d{1,6}))?")
_OFFERED = 8


@dataclass(frozen=True, slots=True)
class Listing:
    """The runs that were read, oldest first, and a sentence for each file that could not be."""

    runs: tuple[Run, ...]
    damaged: tuple[str, ...] = ()


def new_run_id(started: datetime) -> str:
    """A name that sorts by time and is not met twice, e.g. ``20261122T143205Z-9f3a1c``."""
    return f"{started:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def keep(run: Run, folder: Path) -> Path:
    """Write a run, whole or not at all, and return its file.

    Raises:
        OSError: the folder cannot be made or written.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = folder / f"{run.run_id}.json"
    with tempfile.NamedTemporaryFile("w", dir=folder, prefix=".", suffix=".part", delete=False) as file:
        temporary = Path(file.name)
        try:
            file.write(encode_pretty(run))
            file.flush()
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    return target


def read_run(path: Path) -> Run:
    """The run in a file.

    Raises:
        Problem: it cannot be read or is too large, is damaged, is another document, or one of a newer program; the
            sentence names the file, what was found and what was expected.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_BYTES + 1)
    except OSError as error:
        cause = "it is a folder" if path.is_dir() else (error.strerror or str(error)).lower()
        raise Problem(f"cannot read {path}: {cause}; a run of netmind bench is expected", ExitCode.USAGE) from error
    if not data.strip():
        raise Problem(f"{path} is empty; a run of netmind bench is expected", ExitCode.USAGE)
    if len(data) > _LARGEST_BYTES:
        raise Problem(f"{path} is larger than any run: more than {_LARGEST_BYTES >> 20} MiB", ExitCode.USAGE)
    try:
        return decode(data, Run, str(path))
    except Problem as problem:
        if "netmind.bench/1" in problem.sentence:
            raise
        sentence = f"{problem.sentence}; a complete netmind.bench/1 document is expected"
        raise Problem(sentence, problem.code) from problem


def list_runs(folder: Path) -> Listing:
    """Every run in a folder; there is none in a folder that does not exist.

    Raises:
        Problem: the folder cannot be read.
    """
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix == ".json" and not path.name.startswith("."))
    except FileNotFoundError:
        return Listing(())
    except OSError as error:
        raise Problem(f"cannot read {folder}: {(error.strerror or str(error)).lower()}", ExitCode.USAGE) from error
    runs, damaged = [], []
    for path in paths:
        if path.exists() and not path.is_file():  # a pipe of that name would be waited for
            damaged.append(f"{path} is no file")
            continue
        try:
            runs.append(read_run(path))
        except Problem as problem:
            damaged.append(problem.sentence)
    runs.sort(key=lambda run: (run.started_at, run.run_id))
    return Listing(tuple(runs), tuple(damaged))


def find_run(name: str, folder: Path) -> Listing:
    """What a name means: ``last`` or ``last~2``, a file, a folder (all its runs), or a kept run's id or its beginning.

    ``folder`` is where runs are kept. There is at least one run in the answer.

    Raises:
        Problem: there is no such run, there are several, or it cannot be read.
    """
    if match := _LAST.fullmatch(name):
        return _last(name, int(match[1] or 0), folder)
    path = Path(name).expanduser()
    if path.is_dir():
        listing = list_runs(path)
        if not listing.runs:
            others = f": {listing.damaged[0]}" if listing.damaged else ""
            raise Problem(f"there is no run of netmind bench in {path}{others}", ExitCode.USAGE)
        return listing
    if path.exists() or path.is_symlink() or path.suffix == ".json" or path.name != name:
        return Listing((read_run(path),))
    return Listing((read_run(_kept_file(name, folder)),))


def _last(name: str, back: int, folder: Path) -> Listing:
    listing = list_runs(folder)
    if back >= len(listing.runs):
        count = len(listing.runs)
        kept = f"{count} {'run is' if count == 1 else 'runs are'} kept"
        raise Problem(f"{name}: {kept} in {folder}; netmind bench --history lists them", ExitCode.USAGE)
    return Listing((listing.runs[-1 - back],), listing.damaged)


def _kept_file(name: str, folder: Path) -> Path:
    """The one file of a kept run whose id begins so."""
    known = sorted(path.stem for path in folder.glob("*.json")) if folder.is_dir() else []
    found = [name] if name in known else [run_id for run_id in known if name and run_id.startswith(name)]
    if len(found) > 1:
        shown = ", ".join(found[:_OFFERED]) + (" …" if len(found) > _OFFERED else "")
        raise Problem(f"{name} is the beginning of {len(found)} runs ({shown}): give more of it", ExitCode.USAGE)
    if not found:
        offer = nearest(name, known[-_OFFERED:]) if known else "none is kept"
        words = f"{name or 'an empty name'}: there is no such file and no such run in {folder}; {offer}"
        raise Problem(words, ExitCode.USAGE)
    return folder / f"{found[0]}.json"

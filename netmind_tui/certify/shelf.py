"""The certificates that this node made: a folder each, with the certificate and the result document beside it."""

import os
import secrets
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from netmind_tui.certify import private_file
from netmind_tui.certify.issue import Issued
from netmind_tui.certify.naming import RESULT, can_be_named, result_name
from netmind_tui.certify.refused import Refused
from netmind_tui.certify.statement import read_statement
from netmind_tui.certify.trust import read_bytes
from netmind_tui.model.certificate import Certificate
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Kept:
    """A certificate on the shelf: its file, its bytes, and what it says."""

    path: Path
    data: bytes
    certificate: Certificate


@dataclass(frozen=True, slots=True)
class Listing:
    """The certificates that were read, newest first, and a sentence for each that could not be."""

    kept: tuple[Kept, ...]
    damaged: tuple[str, ...] = ()


def list_certificates(folder: Path) -> Listing:
    """Every certificate on a shelf; there is none where the shelf is not there.

    Raises:
        Problem: the shelf cannot be read.
    """
    try:
        folders = sorted(each for each in folder.iterdir() if each.is_dir() and not each.name.startswith("."))
    except FileNotFoundError:
        return Listing(())
    except OSError as error:
        raise Problem(f"cannot read {folder}: {(error.strerror or str(error)).lower()}", ExitCode.USAGE) from error
    kept: list[Kept] = []
    damaged: list[str] = []
    for each in folders:
        paths = [path for path in sorted(each.iterdir()) if not path.name.endswith(RESULT)]
        for path in paths:
            try:
                kept.append(_read(path))
            except (Problem, Refused) as trouble:
                damaged.append(f"{each}: {trouble.sentence}")
        if not paths:
            damaged.append(f"{each} holds no certificate")
    kept.sort(key=lambda one: (one.certificate.issued_at, one.path.parent.name), reverse=True)
    return Listing(tuple(kept), tuple(damaged))


def keep(issued: Issued, name: str, folder: Path, judge: Callable[[Path], T]) -> tuple[Path, T]:
    """Put a certificate on the shelf, together with its result document or not at all.

    Args:
        issued: Both files.
        name: The certificate's file name.
        folder: The shelf.
        judge: Looks at the finished files before they are there for others; what it raises leaves nothing.

    Returns:
        Where the certificate lies, and what the judge said.

    Raises:
        Problem: they cannot be written.
    """
    stamp = issued.certificate.issued_at.translate(str.maketrans("", "", "-:."))  # to the millisecond, so that it sorts
    target = folder / f"{stamp}-{secrets.token_hex(3)}"
    temporary = folder / f".{target.name}"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary.mkdir(mode=0o700)
        for each, data in ((result_name(Path(name)), issued.result), (name, issued.envelope)):
            private_file.put(temporary / each, data)
        found = judge(temporary / name)
        temporary.replace(target)
        private_file.settle(folder)
    except OSError as error:
        shutil.rmtree(temporary, ignore_errors=True)
        words = f"cannot keep the certificate in {folder}: {(error.strerror or str(error)).lower()}"
        raise Problem(f"{words}; nothing was certified", ExitCode.USAGE) from error
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return target / name, found


def copy(issued: Issued, path: Path) -> Path:
    """Write a certificate where its owner wants it, and its result document beside it: both or none.

    Returns:
        The result document's path.

    Raises:
        OSError: they cannot be written; what was there before is still there.
    """
    beside = path.with_name(result_name(path))
    before = beside.read_bytes() if beside.is_file() else None
    _put(beside, issued.result)
    try:
        _put(path, issued.envelope)
    except BaseException:
        with suppress(OSError):
            if before is None:
                beside.unlink()
            else:
                _put(beside, before)
        raise
    return beside


def check_copy(path: Path) -> None:
    """Refuse a place that cannot take both files, before the work for them is done.

    Raises:
        Problem: there is no file of that kind to be, or no certificate could name its result document.
    """
    if not path.name:
        raise Problem(f"-o {path}: a file's name is expected", ExitCode.USAGE)
    beside = path.with_name(result_name(path))
    if not can_be_named(beside.name):
        words = f"-o {path}: a name of A-Z a-z 0-9 . _ - is expected: the certificate names {RESULT} beside it"
        raise Problem(words, ExitCode.USAGE)
    for each in (path, beside):
        if each.exists() and not each.is_file():
            words = f"cannot write {each}: it is no file; a certificate is two files, FILE and {RESULT} beside it"
            raise Problem(words, ExitCode.USAGE)
    if path.name.endswith(RESULT):
        raise Problem(f"-o {path}: a name that ends with {RESULT} is that of a result document", ExitCode.USAGE)


def _put(path: Path, data: bytes) -> None:
    """Replace a file whole, readable for others as a new file of its owner would be."""
    mask = os.umask(0)
    os.umask(mask)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~mask)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _read(path: Path) -> Kept:
    data = read_bytes(path, "a certificate")
    statement = read_statement(data, path.name)
    if not isinstance(statement.predicate, Certificate):
        raise Problem(f"{path.name} is no certificate", ExitCode.USAGE)
    return Kept(path, data, statement.predicate)

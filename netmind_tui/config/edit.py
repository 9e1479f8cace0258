"""Writing the configuration back: only the values change; comments, order and layout stay the owner's.

The one door to tomlkit. A file is replaced whole or not at all, and only if it is still what was read.
"""

import errno
import os
import stat
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netmind_tui.config.check import Place
from netmind_tui.config.setting import Value
from netmind_tui.config.source import Source, check, parse_table
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem
from netmind_tui.paths import config_dir

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

Changes = Mapping[Place, Value | None]
"""What is to stand at each place; ``None`` takes the setting out of the file."""

_MODE_OF_A_NEW_FILE = 0o600


def edited(source: Source, changes: Changes) -> Source:
    """The file as it would be with these changes; the very same where nothing changes.

    Raises:
        Problem: the file has an error already, or is laid out so that it cannot be edited without loss.
    """
    check(source)
    wanted = {place: value for place, value in changes.items() if _at(source.table, place.path) != value}
    if not wanted:
        return source
    import tomlkit  # noqa: PLC0415 - 50 ms, and only what writes needs it

    text = (source.data or b"").decode()
    is_crlf = "\r\n" in text and "\n" not in text.replace("\r\n", "")
    document = tomlkit.parse(text.replace("\r\n", "\n") if is_crlf else text)
    expected = source.table
    for place, value in wanted.items():
        expected = _with(expected, place.path, value)
        _change(document, place.path, value)
    written = tomlkit.dumps(document)
    data = (written.replace("\n", "\r\n") if is_crlf else written).encode()
    result = Source(path=source.path, data=data, table=parse_table(source.path, data))
    if _filled(result.table) != _filled(expected):
        keys = ", ".join(place.key for place in wanted)
        raise Problem(f"{source.path}: {keys} cannot be changed as this file is laid out: edit it", ExitCode.USAGE)
    check(result)
    return result


def write(before: Source, after: Source) -> None:
    """Replace the file that was read by one that was edited: atomically, with its mode, behind links.

    Raises:
        Problem: the file was changed meanwhile, or cannot be written; what was there is untouched.
    """
    if after is before:
        return
    data = after.data or b""
    try:
        target = _target(before.path)
        if _bytes_of(target) != before.data:
            raise Problem(
                f"{before.path}: somebody changed it meanwhile; nothing was written: look at it and try again",
                ExitCode.USAGE,
            )
        _replace(target, data)
    except OSError as error:
        cause = "the disk is full" if error.errno == errno.ENOSPC else (error.strerror or str(error)).lower()
        raise Problem(f"cannot write {before.path}: {cause}; nothing was changed", ExitCode.USAGE) from error


def _at(table: Mapping[str, Any], path: tuple[str, ...]) -> object:
    found: object = table
    for part in path:
        found = found.get(part) if isinstance(found, dict) else None
    return found


def _with(table: Mapping[str, Any], path: tuple[str, ...], value: Value | None) -> dict[str, Any]:
    head, *rest = path
    inner = _with(table.get(head, {}), tuple(rest), value) if rest else value
    return {**{key: each for key, each in table.items() if key != head}, **({} if inner is None else {head: inner})}


def _filled(table: Mapping[str, Any]) -> dict[str, Any]:
    """Without tables that hold nothing: they mean nothing."""
    kept = {key: _filled(value) if isinstance(value, dict) else value for key, value in table.items()}
    return {key: value for key, value in kept.items() if value != {}}


def _change(document: "TOMLDocument", path: tuple[str, ...], value: Value | None) -> None:
    import tomlkit  # noqa: PLC0415 - see edited

    *tables, name = path
    here: Any = document
    for depth, part in enumerate(tables, start=1):
        if part not in here:
            if value is None:
                return
            here[part] = tomlkit.table(is_super_table=depth < len(tables))
        here = here[part]
    if value is None:
        here.pop(name, None)
        _drop_empty(document, tables)
    else:
        here[name] = value if isinstance(value, str | bool | int | list) else tomlkit.value(str(value))


def _drop_empty(document: "TOMLDocument", tables: list[str]) -> None:
    """Take out tables in which nothing is left, not even a comment."""
    while tables:
        *above, last = tables
        parent: Any = document
        for part in above:
            parent = parent[part]
        if len(parent[last]) or parent[last].as_string().strip():
            return
        parent.pop(last)
        tables = above


def _target(path: Path) -> Path:
    """The file itself, behind links; its folder is made where it is the program's own.

    Raises:
        OSError: it is no file, or its folder cannot be made or is missing.
    """
    try:
        target = path.resolve()
    except RuntimeError as error:
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP)) from error
    if path.parent == config_dir():
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, f"there is no folder {path.parent}")
    if target.exists() and not target.is_file():
        raise OSError(errno.EINVAL, "it is not a file")
    return target


def _bytes_of(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _replace(target: Path, data: bytes) -> None:
    old = target.stat() if target.exists() else None
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if old is not None and hasattr(os, "chown"):
            with suppress(PermissionError):
                os.chown(temporary, old.st_uid, old.st_gid)
        temporary.chmod(_MODE_OF_A_NEW_FILE if old is None else stat.S_IMODE(old.st_mode))
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise

"""What the owner has set down in ``config.toml``: read, checked to the last key, and never written."""

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem, nearest
from netmind_tui.model.selector import RESERVED, parse
from netmind_tui.paths import config_dir

_KEYS = ("alias",)
_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
_TYPES = {str: "a string", bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "a table"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The configuration. ``alias`` gives devices names of the owner's own: ``big = "gpu:0"``."""

    alias: dict[str, str] = field(default_factory=dict)


def config_path() -> Path:
    """The file that is read: ``$NETMIND_CONFIG``, or ``config.toml`` in the configuration folder."""
    named = os.environ.get("NETMIND_CONFIG")
    return Path(named) if named else config_dir() / "config.toml"


def read_config() -> Config:
    """The configuration; all defaults where there is no file.

    Raises:
        Problem: the file that ``NETMIND_CONFIG`` names is missing, or the file is none or cannot be read, is no TOML,
            or has a key that is unknown or of the wrong type. The sentence names the file, the key and what was
            expected.
    """
    path = config_path()
    try:
        # Asked first: reading a pipe waits for a writer, and some devices never end.
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            _refuse(path, f"is {_KINDS.get(stat.S_IFMT(mode), 'something else')}, not a file")
        data = path.read_bytes()
    except FileNotFoundError as error:
        if os.environ.get("NETMIND_CONFIG"):
            raise Problem(f"{path}: no such file (NETMIND_CONFIG names it)", ExitCode.USAGE) from error
        return Config()
    except OSError as error:
        _refuse(path, f"cannot be read: {(error.strerror or str(error)).lower()}")
    import tomllib  # noqa: PLC0415 - 10 ms, and most machines have no such file

    try:
        table = tomllib.loads(data.decode())
    except UnicodeDecodeError:
        _refuse(path, "is not UTF-8 text")
    except tomllib.TOMLDecodeError as error:
        _refuse(path, f"is not valid TOML: {error}")
    except RecursionError:
        _refuse(path, "is nested too deeply")
    return _check(path, table)


def _check(path: Path, table: dict[str, Any]) -> Config:
    for key in table:
        if key not in _KEYS:
            _refuse(path, f"{_shown(key)} is not a key; {nearest(key, list(_KEYS))}")
    aliases = table.get("alias", {})
    if not isinstance(aliases, dict):
        _refuse(path, f"alias: expected a table of names, found {_type(aliases)}")
    for name, selector in aliases.items():
        _check_alias(path, name, selector)
    return Config(alias=aliases)


def _check_alias(path: Path, name: str, selector: object) -> None:
    if not name:
        _refuse(path, f"alias: the name for {selector!r} is empty; give it one of at least one letter")
    key = f"alias.{_shown(name)}"
    if not isinstance(selector, str):
        _refuse(path, f'{key}: expected a device such as "gpu:0", found {_type(selector)}')
    if name.lower() in RESERVED:
        _refuse(path, f"{key}: {name.lower()} always means devices of this machine; choose another name")
    if not name.isprintable() or any(sign in name for sign in ":, "):
        _refuse(path, f"{key}: a name is one word without colon, comma, blank or control character")
    try:
        parse(selector)
    except Problem as problem:
        _refuse(path, f"{key}: {problem.sentence}")


def _shown(name: str) -> str:
    """A name as a sentence can hold it: as it is, or quoted and escaped where it could not be seen."""
    return name if name and name.isprintable() else repr(name)


def _type(value: object) -> str:
    return _TYPES.get(type(value), "a date or time")


def _refuse(path: Path, sentence: str) -> NoReturn:
    raise Problem(f"{path}: {sentence}", ExitCode.USAGE)

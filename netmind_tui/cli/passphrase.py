"""The passphrase of a backup: typed on a terminal, or the first line of a file that nobody else can read."""

import errno
import os
import stat
import sys
from pathlib import Path

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

_MOST_BYTES = 4096
_TRIES = 3
_OTHERS = 0o077


def new_passphrase(path: Path | None) -> str:
    """The passphrase to lock with, typed twice alike.

    Raises:
        Problem: there is nobody to ask, it is too short, or the file cannot be used.
    """
    from netmind_tui.node.backup.key import LEAST_SIGNS, check_passphrase  # noqa: PLC0415 - only what locks needs it

    if path is not None:
        return check_passphrase(_from_file(path), f"--passphrase-file {path}")
    _check_terminal()
    for _ in range(_TRIES):
        first = _ask(f"Passphrase for the key, {LEAST_SIGNS} signs at least: ")
        check_passphrase(first, "the passphrase")
        if _ask("The same again: ") == first:
            return first
    raise Problem("the passphrase was not typed twice alike; nothing was changed", ExitCode.USAGE)


def given_passphrase(path: Path | None) -> str:
    """The passphrase to open with.

    Raises:
        Problem: there is nobody to ask, or the file cannot be used.
    """
    if path is not None:
        return _from_file(path)
    _check_terminal()
    return _ask("Passphrase of the key: ")


def check_askable(path: Path | None) -> None:
    """Refuse before any work what will have nobody to ask.

    Raises:
        Problem: there is no file and no terminal.
    """
    if path is None:
        _check_terminal()


def _check_terminal() -> None:
    streams = (sys.stdin, sys.stderr)
    if not all(stream is not None and stream.isatty() for stream in streams):
        words = "there is no terminal to ask for the passphrase: --passphrase-file FILE is expected"
        raise Problem(words, ExitCode.USAGE)


def _ask(prompt: str) -> str:
    import getpass  # noqa: PLC0415 - only whoever is asked needs it

    try:
        return getpass.getpass(prompt)
    except EOFError:
        raise Problem("no passphrase was typed; nothing was changed", ExitCode.USAGE) from None
    except UnicodeDecodeError:
        words = "what was typed is no UTF-8: set the terminal to it; nothing was changed"
        raise Problem(words, ExitCode.USAGE) from None


def _from_file(path: Path) -> str:
    """The first line. A pipe is taken, too: whoever made it has it for themselves."""
    name = f"--passphrase-file {path}"
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        with os.fdopen(descriptor, "rb") as file:
            found = os.fstat(file.fileno())
            if stat.S_ISDIR(found.st_mode):
                raise IsADirectoryError(errno.EISDIR, "it is a folder")
            _check_owner(path, found)
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise Problem(f"{name}: {(error.strerror or str(error)).lower()}", ExitCode.USAGE) from error
    if len(data) > _MOST_BYTES:
        raise Problem(f"{name}: more than {_MOST_BYTES} bytes: one line is expected", ExitCode.USAGE)
    try:
        line = data.decode("utf-8").partition("\n")[0].removesuffix("\r")
    except UnicodeDecodeError:
        raise Problem(f"{name} is not UTF-8: one line of text is expected", ExitCode.USAGE) from None
    if not line:
        raise Problem(f"{name} is empty: the passphrase is expected as its first line", ExitCode.USAGE)
    return line


def _check_owner(path: Path, found: os.stat_result) -> None:
    if os.name != "posix" or not stat.S_ISREG(found.st_mode):
        return
    if found.st_uid not in (os.geteuid(), 0):
        words = f"belongs to user {found.st_uid} and you are user {os.geteuid()}"
        raise Problem(f"--passphrase-file {path} {words}: make one of your own", ExitCode.USAGE)
    if stat.S_IMODE(found.st_mode) & _OTHERS:
        import shlex  # noqa: PLC0415 - only a refusal needs it

        mode = f"mode {stat.S_IMODE(found.st_mode):03o}"
        words = f"is open to others ({mode}): chmod 600 {shlex.quote(str(path))}"
        raise Problem(f"--passphrase-file {path} {words}", ExitCode.USAGE)

"""Ending a key: what the commands that make such a statement have in common."""

import os
from datetime import UTC, datetime
from pathlib import Path

from netmind_tui.cli import output
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

_LONGEST_REASON = 200


def check_reason(reason: str | None) -> None:
    """Refuse a reason that is no sentence.

    Raises:
        Problem: it is more than one line, or too long.
    """
    if reason is not None and (not reason.isprintable() or len(reason) > _LONGEST_REASON):
        raise Problem(f"--reason: one line of at most {_LONGEST_REASON} printable signs is expected", ExitCode.USAGE)


def moment_of(text: str) -> str:
    """A time that somebody wrote, UTC unless it says otherwise.

    Raises:
        Problem: it is none, or has not come yet.
    """
    from netmind_tui.certify.moment import written  # noqa: PLC0415 - only what ends a key needs it

    try:
        found = datetime.fromisoformat(text)
        moment = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        words = "a time such as 2026-11-22 or 2026-11-22T14:30Z is expected"
        raise Problem(f"--since {text}: {words}", ExitCode.USAGE) from None
    if moment > datetime.now(UTC):
        raise Problem(f"--since {text}: that time has not come yet", ExitCode.USAGE)
    return written(moment)


def write_private(path: Path, text: str) -> None:
    """Write a file that is its owner's alone where it is new.

    Raises:
        Problem: it cannot be written.
    """
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        made = False
    except OSError as error:
        raise Problem(f"cannot write {path}: {(error.strerror or str(error)).lower()}", ExitCode.USAGE) from error
    else:
        made = True
    try:
        output.write(text, path)
    except BaseException:
        if made:
            path.unlink(missing_ok=True)
        raise

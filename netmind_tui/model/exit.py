"""What a finished command tells whoever started it."""

from collections.abc import Iterable
from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes of every command; a scheduler can act on them without reading text."""

    OK = 0
    FAILED = 1
    USAGE = 2
    UNMEASURED = 3
    CRASHED = 4
    TIMEOUT = 124
    INTERRUPTED = 130
    TERMINATED = 143


_PRECEDENCE = (
    ExitCode.USAGE,
    ExitCode.INTERRUPTED,
    ExitCode.TERMINATED,
    ExitCode.TIMEOUT,
    ExitCode.FAILED,
    ExitCode.CRASHED,
    ExitCode.UNMEASURED,
    ExitCode.OK,
)


def foremost(codes: Iterable[ExitCode]) -> ExitCode:
    """The code to end with when several hold; none at all is success."""
    return min(codes, key=_PRECEDENCE.index, default=ExitCode.OK)

"""The terminal itself: whether it can be drawn on, and what happens when it goes away."""

import os
import select
import signal
import sys
from collections.abc import Callable, Mapping

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

GONE = 129
"""What a process ends with whose terminal hung up, as a shell counts it: 128 + SIGHUP."""


def check(environment: Mapping[str, str]) -> None:
    """Refuse a terminal that cannot be drawn on.

    Raises:
        Problem: the sentence says what to use instead.
    """
    twin = "use `netmind info`, `netmind bench` and `netmind doctor`, which print text"
    for stream, name in ((sys.stdin, "stdin"), (sys.stderr, "stderr")):
        # The interface is drawn on stderr, and keys come from stdin.
        if stream is None or not stream.isatty():
            raise Problem(f"{name} is no terminal: {twin}", ExitCode.USAGE)
    if environment.get("TERM", "dumb") in ("dumb", "unknown"):
        raise Problem(f"TERM={environment.get('TERM', '')} cannot be drawn on: {twin}", ExitCode.USAGE)


def has_colours(environment: Mapping[str, str]) -> bool:
    """Whether colours are wished for: see no-color.org."""
    return not environment.get("NO_COLOR")


def has_hung_up(descriptor: int = 0) -> bool:
    """Whether nobody is at the other end of the terminal any more."""
    if not hasattr(select, "poll"):
        return False
    poll = select.poll()
    try:
        poll.register(descriptor, 0)
        return any(event & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, event in poll.poll(0))
    except (OSError, ValueError):
        return True


def end_without_terminal(clean_up: Callable[[], None]) -> None:
    """Leave at once: whoever waits for the terminal to take its last words waits for ever."""
    try:
        clean_up()
    finally:
        os._exit(GONE)


SIGNALS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
"""What ends the interface politely, with the terminal given back."""

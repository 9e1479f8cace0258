"""The terminal itself: whether it can be drawn on, and what happens when it goes away."""

import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from time import sleep
from typing import Any

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

try:
    import termios
except ImportError:  # Windows
    termios = None  # type: ignore[assignment]

SIGNALLED = 128
"""From here on a shell counts the signal that ended a process."""
GONE = SIGNALLED + 1
"""What a process ends with whose terminal hung up: 1 is SIGHUP."""

ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""What ends the interface politely, with the terminal given back."""

# No keyboard protocol, no mouse, no focus or paste reports, lines wrap, the screen from before, a cursor.
_RESTORE = b"\x1b[<u\x1b[?1000l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?1004l\x1b[?2004l\x1b[?7h\x1b[?1049l\x1b[?25h"
ALTERNATE = b"\x1b[?1049h"
"""The screen beside that of the shell, empty."""
_HIDDEN_CURSOR = b"\x1b[?25l"
_INPUT, _LOCAL = 0, 3  # of what the system knows of a terminal's mode
_before: list[Any] | None = None  # the mode of a terminal
_is_taken = False


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
    kind = environment.get("TERM", "")
    if os.name == "posix" and kind in ("", "dumb", "unknown"):
        raise Problem(
            f"{f'TERM={kind}' if kind else 'a terminal without TERM'} cannot be drawn on: {twin}", ExitCode.USAGE
        )


def has_colours(environment: Mapping[str, str]) -> bool:
    """Whether colours are wished for: see no-color.org."""
    return not environment.get("NO_COLOR")


def has_hung_up(descriptor: int = 0) -> bool:
    """Whether nobody is at the other end of the terminal any more."""
    if not hasattr(select, "poll") or sys.platform == "darwin":  # whose poll knows no terminals
        return False
    poll = select.poll()
    try:
        poll.register(descriptor, 0)
        return any(event & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, event in poll.poll(0))
    except (OSError, ValueError):
        return True


def end_without_terminal(clean_up: Callable[[], None], code: int = GONE) -> None:
    """Leave at once: whoever waits for the terminal to take its last words waits for ever."""
    try:
        clean_up()
    finally:
        os._exit(code)


def on_end(handler: Callable[[int], None]) -> None:
    """Let a handler decide about the signals that end a process, except those that whoever started it has ignored."""
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda got, _frame: handler(got))


def end_within(seconds: float, code: int, clean_up: Callable[[], None]) -> None:
    """End the process after so long, should it wait until then for a terminal that nobody reads."""

    def end() -> None:
        sleep(seconds)
        give_back()
        end_without_terminal(clean_up, code)

    threading.Thread(target=end, name="end", daemon=True).start()


def remember() -> None:
    """Keep how the terminal was before it is drawn on; what was kept before still holds."""
    global _before  # noqa: PLW0603 - a process has one terminal
    if _before is None:
        _before = _mode()


def take(frame: bytes) -> None:
    """Take the whole terminal and show something in it; what is typed waits for whoever takes it over."""
    global _is_taken  # noqa: PLW0603 - see above
    remember()
    if termios is None:
        return
    if _before is None:
        return
    _is_taken = True
    on_end(_leave)
    mode = [*_before]
    mode[_INPUT] &= ~(termios.ICRNL | termios.INLCR | termios.IGNCR | termios.IXON | termios.IXOFF)
    mode[_LOCAL] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN | termios.ISIG)
    with suppress(termios.error, OSError):
        termios.tcsetattr(0, termios.TCSANOW, mode)
        sys.stderr.buffer.write(ALTERNATE + _HIDDEN_CURSOR + frame)
        sys.stderr.buffer.flush()


def hand_over() -> list[Any] | None:
    """To whoever draws from now on: how keys were before the terminal was taken, if it was."""
    global _is_taken
    was_taken, _is_taken = _is_taken, False
    return _before if was_taken else None


def let_go() -> None:
    """Give the terminal back if nobody took it over."""
    if hand_over() is not None:
        give_back()


def _leave(number: int) -> None:
    """A signal asks the process to end before anybody has taken the terminal over."""
    give_back()
    os._exit(SIGNALLED + number)


def give_back() -> None:
    """Leave the terminal as it was, without waiting for anybody to read."""
    if termios is None:
        return
    if _before is not None:
        with suppress(termios.error, OSError):
            termios.tcsetattr(0, termios.TCSANOW, _before)
    with suppress(OSError):
        # Opened anew: the shell's own door must not become one that refuses to wait.
        door = os.open("/dev/tty", os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
        try:
            os.write(door, _RESTORE)
        finally:
            os.close(door)


def _mode() -> list[Any] | None:
    if termios is None:
        return None
    try:
        return termios.tcgetattr(0)
    except termios.error:
        return None

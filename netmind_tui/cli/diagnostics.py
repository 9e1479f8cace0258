"""The only writer of stderr: narration, warnings and the one sentence a command ends with.

Nobody listening is never an error: a closed, full or vanished stderr costs the words and nothing else.
"""

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

_TERMINAL_COLOURS = {"warning": "\x1b[33m", "error": "\x1b[31m"}
_LONGEST = 2000


def is_terminal() -> bool:
    """Whether somebody is watching stderr."""
    return sys.stderr is not None and not sys.stderr.closed and sys.stderr.isatty()


def say(sentence: str) -> None:
    """Narrate one line."""
    _write(_harmless(sentence))


def warn(sentence: str) -> None:
    """Say what is doubtful and goes on all the same."""
    _write(_marked("warning", sentence))


def fail(sentence: str) -> None:
    """Say why the command ends."""
    _write(_marked("error", sentence))


def settle() -> None:
    """After others wrote to stderr: if it takes no more, stop trying."""
    try:
        sys.stderr.flush()
    except OSError:
        _discard()


def console() -> "Console":
    """A rich console on stderr, for what moves."""
    from rich.console import Console  # noqa: PLC0415 - 40 ms, and only a live view needs it

    return Console(stderr=True, highlight=False, markup=False, emoji=False)


def _marked(kind: str, sentence: str) -> str:
    plain = not is_terminal() or "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
    word = kind if plain else f"{_TERMINAL_COLOURS[kind]}{kind}\x1b[0m"
    return f"netmind: {word}: {_harmless(sentence)}"


def _harmless(sentence: str) -> str:
    """Without what a terminal would obey: names come from files, other users and other programs."""
    cut = sentence if len(sentence) <= _LONGEST else sentence[:_LONGEST] + "…"
    return "".join(sign if sign.isprintable() or sign == "\n" else "?" for sign in cut)


def _write(text: str) -> None:
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()
    except OSError:
        _discard()
    except ValueError:  # closed by somebody else
        return


def _discard() -> None:
    """Point stderr at nothing, or the interpreter's last flush would fail and change the exit code."""
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, sys.stderr.fileno())
    os.close(sink)

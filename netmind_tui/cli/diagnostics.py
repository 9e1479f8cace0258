"""The only writer of stderr: narration, warnings and the one sentence a command ends with."""

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

_TERMINAL_COLOURS = {"warning": "\x1b[33m", "error": "\x1b[31m"}


def is_terminal() -> bool:
    """Whether somebody is watching stderr."""
    return sys.stderr is not None and sys.stderr.isatty()


def say(sentence: str) -> None:
    """Narrate one line. A closed stderr is nobody listening, not an error."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(sentence + "\n")
        sys.stderr.flush()
    except (BrokenPipeError, ValueError):
        return


def warn(sentence: str) -> None:
    """Say what is doubtful and goes on all the same."""
    say(_coloured("warning", sentence))


def fail(sentence: str) -> None:
    """Say why the command ends."""
    say(_coloured("error", sentence))


def _coloured(kind: str, sentence: str) -> str:
    if not is_terminal():
        return f"netmind: {kind}: {sentence}"
    return f"netmind: {_TERMINAL_COLOURS[kind]}{kind}\x1b[0m: {sentence}"


def console() -> "Console":
    """A rich console on stderr, for what moves."""
    from rich.console import Console  # noqa: PLC0415 - 40 ms, and only a live view needs it

    return Console(stderr=True, highlight=False, markup=False, emoji=False)

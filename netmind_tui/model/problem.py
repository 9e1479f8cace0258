"""The one way a command gives up: a sentence for a person and a code for a program."""

from netmind_tui.model.exit import ExitCode

_FEW = 20


class Problem(Exception):  # noqa: N818 - it is what the user has, not what the code did
    """A command cannot go on.

    The sentence says what, where, and what to do; ``code`` is what the process ends with.
    """

    def __init__(self, sentence: str, code: ExitCode) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code


class Stopped(BaseException):
    """A signal asked this process to end. Not an error, so nothing may swallow it; every ``finally`` runs."""

    def __init__(self, code: ExitCode) -> None:
        super().__init__(code)
        self.code = code


def nearest(word: str, known: list[str]) -> str:
    """A clause that offers the known names closest to a mistyped one; where none is close all of them, if few."""
    # Imported here: difflib costs 3 ms and is needed only when something was mistyped.
    import difflib  # noqa: PLC0415

    close = difflib.get_close_matches(word, known, n=3, cutoff=0.5)
    if close:
        return f"did you mean {' or '.join(close)}?"
    if len(known) > _FEW:
        return f"the nearest are {', '.join(difflib.get_close_matches(word, known, n=3, cutoff=0.0))}"
    return f"known: {', '.join(known)}"

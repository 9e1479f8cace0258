"""Why something that others wrote is not believed: the check that it failed, and a sentence."""

import re

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

# What moves a terminal's cursor or turns the direction of writing, and cannot be seen: C0, C1 and Unicode's formats.
UNSEEN = re.compile(
    "[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb]"
)
_LONGEST = 400


class Refused(Problem):
    """A check failed. Whoever does not ask which tells it to the user, like every other problem.

    ``check`` is the stable name of the check, ``sentence`` what was found and what was expected, fit to be printed
    whatever the document holds. ``unknown`` tells that the check could not be made, rather than that it failed: a file
    that is not there, a newer format.
    """

    def __init__(self, check: str, sentence: str, *, unknown: bool = False) -> None:
        tame = _tame(sentence)
        super().__init__(tame, ExitCode.UNMEASURED if unknown else ExitCode.FAILED)
        self.check = check
        self.unknown = unknown


def _tame(sentence: str) -> str:
    """A sentence on one line, no longer than people read, in which nothing speaks to the terminal."""
    short = sentence if len(sentence) <= _LONGEST else f"{sentence[: _LONGEST - 1]}…"
    return UNSEEN.sub(lambda match: f"\\u{ord(match[0]):04x}", short)

"""Why nothing may sign or write for the node here, where that is so; next to free where a node was never backed up."""

import os
from dataclasses import dataclass
from pathlib import Path

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

STAY = "stay.json"
"""Where the node is at home, in the identity's folder."""
UNFINISHED = "restoring.json"
"""The plan of a restore that is going on, or was interrupted; beside the identity's folder."""


@dataclass(frozen=True, slots=True)
class Bar:
    """``word`` is for a line with little room: ``the node waits``; ``mend`` is what to do."""

    word: str
    sentence: str
    mend: str

    @property
    def whole(self) -> str:
        """Both in a sentence."""
        return f"{self.sentence}: {self.mend}"


def bar(folder: Path) -> Bar | None:
    """What keeps the node from its work; ``folder`` is its identity's.

    Raises:
        Problem: what says so cannot be read, or is damaged.
    """
    if os.path.lexists(folder.parent / UNFINISHED):
        words = f"a restore was interrupted here ({folder.parent / UNFINISHED})"
        return Bar("a restore was interrupted", words, "run netmind restore FILE again, it puts things right first")
    if not os.path.lexists(folder / STAY):
        return None
    from netmind_tui.certify.stay import read_retired, read_stay, way_on  # noqa: PLC0415 - 50 ms, and seldom

    stay = read_stay(folder)
    if stay is None:
        return None
    ended = read_retired(folder, stay.id)
    if ended is not None:
        words = f"this node retired here on {ended.at}, and signs and writes nothing more on this machine"
        return Bar("the node retired", words, "restore a newer backup to bring it back")
    if stay.began is None:
        return Bar("the node waits", "this node waits for the end of its stay on another machine", way_on(stay))
    return None


def bar_seen(folder: Path) -> Bar | None:
    """As ``bar``, for those who only tell of it: what cannot be read keeps the node from its work, too."""
    try:
        return bar(folder)
    except Problem as problem:
        return Bar("its stay cannot be read", problem.sentence, "put it back from your backup")


def check_may_write(folder: Path) -> None:
    """Refuse to sign or write for a node that is not at home here; ``folder`` is its identity's.

    Raises:
        Problem: a restore was interrupted, the node waits for the end of another stay, or it retired here.
    """
    found = bar(folder)
    if found is not None:
        raise Problem(found.whole, ExitCode.UNMEASURED)

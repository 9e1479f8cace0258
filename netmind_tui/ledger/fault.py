"""Why something is not booked: it may not be, or the ledger is damaged. Whatever else fails is a plain ``Problem``."""

from pathlib import Path

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

_ROOM = 80


class Refused(Problem):
    """A draft that may not be booked, whoever tries again; ``id`` is its own. Nothing of its batch was booked."""

    def __init__(self, name: str, why: str) -> None:
        shown = str(name) if str(name).isprintable() else repr(name)
        super().__init__(f"entry {shown[:_ROOM]}: {why}; nothing was booked", ExitCode.USAGE)
        self.id = name


class Damaged(Problem):
    """The ledger cannot be trusted. It is kept as ``aside`` (``None`` where it could not be moved), as it was found."""

    def __init__(self, sentence: str, aside: Path | None) -> None:
        super().__init__(sentence, ExitCode.UNMEASURED)
        self.aside = aside

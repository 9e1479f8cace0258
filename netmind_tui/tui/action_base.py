"""What there is to do, one thing: a value that keys, footer, help and command palette are made of."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing to do.

    ``keys`` are as the terminal library names them, the first is shown; ``screens`` where it applies (everywhere if
    empty); ``changes`` whether it changes anything beyond the view: such actions vanish with ``--read-only``.
    ``needs_agent`` marks what says why it cannot be done while no agent runs. ``footer`` is the word shown at the foot.
    """

    id: str
    keys: tuple[str, ...]
    title: str
    help: str
    screens: tuple[str, ...] = ()
    changes: bool = False
    needs_agent: bool = False
    footer: str | None = None

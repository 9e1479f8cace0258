"""What the interface keeps of the screen *Schedule*: the cursor, the brush, the draft; empty until somebody paints."""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from netmind_tui.tui.same import Same

if TYPE_CHECKING:
    from netmind_tui.model.draft import Difference
    from netmind_tui.model.paint import Brush
    from netmind_tui.model.policy import Policy, PolicyDocument
    from netmind_tui.model.timeline import Timeline
    from netmind_tui.tui.state import State

MOST_STEPS = 200
"""So many changes can be taken back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """The owner's file, read where no agent runs. ``trouble`` is why it could not be.

    ``preset`` names the ready schedule that holds without a file; ``signature`` tells one state of the file from
    another.
    """

    document: "PolicyDocument | None" = None
    preset: str | None = None
    trouble: str = ""
    signature: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The grid and what is painted on it.

    ``cell`` is the cursor, the one of now where it was never moved; ``anchor`` is the other corner of a range.
    ``devices`` are those that the grid is about, none: all. ``week`` is the last week as the journal tells it.
    ``base`` are the terms that the draft began with, ``drafts`` the draft after each change, ``undone`` what was taken
    back. ``is_saving``: it is on its way.
    """

    cell: int | None = None
    anchor: int | None = None
    is_marking: bool = False
    brush: "Brush | None" = None
    devices: tuple[str, ...] = ()
    shows_past: bool = False
    is_explaining: bool = False
    own: Own | None = None
    week: "Timeline | None" = None
    base: "PolicyDocument | None" = None
    drafts: "tuple[Policy, ...]" = ()
    undone: "tuple[Policy, ...]" = field(default=())
    is_saving: bool = False

    @property
    def draft(self) -> "Policy | None":
        """The policy as it is painted, if anything was."""
        return self.drafts[-1] if self.drafts else None


def terms(state: "State") -> "PolicyDocument | None":
    """The terms in force: those that an agent keeps, or else those of the owner's file."""
    node, own = state.node, state.schedule.own
    if node.is_there:
        return node.terms
    return own.document if own is not None and node.is_absent and state.feed.kind == "live" else None


def policy(state: "State") -> "Policy | None":
    """What is drawn: the draft, or else the terms in force."""
    draft, told = state.schedule.draft, terms(state)
    return draft if draft is not None else None if told is None else told.policy


def unsaved(state: "State") -> "Difference | None":
    """What was changed and not saved; ``None`` where nothing is."""
    own = state.schedule
    if own.draft is None or own.base is None:
        return None
    return _difference(Same(own.base.policy), Same(own.draft)) or None


@lru_cache(maxsize=4)
def _difference(before: "Same[Policy]", after: "Same[Policy]") -> "Difference":
    from netmind_tui.model.draft import difference  # noqa: PLC0415 - only where somebody paints

    return difference(before.value, after.value)


def is_outdated(state: "State") -> bool:
    """Whether the terms in force are others than those that the draft began with."""
    own, told = state.schedule, terms(state)
    return own.base is not None and told is not None and (own.base.sha256, own.base.path) != (told.sha256, told.path)

"""A card's power limit: how it stands, and what became of an attempt to set it."""

from dataclasses import dataclass
from enum import StrEnum


class LimitOutcome(StrEnum):
    """How it went. Whatever is neither ``read`` nor ``set`` left the card as it was."""

    READ = "read"
    SET = "set"
    NO_PERMISSION = "no-permission"
    NOT_SUPPORTED = "not-supported"
    UNANSWERED = "unanswered"


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerLimit:
    """A question or an attempt, in watts.

    ``asked_w`` is what was asked of the card, within what it allows (``least_w`` to ``most_w``, where it says so);
    ``None`` where it was only read. ``power_limit_w`` is in force now, ``previous_w`` was before, where the card says
    so. ``why`` is a clause whose subject is the device, where it did not come about.
    """

    outcome: LimitOutcome
    asked_w: float | None = None
    previous_w: float | None = None
    power_limit_w: float | None = None
    least_w: float | None = None
    most_w: float | None = None
    why: str | None = None

    @property
    def is_done(self) -> bool:
        """Whether it was read or set as was asked."""
        return self.outcome in (LimitOutcome.READ, LimitOutcome.SET)

    def within(self, watts: float) -> float:
        """The limit nearest to so many watts that the card allows."""
        if self.least_w is None or self.most_w is None:
            return watts
        return min(max(watts, self.least_w), self.most_w)

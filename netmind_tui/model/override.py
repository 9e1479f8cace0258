"""What the owner says now, before every rule.

Pause, finish, contribute, stop; always until a moment or until resumed.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from netmind_tui.model.device import card_of


class OverrideKind(StrEnum):
    """``resume`` takes the others back; ``stop`` kills and frees at once and stays so until ``resume``."""

    STOP = "stop"
    PAUSE = "pause"
    FINISH = "finish"
    CONTRIBUTE = "contribute"
    RESUME = "resume"


ENDLESS = {
    OverrideKind.STOP: "a stop has no end: it holds until resume; pause is for a time",
    OverrideKind.RESUME: "resume has no end: it takes back what was said",
}
"""What is said once and takes no end, and the sentence for whoever gives one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """One of them, as it stands.

    ``devices`` are ids (empty: all, also those that come later), each with its MIG slices, but those in ``excepted``;
    ``until`` ``None``: until resumed.

    ``for_s`` is the length that was asked for, where it was a length: it holds whatever the wall clock is set to.
    ``by`` is who said so (a user's name), ``via`` from where (``cli``, ``tui``, ``ssh from 10.0.0.7``, ``hook``).
    """

    kind: OverrideKind
    devices: tuple[str, ...] = ()
    excepted: tuple[str, ...] = ()
    at: datetime
    until: datetime | None = None
    for_s: float | None = None
    by: str = ""
    via: str = ""

    def covers(self, device: str) -> bool:
        """Whether it is about a device."""
        both = {device, card_of(device)}
        return (not self.devices or not both.isdisjoint(self.devices)) and both.isdisjoint(self.excepted)

    def is_within(self, other: "Override") -> bool:
        """Whether it is about no device that another one is not about, now or later."""
        return (
            (bool(self.devices) or not other.devices)
            and all(other.covers(each) for each in self.devices)
            and not any(self.covers(each) for each in other.excepted)
        )

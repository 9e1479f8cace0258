"""What one guard reads of one device, or of the machine, at one moment."""

from dataclasses import dataclass
from decimal import Decimal

from netmind_tui.model.policy import GuardKind
from netmind_tui.model.reading import ABSENCE_SENTENCES, Absence

NONE_HERE = "this machine has none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensed:
    """One value and where it was read, or why there is none.

    ``value`` is in the unit of the guard's limit, ``words`` the same for people. ``unknown`` says in a clause why it
    cannot be seen. Without either the guard does not apply: what it watches does not exist here, as ``words`` says.
    ``is_passing``: only not yet. ``part`` tells the values of one guard apart (memory, utilisation), ``limit`` is its
    own where it is not the guard's. ``learnt`` is what this machine is now known to have, besides the source itself.
    """

    kind: GuardKind
    device: str | None = None
    value: float | Decimal | None = None
    words: str | None = None
    source: str | None = None
    unknown: str | None = None
    part: str = ""
    limit: float | None = None
    is_passing: bool = False
    learnt: tuple[str, ...] = ()

    @property
    def is_seen(self) -> bool:
        """Whether there is a value."""
        return self.value is not None


def absent(kind: GuardKind, what: str, reason: Absence | None, source: str, device: str | None = None) -> Sensed:
    """What a guard reads where a sample lacks it, with the sample's own reason."""
    reason = reason or Absence.NOT_SUPPORTED
    unknown = f"no {what}: {ABSENCE_SENTENCES[reason]}"
    return Sensed(kind=kind, device=device, source=source, unknown=unknown, is_passing=reason is Absence.STALE)


def none_here(kind: GuardKind, source: str, device: str | None = None) -> Sensed:
    """What a guard reads where that which it watches does not exist."""
    return Sensed(kind=kind, device=device, words=NONE_HERE, source=source)

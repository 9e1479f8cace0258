"""A measured value, or the reason why there is none."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

T = TypeVar("T")


class Absence(StrEnum):
    """Why a metric has no value. Each one is an answer of its own, and none of them is zero."""

    NOT_SUPPORTED = "not-supported"
    NO_PERMISSION = "no-permission"
    ASLEEP = "asleep"
    LOST = "lost"
    STALE = "stale"
    UNDER_MIG = "under-mig"
    OUTSIDE_CONTAINER = "outside-container"
    NOT_UNDER_WSL = "not-under-wsl"


ABSENCE_SENTENCES = {
    Absence.NOT_SUPPORTED: "not reported by this device or driver",
    Absence.NO_PERMISSION: "this user may not read it",
    Absence.ASLEEP: "the device sleeps and was not woken",
    Absence.LOST: "the device does not answer",
    Absence.STALE: "the last value is too old",
    Absence.UNDER_MIG: "not reported while the card is partitioned",
    Absence.OUTSIDE_CONTAINER: "not visible from inside this container",
    Absence.NOT_UNDER_WSL: "not reported under WSL",
}


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """One metric: a value, or an absence, never both and never neither.

    Raises:
        ValueError: both or neither are given.
    """

    value: T | None = None
    absence: Absence | None = None

    def __post_init__(self) -> None:
        if (self.value is None) == (self.absence is None):
            raise ValueError("a reading has either a value or an absence")

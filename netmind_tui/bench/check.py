"""The outcome of one verification. Apart from how it is done, so that reading it needs no NumPy."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """How it was done, whether it held, and the largest relative error (``None`` where that is not finite).

    ``rows`` of the result were computed anew, where that was not all of it.
    """

    method: str
    ok: bool
    error: float | None
    rows: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """Bytes that read back otherwise than they were written: how many, the first one's place, and its bits."""

    count: int
    offset: int
    expected: int
    actual: int
    pattern: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Surveyed:
    """What a survey found. ``size_bytes`` were gone through, ``passes`` times, unless it ``stopped`` early."""

    size_bytes: int
    passes: int
    elapsed_s: float
    stopped: bool = False
    wrong: Wrong | None = None

"""The outcome of one verification. Apart from how it is done, so that reading it needs no NumPy."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """How it was done, whether it held, and the largest relative error (``None`` where that is not finite)."""

    method: str
    ok: bool
    error: float | None

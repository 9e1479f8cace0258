"""From what a guard reads to whether it denies: quick to deny, slow to let go, and never twice for one flicker.

A guard denies once the value has been beyond its limit for ``enter_s``, and lets go once it has been on the other side
of limit and margin for ``leave_s``. Times are of a clock that only goes on; none is asked for here.
"""

import math
from dataclasses import dataclass, replace
from decimal import Decimal

from netmind_tui.model.policy import Guard, GuardKind

FLOORS = frozenset({GuardKind.BATTERY, GuardKind.USER_ACTIVE, GuardKind.DISK, GuardKind.PROFIT})
"""The kinds that deny below their limit; the others deny above it."""

Value = float | Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardState:
    """A guard's memory, in seconds of a clock that only goes on.

    ``beyond_s`` and ``clear_s`` are since when the value has been beyond the limit, or clear of it; ``since_s`` is when
    it last began or ceased to deny. ``None``: not now, or never.
    """

    denies: bool = False
    beyond_s: float | None = None
    clear_s: float | None = None
    since_s: float | None = None


def settle(guard: Guard, was: GuardState, value: Value | None, at_s: float, limit: Value | None = None) -> GuardState:
    """The guard's state after one more value.

    ``None`` is a value that could not be read: the state stays, and what was being waited for begins anew. ``limit``
    takes the place of the guard's own. A guard with no limit at all denies above 0, as one that counts programs.
    """
    if value is None or math.isnan(value):
        return replace(was, beyond_s=None, clear_s=None)
    is_beyond, is_clear = _is_beyond(guard, value, limit), _is_clear(guard, value, limit)
    beyond_s = (at_s if was.beyond_s is None else was.beyond_s) if is_beyond else None
    clear_s = (at_s if was.clear_s is None else was.clear_s) if is_clear else None
    enters = not was.denies and beyond_s is not None and at_s - beyond_s >= guard.enter_s
    leaves = was.denies and clear_s is not None and at_s - clear_s >= guard.leave_s
    return GuardState(
        denies=enters or (was.denies and not leaves),
        beyond_s=beyond_s,
        clear_s=clear_s,
        since_s=at_s if enters or leaves else was.since_s,
    )


def lifts_in(guard: Guard, state: GuardState, value: Value | None, at_s: float) -> float | None:
    """How many seconds it denies for at the least, where that can be told.

    From when it is clear it is what is left of ``leave_s``. Before, only a user who stays away is sure: every second
    without input is one.
    """
    if not state.denies or value is None:
        return None
    if state.clear_s is not None:
        return max(0.0, state.clear_s + guard.leave_s - at_s)
    if guard.kind is GuardKind.USER_ACTIVE and guard.limit is not None:
        return max(0.0, guard.limit + guard.margin - float(value)) + guard.leave_s
    return None


def _limit(guard: Guard, limit: Value | None) -> Decimal:
    if limit is not None:
        return _exact(limit)
    if guard.amount is not None:
        return Decimal(guard.amount)
    return _exact(guard.limit or 0.0)


def _is_beyond(guard: Guard, value: Value, limit: Value | None) -> bool:
    bound = _limit(guard, limit)
    return _exact(value) < bound if guard.kind in FLOORS else _exact(value) > bound


def _is_clear(guard: Guard, value: Value, limit: Value | None) -> bool:
    bound, margin = _limit(guard, limit), _exact(guard.margin)
    return _exact(value) >= bound + margin if guard.kind in FLOORS else _exact(value) <= bound - margin


def _exact(value: Value) -> Decimal:
    # By its digits: 0.35 as a float is the 0.35 that was written.
    return value if isinstance(value, Decimal) else Decimal(repr(float(value)))

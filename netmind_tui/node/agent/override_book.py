"""The owner's words in force: how a new one changes those before it, and which have run out."""

from dataclasses import replace
from datetime import datetime, timedelta

from netmind_tui.model.agent import OverrideRequest
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.override import ENDLESS, Override, OverrideKind
from netmind_tui.model.problem import Problem
from netmind_tui.node.agent.clock import stamp

Overrides = tuple[Override, ...]
_MOST = 64


def with_new(before: Overrides, new: Override) -> Overrides:
    """The words in force once a new one was said, in the order of saying.

    ``resume`` takes back all that was said of its devices: what was said of everything holds for all but these. Any
    other comes before those that were said earlier; of these, the ones that it outlasts are forgotten. A stop stays
    until it is resumed.
    """
    if new.kind is OverrideKind.RESUME:
        left = (_without(each, new.devices) for each in before)
        return tuple(each for each in left if each is not None)
    kept = [each for each in before if not _outlasts(new, each)]
    return (*_shortened(kept), new)


def said(request: OverrideRequest, at: datetime, known: tuple[str, ...], *, by: str, via: str) -> Override:
    """What a request means at a moment, on a machine with these devices.

    Raises:
        Problem: it has two ends, one that has passed or one that its kind cannot have, or names a device that is not
            there.
    """
    if request.kind in ENDLESS and (request.until is not None or request.for_s is not None):
        raise Problem(ENDLESS[request.kind], ExitCode.USAGE)
    if request.until is not None and request.for_s is not None:
        raise Problem("either a length of time or an end is expected, not both", ExitCode.USAGE)
    until = request.until
    if request.for_s is not None:
        until = at + timedelta(seconds=request.for_s)
    if until is not None and until <= at:
        raise Problem(f"{stamp(until)} has passed: a moment to come is expected", ExitCode.USAGE)
    for name in request.devices:
        if name not in known:
            raise Problem(f"{name}: this machine has no such device", ExitCode.USAGE)
    return Override(
        kind=request.kind,
        devices=request.devices,
        at=at,
        until=until,
        for_s=request.for_s,
        by=by,
        via=request.via or via,
    )


def check_stop(overrides: Overrides, new: Override) -> None:
    """Refuse what a stop comes before, for all of its devices.

    Raises:
        Problem: with the command that ends the stop.
    """
    if new.kind in (OverrideKind.STOP, OverrideKind.RESUME):
        return
    for each in overrides:
        if each.kind is not OverrideKind.STOP:
            continue
        if new.is_within(each):
            which = " ".join(each.devices or (new.devices if each.excepted else ()))
            words = f"{which or 'everything'} is stopped until it is resumed"
            raise Problem(f"{words}: netmind resume {which}".rstrip(), ExitCode.UNMEASURED)


def split_at(overrides: Overrides, now: datetime) -> tuple[Overrides, Overrides]:
    """Those that hold at a moment, and those that have run out."""
    held = tuple(each for each in overrides if each.until is None or each.until > now)
    return held, tuple(each for each in overrides if each not in held)


def moved(overrides: Overrides, jump_s: float) -> Overrides:
    """The same after the wall clock was set: what was said for a length of time keeps that length."""
    by = timedelta(seconds=jump_s)
    return tuple(
        replace(each, until=each.until + by) if each.until is not None and each.for_s is not None else each
        for each in overrides
    )


def _outlasts(new: Override, old: Override) -> bool:
    """Whether an older word has nothing left to say: it is about no other device, and ends no later."""
    if old.kind is OverrideKind.STOP and new.kind is not OverrideKind.STOP:
        return False
    return old.is_within(new) and (new.until is None or (old.until is not None and old.until <= new.until))


def _shortened(kept: list[Override]) -> list[Override]:
    """At most so many: whoever floods an agent with words loses the oldest of them, but no stop."""
    while len(kept) >= _MOST:
        oldest = next((each for each in kept if each.kind is not OverrideKind.STOP), kept[0])
        kept.remove(oldest)
    return kept


def _without(each: Override, devices: tuple[str, ...]) -> Override | None:
    """What is left of a word when it is taken back for some of its devices."""
    if not devices:
        return None
    left = replace(each, devices=tuple(name for name in each.devices if name not in devices))
    if each.devices and not left.devices:
        return None
    return replace(left, excepted=(*left.excepted, *(name for name in devices if left.covers(name))))

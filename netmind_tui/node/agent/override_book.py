"""The owner's words in force: how a new one changes those before it, and which have run out."""

from dataclasses import replace
from datetime import datetime, timedelta

from netmind_tui.model.agent import OverrideRequest
from netmind_tui.model.decide_rule import in_force
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.override import ENDLESS, Override, OverrideKind
from netmind_tui.model.problem import Problem
from netmind_tui.node.agent.clock import stamp

Overrides = tuple[Override, ...]
_MOST = 64
_LONGEST = timedelta(days=400)


def with_new(before: Overrides, new: Override) -> Overrides:
    """The words in force once a new one was said, in the order of saying.

    ``resume`` takes back all that was said of its devices: what was said of everything holds for all but these. Any
    other comes before those that were said earlier; of these, the ones that it outlasts are forgotten. A stop stays
    until it is resumed.
    """
    if new.kind is OverrideKind.RESUME:
        left = (_without(each, new.devices) for each in before)
        return tuple(each for each in left if each is not None)
    if new.kind is OverrideKind.STOP and any(each.kind is OverrideKind.STOP and new.is_within(each) for each in before):
        return before
    return (*(each for each in before if not _outlasts(new, each)), new)


def check_room(before: Overrides, new: Override) -> None:
    """Refuse a word where too many hold already; whoever floods an agent must not take the owner's away.

    Raises:
        Problem: with the command that makes room.
    """
    # A stop is never refused: there are no more of them than devices.
    if new.kind in (OverrideKind.STOP, OverrideKind.RESUME) or len(with_new(before, new)) <= _MOST:
        return
    words = f"{_MOST} words of the owner hold already, and one more would be lost sight of"
    raise Problem(f"{words}: take some back with netmind resume DEVICE", ExitCode.UNMEASURED)


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
        until = at + timedelta(seconds=min(request.for_s, 2 * _LONGEST.total_seconds()))
    if until is not None and until > at + _LONGEST:
        raise Problem("an end within 400 days is expected; without one it holds until resumed", ExitCode.USAGE)
    if until is not None and until <= at:
        raise Problem(f"{stamp(until)} has passed: a moment to come is expected", ExitCode.USAGE)
    for name in request.devices:
        if name not in known:
            raise Problem(f"{name}: this machine has no such device", ExitCode.USAGE)
    # Who names every device means everything, those that come later too.
    names_all = len(known) > 1 and set(request.devices) >= set(known)
    return Override(
        kind=request.kind,
        devices=() if names_all else request.devices,
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
    stops = [each for each in overrides if each.kind is OverrideKind.STOP]
    for each in stops:
        if new.is_within(each):
            _refuse(each.devices or (new.devices if each.excepted else ()))
    if new.devices and all(any(each.covers(name) for each in stops) for name in new.devices):
        _refuse(new.devices)


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


def clamped(overrides: Overrides, now: datetime) -> Overrides:
    """The same, where nothing that was said for a length of time holds for longer than that from now on."""
    return tuple(
        replace(each, until=min(each.until, now + timedelta(seconds=each.for_s)))
        if each.until is not None and each.for_s is not None
        else each
        for each in overrides
    )


def follows(overrides: Overrides, new: Override, known: tuple[str, ...]) -> Override | None:
    """What of the same kind goes on to hold for some device of a word when that has run out."""
    if new.until is None:
        return None
    for name in new.devices or known:
        after = in_force(overrides, name, new.until)
        if after is not None and after.kind is new.kind:
            return after
    return None


def _outlasts(new: Override, old: Override) -> bool:
    """Whether an older word has nothing left to say: it is about no other device, and ends no later."""
    if old.kind is OverrideKind.STOP and new.kind is not OverrideKind.STOP:
        return False
    return old.is_within(new) and (new.until is None or (old.until is not None and old.until <= new.until))


def _refuse(devices: tuple[str, ...]) -> None:
    which = " ".join(devices)
    verb = "are" if len(devices) > 1 else "is"
    words = f"{which or 'everything'} {verb} stopped until {'they are' if verb == 'are' else 'it is'} resumed"
    raise Problem(f"{words}: netmind resume {which}".rstrip(), ExitCode.UNMEASURED)


def _without(each: Override, devices: tuple[str, ...]) -> Override | None:
    """What is left of a word when it is taken back for some of its devices."""
    if not devices:
        return None
    left = replace(each, devices=tuple(name for name in each.devices if name not in devices))
    if each.devices and not left.devices:
        return None
    return replace(left, excepted=(*left.excepted, *(name for name in devices if left.covers(name))))

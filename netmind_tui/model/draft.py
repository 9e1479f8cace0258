"""A policy that is being changed, beside the one that it began with: what is different, and the same changes anew."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from netmind_tui.model.paint import Minutes, devices_of, differing, sheets, with_sheets
from netmind_tui.model.policy import Exception_, Guard, GuardKind, Policy
from netmind_tui.model.weekplan import CELL_MINUTES, WEEK_MINUTES


@dataclass(frozen=True, slots=True)
class Difference:
    """How many cells, limits of guards, and dates are others."""

    cells: int = 0
    limits: int = 0
    dates: int = 0

    def __bool__(self) -> bool:
        """Whether anything is."""
        return bool(self.cells or self.limits or self.dates)

    @property
    def count(self) -> int:
        """All of them together."""
        return self.cells + self.limits + self.dates

    @property
    def words(self) -> str:
        """As it is said: ``4 cells, 1 limit``."""
        counted = ((self.cells, "cell"), (self.limits, "limit"), (self.dates, "date"))
        return ", ".join(f"{count} {name}{'s' * (count > 1)}" for count, name in counted if count)


def difference(before: Policy, after: Policy) -> Difference:
    """What another policy has different."""
    old, new = set(before.exceptions), set(after.exceptions)
    return Difference(
        cells=len(differing(before, after)) if before.windows != after.windows else 0,
        limits=len(changed_guards(before, after)),
        dates=len(old ^ new),
    )


def changed_guards(before: Policy, after: Policy) -> tuple[Guard, ...]:
    """The guards that have another limit."""
    old = {each.kind: each for each in before.guards}
    return tuple(each for each in after.guards if each.kind in old and old[each.kind] != each)


def redone(base: Policy, mine: Policy, theirs: Policy) -> Policy:
    """What I changed, on terms that somebody else changed meanwhile: my cells, limits and dates, and all else theirs.

    What is about a profile or a guard that is there no more is left out.
    """
    found = sheets(theirs)
    own = sheets(mine)
    blank: Minutes = [None] * WEEK_MINUTES
    known = {"", *(each.name for each in theirs.profiles)}
    cells = differing(base, mine)
    placed: dict[tuple[str, ...], Minutes] = {devices: list(minutes) for devices, minutes in found.items()}
    for minutes in placed.values():
        _put(minutes, blank, cells)
    for minutes in own.values():
        for name in dict.fromkeys(each for each in minutes if each is not None and each in known):
            target = placed.setdefault(devices_of(theirs, name), list(blank))
            for at in _minutes(cells):
                if minutes[at] == name:
                    target[at] = name
    limits = {each.kind: each for each in changed_guards(base, mine)}
    return replace(
        with_sheets(theirs, placed),
        guards=tuple(_limited(each, limits) for each in theirs.guards),
        exceptions=_dated(base.exceptions, mine.exceptions, theirs.exceptions),
    )


def _minutes(cells: Iterable[int]) -> Iterable[int]:
    return (at for cell in cells for at in range(cell * CELL_MINUTES, (cell + 1) * CELL_MINUTES))


def _put(minutes: Minutes, other: Minutes, cells: Iterable[int]) -> None:
    for at in _minutes(cells):
        minutes[at] = other[at]


def _limited(guard: Guard, limits: dict[GuardKind, Guard]) -> Guard:
    mine = limits.get(guard.kind)
    if mine is None:
        return guard
    return replace(
        guard,
        limit=mine.limit,
        amount=mine.amount,
        currency=mine.currency,
        util_pct=mine.util_pct,
        programs=mine.programs,
    )


def _dated(
    base: tuple[Exception_, ...], mine: tuple[Exception_, ...], theirs: tuple[Exception_, ...]
) -> tuple[Exception_, ...]:
    gone = set(base) - set(mine)
    new = [each for each in mine if each not in base and each not in theirs]
    return (*(each for each in theirs if each not in gone), *new)

"""What entries come to, in whole minor units, milliseconds and millijoules: no order of adding changes it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from netmind_tui.model.ledger import Account, EntryKind
from netmind_tui.model.metering import CERTAINTY, RUNS, Activity, EnergyMethod
from netmind_tui.model.money import AmountText, Asset, decimal_text

COUNTED = "entries", "duration_ms", "energy_ms", "energy_mj", "idle_mj", "host_mj", "uncertain_mj"
"""The fields of ``Used`` that are added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What the entries of a sum have in common; ``None`` is what they were not told apart by, an empty text a lack.

    A device is told apart by its ``uuid``, where it has one; ``device`` is then the last name that it went by.
    """

    node: str | None = None
    device: str | None = None
    uuid: str | None = None
    workload: str | None = None
    payer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What entries of one kind, one activity and one method used; the fields are those of ``Usage``, added."""

    kind: EntryKind
    activity: Activity | None = None
    method: EnergyMethod | None = None
    entries: int = 0
    duration_ms: int = 0
    energy_ms: int = 0
    energy_mj: int = 0
    idle_mj: int = 0
    host_mj: int = 0
    uncertain_mj: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What the entries of a group come to.

    ``balances`` is what their postings come to by account and asset, in minor units (debits are positive); ``used`` is
    told apart by kind, activity and method. ``unrated`` and ``unpriced`` are the milliseconds of work (that ran) which
    have no rate, or no price of power, by the reason why.
    """

    group: Group = field(default_factory=Group)
    balances: Mapping[tuple[Account, Asset], int] = field(default_factory=dict)
    used: tuple[Used, ...] = ()
    unrated: Mapping[str, int] = field(default_factory=dict)
    unpriced: Mapping[str, int] = field(default_factory=dict)

    def minor(self, account: Account, asset: Asset) -> int:
        """An account's sum in one asset, in its minor units."""
        return self.balances.get((account, asset), 0)

    def assets(self, *accounts: Account) -> tuple[Asset, ...]:
        """The assets that any of some accounts (all, unless given) has postings in, by their codes."""
        found = {asset for account, asset in self.balances if not accounts or account in accounts}
        return tuple(sorted(found, key=lambda asset: asset.code))

    def told(self, *accounts: Account, credit: bool = False) -> tuple[AmountText, ...]:
        """What accounts come to together, an amount an asset; ``credit`` where what was credited is to be positive."""
        sign = -1 if credit else 1
        return tuple(
            AmountText(
                asset=asset.code,
                amount=decimal_text(sign * sum(self.minor(account, asset) for account in accounts), asset.exponent),
            )
            for asset in self.assets(*accounts)
        )

    @property
    def entries(self) -> int:
        """How many entries there are, of all kinds."""
        return sum(each.entries for each in self.used)

    def metered(self, activities: Iterable[Activity] = RUNS) -> tuple[Used, ...]:
        """What was used by metered work (that ran, unless other activities are asked for), with its corrections."""
        chosen = frozenset(activities)
        return tuple(each for each in self.used if each.activity in chosen)

    def duration_ms(self, activities: Iterable[Activity] = RUNS) -> int:
        """How long devices worked, or were ready, together."""
        return sum(each.duration_ms for each in self.metered(activities))

    def method(self, activities: Iterable[Activity] = RUNS) -> EnergyMethod | None:
        """The least sure one that any part of their energy was got at by."""
        known = [each.method for each in self.metered(activities) if each.method is not None and each.energy_ms]
        return max(known, key=CERTAINTY.index, default=None)


def together(parts: Iterable[Figures]) -> Figures:
    """What groups that have no entry in common come to, as one."""
    balances: dict[tuple[Account, Asset], int] = defaultdict(int)
    unrated: dict[str, int] = defaultdict(int)
    unpriced: dict[str, int] = defaultdict(int)
    used: list[Used] = []
    for part in parts:
        used += part.used
        for key, minor in part.balances.items():
            balances[key] += minor
        for sums, found in ((unrated, part.unrated), (unpriced, part.unpriced)):
            for reason, duration_ms in found.items():
                sums[reason] += duration_ms
    return Figures(balances=dict(balances), used=_used(used), unrated=dict(unrated), unpriced=dict(unpriced))


def _used(some: Iterable[Used]) -> tuple[Used, ...]:
    """The same, added where kind, activity and method are equal."""
    found: dict[tuple[str, str, str], Used] = {}
    for each in some:
        key = each.kind, each.activity or "", each.method or ""
        before = found.get(key)
        found[key] = each if before is None else _sum_of(before, each)
    return tuple(found[key] for key in sorted(found))


def _sum_of(one: Used, other: Used) -> Used:
    return replace(one, **{name: getattr(one, name) + getattr(other, name) for name in COUNTED})

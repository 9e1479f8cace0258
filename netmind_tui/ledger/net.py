"""What is left of what was accepted, in one currency: each day's sums at the prices of that day, rounded once."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, tzinfo
from fractions import Fraction

from netmind_tui.ledger.booked_day import booked_days
from netmind_tui.ledger.currency import Exchange
from netmind_tui.ledger.reader import Reader
from netmind_tui.ledger.sum import By
from netmind_tui.ledger.total import Figures, Group
from netmind_tui.model.ledger import Account
from netmind_tui.model.money import AmountText, Asset, decimal_text
from netmind_tui.model.period import Period

ENERGY = (Account.ENERGY_MARGINAL, Account.ENERGY_HOST)
"""What the energy costs that work added."""
PARTS = (Account.INCOME, Account.FEES, Account.BURNT, *ENERGY)
"""What is left is what these come to together, credited: income is, and all others are debited."""
_ALL = Group()


@dataclass(frozen=True, slots=True, kw_only=True)
class Net:
    """What is left, or why that cannot be told."""

    amount: AmountText | None = None
    absent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """The currency that is reckoned in, and what assets cost in it."""

    currency: Asset | None = None
    exchange: Exchange = field(default_factory=Exchange)

    def at_least(self, figures: Figures) -> "Money":
        """The same, with the currency of figures that need no other, where the owner names none."""
        found = assets_in(figures)
        return Money(currency=found[0], exchange=self.exchange) if self.currency is None and len(found) == 1 else self


def assets_in(figures: Figures) -> tuple[Asset, ...]:
    """The assets that what is left is made of."""
    return tuple(asset for asset in figures.assets(*PARTS) if any(figures.minor(each, asset) for each in PARTS))


def nets(
    figures: Sequence[Figures], money: Money, reader: Reader | None, period: Period, zone: tzinfo, by: Sequence[By]
) -> tuple[Net, ...]:
    """What is left of each of some figures of a period, those of all together among them or not.

    Args:
        figures: of the whole period, told apart ``by`` what is said, and together.
        money: what is reckoned in.
        reader: of the ledger that they are from; for their days, where something is to be converted.
        period: which one.
        zone: of the owner's calendar.
        by: see ``figures``.
    """
    currency = money.currency
    needed = sorted({asset.code for each in figures for asset in assets_in(each)})
    if currency is None:
        words = f"it is of {' and '.join(needed)}" if needed else "no currency is chosen"
        return tuple(Net(absent=f"{words}: netmind config set earnings.currency EUR") for _ in figures)
    if reader is None or needed in ([], [currency.code]):
        return tuple(_told(_exact(each, currency.code), currency) for each in figures)
    exact: dict[tuple[str | None, ...], Fraction] = defaultdict(Fraction)
    absent: dict[tuple[str | None, ...], str] = {}
    for day, start, end in booked_days(reader, period, zone):
        for each in reader.figures(start, end, by, accounts=PARTS):
            worth, why = _converted(each, money, currency, day)
            for key in {_key(each.group), _key(_ALL)}:
                exact[key] += worth
                if why is not None:
                    absent.setdefault(key, why)
    keys = [_key(each.group) for each in figures]
    return tuple(Net(absent=absent[key]) if key in absent else _told(exact[key], currency) for key in keys)


def _converted(figures: Figures, money: Money, currency: Asset, day: date) -> tuple[Fraction, str | None]:
    """The worth of a day's figures, and why a part of it is not known."""
    worth = Fraction(0)
    for asset in assets_in(figures):
        found = money.exchange.find(asset.code, currency.code, day)
        if found.price is None:
            return worth, found.absent
        worth += found.price * _exact(figures, asset.code)
    return worth, None


def _exact(figures: Figures, code: str) -> Fraction:
    """In whole units of an asset, by the decimals that it is booked with: an owner may name others by now."""
    booked = (asset for asset in figures.assets(*PARTS) if asset.code == code)
    return sum(
        (Fraction(-sum(figures.minor(each, asset) for each in PARTS), 10**asset.exponent) for asset in booked),
        Fraction(0),
    )


def _told(exact: Fraction, currency: Asset) -> Net:
    """Rounded half away from zero; what is whole minor units already stays."""
    minor = abs(exact) * 10**currency.exponent
    rounded = (2 * minor.numerator + minor.denominator) // (2 * minor.denominator)
    minor_text = decimal_text(-rounded if exact < 0 else rounded, currency.exponent)
    return Net(amount=AmountText(asset=currency.code, amount=minor_text))


def _key(group: Group) -> tuple[str | None, ...]:
    """What a group is by, whatever name its device went by on a day."""
    return group.uuid or group.device, group.workload, group.payer

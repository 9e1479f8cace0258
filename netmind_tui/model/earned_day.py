"""A period day by day, and what lately came into the books: what the Earnings screen draws besides its totals."""

from dataclasses import dataclass
from datetime import date, datetime

from netmind_tui.model.money import AmountText


@dataclass(frozen=True, slots=True, kw_only=True)
class EarnedDay:
    """A day of the owner's calendar, amounts in one currency where they can be told in it.

    ``expected`` is what the rate card makes of the day's work (the same as metered, converted), ``accepted`` what
    payers accepted of that day's work.
    """

    day: date
    metered: AmountText | None = None
    expected: AmountText | None = None
    accepted: AmountText | None = None
    settled: AmountText | None = None
    energy_cost: AmountText | None = None
    net: AmountText | None = None
    energy_kwh: float | None = None
    worked_hours: float = 0.0
    open_entries: int = 0
    rejected_entries: int = 0
    absent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EarnedDays:
    """``netmind earnings days``: oldest first, days without anything too."""

    schema: str = "netmind.earned-days/1"
    period: str
    start: datetime
    end: datetime
    zone: str
    currency: str | None = None
    days: tuple[EarnedDay, ...] = ()
    warnings: tuple[str, ...] = ()

"""Money as metrics: what an hour is worth and costs now, and whether the books are kept. They are no balances."""

from netmind_tui.model.exposition import Families, Family
from netmind_tui.model.worth import BooksStanding, DeviceWorth, Worth


def money_families(told: Worth | None) -> tuple[Family, ...]:
    """All of it; nothing where the agent does not tell."""
    if told is None:
        return ()
    families = Families("netmind_money")
    power = told.power
    if power is not None:
        families.gauge("power_price_per_kwh", "What a kilowatt-hour costs now.").add(
            float(power.price_per_kwh), currency=power.currency, basis=power.basis
        )
    for each in told.devices:
        _add_device(families, each)
    if told.online is not None:
        families.gauge("online_hours", "Hours online in the last day, as the rate card counts them.").add(
            told.online.hours, card=told.online.card
        )
        families.gauge("online_hours_needed", "Hours online in a day that the rate card asks for.").add(
            told.online.needed_hours, card=told.online.card
        )
    families.gauge("warnings", "Files about money that are not in force, or prices that are only held.").add(
        len(told.warnings)
    )
    ledger = Families("netmind_ledger")
    if told.books is not None:
        _add_books(ledger, told.books)
    return (*families, *ledger)


def _add_device(families: Families, worth: DeviceWorth) -> None:
    # A gauge of a monitor is a float: these are to be looked at, and nothing is reckoned from them.
    amounts = {
        "cost_per_hour": (worth.cost, "What the power of an hour of work costs now."),
        "floor_per_hour": (worth.floor, "What an hour must bring now, before fees, not to lose."),
        "gross_per_hour": (worth.gross, "What the rate card makes of an hour of work now, before fees."),
        "net_per_hour": (worth.net, "What is left of that after fees and power."),
    }
    for name, (amount, meaning) in amounts.items():
        families.gauge(name, meaning).add(
            None if amount is None else float(amount), device=worth.device, currency=worth.currency
        )


def _add_books(families: Families, books: BooksStanding) -> None:
    families.gauge("entries", "Entries of the ledger.").add(books.entries)
    families.gauge("stopped", "1 if what is metered cannot be booked.").add(books.problem is not None)
    families.gauge("booked_timestamp_seconds", "When all that was metered before was booked.").add(
        None if books.booked_at is None else books.booked_at.timestamp()
    )
    families.gauge("backup_timestamp_seconds", "Of when the newest daily copy of the ledger is.").add(
        None if books.backup_at is None else books.backup_at.timestamp()
    )

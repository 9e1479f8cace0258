"""What is kept and burnt of what an hour earns, by the card: the same share that the work itself is booked with."""

from datetime import datetime, timedelta
from decimal import Decimal

from netmind_tui.ledger.rate.book import RateBook
from netmind_tui.ledger.reader import Chosen, Reader
from netmind_tui.model.ledger import EntryKind
from netmind_tui.model.rate import Work

_HOUR = timedelta(hours=1)
_HOUR_MS = 3_600_000
_S = 3600
_LOOKED_AT = 100


def hour_on(device: str, uuid: str | None, at: datetime, power_mw: int | None, payer: str | None) -> Work:
    """An hour of work on a device under that power, of which no more is known."""
    energy_mj = None if power_mw is None else power_mw * _S
    return Work(
        device=device,
        uuid=uuid,
        at=at,
        until=at + _HOUR,
        duration_ms=_HOUR_MS,
        energy_mj=energy_mj,
        payer=payer,
        # What is kept of work that is paid by the job is known, whatever nobody counts.
        jobs=0,
    )


def kept_pct(rates: RateBook, work: Work) -> Decimal | None:
    """The per cent of it that its worker never sees; ``None`` where the card has no rate for such work.

    Args:
        rates: the card that is chosen, with the owner's rates.
        work: an hour of it.
    """
    rated = rates.rated(work)
    if rated.unrated is not None or rated.asset is None:
        return None
    return rated.fee_pct + rated.burnt_pct


def booked_pct(reader: Reader | None, device: str, uuid: str | None) -> Decimal | None:
    """The same as the newest work of a device that had a rate was booked; ``None`` where none was of late.

    For those who do not know what is in the machine: a card may ask for more than a device's name.

    Raises:
        Problem: the ledger cannot be read.
    """
    if reader is None:
        return None
    wanted = Chosen(kind=EntryKind.METERED, device=uuid or device)
    for each in reader.entries(wanted, newest_first=True, limit=_LOOKED_AT):
        note = each.entry.note
        if "rate" in note:
            return Decimal(note.get("fee_pct", "0")) + Decimal(note.get("burnt_pct", "0"))
    return None

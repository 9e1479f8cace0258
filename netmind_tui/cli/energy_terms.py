"""What energy is told by, besides the books: known power, the tariff as it was read last, and the fee."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from netmind_tui.model.problem import Problem

if TYPE_CHECKING:
    from netmind_tui.ledger.energy.report import Terms
    from netmind_tui.ledger.reader import Reader


def terms_of(now: datetime, reader: "Reader | None") -> "Terms":
    """Those of this user's files. No server is asked: the agent does that, and what it read lies on the disk.

    Args:
        now: when that is.
        reader: of the books, which tell what the card kept of work; ``None`` where there are none.
    """
    from netmind_tui.cli.own_tariff import own_tariff  # noqa: PLC0415 - see cli/node_line.py
    from netmind_tui.config import read_config  # noqa: PLC0415 - see above
    from netmind_tui.ledger.energy.known import known_power  # noqa: PLC0415 - see above
    from netmind_tui.ledger.energy.report import Terms  # noqa: PLC0415 - see above
    from netmind_tui.ledger.rate.book import read_book  # noqa: PLC0415 - see above
    from netmind_tui.ledger.rate.kept import booked_pct, hour_on, kept_pct  # noqa: PLC0415 - see above
    from netmind_tui.paths import baseline_path  # noqa: PLC0415 - see above

    config = read_config()
    power, trouble = known_power(config, baseline_path())
    keeper = own_tariff(config, now)
    fee_pct, warnings = Decimal(str(config.fee_pct)), ([trouble] if trouble is not None else [])
    warnings += keeper.warnings
    try:
        book = read_book(config)
    except Problem as problem:
        warnings.append(problem.sentence)
        return Terms(power=power, tariff=keeper, fee_pct=fee_pct, warnings=tuple(warnings))

    def kept(device: str, uuid: str | None, power_mw: int) -> Decimal:
        found = kept_pct(book, hour_on(device, uuid, now, power_mw, config.payer))
        found = booked_pct(reader, device, uuid) if found is None else found
        return fee_pct if found is None else found

    return Terms(power=power, tariff=keeper, fee_pct=fee_pct, kept_pct=kept, warnings=tuple(warnings))

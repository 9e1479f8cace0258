"""What power costs by this user's files: a file of prices as it is now, a server's as it was read last."""

from datetime import datetime

from netmind_tui.config import Config
from netmind_tui.ledger.tariff.keeper import TariffKeeper, terms_of
from netmind_tui.paths import cache_dir


def own_tariff(config: Config, now: datetime) -> TariffKeeper:
    """The tariff. No server is asked: the agent does that, and what it read lies on the disk."""
    keeper = TariffKeeper(terms_of(config), folder=cache_dir() / "tariff")
    if config.tariff is not None and "://" not in config.tariff:
        keeper.refresh(now)
    return keeper

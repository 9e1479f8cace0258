"""By what money is reckoned: the owner's settings, rate card, tariff, prices of currencies, and idle power.

All of it is one value, replaced as a whole where a file of it changed: whoever has one keeps it to the end of what they
do, and waits for nobody. A file with a fault in it changes nothing, and is told.
"""

import logging
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from netmind_tui.config import Config, config_path, read_config
from netmind_tui.ledger.asset import AssetBook
from netmind_tui.ledger.currency import Exchange
from netmind_tui.ledger.energy import PowerBook
from netmind_tui.ledger.energy.baseline import read_baselines
from netmind_tui.ledger.prices import read_prices
from netmind_tui.ledger.rate.book import RateBook, read_book
from netmind_tui.ledger.tariff.keeper import TariffKeeper, TariffTerms, terms_of
from netmind_tui.model.device import Device
from netmind_tui.model.energy import Baseline
from netmind_tui.model.event import EventKind
from netmind_tui.model.problem import Problem
from netmind_tui.node.agent.looked import Told
from netmind_tui.paths import baseline_path, cache_dir, prices_path, rates_path

_log = logging.getLogger(__name__)
_PLANS = "tariff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """All of it as it stood in the files at one moment; ``files`` are these, also those that are not there.

    ``trouble`` says why what was calibrated last does not count, where its file cannot be read.
    """

    config: Config
    rates: RateBook
    tariff: TariffKeeper
    terms: TariffTerms
    exchange: Exchange
    assets: AssetBook
    baselines: tuple[Baseline, ...] = ()
    files: tuple[Path, ...] = ()
    trouble: str | None = None

    @property
    def currency(self) -> str | None:
        """What the owner reckons in: the currency that they chose, else that of the price of power."""
        return self.config.currency or self.tariff.currency or None

    @property
    def words(self) -> tuple[object, ...]:
        """What it says of money; another configuration of anything else is no other rulebook."""
        config = self.config
        own = (config.fee_pct, config.currency, config.decimals, config.watts, config.idle_watts, config.payer)
        return (*own, self.rates.cards, self.rates.own, self.rates.facts, self.terms, *self.exchange, *self.baselines)

    @property
    def fee_pct(self) -> Decimal:
        """What is kept of earnings where no card says it."""
        return Decimal(str(self.config.fee_pct))

    def power(self, devices: Sequence[Device]) -> PowerBook:
        """What is known of the power of this machine's devices."""
        return PowerBook(
            self.config.watts,
            self.config.idle_watts,
            self.baselines,
            devices=devices,
            aliases=self.config.alias,
            logical_cpus=os.cpu_count() or 0,
        )


def read_rulebook(before: Rulebook | None = None) -> Rulebook:
    """That of this user's files.

    Args:
        before: the one before: its tariff goes on, with what it knows, where its terms are the same.

    Raises:
        Problem: one of the files has a fault; the sentence names it and the place.
    """
    config = read_config()
    assets = AssetBook(config.decimals)
    exchange = read_prices(prices_path(), assets.codes())
    rates = read_book(config)
    terms = terms_of(config)
    if before is not None and before.terms == terms:
        tariff = before.tariff
        tariff.exchange = exchange
    else:
        tariff = TariffKeeper(terms, folder=cache_dir() / _PLANS, exchange=exchange)
    try:
        baselines, trouble = read_baselines(baseline_path()), None
    except Problem as problem:  # it is the program's own file: work is worth and costs the same without it
        baselines, trouble = () if before is None else before.baselines, problem.sentence
    return Rulebook(
        config=config,
        rates=rates,
        tariff=tariff,
        terms=terms,
        exchange=exchange,
        assets=assets,
        baselines=baselines,
        files=tuple(dict.fromkeys((config_path(), prices_path(), rates_path(), baseline_path(), *rates.files))),
        trouble=trouble,
    )


class Rulebooks:
    """Keeps the rulebook in force. ``look`` blocks, and belongs to one thread; the rest is for anybody.

    Args:
        read: reads it anew, given the one before.
        tell: takes what the journal is to know.
    """

    def __init__(
        self, read: Callable[[Rulebook | None], Rulebook] = read_rulebook, tell: Callable[[Told], None] = lambda _: None
    ) -> None:
        self._read = read
        self._tell = tell
        self._shape: object = None
        self.current: Rulebook | None = None
        self.refused: str | None = None

    def look(self) -> Rulebook | None:
        """Read it anew where a file changed, or had a fault; the one in force, ``None`` where there never was one."""
        shape = None if self.current is None else _shape(self.current.files)
        if shape is not None and shape == self._shape and self.refused is None:
            return self.current
        had, was_refused = self.current, self.refused
        try:
            found = self._read(had)
        except Problem as problem:
            self._refuse(problem.sentence)
            return had
        except Exception as error:  # noqa: BLE001 - what was in force still is, whatever is wrong here
            _log.exception("the files about money could not be read")
            self._refuse(f"a fault of this program: {type(error).__name__}: {error}")
            return had
        # As they were before: one that changed while it was read is read again.
        self._shape = shape if had is not None and had.files == found.files else _shape(found.files)
        self.current, self.refused = found, None
        if was_refused is not None or (had is not None and had.words != found.words):
            words = "the files about money changed, and what they say is in force"
            self._tell(Told(kind=EventKind.RATES_CHANGED, sentence=words, data={"card": found.rates.name}))
        return found

    def anew(self) -> None:
        """Have everything read again at the next look, changed or not."""
        self._shape = None

    def _refuse(self, sentence: str) -> None:
        if sentence == self.refused:
            return
        self.refused = sentence
        kept = "; what was in force before still is" if self.current is not None else ""
        words = f"a file about money is not in force: {sentence}{kept}"
        _log.warning("%s", words)
        self._tell(Told(kind=EventKind.RATES_REFUSED, sentence=words, data={"why": sentence}))


def _shape(files: Iterable[Path]) -> tuple[tuple[int, int, int] | None, ...]:
    """What changes when one of some files does."""
    return tuple(_signature(path) for path in files)


def _signature(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino

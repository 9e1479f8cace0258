"""A ledger made by hand: the real store, with work, answers and payments of the test's own."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import count
from pathlib import Path
from typing import Any

from netmind_tui.ledger import life
from netmind_tui.ledger.life import Story
from netmind_tui.ledger.reader import Chosen, Reader
from netmind_tui.ledger.store import Ledger, open_ledger
from netmind_tui.model.ledger import Account, Draft, Entry, EntryKind, Move, Subject, Usage
from netmind_tui.model.metering import Activity, EnergyMethod
from netmind_tui.model.money import Amount, Asset, AssetKind

EUR = Asset(code="EUR", exponent=2)
NMT = Asset(code="NMT", exponent=18, kind=AssetKind.TOKEN)
START = datetime(2026, 3, 1, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
NODE = "sha256:5eed"


def subject(device: str = "gpu:0", **parts: str) -> Subject:
    """Whom work is of; each device has a UUID of its own."""
    known = {"node": NODE, "uuid": f"GPU-{device[-1]}" if device.startswith("gpu") else "", "workload": "llm"}
    return Subject(device=device, **{**known, **parts})


def claim(exact: Fraction | str, asset: Asset = EUR) -> Move:
    """What the card makes of work."""
    return Move(debit=Account.CLAIM_OPEN, credit=Account.CLAIM_METERED, asset=asset, exact=Fraction(exact))


def energy(exact: Fraction | str, account: Account = Account.ENERGY_MARGINAL, asset: Asset = EUR) -> Move:
    """What its energy costs."""
    return Move(debit=account, credit=Account.ENERGY_OWED, asset=asset, exact=Fraction(exact))


def usage(activity: Activity = Activity.WORK, duration: timedelta = QUARTER, **parts: int) -> Usage:
    """A card that draws 300 W, of which 50 W idle."""
    ms = duration // timedelta(milliseconds=1)
    known = {"duration_ms": ms, "energy_ms": ms, "energy_mj": 300 * ms, "idle_mj": 50 * ms, "uncertain_mj": 15 * ms}
    return Usage(activity=activity, method=EnergyMethod.NVML_ENERGY, **{**known, **parts})


@dataclass
class Books:
    """A ledger that is open for writing, and what is booked there."""

    path: Path
    ledger: Ledger
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def put(self, *drafts: Draft, now: datetime = START) -> tuple[Entry, ...]:
        """Book them."""
        return self.ledger.append(drafts, now)

    def draft(
        self,
        at: datetime = START,
        whom: Subject | None = None,
        moves: Sequence[Move] = (claim("0.05"), energy("0.02")),
        *,
        used: Usage | None = None,
        **note: str,
    ) -> Draft:
        """A quarter of an hour of work, to be booked."""
        return Draft(
            id=f"w-{next(self.numbers)}",
            kind=EntryKind.METERED,
            at=at,
            until=at + QUARTER,
            subject=whom or subject(),
            moves=tuple(moves),
            usage=used or usage(),
            note=note,
        )

    def work(self, *parts: Any, **options: Any) -> Entry:
        """Book a quarter of an hour of work; see ``draft``."""
        (entry,) = self.put(self.draft(*parts, **options))
        return entry

    def story(self, entry: Entry) -> Story:
        """All about a piece of work."""
        with closing(Reader(self.path)) as reader:
            return Story(tuple(each.entry for each in reader.entries(Chosen(about=entry.id))))

    def accept(self, entry: Entry, minor: int, asset: Asset = EUR, *, payer: str = "p", fee: int = 0) -> Entry:
        """A payer accepts it."""
        amount = Amount(minor=minor, asset=asset)
        (made,) = self.put(life.accepted(self.story(entry), f"{entry.id}-a", amount, fee=fee, payer=payer))
        return made

    def reject(self, entry: Entry) -> Entry:
        """A payer rejects it."""
        (made,) = self.put(life.rejected(self.story(entry), f"{entry.id}-r", reason="wrong result"))
        return made

    def expire(self, entry: Entry) -> Entry:
        """Nobody answers."""
        (made,) = self.put(life.expired(self.story(entry), f"{entry.id}-e"))
        return made

    def settle(self, entry: Entry) -> Entry:
        """What was accepted is paid."""
        (made,) = self.put(life.settled(self.story(entry), f"{entry.id}-s"))
        return made


def opened(path: Path) -> Books:
    """A new ledger; ``books.ledger`` is to be closed."""
    return Books(path, open_ledger(path))

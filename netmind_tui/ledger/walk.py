"""Goes along the entries of a ledger and sees that each follows from those before it."""

from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction

from netmind_tui.ledger.admission import MOVES
from netmind_tui.ledger.chain import hash_of
from netmind_tui.ledger.reader import Head
from netmind_tui.ledger.rest import booked
from netmind_tui.model.ledger import Entry, EntryKind, Posting
from netmind_tui.model.money import Asset, decimal_text

Carrier = tuple[str, str, str, str]
"""Whose rest it is, between which accounts (debit, credit), and of which asset."""
_NOTHING = Fraction(0)


class Walk:
    """From one entry to the next; ``head`` is the last that was sound, ``rests`` what it left to be carried.

    Args:
        head: where to begin. Beyond the first entry nothing is known of what is carried, and it is not looked at.
    """

    def __init__(self, head: Head = Head()) -> None:  # noqa: B008 - a frozen value
        self.head = head
        self.rests: dict[Carrier, Fraction] = {}
        self._knows_rests = head.number == 0
        self._left: dict[Carrier, Fraction] = {}

    def flaw_of(self, entry: Entry) -> str | None:
        """What is wrong with the next entry, as a clause."""
        return self._break(entry) or _imbalance(entry) or _wrong_move(entry) or self._wrong_amount(entry)

    def take(self, entry: Entry) -> None:
        """Go on to the entry that was looked at last: nothing is wrong with it."""
        self.head = Head(number=entry.number, hash=entry.hash)
        self.rests |= self._left

    def _break(self, entry: Entry) -> str | None:
        if entry.number != self.head.number + 1:
            return f"entry {self.head.number + 1} is missing before it"
        if entry.previous != self.head.hash:
            return "it does not follow on the entry before it: the chain is broken"
        if entry.hash != hash_of(entry):
            return "it is not what was booked: its hash is another one"
        return None

    def _wrong_amount(self, entry: Entry) -> str | None:
        """What was booked must be what its exact amount and what was carried come to."""
        self._left = {}
        if not self._knows_rests:
            return None
        owner = entry.subject.uuid or entry.subject.device
        for debit, credit in _pairs(entry):
            carrier, asset = (owner, debit.account, credit.account, debit.asset.code), debit.asset
            carried = self._left[carrier] if carrier in self._left else self.rests.get(carrier, _NOTHING)
            minor, self._left[carrier] = booked(carried, debit.exact or _NOTHING, asset.exponent)
            if minor != debit.minor:
                stands, comes_to = _words(debit.minor, asset), _words(minor, asset)
                return f"{stands} stands in {debit.account}; its exact amount and what was carried come to {comes_to}"
        return None


def _imbalance(entry: Entry) -> str | None:
    sums: dict[Asset, int] = defaultdict(int)
    for each in entry.postings:
        sums[each.asset] += each.minor
    for asset, minor in sums.items():
        if minor:
            return f"its lines do not come to nothing: {_words(minor, asset)} is left"
    return None


def _wrong_move(entry: Entry) -> str | None:
    if len(entry.postings) % 2:
        return "a line of it has no counterpart"
    for debit, credit in _pairs(entry):
        are_counterparts = debit.asset == credit.asset and debit.minor == -credit.minor
        if not are_counterparts or debit.exact is None or credit.exact is not None:
            return f"its lines for {debit.account} and {credit.account} are no counterparts"
        if entry.kind is not EntryKind.CORRECTION and (debit.account, credit.account) not in MOVES[entry.kind]:
            return f"what is {entry.kind} does not move from {credit.account} to {debit.account}"
    return None


def _pairs(entry: Entry) -> Iterator[tuple[Posting, Posting]]:
    return zip(entry.postings[::2], entry.postings[1::2], strict=True)


def _words(minor: int, asset: Asset) -> str:
    return f"{decimal_text(minor, asset.exponent)} {asset.code}"

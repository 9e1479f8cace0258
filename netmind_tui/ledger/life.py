"""What becomes of a piece of work: metered, then accepted, rejected or expired, and what was accepted is settled.

Each step is an entry about the metered one. Only what a payer says moves work beyond metered: nothing here decides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from netmind_tui.model.ledger import ANSWERS, Account, Draft, Entry, EntryKind, Move, State
from netmind_tui.model.money import Amount, Asset

_CLOSED_INTO = {
    EntryKind.ACCEPTED: Account.CLAIM_ACCEPTED,
    EntryKind.REJECTED: Account.CLAIM_REJECTED,
    EntryKind.EXPIRED: Account.CLAIM_EXPIRED,
}


@dataclass(frozen=True, slots=True)
class Story:
    """All entries about one piece of work so far, its metered one first."""

    entries: tuple[Entry, ...]

    @property
    def metered(self) -> Entry:
        """The entry that all others are about."""
        return self.entries[0]

    @property
    def state(self) -> State:
        """What became of it; corrections change nothing about that."""
        return State([each.kind for each in self.entries if each.kind is not EntryKind.CORRECTION][-1])

    def standing(self, account: Account) -> tuple[Amount, ...]:
        """What stands in an account because of it, an amount an asset; an asset of which nothing is left has none."""
        sums: dict[Asset, int] = {}
        for entry in self.entries:
            for line in entry.postings:
                if line.account is account:
                    sums[line.asset] = sums.get(line.asset, 0) + line.minor
        return tuple(Amount(minor=minor, asset=asset) for asset, minor in sums.items() if minor)


def accepted(
    story: Story,
    name: str,
    amount: Amount,
    *,
    fee: int = 0,
    burnt: int = 0,
    payer: str | None = None,
    job: str | None = None,
    note: Mapping[str, str] | None = None,
) -> Draft:
    """A payer accepted the work for so much, of which so many minor units are kept as a fee, and burnt.

    The claim is closed whole, however much of it was accepted.

    Raises:
        ValueError: the parts are negative, or more than the amount.
    """
    earned = amount.minor - fee - burnt
    if min(earned, fee, burnt) < 0:
        raise ValueError(f"a fee of {fee} and {burnt} burnt do not fit into {amount.minor} minor units")
    parts = ((Account.RECEIVABLE, earned), (Account.FEES, fee), (Account.BURNT, burnt))
    moves = [_move(account, Account.INCOME, minor, amount.asset) for account, minor in parts if minor]
    subject = story.metered.subject
    draft = _about(story, EntryKind.ACCEPTED, name, (*_closing(story, EntryKind.ACCEPTED), *moves), note)
    return replace(
        draft,
        subject=replace(
            subject,
            payer=subject.payer if payer is None else payer,
            job=subject.job if job is None else job,
        ),
    )


def rejected(story: Story, name: str, *, reason: str, note: Mapping[str, str] | None = None) -> Draft:
    """A payer refused the work, and why."""
    moves = _closing(story, EntryKind.REJECTED)
    return _about(story, EntryKind.REJECTED, name, moves, {**(note or {}), "reason": reason})


def expired(story: Story, name: str, *, note: Mapping[str, str] | None = None) -> Draft:
    """Nobody answered in time."""
    return _about(story, EntryKind.EXPIRED, name, _closing(story, EntryKind.EXPIRED), note)


def settled(story: Story, name: str, *, note: Mapping[str, str] | None = None) -> Draft:
    """What was accepted was paid, whole; a payment of another amount takes a correction besides."""
    due = story.standing(Account.RECEIVABLE)
    moves = tuple(_move(Account.SETTLED, Account.RECEIVABLE, each.minor, each.asset) for each in due)
    answer = next((each for each in story.entries if each.kind is EntryKind.ACCEPTED), story.metered)
    return replace(_about(story, EntryKind.SETTLED, name, moves, note), subject=answer.subject)


def corrected(
    story: Story, name: str, moves: Sequence[Move], *, reason: str, note: Mapping[str, str] | None = None
) -> Draft:
    """What was booked was wrong by so much, and why; what stands is never changed."""
    return _about(story, EntryKind.CORRECTION, name, tuple(moves), {**(note or {}), "reason": reason})


def flaw(entry: Entry, story: Story | None) -> str | None:
    """Why an entry cannot follow on what is booked of the work it is about; ``None`` where it can."""
    if entry.kind is EntryKind.METERED:
        return None
    if story is None:
        return f"it is about {entry.about}, and no metered entry has that id"
    first, state = story.metered, story.state
    if entry.at != first.at or _whom(entry) != _whom(first):
        return f"it is about {first.id}, which is of another time, node or device"
    if entry.kind in ANSWERS and state is not State.METERED:
        return f"{first.id} is {state} already, and cannot be {entry.kind}"
    if entry.kind is EntryKind.SETTLED and state is not State.ACCEPTED:
        return f"{first.id} is {state}, and only what is accepted and not settled yet can be settled"
    if entry.kind is EntryKind.CORRECTION:
        return None
    closes = Account.RECEIVABLE if entry.kind is EntryKind.SETTLED else Account.CLAIM_OPEN
    left = Story((*story.entries, entry)).standing(closes)
    if left:
        return f"it leaves {', '.join(map(str, left))} of {first.id} in {closes}, which it must close whole"
    return None


def _whom(entry: Entry) -> tuple[str, str, str]:
    return entry.subject.node, entry.subject.device, entry.subject.uuid


def _closing(story: Story, kind: EntryKind) -> tuple[Move, ...]:
    claim = story.standing(Account.CLAIM_OPEN)
    return tuple(_move(_CLOSED_INTO[kind], Account.CLAIM_OPEN, each.minor, each.asset) for each in claim)


def _move(debit: Account, credit: Account, minor: int, asset: Asset) -> Move:
    return Move(debit=debit, credit=credit, asset=asset, exact=Fraction(minor, 10**asset.exponent))


def _about(story: Story, kind: EntryKind, name: str, moves: tuple[Move, ...], note: Mapping[str, str] | None) -> Draft:
    first = story.metered
    return Draft(
        id=name,
        kind=kind,
        at=first.at,
        until=first.until,
        subject=first.subject,
        moves=moves,
        about=first.id,
        note=dict(note or {}),
    )

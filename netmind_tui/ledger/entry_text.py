"""An entry as documents tell it: its money in strings, and what it is worth and costs beside its postings."""

from collections.abc import Collection, Sequence
from typing import Any

from netmind_tui.ledger.chain import exact_text
from netmind_tui.ledger.reader import Listed
from netmind_tui.model.earnings import EntryDocument, EntryText, PostingText
from netmind_tui.model.ledger import Account, Entry, EntryKind, Posting
from netmind_tui.model.money import AmountText, Asset, decimal_text

_COST = frozenset({Account.ENERGY_MARGINAL, Account.ENERGY_HOST, Account.ENERGY_IDLE})
# What an entry of a kind is about, and whether that is credited there.
_WORTH = {
    EntryKind.METERED: (Account.CLAIM_METERED, True),
    EntryKind.ACCEPTED: (Account.INCOME, True),
    EntryKind.REJECTED: (Account.CLAIM_REJECTED, False),
    EntryKind.EXPIRED: (Account.CLAIM_EXPIRED, False),
    EntryKind.SETTLED: (Account.SETTLED, False),
    EntryKind.CORRECTION: (Account.CLAIM_METERED, True),
}


def entry_text(listed: Listed) -> EntryText:
    """As one of several."""
    return EntryText(**_members(listed))


def entry_document(listed: Listed) -> EntryDocument:
    """As a document of its own."""
    return EntryDocument(**_members(listed))


def _members(listed: Listed) -> dict[str, Any]:
    entry = listed.entry
    subject = entry.subject
    return {
        "number": entry.number,
        "id": entry.id,
        "kind": entry.kind,
        "at": entry.at,
        "until": entry.until,
        "made": entry.made,
        "node": subject.node,
        "device": subject.device,
        "uuid": subject.uuid,
        "workload": subject.workload,
        "payer": subject.payer,
        "job": subject.job,
        "about": entry.about,
        "state": listed.state,
        "worth": _worth(entry),
        "cost": _summed(entry.postings, _COST),
        "usage": entry.usage,
        "note": entry.note,
        "postings": tuple(_posting(each) for each in entry.postings),
        "hash": entry.hash.hex(),
    }


def _worth(entry: Entry) -> tuple[AmountText, ...]:
    account, is_credited = _WORTH[entry.kind]
    return _summed(entry.postings, {account}, -1 if is_credited else 1)


def _summed(postings: Sequence[Posting], accounts: Collection[Account], sign: int = 1) -> tuple[AmountText, ...]:
    """What postings to some accounts come to, an amount an asset."""
    totals: dict[Asset, int] = {}
    for each in postings:
        if each.account in accounts:
            totals[each.asset] = totals.get(each.asset, 0) + sign * each.minor
    return tuple(
        AmountText(asset=asset.code, amount=decimal_text(minor, asset.exponent)) for asset, minor in totals.items()
    )


def _posting(posting: Posting) -> PostingText:
    return PostingText(
        account=posting.account,
        asset=posting.asset.code,
        amount=decimal_text(posting.minor, posting.asset.exponent),
        exact=None if posting.exact is None else exact_text(posting.exact),
    )

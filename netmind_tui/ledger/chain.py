"""How an entry is bound to the one before it: SHA-256 over its one spelling.

The spelling is an array of texts and of whole numbers below 2^53, as RFC 8785 writes it; for such arrays that is also
what the border to JSON writes, at once.
"""

import hashlib
from fractions import Fraction

from netmind_tui import document
from netmind_tui.model.ledger import Entry, Posting, Usage

FORM = "netmind.entry/1"
"""Stands first in the spelling: a later form is another one."""
GENESIS = bytes(32)
"""Before the first entry."""


def spelling(entry: Entry) -> bytes:
    """What is hashed: all of an entry but its own hash."""
    subject = entry.subject
    usage = entry.usage
    return document.encode(
        (
            FORM,
            entry.previous.hex(),
            entry.number,
            entry.id,
            entry.kind,
            ms_of(entry.at.timestamp()),
            ms_of(entry.until.timestamp()),
            ms_of(entry.made.timestamp()),
            (subject.node, subject.device, subject.uuid, subject.workload, subject.payer, subject.job),
            entry.about or "",
            sorted(entry.note.items()),
            () if usage is None else _usage(usage),
            [_posting(each) for each in entry.postings],
        )
    )


def hash_of(entry: Entry) -> bytes:
    """The hash that an entry must have."""
    return hashlib.sha256(spelling(entry)).digest()


def ms_of(timestamp: float) -> int:
    """Whole milliseconds since 1970."""
    return round(timestamp * 1000)


def exact_text(exact: Fraction) -> str:
    """An exact amount as the file holds it: ``1/24000``."""
    return f"{exact.numerator}/{exact.denominator}"


def _usage(usage: Usage) -> tuple[str | int, ...]:
    return (
        usage.activity,
        usage.duration_ms,
        usage.energy_ms,
        usage.energy_mj,
        usage.idle_mj,
        usage.host_mj,
        usage.uncertain_mj,
        "" if usage.method is None else usage.method,
    )


def _posting(posting: Posting) -> tuple[str | int, ...]:
    asset = posting.asset
    exact = "" if posting.exact is None else exact_text(posting.exact)
    # The amount as text: it may be beyond what a number of JSON holds exactly.
    return posting.account, asset.code, asset.exponent, asset.kind, str(posting.minor), exact

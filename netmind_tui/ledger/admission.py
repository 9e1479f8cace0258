"""What may be booked at all, whatever stands in the ledger: each fault of a draft is a sentence.

Moves follow what an entry says: work is a claim and its energy, an answer closes the claim, and only a correction moves
anything else.
"""

from datetime import datetime
from fractions import Fraction
from itertools import product

from netmind_tui.ledger.fault import Refused
from netmind_tui.ledger.row import wall_ms
from netmind_tui.model.ledger import Account, Draft, EntryKind, Move, Subject, Usage
from netmind_tui.model.money import MOST_MINOR

_A = Account
_ENERGY = frozenset(product((_A.ENERGY_MARGINAL, _A.ENERGY_IDLE, _A.ENERGY_HOST), (_A.ENERGY_OWED,)))
MOVES = {
    EntryKind.METERED: frozenset({(_A.CLAIM_OPEN, _A.CLAIM_METERED)}) | _ENERGY,
    EntryKind.ACCEPTED: frozenset({(_A.CLAIM_ACCEPTED, _A.CLAIM_OPEN)})
    | frozenset(product((_A.RECEIVABLE, _A.FEES, _A.BURNT), (_A.INCOME,))),
    EntryKind.REJECTED: frozenset({(_A.CLAIM_REJECTED, _A.CLAIM_OPEN)}),
    EntryKind.EXPIRED: frozenset({(_A.CLAIM_EXPIRED, _A.CLAIM_OPEN)}),
    EntryKind.SETTLED: frozenset({(_A.SETTLED, _A.RECEIVABLE)}),
}
"""From where to where (debit, credit) an entry may move amounts; a correction is free to."""
MOST_DIGITS = 60
"""No exact amount has more in its numerator or its denominator."""
_TOO_LONG = 10**MOST_DIGITS
_MOST_ID = 200
_MOST_TEXT = 4000
# 305 kWh, or 34 years: millions of them are added up below 2^63.
_MOST_NUMBER = 2**40
_USED = ("duration_ms", "energy_ms", "energy_mj", "idle_mj", "host_mj", "uncertain_mj")


def admit(draft: Draft) -> None:
    """See that a draft is fit to be booked.

    Raises:
        Refused: it is not, and why.
    """
    why = (
        _flaw_of_id(draft.id)
        or _flaw_of_time(draft.at, draft.until)
        or _flaw_of_texts(draft)
        or _flaw_of_usage(draft.usage)
        or next(filter(None, (_flaw_of_move(draft.kind, move) for move in draft.moves)), None)
    )
    if why is None and (draft.about is None) is not (draft.kind is EntryKind.METERED):
        why = "a metered entry is about no other one, and every other entry is about a metered one"
    if why is not None:
        raise Refused(draft.id, why)


def _flaw_of_id(name: object) -> str | None:
    if not isinstance(name, str) or not 0 < len(name) <= _MOST_ID or not name.isprintable():
        return f"an id is a text of 1 to {_MOST_ID} characters that can be printed"
    return None


def _flaw_of_time(at: datetime, until: datetime) -> str | None:
    if at.utcoffset() is None or until.utcoffset() is None:
        return "its times do not say their zone"
    if wall_ms(at) < 0:
        return f"it begins at {at.isoformat()}, before 1970: was the clock lost?"
    if until < at:
        return f"it ends at {until.isoformat()}, before it begins at {at.isoformat()}: was the clock set back?"
    return None


def _flaw_of_texts(draft: Draft) -> str | None:
    if not isinstance(draft.subject, Subject):
        return "it is about nobody"
    subject = draft.subject
    texts = (subject.node, subject.device, subject.uuid, subject.workload, subject.payer, subject.job)
    for text in (*texts, *draft.note, *draft.note.values()):
        if not isinstance(text, str):
            return f"{text!r} stands where a text belongs"
        if len(text) > _MOST_TEXT or "\0" in text or not _is_unicode(text):
            return f"{text[:40]!r} is no text of up to {_MOST_TEXT} characters"
    return None


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _flaw_of_usage(usage: Usage | None) -> str | None:
    if usage is None:
        return None
    for name in _USED:
        value = getattr(usage, name)
        if type(value) is not int or not 0 <= value < _MOST_NUMBER:
            return f"{name} is {value!r}, and must be a whole number from 0 on, below {_MOST_NUMBER}"
    if usage.energy_ms > usage.duration_ms:
        return f"its energy is known for {usage.energy_ms} ms of {usage.duration_ms} ms"
    return None


def _flaw_of_move(kind: EntryKind, move: Move) -> str | None:
    exact, code = move.exact, move.asset.code
    if not isinstance(exact, Fraction):
        return f"{exact!r} {code} is no exact amount: money is never a float"
    if max(abs(exact.numerator), exact.denominator) >= _TOO_LONG:
        return f"an amount of {code} has more than {MOST_DIGITS} digits"
    if abs(exact.numerator) * 10**move.asset.exponent > MOST_MINOR * exact.denominator:
        return f"more than {MOST_MINOR} minor units of {code} cannot be booked"
    pair = (move.debit, move.credit)
    if kind is EntryKind.CORRECTION:
        return "a move goes from one account to another" if move.debit is move.credit else None
    if pair not in MOVES[kind]:
        return f"what is {kind} does not move from {move.credit} to {move.debit}"
    if exact < 0 and pair not in _ENERGY:
        return f"the amount of {code} is negative; only a price of power can be"
    return None

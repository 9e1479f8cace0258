"""The ledger as JSON Lines that anybody can verify: each entry with all that its hash is of, the head at the end.

Each line is canonical (RFC 8785): the members are in order, and numbers are whole.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from netmind_tui import document
from netmind_tui.ledger.chain import FORM, exact_text
from netmind_tui.ledger.export.moment import moment_text
from netmind_tui.ledger.reader import ALL, Chosen, Head, Reader
from netmind_tui.ledger.row import asset_of, exact_of
from netmind_tui.model.ledger import Account, Entry, EntryKind, Posting, Subject, Usage
from netmind_tui.model.metering import Activity, EnergyMethod
from netmind_tui.model.money import amount_of, decimal_text

HEAD = "netmind.entries-head/1"
_PAGE = 500

# Members in the order of RFC 8785, which is that of the alphabet for these.


@dataclass(frozen=True, slots=True, kw_only=True)
class PostingLine:
    """One line of an entry; ``exact`` is a fraction of whole units."""

    account: str
    amount: str
    asset: str
    exact: str
    exponent: int
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageLine:
    """What an entry used; the units are in the names."""

    activity: str
    duration_ms: int
    energy_mj: int
    energy_ms: int
    host_mj: int
    idle_mj: int
    method: str
    uncertain_mj: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryLine:
    """An entry; an empty text is a lack."""

    about: str
    at: str
    device: str
    hash: str
    id: str
    job: str
    kind: str
    made: str
    node: str
    note: dict[str, str]
    number: int
    payer: str
    postings: tuple[PostingLine, ...]
    previous: str
    schema: str = FORM
    until: str
    usage: UsageLine | None
    uuid: str
    workload: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadLine:
    """The last line: the newest entry of the ledger when it was exported, and how many lines there are before.

    ``is_whole`` says that no entry was left out.
    """

    entries: int
    hash: str
    is_whole: bool
    number: int
    schema: str = HEAD


def lines(reader: Reader, chosen: Chosen = ALL) -> Iterator[str]:
    """Pieces of the file, each of whole lines.

    Raises:
        Problem: the ledger cannot be read.
    """
    head = reader.head()
    piece: list[bytes] = []
    count = 0
    for count, listed in enumerate(reader.every(chosen, until=head), start=1):  # noqa: B007 - how many there were
        piece.append(document.encode(line_of(listed.entry)))
        if len(piece) == _PAGE:
            yield _text(piece)
            piece = []
    is_whole = count == head.number
    piece.append(document.encode(head_line(head, count, is_whole=is_whole)))
    yield _text(piece)


def line_of(entry: Entry) -> EntryLine:
    """An entry as a line holds it."""
    subject = entry.subject
    return EntryLine(
        about=entry.about or "",
        at=moment_text(entry.at),
        device=subject.device,
        hash=entry.hash.hex(),
        id=entry.id,
        job=subject.job,
        kind=entry.kind.value,
        made=moment_text(entry.made),
        node=subject.node,
        note=dict(sorted(entry.note.items(), key=lambda item: item[0].encode("utf-16-be"))),
        number=entry.number,
        payer=subject.payer,
        postings=tuple(_posting(each) for each in entry.postings),
        previous=entry.previous.hex(),
        until=moment_text(entry.until),
        usage=None if entry.usage is None else _usage(entry.usage),
        uuid=subject.uuid,
        workload=subject.workload,
    )


def entry_of_line(line: EntryLine) -> Entry:
    """The reverse.

    Raises:
        ValueError: a word in it is none that this program knows, or an amount is none.
        OverflowError: a moment in it is beyond the calendar.
    """
    return Entry(
        number=line.number,
        id=line.id,
        kind=EntryKind(line.kind),
        at=_moment(line.at),
        until=_moment(line.until),
        made=_moment(line.made),
        subject=Subject(
            node=line.node,
            device=line.device,
            uuid=line.uuid,
            workload=line.workload,
            payer=line.payer,
            job=line.job,
        ),
        postings=tuple(_posting_of(each) for each in line.postings),
        usage=None if line.usage is None else _usage_of(line.usage),
        about=line.about or None,
        note=line.note,
        previous=bytes.fromhex(line.previous),
        hash=bytes.fromhex(line.hash),
    )


def head_line(head: Head, count: int, *, is_whole: bool) -> HeadLine:
    """The last line of so many."""
    return HeadLine(entries=count, hash=head.hash.hex(), is_whole=is_whole, number=head.number)


def _posting(posting: Posting) -> PostingLine:
    asset = posting.asset
    return PostingLine(
        account=posting.account.value,
        amount=decimal_text(posting.minor, asset.exponent),
        asset=asset.code,
        exact="" if posting.exact is None else exact_text(posting.exact),
        exponent=asset.exponent,
        kind=asset.kind.value,
    )


def _usage(usage: Usage) -> UsageLine:
    return UsageLine(
        activity=usage.activity.value,
        duration_ms=usage.duration_ms,
        energy_mj=usage.energy_mj,
        energy_ms=usage.energy_ms,
        host_mj=usage.host_mj,
        idle_mj=usage.idle_mj,
        method=usage.method.value if usage.method else "",
        uncertain_mj=usage.uncertain_mj,
    )


def _posting_of(line: PostingLine) -> Posting:
    asset = asset_of(line.asset, line.exponent, line.kind)
    return Posting(
        account=Account(line.account),
        asset=asset,
        minor=amount_of(line.amount, asset).minor,
        exact=exact_of(line.exact) if line.exact else None,
    )


def _usage_of(line: UsageLine) -> Usage:
    return Usage(
        activity=Activity(line.activity),
        duration_ms=line.duration_ms,
        energy_ms=line.energy_ms,
        energy_mj=line.energy_mj,
        idle_mj=line.idle_mj,
        host_mj=line.host_mj,
        uncertain_mj=line.uncertain_mj,
        method=EnergyMethod(line.method) if line.method else None,
    )


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(f"{text} does not say its zone")
    return found.astimezone(UTC)


def _text(piece: list[bytes]) -> str:
    return "".join(f"{each.decode()}\n" for each in piece)

"""The ledger as a file of beancount: a transaction for each entry, and at the end what every account must come to."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, timedelta, tzinfo
from re import compile as pattern

from netmind_tui import document
from netmind_tui.ledger.export.moment import moment_text
from netmind_tui.ledger.reader import ALL, Chosen, Reader
from netmind_tui.model.ledger import Account, Entry
from netmind_tui.model.money import Asset, decimal_text

# Claims are no income: they stand apart, among what is only remembered, and come to nothing together.
ACCOUNTS = {
    Account.CLAIM_METERED: "Equity:NetMind:Claims:Metered",
    Account.CLAIM_OPEN: "Equity:NetMind:Claims:Open",
    Account.CLAIM_ACCEPTED: "Equity:NetMind:Claims:Accepted",
    Account.CLAIM_REJECTED: "Equity:NetMind:Claims:Rejected",
    Account.CLAIM_EXPIRED: "Equity:NetMind:Claims:Expired",
    Account.INCOME: "Income:NetMind:Work",
    Account.RECEIVABLE: "Assets:NetMind:Receivable",
    Account.SETTLED: "Assets:NetMind:Settled",
    Account.FEES: "Expenses:NetMind:Fees",
    Account.BURNT: "Expenses:NetMind:Burnt",
    Account.ENERGY_MARGINAL: "Expenses:NetMind:Energy:Marginal",
    Account.ENERGY_IDLE: "Expenses:NetMind:Energy:Idle",
    Account.ENERGY_HOST: "Expenses:NetMind:Energy:Host",
    Account.ENERGY_OWED: "Liabilities:NetMind:Energy",
}
_OPENED = date(1970, 1, 1)
_HEAD = (
    ";; Written by netmind earnings export. What is only metered is a claim, and no income: it is remembered under\n"
    ";; Equity, where claims come to nothing together. Income is what a payer accepted. Dates are of the work.\n"
    'option "title" "NetMind"\n'
)
_NO_LINK = pattern(r"[^A-Za-z0-9_./-]")
# The lexer takes these for values.
_KEYWORDS = frozenset({"TRUE", "FALSE", "NULL"})
_PAGE = 500


def beancount(reader: Reader, chosen: Chosen = ALL, zone: tzinfo = UTC) -> Iterator[str]:
    """Pieces of the file, each of whole directives.

    Raises:
        Problem: the ledger cannot be read.
    """
    yield _HEAD + "".join(_opening(reader.assets()))
    sums: dict[tuple[Account, Asset], int] = defaultdict(int)
    last = _OPENED
    piece: list[str] = []
    for listed in reader.every(chosen):
        entry = listed.entry
        day = entry.at.astimezone(zone).date()
        last = max(last, day)
        for each in entry.postings:
            sums[each.account, each.asset] += each.minor
        piece.append(_transaction(entry, day))
        if len(piece) == _PAGE:
            yield "".join(piece)
            piece = []
    yield "".join(piece)
    yield "".join(_assertions(sums, last + timedelta(days=1)))


def commodity(asset: Asset) -> str:
    """What an asset is called there."""
    return f"{asset.code}-X" if asset.code in _KEYWORDS else asset.code


def quoted(text: str) -> str:
    """A text as one of beancount's strings."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped}"'


def _opening(assets: tuple[Asset, ...]) -> Iterator[str]:
    yield "\n"
    for asset in assets:
        yield f"{_OPENED} commodity {commodity(asset)}\n  decimals: {asset.exponent}\n  kind: {quoted(asset.kind)}\n"
    yield "\n"
    for name in ACCOUNTS.values():
        yield f"{_OPENED} open {name}\n"


def _transaction(entry: Entry, day: date) -> str:
    subject = entry.subject
    links = f"^{_NO_LINK.sub('-', entry.about or entry.id)}"
    if subject.job:
        links += f" ^{_NO_LINK.sub('-', subject.job)}"
    told = " ".join(
        each for each in (entry.kind.value, subject.workload, subject.device and f"on {subject.device}") if each
    )
    rows = [f"\n{day} * {quoted(subject.payer)} {quoted(told)} {links}"]
    rows += [f"  {name}: {value}" for name, value in _metadata(entry)]
    rows += [
        f"  {ACCOUNTS[each.account]}  {decimal_text(each.minor, each.asset.exponent)} {commodity(each.asset)}"
        for each in entry.postings
    ]
    return "\n".join(rows) + "\n"


def _metadata(entry: Entry) -> Iterator[tuple[str, str]]:
    subject, usage = entry.subject, entry.usage
    texts = {
        "id": entry.id,
        "hash": entry.hash.hex(),
        "node": subject.node,
        "device": subject.device,
        "uuid": subject.uuid,
        "workload": subject.workload,
        "job": subject.job,
        "about": entry.about or "",
        "at": moment_text(entry.at),
        "until": moment_text(entry.until),
        "made": moment_text(entry.made),
        "note": document.encode(entry.note).decode() if entry.note else "",
    }
    yield "number", str(entry.number)
    yield from ((name, quoted(text)) for name, text in texts.items() if text)
    if usage is not None:
        yield "activity", quoted(usage.activity)
        yield "duration_ms", str(usage.duration_ms)
        yield "energy_mj", str(usage.energy_mj)
        yield "idle_mj", str(usage.idle_mj)
        yield "host_mj", str(usage.host_mj)
        yield "uncertain_mj", str(usage.uncertain_mj)
        if usage.method is not None:
            yield "method", quoted(usage.method)


def _assertions(sums: dict[tuple[Account, Asset], int], day: date) -> Iterator[str]:
    yield "\n"
    for (account, asset), minor in sorted(sums.items(), key=lambda item: (item[0][0], item[0][1].code)):
        yield f"{day} balance {ACCOUNTS[account]}  {decimal_text(minor, asset.exponent)} {commodity(asset)}\n"

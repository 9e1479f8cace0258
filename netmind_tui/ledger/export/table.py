"""The ledger as CSV (RFC 4180): a row for each line of an entry, so that an account's amounts can be added up.

What was used stands on the first row of an entry alone, and can be added up as well.
"""

import csv
import io
from collections.abc import Iterator

from netmind_tui import document
from netmind_tui.ledger.chain import exact_text
from netmind_tui.ledger.export.moment import moment_text
from netmind_tui.ledger.reader import ALL, Chosen, Listed, Reader
from netmind_tui.model.ledger import Posting
from netmind_tui.model.money import decimal_text

COLUMNS = (
    *("node", "number", "id", "kind", "state", "at", "until", "made"),
    *("device", "uuid", "workload", "payer", "job", "about"),
    *("line", "account", "asset", "amount", "exact"),
    *("activity", "duration_ms", "energy_ms", "energy_mj", "idle_mj", "host_mj", "uncertain_mj", "method"),
    *("note", "hash"),
)
_USAGE = COLUMNS[COLUMNS.index("activity") : COLUMNS.index("note")]
_FORMULA = frozenset("=+-@\t\r\n＝＋－＠'")
_PAGE = 1000


def table(reader: Reader, chosen: Chosen = ALL) -> Iterator[str]:
    """Pieces of the table, its head first.

    Raises:
        Problem: the ledger cannot be read.
    """
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow(COLUMNS)
    for nth, listed in enumerate(reader.every(chosen), start=1):
        writer.writerows(_rows(listed))
        if nth % _PAGE == 0:
            yield written.getvalue()
            written.seek(0)
            written.truncate()
    yield written.getvalue()


def harmless(text: str) -> str:
    """A text that a spreadsheet takes for one, and never for a formula: an apostrophe before it, where it needs one.

    A text that begins with an apostrophe gets another one: taking one away is always the way back.
    """
    return f"'{text}" if text[:1] in _FORMULA and text else text


def _rows(listed: Listed) -> Iterator[tuple[str | int, ...]]:
    entry, subject, usage = listed.entry, listed.entry.subject, listed.entry.usage
    texts = (subject.device, subject.uuid, subject.workload, subject.payer, subject.job, entry.about or "")
    before = (
        harmless(subject.node),
        entry.number,
        harmless(entry.id),
        entry.kind.value,
        listed.state.value if listed.state else "",
        moment_text(entry.at),
        moment_text(entry.until),
        moment_text(entry.made),
        *map(harmless, texts),
    )
    used = [""] * len(_USAGE) if usage is None else [getattr(usage, name) or 0 for name in _USAGE]
    after = (harmless(document.encode(entry.note).decode()) if entry.note else "", entry.hash.hex())
    for nth, posting in enumerate(entry.postings or (None,)):
        yield (*before, *_line(nth, posting), *(used if nth == 0 else [""] * len(used)), *after)


def _line(nth: int, posting: Posting | None) -> tuple[str | int, ...]:
    if posting is None:
        return ("",) * 5
    amount = decimal_text(posting.minor, posting.asset.exponent)
    exact = "" if posting.exact is None else exact_text(posting.exact)
    return nth + 1, posting.account.value, posting.asset.code, amount, exact

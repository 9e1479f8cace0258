"""The forms that the ledger leaves in, by their names."""

from collections.abc import Callable, Iterator
from datetime import UTC, tzinfo
from enum import StrEnum

from netmind_tui.ledger.export.beancount import beancount
from netmind_tui.ledger.export.lines import lines
from netmind_tui.ledger.export.table import table
from netmind_tui.ledger.reader import ALL, Chosen, Reader


class Form(StrEnum):
    """What an export is."""

    CSV = "csv"
    JSONL = "jsonl"
    BEANCOUNT = "beancount"


_WRITERS: dict[Form, Callable[[Reader, Chosen, tzinfo], Iterator[str]]] = {
    Form.CSV: lambda reader, chosen, _zone: table(reader, chosen),
    Form.JSONL: lambda reader, chosen, _zone: lines(reader, chosen),
    Form.BEANCOUNT: beancount,
}


def exported(reader: Reader, form: Form, chosen: Chosen = ALL, zone: tzinfo = UTC) -> Iterator[str]:
    """Pieces of text, each of whole lines; what is booked on the way is not among them.

    Args:
        reader: of the ledger.
        form: of the export.
        chosen: which entries.
        zone: of the calendar that dates are of, in a form that has dates and no moments.

    Raises:
        Problem: the ledger cannot be read.
    """
    return _WRITERS[form](reader, chosen, zone)

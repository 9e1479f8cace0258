"""Brings the ledger of an earlier program to this one's version: all in one transaction, after a copy was put by.

A step is never edited once it was shipped: it makes of one version the next, whatever later ones look like.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from netmind_tui.database import Connection, Unwritten, damaged, explained, transaction
from netmind_tui.ledger.keeping import put_by
from netmind_tui.ledger.lookup import Unreadable, entries_after
from netmind_tui.ledger.pen import Pen
from netmind_tui.ledger.table import LEDGER, SUMS_1, VERSION
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

_AT_ONCE = 10_000


def migrate(connection: Connection, path: Path) -> None:
    """Bring a ledger to ``VERSION``; one that is of it already is not touched.

    Raises:
        Problem: there is no room for it, or for the copy. The ledger is as it was.
        Damage: it cannot be understood.
    """
    with explained(path, LEDGER):
        version: int = connection.execute("PRAGMA user_version").fetchone()[0]
        if version >= VERSION:
            return
        put_by(connection, path, f"before-version-{VERSION}")
        try:
            with transaction(connection):
                for each in range(version, VERSION):
                    _STEPS[each](connection)
                connection.execute(f"PRAGMA user_version = {VERSION}")
        except Unwritten as unwritten:
            if unwritten.is_damaged:
                raise damaged(path, unwritten.cause, LEDGER) from unwritten
            sentence = f"{path} stays of version {version}: {unwritten.cause}"
            raise Problem(sentence, ExitCode.UNMEASURED) from unwritten
        except Unreadable as error:
            raise damaged(path, str(error), LEDGER) from error


def _keep_sums(connection: Connection) -> None:
    """From 0: entries and postings, and nothing beside them."""
    for statement in SUMS_1:
        connection.execute(statement)
    pen = Pen(connection)
    for entry in entries_after(connection):
        pen.retrace(entry)
        if entry.number % _AT_ONCE == 0:
            pen.finish()
    pen.finish()


_STEPS: Mapping[int, Callable[[Connection], None]] = {0: _keep_sums}

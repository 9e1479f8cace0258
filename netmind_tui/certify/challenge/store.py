"""What a challenger never forgets: every challenge that was begun, how it ended, and every nonce that was used."""

import os
import sqlite3
from datetime import datetime
from pathlib import Path

from netmind_tui.certify.moment import written
from netmind_tui.model.certificate import Initiator
from netmind_tui.model.challenge import OPEN, ChallengeEntry, Outcome
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

KEY_FILE = "challenger.pem"
STORE_FILE = "challenges.sqlite3"
_TABLES = """
CREATE TABLE IF NOT EXISTS challenge (
    session TEXT PRIMARY KEY, node_key TEXT NOT NULL, initiated_by TEXT NOT NULL,
    chain TEXT NOT NULL, chain_version INTEGER NOT NULL,
    greeted_at TEXT NOT NULL, started_at TEXT, finished_at TEXT, elapsed_s REAL, rate REAL,
    outcome TEXT NOT NULL, reason TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS nonce (word TEXT PRIMARY KEY, session TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS challenge_by_node ON challenge (node_key, started_at);
"""
_COLUMNS = (
    "session, node_key, initiated_by, chain, chain_version, greeted_at, started_at, finished_at, elapsed_s, rate,"
    " outcome, reason"
)
_RESTARTED = "the challenger was restarted meanwhile"


class Store:
    """The challenges in a file, written to the disk before anything is answered. For one thread."""

    def __init__(self, path: Path, *, looks_only: bool = False) -> None:
        """Open it, or make it.

        Raises:
            Problem: it cannot be opened, or is no such file.
        """
        self._path = path
        try:
            if looks_only:
                self._base = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
            else:
                os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
                self._base = sqlite3.connect(path, isolation_level=None)
                self._base.execute("PRAGMA journal_mode=TRUNCATE")
                self._base.execute("PRAGMA synchronous=EXTRA")
                self._base.executescript(_TABLES)
        except (sqlite3.Error, OSError) as error:
            words = f"cannot open the record of challenges {path}: {str(error).lower()}"
            raise Problem(words, ExitCode.USAGE) from error

    def close(self) -> None:
        """Let the file go."""
        self._base.close()

    def abandon(self, now: datetime) -> int:
        """After a start: what had not ended never will; how many those were."""
        marks = ", ".join("?" * len(OPEN))
        done = self._write(
            f"UPDATE challenge SET outcome = ?, finished_at = ?, reason = ? WHERE outcome IN ({marks})",  # noqa: S608 - question marks alone
            (Outcome.ABANDONED, written(now), _RESTARTED, *OPEN),
        )
        return done.rowcount

    def is_taken(self, nonce: str) -> bool:
        """Whether a nonce was ever used."""
        return self._write("SELECT 1 FROM nonce WHERE word = ?", (nonce,)).fetchone() is not None

    def take(self, nonce: str, session: str) -> None:
        """Use a nonce.

        Raises:
            KeyError: it was used before.
        """
        try:
            self._write("INSERT INTO nonce VALUES (?, ?)", (nonce, session))
        except sqlite3.IntegrityError as error:
            raise KeyError(nonce) from error

    def begin(self, entry: ChallengeEntry) -> None:
        """Record a challenge."""
        values = (
            entry.session,
            entry.node_key,
            entry.initiated_by,
            entry.chain,
            entry.chain_version,
            entry.greeted_at,
            entry.started_at,
            entry.finished_at,
            entry.elapsed_s,
            entry.rate,
            entry.outcome,
            entry.reason,
        )
        self._write(f"INSERT INTO challenge ({_COLUMNS}) VALUES ({', '.join('?' * len(values))})", values)  # noqa: S608 - see above

    def start(self, session: str, now: datetime) -> None:
        """The clock runs."""
        words = "UPDATE challenge SET outcome = ?, started_at = ? WHERE session = ?"
        self._write(words, (Outcome.STARTED, written(now), session))

    def commit(self, session: str, elapsed_s: float) -> None:
        """The clock stopped."""
        words = "UPDATE challenge SET outcome = ?, elapsed_s = ? WHERE session = ?"
        self._write(words, (Outcome.COMMITTED, elapsed_s, session))

    def end(self, session: str, outcome: Outcome, now: datetime, reason: str | None, rate: float | None = None) -> None:
        """It ended, in one way or another."""
        words = "UPDATE challenge SET outcome = ?, finished_at = ?, reason = ?, rate = ? WHERE session = ?"
        self._write(words, (outcome, written(now), reason, rate, session))

    def counts(self, node_key: str) -> tuple[int, int]:
        """How many challenges of a node had their clock started, and how many passed."""
        words = "SELECT count(started_at), count(CASE outcome WHEN ? THEN 1 END) FROM challenge WHERE node_key = ?"
        started, passed = self._write(words, (Outcome.PASSED, node_key)).fetchone()
        return started, passed

    def called_since(self, node_key: str, since: datetime) -> int:
        """How many challenges of a node, at a moment of the challenger's choice, were begun since then."""
        words = "SELECT count(*) FROM challenge WHERE node_key = ? AND initiated_by = ? AND greeted_at >= ?"
        found: int = self._write(words, (node_key, Initiator.CHALLENGER, written(since))).fetchone()[0]
        return found

    def entries(self, node_key: str | None = None) -> tuple[ChallengeEntry, ...]:
        """Every challenge, of one node or of all, oldest first."""
        where, values = ("", ()) if node_key is None else (" WHERE node_key = ?", (node_key,))
        rows = self._write(f"SELECT {_COLUMNS} FROM challenge{where} ORDER BY greeted_at, rowid", values)  # noqa: S608 - see above
        return tuple(
            ChallengeEntry(
                session=row[0],
                node_key=row[1],
                initiated_by=Initiator(row[2]),
                chain=row[3],
                chain_version=row[4],
                greeted_at=row[5],
                started_at=row[6],
                finished_at=row[7],
                elapsed_s=row[8],
                rate=row[9],
                outcome=Outcome(row[10]),
                reason=row[11],
            )
            for row in rows
        )

    def _write(self, words: str, values: tuple[object, ...]) -> sqlite3.Cursor:
        try:
            return self._base.execute(words, values)
        except sqlite3.IntegrityError:
            raise
        except sqlite3.Error as error:
            sentence = f"the record of challenges {self._path} cannot be used: {str(error).lower()}"
            raise Problem(sentence, ExitCode.USAGE) from error

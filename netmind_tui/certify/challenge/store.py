"""What a challenger never forgets: every challenge and call, how each ended, and every nonce that was used."""

import os
import sqlite3
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from netmind_tui.certify.moment import written
from netmind_tui.model.certificate import Initiator
from netmind_tui.model.challenge import OPEN, Answered, CallEntry, ChallengeEntry, Outcome
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
CREATE TABLE IF NOT EXISTS call (
    word TEXT PRIMARY KEY, node_key TEXT NOT NULL, called_at TEXT NOT NULL, answered TEXT NOT NULL, session TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS call_by_node ON call (node_key, called_at);
CREATE INDEX IF NOT EXISTS call_by_session ON call (session);
CREATE INDEX IF NOT EXISTS challenge_by_node ON challenge (node_key, started_at);
"""
_COLUMNS = (
    "session, node_key, initiated_by, chain, chain_version, greeted_at, started_at, finished_at, elapsed_s, rate,"
    " outcome, reason"
)
_PATIENCE_S = 0.25
"""How long a locked file is waited for. Nobody else is answered meanwhile, so what fails is tried again later."""
RESTARTED = "the challenger was restarted meanwhile"
STOPPED = "the challenger was stopped meanwhile"


class Counts(NamedTuple):
    """Of one node: challenges whose clock was started, those of them that passed, and calls that it missed."""

    started: int
    passed: int
    missed: int


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
                self._base = sqlite3.connect(path, timeout=_PATIENCE_S, isolation_level=None)
                self._base.execute("PRAGMA journal_mode=TRUNCATE")
                self._base.execute("PRAGMA synchronous=EXTRA")
                self._base.executescript(_TABLES)
        except (sqlite3.Error, OSError) as error:
            words = f"cannot open the record of challenges {path}: {str(error).lower()}"
            raise Problem(words, ExitCode.USAGE) from error

    def close(self) -> None:
        """Let the file go."""
        self._base.close()

    def abandon(self, now: datetime, reason: str = RESTARTED) -> int:
        """At a start or an end of the challenger: what had not ended never will; how many challenges those were."""
        marks = ", ".join("?" * len(OPEN))
        return self._together(
            ("UPDATE call SET answered = ? WHERE answered IN (?, ?)", (Answered.VOID, Answered.CALLED, Answered.BEGUN)),
            (
                f"UPDATE challenge SET outcome = ?, finished_at = ?, reason = ? WHERE outcome IN ({marks})",  # noqa: S608 - question marks alone
                (Outcome.ABANDONED, written(now), reason, *OPEN),
            ),
        )

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
        """The clock runs, and a call with which this began is answered."""
        self._together(
            ("UPDATE call SET answered = ? WHERE session = ?", (Answered.ANSWERED, session)),
            (
                "UPDATE challenge SET outcome = ?, started_at = ? WHERE session = ?",
                (Outcome.STARTED, written(now), session),
            ),
        )

    def commit(self, session: str, elapsed_s: float) -> None:
        """The clock stopped."""
        words = "UPDATE challenge SET outcome = ?, elapsed_s = ? WHERE session = ?"
        self._write(words, (Outcome.COMMITTED, elapsed_s, session))

    def end(self, session: str, outcome: Outcome, now: datetime, reason: str | None, rate: float | None = None) -> None:
        """It ended, in one way or another; a call with which it began is missed, unless its clock was started."""
        self._together(
            (
                "UPDATE call SET answered = ? WHERE session = ? AND answered = ?",
                (Answered.MISSED, session, Answered.BEGUN),
            ),
            (
                "UPDATE challenge SET outcome = ?, finished_at = ?, reason = ?, rate = ? WHERE session = ?",
                (outcome, written(now), reason, rate, session),
            ),
        )

    def counts(self, node_key: str) -> Counts:
        """What became of a node's challenges and calls."""
        words = "SELECT count(started_at), count(CASE outcome WHEN ? THEN 1 END) FROM challenge WHERE node_key = ?"
        started, passed = self._write(words, (Outcome.PASSED, node_key)).fetchone()
        words = "SELECT count(*) FROM call WHERE node_key = ? AND answered = ?"
        return Counts(started, passed, self._write(words, (node_key, Answered.MISSED)).fetchone()[0])

    def call(self, word: str, node_key: str, now: datetime) -> None:
        """A node is called."""
        self._write("INSERT INTO call VALUES (?, ?, ?, ?, NULL)", (word, node_key, written(now), Answered.CALLED))

    def answer(self, word: str, session: str) -> None:
        """A node began a challenge with the word of a call."""
        self._write("UPDATE call SET answered = ?, session = ? WHERE word = ?", (Answered.BEGUN, session, word))

    def miss(self, word: str) -> None:
        """A node did not, in time."""
        words = "UPDATE call SET answered = ? WHERE word = ? AND answered = ?"
        self._write(words, (Answered.MISSED, word, Answered.CALLED))

    def called_since(self, node_key: str, since: datetime) -> int:
        """How many times a node was called since then, whatever became of that."""
        words = "SELECT count(*) FROM call WHERE node_key = ? AND called_at >= ?"
        found: int = self._write(words, (node_key, written(since))).fetchone()[0]
        return found

    def calls(self, node_key: str | None = None) -> tuple[CallEntry, ...]:
        """Every call, of one node or of all, oldest first."""
        where, values = ("", ()) if node_key is None else (" WHERE node_key = ?", (node_key,))
        words = f"SELECT node_key, called_at, answered, session FROM call{where} ORDER BY called_at, rowid"  # noqa: S608 - see above
        rows = self._write(words, values) if self._holds("call") else ()
        return tuple(
            CallEntry(node_key=row[0], called_at=row[1], answered=Answered(row[2]), session=row[3]) for row in rows
        )

    def entries(self, node_key: str | None = None) -> tuple[ChallengeEntry, ...]:
        """Every challenge, of one node or of all, oldest first."""
        where, values = ("", ()) if node_key is None else (" WHERE node_key = ?", (node_key,))
        words = f"SELECT {_COLUMNS} FROM challenge{where} ORDER BY greeted_at, rowid"  # noqa: S608 - see above
        rows = self._write(words, values) if self._holds("challenge") else ()
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

    def _holds(self, table: str) -> bool:
        """Whether there is such a table: a file that was only looked at may be empty."""
        words = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
        return self._write(words, (table,)).fetchone() is not None

    def _together(self, *steps: tuple[str, tuple[object, ...]]) -> int:
        """All of these or none; how many rows the last one changed."""
        self._write("BEGIN IMMEDIATE", ())
        try:
            changed = [self._write(words, values).rowcount for words, values in steps]
            self._write("COMMIT", ())
        except BaseException:
            with suppress(sqlite3.Error):  # it undid itself
                self._base.execute("ROLLBACK")
            raise
        return changed[-1]

    def _write(self, words: str, values: tuple[object, ...]) -> sqlite3.Cursor:
        try:
            return self._base.execute(words, values)
        except sqlite3.IntegrityError:
            raise
        except sqlite3.Error as error:
            sentence = f"the record of challenges {self._path} cannot be used: {str(error).lower()}"
            raise Problem(sentence, ExitCode.USAGE) from error

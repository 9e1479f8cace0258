"""The tables of the ledger: entries and their postings only grow; sums beside them follow from these.

An entry's postings are written before it, and it is refused unless they come to nothing in each asset; once it is there
no posting can join it. Amounts are two integers, ``high × 10^9 + low``.
"""

from netmind_tui.database import Kind

APPLICATION = 0x4E4D4C44
"""``NMLD`` in the header of the file: whose it is."""
VERSION = 1
HOUR_MS = 3_600_000
"""``tally.hour`` counts hours since 1970 (UTC)."""

_FIXED = ("asset", "subject", "entry", "posting")

_BOOKS = (
    """CREATE TABLE asset (
        number INTEGER PRIMARY KEY,
        code TEXT NOT NULL UNIQUE,
        exponent INTEGER NOT NULL CHECK (exponent BETWEEN 0 AND 18),
        kind TEXT NOT NULL CHECK (kind IN ('fiat', 'token'))
    ) STRICT""",
    """CREATE TABLE subject (
        number INTEGER PRIMARY KEY,
        node TEXT NOT NULL,
        device TEXT NOT NULL,
        uuid TEXT NOT NULL,
        workload TEXT NOT NULL,
        payer TEXT NOT NULL,
        job TEXT NOT NULL,
        UNIQUE (node, device, uuid, workload, payer, job)
    ) STRICT""",
    # What it used is in the entry itself where it is a metered one, or corrects one; NULL elsewhere.
    """CREATE TABLE entry (
        number INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE CHECK (length(id) BETWEEN 1 AND 200),
        kind TEXT NOT NULL CHECK (kind IN ('metered', 'accepted', 'rejected', 'settled', 'expired', 'correction')),
        at_ms INTEGER NOT NULL,
        until_ms INTEGER NOT NULL CHECK (until_ms >= at_ms),
        made_ms INTEGER NOT NULL,
        subject INTEGER NOT NULL REFERENCES subject,
        about TEXT REFERENCES entry (id) CHECK ((about IS NULL) = (kind = 'metered')),
        note TEXT NOT NULL,
        activity TEXT,
        duration_ms INTEGER,
        energy_ms INTEGER,
        energy_mj INTEGER,
        idle_mj INTEGER,
        host_mj INTEGER,
        uncertain_mj INTEGER,
        method TEXT,
        previous BLOB NOT NULL CHECK (length(previous) = 32),
        hash BLOB NOT NULL CHECK (length(hash) = 32)
    ) STRICT""",
    "CREATE INDEX entry_at ON entry (at_ms)",
    # One answer to a metered entry, one settlement of it.
    "CREATE UNIQUE INDEX entry_answer ON entry (about) WHERE kind IN ('accepted', 'rejected', 'expired')",
    "CREATE UNIQUE INDEX entry_settled ON entry (about) WHERE kind = 'settled'",
    "CREATE INDEX entry_about ON entry (about) WHERE about IS NOT NULL",
    """CREATE TABLE posting (
        entry INTEGER NOT NULL,
        line INTEGER NOT NULL,
        account TEXT NOT NULL,
        asset INTEGER NOT NULL REFERENCES asset,
        high INTEGER NOT NULL,
        low INTEGER NOT NULL CHECK (low BETWEEN 0 AND 999999999),
        exact TEXT,
        PRIMARY KEY (entry, line)
    ) STRICT, WITHOUT ROWID""",
)

SUMS_1 = (
    # What is finer than a minor unit, of moves between two accounts: the next one takes it along.
    """CREATE TABLE carried (
        owner TEXT NOT NULL,
        debit TEXT NOT NULL,
        credit TEXT NOT NULL,
        asset INTEGER NOT NULL REFERENCES asset,
        rest TEXT NOT NULL,
        PRIMARY KEY (owner, debit, credit, asset)
    ) STRICT, WITHOUT ROWID""",
    # Sums by hours (UTC) of when the work was, and by subjects without their jobs: a month is read from these.
    """CREATE TABLE tally (
        hour INTEGER NOT NULL,
        subject INTEGER NOT NULL REFERENCES subject,
        account TEXT NOT NULL,
        asset INTEGER NOT NULL REFERENCES asset,
        high INTEGER NOT NULL,
        low INTEGER NOT NULL,
        PRIMARY KEY (hour, subject, account, asset)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE tally_usage (
        hour INTEGER NOT NULL,
        subject INTEGER NOT NULL REFERENCES subject,
        kind TEXT NOT NULL,
        activity TEXT NOT NULL,
        method TEXT NOT NULL,
        entries INTEGER NOT NULL,
        duration_ms INTEGER NOT NULL,
        energy_ms INTEGER NOT NULL,
        energy_mj INTEGER NOT NULL,
        idle_mj INTEGER NOT NULL,
        host_mj INTEGER NOT NULL,
        uncertain_mj INTEGER NOT NULL,
        PRIMARY KEY (hour, subject, kind, activity, method)
    ) STRICT, WITHOUT ROWID""",
    # Work without a rate or a price: how much of a month it was is asked for with each view of it.
    """CREATE INDEX entry_wanting ON entry (at_ms) WHERE instr(note, '"un') AND activity IN ('work', 'ending')""",
    # How far what is booked from elsewhere was booked: written with the entries that came of it.
    "CREATE TABLE reached (source TEXT PRIMARY KEY, number INTEGER NOT NULL) STRICT, WITHOUT ROWID",
)
"""What follows from the entries, and how far sources are booked; since version 1."""

_GUARDS = (
    """CREATE TRIGGER entry_chained BEFORE INSERT ON entry
        WHEN NEW.number <> (SELECT coalesce(max(number), 0) + 1 FROM entry)
        OR NEW.previous <> coalesce((SELECT hash FROM entry ORDER BY number DESC LIMIT 1), zeroblob(32))
        BEGIN SELECT raise(ABORT, 'entries are chained'); END""",
    """CREATE TRIGGER entry_balanced BEFORE INSERT ON entry
        WHEN EXISTS (SELECT 1 FROM posting WHERE entry = NEW.number GROUP BY asset
            HAVING sum(low) % 1000000000 <> 0 OR sum(high) + sum(low) / 1000000000 <> 0)
        BEGIN SELECT raise(ABORT, 'entries come to nothing'); END""",
    """CREATE TRIGGER posting_joined BEFORE INSERT ON posting
        WHEN NEW.entry <> (SELECT coalesce(max(number), 0) + 1 FROM entry)
        BEGIN SELECT raise(ABORT, 'entries do not change'); END""",
    *(
        f"CREATE TRIGGER {table}_fixed BEFORE UPDATE ON {table}"
        f" BEGIN SELECT raise(ABORT, 'what is booked does not change'); END"
        for table in _FIXED
    ),
    *(
        f"CREATE TRIGGER {table}_kept BEFORE DELETE ON {table} BEGIN SELECT raise(ABORT, 'what is booked is kept'); END"
        for table in _FIXED
    ),
)

CREATE = (*_BOOKS, *SUMS_1, *_GUARDS)

LEDGER = Kind(
    name="ledger",
    application=APPLICATION,
    version=VERSION,
    create=CREATE,
    is_logged=False,
    # What is committed is in the one file and on the disk, and its journal is empty, before anybody hears of it.
    settings=(
        "busy_timeout = 5000",
        "journal_mode = TRUNCATE",
        "synchronous = EXTRA",
        "foreign_keys = ON",
        "cell_size_check = ON",
        "cache_size = -8192",
    ),
    remedy="Take the last good backup: netmind ledger restore",
)
"""No write-ahead log: what is owed is worth the wait for the disk, and a copy of the file is all of it."""

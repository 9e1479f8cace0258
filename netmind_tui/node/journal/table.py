"""The tables of the journal's file, and what keeps them honest: nothing is changed, and only the oldest goes."""

from netmind_tui.database import Kind

_CREATE = (
    """CREATE TABLE event (
        id INTEGER PRIMARY KEY,
        at_ms INTEGER NOT NULL,
        kind TEXT NOT NULL,
        device TEXT,
        body BLOB NOT NULL
    ) STRICT""",
    "CREATE INDEX event_at ON event (at_ms)",
    # Events below it are too old and may go; it only grows.
    "CREATE TABLE kept (only_one INTEGER PRIMARY KEY CHECK (only_one = 1), from_id INTEGER NOT NULL) STRICT",
    "INSERT INTO kept VALUES (1, 0)",
    """CREATE TRIGGER event_order BEFORE INSERT ON event WHEN NEW.id <= (SELECT coalesce(max(id), 0) FROM event)
        BEGIN SELECT raise(ABORT, 'events are appended'); END""",
    "CREATE TRIGGER event_fixed BEFORE UPDATE ON event BEGIN SELECT raise(ABORT, 'events do not change'); END",
    """CREATE TRIGGER event_kept BEFORE DELETE ON event WHEN OLD.id >= (SELECT from_id FROM kept)
        BEGIN SELECT raise(ABORT, 'events are kept'); END""",
    """CREATE TRIGGER kept_grows BEFORE UPDATE ON kept WHEN NEW.from_id < OLD.from_id
        BEGIN SELECT raise(ABORT, 'what is kept shrinks from its oldest end'); END""",
    # A table for each step and a row for all devices: rows are then only ever added at the end, and pages are full.
    "CREATE TABLE step_10 (start_s INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT",
    "CREATE TABLE step_60 (start_s INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT",
    "CREATE TABLE step_900 (start_s INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT",
    # A replaced card is another number: what was of the old one stays its own.
    """CREATE TABLE device (number INTEGER PRIMARY KEY, id TEXT NOT NULL, uuid TEXT NOT NULL, UNIQUE (id, uuid))
        STRICT""",
)

JOURNAL = Kind(name="journal", application=0x4E4D4A4C, version=1, create=_CREATE)
"""``NMJL`` in the header of the file: whose it is."""

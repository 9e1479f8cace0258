"""The tables of the metered intervals: small rows, never changed, and what is open beside them."""

from netmind_tui.database import Kind

_CREATE = (
    # One opening of the file for writing; its random word makes names unique, whatever is copied or begun anew.
    "CREATE TABLE run (number INTEGER PRIMARY KEY, word TEXT NOT NULL UNIQUE) STRICT",
    """CREATE TABLE subject (
        number INTEGER PRIMARY KEY,
        device TEXT NOT NULL,
        uuid TEXT NOT NULL,
        activity TEXT NOT NULL,
        workload TEXT NOT NULL,
        instance TEXT NOT NULL,
        UNIQUE (instance, device, uuid, activity, workload)
    ) STRICT""",
    """CREATE TABLE manner (
        number INTEGER PRIMARY KEY,
        cut_by TEXT NOT NULL,
        method TEXT NOT NULL,
        absent TEXT NOT NULL,
        UNIQUE (cut_by, method, absent)
    ) STRICT""",
    """CREATE TABLE interval (
        number INTEGER PRIMARY KEY,
        run INTEGER NOT NULL REFERENCES run,
        place INTEGER NOT NULL,
        subject INTEGER NOT NULL REFERENCES subject,
        start_ms INTEGER NOT NULL,
        wall_ms INTEGER NOT NULL,
        duration_ms INTEGER NOT NULL CHECK (duration_ms >= 0),
        cpu_ms INTEGER,
        energy_mj INTEGER,
        energy_ms INTEGER NOT NULL CHECK (energy_ms BETWEEN 0 AND duration_ms),
        manner INTEGER NOT NULL REFERENCES manner,
        UNIQUE (run, place)
    ) STRICT""",
    "CREATE INDEX interval_start ON interval (start_ms)",
    # What is not over yet: a row a device, written over.
    "CREATE TABLE open (device TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT, WITHOUT ROWID",
    # Intervals below it are too old and may go; it only grows.
    "CREATE TABLE kept (only_one INTEGER PRIMARY KEY CHECK (only_one = 1), from_number INTEGER NOT NULL) STRICT",
    "INSERT INTO kept VALUES (1, 0)",
    """CREATE TRIGGER interval_order BEFORE INSERT ON interval
        WHEN NEW.number <= (SELECT max((SELECT coalesce(max(number), 0) FROM interval), from_number - 1) FROM kept)
        BEGIN SELECT raise(ABORT, 'intervals are appended'); END""",
    """CREATE TRIGGER interval_fixed BEFORE UPDATE ON interval
        BEGIN SELECT raise(ABORT, 'intervals do not change'); END""",
    """CREATE TRIGGER interval_kept BEFORE DELETE ON interval WHEN OLD.number >= (SELECT from_number FROM kept)
        BEGIN SELECT raise(ABORT, 'intervals are kept'); END""",
    """CREATE TRIGGER kept_grows BEFORE UPDATE ON kept WHEN NEW.from_number < OLD.from_number
        BEGIN SELECT raise(ABORT, 'what is kept shrinks from its oldest end'); END""",
    "CREATE TRIGGER run_fixed BEFORE UPDATE ON run BEGIN SELECT raise(ABORT, 'names do not change'); END",
    "CREATE TRIGGER run_kept BEFORE DELETE ON run BEGIN SELECT raise(ABORT, 'names are kept'); END",
    "CREATE TRIGGER subject_fixed BEFORE UPDATE ON subject BEGIN SELECT raise(ABORT, 'subjects do not change'); END",
    "CREATE TRIGGER subject_kept BEFORE DELETE ON subject BEGIN SELECT raise(ABORT, 'subjects are kept'); END",
    "CREATE TRIGGER manner_fixed BEFORE UPDATE ON manner BEGIN SELECT raise(ABORT, 'manners do not change'); END",
    "CREATE TRIGGER manner_kept BEFORE DELETE ON manner BEGIN SELECT raise(ABORT, 'manners are kept'); END",
    # For people with a shell of SQLite's.
    """CREATE VIEW intervals AS SELECT interval.number AS number, run.word || '-' || place AS id, device, uuid,
        activity, workload, instance, start_ms, start_ms + wall_ms AS end_ms, duration_ms, cpu_ms, energy_mj,
        energy_ms, method, absent, cut_by FROM interval JOIN run ON run.number = run
        JOIN subject ON subject.number = subject JOIN manner ON manner.number = manner""",
)

METERING = Kind(name="metering", application=0x4E4D4D54, version=1, create=_CREATE)
"""``NMMT`` in the header of the file: whose it is."""

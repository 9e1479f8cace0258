"""What was appended stays, in order and unchanged; a full disk, a kill and a foreign file lose nothing."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from netmind_tui.model.event import EventKind
from netmind_tui.model.problem import Problem
from netmind_tui.node.journal.reader import Reader
from netmind_tui.node.journal.store import KEPT, Journal


def raw(path: Path) -> closing:
    return closing(sqlite3.connect(path, isolation_level=None))


def child(program: str, *arguments: object) -> subprocess.Popen:
    head = """
        import sys
        from pathlib import Path
        from netmind_tui.model.event import Event, EventKind
        from netmind_tui.node.journal.store import Journal
        path = Path(sys.argv[1])
        def event(number):
            return Event(at="2026-11-27T18:00:00.000Z", kind=EventKind.WORK_ENDED, sentence=f"{number} " + "x" * 300)
    """
    text = textwrap.dedent(head) + textwrap.dedent(program)
    words = [sys.executable, "-c", text, *(str(each) for each in arguments)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)


def test_events_get_ids_that_grow_by_one_and_come_back_as_they_were(journal, made):
    told = made.event(0, device="gpu:0", exit=9, until=None, ok=True, share=0.5)
    assert journal.append([told, made.event(1)]) == (1, 2)
    assert journal.append([made.event(2)]) == (3,)
    first, *rest = journal.events()
    assert (first.id, first.at, first.device, first.data) == (1, told.at, "gpu:0", told.data)
    assert (first.sentence, first.boot, first.uptime_s) == (told.sentence, "b", 1.5)
    assert [each.id for each in rest] == [2, 3]


def test_ids_go_on_after_the_journal_was_closed(path, made):
    with closing(Journal.open(path)) as journal:
        journal.append([made.event()] * 3)
    with closing(Journal.open(path)) as journal:
        assert journal.append([made.event()]) == (4,)


def test_events_are_found_by_id_time_device_and_kind(journal, made):
    lost, back = EventKind.DEVICE_LOST, EventKind.DEVICE_BACK
    journal.append([made.event(n, lost if n % 2 else back, f"gpu:{n % 3}") for n in range(12)])

    def ids(**asked: object) -> list[int]:
        return [each.id for each in journal.events(**asked)]

    assert ids(after=10) == [11, 12]
    assert ids(since=made.at(9), until=made.at(11)) == [10, 11]
    assert ids(device="gpu:0", kinds=[lost]) == [4, 10]
    assert ids(device=("gpu:0", "gpu:1"), limit=2) == [1, 2]
    assert ids(limit=2, newest=True) == [11, 12]


def test_the_last_event_of_each_kind_and_device_before_a_moment_is_found(journal, made):
    journal.append([made.decided(n, "idle", f"c{n}", f"gpu:{n % 2}") for n in range(6)])
    found = journal.last_before(made.at(4), [EventKind.DECISION_CHANGED])
    assert [(each.device, each.data["code"]) for each in found] == [("gpu:0", "c2"), ("gpu:1", "c3")]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE event SET kind = 'work-ended'",
        "DELETE FROM event WHERE id = 1",
        "INSERT INTO event VALUES (1, 0, 'work-ended', NULL, x'7b7d')",
        "INSERT INTO event VALUES (9, 'soon', 'work-ended', NULL, x'7b7d')",
    ],
)
def test_nothing_that_was_written_can_be_changed(journal, made, path, statement):
    journal.append([made.event(), made.event()])
    with raw(path) as other, pytest.raises(sqlite3.IntegrityError):
        other.execute(statement)
    assert len(journal.events()) == 2


def test_what_is_kept_never_grows_backwards(path, journal):
    with raw(path) as other:
        other.execute("UPDATE kept SET from_id = 5")
        with pytest.raises(sqlite3.IntegrityError, match="oldest"):
            other.execute("UPDATE kept SET from_id = 4")
    assert journal.last_id() == 0


def test_the_file_is_its_users_alone(journal, path):
    assert journal.last_id() == 0
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0


def test_events_of_400_days_stay_and_older_ones_go_a_day_at_a_time(path, made):
    now = made.START + KEPT + timedelta(days=10)
    with closing(Journal.open(path, clock=lambda: now)) as journal:
        journal.append([made.event(n * 43_200) for n in range(40)])
        assert journal.prune() == 2
        while journal.prune():
            pass
        assert journal.events()[0].at.startswith("2026-12-07T18:00")


def test_a_clock_that_is_wrong_by_decades_takes_a_day_and_not_the_year(path, made):
    with closing(Journal.open(path, clock=lambda: made.START + timedelta(days=20_000))) as journal:
        journal.append([made.event(n * 43_200) for n in range(40)])
        journal.prune()
        assert len(journal.events()) == 38


def test_too_many_events_lose_the_oldest(journal, made, monkeypatch):
    monkeypatch.setattr("netmind_tui.node.journal.store.MOST_EVENTS", 10)
    journal.append([made.event(n) for n in range(25)])
    assert journal.prune() == 15
    assert journal.append([made.event(30)]) == (26,)


def test_another_process_reads_while_the_agent_writes(path):
    writer = child(
        "journal = Journal.open(path)\nwhile True:\n    print(*journal.append([event(0)]), flush=True)", path
    )
    try:
        writer.stdout.readline()
        seen = 0
        with closing(Reader(path)) as reader:
            for _ in range(30):
                acknowledged = int(writer.stdout.readline())
                ids = [each.id for each in reader.events()]
                assert ids == list(range(1, len(ids) + 1))
                assert len(ids) >= max(seen, acknowledged)
                seen = len(ids)
    finally:
        writer.kill()
        writer.communicate()


def test_no_acknowledged_event_is_lost_when_the_agent_is_killed_at_any_moment(path):
    chance, acknowledged = random.Random(7), 0
    for _ in range(6):
        writer = child(
            "journal = Journal.open(path)\nwhile True:\n    print(*journal.append([event(0)] * 3), flush=True)", path
        )
        for _ in range(chance.randrange(1, 60)):
            acknowledged = int(writer.stdout.readline().split()[-1])
        os.kill(writer.pid, signal.SIGKILL)
        # What it had said before it died counts too.
        rest = [line for line in writer.communicate()[0].splitlines() if len(line.split()) == 3]
        acknowledged = int(rest[-1].split()[-1]) if rest else acknowledged
        with closing(Reader(path, whole=True)) as reader:
            ids = [each.id for each in reader.events()]
        assert ids == list(range(1, len(ids) + 1))
        assert len(ids) >= acknowledged
        assert len(ids) % 3 == 0


def test_on_a_full_disk_events_wait_in_memory_and_are_written_when_there_is_room(path):
    program = """
        import json, resource
        told = []
        journal = Journal.open(path, told=told.append)
        first = journal.append([event(0)])
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
        number = 0
        while journal.degraded is None:
            number += 1
            journal.append([event(number)])
        sentence = journal.degraded
        waited = journal.append([event(number + 1), event(number + 2)])
        seen = [each.id for each in journal.events()]
        stuck = journal.flush()
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        after = journal.append([event(number + 3)])
        last = journal.last_id()
        journal.close()
        print(json.dumps({"sentence": sentence, "stuck": stuck, "waited": waited, "after": after, "last": last,
            "seen": seen, "told": [[each.id, each.kind, each.data["state"]] for each in told], "number": number}))
    """
    done = child(program, path)

    found = json.loads(done.communicate()[0])
    assert "stay in memory" in found["sentence"]
    assert not found["stuck"]
    with closing(Reader(path, whole=True)) as reader:
        events = reader.events()
    assert [each.id for each in events] == list(range(1, found["last"] + 1))
    assert found["seen"] == list(range(1, found["waited"][-1] + 1))
    words = [each.sentence.split()[0] for each in events if each.kind is EventKind.WORK_ENDED]
    assert words == [
        str(number) for number in (*range(found["number"] + 1), *range(found["number"] + 1, found["number"] + 4))
    ]
    degraded = [each for each in events if each.kind is EventKind.JOURNAL_DEGRADED]
    assert [[each.id, each.kind, each.data["state"]] for each in degraded] == found["told"]
    assert [each.data["state"] for each in degraded] == ["began", "ended"]


def test_memory_is_bounded_while_nothing_can_be_written(journal, made, path, monkeypatch):
    monkeypatch.setattr("netmind_tui.database._BUSY_MS", 0)
    journal._waits._events = type(journal._waits._events)(maxlen=20)
    journal._writer.execute("PRAGMA busy_timeout = 0")
    with raw(path) as other:
        other.execute("BEGIN IMMEDIATE")
        for n in range(50):
            journal.append([made.event(n)])
        assert "another process holds it" in journal.degraded
        assert len(journal.events()) == 20
        other.execute("ROLLBACK")
    assert journal.flush()
    assert journal.degraded is None
    ended = journal.events()[-1]
    assert (ended.data["state"], ended.data["waited"], ended.data["lost"]) == ("ended", 20, 31)


def test_a_second_writer_is_refused_and_nothing_is_lost(path, made):
    with closing(Journal.open(path)) as one, closing(Journal.open(path)) as two:
        one.append([made.event()])
        with pytest.raises(Problem, match="another process writes it"):
            two.append([made.event()])


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda path: path.write_bytes(b"not a database, but a long text" * 100), "is no journal"),
        (lambda path: raw_run(path, "CREATE TABLE mine (x)"), "is no journal of netmind"),
        (lambda path: raw_run(path, "PRAGMA user_version = 9", like_ours=True), "version 9.*update netmind"),
        (lambda path: path.mkdir(), "is no file"),
    ],
)
def test_a_file_that_is_not_ours_is_refused_and_not_touched(path, make, sentence):
    path.parent.mkdir()
    make(path)
    before = path.read_bytes() if path.is_file() else None
    for open_it in (Journal.open, Reader):
        with pytest.raises(Problem, match=sentence) as caught:
            open_it(path)
        assert str(path) in caught.value.sentence
    assert (path.read_bytes() if path.is_file() else None) == before


def raw_run(path: Path, statement: str, *, like_ours: bool = False) -> None:
    if like_ours:
        Journal.open(path).close()
    with raw(path) as other:
        other.execute(statement)
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def test_a_damaged_file_is_said_to_be_and_not_touched(path, made):
    with closing(Journal.open(path)) as journal:
        journal.append([made.event(n) for n in range(2000)])
    with raw(path) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 20_000] = b"\xa5" * 20_000
    path.write_bytes(data)
    with pytest.raises(Problem, match=r"is damaged .*Move it elsewhere"):
        Journal.open(path)
    assert path.read_bytes() == data


def test_a_missing_journal_is_said_with_what_writes_one(path):
    with pytest.raises(Problem, match="there is no journal yet; an agent writes one: netmind agent run"):
        Reader(path)
    assert not path.parent.exists()


def test_an_event_of_a_newer_version_is_passed_over(journal, made, path):
    journal.append([made.event()])
    with raw(path) as other:
        other.execute("INSERT INTO event VALUES (2, 0, 'never-heard-of', NULL, x'7b7d')")
    assert [each.id for each in journal.events()] == [1]


def test_threads_append_and_read_at_once_without_losing_any(journal, made):
    def append() -> None:
        for n in range(20):
            journal.append([made.event(n)])
            journal.events(limit=5)

    threads = [threading.Thread(target=append) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert [each.id for each in journal.events()] == list(range(1, 81))

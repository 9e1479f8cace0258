"""What was metered stays, once and unchanged; a full disk, a kill and a foreign file lose nothing."""

import itertools
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from netmind_tui.database import Unwritten
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.metering import Activity, CutBy, EnergyMethod, Interval
from netmind_tui.model.problem import Problem
from netmind_tui.node.agent.clock import Moment
from netmind_tui.node.meter import opening, outbox
from netmind_tui.node.meter import store as store_module
from netmind_tui.node.meter.meter import Meter
from netmind_tui.node.meter.reader import Reader
from netmind_tui.node.meter.store import KEPT, Store
from netmind_tui.node.work.instance import Ended, Left

START = datetime(2026, 11, 27, 18, 0, tzinfo=UTC)


def raw(path: Path) -> closing:
    return closing(sqlite3.connect(path, isolation_level=None))


def interval(name: str, minutes: float = 0, **more: object) -> Interval:
    start = START + timedelta(minutes=minutes)
    one = Interval(
        id=name,
        device="gpu:0",
        activity=Activity.WORK,
        workload="llm",
        instance="n1",
        start=start,
        end=start + timedelta(minutes=1),
        duration_ms=60_000,
    )
    return replace(one, **more)


def put(kept: Store, count: int, **more: object) -> list[Interval]:
    made = [interval(kept.new_id(), n, **more) for n in range(count)]
    kept.put(made, {})
    return made


def test_an_interval_comes_back_as_it_was(store):
    whole = interval(
        store.new_id(),
        uuid="GPU-5eed",
        cpu_s=12.345,
        energy_j=1_234_567.891,
        energy_ms=60_000,
        energy_method=EnergyMethod.NVML_ENERGY,
        cut_by=CutBy.SLOT,
    )
    bare = Interval(
        id=store.new_id(),
        device="cpu",
        activity=Activity.READY,
        start=START,
        end=START,
        duration_ms=1,
        energy_absent="not-supported",
    )
    store.put([whole, bare], {})
    assert store.intervals().intervals == (whole, bare)


def test_what_is_written_twice_is_there_once(store):
    made = put(store, 3)
    store.put(made, {})
    store.put([*made, interval(store.new_id())], {})
    assert len(store.intervals().intervals) == 4


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE interval SET duration_ms = 1",
        "DELETE FROM interval WHERE number = 1",
        "DELETE FROM interval",
        "INSERT INTO interval SELECT 1, run, 9, subject, 0, 0, 0, 0, 0, 0, manner FROM interval WHERE number = 1",
        "INSERT INTO interval SELECT 9, run, place, subject, 0, 0, 0, 0, 0, 0, manner FROM interval WHERE number = 1",
        "INSERT INTO interval SELECT 9, run, 9, subject, 0, 0, 0.5, 0, 0, 0, manner FROM interval WHERE number = 1",
        "INSERT INTO interval SELECT 9, run, 9, subject, 0, 0, 5, 0, 0, 6, manner FROM interval WHERE number = 1",
        "UPDATE run SET word = 'x'",
        "DELETE FROM run",
        "UPDATE subject SET device = 'gpu:1'",
        "DELETE FROM subject",
        "UPDATE manner SET method = 'user'",
        "DELETE FROM manner",
    ],
)
def test_nothing_that_was_written_can_be_changed(store, world, statement):
    made = put(store, 2)
    with raw(world.path) as other, pytest.raises(sqlite3.IntegrityError):
        other.execute(statement)
    assert list(store.intervals().intervals) == made


def test_names_and_numbers_go_on_after_the_file_was_closed(world):
    with closing(Store(world.path)) as one:
        put(one, 3)
    with closing(Store(world.path)) as two:
        put(two, 2)
        assert len({each.id for each in two.intervals().intervals}) == 5
        assert two.last_number() == 5


def test_intervals_of_two_years_stay_and_older_ones_go_a_day_at_a_time(store):
    made = put(store, 40)
    late = [replace(each, id=store.new_id(), start=each.start + timedelta(days=40)) for each in made]
    store.put(late, {})
    assert store.prune(START + KEPT - timedelta(days=1)) == 0
    assert store.prune(START + KEPT + timedelta(days=30)) == 40
    assert store.prune(START + KEPT + timedelta(days=41)) == 40
    put(store, 1)
    assert store.last_number() == 81


def test_a_clock_that_is_wrong_by_decades_takes_a_day_and_not_the_year(store):
    store.put([interval(store.new_id(), 720 * n) for n in range(40)], {})
    assert store.prune(START + timedelta(days=20_000)) == 2


def test_too_many_intervals_lose_the_oldest(store, monkeypatch):
    monkeypatch.setattr("netmind_tui.node.meter.store.MOST", 10)
    put(store, 25)
    assert store.prune(START) == 15


def test_the_file_is_its_users_alone(store, world):
    assert store.last_number() == 0
    assert world.path.stat().st_mode & 0o077 == 0


def test_a_second_writer_is_refused_and_the_first_goes_on(store, world):
    with pytest.raises(Problem, match=r"another process writes it: pid \d+"):
        Store(world.path)
    put(store, 1)
    with closing(Reader(world.path)) as reader:
        assert reader.last_number() == 1


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda path: path.write_bytes(b"not a database, but a long text" * 100), "is no metering"),
        (lambda path: run(path, "CREATE TABLE mine (x)"), "is no metering of netmind"),
        (lambda path: (Store(path).close(), run(path, "PRAGMA user_version = 9")), "version 9.*update netmind"),
        (lambda path: path.mkdir(), "is no file"),
    ],
)
def test_a_file_that_is_not_ours_is_refused_and_not_touched(world, make, sentence):
    world.path.parent.mkdir()
    make(world.path)
    before = world.path.read_bytes() if world.path.is_file() else None
    for open_it in (Store, Reader):
        with pytest.raises(Problem, match=sentence):
            open_it(world.path)
    assert (world.path.read_bytes() if world.path.is_file() else None) == before


def run(path: Path, statement: str) -> None:
    with raw(path) as other:
        other.execute(statement)
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def test_a_damaged_file_is_moved_aside_and_told_and_the_next_one_repeats_no_name(world):
    with closing(Store(world.path)) as one:
        before = {each.id for each in put(one, 2000)}
    data = bytearray(world.path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 20_000] = b"\xa5" * 20_000
    world.path.write_bytes(data)
    with opening.opened(world.path) as there:
        assert "what was metered could not be read and is kept as meter.damaged-" in there.told
        assert not before & {each.id for each in put(there.store, 2000)}
        assert there.store.degraded is None
    (moved,) = world.path.parent.glob("meter.damaged-*.db")
    assert moved.read_bytes() == data


def test_a_file_with_a_word_that_nobody_wrote_is_damaged(world):
    with closing(Store(world.path)) as one:
        put(one, 3)
    data = world.path.read_bytes()
    world.path.write_bytes(data.replace(b"gpu:0work", b"gpu:0gork"))
    with opening.opened(world.path) as there:
        assert "damaged ('gork'" in there.told
        Meter(there.store, world).take_up((), world.moment())
        assert there.store.intervals().intervals == ()


def take_away(path: Path) -> None:
    path.unlink()


def replace_with_another(path: Path) -> None:
    with closing(Store(path.with_name("other.db"))) as other:
        put(other, 1)
    path.with_name("other.db").replace(path)


def take_all_away(path: Path) -> None:
    shutil.rmtree(path.parent)


@pytest.mark.parametrize("loses", [take_away, replace_with_another, take_all_away])
def test_a_file_that_is_taken_away_is_written_again_with_all_that_it_had(world, store, loses):
    made = put(store, 3)
    run(world.path, "SELECT 1")  # none of it is in the log any more
    loses(world.path)
    made += put(store, 2)
    assert [each.id for each in store.intervals().intervals] == [each.id for each in made]
    # As after a kill: another one reads what is on the disk.
    with closing(Reader(world.path, whole=True)) as reader:
        assert [each.id for each in reader.intervals().intervals] == [each.id for each in made]
    assert len(list(world.path.parent.glob("meter.damaged-*.db"))) == (loses is replace_with_another)


def test_without_room_to_write_it_again_what_is_worked_waits(world, store, monkeypatch):
    made = put(store, 1)
    world.path.unlink()
    monkeypatch.setattr(store_module, "copied", full)
    with pytest.raises(Unwritten, match="it was taken away: the disk is full"):
        put(store, 1)
    monkeypatch.undo()
    made += put(store, 1)
    assert [each.id for each in store.intervals().intervals] == [each.id for each in made]


def full(*_args: object) -> Path:
    raise Problem("the disk is full", ExitCode.UNMEASURED)


def test_a_file_that_is_cut_short_is_kept_beside_and_a_new_one_goes_on(world, store, monkeypatch):
    put(store, 500)
    run(world.path, "SELECT 1")
    monkeypatch.setattr(store_module, "base", lambda: 1000)
    os.truncate(world.path, 8192)
    (one,) = put(store, 1)
    page = store.intervals(after=500)
    assert ([each.id for each in page.intervals], page.next) == ([one.id], 1001)
    assert [each.stat().st_size for each in world.path.parent.glob("meter.damaged-*.db")] == [8192]


def test_a_file_that_is_damaged_while_it_is_written_is_kept_beside_and_a_new_one_goes_on(world, store):
    put(store, 2000)
    run(world.path, "SELECT 1")
    size = world.path.stat().st_size
    with world.path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (size - 4096))
    made = put(store, 3)
    assert [each.id for each in store.intervals().intervals] == [each.id for each in made]
    assert len(list(world.path.parent.glob("meter.damaged-*.db"))) == 1


def test_the_log_of_a_file_that_is_gone_is_no_part_of_a_new_one(world):
    child = KILLED_WRITER.replace("PATH", str(world.path))
    subprocess.run([sys.executable, "-c", child], check=False)
    assert world.path.with_name("meter.db-wal").stat().st_size > 0
    world.path.unlink()
    with closing(Store(world.path)) as new:
        assert new.checkpoints() == ()


KILLED_WRITER = """
import os, signal
from pathlib import Path
from netmind_tui.node.meter.piece import Checkpoint
from netmind_tui.node.meter.store import Store
store = Store(Path("PATH"))
store.put([], {"cpu": Checkpoint(boot="one", pieces=())})
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_numbers_go_on_in_a_file_that_is_begun_anew(world, monkeypatch):
    after = 0
    for seconds in (1000, 2000, 3000):
        monkeypatch.setattr(store_module, "base", lambda seconds=seconds: seconds)
        with closing(Store(world.path)) as one:
            made = put(one, 3)
            page = one.intervals(after=after)
            assert [each.id for each in page.intervals] == [each.id for each in made]
            after = page.next
        world.path.unlink()


def test_without_room_for_a_new_one_it_is_kept_in_memory_and_said(world, monkeypatch):
    class Full(Store):
        def __init__(self, path):
            if path == world.path:
                raise Problem(f"{path}: the disk is full", ExitCode.UNMEASURED)
            super().__init__(path)

    monkeypatch.setattr(opening, "Store", Full)
    with opening.opened(world.path) as there:
        put(there.store, 1)
        assert "the disk is full" in Meter(there.store, world).degraded
        assert there.store.last_number() == 1
    assert not world.path.exists()


def test_once_there_is_room_what_was_kept_in_memory_is_where_it_belongs(world, monkeypatch):
    """An agent was killed, the next one finds no room, and then there is some."""
    with closing(Store(world.path)) as store:
        one = Meter(store, world)
        one.take_up((), world.moment())
        one.turned("cpu", Activity.WORK, workload="llm", number="n1", now=world.moment())
        one.look(world.pass_s(10), world.sample(), lambda _number: None)
        one.save()
    world.pass_s(2)
    has_room = False

    class Full(Store):
        def __init__(self, path):
            if path == world.path and not has_room:
                raise Problem(f"{path}: the disk is full", ExitCode.UNMEASURED)
            super().__init__(path)

    monkeypatch.setattr(opening, "Store", Full)
    monkeypatch.setattr(store_module, "Store", Full)
    monkeypatch.setattr(store_module, "HOME_S", 0.0)
    with opening.opened(world.path) as there:
        two = Meter(there.store, world)
        two.take_up((Left(key="llm", number="n1", ended=ENDED, boot="boot-1"),), world.moment())
        turns(two, world, 4)
        two.save()
        assert "the disk is full): it is kept in memory until there is room, and lost" in two.degraded
        assert two.today().duration_ms == 1000
        turns(two, world, 2)
        has_room = True
        two.save()
        assert two.degraded is None
        found = there.store.intervals().intervals
        work = [each.duration_ms for each in found if each.activity is Activity.WORK]
        assert sorted(work) == [1000, 1000, 11_000]
        assert two.today().duration_ms == sum(work)
        turns(two, world, 2)
        two.end(world.pass_s(1))
        two.save()
    with closing(Reader(world.path)) as reader:
        found = reader.intervals().intervals
        assert len({each.id for each in found}) == len(found)
        work = [each.duration_ms for each in found if each.activity is Activity.WORK]
        assert sorted(work) == [1000, 1000, 1000, 1000, 11_000]


ENDED = Ended(how="stopped", lasted_s=11.0, at_boottime_s=1011.0)


def turns(meter: Meter, world, count: int) -> None:
    for n in range(count):
        doing = Activity.WORK if n % 2 else Activity.READY
        meter.turned("cpu", doing, now=world.pass_s(1))
        meter.look(world.moment(), world.sample(), lambda _number: None)


def test_what_cannot_be_written_waits_in_memory_and_is_written_when_it_can(world, store):
    meter = Meter(store, world)
    meter.take_up((), world.moment())
    store._writer.execute("PRAGMA busy_timeout = 0")
    with raw(world.path) as other:
        other.execute("BEGIN IMMEDIATE")
        turns(meter, world, 30)
        meter.save()
        assert "another process holds it" in meter.degraded
        assert "29 intervals wait in memory" in meter.degraded
        turns(meter, world, 1)
        assert not meter.is_due
        meter.look(world.pass_s(5), world.sample(), lambda _number: None)
        assert meter.is_due
        other.execute("ROLLBACK")
    meter.save()
    assert meter.degraded is None
    assert len(store.intervals().intervals) == 30


def test_memory_is_bounded_and_what_is_given_up_is_counted(world, store, monkeypatch):
    monkeypatch.setattr(outbox, "MOST", 10)
    meter = Meter(store, world)
    meter.take_up((), world.moment())
    monkeypatch.setattr(store, "put", refuse)
    turns(meter, world, 30)
    meter.save()
    assert meter.degraded.endswith("10 intervals wait in memory; 19 intervals were given up")
    monkeypatch.undo()
    meter.save()
    assert [each.duration_ms for each in store.intervals().intervals] == [1000] * 10


def refuse(*_rows):
    raise Unwritten("the disk is full")


def test_checkpoints_do_not_make_the_file_grow(world, store):
    meter = Meter(store, world)
    meter.take_up((), world.moment())
    meter.turned("gpu:0", Activity.WORK, uuid="GPU-0", workload="llm", number="n", now=world.moment())
    sizes = set()
    for n in range(60):
        meter.look(world.pass_s(5), world.counted(), lambda _number: None)
        meter.save()
        if n == 5:
            before = world.path.stat().st_size
    with raw(world.path) as other:
        assert other.execute("SELECT count(*) FROM open").fetchone() == (1,)
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    sizes.add(world.path.stat().st_size)
    assert max(sizes) - before <= 8192


def test_what_is_not_open_any_more_leaves_no_row(world, store):
    meter = Meter(store, world)
    meter.take_up((), world.moment())
    turns(meter, world, 1)
    meter.save()
    assert len(store.checkpoints()) == 1
    meter.turned("cpu", None, now=world.pass_s(1))
    meter.look(world.moment(), world.sample(), lambda _number: None)
    meter.save()
    assert store.checkpoints() == ()


def test_a_row_of_what_was_open_that_cannot_be_understood_is_passed_over(world):
    with closing(Store(world.path)) as one, raw(world.path) as other:
        one.put([], {})
        other.execute("INSERT INTO open VALUES ('gpu:0', x'7b7d'), ('gpu:1', x'00')")
    with closing(Store(world.path)) as two:
        assert two.checkpoints() == ()


def child(program: str, *arguments: object) -> subprocess.Popen:
    head = """
        import sys
        from datetime import UTC, datetime, timedelta
        from pathlib import Path
        from netmind_tui.model.metering import Activity
        from netmind_tui.model.sample import HostSample, Sample
        from netmind_tui.node.agent.clock import SystemClock
        from netmind_tui.node.meter.meter import Meter
        from netmind_tui.node.meter.store import Store
        store = Store(Path(sys.argv[1]))
        clock = SystemClock()
        meter = Meter(store, clock)
        meter.take_up((), clock.moment())
        sample = Sample(at="", host=HostSample())
        def turn(number, last=[0]):
            now = clock.moment()
            while round(now.monotonic_s * 1000) <= last[0]:
                now = clock.moment()
            last[0] = round(now.monotonic_s * 1000)
            meter.turned("cpu", Activity.WORK, workload="w", number=f"n{number}", now=now)
            meter.look(now, sample, lambda _number: None)
            meter.save()
    """
    words = [sys.executable, "-c", textwrap.dedent(head) + textwrap.dedent(program), *map(str, arguments)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)


def test_no_saved_interval_is_lost_or_comes_twice_when_the_agent_is_killed_at_any_moment(world):
    chance, said = random.Random(7), set()
    for round_ in range(5):
        program = f"""
            number = 0
            while True:
                number += 1
                turn(f"{round_}-{{number}}")
                print(f"{round_}-{{number}}", flush=True)
        """
        writer = child(program, world.path)
        for _ in range(chance.randrange(1, 40)):
            said.add(f"n{writer.stdout.readline().strip()}")
        os.kill(writer.pid, signal.SIGKILL)
        said |= {f"n{line}" for line in writer.communicate()[0].splitlines() if line}
    with closing(Store(world.path)) as last:
        meter = Meter(last, world)
        meter.take_up((), moment())
        meter.save()
        found = last.intervals(limit=100_000).intervals
    assert len({each.id for each in found}) == len(found)
    assert len({each.instance for each in found}) == len(found)
    # The one that was open at the kill had had no time yet, if it was not looked at since.
    assert len(said - {each.instance for each in found}) <= 5
    ordered = sorted(found, key=lambda each: each.start)
    assert all(before.end <= after.start for before, after in itertools.pairwise(ordered))


def moment() -> Moment:
    return Moment(at=datetime.now(UTC), monotonic_s=0, uptime_s=0, boot="another", zone="UTC")


def test_on_a_full_disk_intervals_wait_and_none_is_lost(world):
    program = """
        import json, resource
        turn(0)
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
        number = 0
        while meter.degraded is None:
            number += 1
            turn(number)
        sentence = meter.degraded
        for more in range(5):
            turn(number + 1 + more)
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        turn(number + 6)
        print(json.dumps({"sentence": sentence, "after": meter.degraded, "number": number + 6}))
        meter.end(clock.moment())
        meter.save()
        store.close()
    """
    found = json.loads(child(program, world.path).communicate()[0])
    assert "cannot be written" in found["sentence"]
    assert found["after"] is None
    with closing(Reader(world.path, whole=True)) as reader:
        got = [each.instance for each in reader.intervals(limit=100_000).intervals]
    assert set(got) >= {f"n{each}" for each in range(found["number"])}
    assert len(got) == len(set(got))


def test_a_read_only_file_is_said_and_changes_nothing(world, store):
    meter = Meter(store, world)
    meter.take_up((), world.moment())
    store._writer.execute("PRAGMA query_only = 1")
    turns(meter, world, 3)
    meter.save()
    assert "cannot be written" in meter.degraded
    store._writer.execute("PRAGMA query_only = 0")
    meter.save()
    assert meter.degraded is None
    assert len(store.intervals().intervals) == 2


def test_kept_is_two_years_at_least():
    assert timedelta(days=731) <= KEPT


def test_a_fault_of_its_own_is_said_and_goes_no_further(world, store, monkeypatch, caplog):
    meter = Meter(store, world)
    meter.take_up((), world.moment())
    turns(meter, world, 3)
    monkeypatch.setattr(store, "put", lambda *_rows: 1 / 0)
    meter.save()
    assert "a fault of its own" in meter.degraded
    assert "ZeroDivisionError" in caplog.text
    monkeypatch.undo()
    meter.save()
    assert meter.degraded is None
    assert len(store.intervals().intervals) == 2


def test_a_file_that_cannot_be_read_at_the_start_keeps_nobody_from_working(world, store, monkeypatch, caplog):
    def fails(*_asked):
        raise Problem(f"{world.path}: the disk takes no more, or fails", ExitCode.UNMEASURED)

    monkeypatch.setattr(store, "_all", fails)
    meter = Meter(store, world)
    meter.take_up((), world.moment())
    assert "cannot be read" in caplog.text
    turns(meter, world, 3)
    monkeypatch.undo()
    meter.save()
    assert len(store.intervals().intervals) == 2

"""What programs say is kept within its bounds, whatever comes, and its end can be read."""

import os
import select
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmind_tui.node.work.log import tail
from netmind_tui.node.work.output import RATE_BYTES_PER_S, Log, Output
from netmind_tui.node.work.record import NAME, Record, read_record, settle

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="programs are supervised on Linux only")


def kept(folder) -> bytes:
    """All that is in the files, oldest first."""
    files = sorted(folder.glob("output.log*"), key=lambda path: int(path.suffix[1:]) if path.suffix != ".log" else 0)
    return b"".join(each.read_bytes() for each in reversed(files))


@settings(max_examples=50)
@given(pieces=st.lists(st.binary(max_size=3000), max_size=40), count=st.integers(1, 4))
def test_the_files_hold_the_end_of_what_was_said_and_no_more_than_they_may(tmp_path_factory, pieces, count):
    folder = tmp_path_factory.mktemp("log")
    log = Log(str(folder), 4096, count, 0.0)
    for each in pieces:
        log.write(each, 0.0)
    log._close()
    said = b"".join(pieces)
    assert said.endswith(kept(folder))
    assert len(list(folder.iterdir())) <= count
    assert all(each.stat().st_size <= 4096 for each in folder.iterdir())
    assert len(kept(folder)) >= min(len(said), (count - 1) * (4096 - 3000))
    assert (log.last, log.dropped_bytes) == (said[-4096:], 0)


def test_the_next_start_goes_on_in_the_same_files(tmp_path):
    for text in (b"one\n", b"two\n"):
        Log(str(tmp_path), 4096, 2, 0.0).write(text, 0.0)
    assert tail(tmp_path, 5)[0] == ("one", "two")


def test_a_log_that_is_full_from_before_is_rotated_at_once(tmp_path):
    (tmp_path / "output.log").write_bytes(b"x" * 5000)
    Log(str(tmp_path), 4096, 2, 0.0).write(b"new\n", 0.0)
    assert (tmp_path / "output.log").read_bytes() == b"new\n"
    assert (tmp_path / "output.log.1").stat().st_size == 5000


def test_what_cannot_be_written_is_counted_and_said_when_there_is_room_again(tmp_path):
    folder = tmp_path / "gone"
    log = Log(str(folder), 1 << 20, 2, 0.0)
    log.write(b"lost " * 2000, 0.0)
    assert log.dropped_bytes == 10_000
    folder.mkdir()
    log.write(b"too early\n", 0.5)
    assert not list(folder.iterdir())
    log.write(b"kept\n", 1.5)
    first, *_, last = kept(folder).split(b"\n")[:-1]
    missing = log.dropped_bytes
    assert (first, last) == (f"[{missing} bytes of output were not kept]".encode(), b"kept")
    assert 10_010 - missing == len(kept(folder)) - len(first) - len(b"\nkept\n")


def test_a_link_in_the_logs_place_is_not_followed(tmp_path):
    target = tmp_path / "owners"
    target.write_text("precious")
    (tmp_path / "output.log").symlink_to(target)
    log = Log(str(tmp_path), 4096, 2, 0.0)
    log.write(b"x", 0.0)
    assert (target.read_text(), log.dropped_bytes) == ("precious", 1)


def test_a_burst_is_kept_and_a_flood_by_its_rate(tmp_path):
    log = Log(str(tmp_path), 8192, 2, 0.0)
    assert log.has_room(0.0)
    log.write(b"x" * 8192, 0.0)
    assert not log.has_room(0.0)
    assert not log.has_room(-1.0 / RATE_BYTES_PER_S)
    assert log.has_room(0.1)


@pytest.mark.parametrize("word", ["the last word", ""])
def test_a_flood_is_thrown_away_unread_but_for_its_end(tmp_path, word):
    poll = select.poll()
    output = Output(Log(str(tmp_path), 4096, 2, 0.0), poll)
    os.set_blocking(output.inlet, False)
    written = 0
    for turn in range(20):
        try:
            while True:
                written += os.write(output.inlet, b"%07d\n" % turn * 8192)
        except BlockingIOError:
            pass
        output.pump(0.0)
        assert output.due_s is not None
        assert poll.poll(0) == []
    output.pump(0.0)
    assert output.due_s is None
    assert written > 10 << 20
    lost = output.log.dropped_bytes
    if word:
        os.write(output.inlet, f"{word}\n".encode())
    output.finish(10.0)
    lines, _ = tail(tmp_path, 400)
    assert lines[-2:] == ("0000019", word or "0000019")
    assert sum(each.stat().st_size for each in tmp_path.iterdir()) < 80_000
    assert lost > written - (1 << 20)


def test_the_end_is_read_over_all_files_and_lines_that_two_of_them_share(tmp_path):
    (tmp_path / "output.log.2").write_bytes(b"one\ntwo\nth")
    (tmp_path / "output.log.1").write_bytes(b"ree\nfo")
    (tmp_path / "output.log").write_bytes(b"ur\nfive\r\nsi")
    assert tail(tmp_path, 100) == (("one", "two", "three", "four", "five", "si"), 0)
    assert tail(tmp_path, 2)[0] == ("five", "si")
    assert tail(tmp_path, 4)[0] == ("three", "four", "five", "si")
    assert tail(tmp_path, 0)[0] == ()


def test_a_line_that_does_not_end_is_cut_and_bytes_that_are_no_text_are_replaced(tmp_path):
    (tmp_path / "output.log").write_bytes(b"x" * 100_000 + b"end\n\xff\0\x1b[31m\n" + b"y" * 20_000)
    lines, _ = tail(tmp_path, 3)
    assert [len(each) for each in lines] == [8192, 7, 8192]
    assert lines[0].endswith("xend")
    assert lines[1] == "�\0\x1b[31m"


def test_where_nothing_was_said_there_is_no_line(tmp_path):
    assert tail(tmp_path, 5) == ((), 0)
    assert tail(tmp_path / "none", 5) == ((), 0)


def test_what_was_not_kept_is_known_from_the_record(tmp_path):
    Record(str(tmp_path), {"dropped_bytes": 7}).close()
    assert tail(tmp_path, 5) == ((), 7)
    Record(str(tmp_path), {"dropped_bytes": "many"}).close()
    assert tail(tmp_path, 5) == ((), 0)


def test_a_record_keeps_its_length_and_always_fits(tmp_path):
    record = Record(str(tmp_path), {"number": "n"})
    length = (tmp_path / NAME).stat().st_size
    assert record.tell(last="ü\0" * 5000, cpu_s=1.0)
    assert read_record(str(tmp_path)) == {"number": "n", "cpu_s": 1.0}
    assert record.tell(last="short", folder="/\udcff")
    assert read_record(str(tmp_path))["last"] == "short"
    assert (tmp_path / NAME).stat().st_size == length
    record.close()
    assert not record.tell(more=1)


def test_only_the_start_that_is_meant_is_settled(tmp_path):
    settle(str(tmp_path), "n")
    Record(str(tmp_path), {"number": "n"}).close()
    settle(str(tmp_path), "m")
    assert read_record(str(tmp_path)) == {"number": "n"}
    settle(str(tmp_path), "n")
    assert read_record(str(tmp_path)) == {"number": "n", "settled": True}


@pytest.mark.parametrize("put", [os.mkfifo, lambda path: path.symlink_to("/etc/passwd"), os.mkdir])
def test_whatever_a_program_puts_in_the_place_of_its_log_is_neither_waited_for_nor_followed(tmp_path, put):
    put(tmp_path / "output.log")
    assert tail(tmp_path, 10) == ((), 0)

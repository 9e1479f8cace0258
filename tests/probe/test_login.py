import os
import struct
from pathlib import Path

import pytest

from netmind_tui.probe.login import consoles_at, read_logins, typed_at

NOW = 1_800_000_000


def record(kind, pid, line, user, host, width=384):
    head = struct.pack("=hxxi32s4s32s256s", kind, pid, line.encode(), b"", user.encode(), host.encode())
    return head + bytes(width - len(head))


def write(root, *records):
    (root / "run").mkdir(exist_ok=True)
    (root / "run/utmp").write_bytes(b"".join(records))


def terminal(root, name, typed_ago_s):
    path = root / "dev" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    os.utime(path, (NOW - typed_ago_s, NOW))
    return path


@pytest.mark.parametrize(("machine", "width"), [("x86_64", 384), ("aarch64", 400)])
def test_logins_are_read_in_the_width_of_the_platform(tmp_path, machine, width):
    write(
        tmp_path,
        record(2, 0, "~", "reboot", "6.1.0", width),
        record(7, 41, "tty1", "anna", "", width),
        record(8, 42, "pts/0", "", "", width),
        record(7, 43, "pts/1", "ben", "10.0.0.7", width),
    )
    first, second = read_logins(tmp_path, machine, lambda _pid: True)
    assert (first.user, first.line, first.is_remote) == ("anna", "tty1", False)
    assert (second.user, second.host, second.is_remote) == ("ben", "10.0.0.7", True)


@pytest.mark.parametrize("host", ["", ":0", ":1.0", "tmux(812).%0", "10.0.0.7:S.0"])
def test_a_display_or_a_window_of_one_who_is_in_is_not_remote(tmp_path, host):
    write(tmp_path, record(7, 1, "pts/0", "anna", host))
    assert not read_logins(tmp_path, "x86_64", lambda _pid: True)[0].is_remote


def test_a_login_whose_process_is_gone_is_over(tmp_path):
    write(tmp_path, record(7, 41, "tty1", "anna", ""), record(7, 42, "pts/0", "ben", "far"))
    (tmp_path / "proc/42").mkdir(parents=True)
    assert [login.user for login in read_logins(tmp_path, "x86_64")] == ["ben"]


def test_a_machine_that_keeps_no_records_says_none(tmp_path):
    assert read_logins(tmp_path) is None
    write(tmp_path, b"\x07\x00 cut off")
    assert read_logins(tmp_path) == ()


def test_each_terminal_tells_when_it_was_typed_at(tmp_path):
    terminal(tmp_path, "pts/0", 500)
    terminal(tmp_path, "pts/12", 30)
    terminal(tmp_path, "pts/ptmx", 1)
    read = {Path(path).name: NOW - at for path, at in typed_at(tmp_path).items()}
    assert read == {"0": 500.0, "12": 30.0}


def test_no_terminal_is_nobody(tmp_path):
    assert typed_at(tmp_path) == consoles_at(tmp_path) == {}


def test_a_console_counts_whoever_has_it(tmp_path):
    terminal(tmp_path, "tty1", 9)
    terminal(tmp_path, "tty3", 45)
    terminal(tmp_path, "tty63", 1)
    assert {name: NOW - at for name, at in consoles_at(tmp_path).items()} == {"tty1": 9.0, "tty3": 45.0}

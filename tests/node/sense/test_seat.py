import math
import os
import struct
from dataclasses import replace

import pytest

from netmind_tui.node.sense.seat import HINTED, ThisSeat
from netmind_tui.probe.logind import Session
from netmind_tui.probe.unheard import Unheard

NOW, CLOCK = 1_800_000_000.0, 5_000.0
DESKTOP = Session(id="2", user="anna", seat="seat0", kind="wayland", group="user", state="active", tty="tty2")
AWAY = replace(DESKTOP, is_idle=True, idle_since_s=CLOCK - 840)
CONSOLE = replace(DESKTOP, id="4", kind="tty", idle_since_s=CLOCK - 20)
REMOTE = replace(CONSOLE, id="5", seat="", tty="pts/3", is_remote=True)


class Bus:
    def __init__(self, *sessions, why=None):
        self.found, self.why = sessions, why

    def sessions(self):
        if self.why:
            raise Unheard(self.why)
        return self.found

    def close(self):
        pass


class Processes:
    def __init__(self, *names, blind=None):
        self.names, self.blind = names, blind

    def running(self, programs):
        return [type("Process", (), {"name": name}) for name in self.names if name.lower() in programs]


class Display:
    def __init__(self, seconds):
        self.seconds = seconds

    def idle_s(self):
        if self.seconds is None:
            raise Unheard("the X display :0 does not answer")
        return self.seconds

    def close(self):
        pass


@pytest.fixture
def seat(tmp_path):
    """A seat of this machine below a folder of its own, with these sessions; ``clock`` can be wound."""

    class Wound(ThisSeat):
        __slots__ = ("at", "wall")

    def wound(*sessions, why=None, processes=None, environment=None, display=False, **more):
        made = Wound(
            processes=processes or Processes(),
            logind=Bus(*sessions, why=why),
            environment=environment or {},
            root=tmp_path,
            now=lambda: made.wall,
            clock=lambda: made.at,
            **more,
        )
        made.at, made.wall = CLOCK, NOW
        if display is not False:
            made._displays[":0"] = Display(display)
        return made

    return wound


def idle(seat, *known, counts_remote=False):
    return seat.idle(counts_remote=counts_remote, known=frozenset(known))


def note(root, updated, active):
    (root / "dev/shm").mkdir(parents=True)
    (root / "dev/shm/idle_detect_shmem").write_bytes(struct.pack("=qq", int(NOW) + updated, int(NOW) + active))


def terminal(root, name, ago_s):
    path = root / "dev" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    os.utime(path, (NOW - ago_s, NOW))


def test_a_desktop_that_says_nobody_is_there_counts_from_then(seat):
    found = idle(seat(AWAY))
    assert (found.seconds, found.words, found.source) == (840.0, "no input for 14 min", "logind")
    assert HINTED in found.learnt


def test_a_desktop_in_use_is_used_now(seat):
    found = idle(seat(DESKTOP))
    assert (found.seconds, found.words) == (0.0, "anna uses the desktop")


def test_a_desktop_that_never_says_so_is_unknown_after_a_working_day(seat):
    made = seat(DESKTOP)
    assert idle(made).seconds == 0.0
    made.at += 8 * 3600 + 1
    assert idle(made).unknown == "the desktop of anna has not said once in 8 h that nobody is there"
    assert idle(made, HINTED).seconds == 0.0


def test_a_used_desktop_outweighs_one_that_cannot_tell(seat):
    made = seat(DESKTOP, replace(DESKTOP, id="9", kind="tty", idle_since_s=None, tty=""))
    assert idle(made).seconds == 0.0


def test_an_x_server_tells_for_its_own_session(seat):
    made = seat(replace(DESKTOP, kind="x11", display=":0"), display=12.0)
    assert (idle(made).seconds, idle(made).words, idle(made).source) == (12.0, "input 12 s ago", "x11")


def test_where_the_x_server_does_not_answer_the_desktop_tells(seat):
    found = idle(seat(replace(AWAY, kind="x11", display=":0"), display=None))
    assert (found.seconds, found.source) == (840.0, "logind")


def test_a_text_console_tells_its_last_input(seat):
    assert idle(seat(CONSOLE)).seconds == 20.0


def test_a_text_console_that_logind_cannot_time_tells_by_its_terminal(seat, tmp_path):
    made = seat(replace(CONSOLE, idle_since_s=None))
    assert idle(made).unknown == "the console of anna does not tell when it was used"
    terminal(tmp_path, "tty2", 33)
    assert (idle(made).seconds, idle(made).source) == (33.0, "tty")


def test_the_one_who_was_active_last_counts(seat):
    assert idle(seat(AWAY, CONSOLE)).seconds == 20.0


@pytest.mark.parametrize(
    "sessions",
    [
        (),
        (REMOTE,),
        (replace(DESKTOP, group="greeter"),),
        (replace(DESKTOP, group="manager-early", seat="", tty=""),),
        (replace(DESKTOP, state="online"),),
        (replace(DESKTOP, state="closing"),),
    ],
    ids=["none", "remote", "greeter", "manager", "behind another", "closing"],
)
def test_with_nobody_at_the_screen_nobody_is_here(seat, sessions):
    found = idle(seat(*sessions))
    assert (found.seconds, found.words, found.source) == (math.inf, "nobody is logged in here", "logind")


def test_a_remote_login_counts_only_if_the_owner_says_so(seat, tmp_path):
    terminal(tmp_path, "pts/3", 7)
    assert idle(seat(REMOTE)).seconds == math.inf
    found = idle(seat(REMOTE), counts_remote=True)
    assert (found.seconds, found.source) == (7.0, "tty of a remote login")


def test_terminals_of_a_desktop_are_no_remote_login(seat, tmp_path):
    terminal(tmp_path, "pts/3", 7)
    assert idle(seat(AWAY), counts_remote=True).seconds == 840.0


def test_a_note_of_idle_detect_comes_first(seat, tmp_path):
    note(tmp_path, -1, -300)
    found = idle(seat(DESKTOP))
    assert (found.seconds, found.source) == (300.0, "idle_detect")


def test_a_note_that_does_not_hold_gives_way_to_the_next_source(seat, tmp_path):
    note(tmp_path, -400, -900)
    assert idle(seat(DESKTOP)).source == "logind"


def test_a_note_that_told_once_and_goes_stale_is_not_replaced_by_a_guess(seat, tmp_path):
    note(tmp_path, -1, -300)
    made = seat(AWAY)
    learnt = idle(made).learnt
    made.wall += 61
    found = idle(made, *learnt)
    assert (found.seconds, found.source, found.unknown) == (None, "idle_detect", "the note of idle_detect is 62 s old")


@pytest.mark.parametrize("step_s", [7200, -7200])
def test_a_clock_that_is_set_makes_nobody_away_and_nobody_come(seat, tmp_path, step_s):
    terminal(tmp_path, "tty1", 40)
    made = seat(why="no bus")
    assert (idle(made).seconds, idle(made).source) == (40.0, "tty")
    made.wall += step_s
    made.at += 5
    assert idle(made).seconds == 45.0
    terminal(tmp_path, "tty1", 3 - step_s)
    assert idle(made).seconds == 3.0


def test_nothing_is_longer_ago_than_the_machine_runs(seat, tmp_path):
    terminal(tmp_path, "tty1", 9 * CLOCK)
    assert idle(seat(why="no bus")).seconds == CLOCK


def test_root_at_a_text_console_is_somebody(seat, tmp_path):
    terminal(tmp_path, "tty2", 8)
    assert (tmp_path / "dev/tty2").stat().st_uid == os.geteuid()
    assert idle(seat(why="no bus")).seconds == 8.0
    assert idle(seat(replace(CONSOLE, user="root", group="user-early"))).seconds == 20.0


def test_a_console_is_no_word_about_a_desktop(seat, tmp_path):
    terminal(tmp_path, "tty1", 9000)
    assert idle(seat(why="no bus", processes=Processes("sway"))).unknown == "no bus, and sway draws a desktop"


def test_a_desktop_for_another_screen_is_used_by_somebody(seat):
    found = idle(seat(replace(DESKTOP, kind="x11", seat="", tty="", display=":10")))
    assert (found.seconds, found.words) == (0.0, "anna uses the desktop")


def test_without_logind_the_display_of_the_environment_tells(seat):
    made = seat(why="no bus", environment={"DISPLAY": ":0"}, display=50.0)
    assert (idle(made).seconds, idle(made).source) == (50.0, "x11")


def test_without_logind_and_desktop_nobody_sits_here_and_that_is_said(seat):
    found = idle(seat(why="no bus"))
    assert (found.seconds, found.words) == (math.inf, "nobody sits here: no desktop, nobody at a console")
    assert found.source == "process list"


@pytest.mark.parametrize(
    ("processes", "unknown"),
    [
        (Processes("sway"), "no bus, and sway draws a desktop"),
        (Processes(blind="/proc hides much"), "no bus, and /proc hides much"),
    ],
    ids=["desktop", "blind"],
)
def test_what_cannot_be_ruled_out_is_unknown(seat, processes, unknown):
    assert idle(seat(why="no bus", processes=processes)).unknown == unknown


def test_logind_that_told_once_is_not_replaced_by_a_guess(seat):
    found = idle(seat(why="no bus"), "logind")
    assert (found.seconds, found.unknown) == (None, "no bus")


def test_under_wsl_only_windows_is_believed(seat, tmp_path):
    note(tmp_path, -1, -300)
    assert idle(seat(AWAY, under_wsl=True)).unknown == "only Windows knows, and you have not allowed to ask it"
    found = idle(seat(AWAY, under_wsl=True, windows=Display(90.0)))
    assert (found.seconds, found.source) == (90.0, "windows, which sees neither gamepads nor films")
    assert idle(seat(AWAY, under_wsl=True, windows=Display(None))).unknown == "the X display :0 does not answer"

"""Ctrl-Z in a shell and without one, and whatever else stops a process or lets it go on."""

import os
import signal
import time

import pytest


def _stopped(window):
    """Wait until the shell says that its job has stopped."""
    said = window.bytes.count(b"job stopped")
    return lambda: window.wait(lambda: window.bytes.count(b"job stopped") > said, "stopped")


def test_stopped_from_the_keyboard_it_gives_the_terminal_back_and_goes_on_where_it_was(in_shell):
    window = in_shell()
    window.type("4")
    window.shows("Nothing runs for others")
    for _ in range(2):
        wait = _stopped(window)
        window.type("\x1a")
        wait()
        assert window.state(window.job) == "T"
        assert window.is_as_before()
        window.screen.reset()  # the shell's own words stand there now
        window.type("fg\n")
        window.shows("Nothing runs for others")
        window.shows("help")
    window.type("1")
    window.shows("gpu:3")
    window.type("q")
    assert window.end() == 0
    assert window.is_as_before()


def test_the_small_view_stops_and_goes_on_too(in_shell):
    window = in_shell("--inline")
    wait = _stopped(window)
    window.type("\x1a")
    wait()
    assert window.state(window.job) == "T"
    assert window.is_as_before()
    assert "of 8 GPUs" not in window.text  # the lines below the prompt were taken away
    window.type("fg\n")
    window.shows("of 8 GPUs")
    window.shows("q quit")
    window.type("q")
    assert window.end() == 0
    assert window.is_as_before()


def test_going_on_behind_the_shell_it_waits_until_it_is_in_front(in_shell):
    window = in_shell()
    wait = _stopped(window)
    window.type("\x1a")
    wait()
    wait = _stopped(window)
    window.type("bg\n")
    wait()
    assert window.is_as_before()
    window.type("fg\n")
    window.wait(lambda: not window.is_as_before(), "took the terminal again")
    window.type("4")
    window.shows("Nothing runs for others")
    window.type("q")
    assert window.end() == 0


def test_stopped_and_asked_to_end_it_ends_when_it_goes_on(in_shell):
    window = in_shell()
    wait = _stopped(window)
    window.type("\x1a")
    wait()
    job = window.job
    os.kill(job, signal.SIGTERM)
    os.kill(job, signal.SIGCONT)  # as a shell's `kill` does with a job that is stopped
    window.wait(lambda: window.state(job) == "Z", "ended")
    assert window.is_as_before()
    assert window.bytes.endswith(b"job stopped\r\n")  # nothing was drawn over the shell


def test_stopped_by_force_it_takes_the_terminal_again(in_shell):
    window = in_shell()
    window.shows("idle")
    for _ in range(3):
        wait = _stopped(window)
        os.kill(window.job, signal.SIGSTOP)
        wait()
        window.screen.reset()
        window.type("fg\n")
        window.shows("gpu:3")
    window.type("4")
    window.shows("Nothing runs for others")
    window.type("q")
    assert window.end() == 0
    assert window.is_as_before()


def test_told_to_go_on_without_having_been_stopped_it_does(replay):
    window = replay()
    window.shows("idle")
    for _ in range(5):
        drawn = len(window.bytes)
        window.process.send_signal(signal.SIGCONT)
        window.wait(lambda drawn=drawn: b"\x1b[?1049h" in window.bytes[drawn:], "took the terminal again")
    window.type("4")
    window.shows("Nothing runs for others")
    window.type("q")
    assert window.end() == 0
    assert window.is_as_before()


@pytest.mark.parametrize("arguments", [(), ("--inline",)], ids=["whole", "small"])
def test_where_no_shell_could_let_it_go_on_it_does_not_stop(replay, arguments):
    window = replay(*arguments)
    window.type("\x1a")
    window.wait(lambda: b"\x1b[?2004l" in window.bytes, "gave the terminal back")
    window.wait(lambda: window.bytes.rfind(b"\x1b[?2004h") > window.bytes.rfind(b"\x1b[?2004l"), "took it again")
    assert window.state(window.process.pid) != "T"
    window.shows("of 8 GPUs" if arguments else "gpu:3")
    window.type("q")
    assert window.end() == 0
    assert window.is_as_before()


def test_a_program_that_started_it_stops_with_it(in_shell):
    """As with ``make demo``: a program that is not stopped would keep the terminal."""
    window = in_shell(above=True)
    wait = _stopped(window)
    window.type("\x1a")
    wait()  # a shell says so only once all of its job has stopped
    assert window.state(window.job) == "T"
    window.type("fg\n")
    window.wait(lambda: not window.is_as_before(), "took the terminal again")
    window.type("q")
    end = time.monotonic() + 30
    while window.state(window.process.pid) not in (None, "Z"):
        assert time.monotonic() < end, "never ended"
        window.read()

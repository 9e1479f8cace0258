"""Ending a process that was seen and named, and no other."""

import os
import signal
import subprocess
import sys

import pytest

from netmind_tui.model.problem import Problem
from netmind_tui.probe.host import process_name
from netmind_tui.probe.process import HeldProcess


@pytest.fixture
def child():
    process = subprocess.Popen([sys.executable, "-c", "import sys; print(1, flush=True); sys.stdin.read()"], **PIPES)
    process.stdout.readline()
    yield process
    process.kill()
    process.communicate()


PIPES = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}


def test_a_process_is_asked_to_end(child):
    with HeldProcess(child.pid, process_name(child.pid).value) as held:
        held.end()
    assert child.wait(10) == -signal.SIGTERM


def test_one_that_is_let_go_of_lives_on(child):
    HeldProcess(child.pid, process_name(child.pid).value).close()
    assert child.poll() is None


def test_another_process_with_its_number_is_left_alone(child):
    with pytest.raises(Problem, match=f"process {child.pid} was boinc and is .* now: nothing was done"):
        HeldProcess(child.pid, "boinc")
    assert child.poll() is None


def test_one_that_ended_before_the_answer_is_said_to_have(child):
    with HeldProcess(child.pid, process_name(child.pid).value) as held:
        child.kill()
        child.wait(10)
        with pytest.raises(Problem, match="has ended already"):
            held.end()


def test_without_handles_the_name_is_looked_at_again(child, monkeypatch):
    monkeypatch.delattr(os, "pidfd_open", raising=False)
    with HeldProcess(child.pid, process_name(child.pid).value) as held:
        child.kill()
        child.wait(10)
        with pytest.raises(Problem, match="has ended: nothing was done"):
            held.end()


def test_it_does_not_end_itself():
    with pytest.raises(Problem, match="netmind-tui itself"):
        HeldProcess(os.getpid(), "python")

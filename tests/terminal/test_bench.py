"""A benchmark in a terminal: whatever ends the interface ends its workers, and what is finished is kept."""

import json
import os
import signal
import time
from pathlib import Path

import pytest


def _workers(pid):
    """The workers of a process: each is the head of a group of its own."""
    children = Path(f"/proc/{pid}/task").glob("*/children")
    found = [int(child) for each in children for child in each.read_text().split()]
    return [each for each in found if b"netmind_tui.bench.worker" in Path(f"/proc/{each}/cmdline").read_bytes()]


@pytest.fixture
def measuring(window, shell, hasty_kernels):
    """A window in which a quick run has finished a kernel and is measuring the next one, and its worker."""

    def start(*, is_job=False, **options):
        options |= {"environment": {"NETMIND_KERNELS": str(hasty_kernels)}} | ({"command": shell()} if is_job else {})
        made = window(**options)
        made.shows("OFF, no agent")
        made.type("3")
        made.shows("b measure")
        made.wait(lambda: "kernels" in made.text and "about" in made.text, "made a plan")
        made.type("b")
        made.shows("keep 1")
        (worker,) = _workers(made.job if is_job else made.process.pid)
        return made, worker

    return start


def _until_gone(window, process):
    end = time.monotonic() + 30
    while window.state(process) not in (None, "Z"):
        assert time.monotonic() < end, "it lives on"
        time.sleep(0.02)


def _kept(tmp_path):
    """The kernels of the one run that was kept."""
    (path,) = tmp_path.rglob("runs/*.json")
    run = json.loads(path.read_text())
    return run["stopped"], [row["kernel"] for row in run["measurements"] if row["value"] is not None]


def test_quitting_asks_and_keeps_what_is_finished(measuring, tmp_path):
    window, worker = measuring()
    window.type("q")
    window.shows("Quit now?")
    window.type("\x1b")
    window.hides("Quit now?")
    assert window.state(worker) not in (None, "Z")
    window.type("\x03")  # Ctrl-C is no way round the question
    window.shows("Quit now?")
    window.type("y")
    assert window.end() == 0
    assert window.is_as_before()
    _until_gone(window, worker)
    stopped, kernels = _kept(tmp_path)
    assert stopped is not None
    assert "dispatch" in kernels


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_signal_ends_the_workers_and_keeps_what_is_finished(measuring, tmp_path, name):
    window, worker = measuring()
    number = getattr(signal, name)
    window.process.send_signal(number)
    assert window.end() == 128 + number
    assert window.is_as_before()
    _until_gone(window, worker)
    assert "dispatch" in _kept(tmp_path)[1]


def test_a_terminal_that_goes_away_unheard_ends_the_workers_too(measuring, tmp_path):
    window, worker = measuring(prepare=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    window.close()
    assert window.wait_for_end() == 129
    _until_gone(window, worker)
    assert "dispatch" in _kept(tmp_path)[1]


def test_an_interface_that_is_killed_takes_its_workers_along(measuring):
    window, worker = measuring()
    window.process.kill()
    window.process.wait()
    _until_gone(window, worker)


def test_an_interface_that_is_killed_while_all_is_stopped_takes_its_workers_along(measuring):
    made, worker = measuring(is_job=True)
    made.type("\x1a")
    made.wait(lambda: b"job stopped" in made.bytes, "stopped")
    made.wait(lambda: made.state(worker) == "T", "stopped the worker")
    os.kill(made.job, signal.SIGKILL)
    _until_gone(made, worker)


def test_stopped_and_its_terminal_gone_it_keeps_what_is_finished(measuring, tmp_path):
    made, worker = measuring(is_job=True)
    job = made.job
    made.type("\x1a")
    made.wait(lambda: b"job stopped" in made.bytes, "stopped")
    made.close()
    os.kill(job, signal.SIGHUP)  # as the system does with the jobs of a shell that is gone
    os.kill(job, signal.SIGCONT)
    _until_gone(made, job)
    _until_gone(made, worker)
    assert "dispatch" in _kept(tmp_path)[1]

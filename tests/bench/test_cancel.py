"""A benchmark in a thread that is not the main one, and its end when nobody wants it any more."""

import threading
from itertools import count

import psutil
import pytest

from netmind_tui.bench import job_control
from netmind_tui.bench.benchmark import Benchmark, Wishes
from netmind_tui.bench.job_control import JobControl
from netmind_tui.bench.protocol import Noticed
from netmind_tui.model.finding import Status

PATIENCE_S = 60.0


class Watching:
    """Hears the run, and does something at the first sample of a kernel."""

    def __init__(self, kernel=None, then=lambda: None):
        self.kernel, self.then, self.rows = kernel, then, []

    def waits(self, device, holder):
        raise AssertionError(f"{device} is held by {holder}")

    def began(self, _step):
        return

    def heard(self, step, event):
        if step.kernel.id == self.kernel and isinstance(event, Noticed):
            self.then()

    def finished(self, measurement):
        self.rows.append(measurement)


@pytest.fixture
def measure(tmp_path, hasty_kernels, monkeypatch):
    """Run a benchmark of the CPU in a thread of its own: what it ended with, once it has."""
    monkeypatch.setenv("NETMIND_KERNELS", str(hasty_kernels))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETMIND_LOCKS", str(tmp_path))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)

    def measure(watcher, *kernels, before=lambda _benchmark: None):
        with Benchmark(Wishes(kernels=kernels, devices=("cpu",))) as benchmark:
            watcher.then = benchmark.cancel
            before(benchmark)
            ended = []
            thread = threading.Thread(target=lambda: ended.append(benchmark.run(watcher)))
            thread.start()
            thread.join(PATIENCE_S)
            assert not thread.is_alive()
            return ended[0]

    return measure


def workers():
    return [child for child in psutil.Process().children() if "netmind_tui.bench.worker" in " ".join(child.cmdline())]


def test_a_run_in_a_thread_measures_as_in_a_command(measure):
    run = measure(Watching(), "dispatch")
    assert run.stopped is None
    assert run.measurements[0].value > 0
    assert run.measurements[0].status in (Status.PASS, Status.UNSTABLE)


def test_a_cancelled_run_keeps_what_was_finished_and_ends_its_worker(measure):
    run = measure(Watching("stream.add"), "dispatch", "stream.add", "gemm.fp32")
    assert run.stopped == "interrupted"
    assert [row.kernel for row in run.measurements] == ["dispatch"]
    assert run.measurements[0].value > 0
    assert workers() == []


def test_a_run_cancelled_before_it_began_starts_no_worker(measure):
    watcher = Watching()
    run = measure(watcher, "dispatch", before=lambda benchmark: benchmark.cancel())
    assert run.stopped == "interrupted"
    assert run.measurements == ()
    assert watcher.rows == []


def test_another_suite_is_planned_for_the_same_devices(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    with Benchmark(Wishes(suite="quick", devices=("cpu",))) as benchmark:
        standard = benchmark.plan_for("standard")
    assert standard.suite.name == "standard"
    assert standard.expected_s > benchmark.plan.expected_s
    assert {step.target.device.id for step in standard.steps} == {"cpu"}


def test_a_pause_counts_while_it_lasts_and_no_longer(monkeypatch):
    clock = count(start=100.0, step=5.0)
    monkeypatch.setattr(job_control, "monotonic", lambda: next(clock))
    jobs = JobControl(tuple)
    assert jobs.paused_s == 0.0
    jobs.pause()
    assert jobs.paused_s == 5.0
    jobs.resume()
    assert jobs.paused_s == 10.0
    jobs.resume()
    assert jobs.paused_s == 10.0

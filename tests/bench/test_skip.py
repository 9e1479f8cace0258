"""A kernel that its owner skips while it is measured: left out at once, said so in the run, and nobody waits for it."""

import re
import shutil
import threading

import pytest

from netmind_tui.bench.benchmark import Benchmark, Wishes
from netmind_tui.bench.catalog import kernels_folder
from netmind_tui.bench.child import running_groups
from netmind_tui.bench.protocol import Begun, Noticed, Poised
from netmind_tui.document import encode
from netmind_tui.model.finding import Status
from netmind_tui.model.measurement import Reason, exit_code

PATIENCE_S = 90.0
H2D, D2H = "transfer.h2d", "transfer.d2h"


class Skipping:
    """Skips a kernel at the first event of a kind."""

    def __init__(self, kernel, kind, *, on=None):
        self.kernel, self.kind, self.on = kernel, kind, on
        self.benchmark = None
        self.asked, self.began_after, self.rows = [], [], []

    def waits(self, device, holder):
        raise AssertionError(f"{device} is held by {holder}")

    def began(self, step):
        if self.asked:
            self.began_after.append(step.kernel.id)

    def heard(self, step, event):
        device = step.target.device.id
        if self.asked or step.kernel.id != self.kernel or not isinstance(event, self.kind):
            return
        if self.on is None or device == self.on:
            self.asked.append(device)
            # As the interface does, from another thread: this one holds what the runner guards.
            threading.Thread(target=self.benchmark.skip, args=(self.kernel,)).start()

    def finished(self, measurement):
        self.rows.append(measurement)


def measured(wishes, watcher):
    with Benchmark(wishes) as benchmark:
        watcher.benchmark = benchmark
        ended = []
        thread = threading.Thread(target=lambda: ended.append(benchmark.run(watcher)))
        thread.start()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()
        assert running_groups() == ()
        return ended[0]


@pytest.fixture(autouse=True)
def surroundings(tmp_path, hasty_kernels, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETMIND_KERNELS", str(hasty_kernels))
    monkeypatch.setenv("NETMIND_LOCKS", str(tmp_path))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)


@pytest.mark.parametrize("kind", [Begun, Noticed], ids=["while it prepares", "while it is timed"])
def test_the_run_goes_on_with_the_next_kernel_and_says_whose_wish_it_was(kind):
    watcher = Skipping("gemm.fp32", kind)
    run = measured(Wishes(kernels=("dispatch", "gemm.fp32", "gemm.int8"), devices=("cpu",)), watcher)
    first, left, last = run.measurements
    assert run.stopped is None
    assert (left.status, left.value, left.samples) == (Status.SKIP, None, ())
    (because,) = left.reasons
    assert because.id is Reason.SKIPPED_BY_OWNER
    assert re.fullmatch(r"skipped by the owner after \d+\.\d s", because.detail)
    assert left.started_at is not None
    assert first.value is not None
    assert last.value is not None
    assert watcher.began_after == ["gemm.int8"]
    assert b'"skipped-by-owner"' in encode(run)
    # Left out on purpose, though it was asked for by name: neither an error nor part of what was shown.
    assert exit_code(run) == 0
    assert "gemm.fp32" not in {rate.kernel for rate in run.capacity}


def test_what_is_not_before_the_run_cannot_be_skipped():
    watcher = Skipping("dispatch", Noticed)
    with Benchmark(Wishes(kernels=("dispatch",), devices=("cpu",))) as benchmark:
        assert benchmark.skip("dispatch") is False
        watcher.benchmark = benchmark
        watcher.kernel = None
        assert benchmark.run(watcher).measurements[0].value is not None
        assert benchmark.skip("dispatch") is False
        assert benchmark.skip("no such kernel") is False


class TestSeveralDevices:
    @pytest.fixture(autouse=True)
    def cards(self, tmp_path, monkeypatch, nvml_stub, idle_card):
        """Two stand-in cards whose copies of 4 MiB take the time that they should."""
        folder = shutil.copytree(kernels_folder(), tmp_path / "kernels")
        catalog = (folder / "catalog.toml").read_text()
        sizes = 'sizes = { "transfer.h2d" = 4194304, "transfer.d2h" = 4194304 }\n'
        text = re.sub(r"^sizes = .*\n", "", catalog, flags=re.MULTILINE)
        text = re.sub(r'^(name = "quick"\n)', rf"\1{sizes}", text, flags=re.MULTILINE)
        (folder / "catalog.toml").write_text(text)
        stub = nvml_stub("h100x8", count=2, loaded=1, copy_bytes_per_s="4e8")
        for name in stub:
            if name.startswith("NETMIND_STUB_"):
                monkeypatch.setenv(name, stub[name])
        monkeypatch.setenv("LD_LIBRARY_PATH", f"{stub['LD_LIBRARY_PATH']}:{idle_card}")
        monkeypatch.setenv("NETMIND_KERNELS", str(folder))

    @pytest.mark.parametrize("kind", [Poised, Noticed], ids=["one waits for the other", "both are timed"])
    def test_it_is_left_out_on_all_that_work_together(self, kind):
        watcher = Skipping(H2D, kind)
        run = measured(Wishes(kernels=(H2D, D2H), devices=("gpu:0", "gpu:1")), watcher)
        rows = {(m.device, m.kernel): m for m in run.measurements}
        for device in ("gpu:0", "gpu:1"):
            assert rows[device, H2D].reasons[0].id is Reason.SKIPPED_BY_OWNER
            assert rows[device, D2H].value is not None

    def test_a_device_whose_turn_comes_later_still_measures_it(self):
        watcher = Skipping(H2D, Noticed, on="gpu:0")
        run = measured(Wishes(kernels=(H2D,), devices=("gpu:0", "gpu:1"), together=False), watcher)
        first, second = run.measurements
        assert first.reasons[0].id is Reason.SKIPPED_BY_OWNER
        assert second.value is not None

from dataclasses import replace
from pathlib import Path

import pytest

from netmind_tui.bench.past import known_seconds, last_devices
from netmind_tui.bench.store import keep, read_run

RUN = read_run(Path(__file__).parents[1] / "recordings/quick_cpu.json")


@pytest.fixture
def kept(tmp_path):
    """Keep a run whose kernels took so long."""

    def kept(number, elapsed_s, **changes):
        rows = tuple(replace(m, elapsed_s=elapsed_s) for m in RUN.measurements)
        keep(replace(RUN, run_id=f"2026112{number}T000000Z-000000", measurements=rows, **changes), tmp_path)
        return tmp_path

    return kept


@pytest.fixture
def gemm(catalog):
    """The kernel as it was when the run was recorded."""
    version = next(m.kernel_version for m in RUN.measurements if m.kernel == "gemm.fp32")
    return replace(catalog.kernel("gemm.fp32"), version=version)


CPU = next(device for device in RUN.devices if device.id == "cpu")


def test_what_a_kernel_took_before_is_what_it_will_take(kept, gemm):
    kept(1, 2.0)
    kept(2, 9.0)
    assert known_seconds("quick", kept(3, 3.0))(gemm, CPU) == 3.0


def test_only_the_newest_runs_of_that_suite_count(kept, gemm):
    for number in range(1, 4):
        kept(number, 100.0)
    for number in range(4, 9):
        folder = kept(number, 2.0)
    assert known_seconds("quick", folder)(gemm, CPU) == 2.0
    assert known_seconds("standard", folder)(gemm, CPU) is None


def test_another_device_or_version_took_another_time(kept, gemm):
    known = known_seconds("quick", kept(1, 2.0))
    assert known(gemm, replace(CPU, name="Another")) is None
    assert known(replace(gemm, version=99), CPU) is None


def test_a_damaged_run_says_nothing(kept, gemm):
    folder = kept(1, 2.0)
    (folder / "20261199T000000Z-ffffff.json").write_text("{")
    assert known_seconds("quick", folder)(gemm, CPU) == 2.0


def test_nothing_is_known_where_nothing_was_kept(tmp_path, gemm):
    assert known_seconds("quick", tmp_path / "absent")(gemm, CPU) is None
    assert last_devices(tmp_path / "absent") == ()


def test_the_devices_of_the_last_run_that_certified_are_remembered(kept):
    kept(1, 2.0)
    assert last_devices(kept(2, 2.0, capacity=(), devices=())) == RUN.devices

"""Baselines outlive the program, each with its date; a file that is damaged is said to be, with what mends it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest

from netmind_tui.ledger.energy.baseline import KEPT, add_baselines, read_baselines
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

NOW = datetime(2026, 11, 27, 18, 0, tzinfo=UTC)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state/energy/baseline.json"


def test_what_was_kept_is_read_back_oldest_first(path, baseline):
    old, new = baseline(50.0), baseline(60.0, made_at=NOW, busy_w=90.0, logical_cpus=4)
    assert read_baselines(path) == ()
    add_baselines(path, [new])
    add_baselines(path, [old])
    assert read_baselines(path) == (old, new)
    assert path.stat().st_mode & 0o077 == 0


def test_all_that_is_measured_at_once_is_kept(path, baseline):
    gate = Barrier(4)

    def measured(number: int) -> None:
        for minute in range(8):
            gate.wait(timeout=20)
            found = baseline(20.0, uuid=f"GPU-{number}", made_at=NOW + timedelta(minutes=minute))
            add_baselines(path, [found])

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(measured, range(4)))
    assert len(read_baselines(path)) == 32


def test_of_each_device_the_last_few_are_kept(path, baseline):
    many = [baseline(float(number), made_at=NOW + timedelta(days=number)) for number in range(KEPT + 5)]
    other = baseline(7.0, device="cpu", uuid=None)
    add_baselines(path, [*many, other])
    assert read_baselines(path) == (other, *many[5:])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{", "is not valid JSON"),
        ('{"schema": "netmind.energy-baselines/1", "baselines": [{"device": "gpu:0"}]}', "missing required field"),
        ("[]", "expected schema netmind.energy-baselines/1, found none"),
    ],
)
def test_a_damaged_file_is_not_written_over(path, baseline, text, expected):
    path.parent.mkdir(parents=True)
    path.write_text(text)
    for act in (lambda: read_baselines(path), lambda: add_baselines(path, [baseline()])):
        with pytest.raises(Problem) as caught:
            act()
        assert caught.value.code is ExitCode.USAGE
        assert str(path) in caught.value.sentence
        assert expected in caught.value.sentence
        assert caught.value.sentence.endswith("move it away and calibrate anew: netmind energy calibrate")
    assert path.read_text() == text


def test_watts_that_none_can_draw_are_refused(path, baseline):
    add_baselines(path, [baseline()])
    path.write_text(path.read_text().replace("50.0", "-50.0"))
    with pytest.raises(Problem, match="the baseline of gpu:0 cannot be one"):
        read_baselines(path)


def test_a_folder_that_takes_nothing_leaves_what_is_there(path, baseline):
    path.parent.parent.mkdir(parents=True)
    path.parent.write_text("a file where the folder belongs")
    with pytest.raises(Problem, match=r"cannot be (read|written)"):
        add_baselines(path, [baseline()])

import importlib.util
import sys
from pathlib import Path

import pytest

_PATH = Path(__file__).parents[2] / "scripts/schedule_check.py"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("schedule_check", _PATH)
    module = importlib.util.module_from_spec(spec)
    # Its dataclasses look their module up.
    sys.modules["schedule_check"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["schedule_check"]


def test_a_thousand_policies_hold_to_the_minute_in_awkward_zones(script):
    tally = script.check(1_000, seed=7)
    assert tally.mismatches == []
    assert tally.cases == 1_000
    assert tally.changes > 5_000
    assert {420, 480, 540} <= set(tally.nights)


def test_the_check_notices_a_window_that_forgets_its_morning(script, monkeypatch):
    from netmind_tui.model import week_line  # noqa: PLC0415 - what is broken here

    spans = week_line._spans

    def evenings(window, number, yesterday, today):
        return (each for each in spans(window, number, yesterday, today) if each[0] != 0)

    monkeypatch.setattr(week_line, "_spans", evenings)
    assert script.check(20, seed=7).mismatches


def test_a_mismatch_ends_with_1(script, monkeypatch, capsys):
    def check(cases, seed):
        return script.Tally(cases=cases, mismatches=[f"seed {seed}"], fresh_us=[1.0], ready_us=[1.0], again_us=[1.0])

    monkeypatch.setattr(script, "check", check)
    monkeypatch.setattr(sys, "argv", ["schedule_check.py", "--cases", "3", "--seed", "5"])
    assert script.main() == 1
    assert "seed 5" in capsys.readouterr().out

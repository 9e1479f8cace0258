"""What the interface costs where figures are deterministic enough to be asserted: wake-ups and bytes, never times."""

import importlib.util
import os
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def budget():
    path = Path(__file__).parents[2] / "scripts/tui_budget.py"
    spec = importlib.util.spec_from_file_location("tui_budget", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclass looks itself up there
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def test_eight_charts_once_a_second_wake_nobody_else_and_write_little(budget, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("NO_COLOR", raising=False)
    cost = budget.measure("netmind-tui", budget.NETMIND, words=budget.WORDS, window_s=5)
    assert 0 < cost.wakeups_s <= budget.WAKEUPS
    assert 0.2 < cost.kib_s <= budget.KIB_S
    assert cost.rss_mib <= budget.RSS_MIB


def test_a_program_that_cannot_start_is_no_figure(budget):
    with pytest.raises(RuntimeError, match="never drew"):
        budget.measure("false", (sys.executable, "-c", "pass"), words=b"gpu:7", window_s=0.1)


def test_a_family_is_the_process_and_its_children(budget):
    assert budget.family(os.getpid())[0] == os.getpid()

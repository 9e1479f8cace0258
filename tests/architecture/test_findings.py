"""Whatever the program can find wrong is provoked by a test, under the name that others will look for."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def _found() -> set[str]:
    """The ids of all findings that are written out in the code."""
    ids = set()
    for path in [*(ROOT / "netmind_tui/probe").rglob("*.py"), *(ROOT / "netmind_tui/bench").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            named = [each.value for each in node.keywords if each.arg == "id"]
            if node.func.id == "_finding":
                named += node.args[:2]
            if node.func.id in ("Finding", "_finding"):
                ids |= {each.value for each in named if isinstance(each, ast.Constant) and isinstance(each.value, str)}
    return {each for each in ids if each and " " not in each}


TESTS = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("*.py"))


@pytest.mark.parametrize("finding", sorted(_found()))
def test_every_finding_is_provoked(finding):
    assert f'"{finding}"' in TESTS


def test_there_are_findings_to_look_for():
    assert {"driver-missing", "ecc-off", "gpu-hot", "pcie-slow-under-load", "slower-than-peers"} <= _found()

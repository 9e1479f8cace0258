"""Certificates changed in one place: none is accepted, and nothing but an answer comes out."""

import sys
from collections import Counter
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
A_TENTH = 240


@pytest.fixture
def script(monkeypatch):
    """The script, with the modules beside it."""
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    yield import_module("mutate_certificates")
    for name in [name for name in sys.modules if name.startswith(("vector", "mutate_"))]:
        del sys.modules[name]


def test_no_changed_certificate_is_accepted(script, tmp_path):
    answers = Counter(script.answer(mutant, tmp_path) for mutant in script.mutants(A_TENTH))
    assert answers.total() == A_TENTH
    assert not answers.keys() & {"accepted", "unknown", "traceback"}, answers
    assert {"file", "envelope", "signature", "statement", "result", "figures"} <= answers.keys()


def test_what_they_are_made_from_is_accepted(script, tmp_path):
    for source in script._sources():
        assert script.answer(script.Mutant("nothing", source), tmp_path) == "accepted"


def test_the_same_seed_gives_the_same_changes(script):
    assert list(script.mutants(20, seed=5)) == list(script.mutants(20, seed=5))
    assert list(script.mutants(20, seed=5)) != list(script.mutants(20, seed=6))


def test_the_script_tells_of_one_that_gets_through(script, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["mutate_certificates.py", "--count", "10"])
    assert script.main() == 0
    monkeypatch.setattr(script, "answer", lambda _mutant, _folder: "accepted")
    assert script.main() == 1
    assert "10 changed, 0 refused" in capsys.readouterr().out

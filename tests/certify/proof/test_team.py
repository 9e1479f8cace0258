"""Devices that prove together: looked at as they are, held against whoever measures, each under its word."""

import pytest

from netmind_tui.bench.chain_catalog import find_chain, open_chains
from netmind_tui.bench.lock import held
from netmind_tui.certify.proof.prover import ReferenceProver
from netmind_tui.certify.proof.team import Team, look
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

KEY = "ed25519:" + "ab" * 32
TINY = find_chain(open_chains(), "chain.test@1")
SINCE = "2026-11-22T14:32:05.000Z"


@pytest.fixture
def team(monkeypatch, tmp_path) -> Team:
    """The processor of this machine, by a word of its own."""
    monkeypatch.setenv("NETMIND_LOCKS", str(tmp_path))
    machine, targets = look(["cpu"])
    return Team(machine=machine, targets=targets, words=("a word",))


def test_what_is_named_is_looked_at(team):
    assert [target.device.id for target in team.targets] == ["cpu"]
    assert team.targets[0].memory_free_bytes > 0


def test_a_held_team_is_measured_by_nobody_else(team, tmp_path):
    with team.held(), pytest.raises(Problem, match="cpu is being measured by") as caught, team.held():
        pytest.fail("two hold one device")
    assert caught.value.code is ExitCode.UNMEASURED
    with held("cpu", since=SINCE, folder=tmp_path):  # it was let go
        pass


def test_what_cannot_be_locked_is_said(team, tmp_path, monkeypatch):
    monkeypatch.setenv("NETMIND_LOCKS", str(tmp_path / "nowhere/at/all"))
    (tmp_path / "nowhere").write_text("a file where a folder would have to be")
    with pytest.raises(Problem, match="cpu cannot be locked: "), team.held():
        pytest.fail("nothing is held")


def test_they_prove_under_their_words(team):
    reference = ReferenceProver(TINY, KEY, ("a word",))
    reference.prepare(b"first")
    told = []
    prover = team.prover(TINY, KEY, told.append)
    try:
        prover.prepare(b"first")
        assert prover.prove(b"second") == reference.prove(b"second")
    finally:
        prover.close()
    assert told[-1] == 1

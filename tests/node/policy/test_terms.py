from datetime import UTC, datetime

import pytest

from netmind_tui.node.agent.policy_source import read_terms
from netmind_tui.node.policy.terms import Changed, Refused, Terms

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
NIGHT = '[[window]]\ndays = ["daily"]\nfrom = "22:00"\nto = "06:00"\n'


@pytest.fixture
def policy(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path / "policy.toml"


@pytest.fixture
def terms(policy, tmp_path):
    (tmp_path / "agent").mkdir()
    return lambda: Terms(policy, read_terms, tmp_path / "agent/policy.toml")


def write(policy, text):
    # A new file each time, as editors write them: the same second must not hide a change.
    policy.with_suffix(".new").write_text(text)
    policy.with_suffix(".new").chmod(0o600)
    policy.with_suffix(".new").replace(policy)


def test_without_a_file_nothing_is_allowed(terms):
    found = terms()
    assert found.look(NOW) == Changed(None)
    assert found.policy.windows == ()
    assert found.look(NOW) is None


def test_a_changed_file_is_in_force_at_the_next_look(terms, policy):
    found = terms()
    found.look(NOW)
    write(policy, NIGHT)
    assert isinstance(found.look(NOW), Changed)
    assert found.status().windows == 1
    assert found.look(NOW) is None


def test_a_file_that_was_only_touched_changes_nothing(terms, policy):
    write(policy, NIGHT)
    found = terms()
    found.look(NOW)
    write(policy, NIGHT)
    assert found.look(NOW) is None
    assert found.look(NOW, anew=True) is None


def test_a_bad_file_leaves_the_last_good_one_in_force_and_is_told_once(terms, policy):
    write(policy, NIGHT)
    found = terms()
    found.look(NOW)
    write(policy, NIGHT.replace("22:00", "25:00"))
    refused = found.look(NOW)
    assert isinstance(refused, Refused)
    assert "25:00" in refused.sentence
    assert [found.look(NOW), found.look(NOW, anew=True)] == [None, None]
    assert (found.status().windows, found.status().refused) == (1, refused.sentence)
    write(policy, NIGHT)
    assert found.look(NOW) is None
    assert found.status().refused is None


def begun(terms):
    found = terms()
    found.look(NOW)
    assert not found.is_kept
    found.save()
    assert found.is_kept
    return found


def test_a_policy_that_was_removed_stays_so_when_the_next_file_is_broken(terms, policy):
    write(policy, NIGHT)
    found = begun(terms)
    policy.unlink()
    assert found.look(NOW) == Changed(None)
    found.save()
    write(policy, "zone = 7")
    after = terms()
    assert isinstance(after.look(NOW), Refused)
    after.save()
    assert after.status().windows == 0


def test_an_agent_that_starts_with_a_bad_file_keeps_to_the_last_good_one(terms, policy):
    write(policy, NIGHT)
    begun(terms)
    write(policy, "zone = 7")
    found = terms()
    assert isinstance(found.look(NOW), Refused)
    assert found.status().windows == 1

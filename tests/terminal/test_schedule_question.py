"""``netmind schedule check`` in a terminal: it asks what only the owner can answer, once."""

import sys

import pytest

COMMAND = (sys.executable, "-c", "from netmind_tui.entry import netmind; netmind()")
POLICY = '[[window]]\ndays = "daily"\nfrom = "22:00"\nto = "06:00"\n\n[guard.price]  # dear\nmax_per_kwh = "0.35 EUR"\n'


@pytest.fixture
def check(window, tmp_path):
    """The check of a policy whose guard nobody can see, in a terminal."""
    path = tmp_path / "policy.toml"
    path.write_text(POLICY)
    path.chmod(0o600)

    def start():
        environment = {"NETMIND_POLICY": str(path), "NETMIND_SOCKET": str(tmp_path / "a.sock")}
        return window("schedule", "check", environment=environment, command=COMMAND, cells=200)

    return start


def test_the_owners_answer_is_written_and_not_asked_for_again(check, tmp_path):
    asked = check()
    asked.shows("pause or run?")
    asked.type("perhaps\n")
    asked.type("r\n")
    assert asked.end() == 0
    assert (tmp_path / "policy.toml").read_text() == POLICY + 'on_unknown = "run"\n'
    again = check()
    assert again.end() == 0
    assert b"pause or run?" not in again.bytes


def test_no_answer_leaves_the_question_open(check, tmp_path):
    asked = check()
    asked.shows("pause or run?")
    asked.type("\n")
    assert asked.end() == 3
    assert (tmp_path / "policy.toml").read_text() == POLICY

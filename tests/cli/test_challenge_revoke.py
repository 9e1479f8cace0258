"""``netmind challenge revoke``: a challenger's key ends itself, for whoever verifies."""

import pytest

from netmind_tui.certify.statement import read_statement
from netmind_tui.certify.trust import read_revocation


@pytest.fixture
def lab(node):
    return node("lab")


@pytest.fixture
def key(lab):
    """The challenger's public key, made."""
    return lab("challenge", "export-public").out.split()[0]


@pytest.fixture
def pem(lab, key):
    return lab.home / ".local/share/netmind/challenger/challenger.pem"


def test_the_statement_is_the_keys_own_and_only_its_owners_to_read(lab, key, tmp_path):
    target = tmp_path / "end.json"
    done = lab("challenge", "revoke", "-o", target, "--since", "2026-11-22T14:30Z", "--reason", "the disk was stolen")
    assert (done.code, done.out) == (0, "")
    assert "ends the challenger's key for every verdict after 2026-11-22T14:30:00.000Z" in done.err
    assert target.stat().st_mode & 0o077 == 0
    said = read_revocation(target)
    assert (said.node_key, said.since, said.reason) == (key, "2026-11-22T14:30:00.000Z", "the disk was stolen")
    assert read_statement(target.read_bytes(), "it").key == key


def test_making_it_changes_nothing_until_the_key_is_moved_away(lab, key, pem, tmp_path):
    done = lab("challenge", "revoke", "-o", tmp_path / "end.json")
    assert f"move {pem} away" in done.err
    assert lab("challenge", "export-public").out.split()[0] == key
    pem.rename(tmp_path / "old.pem")
    assert lab("challenge", "export-public").out.split()[0] != key


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "-o FILE is expected"),
        (("-o", "nowhere/end.json"), "nowhere"),
        (("-o", "end.json", "--since", "yesterday"), "--since yesterday: a time such as"),
        (("-o", "end.json", "--since", "2999-01-01"), "that time has not come yet"),
        (("-o", "end.json", "--reason", "two\nlines"), "--reason: one line"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_nothing_is_written(
    lab,
    key,
    tmp_path,
    monkeypatch,
    options,
    words,
):
    monkeypatch.chdir(tmp_path)
    done = lab("challenge", "revoke", *options)
    assert done.code == 2
    assert words in done.err
    assert len(done.err.splitlines()) == 1
    assert not (tmp_path / "end.json").exists()


def test_without_a_key_nothing_can_end(lab, tmp_path):
    done = lab("challenge", "revoke", "-o", tmp_path / "end.json")
    assert done.code == 2
    assert "there is no challenger's key in" in done.err
    assert not (tmp_path / "end.json").exists()


@pytest.mark.parametrize("command", ["list", "export-public"])
def test_a_key_that_others_could_read_names_the_command_that_ends_it(lab, pem, command):
    pem.chmod(0o644)
    done = lab("challenge", command)
    assert done.code == 2
    assert "if others could read the key, netmind challenge revoke" in done.err
    assert "identity revoke" not in done.err


def test_a_nodes_key_still_names_its_own(lab):
    lab("identity", "export-public")
    (lab.identity / "node.pem").chmod(0o644)
    assert "if others could read the key, netmind identity revoke" in lab("identity", "show").err

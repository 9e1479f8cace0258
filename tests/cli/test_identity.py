"""``netmind identity`` as people run it."""

import json
import os

import jsonschema
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from netmind_tui.certify.statement import read_statement
from netmind_tui.document import schema


@pytest.fixture
def anna(node):
    return node("anna")


@pytest.fixture
def key(anna):
    """Her public key, made."""
    return anna("identity", "export-public").out.split()[0]


class TestShow:
    def test_before_the_first_key_it_says_so_and_makes_nothing(self, anna):
        done = anna("identity", "show")
        assert done.code == 0
        assert "no node key yet" in done.out
        assert list(anna.home.iterdir()) == []
        assert anna("identity", "show", "--json").document["key"] is None

    def test_the_document_holds_to_its_schema(self, anna, key):
        anna("identity", "rotate")
        found = anna("identity", "show", "--json").document
        jsonschema.Draft202012Validator(schema("identity")).validate(found)
        assert found["rotations"][0]["node_key"] == key
        assert found["folder"] == str(anna.identity)

    def test_the_table_names_key_age_folder_and_those_before(self, anna, key, monkeypatch):
        monkeypatch.setenv("COLUMNS", "130")
        anna("identity", "rotate")
        new = anna("identity", "show", "--json").document["key"]
        told = anna("identity", "show").out
        for words in (new, key, str(anna.identity), "UTC"):
            assert words in told


class TestExportPublic:
    def test_is_one_line_for_a_list_of_trusted_keys(self, anna, key):
        assert anna("identity", "export-public").out == f"{key} netmind-node\n"
        assert anna("identity", "export-public", "--word", "Anna's rig").out == f"{key} Anna's rig\n"

    def test_as_pem_it_is_the_same_key(self, anna, key):
        done = anna("identity", "export-public", "--pem")
        raw = load_pem_public_key(done.out.encode()).public_bytes_raw()
        assert f"ed25519:{raw.hex()}" == key

    @pytest.mark.parametrize("word", ["", "  ", "a # b", "two\nlines", "x" * 81])
    def test_a_word_that_would_break_the_line_is_refused(self, anna, word):
        done = anna("identity", "export-public", "--word", word)
        assert done.code == 2
        assert "--word" in done.err


class TestRotate:
    def test_prints_the_new_key_and_writes_the_statement_of_the_old_one(self, anna, key, tmp_path):
        done = anna("identity", "rotate", "-o", tmp_path / "rotation.json")
        assert done.code == 0
        said = read_statement((tmp_path / "rotation.json").read_bytes(), "rotation").predicate
        assert (said.node_key, said.new_key) == (key, done.out.strip())

    def test_a_place_that_cannot_be_written_is_refused_before_anything_changes(self, anna, key, tmp_path):
        done = anna("identity", "rotate", "-o", tmp_path / "nowhere" / "rotation.json")
        assert done.code == 2
        assert anna("identity", "show", "--json").document["key"] == key

    def test_without_a_key_there_is_nothing_to_rotate(self, anna):
        assert anna("identity", "rotate").code == 2
        assert list(anna.home.iterdir()) == []

    def test_new_is_for_a_key_that_ended(self, anna, key):
        assert "leave --new out" in anna("identity", "rotate", "--new").err
        assert anna("identity", "show", "--json").document["key"] == key

    def test_new_with_a_place_for_a_statement_is_refused(self, anna, tmp_path):
        assert "nothing links" in anna("identity", "rotate", "--new", "-o", tmp_path / "a").err


class TestRevoke:
    def test_the_statement_is_its_owners_alone_and_changes_nothing(self, anna, key, tmp_path):
        path = tmp_path / "end.json"
        done = anna("identity", "revoke", "-o", path, "--since", "2026-11-01T10:00+01:00", "--reason", "lost")
        assert done.code == 0
        assert path.stat().st_mode & 0o777 == 0o600
        said = read_statement(path.read_bytes(), "end").predicate
        assert (said.node_key, said.since, said.reason) == (key, "2026-11-01T09:00:00.000Z", "lost")
        assert anna("identity", "show", "--json").document["revocation"] is None

    def test_applied_it_ends_the_key_and_show_says_so(self, anna, key, tmp_path):
        anna("identity", "revoke", "-o", tmp_path / "end.json", "--reason", "stolen laptop")
        done = anna("identity", "revoke", "--apply", tmp_path / "end.json")
        assert done.code == 0
        assert done.out.startswith(f"{key} ended on ")
        assert "stolen laptop" in anna("identity", "show").out
        assert anna("identity", "rotate").code == 2
        new = anna("identity", "rotate", "--new").out.strip()
        assert anna("identity", "show", "--json").document["key"] == new != key

    def test_of_a_retired_key(self, anna, key, tmp_path):
        anna("identity", "rotate")
        assert anna("identity", "revoke", "-o", tmp_path / "end.json", "--key", key).code == 0
        assert read_statement((tmp_path / "end.json").read_bytes(), "end").predicate.node_key == key

    @pytest.mark.usefixtures("key")
    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ([], "-o FILE is expected"),
            (["-o", "end.json", "--since", "yesterday"], "--since yesterday"),
            (["-o", "end.json", "--since", "2999-01-01"], "has not come yet"),
            (["-o", "end.json", "--since", "0001-01-01T00:00+14:00"], "--since"),
            (["-o", "end.json", "--reason", "two\nlines"], "--reason"),
            (["-o", "end.json", "--key", "ed25519:00"], "no key of this node"),
            (["-o", "end.json", "--key", "ed25519:../../../etc"], "no key of this node"),
            (["-o", "nowhere/end.json"], "nowhere"),
            (["--apply", "nothing.json"], "there is no such file"),
            (["--apply", "folder"], "it is a folder"),
            (["--apply", "text"], "a revocation of netmind identity revoke is expected"),
            (["--apply", "rotation.json"], "is a rotation"),
            (["--apply", "text", "--reason", "x"], "--reason with --apply"),
        ],
    )
    def test_what_cannot_be_meant_in_one_sentence(self, anna, tmp_path, monkeypatch, options, words):
        monkeypatch.chdir(tmp_path)
        (tmp_path / "folder").mkdir()
        (tmp_path / "text").write_text("hello")
        anna("identity", "rotate", "-o", "rotation.json")
        done = anna("identity", "revoke", *options)
        assert done.code == 2
        assert words in done.err
        assert len(done.err.splitlines()) == 1
        assert not (tmp_path / "end.json").exists()

    def test_a_changed_statement_ends_nothing(self, anna, key, tmp_path):
        path = tmp_path / "end.json"
        anna("identity", "revoke", "-o", path)
        document = json.loads(path.read_bytes())
        document["signatures"][0]["sig"] = "A" * 86 + "=="
        path.write_text(json.dumps(document, sort_keys=True, separators=(",", ":")))
        assert anna("identity", "revoke", "--apply", path).code == 2
        assert anna("identity", "show", "--json").document["revocation"] is None
        assert anna("identity", "export-public").out.startswith(key)


@pytest.mark.usefixtures("key")
@pytest.mark.parametrize(
    "command", [["show"], ["export-public"], ["rotate"], ["revoke", "-o", "end.json"]], ids=" ".join
)
def test_a_key_that_is_open_to_others_is_refused_with_what_mends_it(anna, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    (anna.identity / "node.pem").chmod(0o644)
    done = anna("identity", *command)
    assert done.code == 2
    assert f"chmod 600 {anna.identity}/node.pem" in done.err
    assert len(done.err.splitlines()) == 1
    mend = done.err.split(": ")[-1].split(";")[0]
    assert os.system(mend) == 0  # noqa: S605 - it is what the sentence tells to run
    assert anna("identity", *command).code == 0


def test_without_a_word_it_shows_its_help(anna):
    done = anna("identity")
    assert done.code == 2
    assert "rotate" in done.err

"""``netmind backup``, ``restore`` and ``retire`` as people run them: one node, two machines."""

import json
import os
import pty
import select
import shutil
import signal
import sys
from contextlib import closing, contextmanager

import jsonschema
import pytest

from netmind_tui.cli import passphrase
from netmind_tui.document import decode, plain, schema
from netmind_tui.ledger.store import open_ledger
from netmind_tui.model.backup import Retirement
from netmind_tui.node.agent import assemble, instance
from netmind_tui.node.backup import key

WORDS = "correct horse battery"


@pytest.fixture(autouse=True)
def _light(monkeypatch):
    """A passphrase costs next to nothing here; every home is on this machine."""
    monkeypatch.setattr(key, "_N", 16)
    monkeypatch.setattr("netmind_tui.probe.machine_id.read_machine_id", lambda _boundaries: "of this machine")


@pytest.fixture
def words(tmp_path):
    """A file with the passphrase."""
    path = tmp_path / "words"
    path.write_text(f"{WORDS}\n")
    path.chmod(0o600)
    return ("--passphrase-file", path)


@pytest.fixture
def anna(node, recorded, tmp_path):
    """The first machine, with a certificate."""
    made = node("anna")
    made.certify(recorded(), tmp_path / "node.json")
    return made


@pytest.fixture
def file(anna, words, tmp_path):
    """A backup of hers."""
    path = tmp_path / "anna.backup"
    assert anna("backup", path, *words).code == 0
    return path


@pytest.fixture
def ben(node, file, words):
    """The second machine, with her node, which waits."""
    made = node("ben")
    assert made("restore", file, *words).code == 0
    return made


def one_sentence(done, code, *words):
    assert done.code == code, done.err
    assert done.err.startswith("netmind: error: "), done.err
    assert len(done.err.splitlines()) == 1
    for each in words:
        assert each in done.err
    return True


def seen(node, word, mend):
    """Whoever looks at a node that may not work here is told so, and what to do."""
    assert node("status", "--one-line").out == f"· offline, {word}\n"
    shown = node("status")
    assert "start one with" not in shown.err
    for each in (shown.out, shown.err, node("why").out, node("doctor").out):
        assert mend in " ".join(each.split())
    assert word in shown.out
    assert node("status", "--json").document["barred"] == word
    return True


def stay_of(node):
    return node("identity", "show", "--json").document["stay"]


class TestTwoMachines:
    def test_the_second_shows_and_verifies_everything_and_writes_nothing_until_the_first_has_retired(
        self, anna, ben, recorded, tmp_path, words
    ):
        shown = ben("identity", "show", "--json").document
        assert shown["key"] == anna("identity", "show", "--json").document["key"]
        trusted = ben.keys(tmp_path / "keys")
        assert ben("verify", ben.shelf[0], "--trust", trusted).code == 0
        assert ben("bench", "--history").code == 0
        assert ben("status").code in (0, 3)
        run = ben.keep(recorded())
        writers = (
            ("agent", "run"),
            ("certify", "--run", run),
            ("identity", "rotate"),
            ("challenge", "wait", "http://127.0.0.1:1"),
            ("pause",),
            ("backup", tmp_path / "b", *words),
        )
        for writer in writers:
            assert one_sentence(ben(*writer), 3, "waits", shown["stay"]["id"])

        assert seen(ben, "the node waits", f"netmind retire --for {shown['stay']['id']}")
        done = anna("retire", "--for", shown["stay"]["id"], "-o", tmp_path / "retired.json")
        assert done.code == 0, done.err
        assert (tmp_path / "retired.json").stat().st_mode & 0o777 == 0o600
        for writer in (("agent", "run"), ("identity", "rotate"), ("certify", "--run", "last")):
            assert one_sentence(anna(*writer), 3, "retired here", "restore a newer backup")
        assert "retired here" in anna("identity", "show").out
        assert seen(anna, "the node retired", "restore a newer backup")
        assert anna("verify", tmp_path / "node.json", "--trust", trusted).code == 0

        done = ben("restore", "--retired", tmp_path / "retired.json")
        assert (done.code, "the node is at home here" in done.err) == (0, True)
        assert ben("certify", "--run", run).code == 0
        assert "the machine before it has retired" in " ".join(ben("log").out.split())

    def test_by_the_owners_word_it_goes_on_and_that_is_recorded_and_shown(self, ben, recorded):
        assert "and waits as" in ben("identity", "show").out
        assert ben("restore", "--first-is-gone").code == 0
        assert ben("certify", "--run", ben.keep(recorded())).code == 0
        assert "its owner declared the machine before it gone" in " ".join(ben("log").out.split())
        assert "its owner declared the machine before gone" in " ".join(ben("identity", "show").out.split())
        assert one_sentence(ben("restore", "--first-is-gone"), 2, "no node waits here")

    def test_with_the_backup_itself_the_owner_can_say_so_at_once(self, node, file, words, recorded):
        new = node("new")
        assert new("restore", file, *words, "--first-is-gone").code == 0
        assert new("certify", "--run", new.keep(recorded())).code == 0

    def test_on_the_same_machine_it_does_not_wait(self, anna, file, words, recorded):
        shutil.rmtree(anna.home)
        anna.home.mkdir()
        done = anna("restore", file, *words)
        assert (done.code, "at home here" in done.err) == (0, True)
        assert anna("certify", "--run", anna.keep(recorded())).code == 0

    def test_over_a_node_that_is_here_only_by_force(self, node, file, words):
        new = node("new")
        own = new("identity", "export-public").out
        assert one_sentence(new("restore", file, *words), 2, "there is a node here already", "--force")
        assert new("identity", "export-public").out == own
        done = new("restore", file, *words, "--force")
        assert done.code == 0
        aside = next(line.rpartition(" ")[2] for line in done.err.splitlines() if "what was here before" in line)
        assert (new.home / aside / "identity/node.pem").exists()
        assert new("identity", "export-public").out != own


def test_an_agent_that_was_about_to_begin_when_the_node_retired_does_not(anna, tmp_path, monkeypatch):
    @contextmanager
    def only_one(folder, **options):
        assert anna("retire", "-o", tmp_path / "end").code == 0
        with instance.only_one(folder, **options):
            yield

    monkeypatch.setattr(assemble, "only_one", only_one)
    assert one_sentence(anna("agent", "run"), 3, "this node retired here")


class TestBackup:
    def test_what_is_in_it_is_said_for_people_and_for_programs(self, anna, words, tmp_path):
        done = anna("backup", tmp_path / "a", *words, "--json")
        assert "1 certificate, 1 run" in done.err
        jsonschema.Draft202012Validator(schema("backup")).validate(done.document)
        assert {"identity/node.pem", "identity/stay.json"} <= {each["name"] for each in done.document["members"]}
        assert WORDS not in done.err + done.out

    def test_that_the_books_are_in_it_is_said(self, node, anna, words, tmp_path):
        with closing(open_ledger(anna.home / ".local/state/netmind/ledger/ledger.db")):
            pass
        assert "the ledger" in anna("backup", tmp_path / "a", *words).err
        assert "the ledger" in node("new")("restore", tmp_path / "a", *words).err

    def test_a_backup_can_be_checked_without_a_change(self, node, file, words):
        new = node("new")
        done = new("restore", "--check", file, *words)
        assert (done.code, "is whole" in done.out) == (0, True)
        assert not list(new.home.iterdir())

    def test_the_statement_of_retiring_holds_to_its_schema(self, anna, tmp_path):
        anna("retire", "-o", tmp_path / "r")
        sealed = json.loads((tmp_path / "r").read_text())
        import base64  # noqa: PLC0415 - for this alone

        found = decode(base64.b64decode(sealed["payload"]), Retirement)
        jsonschema.Draft202012Validator(schema("retirement")).validate(plain(found))

    @pytest.mark.parametrize(
        ("arguments", "code", "says"),
        [
            (["backup", "nowhere/a"], 2, "there is no folder nowhere"),
            (["backup", "there"], 2, "is there already"),
            (["backup", "."], 2, "it is a folder"),
            (["backup", "-"], 2, "a backup is a file with a name"),
            (["restore"], 2, "FILE is expected"),
            (["restore", "nothing"], 2, "there is no such file"),
            (["restore", "there"], 2, "is no backup of netmind that can be read"),
            (["restore", "there", "--retired", "x"], 2, "--retired with a backup"),
            (["restore", "--retired", "x", "--first-is-gone"], 2, "--retired with --first-is-gone"),
            (["restore", "there", "--check", "--force"], 2, "--check changes nothing"),
            (["restore", "--first-is-gone", "--force"], 2, "--force without FILE"),
            (["restore", "--retired", "nothing"], 2, "there is no such file"),
            (["retire"], 2, "-o FILE is expected"),
            (["retire", "-o", "nowhere/a"], 2, "nowhere"),
            (["retire", "-o", "r", "--for", "ben"], 2, "16 hexadecimal digits"),
            (["retire", "-o", "r"], 2, "there is nothing to retire"),
        ],
        ids=str,
    )
    def test_what_cannot_be_meant_in_one_sentence(self, node, words, tmp_path, monkeypatch, arguments, code, says):
        monkeypatch.chdir(tmp_path)
        (tmp_path / "there").write_text("hello")
        new = node("new")
        wants = arguments[0] in ("backup", "restore") and arguments[1:2] not in ([], ["--retired"], ["--first-is-gone"])
        assert one_sentence(new(*arguments, *(words if wants else ())), code, says)
        assert not (new.home / ".local/share/netmind").exists()
        assert (tmp_path / "there").read_text() == "hello"

    def test_a_statement_of_something_else_ends_no_waiting(self, anna, ben, tmp_path):
        anna("identity", "revoke", "-o", tmp_path / "end.json")
        for path in (tmp_path / "end.json", tmp_path / "node.json", tmp_path / "words"):
            assert one_sentence(ben("restore", "--retired", path), 2, "the file of netmind retire is expected")
        assert stay_of(ben)["began"] is None


class TestPassphrase:
    def test_a_wrong_one_is_one_sentence_and_nothing_changes(self, node, file, words):
        new = node("new")
        words[1].write_text("wrong horse battery\n")
        assert one_sentence(
            new("restore", file, *words), 2, "the passphrase does not open the key", "nothing was changed"
        )
        assert not list(new.home.iterdir())

    @pytest.mark.parametrize(
        ("data", "mode", "says"),
        [
            (b"", 0o600, "is empty"),
            (b"\nnot on the first line\n", 0o600, "is empty"),
            (b"short", 0o600, "at least 8 signs"),
            (b"\xff\xfe\xff\xfe\xff\xfe", 0o600, "is not UTF-8"),
            (b"x" * 5000, 0o600, "more than 4096 bytes"),
            (f"{WORDS}\n".encode(), 0o644, "is open to others (mode 644): chmod 600"),
        ],
    )
    def test_a_file_that_cannot_be_used(self, anna, tmp_path, data, mode, says):
        path = tmp_path / "p"
        path.write_bytes(data)
        path.chmod(mode)
        assert one_sentence(anna("backup", tmp_path / "a", "--passphrase-file", path), 2, "--passphrase-file", says)
        assert not (tmp_path / "a").exists()

    def test_a_pipe_is_one(self, anna, tmp_path):
        reads, writes = os.pipe()
        os.write(writes, f"{WORDS}\n".encode())
        os.close(writes)
        assert anna("backup", tmp_path / "a", "--passphrase-file", f"/dev/fd/{reads}").code == 0
        os.close(reads)

    def test_without_a_terminal_and_without_a_file_nobody_is_asked(self, anna, tmp_path):
        assert one_sentence(anna("backup", tmp_path / "a"), 2, "there is no terminal", "--passphrase-file")

    @pytest.mark.parametrize(
        ("typed", "outcome"),
        [
            ([WORDS, WORDS], WORDS),
            ([WORDS, "another one", WORDS, WORDS], WORDS),
            ([WORDS, "another one"] * 3, "was not typed twice alike"),
            (["short"], "at least 8 signs"),
            (["\x04"], "no passphrase was typed"),
            ([b"\xe4\xf6\xfc"], "what was typed is no UTF-8"),
        ],
    )
    def test_on_a_terminal_it_is_asked_twice_and_not_shown(self, typed, outcome):
        pid, terminal = pty.fork()
        if pid == 0:
            code = 7
            try:
                for number in (signal.SIGINT, signal.SIGHUP):
                    signal.signal(number, signal.SIG_DFL)
                sys.stdin, sys.stderr = os.fdopen(0), os.fdopen(2, "w")
                try:
                    code = 0 if passphrase.new_passphrase(None) == WORDS else 1
                except passphrase.Problem as problem:
                    os.write(1, problem.sentence.encode())
                    code = 2
            finally:
                os._exit(code)
        shown = b""
        for each in typed:
            while not shown.endswith(b": "):
                assert select.select([terminal], [], [], 20)[0], shown
                shown += os.read(terminal, 4096)
            shown += b"|"
            data = each if isinstance(each, bytes) else each.encode()
            os.write(terminal, data + (b"" if each == "\x04" else b"\n"))
        try:
            while data := os.read(terminal, 4096):
                shown += data
        except OSError:  # it has closed its end
            pass
        os.close(terminal)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        assert WORDS.encode() not in shown
        assert code == 0 if outcome == WORDS else (code == 2 and outcome in shown.decode())

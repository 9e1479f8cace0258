"""``netmind verify`` on what strangers send, on a machine where nothing can be measured."""

import base64
import gzip
import json
import os
import subprocess
import sys
import zipfile
from datetime import UTC, datetime, timedelta

import pytest

from netmind_tui.certify.canonical import canonical
from netmind_tui.certify.envelope import seal
from netmind_tui.certify.node_key import read_key

# What verifying stands on: the rest is taken away. Sockets of any kind are an end.
_SITECUSTOMIZE = """
import sys

MISSING = {"onnxruntime", "textual", "psutil", "pynvml"}

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in MISSING:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

def audit(event, arguments):
    if event.startswith("socket."):
        print("SOCKET", event, file=sys.stderr)
        raise RuntimeError(event)

sys.meta_path.insert(0, Missing())
sys.addaudithook(audit)
"""


@pytest.fixture
def anna(node):
    return node("anna")


@pytest.fixture
def bert(node):
    return node("bert")


@pytest.fixture
def path(anna, recorded, tmp_path):
    """A good certificate."""
    return anna.certify(recorded(), tmp_path / "node.json", "--scope", "lab.example")


def changed(anna, path, change):
    """The certificate with another predicate, signed anew by its own key."""
    statement = json.loads(base64.b64decode(json.loads(path.read_bytes())["payload"]))
    change(statement["predicate"])
    path.write_bytes(seal(canonical(statement), read_key(anna.identity / "node.pem").private))


def moment(days):
    text = (datetime.now(UTC) + timedelta(days=days)).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


class TestWhereNothingCanBeMeasured:
    @pytest.mark.parametrize("form", ["json", "table"])
    def test_it_works_without_runtime_driver_interface_and_network(self, path, tmp_path, form):
        site, home = tmp_path / "site", tmp_path / "elsewhere"
        site.mkdir()
        home.mkdir()
        (site / "sitecustomize.py").write_text(_SITECUSTOMIZE)
        code = "import sys; from netmind_tui.cli.main import run; sys.argv[0] = 'netmind'; run()"
        command = [sys.executable, "-P", "-c", code, "verify", str(path), "--format", form]
        environment = {"HOME": str(home), "PYTHONPATH": str(site), "PYTHONUTF8": "1", "PATH": os.environ["PATH"]}

        def run(*options):
            return subprocess.run(
                [*command, *options], env=environment, cwd=home, capture_output=True, text=True, check=False
            )

        assert run().returncode == 3
        done = run("--allow-unknown-signer")
        assert (done.returncode, done.stderr) == (0, "")
        assert list(home.iterdir()) == []

    def test_that_trap_catches_what_it_is_for(self, tmp_path):
        (tmp_path / "sitecustomize.py").write_text(_SITECUSTOMIZE)
        for code in ("import psutil", "import socket; socket.socket()"):
            done = subprocess.run(
                [sys.executable, "-c", code], env={"PYTHONPATH": str(tmp_path)}, capture_output=True, check=False
            )
            assert done.returncode == 1


class TestFiles:
    @pytest.mark.parametrize(
        ("name", "code", "words"),
        [
            ("nothing", 2, "there is no such file"),
            ("folder", 2, "it is a folder"),
            ("pipe", 2, "it is no file"),
            ("empty", 1, "is empty"),
            ("zip", 1, "is a zip archive"),
            ("gzip", 1, "gzip"),
            ("huge", 1, "larger than 4 MiB"),
            ("text", 1, "not valid JSON"),
            ("truncated", 1, "is cut short"),
            ("latin", 1, "not UTF-8"),
            ("deep", 1, "nested deeper than 32"),
            ("run", 1, "no signed envelope"),
        ],
    )
    def test_what_is_no_certificate_gets_one_sentence(self, bert, path, recorded, tmp_path, name, code, words):
        good = path.read_bytes()
        target = tmp_path / name
        if name == "folder":
            target.mkdir()
        elif name == "pipe":
            os.mkfifo(target)
        elif name == "zip":
            with zipfile.ZipFile(target, "w") as archive:
                archive.writestr("node.json", good)
        elif name == "huge":
            with target.open("wb") as file:
                file.write(b"{")
                file.truncate(100 * 2**20)
        elif name != "nothing":
            target.write_bytes(
                {
                    "empty": b"",
                    "gzip": gzip.compress(good),
                    "text": b"hello",
                    "truncated": good[:-20],
                    "latin": b'{"a":"\xe9"}',
                    "deep": b"[" * 1000,
                    "run": canonical(recorded()),
                }[name]
            )
        done = bert("verify", target, "--allow-unknown-signer")
        assert done.code == code
        assert words in " ".join((done.err + done.out).split())

    @pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
    def test_one_that_may_not_be_read(self, bert, path):
        path.chmod(0)
        assert bert("verify", path).code == 2

    def test_only_statements_of_keys_are_no_certificate(self, anna, bert, tmp_path):
        anna("identity", "export-public")
        anna("identity", "revoke", "-o", tmp_path / "end.json")
        done = bert("verify", tmp_path / "end.json")
        assert done.code == 2
        assert "name the certificate" in done.err

    def test_a_result_document_that_is_not_there_leaves_it_open(self, bert, path):
        path.with_name("node.result.json").unlink()
        done = bert("verify", path, "--allow-unknown-signer", "--json")
        assert done.code == 3
        assert done.check("result")[0] == "unknown"

    def test_a_result_document_of_another_run_does_not_pass(self, anna, bert, path, recorded, tmp_path):
        other = anna.certify(recorded(), tmp_path / "other.json")
        path.with_name("node.result.json").write_bytes(other.with_name("other.result.json").read_bytes())
        done = bert("verify", path, "--allow-unknown-signer", "--json")
        assert done.code == 1
        assert done.check("result")[0] == "failed"


class TestTimes:
    def test_one_that_expired(self, anna, bert, path):
        def old(predicate):
            run = predicate["run"]
            run["started_at"], run["finished_at"] = moment(-40), moment(-40)
            predicate["issued_at"], predicate["expires_at"] = moment(-40), moment(-10)

        changed(anna, path, old)
        done = bert("verify", path, "--allow-unknown-signer", "--json")
        assert done.code == 1
        assert "expired" in done.check("time")[1]

    @pytest.mark.parametrize(("hours", "answer"), [(23, "held"), (25, "failed")])
    def test_no_run_lasts_longer_than_a_day(self, anna, bert, path, hours, answer):
        """Whoever says that it began long ago could make an old challenge count for it."""
        changed(anna, path, lambda predicate: predicate["run"].update(started_at=moment(-hours / 24)))
        found, sentence = bert("verify", path, "--allow-unknown-signer", "--json").check("time")
        assert found == answer
        assert ("none lasts longer than 24 hours" in sentence) is (answer == "failed")

    @pytest.mark.parametrize(("minutes", "answer"), [(3, "held"), (60, "failed")])
    def test_a_clock_may_be_a_little_ahead_and_no_more(self, anna, bert, path, minutes, answer):
        changed(anna, path, lambda predicate: predicate.update(issued_at=moment(minutes / 1440)))
        done = bert("verify", path, "--allow-unknown-signer", "--json")
        assert done.check("time")[0] == answer


class TestLists:
    @pytest.fixture
    def keys(self, anna, path, tmp_path):  # noqa: ARG002 - the key is made with the certificate
        return anna.keys(tmp_path / "keys")

    def test_comments_blank_lines_and_other_keys_do_no_harm(self, bert, path, keys):
        keys.write_text(f"# whom we believe\n\ned25519:{'0' * 64} another\n{keys.read_text()}")
        assert bert("verify", path, "--trust", keys).code == 0

    def test_several_lists_are_one(self, bert, path, keys, tmp_path):
        (tmp_path / "others").write_text(f"ed25519:{'0' * 64} another\n")
        assert bert("verify", path, "--trust", tmp_path / "others").code == 1
        assert bert("verify", path, "--trust", tmp_path / "others", "--trust", keys).code == 0

    def test_a_pem_is_a_list_of_one(self, anna, bert, path, tmp_path):
        (tmp_path / "anna.pem").write_text(anna("identity", "export-public", "--pem").out)
        done = bert("verify", path, "--trust", tmp_path / "anna.pem", "--json")
        assert done.code == 0
        assert done.check("trust")[1].endswith("anna")

    @pytest.mark.parametrize(
        ("data", "words"),
        [
            (None, "there is no such file"),
            (b"", "holds no key"),
            (b"ed25519:1234 anna\n", "line 1"),
            (b"\xff\xfe", "not UTF-8"),
            ("private", "holds a private key"),
            ("rsa", "Ed25519"),
        ],
    )
    def test_a_list_that_is_none(self, anna, bert, path, tmp_path, data, words):
        target = tmp_path / "list"
        if data == "private":
            target.write_bytes((anna.identity / "node.pem").read_bytes())
        elif data == "rsa":
            target.write_text(
                "-----BEGIN PUBLIC KEY-----\nMFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAK\n-----END PUBLIC KEY-----\n"
            )
            words = "public key"
        elif data is not None:
            target.write_bytes(data)
        done = bert("verify", path, "--trust", target)
        assert done.code == 2
        assert words in done.err
        assert "MC4CAQ" not in done.err
        assert len(done.err.splitlines()) == 1

    @pytest.mark.parametrize("kind", ["missing", "certificate", "rotation", "changed"])
    def test_a_revocation_that_is_none(self, anna, bert, path, tmp_path, kind):
        target = tmp_path / "end.json"
        if kind == "certificate":
            target = path
        elif kind == "rotation":
            anna("identity", "rotate", "-o", target)
        elif kind == "changed":
            anna("identity", "revoke", "-o", target)
            target.write_bytes(target.read_bytes().replace(b'"sig":"', b'"sig":"A', 1))
        done = bert("verify", path, "--allow-unknown-signer", "--revocations", target)
        assert done.code == 2
        assert len(done.err.splitlines()) == 1

    def test_a_changed_rotation_among_the_files_fails_as_what_it_is(self, anna, bert, path, tmp_path):
        anna("identity", "rotate", "-o", tmp_path / "rotation.json")
        document = json.loads((tmp_path / "rotation.json").read_bytes())
        document["signatures"][0]["sig"] = "A" * 86 + "=="
        (tmp_path / "rotation.json").write_bytes(canonical(document))
        done = bert("verify", path, tmp_path / "rotation.json", "--allow-unknown-signer", "--json")
        assert done.code == 1
        assert done.check("signature", 1)[0] == "failed"


class TestOptions:
    @pytest.mark.parametrize(
        ("options", "words"),
        [
            (["--nonce", "short"], "16 to 128"),
            (["--format", "csv"], "table, json"),
            (["--json", "--format", "table"], "contradict"),
            (["-o", "nowhere/report"], "nowhere"),
        ],
    )
    def test_a_word_that_cannot_be_meant(self, bert, path, options, words):
        done = bert("verify", path, *options)
        assert done.code == 2
        assert words in done.err

    def test_without_a_file_it_says_what_is_missing(self, bert):
        assert bert("verify").code == 2

    def test_a_report_goes_into_a_file(self, bert, path, tmp_path):
        done = bert("verify", path, "--allow-unknown-signer", "-o", tmp_path / "report.txt")
        assert (done.code, done.out) == (0, "")
        assert "what none of it shows" in (tmp_path / "report.txt").read_text()


class TestOnPaper:
    @pytest.mark.parametrize("width", [60, 80, 120])
    def test_no_line_is_wider_than_the_page(self, bert, path, monkeypatch, width):
        monkeypatch.setenv("COLUMNS", str(width))
        done = bert("verify", path)
        assert max(map(len, done.out.splitlines())) <= width
        assert "netmind verify · 1 certificate" in done.out

    def test_each_check_is_one_line_with_a_sign_a_word_and_a_sentence(self, bert, path, monkeypatch):
        monkeypatch.setenv("COLUMNS", "120")
        lines = bert("verify", path, "--allow-unknown-signer").out.splitlines()
        checks = [line.split(maxsplit=2) for line in lines if line.startswith(("  ✔", "  ·", "  ▲", "  ?", "  ✖"))]
        report = bert("verify", path, "--allow-unknown-signer", "--json").document["files"][0]["checks"]
        assert [words[1] for words in checks[: len(report)]] == [each["check"] for each in report]

    def test_what_a_terminal_would_obey_is_not_passed_on(self, bert, path, monkeypatch):
        monkeypatch.setenv("COLUMNS", "400")
        hostile = path.rename(path.with_name("\x1b]0;owned\x07\x1b[31mnode.json"))
        done = bert("verify", hostile, "--allow-unknown-signer")
        assert done.code == 0
        assert "owned" in done.out
        assert not {"\x1b", "\x07"} & set(done.out)

"""``netmind challenge``, and being challenged: a challenger in a process of its own, and nodes with homes of theirs."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from types import SimpleNamespace

import jsonschema
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from netmind_tui.bench.catalog import kernels_folder
from netmind_tui.certify.challenge.clock import RealClock
from netmind_tui.certify.challenge.line import Line
from netmind_tui.certify.challenge.message import Hello, say
from netmind_tui.certify.challenge.store import Store
from netmind_tui.certify.statement import read_statement
from netmind_tui.document import schema
from netmind_tui.model.place import read_url

LOOPBACK = "127.0.0.1:0"


@pytest.fixture(scope="session")
def one_small_chain(tmp_path_factory):
    """The shipped catalogue with one chain, of test size, that certifies here."""
    folder = tmp_path_factory.mktemp("chains")
    for path in kernels_folder().iterdir():
        (folder / path.name).symlink_to(path)
    text = (folder / "chains.toml").read_text()
    head, *chains = text.split("[[chains]]\n")
    small = next(each for each in chains if '"chain.test"' in each)
    (folder / "chains.toml").unlink()
    (folder / "chains.toml").write_text(f"{head}[[chains]]\n{small.replace('certifies = false', 'certifies = true')}")
    return folder


class Lab:
    """A challenger in a process of its own, with a home of its own."""

    def __init__(self, home, arguments, environment) -> None:
        self.home = home
        home.mkdir(exist_ok=True)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
        command = [sys.executable, "-m", "netmind_tui", "challenge", "serve", *arguments]
        self.child = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=kept | {"HOME": str(home)} | environment,
        )
        self.said = self.child.stderr.readline()

    @property
    def url(self) -> str:
        return re.search(r"https?://\S+", self.said)[0]

    @property
    def key(self) -> str:
        return re.search(r"ed25519:\w+", self.said)[0]

    def keys(self, path, word="the lab"):
        path.write_text(f"{self.key} {word}\n")
        return path

    def end(self, number=signal.SIGTERM) -> tuple[int, str, str]:
        self.child.send_signal(number)
        out, err = self.child.communicate(timeout=60)
        return self.child.returncode, out, err


@pytest.fixture
def lab(tmp_path, one_small_chain, monkeypatch):
    """A challenger whose one chain is small: ``lab("--call-within", "0")``. The node shares its catalogue."""
    monkeypatch.setenv("NETMIND_KERNELS", str(one_small_chain))
    with ExitStack() as stack:

        def start(*arguments, bind=LOOPBACK):
            found = Lab(tmp_path / "lab", ["--bind", bind, *map(str, arguments)], {})
            stack.enter_context(found.child)  # waits, and closes its pipes
            stack.callback(found.child.kill)
            return found

        yield start


@pytest.fixture
def anna(node):
    return node("anna")


@pytest.fixture
def bert(node):
    """Another machine, whose owner verifies."""
    return node("bert")


class TestBeingTimed:
    def test_whoever_trusts_the_challenger_reads_l2_and_all_others_l0(self, anna, bert, lab, recorded, tmp_path):
        challenger = lab()
        path = anna.certify(recorded(), tmp_path / "node.json", "--challenger", challenger.url)
        keys, clocks = anna.keys(tmp_path / "keys"), challenger.keys(tmp_path / "clocks")
        trusted = bert("verify", path, "--trust", keys, "--trust-challenger", clocks, "--json")
        (file,) = trusted.document["files"]
        assert (trusted.code, file["level"], file["timed"]["evidence"]) == (0, "L2", "challenged")
        assert file["timed"]["rate"] == pytest.approx(int(file["timed"]["operations"]) / file["timed"]["elapsed_s"])
        jsonschema.Draft202012Validator(schema("verification")).validate(trusted.document)
        table = bert("verify", path, "--trust", keys, "--trust-challenger", clocks).out
        for words in (
            "of its own gemm.int8",
            "OP/s",
            "by the clock of the lab",
            "1 of 1 challenges of this key passed",
        ):
            assert words in table
        plain = bert("verify", path, "--trust", keys, "--json")
        assert (plain.code, plain.document["files"][0]["level"]) == (0, "L0")
        assert plain.document["files"][0]["timed"] is None
        assert plain.check("challenge")[0] == "note"
        others = tmp_path / "others"
        others.write_text(f"ed25519:{'ab' * 32} somebody\n")
        told = bert("verify", path, "--trust", keys, "--trust-challenger", others, "--json")
        assert told.document["files"][0]["level"] == "L0"
        assert "not on your list of challengers" in told.check("challenge")[1]

    def test_the_challenger_prints_its_verdict_and_keeps_it(self, anna, node, lab, recorded, tmp_path):
        challenger = lab("--format", "jsonl")
        anna.certify(recorded(), tmp_path / "node.json", "--challenger", challenger.url)
        code, out, _ = challenger.end()
        (verdict,) = map(json.loads, out.splitlines())
        assert (code, verdict["verdict"]) == (143, "passed")
        jsonschema.Draft202012Validator(schema("challenge-verdict")).validate(verdict)
        keeper = node("keeper")
        (keeper.home / ".local/share").mkdir(parents=True)
        (challenger.home / ".local/share/netmind").rename(keeper.home / ".local/share/netmind")
        log = keeper("challenge", "list", "--json").document
        jsonschema.Draft202012Validator(schema("challenge")).validate(log)
        assert [each["outcome"] for each in log["challenges"]] == ["passed"]
        assert log["challenges"][0]["session"] == verdict["session"]
        assert "passed" in keeper("challenge", "list", "--node", verdict["node_key"]).out
        assert keeper("challenge", "list", "--node", "ed25519:" + "ab" * 32, "--json").document["challenges"] == []

    def test_a_challenger_whose_verdicts_nobody_reads_goes_on(self, anna, lab, recorded):
        challenger = lab()
        challenger.child.stdout.close()
        run_id = anna.keep(recorded())
        for _ in range(2):
            assert anna("certify", "--run", run_id, "--challenger", challenger.url).code == 0
        challenger.child.send_signal(signal.SIGTERM)
        assert challenger.child.wait(60) == 143
        assert "nobody reads the verdicts any more" in challenger.child.stderr.read()

    def test_a_challenger_that_is_gone_costs_the_level_and_nothing_else(self, anna, recorded, tmp_path):
        with socket.create_server(("127.0.0.1", 0)) as front:
            url = f"http://127.0.0.1:{front.getsockname()[1]}"
        done = anna("certify", "--run", anna.keep(recorded()), "-o", tmp_path / "a.json", "--challenger", url)
        assert done.code == 3
        assert f"nobody answers at {url}: is the challenger there?; it is certified without a challenge" in done.err
        assert "no challenger timed it" in done.out
        assert "L0:" in done.out
        assert anna("verify", tmp_path / "a.json", "--trust", anna.keys(tmp_path / "keys")).code == 0

    def test_a_verdict_that_would_not_hold_costs_the_level_and_nothing_else(
        self, anna, bert, lab, recorded, tmp_path, monkeypatch
    ):
        """Whatever a challenger signs, the run is certified: here with what it said of another node."""
        path = anna.certify(recorded(), tmp_path / "anna.json", "--challenger", lab().url)
        signed = read_statement(path.read_bytes(), "it").predicate.challenge
        monkeypatch.setattr("netmind_tui.cli.challenged.take", lambda *_arguments: SimpleNamespace(signed=signed))
        done = bert("certify", "--run", bert.keep(recorded()), "--challenger", "http://127.0.0.1:1")
        assert done.code == 3
        assert "it would not hold with the challenger's verdict, challenge: the challenge in it was" in done.err
        assert "certified without it" in done.err
        (kept,) = bert.shelf
        assert bert("verify", kept, "--trust", bert.keys(tmp_path / "keys")).code == 0

    def test_a_stranger_is_told_so_and_certified_at_the_lower_level(self, anna, lab, recorded, tmp_path):
        (tmp_path / "friends").write_text(f"ed25519:{'ab' * 32} a friend\n")
        challenger = lab("--allow", tmp_path / "friends")
        run_id = anna.keep(recorded())
        done = anna("certify", "--run", run_id, "--challenger", challenger.url)
        assert done.code == 3
        assert "is not on this challenger's list of nodes" in done.err
        assert len(anna.shelf) == 1

    def test_over_tls_with_a_certificate_that_is_believed(self, anna, lab, recorded, tmp_path, monkeypatch):
        pem = certificate_for("127.0.0.1", tmp_path)
        challenger = lab("--tls", *pem)
        assert challenger.url.startswith("https://")
        run_id = anna.keep(recorded())
        doubted = anna("certify", "--run", run_id, "--challenger", challenger.url)
        assert doubted.code == 3
        assert "has a certificate that is not believed here" in doubted.err
        monkeypatch.setenv("SSL_CERT_FILE", str(pem[0]))
        assert anna("certify", "--run", run_id, "--challenger", challenger.url).code == 0

    @pytest.mark.parametrize(
        ("url", "words"),
        [
            ("challenger.example", "a URL such as https://challenger.example:8443 is expected"),
            ("http://challenger.example:80", "beyond this machine https is expected"),
        ],
    )
    def test_a_url_that_is_none_is_refused_before_anything_is_measured(self, anna, url, words):
        done = anna("certify", "--challenger", url)
        assert (done.code, words in done.err) == (2, True)
        assert not anna.identity.exists()

    def test_a_list_of_challengers_that_is_none(self, anna, recorded, tmp_path):
        path = anna.certify(recorded(), tmp_path / "node.json")
        done = anna("verify", path, "--trust-challenger", tmp_path / "nothing")
        assert (done.code, "there is no such file" in done.err) == (2, True)


class TestWaiting:
    def test_the_challenger_chooses_the_moment_and_the_run_is_certified_with_it(self, anna, lab, recorded):
        challenger = lab("--call-within", "0")
        run_id = anna.keep(recorded())
        asked = ("challenge", "wait", challenger.url, "--count", "1", "--run", run_id, "--format", "jsonl")
        done = anna(*asked, "-d", "cpu")
        assert done.code == 0, done.err
        verdict = json.loads(done.out)
        assert (verdict["verdict"], verdict["initiated_by"]) == ("passed", "challenger")
        (kept,) = anna.shelf
        found = anna("verify", kept, "--trust-challenger", challenger.keys(anna.home / "clocks"), "--json")
        assert "at a moment of its choice" in found.check("challenge")[1]

    def test_a_challenge_that_takes_too_long_is_ended(self, anna, lab, monkeypatch):
        moments = iter(range(0, 10_000, 4))
        monkeypatch.setattr(RealClock, "elapsed", lambda _clock: next(moments))
        challenger = lab("--call-within", "0")
        done = anna("challenge", "wait", challenger.url, "--count", "1", "--seconds", "10", "-d", "cpu")
        assert "the challenge took longer than the 10 s that are allowed, and was ended" in done.err
        assert (done.code, done.out) == (1, "")

    def test_a_device_that_is_not_there_is_found_before_anybody_calls(self, anna, lab):
        challenger = lab("--call-within", "0")
        done = anna("challenge", "wait", challenger.url, "--count", "1", "-d", "gpu:7")
        assert (done.code, "nothing can answer a challenge: this machine has no gpu:7" in done.err) == (3, True)
        assert not (anna.home / ".local/state/netmind/challenges.txt").exists()

    def test_hours_that_are_too_short_for_any_challenge_are_refused(self, anna):
        done = anna("challenge", "wait", "http://127.0.0.1:1", "--seconds", "600", "--within", "22:00-22:09")
        assert (done.code, "no span of --within is as long" in done.err) == (2, True)

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["--at-most", "0"], "--at-most 0: 1 to 96 a day are expected"),
            (["--at-most", "97"], "--at-most 97: 1 to 96 a day are expected"),
            (["--seconds", "0"], "--seconds 0: 1 to 3600 are expected"),
            (["--count", "0"], "--count 0: at least 1 is expected"),
            (["--within", "later"], "--within later: two times of day such as 22:00-06:00 are expected"),
            (["--run", "nothing"], "nothing"),
            (["--scope", "A B"], "--scope A B"),
            (["--format", "csv"], "this command writes table, jsonl"),
        ],
    )
    def test_what_cannot_be_meant_is_refused(self, anna, arguments, words):
        done = anna("challenge", "wait", "http://127.0.0.1:1", *arguments)
        assert (done.code, words in done.err) == (2, True)

    def test_a_url_that_is_none(self, anna):
        done = anna("challenge", "wait", "http://challenger.example")
        assert (done.code, "URL http://challenger.example: beyond this machine https" in done.err) == (2, True)


class TestServing:
    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["--bind", "0.0.0.0:0"], "--bind 0.0.0.0:0: beyond this machine --tls CERT KEY is expected"),
            (["--bind", "[::]:0"], "beyond this machine --tls CERT KEY is expected"),
            (["--bind", "challenger.example:80"], "beyond this machine --tls CERT KEY is expected"),
            (["--bind", "127.0.0.1"], "a host and a port such as 127.0.0.1:8443 are expected"),
            (["--bind", "127.0.0.1:99999"], "a host and a port such as"),
            (["--bind", ":80"], "a host and a port such as"),
            (["--bind", LOOPBACK, "--chain", "chain.tset"], "did you mean chain.test"),
            (["--bind", LOOPBACK, "--call-within", "-1"], "--call-within -1: 0 to 2592000 s are expected"),
            (["--bind", LOOPBACK, "--call-within", "nan"], "0 to 2592000 s are expected"),
            (["--bind", LOOPBACK, "--call-within", "inf"], "0 to 2592000 s are expected"),
            (["--bind", LOOPBACK, "--allow", "/nowhere"], "there is no such file"),
            (["--bind", LOOPBACK, "--tls", "/nowhere", "/nowhere"], "cannot read /nowhere"),
            (["--bind", LOOPBACK, "--format", "json"], "this command writes table, jsonl"),
            ([], "--bind"),
        ],
    )
    def test_what_cannot_be_meant_is_refused_and_leaves_nothing(self, anna, arguments, words):
        done = anna("challenge", "serve", *arguments)
        assert (done.code, words in done.err) == (2, True), done.err
        assert not (anna.home / ".local/share").exists()

    def test_a_file_that_is_no_certificate(self, anna, tmp_path):
        (tmp_path / "a.pem").write_text("no certificate")
        done = anna("challenge", "serve", "--bind", LOOPBACK, "--tls", tmp_path / "a.pem", tmp_path / "a.pem")
        assert (done.code, "no certificate with its key in PEM" in done.err) == (2, True)

    def test_a_port_that_is_taken(self, anna):
        with socket.create_server(("127.0.0.1", 0)) as front:
            done = anna("challenge", "serve", "--bind", f"127.0.0.1:{front.getsockname()[1]}")
        assert (done.code, "cannot listen at --bind" in done.err) == (2, True)

    def test_a_key_that_everybody_can_read_is_refused_with_what_mends_it(self, anna, tmp_path):
        certificate, key = certificate_for("127.0.0.1", tmp_path)
        key.chmod(0o644)
        done = anna("challenge", "serve", "--bind", LOOPBACK, "--tls", certificate, key)
        assert (done.code, f"can read the key (mode 644): chmod o= {key}" in done.err) == (2, True)

    def test_a_key_of_another_certificate(self, anna, tmp_path):
        certificate, _ = certificate_for("127.0.0.1", tmp_path)
        (tmp_path / "other").mkdir()
        _, key = certificate_for("127.0.0.1", tmp_path / "other")
        done = anna("challenge", "serve", "--bind", LOOPBACK, "--tls", certificate, key)
        assert (done.code, f"--tls {certificate} {key}: the key is not that of the certificate" in done.err) == (
            2,
            True,
        )

    def test_files_of_tls_that_are_given_the_wrong_way_round(self, anna, tmp_path):
        certificate, key = certificate_for("127.0.0.1", tmp_path)
        done = anna("challenge", "serve", "--bind", LOOPBACK, "--tls", key, certificate)
        assert (done.code, "no certificate with its key in PEM" in done.err) == (2, True)

    def test_what_is_under_way_when_it_is_stopped_is_recorded_then(self, lab, made_hello):
        challenger = lab()
        made_hello(challenger)
        assert challenger.end()[0] == 143
        store = Store(challenger.home / ".local/share/netmind/challenger/challenges.sqlite3", looks_only=True)
        (entry,) = store.entries()
        store.close()
        assert (entry.outcome.value, entry.reason) == ("abandoned", "the challenger was stopped meanwhile")

    def test_one_record_has_one_challenger(self, lab):
        lab()
        second = lab()
        assert "another challenger keeps its record in" in second.said
        assert second.child.wait(60) == 2

    @pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
    def test_it_ends_with_the_signals_code(self, lab, number, code):
        assert lab().end(number) == (code, "", "")

    @pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
    def test_clients_that_wear_it_down_cost_little_memory(self, lab):
        """Many lines at once, each with as much as is read of it and never the end; then it serves as before."""
        challenger = lab()
        port = int(challenger.url.rpartition(":")[2])
        ask(port)
        before = memory_kib(challenger.child.pid)
        starts = (
            b"POST /v1/hello HTTP/1.1\r\nHost: a\r\nContent-Length: 16000\r\n\r\n" + b"[" * 15_900,
            b"GET /v1/challenger HTTP/1.1\r\n" + b"X: " + b"a" * 2000 + b"\r\n",
            b"POST /v1/opened/"
            + b"ab" * 32
            + b" HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\n"
            + b"a" * 60_000,
            b"\x00" * 60_000,
        )
        with ExitStack() as held:
            for number in range(400):  # more than it holds
                line = held.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30))
                with suppress(OSError):  # those that are too many are cut
                    line.sendall(starts[number % len(starts)])
        ask(port)
        assert memory_kib(challenger.child.pid) - before < 48 * 1024
        assert challenger.end() == (143, "", "")

    def test_its_key_goes_on_a_list_and_is_not_the_nodes(self, anna):
        done = anna("challenge", "export-public", "--word", "our lab")
        assert re.fullmatch(r"ed25519:[0-9a-f]{64} our lab\n", done.out)
        assert anna("challenge", "export-public").out.split()[0] == done.out.split()[0]
        assert anna("identity", "export-public").out.split()[0] != done.out.split()[0]
        assert anna("challenge", "export-public", "--word", "a#b").code == 2

    def test_a_list_of_nothing_makes_nothing(self, anna):
        done = anna("challenge", "list")
        assert (done.code, "nobody was challenged here yet" in done.out) == (0, True)
        assert list(anna.home.iterdir()) == []

    def test_a_list_of_a_node_that_is_none(self, anna):
        done = anna("challenge", "list", "--node", "anna")
        assert (done.code, "--node anna: ed25519: and 64 hexadecimal digits" in done.err) == (2, True)

    def test_a_list_of_an_empty_record(self, anna):
        folder = anna.home / ".local/share/netmind/challenger"
        folder.mkdir(parents=True, mode=0o700)
        (folder / "challenges.sqlite3").touch()
        done = anna("challenge", "list")
        assert (done.code, "nobody was challenged here yet" in done.out) == (0, True)

    def test_a_damaged_record_is_named(self, anna):
        folder = anna.home / ".local/share/netmind/challenger"
        folder.mkdir(parents=True, mode=0o700)
        (folder / "challenges.sqlite3").write_bytes(b"no record at all, and long enough to be looked at" * 40)
        done = anna("challenge", "list")
        assert (done.code, "the record of challenges" in done.err) == (2, True)

    def test_without_a_command_it_explains_itself(self, anna):
        done = anna("challenge")
        assert (done.code, "serve" in done.err) == (2, True)


@pytest.fixture
def made_hello():
    """Begin a challenge at a challenger, and be heard no more."""

    def made_hello(challenger):
        private = Ed25519PrivateKey.generate()
        hello = Hello(
            challenger=challenger.key,
            nonce="ab" * 32,
            provider="cpu",
            devices=("cpu",),
            memory_bytes=(1 << 34,),
            call=None,
        )
        Line(read_url(challenger.url)).ask("/v1/hello", say(hello, private))

    return made_hello


def ask(port):
    """Whether it still answers; while it is busy, it is asked again."""
    for _ in range(200):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=30) as line:
            line.sendall(b"GET /v1/challenger HTTP/1.1\r\nHost: a\r\n\r\n")
            if line.recv(64).startswith(b"HTTP/1.1 200"):
                return
    pytest.fail("nobody is served any more")


def memory_kib(pid):
    """The most memory that a process ever had."""
    return int(re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())[1])


def certificate_for(host, folder):
    """A certificate for an address that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "tls.pem", folder / "tls.key"
    paths[0].write_bytes(certificate.public_bytes(Encoding.PEM))
    paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    paths[1].chmod(0o600)
    return paths

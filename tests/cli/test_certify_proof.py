"""``netmind certify --proof``: the work done, shown to others, and a certificate all the same where it cannot be."""

import base64
import json
import os
import shutil
import signal
import subprocess
import sys

import jsonschema
import psutil
import pytest

from netmind_tui.bench.catalog import kernels_folder
from netmind_tui.bench.lock import held
from netmind_tui.document import schema


@pytest.fixture
def quickly(monkeypatch, tmp_path):
    """A catalogue whose smallest chain certifies and takes a moment."""
    folder = tmp_path / "kernels"
    shutil.copytree(kernels_folder(), folder)
    text = (folder / "chains.toml").read_text()
    head, *chains = text.split("[[chains]]")
    tiny = next(chain for chain in chains if 'id = "chain.test"' in chain)
    certifying = tiny.replace('"chain.test"', '"chain.quick"').replace("certifies = false\n", "")
    (folder / "chains.toml").write_text(f"{head}[[chains]]{certifying}")
    monkeypatch.setenv("NETMIND_KERNELS", str(folder))
    return folder


@pytest.fixture
def anna(node):
    return node("anna")


def predicate_of(path):
    return json.loads(base64.b64decode(json.loads(path.read_bytes())["payload"]))["predicate"]


def test_a_proof_is_made_said_and_holds_for_somebody_else(anna, node, recorded, quickly, tmp_path):
    path = tmp_path / "node.json"
    made = anna("certify", "--run", anna.keep(recorded()), "--proof", "-o", path)
    assert made.code == 0, made.err
    assert "netmind: proving chain.quick@1 on cpu: 0.00107 T operations" in made.err
    assert "by this machine's clock alone" in made.err
    done = node("bert")("verify", path, "--allow-unknown-signer", "--json")
    assert done.code == 0
    shown = "fewer than 20 % of the rows and rounds of this chain were skipped; nothing about time"
    assert done.check("proof") == ("held", f"256 rows of chain.quick@1 computed again: {shown}")
    assert done.document["files"][0]["proof"] == {
        "evidence": "proven",
        "chain": "chain.quick",
        "chain_version": 1,
        "devices": ["cpu"],
        "operations": "1073741824",
        "shown": shown,
    }
    assert done.document["files"][0]["level"] == "L0"
    jsonschema.Draft202012Validator(schema("verification")).validate(done.document)
    jsonschema.Draft202012Validator(schema("certificate")).validate(predicate_of(path))


def test_the_table_tells_what_is_proven_and_of_what(anna, recorded, quickly, tmp_path):
    path = anna.certify(recorded(), tmp_path / "node.json", "--proof")
    table = " ".join(anna("verify", path, "--allow-unknown-signer").out.split())
    work = "chain.quick@1 · 1,073,741,824 operations of the plain algorithm"
    assert f"proven whoever doubts it can compute it again cpu {work}" in table


def test_without_the_option_there_is_none(anna, recorded, tmp_path):
    path = anna.certify(recorded(), tmp_path / "node.json")
    assert predicate_of(path)["proof"] is None
    done = anna("verify", path, "--allow-unknown-signer", "--json")
    assert done.check("proof") == ("left", "it holds none")
    assert done.document["files"][0]["proof"] is None


def test_a_proof_under_a_nonce_was_made_after_it(anna, recorded, quickly, tmp_path):
    """The same devices, run and key: another nonce asks for other rows."""
    one = predicate_of(anna.certify(recorded(), tmp_path / "a.json", "--proof", "--scope", "lab.example"))
    other = predicate_of(anna.certify(recorded(), tmp_path / "b.json", "--proof", "--scope", "other.example"))
    assert one["proof"]["root"] != other["proof"]["root"]


@pytest.mark.skipif("sys.platform == 'win32'", reason="Windows has no such signal")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_while_it_proves_ends_worker_and_lock_and_keeps_the_run(anna, recorded, quickly, number, code):
    text = (quickly / "chains.toml").read_text()
    (quickly / "chains.toml").write_text(text.replace("rows = 1024", f"rows = {1 << 22}"))
    run_id = anna.keep(recorded())
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    command = [sys.executable, "-m", "netmind_tui", "certify", "--run", run_id, "--proof"]
    own = {"HOME": str(anna.home), "NETMIND_LOCKS": str(anna.home)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=kept | own) as child:
        while "proving chain.quick@1 on cpu" not in child.stderr.readline():
            assert child.poll() is None
        parent = psutil.Process(child.pid)
        while not (workers := parent.children(recursive=True)):
            assert child.poll() is None
        child.send_signal(number)
        _, rest = child.communicate(timeout=60)
    assert (child.returncode, rest) == (code, "")
    assert psutil.wait_procs(workers, timeout=60)[1] == []  # one that was just started sees that nobody asks
    with held("cpu", since="2026-11-22T14:32:05.000Z", folder=anna.home):
        assert anna.shelf == []
    assert (anna.home / f".local/state/netmind/runs/{run_id}.json").exists()


def test_where_a_device_is_held_the_certificate_is_made_without_and_says_so(anna, recorded, quickly, tmp_path):
    path = tmp_path / "node.json"
    run_id = anna.keep(recorded())
    with held("cpu", since="2026-11-22T14:32:05.000Z", folder=anna.home):
        done = anna("certify", "--run", run_id, "--proof", "-o", path)
    assert done.code == 3
    assert "cpu is being measured by" in done.err
    assert "the certificate is made without a proof" in done.err
    assert predicate_of(path)["proof"] is None
    assert anna("verify", path, "--allow-unknown-signer").code == 0


def test_where_no_chain_fits_the_certificate_is_made_without(anna, recorded, quickly, tmp_path):
    text = (quickly / "chains.toml").read_text()
    (quickly / "chains.toml").write_text(text.replace('provider = "cpu"', 'provider = "cuda"'))
    done = anna("certify", "--run", anna.keep(recorded()), "--proof", "-o", tmp_path / "node.json")
    assert done.code == 3
    assert "the catalogue has no chain that cpu could prove; the certificate is made without a proof" in done.err


def test_a_verifier_without_the_chain_cannot_tell(anna, recorded, quickly, tmp_path, monkeypatch):
    path = anna.certify(recorded(), tmp_path / "node.json", "--proof")
    monkeypatch.delenv("NETMIND_KERNELS")
    done = anna("verify", path, "--allow-unknown-signer", "--json")
    assert done.code == 3
    answer, sentence = done.check("proof")
    assert answer == "unknown"
    assert sentence.startswith("chain.quick@1: not in this program's catalogue")


def test_a_broken_catalogue_of_chains_is_named(anna, recorded, quickly, tmp_path):
    path = anna.certify(recorded(), tmp_path / "node.json")
    (quickly / "chains.toml").write_text("version = 1\nchains = 3\n")
    done = anna("verify", path, "--allow-unknown-signer")
    assert done.code == 2
    assert "chains.toml is no catalogue of chains" in done.err

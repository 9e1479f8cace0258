"""``netmind certify``, and what another machine says of its certificates: real files, two homes, no network."""

import base64
import getpass
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import jsonschema
import pytest

from netmind_tui.certify import shelf
from netmind_tui.certify.canonical import canonical, sha256
from netmind_tui.certify.envelope import seal
from netmind_tui.certify.node_key import make_key, read_key
from netmind_tui.document import schema

CARD = {
    "id": "gpu:0",
    "kind": "gpu",
    "name": "NVIDIA GeForce RTX 4090",
    "uuid": "GPU-5eed0000-1234-4000-8000-00000000cafe",
    "pci_slot": "0000:81:00.0",
    "memory_total_bytes": 25_757_220_864,
    "power_limit_w": 450.0,
    "ecc_enabled": False,
}
SCOPE = ("--scope", "lab.example/pool-1")


def payload_of(path):
    return json.loads(base64.b64decode(json.loads(path.read_bytes())["payload"]))


def predicate_of(path):
    return payload_of(path)["predicate"]


def doubled(path, key):
    """Every rate of a certificate and its result twice as high, signed by a key: as somebody does who knows how."""
    statement, beside = payload_of(path), path.with_name(f"{path.stem}.result.json")
    result = json.loads(beside.read_bytes())
    for row in (*result["measurements"], *statement["predicate"]["claims"], *result["capacity"]):
        if row["metric"] == "latency":
            continue
        for name in {"value", "mad", "p5", "p95", "burst", "efficiency", "samples", "ci95"} & row.keys():
            given = row[name]
            row[name] = [2 * each for each in given] if isinstance(given, list) else given and 2 * given
        if "timed" in row:
            row["timed"]["window_s"] /= 2
    data = canonical(result)
    beside.write_bytes(data)
    statement["subject"][0]["digest"]["sha256"] = sha256(data)
    statement["predicate"]["node_key"] = key.public
    path.write_bytes(seal(canonical(statement), key.private))


@pytest.fixture
def anna(node):
    return node("anna")


@pytest.fixture
def bert(node):
    """Another machine, whose owner verifies."""
    return node("bert")


class TestWhatItWrites:
    def test_a_certificate_and_the_result_document_that_it_names(self, anna, recorded, tmp_path):
        path = anna.certify(recorded(), tmp_path / "node.json")
        (subject,) = payload_of(path)["subject"]
        beside = tmp_path / "node.result.json"
        assert subject == {"name": beside.name, "digest": {"sha256": sha256(beside.read_bytes())}}

    def test_the_report_is_that_of_verifying_the_same_file(self, anna, recorded, tmp_path):
        run_id = anna.keep(recorded())
        made = anna("certify", "--run", run_id, "-o", tmp_path / "a.json", "--json")
        keys = anna.keys(tmp_path / "keys")
        again = anna("verify", tmp_path / "a.json", "--trust", keys, "--json")
        said = [
            [(each["check"], each["answer"]) for each in done.document["files"][0]["checks"]] for done in (made, again)
        ]
        assert said[0] == said[1]
        jsonschema.Draft202012Validator(schema("verification")).validate(made.document)

    def test_its_parts_hold_to_their_schemas(self, anna, recorded, tmp_path):
        path = anna.certify(recorded(), tmp_path / "node.json")
        jsonschema.Draft202012Validator(schema("certificate")).validate(predicate_of(path))
        result = json.loads((tmp_path / "node.result.json").read_text())
        jsonschema.Draft202012Validator(schema("result")).validate(result)

    def test_without_a_place_it_lies_on_the_shelf_and_the_report_says_where(self, anna, recorded):
        done = anna("certify", "--run", anna.keep(recorded()))
        (kept,) = anna.shelf
        assert str(kept) in done.err
        assert anna("verify", kept, "--trust", anna.keys(anna.home / "keys")).code == 0

    def test_with_a_place_it_is_kept_all_the_same(self, anna, recorded, tmp_path):
        path = anna.certify(recorded(), tmp_path / "mine.json")
        (kept,) = anna.shelf
        assert kept.read_bytes() == path.read_bytes()
        assert kept.with_name("mine.result.json").read_bytes() == (tmp_path / "mine.result.json").read_bytes()

    def test_each_names_the_one_before_it(self, anna, recorded, tmp_path):
        first = anna.certify(recorded(), tmp_path / "a.json")
        second = anna.certify(recorded(), tmp_path / "b.json")
        assert predicate_of(first)["previous"] is None
        assert predicate_of(second)["previous"] == {"sha256": sha256(first.read_bytes())}
        done = anna("verify", first, second, "--allow-unknown-signer", "--json")
        assert done.check("chain", 1) == ("held", "it follows the one before it, which was given")

    def test_the_chain_goes_on_through_a_rotation(self, anna, bert, recorded, tmp_path):
        first = anna.certify(recorded(), tmp_path / "a.json")
        keys = anna.keys(tmp_path / "keys")
        anna("identity", "rotate", "-o", tmp_path / "rotation.json")
        second = anna.certify(recorded(), tmp_path / "b.json")
        assert predicate_of(second)["previous"] == {"sha256": sha256(first.read_bytes())}
        assert bert("verify", second, "--trust", keys).code == 1
        done = bert("verify", first, second, tmp_path / "rotation.json", "--trust", keys, "--json")
        assert done.code == 0, done.out
        assert done.check("trust", 1)[1].endswith("successor of anna")
        assert "named" in done.document["notes"][0]

    def test_a_key_that_nothing_links_to_the_one_before_begins_a_chain_of_its_own(self, anna, recorded, tmp_path):
        anna.certify(recorded(), tmp_path / "a.json")
        anna("identity", "revoke", "-o", tmp_path / "end.json")
        anna("identity", "revoke", "--apply", tmp_path / "end.json")
        anna("identity", "rotate", "--new")
        assert predicate_of(anna.certify(recorded(), tmp_path / "b.json"))["previous"] is None

    def test_a_damaged_certificate_is_left_out_of_the_chain_with_a_warning(self, anna, recorded, tmp_path):
        first = anna.certify(recorded(), tmp_path / "a.json")
        anna.certify(recorded(), tmp_path / "b.json")
        anna.shelf[-1].write_bytes(b"{")
        done = anna("certify", "--run", anna.keep(recorded()), "-o", tmp_path / "c.json")
        assert "left out of the chain" in done.err
        assert predicate_of(tmp_path / "c.json")["previous"] == {"sha256": sha256(first.read_bytes())}

    def test_it_ends_thirty_days_after_the_measurement_however_late_it_is_signed(self, anna, recorded, tmp_path):
        run = recorded(ago=timedelta(days=10))
        certificate = predicate_of(anna.certify(run, tmp_path / "node.json"))
        day = run["finished_at"][:10]
        assert certificate["expires_at"] > certificate["issued_at"]
        assert certificate["expires_at"][11:] == run["finished_at"][11:]
        assert certificate["run"]["finished_at"][:10] == day


class TestWhenNothingIsCertified:
    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"stopped": "interrupted"}, 130),
            ({"stopped": "terminated"}, 143),
            ({"stopped": "timed-out"}, 124),
            ({"verdict": "fail"}, 1),
        ],
    )
    def test_a_run_that_did_not_end_well_ends_with_its_own_code(self, anna, recorded, changes, code):
        done = anna("certify", "--run", anna.keep(recorded(**changes)))
        assert done.code == code
        assert "nothing was certified" in done.err
        assert not anna.shelf

    def test_a_run_that_shows_no_rate(self, anna, recorded):
        done = anna("certify", "--run", anna.keep(recorded(capacity=[], suite="preflight")))
        assert done.code == 3
        assert "no rate" in done.err

    def test_preflight_is_refused_before_the_work(self, anna):
        done = anna("certify", "--suite", "preflight", "--device", "cpu")
        assert done.code == 2
        assert "certifies nothing" in done.err
        assert not anna.identity.exists()

    def test_a_device_that_is_not_there(self, anna):
        done = anna("certify", "--device", "gpu:77")
        assert done.code == 3
        assert "gpu:77" in done.err
        assert not anna.identity.exists()

    def test_an_interrupted_measurement_is_kept_as_a_run_and_certifies_nothing(self, tmp_path, hasty_kernels):
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("NETMIND_", "XDG_"))}
        environment = kept | {"HOME": str(tmp_path), "NETMIND_LOCKS": str(tmp_path), "LD_LIBRARY_PATH": ""}
        environment["NETMIND_KERNELS"] = str(hasty_kernels)
        command = [sys.executable, "-P", "-m", "netmind_tui", "certify", "--suite", "quick", "--device", "cpu"]
        with subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as child:
            for line in child.stderr:
                if "1/" in line:
                    break
            child.send_signal(signal.SIGINT)
            told = child.communicate(timeout=60)
        assert child.returncode == 130, told
        assert "nothing was certified" in told[1]
        assert told[0] == ""
        state = tmp_path / ".local/state/netmind"
        assert [path.name for path in state.iterdir()] == ["runs"]

    def test_a_run_that_is_older_than_a_certificate_holds(self, anna, recorded):
        done = anna("certify", "--run", anna.keep(recorded(ago=timedelta(days=31))))
        assert done.code == 2
        assert "measure anew" in done.err

    def test_a_run_of_the_future(self, anna, recorded):
        done = anna("certify", "--run", anna.keep(recorded(ago=timedelta(days=-1))))
        assert done.code == 2
        assert "clock" in done.err

    def test_a_run_of_another_machine(self, anna, recorded):
        run = recorded()
        run["host"]["hostname"] = "elsewhere"
        done = anna("certify", "--run", anna.keep(run))
        assert done.code == 2
        assert "elsewhere" in done.err

    def test_figures_that_no_verifier_would_take(self, anna, recorded):
        run = recorded()
        run["measurements"][1]["value"] *= 2
        run["capacity"][1]["value"] *= 2
        done = anna("certify", "--run", anna.keep(run))
        assert done.code == 1
        assert "median of its samples" in done.err
        assert not anna.shelf

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            (["--nonce", "0123456789abcdef0123"], "--nonce"),
            (["--suite", "quick"], "--suite"),
            (["--device", "cpu"], "--device"),
        ],
    )
    def test_a_kept_run_with_what_would_have_changed_it(self, anna, recorded, options, words):
        done = anna("certify", "--run", anna.keep(recorded()), *options)
        assert done.code == 2
        assert words in done.err

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            (["--nonce", "short"], "16 to 128"),
            (["--nonce", "with blanks in between"], "16 to 128"),
            (["--scope", "Not A Scope"], "--scope"),
            (["--run", "nowhere"], "there is no such file and no such run"),
            (["--suite", "slow", "--device", "cpu"], "slow"),
            (["--run", "last", "--format", "csv"], "table, json"),
        ],
    )
    def test_a_word_that_cannot_be_meant(self, anna, options, words):
        done = anna("certify", *options)
        assert done.code == 2
        assert words in done.err
        assert len(done.err.splitlines()) == 1

    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("nowhere/a.json", "there is no folder"),
            ("my certificate.json", "a name of A-Z"),
            ("a.result.json", "result document"),
            ("folder", "no file"),
            ("pipe", "no file"),
            ("b.json", "no file"),
        ],
    )
    def test_a_place_that_cannot_take_both_files(self, anna, recorded, tmp_path, name, words):
        (tmp_path / "folder").mkdir()
        os.mkfifo(tmp_path / "pipe")
        (tmp_path / "b.result.json").mkdir()
        done = anna("certify", "--run", anna.keep(recorded()), "-o", tmp_path / name)
        assert done.code == 2
        assert words in done.err
        assert not anna.shelf

    @pytest.mark.parametrize("before", [None, b"an older one"])
    def test_a_disk_that_is_full_for_the_second_file_leaves_none(self, anna, recorded, tmp_path, monkeypatch, before):
        if before:
            (tmp_path / "a.result.json").write_bytes(before)
        real = shelf._put

        def full(path, data):
            if path.name == "a.json":
                raise OSError(28, "No space left on device")
            real(path, data)

        monkeypatch.setattr(shelf, "_put", full)
        done = anna("certify", "--run", anna.keep(recorded()), "-o", tmp_path / "a.json")
        assert done.code == 2
        assert str(anna.shelf[0]) in done.err
        assert not (tmp_path / "a.json").exists()
        beside = tmp_path / "a.result.json"
        assert (beside.read_bytes() if beside.exists() else None) == before

    def test_a_key_that_ended(self, anna, recorded, tmp_path):
        anna.keys(tmp_path / "keys")
        anna("identity", "revoke", "-o", tmp_path / "end.json")
        anna("identity", "revoke", "--apply", tmp_path / "end.json")
        done = anna("certify", "--run", anna.keep(recorded()))
        assert done.code == 2
        assert "rotate --new" in done.err
        assert not anna.shelf


class TestAnotherMachine:
    @pytest.fixture
    def path(self, anna, recorded, tmp_path):
        folder = tmp_path / "received"
        folder.mkdir()
        return anna.certify(recorded(card=CARD), folder / "node.json", *SCOPE)

    def test_says_that_the_signer_is_unknown_unless_it_is_told_otherwise(self, anna, bert, path, tmp_path):
        done = bert("verify", path, "--json")
        assert done.code == 3
        assert "signer unknown" in done.check("trust")[1]
        assert bert("verify", path, "--trust", anna.keys(tmp_path / "keys")).code == 0
        assert bert("verify", path, "--allow-unknown-signer").code == 0

    def test_names_nothing_that_it_is_and_only_what_it_is_consistent_with(self, bert, path):
        done = bert("verify", path, "--allow-unknown-signer")
        assert "consistent with an NVIDIA GeForce RTX 4090" in done.out
        assert " is an NVIDIA" not in done.out

    def test_ends_with_what_none_of_it_shows_after_the_claims_weakest_last(self, bert, path):
        lines = bert("verify", path, "--allow-unknown-signer").out.splitlines()
        headings = [line.split()[0] for line in lines if line.startswith(("measured", "asserted", "what none"))]
        assert headings == ["measured", "asserted", "what"]

    def test_catches_figures_that_another_key_signed(self, anna, bert, path, tmp_path):
        keys = anna.keys(tmp_path / "keys")
        make_key(tmp_path / "thief.pem", "2026-11-22T00:00:00.000Z")
        doubled(path, read_key(tmp_path / "thief.pem"))
        done = bert("verify", path, "--trust", keys, "--json")
        assert done.code == 1
        assert done.check("trust")[0] == "failed"

    def test_lets_pass_what_the_owner_made_up_and_says_that_it_could(self, anna, bert, path, tmp_path):
        keys = anna.keys(tmp_path / "keys")
        doubled(path, read_key(anna.identity / "node.pem"))
        done = bert("verify", path, "--trust", keys)
        assert done.code == 0, done.out
        measured, _, rest = done.out.partition("asserted")
        assert "measured  timed by its owner's clock" in measured
        assert "that the node's owner did not change the program or the figures" in rest

    def test_reports_one_card_under_two_keys_in_one_scope(self, bert, node, path, recorded, tmp_path):
        other = node("carla").certify(recorded(card=CARD), tmp_path / "other.json", *SCOPE)
        done = bert("verify", path, other, "--allow-unknown-signer", "--json")
        assert done.code == 1
        for file in (0, 1):
            answer, sentence = done.check("devices", file)
            assert answer == "failed"
            assert "under another key" in sentence

    @pytest.mark.parametrize("scope", [(), ("--scope", "another.example")])
    def test_sees_nothing_of_that_in_another_scope(self, bert, node, path, recorded, tmp_path, scope):
        other = node("carla").certify(recorded(card=CARD), tmp_path / "other.json", *scope)
        assert bert("verify", path, other, "--allow-unknown-signer").code == 0

    def test_reports_that_a_driver_change_made_a_certificate_outdated(self, anna, bert, path, recorded, tmp_path):
        newer = anna.certify(recorded(card=CARD, driver="590.10"), tmp_path / "newer.json", *SCOPE)
        done = bert("verify", path, newer, "--allow-unknown-signer", "--json")
        assert done.code == 0
        assert "node.json is outdated by newer.json: driver 580.65.06 → 590.10" in done.document["notes"]

    def test_reports_a_key_that_was_used_after_it_ended(self, anna, bert, path, tmp_path):
        anna("identity", "revoke", "-o", tmp_path / "end.json", "--since", "2026-01-01", "--reason", "stolen laptop")
        keys = anna.keys(tmp_path / "keys")
        for given in ([path, "--revocations", tmp_path / "end.json"], [path, tmp_path / "end.json"]):
            done = bert("verify", *given, "--trust", keys, "--json")
            assert done.code == 1
            answer, sentence = done.check("revocation")
            assert answer == "failed"
            assert "2026-01-01" in sentence
        assert "stolen laptop" in done.document["notes"][0]

    def test_reports_a_key_that_signed_after_it_named_its_successor(self, anna, bert, recorded, tmp_path):
        keys = anna.keys(tmp_path / "keys")
        old = read_key(anna.identity / "node.pem")
        anna("identity", "rotate", "-o", tmp_path / "rotation.json")
        path = anna.certify(recorded(), tmp_path / "late.json")
        statement = payload_of(path)
        statement["predicate"]["node_key"] = old.public
        path.write_bytes(seal(canonical(statement), old.private))
        done = bert("verify", path, tmp_path / "rotation.json", "--trust", keys, "--json")
        assert done.code == 1
        assert done.check("revocation")[0] == "failed"

    def test_takes_a_result_document_that_was_named_beside_its_certificate(self, bert, path):
        done = bert("verify", *sorted(path.parent.glob("*.json")), "--allow-unknown-signer", "--json")
        assert done.code == 0
        assert len(done.document["files"]) == 1

    def test_a_successor_named_after_the_end_counts_for_nothing(self, anna, bert, recorded, tmp_path):
        keys = anna.keys(tmp_path / "keys")
        anna("identity", "revoke", "-o", tmp_path / "end.json")
        anna("identity", "rotate", "-o", tmp_path / "rotation.json")
        path = anna.certify(recorded(), tmp_path / "b.json")
        given = [path, tmp_path / "rotation.json", "--revocations", tmp_path / "end.json", "--trust", keys]
        done = bert("verify", *given, "--json")
        assert done.code == 1
        assert done.check("trust")[0] == "failed"
        assert "counts for nothing" in done.document["notes"][0]


@pytest.fixture(scope="module")
def real(tmp_path_factory, small_catalog):
    """A certificate that was measured here after a nonce was given, in a home of its own."""
    home = tmp_path_factory.mktemp("real")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("NETMIND_", "XDG_"))}
    own = {"HOME": str(home), "NETMIND_LOCKS": str(home), "LD_LIBRARY_PATH": "", "PYTHONUTF8": "1"}
    environment = kept | own | {"NETMIND_KERNELS": str(small_catalog)}

    def run(*arguments):
        command = [sys.executable, "-P", "-m", "netmind_tui", *arguments]
        return subprocess.run(
            command, env=environment, cwd=home, capture_output=True, text=True, timeout=180, check=False
        )

    given = ("--nonce", "8f14e45fceea167a5a36dedd4bea2543", "--scope", "lab.example")
    done = run("certify", "--suite", "quick", "--device", "cpu", *given, "-o", "node.json")
    assert done.returncode == 0, done.stderr
    return home, run, done


class TestARealRun:
    def test_is_fresh_for_who_gave_the_nonce_and_for_nobody_else(self, real):
        _, run, _ = real
        asked = ("verify", "node.json", "--allow-unknown-signer", "--json")
        right = run(*asked, "--nonce", "8f14e45fceea167a5a36dedd4bea2543")
        assert json.loads(right.stdout)["files"][0]["level"] == "L1"
        wrong = run(*asked, "--nonce", "c9f0f895fb98ab9159f51fd0297e236d")
        assert wrong.returncode == 1
        assert json.loads(run(*asked).stdout)["files"][0]["level"] == "L0"

    def test_of_the_suite_quick_says_that_it_is_burst(self, real):
        _, _, done = real
        assert "burst: the rate of the first moments" in done.stdout

    def test_says_nothing_of_whose_machine_it_is(self, real):
        home, _, _ = real
        members, texts = told(json.loads((home / "node.result.json").read_text()), payload_of(home / "node.json"))
        run = json.loads(next((home / ".local/state/netmind/runs").glob("*.json")).read_text())
        for secret in secrets_of(run, home):
            assert not [text for text in texts if re.search(rf"(?<![\w-]){re.escape(secret)}(?![\w-])", text)], secret
        assert not {"pid", "hostname", "user", "uuid", "serial", "pci_slot", "processes"} & members

    def test_leaves_its_key_to_its_owner_alone(self, real):
        home, _, _ = real
        folder = home / ".local/share/netmind/identity"
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE((folder / "node.pem").stat().st_mode) == 0o600


def told(*documents):
    """Every member that documents have, and every text in them."""
    members, texts, left = set(), set(), list(documents)
    while left:
        each = left.pop()
        if isinstance(each, dict):
            members |= each.keys()
            left += each.values()
        elif isinstance(each, list):
            left += each
        elif isinstance(each, str):
            texts.add(each)
    return members, texts


def secrets_of(run, home):
    """What of this machine nobody else is to read: names, users, paths, ids."""
    found = {str(home), str(Path.home()), socket.gethostname(), getpass.getuser(), run["host"]["kernel"]}
    for place in ("/etc/machine-id", "/sys/class/dmi/id/product_uuid", "/sys/class/dmi/id/product_serial"):
        with suppress(OSError):
            found.add(Path(place).read_text().strip())
    found |= {device[name] for device in run["devices"] for name in ("uuid", "pci_slot")}
    found |= {disk[name] for disk in run["host"]["disks"] for name in ("device", "mount_point")}
    return found - {None, "", "None", "/"}


def test_what_a_recorded_card_is_called_by_its_maker_is_shared_and_its_ids_are_not(node, recorded, tmp_path):
    run = recorded(card=CARD)
    row = run["measurements"][1]
    row["status"], row["reasons"] = (
        "warn",
        [{"id": "power-capped", "detail": "process 4194303 of anna in /home/anna/job"}],
    )
    run["environment"]["driver"]["problem"] = "cannot open /home/anna/lib/libnvidia-ml.so"
    row["before"] = {
        "at": "2026-11-22T20:00:00.000Z",
        "host": {},
        "devices": [{"device": "gpu:0", "uuid": CARD["uuid"]}],
    }
    path = node("dora").certify(run, tmp_path / "node.json")
    shared = (tmp_path / "node.result.json").read_text() + json.dumps(payload_of(path))
    assert "RTX 4090" in shared
    for secret in ("5eed0000", "81:00", "4194303", "anna", "/home", "libnvidia"):
        assert secret not in shared, secret

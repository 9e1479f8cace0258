"""Backups as they are made: whole, private, of one moment, or not at all."""

import os
import resource
import signal
import tarfile
import threading
from contextlib import closing

import pytest

from netmind_tui.certify.stay import read_stay
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem
from netmind_tui.node.backup import make
from netmind_tui.node.journal.reader import Reader
from netmind_tui.node.journal.store import Journal


def names_in(path):
    with tarfile.open(path) as archive:
        return archive.getnames()


def test_everything_of_the_node_is_in_it_and_nothing_else(first, backup):
    retired, rotation = (next((first.layout.identity / name).iterdir()).name for name in ("retired", "rotations"))
    assert names_in(backup) == [
        "manifest.json",
        "manifest.sig",
        "identity/node.pem",
        f"identity/retired/{retired}",
        f"identity/rotations/{rotation}",
        "certificates/20261123T0600-aaaaaa/node.json",
        "certificates/20261123T0600-aaaaaa/node.json.result.json",
        "runs/one.json",
        "runs/two.json",
        "verdicts/one.json",
        "agent/journal.db",
        "agent/state.json",
        "config/config.toml",
        "config/policy.toml",
        "config/workloads.toml",
        "config/rates.toml",
        "config/prices.csv",
        "energy/baseline.json",
        "identity/stay.json",
    ]
    assert backup.stat().st_mode & 0o777 == 0o600


def test_no_key_is_in_it_that_can_be_read_without_the_passphrase(first, backup):
    keys = [path.read_bytes().split(b"-----")[2].strip() for path in first.layout.identity.rglob("*.pem")]
    with tarfile.open(backup) as archive:
        found = b"".join(archive.extractfile(each).read() for each in archive)
    assert len(keys) == 2
    assert not any(each in found for each in keys)
    assert b"id of first" not in found


def test_it_says_whose_it_is_and_what_is_in_it(first, backup):
    made = first.look(backup)
    assert made.node_key == first.identity.look().key
    assert (made.events, made.stay.number, len(made.machine)) == (1, 1, 64)
    assert first.look(backup).stay == read_stay(first.layout.identity)


def test_a_file_that_is_there_is_only_replaced_by_force(first, backup):
    before = backup.read_bytes()
    with pytest.raises(Problem, match=r"is there already: give another name, or --force") as caught:
        first.back_up(backup)
    assert (caught.value.code, backup.read_bytes()) == (ExitCode.USAGE, before)
    first.back_up(backup, force=True)
    assert backup.read_bytes() != before


@pytest.mark.parametrize(
    ("place", "words"),
    [("nowhere/a", "there is no folder"), (".", "it is a folder"), ("pipe", "it is no plain file")],
)
def test_what_cannot_be_written_is_refused(first, tmp_path, place, words):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(Problem, match=words):
        first.back_up(tmp_path / place, force=True)


def test_where_the_disk_is_full_nothing_is_left(first, tmp_path):
    (first.folder / "state/runs/large.json").write_bytes(os.urandom(300_000))
    folder = tmp_path / "disk"
    folder.mkdir()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    try:
        with pytest.raises(Problem, match="nothing was changed"):
            first.back_up(folder / "a")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert list(folder.iterdir()) == []


def test_the_journal_is_of_one_moment_while_an_agent_writes_it(first, second, tmp_path):
    done, begun, acknowledged = threading.Event(), threading.Event(), []

    def write():
        with closing(Journal.open(first.layout.files["agent/journal.db"])) as journal:
            while not done.is_set():
                acknowledged.append(journal.append([first.event(f"event {number}") for number in range(20)])[-1])
                begun.set()

    writer = threading.Thread(target=write)
    writer.start()
    begun.wait()
    least = acknowledged[-1]
    try:
        made = first.back_up(tmp_path / "a")
    finally:
        done.set()
        writer.join()
    assert made.backup.events >= least
    second.restore(tmp_path / "a")
    with closing(Reader(second.layout.files["agent/journal.db"], whole=True)) as reader:
        ids = [each.id for each in reader.events()]
    assert ids == list(range(1, (made.backup.events or 0) + 1))
    assert len(ids) % 20 == 1  # whole pieces, after the first event


def test_a_file_that_changes_while_it_is_read_makes_no_backup(first, tmp_path, monkeypatch):
    real = make.writing
    run = first.folder / "state/runs/one.json"

    def late(*arguments):
        run.write_text("another one")
        return real(*arguments)

    monkeypatch.setattr(make, "writing", late)
    with pytest.raises(Problem, match=r"runs/one.json changed while it was read"):
        first.back_up(tmp_path / "a")
    assert not (tmp_path / "a").exists()


def test_what_no_archive_can_carry_is_left_out_and_told(first, tmp_path):
    (first.folder / "state/runs" / f"{'x' * 120}.json").write_text("{}")
    (first.folder / "state/runs/link.json").symlink_to("/etc/passwd")
    made = first.back_up(tmp_path / "a")
    assert len(made.left_out) == 1
    assert "is left out: its name is too long" in made.left_out[0]
    assert not any("link" in name or "xxx" in name for name in names_in(tmp_path / "a"))


def test_a_node_that_only_waits_here_is_backed_up_elsewhere(second, backup, tmp_path):
    second.restore(backup)
    with pytest.raises(Problem, match="only waits here") as caught:
        second.back_up(tmp_path / "b")
    assert caught.value.code == ExitCode.UNMEASURED


def test_a_key_is_made_where_there_is_none(machine, tmp_path):
    empty = machine("empty")
    made = empty.back_up(tmp_path / "a")
    assert made.backup.node_key == empty.identity.look().key
    assert made.backup.events is None

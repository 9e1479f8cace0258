"""Backups restored: all of it or nothing, whatever is in the file and whenever it is cut short."""

import contextlib
import gzip
import os
import shutil
import tarfile
from dataclasses import replace

import pytest

from netmind_tui import document
from netmind_tui.certify import canonical
from netmind_tui.certify.bar import check_may_write
from netmind_tui.certify.envelope import seal
from netmind_tui.certify.moment import written
from netmind_tui.certify.stay import read_stay
from netmind_tui.database import Kind, make
from netmind_tui.model.backup import Began, Member
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem
from netmind_tui.node.agent.instance import only_one
from netmind_tui.node.backup.archive import writing
from netmind_tui.node.backup.key import Wrong
from netmind_tui.node.backup.layout import BACKUP_TYPE
from netmind_tui.node.backup.opened import opened
from netmind_tui.node.backup.restore import look_through, mend_unfinished
from netmind_tui.node.backup.retire import retire

NEVER = (
    "cache/",
    "state/ledger/backups/",
    "state/agent/work/",
    "state/agent/power.json",
    "state/agent/journal.db-",
    "state/runs/.part",
)


def contents(path):
    with tarfile.open(path) as archive:
        return {each.name: archive.extractfile(each).read() for each in archive}


def write(path, files):
    with path.open("wb") as file, writing(file, 0) as archive:
        for name, data in files.items():
            archive.add(name, len(data), iter([data]))


def signed_anew(path, first, files, **changes):
    """The archive as its own node would sign it: what only its owner could make."""
    backup = first.look(path)
    listed = tuple(
        Member(name=name, bytes=len(data), sha256=canonical.sha256(data))
        for name, data in files.items()
        if not name.startswith("manifest")
    )
    changed = document.plain(replace(backup, members=listed)) | changes
    manifest = canonical.canonical(changed)
    key = first.identity.own_key("2026-11-23T06:00:00.000Z").private
    sig = seal(canonical.sha256(manifest).encode(), key, BACKUP_TYPE)
    write(path, {"manifest.json": manifest, "manifest.sig": sig} | {m.name: files[m.name] for m in listed})


def refused(machine, path, words, code=ExitCode.USAGE, **more):
    before = machine.files
    with pytest.raises(Problem, match=words) as caught:
        machine.restore(path, **more)
    assert caught.value.code == code
    assert machine.files == before
    return caught.value.sentence


def test_everything_comes_back_byte_for_byte_and_private(first, second, backup):
    done = second.restore(backup)
    wanted = {name: data for name, data in first.files.items() if not name.startswith(NEVER)}
    changes = ("data/identity/stay.json", "state/agent/journal.db")
    found = second.files
    assert found.keys() == wanted.keys()
    assert {name for name in found if found[name] != wanted[name]} <= set(changes)
    assert second.told == first.told
    found = [path for path in second.folder.rglob("*") if path.suffix != ".lock"]
    assert {path.stat().st_mode & 0o077 for path in found} == {0}
    assert done.aside == ()
    assert not list(second.folder.rglob(".restore*"))


def test_on_another_machine_it_can_be_looked_at_and_neither_signs_nor_writes(second, backup):
    second.restore(backup)
    assert second.identity.look().stay.began is None
    for act in (second.identity.signing_key, second.identity.rotate, second.identity.replace):
        with pytest.raises(Problem, match="waits for the end of its stay on another machine") as caught:
            act(written(second.now))
        assert caught.value.code == ExitCode.UNMEASURED
    assert second.told == ["the first"]


def test_on_its_own_machine_it_goes_on_and_the_journal_says_so(first, backup):
    before = read_stay(first.layout.identity)
    shutil.rmtree(first.folder)
    first.restore(backup)
    assert read_stay(first.layout.identity).id == before.id
    first.identity.signing_key(written(first.now))
    assert "was restored from the backup of" in first.told[-1]


def test_over_a_node_only_by_force_and_what_was_there_lies_aside(first, second, backup):
    second.live()
    second.tell("its own")
    (second.folder / "state/runs/one.json").write_text("another one")
    was = second.files
    refused(second, backup, "there is a node here already")
    done = second.restore(backup, force=True, gone=True)
    assert second.identity.look().key == first.identity.look().key
    assert {folder.name for folder in done.aside} == {"before-restore-20261123T060002Z"}
    dated = "before-restore-20261123T060002Z/"
    kept = {name.replace(dated, ""): data for name, data in second.files.items() if dated in name}
    same = {name: data for name, data in was.items() if second.files.get(name) == data}
    assert was.keys() <= kept.keys() | same.keys()
    assert kept["data/identity/node.pem"] == was["data/identity/node.pem"]
    assert kept["state/runs/one.json"] == b"another one"


def test_runs_and_a_configuration_that_were_here_stay(second, backup):
    for name in ("state/runs/mine.json", "config/config.toml"):
        (second.folder / name).parent.mkdir(parents=True)
    (second.folder / "state/runs/mine.json").write_text("mine")
    (second.folder / "config/config.toml").write_text("[tui]\n")  # as in the backup
    done = second.restore(backup)
    runs = {path.name for path in (second.folder / "state/runs").glob("*.json")}
    assert (runs, done.aside) == ({"mine.json", "one.json", "two.json"}, ())


@pytest.mark.parametrize("name", ["config/policy.toml", "state/agent/journal.db", "state/agent/meter.db"])
def test_what_would_be_lost_is_named(second, backup, name):
    (second.folder / name).parent.mkdir(parents=True)
    (second.folder / name).write_text("mine")
    assert str(second.folder / name) in refused(second, backup, "--force moves it aside")


def test_a_wrong_passphrase_is_noticed_before_anything_is_unpacked(second, backup):
    with pytest.raises(Wrong):
        second.restore(backup, passphrase="wrong horse battery")  # noqa: S106 - it is a made one
    assert second.files == {}


def test_while_an_agent_runs_nothing_is_restored(second, backup):
    with only_one(second.layout.agent, since="x"):
        refused(second, backup, "another agent keeps", ExitCode.UNMEASURED)
    assert second.files == {}


def test_without_room_nothing_is_begun(second, backup, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: shutil._ntuple_diskusage(1 << 40, 0, 1 << 20))
    refused(second, backup, r"\d+ MiB are needed and 1 MiB are free")
    assert list(second.folder.rglob("*")) == []


class TestWhatAStrangerChanged:
    def test_any_file_of_it_is_noticed(self, second, backup):
        files = contents(backup)
        for name in files:
            changed = files[name][:-1] + bytes([files[name][-1] ^ 1]) if files[name] else b"x"
            write(backup, files | {name: changed})
            refused(second, backup, "nothing was changed")
        assert not list(second.folder.rglob("*"))

    @pytest.mark.parametrize("drop", ["runs/one.json", "identity/stay.json", "agent/journal.db"])
    def test_a_file_that_is_missing_too_many_or_in_another_place(self, second, backup, drop):
        files = contents(backup)
        write(backup, {name: data for name, data in files.items() if name != drop})
        refused(second, backup, "nothing was changed")
        write(backup, files | {"runs/more.json": b"{}"})
        refused(second, backup, "holds more than its list says")

    def test_a_list_that_another_key_signed(self, second, machine, backup, tmp_path):
        other = machine("other")
        other.live()
        other.back_up(tmp_path / "other.backup")
        files, theirs = contents(backup), contents(tmp_path / "other.backup")
        write(backup, files | {"manifest.sig": theirs["manifest.sig"]})
        refused(second, backup, "is not what its node signed")
        write(backup, theirs | {"identity/node.pem": files["identity/node.pem"]})
        refused(second, backup, "was changed")

    def test_a_key_that_is_not_the_signers(self, first, second, machine, backup, tmp_path):
        other = machine("other")
        other.live()
        other.back_up(tmp_path / "other.backup")
        files = contents(backup) | {"identity/node.pem": contents(tmp_path / "other.backup")["identity/node.pem"]}
        signed_anew(backup, first, files)
        refused(second, backup, "another key than the one that signed it")

    @pytest.mark.parametrize(
        "name",
        [
            "../../evil",
            "/etc/evil",
            "runs/../../evil",
            "runs/a/b.json",
            "runs/.hidden",
            "agent/power.json",
            "bin/evil",
            "identity/a/b/c",
            "runs/\x1b[2J",
        ],
    )
    def test_a_name_that_leads_elsewhere_is_refused_even_if_its_owner_signed_it(self, first, second, backup, name):
        signed_anew(backup, first, contents(backup) | {name: b"evil"})
        refused(second, backup, "is no part of a node")

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"schema": "netmind.backup/2"}, "is netmind.backup/2 and this program reads netmind.backup/1: update"),
            ({"version": "99.0.0"}, "was made by netmind 99.0.0 and this is .*: update netmind"),
            ({"more": 1}, "unknown member more"),
            ({"id": "../../x"}, "its names are none"),
            ({"made_at": "yesterday"}, "no moment"),
        ],
    )
    def test_a_list_of_another_time_or_shape(self, first, second, backup, change, words):
        signed_anew(backup, first, contents(backup), **change)
        refused(second, backup, words)

    def test_a_size_that_no_disk_has(self, first, second, backup):
        listed = [document.plain(each) for each in first.look(backup).members]
        listed[-1] |= {"bytes": 1 << 40}
        signed_anew(backup, first, contents(backup), members=listed)
        refused(second, backup, "would unpack to more than 64 GiB")

    def test_a_header_that_says_more_than_the_list(self, second, backup):
        files = contents(backup)
        with gzip.open(backup, "wb") as file:
            for name, data in files.items():
                info = tarfile.TarInfo(name)
                info.size = len(data) if name != "runs/one.json" else 1 << 32
                file.write(info.tobuf(tarfile.USTAR_FORMAT) + data + bytes(-len(data) % 512))
            file.write(bytes(8 << 20))
        refused(second, backup, "runs/one.json is expected")

    def test_a_journal_of_a_newer_program_or_none_at_all(self, first, second, backup, tmp_path):
        newer = tmp_path / "newer.db"
        make(newer, Kind(name="journal", application=0x4E4D4A4C, version=99, create=()))
        signed_anew(backup, first, contents(backup) | {"agent/journal.db": newer.read_bytes()})
        assert "agent/journal.db in" in refused(second, backup, "is of version 99 and this program knows")
        signed_anew(backup, first, contents(backup) | {"agent/journal.db": b"no database" * 100})
        refused(second, backup, "is no journal of netmind")
        assert list(second.folder.rglob("*")) == []


def test_checked_only_it_leaves_nothing_anywhere(second, backup, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with opened(backup, second.layout) as archive:
        archive.unlock("correct horse battery")
        look_through(archive)
    assert {path.name for path in tmp_path.iterdir()} == {"first", "node.backup"}


class TestCutShort:
    """The second machine has a node of its own, and the change-over to another one is cut short at each step."""

    @pytest.fixture
    def there(self, second):
        second.live()
        second.tell("its own")
        return second

    def test_a_move_that_fails_takes_back_those_before_it(self, there, backup, monkeypatch):
        before, real = there.files, os.rename
        for number in range(100):
            calls = []

            def rename(old, new, number=number, calls=calls):
                calls.append(old)
                if len(calls) == number + 1:
                    raise OSError(28, "No space left on device", old)
                real(old, new)

            monkeypatch.setattr(os, "rename", rename)
            with contextlib.suppress(Problem):
                there.restore(backup, force=True)
                break
            assert there.files == before
        assert number > 5
        monkeypatch.undo()

    def test_killed_at_any_move_the_node_waits_for_what_takes_it_back(self, there, backup):
        before, real = there.files, os.rename
        for number in range(100):
            child = os.fork()
            if child == 0:
                calls = []

                def rename(old, new, number=number, calls=calls):
                    calls.append(old)
                    if len(calls) == number + 1:
                        os._exit(9)
                    real(old, new)

                os.rename = rename
                there.restore(backup, force=True)
                os._exit(0)
            if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0:
                break
            with pytest.raises(Problem, match="a restore was interrupted here"):
                check_may_write(there.layout.identity)
            assert mend_unfinished(there.layout, there.now)
            assert there.files == before
            check_may_write(there.layout.identity)
            assert not mend_unfinished(there.layout, there.now)
        assert number > 5
        assert there.identity.look().stay.began is None  # the last one went through


def cut_short(machine, backup):
    """A restore that dies before the first file gets its name."""
    child = os.fork()
    if child == 0:
        os.rename = lambda *_names: os._exit(9)
        machine.restore(backup)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


def test_what_others_put_into_folders_that_were_made_for_it_stays(machine, backup):
    fresh = machine(".local")  # as in a home where nobody ever had one
    cut_short(fresh, backup)
    theirs = fresh.folder / "bin/precious"
    theirs.parent.mkdir()
    theirs.write_text("not ours")
    assert mend_unfinished(fresh.layout, fresh.now)
    assert list(fresh.files) == ["bin/precious"]


def test_the_key_that_another_one_had_unlocked_when_it_died_goes(second, backup):
    left = second.layout.identity.parent / ".restore-0123456789abcdef/identity/node.pem"
    left.parent.mkdir(parents=True)
    left.write_text("a key")
    second.restore(backup)
    assert not list(second.layout.identity.parent.glob(".*"))


def test_a_restore_that_goes_on_is_not_taken_back_by_another_one(second, backup):
    cut_short(second, backup)
    with only_one(second.layout.agent, since="now"), pytest.raises(Problem, match="another agent keeps"):
        mend_unfinished(second.layout, second.now)
    assert mend_unfinished(second.layout, second.now)


def test_a_carried_end_lets_any_machine_go_on_and_is_of_this_stay(first, second, tmp_path):
    retire(first.layout, None, first.now)
    first.back_up(tmp_path / "a")
    assert second.restore(tmp_path / "a").stay.began is Began.RETIRED
    second.identity.signing_key(written(second.now))

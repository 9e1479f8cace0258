"""The node's key: made once, kept from others, handed on without a gap, and never told."""

import base64
import multiprocessing
import os
import pickle
import subprocess
import sys
import traceback

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from netmind_tui.certify import private_file
from netmind_tui.certify.identity import Identity
from netmind_tui.certify.node_key import NodeKey, read_key
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

NOW, LATER = "2026-11-22T20:00:00.000Z", "2026-11-22T21:00:00.000Z"


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "identity"


@pytest.fixture
def identity(folder):
    """An identity with a key."""
    found = Identity(folder)
    found.public(NOW)
    return found


def mode(path):
    return path.stat().st_mode & 0o777


def refusal(work, *arguments):
    with pytest.raises(Problem) as caught:
        work(*arguments)
    assert caught.value.code == ExitCode.USAGE
    return caught.value.sentence


class TestMaking:
    def test_the_key_is_its_owners_alone_whatever_the_umask_is(self, folder):
        before = os.umask(0)
        try:
            Identity(folder).public(NOW)
        finally:
            os.umask(before)
        assert mode(folder) == 0o700
        assert mode(folder / "node.pem") == 0o600
        assert [path.name for path in folder.iterdir()] == ["node.pem"]

    def test_looking_makes_nothing(self, folder):
        found = Identity(folder).look()
        assert (found.key, found.since) == (None, None)
        assert not folder.exists()

    def test_the_same_key_is_found_again_with_its_age(self, folder, identity):
        found = Identity(folder).look()
        assert found.key == identity.public(LATER)
        assert found.since == NOW

    def test_of_many_processes_that_begin_at_once_all_end_with_one_key(self, folder):
        context = multiprocessing.get_context("spawn")
        with context.Pool(4) as pool:
            keys = pool.starmap(_public, [(str(folder), NOW)] * 12)
        assert len(set(keys)) == 1
        assert [path.name for path in folder.iterdir()] == ["node.pem"]

    def test_a_key_that_somebody_else_made_first_is_kept(self, folder, monkeypatch):
        real = private_file._named

        def too_late(temporary, path, data):
            monkeypatch.setattr(private_file, "_named", real)
            Identity(folder).public(NOW)  # the other process wins
            return real(temporary, path, data)

        monkeypatch.setattr(private_file, "_named", too_late)
        public = Identity(folder).public(LATER)
        assert Identity(folder).look().since == NOW
        assert public == Identity(folder).look().key

    def test_a_file_system_without_hard_links_does_too(self, folder, monkeypatch):
        def unable(*_):
            raise PermissionError(1, "Operation not permitted")

        monkeypatch.setattr(os, "link", unable)
        public = Identity(folder).public(NOW)
        assert public == Identity(folder).public(LATER)
        assert mode(folder / "node.pem") == 0o600

    def test_a_full_disk_leaves_no_key_and_no_scrap_of_one(self, folder, monkeypatch):
        def full(_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        assert "no space left" in refusal(Identity(folder).public, NOW)
        assert list(folder.iterdir()) == []


class TestRefusing:
    @pytest.mark.parametrize("bits", [0o640, 0o604, 0o620, 0o666, 0o777])
    def test_a_key_that_others_could_read_or_write_with_what_mends_it(self, folder, identity, bits):
        (folder / "node.pem").chmod(bits)
        for work in (identity.look, lambda: identity.signing_key(NOW)):
            assert f"chmod 600 {folder}/node.pem" in refusal(work)

    @pytest.mark.parametrize("bits", [0o750, 0o701, 0o777])
    def test_a_folder_that_others_could_enter(self, folder, identity, bits):
        folder.chmod(bits)
        assert f"chmod 700 {folder}" in refusal(identity.look)

    def test_a_folder_that_was_there_and_open(self, folder):
        folder.mkdir(mode=0o755)
        assert "chmod 700" in refusal(Identity(folder).public, NOW)
        assert list(folder.iterdir()) == []

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
    def test_a_key_of_somebody_else(self, folder, identity):
        os.chown(folder / "node.pem", 1234, -1)
        assert "chown 0" in refusal(identity.look)
        os.chown(folder, 1234, -1)
        assert "belongs to user 1234" in refusal(identity.look)

    def test_a_link_instead_of_the_key(self, folder, identity, tmp_path):
        (folder / "node.pem").rename(tmp_path / "elsewhere.pem")
        (folder / "node.pem").symlink_to(tmp_path / "elsewhere.pem")
        assert "is a link" in refusal(identity.look)

    def test_a_link_instead_of_the_folder(self, folder, identity, tmp_path):
        folder.rename(tmp_path / "real")
        folder.symlink_to(tmp_path / "real")
        assert "is a link" in refusal(identity.look)

    def test_a_pipe_a_folder_and_a_huge_file(self, folder, identity):
        key = folder / "node.pem"
        key.unlink()
        os.mkfifo(key, 0o600)
        assert "no file" in refusal(identity.look)
        key.unlink()
        key.mkdir(mode=0o700)
        assert "no file" in refusal(identity.look)
        key.rmdir()
        with os.fdopen(os.open(key, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
            file.truncate(100 * 2**20)
        assert "larger than any key" in refusal(identity.look)

    @pytest.mark.parametrize("kind", ["rsa", "password", "truncated", "public", "text", "empty", "binary"])
    def test_a_file_that_holds_no_key_of_this_kind_in_one_sentence(self, folder, identity, kind):
        key = folder / "node.pem"
        good, one = key.read_bytes(), Ed25519PrivateKey.generate()
        data = {
            "rsa": lambda: pem(rsa.generate_private_key(65537, 2048)),
            "password": lambda: one.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")),
            "truncated": lambda: good[:-60],
            "public": lambda: one.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
            "text": lambda: b"not a key\n",
            "empty": lambda: b"\n",
            "binary": lambda: bytes(range(256)),
        }[kind]()
        key.write_bytes(data)
        sentence = refusal(identity.look)
        assert "an Ed25519 key in PKCS8 PEM is expected" in sentence
        assert "\n" not in sentence

    def test_an_identity_whose_key_went_away_rather_than_begin_as_somebody_else(self, folder, identity):
        identity.rotate(LATER)
        (folder / "node.pem").unlink()
        assert "is missing" in refusal(identity.public, LATER)


class TestRotating:
    def test_the_old_key_names_the_new_one_and_is_kept(self, folder, identity):
        old = read_key(folder / "node.pem")
        _, kept = identity.rotate(LATER)
        found = identity.look()
        assert found.key != old.public
        assert found.since == LATER
        ((rotation),) = found.rotations
        assert (rotation.node_key, rotation.new_key, rotation.at) == (old.public, found.key, LATER)
        assert read_key(folder / "retired" / f"{old.short}.pem") == old
        assert mode(folder / "retired" / f"{old.short}.pem") == mode(kept) == 0o600
        assert not (folder / "next.pem").exists()

    def test_three_in_a_row_lead_from_the_first_to_the_last(self, identity):
        keys = [identity.look().key]
        for hour in (21, 22, 23):
            identity.rotate(f"2026-11-22T{hour}:00:00.000Z")
            keys.append(identity.look().key)
        found = identity.look().rotations
        assert [each.node_key for each in found] == keys[:-1]
        assert [each.new_key for each in found] == keys[1:]

    def test_without_a_key_there_is_nothing_to_rotate(self, folder):
        assert "no node key yet" in refusal(Identity(folder).rotate, NOW)
        assert not folder.exists()

    @pytest.mark.parametrize("step", range(1, 26))
    def test_a_crash_at_any_step_leaves_one_key_and_a_statement_only_where_it_came_into_effect(
        self, folder, identity, step
    ):
        """The process dies at its n-th change of the folder: what is there then is all that is left."""
        old = identity.look().key
        steps = iter(range(1, 100))

        def dying(real):
            def change(*arguments, **options):
                if next(steps) == step:
                    os._exit(9)
                return real(*arguments, **options)

            return change

        child = os.fork()
        if child == 0:
            for name in ("open", "link", "replace", "rename", "mkdir", "unlink"):
                setattr(os, name, dying(getattr(os, name)))
            try:
                identity.rotate(LATER)
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        key = Identity(folder).signing_key(LATER)
        named = [rotation.new_key for rotation in Identity(folder).rotations()]
        assert named == ([] if key.public == old else [key.public])
        if not named:
            Identity(folder).rotate(LATER)
            assert len(Identity(folder).look().rotations) == 1
        assert read_key(folder / "node.pem").public != old
        Identity(folder).rotate(LATER.replace("T21", "T22"))
        assert not [path for path in folder.rglob(".*") if path.is_file()]

    def test_two_at_once_are_two_rotations_of_one_line(self, folder, identity):
        context = multiprocessing.get_context("spawn")
        with context.Pool(3) as pool:
            pool.starmap(_rotate, [(str(folder), f"2026-11-22T2{hour}:00:00.000Z") for hour in range(3)])
        assert len(identity.look().rotations) == 3

    def test_a_full_disk_leaves_the_old_key_in_use(self, identity, monkeypatch):
        old = identity.look().key

        def full(_):
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", full)
            assert "no space left" in refusal(identity.rotate, LATER)
        assert identity.signing_key(LATER).public == old


class TestEnding:
    @pytest.fixture
    def statement(self, identity, tmp_path):
        path = tmp_path / "end.json"
        path.write_bytes(identity.revoke(NOW, "lost", None))
        return path

    @pytest.mark.usefixtures("statement")
    def test_a_statement_that_was_made_changes_nothing(self, identity):
        assert identity.signing_key(LATER).public == identity.look().key

    def test_applied_it_ends_the_key_for_good(self, identity, statement):
        identity.end(statement, LATER)
        assert identity.look().revocation.reason == "lost"
        for work in (identity.signing_key, identity.rotate):
            assert "rotate --new" in refusal(work, LATER)

    def test_after_that_a_node_begins_anew_and_nothing_links_the_keys(self, identity, statement):
        old = identity.look().key
        identity.end(statement, LATER)
        new = identity.replace(LATER)
        found = identity.look()
        assert found.key == new != old
        assert (found.rotations, found.revocation) == ((), None)
        assert identity.signing_key(LATER).public == new

    def test_a_key_that_has_not_ended_is_not_replaced(self, identity):
        assert "leave --new out" in refusal(identity.replace, LATER)

    def test_the_statement_of_a_strangers_key_ends_nothing(self, identity, tmp_path):
        stranger = Identity(tmp_path / "stranger")
        stranger.public(NOW)
        (tmp_path / "end.json").write_bytes(stranger.revoke(NOW, None, None))
        assert "no key of this node" in refusal(identity.end, tmp_path / "end.json", LATER)

    def test_a_retired_key_can_be_ended_later(self, identity, tmp_path):
        old = identity.look().key
        identity.rotate(LATER)
        (tmp_path / "end.json").write_bytes(identity.revoke(NOW, None, old))
        identity.end(tmp_path / "end.json", LATER)
        assert identity.look().revocation is None
        assert [each.node_key for each in identity.revocations()] == [old]

    def test_it_keeps_the_earliest_end(self, identity, statement, tmp_path):
        identity.end(statement, LATER)
        (tmp_path / "later.json").write_bytes(identity.revoke(LATER, None, None))
        assert identity.end(tmp_path / "later.json", LATER).since == NOW
        assert identity.look().revocation.since == NOW


class TestNeverTold:
    def test_a_key_says_its_public_half_alone(self, identity):
        key = identity.signing_key(NOW)
        for text in (repr(key), str(key), f"{key!r}"):
            assert key.public in text
            assert "PrivateKey" not in text
            assert_silent(text, key)

    def test_it_cannot_be_pickled(self, identity):
        with pytest.raises(TypeError):
            pickle.dumps(identity.signing_key(NOW))

    @pytest.mark.parametrize("data", ["truncated", "doubled", "chmod", "rsa"])
    def test_no_trouble_with_the_file_quotes_it(self, folder, identity, data):
        key, path = identity.signing_key(NOW), folder / "node.pem"
        if data == "truncated":
            path.write_bytes(path.read_bytes()[:-30])
        elif data == "doubled":
            path.write_bytes(path.read_bytes().replace(b"MC4", b"MC5"))
        elif data == "chmod":
            path.chmod(0o644)
        else:
            path.write_bytes(path.read_bytes().replace(b" PRIVATE", b" RSA PRIVATE"))
        with pytest.raises(Problem) as caught:
            identity.signing_key(NOW)
        told = "".join(traceback.format_exception(caught.value))
        told += "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=False).format())
        assert_silent(told, key)
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None or caught.value.__suppress_context__

    @pytest.mark.parametrize(
        "breaks",
        [
            "netmind_tui.certify.envelope.seal",
            "netmind_tui.certify.private_file.put",
            "netmind_tui.certify.identity.signed",
            "os.fsync",
        ],
    )
    def test_a_crash_in_the_middle_tells_nothing_on_any_stream_or_in_any_file(self, folder, identity, tmp_path, breaks):
        key = identity.signing_key(NOW)
        module, _, name = breaks.rpartition(".")
        code = f"""
import faulthandler, importlib, logging, sys
logging.basicConfig(level=logging.DEBUG, filename={str(tmp_path / "log")!r})
faulthandler.enable()
sys.argv[0] = "netmind"
module = importlib.import_module({module!r})
from netmind_tui.cli.main import main
import netmind_tui.certify.identity
def crash(*arguments, **options):
    raise RuntimeError("crash with " + repr(arguments) + repr(options))
setattr(module, {name!r}, crash)
sys.exit(main(["identity", "rotate"]))
"""
        home = tmp_path / "home"
        (home / ".local/share/netmind").mkdir(parents=True)
        folder.rename(home / ".local/share/netmind/identity")
        done = subprocess.run(
            [sys.executable, "-X", "dev", "-c", code],
            env={"HOME": str(home), "PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            cwd=tmp_path,
            check=False,
        )
        assert done.returncode != 0
        assert_silent(done.stdout + done.stderr, key)
        for path in tmp_path.rglob("*"):
            if path.is_file() and path.name != "node.pem":
                assert_silent(path.read_bytes().decode("latin-1"), key)


def assert_silent(text: str, key: NodeKey) -> None:
    """The seed is nowhere: not in hexadecimal, not in base64 at any offset, not in PEM, not as bytes."""
    seed = key.private.private_bytes_raw()
    body = "".join(pem(key.private).decode().splitlines()[1:-1])
    needles = {seed.hex(), seed.hex().upper(), body, str(seed), seed.decode("latin-1")}
    for pad in range(3):
        encoded = base64.b64encode(b"\0" * pad + seed).decode()
        needles.add(encoded[4 if pad else 0 : -4])
    for needle in needles:
        assert needle not in text


def pem(key):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _public(folder, now):
    from pathlib import Path  # noqa: PLC0415 - a child of its own

    return Identity(Path(folder)).public(now)


def _rotate(folder, now):
    from pathlib import Path  # noqa: PLC0415 - a child of its own

    Identity(Path(folder)).rotate(now)

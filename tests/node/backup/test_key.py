"""Keys under a passphrase, as others read them, and as a stranger could change them."""

import shutil
import subprocess

import pytest

from netmind_tui.certify.node_key import make_key
from netmind_tui.node.backup import key
from netmind_tui.node.backup.key import Wrong, locked, unlocked


@pytest.fixture
def pem(tmp_path):
    make_key(tmp_path / "node.pem", "2026-11-23T06:00:00.000Z")
    return (tmp_path / "node.pem").read_bytes()


def test_it_comes_back_byte_for_byte_and_shows_nothing_meanwhile(pem):
    found = locked(pem, "correct horse")
    assert unlocked(found, "correct horse") == pem
    assert b"ENCRYPTED PRIVATE KEY" in found
    assert b"Made 2026-11-23" in found
    assert pem.split(b"-----")[2].strip() not in found
    assert locked(pem, "correct horse") != found


def test_the_same_signs_typed_elsewhere_are_the_same_passphrase(pem):
    assert unlocked(locked(pem, "sch\u00f6ner Sommer"), "scho\u0308ner Sommer") == pem


@pytest.mark.parametrize("passphrase", ["", "correct hors", "correct horse "])
def test_another_passphrase_opens_nothing(pem, passphrase):
    with pytest.raises(Wrong):
        unlocked(locked(pem, "correct horse"), passphrase)


def test_of_what_somebody_changed_nothing_is_believed(pem):
    found = locked(pem, "correct horse")
    begin = found.index(b"-----BEGIN")
    for place in range(begin, len(found), 7):
        changed = bytearray(found)
        changed[place] ^= 1
        try:
            plain = unlocked(bytes(changed), "correct horse")
        except (Wrong, ValueError):
            continue
        assert plain != pem or changed[place] in b"\n-"


def test_work_that_a_stranger_chose_is_not_done(pem, monkeypatch):
    found = locked(pem, "correct horse")
    monkeypatch.setattr(key, "_N", 1 << 14)
    with pytest.raises(ValueError, match="no key that is locked as here"):
        unlocked(found, "correct horse")


@pytest.mark.parametrize("text", [b"", b"hello", b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n", b"\xff" * 500])
def test_what_is_no_key_is_refused(text):
    with pytest.raises(ValueError, match="no key"):
        unlocked(text, "correct horse")
    with pytest.raises(ValueError, match="no key"):
        locked(text, "correct horse")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_openssl_opens_it_as_it_is_really_made(pem, tmp_path, monkeypatch):
    monkeypatch.undo()  # with all the work that it costs
    path = tmp_path / "locked.pem"
    path.write_bytes(locked(pem, "correct horse"))
    command = ["openssl", "pkey", "-in", path, "-passin", "pass:correct horse"]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.stdout.strip() in pem, done.stderr
    assert done.stdout.startswith(b"-----BEGIN PRIVATE KEY-----")

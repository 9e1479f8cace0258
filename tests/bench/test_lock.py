import json
import os
import subprocess
import sys

import pytest

from netmind_tui.bench.lock import DeviceHeldError, LockError, held

HOLDER = """
import sys
from pathlib import Path
from netmind_tui.bench.lock import held
with held("GPU-1", since="2026-01-01T00:00:00Z", folder=Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    child = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout.readline() == "held\n"
    yield child
    child.kill()
    child.communicate()


def take(folder, identity="GPU-1"):
    with held(identity, since="now", folder=folder):
        return True


def test_a_held_device_names_its_holder(tmp_path, holder):
    with pytest.raises(DeviceHeldError, match=rf"pid {holder.pid} .*since 2026-01-01T00:00:00Z"):
        take(tmp_path)


def test_the_identity_ignores_case(tmp_path, holder):
    with pytest.raises(DeviceHeldError):
        take(tmp_path, "gpu-1")


def test_another_device_is_free(tmp_path, holder):
    assert take(tmp_path, "GPU-2")


def test_a_killed_holder_holds_nothing(tmp_path, holder):
    holder.kill()
    holder.wait()
    assert take(tmp_path)


def test_it_is_given_back_after_an_error(tmp_path):
    with pytest.raises(RuntimeError), held("GPU-1", since="now", folder=tmp_path):
        raise RuntimeError
    assert take(tmp_path)


def test_a_link_laid_in_its_place_is_not_followed(tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "netmind-gpu-1.lock").symlink_to(victim)
    with pytest.raises(LockError, match=r"symbolic links"):
        take(tmp_path)
    assert victim.read_text() == "precious"


def test_other_users_may_sign_the_file(tmp_path):
    before = os.umask(0o077)
    try:
        take(tmp_path)
    finally:
        os.umask(before)
    assert (tmp_path / "netmind-gpu-1.lock").stat().st_mode & 0o777 == 0o666


@pytest.mark.parametrize(
    "signature",
    [
        b"[" * 4000,
        b'{"pid":1e999,"command":"c","since":"s"}',
        b'{"pid":1}',
        b"\xff\xfe",
        b'{"pid":1,"command":2,"since":3}',
    ],
)
def test_a_holder_with_a_strange_signature_is_still_a_holder(tmp_path, holder, signature):
    (tmp_path / "netmind-gpu-1.lock").write_bytes(signature)
    with pytest.raises(DeviceHeldError):
        take(tmp_path)


def test_a_signature_cannot_command_the_terminal(tmp_path, holder):
    forged = {"pid": 1, "command": "\x1b[2Jx\nnetmind: error: y" + "z" * 5000, "since": "now"}
    (tmp_path / "netmind-gpu-1.lock").write_text(json.dumps(forged)[:4000] + '","since":"now"}')
    with pytest.raises(DeviceHeldError) as raised:
        take(tmp_path)
    assert str(raised.value).isprintable()
    assert len(str(raised.value)) < 300


def test_garbage_left_in_the_file_does_no_harm(tmp_path):
    (tmp_path / "netmind-gpu-1.lock").write_bytes(b"\xff{")
    assert take(tmp_path)

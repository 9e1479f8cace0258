"""Measuring a disk: right bytes pass, stale or misplaced ones do not, and nothing is left in the folder."""

import errno
import os
import resource
import shutil
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from netmind_tui.bench import room, scratch
from netmind_tui.bench.family import disk
from netmind_tui.bench.family.base import Task
from netmind_tui.bench.protocol import Cause
from netmind_tui.bench.refusal import RefusedError
from netmind_tui.bench.room import memory_disk, room_refusal
from netmind_tui.bench.rotation import Rotation
from netmind_tui.bench.scratch import Scratch
from netmind_tui.model.kernel import Provider, Variant
from netmind_tui.model.measurement import Reason
from netmind_tui.probe.mount import Mount

REQUEST = 2**16
COUNT = 12
SHM = Path("/dev/shm")  # noqa: S108 - what is tested


@pytest.fixture(params=["disk.write", "disk.read"])
def exercise(request, catalog, tmp_path):
    """Each kernel with small requests, in an empty folder."""
    shape = {"bytes": COUNT * REQUEST, "request": REQUEST}
    variant = Variant(provider=Provider.CPU, shape=shape, memory=(("request",),))
    with ExitStack() as stack:
        task = Task(catalog.kernel(request.param), variant, 7, 7, 2**30, 1.0, folder=tmp_path, stack=stack)
        yield disk.prepare(task, None)


@pytest.fixture
def written(catalog, tmp_path):
    """``disk.write`` after its first pass, and the descriptor of its file."""
    shape = {"bytes": COUNT * REQUEST, "request": REQUEST}
    variant = Variant(provider=Provider.CPU, shape=shape, memory=(("request",),))
    with ExitStack() as stack:
        task = Task(catalog.kernel("disk.write"), variant, 7, 7, 2**30, 1.0, folder=tmp_path, stack=stack)
        made = disk.prepare(task, None)
        for binding in made.bindings:
            binding.run()
        yield made, made.bindings[0]._scratch


def aligned(data):
    found = disk._aligned(data.size)
    found[:] = data
    return found


def test_what_was_written_and_read_is_right(exercise):
    rotation = Rotation(exercise)
    rotation.run(COUNT)
    assert rotation.check().ok
    rotation.spoil()
    rotation.run(3 * COUNT + 5)
    assert rotation.check().ok


def test_a_disk_that_does_nothing_is_found_out(exercise, monkeypatch):
    rotation = Rotation(exercise)
    rotation.run(COUNT)
    for name in ("write", "read"):
        genuine = getattr(Scratch, name)
        moved = (lambda *_: None) if name == exercise.bindings[0].__class__.__name__[1:].lower() else genuine
        monkeypatch.setattr(Scratch, name, moved)
    rotation.run(COUNT)
    assert not rotation.check().ok


def test_a_folder_holds_nothing_while_its_disk_is_measured(exercise, tmp_path):
    Rotation(exercise).run(COUNT)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", [0, 1, REQUEST - 1])
def test_one_wrong_bit_on_the_disk_is_found(written, place):
    made, file = written
    found = disk._aligned(REQUEST)
    file.read(found, 3 * REQUEST)
    found[place] ^= 1
    file.write(found, 3 * REQUEST)
    assert [index for index in range(COUNT) if not made.check(index).ok] == [3]


def test_a_request_that_went_to_the_place_of_another_is_found(written):
    made, file = written
    found = disk._aligned(REQUEST)
    file.read(found, 3 * REQUEST)
    file.write(found, 4 * REQUEST)
    assert [index for index in range(COUNT) if not made.check(index).ok] == [4]


def test_what_an_earlier_pass_left_is_found(written):
    made, file = written
    stale = disk._aligned(REQUEST)
    file.read(stale, 0)
    made.bindings[0].run()
    assert made.check(0).ok
    file.write(stale, 0)
    assert not made.check(0).ok


def test_no_two_pieces_of_4_kib_are_alike(written):
    _, file = written
    found = disk._aligned(COUNT * REQUEST)
    file.read(found, 0)
    pieces = {found[start : start + 4096].tobytes() for start in range(0, found.size, 4096)}
    assert len(pieces) == COUNT * REQUEST // 4096


WRITE = """
import sys
from pathlib import Path
from netmind_tui.bench.family import disk
from netmind_tui.bench.refusal import RefusedError
from netmind_tui.bench.scratch import Scratch
with Scratch(Path(sys.argv[1])) as file:
    try:
        for place in range(8):
            file.write(disk._aligned(1 << 20), place << 20)
    except RefusedError as error:
        print(error.cause, error)
"""


class TestADiskThatRefuses:
    @pytest.mark.parametrize(
        ("number", "cause", "words"),
        [
            (errno.ENOSPC, Cause.SPACE, "has no space left"),
            (errno.EDQUOT, Cause.SPACE, "quota"),
            (errno.EFBIG, Cause.SPACE, "ulimit -f"),
            (errno.EIO, Cause.DISK, "dmesg"),
            (errno.EROFS, Cause.FOLDER, "takes no file"),
        ],
    )
    def test_while_it_is_written_is_told_apart_and_leaves_nothing(self, tmp_path, monkeypatch, number, cause, words):
        def refuse(*_):
            raise OSError(number, os.strerror(number))

        with Scratch(tmp_path) as file:
            monkeypatch.setattr(scratch.os, "pwrite", refuse)
            with pytest.raises(RefusedError, match=words) as raised:
                file.write(disk._aligned(4096), 0)
        assert raised.value.cause is cause
        assert str(tmp_path) in str(raised.value)
        assert list(tmp_path.iterdir()) == []

    def test_for_real_at_the_limit_of_a_file(self, tmp_path):
        done = subprocess.run(
            [sys.executable, "-c", WRITE, str(tmp_path)],
            capture_output=True,
            text=True,
            check=True,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2**16, 2**16)),
        )
        assert done.stdout.startswith("not-enough-space ")
        assert "ulimit -f" in done.stdout
        assert list(tmp_path.iterdir()) == []

    def test_for_real_when_it_fills_up(self, tmp_path):
        mount, unshare = "mount -t tmpfs -o size=2m none", shutil.which("unshare")
        if unshare is None:
            pytest.skip("no unshare here")
        alone = [unshare, "-rm"]
        tried = subprocess.run([*alone, *mount.split(), str(tmp_path)], capture_output=True, check=False)
        if tried.returncode != 0:
            pytest.skip("this user may not mount a small file system")
        script = f'{mount} "$3" && "$1" -c "$2" "$3" && ls -A "$3" && df --output=used "$3" | tail -1'
        done = subprocess.run(
            [*alone, "sh", "-c", script, "sh", sys.executable, WRITE, str(tmp_path)],
            capture_output=True,
            text=True,
            check=True,
        )
        said, used = done.stdout.splitlines()
        assert said.startswith("not-enough-space ")
        assert "has no space left: writing at 2097152 bytes" in said
        assert used.strip() == "0"

    def test_a_file_that_became_shorter_is_a_fault_of_the_disk(self, tmp_path):
        with Scratch(tmp_path) as file, pytest.raises(RefusedError, match="ends before") as raised:
            file.read(disk._aligned(4096), 0)
        assert raised.value.cause is Cause.DISK

    def test_a_part_that_was_moved_is_followed_by_the_rest(self, tmp_path, monkeypatch):
        genuine = os.pwrite
        monkeypatch.setattr(scratch.os, "pwrite", lambda file, view, at: genuine(file, view[:4096], at))
        data = aligned(np.arange(4 * 4096, dtype=np.uint64).view(np.uint8)[: 4 * 4096])
        with Scratch(tmp_path) as file:
            file.write(data, 4096)
            found = disk._aligned(data.size)
            file.read(found, 4096)
        assert (found == data).all()


class TestAFileWithoutAName:
    @pytest.mark.parametrize("nameless", [True, False])
    def test_is_gone_with_the_process_that_was_killed(self, tmp_path, nameless):
        code = (
            "import os, signal, sys; from pathlib import Path\n"
            "from netmind_tui.bench import scratch; from netmind_tui.bench.family import disk\n"
            f"if not {nameless}: scratch._NAMELESS = 0\n"
            "with scratch.Scratch(Path(sys.argv[1])) as file:\n"
            "    file.write(disk._aligned(1 << 20), 0)\n"
            "    os.kill(os.getpid(), signal.SIGKILL)\n"
        )
        done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
        assert done.returncode == -signal.SIGKILL
        assert list(tmp_path.iterdir()) == []

    def test_that_gets_no_direct_io_says_so(self, tmp_path, monkeypatch):
        monkeypatch.setattr(scratch, "_DIRECT", 0)
        with Scratch(tmp_path) as file:
            assert "no direct I/O" in file.notes[0]
            data = aligned(np.full(4096, 7, np.uint8))
            file.write(data, 0)
            file.flush()
            found = disk._aligned(4096)
            file.read(found, 0)
        assert (found == data).all()

    def test_its_folder_is_made_where_it_is_the_programs_own(self, tmp_path):
        with Scratch(tmp_path / "state/netmind"):
            assert list((tmp_path / "state/netmind").iterdir()) == []


def mounts(*rows):
    return tuple(Mount(subtree="/", point=p, file_system=f, source="x", options=o) for p, f, o in rows)


class TestRoom:
    def test_there_is_some_on_this_disk(self, tmp_path):
        refusal = room_refusal(tmp_path, 4096)
        assert refusal is None or refusal.id in (Reason.NOT_ENOUGH_SPACE, Reason.MEMORY_DISK)

    @pytest.mark.skipif(not SHM.is_dir(), reason="no /dev/shm here")
    def test_memory_is_no_disk(self):
        refusal = room_refusal(SHM / "not-made-yet", 4096)
        assert refusal.id is Reason.MEMORY_DISK
        assert "tmpfs" in refusal.detail
        assert "--disk-folder" in refusal.detail

    def test_a_file_larger_than_what_is_free_is_refused_with_figures(self, tmp_path, monkeypatch):
        monkeypatch.setattr(room, "memory_disk", lambda *_: None)
        refusal = room_refusal(tmp_path, 2**60)
        assert refusal.id is Reason.NOT_ENOUGH_SPACE
        assert "must stay free" in refusal.detail

    def test_what_stays_free_is_a_gibibyte_or_five_per_cent(self, tmp_path, monkeypatch):
        monkeypatch.setattr(room, "memory_disk", lambda *_: None)

        def free(blocks, total):
            found = os.statvfs(tmp_path)
            size = (2**20, 2**20, total, blocks, blocks, *tuple(found)[5:8], 0, 255)
            monkeypatch.setattr(room.os, "statvfs", lambda _: os.statvfs_result(size))
            return room_refusal(tmp_path, 256 * 2**20)

        assert free(blocks=1024 + 256, total=10_000) is None
        assert free(blocks=1024 + 255, total=10_000).id is Reason.NOT_ENOUGH_SPACE
        assert free(blocks=5_000 + 256, total=100_000) is None
        assert free(blocks=5_000 + 255, total=100_000).id is Reason.NOT_ENOUGH_SPACE

    def test_a_file_system_that_is_only_read_is_refused(self, tmp_path, monkeypatch):
        monkeypatch.setattr(room, "memory_disk", lambda *_: None)
        found = os.statvfs(tmp_path)
        size = (*tuple(found)[:8], found.f_flag | os.ST_RDONLY, found.f_namemax)
        monkeypatch.setattr(room.os, "statvfs", lambda _: os.statvfs_result(size))
        assert room_refusal(tmp_path, 4096).id is Reason.NOT_WRITABLE

    def test_a_folder_that_this_user_may_not_write_is_refused(self, tmp_path, monkeypatch):
        monkeypatch.setattr(room, "memory_disk", lambda *_: None)
        monkeypatch.setattr(room.os, "access", lambda *_: False)
        assert room_refusal(tmp_path, 4096).id is Reason.NOT_WRITABLE

    def test_nothing_is_made_by_asking(self, tmp_path):
        room_refusal(tmp_path / "a/b", 4096)
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize(
        ("rows", "kind"),
        [
            ([("/", "ext4", "rw")], None),
            ([("/", "ext4", "rw"), ("/data", "tmpfs", "rw")], "tmpfs"),
            ([("/", "tmpfs", "rw"), ("/data", "ext4", "rw")], None),
            ([("/", "ext4", "rw"), ("/data", "ramfs", "rw")], "ramfs"),
            # The last mount over a point hides those below it.
            ([("/", "ext4", "rw"), ("/data", "ext4", "rw"), ("/data", "tmpfs", "rw")], "tmpfs"),
            ([("/", "ext4", "rw"), ("/dat", "tmpfs", "rw")], None),
            ([("/", "overlay", "rw,lowerdir=/a,upperdir=/nowhere/up,workdir=/b"), ("/nowhere", "tmpfs", "rw")], None),
            ([("/", "overlay", "rw,upperdir=/usr"), ("/usr", "tmpfs", "rw")], "overlay on tmpfs"),
            ([("/", "overlay", "rw,upperdir=/usr"), ("/usr", "ext4", "rw")], None),
        ],
    )
    def test_the_mount_that_a_folder_lies_on_decides(self, rows, kind):
        assert memory_disk(Path("/data/folder"), mounts(*rows)) == kind

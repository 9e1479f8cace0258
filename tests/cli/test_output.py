"""Everything in child processes: what is tested is what a shell sees."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

NETMIND = (sys.executable, "-m", "netmind_tui")
WRITE = "from pathlib import Path; from netmind_tui.cli import output; output.write('{text}' * {times}, Path({path!r}))"
LIMITED = (
    "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
    "resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64)); "
)
CHARACTER_DEVICES = {"null": (1, 3), "full": (1, 7)}

unix = pytest.mark.skipif(sys.platform == "win32", reason="pipes, links and limits of Unix")
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="the device numbers are Linux'")


@pytest.fixture
def device(tmp_path):
    """A device by name: for root a copy of it, since a broken command would replace the machine's own."""

    def named(name):
        if os.geteuid() != 0:
            return Path("/dev", name)
        path = tmp_path / name
        try:
            os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(*CHARACTER_DEVICES[name]))
            path.open("wb").close()
        except OSError:
            pytest.skip("root may not make devices here")
        return path

    return named


def schema_to(path, **options):
    return subprocess.run(
        [*NETMIND, "schema", "info", "-o", str(path)], capture_output=True, text=True, check=False, **options
    )


def write(path, text="x", times=1, before=""):
    code = before + WRITE.format(text=text, times=times, path=str(path))
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_a_file_is_replaced_whole_and_keeps_its_mode(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("old")
    path.chmod(0o640)
    done = schema_to(path)

    assert done.returncode == 0, done.stderr
    assert path.read_text().startswith("{\n")
    assert path.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in tmp_path.iterdir()] == ["a.json"]


@unix
def test_a_disk_that_fills_up_leaves_the_old_file_and_no_rest(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("old")
    done = write(path, times=4096, before=LIMITED)

    assert done.returncode != 0
    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["a.json"]


@linux_only
def test_a_full_device_is_one_sentence_and_2(device):
    full = device("full")
    done = schema_to(full)

    assert done.returncode == 2
    assert done.stderr == f"netmind: error: cannot write {full}: the disk is full; nothing was changed\n"


@linux_only
def test_a_device_is_written_through_and_stays_a_device(device):
    null = device("null")

    assert schema_to(null).returncode == 0
    assert null.is_char_device()


@unix
def test_a_pipe_gets_the_bytes(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with subprocess.Popen(["/bin/cat", str(path)], stdout=subprocess.PIPE) as reader:
        try:
            done = schema_to(path)
            read, _ = reader.communicate(timeout=10)
        finally:
            reader.kill()  # it waits for ever where the pipe was replaced

    assert done.returncode == 0
    assert read.startswith(b"{\n")
    assert path.is_fifo()


@unix
def test_a_link_stays_and_what_it_points_at_is_replaced(tmp_path):
    target, link = tmp_path / "deep/target.json", tmp_path / "link.json"
    target.parent.mkdir()
    target.write_text("old")
    link.symlink_to(target)

    assert schema_to(link).returncode == 0
    assert link.is_symlink()
    assert target.read_text().startswith("{\n")


@pytest.mark.parametrize("name", ["", "none/a.json", "file/a.json"])
def test_a_place_that_cannot_be_written_is_a_usage_error(tmp_path, name):
    (tmp_path / "file").write_text("")
    done = schema_to(tmp_path / name)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"netmind: error: cannot write {tmp_path / name}: ")
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


@unix
def test_a_reader_that_left_is_no_error():
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([*NETMIND, "schema", "info"], stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)

    assert (done.returncode, done.stderr) == (0, "")


@unix
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_streams_are_nobody_listening(closed):
    command = f'"{sys.executable}" -m netmind_tui schema info {closed}'
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


@linux_only
def test_a_full_stdout_is_one_sentence_and_no_traceback(device):
    with device("full").open("wb") as full:
        done = subprocess.run([*NETMIND, "schema", "info"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)

    assert (done.returncode, done.stderr) == (2, "netmind: error: cannot write to stdout: the disk is full\n")

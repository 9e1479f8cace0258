"""The real command in a child process: recorded, stopped, killed, out of room, and read again."""

import json
import os
import re
import runpy
import signal
import stat
import subprocess
import sys
import time
from contextlib import nullcontext
from pathlib import Path

import jsonschema
import pytest

from netmind_tui.cli import machine
from netmind_tui.cli.main import main
from netmind_tui.document import schema
from netmind_tui.probe.recording import RecordingSource

NETMIND = (sys.executable, "-m", "netmind_tui")
EXAMPLE = Path(__file__).parents[1] / "recordings/h100x8.jsonl"
BARE = {"LD_LIBRARY_PATH": ""}
FAST = ("--interval", "0.1")
PATIENCE_S = 60
# Files of this process and its children grow to so many bytes and no further; the signal that says so is ignored.
LIMITED = (
    "import resource, sys;"
    "resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}));"
    "from netmind_tui.cli.main import run; run()"
)

# A namespace of its own: the machine keeps its name.
RENAMED = ("unshare", "--uts", "sh", "-c", 'echo annabels-box > /proc/sys/kernel/hostname && exec "$@"', "sh")

unix = pytest.mark.skipif(sys.platform == "win32", reason="signals, pipes and limits of Unix")
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="the device numbers are Linux'")


@pytest.fixture
def environment(tmp_path):
    """Everything a person has, in an empty home."""
    home = tmp_path / "home"
    home.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("NETMIND_", "XDG_", "COLUMNS"))}
    return kept | {"HOME": str(home), "PYTHONUTF8": "1", "COLUMNS": "100"}


@pytest.fixture
def netmind(environment):
    def run(*arguments, env=None):
        return subprocess.run(
            [*NETMIND, *map(str, arguments)],
            env=environment | (env or {}),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


@pytest.fixture
def gpus(nvml_stub, environment):
    """The environment of a machine with the stub's GPUs."""

    def of(scenario, **overrides):
        stub = nvml_stub(scenario, **overrides)
        return environment | {name: stub[name] for name in stub if name.startswith(("NETMIND_STUB_", "LD_"))}

    return of


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "a.jsonl"


@pytest.fixture
def start(environment):
    """Begin to record; ended with the test."""
    children = []

    def begin(*arguments, **options):
        child = subprocess.Popen(
            [*NETMIND, "record", *FAST, *map(str, arguments)], env=environment, stderr=subprocess.PIPE, **options
        )
        children.append(child)
        return child

    yield begin
    for child in children:
        child.kill()
        child.communicate()


def wait_for_lines(path, count):
    deadline = time.monotonic() + PATIENCE_S
    while not path.exists() or path.read_bytes().count(b"\n") < count:
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


def can_rename_itself():
    try:
        return subprocess.run([*RENAMED, "true"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def documents(data):
    return [json.loads(line) for line in data.splitlines()]


def validate(name, data):
    jsonschema.Draft202012Validator(schema(name)).validate(data)


def test_eight_gpus_recorded_are_valid_documents_and_are_replayed_as_they_were_watched(netmind, gpus, path):
    done = netmind("record", "-o", path, *FAST, "--count", "3", env=gpus("h100x8", busy_pid=os.getpid()))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", f"{path}: 3 samples\n")
    header, *samples = documents(path.read_bytes())

    jsonschema.Draft202012Validator(json.loads(netmind("schema", "recording").stdout)).validate(header)
    assert header["interval_s"] == 0.1
    assert [device["id"] for device in header["devices"]] == [*(f"gpu:{number}" for number in range(8)), "cpu"]
    for sample in samples:
        validate("sample", sample)
    replayed = netmind("info", "--watch", "--replay", path)
    assert (replayed.returncode, replayed.stderr) == (0, "")
    assert documents(replayed.stdout) == samples
    assert samples[0]["at"] < samples[1]["at"] < samples[2]["at"]


def test_without_a_file_the_same_lines_go_to_stdout(netmind, gpus, path):
    done = netmind("record", *FAST, "--count", "2", "-d", "gpu:1-2", env=gpus("h100x8"))
    header, *samples = documents(done.stdout)

    assert (done.returncode, done.stderr) == (0, "")
    validate("recording", header)
    assert [device["id"] for device in header["devices"]] == ["gpu:1", "gpu:2"]
    assert [[device["device"] for device in sample["devices"]] for sample in samples] == [["gpu:1", "gpu:2"]] * 2


def test_a_gpu_that_falls_off_goes_on_in_the_recording_as_lost(netmind, gpus, path):
    env = gpus("falls-off", lost_after=2)
    assert netmind("record", "-o", path, *FAST, "--count", "4", env=env).returncode == 0
    found = [sample["devices"][5] for sample in documents(path.read_bytes())[1:]]

    assert [device["power_draw_w"] is None for device in found] == [False, False, True, True]
    assert found[3]["absent"]["power_draw_w"] == "lost"
    table = netmind("info", "--replay", path, "-d", "gpu:5", env=BARE).stdout
    assert re.search(r"now +busy, memory, power, temp, SM clock, PCIe: lost", table)


def test_gpus_that_were_not_asked_for_are_not_read(netmind, gpus, path, tmp_path):
    log = tmp_path / "log"
    assert (
        netmind("record", "-o", path, *FAST, "--count", "2", "-d", "cpu", env=gpus("h100x8", log=log)).returncode == 0
    )
    assert "nvmlDeviceGetUtilizationRates" not in log.read_text()
    assert [sample["devices"] for sample in documents(path.read_bytes())[1:]] == [[], []]


def test_a_sleeping_gpu_is_recorded_as_asleep_and_not_woken(open_probe, sysfs, path, tmp_path, monkeypatch, capsys):
    sysfs.add("0000:1b:00.0", status="suspended")
    sysfs.add("0000:43:00.0")
    log = tmp_path / "log"
    probe = open_probe("h100x8", count=2, log=log)
    monkeypatch.setattr(machine, "open_gpus", lambda: nullcontext(probe))
    assert main(["record", "-o", str(path), *FAST, "--count", "2"]) == 0
    header, *samples = documents(path.read_bytes())

    assert [device["asleep"] for device in header["devices"]] == [True, False, False]
    found = [sample["devices"][0] for sample in samples]
    assert [(device["device"], device["absent"]["power_draw_w"]) for device in found] == [("gpu:0", "asleep")] * 2
    assert {line.rpartition(" ")[2] for line in log.read_text().splitlines()} == {"-1", "1"}


def test_nobody_can_tell_from_a_recording_whose_machine_it_is(netmind, gpus, path, tmp_path):
    plain_path = tmp_path / "plain.jsonl"
    env = gpus("h100x8") | {"LOGNAME": "annabel"}
    assert netmind("record", "-o", path, *FAST, "--count", "2", env=env).returncode == 0
    assert netmind("record", "-o", plain_path, *FAST, "--count", "2", "--no-redact", env=env).returncode == 0
    data, plain = path.read_bytes(), plain_path.read_bytes()
    disks = documents(plain)[0]["host"]["disks"]
    secrets = [b"5eed0000", b"annabel", *(f'"{disk["device"]}"'.encode() for disk in disks)]

    assert b"5eed0000" in plain
    assert [secret for secret in secrets if secret in data] == []
    assert (documents(data)[0]["redacted"], documents(plain)[0]["redacted"]) == (True, False)
    uuids = [device["uuid"] for device in documents(data)[0]["devices"][:8]]
    assert uuids == [f"uuid-{number}" for number in range(1, 9)]
    assert [device["uuid"] for device in documents(data)[2]["devices"]] == uuids


@linux_only
@pytest.mark.parametrize(("options", "shown"), [((), False), (("--no-redact",), True)])
def test_the_name_of_the_host_does_not_leave_it_unless_asked_to(environment, options, shown):
    if not can_rename_itself():
        pytest.skip("only root, and not in every container, may give itself a name")
    command = [*NETMIND, "record", "--count", "1", *options]
    done = subprocess.run([*RENAMED, *command], env=environment, capture_output=True, check=True)

    assert (b"annabels-box" in done.stdout) == shown
    assert documents(done.stdout)[0]["host"]["hostname"] == ("annabels-box" if shown else "host")


def test_a_recording_with_names_can_still_be_shown_without(netmind, gpus, path):
    netmind("record", "-o", path, *FAST, "--count", "1", "--no-redact", env=gpus("h100x8"))

    for arguments in (["--json"], ["--watch"]):
        assert "5eed0000" in netmind("info", "--replay", path, *arguments).stdout
        assert "5eed0000" not in netmind("info", "--replay", path, "--share", *arguments).stdout


def test_the_machine_of_a_recording_is_shown_with_its_last_sample(netmind):
    done = netmind("info", "--replay", EXAMPLE, "--json", env=BARE)
    data = json.loads(done.stdout)
    validate("info", data)

    assert done.returncode == 0
    assert re.fullmatch(
        rf"{re.escape(str(EXAMPLE))}: 20 samples from \S+Z, the last at {data['now']['at']}\n", done.stderr
    )
    assert data["driver"]["version"] == "580.95.05"
    assert [device["id"] for device in data["devices"]] == [*(f"gpu:{number}" for number in range(8)), "cpu"]
    assert [device["device"] for device in data["now"]["devices"]] == [f"gpu:{number}" for number in range(8)]
    assert data["now"] == {key: value for key, value in documents(EXAMPLE.read_bytes())[-1].items() if key != "schema"}
    table = netmind("info", "--replay", EXAMPLE, "-d", "gpu:0", env=BARE).stdout
    assert "665 W" in table
    assert "H100" in netmind("info", "--replay", EXAMPLE, "--format", "markdown", env=BARE).stdout


@pytest.mark.parametrize("arguments", [[], ["--watch", "--count", "1"]], ids=["last", "watched"])
def test_a_machine_that_is_simulated_is_never_shown_as_one_that_is_there(netmind, tmp_path, arguments):
    path = tmp_path / "a.jsonl"
    path.write_bytes(EXAMPLE.read_bytes().replace(b'"redacted":true,', b'"redacted":true,"simulated":true,', 1))
    done = netmind("info", "--replay", path, *arguments, env=BARE)
    assert done.returncode == 0
    assert f"netmind: warning: {path} is simulated: there is no such machine\n" in done.stderr


def test_some_devices_and_some_samples_of_a_recording(netmind):
    done = netmind("info", "--watch", "--replay", EXAMPLE, "--count", "2", "-d", "gpu:6-7")
    assert [[each["device"] for each in line["devices"]] for line in documents(done.stdout)] == [["gpu:6", "gpu:7"]] * 2


@pytest.mark.parametrize("arguments", [[], ["--watch"]])
def test_a_device_that_the_recording_lacks_is_3(netmind, arguments):
    done = netmind("info", "--replay", EXAMPLE, "-d", "gpu:8", *arguments)
    assert (done.returncode, "gpu:8: the recording has no such device" in done.stderr) == (3, True)


def test_a_recording_of_a_driver_that_cannot_be_used_says_so(netmind, gpus, path):
    done = netmind("record", "-o", path, *FAST, "--count", "1", env=gpus("mismatch"))
    assert done.stderr.startswith("netmind: warning: ")
    replayed = netmind("info", "--replay", path, "--json", env=BARE)

    assert json.loads(replayed.stdout)["findings"][0]["id"] == "driver-version-mismatch"
    assert replayed.stderr.count("netmind: warning: ") == 1


@unix
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)], ids=str
)
def test_a_recorder_that_is_stopped_keeps_everything(start, path, number, code):
    child = start("-o", path)
    wait_for_lines(path, 3)
    child.send_signal(number)
    _, said = child.communicate(timeout=PATIENCE_S)

    assert child.returncode == code
    with RecordingSource(path) as source:
        count = len(tuple(source))
        assert source.notice is None
    assert said.decode() == f"{path}: {count} samples\n"


@unix
def test_a_recorder_that_is_killed_loses_nothing_that_was_written(netmind, start, path):
    child = start("-o", path)
    wait_for_lines(path, 4)
    child.send_signal(signal.SIGKILL)
    child.wait(PATIENCE_S)
    count = path.read_bytes().count(b"\n") - 1
    replayed = netmind("info", "--watch", "--replay", path)

    assert (replayed.returncode, replayed.stdout.count("\n"), replayed.stderr) == (0, count, "")
    path.write_bytes(path.read_bytes()[:-50])
    replayed = netmind("info", "--watch", "--replay", path)
    assert (replayed.returncode, replayed.stdout.count("\n")) == (0, count - 1)
    assert replayed.stderr == (
        f"netmind: warning: {path}, line {count + 1} is cut short and left out: its recorder was killed, "
        "or still writes\n"
    )


@unix
def test_a_disk_that_fills_up_costs_the_line_that_did_not_fit(netmind, environment, path, tmp_path):
    netmind("record", "-o", path, *FAST, "--count", "1", "-d", "cpu")
    header, sample = path.read_bytes().splitlines(keepends=True)
    limit = len(header) + 3 * len(sample) + len(sample) // 2
    full = tmp_path / "full.jsonl"
    done = subprocess.run(
        [sys.executable, "-c", LIMITED.format(limit=limit), "record", "-o", full, *FAST, "-d", "cpu"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )

    assert done.returncode == 2
    said = done.stderr.splitlines()
    assert said[1] == f"netmind: error: cannot write {full}: file too large"
    with RecordingSource(full) as source:
        count = len(tuple(source))
        assert (count > 0, source.notice) == (True, None)
    assert said[0] == f"{full}: {count} samples"


@pytest.fixture
def full(tmp_path):
    """The device that is always full: for root a copy of it, since a broken command would replace the machine's own."""
    if os.geteuid() != 0:
        return Path("/dev/full")
    path = tmp_path / "full"
    try:
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 7))
        path.open("wb").close()
    except OSError:
        pytest.skip("root may not make devices here")
    return path


@linux_only
def test_a_full_device_is_one_sentence_and_stays_a_device(netmind, full):
    done = netmind("record", "-o", full, *FAST, "--count", "3", "-d", "cpu")

    assert (done.returncode, done.stderr) == (2, f"netmind: error: cannot write {full}: the disk is full\n")
    assert full.is_char_device()


@linux_only
def test_a_full_stdout_is_one_sentence(environment, full):
    with full.open("wb") as sink:
        done = subprocess.run(
            [*NETMIND, "record", "--count", "3"], env=environment, stdout=sink, stderr=subprocess.PIPE, check=False
        )
    assert (done.returncode, done.stderr) == (2, b"netmind: error: cannot write to stdout: the disk is full\n")


@unix
def test_a_reader_that_leaves_ends_the_recording_quietly(start):
    child = start(stdout=subprocess.PIPE)
    child.stdout.readline()
    child.stdout.close()

    assert (child.stderr.read(), child.wait(PATIENCE_S)) == (b"", 0)


@unix
def test_a_pipe_is_written_through_until_its_reader_leaves(start, path):
    os.mkfifo(path)
    child = start("-o", path)
    with path.open("rb") as reader:
        assert json.loads(reader.readline())["schema"] == "netmind.recording/1"
        assert json.loads(reader.readline())["schema"] == "netmind.sample/1"
    said = child.stderr.read()

    assert (child.wait(PATIENCE_S), said.startswith(f"{path}: ".encode()), path.is_fifo()) == (0, True, True)


def test_a_file_that_is_there_is_replaced_only_where_that_was_asked_for(netmind, path):
    path.write_text("mine")
    done = netmind("record", "-o", path, "--count", "1")
    assert (done.returncode, done.stderr, path.read_text()) == (
        2,
        f"netmind: error: {path} is there already: give another name, or --force to replace it\n",
        "mine",
    )

    assert netmind("record", "-o", path, "--count", "1", "--force").returncode == 0
    assert len(documents(path.read_bytes())) == 2


def test_what_is_not_there_is_not_recorded(netmind, path):
    done = netmind("record", "-o", path, "-d", "gpu:0", env=BARE)

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (3, "", 1)
    assert not path.exists()


def test_of_several_devices_those_that_are_there_are_recorded(netmind, path):
    done = netmind("record", "-o", path, "--count", "1", "-d", "gpu:0", "-d", "cpu", env=BARE)

    assert done.returncode == 3
    assert "gpu:0: this machine has no such device" in done.stderr
    assert len(documents(path.read_bytes())) == 2


def test_the_duration_ends_it(netmind):
    _, first, *_, last = documents(netmind("record", *FAST, "--duration", "0.5", "-d", "cpu").stdout)
    assert last["at"] > first["at"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--interval", "0.05"], "0.1<=x<=3600"),
        (["--interval", "nan"], "--interval nan: a number of seconds is expected"),
        (["--interval", "x"], "'x' is not a valid float"),
        (["--count", "0"], "x>=1"),
        (["--duration", "-1"], "x>=0"),
        (["--duration", "nan"], "--duration nan: a number of seconds is expected"),
        (["--force"], "--force goes with -o"),
        (["--json"], "--json"),
        (["extra"], "extra"),
        (["-d", "gup:0"], "did you mean gpu"),
        (["-o", "."], "cannot write .: it is a folder"),
        (["-o", "none/a.jsonl"], "there is no folder none"),
    ],
)
def test_bad_usage_ends_with_2_one_line_and_no_output(netmind, arguments, words):
    done = netmind("record", *arguments, env=BARE)

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert words in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--watch", "--interval", "1"], "--interval does not go with --replay"),
        (["--interval", "1"], "go with --watch"),
        (["--watch", "-o", "x"], "redirect"),
        (["--format", "prometheus"], "does not go with --replay"),
        (["-d", "gup:0"], "did you mean gpu:0"),
    ],
)
def test_bad_usage_of_a_replay_ends_with_2_and_one_line(netmind, arguments, words):
    done = netmind("info", "--replay", EXAMPLE, *arguments)

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert words in done.stderr


@pytest.mark.parametrize("watch", [[], ["--watch"]], ids=["info", "watch"])
@pytest.mark.parametrize(
    ("data", "words"),
    [
        (None, "no such file"),
        ("folder", "it is a folder"),
        (b"", "is empty"),
        (b"hello\n", "line 1 is not valid JSON"),
        (b'{"schema":"netmind.bench/1"}\n', "line 1: expected schema netmind.recording/1, found netmind.bench/1"),
        (b'{"schema":"netmind.recording/2"}\n', "found netmind.recording/2; a newer netmind wrote it"),
        (b'{"schema":"netmind.recording/1","started_at":"20', "line 1 is not valid JSON: input data was truncated"),
        (b'{"schema":"netmind.recording/1","started_at":1}\n', "line 1: expected `str`, got `int` - at `$.started_at`"),
    ],
)
def test_what_is_no_recording_ends_with_2_and_says_what_is_expected(netmind, path, watch, data, words):
    if data == "folder":
        path.mkdir()
    elif data is not None:
        path.write_bytes(data)
    done = netmind("info", "--replay", path, *watch)

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert str(path) in done.stderr
    assert words in done.stderr
    assert "recording" in done.stderr


def test_a_damaged_line_ends_a_replay_after_what_is_before_it(netmind, path):
    lines = EXAMPLE.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:4], b'{"schema":"netmind.sample/1","at":7}\n', *lines[5:]]))
    done = netmind("info", "--watch", "--replay", path)

    assert (done.returncode, done.stdout.count("\n")) == (2, 3)
    assert done.stderr == (
        f"netmind: error: {path}, line 5: expected `str`, got `int` - at `$.at`; "
        "a sample (netmind.sample/1) is expected\n"
    )


@unix
def test_a_recording_can_be_replayed_from_a_pipe(environment):
    with EXAMPLE.open("rb") as file:
        done = subprocess.run(
            [*NETMIND, "info", "--watch", "--replay", "/dev/stdin"],
            env=environment,
            stdin=file,
            capture_output=True,
            check=False,
        )
    assert (done.returncode, done.stdout.count(b"\n")) == (0, 20)


def test_the_example_is_what_its_script_makes(nvml_stub, path):
    runpy.run_path(str(EXAMPLE.with_name("build.py")))["build"](path, count=1, interval_s=0.1)
    with RecordingSource(path) as made, RecordingSource(EXAMPLE) as kept:
        assert [device.name for device in made.header.devices[:8]] == [
            device.name for device in kept.header.devices[:8]
        ]
        (sample,) = made
        assert [device.power_draw_w for device in sample.devices] == [
            device.power_draw_w for device in kept.sample().devices
        ]
        assert made.header.redacted

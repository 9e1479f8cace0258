"""The real command in a child process; the GPUs are the stub's, behind the real binding."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from netmind_tui.document import schema
from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.info import DeviceProcess, DeviceUse
from netmind_tui.model.live import Live, notes
from netmind_tui.model.reading import Absence
from netmind_tui.model.sample import DeviceSample

NETMIND = (sys.executable, "-m", "netmind_tui")
BARE = {"LD_LIBRARY_PATH": "", "COLUMNS": "80"}


@pytest.fixture
def environment(tmp_path):
    """Everything a person has, in an empty home."""
    home = tmp_path / "home"
    home.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("NETMIND_", "XDG_", "COLUMNS"))}
    places = {f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CONFIG", "STATE", "CACHE", "DATA")}
    return kept | places | {"HOME": str(home), "PYTHONUTF8": "1", "COLUMNS": "80"}


@pytest.fixture
def netmind(environment):
    def run(*arguments, env=None, **options):
        given = environment | (env or {})
        return subprocess.run(
            [*NETMIND, *arguments], env=given, capture_output=True, text=True, timeout=120, check=False, **options
        )

    return run


@pytest.fixture
def configure(environment):
    """Write the configuration of whoever runs the command."""

    def write(text):
        folder = Path(environment["XDG_CONFIG_HOME"], "netmind")
        folder.mkdir(parents=True)
        (folder / "config.toml").write_text(text)

    return write


@pytest.fixture
def gpus(nvml_stub, environment):
    """The environment of a machine with the stub's GPUs."""

    def of(scenario, **overrides):
        stub = nvml_stub(scenario, **overrides)
        return environment | {name: stub[name] for name in stub if name.startswith(("NETMIND_STUB_", "LD_"))}

    return of


def document(done):
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def validate(name, data):
    jsonschema.Draft202012Validator(schema(name)).validate(data)


def test_the_document_validates_against_the_schema_that_the_command_prints(netmind):
    printed = netmind("schema", "info")
    jsonschema.Draft202012Validator(json.loads(printed.stdout)).validate(document(netmind("info", "--json")))


@pytest.mark.parametrize("scenario", ["h100x8", "consumer", "mig", "falls-off-now", "ancient", "mismatch", "no-driver"])
def test_every_kind_of_gpu_validates_and_shows_no_blank(netmind, gpus, scenario):
    validate("info", document(netmind("info", "--json", env=gpus(scenario))))
    table = netmind("info", env=gpus(scenario)).stdout

    assert "None" not in table
    assert not re.search(r"│ [\w ]{11} {20,}│", table)


def test_the_processor_is_listed_after_the_gpus(netmind, gpus):
    devices = document(netmind("info", "--json", env=gpus("h100x8")))["devices"]

    assert [device["id"] for device in devices] == [*(f"gpu:{number}" for number in range(8)), "cpu"]
    assert devices[-1]["memory_total_bytes"] > 0


def test_a_machine_without_a_driver_is_no_failure(netmind):
    data = document(netmind("info", "--json", env=BARE))

    assert data["driver"] is None
    assert [device["id"] for device in data["devices"]] == ["cpu"]


def test_a_lost_gpu_leaves_the_others_and_success(netmind, gpus):
    done = netmind("info", "--json", env=gpus("falls-off-now"))
    data = document(done)
    lost = [device["id"] for device in data["devices"] if device["lost"]]

    assert lost == ["gpu:5"]
    assert len(data["devices"]) == 9
    assert {finding["device"] for finding in data["findings"]} == {"gpu:5"}


def test_a_driver_problem_is_a_finding_and_a_warning(netmind, gpus):
    done = netmind("info", "--json", env=gpus("mismatch"))
    findings = document(done)["findings"]

    assert findings[0]["remediation"]
    assert done.stderr.startswith("netmind: warning: ")


@pytest.mark.parametrize(
    ("scenario", "names", "code", "words"),
    [
        ("h100x8", ["gpu:0-3"], 0, ""),
        ("h100x8", ["cpu"], 0, ""),
        ("h100x8", ["gpu:9"], 3, "gpu:9: this machine has no such device"),
        ("falls-off-now", ["gpu:5"], 3, "gpu:5 cannot be read"),
        ("falls-off-now", ["gpu:4"], 0, ""),
        ("mismatch", ["gpu"], 3, "gpu: this machine has no such device"),
        ("mismatch", ["cpu"], 0, ""),
        ("h100x8", ["gup:0"], 2, "did you mean gpu:0"),
        ("h100x8", ["gpu:9", "gup:0"], 2, "gup:0"),
    ],
)
def test_only_a_device_that_was_asked_for_can_be_missing(netmind, gpus, scenario, names, code, words):
    options = [word for name in names for word in ("--device", name)]
    done = netmind("info", "--json", *options, env=gpus(scenario))

    assert done.returncode == code
    assert words in done.stderr
    assert bool(done.stdout) == (code != 2)


def test_devices_may_be_named_by_the_owners_words(netmind, gpus, configure):
    configure('[alias]\nbig = "gpu:2"\n')
    data = document(netmind("info", "--json", "-d", "big", env=gpus("h100x8")))

    assert [device["id"] for device in data["devices"]] == ["gpu:2"]


def test_a_broken_configuration_is_named(netmind, configure):
    configure("alais = 1\n")
    done = netmind("info", "--device", "cpu")

    assert (done.returncode, done.stdout) == (2, "")
    assert "config.toml: alais is not a key; did you mean alias?" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--format", "csv"], "this command writes table, json, markdown"),
        (["--json", "--format", "table"], "contradict"),
        (["--count", "3"], "go with --watch"),
        (["--interval", "3"], "go with --watch"),
        (["--watch", "--count", "0"], "0"),
        (["--watch", "--interval", "0"], "0"),
        (["--watch", "--interval", "nan"], "--interval nan: a number of seconds is expected"),
        (["--watch", "--format", "table"], "this command writes jsonl"),
        (["--watch", "-o", "x"], "redirect"),
        (["extra"], "extra"),
        (["--jsno"], "--json"),
    ],
)
def test_bad_usage_ends_with_2_one_line_and_no_output(netmind, arguments, words):
    done = netmind("info", *arguments)

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert words in done.stderr


def test_a_file_gets_the_same_bytes_as_stdout(netmind, tmp_path, environment):
    path = tmp_path / "info.md"
    done = netmind("info", "--format", "markdown", "-o", str(path))

    assert (done.returncode, done.stdout) == (0, "")
    # What is free of the disk changes between two calls, like all that is of this moment.
    live = re.compile(r"^\| now \| .*$|[0-9.]+ [KMGT]iB free", re.MULTILINE)
    assert live.sub("", path.read_text()) == live.sub("", netmind("info", "--format", "markdown").stdout)


def test_nothing_is_written_to_the_home_folder(netmind, environment):
    netmind("info", "--json")

    assert list(Path(environment["HOME"]).iterdir()) == []


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("scenario", ["h100x8", "mig", "mismatch", "busy", "wsl"])
def test_the_table_fits_the_terminal(netmind, gpus, scenario, width):
    done = netmind("info", env=gpus(scenario) | {"COLUMNS": str(width)})
    lines = done.stdout.splitlines()

    assert done.returncode == 0
    assert max(map(len, lines)) <= width
    assert "\x1b" not in done.stdout


def test_equal_gpus_share_one_block_and_each_keeps_its_line(netmind, gpus):
    table = netmind("info", env=gpus("h100x8")).stdout

    assert table.count("NVIDIA H100 80GB HBM3") == 1
    assert all(f"gpu:{number} " in table for number in range(8))


def row(table, label):
    """The cells of the line with this label, apart by two blanks; the last one, where there are several."""
    found = re.findall(rf"^│ {re.escape(label)} +(.*?) *│$", table, re.MULTILINE)
    return re.split(r" {2,}", found[-1])


def test_the_figures_of_the_moment_stand_above_their_limits(netmind, gpus):
    table = netmind("info", env=gpus("busy")).stdout

    assert row(table, "       ") == ["busy", "memory", "power", "temp", "SM clock", "PCIe"]
    assert row(table, "now") == ["99 %", "58.6 GiB", "665 W", "87 °C", "1485 MHz", "5.0 x16"]
    assert row(table, "of") == ["79.6 GiB", "700 W", "89 °C", "1980 MHz", "5.0 x16"]
    assert row(table, "slowed by") == ["power cap, heat"]


def test_gpus_that_are_alike_have_a_row_each_and_their_limits_once(netmind, gpus):
    table = netmind("info", env=gpus("h100x8", busy_pid=os.getpid())).stdout

    assert row(table, "gpu:1") == ["3 %", "512 MiB", "88 W", "35 °C", "330 MHz", "1.0 x16"]
    assert row(table, "gpu:7") == ["3 %", "512 MiB", "91 W", "41 °C", "330 MHz", "1.0 x16"]
    assert len(re.findall("^│ of ", table, re.MULTILINE)) == 1
    assert "│ gpu:0       slowed by power cap, heat" in table
    assert f"│ gpu:0       in use by pid {os.getpid()} (" in table
    assert "gpu:1       slowed" not in table
    assert "gpu:1       in use" not in table


def test_a_column_that_no_device_has_is_said_in_one_word(netmind, gpus):
    assert row(netmind("info", env=gpus("wsl")).stdout, "       ") == ["SM clock, processes: not reported"]
    table = netmind("info", "-d", "gpu:0", env=gpus("mig")).stdout
    assert row(table, "       ") == ["busy: under MIG"]
    assert row(table, "now") == ["512 MiB", "50 W", "34 °C", "235 MHz", "1.0 x16"]


@pytest.mark.parametrize("width", [40, 60, 120])
def test_no_figure_of_the_moment_is_cut_or_broken_however_narrow(netmind, gpus, width):
    table = netmind("info", env=gpus("busy") | {"COLUMNS": str(width)}).stdout
    rows = re.findall(r"^│ now +(.*?) *│$", table, re.MULTILINE)[1:]

    assert " ".join(" ".join(rows).split()) == "99 % 58.6 GiB 665 W 87 °C 1485 MHz 5.0 x16"
    assert len(rows) == (2 if width == 40 else 1)


def test_why_it_cannot_be_seen_who_computes_is_said_in_the_reasons_own_word():
    device = Device(id="gpu:0", kind=DeviceKind.GPU)
    use = DeviceUse(device="gpu:0", absent={"processes": Absence.NOT_UNDER_WSL})
    (note,) = notes(Live(device, DeviceSample(device="gpu:0"), use))

    assert (note.label, note.value, note.is_absent) == ("in use by", "not under WSL", True)


def test_many_processes_are_counted_and_the_hardware_is_told_from_the_cap():
    processes = tuple(DeviceProcess(pid=pid) for pid in range(5))
    sample = DeviceSample(device="gpu:0", clocks_event_reasons=("gpu_idle", "hw_thermal_slowdown", "0x400"))
    live = Live(Device(id="gpu:0", kind=DeviceKind.GPU), sample, DeviceUse(device="gpu:0", processes=processes))
    slowed, used = notes(live)

    assert slowed.value == "heat (hardware), 0x400"
    assert used.value.startswith("pid 0 (name not visible) · pid 1 ")
    assert used.value.endswith(" · 2 more")


def test_a_slice_shows_its_memory(netmind, gpus):
    assert row(netmind("info", "-d", "mig:0.1", env=gpus("mig")).stdout, "memory now") == ["25 MiB of 9.6 GiB"]


def test_a_lost_gpu_has_no_figures_of_the_moment(netmind, gpus):
    table = netmind("info", env=gpus("falls-off-now")).stdout

    assert row(table, "gpu:6")[0] == "3 %"
    assert "│ gpu:5" not in table
    assert "now" not in table[table.index("gpu:5") : table.index("cpu")]


def test_the_document_holds_one_sample_of_the_devices_in_it(netmind, gpus):
    data = document(netmind("info", "--json", "-d", "gpu:1-2", "-d", "cpu", env=gpus("h100x8")))

    assert [sample["device"] for sample in data["now"]["devices"]] == ["gpu:1", "gpu:2"]
    assert data["now"]["devices"][0]["power_draw_w"] == 88.0
    assert data["now"]["host"]["memory_used_bytes"] > 0
    assert data["in_use"] == [{"device": name, "processes": [], "absent": {}} for name in ("gpu:1", "gpu:2")]


def test_a_sample_is_not_taken_of_gpus_that_were_not_asked_for(netmind, gpus, tmp_path):
    log = tmp_path / "log"
    data = document(netmind("info", "--json", "-d", "cpu", env=gpus("h100x8", log=log)))

    assert (data["now"]["devices"], data["in_use"]) == ([], [])
    assert "nvmlDeviceGetUtilizationRates" not in log.read_text()
    assert "Processes" not in log.read_text()


def test_who_computes_on_a_gpu_is_named(netmind, gpus):
    data = document(netmind("info", "--json", env=gpus("busy", busy_pid=os.getpid())))
    (process,) = data["in_use"][0]["processes"]

    assert (data["in_use"][0]["device"], process["pid"]) == ("gpu:0", os.getpid())
    assert process["name"]
    assert process["memory_used_bytes"] == 60000 << 20


def test_who_computes_where_it_cannot_be_seen_is_absent_and_not_nobody(netmind, gpus):
    (use,) = document(netmind("info", "--json", env=gpus("wsl")))["in_use"]

    assert use == {"device": "gpu:0", "processes": None, "absent": {"processes": "not-supported"}}


def test_markdown_has_every_figure_of_the_moment_with_its_limit(netmind, gpus):
    text = netmind("info", "--format", "markdown", "-d", "gpu", env=gpus("busy")).stdout

    for line in ("busy now | 99 %", "power now | 665 W of 700 W", "temp now | 87 °C of 89 °C", "slowed by | power cap"):
        assert f"| {line}" in text
    assert "| in use by | pid 4242 (name not visible), 58.6 GiB |" in text


def test_a_missing_device_is_called_by_the_owners_word_too(netmind, configure):
    configure('[alias]\nbig = "gpu:7"\n')
    done = netmind("info", "-d", "big", env=BARE)

    assert (done.returncode, done.stderr) == (3, "netmind: error: big (gpu:7): this machine has no such device\n")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such pipes")
def test_a_configuration_that_is_a_pipe_does_not_hold_the_command(netmind, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    done = netmind("info", "-d", "cpu", env={"NETMIND_CONFIG": str(tmp_path / "pipe")})

    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "is a pipe, not a file" in done.stderr


def test_a_terminal_that_knows_no_frames_gets_plain_signs(netmind):
    done = netmind("info", env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})

    assert done.returncode == 0
    assert done.stdout.isascii()


def test_shared_output_does_not_say_whose_machine_it_is(netmind, gpus):
    env = gpus("h100x8", busy_pid=os.getpid())
    plain = document(netmind("info", "--json", env=env))
    shared = netmind("info", "--json", "--share", env=env)
    data = document(shared)

    validate("info", data)
    assert data["host"]["hostname"] == "host"
    assert [sample["uuid"] for sample in data["now"]["devices"]] == [f"uuid-{number}" for number in range(1, 9)]
    assert data["in_use"][0]["processes"][0]["name"] == "process-1"
    assert [device["uuid"] for device in data["devices"]] == [*(f"uuid-{number}" for number in range(1, 9)), None]
    assert not [device["uuid"] for device in plain["devices"] if device["uuid"] and device["uuid"] in shared.stdout]
    assert data["devices"][0]["memory_total_bytes"] == plain["devices"][0]["memory_total_bytes"]


def test_a_watched_machine_is_one_valid_document_a_line(netmind, gpus):
    done = netmind("info", "--watch", "--count", "3", "--interval", "0.1", "-d", "gpu:1-2", env=gpus("h100x8"))
    lines = [json.loads(line) for line in done.stdout.splitlines()]

    assert done.returncode == 0
    assert len(lines) == 3
    for line in lines:
        validate("sample", line)
        assert [device["device"] for device in line["devices"]] == ["gpu:1", "gpu:2"]


def test_watching_what_is_not_there_ends_at_once(netmind):
    done = netmind("info", "--watch", "-d", "gpu:0", env=BARE)

    assert (done.returncode, done.stdout) == (3, "")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_watch_that_is_stopped_leaves_whole_lines_and_its_code(environment, number, code):
    with subprocess.Popen(
        [*NETMIND, "info", "--watch", "--interval", "0.1"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        first = child.stdout.readline()
        child.send_signal(number)
        rest, said = child.communicate(timeout=60)

    assert child.returncode == code
    assert all(json.loads(line) for line in (first + rest).splitlines())
    assert b"Traceback" not in said


@pytest.mark.skipif(sys.platform == "win32", reason="pipes end differently there")
def test_a_reader_that_leaves_ends_the_watch_quietly(environment):
    with subprocess.Popen(
        [*NETMIND, "info", "--watch", "--interval", "0.1"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        child.stdout.readline()
        child.stdout.close()
        said = child.stderr.read()
        child.wait(60)

    assert (child.returncode, said) == (0, b"")


def test_the_version_loads_nothing_heavy(environment):
    code = (
        "import sys; from netmind_tui.cli.main import main; main(['--version']);"
        "print(*sorted({'rich', 'psutil', 'msgspec', 'numpy', 'textual', 'onnxruntime', 'pynvml'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[1:] == [""]


def test_the_json_of_a_machine_without_gpus_needs_neither_rich_nor_psutil_nor_pynvml(environment, tmp_path):
    code = (
        "import sys; from netmind_tui.cli.main import main; main(['info', '--json', '-o', sys.argv[1]]);"
        "print(*sorted({'rich', 'psutil', 'numpy', 'textual', 'onnxruntime', 'pynvml'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "info.json")],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "\n"

"""``netmind bench`` as people run it: the real command, the real runtime, and everything that can go wrong."""

import csv
import hashlib
import importlib.util
import json
import os
import pty
import resource
import shutil
import signal
import subprocess
import sys
import time

import jsonschema
import psutil
import pytest

from netmind_tui.bench.catalog import kernels_folder
from netmind_tui.document import schema
from netmind_tui.model.device import Device, DeviceKind

NETMIND = (sys.executable, "-P", "-m", "netmind_tui")
UNHURRIED = {"NETMIND_KERNELS": ""}  # a kernel takes its second, and the rest is never done before the test is
PATIENCE_S = 60


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def environment(home, hasty_kernels):
    """A machine without a GPU, whose owner has an empty home; device locks are ours alone, and measuring is short."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("NETMIND_", "XDG_"))}
    locks = home / "locks"
    locks.mkdir()
    own = {"HOME": str(home), "NETMIND_LOCKS": str(locks), "LD_LIBRARY_PATH": "", "PYTHONUTF8": "1", "COLUMNS": "100"}
    return kept | own | {"NETMIND_KERNELS": str(hasty_kernels)}


@pytest.fixture(scope="module")
def bench(environment):
    def run(*arguments, env=None, **options):
        given = environment | (env or {})
        command = [*NETMIND, "bench", *arguments]
        return subprocess.run(command, env=given, capture_output=True, text=True, timeout=180, check=False, **options)

    return run


@pytest.fixture
def start(environment):
    """Begin a run and let the test play with it."""
    started = []

    def begin(*arguments, env=None):
        command = [*NETMIND, "bench", *arguments]
        child = subprocess.Popen(
            command, env=environment | (env or {}), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1
        )
        started.append(child)
        return child

    yield begin
    for child in started:
        if child.poll() is None:
            child.kill()
        child.communicate()


def worker_of(command):
    """The worker child of a running command, as soon as it is there."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        for child in psutil.Process(command.pid).children(recursive=True):
            try:
                if "netmind_tui.bench.worker" in child.cmdline():
                    return child
            except psutil.NoSuchProcess:
                continue
        time.sleep(0.01)
    raise AssertionError("no worker appeared")


def wait_until(holds):
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def say_until(command, text):
    """Read narration until a line holds the text."""
    for line in command.stderr:
        if text in line:
            return
    raise AssertionError(f"the command ended without saying {text!r}")


def small_kernels(kernels, tmp_path):
    """A catalogue like that one whose CUDA matrices are 64 wide."""
    spec = importlib.util.spec_from_file_location("kernels_build", kernels_folder() / "build.py")
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    folder = shutil.copytree(kernels, tmp_path / "small")
    catalog = (folder / "catalog.toml").read_text()
    for name, kinds, itemsize in (("gemm_fp32", build._FP32, 4), ("gemm_int8_i8", build._I8, 1)):
        graph = folder / f"{name}_4096.onnx"
        before = hashlib.sha256(graph.read_bytes()).hexdigest()
        graph.write_bytes(build.gemm(name, kinds, 64, 64, itemsize))
        catalog = catalog.replace(before, hashlib.sha256(graph.read_bytes()).hexdigest())
    catalog = catalog.replace("m = 4096, n = 4096, k = 4096", "m = 64, n = 64, k = 64")
    # The large variants are out of the reach of any device.
    for least in ("8000000000", "4000000000"):
        catalog = catalog.replace(f"device_memory_min_bytes = {least}", "device_memory_min_bytes = 9000000000000000")
    (folder / "catalog.toml").write_text(catalog)
    return folder


@pytest.fixture(scope="module")
def real_run(bench):
    """One real run of two kernels, as its JSON document."""
    done = bench("--kernel", "dispatch", "--kernel", "gemm.int8", "--json", env=UNHURRIED)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def rows(done):
    return {(m["kernel"], m["device"]): m for m in json.loads(done.stdout)["measurements"]}


def stored_runs(home):
    return sorted((home / ".local/state/netmind/runs").glob("*.json"))


class TestAFinishedRun:
    def test_its_document_holds_to_its_schema(self, real_run):
        jsonschema.Draft202012Validator(schema("bench")).validate(real_run)

    def test_figures_are_in_base_units_with_their_certainty(self, real_run):
        dispatch, gemm = real_run["measurements"]
        assert dispatch["unit"] == "s"
        assert 0 < dispatch["value"] < 0.01
        assert gemm["unit"] == "OP/s"
        assert gemm["value"] > 1e8
        for measurement in (dispatch, gemm):
            low, high = measurement["ci95"]
            assert low <= measurement["value"] <= high
            assert measurement["verified"] == measurement["verified"] | {"before": True, "after": True}
            assert len(measurement["samples"]) == measurement["n"]
            assert measurement["placement"]["provider"] == "cpu"

    def test_the_capacity_is_the_vector_of_verified_rates(self, real_run):
        assert {rate["kernel"] for rate in real_run["capacity"]} == {"dispatch", "gemm.int8"}

    def test_it_is_kept_as_it_was_printed(self, real_run, home):
        kept = [path for path in stored_runs(home) if path.stem == real_run["run_id"]]
        assert json.loads(kept[0].read_text()) == real_run

    def test_the_versions_that_decide_the_figures_are_named(self, real_run):
        assert real_run["environment"]["onnxruntime"]
        assert real_run["environment"]["numpy"]


class TestFormats:
    def test_csv_json_lines_and_markdown_read_back_to_the_same_figures(self, bench, home):
        done = bench("--kernel", "dispatch", "--format", "csv")
        (row,) = csv.DictReader(done.stdout.splitlines())
        kept = json.loads((home / f".local/state/netmind/runs/{row['run_id']}.json").read_text())["measurements"][0]
        for name in ("value", "cv", "mad", "p5", "p95"):
            assert float(row[name]) == kept[name]
        assert [float(row["ci95_low"]), float(row["ci95_high"])] == kept["ci95"]

    def test_json_lines_come_as_soon_as_each_kernel_is_done(self, start):
        command = start("--kernel", "*", "--format", "jsonl")
        first = json.loads(command.stdout.readline())
        assert first["kernel"] == "dispatch"
        assert command.poll() is None
        command.send_signal(signal.SIGINT)
        command.communicate(timeout=PATIENCE_S)
        assert command.returncode == 130

    def test_a_reader_who_leaves_a_stream_ends_the_printing_and_not_the_run(self, start, home):
        before = stored_runs(home)
        command = start("-k", "dispatch", "-k", "gemm.int8", "--format", "jsonl")
        command.stdout.readline()
        command.stdout.close()
        assert "Traceback" not in command.stderr.read()
        command.wait(PATIENCE_S)
        (kept,) = set(stored_runs(home)) - set(before)
        assert len(json.loads(kept.read_text())["measurements"]) == 2

    def test_a_file_gets_the_bytes_that_stdout_would(self, bench, tmp_path):
        target = tmp_path / "run.jsonl"
        done = bench("--kernel", "dispatch", "--format", "jsonl", "-o", str(target))
        assert done.stdout == ""
        (line,) = target.read_text().splitlines()
        assert json.loads(line)["kernel"] == "dispatch"

    @pytest.mark.parametrize("columns", [60, 80, 120])
    def test_the_table_stays_within_the_terminal(self, bench, columns):
        done = bench("--kernel", "dispatch", env={"COLUMNS": str(columns)})
        assert "dispatch" in done.stdout
        assert max(map(len, done.stdout.splitlines())) <= columns

    def test_an_encoding_without_signs_gets_plain_ones(self, bench):
        env = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
        done = bench("--kernel", "dispatch", env=env)
        assert done.returncode == 0
        assert done.stdout.isascii()
        assert " us" in done.stdout


class TestLooking:
    def test_the_list_names_every_kernel(self, bench):
        done = bench("--list", "--json")
        assert [kernel["id"] for kernel in json.loads(done.stdout)["kernels"]][:2] == ["dispatch", "stream.add"]
        assert "gemm.int8" in bench("--list").stdout

    def test_a_dry_run_says_time_and_memory_and_measures_nothing(self, bench, home):
        before = stored_runs(home)
        plan = json.loads(bench("--dry-run", "--suite", "standard", "--json").stdout)
        assert plan["expected_s"] == pytest.approx(sum(step["expected_s"] for step in plan["steps"]), abs=2)
        assert all(step["memory_bytes"] > 0 for step in plan["steps"] if not step["refused"])
        assert stored_runs(home) == before


class TestWrongWords:
    @pytest.mark.parametrize(
        ("arguments", "offer"),
        [
            (["--suite", "quik"], "did you mean quick?"),
            (["--kernel", "gemm.fp31"], "gemm.fp32"),
            (["--device", "gpuu:0"], "gpu:0"),
            (["--provider", "cudaa"], "did you mean cuda"),
            (["--format", "tabel"], "table"),
            (["--format", "csv", "--json"], "contradict"),
            (["--device", "cpu", "--provider", "cuda"], "none of the named devices"),
            (["--seed", "many"], "seed"),
            (["--seed", "-1"], "seed"),
            (["--max-time", "nan"], "--max-time"),
            (["--list", "--format", "csv"], "table, json"),
        ],
    )
    def test_each_ends_2_with_the_nearest_names(self, bench, arguments, offer):
        done = bench(*arguments)
        assert done.returncode == 2
        assert offer in done.stderr
        assert done.stdout == ""
        assert "Traceback" not in done.stderr


class TestDevicesThatCannotBeMeasured:
    @pytest.mark.parametrize("arguments", [["--device", "gpu:0"], ["--provider", "cuda"], ["--device", "GPU-12345678"]])
    def test_an_absent_gpu_ends_3_without_a_figure(self, bench, arguments):
        done = bench(*arguments, "--kernel", "gemm.fp32", "--json")
        assert done.returncode == 3
        (row,) = rows(done).values()
        assert row["value"] is None
        assert row["reasons"][0]["id"] == "device-absent"

    def test_a_gpu_without_cuda_libraries_ends_3_with_the_finding_and_never_a_cpu_figure(self, bench, nvml_stub):
        stub = nvml_stub("consumer")
        env = {name: stub[name] for name in ("LD_LIBRARY_PATH", "NETMIND_STUB_SCENARIO")}
        done = bench("--device", "gpu:0", "--kernel", "gemm.fp32", "--json", env=env)
        assert done.returncode == 3
        (row,) = rows(done).values()
        assert row["provider"] == "cuda"
        assert row["value"] is None
        assert row["reasons"][0]["id"] == "provider-not-loadable"
        assert "is not installed" in row["reasons"][0]["detail"]
        finding = next(each for each in json.loads(done.stdout)["findings"] if each["id"] == "cuda-not-loadable")
        assert "pip install '.[cuda]'" in finding["remediation"]

    def test_a_card_that_accepts_everything_and_computes_nothing_is_found_out(self, bench, nvml_stub, idle_card):
        """The real CUDA provider over a runtime whose kernels do nothing: placed on the card, and wrong."""
        stub = nvml_stub("consumer")
        libraries = f"{stub['LD_LIBRARY_PATH']}:{idle_card}"
        env = {"LD_LIBRARY_PATH": libraries, "NETMIND_STUB_SCENARIO": "consumer", "NETMIND_STUB_CUBLAS": "idle"}
        kernels = ("dispatch", "gemm.fp16", "gemm.int8", "encoder.base.fp16", "decoder.decode.int4", "memory.integrity")
        wishes = [word for kernel in kernels for word in ("--kernel", kernel)]
        done = bench("--device", "gpu:0", *wishes, "--json", env=env)
        assert done.returncode == 1, done.stderr
        run = json.loads(done.stdout)
        tried = [m for m in run["measurements"] if m["status"] != "skip" and m["kernel_sha256"] is not None]
        assert {m["kernel"] for m in tried} == set(kernels) - {"memory.integrity"}
        for measurement in tried:
            nodes = measurement["placement"]["nodes"]
            assert measurement["placement"] == {"provider": "cuda", "nodes": nodes, "read": True}
            assert nodes >= {"encoder": 50, "decoder": 10}.get(measurement["kernel"].partition(".")[0], 1)
            assert measurement["status"] == "fail"
            assert measurement["reasons"][0]["id"] == "wrong-result"
            assert measurement["value"] is None
        # Copies and memory of this card do work.
        assert not {rate["kernel"] for rate in run["capacity"]} & {m["kernel"] for m in tried}

    @pytest.mark.parametrize("kernel", ["gemm.fp32", "gemm.int8"])
    def test_a_card_that_computes_is_measured_and_verified(
        self, bench, nvml_stub, idle_card, hasty_kernels, tmp_path, kernel
    ):
        """The whole way through the real CUDA provider, with a small shape that the stub's cuBLAS can compute."""
        stub = nvml_stub("consumer")
        env = {
            "LD_LIBRARY_PATH": f"{stub['LD_LIBRARY_PATH']}:{idle_card}",
            "NETMIND_STUB_SCENARIO": "consumer",
            "NETMIND_KERNELS": str(small_kernels(hasty_kernels, tmp_path)),
        }
        done = bench("--device", "gpu:0", "--kernel", kernel, "--seed", "8", "--json", env=env)
        (measurement,) = json.loads(done.stdout)["measurements"]
        assert measurement["value"] > 0, done.stderr
        assert measurement["status"] in ("pass", "unstable")
        assert measurement["provider"] == "cuda"
        assert measurement["verified"] == measurement["verified"] | {"before": True, "after": True}
        assert measurement["before"]["devices"][0]["temperature_c"] is not None
        assert measurement["throttle"]["sw_thermal_ns"] is not None or measurement["throttle"]["reasons"] == []

    def test_one_that_cannot_is_a_row_and_the_rest_goes_on(self, bench, nvml_stub):
        stub = nvml_stub("falls-off-now")
        env = {name: stub[name] for name in ("LD_LIBRARY_PATH", "NETMIND_STUB_SCENARIO")}
        done = bench("--kernel", "dispatch", "--json", env=env)
        assert done.returncode == 3
        found = rows(done)
        assert found["dispatch", "cpu"]["value"] > 0
        assert found["dispatch", "gpu:5"]["reasons"][0]["id"] == "device-lost"
        others = [found["dispatch", f"gpu:{index}"] for index in (0, 1, 2, 3, 4, 6, 7)]
        assert {row["reasons"][0]["id"] for row in others} == {"provider-not-loadable"}

    @pytest.mark.parametrize(
        ("scenario", "reason"),
        [
            ("h100x8", "provider-not-loadable"),
            ("mig", "provider-not-loadable"),
            ("ancient", "provider-not-loadable"),
            ("wsl", "provider-not-loadable"),
            ("mismatch", "device-lost"),
            ("no-permission", "device-lost"),
            ("hang-init", "device-lost"),
            ("busy", "unsafe"),
            ("hang", "device-lost"),
        ],
    )
    def test_every_state_of_the_driver_has_its_reason(self, bench, nvml_stub, scenario, reason):
        stub = nvml_stub(scenario)
        env = {name: stub[name] for name in ("LD_LIBRARY_PATH", "NETMIND_STUB_SCENARIO")}
        done = bench("--provider", "cuda", "--kernel", "dispatch", "--json", env=env)
        assert done.returncode == 3
        assert "Traceback" not in done.stderr
        assert reason in {because["id"] for row in rows(done).values() for because in row["reasons"]}
        assert all(row["value"] is None for row in rows(done).values())

    def test_a_module_that_is_not_loaded_is_a_finding_and_the_cpu_is_measured(self, bench, nvml_stub):
        stub = nvml_stub("no-driver")
        env = {name: stub[name] for name in ("LD_LIBRARY_PATH", "NETMIND_STUB_SCENARIO")}
        done = bench("--kernel", "dispatch", "--json", env=env)
        assert done.returncode == 0
        assert [each["id"] for each in json.loads(done.stdout)["findings"]] == ["driver-not-loaded"]

    def test_a_changed_kernel_file_is_refused_by_name_and_the_rest_goes_on(self, bench, hasty_kernels, tmp_path):
        folder = shutil.copytree(hasty_kernels, tmp_path / "kernels")
        graph = folder / "gemm_int8_u8_2048.onnx"
        graph.write_bytes(graph.read_bytes() + b"\0")
        done = bench("-k", "dispatch", "-k", "gemm.int8", "--json", env={"NETMIND_KERNELS": str(folder)})
        assert done.returncode == 3
        found = rows(done)
        assert found["dispatch", "cpu"]["value"] > 0
        assert found["gemm.int8", "cpu"]["value"] is None
        assert found["gemm.int8", "cpu"]["reasons"][0]["id"] == "kernel-digest"
        assert "gemm_int8_u8_2048.onnx" in found["gemm.int8", "cpu"]["reasons"][0]["detail"]

    def test_a_second_bench_on_one_device_ends_3_and_names_the_holder(self, bench, start):
        first = start("--suite", "standard", "--kernel", "dispatch", "--json")
        worker_of(first)
        second = bench("--kernel", "dispatch", "--json")
        assert second.returncode == 3
        (row,) = rows(second).values()
        assert row["reasons"][0]["id"] == "device-held"
        assert f"pid {first.pid} " in row["reasons"][0]["detail"]

    def test_who_waits_gets_the_device_after_its_holder(self, start):
        first = start("--suite", "standard", "--kernel", "dispatch", "--json")
        worker_of(first)
        second = start("--kernel", "dispatch", "--wait", "--json")
        say_until(second, f"waiting for cpu, which is being measured by pid {first.pid}")
        first.send_signal(signal.SIGINT)
        out, err = second.communicate(timeout=PATIENCE_S)
        assert second.returncode == 0, err
        assert json.loads(out)["measurements"][0]["value"] > 0

    def test_a_busy_machine_is_not_measured_where_idleness_is_required(self, bench):
        spinning = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count())]
        try:
            done = bench("--kernel", "dispatch", "--require-idle")
        finally:
            for child in spinning:
                child.kill()
                child.wait()
        assert done.returncode == 3
        assert "--require-idle" in done.stderr
        assert done.stdout == ""


class TestWorkersThatDie:
    def test_a_killed_worker_costs_its_kernel_only_and_ends_4(self, start):
        command = start("-k", "dispatch", "-k", "gemm.int8", "--json")
        worker_of(command).kill()
        out, err = command.communicate(timeout=PATIENCE_S)
        assert command.returncode == 4, err
        dispatch, gemm = json.loads(out)["measurements"]
        assert dispatch["status"] == "error"
        assert dispatch["reasons"][0]["id"] == "worker-killed"
        assert "SIGKILL" in dispatch["reasons"][0]["detail"]
        assert gemm["value"] > 0

    def test_a_hung_worker_is_ended_by_the_watchdog_and_ends_4(self, start):
        command = start("-k", "dispatch", "-k", "gemm.int8", "--watchdog", "3", "--json")
        worker_of(command).suspend()
        out, err = command.communicate(timeout=PATIENCE_S)
        assert command.returncode == 4, err
        dispatch, gemm = json.loads(out)["measurements"]
        assert dispatch["reasons"][0]["id"] == "worker-hung"
        assert gemm["value"] > 0

    def test_a_worker_out_of_memory_is_an_error_and_the_rest_goes_on(self, bench):
        def poor():
            resource.setrlimit(resource.RLIMIT_AS, (1_300_000_000, 1_300_000_000))

        done = bench("-k", "dispatch", "-k", "stream.add", "--json", preexec_fn=poor)
        assert done.returncode == 4, done.stderr
        found = rows(done)
        assert found["dispatch", "cpu"]["value"] > 0
        assert found["stream.add", "cpu"]["reasons"][0]["id"] == "out-of-memory"

    def test_no_worker_outlives_a_killed_command(self, start):
        command = start("--suite", "standard", "-k", "dispatch")
        worker = worker_of(command)
        command.kill()
        worker.wait(PATIENCE_S)
        assert not worker.is_running()


class TestBeingStopped:
    @pytest.mark.parametrize(
        ("number", "code", "word"),
        [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated"), (signal.SIGHUP, 143, "terminated")],
    )
    def test_finished_kernels_are_printed_and_stored(self, start, home, number, code, word):
        command = start("--kernel", "*", "--json", env=UNHURRIED)
        say_until(command, "dispatch on cpu")
        command.send_signal(number)
        out, err = command.communicate(timeout=PATIENCE_S)
        assert command.returncode == code
        assert "Traceback" not in err
        run = json.loads(out)
        assert run["stopped"] == word
        assert run["measurements"][0]["kernel"] == "dispatch"
        assert run["measurements"][0]["value"] > 0
        assert len(run["measurements"]) < 4
        assert (home / f".local/state/netmind/runs/{run['run_id']}.json").exists()

    def test_the_time_limit_ends_124_with_what_was_finished(self, bench):
        done = bench("--kernel", "*", "--max-time", "5", "--json", env=UNHURRIED)
        assert done.returncode == 124
        run = json.loads(done.stdout)
        assert run["stopped"] == "timed-out"
        assert len(run["measurements"]) < 4

    def test_ctrl_z_stops_the_worker_too_and_the_gap_is_told(self, start):
        # A kernel that is given the whole of the long phase: still at work when a busy machine gets round to looking.
        command = start("--suite", "sustained", "-k", "gemm.fp32", "--json")
        worker = worker_of(command)
        wait_until(lambda: worker.cpu_times().user > 1.0)
        command.send_signal(signal.SIGTSTP)
        wait_until(lambda: {psutil.Process(command.pid).status(), worker.status()} == {psutil.STATUS_STOPPED})
        command.send_signal(signal.SIGCONT)
        wait_until(lambda: worker.status() != psutil.STATUS_STOPPED)
        out, err = command.communicate(timeout=PATIENCE_S)
        assert command.returncode == 0, err
        (measurement,) = json.loads(out)["measurements"]
        assert "suspended" in {because["id"] for because in measurement["reasons"]}
        assert measurement["status"] == "unstable"

    def test_a_closed_terminal_keeps_the_run(self, environment, home):
        before = stored_runs(home)
        ours, theirs = pty.openpty()
        command = subprocess.Popen(
            [*NETMIND, "bench", "--kernel", "*"],
            env=environment,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        seen = b""
        while b"dispatch on cpu: " not in seen:
            seen += os.read(ours, 4096)
        os.close(ours)
        command.send_signal(signal.SIGHUP)
        assert command.wait(PATIENCE_S) == 143
        (kept,) = set(stored_runs(home)) - set(before)
        assert json.loads(kept.read_text())["measurements"][0]["kernel"] == "dispatch"

    def test_nohup_means_it(self, environment):
        def ignore():
            signal.signal(signal.SIGHUP, signal.SIG_IGN)

        command = subprocess.Popen(
            [*NETMIND, "bench", "-k", "dispatch", "--json"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            preexec_fn=ignore,  # noqa: PLW1509 - this process has one thread
        )
        worker_of(command)
        command.send_signal(signal.SIGHUP)
        out, _ = command.communicate(timeout=PATIENCE_S)
        assert command.returncode == 0
        assert json.loads(out)["stopped"] is None


class TestPlacesThatCannotBeWritten:
    def test_a_reader_that_leaves_early_causes_no_traceback(self, environment):
        reading, writing = os.pipe()
        os.close(reading)
        command = [*NETMIND, "bench", "--kernel", "dispatch", "--json"]
        done = subprocess.run(
            command, env=environment, stdout=writing, stderr=subprocess.PIPE, text=True, timeout=60, check=False
        )
        os.close(writing)
        assert "Traceback" not in done.stderr
        assert "Exception ignored" not in done.stderr

    @pytest.mark.parametrize("name", ["missing/run.json", ".", "loop"])
    def test_a_file_that_cannot_be_written_is_refused_before_the_work(self, bench, home, tmp_path, name):
        (tmp_path / "loop").symlink_to("loop")
        before = stored_runs(home)
        done = bench("--kernel", "dispatch", "-o", str(tmp_path / name))
        assert done.returncode == 2
        assert "cannot write" in done.stderr
        assert stored_runs(home) == before

    def test_a_full_stderr_costs_the_words_only(self, environment):
        with open("/dev/full", "w") as full:  # noqa: PTH123 - a device
            command = [*NETMIND, "bench", "--kernel", "dispatch", "--json"]
            done = subprocess.run(
                command, env=environment, stdout=subprocess.PIPE, stderr=full, text=True, timeout=60, check=False
            )
        assert done.returncode == 0
        assert json.loads(done.stdout)["measurements"][0]["value"] > 0

    @pytest.mark.parametrize("kind", ["missing", "file", "directory-in-place", "link-in-place"])
    def test_a_lock_that_cannot_be_taken_ends_3_with_one_sentence(self, bench, tmp_path, kind):
        folder = tmp_path / "locks"
        if kind == "file":
            folder.write_text("")
        elif kind != "missing":
            folder.mkdir()
        if kind == "directory-in-place":
            (folder / "netmind-cpu.lock").mkdir()
        elif kind == "link-in-place":
            (folder / "netmind-cpu.lock").symlink_to("/etc/passwd")
        done = bench("--kernel", "dispatch", "--json", env={"NETMIND_LOCKS": str(folder)})
        assert done.returncode == 3
        assert "Traceback" not in done.stderr
        (row,) = rows(done).values()
        assert "cannot be locked" in row["reasons"][0]["detail"]

    def test_an_unwritable_state_folder_costs_one_warning(self, bench, tmp_path):
        blocked = tmp_path / "file"
        blocked.write_text("")
        done = bench("--kernel", "dispatch", "--json", env={"XDG_STATE_HOME": str(blocked)})
        assert done.returncode == 0
        assert json.loads(done.stdout)["measurements"][0]["value"] > 0
        assert done.stderr.count("warning: this run was not kept") == 1

    def test_a_full_disk_leaves_the_old_file_untouched(self, bench, tmp_path):
        target = tmp_path / "run.json"
        target.write_text("the run before")

        def full():
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

        done = bench("--kernel", "dispatch", "--json", "-o", str(target), preexec_fn=full)
        assert done.returncode == 2
        assert str(target) in done.stderr
        assert target.read_text() == "the run before"
        assert [path.name for path in tmp_path.iterdir()] == ["run.json"]


def test_a_running_agent_is_asked_for_the_devices_first(bench, agents, tmp_path):
    node = agents.MadeNode(cards=0)
    node.devices = (Device(id="cpu", kind=DeviceKind.CPU, name="A processor"),)
    own = {"NETMIND_SOCKET": str(tmp_path / "agent.sock")}
    with agents.running(tmp_path / "agent.sock", node=node):
        done = bench("-k", "dispatch", "-d", "cpu", "--force", "--json", env=own)
        assert agents.until(lambda: node.left == [("cpu",)])
    assert done.returncode == 0, done.stderr
    assert "netmind: an agent runs here: it is asked to leave cpu alone while this measures" in done.stderr.splitlines()
    assert json.loads(done.stdout)["measurements"][0]["value"] > 0

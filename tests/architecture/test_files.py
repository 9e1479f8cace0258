from pathlib import Path

import pytest

RECORDING = Path(__file__).parents[1] / "recordings/quick_cpu.json"
SAMPLES = RECORDING.with_name("h100x8.jsonl")


def _made(home: Path) -> list[str]:
    return sorted(path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    "arguments",
    [
        ["--version"],
        ["info"],
        ["info", "--json"],
        ["info", "--watch", "--count", "1"],
        ["info", "--replay", str(SAMPLES)],
        ["record", "--count", "1"],
        ["schema", "bench"],
        ["bench", "--list"],
        ["bench", "--history"],
        ["compare", str(RECORDING), str(RECORDING)],
        ["bench", "--dry-run"],
        ["validate", "--list"],
        ["config", "show"],
        ["config", "check"],
        ["identity", "show"],
        ["challenge", "list"],
        ["schedule", "show"],
        ["schedule", "preview"],
        ["schedule", "explain"],
        ["schedule", "check"],
        ["agent", "install", "--system", "--dry-run"],
        ["agent", "uninstall"],
    ],
    ids=" ".join,
)
def test_a_command_that_only_looks_leaves_no_file(start, home, arguments):
    assert start(*arguments).code == 0
    assert list(home.iterdir()) == []


def test_asking_what_happened_leaves_no_file(start, home):
    assert start("log").code == 3
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("arguments", [["doctor"], ["doctor", "--setup"]], ids=" ".join)
def test_a_diagnosis_leaves_no_file(start, home, arguments):
    assert start(*arguments).stdout
    assert list(home.iterdir()) == []


def test_a_recording_leaves_its_file_and_nothing_else(start, home):
    done = start("record", "--count", "1", "-o", str(home / "a.jsonl"))
    assert done.code == 0, done.stderr
    assert [path.name for path in home.rglob("*")] == ["a.jsonl"]


def test_a_setting_leaves_its_file_and_nothing_else(start, home):
    assert start("config", "set", "tui.theme", "light").code == 0
    assert _made(home) == [".config/netmind/config.toml"]


def test_a_benchmark_leaves_its_run_and_nothing_else(start, home):
    done = start("bench", "--kernel", "dispatch", "--device", "cpu", "--force", "--json")
    assert done.code == 0, done.stderr
    run_id = done.document["run_id"]
    assert _made(home) == [f".local/state/netmind/runs/{run_id}.json"]
    # ONNX Runtime's telemetry would make .cache/Microsoft, and empty folders are traces too.
    assert {path.name for path in home.rglob("*") if path.is_dir()} == {".local", "state", "netmind", "runs"}


def test_a_key_leaves_its_file_and_nothing_else(start, home):
    assert start("identity", "export-public").code == 0
    assert _made(home) == [".local/share/netmind/identity/node.pem"]


def test_a_backup_leaves_its_file_and_the_beginning_of_the_nodes_stay(start, home):
    (home / "words").write_text("correct horse battery\n")
    (home / "words").chmod(0o600)
    assert start("backup", str(home / "a"), "--passphrase-file", str(home / "words")).code == 0
    made = {".local/share/netmind/identity/node.pem", ".local/share/netmind/identity/stay.json", "a", "words"}
    assert set(_made(home)) == made


def test_a_validation_leaves_its_run_with_what_that_came_to_and_the_baseline_that_was_asked_for(start, home):
    start("validate", "cpu-runner", "--device", "cpu", "--write-baseline", str(home / "base.json"))
    made = set(_made(home)) - {"base.json"}  # a run that was disturbed becomes none
    folders = {path.rpartition("/")[0] for path in made}
    assert (len(made), folders) == (2, {".local/state/netmind/runs", ".local/state/netmind/verdicts"})

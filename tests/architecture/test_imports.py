import ast
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = Path(__file__).parents[2] / "netmind_tui"
RECORDING = str(Path(__file__).parents[1] / "recordings/quick_cpu.json")
SAMPLES = str(Path(__file__).parents[1] / "recordings/h100x8.jsonl")

HEAVY = {"numpy", "onnxruntime", "rich", "textual"}
DOORS = {
    "aiohttp": ["certify/challenge/server.py", "node/control/server/"],
    "jeepney": ["probe/logind.py"],
    "onnxruntime": ["bench/worker"],
    "psutil": ["probe/host.py"],
    "pynvml": ["probe/nvml.py"],
    "tomlkit": ["config/edit.py", "node/policy/edit.py", "node/work/edit.py"],
    "textual": ["tui/"],
}
STREAMS = {
    "stdout": ["cli/output.py"],
    "stderr": ["cli/diagnostics.py", "tui/main.py"],
}


@pytest.mark.parametrize(
    "arguments",
    [
        ["--version"],
        ["--help"],
        ["info", "--json"],
        ["info", "--watch", "--count", "1"],
        ["info", "--json", "--replay", SAMPLES],
        ["record", "--count", "1"],
        ["info", "--format", "prometheus"],
        ["schema"],
        ["schema", "bench"],
        ["bench", "--history", "--json"],
        ["compare", RECORDING, RECORDING, "--json"],
        ["validate", "--list", "--json"],
        ["config", "show", "--json"],
        ["config", "get", "tui.theme"],
        ["config", "set", "tui.theme", "light"],
        ["identity", "show", "--json"],
        ["identity", "export-public"],
        ["challenge", "list", "--json"],
        ["schedule", "show", "--json"],
        ["schedule", "preview", "--json"],
        ["schedule", "explain", "--json"],
        ["workload", "list", "--json"],
        ["workload", "add", "a", "--devices", "cpu", "--", "true"],
        ["workload", "check", "--json"],
        ["earnings", "--json"],
        ["earnings", "entries", "--json"],
        ["earnings", "card", "--json"],
        ["earnings", "verify", "--json"],
        ["earnings", "export"],
        ["ledger", "check", "--json"],
        ["ledger", "backups", "--json"],
        ["energy", "--json"],
        ["energy", "tariff", "--json"],
        ["agent", "install", "--system", "--dry-run"],
        ["agent", "uninstall"],
    ],
    ids=" ".join,
)
def test_a_light_command_loads_nothing_heavy(start, arguments):
    done = start(*arguments)
    assert done.code == 0, done.stderr
    assert "netmind_tui" in done.loaded
    assert not done.loaded & HEAVY


def test_reading_settings_loads_nothing_that_only_writing_needs(start, home):
    (home / ".config/netmind").mkdir(parents=True)
    (home / ".config/netmind/config.toml").write_text('[alias]\nbig = "cpu"\n')
    for arguments in (["config", "show", "--json"], ["config", "check"], ["bench", "--list", "--device", "big"]):
        done = start(*arguments)
        assert "tomlkit" not in done.loaded, done.stderr
    assert "tomlkit" in start("config", "set", "alias.big", "gpu").loaded


def test_putting_a_node_into_a_file_and_taking_it_out_load_nothing_heavy(start, home):
    (home / "words").write_text("correct horse battery\n")
    (home / "words").chmod(0o600)
    words = ("--passphrase-file", str(home / "words"))
    for arguments in (("backup", "a"), ("restore", "--check", "a"), ("restore", "a", "--force")):
        done = start(*arguments, *words)
        assert done.code == 0, done.stderr
        assert not done.loaded & (HEAVY | {"aiohttp", "tomlkit"})


def test_asking_what_happened_loads_nothing_heavy_and_no_server(start):
    done = start("log", "--json")
    assert done.code == 3, done.stderr
    assert not done.loaded & (HEAVY | {"aiohttp"})


def test_a_version_needs_no_probe_and_no_codec(start):
    assert not start("--version").loaded & {"msgspec", "platformdirs", "psutil", "pynvml", "tomllib"}


@pytest.mark.parametrize("form", ["json", "junit", "markdown", "prometheus"])
def test_holding_a_kept_run_against_requirements_loads_nothing_heavy(start, form):
    done = start("validate", "cpu-runner", "--run", RECORDING, "--format", form)
    assert done.code in (0, 1, 3), done.stderr
    assert "cpu-runner" in done.stdout
    assert not done.loaded & HEAVY


def test_a_diagnosis_loads_nothing_heavy(start):
    done = start("doctor", "--json")
    assert done.document["schema"] == "netmind.doctor/1", done.stderr
    assert not done.loaded & HEAVY


@pytest.mark.parametrize("form", ["junit", "prometheus"])
def test_a_diagnosis_for_a_machine_loads_nothing_heavy(start, form):
    done = start("doctor", "--format", form)
    assert "netmind" in done.stdout, done.stderr
    assert not done.loaded & HEAVY


def test_a_diagnosis_works_without_a_runtime(start):
    done = start("doctor", missing={"onnxruntime", "numpy", "textual"})
    assert "Traceback" not in done.stderr
    assert not done.loaded & {"onnxruntime", "pynvml", "textual"}


@pytest.mark.parametrize("arguments", [["info"], ["bench", "--list"], ["bench", "--dry-run"]], ids=" ".join)
def test_a_table_loads_neither_a_runtime_nor_the_interface(start, arguments):
    done = start(*arguments)
    assert done.code == 0, done.stderr
    assert not done.loaded & {"onnxruntime", "textual"}


def test_the_parent_of_a_benchmark_never_loads_the_runtime(start):
    done = start("bench", "--kernel", "dispatch", "--device", "cpu", "--force", "--json")
    assert done.code == 0, done.stderr
    assert done.document["measurements"][0]["value"] > 0
    assert not done.loaded & {"onnxruntime", "textual", "pynvml"}


def test_the_parent_of_the_self_test_never_loads_the_runtime_nor_numbers(start):
    done = start("--for", "1s", "--load", "1", script="netmind-selftest")
    assert done.code == 0, done.stderr
    assert "checked and right" in done.stdout
    assert not done.loaded & HEAVY


def test_a_benchmark_without_a_runtime_says_what_is_missing(start):
    done = start("bench", "--kernel", "dispatch", "--device", "cpu", "--force", "--json", missing={"onnxruntime"})
    assert done.code == 3
    assert "No module named 'onnxruntime'" in str(done.document["measurements"])
    assert "Traceback" not in done.stderr


def test_info_works_without_a_runtime(start):
    done = start("info", "--json", missing={"onnxruntime", "numpy", "textual"})
    assert done.code == 0, done.stderr
    assert done.document["schema"] == "netmind.info/1"


def test_the_interface_without_a_terminal_says_what_to_use_instead(start):
    done = start(script="netmind-tui", missing={"onnxruntime", "numpy", "pynvml", "textual"})
    assert done.code == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "netmind info" in done.stderr
    assert "netmind bench" in done.stderr


def test_every_part_of_the_interface_loads_without_a_runtime():
    parts = [path.removesuffix(".py").replace("/", ".") for path in _modules() if path.startswith("tui/")]
    lines = [
        "import sys",
        "for name in ('onnxruntime', 'numpy', 'pynvml'): sys.modules[name] = None",
        *(f"import netmind_tui.{part.removesuffix('.__init__')}" for part in parts),
        "print(*sorted(sys.modules))",
    ]
    done = subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    loaded = {name for name in done.stdout.split() if not name.startswith("netmind_tui.bench.worker")}
    assert "netmind_tui.tui.app" in loaded
    assert not [name for name in loaded if name.startswith("netmind_tui.cli")]


def test_the_first_picture_waits_neither_for_the_library_nor_for_what_measures():
    lines = [
        "import os, sys",
        "from netmind_tui.tui import start",
        "start._APP = lambda: sys.exit(' '.join(sys.modules))",
        "start.start(start.Wishes(demo=True), os.environ)",
    ]
    done = subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=False)
    loaded = set(done.stderr.split())
    assert "netmind_tui.tui.screen.overview" in loaded, done.stderr
    measuring = {"netmind_tui.model.measurement", "netmind_tui.tui.bench_state", "netmind_tui.tui.bench_run"}
    assert not loaded & {"textual", "rich.console", "asyncio", "netmind_tui.probe.gpu", "tomlkit", *measuring}


def test_the_interface_tells_its_version(start):
    done = start("--version", script="netmind-tui")
    assert (done.code, done.stdout) == (0, start("--version").stdout.replace("netmind ", "netmind-tui "))
    assert not done.loaded & HEAVY


def test_an_unknown_option_of_the_interface_is_a_usage_error(start):
    assert start("--nonsense", script="netmind-tui").code == 2


@pytest.mark.parametrize("library", DOORS)
def test_a_library_has_one_door(library):
    importers = {path for path, module in _modules().items() if library in module.imports}
    strangers = [path for path in importers if not path.startswith(tuple(DOORS[library]))]
    assert not strangers


@pytest.mark.parametrize("stream", STREAMS)
def test_a_stream_is_written_at_its_door_only(stream):
    writers = {path for path, module in _modules().items() if stream in module.writes}
    assert writers <= set(STREAMS[stream])


def test_every_folder_says_what_it_is_for():
    for path, module in _modules().items():
        if path.endswith("__init__.py"):
            assert module.docstring, path


def test_the_guard_sees_lazy_imports_too():
    tree = ast.parse(
        "def f():\n    import onnxruntime.capi\n    importlib.import_module('psutil')\n    from a import b"
    )
    assert _imported(tree) == {"onnxruntime", "psutil", "a"}


class Module(NamedTuple):
    """What the guards ask of a module. The package is parsed once, and no tree is kept."""

    imports: set[str]
    writes: set[str]
    docstring: str | None


@cache
def _modules() -> dict[str, Module]:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text())
        writes = {stream for stream in STREAMS if _writes(tree, stream)}
        found[path.relative_to(PACKAGE).as_posix()] = Module(_imported(tree), writes, ast.get_docstring(tree))
    return found


def _imported(tree: ast.Module) -> set[str]:
    """Top-level packages that a module imports anywhere, by statement or by name."""
    names = []
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                names += [alias.name for alias in node.names]
            case ast.ImportFrom(module=str(module), level=0):
                names.append(module)
            case ast.Call(
                func=ast.Name("__import__") | ast.Attribute(attr="import_module"), args=[ast.Constant(str(name)), *_]
            ):
                names.append(name)
    return {name.partition(".")[0] for name in names}


def _writes(tree: ast.Module, stream: str) -> bool:
    """Whether a module prints, or calls a method of ``sys.stdout`` or ``sys.stderr`` that writes."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name("print")):
                return True
            case ast.Call(
                func=ast.Attribute(attr="write" | "writelines", value=ast.Attribute(value=ast.Name("sys"), attr=found))
            ) if found == stream:
                return True
    return False

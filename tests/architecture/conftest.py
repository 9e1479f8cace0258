"""Child processes that start as a user's would: our interpreter, an empty home folder, libraries taken away at will."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

import pytest

# Python loads this from PYTHONPATH at its start, in children of children too. What a process had loaded it tells at
# its end, in a file named by its number.
_SITECUSTOMIZE = """
import atexit, json, os, sys

class Missing:
    names = os.environ["TEST_MISSING"].split()

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

def tell():
    loaded = sorted({name.partition(".")[0] for name in sys.modules})
    with open(os.path.join(os.environ["TEST_TOLD"], f"{os.getpid()}.json"), "w") as file:
        json.dump(loaded, file)

sys.meta_path.insert(0, Missing())
atexit.register(tell)
"""

_ENTRIES = {
    "netmind": "from netmind_tui.cli.main import run; run()",
    "netmind-tui": "from netmind_tui.tui.main import run; run()",
    "netmind-selftest": "from netmind_tui.cli.selftest import run; run()",
}


@dataclass(frozen=True)
class Finished:
    """How a command ended. ``loaded`` are the top-level packages that its own process had loaded by then."""

    code: int
    stdout: str
    stderr: str
    loaded: set[str]

    @property
    def document(self) -> dict:
        return json.loads(self.stdout)


@pytest.fixture
def home(tmp_path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def start(tmp_path, home, hasty_kernels) -> Callable[..., Finished]:
    """Run a command: ``start("info", "--json", missing={"onnxruntime"})``; ``script`` chooses netmind-tui."""
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(_SITECUSTOMIZE)
    locks = tmp_path / "locks"
    locks.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "NETMIND_", "PYTHON"))}

    def run(*arguments: str, missing: Collection[str] = (), script: str = "netmind") -> Finished:
        told = tmp_path / "told"
        told.mkdir(exist_ok=True)
        given = {
            "HOME": str(home),
            "NETMIND_LOCKS": str(locks),
            "NETMIND_KERNELS": str(hasty_kernels),
            "PYTHONPATH": str(site),
            "TEST_MISSING": " ".join(missing),
            "TEST_TOLD": str(told),
        }
        command = [sys.executable, "-P", "-c", _ENTRIES[script], *arguments]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=kept | given, cwd=tmp_path
        ) as child:
            stdout, stderr = child.communicate(timeout=120)
        loaded = json.loads((told / f"{child.pid}.json").read_text())
        return Finished(child.returncode, stdout, stderr, set(loaded))

    return run

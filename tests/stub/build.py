"""Compile the stand-in for ``libnvidia-ml.so.1`` and say which environment makes a child process load it."""

import functools
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

SOURCE = Path(__file__).with_name("nvml_stub.c")
SCENARIOS = (
    "h100x8",
    "consumer",
    "mig",
    "falls-off",
    "falls-off-now",
    "mismatch",
    "no-driver",
    "no-permission",
    "no-permission-device",
    "ancient",
    "wsl",
    "hang",
    "hang-init",
    "busy",
    "crash",
    "worn",
)


def compiler() -> list[str] | None:
    """The command of a C compiler: the machine's own, or the one in the ``ziglang`` wheel; none if there is none."""
    for name in ("cc", "gcc", "clang"):
        if path := shutil.which(name):
            return [path]
    if importlib.util.find_spec("ziglang") is not None:
        return [sys.executable, "-m", "ziglang", "cc"]
    return None


@functools.cache
def build_nvml_stub(folder: Path, *, ancient: bool = False) -> Path:
    """Compile the library into ``folder`` once a session and return its path; ``ancient`` lacks newer symbols.

    Raises:
        RuntimeError: no compiler was found, or it refused the source.
    """
    command = compiler()
    if command is None:
        raise RuntimeError("no C compiler: install gcc or clang, or `pip install ziglang`")
    folder.mkdir(parents=True, exist_ok=True)
    library = folder / "libnvidia-ml.so.1"
    options = ["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", *(["-DANCIENT"] if ancient else [])]
    done = subprocess.run(
        [*command, *options, "-o", str(library), str(SOURCE)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} could not compile {SOURCE.name}:\n{done.stderr}")
    return library


def stub_environment(folder: Path) -> Callable[..., dict[str, str]]:
    """A function from a scenario to the whole environment of a child process that shall see that machine.

    Further names are overrides, in lower case: ``lost_after=3`` sets ``NETMIND_STUB_LOST_AFTER=3``.
    The libraries are compiled below ``folder``.
    """

    def environment(scenario: str, **overrides: object) -> dict[str, str]:
        if scenario not in SCENARIOS:
            raise ValueError(f"no scenario {scenario!r}; there are {', '.join(SCENARIOS)}")
        ancient = scenario == "ancient"
        library = build_nvml_stub(folder / ("ancient" if ancient else "current"), ancient=ancient)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("NETMIND_STUB_")}
        given = {f"NETMIND_STUB_{name.upper()}": str(value) for name, value in overrides.items()}
        return kept | given | {"LD_LIBRARY_PATH": str(library.parent), "NETMIND_STUB_SCENARIO": scenario}

    return environment

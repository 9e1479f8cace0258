"""What every folder of tests may use."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest


def _load(path: Path) -> ModuleType:
    """A module beside the tests, which are collected by path and form no package."""
    spec = importlib.util.spec_from_file_location(f"tests_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


stub = _load(Path(__file__).parent / "stub/build.py")


@pytest.fixture(scope="session")
def nvml_stub(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., dict[str, str]]:
    """From a scenario's name to the environment of a child process that sees that machine's NVML.

    ``nvml_stub("falls-off", lost_after=1)``; ``stub/nvml_stub.c`` lists scenarios and overrides.
    """
    if stub.compiler() is None:
        pytest.skip("no C compiler for the stub of libnvidia-ml: install gcc, clang or ziglang")
    return stub.stub_environment(tmp_path_factory.mktemp("nvml"))

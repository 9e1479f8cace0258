"""A ledger of the test's own."""

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

_MADE = Path(__file__).with_name("books_made.py")


@pytest.fixture(scope="session")
def booked() -> ModuleType:
    """The module ``books_made.py``: work, answers and payments made by hand."""
    spec = importlib.util.spec_from_file_location("tests_books_made", _MADE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Its dataclasses look for their module.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def books(booked, tmp_path) -> Iterator[Any]:
    """An empty ledger, open for writing."""
    made = booked.opened(tmp_path / "ledger.db")
    with closing(made.ledger):
        yield made


@pytest.fixture
def small_files():
    """A way to let no file of this process grow beyond a size for a while, as on a full disk."""
    resource = pytest.importorskip("resource")

    @contextmanager
    def limited(largest: int) -> Iterator[None]:
        usual = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, usual[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, usual)

    return limited

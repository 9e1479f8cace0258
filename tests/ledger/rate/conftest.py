"""Rate books read from files of the test's own."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from netmind_tui.config import Config
from netmind_tui.ledger.rate.book import RateBook, read_book
from netmind_tui.model.rate import Work

MOMENT = datetime(2026, 11, 23, 12, tzinfo=UTC)
GIB = 1 << 30

Book = Callable[..., RateBook]


@pytest.fixture
def book(tmp_path) -> Book:
    """Reads the book of some rates: ``book('[[rate]] …', rate_card="netmind-power")``."""

    def read(own: str = "", **settings: Any) -> RateBook:
        rates = tmp_path / "rates.toml"
        rates.write_text(own)
        return read_book(Config(**settings), rates=rates)

    return read


@pytest.fixture
def card(tmp_path) -> Callable[..., str]:
    """Writes a card and answers its path."""

    def write(text: str, name: str = "lab.toml") -> str:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return str(path)

    return write


@pytest.fixture
def work() -> Callable[..., Work]:
    """An hour of work on a 4090, or what else is asked for."""

    def make(*, at: datetime = MOMENT, seconds: float = 3600, gib: float = 24, **others: Any) -> Work:
        members = {
            "device": "gpu:0",
            "uuid": "GPU-8c1f2a3b-aaaa-4000-8000-0123456789ab",
            "name": "NVIDIA GeForce RTX 4090",
            "workload": "llm",
        } | others
        return Work(
            at=at,
            until=at + timedelta(seconds=seconds),
            duration_ms=round(seconds * 1000),
            memory_bytes=round(gib * GIB),
            **members,
        )

    return make

"""A journal in a folder of its own, and events as an agent writes them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from netmind_tui.model.event import Event, EventKind
from netmind_tui.node.agent.clock import stamp
from netmind_tui.node.journal.store import Journal

START = datetime(2026, 11, 27, 18, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def event(
    seconds: float = 0, kind: EventKind = EventKind.DEVICE_LOST, device: str | None = None, **data: object
) -> Event:
    words = f"{device or 'node'} {kind}"
    return Event(at=stamp(at(seconds)), kind=kind, device=device, sentence=words, data=data, boot="b", uptime_s=1.5)


def decided(seconds: float, state: str, code: str, device: str = "gpu:0", **data: object) -> Event:
    """A decision as the agent tells it."""
    facts = {"state": state, "code": code, "reason": code.replace("-", " "), **data}
    found = event(seconds, EventKind.DECISION_CHANGED, device, **facts)
    return replace(found, sentence=f"{device} {state}: {facts['reason']}")


@pytest.fixture
def made() -> SimpleNamespace:
    return SimpleNamespace(START=START, at=at, event=event, decided=decided)


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "agent/journal.db"


@pytest.fixture
def journal(path):
    opened = Journal.open(path)
    yield opened
    opened.close()

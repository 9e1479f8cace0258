"""Nodes on machines of their own, and what is in their folders."""

import json
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from netmind_tui.certify.identity import Identity
from netmind_tui.certify.moment import written
from netmind_tui.ledger.reader import Reader
from netmind_tui.ledger.store import open_ledger
from netmind_tui.ledger.verify import verify
from netmind_tui.model.backup import Backup
from netmind_tui.model.event import Event, EventKind
from netmind_tui.model.ledger import Draft, EntryKind, Subject, Usage
from netmind_tui.model.metering import Activity
from netmind_tui.node.backup import key
from netmind_tui.node.backup.layout import Layout
from netmind_tui.node.backup.make import Made, make_backup
from netmind_tui.node.backup.opened import opened
from netmind_tui.node.backup.restore import Restored, restore
from netmind_tui.node.journal.store import Journal

PASSPHRASE = "correct horse battery"  # noqa: S105 - it is a made one
NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


class Machine:
    """A machine with its own id, and one user's folders on it."""

    def __init__(self, folder: Path, machine_id: str | None) -> None:
        self.folder, self.id = folder, machine_id
        state, config = folder / "state", folder / "config"
        agent = state / "agent"
        names = ("journal.db", "meter.db", "state.json", "alive", "policy.toml")
        self.layout = Layout(
            files={f"agent/{name}": agent / name for name in names}
            | {f"config/{name}.toml": config / f"{name}.toml" for name in ("config", "policy", "workloads", "rates")}
            | {
                "config/prices.csv": config / "prices.csv",
                "energy/baseline.json": state / "energy/baseline.json",
                "ledger/ledger.db": state / "ledger/ledger.db",
            },
            folders={
                "identity": folder / "data/identity",
                "certificates": state / "certificates",
                "runs": state / "runs",
                "verdicts": state / "verdicts",
                "retired": folder / "data/retired",
            },
            copies=(state / "ledger/backups",),
        )
        self.now = NOW

    @property
    def identity(self) -> Identity:
        return Identity(self.layout.identity)

    def live(self) -> None:
        """Leave everything that a node has behind, and what is never backed up."""
        self.identity.public(written(self.now))
        self.identity.rotate(written(self.now))
        for name, text in {
            "config/config.toml": "[tui]\n",
            "config/policy.toml": 'zone = "UTC"\n',
            "config/workloads.toml": "",
            "config/rates.toml": "",
            "config/prices.csv": "date,asset,currency,price,source\n",
            "state/energy/baseline.json": "{}",
            "state/ledger/backups/ledger-20261122.db": "of yesterday",
            "state/agent/state.json": "{}",
            "state/runs/one.json": json.dumps({"run": 1}),
            "state/runs/two.json": json.dumps({"run": 2}),
            "state/runs/.part": "half a run",
            "state/verdicts/one.json": "{}",
            "state/certificates/20261123T0600-aaaaaa/node.json": "{}",
            "state/certificates/20261123T0600-aaaaaa/node.json.result.json": "{}",
            "state/agent/work/job@cpu/log": "a line",
            "state/agent/netmind-agent.lock": "",
            "state/agent/power.json": "{}",
            "cache/anything": "",
        }.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.write_text(text)
        self.tell("the first")

    def tell(self, *sentences: str) -> None:
        with closing(Journal.open(self.layout.files["agent/journal.db"])) as journal:
            journal.append([self.event(each) for each in sentences])

    @staticmethod
    def event(sentence: str) -> Event:
        return Event(at=written(NOW), kind=EventKind.POLICY_CHANGED, sentence=sentence)

    def book(self, *names: str) -> None:
        """Book entries of these ids."""
        usage = Usage(activity=Activity.WORK, duration_ms=60_000)
        with closing(open_ledger(self.layout.files["ledger/ledger.db"])) as ledger:
            ledger.append(
                [
                    Draft(
                        id=each,
                        kind=EntryKind.METERED,
                        at=NOW,
                        until=NOW + timedelta(minutes=1),
                        subject=Subject(node="ed25519:0", device="cpu"),
                        usage=usage,
                    )
                    for each in names
                ],
                self.now,
            )

    @property
    def booked(self) -> list[str]:
        with closing(Reader(self.layout.files["ledger/ledger.db"])) as ledger:
            assert verify(ledger).is_sound
            return [each.entry.id for each in ledger.every()]

    @property
    def told(self) -> list[str]:
        with closing(Journal.open(self.layout.files["agent/journal.db"])) as journal:
            return [each.sentence for each in journal.events()]

    def back_up(self, path: Path, **more) -> Made:
        self.now += timedelta(seconds=1)
        return make_backup(path, PASSPHRASE, self.layout, self.id, self.now, **more)

    def restore(self, path: Path, *, force=False, gone=False, passphrase=PASSPHRASE) -> Restored:
        self.now += timedelta(seconds=1)
        with opened(path, self.layout) as archive:
            archive.unlock(passphrase)
            return restore(archive, self.layout, self.id, self.now, force=force, gone=gone)

    def look(self, path: Path) -> Backup:
        with opened(path, self.layout) as archive:
            return archive.backup

    @property
    def files(self) -> dict[str, bytes]:
        """All of them, but the locks."""
        found = sorted(path for path in self.folder.rglob("*") if path.is_file())
        return {path.relative_to(self.folder).as_posix(): path.read_bytes() for path in found if path.suffix != ".lock"}


@pytest.fixture(autouse=True)
def _light(monkeypatch):
    """A passphrase costs next to nothing here."""
    monkeypatch.setattr(key, "_N", 16)


@pytest.fixture
def machine(tmp_path) -> Callable[..., Machine]:
    return lambda name, machine_id="": Machine(tmp_path / name, f"id of {name}" if machine_id == "" else machine_id)


@pytest.fixture
def first(machine) -> Machine:
    """A machine with a node that has everything."""
    made = machine("first")
    made.live()
    return made


@pytest.fixture
def second(machine) -> Machine:
    """Another one, with nothing."""
    return machine("second")


@pytest.fixture
def backup(first, tmp_path) -> Path:
    """A backup of the first."""
    path = tmp_path / "node.backup"
    first.back_up(path)
    return path

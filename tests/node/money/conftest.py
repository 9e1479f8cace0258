"""The files of an owner who reckons, what was metered, and the books that come of both."""

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from netmind_tui.ledger.reader import Reader
from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.metering import Activity, EnergyMethod, Interval
from netmind_tui.node.meter.store import Store
from netmind_tui.node.money.booking import Basis, Known
from netmind_tui.node.money.bookkeeper import Bookkeeper
from netmind_tui.node.money.hour import Worker
from netmind_tui.node.money.rulebook import read_rulebook

START = datetime(2026, 11, 27, 18, 0, tzinfo=UTC)
NODE = "ed25519:" + "0" * 64
CONFIG = '[electricity]\nprice_per_kwh = "0.30 EUR"\nfee_pct = 10\n'
RATES = '[[rate]]\nper = "device-hour"\namount = "0.20 EUR"\nfrom = 2026-11-01\n'
GPU = Device(id="gpu:0", kind=DeviceKind.GPU, name="NVIDIA H100", uuid="GPU-0", memory_total_bytes=80 << 30)
CPU = Device(id="cpu", kind=DeviceKind.CPU, name="AMD EPYC 9654")


class Owner:
    """Writes the files, and has them read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config(CONFIG)
        self.rates(RATES)

    def config(self, text: str) -> None:
        (self.folder / "config.toml").write_text(text)

    def rates(self, text: str) -> None:
        (self.folder / "rates.toml").write_text(text)

    def prices(self, text: str) -> None:
        (self.folder / "prices.csv").write_text(text)

    def tariff(self, text: str, name: str = "tariff.csv") -> None:
        """A tariff file, and the configuration that names it."""
        (self.folder / name).write_text(text)
        self.config(f'[electricity]\ntariff = "{self.folder / name}"\n')

    def rulebook(self, before=None):
        found = read_rulebook(before)
        found.tariff.refresh(START)
        return found

    def basis(self, *workers: Worker) -> Basis:
        book = self.rulebook()
        known = {each.device.uuid: each.known for each in workers}
        return Basis(
            node=NODE,
            rates=book.rates,
            tariff=book.tariff,
            power=book.power([each.device for each in workers]),
            asset_of=book.assets.asset,
            known=lambda interval: known.get(interval.uuid) or Known(),
        )


class Books:
    """A meter's file, a ledger, and who writes the one from the other."""

    def __init__(self, folder: Path, owner: Owner) -> None:
        self.path = folder / "ledger/ledger.db"
        self.meter = folder / "meter.db"
        self.now = START + timedelta(days=1)
        self.told: list = []
        self.node = lambda: NODE
        self.owner = owner
        self.store = Store(self.meter)
        self.places = 0

    def worked(self, *intervals: Interval) -> tuple[Interval, ...]:
        """Let the meter write intervals."""
        named = tuple(replace(each, id=self.store.new_id()) for each in intervals)
        self.store.put(named, {})
        return named

    def keeper(self, worked=None, **more) -> Bookkeeper:
        def basis() -> Basis:
            return replace(self.owner.basis(), node=self.node())

        return Bookkeeper(self.path, worked or self.store, basis, lambda: self.now, self.told.append, **more)

    def book(self, **more):
        """Book once, by a bookkeeper that then ends; how it stood."""
        keeper = self.keeper(**more)
        keeper.book()
        keeper.close()
        return keeper.standing

    @property
    def entries(self):
        with closing(Reader(self.path)) as reader:
            return tuple(each.entry for each in reader.every())

    @property
    def kinds(self) -> list[str]:
        return [each.kind.value for each in self.told]


def made(minutes=0.0, length_s=600.0, *, device=GPU, activity=Activity.WORK, watts=300.0, **more) -> Interval:
    """So long from so many minutes after the start."""
    start = START + timedelta(minutes=minutes)
    ms = round(length_s * 1000)
    known = {} if watts is None else {"energy_j": watts * length_s, "energy_ms": ms}
    method = {} if watts is None else {"energy_method": EnergyMethod.NVML_ENERGY}
    given = {
        "id": "",
        "device": device.id,
        "uuid": device.uuid,
        "activity": activity,
        "workload": None if activity is Activity.READY else "llm",
        "start": start,
        "end": start + timedelta(milliseconds=ms),
        "duration_ms": ms,
        **known,
        **method,
    }
    return Interval(**{**given, **more})


@pytest.fixture
def interval():
    return made


@pytest.fixture
def owner(tmp_path, monkeypatch) -> Owner:
    folder = tmp_path / "config"
    folder.mkdir()
    for name in ("CONFIG_HOME", "STATE_HOME", "CACHE_HOME", "DATA_HOME"):
        monkeypatch.setenv(f"XDG_{name}", str(tmp_path / name.lower()))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETMIND_CONFIG", str(folder / "config.toml"))
    monkeypatch.setenv("NETMIND_RATES", str(folder / "rates.toml"))
    monkeypatch.setenv("NETMIND_PRICES", str(folder / "prices.csv"))
    return Owner(folder)


@pytest.fixture
def books(tmp_path, owner) -> Books:
    made = Books(tmp_path, owner)
    with closing(made.store):
        yield made


@pytest.fixture
def worker():
    def make(device=GPU, known=None, **more):
        known = known or Known(name=device.name, memory_bytes=device.memory_total_bytes)
        return Worker(device=device, known=known, **more)

    return make

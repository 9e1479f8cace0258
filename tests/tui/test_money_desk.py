"""Money by the owner's own files, where no agent runs: what is read of them, and when."""

import importlib.util
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from netmind_tui.config.source import Config
from netmind_tui.tui.lookout import Lookout
from netmind_tui.tui.message import Went
from netmind_tui.tui.money_desk import MoneyDesk
from netmind_tui.tui.money_page import plan
from netmind_tui.tui.money_state import Reckoned
from netmind_tui.tui.money_watch import EVERY_S, LOOK_EVERY_S, MoneyWatch
from netmind_tui.tui.node_page import Node, Place
from netmind_tui.tui.settings_state import Settings
from netmind_tui.tui.state import reduce

HOUR = timedelta(hours=1)
NOW = datetime(2026, 11, 23, 14, 42, 31, tzinfo=UTC)
BOOKS = Path(__file__).parents[1] / "ledger/books_made.py"
_PRICED = """[electricity]
price_per_kwh = "0.30 EUR"
fee_pct = 10

[device."gpu:0"]
watts = 200
idle_watts = 20
"""


@pytest.fixture(scope="session")
def booked():
    spec = importlib.util.spec_from_file_location("tui_books_made", BOOKS)
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def own(own_file, tmp_path, monkeypatch):
    """The owner's configuration file, and where the books would be."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("NETMIND_RATES", "NETMIND_PRICES", "NETMIND_POLICY"):
        monkeypatch.delenv(name, raising=False)
    own_file.parent.mkdir(parents=True)
    return own_file


def read(state, now=NOW):
    message = MoneyDesk(now=lambda: now).read(state.devices)
    assert isinstance(message, Reckoned)
    return reduce(state, message)


class TestReading:
    def test_a_static_price_gives_each_device_its_floor(self, own, one):
        own.write_text(_PRICED)
        state = read(one)
        card = next(each for each in state.money.worth.devices if each.device == "gpu:0")
        assert (card.power_w, card.power_from, card.currency) == (200.0, "declared", "EUR")
        assert Decimal(card.cost) == Decimal("0.06")
        assert Decimal(card.floor) == Decimal("0.066667")  # ÷ 0.9, rounded up
        assert plan(state).at(NOW).price == Decimal("0.30")
        assert state.money.energy is None

    def test_a_tariff_of_a_file_gives_prices_by_the_hour(self, own, one, tmp_path):
        tariff = tmp_path / "plan.csv"
        hours = [NOW.replace(hour=hour, minute=0, second=0, microsecond=0) for hour in range(24)]
        rows = (f"{at.isoformat()},{(at + HOUR).isoformat()},0.{20 + at.hour},EUR" for at in hours)
        tariff.write_text("\n".join(("start,end,price,currency", *rows)) + "\n")
        own.write_text(f'[electricity]\ntariff = "{tariff}"\n')
        found = read(one)
        assert plan(found).at(NOW.replace(hour=18)).price == Decimal("0.38")
        assert found.money.worth.power.price_per_kwh == "0.34"

    def test_a_tariff_with_a_fault_leaves_the_static_price_and_says_so(self, own, one, tmp_path):
        (tmp_path / "plan.csv").write_text("start,end,price\n2026-11-23,2026-11-24,cheap\n")
        own.write_text(f'[electricity]\ntariff = "{tmp_path}/plan.csv"\nprice_per_kwh = "0.30 EUR"\n')
        worth = read(one).money.worth
        assert (worth.power.price_per_kwh, worth.power.basis) == ("0.30", "static")
        assert any("plan.csv" in each for each in worth.warnings)

    def test_books_tell_what_today_took(self, own, one, booked, tmp_path, monkeypatch):
        own.write_text(_PRICED)
        now = datetime.now(UTC)
        path = tmp_path / "state/netmind/ledger/ledger.db"
        path.parent.mkdir(parents=True)
        monkeypatch.setattr("netmind_tui.tui.money_desk.ledger_path", lambda: path)
        books = booked.opened(path)
        with closing(books.ledger):
            books.work(now - timedelta(seconds=1), booked.subject("gpu:0"), (booked.energy("0.25"),))
        state = read(one, now)
        assert state.money.energy.total.cost[0].amount == "0.25"
        assert state.money.earned.total.entries == 1

    def test_a_file_with_a_fault_is_said_and_nothing_is_made_up(self, own, one):
        own.write_text('[electricity]\nprice_per_kwh = "cheap"\n')
        found = read(one).money
        assert "price_per_kwh" in found.trouble
        assert (found.worth, found.prices, found.energy) == (None, None, None)


class TestWatching:
    """When they are read."""

    @pytest.fixture
    def clock(self):
        return [100.0]

    @pytest.fixture
    def watch(self, own, clock):  # noqa: ARG002 - the owner's files
        made = MoneyWatch(lambda: clock[0])
        clock[0] += LOOK_EVERY_S
        return made

    def state(self, one, **config):
        return replace(one, settings=Settings(config=Config(**config)))

    def test_never_where_there_is_nothing_to_read(self, one, watch, clock):
        for _ in range(3):
            assert not watch.is_due(one)
            clock[0] += EVERY_S

    def test_not_before_the_first_picture_was_looked_at(self, own, one):  # noqa: ARG002 - the owner's files
        seconds = [100.0]
        watch = MoneyWatch(lambda: seconds[0])
        assert not watch.is_due(self.state(one, price_per_kwh="0.30 EUR"))

    def test_once_and_again_when_a_setting_or_a_file_is_another_or_time_went_by(self, own, one, watch, clock):
        priced = self.state(one, price_per_kwh="0.30 EUR")
        assert watch.is_due(priced)
        watch.end()
        clock[0] += LOOK_EVERY_S
        assert not watch.is_due(priced)
        clock[0] += LOOK_EVERY_S
        dearer = self.state(one, price_per_kwh="0.40 EUR")
        assert watch.is_due(dearer)
        watch.end()
        (own.parent / "prices.csv").write_text("date,asset,currency,price,source\n")
        clock[0] += LOOK_EVERY_S
        assert watch.is_due(dearer)
        watch.end()
        clock[0] += EVERY_S
        assert watch.is_due(dearer)

    def test_one_reading_at_a_time(self, one, watch, clock):
        priced = self.state(one, price_per_kwh="0.30 EUR")
        assert watch.is_due(priced)
        clock[0] += EVERY_S
        assert not watch.is_due(priced)
        watch.end()
        assert watch.is_due(priced)

    def test_not_while_an_agent_tells_or_another_machine_or_screen_is_shown(self, one, watch):
        priced = self.state(one, price_per_kwh="0.30 EUR")
        assert not watch.is_due(reduce(priced, Went("cert")))
        assert not watch.is_due(replace(priced, node=Node(place=Place(hostname="rig4"))))
        assert not watch.is_due(replace(priced, node=Node(is_absent=False, silence="it hung up")))
        assert watch.is_due(priced)


def test_the_lookout_reads_them_beside_the_interface(own, one, still_feed, monkeypatch):
    own.write_text(_PRICED)
    seconds = [0.0]
    lookout = Lookout(still_feed(one), lambda: seconds[0])
    seconds[0] = LOOK_EVERY_S
    monkeypatch.setattr(lookout, "in_background", lambda work: work())
    state = replace(one, settings=Settings(config=Config(price_per_kwh="0.30 EUR")))
    lookout.follow(state, state, shows_uses=False, is_free=False)
    told = [each for each in lookout.news(state) if isinstance(each, Reckoned)]
    assert told[0].money.worth.power.price_per_kwh == "0.30"

"""A real agent: what it meters is in its books, its guards know prices, and its socket tells of both."""

import os
import signal
import sys
import time
from contextlib import closing
from datetime import timedelta
from decimal import Decimal

import pytest

from netmind_tui.ledger.reader import Reader
from netmind_tui.ledger.verify import verify
from netmind_tui.model.control import PeriodQuery
from netmind_tui.model.period import PeriodName
from netmind_tui.node.control.client import Client
from netmind_tui.node.meter.reader import Reader as Meter

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="an agent needs Linux")
CONFIG = '[electricity]\nprice_per_kwh = "{price} EUR"\n[device.cpu]\nwatts = 100\nidle_watts = 20\n'
GUARDS = '[guard.price]\nmax_per_kwh = "0.35 EUR"\n'


@pytest.fixture
def reaction(script):
    return script("agent_reaction")


@pytest.fixture
def home(tmp_path):
    folder = tmp_path / ".config/netmind"
    folder.mkdir(parents=True)
    (folder / "rates.toml").write_text('[[rate]]\nper = "device-hour"\namount = "0.20 EUR"\nfrom = 2026-01-01\n')
    (folder / "config.toml").write_text(CONFIG.format(price="0.30"))
    return tmp_path


def until(ask, what):
    """The first answer that is right; each is asked for anew."""
    for _ in range(300):
        found = ask()
        if what(found):
            return found
        time.sleep(0.05)
    pytest.fail(f"it never came: {found}")


def test_an_agent_books_what_it_metered_and_tells_of_it(reaction, home):
    client = Client(home / "s/agent.sock")
    with reaction.agent(home, workloads=reaction.WORK):
        status = until(client.status, lambda each: each.money is not None and each.money.devices)
        (cpu,) = [each for each in status.money.devices if each.device == "cpu"]
        assert (cpu.cost, cpu.gross, cpu.net) == ("0.030000", "0.200000", "0.170000")
        assert status.money.power.price_per_kwh == "0.30"
        assert client.prices().slots[0].price_per_kwh == "0.30"
        until(client.workloads, lambda each: each.workloads[0].instances[0].metered_s > 0)
        assert client.earnings().total.accepted == ()
        assert client.energy(PeriodQuery(period=PeriodName.TODAY, by="day")).by == "day"
    state = home / ".local/state/netmind"
    with closing(Meter(state / "agent/meter.db")) as meter, closing(Reader(state / "ledger/ledger.db")) as ledger:
        metered = [each.id for each in meter.intervals().intervals]
        booked = [each.entry for each in ledger.every()]
        assert [each.id for each in booked] == metered
        assert verify(ledger).is_sound
    work = [each for each in booked if each.subject.workload == "sleep"]
    assert work
    assert all(each.subject.node.startswith("ed25519:") for each in booked)
    assert all(each.note["rate"] == "0.20 EUR per device-hour" for each in work)


def test_a_price_above_the_owners_limit_takes_the_device_away_and_a_lower_one_gives_it_back(reaction, home):
    config = home / ".config/netmind/config.toml"
    config.write_text(CONFIG.format(price="0.50"))
    client = Client(home / "s/agent.sock")
    with reaction.agent(home, policy=reaction.POLICY + GUARDS) as child:
        found = until(client.status, lambda each: each.decisions is not None)
        (cpu,) = found.decisions.devices
        assert cpu.reason.code == "price"
        (fact,) = [each for each in found.facts if each.kind.value == "price"]
        assert (fact.value, fact.limit) == ("0.50 EUR per kWh", "0.35 EUR per kWh")
        ahead = client.timeline(found.at, found.at + timedelta(days=1))
        assert {span.code for span in ahead.devices[0].spans} == {"price"}
        config.write_text(CONFIG.format(price="0.10"))
        os.kill(child.pid, signal.SIGHUP)
        until(client.status, lambda each: each.decisions.devices[0].reason.code != "price")
        assert Decimal(client.status().money.power.price_per_kwh) == Decimal("0.10")

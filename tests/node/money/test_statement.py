"""What the socket tells of a period: by the same rulebook as all that the agent says of money."""

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from netmind_tui.ledger.energy.draw import Draw
from netmind_tui.model.control import PeriodQuery
from netmind_tui.model.period import PeriodName
from netmind_tui.model.worth import Worth
from netmind_tui.node.money.hour import hour_of
from netmind_tui.node.money.statement import Statements

NOW = datetime(2026, 11, 28, tzinfo=UTC)
MONTH = PeriodQuery(period=PeriodName.MONTH)


@pytest.fixture
def statements(books, owner, worker):
    """By the owner's files as they are then, of a machine with one card."""

    def made():
        rulebooks = SimpleNamespace(current=owner.rulebook(), refused=None)
        quotes = SimpleNamespace(workers=(worker(),))
        worth = lambda _now: Worth(warnings=())  # noqa: E731
        return Statements(SimpleNamespace(rulebooks=rulebooks, quotes=quotes, path=books.path, worth=worth))

    return made


def test_a_payer_that_is_only_named_is_not_connected(owner, statements):
    owner.config('[payer]\nname = "NetMind"\n')
    assert statements().earnings(MONTH, "UTC", NOW).payers == ()


def test_the_floor_is_after_what_the_card_keeps_as_it_is_for_an_hour_of_now(books, interval, owner, statements, worker):
    owner.rates(
        '[[rate]]\nper = "device-hour"\namount = "1 EUR"\nfee_pct = 60\nfrom = 2020-01-01\nmodel = "NVIDIA H100"\n'
    )
    books.worked(interval(0))
    books.book()
    (floor,) = statements().energy(MONTH, "UTC", NOW).floors
    hour = hour_of(replace(worker(), draw=Draw(power_mw=300_000, known_from="metered")), owner.rulebook(), NOW, "EUR")
    assert floor.per_hour == f"{float(hour.floor):.6f}" == "0.225000"

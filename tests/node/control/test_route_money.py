"""The routes of money: which period is meant, and what is none."""

from datetime import UTC, datetime, timedelta

import pytest

from netmind_tui.model.control import PeriodQuery
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.period import PeriodName
from netmind_tui.model.problem import Problem

START = datetime(2026, 11, 1, tzinfo=UTC)


def heard(agent):
    return agent.node.heard[-1]


def test_a_month_is_meant_unless_another_period_is_named(agent, client):
    assert client.earnings().period == "month"
    assert heard(agent) == ("earnings", PeriodQuery())
    client.earnings(PeriodQuery(period=PeriodName.TODAY, by="workload"))
    assert heard(agent) == ("earnings", PeriodQuery(period=PeriodName.TODAY, by="workload"))


def test_a_period_from_one_moment_to_another_comes_through_as_it_was_asked(agent, client):
    asked = PeriodQuery(period=PeriodName.BETWEEN, start=START, end=START + timedelta(days=3), by="day")
    found = client.energy(asked)
    assert heard(agent) == ("energy", asked)
    assert (found.start, found.end) == (asked.start, asked.end)


def test_prices_are_those_to_come_unless_an_end_is_given(agent, client):
    client.prices(START)
    assert heard(agent) == ("prices", START, None)
    client.prices(START, START + timedelta(hours=6))
    assert heard(agent) == ("prices", START, START + timedelta(hours=6))
    client.prices()
    assert heard(agent)[2] is None


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("/v1/earnings?period=fortnight", "period 'fortnight'"),
        ("/v1/earnings?by=day", "by 'day'"),
        ("/v1/energy?by=payer", "by 'payer'"),
        ("/v1/earnings?period=today&start=2026-11-01T00:00:00Z", "exclude each other"),
        ("/v1/earnings?start=2026-11-02T00:00:00Z&end=2026-11-01T00:00:00Z", "expected an end after the start"),
        ("/v1/earnings?start=yesterday", "expected a moment such as"),
        ("/v1/prices?start=2026-11-01T00:00:00", "a zone is missing"),
        ("/v1/prices?day=today", "is no parameter of it"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_sentence(client, asked, words):
    with pytest.raises(Problem, match=words) as caught:
        client._get(asked, dict)
    assert caught.value.code is ExitCode.USAGE

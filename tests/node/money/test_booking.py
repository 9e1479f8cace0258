"""One interval as one entry: what it used, is worth and costs, and why not where that is so."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.ledger import Account
from netmind_tui.model.metering import Activity
from netmind_tui.model.rate import Rated, Unrated
from netmind_tui.node.money.booking import draft_of

START = datetime(2026, 11, 27, 18, 0, tzinfo=UTC)
CPU = Device(id="cpu", kind=DeviceKind.CPU)
OWED, MARGINAL, IDLE = Account.ENERGY_OWED, Account.ENERGY_MARGINAL, Account.ENERGY_IDLE


def moves(draft):
    return {(each.debit, each.credit): each.exact for each in draft.moves}


def test_work_is_worth_its_hours_and_costs_its_energy_to_the_last_digit(owner, interval):
    draft = draft_of(interval(length_s=10), owner.basis())
    assert moves(draft) == {
        (Account.CLAIM_OPEN, Account.CLAIM_METERED): Fraction("0.20") * Fraction(10, 3600),
        (MARGINAL, OWED): Fraction(3_000, 3_600_000) * Fraction("0.30"),
    }
    assert {each.asset.code for each in draft.moves} == {"EUR"}
    assert draft.note["rate"] == "0.20 EUR per device-hour"
    assert draft.note["fee_pct"] == "10"
    assert "0.30 EUR per kWh" in draft.note["price"]


def test_an_entry_says_of_which_node_device_and_work_it_is(owner, interval):
    draft = draft_of(interval(id="meter-1"), owner.basis())
    subject = draft.subject
    assert (draft.id, draft.at, draft.until) == ("meter-1", START, START + timedelta(minutes=10))
    assert (subject.node, subject.device, subject.uuid, subject.workload) == (
        owner.basis().node,
        "gpu:0",
        "GPU-0",
        "llm",
    )


def test_time_that_a_device_was_only_ready_costs_idle_energy_and_is_worth_nothing_by_a_card_that_pays_for_work(
    owner, interval
):
    draft = draft_of(interval(activity=Activity.READY, watts=60), owner.basis())
    assert moves(draft) == {(IDLE, OWED): Fraction(36_000, 3_600_000) * Fraction("0.30")}
    assert draft.usage.activity is Activity.READY
    assert "unrated" not in draft.note


def test_work_that_stood_still_costs_energy_and_earns_nothing(owner, interval):
    draft = draft_of(interval(activity=Activity.SUSPENDED), owner.basis())
    assert [each.credit for each in draft.moves] == [OWED]
    assert draft.note["why"] == "it stood still, and earns nothing"


def test_what_has_no_rate_is_booked_with_the_reason(owner, interval):
    owner.rates("")
    draft = draft_of(interval(), owner.basis())
    assert [each.credit for each in draft.moves] == [OWED]
    assert draft.note["unrated"] == "no-card"
    assert draft.note["why"].startswith("no rate is known")


def test_what_has_no_price_is_booked_with_the_reason(owner, interval):
    owner.config("")
    draft = draft_of(interval(), owner.basis())
    assert [each.credit for each in draft.moves] == [Account.CLAIM_METERED]
    assert draft.note["unpriced"] == "no price of power is known"


def test_an_entry_without_a_rate_a_price_or_a_reading_is_still_an_entry(owner, interval):
    owner.config("")
    owner.rates("")
    draft = draft_of(interval(device=CPU, watts=None, energy_absent="no-permission"), owner.basis())
    assert draft.moves == ()
    assert draft.usage.duration_ms == 600_000
    assert "no-permission" in draft.note["energy"]


def test_a_claim_that_comes_to_nothing_is_no_move(owner, interval):
    class Nothing:
        def rated(self, work):  # noqa: ARG002
            return Rated(asset="EUR", exact=Fraction(0), basis={"card": "none 1"}, fee_pct=Decimal(5))

    draft = draft_of(interval(), replace(owner.basis(), rates=Nothing()))
    assert [each.credit for each in draft.moves] == [OWED]
    assert draft.note["card"] == "none 1"


@pytest.mark.parametrize("length_s", [0.0, 1e-3])
def test_an_interval_of_no_length_has_the_price_of_its_moment(owner, interval, length_s):
    draft = draft_of(interval(length_s=length_s, watts=None, energy_j=3.6, energy_ms=0), owner.basis())
    assert draft.at <= draft.until


def test_a_device_that_the_card_does_not_list_is_never_given_the_nearest_rate(owner, interval):
    owner.config('[earnings]\nrate_card = "netmind-power"\n')
    draft = draft_of(interval(), owner.basis())
    assert draft.note["unrated"] in (Unrated.UNLISTED, Unrated.UNPUBLISHED)
    assert not draft.moves

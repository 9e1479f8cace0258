"""The card of NetMind Power says what was published, and nothing else."""

from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise

from netmind_tui.ledger.rate.file import read_cards, shipped_names

(CARD,), _ = read_cards("netmind-power")


def test_no_rate_is_made_up():
    assert {rate.reward: rate.amount for rate in CARD.rates} == {"connection": None, "utilisation": None}
    assert any("NMT per hour" in each.what for each in CARD.unpublished)


def test_every_fact_names_a_source_and_when_it_was_read():
    facts = (*CARD.rewards, *CARD.rates, *CARD.levels, *CARD.bands, *CARD.modes, *CARD.splits, *CARD.emissions)
    sources = {source.id for source in CARD.sources}
    assert {fact.source for fact in (*facts, *CARD.lockups, CARD.online, CARD.payout)} <= sources
    assert all(source.url and source.read <= CARD.date.isoformat() for source in CARD.sources)


def test_sources_that_disagree_stand_beside_each_other():
    (conflict,) = CARD.conflicts
    assert {claim.source for claim in conflict.claims} == {"update-2", "account"}


def test_five_hours_of_a_day_are_asked_for():
    assert CARD.online is not None
    assert (CARD.online.hours, CARD.online.of_hours) == (5, 24)


def test_the_phases_follow_each_other_and_give_575_of_the_millions():
    """5 phases of 730 days: 20 + 15 + 10 + 7.5 + 5 million NMT, as the blog's 62.5 without early contributors' 5."""
    phases = CARD.emissions
    assert [one.end == other.start for one, other in pairwise(phases)] == [True] * 4
    assert phases[0].start == datetime(2024, 4, 16, 12, tzinfo=UTC)
    total = sum((each.daily * (each.end - each.start).days for each in phases), Decimal(0))
    assert abs(total - 57_500_000) < 1
    now = CARD.emission_at(datetime(2026, 11, 23, tzinfo=UTC))
    assert now is not None
    assert (now.phase, now.daily) == ("2", Decimal("20547.945210"))
    assert CARD.emission_at(datetime(2034, 4, 15, tzinfo=UTC)) is None


def test_modes_and_splits_are_those_of_the_contract():
    assert {mode.name: mode.factor for mode in CARD.modes} == {
        "managed": Decimal("1.1"),
        "non-volunteer": Decimal("0.95"),
        "volunteer": Decimal(1),
    }
    assert {split.mode: (split.paid_pct, split.burnt_pct) for split in CARD.splits} == {
        "non-volunteer": (50, 50),
        "volunteer": (80, 20),
    }


def test_every_card_that_is_shipped_can_be_read():
    assert [read_cards(name)[0][0].name for name in shipped_names()] == list(shipped_names())

"""The examples of ``assets/rates.md`` are in order, and come to what stands beside them."""

import re
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import pytest

from netmind_tui.config import Config
from netmind_tui.ledger.rate.book import read_book
from netmind_tui.ledger.rate.section import LISTS, OWN_RATE, SINGLE
from netmind_tui.model.rate import Unrated, Work

TEXT = (Path(__file__).parents[2] / "assets/rates.md").read_text()
RATES, CARD = re.findall(r"```toml\n(.*?)```", TEXT, flags=re.DOTALL)
NOON = datetime(2026, 12, 5, 12, tzinfo=UTC)


@pytest.fixture
def read(tmp_path):
    """The book of both examples, with one card or another."""
    rates, card = tmp_path / "rates.toml", tmp_path / "our-lab.toml"
    rates.write_text(RATES)
    card.write_text(CARD)

    def read(name):
        declared = {"download_mbps": 250.0, "upload_mbps": 50.0}
        chosen = str(card) if name == "our-lab" else name
        return read_book(Config(rate_card=chosen, declared_on="2026-11-23", declared=declared), rates=rates)

    return read


def hour(**members):
    card = {"name": "NVIDIA GeForce RTX 4090", "memory_bytes": 24 << 30}
    return Work(device="gpu:0", at=NOON, until=NOON + timedelta(hours=1), duration_ms=3_600_000, **card | members)


def test_an_hour_earns_what_the_owner_entered_and_more_from_one_renter(read):
    assert read("manual").rated(hour()).exact == Fraction("0.20")
    rated = read("manual").rated(hour(payer="lab"))
    assert (rated.exact, rated.fee_pct) == (Fraction("0.35"), 10)


def test_the_rate_of_the_network_is_the_owners_and_the_lines(read):
    rated = read("netmind-power").rated(hour(is_online_only=True))
    assert (rated.asset, rated.exact) == ("NMT", Fraction("1.25") * Fraction("0.7"))


def test_a_card_of_ones_own_rates_certified_capacity(read):
    rated = read("our-lab").rated(hour(capacity={"gemm.int8": 660e12}))
    assert (rated.exact, rated.fee_pct) == (Fraction("0.0011") * 660, 5)
    small = hour(name="NVIDIA GeForce RTX 3060", memory_bytes=12 << 30)
    assert read("our-lab").rated(small).unrated is Unrated.UNPUBLISHED


def test_every_key_and_section_is_described():
    keys = {*OWN_RATE.needed, *OWN_RATE.optional}
    assert {key for key in keys if f"`{key}`" not in TEXT} == set()
    sections = {*LISTS, *SINGLE}
    assert {name for name in sections if f"`{name}`" not in TEXT and f"[[{name}]]" not in TEXT} == set()

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from netmind_tui.config import Config
from netmind_tui.ledger.rate.book import RateBook, facts_of
from netmind_tui.ledger.rate.file import read_cards
from netmind_tui.ledger.rate.kept import hour_on, kept_pct
from netmind_tui.model.rate import Per, Unrated, Work
from netmind_tui.model.rate_card import Rate

PLAIN = '[[rate]]\nper = "device-hour"\namount = "0.20 EUR"\nfrom = 2026-11-01\n'
LEVEL_5 = '[[rate]]\ncard = "netmind-power"\nlevel = "5"\nper = "device-hour"\namount = "1.5 NMT"\nfrom = 2026-11-01\n'
DECLARED = {"declared_on": "2026-11-01", "declared": {"download_mbps": 500.0, "upload_mbps": 101.0}}
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_an_hour_of_work_comes_to_the_rate_that_the_owner_entered(book, work):
    rated = book(PLAIN).rated(work())
    assert (rated.asset, rated.exact, rated.unrated) == ("EUR", Fraction(1, 5), None)
    assert rated.basis == {"card": "manual 1", "rate": "0.20 EUR per device-hour", "source": "rates.toml"}


def test_ten_seconds_lose_nothing(book, work):
    assert book(PLAIN).rated(work(seconds=10)).exact == Fraction(1, 1800)


@settings(max_examples=50)
@given(some.lists(some.integers(1, 900_000), min_size=1, max_size=20))
def test_however_time_is_cut_it_comes_to_the_same(lengths):
    (card,), _ = read_cards("manual")
    rate = Rate(reward="work", per=Per.DEVICE_HOUR, asset="EUR", amount=Decimal("0.37"), is_owners=True)
    book = RateBook(cards=(card,), own=(rate,))

    def worth(length_ms: int) -> Fraction:
        until = NOON + timedelta(milliseconds=length_ms)
        return book.rated(Work(device="gpu:0", at=NOON, until=until, duration_ms=length_ms)).exact

    assert sum(map(worth, lengths)) == worth(sum(lengths))


def test_without_any_rate_no_card_is_chosen(book, work):
    rated = book().rated(work())
    assert (rated.asset, rated.exact, rated.unrated) == (None, 0, Unrated.NO_CARD)
    assert "rates.toml" in rated.basis["why"]
    assert book().warnings(NOON) == (rated.basis["why"],)


def test_standing_by_is_worth_nothing_where_nobody_pays_for_it_and_that_is_no_gap(book, work):
    for own in ("", PLAIN):
        rated = book(own).rated(work(is_online_only=True))
        assert (rated.asset, rated.exact, rated.unrated) == (None, 0, None)


def test_standing_by_has_a_rate_of_its_own(book, work):
    both = book(PLAIN + PLAIN.replace("0.20", "0.02") + 'reward = "ready"\n')
    assert both.rated(work(is_online_only=True)).exact == Fraction(1, 50)
    assert both.rated(work()).exact == Fraction(1, 5)


def test_work_has_the_rate_that_held_when_it_began(book, work):
    rates = book(PLAIN + PLAIN.replace("0.20", "0.25").replace("11-01", "11-20"))
    change = datetime(2026, 11, 20, tzinfo=UTC)
    assert rates.rated(work(at=change - timedelta(seconds=1))).exact == Fraction(1, 5)
    assert rates.rated(work(at=change)).exact == Fraction(1, 4)


def test_outside_of_its_time_a_rate_is_not_in_force(book, work):
    rates = book(PLAIN + "until = 2026-11-20\n")
    for at in (datetime(2026, 10, 31, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC)):
        rated = rates.rated(work(at=at))
        assert (rated.unrated, rated.asset) == (Unrated.NOT_IN_FORCE, None)
        assert "from 2026-11-01 until 2026-11-20" in rated.basis["why"]


def test_energy_is_paid_by_the_kilowatt_hour_and_not_guessed(book, work):
    rates = book(PLAIN.replace("device-hour", "kwh"))
    assert rates.rated(work(energy_mj=1_800_000_000)).exact == Fraction(1, 10)
    rated = rates.rated(work())
    assert (rated.unrated, rated.exact) == (Unrated.UNMEASURED, 0)
    assert "energy of gpu:0 is not known" in rated.basis["why"]


def test_capacity_is_paid_by_its_unit_and_hour_as_certified(book, work):
    rates = book(PLAIN.replace("device-hour", "capacity-hour") + 'metric = "gemm.int8"\nunit = "TOP/s"\n')
    rated = rates.rated(work(seconds=1800, capacity={"gemm.int8": 660.5e12}))
    assert rated.exact == Fraction("660.5") * Fraction(1, 5) / 2
    assert rated.basis["rate"] == "0.20 EUR per TOP/s of gemm.int8 and hour"
    for other in ({"gemm.fp16": 1e12}, {"gemm.int8": float("nan")}):
        assert rates.rated(work(capacity=other)).unrated is Unrated.UNMEASURED


def test_jobs_are_counted(book, work):
    rates = book(PLAIN.replace("device-hour", "job"))
    assert rates.rated(work(jobs=7)).exact == Fraction(7, 5)
    assert (rates.rated(work(jobs=0)).exact, rates.rated(work(jobs=0)).unrated) == (0, None)
    uncounted = rates.rated(work())
    assert (uncounted.unrated, uncounted.asset) == (Unrated.UNMEASURED, None)
    assert "nobody counts the jobs of gpu:0" in uncounted.basis["why"]
    fee = book(PLAIN.replace("device-hour", "job") + "fee_pct = 10\n")
    assert kept_pct(fee, hour_on("gpu:0", None, NOON, None, None)) == 10


@pytest.mark.parametrize(
    ("member", "others"),
    [
        ('payer = "lab"', 'workload = "llm"'),
        ('workload = "llm"', 'device = "gpu:0"'),
        ('device = "gpu:0"', 'model = "GeForce RTX 4090"'),
        ('model = "NVIDIA GeForce RTX 4090"', ""),
    ],
)
def test_the_most_particular_rate_wins(book, work, member, others):
    rates = book(PLAIN + f"{others}\n" + PLAIN.replace("0.20", "0.50") + f"{member}\n")
    assert rates.rated(work(payer="lab")).exact == Fraction(1, 2)


@pytest.mark.parametrize("name", ["gpu:0", "GPU-8c1f2a3b", "gpu:0-3", "gpu", "big"])
def test_a_device_is_named_as_everywhere(book, work, name):
    rates = book(PLAIN + f'device = "{name}"\n', alias={"big": "gpu:0"})
    assert rates.rated(work()).exact == Fraction(1, 5)
    rated = rates.rated(work(device="cpu", uuid=None, name="AMD EPYC"))
    assert (rated.unrated, rated.basis["why"]) == (
        Unrated.UNLISTED,
        "none of the rates of work is about llm on cpu",
    )


def test_what_is_kept_is_said_by_the_rate_else_by_the_owner(book, work):
    assert book(PLAIN, fee_pct=Decimal("2.5")).rated(work()).fee_pct == Decimal("2.5")
    rated = book(PLAIN + 'fee_pct = "7.5"\nburnt_pct = 1\n', fee_pct=3).rated(work())
    assert (rated.fee_pct, rated.burnt_pct) == (Decimal("7.5"), 1)


def test_the_rate_of_a_level_is_multiplied_by_what_the_line_and_the_mode_bring(book, work):
    rates = book(LEVEL_5 + 'mode = "managed"\n', rate_card="netmind-power", **DECLARED)
    rated = rates.rated(work(is_online_only=True))
    assert (rated.asset, rated.exact) == ("NMT", Fraction("1.5") * Fraction("1.1"))
    assert rated.basis["level"] == "5"
    assert rated.basis["factor"] == "100 % at 101 Mbit/s as declared; × 1.1 as managed"


@pytest.mark.parametrize(
    ("speed", "share"),
    [(100.1, 100), (100, 95), (80.5, 95), (80, 85), (60, 85), (59.9, 70), (0, 70)],
)
def test_the_slower_way_of_the_line_chooses_the_band(book, work, speed, share):
    declared = {"download_mbps": 900.0, "upload_mbps": float(speed)}
    rates = book(LEVEL_5, rate_card="netmind-power", declared_on="2026-11-01", declared=declared)
    assert rates.rated(work()).exact == Fraction("1.5") * share / 100


def test_a_line_that_is_not_declared_leaves_the_work_unrated(book, work):
    for settings_ in ({}, {"declared": DECLARED["declared"]}):
        rated = book(LEVEL_5, rate_card="netmind-power", **settings_).rated(work())
        assert (rated.unrated, rated.asset) == (Unrated.UNMEASURED, None)
        assert "netmind config set declared.date" in rated.basis["why"]


def test_what_is_not_published_is_the_owners_to_enter_and_that_is_said(book, work):
    bare = book(rate_card="netmind-power", **DECLARED)
    rated = bare.rated(work())
    assert (rated.unrated, rated.asset) == (Unrated.UNPUBLISHED, None)
    assert rated.basis["why"] == (
        "netmind-power does not publish the rate of its connection reward at level 5: enter yours in rates.toml"
    )
    assert [sentence.partition(": ")[2] for sentence in bare.warnings(NOON)] == ["enter yours in rates.toml"] * 2
    entered = book(LEVEL_5, rate_card="netmind-power", **DECLARED).warnings(NOON)
    assert entered[0].endswith("does not publish the rate of its connection reward: the one that you entered is taken")


def test_an_own_rate_that_is_over_is_named_and_not_called_unpublished(book, work):
    rated = book(LEVEL_5 + "until = 2026-11-10\n", rate_card="netmind-power", **DECLARED).rated(work())
    assert (rated.unrated, "until 2026-11-10" in rated.basis["why"]) == (Unrated.NOT_IN_FORCE, True)


def test_rewards_for_the_same_time_are_added_and_what_is_lacking_is_said(book, work):
    use = LEVEL_5.replace('level = "5"', 'reward = "utilisation"\nmode = "volunteer"').replace("1.5", "0.5")
    alone = book(LEVEL_5, rate_card="netmind-power", **DECLARED).rated(work())
    assert (alone.exact, alone.burnt_pct) == (Fraction(3, 2), 0)
    assert "utilisation" in alone.basis["lacking"]
    both = book(LEVEL_5 + use, rate_card="netmind-power", **DECLARED).rated(work())
    assert (both.exact, "lacking" in both.basis) == (2, False)
    assert both.burnt_pct == Decimal(5), "a fifth of a quarter"


def test_rates_of_another_card_wait(book, work):
    assert book(PLAIN + LEVEL_5).rated(work()).asset == "EUR"
    assert book(PLAIN, rate_card="netmind-power", **DECLARED).rated(work()).unrated is Unrated.UNPUBLISHED


def test_no_fact_counts_without_its_date():
    declared = {"download_mbps": 90.0, "upload_mbps": 95.5}
    assert facts_of(Config(declared=declared)).bandwidth_mbps is None
    assert facts_of(Config(declared=declared, declared_on="2026-11-01")).bandwidth_mbps == 90
    only = {"upload_mbps": 95.5}
    assert facts_of(Config(declared=only, declared_on="2026-11-01")).bandwidth_mbps == Decimal("95.5")

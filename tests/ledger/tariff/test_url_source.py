import stat
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from netmind_tui.ledger.tariff.fetch import Answer, Mark, Unanswered
from netmind_tui.ledger.tariff.plan import Row, listed
from netmind_tui.ledger.tariff.url_source import UrlSource, together

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
URL = "https://tariff.example/rates?token=secret"
HOUR = timedelta(hours=1)


def body(*prices, start=NOW):
    lines = [
        f"{(start + HOUR * number).isoformat()},{(start + HOUR * (number + 1)).isoformat()},{price},EUR\n"
        for number, price in enumerate(prices)
    ]
    return ("start,end,price,currency\n" + "".join(lines)).encode()


class Far:
    """A server that is far away: what it answers is in ``answer``, what it was asked in ``asked``."""

    def __init__(self, answer):
        self.answer = answer
        self.asked = []

    def __call__(self, url, mark):
        self.asked.append((url, mark))
        if isinstance(self.answer, Exception):
            raise self.answer
        return Answer(body=self.answer, mark=Mark(etag='"1"'))


def prices(known, start=NOW - HOUR * 24 * 90, end=NOW + HOUR * 48):
    return [str(slot.price) for slot in known.plan.slots(start, end)]


def test_it_is_asked_once_an_hour_and_only_for_what_is_new():
    far = Far(body("0.1", "0.2"))
    source = UrlSource(URL, ask=far)
    known = source.look(source.begin(), NOW)
    assert prices(known) == ["0.1", "0.2"]
    assert source.look(known, NOW + HOUR / 2) is known
    far.answer = None
    again = source.look(known, NOW + HOUR)
    assert (again.plan, again.read_at, again.fault) == (known.plan, NOW + HOUR, None)
    assert far.asked == [(URL, Mark()), (URL, Mark(etag='"1"'))]


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (Unanswered("HTTP 500"), "https://tariff.example/rates: HTTP 500"),
        (b"<html>", "https://tariff.example/rates: it is not valid TOML"),
        (b'zone="UTC"\ncurrency="EUR"\nprice="1"', "https://tariff.example/rates: slots as CSV or JSON are expected"),
        (b'{"slots": []}', "https://tariff.example/rates: it has no prices"),
        (b"\xff", "https://tariff.example/rates is not UTF-8 text"),
    ],
)
def test_while_it_does_not_answer_the_plan_is_held_and_that_is_said(answer, fault):
    far = Far(body("0.1"))
    source = UrlSource(URL, ask=far)
    known = source.look(source.begin(), NOW)
    far.answer = answer
    held = source.look(known, NOW + HOUR)
    assert (held.plan, held.read_at) == (known.plan, NOW)
    assert held.fault.startswith(fault)
    assert "secret" not in held.fault


def test_after_failures_it_is_asked_less_and_less_often_and_after_an_answer_again_each_hour():
    far = Far(Unanswered("it does not answer in time"))
    source = UrlSource(URL, ask=far)
    known, at, asked = source.begin(), NOW, []
    for minute in range(240):
        at = NOW + timedelta(minutes=minute)
        before = len(far.asked)
        known = source.look(known, at)
        asked += [minute] * (len(far.asked) - before)
    assert asked == [0, 1, 3, 8, 18, 48, 108, 168, 228]
    far.answer = body("0.1")
    known = source.look(known, at + HOUR)
    assert known.fault is None
    assert source.look(known, at + HOUR + timedelta(minutes=59)) is known


def test_a_server_that_wants_to_be_left_alone_is():
    far = Far(Unanswered("HTTP 429", wait_s=4 * 3600))
    source = UrlSource(URL, ask=far)
    known = source.look(source.begin(), NOW)
    source.look(known, NOW + 3 * HOUR)
    assert len(far.asked) == 1
    source.look(known, NOW + 4 * HOUR)
    assert len(far.asked) == 2


def test_a_clock_that_was_put_back_does_not_silence_it():
    far = Far(body("0.1"))
    source = UrlSource(URL, ask=far)
    known = source.look(source.begin(), NOW)
    source.look(known, NOW - timedelta(days=30))
    assert len(far.asked) == 2


def test_the_next_start_has_the_plan_of_before_without_asking(tmp_path):
    folder = tmp_path / "cache"
    UrlSource(URL, folder, ask=Far(body("0.1", "-0.2"))).look(UrlSource(URL).begin(), NOW)
    (kept,) = folder.iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert "secret" not in kept.read_text() + kept.name
    far = Far(Unanswered("connection refused"))
    source = UrlSource(URL, folder, ask=far)
    known = source.begin()
    assert (prices(known), known.read_at) == (["0.1", "-0.2"], NOW)
    assert known.is_held
    assert not source.look(known, NOW + HOUR / 2).is_held
    held = source.look(known, NOW + HOUR)
    assert (prices(held), held.fault) == (["0.1", "-0.2"], "https://tariff.example/rates: connection refused")
    assert far.asked == [(URL, Mark(etag='"1"'))]


def test_a_price_of_many_decimals_is_kept_with_all_of_them(tmp_path):
    answer = body("84.37000000000000031").replace(b"currency", b"currency,per").replace(b"EUR", b"EUR,MWh")
    UrlSource(URL, tmp_path, ask=Far(answer)).look(UrlSource(URL).begin(), NOW)
    assert prices(UrlSource(URL, tmp_path).begin()) == ["0.08437000000000000031"]


def test_an_answer_with_a_number_beyond_all_numbers_is_no_tariff_and_the_plan_is_held():
    far = Far(body("0.1"))
    source = UrlSource(URL, ask=far)
    known = source.look(source.begin(), NOW)
    far.answer = b'{"results": [{"value_inc_vat": 1e99999999999999999999}]}'
    held = source.look(known, NOW + HOUR)
    assert (prices(held), held.is_held) == (["0.1"], True)
    assert "is no number that a price could be" in held.fault


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"\xff", b'{"schema": "x"}', b"[]", b'{"schema": "netmind.tariff-kept/1"}']
)
def test_a_kept_plan_that_is_damaged_is_fetched_again(tmp_path, damage):
    UrlSource(URL, tmp_path, ask=Far(body("0.1"))).look(UrlSource(URL).begin(), NOW)
    (kept,) = tmp_path.iterdir()
    for part in (damage, kept.read_bytes()[:-20], kept.read_bytes().replace(b"url_sha256", b"url_sha255")):
        kept.write_bytes(part)
        source = UrlSource(URL, tmp_path, ask=Far(body("0.3")))
        assert source.begin().plan is None
        assert prices(source.look(source.begin(), NOW)) == ["0.3"]


def test_a_plan_that_cannot_be_kept_is_known_all_the_same(tmp_path):
    (tmp_path / "file").touch()
    source = UrlSource(URL, tmp_path / "file", ask=Far(body("0.1")))
    assert prices(source.look(source.begin(), NOW)) == ["0.1"]


def test_what_was_published_stays_known_when_a_later_answer_tells_of_later_days_alone():
    far = Far(body("0.1", "0.2", "0.3"))
    source = UrlSource(URL, ask=far)
    known = source.look(source.begin(), NOW)
    far.answer = body("0.25", "0.35", start=NOW + HOUR)
    assert prices(source.look(known, NOW + HOUR)) == ["0.1", "0.25", "0.35"]


def test_what_held_until_further_notice_ends_where_the_next_price_begins():
    rows = [Row(NOW, datetime(9999, 12, 31, tzinfo=UTC), Decimal(1), "old")]
    old = listed(rows, currency="EUR", source="x")
    new = listed([Row(NOW + HOUR, NOW + 2 * HOUR, Decimal(2), "new")], currency="EUR", source="x")
    found = list(together(old, new, NOW - HOUR).rows())
    assert [(row.start, row.price) for row in found] == [(NOW, 1), (NOW + HOUR, 2), (NOW + 2 * HOUR, 1)]


def test_what_is_long_past_or_in_another_currency_is_let_go():
    past = Row(NOW - timedelta(days=70), NOW - timedelta(days=69), Decimal(1), "past")
    new = listed([Row(NOW, NOW + HOUR, Decimal(2), "new")], currency="EUR", source="x")
    for old in (
        listed([past], currency="EUR", source="x"),
        listed([past._replace(end=NOW)], currency="CHF", source="x"),
    ):
        assert len(together(old, new, NOW - timedelta(days=62)).prices) == 1

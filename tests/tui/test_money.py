"""Money on the screens: what today took and came to, above which rate an hour pays, and in which words."""

import importlib.util
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from netmind_tui.config.source import Config
from netmind_tui.ledger.rate.book import read_book
from netmind_tui.model.energy import Idle
from netmind_tui.model.tariff import PriceBasis
from netmind_tui.model.worth import Prices
from netmind_tui.tui import money_page
from netmind_tui.tui.action import read_keymap
from netmind_tui.tui.demo_agent import DemoLink
from netmind_tui.tui.frame import Size, picture
from netmind_tui.tui.glyph import UNICODE
from netmind_tui.tui.message import Ticked, Went
from netmind_tui.tui.money_page import Money
from netmind_tui.tui.money_state import Accounted, Reckoned, Unaccounted
from netmind_tui.tui.money_word import figure, kwh_word, method_word, money_word, rate_word, span_word, sure_word
from netmind_tui.tui.node_page import Node, Place
from netmind_tui.tui.node_state import Unlinked
from netmind_tui.tui.picture import plain
from netmind_tui.tui.price_plan import PricePlan
from netmind_tui.tui.screen import overview_today
from netmind_tui.tui.screen.empty import EARNINGS
from netmind_tui.tui.skin import ROLES
from netmind_tui.tui.state import reduce

_spec = importlib.util.spec_from_file_location("money_made", Path(__file__).parent / "money_made.py")
made = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(made)

SIZES = ((60, 20), (80, 24), (100, 30), (120, 40))
HOUR = timedelta(hours=1)


def after(state, *messages):
    for message in messages:
        state = reduce(state, message)
    return state


def at(state, screen="overview", **money):
    return after(made.scheduled(state, **money), Went(screen))


def text_of(lines):
    halves = [line.split("││") for line in lines]
    words = (half[side].strip("│╭╰ ") for side in (0, 1) for half in halves if len(half) > side)
    return " ".join(" ".join(words).split())


def today(state, cells=60):
    """The rows of today's box, by their labels."""
    rows = [plain(each) for each in overview_today.lines(state, cells, UNICODE)]
    assert all(len(each) <= cells for each in rows)
    return {each[:12].strip(): each[12:].strip() for each in rows}


@pytest.fixture
def story(eight):
    return after(eight, *DemoLink(now=lambda: made.NOW).news(), Ticked("14:42:31", 0.0, made.NOW))


class TestPictures:
    @pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
    def test_of_one(self, golden, show, one, size):
        lines = show(at(one), *size)
        golden(f"money-overview-one-{size[0]}x{size[1]}", lines)
        assert {len(line) for line in lines} == {size[0]}

    @pytest.mark.parametrize("size", SIZES[:3], ids=lambda size: f"{size[0]}x{size[1]}")
    def test_of_what_is_known_before_a_payer_is(self, golden, show, story, size):
        lines = show(after(story, Went("earnings")), *size)
        golden(f"money-earnings-eight-{size[0]}x{size[1]}", lines)
        assert not any("…" in line for line in lines[2:-1])

    def test_of_a_device(self, golden, show, one):
        golden("money-device-one-100x30", show(at(one, "devices"), 100, 30))

    def test_in_ascii(self, golden, show, story):
        lines = show(after(story, Went("earnings")), 80, 24, ascii=True)
        golden("money-earnings-eight-80x24-ascii", lines)
        assert all(line.isascii() for line in lines)

    @pytest.mark.parametrize("screen", ["overview", "earnings", "devices"])
    def test_every_role_has_a_style(self, one, screen):
        drawn = picture(at(one, screen), Size(120, 40), UNICODE, read_keymap({}))
        assert {span.role for line in drawn for span in line} <= set(ROLES)


class TestToday:
    def test_is_what_its_electricity_cost_and_how_that_is_known(self, one):
        rows = today(at(one))
        assert rows["earned"] == "—   no payer is connected"
        assert rows["electricity"] == "0.41 EUR · 1.32 kWh ±6 % measured"
        assert rows["floor"] == "0.054 EUR/h at 0.31 EUR/kWh"  # 171 W: 0.05301, rounded up

    @pytest.mark.parametrize(
        ("method", "word"),
        [("nvml_power", "measured"), ("rapl", "measured"), ("user", "declared"), ("estimate", "estimated")],
    )
    def test_names_the_least_sure_way_in_a_word(self, one, method, word):
        assert today(at(one, day=made.energy(method=method)))["electricity"].endswith(word)

    def test_of_several_devices_has_the_least_and_the_highest_floor(self, one):
        told = made.worth(made.hour(watts=300.0), made.hour("gpu:1", 450.0), made.hour("gpu:2", 400.0))
        assert today(at(one, told=told))["floor"] == "0.093–0.140 EUR/h at 0.31 EUR/kWh"

    def test_loses_words_and_no_figure_where_it_is_narrow(self, one):
        rows = today(at(one), 40)
        assert rows["electricity"] == "0.41 EUR · 1.32 kWh ±6 %"
        assert rows["floor"] == "0.054 EUR/h at 0.31 EUR/kWh"
        assert today(at(one), 30)["electricity"] == "0.41 EUR"

    def test_without_a_tariff_says_which_key_to_set(self, one):
        told = replace(made.NONE, devices=(made.hour(cost=None, floor=None),))
        rows = today(at(one, told=told, of=None, day=made.energy(cost=None, unpriced_pct=100.0)))
        assert rows["electricity"] == "1.32 kWh ±6 %, no price of it"
        assert rows["floor"] == "no tariff: set electricity.price_per_kwh"

    def test_before_anything_was_metered_says_so(self, one):
        assert today(at(one, day=made.energy(kwh=None, cost=None)))["electricity"] == "—   nothing was metered"

    def test_that_cannot_be_told_says_why(self, one):
        state = after(at(one), Unaccounted("the ledger is another user's"))
        assert today(state)["electricity"] == "—   the ledger is another user's"
        assert today(after(state, Accounted(made.energy(), made.earned())))["electricity"].startswith("0.41 EUR")

    def test_shows_the_hours_that_a_card_asks_for_and_that_its_rate_is_not_published(self, one, own_file):  # noqa: ARG002
        book = read_book(Config(rate_card="netmind-power"))
        told = made.worth(online=made.ONLINE, warnings=book.warnings(made.NOW), card="netmind-power")
        words = today(at(one, told=told), 90)["online"]
        assert words == "3.2 of 5 h in 24 for netmind-power 2026-11; its rate is not published"
        assert today(at(one, told=told), 46)["online"] == "3.2 of 5 h in 24 h"
        known = replace(told, warnings=())
        assert today(at(one, told=known), 90)["online"] == "3.2 of 5 h in 24 for netmind-power 2026-11"

    def test_tells_metered_and_accepted_apart(self, one):
        metered = made.earned(metered=(made.euros("2.13"),))
        rows = today(at(one, came=metered))
        assert (rows["earned"], rows["metered"]) == ("—   no payer is connected", "2.13 EUR by the card manual")
        paid = made.earned(metered=(made.euros("2.13"),), accepted=(made.euros("2.01"),), payers=("vast",))
        assert today(at(one, came=paid))["earned"] == "2.01 EUR accepted"
        asked = made.earned(metered=(made.euros("2.13"),), payers=("vast",))
        assert today(at(one, came=asked))["earned"] == "—   vast has accepted nothing yet"

    def test_says_that_the_books_stand_still(self, one):
        rows = today(at(one, told=made.worth(books=made.STOPPED)))
        assert rows["books"] == "▲ nothing is booked: the ledger is damaged"

    def test_has_a_box_from_96_cells_on_and_a_few_words_in_the_border_below_that(self, show, one, story):
        state = at(one)
        assert any("╭ today ──" in line for line in show(state, 100, 30))
        assert "today 1.32 kWh, 0.41 EUR · 155 of 200 W" in show(state, 80, 24)[2]
        assert "today 31.3 kWh, 7.65 EUR · 1 292 of 5 600 W" in show(story, 60, 20)[2]

    def test_of_an_agent_without_books_is_no_box(self, show, one):
        state = after(made.scheduled(one, has_money=False), Went("overview"), Unaccounted("no such path: /v1/energy"))
        assert not money_page.is_known(state)
        assert not any("today" in line for line in show(state, 100, 30))

    def test_is_by_the_owners_files_where_no_agent_runs(self, show, one):
        own = Money(worth=made.worth(), energy=made.energy(), earned=made.earned())
        alone = after(one, Reckoned(own))
        assert any("╭ today ──" in line for line in show(alone, 100, 30))
        beside = show(alone, 120, 40)
        assert any("├ processes ─" in line for line in beside)
        assert any("0.41 EUR · 1.32 kWh ±6 %  " in line for line in beside)
        far = replace(alone, node=Node(place=Place(hostname="rig4")))
        assert not any("╭ today" in line for line in show(far, 100, 30))
        silent = after(at(one), Reckoned(Money()), Unlinked("it hung up"))
        assert not any("╭ today" in line for line in show(silent, 100, 30))


class TestADevice:
    def facts(self, show, state):
        return text_of(show(state, 120, 40))

    def test_has_its_floor_and_its_baseline(self, show, one):
        words = self.facts(show, at(one, "devices"))
        assert "floor 0.054 EUR/h at 0.31 EUR/kWh · 171 W under load" in words
        assert "idle 21.0 ±0.6 W · calibrated 12 d ago" in words

    def test_says_how_its_power_is_known_and_what_would_tell_it(self, show, one):
        bound = made.worth(made.hour(watts=200.0, power_from="limit"))
        assert "200 W under load, its limit" in self.facts(show, at(one, "devices", told=bound))
        unknown = Idle(device="gpu:0", origin="unknown")
        day = made.energy(idle=(unknown,))
        assert "idle not known: netmind energy calibrate" in self.facts(show, at(one, "devices", day=day))
        declared = made.energy(idle=(Idle(device="gpu:0", origin="declared", watts=9.0),))
        assert "9.0 W, declared by you" in self.facts(show, at(one, "devices", day=declared))

    def test_without_a_price_says_what_is_missing(self, show, one):
        why = "no price of power is known then"
        none = replace(made.NONE, devices=(made.hour(cost=None, floor=None, unknown=why),))
        assert f"floor {why}" in self.facts(show, at(one, "devices", told=none, of=None))


class TestEarnings:
    def test_without_a_payer_say_what_is_known_and_which_command_tells_more(self, show, story):
        words = text_of(show(after(story, Went("earnings")), 100, 30))
        assert "Nothing is earned: no payer is connected." in words
        assert "gpu:0-7 372–414 W 0.115–0.128 0.129–0.143 0.200" in words
        assert EARNINGS.twin(story) == "netmind earnings"
        far = replace(story, node=replace(story.node, place=Place(hostname="rig4")))
        assert EARNINGS.twin(far) == "netmind earnings --host rig4"

    def test_tell_devices_apart_that_are_known_otherwise(self, show, one):
        told = made.worth(made.hour(), made.hour("gpu:1"), made.hour("cpu", 65.0, power_from="declared"))
        words = text_of(show(at(one, "earnings", told=told), 120, 40))
        assert "gpu:0-1 171 W 0.053 0.054 as it was metered" in words
        assert "cpu 65 W 0.020 0.021 declared by you" in words

    def test_without_an_agent_know_what_was_measured_here(self, show, one):
        alone = after(one, Reckoned(Money(worth=made.worth(power=made.power("0.3000000")))), Went("earnings"))
        words = text_of(show(alone, 100, 30))
        assert "An hour under load pays above its floor, at 0.30 EUR per kWh." in words
        assert "gpu:0 200 W 0.0600 EUR/h 0.0600 EUR/h at most, its limit" in words
        sunny = after(one, Reckoned(Money(worth=made.worth(power=made.power("-0.05")))), Went("earnings"))
        assert "gpu:0 171 W" in text_of(show(sunny, 100, 30))

    def test_say_that_a_rate_is_not_published(self, show, one, own_file):  # noqa: ARG002
        told = made.worth(warnings=read_book(Config(rate_card="netmind-power")).warnings(made.NOW))
        assert "does not publish the rate of its" in text_of(show(at(one, "earnings", told=told), 120, 40))


class TestThePlan:
    def test_takes_neighbours_of_one_price_together_and_leaves_gaps(self):
        def gap(moment):
            return None if moment == made.MIDNIGHT + 2 * HOUR else "0.20"

        plan = PricePlan(made.prices(gap, days=1))
        assert [(each.start, each.end) for each in plan.runs] == [
            (made.MIDNIGHT, made.MIDNIGHT + 2 * HOUR),
            (made.MIDNIGHT + 3 * HOUR, made.MIDNIGHT + 24 * HOUR),
        ]
        assert plan.at(made.MIDNIGHT - HOUR) is None
        assert plan.at(made.MIDNIGHT + 2 * HOUR) is None
        assert plan.at(made.MIDNIGHT + 24 * HOUR) is None
        bill = plan.bill(Decimal("0.5"), made.MIDNIGHT + HOUR, made.MIDNIGHT + 4 * HOUR)
        assert (bill.costs, bill.unpriced) == ({"EUR": Fraction(1, 5)}, HOUR)

    def test_loses_nothing_of_a_third_of_an_hour(self):
        plan = PricePlan(made.prices(made.flat))
        third = timedelta(minutes=20)
        assert plan.bill(Decimal("0.1"), made.MIDNIGHT, made.MIDNIGHT + third).costs == {
            "EUR": Fraction(1, 10) * Fraction(31, 100) * Fraction(1, 3)
        }
        assert list(plan.between(made.MIDNIGHT + third, made.MIDNIGHT + third)) == []

    def test_keeps_currencies_and_how_prices_are_known_apart(self):
        slots = (
            made.slot(made.MIDNIGHT, made.MIDNIGHT + HOUR, "0.3"),
            made.slot(made.MIDNIGHT + HOUR, made.MIDNIGHT + 2 * HOUR, "0.3", basis=PriceBasis.HELD),
            made.slot(made.MIDNIGHT + 2 * HOUR, made.MIDNIGHT + 3 * HOUR, "0.3", "GBP"),
        )
        plan = PricePlan(Prices(start=made.MIDNIGHT, end=made.MIDNIGHT + 3 * HOUR, slots=slots))
        assert len(plan.runs) == 3
        assert plan.price_at("GBP")(made.MIDNIGHT) is None
        assert plan.price_at(None)(made.MIDNIGHT + 2 * HOUR) == Decimal("0.3")


class TestWords:
    @pytest.mark.parametrize(
        ("amount", "text"),
        [
            ("0.31", "0.31"),
            ("0.3", "0.30"),
            ("-0.00001", "0.00"),
            ("0.12345", "0.1235"),
            ("31", "31.00"),
            ("-.5", "-0.50"),
        ],
    )
    def test_of_an_amount(self, amount, text):
        assert figure(Decimal(amount)) == text

    @pytest.mark.parametrize(
        ("rate", "text"),
        [("0.0530100", "0.054 EUR/h"), ("0.0041231", "0.004124 EUR/h"), ("1.2", "1.200 EUR/h"), ("0", "0.000 EUR/h")],
    )
    def test_of_a_floor_round_it_up(self, rate, text):
        assert rate_word(Decimal(rate) + (Decimal("1e-9") if rate == "0.0041231" else 0), "EUR", up=True) == text

    def test_of_costs_never_make_something_nothing(self):
        assert money_word({"EUR": Fraction(4, 1000)}) == "0.004 EUR"
        assert money_word({"EUR": Fraction(36, 10), "GBP": Fraction(-1, 8)}) == "3.60 EUR + -0.13 GBP"
        assert money_word({"EUR": Fraction(0)}) == "0.00 EUR"
        assert money_word({}) == ""

    def test_of_energy_and_how_sure_it_is(self):
        assert [kwh_word(each) for each in (0, 0.0001, 1.3204, 31.04, 418.2, 1204.4)] == [
            "0 kWh",
            "under 0.001 kWh",
            "1.32 kWh",
            "31.0 kWh",
            "418 kWh",
            "1 204 kWh",
        ]
        assert [sure_word(each) for each in (None, 0.2, 5.6)] == ["", "±1 %", "±6 %"]
        assert (method_word(None), method_word("of tomorrow")) == ("", "of tomorrow")
        assert (span_word(["1", "2", "3"]), span_word(["1", "1"])) == ("1–3", "1")


def test_the_demo_agrees_with_itself(story):
    found = money_page.money(story)
    assert found.energy.total.energy.full_kwh == pytest.approx(sum(each.energy.full_kwh for each in found.energy.lines))
    total = sum(Decimal(each.cost_full[0].amount) for each in found.energy.lines)
    assert Decimal(found.energy.total.cost_full[0].amount) == total
    plan = money_page.plan(story)
    assert plan.at(datetime(2026, 11, 23, 14, 42, tzinfo=UTC)).price == Decimal(found.worth.power.price_per_kwh)

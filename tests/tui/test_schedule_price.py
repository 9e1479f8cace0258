"""Prices on the schedule: through the day, against the owner's limit, in what will be, and in what the week costs."""

import importlib.util
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from netmind_tui.config.source import Config
from netmind_tui.model.policy import Guard, GuardKind, Policy, Window
from netmind_tui.model.situation import GuardFact
from netmind_tui.model.tariff import PriceBasis
from netmind_tui.tui import schedule_ahead, schedule_page
from netmind_tui.tui.action import read_keymap
from netmind_tui.tui.frame import Size, picture
from netmind_tui.tui.glyph import ASCII, UNICODE
from netmind_tui.tui.node_state import Unlinked
from netmind_tui.tui.picture import plain
from netmind_tui.tui.schedule_page import Own
from netmind_tui.tui.schedule_state import Drafted, Opened, Pointed, Shown
from netmind_tui.tui.screen import schedule_cost, schedule_price
from netmind_tui.tui.settings_state import Settings
from netmind_tui.tui.skin import ROLES
from netmind_tui.tui.state import reduce

_spec = importlib.util.spec_from_file_location("money_made", Path(__file__).parent / "money_made.py")
made = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(made)

SIZES = ((60, 20), (80, 24), (100, 30), (120, 40))
BERLIN = ZoneInfo("Europe/Berlin")
TUESDAY = 48


def after(state, *messages):
    for message in messages:
        state = reduce(state, message)
    return state


def text_of(lines):
    """The words of all lines, as they are read: the left and the right half one after the other."""
    halves = [line.split("││") for line in lines]
    words = (half[side].strip("│╭╰ ") for side in (0, 1) for half in halves if len(half) > side)
    return " ".join(" ".join(words).split())


def row(state, glyphs=UNICODE, rows=2):
    return schedule_price.row(state, schedule_page.policy(state), glyphs, rows)


def amber(line):
    """The cells of a row that stand out."""
    place, found = 0, set()
    for span in line:
        if span.role == "gave-way":
            found |= set(range(place - 6, place - 6 + span.width))
        place += span.width
    return found


@pytest.fixture
def priced(one):
    return made.scheduled(one)


class TestPictures:
    @pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
    def test_of_an_evening_that_is_too_dear(self, golden, show, priced, size):
        state = after(priced, Pointed(TUESDAY + 36), Pointed(TUESDAY + 39, extends=True, start=TUESDAY + 36))
        lines = show(state, *size)
        golden(f"schedule-price-{size[0]}x{size[1]}", lines)
        assert {len(line) for line in lines} == {size[0]}
        assert not any("…" in line for line in lines[2:-1])

    def test_in_ascii(self, golden, show, priced):
        lines = show(after(priced, Pointed(TUESDAY + 36)), 100, 30, ascii=True)
        golden("schedule-price-100x30-ascii", lines)
        assert all(line.isascii() for line in lines)

    def test_of_why(self, golden, show, priced):
        state = after(priced, Pointed(TUESDAY + 36), Shown(explains=True))
        golden("schedule-price-why-100x30", show(state, 100, 30))

    def test_every_role_has_a_style(self, priced):
        drawn = picture(priced, Size(120, 40), UNICODE, read_keymap({}))
        assert {span.role for line in drawn for span in line} <= set(ROLES)


class TestTheDay:
    def test_is_an_area_between_its_highest_and_its_lowest_price(self, priced):
        high, low = map(plain, row(priced))
        assert (high[:5], low[:5]) == ("0.41┤", "0.18┤")
        assert (len(high), len(low)) == (54, 54)
        assert high[6 + 36 : 6 + 42] == "⣿" * 6
        assert low[6:18] == "⣿" * 12  # 0.18 of 0.41 is the lower half
        assert high[6:18] == "⠀" * 12

    def test_stands_out_where_it_is_over_the_limit(self, priced):
        assert amber(row(priced)[0]) == set(range(36, 42))
        dearer = replace(made.POLICY, guards=(replace(made.LIMIT, amount="0.45"),))
        assert amber(row(after(priced, Drafted(dearer)))[0]) == set()

    def test_has_a_quarter_of_an_hour_in_half_a_cell(self, one):
        def quarters(moment):
            return "0.40" if moment.minute == 0 else "0.20"

        told = made.prices(quarters, step=timedelta(minutes=15))
        high, _ = map(plain, row(made.scheduled(one, of=told)))
        assert high[6:54] == "⡇⠀" * 24

    def test_is_empty_only_where_nothing_is_known(self, one):
        def until_noon(moment):
            return "0.00" if moment < made.MIDNIGHT + timedelta(hours=12) else None

        state = made.scheduled(one, of=until_noon)
        _, low = map(plain, row(state))
        assert low[6:30] == "⣿" * 24 or low[6:30] == "⣀" * 24
        assert set(low[30:54]) == {"⠀"}

    def test_goes_below_nothing(self, one):
        def sunny(moment):
            return "-0.05" if moment.hour == 12 else "0.10"

        high, low = map(plain, row(made.scheduled(one, of=sunny)))
        assert (high[:5], low[:6]) == ("0.10┤", "-0.05┤")
        assert low[6 + 26] == "⣀"

    def test_of_one_price_is_a_line_of_words(self, one):
        assert [plain(each) for each in row(made.scheduled(one, of=made.flat))] == ["price 0.31 EUR/kWh"]
        static = made.prices(made.flat, basis=PriceBasis.STATIC)
        assert plain(row(made.scheduled(one, of=static))[0]) == "price 0.31 EUR/kWh, at all hours"
        held = made.prices(made.flat, basis=PriceBasis.HELD)
        assert plain(row(made.scheduled(one, of=held))[0]) == "price 0.31 EUR/kWh, as it was read last"

    def test_says_which_day_is_not_published_yet(self, one):
        today = made.prices(made.evening, days=1)
        state = after(made.scheduled(one, of=today), Pointed(2 * TUESDAY))
        assert plain(row(state)[0]) == "price not known yet for Wed 25 Nov"

    def test_says_which_key_to_set_where_there_is_no_tariff(self, one):
        state = made.scheduled(one, told=made.NONE, of=None)
        assert plain(row(state)[0]) == "price no tariff: set electricity.price_per_kwh"
        set_ = replace(state, settings=Settings(config=Config(tariff="/t.csv")))
        assert plain(row(set_)[0]) == "price not known: netmind energy tariff says why"
        assert "set" not in plain(row(replace(state, feed=replace(state.feed, kind="host")))[0])

    @pytest.mark.parametrize(("month", "day", "leapt"), [(3, 28, True), (10, 24, False)])
    def test_of_23_and_of_25_hours_keeps_to_the_clock(self, one, month, day, leapt):
        now = datetime(2026, month, day, 12, tzinfo=BERLIN).astimezone(UTC)

        def by_the_clock(moment):
            return "0.40" if moment.astimezone(BERLIN).hour >= 12 else "0.20"

        start = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=24)
        state = made.scheduled(one, of=made.prices(by_the_clock, start=start))
        state = after(replace(state, at=now), Pointed(6 * TUESDAY))
        high, low = map(plain, row(state))
        assert set(high[6:30]) == {"⠀"}
        assert high[30:54] == "⣿" * 24
        assert (low[10:12] == "⠀⠀") is leapt  # from two to three there is no hour

    def test_is_one_row_where_there_is_little_room(self, show, priced):
        def drawn(size):
            return sum(each in line for line in show(priced, *size) for each in ("0.41┤", "0.18┤"))

        assert [drawn(size) for size in reversed(SIZES)] == [2, 2, 1, 1]

    def test_is_not_drawn_below_what_happened(self, show, priced):
        assert not any("0.41┤" in line for line in show(after(priced, Shown(past=True)), 120, 40))


class TestWhatWillBe:
    def test_follows_the_prices_of_the_hours_to_come(self, show, priced):
        lines = show(priced, 100, 30)
        will = next(line for line in lines if " will " in line)
        assert will[8:56] == "▓" * 36 + "▲" * 6 + "▓" * 6
        assert "18:00 ▲ gave way power costs 0.41 EUR per kWh" in text_of(lines)

    def test_follows_a_limit_that_is_not_saved(self, show, priced):
        dearer = replace(made.POLICY, guards=(replace(made.LIMIT, amount="0.20"),))
        will = next(line for line in show(after(priced, Drafted(dearer)), 100, 30) if " will " in line)
        assert will[8:56] == "▓" * 12 + "▲" * 36

    def test_takes_no_price_for_one_of_another_currency(self, show, one):
        state = made.scheduled(one, replace(made.POLICY, guards=(replace(made.LIMIT, currency="GBP"),)), ())
        will = next(line for line in show(state, 100, 30) if " will " in line)
        assert "▲" not in will[8:56]

    def test_is_reckoned_once_until_other_prices_are_told(self, priced):
        policy = schedule_page.policy(priced)
        first = schedule_ahead.ahead(priced, policy)
        assert schedule_ahead.ahead(after(priced), policy) is first
        assert schedule_ahead.ahead(made.with_money(priced, of=made.flat), policy) is not first


class TestACell:
    def test_that_is_too_dear_says_what_it_would_cost_and_when_it_lifts(self, show, priced):
        state = after(priced, Pointed(TUESDAY + 36), Pointed(TUESDAY + 39, extends=True, start=TUESDAY + 36))
        words = text_of(show(state, 100, 30))
        assert "Tue 18:00–20:00 E eco: power cap 140 W" in words
        assert "▲ would not run: power 0.41, over your 0.35 EUR/kWh" in words
        assert "to run anyway: 2 h × 0.14 kW × 0.41 = 0.11 EUR" in words
        assert "lifts 21:00" in words
        assert "(as it is now)" not in words

    def test_that_runs_says_what_it_costs(self, show, priced):
        assert "costs: 0.5 h × 0.17 kW × 0.18 = 0.02 EUR" in text_of(show(after(priced, Pointed(4)), 100, 30))

    def test_over_several_prices_says_from_which_to_which(self, show, priced):
        state = after(priced, Pointed(96 + 34), Pointed(96 + 37, extends=True, start=96 + 34))
        assert "2 h × 0.17 kW × 0.31–0.41 = 0.12 EUR" in text_of(show(state, 120, 40))

    def test_with_watts_that_are_only_a_bound_says_at_most(self, show, one):
        told = made.worth(made.hour(watts=200.0, power_from="limit"))
        state = after(made.scheduled(one, told=told), Pointed(4))
        assert "kW × 0.18 = at most 0.02 EUR" in text_of(show(state, 100, 30))

    def test_of_a_device_that_nobody_measured_says_the_price_alone(self, show, one):
        told = made.worth(made.hour(power_w=None, power_from=None, cost=None, floor=None))
        words = text_of(show(after(made.scheduled(one, told=told), Pointed(4)), 100, 30))
        assert "costs: 0.18 EUR/kWh; what is drawn is not known yet" in words

    def test_without_a_price_says_nothing_of_money(self, show, one):
        state = after(made.scheduled(one, told=made.NONE, of=None), Pointed(4))
        assert "kW ×" not in text_of(show(state, 100, 30))

    def test_explained_tells_the_price_of_its_slot(self, show, priced):
        state = after(priced, Pointed(TUESDAY + 36), Shown(explains=True))
        words = text_of(show(state, 120, 40))
        assert "power costs 0.41 EUR/kWh until 21:00" in words
        assert "to run anyway: 0.5 h × 0.14 kW × 0.41 = 0.03 EUR" in words


class TestTheRules:
    def said(self, show, state, size=(100, 30)):
        return text_of(show(state, *size))

    def test_hold_the_price_and_the_profit_against_their_limits(self, show, one):
        profit = Guard(kind=GuardKind.PROFIT, amount="0.05", currency="EUR")
        brings = GuardFact(
            kind=GuardKind.PROFIT,
            device="gpu:0",
            value="0.123456 EUR per hour",
            limit="0.05 EUR per hour",
            source="manual",
        )
        state = made.scheduled(one, replace(made.POLICY, guards=(made.LIMIT, profit)), (made.price_fact(), brings))
        assert "✔ price 0.31 of 0.35 EUR/kWh" in self.said(show, state)
        assert "✔ profit 0.1235 EUR/h, least 0.05" in self.said(show, state)
        assert "✔ price 0.31 of 0.35 EUR/kWh (tariff, published)" in self.said(show, state, (120, 40))

    def test_read_prices_below_nothing(self, show, one):
        state = made.scheduled(one, facts=(made.price_fact("-0.021"),))
        assert "✔ price -0.021 of 0.35 EUR/kWh" in self.said(show, state)

    def test_say_that_there_is_no_rate_and_what_follows(self, show, one):
        profit = Guard(kind=GuardKind.PROFIT, amount="0.05", currency="EUR")
        blind = GuardFact(kind=GuardKind.PROFIT, device="gpu:0", unknown="no income is known", source="none")
        state = made.scheduled(one, replace(made.POLICY, guards=(profit,)), (blind,))
        assert "? profit no rate: waits for your answer" in self.said(show, state)
        assert "− price no limit of yours" in self.said(show, state)

    def test_say_why_a_rate_is_not_known_in_as_many_words_as_have_room(self, show, one):
        profit = Guard(kind=GuardKind.PROFIT, amount="0.05", currency="EUR")
        why = "netmind-power does not publish the rate of its mining reward: enter yours in rates.toml"
        blind = GuardFact(kind=GuardKind.PROFIT, device="gpu:0", unknown=why, source="netmind-power")
        state = made.scheduled(one, replace(made.POLICY, guards=(profit,)), (blind,))
        assert f"{why}; waits for your answer" in self.said(show, state, (120, 40))


class TestTheWeek:
    def cost(self, state):
        policy = schedule_page.policy(state)
        return schedule_cost.week_cost(state, schedule_ahead.ahead(state, policy, schedule_ahead.WEEK))

    def test_costs_what_every_hour_of_it_costs_to_the_last_cent(self, priced):
        policy = schedule_page.policy(priced)
        told = schedule_ahead.ahead(priced, policy, schedule_ahead.WEEK)
        owed, kwh, minutes = Fraction(0), Fraction(0), 0
        for span in told.devices[0].spans:
            if span.state.value != "contributing":
                continue
            at = span.start
            while at < span.end:  # minute by minute
                watts = Fraction(140) if span.limits.power_cap_w else Fraction(171)
                kwh += watts / 60_000
                owed += watts / 60_000 * Fraction(made.evening(at))
                at, minutes = at + timedelta(minutes=1), minutes + 1
        cost = self.cost(priced)
        assert cost.kwh == kwh
        assert cost.costs == {"EUR": owed}
        assert cost.worked == cost.priced == Fraction(minutes, 60)

    def test_says_so_and_above_which_rate_it_pays(self, show, priced):
        cost = self.cost(priced)
        words = text_of(show(priced, 120, 40))
        assert "lost 21 h to price" in words
        assert f"costs {float(cost.costs['EUR']):.2f} EUR · {float(cost.kwh):.1f} kWh" in words
        floor = cost.costs["EUR"] / cost.worked
        assert f"pays above {Decimal(-(-floor * 1000 // 1)) / 1000} EUR/h, all in" in words

    def test_tells_how_sure_it_is_where_its_watts_were_metered(self, show, one):
        always = replace(made.POLICY, windows=made.POLICY.windows[:1])
        assert "kWh ±6 %" in text_of(show(made.scheduled(one, always), 100, 30))
        declared = made.worth(made.hour(power_from="declared"))
        assert "±" not in text_of(show(made.scheduled(one, always, told=declared), 100, 30))
        bound = made.worth(made.hour(watts=200.0, power_from="limit"))
        assert "costs at most " in text_of(show(made.scheduled(one, always, told=bound), 100, 30))

    def test_counts_in_what_a_market_keeps(self, one):
        free = made.scheduled(one)
        kept = made.scheduled(one, told=made.worth(made.hour(fee_pct=10)))
        plain_floor, floor = (schedule_cost.floor(each, self.cost(each)) for each in (free, kept))
        assert abs(floor * Decimal("0.9") - plain_floor) < Decimal("1e-12")

    def test_with_prices_of_a_part_says_of_which(self, show, one):
        state = made.scheduled(one, of=made.prices(made.evening, days=2))
        assert "h with a price" in text_of(show(state, 120, 40))

    def test_of_power_that_is_given_away_pays_at_any_rate(self, show, one):
        state = made.scheduled(one, of=lambda _moment: "-0.01")
        assert "pays at any rate: power costs nothing, or less" in text_of(show(state, 120, 40))

    def test_without_a_tariff_or_watts_says_what_is_known(self, show, one):
        words = text_of(show(made.scheduled(one, told=made.NONE, of=None), 100, 30))
        assert "energy at most 0.700 kWh, without gpu:0" in words
        assert "costs no tariff" in words
        none = replace(made.POLICY, windows=made.POLICY.windows[:1])
        words = text_of(show(made.scheduled(one, none, told=made.NONE, of=None), 100, 30))
        assert "energy what gpu:0 draws is not known yet" in words

    def test_of_nothing_costs_nothing(self, show, one):
        never = Policy(zone="UTC", windows=(Window(days=(6,), start_minute=0, end_minute=1, profile=None),))
        words = text_of(show(made.scheduled(one, replace(never, windows=())), 100, 30))
        assert "costs nothing: nothing runs" in words


def test_without_an_agent_the_owners_own_files_tell_the_prices(show, one):
    state = made.scheduled(one, facts=())
    own = replace(state.node.money, worth=made.worth())
    alone = after(state, Unlinked("none", is_absent=True), Opened(Own(document=state.node.terms)))
    assert not any("0.41┤" in line for line in show(alone, 100, 30))
    alone = replace(alone, money=own)
    lines = show(alone, 100, 30)
    assert any("0.41┤" in line for line in lines)
    assert next(line for line in lines if " will " in line)[8:56] == "▓" * 36 + "▲" * 6 + "▓" * 6
    assert "guards not counted" not in text_of(lines)


def test_in_ascii_a_cell_is_the_dearer_of_its_halves(one):
    def quarters(moment):
        return "0.40" if moment.minute == 15 else "0.10"

    told = made.prices(quarters, step=timedelta(minutes=15))
    high, low = map(plain, row(made.scheduled(one, of=told), ASCII))
    assert high[6:54] == "# " * 24
    assert set(low[6:54]) <= set("#+*=")

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmind_tui.model.contribution import Contribution, Rung
from netmind_tui.model.forecast import explain, forecast
from netmind_tui.model.override import Override, OverrideKind
from netmind_tui.model.policy import Exception_, Guard, GuardKind, Limits, Policy, Profile, Window
from netmind_tui.model.situation import DeviceFact, GuardFact

BERLIN = ZoneInfo("Europe/Berlin")
HEAT = Guard(kind=GuardKind.TEMPERATURE, limit=80.0, margin=6.0, give_way=Rung.SUSPEND)
AWAY = Guard(kind=GuardKind.USER_ACTIVE, limit=180.0)
PRICE = Guard(kind=GuardKind.PRICE, amount="0.35", currency="EUR", give_way=Rung.SUSPEND)
NIGHT = Window(days=tuple(range(7)), start_minute=22 * 60, end_minute=6 * 60, profile="night")
LAN = Exception_(
    name="LAN party",
    start=datetime(2026, 11, 24, 22),  # noqa: DTZ001 - by the owner's wall
    end=datetime(2026, 11, 25, 1),  # noqa: DTZ001
    devices=("gpu:0",),
)
GPU = DeviceFact(device="gpu:0")
# 23:00 in Berlin.
NOW = datetime(2026, 11, 23, 22, tzinfo=UTC)


def hour(number):
    """So many hours after ``NOW``."""
    return NOW + timedelta(hours=number)


def policy(*guards, **others):
    profiles = (Profile(name="night", limits=Limits(power_cap_w=200.0)),)
    return Policy(zone="Europe/Berlin", windows=(NIGHT,), profiles=profiles, guards=guards, **others)


def of(terms, start=NOW, end=None, devices=(GPU,), **known):
    return forecast(terms, BERLIN, start, NOW, end or hour(48), devices, **known)


def told(timeline, device=0):
    return [((each.start - NOW) / timedelta(hours=1), each.code) for each in timeline.devices[device].spans]


def dear(first, last, price="0.41"):
    """Prices that are high between two hours of the day in UTC."""
    return lambda moment: Decimal(price) if first <= moment.hour < last else Decimal("0.20")


def test_a_line_says_what_windows_and_exceptions_make_of_each_hour():
    found = of(policy(exceptions=(LAN,)))
    assert told(found) == [
        (0, "inside-window"),
        (7, "outside-windows"),
        (23, "exception"),
        (26, "inside-window"),
        (31, "outside-windows"),
        (47, "inside-window"),
    ]
    first, second, third = found.devices[0].spans[:3]
    assert (first.state, first.window, first.limits.power_cap_w) == (Contribution.CONTRIBUTING, "night", 200.0)
    assert (second.state, second.blocked_by) == (Contribution.IDLE, ())
    assert (third.state, third.blocked_by, third.sentence) == (
        Contribution.IDLE,
        ("exception",),
        "never during LAN party",
    )


def test_what_each_rule_takes_adds_up_to_what_is_painted():
    found = of(policy(PRICE, exceptions=(LAN,)), devices=(GPU, DeviceFact(device="gpu:1")), prices=dear(2, 4))
    assert (found.painted_hours, found.runs_hours) == (2 * (7 + 8 + 1), 2 * 16 - 3 - 2 * 4)
    assert [(each.code, each.sentence, each.device_hours) for each in found.effects] == [
        ("price", "power over 0.35 EUR per kWh", 8.0),
        ("exception", "never during LAN party", 3.0),
    ]


def test_quarters_of_an_hour_on_one_side_of_the_limit_are_one_span():
    def prices(moment):
        return Decimal("0.36") + Decimal(moment.minute) / 1000 if moment.hour in {0, 1} else Decimal("0.35")

    spans = of(policy(PRICE), end=hour(7), prices=prices).devices[0].spans
    assert [(each.start, each.code) for each in spans] == [
        (hour(0), "inside-window"),
        (hour(2), "price"),
        (hour(4), "inside-window"),
    ]
    assert spans[1].sentence == "power costs up to 0.405 EUR per kWh, over 0.35 EUR per kWh"
    assert not spans[1].is_expected


def test_a_price_that_is_not_told_yet_denies_nothing():
    def prices(moment):
        return Decimal("0.41") if moment < hour(2) else None

    assert told(of(policy(PRICE), end=hour(7), prices=prices)) == [(0, "price"), (2, "inside-window")]


def test_what_a_guard_says_now_is_expected_for_another_hour_or_until_it_lifts():
    active = GuardFact(kind=GuardKind.USER_ACTIVE, denies=True)
    found = of(policy(AWAY), end=hour(7), facts=[active])
    assert told(found) == [(0, "user-active"), (1, "inside-window")]
    assert [each.is_expected for each in found.devices[0].spans] == [True, False]
    lifts = GuardFact(kind=GuardKind.USER_ACTIVE, denies=True, lifts_at=hour(0.05))
    assert told(of(policy(AWAY), end=hour(7), facts=[lifts]))[1] == (0.05, "inside-window")


UNDEFINED = DeviceFact(device="gpu:0", waits="no workload is defined for gpu:0", waits_lift="netmind workload add")
CRASHED = DeviceFact(device="gpu:0", waits="boinc crashed", waits_until=hour(0.1), waits_lift="netmind workload start")
HELD_BACK = DeviceFact(device="gpu:0", waits="boinc waits for gpu:1")


@pytest.mark.parametrize(
    ("device", "spans", "taken"),
    [
        (UNDEFINED, [(0, "no-work"), (7, "outside-windows")], [("no-work", "no workload is defined for gpu:0", 7.0)]),
        (
            CRASHED,
            [(0, "no-work"), (0.1, "inside-window"), (7, "outside-windows")],
            [("no-work", "boinc crashed", 0.1)],
        ),
        (HELD_BACK, [(0, "inside-window"), (7, "outside-windows")], []),
    ],
)
def test_where_there_will_be_no_work_the_line_says_so(device, spans, taken):
    found = of(policy(), end=hour(8), devices=(device,))
    assert told(found) == spans
    assert [(each.code, each.sentence, each.device_hours) for each in found.effects] == taken
    assert found.runs_hours == pytest.approx(found.painted_hours - sum(each.device_hours for each in found.effects))


def test_what_would_be_allowed_at_a_moment_and_has_no_work_says_how_to_add_some():
    found = explain(policy(), BERLIN, hour(24), NOW, UNDEFINED)
    assert (found.state, found.reason.code, found.reason.lift) == (Contribution.IDLE, "no-work", "netmind workload add")
    assert found.reason.sentence == "allowed, and no work runs: no workload is defined for gpu:0"
    assert explain(policy(), BERLIN, hour(24), NOW, CRASHED).state is Contribution.CONTRIBUTING
    assert explain(policy(), BERLIN, hour(24), NOW, GPU).state is Contribution.CONTRIBUTING


def test_energy_that_is_used_up_denies_until_midnight():
    used = GuardFact(kind=GuardKind.ENERGY, denies=True)
    found = forecast(
        policy(Guard(kind=GuardKind.ENERGY, limit=1.0)), BERLIN, hour(-0.5), hour(-0.5), hour(7), (GPU,), (), [used]
    )
    assert told(found) == [(-0.5, "energy"), (1, "inside-window")]


def test_a_fact_of_one_device_leaves_the_others_as_they_are():
    hot = GuardFact(kind=GuardKind.TEMPERATURE, device="gpu:0", denies=True, value="81 °C", limit="80 °C")
    found = of(policy(HEAT), end=hour(7), devices=(GPU, DeviceFact(device="gpu:1")), facts=[hot])
    assert told(found, 0)[0] == (0, "temperature")
    assert told(found, 1) == [(0, "inside-window")]


def test_what_is_lost_or_waits_for_an_answer_stays_so():
    blind = GuardFact(kind=GuardKind.TEMPERATURE, device="gpu:1", unknown="no sensor")
    devices = (DeviceFact(device="gpu:0", lost="gone"), DeviceFact(device="gpu:1"))
    found = of(policy(HEAT), devices=devices, facts=[blind])
    assert {code for _, code in told(found, 0)} == {"lost"}
    assert {code for _, code in told(found, 1)} == {"needs-answer"}
    assert of(policy(), blocked="reboot needed").devices[0].spans[0].state is Contribution.BLOCKED


def test_a_measurement_is_over_after_a_while():
    found = of(policy(), end=hour(7), devices=(DeviceFact(device="gpu:0", is_measuring=True),))
    assert told(found) == [(0, "measuring"), (1, "inside-window")]


def test_the_owners_word_holds_from_when_it_was_said_until_it_ends():
    pause = Override(kind=OverrideKind.PAUSE, at=hour(-0.5), until=hour(1))
    go = Override(kind=OverrideKind.CONTRIBUTE, at=hour(-0.5), until=hour(9))
    found = of(policy(), start=hour(-1), end=hour(7), overrides=[pause])
    assert told(found) == [(-1, "inside-window"), (-0.5, "paused"), (1, "inside-window")]
    # The limits of the window hold as long as it does.
    assert told(of(policy(), end=hour(12), overrides=[go])) == [
        (0, "contribute"),
        (7, "contribute"),
        (9, "outside-windows"),
    ]


def test_what_lies_behind_is_told_by_the_times_of_the_week_alone():
    active = GuardFact(kind=GuardKind.USER_ACTIVE, denies=True)
    found = of(policy(AWAY), start=hour(-3), end=hour(7), facts=[active], devices=(DeviceFact(device="gpu:0"),))
    assert told(found) == [(-3, "outside-windows"), (-1, "inside-window"), (0, "user-active"), (1, "inside-window")]


def test_a_moment_to_come_is_explained_with_every_reason():
    hot = GuardFact(kind=GuardKind.TEMPERATURE, device="gpu:0", denies=True, value="81 °C", source="nvml")
    found = explain(policy(HEAT, PRICE), BERLIN, hour(0.5), NOW, GPU, facts=[hot], prices=dear(22, 24))
    assert (found.state, found.until) == (Contribution.GAVE_WAY, hour(7))
    assert [each.code for each in found.reasons] == ["temperature", "price", "inside-window"]
    assert found.reason.evidence == "read from nvml, assumed to go on"
    assert found.reasons[1].sentence == "power costs 0.41 EUR per kWh, over 0.35 EUR per kWh"
    assert found.reasons[1].until == hour(2)
    assert [each.lift for each in found.reasons] == [None, None, None]


def test_now_is_explained_by_what_is_known_now():
    hot = GuardFact(kind=GuardKind.TEMPERATURE, device="gpu:0", denies=True, source="nvml")
    found = explain(policy(HEAT, AWAY), BERLIN, NOW, NOW, GPU, facts=[hot])
    assert [each.code for each in found.reasons] == ["temperature", "inside-window"]
    assert found.reason.evidence == "read from nvml"
    assert found.reason.lift == "netmind contribute gpu:0 --until 06:00+01:00"


@pytest.mark.parametrize(("evening", "night_hours"), [((2027, 3, 27), 7), ((2027, 6, 1), 8), ((2027, 10, 30), 9)])
def test_a_night_is_painted_with_the_hours_that_it_has(evening, night_hours):
    noon = datetime(*evening, 12, tzinfo=BERLIN).astimezone(UTC)
    found = forecast(policy(), BERLIN, noon, noon, noon + timedelta(hours=24), (GPU,))
    assert found.painted_hours == found.runs_hours == night_hours


_HOURS = st.floats(-30, 80).map(lambda number: NOW + timedelta(minutes=round(number * 60)))
_WORDS = st.builds(
    Override,
    kind=st.sampled_from([OverrideKind.PAUSE, OverrideKind.FINISH, OverrideKind.CONTRIBUTE, OverrideKind.RESUME]),
    at=_HOURS.filter(lambda at: at <= NOW),
    until=st.none() | _HOURS,
)
_FACTS = st.builds(
    GuardFact,
    kind=st.sampled_from([GuardKind.TEMPERATURE, GuardKind.USER_ACTIVE]),
    denies=st.booleans(),
    unknown=st.sampled_from([None, None, "broken"]),
    was_known=st.booleans(),
    lifts_at=st.none() | _HOURS.filter(lambda at: at > NOW),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(_WORDS, max_size=2), st.lists(_FACTS, max_size=2), _HOURS, _HOURS, st.integers(0, 23))
def test_a_line_has_no_gap_and_says_at_every_moment_what_an_explanation_says(words, facts, one, other, dear_hour):
    start, end = sorted((one, other))
    terms, prices = policy(HEAT, AWAY, PRICE, exceptions=(LAN,)), dear(dear_hour, dear_hour + 2)
    found = of(terms, start, end, overrides=words, facts=facts, prices=prices)
    spans = found.devices[0].spans
    assert all(before.end == after.start for before, after in pairwise(spans))
    if spans:
        assert (spans[0].start, spans[-1].end) == (start, end)
    for each in spans:
        middle = each.start + (each.end - each.start) / 2
        if middle == NOW:  # then it is what is decided, and not what would be if there were work
            continue
        said = explain(terms, BERLIN, middle, NOW, GPU, words, facts, prices)
        assert said.state is each.state
        assert each.code in {reason.code for reason in said.reasons[:2]}
        assert (said.limits, said.window) == (each.limits, each.window)
    assert found.runs_hours <= (end - start) / timedelta(hours=1) + 1e-9

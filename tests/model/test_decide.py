from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmind_tui.model.contribution import RUNGS, Contribution, Rung
from netmind_tui.model.decide import decide
from netmind_tui.model.moment import read_moment
from netmind_tui.model.override import Override, OverrideKind
from netmind_tui.model.policy import Exception_, Guard, GuardKind, Limits, OnUnknown, Policy, Profile, Window
from netmind_tui.model.situation import DeviceFact, GuardFact, Situation

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT_LIMITS = Limits(power_cap_w=200.0, cpu_share_pct=50)
PROFILES = (Profile(name="night", limits=NIGHT_LIMITS),)
WEEK = (Window(days=tuple(range(7)), start_minute=22 * 60, end_minute=6 * 60, profile="night"),)
HEAT = Guard(
    kind=GuardKind.TEMPERATURE, limit=80.0, margin=6.0, leave_s=10.0, give_way=Rung.SUSPEND, on_unknown=OnUnknown.PAUSE
)
AWAY = Guard(kind=GuardKind.USER_ACTIVE, limit=180.0)
PRICE = Guard(kind=GuardKind.PRICE, amount="0.35", currency="EUR", give_way=Rung.SUSPEND)
BUSY = Guard(kind=GuardKind.CPU_BUSY, limit=30.0, leave_s=60.0, give_way=Rung.SUSPEND)
DISK = Guard(kind=GuardKind.DISK, limit=1e10)
# 23:00 in Berlin, in the window, which ends at 06:00.
NIGHT = datetime(2026, 11, 23, 22, tzinfo=UTC)
NIGHT_ENDS = datetime(2026, 11, 24, 5, tzinfo=UTC)
NOON = datetime(2026, 11, 24, 11, tzinfo=UTC)
NEXT_NIGHT = datetime(2026, 11, 24, 21, tzinfo=UTC)
GPU = DeviceFact(device="gpu:0", works=True)


def policy(*guards, **others):
    return Policy(zone="Europe/Berlin", windows=WEEK, profiles=PROFILES, guards=guards, **others)


def of(terms, now=NIGHT, facts=(), overrides=(), device=GPU, blocked=None):
    situation = Situation(devices=(device,), facts=tuple(facts), blocked=blocked)
    return decide(terms, BERLIN, now, situation, overrides).devices[0]


def denies(kind, device=None, **values):
    return GuardFact(kind=kind, device=device, denies=True, **values)


def said(kind, until=None, devices=(), at=NIGHT, by="", via=""):
    return Override(kind=kind, devices=devices, at=at, until=until, by=by, via=via)


def codes(decision):
    return [each.code for each in decision.reasons]


def test_inside_a_window_work_runs_within_the_limits_of_its_profile():
    found = of(policy())
    assert (found.state, found.rung, found.may_start) == (Contribution.CONTRIBUTING, Rung.RUN, True)
    assert (found.window, found.limits, found.until) == ("night", NIGHT_LIMITS, NIGHT_ENDS)
    assert (found.reason.code, found.reason.sentence) == ("inside-window", "inside window night")
    assert found.reason.until == NIGHT_ENDS


def test_without_work_a_device_that_is_allowed_is_idle_and_says_so():
    found = of(policy(), device=DeviceFact(device="gpu:0"))
    assert (found.state, found.may_start, codes(found)) == (Contribution.IDLE, True, ["no-work", "inside-window"])


def test_outside_every_window_a_device_is_idle_until_one_begins():
    found = of(policy(), NOON)
    assert (found.state, found.rung, found.may_start) == (Contribution.IDLE, Rung.STOP, False)
    assert (found.window, found.limits, found.until) == (None, Limits(), NEXT_NIGHT)
    assert found.reason.code == "outside-windows"
    assert found.reason.until == NEXT_NIGHT
    assert found.reason.lift == "netmind contribute gpu:0 --until 22:00+01:00"


def test_the_time_in_a_command_is_never_one_that_has_begun():
    never = Exception_(
        name="a minute and a half",
        start=datetime(2026, 11, 23, 23),  # noqa: DTZ001 - by the owner's wall
        end=datetime(2026, 11, 23, 23, 1, 30),  # noqa: DTZ001
    )
    found = of(policy(exceptions=(never,)), NIGHT + timedelta(seconds=70))
    assert found.reason.lift == "netmind contribute gpu:0 --until 23:02+01:00"


def test_a_policy_without_windows_says_that_nothing_runs():
    found = of(Policy())
    assert (found.reason.sentence, found.until) == ("no window is set, so nothing runs", None)
    assert found.reason.lift == "netmind contribute gpu:0 --for 1h"


def test_a_dated_exception_beats_a_window_and_is_named():
    never = Exception_(
        name="LAN party",
        start=datetime(2026, 11, 23, 18),  # noqa: DTZ001 - by the owner's wall
        end=datetime(2026, 11, 24, 1),  # noqa: DTZ001
        devices=("gpu:0",),
        source="lan.ics",
    )
    found = of(policy(exceptions=(never,)))
    assert (found.state, found.reason.code) == (Contribution.IDLE, "exception")
    assert (found.reason.sentence, found.reason.evidence) == ("never during LAN party", "from lan.ics")
    assert found.until == found.reason.until == datetime(2026, 11, 24, 0, tzinfo=UTC)
    assert of(policy(exceptions=(never,)), device=DeviceFact(device="cpu", works=True)).rung is Rung.RUN


def test_a_guard_denies_with_its_value_its_limit_and_the_rung_that_it_names():
    fact = denies(GuardKind.TEMPERATURE, "gpu:0", value="81 °C", limit="80 °C", source="nvml")
    found = of(policy(HEAT), facts=[fact])
    assert (found.state, found.rung, found.may_start) == (Contribution.GAVE_WAY, Rung.SUSPEND, False)
    assert found.reason.sentence == "gpu:0 81 °C over 80 °C"
    assert found.reason.when == "once gpu:0 is at 74 °C or under for 10 s"
    assert found.reason.evidence == "read from nvml"
    assert found.reason.lift == "netmind contribute gpu:0 --until 06:00+01:00"
    assert codes(found) == ["temperature", "inside-window"]


def test_when_a_guard_lets_go_at_the_earliest_is_told_by_the_wall():
    fact = denies(GuardKind.USER_ACTIVE, lifts_at=NIGHT + timedelta(minutes=3))
    found = of(policy(AWAY), facts=[fact]).reason
    assert (found.when, found.until) == ("once nobody has touched it for 3 min (23:03 at the earliest)", None)


def test_a_price_ends_for_sure():
    fact = denies(GuardKind.PRICE, value="0.41 EUR per kWh", limit="0.35 EUR per kWh", lifts_at=NIGHT_ENDS)
    found = of(policy(PRICE), facts=[fact]).reason
    assert (found.sentence, found.until) == ("power costs 0.41 EUR per kWh, over 0.35 EUR per kWh", NIGHT_ENDS)


def test_energy_that_is_used_up_is_there_again_when_the_wall_begins_another_day():
    found = of(policy(Guard(kind=GuardKind.ENERGY, limit=1.0)), facts=[denies(GuardKind.ENERGY)])
    assert found.reason.until == datetime(2026, 11, 23, 23, tzinfo=UTC)


@pytest.mark.parametrize("kind", GuardKind)
def test_every_guard_has_its_words(kind):
    found = of(policy(Guard(kind=kind, limit=1.0)), facts=[denies(kind, value="VALUE", limit="LIMIT")])
    assert found.reason.code == kind.value
    assert "VALUE" in found.reason.sentence
    assert found.reason.when
    bare = of(policy(Guard(kind=kind)), facts=[denies(kind)]).reason
    assert "None" not in bare.sentence + bare.when
    blind = of(policy(Guard(kind=kind)), facts=[GuardFact(kind=kind, unknown="it is broken", was_known=True)]).reason
    assert "(it is broken)" in blind.sentence


def test_reasons_are_ranked_and_the_lowest_rung_holds():
    facts = [denies(each.kind) for each in (DISK, BUSY, PRICE, AWAY, HEAT)]
    found = of(policy(DISK, BUSY, PRICE, AWAY, HEAT), NOON, facts, [said(OverrideKind.FINISH)])
    assert codes(found) == [
        "finishing",
        "temperature",
        "user-active",
        "outside-windows",
        "price",
        "cpu-busy",
        "disk",
    ]
    assert (found.state, found.rung) == (Contribution.DRAINING, Rung.STOP)


def test_a_guard_is_for_its_devices_and_a_fact_for_its_own():
    guard = Guard(kind=GuardKind.TEMPERATURE, limit=80.0, devices=("gpu",))
    facts = [denies(GuardKind.TEMPERATURE, "gpu:1"), GuardFact(kind=GuardKind.TEMPERATURE, device="gpu:0")]
    situation = Situation(
        devices=tuple(DeviceFact(device=each, works=True) for each in ("gpu:0", "gpu:1", "cpu")), facts=tuple(facts)
    )
    found = decide(policy(guard), BERLIN, NIGHT, situation)
    assert [each.state for each in found.devices] == [
        Contribution.CONTRIBUTING,
        Contribution.GAVE_WAY,
        Contribution.CONTRIBUTING,
    ]


def test_a_guard_that_was_not_read_yet_denies_and_one_of_gpus_is_no_matter_of_the_processor():
    found = of(policy(HEAT))
    assert (found.state, found.reason.code) == (Contribution.GAVE_WAY, "temperature-unknown")
    assert "not read yet" in found.reason.sentence
    others = Guard(kind=GuardKind.GPU_IN_USE, limit=1.0)
    assert of(policy(others), device=DeviceFact(device="cpu", works=True)).rung is Rung.RUN


def test_a_blind_guard_does_as_the_owner_answered_and_asks_where_nobody_did():
    def blind(on_unknown, *, was_known):
        guard = Guard(kind=GuardKind.USER_ACTIVE, limit=180.0, on_unknown=on_unknown)
        return of(policy(guard), facts=[GuardFact(kind=guard.kind, unknown="logind is gone", was_known=was_known)])

    for was_known in (False, True):
        assert blind(OnUnknown.PAUSE, was_known=was_known).state is Contribution.GAVE_WAY
    runs = blind(OnUnknown.RUN, was_known=False)
    assert (runs.state, runs.rung) == (Contribution.CONTRIBUTING, Rung.RUN)
    assert [each.is_overridden for each in runs.reasons] == [False, True]
    assert blind(None, was_known=True).state is Contribution.GAVE_WAY
    lost = blind(OnUnknown.RUN, was_known=True)
    assert (lost.state, lost.may_start) == (Contribution.GAVE_WAY, False)
    assert lost.reason.sentence.endswith("(logind is gone): waits")
    asks = blind(None, was_known=False)
    assert (asks.state, asks.reason.code) == (Contribution.BLOCKED, "needs-answer")
    assert asks.reason.sentence.startswith("needs your answer: cannot tell whether somebody is at this machine")
    assert asks.reason.lift == "netmind schedule check"


def test_the_owner_may_pause_until_a_moment():
    until = NIGHT + timedelta(hours=1)
    found = of(policy(), overrides=[said(OverrideKind.PAUSE, until, by="anna", via="ssh from 10.0.0.7")])
    assert (found.state, found.rung, found.until) == (Contribution.PAUSED, Rung.SUSPEND, until)
    assert (found.reason.lift, found.reason.evidence) == ("netmind resume gpu:0", "anna over ssh from 10.0.0.7")
    assert found.reasons[1].until == NIGHT_ENDS
    assert of(policy(), until, overrides=[said(OverrideKind.PAUSE, until)]).state is Contribution.CONTRIBUTING


def test_a_pause_without_an_end_holds_until_resumed():
    found = of(policy(), overrides=[said(OverrideKind.PAUSE)])
    assert (found.until, found.reason.when) == (None, "until you resume")


def test_finishing_drains_while_it_works_and_is_paused_then():
    words = [said(OverrideKind.FINISH)]
    working, done = of(policy(), overrides=words), of(policy(), overrides=words, device=DeviceFact(device="gpu:0"))
    assert (working.state, working.rung, working.may_start) == (Contribution.DRAINING, Rung.FINISH, False)
    assert (done.state, done.may_start) == (Contribution.PAUSED, False)


def test_a_stop_kills_and_is_stronger_than_a_later_word():
    words = [said(OverrideKind.STOP), said(OverrideKind.CONTRIBUTE, at=NIGHT + timedelta(minutes=1))]
    found = of(policy(), overrides=words)
    assert (found.state, found.rung, found.reason.code) == (Contribution.PAUSED, Rung.KILL, "stopped")
    resumed = [*words, said(OverrideKind.RESUME, at=NIGHT + timedelta(minutes=2))]
    assert of(policy(), overrides=resumed).state is Contribution.CONTRIBUTING


def test_contribute_overrides_every_rule_below_it_and_says_which():
    facts = [denies(GuardKind.TEMPERATURE, value="81 °C", limit="80 °C")]
    until = NOON + timedelta(hours=2)
    found = of(policy(HEAT), NOON, facts, [said(OverrideKind.CONTRIBUTE, until)])
    assert (found.state, found.rung, found.may_start, found.until) == (
        Contribution.CONTRIBUTING,
        Rung.RUN,
        True,
        until,
    )
    assert found.reason.sentence == "contributing, as you said; overrides temperature, outside windows"
    assert [(each.code, each.is_overridden) for each in found.reasons] == [
        ("contribute", False),
        ("temperature", True),
        ("outside-windows", True),
    ]


def test_a_word_that_ends_gives_way_to_the_one_before():
    words = [
        said(OverrideKind.PAUSE),
        said(OverrideKind.CONTRIBUTE, NIGHT + timedelta(hours=1), devices=("gpu:0",), at=NIGHT + timedelta(minutes=1)),
    ]
    assert of(policy(), overrides=words).state is Contribution.CONTRIBUTING
    assert of(policy(), NIGHT + timedelta(hours=1), overrides=words).state is Contribution.PAUSED
    assert of(policy(), overrides=words, device=DeviceFact(device="cpu")).state is Contribution.PAUSED


@pytest.mark.parametrize(
    ("device", "blocked", "state", "rung", "code"),
    [
        (DeviceFact(device="gpu:0", lost="fell off the bus"), None, Contribution.LOST, Rung.KILL, "lost"),
        (DeviceFact(device="gpu:0", blocked="driver too old"), None, Contribution.BLOCKED, Rung.STOP, "blocked"),
        (GPU, "driver updated, reboot needed", Contribution.BLOCKED, Rung.STOP, "blocked"),
        (DeviceFact(device="gpu:0", is_replaced=True), None, Contribution.BLOCKED, Rung.STOP, "replaced"),
    ],
)
def test_what_cannot_work_does_not_whatever_is_said(device, blocked, state, rung, code):
    found = of(policy(), device=device, blocked=blocked, overrides=[said(OverrideKind.CONTRIBUTE)])
    assert (found.state, found.rung, found.reason.code, found.may_start) == (state, rung, code, False)
    assert found.until is None


def test_five_minutes_that_the_owner_gives_are_no_less_for_the_lead_of_windows():
    before = NIGHT - timedelta(hours=3)
    words = [said(OverrideKind.CONTRIBUTE, before + timedelta(minutes=5))]
    assert of(policy(), before, overrides=words).may_start


def test_a_pause_comes_before_the_word_that_it_was_said_after_whatever_the_clock_was_set_to():
    words = [said(OverrideKind.CONTRIBUTE), said(OverrideKind.PAUSE, at=NIGHT - timedelta(minutes=50))]
    assert of(policy(), overrides=words).state is Contribution.PAUSED


def test_the_command_that_lifts_is_read_as_meant_on_any_clock():
    command = of(policy(), NOON).reason.lift
    for zone in ("Europe/Berlin", "Asia/Tokyo", "America/Lima"):
        found = read_moment(command.rpartition(" ")[2], NOON, option="--until", zone=ZoneInfo(zone))
        assert found == NEXT_NIGHT


def test_a_lost_device_leaves_the_others_working_and_the_node_says_what_most_do():
    devices = (DeviceFact(device="gpu:0", lost="gone"), *(DeviceFact(device=f"gpu:{n}", works=True) for n in (1, 2)))
    found = decide(policy(), BERLIN, NIGHT, Situation(devices=devices))
    assert found.node.state is Contribution.CONTRIBUTING
    assert found.node.counts == {Contribution.LOST: 1, Contribution.CONTRIBUTING: 2}
    assert (found.node.reason.code, found.node.until) == ("inside-window", NIGHT_ENDS)


def test_the_node_shares_the_reason_that_most_share():
    facts = (denies(GuardKind.USER_ACTIVE, "gpu:0"), GuardFact(kind=GuardKind.USER_ACTIVE, device="gpu:1"))
    devices = tuple(DeviceFact(device=f"gpu:{n}", works=True) for n in range(2))
    found = decide(policy(AWAY), BERLIN, NOON, Situation(devices=(*devices, DeviceFact(device="cpu")), facts=facts))
    assert found.node.state is Contribution.GAVE_WAY
    assert found.node.reason.code == "user-active"
    assert decide(policy(), BERLIN, NOON, Situation()).node.reason is None


def test_a_measurement_drains_first_and_holds_the_device_then():
    waits = of(policy(), device=DeviceFact(device="gpu:0", wants_measuring=True, works=True))
    holds = of(policy(), device=DeviceFact(device="gpu:0", is_measuring=True))
    assert (waits.state, waits.rung, waits.may_start) == (Contribution.DRAINING, Rung.FINISH, False)
    assert (holds.state, holds.may_start) == (Contribution.MEASURING, False)


@pytest.mark.parametrize(
    ("longest_s", "left_s", "may_start"),
    [(None, 600, True), (None, 599, False), (30.0, 31, True), (30.0, 29, False), (7200.0, 7000, False)],
)
def test_nothing_starts_that_would_not_fit_before_the_window_ends(longest_s, left_s, may_start):
    now = NIGHT_ENDS - timedelta(seconds=left_s)
    works = of(policy(), now, device=DeviceFact(device="gpu:0", longest_s=longest_s, works=True))
    waits = of(policy(), now, device=DeviceFact(device="gpu:0", longest_s=longest_s))
    assert works.may_start is waits.may_start is may_start
    assert (works.state, works.rung) == (Contribution.CONTRIBUTING, Rung.RUN)
    assert codes(works) == ["inside-window"] + ["ends-soon"] * (not may_start)
    assert codes(waits) == ["no-work" if may_start else "ends-soon", "inside-window"]


def test_a_word_that_ends_inside_a_window_is_no_end_of_work():
    words = [said(OverrideKind.CONTRIBUTE, NIGHT + timedelta(minutes=5))]
    assert of(policy(), overrides=words).may_start
    before = NIGHT - timedelta(hours=3)
    words = [said(OverrideKind.CONTRIBUTE, before + timedelta(minutes=5))]
    found = of(policy(), before, overrides=words, device=DeviceFact(device="gpu:0", works=True, longest_s=600.0))
    assert not found.may_start
    assert found.reasons[1].sentence == "ends in 5 min: nothing new starts that might not fit"


_KINDS = st.sampled_from([OverrideKind.STOP, OverrideKind.PAUSE, OverrideKind.FINISH, OverrideKind.CONTRIBUTE])
_MINUTES = st.integers(-100, 3000).map(lambda minutes: NIGHT + timedelta(minutes=minutes))
_WORDS = st.builds(
    Override, kind=_KINDS, at=_MINUTES, until=st.none() | _MINUTES, devices=st.sampled_from([(), ("gpu:0",), ("cpu",)])
)
_GUARDS = (HEAT, AWAY, PRICE, BUSY, DISK)
_FACTS = st.builds(
    GuardFact,
    kind=st.sampled_from([each.kind for each in _GUARDS]),
    denies=st.booleans(),
    unknown=st.sampled_from([None, None, "broken"]),
    was_known=st.booleans(),
)
_DEVICES = st.builds(
    DeviceFact,
    device=st.just("gpu:0"),
    lost=st.sampled_from([None, None, None, "gone"]),
    works=st.booleans(),
    wants_measuring=st.booleans(),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(_WORDS, max_size=3), st.lists(_FACTS, max_size=6), _DEVICES, _MINUTES, _FACTS)
def test_whatever_the_situation_a_decision_agrees_with_itself(words, facts, device, now, one_more):
    terms = policy(*_GUARDS)
    found = of(terms, now, facts, words, device)
    counting = [each for each in found.reasons if not each.is_overridden and each.rung is not Rung.RUN]
    assert found.rung is max((each.rung for each in counting), key=RUNGS.index, default=Rung.RUN)
    assert (found.state is Contribution.CONTRIBUTING) is (found.rung is Rung.RUN and device.works)
    assert not found.may_start or found.rung is Rung.RUN
    assert found.until is None or found.until > now
    assert all(each.sentence and each.code for each in found.reasons)
    if device.lost:
        assert found.state is Contribution.LOST
    elif any(each.kind is OverrideKind.STOP and each.covers("gpu:0") and not each.until for each in words):
        assert found.rung is Rung.KILL
    # One more rule that denies never lets work go further.
    more = of(terms, now, [*facts, one_more], words, device)
    known = {each.kind for each in facts}
    if one_more.kind in known:
        assert RUNGS.index(more.rung) >= RUNGS.index(found.rung)

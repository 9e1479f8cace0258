import math
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmind_tui.model.hysteresis import FLOORS, GuardState, lifts_in, settle
from netmind_tui.model.policy import Guard, GuardKind

HEAT = Guard(kind=GuardKind.TEMPERATURE, limit=80.0, margin=6.0, enter_s=10.0, leave_s=30.0)
AWAY = Guard(kind=GuardKind.USER_ACTIVE, limit=180.0)


def run(guard, values, step_s=1.0, state=None):
    """The states after each value, one every ``step_s``."""
    state, found = state or GuardState(), []
    for number, value in enumerate(values):
        state = settle(guard, state, value, number * step_s)
        found.append(state)
    return found


def test_it_denies_once_the_value_has_been_beyond_the_limit_for_as_long_as_asked():
    states = run(HEAT, [81.0] * 12)
    assert [each.denies for each in states] == [False] * 10 + [True] * 2
    assert states[-1].since_s == 10.0


def test_a_short_excess_is_none():
    assert not any(each.denies for each in run(HEAT, ([81.0] * 9 + [80.0]) * 3))


def test_it_lets_go_once_the_value_has_been_clear_of_limit_and_margin_for_as_long_as_asked():
    hot = GuardState(denies=True, since_s=-5.0)
    states = run(HEAT, [75.0] * 40 + [74.0] * 31, state=hot)
    assert all(each.denies for each in states[:70])
    assert states[70] == GuardState(denies=False, clear_s=40.0, since_s=70.0)


def test_a_flicker_while_it_waits_begins_the_wait_anew():
    hot = GuardState(denies=True)
    assert all(each.denies for each in run(HEAT, ([74.0] * 29 + [75.0]) * 4, state=hot))


@pytest.mark.parametrize("missing", [None, math.nan])
def test_what_cannot_be_read_changes_nothing_and_stops_every_wait(missing):
    almost_hot = settle(HEAT, GuardState(denies=False, beyond_s=0.0), missing, 20.0)
    almost_cool = settle(HEAT, GuardState(denies=True, clear_s=0.0), missing, 40.0)
    assert almost_hot == GuardState(denies=False)
    assert almost_cool == GuardState(denies=True)
    assert not settle(HEAT, almost_hot, 81.0, 21.0).denies
    assert settle(HEAT, almost_cool, 70.0, 41.0).denies


def test_input_of_the_owner_denies_at_once_and_time_without_it_lets_go():
    states = run(AWAY, [500.0, 0.0, 60.0, 179.0, 180.0])
    assert [each.denies for each in states] == [False, True, True, True, False]


def test_a_machine_on_mains_is_charged_beyond_any_limit():
    guard = Guard(kind=GuardKind.BATTERY, limit=100.0)
    assert settle(guard, GuardState(), -1.0, 0.0).denies
    assert not settle(guard, GuardState(denies=True), math.inf, 0.0).denies


def test_a_count_of_programs_needs_no_limit():
    guard = Guard(kind=GuardKind.EXCLUSIVE, programs=("steam",))
    assert settle(guard, GuardState(), 1.0, 0.0).denies
    assert not settle(guard, GuardState(denies=True), 0.0, 1.0).denies


def test_money_is_compared_by_its_digits():
    guard = Guard(kind=GuardKind.PRICE, amount="0.35", currency="EUR")
    assert not settle(guard, GuardState(), Decimal("0.35"), 0.0).denies
    assert not settle(guard, GuardState(), 0.35, 0.0).denies
    assert settle(guard, GuardState(), Decimal("0.3500000000000000001"), 0.0).denies


def test_another_limit_takes_the_place_of_the_guards_own():
    guard = Guard(kind=GuardKind.GPU_IN_USE, limit=2.0**30)
    assert settle(guard, GuardState(), 40.0, 0.0, 10.0).denies
    assert not settle(guard, GuardState(), 40.0, 0.0).denies


def test_how_long_it_denies_at_the_least_is_known_once_it_is_clear_and_of_a_user_before():
    cooling = settle(HEAT, GuardState(denies=True), 70.0, 100.0)
    assert lifts_in(HEAT, cooling, 70.0, 110.0) == 20.0
    assert lifts_in(HEAT, GuardState(denies=True, beyond_s=0.0), 90.0, 110.0) is None
    assert lifts_in(AWAY, GuardState(denies=True), 60.0, 0.0) == 120.0
    assert lifts_in(AWAY, GuardState(), 500.0, 0.0) is None
    assert lifts_in(AWAY, GuardState(denies=True), None, 0.0) is None


_GUARDS = st.builds(
    Guard,
    kind=st.sampled_from([GuardKind.TEMPERATURE, GuardKind.DISK, GuardKind.CPU_BUSY, GuardKind.BATTERY]),
    limit=st.just(50.0),
    margin=st.sampled_from([0.0, 3.0]),
    enter_s=st.sampled_from([0.0, 2.0, 5.0]),
    leave_s=st.sampled_from([0.0, 3.0, 8.0]),
)
_READINGS = st.lists(
    st.tuples(
        st.sampled_from([0.5, 1.0, 4.0]), st.sampled_from([None, 40.0, 46.0, 47.0, 48.0, 50.0, 52.0, 53.0, 54.0, 60.0])
    ),
    max_size=40,
)


@settings(max_examples=300, deadline=None)
@given(_GUARDS, _READINGS)
def test_it_turns_exactly_when_the_readings_so_far_say_so(guard, readings):
    """Held against the definition, which looks back over all readings each time."""
    state, at_s, denies = GuardState(), 0.0, False
    seen: list[tuple[float, float | None]] = []
    sign = -1 if guard.kind in FLOORS else 1

    def lasts(is_so, needed_s):
        run_s = None
        for moment_s, value in reversed(seen):
            if value is None or not is_so(value):
                break
            run_s = at_s - moment_s
        return run_s is not None and run_s >= needed_s

    for step_s, value in readings:
        at_s += step_s
        seen.append((at_s, value))
        state = settle(guard, state, value, at_s)
        if denies:
            denies = not lasts(lambda value: sign * (value - 50.0) <= -guard.margin, guard.leave_s)
        else:
            denies = lasts(lambda value: sign * (value - 50.0) > 0, guard.enter_s)
        assert state.denies is denies

"""Intervals: all of it, none of it, or nobody can tell."""

from hypothesis import given
from hypothesis import strategies as st

from netmind_tui.certify.judgement_rule import holds, switch_holds, version_holds, word_holds
from netmind_tui.model.requirement import Operator

GRID = st.integers(-20, 20).map(float)
INTERVAL = st.tuples(GRID, GRID).map(lambda ends: (min(ends), max(ends)))
OPERATORS = st.sampled_from(list(Operator))
SINGLE = {
    Operator.AT_LEAST: lambda x, r: x >= r[0],
    Operator.MORE: lambda x, r: x > r[0],
    Operator.AT_MOST: lambda x, r: x <= r[0],
    Operator.LESS: lambda x, r: x < r[0],
    Operator.EQUAL: lambda x, r: x == r[0],
    Operator.OTHER: lambda x, r: x != r[0],
    Operator.IN: lambda x, r: x in r,
    Operator.BETWEEN: lambda x, r: r[0] <= x <= r[1],
}


def required_for(operator, one, other):
    if operator is Operator.BETWEEN:
        return [min(one, other), max(one, other)]
    return [one, other] if operator is Operator.IN else [one]


@given(INTERVAL, OPERATORS, GRID, GRID)
def test_an_interval_holds_where_every_number_in_it_does_and_fails_where_none_does(interval, operator, one, other):
    required = required_for(operator, one, other)
    low, high = interval
    # Halves stand for everything that lies between whole numbers, where all limits are.
    numbers = [low + step / 2 for step in range(int(2 * (high - low)) + 1)]
    single = [SINGLE[operator](number, required) for number in numbers]
    expected = True if all(single) else None if any(single) else False
    assert holds(interval, operator, required) is expected


@given(GRID, OPERATORS, GRID, GRID)
def test_a_figure_that_is_known_exactly_always_has_an_answer(value, operator, one, other):
    assert holds((value, value), operator, required_for(operator, one, other)) is not None


@given(INTERVAL, GRID, st.integers(0, 10))
def test_asking_for_less_never_takes_a_pass_away(interval, limit, easier):
    if holds(interval, Operator.AT_LEAST, [limit]):
        assert holds(interval, Operator.AT_LEAST, [limit - easier])
    if holds(interval, Operator.AT_LEAST, [limit]) is False:
        assert holds(interval, Operator.AT_LEAST, [limit + easier]) is False


@given(INTERVAL, st.integers(0, 10), OPERATORS, GRID, GRID)
def test_knowing_less_never_decides_anything(interval, wider, operator, one, other):
    required = required_for(operator, one, other)
    wide = (interval[0] - wider, interval[1] + wider)
    decided = holds(wide, operator, required)
    assert decided is None or decided is holds(interval, operator, required)


def test_versions_words_and_switches():
    assert version_holds("580.95.05", Operator.AT_LEAST, ["580"])
    assert version_holds("12.10", Operator.BETWEEN, ["12.4", "13"])
    assert version_holds("570.1", Operator.AT_LEAST, ["580"]) is False
    assert version_holds("unknown", Operator.AT_LEAST, ["580"]) is None
    assert word_holds("NVIDIA GeForce RTX 4090", Operator.IN, ["*rtx 4090", "*A100*"])
    assert not word_holds("NVIDIA GeForce RTX 4090 D", Operator.EQUAL, ["*RTX 4090"])
    assert word_holds("5", Operator.OTHER, ["unlisted"])
    assert switch_holds(True, Operator.EQUAL, True)
    assert not switch_holds(True, Operator.OTHER, True)

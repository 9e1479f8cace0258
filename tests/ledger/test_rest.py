"""What is finer than a minor unit is carried on, and none of it is lost."""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from netmind_tui.ledger.rest import booked

exacts = st.builds(Fraction, st.integers(-(10**12), 10**12), st.sampled_from([1, 7, 360, 3600, 10**6, 3_600_000_000]))


@settings(max_examples=60, deadline=None)
@given(moves=st.lists(exacts, max_size=40), exponent=st.sampled_from([0, 2, 3, 18]))
def test_the_minor_units_are_the_sum_of_the_exact_amounts_rounded_down(moves, exponent):
    rest, total = Fraction(0), 0
    for exact in moves:
        minor, rest = booked(rest, exact, exponent)
        total += minor
        assert 0 <= rest < 1
    exactly = sum(moves, Fraction(0)) * 10**exponent
    assert total == exactly.numerator // exactly.denominator
    assert total + rest == exactly


@settings(max_examples=30, deadline=None)
@given(moves=st.permutations([Fraction(1, 3), Fraction(2, 7), Fraction(-5, 9), Fraction(10, 11), Fraction(4, 13)]))
def test_in_another_order_it_comes_to_the_same(moves):
    rest, total = Fraction(0), 0
    for exact in moves:
        minor, rest = booked(rest, exact, 2)
        total += minor
    assert (total, rest) == booked(Fraction(0), sum(moves, Fraction(0)), 2)


def test_a_rest_of_ever_other_fractions_does_not_grow_for_ever():
    rest, total, exactly = Fraction(0), 0, Fraction(0)
    for number in range(10_001, 10_401):
        minor, rest = booked(rest, Fraction(1, number), 2)
        total, exactly = total + minor, exactly + Fraction(100, number)
        assert 0 <= rest < 1
    assert rest.denominator <= 10**150
    assert abs(total + rest - exactly) < Fraction(1, 10**90)

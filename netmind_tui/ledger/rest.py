"""What is finer than a minor unit: it is carried from one move to the next between the same accounts, and never lost.

Of each pair of accounts what was booked is the sum of all exact amounts, rounded down.
"""

from fractions import Fraction

_FINEST = 10**150
"""Of fractions with ever other denominators (a price of each day, turned over) the common one would grow for ever."""
_GRID = 10**100


def booked(carried: Fraction, exact: Fraction, exponent: int) -> tuple[int, Fraction]:
    """The minor units to book of an exact amount of whole ones, and the rest of one (0 to below 1) to carry on."""
    # Over one denominator: with each move, a Fraction of each step would take three times as long.
    over = exact.denominator * carried.denominator
    minor, rest = divmod(
        exact.numerator * 10**exponent * carried.denominator + carried.numerator * exact.denominator, over
    )
    left = Fraction(rest, over)
    return minor, left if left.denominator <= _FINEST else _coarse(left)


def _coarse(rest: Fraction) -> Fraction:
    """It within 10^-100 of a minor unit, and still between 0 and 1."""
    return Fraction(min(max(round(rest * _GRID), 1), _GRID - 1), _GRID)

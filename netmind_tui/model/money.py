"""Money that is never a float: assets, amounts in their minor units, and the splits and conversions that lose none.

An amount is a whole number of an asset's minor units. What is finer than one (ten seconds of work at 0.20 EUR an hour)
is a ``Fraction`` until it is booked, and what is left over of it then is carried to the next booking.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

MOST_EXPONENT = 18
MOST_MINOR = 10**27 - 1
"""No amount is larger: in units of 10^-18 that is a thousand million."""
_LIMB = 10**9
_CODE = re.compile(r"[A-Z][A-Z0-9]{1,11}")
_AMOUNT = re.compile(r"(-?)([0-9]{1,28})(?:\.([0-9]{1,18}))?")


class AssetKind(StrEnum):
    """Money of a state, or a token."""

    FIAT = "fiat"
    TOKEN = "token"  # noqa: S105 - no secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """What amounts are of: its code in capital letters, and how many decimals its minor unit stands for (0 to 18)."""

    code: str
    exponent: int
    kind: AssetKind = AssetKind.FIAT

    def __post_init__(self) -> None:
        if not _CODE.fullmatch(self.code):
            raise ValueError(f"{self.code!r} is no code of an asset, such as EUR or NMT")
        if not 0 <= self.exponent <= MOST_EXPONENT:
            raise ValueError(f"{self.code} cannot have {self.exponent} decimals: 0 to {MOST_EXPONENT} are possible")


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """So many minor units of an asset; negative is what went the other way."""

    minor: int
    asset: Asset

    def __post_init__(self) -> None:
        if abs(self.minor) > MOST_MINOR:
            raise ValueError(f"an amount of more than {MOST_MINOR} minor units cannot be kept")

    def __str__(self) -> str:
        return f"{decimal_text(self.minor, self.asset.exponent)} {self.asset.code}"

    @property
    def exact(self) -> Fraction:
        """In whole units of the asset."""
        return Fraction(self.minor, 10**self.asset.exponent)


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountText:
    """An amount as documents tell it: a decimal in a string, with all of its asset's decimals."""

    asset: str
    amount: str


def told(amount: Amount) -> AmountText:
    """As documents tell it."""
    return AmountText(asset=amount.asset.code, amount=decimal_text(amount.minor, amount.asset.exponent))


def decimal_text(minor: int, exponent: int) -> str:
    """A number of minor units as a decimal: ``-12.05``."""
    sign, digits = "-" if minor < 0 else "", str(abs(minor)).rjust(exponent + 1, "0")
    whole, rest = digits[: len(digits) - exponent], digits[len(digits) - exponent :]
    return f"{sign}{whole}.{rest}" if exponent else f"{sign}{whole}"


def amount_of(text: str, asset: Asset) -> Amount:
    """The amount in ``12.05``; zeros beyond the asset's decimals change nothing.

    Raises:
        ValueError: it is no decimal, has more decimals than the asset, or is too large.
    """
    found = _AMOUNT.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no amount such as 12.05")
    sign, whole, rest = found[1], found[2], (found[3] or "").rstrip("0")
    if len(rest) > asset.exponent:
        raise ValueError(f"{text} has more than the {asset.exponent} decimals of {asset.code}")
    minor = int(whole + rest.ljust(asset.exponent, "0"))
    return Amount(minor=-minor if sign else minor, asset=asset)


def limbs(minor: int) -> tuple[int, int]:
    """The two parts that a database keeps of it: ``high × 10^9 + low``, with ``0 ≤ low < 10^9``."""
    return divmod(minor, _LIMB)


def joined(high: int, low: int) -> int:
    """The reverse; sums of either part may be given too."""
    return high * _LIMB + low


def whole(exact: Fraction, exponent: int) -> tuple[int, Fraction]:
    """The minor units in an exact number of whole ones, rounded down, and what is left of one (0 to below 1)."""
    minor = exact * 10**exponent
    found = minor.numerator // minor.denominator
    return found, minor - found


def split(minor: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Parts of an amount in proportion to weights, whose sum is the amount (largest remainder; the first of equals).

    Raises:
        ValueError: a weight is negative, or all are zero.
    """
    total = sum(weights)
    if total <= 0 or min(weights) < 0:
        raise ValueError("weights are 0 or more, and one of them is more")
    parts = [minor * weight // total for weight in weights]
    order = sorted(range(len(weights)), key=lambda place: -(minor * weights[place] % total))
    for place in order[: minor - sum(parts)]:
        parts[place] += 1
    return tuple(parts)


def converted(amount: Amount, price: Fraction, asset: Asset) -> Amount:
    """An amount in another asset, of which a whole unit of the first costs ``price``; rounded half away from zero.

    Raises:
        ValueError: the price is not above 0, or it comes to too much.
    """
    if price <= 0:
        raise ValueError("a price is above 0")
    minor = abs(amount.exact) * price * 10**asset.exponent
    rounded = (2 * minor.numerator + minor.denominator) // (2 * minor.denominator)
    return Amount(minor=-rounded if amount.minor < 0 else rounded, asset=asset)

"""Slots as JSON: a list of ``{"start", "end", "price"}``, or the answer of Octopus Energy's interface to unit rates."""

import json
from bisect import bisect_right
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from netmind_tui.ledger.tariff.plan import OPEN_END, Listed, Row, listed
from netmind_tui.ledger.tariff.unit import Unit, unit_of
from netmind_tui.ledger.written import MOST_DECIMALS, read_decimal, read_instant, shown
from netmind_tui.model.problem import nearest

_MEMBERS = ("name", "currency", "per", "slots")
_SLOT = ("start", "end", "price")
_DIRECT, _OTHERWISE = "DIRECT_DEBIT", "NON_DIRECT_DEBIT"
_TWO_WAYS = "it has prices by way of payment: those by direct debit are taken"
_MOST_PENCE = 10**9
_MOST_DIGITS = 18


def read_json(text: str, source: str, currency: str | None) -> Listed:
    """The plan in a JSON document.

    Args:
        text: The document.
        source: Where it stands.
        currency: What its prices are in, where it does not say so itself.

    Raises:
        ValueError: it is no JSON, or no list of slots; the sentence names the place.
    """
    found = loaded(text)
    if isinstance(found, dict) and "results" in found:
        return _octopus(found["results"], source)
    return slots_in({"slots": found} if isinstance(found, list) else found, source, currency)


def loaded(text: str) -> Any:  # noqa: ANN401 - any JSON
    """What JSON says; numbers keep their digits.

    Raises:
        ValueError: it is none, says a name twice or something that is no number, or is nested too deeply.
    """
    try:
        return json.loads(
            text, parse_float=_number, parse_int=_number, parse_constant=_not_finite, object_pairs_hook=_members
        )
    except json.JSONDecodeError as error:
        raise ValueError(f"it is not valid JSON: {error.msg.lower()} (line {error.lineno})") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def slots_in(found: Any, source: str, currency: str | None, decimals: int = MOST_DECIMALS) -> Listed:  # noqa: ANN401 - see above
    """The plan in an object of this program's own shape, whose prices have up to so many ``decimals``.

    Raises:
        ValueError: see ``read_json``.
    """
    if not isinstance(found, dict) or not isinstance(found.get("slots"), list):
        what = 'a list of {"start", "end", "price"} is expected, or an object that has one as "slots"'
        raise ValueError(what)  # noqa: TRY004 - a fault of the file
    for name in found:
        if name not in _MEMBERS:
            raise ValueError(f"{shown(name)} is no member of it; {nearest(name, list(_MEMBERS))}")
    if not found["slots"]:
        raise ValueError("it has no prices")
    unit = unit_of(found.get("currency", currency), found.get("per"))
    rows = [_row(slot, f"slots[{number}]", unit, decimals) for number, slot in enumerate(found["slots"])]
    name = found.get("name", "")
    if not isinstance(name, str) or not name.isprintable():
        raise ValueError(f"name: {shown(name)} is no name")
    return listed(rows, currency=unit.currency, source=source, name=name)


def _row(slot: Any, place: str, unit: Unit, decimals: int) -> Row:  # noqa: ANN401 - see above
    try:
        _check(slot)
        price = unit.a_kwh(read_decimal(slot["price"], decimals))
        return Row(read_instant(slot["start"]), read_instant(slot["end"]), price, place)
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from None


def _check(slot: object) -> None:
    if not isinstance(slot, dict):
        raise ValueError(f'{{"start", "end", "price"}} is expected, found {shown(slot)}')  # noqa: TRY004 - see above
    for name in _SLOT:
        if name not in slot:
            raise ValueError(f"there is no {name}")
    for name in slot:
        if name not in _SLOT:
            raise ValueError(f"{shown(name)} is no member of a slot; {nearest(name, list(_SLOT))}")


def _octopus(results: object, source: str) -> Listed:
    """Unit rates in pence a kWh with VAT. ``valid_to`` is null where a price holds until further notice.

    Its members: https://docs.octopus.energy/rest/guides/endpoints (``standard-unit-rates``). Its prices are bare
    numbers; they are read by their digits and never become floats.
    """
    if not isinstance(results, list) or not results:
        raise ValueError("its results are empty: the product or region may be wrong")
    every = list(_rates(results))
    ways = {way for _, way in every}
    warnings = (_TWO_WAYS,) if {_DIRECT, _OTHERWISE} <= ways else ()
    rows = _ended([row for row, way in every if way != _OTHERWISE or not warnings])
    return listed(rows, currency="GBP", source=source, name="Octopus Energy", warnings=warnings)


def _ended(rows: list[Row]) -> Iterator[Row]:
    """The same; one that holds until further notice ends where another begins."""
    begins = sorted({row.start for row in rows})
    for row in rows:
        later = begins[bisect_right(begins, row.start) :]
        yield row._replace(end=later[0]) if row.end == OPEN_END and later else row


def _rates(results: list[Any]) -> Iterator[tuple[Row, str]]:
    for number, each in enumerate(results):
        place = f"results[{number}]"
        if not isinstance(each, dict):
            raise ValueError(f"{place}: a unit rate is expected, found {shown(each)}")  # noqa: TRY004 - see above
        try:
            until = each.get("valid_to")
            end = OPEN_END if until is None else read_instant(until)
            row = Row(read_instant(each.get("valid_from")), end, _pence(each.get("value_inc_vat")), place)
        except ValueError as error:
            raise ValueError(f"{place}: {error}") from None
        yield row, str(each.get("payment_method"))


def _pence(value: object) -> Decimal:
    price = value if isinstance(value, Decimal) else Decimal(_MOST_PENCE)
    if abs(price) >= _MOST_PENCE:
        raise ValueError(f"value_inc_vat: {shown(value)} is no price in pence")
    if -int(price.as_tuple().exponent) > _MOST_DIGITS:
        raise ValueError(f"value_inc_vat: {shown(value)} has more than {_MOST_DIGITS} decimals")
    return price.scaleb(-2)


def _number(digits: str) -> Decimal:
    try:
        return Decimal(digits)
    except InvalidOperation:
        raise ValueError(f"{digits[:40]} is no number that a price could be") from None


def _not_finite(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number that a price could be")


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"{shown(name)} stands twice in one object")
        found[name] = value
    return found

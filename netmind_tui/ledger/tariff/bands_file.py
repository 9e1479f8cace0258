"""Times of use as TOML: a time zone, a currency, a price, seasons, holidays and bands. See ``assets/tariffs.md``."""

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from netmind_tui.ledger.tariff.bands import A_DAY, Band, Bands, Monthday, Season, clash, pieces
from netmind_tui.ledger.tariff.unit import unit_of
from netmind_tui.ledger.written import read_decimal, shown
from netmind_tui.model.policy import DAYS
from netmind_tui.model.problem import nearest
from netmind_tui.model.toml import load

SCHEMA = "netmind.tariff/1"
_MEMBERS = (
    *("schema", "name", "zone", "currency", "price", "since", "until", "holidays", "holidays_are"),
    *("season", "band"),
)
_SEASON = ("name", "from", "to")
_BAND = ("name", "price", "from", "to", "days", "season")
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})")
_YEARLY = re.compile(r"([0-9]{2})-([0-9]{2})")
_LEAP_YEAR = 2024
_MOST_BANDS, _MOST_HOLIDAYS, _MOST_SIGNS = 100, 2000, 80
_GROUPS = {"daily": range(7), "weekdays": range(5), "weekend": range(5, 7)}


def read_bands(text: str, source: str, currency: str | None) -> Bands:
    """The plan in a TOML file.

    Args:
        text: The file.
        source: Where it stands.
        currency: What its prices are in, where it does not say so itself.

    Raises:
        ValueError: it is no TOML, something may not stand where it does, or two bands are about the same time.
    """
    import tomllib  # noqa: PLC0415 - see model/toml.py

    try:
        # Every number stays what it is, so that a price without quotes can be named as it was written.
        table = load(text, parse_float=Decimal)
    except (tomllib.TOMLDecodeError, ArithmeticError) as error:
        raise ValueError(f"it is not valid TOML: {error}") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    _known(table, _MEMBERS)
    if table.get("schema", SCHEMA) != SCHEMA:
        raise ValueError(f"schema: {SCHEMA} is expected, found {shown(table['schema'])}")
    seasons = {season.name: season for season in _seasons(table)}
    holidays, yearly = _holidays(table)
    plan = Bands(
        currency=unit_of(table.get("currency", currency)).currency,
        source=source,
        zone=_at("zone", _zone, table.get("zone")),
        name=_at("name", _word, table.get("name", "")),
        price=_at("price", read_decimal, table["price"]) if "price" in table else None,
        bands=tuple(_bands(table, seasons)),
        holidays=holidays,
        yearly=yearly,
        holiday_as=_at("holidays_are", _weekday, table.get("holidays_are", "sun")),
        since=_at("since", _date, table["since"]) if "since" in table else None,
        until=_at("until", _date, table["until"]) if "until" in table else None,
    )
    if plan.since is not None and plan.until is not None and plan.since > plan.until:
        raise ValueError(f"since: {plan.since} is after until, which is {plan.until}")
    if not plan.bands and plan.price is None:
        raise ValueError('it has no prices: price = "0.30", or [[band]] with a price each')
    _check(plan)
    return plan


def _check(plan: Bands) -> None:
    """Refuse two bands about one time, and a time about which there is none.

    Whether a day is a holiday, and of which seasons it is, changes from year to year: every pair of days that can
    follow each other is looked at.
    """
    for before, today, words in _pairs(plan):
        found = clash(before, today)
        if found is not None:
            one, other = _named(plan, found.one), _named(plan, found.other)
            raise ValueError(f"{one} overlaps {other}: both are about {_clock(found.minute)} {words}")
        for piece in pieces(before, today):
            if piece.band is None and plan.price is None:
                raise ValueError(
                    f"no band is about {_clock(piece.start)} to {_clock(piece.end)} {words}: add one, or a price for"
                    f' all other times, price = "0.30"'
                )


def _pairs(plan: Bands) -> Iterator[tuple[list[Band], list[Band], str]]:
    """The bands of every two days that can follow each other, and the second one in words."""
    first = date(_LEAP_YEAR, 1, 1)
    seasons = {band.season for band in plan.bands if band.season is not None}
    days: dict[tuple[frozenset[Season], frozenset[Season]], date] = {}
    for number in range(366):
        day = first + timedelta(days=number)
        before = day - timedelta(days=1)
        key = (
            frozenset(each for each in seasons if each.holds(before)),
            frozenset(each for each in seasons if each.holds(day)),
        )
        days.setdefault(key, day)
    weekdays = {(each, (each + 1) % 7) for each in range(7)}
    if plan.holidays or plan.yearly:
        weekdays |= set(product(range(7), [plan.holiday_as])) | set(product([plan.holiday_as], range(7)))
    for ((past, present), day), (one, other) in product(days.items(), sorted(weekdays, key=lambda pair: pair[::-1])):
        words = f"on {DAYS[other]}" if len(days) == 1 else f"on {DAYS[other]} {day:%m-%d}"
        yield _about(plan, one, past), _about(plan, other, present), words


def _about(plan: Bands, weekday: int, seasons: frozenset[Season]) -> list[Band]:
    return [band for band in plan.bands if weekday in band.weekdays and (band.season is None or band.season in seasons)]


def _named(plan: Bands, band: Band) -> str:
    return f"band {plan.bands.index(band) + 1}{f' ({band.name})' if band.name else ''}"


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _seasons(table: dict[str, Any]) -> Iterator[Season]:
    names: set[str] = set()
    for number, each in enumerate(_tables(table, "season"), 1):
        place = f"season {number}"
        _known(each, _SEASON, place)
        name = _at(f"{place}, name", _word, each.get("name"))
        if not name or name in names:
            raise ValueError(f"{place}: a name of its own is expected, found {shown(each.get('name'))}")
        names.add(name)
        first, last = (_at(f"{place}, {key}", _monthday, each.get(key)) for key in ("from", "to"))
        yield Season(name=name, first=first, last=last)


def _bands(table: dict[str, Any], seasons: dict[str, Season]) -> Iterator[Band]:
    found = _tables(table, "band")
    if len(found) > _MOST_BANDS:
        raise ValueError(f"it has {len(found)} bands, more than {_MOST_BANDS}")
    for number, each in enumerate(found, 1):
        place = f"band {number}"
        _known(each, _BAND, place)
        season = each.get("season")
        if season is not None and (not isinstance(season, str) or season not in seasons):
            near = nearest(str(season), list(seasons)) if seasons else "there is no [[season]]"
            raise ValueError(f"{place}, season: {shown(season)} is none of them; {near}")
        if "price" not in each:
            raise ValueError(f'{place}: there is no price; write price = "0.30"')
        yield Band(
            name=_at(f"{place}, name", _word, each.get("name", "")),
            price=_at(f"{place}, price", read_decimal, each["price"]),
            start=_at(f"{place}, from", _minute, each.get("from", "00:00")),
            end=_at(f"{place}, to", _minute, each.get("to", "24:00")) or A_DAY,
            weekdays=_at(f"{place}, days", _weekdays, each.get("days", "daily")),
            season=None if season is None else seasons[season],
        )


def _holidays(table: dict[str, Any]) -> tuple[frozenset[date], frozenset[Monthday]]:
    found = table.get("holidays", [])
    if not isinstance(found, list) or len(found) > _MOST_HOLIDAYS:
        raise ValueError(f'holidays: a list of days such as ["12-25", "2026-04-03"] is expected, found {shown(found)}')
    yearly = {_at("holidays", _monthday, each) for each in found if isinstance(each, str) and _YEARLY.fullmatch(each)}
    dates = {_at("holidays", _date, each) for each in found if not (isinstance(each, str) and _YEARLY.fullmatch(each))}
    return frozenset(dates), frozenset(yearly)


def _tables(table: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = table.get(name, [])
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise ValueError(f"{name}: tables that begin with [[{name}]] are expected, found {shown(found)}")
    return found


def _known(table: dict[str, Any], names: tuple[str, ...], place: str = "") -> None:
    for name in table:
        if name not in names:
            raise ValueError(f"{place}{': ' if place else ''}{shown(name)} is no key; {nearest(name, list(names))}")


def _at(place: str, read: Callable[[Any], Any], value: Any) -> Any:  # noqa: ANN401 - whatever the reader makes of it
    try:
        return read(value)
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from None


def _word(value: object) -> str:
    if not isinstance(value, str) or not value.isprintable() or len(value) > _MOST_SIGNS:
        raise ValueError(f"a name of up to {_MOST_SIGNS} signs is expected, found {shown(value)}")
    return value.strip()


def _zone(value: object) -> ZoneInfo:
    try:
        return ZoneInfo(value if isinstance(value, str) else "")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f'{shown(value)} is no time zone such as "Europe/Berlin"') from None


def _date(value: object) -> date:
    if type(value) is date:
        return value
    try:
        found = date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is None or found.isoformat() != value:
        raise ValueError(f"{shown(value)} is no day such as 2026-12-25")
    return found


def _monthday(value: object) -> Monthday:
    found = _YEARLY.fullmatch(value) if isinstance(value, str) else None
    try:
        day = date(_LEAP_YEAR, int(found[1]), int(found[2])) if found else None
    except ValueError:
        day = None
    if day is None:
        raise ValueError(f'{shown(value)} is no day of the year such as "12-25", month first')
    return day.month, day.day


def _minute(value: object) -> int:
    found = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    minute = int(found[1]) * 60 + int(found[2]) if found else A_DAY + 1
    if found is None or minute > A_DAY or int(found[2]) > 59:  # noqa: PLR2004 - minutes of an hour
        raise ValueError(f'{shown(value)} is no time of day such as "22:00", in quotes')
    return minute


def _weekday(value: object) -> int:
    if not isinstance(value, str) or value.strip().lower() not in DAYS:
        raise ValueError(f"{shown(value)} is no weekday; {', '.join(DAYS)} are")
    return DAYS.index(value.strip().lower())


def _weekdays(value: object) -> tuple[int, ...]:
    """Of ``mon-fri``, ``weekend``, ``["mon", "sat-sun"]``."""
    words = value if isinstance(value, list) else [value]
    found: set[int] = set()
    for word in words:
        text = word.strip().lower() if isinstance(word, str) else ""
        first, dash, last = (part.strip() for part in text.partition("-"))
        if text in _GROUPS:
            found.update(_GROUPS[text])
        elif dash:
            one, other = _weekday(first), _weekday(last)
            found.update((one + number) % 7 for number in range((other - one) % 7 + 1))
        else:
            found.add(_weekday(word))
    if not found:
        raise ValueError('an empty list names no day; write days = "daily"')
    return tuple(sorted(found))

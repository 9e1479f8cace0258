"""What is known of money before a payer is connected: today as the books have it, and the floor of each device."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from netmind_tui.model.selector import ranges
from netmind_tui.model.worth import DeviceWorth
from netmind_tui.tui import money_page
from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.money_word import rate_figure, span_word
from netmind_tui.tui.picture import Line, Span, column, line, wrap
from netmind_tui.tui.screen import overview_today
from netmind_tui.tui.state import State

_NAME, _FIGURE, _HOW = 10, 14, 22
_MOST_ROWS = 3
_MOST_DECIMALS = Decimal("0.000001")
_AMOUNTS = ("cost", "floor", "gross")
_KNOWN = {"metered": "as it was metered", "declared": "declared by you", "limit": "at most, its limit"}


def parts(state: State, cells: int, glyphs: Glyphs) -> Sequence[list[Line]]:
    """Today, the devices, and what is to be known of the card; each to be shown whole."""
    worth = money_page.money(state).worth
    found = [today(state, cells, glyphs)]
    if worth is not None:
        found.append(_table(worth.devices, cells, glyphs))
        found += [wrap(f"{glyphs.marks['warn']} {each}", cells, "warn") for each in worth.warnings]
    return found


def today(state: State, cells: int, glyphs: Glyphs) -> list[Line]:
    """Today, without what stands above it anyway: that nothing was earned."""
    return overview_today.lines(state, cells, glyphs)[1:]


def price_text(state: State) -> str | None:
    """The price of now as the owner would have written it; ``None`` where none is known, or one below nothing."""
    worth = money_page.money(state).worth
    power = None if worth is None else worth.power
    if power is None or Decimal(power.price_per_kwh) < 0:
        return None
    whole, _, rest = f"{Decimal(power.price_per_kwh).quantize(_MOST_DECIMALS):f}".partition(".")
    return f"{whole}.{rest.rstrip('0').ljust(2, '0')} {power.currency}"


def _table(devices: Sequence[DeviceWorth], cells: int, glyphs: Glyphs) -> list[Line]:
    """Equal devices in a row, and where that makes many, all that are known alike; none where nothing is known."""
    known = [each for each in devices if each.power_w is not None]
    if not known:
        return []
    has_gross = any(each.gross is not None for each in known)
    currency = next((each.currency for each in known if each.currency), "")
    heads = ["under load", f"{currency} an hour".strip(), "pays above", *(["the card says"] if has_gross else [])]
    heads = heads[: (cells - _NAME) // _FIGURE]
    has_how = cells >= _NAME + len(heads) * _FIGURE + _HOW
    lines = [line(column("", _NAME), *(column(each, _FIGURE, "dim", right=True) for each in heads))]
    for row in _rows(known):
        watts = [f"{power_w:.0f}" for power_w in sorted(each.power_w or 0.0 for each in row)]
        figures = [f"{span_word(watts)} W", *_figures(row, glyphs)]
        how = Span(f"  {_KNOWN.get(row[0].power_from or '', '')}", "dim") if has_how else None
        lines.append(
            line(
                column(ranges([each.device for each in row]), _NAME),
                *(column(each, _FIGURE, right=True) for each in figures[: len(heads)]),
                how,
            )
        )
    return lines


def _rows(known: Sequence[DeviceWorth]) -> list[list[DeviceWorth]]:
    alike: dict[tuple[object, ...], list[DeviceWorth]] = {}
    for each in known:
        alike.setdefault((each.power_w, each.power_from, each.cost, each.floor, each.gross), []).append(each)
    if len(alike) <= _MOST_ROWS:
        return list(alike.values())
    kinds = dict.fromkeys(each.power_from for each in known)
    return [[each for each in known if each.power_from == kind] for kind in kinds]


def _figures(row: Sequence[DeviceWorth], glyphs: Glyphs) -> Iterator[str]:
    """What an hour costs, must bring, and is worth by the card; from the least to the most."""
    for name in _AMOUNTS:
        amounts = sorted(Decimal(text) for each in row if (text := getattr(each, name)) is not None)
        words = [rate_figure(each, up=name == "floor") for each in amounts]
        yield span_word(words) if words else glyphs.marks["dash"]

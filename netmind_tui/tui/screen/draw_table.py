"""What each device draws under load, what an hour of that costs, and above which rate it pays: equal ones in a row."""

from netmind_tui.model.cost import Money
from netmind_tui.model.measurement import Run
from netmind_tui.model.selector import ranges
from netmind_tui.tui.first_run_power import Draw, draws
from netmind_tui.tui.glyph import Glyphs
from netmind_tui.tui.picture import Line, Span, column, line
from netmind_tui.tui.state import State

_KNOWN_FROM = 72


def draw_table(
    state: State, run: Run | None, price: str | None, fee: str | None, cells: int, glyphs: Glyphs
) -> list[Line]:
    """A row for each kind of device; none where no device is known."""
    devices = [*state.gpus, *([state.cpu] if state.cpu is not None else [])]
    known = draws(devices, run, state.settings.config.watts, price, fee)
    if not known:
        return []
    head = line(
        column("", 9),
        column("under load", 10, "dim", right=True),
        column("an hour costs", 16, "dim", right=True),
        column("pays above", 16, "dim", right=True),
    )
    alike: dict[tuple[str, float | None, str], list[Draw]] = {}
    for draw in known:
        alike.setdefault((draw.name, draw.watts, draw.known), []).append(draw)
    lines = [head]
    for draws_of in alike.values():
        lines += _row(ranges([draw.device for draw in draws_of]), draws_of[0], cells, glyphs)
    return lines


def _row(name: str, draw: Draw, cells: int, glyphs: Glyphs) -> list[Line]:
    dash = glyphs.marks["dash"]
    cost = draw.cost
    figures = line(
        column(name, 9),
        column(f"{draw.watts:.0f} W" if draw.watts is not None else dash, 10, right=True),
        column(_money(cost.an_hour) if cost and cost.an_hour else dash, 16, right=True),
        column(_money(cost.floor_an_hour) if cost and cost.floor_an_hour else dash, 16, "figure", right=True),
    )
    known = Span(f"  {draw.known}", "dim")
    return [(*figures, known)] if cells >= _KNOWN_FROM else [figures, line(column("", 9), known)]


def _money(money: Money) -> str:
    return f"{money.amount.quantize(money.amount.__class__('0.0001'))} {money.currency or ''}".strip() + "/h"

"""What a device draws under load, within the limits of a window: as its agent knows it, else what is said of it."""

from dataclasses import dataclass
from decimal import Decimal

from netmind_tui.tui import money_page
from netmind_tui.tui.state import State

_LIMIT = "limit"
_TENTH = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class Watts:
    """``is_most``: it draws no more, and nobody has measured how much less. ``is_metered``: its own work told it."""

    kilowatts: Decimal
    is_most: bool = False
    is_metered: bool = False


def kilowatts(state: State, device: str, cap_w: float | None) -> Watts | None:
    """What it draws at work, at most so many watts; ``None`` where nobody knows."""
    worth = money_page.device_worth(state, device)
    known = None if worth is None else worth.power_w
    cap = cap_w if device.startswith("gpu") else None
    if known is None:
        return None if cap is None else Watts(_kw(cap), is_most=True)
    is_capped = cap is not None and cap < known
    is_most = worth is not None and worth.power_from == _LIMIT
    return Watts(
        _kw(cap if is_capped and cap is not None else known),
        is_most=is_most,
        is_metered=worth is not None and worth.power_from == "metered" and not is_capped,
    )


def _kw(watts: float) -> Decimal:
    return Decimal(str(watts)).quantize(_TENTH) / 1000

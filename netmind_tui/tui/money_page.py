"""What the interface knows of money: what power costs, what today took, and what an hour of work is worth."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from netmind_tui.tui.same import Same

if TYPE_CHECKING:
    from netmind_tui.model.earnings import Earnings
    from netmind_tui.model.energy import Energy, Idle
    from netmind_tui.model.worth import DeviceWorth, Prices, Worth
    from netmind_tui.tui.price_plan import PricePlan
    from netmind_tui.tui.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """All of it, each part as soon as it was told.

    ``prices`` reach from yesterday a week ahead; ``energy`` and ``earned`` are of today. ``trouble`` is why nobody can
    tell today's.
    """

    prices: "Prices | None" = None
    energy: "Energy | None" = None
    earned: "Earnings | None" = None
    worth: "Worth | None" = None
    trouble: str = ""


NOTHING = Money()


def money(state: "State") -> Money:
    """What the agent tells; where none runs on this machine, what its owner's files say."""
    node = state.node
    if node.is_there and node.status is not None:
        return _agents(Same(node.money), Same(node.status.money))
    return state.money if node.is_absent and not node.place.hostname else NOTHING


@lru_cache(maxsize=4)
def _agents(told: "Same[Money]", worth: "Same[Worth | None]") -> Money:
    return replace(told.value, worth=worth.value)


def is_known(state: "State") -> bool:
    """Whether there is anything to tell: an agent keeps the books, or the owner's files say something of money."""
    found = money(state)
    return found.worth is not None or found.energy is not None


def plan(state: "State") -> "PricePlan | None":
    """What power costs, to be looked up; ``None`` where nobody has told, or no price is known at all."""
    prices = money(state).prices
    return None if prices is None or not prices.slots else _plan(Same(prices))


def device_worth(state: "State", device: str) -> "DeviceWorth | None":
    """An hour of work on a device."""
    worth = money(state).worth
    return None if worth is None else next((each for each in worth.devices if each.device == device), None)


def idle(state: "State", device: str) -> "Idle | None":
    """What is known of a device that does nothing."""
    energy = money(state).energy
    return None if energy is None else next((each for each in energy.idle if each.device == device), None)


@lru_cache(maxsize=4)
def _plan(prices: "Same[Prices]") -> "PricePlan":
    from netmind_tui.tui.price_plan import PricePlan  # noqa: PLC0415 - only where prices are known

    return PricePlan(prices.value)

"""What was told of money, as messages."""

from dataclasses import dataclass, replace

from netmind_tui.model.earnings import Earnings
from netmind_tui.model.energy import Energy
from netmind_tui.model.worth import Prices
from netmind_tui.tui.message import Part
from netmind_tui.tui.money_page import Money
from netmind_tui.tui.state import State


@dataclass(frozen=True, slots=True)
class Priced(Part):
    """The agent tells what power costs."""

    prices: Prices

    def after(self, state: State) -> State:
        """It takes the place of what it told before."""
        return _with(state, replace(state.node.money, prices=self.prices))


@dataclass(frozen=True, slots=True)
class Accounted(Part):
    """The agent tells what today took and came to."""

    energy: Energy
    earned: Earnings

    def after(self, state: State) -> State:
        """It takes the place of what it told before."""
        return _with(state, replace(state.node.money, energy=self.energy, earned=self.earned, trouble=""))


@dataclass(frozen=True, slots=True)
class Unaccounted(Part):
    """The agent cannot tell what today came to, or is of a version that does not; and why."""

    why: str

    def after(self, state: State) -> State:
        """What it told before is of a while ago, and no longer shown."""
        return _with(state, replace(state.node.money, energy=None, earned=None, trouble=self.why))


@dataclass(frozen=True, slots=True)
class Reckoned(Part):
    """The owner's own files say this, where no agent runs."""

    money: Money

    def after(self, state: State) -> State:
        """It takes the place of what they said before."""
        return replace(state, money=self.money)


def _with(state: State, money: Money) -> State:
    return replace(state, node=replace(state.node, money=money))

"""What work took of the machine's power: its own part of a device's energy, the host's share, and what these cost."""

from netmind_tui.ledger.energy.cost import EnergyCost, cost_of
from netmind_tui.ledger.energy.power import DevicePower, PowerBook, ThreadPower
from netmind_tui.ledger.energy.usage import Used, used_in

__all__ = ["DevicePower", "EnergyCost", "PowerBook", "ThreadPower", "Used", "cost_of", "used_in"]

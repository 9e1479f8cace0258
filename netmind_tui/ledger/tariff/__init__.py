"""What power costs: plans from files and from the network, one keeper that knows which of them holds.

A plan is bands of the day (TOML), or slots (CSV, JSON, the answer of Octopus Energy); where it says nothing the static
price does, and where there is none of these no price is known, and none is made up.
"""

from netmind_tui.ledger.tariff.keeper import TariffKeeper, TariffTerms
from netmind_tui.ledger.tariff.read import read_tariff, tariff_of

__all__ = ["TariffKeeper", "TariffTerms", "read_tariff", "tariff_of"]

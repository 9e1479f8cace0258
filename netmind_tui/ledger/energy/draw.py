"""What a device draws under load, with the host's share: as its work of a time was metered, else as its owner says."""

from dataclasses import dataclass

from netmind_tui.ledger.energy.power import DevicePower
from netmind_tui.ledger.total import Figures
from netmind_tui.model.metering import RUNS


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """``known_from`` is ``metered`` or ``declared``."""

    power_mw: int
    known_from: str


def draw_of(figures: Figures, power: DevicePower) -> Draw | None:
    """The mean over all metered work of a device; ``None`` where nothing was, and nothing is declared.

    Args:
        figures: what the entries of one device come to.
        power: what is known of it beyond.
    """
    worked = figures.metered(RUNS)
    energy_mj, energy_ms = sum(each.energy_mj for each in worked), sum(each.energy_ms for each in worked)
    host_mj, duration_ms = sum(each.host_mj for each in worked), sum(each.duration_ms for each in worked)
    if energy_ms > 0 and energy_mj > 0:
        host_mw = host_mj * 1000 // duration_ms if duration_ms > 0 else 0
        return Draw(power_mw=energy_mj * 1000 // energy_ms + host_mw, known_from="metered")
    return None if power.load_mw is None else Draw(power_mw=power.load_mw, known_from="declared")

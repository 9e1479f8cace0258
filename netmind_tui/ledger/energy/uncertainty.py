"""How far off energy may be, by how it was got at: data, each with its source."""

from collections.abc import Mapping
from dataclasses import dataclass

from netmind_tui.model.metering import EnergyMethod


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """``per_mille`` of the energy, and ``lag_ms`` at the power of the time, because the source moves on in steps."""

    per_mille: int
    lag_ms: int
    source: str

    def of(self, energy_mj: int, length_ms: int) -> int:
        """How far off the energy of so much time may be, in millijoules, rounded up; at most all of it."""
        part_mj = energy_mj * self.per_mille * length_ms + energy_mj * self.lag_ms * 1000
        return min(energy_mj, -(-part_mj // (1000 * length_ms))) if length_ms else energy_mj


UNCERTAINTY: Mapping[EnergyMethod, Uncertainty] = {
    EnergyMethod.NVML_ENERGY: Uncertainty(
        50,
        100,
        "NVML API reference, nvmlDeviceGetPowerUsage: ±5 % of the power drawn, for Fermi and Kepler; no figure is"
        " published for later cards. The counter moves on about every 100 ms (ml.energy, measuring GPU energy)",
    ),
    EnergyMethod.NVML_POWER: Uncertainty(
        100,
        0,
        "Yang, Adámek, Armour: Part-time power measurements (arXiv 2312.02741): readings are off by up to ±5 %, and the"
        " sensors of some cards look only a quarter of the time; the rest is this program's own allowance",
    ),
    EnergyMethod.RAPL: Uncertainty(
        50,
        1,
        "Hähnel, Döbel, Völp, Härtig: Measuring energy consumption for short code paths using RAPL (2012): the register"
        " moves on every millisecond; ±5 % is this program's own allowance for what its maker does not publish",
    ),
    EnergyMethod.USER: Uncertainty(
        200, 0, "this program's own allowance for watts that the owner declared, which no reading follows"
    ),
    EnergyMethod.ESTIMATE: Uncertainty(
        300, 0, "this program's own allowance for power carried on from a reading before"
    ),
}
HOST_SHARE = Uncertainty(
    500, 0, "this program's own allowance: one busy logical CPU draws more than its part of what all of them draw"
)
